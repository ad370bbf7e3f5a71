"""A WSGI application behind a real waitress server on a free loopback port, and the two ends of a SOAP call."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

from lxml import etree
from waitress import create_server, wasyncore

NAMESPACE = "http://developer.intuit.com/"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"


@contextmanager
def serving(application: Any, **settings: Any) -> Iterator[str]:
    """The URL under which `application` answers while the block runs."""
    server = create_server(application, host="127.0.0.1", port=0, threads=4, **settings)
    stop = threading.Event()

    def loop() -> None:
        while not stop.is_set():
            wasyncore.loop(timeout=0.02, map=server._map, count=1)
        server.task_dispatcher.shutdown(cancel_pending=True, timeout=5)
        server.close()

    thread = threading.Thread(target=loop, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}/qbwc"
    finally:
        stop.set()
        thread.join(10)


@dataclass
class RecordingConversation:
    """Answers as it is told to and remembers what it was asked, arguments and all."""

    answers: dict[str, Any] = field(default_factory=dict)
    calls: list[tuple[Any, ...]] = field(default_factory=list)

    def _take(self, *call: Any) -> Any:
        self.calls.append(call)
        answer = self.answers[call[0]]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def server_version(self) -> str:
        return self._take("server_version")

    def client_version(self, version: str, remote_address: str) -> str:
        return self._take("client_version", version, remote_address)

    def authenticate(self, user_name: str, password: str, remote_address: str) -> tuple[str, str]:
        return self._take("authenticate", user_name, password, remote_address)

    def send_request_xml(
        self, ticket: str, hcp_response: str, company_path: str, country: str, major_version: int, minor_version: int
    ) -> str:
        return self._take("send_request_xml", ticket, hcp_response, company_path, country, major_version, minor_version)

    def receive_response_xml(self, ticket: str, response: str, hresult: str, message: str) -> int:
        return self._take("receive_response_xml", ticket, response, hresult, message)

    def get_last_error(self, ticket: str) -> str:
        return self._take("get_last_error", ticket)

    def connection_error(self, ticket: str, hresult: str, message: str) -> str:
        return self._take("connection_error", ticket, hresult, message)

    def close_connection(self, ticket: str) -> str:
        return self._take("close_connection", ticket)

    def get_interactive_url(self, ticket: str, session_id: str) -> str:
        return self._take("get_interactive_url", ticket, session_id)

    def interactive_done(self, ticket: str) -> str:
        return self._take("interactive_done", ticket)

    def interactive_rejected(self, ticket: str, reason: str) -> str:
        return self._take("interactive_rejected", ticket, reason)


def dotnet_body(operation: str, arguments: str = "") -> bytes:
    """The bytes that .NET's SoapHttpClientProtocol writes around the XML of the arguments."""
    start = (
        '<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">'
    )
    called = f'<{operation} xmlns="{NAMESPACE}"' + (f">{arguments}</{operation}>" if arguments else " />")
    return f"{start}<soap:Body>{called}</soap:Body></soap:Envelope>".encode()


def elements(**values: object) -> str:
    """Arguments as elements, in the order given."""
    return "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in values.items())


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def result(self) -> list[str]:
        """The texts in the one result element: one of them, or the strings of an array."""
        content = etree.fromstring(self.body)[0][0][0]
        return [(each.text or "") for each in (content if len(content) else [content])]

    @property
    def fault(self) -> tuple[str, str]:
        """The fault's code without prefix, and its text."""
        fault = etree.fromstring(self.body).find(f"{{{ENVELOPE}}}Body/{{{ENVELOPE}}}Fault")
        assert fault is not None, self.body
        return (fault.findtext("faultcode") or "").split(":")[-1], fault.findtext("faultstring") or ""


def exchange(
    url: str,
    body: bytes | None = None,
    *,
    method: str = "POST",
    content_type: str | None = "text/xml; charset=utf-8",
    operation: str = "",
) -> Reply:
    """One HTTP exchange."""
    address, _, path = url.removeprefix("http://").partition("/")
    connection = http.client.HTTPConnection(address, timeout=60)
    headers = {} if content_type is None else {"Content-Type": content_type}
    if operation:
        headers["SOAPAction"] = f'"{NAMESPACE}{operation}"'
    try:
        connection.request(method, f"/{path}", body=body, headers=headers)
        answer = connection.getresponse()
        return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def call(url: str, operation: str, arguments: str = "") -> Reply:
    """One call as .NET makes it."""
    return exchange(url, dotnet_body(operation, arguments), operation=operation)
