"""One entry of the Web Connector, an application with its account, and its sessions one by one (FACTS.md 6)."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from qbsim.web_connector.faults import NEED_A_PERSON, FaultKind, Faults, LateSet
from qbsim.web_connector.log import Log, LogLevel, LogSink
from qbsim.web_connector.processor import Answer, PersonAtQuickBooks, RequestProcessor
from qbsim.web_connector.session import Session, SessionResult
from qbsim.web_connector.soap import SoapClient
from qbsim.web_connector.workstation import Workstation

DEFAULT_TIMEOUT_SECONDS = 100.0
"""How long a call may take: the default of .NET's SoapHttpClientProtocol."""


@dataclass(frozen=True)
class Delivery:
    """What came of a set that QuickBooks got late; `percent` is None where its answer was not sent or not taken."""

    late_set: LateSet
    answer: Answer
    percent: int | None


class WebConnector:
    """One entry of the Web Connector: a server, an account on it, and the QuickBooks that it syncs.

    `quickbooks` is a Workstation, or the request processor of the one company file, open at `company_path`.
    `after_set` is called when QuickBooks has worked a set, before the answer is sent: the place to save the company.
    `qbxml_version` is the highest that this QuickBooks speaks, 13.0 to 16.0. `keep_going_on_warning` is the user's
    answer to a "W:" of clientVersion. `open_page` is shown the address of interactive mode and tells whether the user
    agrees; without it nobody does. `auto_run` is the check mark beside the entry, without which the server's wish to
    postpone counts for nothing. `sleep` takes seconds. `crash` has QuickBooks work so many requests of a set and go
    down, `person` changes the books and puts backups back: a plan of faults that needs one of them raises ValueError
    where it is not given. `log` gets the log at `log_level`, which the results carry too, each sink of `logs` its own.
    """

    def __init__(
        self,
        url: str,
        user_name: str,
        password: str,
        quickbooks: RequestProcessor | Workstation,
        *,
        company_path: str = "",
        country: str = "US",
        qbxml_version: tuple[int, int] = (16, 0),
        version: str = "2.3.0.36",
        log: Callable[[str], None] | None = None,
        log_level: LogLevel = LogLevel.DEBUG,
        logs: Sequence[LogSink] = (),
        timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
        after_set: Callable[[], None] | None = None,
        faults: Faults | None = None,
        crash: Callable[[str, int], None] | None = None,
        person: PersonAtQuickBooks | None = None,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
        application_name: str = "Connex",
        unique_name: str = "",
        owner_id: str = "",
        keep_going_on_warning: bool = True,
        open_page: Callable[[str], bool] | None = None,
        auto_run: bool = False,
    ) -> None:
        if not isinstance(quickbooks, Workstation):
            quickbooks = Workstation({company_path: quickbooks}, company_path)
        self.workstation = quickbooks
        self.url = url
        self.user_name = user_name
        self.password = password
        self.country = country
        self.qbxml_version = qbxml_version
        self.version = version
        self.timeout_seconds = timeout_seconds
        self.after_set = after_set or _nothing
        self.faults = faults or Faults()
        kinds = {fault.kind for fault in self.faults.planned}
        if crash is None and FaultKind.CRASH_DURING_WORK in kinds:
            raise ValueError("a crash during work is planned; give `crash`, which has QuickBooks go down")
        if person is None and kinds & NEED_A_PERSON:
            raise ValueError("changes by a person are planned; give `person`, who makes them")
        self.crash = crash or _no_crash
        self.person = person
        self.sleep = sleep
        self.application_name = application_name
        self.unique_name = unique_name
        self.owner_id = owner_id
        self.keep_going_on_warning = keep_going_on_warning
        self.open_page = open_page
        self.auto_run = auto_run
        self.sessions_run = 0
        self.calls_to_refuse = 0
        self.late_sets: list[LateSet] = []
        self._sinks = (*logs, *([LogSink(log, log_level)] if log is not None else []))
        self._log_level = log_level
        self._now = now

    def run_session(self) -> SessionResult:
        """One update, from serverVersion to closeConnection. What goes wrong is told by the result, not raised."""
        self.sessions_run += 1
        with SoapClient(self.url, self.timeout_seconds) as client:
            return Session(self, client, self._new_log(), self.sessions_run).run()

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
        deliveries: list[Delivery] = []
        with SoapClient(self.url, self.timeout_seconds) as client:
            session = Session(self, client, self._new_log(), self.sessions_run)
            while self.late_sets:
                answer, percent = session.work_late(self.late_sets[0], send_answer=send_answers)
                deliveries.append(Delivery(self.late_sets.pop(0), answer, percent))
        return deliveries

    def _new_log(self) -> Log:
        return Log(self.password, self._sinks, self._now, self._log_level)


def _nothing() -> None:
    """Stands in where no `after_set` is given."""


def _no_crash(request: str, crash_after: int) -> None:
    """Stands in where no `crash` is given; the schedule has been looked through for that."""
