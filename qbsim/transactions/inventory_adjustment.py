"""Inventory adjustments: stock and its worth set right against an account.

Intuit's published schema lets no value through in a ValueAdjustment, so that requests could move quantities alone;
here adjustments are made by CompanyBuilder only, as what brings goods in at a new cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from qbsim import status
from qbsim.ledger import Entry
from qbsim.lists.items import STOCK_KINDS, Item
from qbsim.status import refusal
from qbsim.stock import Stock, cost_entries
from qbsim.transactions.transaction import Transaction

if TYPE_CHECKING:
    from qbsim.company import Company


@dataclass(kw_only=True)
class InventoryAdjustment(Transaction):
    """An inventory adjustment. It is in the books but not among the transactions that requests can ask for."""

    TYPE: ClassVar[str] = "InventoryAdjustment"
    account_id: str


def adjust_stock(
    company: Company, item: Item, account_id: str, quantity: Decimal, value: Decimal | None = None
) -> InventoryAdjustment:
    """Enters an adjustment of an item by a quantity and a value; without a value at the average cost.

    Refused as 3140 where the item is not kept in stock.
    """
    if item.item_type not in STOCK_KINDS or item.asset_account_id is None:
        place = f"{InventoryAdjustment.TYPE} line"
        raise refusal(status.BAD_REFERENCE, kind="ItemInventory", value=item.full_name, object=place)
    stock = Stock()
    if value is None:
        move, correction = stock.at_average_cost(item, quantity), Decimal(0)
    else:
        move, correction = stock.at_cost(item, quantity, value)
    moved = move.value - correction
    entries = [Entry(item.asset_account_id, moved), Entry(account_id, -moved), *cost_entries(item, correction)]
    now = company.now()
    return company.record(
        InventoryAdjustment(
            stamp=company.counters.transaction_stamp(now),
            txn_number=company.counters.next_transaction_number(),
            txn_date=now.date(),
            ref_number=company.next_ref_number(InventoryAdjustment.TYPE),
            account_id=account_id,
            entries=[entry for entry in entries if entry.amount],
            stock=[move],
        )
    )
