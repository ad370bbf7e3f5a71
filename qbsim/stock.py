"""Stock at average cost: what goods that go out or come back are worth, and how goods at another cost move the average.

The rule to the cent: an item's worth is what stands for it on its asset account, and its average cost is that worth
over its quantity. Goods that go out or come back move quantity times average cost, rounded half up; the last piece
takes all that is left. Stock may fall below zero, at the average cost of the time; goods that come in while it is below
zero correct the cost of what was sold, so that what is on hand is worth what it was bought for (from memory).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from qbsim.ledger import Entry
from qbsim.lists.items import Item, average_of
from qbsim.lists.table import ListTable
from qbsim.numbers import ZERO, to_cent


@dataclass
class StockMove:
    """Pieces of an inventory item that come in, or go out where negative, with what they are worth."""

    item_id: str
    quantity: Decimal
    value: Decimal = ZERO


class Stock:
    """The stock of the items that one document moves, line by line, before it is in the books.

    `replaced` are the moves of the document as it stands before a Mod: they are taken back first, and as many pieces of
    the item move at the same worth as before.
    """

    def __init__(self, items: ListTable[Item] | None = None, replaced: Sequence[StockMove] = ()) -> None:
        self._reached: dict[str, tuple[Decimal, Decimal]] = {}
        self._before = list(replaced)
        for move in replaced:
            item = items.get(move.item_id) if items is not None else None
            if item is not None:
                self._move(item, -move.quantity, -move.value)
        self._averages = {item_id: average_of(*reached) for item_id, reached in self._reached.items()}

    def at_average_cost(self, item: Item, quantity: Decimal) -> StockMove:
        """Goods that come back or, where negative, go out."""
        on_hand, worth = self._now(item)
        before = next(
            (each for each in self._before if (each.item_id, each.quantity) == (item.list_id, quantity)), None
        )
        if before is not None:
            self._before.remove(before)
        if on_hand + quantity == 0:
            value = -worth
        else:
            average = self._averages.get(item.list_id) or item.average_cost
            value = to_cent(quantity * average) if before is None else before.value
        return self._move(item, quantity, value if is_valued(item) else ZERO)

    def at_cost(self, item: Item, quantity: Decimal, value: Decimal) -> tuple[StockMove, Decimal]:
        """Goods that come in for so much in all, and the correction of the cost of what was sold below zero."""
        on_hand, worth = self._now(item)
        reached = on_hand + quantity
        correction = ZERO
        if on_hand < 0 <= reached and quantity > 0:
            correction = to_cent(reached * value / quantity) - worth - value
        return self._move(item, quantity, value + correction), correction

    def _now(self, item: Item) -> tuple[Decimal, Decimal]:
        return self._reached.get(item.list_id, (item.quantity_on_hand, item.asset_value))

    def _move(self, item: Item, quantity: Decimal, value: Decimal) -> StockMove:
        on_hand, worth = self._now(item)
        self._reached[item.list_id] = (on_hand + quantity, worth + value)
        return StockMove(item.list_id, quantity, value)


def is_valued(item: Item) -> bool:
    """Whether the item has the two accounts that its worth moves between."""
    return item.cost_account_id is not None and item.asset_account_id is not None


def cost_entries(item: Item, value: Decimal) -> list[Entry]:
    """The entries of goods worth so much that come onto the asset account from the cost of goods sold."""
    if not value or item.cost_account_id is None or item.asset_account_id is None:
        return []
    return [Entry(item.cost_account_id, -value), Entry(item.asset_account_id, value)]
