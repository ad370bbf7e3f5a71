"""What reading a file gives: the refunds in it, what was refused and why, or the word that it can't be read at all."""

from __future__ import annotations

from dataclasses import dataclass

from qbwc_server.refunds.model import Refund


@dataclass(frozen=True)
class Refused:
    """One record that did not go in: where it stands in the file, and why."""

    place: str  # a JSON path such as `orders[3].refunds[0]`, or `line 17`
    reason: str


@dataclass(frozen=True)
class Reading:
    """All that one file gave."""

    refunds: tuple[Refund, ...]
    refused: tuple[Refused, ...]
    orders: int  # orders seen, with or without refunds


class UnreadableFile(ValueError):
    """Nothing of the file could be read; the message says why and what to do."""


class RecordRefused(ValueError):
    """One record can't be taken. Raised by the readers and the checks, caught where the record begins."""

    def __init__(self, place: str, reason: str) -> None:
        self.place = place
        self.reason = reason
        super().__init__(f"{place}: {reason}" if place else reason)
