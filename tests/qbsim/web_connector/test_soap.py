"""The calls as bytes: the shape of recorded traffic, and what a server may answer."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from lxml import etree

from qbsim.web_connector import CallFailed, SoapClient
from qbsim.web_connector.soap import envelope
from tests.shared import shared_path

OK = (
    b"<?xml version='1.0'?><s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body>"
    b"<closeConnectionResponse xmlns='http://developer.intuit.com/'><closeConnectionResult>OK</closeConnectionResult>"
    b"</closeConnectionResponse></s:Body></s:Envelope>"
)


def http(status: str, body: bytes, headers: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body


@contextmanager
def answering(*answers: bytes, first: bytes = b"HTTP/1.1 100 Continue\r\n\r\n") -> Iterator[tuple[str, list[bytes]]]:
    """A server of few words on one connection after another; yields its URL and what it was sent."""
    received: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(10)

    def serve() -> None:
        for answer in answers:
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(10)
                sent = b""
                while b"\r\n\r\n" not in sent:
                    sent += connection.recv(100_000)
                head, _, body = sent.partition(b"\r\n\r\n")
                if first:
                    connection.sendall(first)
                    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                    while len(body) < length:
                        body += connection.recv(100_000)
                received.append(head + b"\r\n\r\n" + body)
                connection.sendall(answer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/qbwc?x=1", received
    finally:
        thread.join(10)
        listener.close()


@pytest.mark.parametrize("sample", ["serverVersion_call.xml", "receiveResponseXML_raw.xml"])
def test_a_call_has_the_bytes_of_the_recorded_one(sample: str) -> None:
    recorded = shared_path("qbxml", "samples", "soap", sample).read_bytes().rstrip(b"\n")
    operation = etree.fromstring(recorded)[0][0]
    arguments = {etree.QName(argument).localname: argument.text or "" for argument in operation}
    assert envelope(etree.QName(operation).localname, arguments) == recorded


def test_characters_that_xml_does_not_allow_are_written_as_dotnet_writes_them() -> None:
    sent = envelope("receiveResponseXML", {"response": "a\x1fb\r\nc\ud800é]]>\"'"})
    assert "<response>a&#x1F;b&#xD;\nc&#xD800;é]]&gt;\"'</response>".encode() in sent


def test_the_headers_are_dotnets_and_the_body_waits_for_100_continue() -> None:
    with answering(http("200 OK", OK)) as (url, received), SoapClient(url, 10) as client:
        assert client.call("closeConnection", {"ticket": "t"}) == ["OK"]
    head, _, body = received[0].partition(b"\r\n\r\n")
    port = url.split(":")[2].split("/")[0]
    assert head.decode().split("\r\n") == [
        "POST /qbwc?x=1 HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "User-Agent: Mozilla/4.0 (compatible; MSIE 6.0; MS Web Services Client Protocol 4.0.30319.42000)",
        "Content-Type: text/xml; charset=utf-8",
        'SOAPAction: "http://developer.intuit.com/closeConnection"',
        f"Content-Length: {len(body)}",
        "Expect: 100-continue",
        "Connection: Keep-Alive",
    ]
    assert body == envelope("closeConnection", {"ticket": "t"})


def test_a_connection_that_the_server_has_closed_is_opened_again() -> None:
    with answering(http("200 OK", OK), http("200 OK", OK)) as (url, received), SoapClient(url, 10) as client:
        assert [client.call("closeConnection", {}) for _ in range(2)] == [["OK"], ["OK"]]
    assert len(received) == 2


def test_an_answer_before_the_body_is_taken_without_sending_it() -> None:
    refusal = http("413 Too Large", b"no")
    with answering(refusal, first=b"") as (url, received), SoapClient(url, 10) as client, pytest.raises(CallFailed):
        client.call("receiveResponseXML", {"response": "x" * 1000})
    assert received[0].endswith(b"\r\n\r\n")


FAULT = (
    b"<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body><s:Fault><faultcode>s:Server</faultcode>"
)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (http("500 Oops", FAULT + b"<faultstring>why</faultstring></s:Fault></s:Body></s:Envelope>"), "Server: why"),
        (http("500 Oops", b"<html>"), "status 500: Oops"),
        (http("200 OK", b"<html>"), "not XML"),
        (http("200 OK", b"<!DOCTYPE a>" + OK.partition(b"?>")[2]), "not XML"),
        (b"", "no answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", "no answer"),
    ],
)
def test_a_call_without_a_usable_answer_says_why(answer: bytes, reason: str) -> None:
    with answering(answer) as (url, _), SoapClient(url, 10) as client, pytest.raises(CallFailed, match=reason):
        client.call("closeConnection", {"ticket": "t"})


def test_a_result_that_is_absent_is_an_empty_text() -> None:
    body = OK.replace(b"<closeConnectionResult>OK</closeConnectionResult>", b"")
    with answering(http("200 OK", body)) as (url, _), SoapClient(url, 10) as client:
        assert client.call("closeConnection", {}) == [""]


def test_a_server_that_is_not_there_is_a_failed_call() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/qbwc"
    with SoapClient(url, 5) as client, pytest.raises(CallFailed, match="no answer"):
        client.call("serverVersion", {})


@pytest.mark.parametrize("url", ["localhost:8080/qbwc", "ftp://localhost/qbwc", "http:///qbwc"])
def test_what_is_no_url_of_a_service_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="http://localhost:8080/qbwc"):
        SoapClient(url, 5)


def test_a_server_that_does_not_answer_in_time_is_a_failed_call() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/qbwc"
        with SoapClient(url, 0.1) as client, pytest.raises(CallFailed, match="TimeoutError"):
            client.call("serverVersion", {})
