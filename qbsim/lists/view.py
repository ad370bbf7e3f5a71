"""What list elements are shown with: the company, the switches, and figures that are worked out once a request."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from lxml.etree import _Element as Element

from qbsim import reading
from qbsim.numbers import ZERO
from qbsim.transactions.sales_order import SalesOrder

if TYPE_CHECKING:
    from qbsim.company import Company
    from qbsim.context import Context


@dataclass
class View:
    """The company as one request sees it."""

    company: Company
    shows_guid: bool = True
    owner_ids: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, context: Context, request: Element) -> View:
        """What the request asks to see."""
        return cls(context.company, context.behaviour.shows_external_guid, reading.texts(request, "OwnerID"))

    def total_balance(self, customer_id: str) -> Decimal:
        """What a customer and all its jobs owe."""
        company = self.company
        return sum((company.ledger.customer(each) for each in company.lists.customers.with_children(customer_id)), ZERO)

    @cached_property
    def on_sales_orders(self) -> dict[str, Decimal]:
        """Quantities that are on open sales orders, by the item's ListID."""
        ordered: dict[str, Decimal] = {}
        for order in self.company.of_type(SalesOrder):
            for item_id, quantity in order.open_quantities():
                ordered[item_id] = ordered.get(item_id, Decimal(0)) + quantity
        return ordered
