"""Whole sessions against the real SOAP service over real HTTP, behind it a conversation that follows a script."""

from __future__ import annotations

from collections import deque
from typing import Any

import pytest

from qbsim.web_connector import ConnectionFailed
from qbsim.web_connector.session import MAX_INTERACTIVE_POLLS, MAX_NO_OPS, MAX_PATHS_TRIED, NO_OP_PAUSE_SECONDS
from tests.qbsim.web_connector.scenes import FULL_SESSION, PASSWORD, PATH, Worked, scene


def test_a_session_makes_the_calls_in_the_real_order_with_the_real_arguments() -> None:
    with scene() as at:
        result = at.run(qbxml_version=(13, 0))
    assert at.conversation.calls == [
        ("server_version",),
        ("client_version", "2.3.0.36", "127.0.0.1"),
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


@pytest.mark.parametrize("text", ["something is wrong", "noop", ""])
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


def test_no_more_than_a_couple_of_other_paths_are_tried() -> None:
    with scene(authenticate=("ticket-1", "D:\\Other.qbw"), connection_error="D:\\Other.qbw") as at:
        assert at.run().outcome == "no_quickbooks"
    assert at.conversation.names.count("connection_error") == MAX_PATHS_TRIED == 3
    assert at.conversation.names[-1] == "close_connection"


def test_an_agreed_interactive_page_is_waited_for_and_the_session_goes_on() -> None:
    with scene(
        send_request_xml=deque(["", "one"]),
        receive_response_xml=100,
        get_last_error="Interactive mode",
        interactive_done=deque(["not yet", "Done"]),
    ) as at:
        shown: list[str] = []
        result = at.run(open_page=lambda url: not shown.append(url))
    assert shown == ["https://shop.example.com/ask"]
    assert (result.outcome, at.slept) == ("completed", [5.0])
    assert at.conversation.names[4:8] == [
        *("get_last_error", "get_interactive_url", "interactive_done", "interactive_done")
    ]


@pytest.mark.parametrize("is_asked", [True, False])
def test_an_interactive_page_that_nobody_agrees_to_is_rejected_and_the_session_closed(is_asked: bool) -> None:
    with scene(send_request_xml="", get_last_error="Interactive mode") as at:
        result = at.run(open_page=(lambda _: False) if is_asked else None)
    assert (result.outcome, result.last_error) == ("error", "come back later")
    assert at.conversation.calls[-2] == ("interactive_rejected", "ticket-1", "User rejected interactive mode")
    assert ("get_interactive_url" in at.conversation.names) is is_asked
    assert at.conversation.names[-1] == "close_connection"


def test_an_interactive_page_that_is_left_open_is_given_up() -> None:
    with scene(send_request_xml="", get_last_error="Interactive mode", interactive_done="no") as at:
        result = at.run(open_page=lambda _: True)
    assert result.last_error == "come back later"
    assert len(at.slept) == MAX_INTERACTIVE_POLLS


@pytest.mark.parametrize("seconds", ["soon", "-5", " ", "1e9"])
def test_seconds_that_are_no_number_postpone_nothing(seconds: str) -> None:
    with scene(authenticate=("ticket-1", "", seconds, "")) as at:
        assert at.run(auto_run=True).outcome == "completed"


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
    assert any('<authRet[0]="ticket-1">' in line for line in written)
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
