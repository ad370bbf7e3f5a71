"""The eleven operations over real HTTP, called with the bytes that the Web Connector sends."""

from __future__ import annotations

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from lxml import etree

from qbwc_server.soap.service import FAILED
from tests.shared import shared_path
from tests.soap.serving import NAMESPACE, RecordingConversation, call, dotnet_body, elements, exchange

THIRTY_MEGABYTES = 30 * 1024 * 1024
BOUND_SECONDS = 30

# operation, its arguments as sent, the call that arrives, what it answers, what goes back
OPERATIONS: list[tuple[str, str, tuple[Any, ...], Any, list[str]]] = [
    ("serverVersion", "", ("server_version",), "Connex 1", ["Connex 1"]),
    ("serverVersion", elements(strVersion="2.0"), ("server_version",), "Connex 1", ["Connex 1"]),
    ("clientVersion", elements(strVersion="2.3.0.36"), ("client_version", "2.3.0.36", "127.0.0.1"), "W:old", ["W:old"]),
    (
        "authenticate",
        elements(strUserName="anna", strPassword="<s&>"),
        ("authenticate", "anna", "<s&>", "127.0.0.1"),
        ("{t}", "none"),
        ["{t}", "none"],
    ),
    (
        "sendRequestXML",
        elements(
            ticket="t",
            strHCPResponse="<QBXML/>",
            strCompanyFileName="C:\\Müller & Co.qbw",
            qbXMLCountry="US",
            qbXMLMajorVers=13,
            qbXMLMinorVers=0,
        ),
        ("send_request_xml", "t", "<QBXML/>", "C:\\Müller & Co.qbw", "US", 13, 0),
        '<?qbxml version="13.0"?>\r\n<QBXML>caf&#233; ]]></QBXML>',
        ['<?qbxml version="13.0"?>\r\n<QBXML>caf&#233; ]]></QBXML>'],
    ),
    (
        "receiveResponseXML",
        elements(ticket="t", response="", hresult="0x80040400", message="no"),
        ("receive_response_xml", "t", "", "0x80040400", "no"),
        -1,
        ["-1"],
    ),
    (
        "connectionError",
        elements(ticket="t", hresult="0x80040408", message="Could not start QuickBooks."),
        ("connection_error", "t", "0x80040408", "Could not start QuickBooks."),
        "done",
        ["done"],
    ),
    ("getLastError", elements(ticket="t"), ("get_last_error", "t"), "NoOp", ["NoOp"]),
    ("closeConnection", elements(ticket="t"), ("close_connection", "t"), "OK", ["OK"]),
    (
        "getInteractiveURL",
        elements(wcTicket="t", sessionID="s"),
        ("get_interactive_url", "t", "s"),
        "http://localhost/",
        ["http://localhost/"],
    ),
    ("interactiveDone", elements(wcTicket="t"), ("interactive_done", "t"), "Done", ["Done"]),
    ("interactiveRejected", elements(wcTicket="t", reason="no"), ("interactive_rejected", "t", "no"), "ok", ["ok"]),
]


@pytest.mark.parametrize(("operation", "arguments", "arrives", "answer", "goes_back"), OPERATIONS)
def test_each_operation_hands_its_arguments_over_and_its_answer_back(
    url: str,
    conversation: RecordingConversation,
    operation: str,
    arguments: str,
    arrives: tuple[Any, ...],
    answer: Any,
    goes_back: list[str],
) -> None:
    conversation.answers[arrives[0]] = answer
    reply = call(url, operation, arguments)
    assert reply.status == 200
    assert conversation.calls == [arrives]
    assert reply.result == goes_back


@pytest.mark.parametrize(("operation", "arguments", "arrives", "answer", "goes_back"), OPERATIONS)
def test_an_argument_that_is_missing_or_nil_or_empty_arrives_as_an_empty_text(
    url: str,
    conversation: RecordingConversation,
    operation: str,
    arguments: str,
    arrives: tuple[Any, ...],
    answer: Any,
    goes_back: list[str],
) -> None:
    conversation.answers[arrives[0]] = answer
    names = [element.tag for element in etree.fromstring(f"<a>{arguments}</a>")]
    for sent in ("", "".join(f'<{name} xsi:nil="true" />' for name in names), "".join(f"<{n} />" for n in names)):
        assert call(url, operation, sent).status == 200
    empty = tuple(0 if isinstance(value, int) else "" for value in arrives[1:])
    if operation in ("authenticate", "clientVersion"):
        empty = (*empty[:-1], "127.0.0.1")
    assert conversation.calls == [(arrives[0], *empty)] * 3


def test_the_answer_is_what_dotnet_expects(url: str, conversation: RecordingConversation) -> None:
    conversation.answers["authenticate"] = ("ticket", "")
    reply = call(url, "authenticate", elements(strUserName="a", strPassword="b"))
    assert reply.headers["content-type"] == "text/xml; charset=utf-8"
    assert int(reply.headers["content-length"]) == len(reply.body)
    result = etree.fromstring(reply.body)[0][0]
    assert result.tag == f"{{{NAMESPACE}}}authenticateResponse"
    assert [child.tag for child in result[0]] == [f"{{{NAMESPACE}}}string"] * 2
    assert [child.text for child in result[0]] == ["ticket", None]


@pytest.mark.parametrize(
    ("sample", "operation", "answer"),
    [("serverVersion_call.xml", "serverVersion", "v"), ("receiveResponseXML_raw.xml", "receiveResponseXML", 42)],
)
def test_recorded_calls_of_the_real_web_connector_are_understood(
    url: str, conversation: RecordingConversation, sample: str, operation: str, answer: Any
) -> None:
    body = shared_path("qbxml", "samples", "soap", sample).read_bytes()
    conversation.answers = {"server_version": "v", "receive_response_xml": 42}
    assert exchange(url, body, operation=operation).result == [str(answer)]
    if operation == "receiveResponseXML":
        _, ticket, response, hresult, message = conversation.calls[0]
        assert ticket == "354f40b4-b661-4472-a13f-8abf13a743c3"
        assert response.startswith('<?xml version="1.0" ?>\n<QBXML>\n<QBXMLMsgsRs>\n<ItemInventoryQueryRs ')
        assert response.endswith("</QBXML>\n")
        assert (hresult, message) == ("", "")


def test_an_answer_of_quickbooks_of_thirty_megabytes_arrives_whole_and_in_time(
    url: str, conversation: RecordingConversation
) -> None:
    line = '<TxnID>4C-1415942229</TxnID>\n<Memo>Café "x" &amp; y</Memo>\n'
    response = "<QBXML>" + line * (THIRTY_MEGABYTES // len(line.encode())) + "</QBXML>"
    conversation.answers["receive_response_xml"] = 100
    body = dotnet_body("receiveResponseXML", elements(ticket="t", response=response, hresult="", message=""))
    begin = time.monotonic()
    reply = exchange(url, body, operation="receiveResponseXML")
    took = time.monotonic() - begin
    assert reply.result == ["100"]
    assert conversation.calls[0][2] == response
    assert took < BOUND_SECONDS


def test_control_characters_in_an_answer_of_quickbooks_do_not_lose_the_answer(
    url: str, conversation: RecordingConversation
) -> None:
    conversation.answers["receive_response_xml"] = 100
    sent = "<ticket>t</ticket><response>a&#x1F;b&#0;c\x07d&#xD;e&#xD83D;f&amp;#x1;g</response>"
    assert call(url, "receiveResponseXML", sent).result == ["100"]
    assert conversation.calls[0][2] == "a\ufffdb\ufffdc\ufffdd\re\ufffdf&#x1;g"


def test_an_answer_of_ours_with_characters_that_xml_does_not_allow_still_goes(
    url: str, conversation: RecordingConversation, caplog: pytest.LogCaptureFixture
) -> None:
    conversation.answers["get_last_error"] = "bad \x00\x1b\ud800\uffff, good \t\n\U0001f600"
    assert call(url, "getLastError", elements(ticket="t")).result == [
        "bad \ufffd\ufffd\ufffd\ufffd, good \t\n\U0001f600"
    ]
    assert "U+FFFD" in caplog.text


def test_a_failure_behind_the_service_is_logged_and_answered_without_telling_anything(
    url: str, conversation: RecordingConversation, caplog: pytest.LogCaptureFixture
) -> None:
    conversation.answers["authenticate"] = ZeroDivisionError("inside secret")
    with caplog.at_level(logging.DEBUG):
        reply = call(url, "authenticate", elements(strUserName="anna", strPassword="correct horse"))
    assert reply.status == 500
    assert reply.headers["content-type"] == "text/xml; charset=utf-8"
    assert reply.fault == ("Server", FAILED)
    assert b"secret" not in reply.body
    assert b"Traceback" not in reply.body
    assert "ZeroDivisionError" in caplog.text
    assert "Traceback" in caplog.text
    assert "authenticate failed" in caplog.text
    assert "correct horse" not in caplog.text


def test_no_password_is_logged_where_the_call_is_malformed(url: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        reply = exchange(url, dotnet_body("authenticate", elements(strPassword="correct horse"))[:-20])
    assert reply.fault[0] == "Client"
    assert "correct horse" not in caplog.text


@pytest.mark.parametrize("version", ["x", "1.5", "1_6", "1234567890", " ", "x" * 100_000])
def test_a_version_that_is_no_number_is_the_callers_fault_and_fills_no_log(
    url: str, conversation: RecordingConversation, caplog: pytest.LogCaptureFixture, version: str
) -> None:
    code, said = call(url, "sendRequestXML", elements(ticket="t", qbXMLMajorVers=version, qbXMLMinorVers=0)).fault
    assert code == "Client"
    assert said == "qbXMLMajorVers is not a whole number of at most 9 digits"
    assert conversation.calls == []
    assert caplog.text == ""


def test_an_unknown_operation_is_the_callers_fault(url: str, conversation: RecordingConversation) -> None:
    reply = call(url, "formatDisk")
    assert reply.status == 500
    assert reply.fault[0].startswith("Client")
    assert "formatDisk" in reply.fault[1]
    assert conversation.calls == []


def test_an_operation_in_another_namespace_is_unknown(url: str, conversation: RecordingConversation) -> None:
    body = dotnet_body("serverVersion").replace(NAMESPACE.encode(), b"http://example.com/")
    assert exchange(url, body).fault[0].startswith("Client")
    assert conversation.calls == []


def test_calls_at_the_same_time_do_not_mix(url: str, conversation: RecordingConversation) -> None:
    conversation.get_last_error = lambda ticket: ticket  # type: ignore[method-assign]
    tickets = [f"ticket-{number}" for number in range(200)]
    with ThreadPoolExecutor(8) as callers:
        replies = callers.map(lambda ticket: call(url, "getLastError", elements(ticket=ticket)).result, tickets)
        assert list(replies) == [[ticket] for ticket in tickets]
