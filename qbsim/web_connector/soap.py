"""SOAP calls as .NET's SoapHttpClientProtocol makes them, which the Web Connector is built on.

The byte shape is that of recorded calls: one line, prefix `soap`, the three namespaces in this order, empty texts as
`<hresult />`, characters that XML does not allow as numeric references. Headers go first, with `Expect: 100-continue`,
and the body follows when the server agrees or after a third of a second.
"""

from __future__ import annotations

import http.client
import re
import selectors
import socket
import ssl
from collections.abc import Mapping
from types import TracebackType
from typing import Literal
from urllib.parse import urlsplit

from lxml import etree

NAMESPACE = "http://developer.intuit.com/"
USER_AGENT = "Mozilla/4.0 (compatible; MSIE 6.0; MS Web Services Client Protocol 4.0.30319.42000)"
MAX_ANSWER_BYTES = 64 * 1024 * 1024
"""Longest answer of a server that is read."""

_WAIT_FOR_CONTINUE_SECONDS = 0.35
_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
_START = (
    '<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"><soap:Body>'
)
_END = "</soap:Body></soap:Envelope>"
_SPECIAL = re.compile("[&<>\r\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


Cut = Literal["request", "reply"]
"""Where a line is cut on purpose: half-way through the body of the call, or of the answer to it."""


class CallFailed(Exception):
    """A call had no usable answer: a SOAP fault, another HTTP status, no connection, or an answer that is no SOAP."""


class SoapClient:
    """One connection to the server, kept alive from call to call, as the Web Connector keeps it for a session."""

    def __init__(self, url: str, timeout_seconds: float) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url!r} is not the URL of a service; write it as http://localhost:8080/qbwc")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(parts.hostname, parts.port, timeout=timeout_seconds)
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._timeout_seconds = timeout_seconds

    def __enter__(self) -> SoapClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connection; the next call opens a new one."""
        self._connection.close()

    def call(self, operation: str, arguments: Mapping[str, str | int], *, cut: Cut | None = None) -> list[str]:
        """The texts in the operation's result: one, or those of an array of strings. Raises CallFailed."""
        try:
            status, reason, body = self._exchange(operation, envelope(operation, arguments), cut)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise CallFailed(f"no answer from the server: {type(error).__name__}: {error}") from error
        return _result(operation, status, reason, body)

    def call_nobody(self) -> None:
        """A call to a server that is not there: it goes to a port of this machine on which nobody listens.

        Raises CallFailed.
        """
        self.close()
        with socket.socket() as deaf:
            deaf.bind(("127.0.0.1", 0))
            try:
                socket.create_connection(deaf.getsockname(), timeout=self._timeout_seconds).close()
            except OSError as error:
                raise CallFailed(f"no answer from the server: {type(error).__name__}: {error}") from error

    def _exchange(self, operation: str, body: bytes, cut: Cut | None) -> tuple[int, str, bytes]:
        connection = self._connection
        if connection.sock is not None and _readable(connection.sock, 0):
            self.close()  # the server has closed it meanwhile; .NET opens a new one then, too
        is_new = connection.sock is None
        connection.putrequest("POST", self._path, skip_accept_encoding=True)
        connection.putheader("User-Agent", USER_AGENT)
        connection.putheader("Content-Type", "text/xml; charset=utf-8")
        connection.putheader("SOAPAction", f'"{NAMESPACE}{operation}"')
        connection.putheader("Content-Length", str(len(body)))
        connection.putheader("Expect", "100-continue")
        if is_new:
            connection.putheader("Connection", "Keep-Alive")
        connection.endheaders()
        is_wanted = _wants_body(connection.sock)
        if cut == "request":
            connection.send(body[: len(body) // 2])
            raise ConnectionAbortedError("the line was cut in the middle of the request")
        if is_wanted:
            connection.send(body)
        answer = connection.getresponse()
        if cut == "reply":
            answer.read((answer.length or 2) // 2)
            raise ConnectionAbortedError("the line was cut in the middle of the answer")
        content = _read(answer)
        if not is_wanted:
            self.close()
        return answer.status, answer.reason, content


def envelope(operation: str, arguments: Mapping[str, str | int]) -> bytes:
    """The bytes of one call.

    >>> envelope("closeConnection", {"ticket": ""}).partition(b"<soap:Body>")[2].partition(b"</soap:Body>")[0]
    b'<closeConnection xmlns="http://developer.intuit.com/"><ticket /></closeConnection>'
    """
    written = "".join(_element(name, value) for name, value in arguments.items())
    called = f'{operation} xmlns="{NAMESPACE}"'
    content = f"<{called}>{written}</{operation}>" if written else f"<{called} />"
    return (_START + content + _END).encode()


def _element(name: str, value: str | int) -> str:
    text = _SPECIAL.sub(_reference, str(value))
    return f"<{name}>{text}</{name}>" if text else f"<{name} />"


def _reference(found: re.Match[str]) -> str:
    return _NAMED.get(found[0]) or f"&#x{ord(found[0]):X};"


def _read(answer: http.client.HTTPResponse) -> bytes:
    """All of the answer. Where its length is told, a shorter one raises IncompleteRead."""
    if answer.length is not None and answer.length <= MAX_ANSWER_BYTES:
        return answer.read()
    content = answer.read(MAX_ANSWER_BYTES + 1)
    if len(content) > MAX_ANSWER_BYTES:
        raise http.client.HTTPException(f"the answer is longer than {MAX_ANSWER_BYTES} bytes")
    return content


def _wants_body(connected: socket.socket) -> bool:
    """False only where the server has answered for good without waiting for the body."""
    if not _readable(connected, _WAIT_FOR_CONTINUE_SECONDS) or isinstance(connected, ssl.SSLSocket):
        return True
    start = connected.recv(12, socket.MSG_PEEK)
    return start[9:12] in (b"", b"100")


def _readable(connected: socket.socket, wait_seconds: float) -> bool:
    with selectors.DefaultSelector() as selector:
        selector.register(connected, selectors.EVENT_READ)
        return bool(selector.select(wait_seconds))


def _result(operation: str, status: int, reason: str, body: bytes) -> list[str]:
    root = _parsed(body)
    fault = None if root is None else root.find(f"{{{_ENVELOPE}}}Body/{{{_ENVELOPE}}}Fault")
    if fault is not None:
        raise CallFailed(f"SOAP fault {fault.findtext('faultcode', '')}: {fault.findtext('faultstring', '')}")
    if status != http.client.OK:
        raise CallFailed(f"The request failed with HTTP status {status}: {reason}.")
    if root is None:
        raise CallFailed("Client found response content that is not XML.")
    place = f"{{{_ENVELOPE}}}Body/{{{NAMESPACE}}}{operation}Response/{{{NAMESPACE}}}{operation}Result"
    result = root.find(place)
    if result is None:
        return [""]
    return [each.text or "" for each in (result if len(result) else [result])]


def _parsed(body: bytes) -> etree._Element | None:
    if b"<!DOCTYPE" in body:
        return None
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    try:
        return etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        return None
