"""A refund of Shopify: lines, adjustments and the transactions by which money went back.

Signs on the wire: a shipping refund is negative there, and so is a discrepancy by which more was given back; both are
turned, so that what comes back to the customer is positive. Subtotals contain the tax where the order's prices do, and
are given here without it. Money is the sum of successful refund transactions and never worked out from lines.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from qbwc_server.refunds.model import (
    ZERO,
    Adjustment,
    AdjustmentKind,
    MoneyBack,
    Order,
    OrderLine,
    Refund,
    RefundLine,
)
from qbwc_server.sources.checks import STORE_CREDIT_GATEWAYS, adjustments_or_amount, shown
from qbwc_server.sources.fields import Record
from qbwc_server.sources.reading import RecordRefused
from qbwc_server.sources.shares import share
from qbwc_server.sources.shopify.amounts import optional_shop_amount, shop_amount, tax_of

_RESTOCKED = {"no_restock": False, "cancel": True, "return": True, "legacy_restock": True}

_ADJUSTMENT_KINDS = {
    "shipping_refund": AdjustmentKind.SHIPPING,
    "refund_discrepancy": AdjustmentKind.DISCREPANCY,
    "pending_refund_discrepancy": AdjustmentKind.DISCREPANCY,
}

_MONEY, _NO_MONEY, _UNSETTLED = "money", "no money", "unsettled"
_STATUSES = {
    "success": _MONEY,
    "failure": _NO_MONEY,
    "error": _NO_MONEY,
    "pending": _UNSETTLED,
    "awaiting_response": _UNSETTLED,
    "unknown": _UNSETTLED,
}


@dataclass(frozen=True)
class SoldLine:
    """A line of the order as Shopify tells it."""

    line_id: str
    sku: str
    title: str
    gift_card: bool
    quantity: int
    current_quantity: int  # without what was removed from the order since
    price_paid: Decimal  # of all units, after discounts; with the tax where taxes are included
    tax: Decimal
    tax_known: bool
    taxes_included: bool
    channel_tax: Decimal = ZERO  # of the tax, what the sales channel collects

    def as_order_line(self) -> OrderLine:
        """The line with its amount without tax."""
        amount = self.price_paid - self.tax if self.taxes_included else self.price_paid
        return OrderLine(
            self.line_id, self.sku, self.title, Decimal(self.quantity), amount, self.tax, gift_card=self.gift_card
        )


@dataclass(frozen=True)
class OrderContext:
    """The order that a refund belongs to, read once for all of its refunds."""

    order: Order
    currency: str
    sold: Mapping[str, SoldLine]
    given_back_before: Mapping[tuple[int, int], int | None]  # see orders._given_back_before


def read_refund(record: Record, index: int, context: OrderContext) -> Refund:
    """The refund at `index` of the order's list. Raises RecordRefused with the place and the reason."""
    money = _money(record, context.currency)
    lines = tuple(
        _line(line, record, context, (index, line_index))
        for line_index, line in enumerate(record.records("refund_line_items"))
    )
    found = (*_adjustments(record, context.currency), *_shipping(record, context), *_charges(record, context))
    adjustments = tuple(adjustment for adjustment in found if adjustment.amount or adjustment.tax)
    return Refund(
        source="shopify",
        shop="",
        external_id=record.identifier("id"),
        order=context.order,
        created_at=record.moment("processed_at" if record.has("processed_at") else "created_at"),
        currency=context.currency,
        lines=lines,
        adjustments=adjustments_or_amount(lines, adjustments, money),
        money=money,
        note=record.text("note"),
        channel_tax=_channel_tax(lines, adjustments, context),
    )


def _channel_tax(lines: tuple[RefundLine, ...], adjustments: tuple[Adjustment, ...], context: OrderContext) -> Decimal:
    """The tax in a refund that the sales channel collected: of each line as much of it as of the line sold.

    Where it is all of the tax of the lines, it is that of the shipping, too.
    """
    of_lines = sum((_channel_part(line, context.sold.get(line.line_id)) for line in lines), ZERO)
    if of_lines and of_lines == sum((line.tax for line in lines), ZERO):
        return of_lines + sum((adjustment.tax for adjustment in adjustments), ZERO)
    return of_lines


def _channel_part(line: RefundLine, sold: SoldLine | None) -> Decimal:
    if sold is None or not sold.tax or not sold.channel_tax:
        return ZERO
    return (line.tax * sold.channel_tax / sold.tax).quantize(ZERO, rounding=ROUND_HALF_UP)


def _money(refund: Record, currency: str) -> tuple[MoneyBack, ...]:
    money = []
    for transaction in refund.records("transactions"):
        if transaction.text("kind") != "refund":
            continue
        status = transaction.text("status")
        if status not in _STATUSES:
            raise RecordRefused(transaction.at("status"), f"{shown(status)} is not one of {', '.join(_STATUSES)}")
        if _STATUSES[status] == _UNSETTLED:
            raise RecordRefused(
                transaction.at("status"),
                f"the refund is not settled yet ({status}); import it again once Shopify shows it as settled",
            )
        if _STATUSES[status] == _MONEY:
            money.append(_money_back(transaction, currency))
    return tuple(transaction for transaction in money if transaction.amount)


def _money_back(transaction: Record, currency: str) -> MoneyBack:
    stated = transaction.text("currency")
    if not transaction.has("amount_set") and stated not in ("", currency):
        raise RecordRefused(
            transaction.at("currency"),
            f"is {shown(stated)}, but the order's currency is {currency}; export them in the shop's currency",
        )
    amount = shop_amount(transaction, "amount", currency)
    if amount < 0:
        raise RecordRefused(transaction.at("amount"), f"{amount} is negative")
    gateway = transaction.text("gateway")
    return MoneyBack(
        amount=amount,
        gateway=gateway,
        transaction_id=transaction.identifier("id") if transaction.has("id") else "",
        store_credit=gateway in STORE_CREDIT_GATEWAYS,
    )


def _line(line: Record, refund: Record, context: OrderContext, position: tuple[int, int]) -> RefundLine:
    line_id = line.identifier("line_item_id")
    sold = context.sold.get(line_id)
    described = _described(line, sold)
    quantity = line.whole_number("quantity")
    tax = optional_shop_amount(line, "total_tax", context.currency)
    if tax is None:
        tax = _share_of_tax(line, sold, context, position)
    paid = optional_shop_amount(line, "subtotal", context.currency)
    if paid is None:
        paid = _share(line, "subtotal", sold, context, position)
    return RefundLine(
        line_id=line_id,
        sku=described.sku,
        title=described.title,
        quantity=Decimal(quantity),
        amount=paid - tax if context.order.taxes_included else paid,
        tax=tax,
        restocked=_restocked(line, refund),
        gift_card=described.gift_card,
    )


@dataclass(frozen=True)
class _Described:
    sku: str
    title: str
    gift_card: bool


def _described(line: Record, sold: SoldLine | None) -> SoldLine | _Described:
    """What was sold: the order's line, else the copy of it within the refund."""
    embedded = line.record("line_item")
    if sold is not None:
        return sold
    if embedded is None:
        raise RecordRefused(line.at("line_item_id"), f"the order has no line {line.identifier('line_item_id')}")
    return _Described(embedded.text("sku"), embedded.text("title"), embedded.flag("gift_card", missing=False))


def _share_of_tax(line: Record, sold: SoldLine | None, context: OrderContext, position: tuple[int, int]) -> Decimal:
    if context.order.tax == 0:
        return ZERO
    if sold is not None and not sold.tax_known:
        raise RecordRefused(line.at("total_tax"), "is missing, and the order's line has no tax_lines to tell it from")
    return _share(line, "total_tax", sold, context, position)


def _share(line: Record, name: str, sold: SoldLine | None, context: OrderContext, position: tuple[int, int]) -> Decimal:
    """The part of the sold line's amount or tax that belongs to the units given back, where the refund doesn't say."""
    if sold is None:
        raise RecordRefused(line.at(name), "is missing, and the order has no such line to tell it from")
    before = context.given_back_before.get(position)
    if before is None:
        raise RecordRefused(line.at(name), "is missing, and an earlier refund of the order can't be read to tell it")
    quantity = line.whole_number("quantity")
    if before + quantity > sold.quantity:
        raise RecordRefused(
            line.at("quantity"), f"{before + quantity} given back in all, but only {sold.quantity} were ordered"
        )
    whole = sold.price_paid if name == "subtotal" else sold.tax
    return share(whole, Decimal(before), Decimal(quantity), Decimal(sold.quantity))


def _restocked(line: Record, refund: Record) -> bool:
    kind = line.text("restock_type")
    if not kind:
        return refund.flag("restock", missing=True)
    if kind not in _RESTOCKED:
        raise RecordRefused(line.at("restock_type"), f"{shown(kind)} is not one of {', '.join(_RESTOCKED)}")
    return _RESTOCKED[kind]


def _adjustments(refund: Record, currency: str) -> list[Adjustment]:
    return [
        Adjustment(
            kind=_adjustment_kind(adjustment),
            amount=-shop_amount(adjustment, "amount", currency),
            tax=-(optional_shop_amount(adjustment, "tax_amount", currency) or ZERO),
            reason=adjustment.text("reason"),
        )
        for adjustment in refund.records("order_adjustments")
    ]


def _adjustment_kind(adjustment: Record) -> AdjustmentKind:
    name = "kind" if adjustment.has("kind") else "reason"
    kind = adjustment.text(name).lower().replace(" ", "_")
    if kind not in _ADJUSTMENT_KINDS:
        raise RecordRefused(
            adjustment.at(name), f"{shown(adjustment.text(name))} is not one of {', '.join(_ADJUSTMENT_KINDS)}"
        )
    return _ADJUSTMENT_KINDS[kind]


def _shipping(refund: Record, context: OrderContext) -> list[Adjustment]:
    """Shipping given back as the newer API says it, where no adjustment has it already."""
    if any(
        _adjustment_kind(adjustment) is AdjustmentKind.SHIPPING for adjustment in refund.records("order_adjustments")
    ):
        return []
    adjustments = []
    for line in refund.records("refund_shipping_lines"):
        paid = shop_amount(line, "subtotal_amount", context.currency)
        tax = optional_shop_amount(line, "tax_amount", context.currency)
        if tax is None:
            tax = _shipping_tax(line, paid, context.currency)
        amount = paid - tax if context.order.taxes_included else paid
        adjustments.append(Adjustment(AdjustmentKind.SHIPPING, amount, tax, "Shipping refund"))
    return adjustments


def _shipping_tax(line: Record, paid: Decimal, currency: str) -> Decimal:
    """The tax on shipping given back: as much of the shipping line's tax as of its price."""
    shipping_line = line.record("shipping_line")
    if shipping_line is None:
        raise RecordRefused(line.at("shipping_line"), "is missing, and so is the tax that was given back")
    price_name = "discounted_price" if shipping_line.has("discounted_price") else "price"
    price, tax = shop_amount(shipping_line, price_name, currency), tax_of(shipping_line, currency)
    if not price:
        return ZERO
    return (tax * paid / price).quantize(ZERO, rounding=ROUND_HALF_UP)


def _charges(refund: Record, context: OrderContext) -> list[Adjustment]:
    """Duties and additional fees of the order that were given back."""
    adjustments = []
    for name, kind, reason in (
        ("total_duties", AdjustmentKind.DUTY, "Duties"),
        ("total_additional_fees", AdjustmentKind.FEE, "Additional fees"),
    ):
        amount = optional_shop_amount(refund, name, context.currency)
        if amount:
            adjustments.append(Adjustment(kind, amount, reason=reason))
    return adjustments
