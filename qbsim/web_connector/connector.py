"""The Web Connector itself: the calls of one session in their real order (FACTS.md 6), and its sessions one by one.

serverVersion, clientVersion, authenticate; QuickBooks is opened; sendRequestXML and receiveResponseXML until the server
says 100, a negative number or an empty request; closeConnection. What no source tells is done so: a call without a
usable answer ends the session there and then, without closeConnection, which is the hardest for a server; after
connectionError was answered "done", closeConnection comes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Literal, NoReturn

from qbsim.web_connector.faults import Fault, FaultKind, Faults, LateSet
from qbsim.web_connector.log import MASKED, Log
from qbsim.web_connector.processor import Answer, ConnectionFailed, RequestProcessor
from qbsim.web_connector.soap import CallFailed, SoapClient

DEFAULT_TIMEOUT_SECONDS = 100.0
"""How long a call may take: the default of .NET's SoapHttpClientProtocol."""
NO_OP_PAUSE_SECONDS = 5.0
MAX_NO_OPS = 720
"""Pauses in one session before it is given up here: an hour of them. The real one goes on."""
MAX_PATHS_TRIED = 10
"""Company paths taken from connectionError in one session before it is given up here."""

Outcome = Literal[
    "completed",  # the server said 100
    "nothing_to_do",  # authenticate: none
    "bad_login",  # authenticate: nvu
    "busy",  # authenticate: busy
    "postponed",  # authenticate named seconds to wait, and the Web Connector runs by itself
    "refused",  # clientVersion: E:, O:, W: with a user who stops, or not understood
    "no_quickbooks",  # connectionError: done
    "error",  # getLastError had a text, or a call failed
    "killed",  # a fault ended the Web Connector
]

_HOST_COMPANY_PREFERENCES = (
    '<?xml version="1.0" encoding="utf-8"?>\n<?qbxml version="{major}.{minor}"?>\n'
    '<QBXML>\n<QBXMLMsgsRq onError="continueOnError">\n'
    '<HostQueryRq requestID="0"></HostQueryRq>\n'
    '<CompanyQueryRq requestID="1"></CompanyQueryRq>\n'
    '<PreferencesQueryRq requestID="2"></PreferencesQueryRq>\n'
    "</QBXMLMsgsRq>\n</QBXML>"
)
_OTHER_FILE_OPEN = (
    "0x8004040A",
    "QuickBooks company data file is already open and it is different from the one requested.",
)
_SERVER_FAULT = ("0x80010105", "The server threw an exception.")
_LOCK = "QBWebConnector.RegistryManager.setUpdateLock"
_STARS = "*" * 21
_SIGN_IN_ENDS: dict[str, tuple[Outcome, str]] = {
    "none": ("nothing_to_do", "No data exchange required."),
    "nvu": ("bad_login", "QBWC1040: The user name or the password was refused."),
    "busy": ("busy", "The application is busy; the update is tried again later."),
}
# The code under which the Web Connector reports that a call of it had no usable answer.
_CODES = {
    "authenticate": "QBWC1012",
    "sendRequestXML": "QBWC1041",
    "receiveResponseXML": "QBWC1042",
    "getLastError": "QBWC1043",
    "closeConnection": "QBWC1044",
    "connectionError": "QBWC1045",
}
_DIES: dict[FaultKind, tuple[Outcome, str, str]] = {
    FaultKind.CUT_BEFORE_WORK: ("error", "QBWC1041", "The underlying connection was closed."),
    FaultKind.DELIVER_LATE: ("error", "QBWC1041", "The Web Connector hangs with the request."),
    FaultKind.LOSE_ANSWER: ("error", "QBWC1042", "The underlying connection was closed."),
    FaultKind.LOSE_REPLY: ("error", "QBWC1042", "The underlying connection was closed."),
    FaultKind.KILL_BEFORE_ANSWER: ("killed", "", "The Web Connector was ended."),
    FaultKind.KILL_AFTER_ANSWER: ("killed", "", "The Web Connector was ended."),
}
_BEFORE_WORK = frozenset({FaultKind.CUT_BEFORE_WORK, FaultKind.DELIVER_LATE})
_BEFORE_ANSWER = frozenset({FaultKind.LOSE_ANSWER, FaultKind.KILL_BEFORE_ANSWER})
_AFTER_ANSWER = frozenset({FaultKind.LOSE_REPLY, FaultKind.KILL_AFTER_ANSWER})


@dataclass(frozen=True)
class SessionResult:
    """What became of one session."""

    outcome: Outcome
    ticket: str = ""
    round_trips: int = 0
    """Calls of sendRequestXML that carried a request."""
    percent_history: tuple[int, ...] = ()
    last_error: str = ""
    """The text of getLastError, or the reason why the session ended otherwise."""
    error_code: str = ""
    """The Web Connector's own code, as "QBWC1042", where it has one."""
    status: str = ""
    """What closeConnection was answered with, the text of the status column."""
    postpone_seconds: str = ""
    minimum_run_seconds: str = ""
    log_lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Delivery:
    """What came of a set that QuickBooks got late; `percent` is None where its answer was not sent or not taken."""

    late_set: LateSet
    answer: Answer
    percent: int | None


class WebConnector:
    """One entry of the Web Connector: a server, an account on it, and the company file that it syncs.

    `after_set` is called when QuickBooks has worked a set, before the answer is sent: the place to save the company.
    `qbxml_version` is the highest that this QuickBooks speaks, 13.0 to 16.0. `keep_going_on_warning` is the user's
    answer to a "W:" of clientVersion. `auto_run` is the check mark beside the entry, without which the server's wish to
    postpone counts for nothing. `sleep` takes seconds. `crash` has QuickBooks work so many requests of a set and go
    down, for FaultKind.CRASH_DURING_WORK; a schedule with that fault raises ValueError where it is not given.
    """

    def __init__(
        self,
        url: str,
        user_name: str,
        password: str,
        quickbooks: RequestProcessor,
        *,
        company_path: str,
        country: str = "US",
        qbxml_version: tuple[int, int] = (16, 0),
        version: str = "2.3.0.36",
        log: Callable[[str], None] | None = None,
        timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
        after_set: Callable[[], None] | None = None,
        faults: Faults | None = None,
        crash: Callable[[str, int], None] | None = None,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
        application_name: str = "Connex",
        keep_going_on_warning: bool = True,
        auto_run: bool = False,
    ) -> None:
        self.url = url
        self.user_name = user_name
        self.password = password
        self.quickbooks = quickbooks
        self.company_path = company_path
        self.country = country
        self.qbxml_version = qbxml_version
        self.version = version
        self.timeout_seconds = timeout_seconds
        self.after_set = after_set or _nothing
        self.faults = faults or Faults()
        if crash is None and any(fault.kind is FaultKind.CRASH_DURING_WORK for fault in self.faults.planned):
            raise ValueError("a crash during work is planned; give `crash`, which has QuickBooks go down")
        self.crash = crash or _no_crash
        self.sleep = sleep
        self.application_name = application_name
        self.keep_going_on_warning = keep_going_on_warning
        self.auto_run = auto_run
        self.sessions_run = 0
        self.late_sets: list[LateSet] = []
        self._write_log = log
        self._now = now

    def run_session(self) -> SessionResult:
        """One update, from serverVersion to closeConnection. What goes wrong is told by the result, not raised."""
        self.sessions_run += 1
        with SoapClient(self.url, self.timeout_seconds) as client:
            return _Session(self, client, self._new_log(), self.sessions_run).run()

    def update_selected(
        self, sessions: int, *, pause_seconds: float = 0.0, until_nothing_to_do: bool = True
    ) -> list[SessionResult]:
        """Sessions one after the other, at most this many; by default none after one with nothing to do.

        A refused login or version ends them, too: the user would be asked first.
        """
        ends = {"bad_login", "refused"} | ({"nothing_to_do"} if until_nothing_to_do else set())
        results: list[SessionResult] = []
        for number in range(sessions):
            if number and pause_seconds:
                self.sleep(pause_seconds)
            results.append(self.run_session())
            if results[-1].outcome in ends:
                break
        return results

    def release(self, *, send_answers: bool = True) -> list[Delivery]:
        """Gives QuickBooks the sets that hung (FaultKind.DELIVER_LATE), the oldest first.

        With `send_answers` each answer goes to the server under the ticket of the session that fetched the set.
        Raises ConnectionFailed where QuickBooks can't be opened; the sets are kept then.
        """
        log = self._new_log()
        deliveries: list[Delivery] = []
        self.quickbooks.begin_session()
        try:
            with SoapClient(self.url, self.timeout_seconds) as client:
                session = _Session(self, client, log, self.sessions_run)
                while self.late_sets:
                    late_set = self.late_sets.pop(0)
                    answer = session.work(late_set.request)
                    percent = session.answer_late(late_set.ticket, answer) if send_answers else None
                    deliveries.append(Delivery(late_set, answer, percent))
        finally:
            self.quickbooks.end_session()
        return deliveries

    def _new_log(self) -> Log:
        return Log(self.password, self._write_log, self._now)


class _Ended(Exception):
    """The session is over. `close` tells whether the server still hears closeConnection."""

    def __init__(self, outcome: Outcome, reason: str = "", *, code: str = "", close: bool = True) -> None:
        super().__init__(reason)
        self.outcome = outcome
        self.reason = reason
        self.code = code
        self.close = close


@dataclass(frozen=True)
class _Crashed:
    """The answer that there is where QuickBooks crashed."""

    response: str = ""
    hresult: str = _SERVER_FAULT[0]
    message: str = _SERVER_FAULT[1]


@dataclass
class _Session:
    connector: WebConnector
    client: SoapClient
    log: Log
    number: int
    ticket: str = ""
    round_trips: int = 0
    percents: list[int] = field(default_factory=list)
    postpone_seconds: str = ""
    minimum_run_seconds: str = ""

    def run(self) -> SessionResult:
        log = self.log
        log.add(_LOCK, f"{_STARS} Update session locked {_STARS}")
        log.add("instantiateWebService", "Initiated connection to the following application.")
        log.add("instantiateWebService", f"AppName: {self.connector.application_name}")
        log.add("instantiateWebService", f"AppURL: {self.connector.url}")
        ended = self._converse()
        if ended.reason:
            log.add("updateWS", f"{ended.code}: {ended.reason}" if ended.code else ended.reason)
        status = ""
        if ended.close and self.ticket:
            status, ended = self._close(ended)
        log.add(_LOCK, f"{_STARS} Update session unlocked {_STARS}")
        return SessionResult(
            outcome=ended.outcome,
            ticket=self.ticket,
            round_trips=self.round_trips,
            percent_history=tuple(self.percents),
            last_error=ended.reason,
            error_code=ended.code,
            status=status,
            postpone_seconds=self.postpone_seconds,
            minimum_run_seconds=self.minimum_run_seconds,
            log_lines=tuple(log.lines),
        )

    def _converse(self) -> _Ended:
        """Everything up to closeConnection, and how it ended."""
        try:
            self._exchange_versions()
            path = self._open_quickbooks(self._sign_in())
            try:
                self._exchange_sets(path or self.connector.company_path)
            finally:
                self.connector.quickbooks.end_session()
        except _Ended as ended:
            return ended

    # ---- signing in

    def _exchange_versions(self) -> None:
        """Both calls are optional for a server: one that does not know them is called on."""
        self._optional_call("serverVersion", {})
        answer = self._optional_call("clientVersion", {"strVersion": self.connector.version})
        kind, _, text = answer.partition(":")
        if answer == "":
            return
        if kind == "W":
            self.log.add("do_clientVersion", f"QBWC1037: {text}")
            if not self.connector.keep_going_on_warning:
                raise _Ended("refused", text, code="QBWC1037")
        elif kind == "E":
            raise _Ended("refused", text, code="QBWC1037")
        elif kind == "O":
            raise _Ended("refused", f"The application needs version {text} of the Web Connector.")
        else:
            raise _Ended("refused", f"clientVersion was answered with {answer!r}.", code="QBWC1046")

    def _sign_in(self) -> str:
        """The path of the company file that the server wants, empty for the one that is open."""
        connector = self.connector
        self.log.add(
            "do_authenticate",
            f"Authenticating to application '{connector.application_name}', username = '{connector.user_name}'",
        )
        arguments = {"strUserName": connector.user_name, "strPassword": connector.password}
        answers = [*self._call("authenticate", arguments), "", "", "", ""][:4]
        self.ticket, wanted, self.postpone_seconds, self.minimum_run_seconds = answers
        end = _SIGN_IN_ENDS.get(wanted.lower())
        if end is not None:
            outcome, reason = end
            raise _Ended(outcome, reason)
        if self.postpone_seconds.strip() not in ("", "0") and connector.auto_run:
            raise _Ended("postponed", "Update postponed by application")
        return wanted

    def _open_quickbooks(self, path: str) -> str:
        """Each path is tried twice, then the server is asked for another by connectionError."""
        for _ in range(MAX_PATHS_TRIED):
            failure = self._try_to_open(path)
            if failure is None:
                return path
            self.log.add("connectToQB", f"QBWC1013: Error connecting to QuickBooks. Error code = {failure}")
            arguments = {"ticket": self.ticket, "hresult": failure.hresult, "message": failure.message}
            path = self._call("connectionError", arguments)[0]
            if path.lower() == "done":
                raise _Ended("no_quickbooks", failure.message, code="QBWC1013")
        raise _Ended("no_quickbooks", f"connectionError named {MAX_PATHS_TRIED} paths.", code="QBWC1013")

    def _try_to_open(self, path: str) -> ConnectionFailed | None:
        failure: ConnectionFailed | None = None
        for attempt in (1, 2):
            try:
                if path and path.lower() != self.connector.company_path.lower():
                    raise ConnectionFailed(*_OTHER_FILE_OPEN)
                self.connector.quickbooks.begin_session()
            except ConnectionFailed as error:
                self.log.add("connectToQB", f"QBWC100{6 + attempt}: attempt {attempt} to reach QuickBooks failed.")
                failure = error
            else:
                return None
        return failure

    # ---- the sets

    def _exchange_sets(self, path: str) -> NoReturn:
        host_company_preferences = self._ask_host_company_preferences()
        no_ops = 0
        while True:
            request = self._send_request(host_company_preferences, path)
            host_company_preferences = ""
            if request:
                self._work_and_answer(request)
                continue
            self._ask_last_error(is_no_op_allowed=True)
            no_ops += 1
            if no_ops > MAX_NO_OPS:
                raise _Ended("error", f"the server asked for more than {MAX_NO_OPS} pauses.")
            self.connector.sleep(NO_OP_PAUSE_SECONDS)

    def _ask_host_company_preferences(self) -> str:
        major, minor = self.connector.qbxml_version
        answer = self.connector.quickbooks.process(_HOST_COMPANY_PREFERENCES.format(major=major, minor=minor))
        if answer.hresult or not answer.response:
            raise _Ended("error", f"{answer.hresult}: {answer.message}", code="QBWC1014")
        return answer.response

    def _send_request(self, host_company_preferences: str, path: str) -> str:
        major, minor = self.connector.qbxml_version
        arguments: dict[str, str | int] = {
            "ticket": self.ticket,
            "strHCPResponse": host_company_preferences,
            "strCompanyFileName": path,
            "qbXMLCountry": self.connector.country,
            "qbXMLMajorVers": major,
            "qbXMLMinorVers": minor,
        }
        return self._call("sendRequestXML", arguments)[0]

    def _work_and_answer(self, request: str) -> None:
        self.round_trips += 1
        planned = self.connector.faults.at(self.number, self.round_trips)
        fault = planned.kind if planned else None
        if fault is FaultKind.DELIVER_LATE:
            self.connector.late_sets.append(LateSet(self.ticket, request))
        _die_of(fault, _BEFORE_WORK)
        answer = self._work_or_crash(request, planned)
        _die_of(fault, _BEFORE_ANSWER)
        if fault is FaultKind.ANSWER_TWICE:
            self._receive_response(self.ticket, answer)
        percent = self._receive_response(self.ticket, answer)
        _die_of(fault, _AFTER_ANSWER)
        self.percents.append(percent)
        if percent < 0:
            self._ask_last_error(is_no_op_allowed=False)
        if percent >= 100:
            raise _Ended("completed")

    def _work_or_crash(self, request: str, planned: Fault | None) -> Answer:
        if planned is not None and planned.kind is FaultKind.COM_FAILURE_BEFORE_WORK:
            return _Crashed()
        if planned is not None and planned.crash_after is not None:
            self.connector.crash(request, planned.crash_after)
            self.connector.after_set()
            return _Crashed()
        answer = self.work(request)
        return _Crashed() if planned and planned.kind is FaultKind.COM_FAILURE_AFTER_WORK else answer

    def work(self, request: str) -> Answer:
        """Has QuickBooks work one set, and the company saved."""
        answer = self.connector.quickbooks.process(request)
        self.connector.after_set()
        return answer

    def answer_late(self, ticket: str, answer: Answer) -> int | None:
        """Sends the answer of a set that hung; None where the server does not take it."""
        try:
            return self._receive_response(ticket, answer)
        except _Ended as ended:
            self.log.add("do_receiveResponseXML", f"{ended.code}: {ended.reason}")
            return None

    def _receive_response(self, ticket: str, answer: Answer) -> int:
        arguments = {
            "ticket": ticket,
            "response": answer.response,
            "hresult": answer.hresult,
            "message": answer.message,
        }
        percent = self._call("receiveResponseXML", arguments)[0]
        try:
            return int(percent)
        except ValueError as error:
            reason = f"receiveResponseXML was answered with {percent!r}, which is no number."
            raise _Ended("error", reason, code="QBWC1042", close=False) from error

    def _ask_last_error(self, *, is_no_op_allowed: bool) -> None:
        text = self._call("getLastError", {"ticket": self.ticket})[0]
        if text == "NoOp" and is_no_op_allowed:
            return
        raise _Ended("error", text)

    # ---- calls

    def _close(self, ended: _Ended) -> tuple[str, _Ended]:
        try:
            return self._call("closeConnection", {"ticket": self.ticket})[0], ended
        except _Ended as failed:
            self.log.add("do_closeConnection", f"{failed.code}: {failed.reason}")
            return "", failed if ended.outcome == "completed" else ended

    def _optional_call(self, operation: str, arguments: Mapping[str, str | int]) -> str:
        try:
            return self._logged_call(operation, arguments)[0]
        except CallFailed as error:
            self.log.add(f"do_{operation}", f"This application does not contain support for {operation}: {error}")
            return ""

    def _call(self, operation: str, arguments: Mapping[str, str | int]) -> list[str]:
        try:
            return self._logged_call(operation, arguments)
        except CallFailed as error:
            raise _Ended("error", f"{operation} failed: {error}", code=_CODES[operation], close=False) from error

    def _logged_call(self, operation: str, arguments: Mapping[str, str | int]) -> list[str]:
        self.log.add(f"do_{operation}", f"*** Calling {operation}() with following parameters:{self._shown(arguments)}")
        answers = self.client.call(operation, arguments)
        shown = "".join(f'<{operation}Ret[{place}]="{self._short(text)}">' for place, text in enumerate(answers))
        self.log.add(f"do_{operation}", f"Received from {operation}() following parameter:{shown}")
        return answers

    def _shown(self, arguments: Mapping[str, str | int]) -> str:
        hidden = {**arguments, **({"strPassword": MASKED} if "strPassword" in arguments else {})}
        return "".join(f'<{name}="{self._short(str(value))}">' for name, value in hidden.items())

    def _short(self, text: str, longest: int = 200) -> str:
        """Documents are told by their beginning and length; the log is to be read."""
        line = self.log.masked(text).replace("\r", "").replace("\n", " ")
        return line if len(line) <= longest else f"{line[:longest]}... ({len(text)} characters)"


def _die_of(fault: FaultKind | None, kinds: frozenset[FaultKind]) -> None:
    if fault in kinds and fault is not None:
        outcome, code, reason = _DIES[fault]
        raise _Ended(outcome, reason, code=code, close=False)


def _nothing() -> None:
    """Stands in where no `after_set` is given."""


def _no_crash(request: str, crash_after: int) -> None:
    """Stands in where no `crash` is given; the schedule has been looked through for that."""
