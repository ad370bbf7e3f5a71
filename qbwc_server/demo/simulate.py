"""A simulated QuickBooks and Web Connector against a running server, for trying an installation."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from qbsim import Behaviour, Company, CompanyFileError, QuickBooks
from qbsim.clock import real_time
from qbsim.companies import UnknownCompanyError, make_company
from qbsim.web_connector import (
    Applications,
    Faults,
    LogLevel,
    LogSink,
    Person,
    SessionResult,
    WebConnector,
    WebConnectorRefusal,
    Workstation,
)
from qbwc_server.demo.switches import SwitchError, read_switches
from qbwc_server.demo.world import make_world

DEMO_REFUNDS, DEMO_SEED = 24, 1  # of the company that is written where there is none, as `connex demo` makes it
TIMEOUT_SECONDS = 100.0
SOAP_PATH = "/qbwc"  # of every Connex server
GOOD_OUTCOMES = frozenset({"completed", "nothing_to_do"})
MAX_QWC_BYTES = 1024 * 1024
FAULTS_DRAWN, FAULTY_SESSIONS, FAULTY_SETS = 6, 4, 3  # so many faults, in the first sessions, at their first sets
LONGEST_PAUSE_SECONDS = 5.0  # a slow QuickBooks and a sleeping PC take no longer here
MAX_BUSY = 60  # times that a server which says busy is asked again, five seconds apart
_FINAL = frozenset({"nothing_to_do", "bad_login", "refused"})  # these would end the same at the next session


class SimulationError(ValueError):
    """A simulation that can't begin or go on; says why and what to do."""


@dataclass(frozen=True)
class SimulationOptions:
    """What a user can choose: `qwc` in place of `url` and `username`, and what goes wrong."""

    company: Path
    password: str = field(repr=False)
    url: str | None = None
    username: str | None = None
    qwc: Path | None = None
    sessions: int = 10
    switches: tuple[str, ...] = ()
    faults: str | None = None
    """The seed of the faults, as typed."""
    log: Path | None = None
    like: str | None = None
    """The ready company to make where there is no file; the demo's where it is not given."""


@dataclass(frozen=True)
class Simulation:
    """What the simulated Web Connector did."""

    sessions: int = 0
    round_trips: int = 0
    outcomes: tuple[str, ...] = ()
    problem: str = ""  # why it ended badly; empty where it did not
    faults: Faults = field(default_factory=Faults)

    def as_dict(self) -> dict[str, Any]:
        """For --json."""
        return {
            "sessions": self.sessions,
            "round_trips": self.round_trips,
            "outcomes": list(self.outcomes),
            "problem": self.problem or None,
            "faults": self.faults.to_data(),
        }


def simulate(
    options: SimulationOptions, say: Callable[[str], Any] | None, sleep: Callable[[float], Any] = time.sleep
) -> Simulation:
    """Runs sessions until there is nothing to do, or their number is reached; without faults also until one fails.

    The company is saved after every message set. Raises SimulationError where an option can't be used.
    """
    faults = _faults(options.faults)
    behaviour = _behaviour(options.switches)
    address = _address(options)
    qwc = _read_qwc(options.qwc) if options.qwc is not None else b""
    quickbooks = QuickBooks(_company(options.company, options.like, say), behaviour)
    connector = _connector(options, address, qwc, quickbooks, faults, say, sleep)
    if say is not None:
        for fault in faults.planned:
            say(f"Planned for session {fault.session_number}, set {fault.set_number}: {fault.kind.value}.")
    done = _sessions(connector, options.sessions, faults, sleep)
    last = done[-1]
    return Simulation(
        sessions=len(done),
        round_trips=sum(result.round_trips for result in done),
        outcomes=tuple(result.outcome for result in done),
        problem="" if last.outcome in GOOD_OUTCOMES else f"The last session ended as {last.outcome}: {last.last_error}",
        faults=faults,
    )


def _sessions(connector: WebConnector, most: int, faults: Faults, sleep: Callable[[float], Any]) -> list[SessionResult]:
    """The sessions, without those that a server with a set in doubt has sent away: they are tried again."""
    done: list[SessionResult] = []
    busy = 0
    while len(done) < most:
        hanging = len(connector.late_sets)
        result = connector.run_session()
        if hanging:
            connector.release()
        if result.outcome == "busy" and faults.planned and busy < MAX_BUSY:
            busy += 1
            connector.sessions_run -= 1  # the plan counts the sessions that the server lets in
            sleep(LONGEST_PAUSE_SECONDS)
            continue
        busy = 0
        done.append(result)
        if result.outcome in _FINAL or (not faults.planned and result.outcome != "completed"):
            break
    return done


def _connector(
    options: SimulationOptions,
    address: str,
    qwc: bytes,
    quickbooks: QuickBooks,
    faults: Faults,
    say: Callable[[str], Any] | None,
    sleep: Callable[[float], Any],
) -> WebConnector:
    """The entry of the Web Connector, added by its .qwc file where there is one."""
    path, person = str(options.company.resolve()), Person(quickbooks)
    sinks = [] if say is None else [LogSink(say, LogLevel.DEBUG)]
    if options.log is not None:
        sinks.append(LogSink(_appending(options.log)))
    settings: dict[str, Any] = {
        "timeout_seconds": TIMEOUT_SECONDS,
        "after_set": lambda: _save(quickbooks.company, options.company),
        "logs": sinks,
        "faults": faults,
        "country": quickbooks.company.preferences.country,
        "qbxml_version": max(quickbooks.behaviour.supported_versions),
        "crash": person.crash,
        "person": person,
        "sleep": lambda seconds: sleep(min(seconds, LONGEST_PAUSE_SECONDS)),
    }
    workstation = Workstation({path: quickbooks}, path)
    if not qwc:
        return WebConnector(address, options.username or "", options.password, workstation, **settings)
    try:
        return Applications(workstation, **settings).add(qwc, options.password).connector
    except WebConnectorRefusal as refusal:
        raise SimulationError(f"the Web Connector refuses {options.qwc}: {refusal}") from None


def _faults(text: str | None) -> Faults:
    if text is None:
        return Faults()
    if re.fullmatch(r"[0-9]{1,9}", text) is None:
        raise SimulationError(f"--faults takes a seed, a whole number such as 7, not {text!r}")
    return Faults.drawn(int(text), FAULTS_DRAWN, sessions=FAULTY_SESSIONS, sets=FAULTY_SETS)


def _behaviour(switches: tuple[str, ...]) -> Behaviour:
    try:
        return read_switches(switches)
    except SwitchError as error:
        raise SimulationError(str(error)) from None


def _address(options: SimulationOptions) -> str:
    """The address of the SOAP endpoint, empty where it is in the .qwc file; the server's own will do."""
    named = options.url is not None or options.username is not None
    if options.qwc is not None and named:
        raise SimulationError("--qwc names the server and the user; leave out --url and --username")
    if options.qwc is not None:
        return ""
    if options.url is None or options.username is None:
        raise SimulationError("give --url and --username, or --qwc with the connection's .qwc file")
    return _soap_address(options.url)


def _soap_address(url: str) -> str:
    example = "is not an address such as http://localhost:8080/qbwc"
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise SimulationError(f"{url!r} {example}: {error}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SimulationError(f"{url!r} {example}")
    return parts._replace(path=SOAP_PATH).geturl() if parts.path in ("", "/") else url


def _read_qwc(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_QWC_BYTES + 1)
    except OSError as error:
        raise SimulationError(f"the file {path} can't be read: {error.strerror}") from None
    if not content:
        raise SimulationError(f"the file {path} is empty; write one with: connex qwc NAME -o {path}")
    return content


def _appending(path: Path) -> Callable[[str], None]:
    """Writes lines to the end of a file. Raises SimulationError where that can't be."""

    def append(text: str) -> None:
        try:
            with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
        except OSError as error:
            raise SimulationError(f"the log {path} can't be written: {error.strerror}") from None

    append("")
    return lambda line: append(f"{line}\n")


def _save(company: Company, path: Path) -> None:
    try:
        company.save(path)
    except OSError as error:
        raise SimulationError(f"the company file {path} can't be written: {error.strerror}") from None


def _company(path: Path, like: str | None, say: Callable[[str], Any] | None) -> Company:
    if path.exists():
        try:
            return Company.load(path)
        except (CompanyFileError, OSError) as error:
            raise SimulationError(f"the company file {path} can't be read: {error}") from None
    company = _new_company(like)
    _save(company, path)
    if say is not None:
        say(f"Wrote the company of {like or 'the demo'} to {path}.")
    return company


def _new_company(like: str | None) -> Company:
    if like is None:
        return make_world(refunds=DEMO_REFUNDS, seed=DEMO_SEED, now=datetime.now(timezone.utc)).company
    try:
        company = make_company(like)
    except UnknownCompanyError as error:
        raise SimulationError(str(error)) from None
    company.clock = real_time
    return company
