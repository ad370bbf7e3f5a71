"""Whole sessions against the real SOAP service over real HTTP, behind it a conversation that follows a script."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

import pytest

from qbsim.web_connector import ConnectionFailed, Fault, FaultKind, Faults, SessionResult, WebConnector
from qbsim.web_connector.connector import MAX_NO_OPS, NO_OP_PAUSE_SECONDS
from qbwc_server.soap import make_soap_application
from tests.soap.serving import RecordingConversation, serving

PATH = "C:\\Books\\Demo.qbw"
PASSWORD = "correct horse"
NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=timezone.utc)


class ScriptedConversation(RecordingConversation):
    """An answer that is a deque is taken from its left, call by call."""

    def _take(self, *call: Any) -> Any:
        answer = self.answers[call[0]]
        self.answers[call[0]] = answer.popleft() if isinstance(answer, deque) else answer
        try:
            return super()._take(*call)
        finally:
            self.answers[call[0]] = answer

    @property
    def names(self) -> list[str]:
        return [call[0] for call in self.calls]


@dataclass(frozen=True)
class Worked:
    response: str
    hresult: str = ""
    message: str = ""


@dataclass
class Books:
    """A request processor that notes what it was asked and answers with the request's length."""

    failures: list[ConnectionFailed] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    host_answer: Worked = field(default_factory=lambda: Worked("<QBXML>host</QBXML>"))

    def begin_session(self) -> None:
        if self.failures:
            self.events.append("failed")
            raise self.failures.pop(0)
        self.events.append("begin")

    def end_session(self) -> None:
        self.events.append("end")

    def process(self, request: str) -> Worked:
        if "HostQueryRq" in request:
            return self.host_answer
        self.events.append(request)
        return Worked(f"<QBXML>worked {request}</QBXML>")

    @property
    def worked(self) -> list[str]:
        return [event for event in self.events if event not in ("begin", "end", "failed")]


@dataclass
class Scene:
    url: str
    conversation: ScriptedConversation
    books: Books = field(default_factory=Books)
    slept: list[float] = field(default_factory=list)

    def connector(self, **settings: Any) -> WebConnector:
        base: dict[str, Any] = {
            "company_path": PATH,
            "sleep": self.slept.append,
            "now": lambda: NOW,
            "timeout_seconds": 20.0,
        }
        return WebConnector(self.url, "anna", PASSWORD, self.books, **{**base, **settings})

    def run(self, **settings: Any) -> SessionResult:
        return self.connector(**settings).run_session()


@contextmanager
def scene(**answers: Any) -> Iterator[Scene]:
    usual = {
        "server_version": "Connex 1",
        "client_version": "",
        "authenticate": ("ticket-1", ""),
        "send_request_xml": deque(["one", "two"]),
        "receive_response_xml": deque([50, 100]),
        "get_last_error": "something is wrong",
        "connection_error": "done",
        "close_connection": "OK",
    }
    conversation = ScriptedConversation({**usual, **answers})
    with serving(make_soap_application(conversation)) as url:
        yield Scene(url, conversation)


FULL_SESSION = [
    "server_version",
    "client_version",
    "authenticate",
    "send_request_xml",
    "receive_response_xml",
    "send_request_xml",
    "receive_response_xml",
    "close_connection",
]


def test_a_session_makes_the_calls_in_the_real_order_with_the_real_arguments() -> None:
    with scene() as at:
        result = at.run(qbxml_version=(13, 0))
    assert at.conversation.calls == [
        ("server_version",),
        ("client_version", "2.3.0.36"),
        ("authenticate", "anna", PASSWORD, "127.0.0.1"),
        ("send_request_xml", "ticket-1", "<QBXML>host</QBXML>", PATH, "US", 13, 0),
        ("receive_response_xml", "ticket-1", "<QBXML>worked one</QBXML>", "", ""),
        ("send_request_xml", "ticket-1", "", PATH, "US", 13, 0),
        ("receive_response_xml", "ticket-1", "<QBXML>worked two</QBXML>", "", ""),
        ("close_connection", "ticket-1"),
    ]
    assert at.books.events == ["begin", "one", "two", "end"]
    assert (result.outcome, result.round_trips, result.percent_history) == ("completed", 2, (50, 100))
    assert (result.ticket, result.status, result.last_error, result.error_code) == ("ticket-1", "OK", "", "")


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [("none", "nothing_to_do"), ("NONE", "nothing_to_do"), ("nvu", "bad_login"), ("busy", "busy"), ("Busy", "busy")],
)
def test_a_sign_in_that_brings_no_work_ends_with_close_connection(answer: str, outcome: str) -> None:
    with scene(authenticate=("ticket-1", answer)) as at:
        result = at.run()
    assert result.outcome == outcome
    assert at.conversation.names == [*FULL_SESSION[:3], "close_connection"]
    assert at.books.events == []


def test_the_server_may_name_the_company_file_that_is_open() -> None:
    with scene(authenticate=("ticket-1", PATH.upper())) as at:
        assert at.run().outcome == "completed"
        assert at.conversation.calls[3][3] == PATH.upper()


def test_all_four_values_of_authenticate_are_read() -> None:
    with scene(authenticate=("ticket-1", "", "120", "60")) as at:
        result = at.run()
        postponed = at.run(auto_run=True)
    assert (result.outcome, result.postpone_seconds, result.minimum_run_seconds) == ("completed", "120", "60")
    assert postponed.outcome == "postponed"
    assert at.conversation.names[-4:] == [*FULL_SESSION[:3], "close_connection"]


@pytest.mark.parametrize(
    ("answer", "settings", "outcome", "code"),
    [
        ("", {}, "completed", ""),
        ("W:please update", {}, "completed", ""),
        ("W:please update", {"keep_going_on_warning": False}, "refused", "QBWC1037"),
        ("E:too old", {}, "refused", "QBWC1037"),
        ("O:2.3", {}, "refused", ""),
        ("what?", {}, "refused", "QBWC1046"),
    ],
)
def test_the_answer_of_client_version_is_obeyed(answer: str, settings: dict[str, Any], outcome: str, code: str) -> None:
    with scene(client_version=answer) as at:
        result = at.run(**settings)
    assert (result.outcome, result.error_code) == (outcome, code)
    assert at.conversation.names == (FULL_SESSION if outcome == "completed" else FULL_SESSION[:2])


def test_a_server_without_the_version_calls_is_called_on() -> None:
    with scene(server_version=LookupError(), client_version=LookupError()) as at:
        assert at.run().outcome == "completed"
    assert at.conversation.names == FULL_SESSION


def test_a_negative_percentage_asks_for_the_last_error_and_closes() -> None:
    with scene(receive_response_xml=-3) as at:
        result = at.run()
    assert (result.outcome, result.last_error, result.percent_history) == ("error", "something is wrong", (-3,))
    assert at.conversation.names[-3:] == ["receive_response_xml", "get_last_error", "close_connection"]


@pytest.mark.parametrize("text", ["something is wrong", "Interactive mode", ""])
def test_an_empty_request_asks_for_the_last_error_and_closes(text: str) -> None:
    with scene(send_request_xml="", get_last_error=text) as at:
        result = at.run()
    assert (result.outcome, result.last_error, result.round_trips) == ("error", text, 0)
    assert at.conversation.names[-3:] == ["send_request_xml", "get_last_error", "close_connection"]


def test_noop_waits_five_seconds_and_asks_for_a_request_again() -> None:
    with scene(send_request_xml=deque(["", "", "one"]), receive_response_xml=100, get_last_error="NoOp") as at:
        result = at.run()
    assert at.slept == [NO_OP_PAUSE_SECONDS, NO_OP_PAUSE_SECONDS] == [5.0, 5.0]
    assert (result.outcome, result.round_trips) == ("completed", 1)
    assert [call[2] for call in at.conversation.calls if call[0] == "send_request_xml"] == [
        "<QBXML>host</QBXML>",
        "",
        "",
    ]


def test_pauses_without_end_are_given_up() -> None:
    with scene(send_request_xml="", get_last_error="NoOp") as at:
        result = at.run()
    assert result.outcome == "error"
    assert len(at.slept) == MAX_NO_OPS


def test_quickbooks_that_can_not_be_reached_is_tried_twice_and_then_reported() -> None:
    with scene() as at:
        at.books.failures = [ConnectionFailed("0x80040408", "Could not start QuickBooks.") for _ in range(2)]
        result = at.run()
    assert (result.outcome, result.error_code) == ("no_quickbooks", "QBWC1013")
    assert at.books.events == ["failed", "failed"]
    assert at.conversation.calls[3:] == [
        ("connection_error", "ticket-1", "0x80040408", "Could not start QuickBooks."),
        ("close_connection", "ticket-1"),
    ]


def test_a_second_try_that_succeeds_is_not_reported() -> None:
    with scene() as at:
        at.books.failures = [ConnectionFailed("0x80040408", "Could not start QuickBooks.")]
        assert at.run().outcome == "completed"
    assert at.conversation.names == FULL_SESSION


def test_connection_error_may_name_another_path_to_try() -> None:
    with scene(authenticate=("ticket-1", "D:\\Other.qbw"), connection_error=deque(["E:\\Third.qbw", ""])) as at:
        result = at.run()
    assert result.outcome == "completed"
    assert at.conversation.names == [*FULL_SESSION[:3], "connection_error", "connection_error", *FULL_SESSION[3:]]
    assert at.conversation.calls[3][2] == "0x8004040A"
    assert at.conversation.calls[5][3] == PATH


def test_paths_without_end_are_given_up() -> None:
    with scene(authenticate=("ticket-1", "D:\\Other.qbw"), connection_error="D:\\Other.qbw") as at:
        assert at.run().outcome == "no_quickbooks"


def test_a_failing_question_for_host_and_company_ends_the_session() -> None:
    with scene() as at:
        at.books.host_answer = Worked("", "0x80040402", "Unexpected error.")
        result = at.run()
    assert (result.outcome, result.error_code) == ("error", "QBWC1014")
    assert at.books.events == ["begin", "end"]
    assert at.conversation.names == [*FULL_SESSION[:3], "close_connection"]


@pytest.mark.parametrize(
    ("failing", "settings", "code"),
    [
        ("authenticate", {}, "QBWC1012"),
        ("send_request_xml", {}, "QBWC1041"),
        ("receive_response_xml", {}, "QBWC1042"),
        ("get_last_error", {"receive_response_xml": -1}, "QBWC1043"),
        ("close_connection", {}, "QBWC1044"),
    ],
)
def test_a_soap_fault_ends_the_session_with_its_code_and_without_another_call(
    failing: str, settings: dict[str, Any], code: str
) -> None:
    with scene(**{**settings, failing: LookupError()}) as at:
        result = at.run()
    assert (result.outcome, result.error_code) == ("error", code)
    assert at.conversation.names[-1] == failing
    assert at.books.events.count("begin") == at.books.events.count("end")
    assert any(code in line for line in result.log_lines)


def test_a_soap_fault_to_connection_error_is_reported_under_its_code() -> None:
    with scene(connection_error=LookupError()) as at:
        at.books.failures = [ConnectionFailed("0x80040408", "no") for _ in range(2)]
        assert at.run().error_code == "QBWC1045"


def test_a_server_that_is_not_there_is_a_failed_sign_in() -> None:
    with scene() as at:
        pass
    result = at.run()
    assert (result.outcome, result.error_code) == ("error", "QBWC1012")


def test_the_company_is_saved_after_each_set_before_its_answer_is_sent() -> None:
    with scene() as at:
        seen: list[list[str]] = []
        at.run(after_set=lambda: seen.append([at.books.events[-1], at.conversation.names[-1]]))
    assert seen == [["one", "send_request_xml"], ["two", "send_request_xml"]]


def test_the_log_has_the_form_of_qwclog_and_never_the_password() -> None:
    written: list[str] = []
    with scene(authenticate=("ticket-1", ""), get_last_error=f"echo {PASSWORD}", receive_response_xml=-1) as at:
        result = at.run(log=written.append)
    assert tuple(written) == result.log_lines
    assert written[0] == (
        "20260304.05:06:07 UTC\t: QBWebConnector.RegistryManager.setUpdateLock() : "
        "********************* Update session locked *********************"
    )
    assert any("SOAPWebService.do_authenticate() : Authenticating to application 'Connex'" in line for line in written)
    assert any('<authenticateRet[0]="ticket-1">' in line for line in written)
    assert not any(PASSWORD in line for line in written)
    assert sum("<MaskedForSecurity>" in line for line in written) >= 2
    assert PASSWORD in result.last_error


def test_no_part_of_the_password_is_left_where_the_log_cuts_a_long_answer() -> None:
    with scene(send_request_xml="", get_last_error="x" * 194 + PASSWORD) as at:
        lines = at.run().log_lines
    assert any("getLastErrorRet" in line and "characters)" in line for line in lines)
    assert not any(PASSWORD[:4] in line for line in lines)


def test_sessions_are_run_until_there_is_nothing_to_do() -> None:
    with scene(
        authenticate=deque([("ticket-1", ""), ("ticket-2", ""), ("ticket-3", "none")]),
        send_request_xml="one",
        receive_response_xml=100,
    ) as at:
        results = at.connector().update_selected(9, pause_seconds=60)
    assert [result.outcome for result in results] == ["completed", "completed", "nothing_to_do"]
    assert [result.ticket for result in results] == ["ticket-1", "ticket-2", "ticket-3"]
    assert at.slept == [60, 60]


def test_no_more_sessions_are_run_than_asked_for() -> None:
    with scene(authenticate=("", "none")) as at:
        assert len(at.connector().update_selected(3, until_nothing_to_do=False)) == 3
        assert len(at.connector().update_selected(3)) == 1


# kind, what QuickBooks works, calls after authenticate, outcome
FAULTS: list[tuple[FaultKind, list[str], list[str], str]] = [
    (FaultKind.CUT_BEFORE_WORK, [], FULL_SESSION[3:4], "error"),
    (FaultKind.DELIVER_LATE, [], FULL_SESSION[3:4], "error"),
    (FaultKind.LOSE_ANSWER, ["one"], FULL_SESSION[3:4], "error"),
    (FaultKind.LOSE_REPLY, ["one"], FULL_SESSION[3:5], "error"),
    (FaultKind.KILL_BEFORE_ANSWER, ["one"], FULL_SESSION[3:4], "killed"),
    (FaultKind.KILL_AFTER_ANSWER, ["one"], FULL_SESSION[3:5], "killed"),
    (FaultKind.ANSWER_TWICE, ["one"], [*FULL_SESSION[3:5], "receive_response_xml", "close_connection"], "completed"),
    (FaultKind.COM_FAILURE_AFTER_WORK, ["one", "two"], FULL_SESSION[3:], "completed"),
    (FaultKind.COM_FAILURE_BEFORE_WORK, ["two"], FULL_SESSION[3:], "completed"),
    (FaultKind.CRASH_DURING_WORK, ["1 of one", "two"], FULL_SESSION[3:], "completed"),
]


@pytest.mark.parametrize(("kind", "worked", "calls", "outcome"), FAULTS, ids=[fault[0].name for fault in FAULTS])
def test_each_fault_breaks_the_session_where_it_says(
    kind: FaultKind, worked: list[str], calls: list[str], outcome: str
) -> None:
    crash_after = 1 if kind is FaultKind.CRASH_DURING_WORK else None
    with scene() as at:
        faults = Faults((Fault(kind, set_number=1, crash_after=crash_after),))
        result = at.run(faults=faults, crash=lambda request, after: at.books.events.append(f"{after} of {request}"))
    assert at.books.worked == worked
    assert at.conversation.names[3:] == calls
    assert result.outcome == outcome
    assert at.books.events.count("begin") == at.books.events.count("end")


def test_every_kind_of_fault_is_tried_here() -> None:
    assert {fault[0] for fault in FAULTS} == set(FaultKind)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(FaultKind.COM_FAILURE_AFTER_WORK, 1),
        Fault(FaultKind.COM_FAILURE_BEFORE_WORK, 1),
        Fault(FaultKind.CRASH_DURING_WORK, 1, crash_after=0),
    ],
)
def test_a_com_failure_is_answered_with_its_hresult_and_no_response(fault: Fault) -> None:
    with scene() as at:
        at.run(faults=Faults((fault,)), crash=lambda request, after: at.books.events.append(f"{after} of {request}"))
    assert at.conversation.calls[4][2:4] == ("", "0x80010105")


def test_a_fault_comes_at_its_set_of_its_session_only() -> None:
    faults = Faults((Fault(FaultKind.LOSE_ANSWER, set_number=2, session_number=2),))
    with scene(send_request_xml="one", receive_response_xml=deque([50, 100, 50, 50, 100])) as at:
        connector = at.connector(faults=faults)
        results = [connector.run_session() for _ in range(3)]
    assert [(result.outcome, result.round_trips) for result in results] == [
        ("completed", 2),
        ("error", 2),
        ("completed", 2),
    ]


def test_a_set_that_hangs_is_worked_when_released_and_answered_under_its_old_ticket() -> None:
    faults = Faults((Fault(FaultKind.DELIVER_LATE, set_number=1),))
    with scene(authenticate=deque([("ticket-1", ""), ("ticket-2", "")]), send_request_xml=deque(["late", "new"])) as at:
        at.conversation.answers["receive_response_xml"] = deque([100, 7])
        connector = at.connector(faults=faults)
        assert connector.run_session().outcome == "error"
        assert connector.run_session().outcome == "completed"
        assert [late.request for late in connector.late_sets] == ["late"]
        deliveries = connector.release()
        assert at.books.worked == ["new", "late"]
        assert at.books.events[-3:] == ["begin", "late", "end"]
        assert at.conversation.calls[-1] == ("receive_response_xml", "ticket-1", "<QBXML>worked late</QBXML>", "", "")
    assert [(delivery.late_set.ticket, delivery.percent) for delivery in deliveries] == [("ticket-1", 7)]
    assert connector.late_sets == []


def test_a_late_answer_can_be_kept_back_and_may_be_refused() -> None:
    faults = Faults((Fault(FaultKind.DELIVER_LATE, 1), Fault(FaultKind.DELIVER_LATE, 1, 2)))
    with scene(send_request_xml="late", receive_response_xml=LookupError()) as at:
        connector = at.connector(faults=faults)
        connector.run_session()
        assert [delivery.percent for delivery in connector.release(send_answers=False)] == [None]
        assert "receive_response_xml" not in at.conversation.names
        connector.run_session()
        assert [delivery.percent for delivery in connector.release()] == [None]
        assert at.conversation.names[-1] == "receive_response_xml"


def test_late_sets_are_kept_while_quickbooks_can_not_be_opened() -> None:
    with scene() as at:
        connector = at.connector(faults=Faults((Fault(FaultKind.DELIVER_LATE, 1),)))
        connector.run_session()
        at.books.failures = [ConnectionFailed("0x80040408", "no")]
        with pytest.raises(ConnectionFailed):
            connector.release()
        assert len(connector.late_sets) == 1
        assert len(connector.release()) == 1


def test_a_schedule_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(ValueError, match="same set"):
        Faults((Fault(FaultKind.LOSE_ANSWER, 1), Fault(FaultKind.ANSWER_TWICE, 1)))
    with pytest.raises(ValueError, match="counted from 1"):
        Fault(FaultKind.LOSE_ANSWER, 0)
    with pytest.raises(ValueError, match="CRASH_DURING_WORK"):
        Fault(FaultKind.LOSE_ANSWER, 1, crash_after=1)
    with pytest.raises(ValueError, match="CRASH_DURING_WORK"):
        Fault(FaultKind.CRASH_DURING_WORK, 1)
    with pytest.raises(ValueError, match="number of requests"):
        Fault(FaultKind.CRASH_DURING_WORK, 1, crash_after=-1)


def test_a_planned_crash_needs_a_way_to_crash() -> None:
    faults = Faults((Fault(FaultKind.CRASH_DURING_WORK, 1, crash_after=1),))
    with pytest.raises(ValueError, match="crash"):
        WebConnector("http://localhost/qbwc", "anna", PASSWORD, Books(), company_path=PATH, faults=faults)
