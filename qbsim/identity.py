"""How QuickBooks names its records: hex-number IDs, EditSequences and transaction numbers (FACTS.md 1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(kw_only=True)
class Stamp:
    """The core that every list element and transaction has: TxnID or ListID, times and EditSequence."""

    identifier: str
    time_created: datetime
    time_modified: datetime
    edit_sequence: str

    def touch(self, now: datetime, *, counts_up: bool) -> None:
        """A new EditSequence; greater than the old one even within the same second where it counts up there."""
        self.time_modified = now
        seconds = int(now.timestamp())
        self.edit_sequence = str(max(int(self.edit_sequence) + 1, seconds) if counts_up else seconds)


@dataclass
class Counters:
    """What was given out last; kept in the company file, so that an ID never comes twice."""

    list_element: int = 0
    transaction: int = 0
    transaction_number: int = 0

    def list_stamp(self, now: datetime) -> Stamp:
        """The stamp of a new list element, such as 80000009-1415929219."""
        self.list_element += 1
        return _stamp(f"{0x80000000 + self.list_element:X}", now)

    def transaction_stamp(self, now: datetime) -> Stamp:
        """The stamp of a new transaction, such as 3FE6-1285088622. One more number goes to its hidden main line."""
        self.transaction += 2
        return _stamp(f"{self.transaction - 1:X}", now)

    def line_id(self, now: datetime) -> str:
        """The TxnLineID of a new line; lines count on with the transactions."""
        self.transaction += 1
        return f"{self.transaction:X}-{int(now.timestamp())}"

    def next_transaction_number(self) -> int:
        """TxnNumber of a new transaction."""
        self.transaction_number += 1
        return self.transaction_number


def _stamp(number: str, now: datetime) -> Stamp:
    seconds = str(int(now.timestamp()))
    return Stamp(identifier=f"{number}-{seconds}", time_created=now, time_modified=now, edit_sequence=seconds)
