"""What the Web Connector asks of QuickBooks: Intuit's request processor, seen from outside (FACTS.md 6)."""

from __future__ import annotations

from typing import Protocol

from qbsim.opening import ConnectionFailed

__all__ = ["Answer", "ConnectionFailed", "RequestProcessor"]


class Answer(Protocol):
    """What came of one message set: `response` is qbXML, or empty with `hresult` and `message` telling why."""

    @property
    def response(self) -> str: ...

    @property
    def hresult(self) -> str: ...

    @property
    def message(self) -> str: ...


class RequestProcessor(Protocol):
    """QuickBooks with a company file."""

    def begin_session(self) -> None:
        """Opens the company file for requests. Raises ConnectionFailed where that can't be."""
        ...

    def end_session(self) -> None:
        """Lets the company file go."""
        ...

    def process(self, request: str) -> Answer:
        """Works one qbXML message set."""
        ...
