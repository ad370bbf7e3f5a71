"""The Web Connector of one PC: its applications, each added by its .qwc file, run by hand or by their schedules.

From Intuit's guide (FACTS.md 6): what is checked when an application is added, that its FileID is stored on the company
file then, that the schedule and what authenticate says of time need Auto-Run. Guessed: that the first scheduled run
comes one interval after Auto-Run is ticked, that runs which a PC slept through are made up by one, and that a FileID
which the company has already is left as it is.
"""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from lxml import etree

from qbsim.web_connector.connector import WebConnector
from qbsim.web_connector.processor import ConnectionFailed
from qbsim.web_connector.qwc import Application, WebConnectorRefusal, read_qwc
from qbsim.web_connector.session import SessionResult, seconds_in
from qbsim.web_connector.workstation import OpenedFile, Workstation

MAX_APPLICATIONS = 100
MAX_RUNS = 10_000
"""Times that `run_until` waits for the next run before it gives up."""
SUPPORT_TIMEOUT_SECONDS = 30.0
_SUPPORT_GOOD = (200, 202)
_MESSAGES = (
    '<?xml version="1.0" encoding="utf-8"?>\n<?qbxml version="13.0"?>\n'
    '<QBXML><QBXMLMsgsRq onError="continueOnError">{requests}</QBXMLMsgsRq></QBXML>'
)
_ASK_FILE_ID = "<CompanyQueryRq><OwnerID>{owner}</OwnerID></CompanyQueryRq>"
_KEEP_FILE_ID = (
    "<DataExtDefAddRq><DataExtDefAdd><OwnerID>{owner}</OwnerID><DataExtName>FileID</DataExtName>"
    "<DataExtType>STR255TYPE</DataExtType><AssignToObject>Company</AssignToObject></DataExtDefAdd></DataExtDefAddRq>"
    "<DataExtAddRq><DataExtAdd><OwnerID>{owner}</OwnerID><DataExtName>FileID</DataExtName>"
    "<OtherDataExtType>Company</OtherDataExtType><DataExtValue>{file}</DataExtValue></DataExtAdd></DataExtAddRq>"
)


def support_status(url: str) -> int:
    """The HTTP status of an application's AppSupport page. Raises OSError where it can't be reached."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=SUPPORT_TIMEOUT_SECONDS) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except http.client.HTTPException as error:
        raise OSError(f"{type(error).__name__}: {error}") from error


@dataclass
class Entry:
    """An application as the Web Connector lists it; `next_run` is None where Auto-Run is off."""

    application: Application
    connector: WebConnector
    run_every: timedelta | None
    next_run: datetime | None = None
    last: SessionResult | None = None

    @property
    def last_result(self) -> str:
        """The text of its "Last result" column."""
        if self.last is None:
            return ""
        return self.last.last_error or self.last.status or self.last.outcome


class Applications:
    """The list of applications.

    `ask_support` gives the HTTP status of an address, or raises OSError; `settings` are those of every WebConnector,
    such as `log`, `sleep` and `now`.
    """

    def __init__(
        self,
        workstation: Workstation,
        *,
        ask_support: Callable[[str], int] = support_status,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
        **settings: Any,
    ) -> None:
        self.workstation = workstation
        self.entries: list[Entry] = []
        self._ask_support = ask_support
        self._sleep = sleep
        self._now = now
        self._settings = settings

    def add(self, qwc: bytes, password: str, *, replace: bool = False, **settings: Any) -> Entry:
        """Adds the application of a .qwc file, with the password that the user types for it.

        One of the same AppUniqueName is replaced, one of the same AppName where the user says so by `replace`. Raises
        WebConnectorRefusal with the Web Connector's code.
        """
        application = read_qwc(qwc)
        old = next((entry for entry in self.entries if _is_same(entry.application, application)), None)
        is_unique = bool(application.unique_name) and old is not None
        if old is not None and not (is_unique or replace):
            raise WebConnectorRefusal("", f"there is an application {application.name!r}; replace it, or give another")
        if old is None and len(self.entries) >= MAX_APPLICATIONS:
            raise WebConnectorRefusal("", f"there are {MAX_APPLICATIONS} applications, which is the most here")
        self._check_support(application)
        self._keep_file_id(application)
        entry = Entry(application, self._connector(application, password, settings), application.run_every)
        self.entries = [each for each in self.entries if each is not old]
        self.entries.append(entry)
        return entry

    def entry(self, name: str) -> Entry:
        """The application of that AppName. Raises WebConnectorRefusal."""
        found = next((entry for entry in self.entries if entry.application.name == name), None)
        if found is None:
            raise WebConnectorRefusal("QBWC1032", f"there is no application {name!r}")
        return found

    def set_auto_run(self, name: str, ticked: bool, *, run_every: timedelta | None = None) -> None:
        """Ticks or clears Auto-Run; `run_every` is the user's own interval in place of the file's."""
        entry = self.entry(name)
        entry.run_every = run_every or entry.run_every
        if ticked and entry.run_every is None:
            raise WebConnectorRefusal("", f"{name!r} has no interval in its .qwc file; set one first")
        entry.connector.auto_run = ticked
        entry.next_run = self._now() + entry.run_every if ticked and entry.run_every is not None else None

    def update_selected(self, names: Sequence[str]) -> list[SessionResult]:
        """Runs these applications one after the other, in the order of the list. Raises WebConnectorRefusal."""
        if not names:
            raise WebConnectorRefusal("QBWC1016", "no application is ticked")
        chosen = [self.entry(name) for name in names]
        return [self._run(entry) for entry in self.entries if entry in chosen]

    @property
    def next_due(self) -> datetime | None:
        """When the next scheduled run is due, None where nothing runs by itself."""
        return min((entry.next_run for entry in self.entries if entry.next_run is not None), default=None)

    def run_due(self) -> list[tuple[str, SessionResult]]:
        """Runs what is due by its schedule, one after the other, what waited longest first."""
        due = [(entry.next_run, entry) for entry in self.entries if entry.next_run is not None]
        ready = sorted((each for each in due if each[0] <= self._now()), key=lambda each: each[0])
        return [(entry.application.name, self._run(entry)) for _, entry in ready]

    def run_until(self, moment: datetime) -> list[tuple[str, SessionResult]]:
        """Waits for each scheduled run up to a moment and runs it."""
        done: list[tuple[str, SessionResult]] = []
        for _ in range(MAX_RUNS):
            due = self.next_due
            if due is None or due > moment:
                return done
            wait = (due - self._now()).total_seconds()
            if wait > 0:
                self._sleep(wait)
            done += self.run_due()
        raise RuntimeError(f"there were more than {MAX_RUNS} runs up to {moment}; choose an earlier moment")

    def _run(self, entry: Entry) -> SessionResult:
        if not entry.connector.password:
            raise WebConnectorRefusal("QBWC1030", f"no password is stored for {entry.application.name!r}")
        entry.last = entry.connector.run_session()
        if entry.next_run is not None and entry.run_every is not None:
            entry.next_run = self._now() + _interval(entry.run_every, entry.last)
        return entry.last

    def _connector(self, application: Application, password: str, settings: dict[str, Any]) -> WebConnector:
        return WebConnector(
            application.url,
            application.user_name,
            password,
            self.workstation,
            application_name=application.name,
            unique_name=application.unique_name,
            owner_id=application.owner_id,
            **{"sleep": self._sleep, "now": self._now, **self._settings, **settings},
        )

    def _check_support(self, application: Application) -> None:
        try:
            status = self._ask_support(application.support_url)
        except OSError as error:
            raise WebConnectorRefusal("QBWC1004", f"AppSupport can't be reached: {error}") from error
        if status not in _SUPPORT_GOOD:
            raise WebConnectorRefusal("QBWC1003", f"AppSupport answered with {status}, neither 200 nor 202")

    def _keep_file_id(self, application: Application) -> None:
        """Stores the FileID on the open company the first time; a QuickBooks that keeps no such data goes without."""
        opened = self._open()
        try:
            asked = _ASK_FILE_ID.format(owner=application.owner_id)
            if "FileID" not in _names(opened.processor.process(_MESSAGES.format(requests=asked)).response):
                kept = _KEEP_FILE_ID.format(owner=application.owner_id, file=application.file_id)
                opened.processor.process(_MESSAGES.format(requests=kept))
        finally:
            opened.processor.end_session()

    def _open(self) -> OpenedFile:
        try:
            return self.workstation.begin("")
        except ConnectionFailed:
            pass  # QBWC1022: the user is asked to try again, and does
        try:
            return self.workstation.begin("")
        except ConnectionFailed as error:
            raise WebConnectorRefusal("QBWC1023", f"QuickBooks can't be reached for the FileID: {error}") from error


def _is_same(one: Application, other: Application) -> bool:
    return one.name == other.name or (bool(one.unique_name) and one.unique_name == other.unique_name)


def _names(response: str) -> list[str]:
    """The names of the private data in an answer of QuickBooks."""
    if not response:
        return []
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    return [name.text or "" for name in etree.fromstring(response.encode(), parser).iter("DataExtName")]


def _interval(run_every: timedelta, last: SessionResult) -> timedelta:
    """The time to the next run: what the server postponed it by, else the schedule, but not under its minimum."""
    postponed = seconds_in(last.postpone_seconds)
    if last.outcome == "postponed" and postponed:
        return timedelta(seconds=postponed)
    return max(run_every, timedelta(seconds=seconds_in(last.minimum_run_seconds)))
