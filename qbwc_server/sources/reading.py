"""What reading a file gives: the refunds in it, what was refused and why, or the word that it can't be read at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from qbwc_server.refunds.model import OrderTold, Refund


def no_refunds(order_id: str) -> Sequence[Any]:  # noqa: ARG001  there are none, whatever the order
    """Nothing was waiting for any order."""
    return ()


@dataclass(frozen=True)
class Beside:
    """What is known beside the file: of the connection, and what came before it."""

    shop: str  # the connection's, for a file that does not say it
    time_zone: tzinfo  # the connection's, for times without an offset
    refunds_of: Callable[[str], Sequence[Any]] = no_refunds  # refunds that waited for an order, by its id, as JSON data


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
    provisional: frozenset[tuple[str, str, str]] = frozenset()
    """Refunds, by source, shop and id, of which only their order tells: one that is known already stays as it is."""
    told: tuple[OrderTold, ...] = ()
    """Orders that came with all the refunds they have, where refunds can be taken back."""
    sound_orders: int = 0
    """Orders of which nothing was refused, where the file has orders."""


class UnreadableFile(ValueError):
    """Nothing of the file could be read; the message says why and what to do."""


class RecordRefused(ValueError):
    """One record can't be taken. Raised by the readers and the checks, caught where the record begins."""

    def __init__(self, place: str, reason: str) -> None:
        self.place = place
        self.reason = reason
        super().__init__(f"{place}: {reason}" if place else reason)
