"""One session of the Web Connector: its calls in their real order (FACTS.md 6), and the faults that befall it.

serverVersion, clientVersion, authenticate; QuickBooks is opened; sendRequestXML and receiveResponseXML until the server
says 100, a negative number or an empty request; closeConnection. What no source tells is done so: a call without a
usable answer ends the session there and then, without closeConnection, which is the hardest for a server; after
connectionError was answered "done", closeConnection comes.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NoReturn

from qbsim.web_connector.faults import ASLEEP, BEFORE_THE_SESSION, USER_KINDS, Fault, FaultKind, LateSet
from qbsim.web_connector.log import MASKED, Log
from qbsim.web_connector.processor import Answer, ConnectionFailed
from qbsim.web_connector.soap import CallFailed, Cut, SoapClient
from qbsim.web_connector.workstation import OpenedFile

if TYPE_CHECKING:
    from qbsim.web_connector.connector import WebConnector

NO_OP_PAUSE_SECONDS = 5.0
MAX_NO_OPS = 720
"""Pauses in one session before it is given up here: an hour of them. The real one goes on."""
MAX_PATHS_TRIED = 3
"""Company paths tried in one session, the first among them: Intuit's guide wants no more than a couple of others."""
TRIES_TO_OPEN = 2
MAX_INTERACTIVE_POLLS = 120
"""Times that interactiveDone is asked, five seconds apart, before the page counts as left: ten minutes (a guess)."""

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
    '<CompanyQueryRq requestID="1">{owner}</CompanyQueryRq>\n'
    '<PreferencesQueryRq requestID="2"></PreferencesQueryRq>\n'
    "</QBXMLMsgsRq>\n</QBXML>"
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
# The name of an argument in the log, where it has another there.
_LOGGED_AS = {
    "ticket": "wcTicket",
    "strUserName": "userName",
    "strPassword": "password",
    "strVersion": "productVersion",
}
_DIALOG_REJECTED = "User rejected interactive mode"
_PAGE_LEFT = "Interactive mode timed out"
_DIES: dict[FaultKind, tuple[Outcome, str, str]] = {
    FaultKind.CUT_BEFORE_WORK: ("error", "QBWC1041", "The underlying connection was closed."),
    FaultKind.DELIVER_LATE: ("error", "QBWC1041", "The Web Connector hangs with the request."),
    FaultKind.PC_ASLEEP_SESSION_OVER: ("error", "QBWC1041", "The PC slept, and the session was over."),
    FaultKind.LOSE_ANSWER: ("error", "QBWC1042", "The underlying connection was closed."),
    FaultKind.LOSE_REPLY: ("error", "QBWC1042", "The underlying connection was closed."),
    FaultKind.KILL_BEFORE_ANSWER: ("killed", "", "The Web Connector was ended."),
    FaultKind.KILL_AFTER_ANSWER: ("killed", "", "The Web Connector was ended."),
}
_BEFORE_WORK = frozenset({FaultKind.CUT_BEFORE_WORK, FaultKind.DELIVER_LATE, FaultKind.PC_ASLEEP_SESSION_OVER})
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


class Ended(Exception):
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
class Session:
    """One update of an application, from serverVersion to closeConnection."""

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
        """Makes all calls; what goes wrong is told by the result."""
        log, connector = self.log, self.connector
        self._befall()
        log.add(_LOCK, f"{_STARS} Update session locked {_STARS}")
        log.add("instantiateWebService", "Initiated connection to the following application.")
        log.add("instantiateWebService", f"AppName: {connector.application_name}")
        if connector.unique_name:
            log.add("instantiateWebService", f"AppUniqueName (if available): {connector.unique_name}")
        log.add("instantiateWebService", f"AppURL: {connector.url}")
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

    def work_late(self, late_set: LateSet, *, send_answer: bool) -> tuple[Answer, int | None]:
        """Has QuickBooks work a set that hung, and sends the answer; None where that was not wanted or not taken.

        Raises ConnectionFailed where QuickBooks can't be opened.
        """
        opened = self.connector.workstation.begin(late_set.company_path)
        try:
            answer = self._work(opened, late_set.request)
            return answer, self._answer_late(late_set.ticket, answer) if send_answer else None
        finally:
            opened.processor.end_session()

    def _converse(self) -> Ended:
        """Everything up to closeConnection, and how it ended."""
        try:
            self._exchange_versions()
            opened = self._open_quickbooks(self._sign_in())
            try:
                self._exchange_sets(opened)
            finally:
                opened.processor.end_session()
        except Ended as ended:
            return ended

    # ---- what befalls a whole session

    def _befall(self) -> None:
        connector, planned = self.connector, self._planned(BEFORE_THE_SESSION)
        if connector.person is not None:
            if planned is not None and planned.kind is FaultKind.BACKUP_RESTORED:
                connector.person.restore()
                connector.after_set()
            after = connector.faults.at(self.number + 1, BEFORE_THE_SESSION)
            if after is not None and after.kind is FaultKind.BACKUP_RESTORED:
                connector.person.back_up()
        self._refuse_calls(planned)

    def _planned(self, set_number: int) -> Fault | None:
        return self.connector.faults.at(self.number, set_number)

    def _refuse_calls(self, planned: Fault | None) -> None:
        if planned is not None and planned.calls is not None:
            self.connector.calls_to_refuse += planned.calls

    def _take_time(self, planned: Fault | None) -> None:
        """A slow QuickBooks takes its seconds by the clock, and so does a PC asleep, whose connection is lost by it."""
        for each in (self._planned(BEFORE_THE_SESSION), planned):
            if each is not None and each.seconds is not None:
                self.connector.sleep(each.seconds)
                if each.kind in ASLEEP:
                    self.client.close()

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
                raise Ended("refused", text, code="QBWC1037")
        elif kind == "E":
            raise Ended("refused", text, code="QBWC1037")
        elif kind == "O":
            raise Ended("refused", f"The application needs version {text} of the Web Connector.")
        else:
            raise Ended("refused", f"clientVersion was answered with {answer!r}.", code="QBWC1046")

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
            raise Ended(outcome, reason)
        if seconds_in(self.postpone_seconds) and connector.auto_run:
            raise Ended("postponed", "Update postponed by application")
        return wanted

    def _open_quickbooks(self, path: str) -> OpenedFile:
        """Each path is tried twice, then the server is asked for another by connectionError."""
        for _ in range(MAX_PATHS_TRIED):
            tried = self._try_to_open(path)
            if isinstance(tried, OpenedFile):
                return tried
            self.log.add("connectToQB", f"QBWC1013: Error connecting to QuickBooks. Error code = {tried}")
            arguments = {"ticket": self.ticket, "hresult": tried.hresult, "message": tried.message}
            path = self._call("connectionError", arguments)[0]
            if path.lower() == "done":
                raise Ended("no_quickbooks", tried.message, code="QBWC1013")
        raise Ended("no_quickbooks", f"No company file opened after {MAX_PATHS_TRIED} paths.", code="QBWC1013")

    def _try_to_open(self, path: str) -> OpenedFile | ConnectionFailed:
        planned = self._planned(BEFORE_THE_SESSION)
        workstation = self.connector.workstation
        attempt = 1
        while True:
            try:
                if planned is not None and planned.kind is FaultKind.DIALOG_OPEN:
                    raise workstation.dialog_shows()
                return workstation.begin(path)
            except ConnectionFailed as failure:
                self.log.add("connectToQB", f"QBWC100{6 + attempt}: attempt {attempt} to reach QuickBooks failed.")
                if attempt == TRIES_TO_OPEN:
                    return failure
                attempt += 1

    # ---- the sets

    def _exchange_sets(self, opened: OpenedFile) -> NoReturn:
        host_company_preferences = self._ask_host_company_preferences(opened)
        no_ops = 0
        while True:
            request = self._send_request(host_company_preferences, opened.path)
            host_company_preferences = ""
            if request:
                self._work_and_answer(opened, request)
                continue
            text = self._ask_last_error()
            if text == "Interactive mode":
                self._go_interactive()
                continue
            if text != "NoOp":
                raise Ended("error", text)
            no_ops += 1
            if no_ops > MAX_NO_OPS:
                raise Ended("error", f"the server asked for more than {MAX_NO_OPS} pauses.")
            self.connector.sleep(NO_OP_PAUSE_SECONDS)

    def _ask_host_company_preferences(self, opened: OpenedFile) -> str:
        major, minor = self.connector.qbxml_version
        owner = f"<OwnerID>{self.connector.owner_id}</OwnerID>" if self.connector.owner_id else ""
        request = _HOST_COMPANY_PREFERENCES.format(major=major, minor=minor, owner=owner)
        answer = opened.processor.process(request)
        if answer.hresult or not answer.response:
            raise Ended("error", f"{answer.hresult}: {answer.message}", code="QBWC1014")
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
        planned = self._planned(self.round_trips + 1)
        if planned is None or planned.kind is not FaultKind.CUT_IN_REQUEST:
            return self._call("sendRequestXML", arguments)[0]
        self.round_trips += 1
        return self._call("sendRequestXML", arguments, cut="reply")[0]

    def _work_and_answer(self, opened: OpenedFile, request: str) -> None:
        self.round_trips += 1
        self.log.add("do_sendRequestXML", "Request xml received.")
        planned = self._planned(self.round_trips)
        fault = planned.kind if planned else None
        if fault is FaultKind.DELIVER_LATE:
            self.connector.late_sets.append(LateSet(self.ticket, request, opened.path))
        if planned is not None and planned.kind in USER_KINDS and self.connector.person is not None:
            self.connector.person.change(planned.kind, planned.carrying)
        self._take_time(planned)
        _die_of(fault, _BEFORE_WORK)
        answer = self._work_or_crash(opened, request, planned)
        _die_of(fault, _BEFORE_ANSWER)
        self._refuse_calls(planned)
        if fault is FaultKind.ANSWER_TWICE:
            self._receive_response(self.ticket, answer)
        percent = self._receive_response(self.ticket, answer, "request" if fault is FaultKind.CUT_IN_ANSWER else None)
        _die_of(fault, _AFTER_ANSWER)
        self.percents.append(percent)
        if percent < 0:
            raise Ended("error", self._ask_last_error())
        if percent >= 100:
            raise Ended("completed")

    def _work_or_crash(self, opened: OpenedFile, request: str, planned: Fault | None) -> Answer:
        if planned is not None and planned.kind is FaultKind.COM_FAILURE_BEFORE_WORK:
            return _Crashed()
        if planned is not None and planned.crash_after is not None:
            self.connector.crash(request, planned.crash_after)
            self.connector.after_set()
            return _Crashed()
        answer = self._work(opened, request)
        return _Crashed() if planned and planned.kind is FaultKind.COM_FAILURE_AFTER_WORK else answer

    def _work(self, opened: OpenedFile, request: str) -> Answer:
        """Has QuickBooks work one set, and the company saved."""
        place = "ProcessRequestXML"
        self.log.add(place, f"Processing request #{self.round_trips}")
        self.log.add(place, f"REQUEST: received from application: size (bytes) = {len(request.encode())}")
        self.log.dump(place, request)
        self.log.add(place, "Sending request to QuickBooks.")
        answer = opened.processor.process(request)
        self.connector.after_set()
        if answer.hresult:
            words = f"HRESULT = {answer.hresult}\nMessage: {answer.message}"
            self.log.add(place, f"Sending error message back to application:\n{words}")
        return answer

    def _answer_late(self, ticket: str, answer: Answer) -> int | None:
        try:
            return self._receive_response(ticket, answer)
        except Ended as ended:
            self.log.add("do_receiveResponseXML", f"{ended.code}: {ended.reason}")
            return None

    def _receive_response(self, ticket: str, answer: Answer, cut: Cut | None = None) -> int:
        arguments = {
            "ticket": ticket,
            "response": answer.response,
            "hresult": answer.hresult,
            "message": answer.message,
        }
        self.log.dump("do_receiveResponseXML", answer.response)
        percent = self._call("receiveResponseXML", arguments, cut=cut)[0]
        try:
            return int(percent)
        except ValueError as error:
            reason = f"receiveResponseXML was answered with {percent!r}, which is no number."
            raise Ended("error", reason, code="QBWC1042", close=False) from error

    def _ask_last_error(self) -> str:
        return self._call("getLastError", {"ticket": self.ticket})[0]

    def _go_interactive(self) -> None:
        """Opens the server's page, where the user agrees to it, and waits until the server says that it is done.

        Guessed: that the user is asked before the address, and that both "done" and an empty text mean done.
        """
        open_page = self.connector.open_page
        if open_page is None:
            self._reject_interactive(_DIALOG_REJECTED)
        arguments = {"wcTicket": self.ticket, "sessionID": str(uuid.uuid4())}
        if not open_page(self._call("getInteractiveURL", arguments)[0]):
            self._reject_interactive(_DIALOG_REJECTED)
        for _ in range(MAX_INTERACTIVE_POLLS):
            if self._call("interactiveDone", {"wcTicket": self.ticket})[0].strip().lower() in ("", "done"):
                return
            self.connector.sleep(NO_OP_PAUSE_SECONDS)
        self._reject_interactive(_PAGE_LEFT)

    def _reject_interactive(self, reason: str) -> NoReturn:
        raise Ended("error", self._call("interactiveRejected", {"wcTicket": self.ticket, "reason": reason})[0])

    # ---- calls

    def _close(self, ended: Ended) -> tuple[str, Ended]:
        try:
            return self._call("closeConnection", {"ticket": self.ticket})[0], ended
        except Ended as failed:
            self.log.add("do_closeConnection", f"{failed.code}: {failed.reason}")
            return "", failed if ended.outcome == "completed" else ended

    def _optional_call(self, operation: str, arguments: Mapping[str, str | int]) -> str:
        try:
            return self._logged_call(operation, arguments)[0]
        except CallFailed as error:
            self.log.add(f"do_{operation}", f"This application does not contain support for {operation}: {error}")
            return ""

    def _call(self, operation: str, arguments: Mapping[str, str | int], *, cut: Cut | None = None) -> list[str]:
        try:
            return self._logged_call(operation, arguments, cut)
        except CallFailed as error:
            reason = f"{operation} failed: {error}"
            raise Ended("error", reason, code=_CODES.get(operation, ""), close=False) from error

    def _logged_call(self, operation: str, arguments: Mapping[str, str | int], cut: Cut | None = None) -> list[str]:
        shown = {_LOGGED_AS.get(name, name): value for name, value in arguments.items()}
        parameters = "parameter" if len(shown) == 1 else "parameters"
        written = f" with following {parameters}:{self._shown(shown)}" if shown else "."
        self.log.add(f"do_{operation}", f"*** Calling {operation}(){written}")
        if self.connector.calls_to_refuse:
            self.connector.calls_to_refuse -= 1
            self.client.call_nobody()
        answers = self.client.call(operation, arguments, cut=cut)
        if operation == "authenticate":
            received = f"parameters:{self.log.values({f'authRet[{n}]': text for n, text in enumerate(answers)})}"
        else:
            received = f"parameter:{self.log.values({f'{operation}Ret': answers[0]})}"
        self.log.add(f"do_{operation}", f"Received from {operation}() following {received}")
        return answers

    def _shown(self, arguments: Mapping[str, str | int]) -> str:
        written = self.log.values({name: value for name, value in arguments.items() if name != "password"})
        return written + (f"<password={MASKED}" if "password" in arguments else "")


def seconds_in(text: str) -> int:
    """The seconds that authenticate names; 0 where it names none. What is no number counts as none (a guess)."""
    return int(text) if text.strip().isascii() and text.strip().isdigit() and len(text.strip()) < 10 else 0


def _die_of(fault: FaultKind | None, kinds: frozenset[FaultKind]) -> None:
    if fault in kinds and fault is not None:
        outcome, code, reason = _DIES[fault]
        raise Ended(outcome, reason, code=code, close=False)
