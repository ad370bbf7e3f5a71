"""A scripted server behind the real SOAP service over real HTTP, and a QuickBooks that notes what it is asked."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from qbsim.web_connector import ConnectionFailed, SessionResult, WebConnector
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
        if "HostQueryRq" in request or "CompanyQueryRq" in request or "DataExtDefAddRq" in request:
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
    ports: list[str] = field(default_factory=list)
    """The Web Connector's end of the line at each call: another number is another connection."""

    def connector(self, **settings: Any) -> WebConnector:
        base: dict[str, Any] = {
            "quickbooks": self.books,
            "company_path": PATH,
            "sleep": self.slept.append,
            "now": lambda: NOW,
            "timeout_seconds": 20.0,
        }
        return WebConnector(self.url, "anna", PASSWORD, **{**base, **settings})

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
        "get_interactive_url": "https://shop.example.com/ask",
        "interactive_done": "Done",
        "interactive_rejected": "come back later",
    }
    conversation = ScriptedConversation({**usual, **answers})
    soap, ports = make_soap_application(conversation), list[str]()

    def noting(environ: Any, start_response: Any) -> Any:
        ports.append(environ["REMOTE_PORT"])
        return soap(environ, start_response)

    with serving(noting) as url:
        yield Scene(url, conversation, ports=ports)


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
