"""What the Web Connector asks of QuickBooks: Intuit's request processor, seen from outside (FACTS.md 6)."""

from __future__ import annotations

from typing import Protocol

from qbsim.opening import ConnectionFailed
from qbsim.web_connector.faults import FaultKind

__all__ = ["Answer", "ConnectionFailed", "PersonAtQuickBooks", "RequestProcessor"]


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


class PersonAtQuickBooks(Protocol):
    """Someone who works with the same company file (qbsim.web_connector.Person)."""

    def back_up(self) -> None:
        """Keeps the company file as it is now."""
        ...

    def restore(self) -> None:
        """Puts what was kept in the company file's place."""
        ...

    def change(self, kind: FaultKind, carrying: str | None) -> str:
        """Does to a transaction what the kind says; gives its TxnID, or an empty text."""
        ...
