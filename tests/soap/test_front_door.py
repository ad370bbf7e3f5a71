"""HTTP in front of the service: methods, sizes, content types, `Expect: 100-continue`."""

from __future__ import annotations

import io
import socket
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbwc_server.soap import make_soap_application
from tests.soap.serving import RecordingConversation, call, dotnet_body, elements, exchange, serving


class UnreadableInput(io.RawIOBase):
    """A body that must not be read."""

    def read(self, size: int = -1) -> bytes:
        raise AssertionError("the body was read")


def ask(application: Any, environ: dict[str, Any], body: bytes = b"") -> tuple[str, dict[str, str], bytes]:
    """One call of the WSGI application without a server, for what a server would not let through."""
    answered: dict[str, Any] = {}

    def start_response(status: str, headers: list[tuple[str, str]], _: Any = None) -> Any:
        answered.update(status=status, headers=dict(headers))
        return None

    base = {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/qbwc",
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "REMOTE_ADDR": "192.0.2.1",
        "CONTENT_TYPE": "text/xml; charset=utf-8",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
    }
    answer = b"".join(application({**base, **environ}, start_response))
    return answered["status"], answered["headers"], answer


def test_an_empty_body_is_answered_with_a_fault_that_says_so(url: str) -> None:
    reply = exchange(url, b"")
    assert reply.status == 400
    assert reply.headers["content-type"] == "text/xml; charset=utf-8"
    assert reply.fault[0] == "Client"
    assert "empty" in reply.fault[1]


@pytest.mark.parametrize("content_type", [None, "application/json", "multipart/related; boundary=x", ";;", "text/html"])
def test_a_body_of_another_type_is_refused(url: str, content_type: str | None) -> None:
    reply = exchange(url, dotnet_body("serverVersion"), content_type=content_type)
    assert reply.status == 415
    assert "text/xml" in reply.fault[1]


def test_a_soap_1_2_call_is_told_to_speak_soap_1_1(url: str) -> None:
    body = dotnet_body("serverVersion").replace(
        b"http://schemas.xmlsoap.org/soap/envelope/", b"http://www.w3.org/2003/05/soap-envelope"
    )
    reply = exchange(url, body, content_type="application/soap+xml; charset=utf-8")
    assert reply.status == 500
    assert reply.fault[0] == "VersionMismatch"
    assert "SOAP 1.1" in reply.fault[1]


def test_a_doctype_is_refused_before_anything_is_expanded(url: str, conversation: RecordingConversation) -> None:
    body = b'<!DOCTYPE a [<!ENTITY b "x">]>' + dotnet_body("serverVersion").partition(b"?>")[2]
    reply = exchange(url, body)
    assert reply.status == 500
    assert reply.fault[0] == "Client"
    assert "DOCTYPE" in reply.fault[1]
    assert conversation.calls == []


def test_a_body_of_more_than_two_megabytes_is_taken_and_one_over_the_limit_refused() -> None:
    conversation = RecordingConversation({"receive_response_xml": 100})
    with serving(make_soap_application(conversation, max_body_bytes=3_000_000)) as url:
        assert call(url, "receiveResponseXML", elements(response="x" * 2_900_000)).result == ["100"]
        reply = call(url, "receiveResponseXML", elements(response="x" * 3_000_000))
    assert reply.status == 413
    assert "3000000 bytes" in reply.fault[1]
    assert len(conversation.calls) == 1


def test_a_body_over_the_limit_is_not_read() -> None:
    application = make_soap_application(RecordingConversation(), max_body_bytes=100)
    status, _, answer = ask(application, {"CONTENT_LENGTH": "101", "wsgi.input": UnreadableInput()})
    assert status.startswith("413")
    assert b"100 bytes" in answer


@pytest.mark.parametrize(
    ("environ", "body", "status"),
    [
        ({"CONTENT_LENGTH": ""}, b"x", "411"),
        ({"CONTENT_LENGTH": "-1"}, b"x", "411"),
        ({"CONTENT_LENGTH": "", "wsgi.input_terminated": True}, b"", "400"),
        ({"CONTENT_LENGTH": "", "wsgi.input_terminated": True}, b"x" * 1001, "413"),
        ({"CONTENT_LENGTH": "", "wsgi.input_terminated": True}, dotnet_body("serverVersion"), "200"),
        ({"CONTENT_LENGTH": "10"}, b"short", "400"),
        ({"HTTP_CONTENT_ENCODING": "gzip"}, b"x", "415"),
        ({"REQUEST_METHOD": "PUT"}, b"x", "405"),
        ({"REQUEST_METHOD": "DELETE"}, b"", "405"),
    ],
)
def test_the_length_and_the_method_are_answered_for(environ: dict[str, Any], body: bytes, status: str) -> None:
    application = make_soap_application(RecordingConversation({"server_version": "1"}), max_body_bytes=1000)
    assert ask(application, environ, body)[0].startswith(status)


def test_other_methods_are_told_which_are_allowed() -> None:
    _, headers, _ = ask(make_soap_application(RecordingConversation()), {"REQUEST_METHOD": "PUT"})
    assert headers["Allow"] == "GET, HEAD, POST"


def test_a_get_shows_a_short_plain_page(url: str) -> None:
    reply = exchange(url, method="GET")
    assert reply.status == 200
    assert reply.headers["content-type"].startswith("text/plain")
    assert b"Web Connector" in reply.body
    head = exchange(url, method="HEAD")
    assert (head.status, head.body) == (200, b"")


@pytest.mark.parametrize("query", ["?wsdl", "?WSDL", "?wsdl="])
def test_the_description_names_the_address_under_which_it_was_asked_for(url: str, query: str) -> None:
    reply = exchange(url + query, method="GET")
    assert reply.headers["content-type"] == "text/xml; charset=utf-8"
    assert f'location="{url}"'.encode() in reply.body


def test_a_host_header_that_is_none_does_not_get_into_the_description() -> None:
    environ = {"REQUEST_METHOD": "GET", "QUERY_STRING": "wsdl", "HTTP_HOST": 'evil"/><x'}
    _, _, answer = ask(make_soap_application(RecordingConversation()), environ)
    assert b"evil" not in answer
    assert b'location="http://localhost:80/qbwc"' in answer


def test_the_remote_address_comes_from_the_server() -> None:
    conversation = RecordingConversation({"authenticate": ("", "nvu")})
    ask(make_soap_application(conversation), {"HTTP_X_FORWARDED_FOR": "10.0.0.1"}, dotnet_body("authenticate"))
    assert conversation.calls == [("authenticate", "", "", "192.0.2.1")]


def test_a_client_that_expects_100_continue_gets_it_before_it_sends_the_body(
    url: str, conversation: RecordingConversation
) -> None:
    conversation.answers["server_version"] = "1"
    host, port = url.removeprefix("http://").removesuffix("/qbwc").split(":")
    body = dotnet_body("serverVersion")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(
            b"POST /qbwc HTTP/1.1\r\n"
            b"User-Agent: Mozilla/4.0 (compatible; MSIE 6.0; MS Web Services Client Protocol 4.0.30319.42000)\r\n"
            b"Content-Type: text/xml; charset=utf-8\r\n"
            b'SOAPAction: "http://developer.intuit.com/serverVersion"\r\n'
            b"Host: localhost\r\nContent-Length: %d\r\nExpect: 100-continue\r\nConnection: Keep-Alive\r\n\r\n"
            % len(body)
        )
        assert connection.recv(1000).startswith(b"HTTP/1.1 100 Continue\r\n")
        connection.sendall(body)
        assert connection.recv(10_000).startswith(b"HTTP/1.1 200 OK\r\n")
    assert conversation.calls == [("server_version",)]


HEADER = st.text(max_size=30).map(lambda text: text.encode("latin-1", "replace").decode("latin-1"))


@given(st.binary(max_size=100), HEADER, HEADER)
def test_whatever_is_posted_is_answered_without_a_traceback(body: bytes, action: str, charset: str) -> None:
    application = make_soap_application(RecordingConversation({"server_version": "1"}))
    for content_type in (f"text/xml; charset={charset}", f"text/xml;{charset}", charset):
        for sent in (body, dotnet_body("serverVersion").replace(b" />", body + b" />")):
            status, _, answer = ask(application, {"CONTENT_TYPE": content_type, "HTTP_SOAPACTION": action}, sent)
            assert status[:3] in ("200", "400", "415", "500")
            assert b"Traceback" not in answer
            assert b"Envelope>" in answer
