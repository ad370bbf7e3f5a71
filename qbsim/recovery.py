"""Error recovery: the outcome of a message set is kept under its newMessageSetID, in the company file (FACTS.md 3).

What is kept of a set are its statuses and, of what changed the books, IDs and EditSequence; that the answer to a
repeat has this form, and not the whole answer of the first time, is taken from the ErrorRecovery element's meaning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from qbsim import status
from qbsim.context import Outcome
from qbsim.nodes import Nodes, opening, write

#: Longer message set IDs are refused as 9004.
MAX_SET_ID_LENGTH = 24
#: As oldMessageSetID it clears every record.
CLEAR_ALL = "ClearAllMessageSets"
_RECOVERED = ("ListID", "OwnerID", "TxnID", "TxnNumber", "EditSequence", "ExternalGUID")


@dataclass
class StoredOutcome:
    """The outcome of one request, with the inside of its ErrorRecovery element where it changed the books."""

    response: str
    code: int
    severity: str
    message: str
    request_id: str | None = None
    recovery: dict[str, str] | None = None

    @classmethod
    def of(cls, response: str, request_id: str | None, outcome: Outcome) -> StoredOutcome:
        """What is kept of an outcome."""
        recovery = None
        if outcome.recovery is not None:
            recovery = {name: value for name, value in outcome.recovery if isinstance(value, str)}
        severity = status.STATUSES[outcome.code].severity
        return cls(response, outcome.code, severity, outcome.message, request_id, recovery)

    def lines(self) -> list[str]:
        """The Rs element in the answer to a status check or a repeat."""
        attributes = response_attributes(self.request_id, self.code, self.message)
        if self.recovery is None:
            return [f"<{opening(self.response, attributes)} />"]
        nodes: Nodes = [(name, self.recovery[name]) for name in _RECOVERED if name in self.recovery]
        lines = [f"<{opening(self.response, attributes)}>"]
        write([("ErrorRecovery", nodes)], lines)
        return [*lines, f"</{self.response}>"]


@dataclass
class RecoveryRecord:
    """The outcome of a set, as far as it was worked."""

    set_id: str
    digest: str
    outcomes: list[StoredOutcome] = field(default_factory=list)


@dataclass
class RecoveryRecords:
    """All records, oldest first."""

    records: list[RecoveryRecord] = field(default_factory=list)

    def find(self, set_id: str) -> RecoveryRecord | None:
        """The record of a set."""
        return next((record for record in self.records if record.set_id == set_id), None)

    def keep(self, record: RecoveryRecord, limit: int | None) -> None:
        """Takes a record in, in place of one of the same ID; beyond the limit the oldest go."""
        self.records = [kept for kept in self.records if kept.set_id != record.set_id]
        self.records.append(record)
        if limit is not None:
            self.records = self.records[max(0, len(self.records) - limit) :]

    def clear(self, set_id: str) -> bool:
        """Drops a record, or all of them; says whether there was one."""
        before = len(self.records)
        self.records = [] if set_id == CLEAR_ALL else [kept for kept in self.records if kept.set_id != set_id]
        return len(self.records) < before or set_id == CLEAR_ALL


def response_attributes(request_id: str | None, code: int, message: str) -> dict[str, str]:
    """The attributes that every Rs has, in QuickBooks' order."""
    attributes: Mapping[str, str | None] = {
        "requestID": request_id,
        "statusCode": str(code),
        "statusSeverity": status.STATUSES[code].severity,
        "statusMessage": message,
    }
    return {name: value for name, value in attributes.items() if value is not None}
