"""The server under trial, in this process with a clock that is moved by hand, or as a process of its own over HTTP."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Protocol, TypeVar

from argon2 import PasswordHasher

from qbsim import Answer
from qbsim.web_connector.soap import CallFailed, SoapClient
from qbwc_server.access.attempts import Attempts
from qbwc_server.access.passwords import Passwords
from qbwc_server.access.sign_in import SignIn
from qbwc_server.demo.run import address_of
from qbwc_server.sync import crash_points
from qbwc_server.sync.conversation import SyncConversation
from qbwc_server.torture.schedule import Aim, Kind
from qbwc_server.torture.scratch import Scratch

USER, PASSWORD = "shop", "torture"  # of a company that is simulated
COMPANY_PATH = "C:\\Books\\Shop.qbw"
IN_FLIGHT = timedelta(seconds=120)  # of the server in this process
_KEY = "torture-" * 8
_CALL_SECONDS = 60.0
_IN_FLIGHT_OF_A_PROCESS = 1  # seconds; the smallest that the configuration takes
_PASSWORDS = Passwords(_KEY.encode(), hasher=PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
PASSWORD_HASH = _PASSWORDS.hash(PASSWORD)
_VERSION = (16, 0)
_POSTING_POINTS = ("post", "repeat", "enlist")
_SETTLING_POINTS = ("claim", "proof", "read_claim", "scan", "recover")
_OTHER_POINTS = ("lists", "find", "follow", "prepare")
_MOMENTS = {
    Kind.SERVER_DIES_BEFORE_SENDING_IS_KEPT: "before_commit",
    Kind.SERVER_DIES_AFTER_SENDING_IS_KEPT: "after_commit",
    Kind.SERVER_DIES_BEFORE_ANSWER_IS_KEPT: "answer_before_commit",
    Kind.SERVER_DIES_AFTER_ANSWER_IS_KEPT: "answer_after_commit",
}
_AIMED = {
    Aim.POSTING: _POSTING_POINTS,
    Aim.SETTLING: _SETTLING_POINTS,
    Aim.ANY: (*_POSTING_POINTS, *_SETTLING_POINTS, *_OTHER_POINTS),
}
_Result = TypeVar("_Result")


class ServerDied(BaseException):
    """The server in this process is to die here; nothing may catch it but its own frame."""


class Server(Protocol):
    """The operations that a Web Connector calls. Each raises CallFailed where it has no usable answer."""

    is_real: bool  # a process of its own, whose clock is this computer's
    failures: list[str]  # exceptions that calls ended with, where they are known

    def authenticate(self, address: str) -> tuple[str, str]: ...

    def send_request(self, ticket: str, described: str) -> str: ...

    def receive(self, ticket: str, answer: Answer) -> int: ...

    def last_error(self, ticket: str) -> str: ...

    def close_connection(self, ticket: str) -> str: ...

    def dies_at(self, kind: Kind, aim: Aim, skip: int) -> None:
        """Has the server die at a later call, at the moment that the kind of incident names."""
        ...

    def has_died(self) -> bool:
        """Whether it has died since the last time that this was asked; it is up again then."""
        ...

    def disturbed(self, kind: Kind) -> AbstractContextManager[None]:
        """A context in which the database gives trouble: DATABASE_AWAY or DISK_FULL."""
        ...

    def stop(self) -> None: ...


class ServerInProcess:
    """The conversation itself. A death is an exception at a crash point; all that was in memory is gone after it."""

    is_real = False

    def __init__(
        self, scratch: Scratch, clock: Callable[[], datetime], protocol: Callable[[], AbstractContextManager[None]]
    ) -> None:
        self._scratch, self._clock, self._protocol = scratch, clock, protocol
        self._armed: tuple[tuple[str, ...], int] | None = None
        self._died = False
        self._cutting = False
        self.failures: list[str] = []  # exceptions that no trouble with the database explains
        self._start()

    def authenticate(self, address: str) -> tuple[str, str]:
        return self._call(lambda: self._conversation.authenticate(USER, PASSWORD, address))

    def send_request(self, ticket: str, described: str) -> str:
        arguments = (ticket, described, COMPANY_PATH, "US", *_VERSION)
        return self._call(lambda: self._conversation.send_request_xml(*arguments))

    def receive(self, ticket: str, answer: Answer) -> int:
        given = (answer.response, answer.hresult, answer.message)
        return self._call(lambda: self._conversation.receive_response_xml(ticket, *given))

    def last_error(self, ticket: str) -> str:
        return self._call(lambda: self._conversation.get_last_error(ticket))

    def close_connection(self, ticket: str) -> str:
        return self._call(lambda: self._conversation.close_connection(ticket))

    def dies_at(self, kind: Kind, aim: Aim, skip: int) -> None:
        self._armed = (_points(kind, aim), skip)

    def has_died(self) -> bool:
        died, self._died = self._died, False
        return died

    @contextmanager
    def disturbed(self, kind: Kind) -> Iterator[None]:
        with self._scratch.away() if kind is Kind.DATABASE_AWAY else self._scratch.full():
            self._cutting = kind is Kind.DATABASE_AWAY
            try:
                yield
            finally:
                self._cutting = False

    def stop(self) -> None:
        self._scratch.hang_up()

    def _start(self) -> None:
        self._conversation = SyncConversation(
            self._scratch.database,
            SignIn(self._scratch.database, _PASSWORDS, Attempts()),
            in_flight=IN_FLIGHT,
            server_zone="America/New_York",
            host_name="torture",
            version="0",
            clock=self._clock,
        )

    def _reached(self, name: str) -> None:
        if self._cutting and name.endswith("_before_commit"):
            self._scratch.cut()
        if self._armed is None or name not in self._armed[0]:
            return
        names, skip = self._armed
        self._armed = (names, skip - 1) if skip else None
        if not skip:
            raise ServerDied

    def _call(self, operation: Callable[[], _Result]) -> _Result:
        try:
            with crash_points.watched(self._reached), self._protocol():
                return operation()
        except ServerDied:
            self._died = True
            self._scratch.hang_up()
            self._start()
            raise CallFailed("the server died") from None
        except Exception as error:  # as the SOAP service does: a fault goes out, and the session ends
            self._note(error)
            raise CallFailed(f"SOAP fault: {type(error).__name__}") from error

    def _note(self, error: Exception) -> None:
        self.failures.append(f"{type(error).__name__}: {error}")


class ServerProcess:
    """`connex serve` on a free port of this machine. It is killed with SIGKILL, by itself at a crash point."""

    is_real = True

    def __init__(self, scratch: Scratch, folder: Path) -> None:
        self._scratch, self._folder = scratch, folder
        self.failures: list[str] = []
        self._died = False
        self._log: IO[bytes] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._client = self._start("")

    def authenticate(self, address: str) -> tuple[str, str]:  # noqa: ARG002  all come from this machine
        answers = self._call("authenticate", {"strUserName": USER, "strPassword": PASSWORD})
        return answers[0], answers[1] if len(answers) > 1 else ""

    def send_request(self, ticket: str, described: str) -> str:
        return self._call(
            "sendRequestXML",
            {
                "ticket": ticket,
                "strHCPResponse": described,
                "strCompanyFileName": COMPANY_PATH,
                "qbXMLCountry": "US",
                "qbXMLMajorVers": _VERSION[0],
                "qbXMLMinorVers": _VERSION[1],
            },
        )[0]

    def receive(self, ticket: str, answer: Answer) -> int:
        arguments: dict[str, str | int] = {
            "ticket": ticket,
            "response": answer.response,
            "hresult": answer.hresult,
            "message": answer.message,
        }
        return int(self._call("receiveResponseXML", arguments)[0])

    def last_error(self, ticket: str) -> str:
        return self._call("getLastError", {"ticket": ticket})[0]

    def close_connection(self, ticket: str) -> str:
        return self._call("closeConnection", {"ticket": ticket})[0]

    def dies_at(self, kind: Kind, aim: Aim, skip: int) -> None:
        """Killed now and started again with the crash point armed: it may be killed at any moment."""
        self._kill()
        self._client = self._start(f"{','.join(_points(kind, aim))}:{skip + 1}")

    def has_died(self) -> bool:
        died, self._died = self._died, False
        return died

    def disturbed(self, kind: Kind) -> AbstractContextManager[None]:
        return self._scratch.away() if kind is Kind.DATABASE_AWAY else self._scratch.full()

    def stop(self) -> None:
        self._kill()
        if self._log is not None:
            self._log.close()

    def _call(self, operation: str, arguments: dict[str, str | int]) -> list[str]:
        try:
            return self._client.call(operation, arguments)
        except CallFailed:
            if self._process is not None and _has_ended(self._process):
                self._died = True
                self._client = self._start("")
            raise

    def _kill(self) -> None:
        if self._process is not None:
            self._client.close()
            self._process.kill()
            self._process.wait()

    def _start(self, crash_at: str) -> SoapClient:
        log_path = self._folder / "server.log"
        if self._log is not None:
            self._log.close()
        self._log = log_path.open("wb")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "qbwc_server", "serve", "--port", "0"],
            env=self._environment(crash_at),
            stdout=self._log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
        return SoapClient(address_of(self._process, log_path) + "/qbwc", _CALL_SECONDS)

    def _environment(self, crash_at: str) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("CONNEX_")}
        return kept | {
            "CONNEX_DATA_DIR": str(self._folder),
            "CONNEX_DATABASE_URL": self._scratch.url,
            "CONNEX_SECRET_KEY": _KEY,
            "CONNEX_IN_FLIGHT_SECONDS": str(_IN_FLIGHT_OF_A_PROCESS),
            crash_points.VARIABLE: crash_at,
            "PYTHONUNBUFFERED": "1",
        }


def undisturbed() -> AbstractContextManager[None]:
    """The protocol as it is."""
    return nullcontext()


def _points(kind: Kind, aim: Aim) -> tuple[str, ...]:
    return tuple(f"{point}_{_MOMENTS[kind]}" for point in _AIMED[aim])


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether it is gone; a process that is being killed is waited for."""
    try:
        process.wait(timeout=1)
    except subprocess.TimeoutExpired:
        return False
    return True
