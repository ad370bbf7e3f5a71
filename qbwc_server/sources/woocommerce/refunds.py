"""A refund of WooCommerce: lines, shipping and fees that came back, and the money.

A refund is made either through the gateway (`refunded_payment`), or by hand: then WooCommerce only notes it, and
whoever made it pays the money back another way. For an order that was never paid there is no money to pay back.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal

from qbwc_server.refunds.model import ZERO, Adjustment, AdjustmentKind, MoneyBack, Order, Refund, RefundLine
from qbwc_server.sources import checks
from qbwc_server.sources.fields import Record
from qbwc_server.sources.reading import RecordRefused
from qbwc_server.sources.woocommerce.parts import (
    Parts,
    SoldLine,
    given_back,
    meta_value,
    moment_of,
    refund_adjustments,
)
from qbwc_server.sources.woocommerce.site import order_in_link

BY_HAND = "manual"
"""The gateway of money that somebody paid back outside of WooCommerce."""

NO_MONEY = None


@dataclass(frozen=True)
class OrderContext:
    """The order that a refund belongs to, read once for all of its refunds."""

    order: Order
    shop: str
    currency: str
    time_zone: tzinfo  # of the connection, for times that are not in GMT
    sold: Mapping[str, SoldLine]
    parts: Sequence[Adjustment]  # shipping and fees of the order
    paid: bool
    gateway: str
    units_given_back: Mapping[str, Decimal]  # of each line, by all refunds that are told in full


def read_refund(record: Record, context: OrderContext, *, alone: bool) -> Refund:
    """A refund as /orders/ID/refunds tells it; `alone`: the order has no other.

    Raises RecordRefused with the place and the reason.
    """
    belongs_to = order_in_link(record)
    if belongs_to is not None and belongs_to != context.order.order_id:
        raise RecordRefused(
            record.at("_links"), f"is a refund of the order {belongs_to}, not of {context.order.order_id}"
        )
    refund_id, amount = record.identifier("id"), checks.amount_given(record.data.get("amount"), record.at("amount"))
    parts = _parts(record, context)
    gateway = _gateway(record, context)
    if not parts.lines and not parts.adjustments and alone and amount and amount == context.order.total:
        return everything(
            context,
            refund_id=refund_id,
            created_at=_created_at(record, context),
            note=record.text("reason"),
            gateway=gateway,
            place=record.place,
            restocked=_flag(record, "api_restock"),
        )
    settled = parts.made_to(amount)
    if settled is None:
        difference = Adjustment(AdjustmentKind.DISCREPANCY, amount - parts.value, reason=_why(parts))
        settled = Parts(parts.lines, (*parts.adjustments, difference))
    return _refund(context, refund_id, _created_at(record, context), settled, amount, gateway, record.text("reason"))


def everything(
    context: OrderContext,
    *,
    refund_id: str,
    created_at: datetime,
    note: str,
    gateway: str | None,
    place: str,
    restocked: bool | None = None,
) -> Refund:
    """The refund that gives back all of the order. Raises RecordRefused where its parts don't come to its total."""
    lines = tuple(
        RefundLine(
            line_id=sold.line.line_id,
            sku=sold.line.sku,
            title=sold.line.title,
            quantity=sold.line.quantity,
            amount=sold.line.amount,
            tax=sold.line.tax,
            restocked=not sold.stock_taken if restocked is None else restocked,
        )
        for sold in context.sold.values()
    )
    parts, total = Parts(lines, tuple(context.parts)), context.order.total or ZERO
    settled = parts.made_to(total)
    if settled is None:
        raise RecordRefused(
            place, f"gives back all of the order over {total}, but the order's parts come to {parts.value}"
        )
    return _refund(context, refund_id, created_at, settled, total, gateway, note)


def units_given_back(refunds: Iterable[Record], sold: Mapping[str, SoldLine]) -> dict[str, Decimal]:
    """How many units of each line the refunds give back together, as far as they can be read."""
    counted: dict[str, Decimal] = {}
    for refund in refunds:
        items = refund.data.get("line_items")
        for line in items if isinstance(items, list) else ():
            try:
                record = Record(line, refund.place)
                line_id = _line_id(record, sold)
                counted[line_id] = counted.get(line_id, Decimal(0)) + _units(record)
            except RecordRefused:
                continue  # it is refused with its refund
    return counted


def _refund(
    context: OrderContext,
    refund_id: str,
    created_at: datetime,
    parts: Parts,
    amount: Decimal,
    gateway: str | None,
    note: str,
) -> Refund:
    return Refund(
        source="woocommerce",
        shop=context.shop,
        external_id=refund_id,
        order=context.order,
        created_at=created_at,
        currency=context.currency,
        lines=parts.lines,
        adjustments=parts.adjustments,
        money=(MoneyBack(amount, gateway),)
        if gateway is not NO_MONEY and amount and _had_money(context, gateway)
        else (),
        note=note,
    )


def _had_money(context: OrderContext, gateway: str) -> bool:
    """Through the gateway money went back for sure; by hand, or any way, only what had come in."""
    return context.paid or gateway not in (BY_HAND, "")


def _gateway(record: Record, context: OrderContext) -> str:
    through_gateway = _flag(record, "refunded_payment")
    if through_gateway is None:
        through_gateway = _flag(record, "api_refund")
    if through_gateway is None:
        return ""
    return (context.gateway or "unnamed") if through_gateway else BY_HAND


def _flag(record: Record, name: str) -> bool | None:
    return record.flag(name, missing=False) if record.has(name) else None


def _parts(record: Record, context: OrderContext) -> Parts:
    lines = (_line(line, record, context) for line in record.records("line_items"))
    return Parts(tuple(line for line in lines if line.quantity or line.amount or line.tax), refund_adjustments(record))


def _line(line: Record, refund: Record, context: OrderContext) -> RefundLine:
    line_id = _line_id(line, context.sold)
    sold = context.sold.get(line_id)
    return RefundLine(
        line_id=line_id,
        sku=line.text("sku") or (sold.line.sku if sold else ""),
        title=html.unescape(line.text("name")) or (sold.line.title if sold else ""),
        quantity=_units(line),
        amount=given_back(line, "total"),
        tax=given_back(line, "total_tax"),
        restocked=_restocked(refund, sold, context),
    )


def _line_id(line: Record, sold: Mapping[str, SoldLine]) -> str:
    """The order's line that a refund's line gives back: as it says itself, else the only one of its product."""
    named = meta_value(line, "_refunded_item_id")
    if named is not None:
        return checks.identifier(named, line.at("meta_data"))
    product = (str(line.data.get("product_id")), str(line.data.get("variation_id") or 0))
    same = [line_id for line_id, other in sold.items() if other.product == product]
    return same[0] if len(same) == 1 else ""


def _units(line: Record) -> Decimal:
    """Negative in the API; positive in the old one."""
    value = line.data.get("quantity")
    if isinstance(value, str):
        value = value.strip().removeprefix("-")
    elif isinstance(value, Decimal):
        value = value.copy_abs()
    elif isinstance(value, int) and not isinstance(value, bool):
        value = abs(value)
    return checks.quantity(value, line.at("quantity"))


def _restocked(refund: Record, sold: SoldLine | None, context: OrderContext) -> bool:
    """Whether the goods came back into stock: the order's line keeps what was taken from it and what was put back."""
    asked = _flag(refund, "api_restock")
    if asked is not None:
        return asked
    if sold is None or not (sold.stock_taken or sold.restocked):
        return True  # stock is not managed, so nothing left it
    return sold.restocked >= context.units_given_back.get(sold.line.line_id, Decimal(0))


def _why(parts: Parts) -> str:
    if not parts.lines and not parts.adjustments:
        return "Amount refunded without lines"
    return "The amount refunded differs from the lines"


def _created_at(record: Record, context: OrderContext) -> datetime:
    created_at = moment_of(record, "date_created", "created_at", context.time_zone)
    if created_at is None:
        raise RecordRefused(record.at("date_created_gmt"), "is missing")
    return created_at
