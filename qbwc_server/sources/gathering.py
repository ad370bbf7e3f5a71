"""Collects what a file gives, record by record: the sound ones as refunds, the others as refusals."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from qbwc_server.refunds.model import OrderTold, Refund
from qbwc_server.sources.checks import checked, text
from qbwc_server.sources.reading import Reading, RecordRefused, Refused


class Gathering:
    """Refunds and refusals of one file. A refund that stands in it twice in the same words is taken once."""

    def __init__(self, shop: str = "") -> None:
        """`shop` is given to refunds that have none of their own."""
        self._shop = shop
        self._refunds: dict[tuple[str, str, str], tuple[Refund, str]] = {}
        self._refused: list[Refused] = []
        self._provisional: set[tuple[str, str, str]] = set()
        self._told: list[OrderTold] = []
        self._sound = 0

    def add(self, refund: Refund, place: str, *, fields_are_places: bool = False, provisional: bool = False) -> None:
        """Takes a refund that passes the checks, and refuses any other; `provisional` as in Reading.

        `fields_are_places`: the file has the Refund's own fields, so that a field is part of the place.
        """
        try:
            settled = checked(refund, self._shop)
        except RecordRefused as error:
            if fields_are_places:
                self.refuse(f"{place}.{error.place}" if error.place else place, error.reason)
            else:
                self.refuse(place, str(error))
            return
        key = (settled.source, settled.shop, settled.external_id)
        if provisional:
            self._provisional.add(key)
        first, first_place = self._refunds.setdefault(key, (settled, place))
        if first != settled:
            self.refuse(place, f"is the refund of {first_place} again, but says something else; keep one of the two")

    def tell(self, order: OrderTold) -> None:
        """Notes which refunds an order has, so that one which it has no more is known to be gone."""
        self._told.append(order)

    @contextmanager
    def of_an_order(self) -> Iterator[None]:
        """While an order is read: where nothing of it is refused, it counts as read, be it without a refund."""
        before = len(self._refused)
        yield
        self._sound += len(self._refused) == before

    def refuse(self, place: str, reason: str) -> None:
        """Notes a record that does not go in."""
        self._refused.append(Refused(text(place), text(reason)))

    def reading(self, orders: int) -> Reading:
        """All of it, in the order of the file."""
        return Reading(
            tuple(refund for refund, _ in self._refunds.values()),
            tuple(self._refused),
            orders,
            frozenset(self._provisional),
            tuple(self._told),
            self._sound,
        )
