"""What stands before Spyne: HTTP methods, sizes and content types, each refused with a reason that a person can read.

Spyne alone ends in an unhandled exception at an empty body and answers a GET as it would a broken call.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from email.message import Message
from typing import TYPE_CHECKING
from urllib.parse import quote
from xml.sax.saxutils import escape

from lxml import etree

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MAX_BODY_BYTES = 64 * 1024 * 1024
"""Longest call that is read: twice what QuickBooks' largest answers take, and little enough to hold in memory."""

_XML = "text/xml; charset=utf-8"
_PAGE = (
    "This is the address that the QuickBooks Web Connector calls.\n"
    "There is nothing to see here for people. The service's description is at ?wsdl.\n"
)
_SOAP_TYPES = frozenset({"text/xml", "application/soap+xml"})
_ADDRESS = "{http://schemas.xmlsoap.org/wsdl/soap/}address"
_HOST = re.compile(r"[A-Za-z0-9._:\[\]-]+\Z")
_FAULT = (
    '<?xml version="1.0" encoding="utf-8"?>'
    '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><soap:Fault>'
    "<faultcode>soap:{code}</faultcode><faultstring>{message}</faultstring>"
    "</soap:Fault></soap:Body></soap:Envelope>"
)


class FrontDoor:
    """The WSGI application: `GET ?wsdl`, a plain page at other GETs, and calls that go on to `soap`."""

    def __init__(self, soap: WSGIApplication, wsdl: bytes, max_body_bytes: int) -> None:
        self._soap = soap
        self._wsdl = wsdl
        self._max_body_bytes = max_body_bytes

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """One HTTP exchange."""
        method = environ["REQUEST_METHOD"]
        if method in ("GET", "HEAD"):
            return self._answer_get(environ, start_response, with_body=method == "GET")
        try:
            if method != "POST":
                raise _Refused("405 Method Not Allowed", f"{method} is not allowed here; calls come by POST", "POST")
            _refuse_content(environ)
            body = self._read_body(environ)
        except _Refused as refused:
            return refused.answer(start_response)
        read = {**environ, "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        return self._soap(read, start_response)

    def _answer_get(
        self, environ: WSGIEnvironment, start_response: StartResponse, *, with_body: bool
    ) -> Iterable[bytes]:
        wanted = environ.get("QUERY_STRING", "").split("=")[0].lower()
        if wanted == "wsdl":
            return _answer(start_response, "200 OK", _XML, self._wsdl_for(environ), with_body=with_body)
        return _answer(start_response, "200 OK", "text/plain; charset=utf-8", _PAGE.encode(), with_body=with_body)

    def _wsdl_for(self, environ: WSGIEnvironment) -> bytes:
        """The description with the address under which it was asked for; the Web Connector does not look at it."""
        root = etree.fromstring(self._wsdl, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
        for address in root.iter(_ADDRESS):
            address.set("location", _address(environ))
        return etree.tostring(root, xml_declaration=True, encoding="utf-8")

    def _read_body(self, environ: WSGIEnvironment) -> bytes:
        declared = environ.get("CONTENT_LENGTH", "")
        if declared == "" and environ.get("wsgi.input_terminated"):
            body: bytes = environ["wsgi.input"].read(self._max_body_bytes + 1)
            self._refuse_size(len(body))
            return body
        if not declared.isdecimal():
            raise _Refused("411 Length Required", "the length of the body is not known; send Content-Length")
        self._refuse_size(int(declared))
        body = environ["wsgi.input"].read(int(declared))
        if len(body) < int(declared):
            raise _Refused("400 Bad Request", f"the body ended after {len(body)} of {declared} bytes")
        return body

    def _refuse_size(self, size: int) -> None:
        if size == 0:
            raise _Refused("400 Bad Request", "the body is empty; a SOAP 1.1 envelope is expected")
        if size > self._max_body_bytes:
            message = f"the body is larger than {self._max_body_bytes} bytes, the most that is read here"
            raise _Refused("413 Content Too Large", message)


class _Refused(Exception):
    """The call can't go on to the service; what the caller is told."""

    def __init__(self, status: str, message: str, allow: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.allow = allow

    def answer(self, start_response: StartResponse) -> Iterable[bytes]:
        body = _FAULT.format(code="Client", message=escape(str(self))).encode()
        extra = (("Allow", f"GET, HEAD, {self.allow}"),) if self.allow else ()
        return _answer(start_response, self.status, _XML, body, extra=extra)


def _refuse_content(environ: WSGIEnvironment) -> None:
    content_type = Message()
    content_type["Content-Type"] = environ.get("CONTENT_TYPE", "") or "unknown/unknown"
    if content_type.get_content_type() not in _SOAP_TYPES:
        raise _Refused("415 Unsupported Media Type", "the Content-Type must be text/xml, as SOAP 1.1 has it")
    if environ.get("HTTP_CONTENT_ENCODING", "identity").lower() != "identity":
        raise _Refused("415 Unsupported Media Type", "the body must not be compressed")


def _address(environ: WSGIEnvironment) -> str:
    host = environ.get("HTTP_HOST", "")
    if not _HOST.match(host):
        host = f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
    path = quote(environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", ""), encoding="latin-1")
    return f"{environ['wsgi.url_scheme']}://{host}{path}"


def _answer(
    start_response: StartResponse,
    status: str,
    content_type: str,
    body: bytes,
    *,
    with_body: bool = True,
    extra: tuple[tuple[str, str], ...] = (),
) -> Iterable[bytes]:
    start_response(status, [("Content-Type", content_type), ("Content-Length", str(len(body))), *extra])
    return [body] if with_body else []
