"""A refund as the order system tells it: plain, frozen data that every source produces and planning reads.

Amounts are `Decimal` in the refund's currency with the sign that a customer would expect: what comes back to the
customer is positive. Times are aware.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum

ZERO = Decimal("0.00")
WORLDWIDE_SOURCES = frozenset({"shopify"})  # whose ids are unique in the world, so that no shop is part of them


class AdjustmentKind(Enum):
    """What an amount is for that belongs to no line of the order."""

    SHIPPING = "shipping"  # shipping given back
    DISCREPANCY = "discrepancy"  # the shop gave back more (positive) or less (negative) than lines and shipping come to
    TIP = "tip"
    DUTY = "duty"
    FEE = "fee"  # a restocking fee and the like, kept by the shop: negative


@dataclass(frozen=True)
class RefundLine:
    """One line given back: how many of what, and for how much.

    >>> RefundLine(line_id="1", sku="TEE-M", title="T-shirt", quantity=Decimal(2), amount=Decimal("38.00"),
    ...            tax=Decimal("3.04")).total
    Decimal('41.04')
    """

    line_id: str  # the order system's id of the order's line; empty where it has none
    sku: str
    title: str
    quantity: Decimal  # 0 where money is given back without goods
    amount: Decimal  # what was given back for it, after discounts, without sales tax
    tax: Decimal = ZERO  # the sales tax given back with it
    restocked: bool = True  # the goods came back into stock, or never left it
    gift_card: bool = False  # the line sold a gift card

    @property
    def total(self) -> Decimal:
        """Amount and tax together."""
        return self.amount + self.tax


@dataclass(frozen=True)
class Adjustment:
    """An amount given back (positive) or kept (negative) that belongs to no line of the order."""

    kind: AdjustmentKind
    amount: Decimal
    tax: Decimal = ZERO
    reason: str = ""

    @property
    def total(self) -> Decimal:
        """Amount and tax together."""
        return self.amount + self.tax


@dataclass(frozen=True)
class MoneyBack:
    """Money that really went back to the customer: one successful refund transaction of one gateway."""

    amount: Decimal  # positive
    gateway: str  # the shop's name of it: shopify_payments, paypal, manual, ...; empty where the source has none
    transaction_id: str = ""
    store_credit: bool = False  # given as gift card or store credit: the shop keeps it as a liability, no money moved


@dataclass(frozen=True)
class OrderLine:
    """One line of the original order: matches the sale's lines in QuickBooks, tells a full from a partial refund."""

    line_id: str
    sku: str
    title: str
    quantity: Decimal
    amount: Decimal  # after discounts, without sales tax
    tax: Decimal = ZERO
    gift_card: bool = False  # the line sells a gift card


@dataclass(frozen=True)
class Order:
    """The original order as far as a refund, or creating it, needs it. Unknown amounts are None, never zero."""

    order_id: str
    number: str  # as the customer sees it, with or without a leading '#'
    created_at: datetime | None = None
    cancelled_at: datetime | None = None
    customer_name: str = ""
    customer_email: str = ""
    lines: tuple[OrderLine, ...] = ()
    shipping: Decimal | None = None  # without sales tax, after discounts
    tax: Decimal | None = None
    total: Decimal | None = None
    taxes_included: bool = False  # the prices of the order contain the sales tax (amounts here never do)
    extras: tuple[Adjustment, ...] = ()  # tips, duties and fees of the order, positive
    paid: bool | None = None  # all of it, and with money alone; None: not told


@dataclass(frozen=True)
class Refund:
    """One refund event of one order.

    Its identity is (source, shop, external_id): the same by every door it comes in, at every try.
    """

    source: str  # the order system: shopify, woocommerce, ...
    shop: str  # empty where the order system's ids are unique in the world
    external_id: str  # the order system's id of this refund
    order: Order
    created_at: datetime
    currency: str  # ISO 4217
    lines: tuple[RefundLine, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    money: tuple[MoneyBack, ...] = ()
    note: str = ""
    channel_tax: Decimal = ZERO  # of the tax in it, what a sales channel (a marketplace) collected and gave back
    exchanged_for: tuple[OrderLine, ...] = ()  # goods that go out in return, where the shop says so

    @property
    def value(self) -> Decimal:
        """Value given back: lines, shipping and other adjustments, with their tax."""
        return sum((line.total for line in self.lines), ZERO) + sum((a.total for a in self.adjustments), ZERO)

    @property
    def tax(self) -> Decimal:
        """The sales tax in `value`."""
        return sum((line.tax for line in self.lines), ZERO) + sum((a.tax for a in self.adjustments), ZERO)

    @property
    def money_back(self) -> Decimal:
        """Money that went back, without what the shop itself keeps as gift card or store credit."""
        return sum((m.amount for m in self.money if not m.store_credit), ZERO)

    @property
    def store_credit(self) -> Decimal:
        """What was given as gift card or store credit of the shop."""
        return sum((m.amount for m in self.money if m.store_credit), ZERO)

    @property
    def given(self) -> Decimal:
        """What the customer has been given, in money and store credit."""
        return self.money_back + self.store_credit


@dataclass(frozen=True)
class OrderTold:
    """An order as it stood at a time, with all the refunds that it had: one of before that it lacks is gone."""

    source: str
    shop: str
    order_id: str
    number: str
    as_of: datetime
    refunds: frozenset[str]  # the order system's ids
