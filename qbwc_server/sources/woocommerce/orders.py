"""An order of WooCommerce: what its refunds need to know of it, and the refund that a cancelled, unpaid order is.

What an order tells of a refund (number, reason, amount) is enough only where that one refund gives back all of the
order. Any other is refused until the refund itself is given: what came back would be guessed.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from datetime import datetime, tzinfo

from qbwc_server.refunds.model import ZERO, AdjustmentKind, Order, OrderLine, OrderTold, Refund
from qbwc_server.sources import checks
from qbwc_server.sources.fields import Record
from qbwc_server.sources.gathering import Gathering
from qbwc_server.sources.reading import RecordRefused
from qbwc_server.sources.woocommerce.parts import SoldLine, meta_number, moment_of, order_parts
from qbwc_server.sources.woocommerce.refunds import (
    NO_MONEY,
    OrderContext,
    everything,
    read_refund,
    units_given_back,
)
from qbwc_server.sources.woocommerce.site import site_of

_NEVER_REFUNDED = frozenset({"pending", "on-hold", "cancelled", "failed", "draft", "checkout-draft", "trash"})
_HOW_TO_TELL = (
    'give the refund itself beside its order: {"order": {...}, "refunds": [...]}, '
    "the answers of /orders/ID and /orders/ID/refunds"
)


@dataclass(frozen=True)
class Told:
    """What a file tells of one order: the order, and its refunds where they stand beside it."""

    order: object
    place: str
    refunds: object  # a list, from /orders/ID/refunds
    refunds_place: str


@dataclass(frozen=True)
class _RefundTold:
    record: Record
    refund_id: str
    in_full: bool  # not only what the order says of it


def read_order(told: Told, shop: str, time_zone: tzinfo, gathering: Gathering) -> None:
    """Adds what the order's refunds are, and refuses those that can't be read; an order without any adds nothing."""
    try:
        record = Record(told.order, told.place)
        refunds = _refunds_of(record, told)
        cancelled_unpaid = not refunds and _status(record) == "cancelled" and not _is_paid(record)
        _tell(record, refunds, shop, time_zone, gathering, cancelled_unpaid=cancelled_unpaid)
        if not refunds and not cancelled_unpaid:
            return
        context = _context(record, refunds, shop, time_zone)
        if cancelled_unpaid:
            gathering.add(_cancellation(record, context), told.place or "the order", provisional=True)
    except RecordRefused as error:
        gathering.refuse(error.place or "the order", error.reason)
        return
    for refund in refunds:
        _add(refund, record, context, gathering, alone=len(refunds) == 1)


def _tell(
    order: Record,
    refunds: list[_RefundTold],
    shop: str,
    time_zone: tzinfo,
    gathering: Gathering,
    *,
    cancelled_unpaid: bool,
) -> None:
    """Which refunds the order has. WooCommerce says of none that it was deleted, but its order lists them all, and
    changes its time with each that is made: an order of after a refund that lacks it shows that it is gone."""
    if not order.has("refunds"):
        return
    try:
        order_id = order.identifier("id")
        number = order.identifier("number" if order.has("number") else "order_number")
        site, changed = site_of(order, shop), moment_of(order, "date_modified", "updated_at", time_zone)
    except RecordRefused:
        return  # an order that does not say which it is tells nothing of any refund
    if changed is None:
        return
    ids = {refund.refund_id for refund in refunds} | ({_cancellation_id(order_id)} if cancelled_unpaid else set())
    gathering.tell(OrderTold("woocommerce", site, order_id, number, changed, frozenset(ids)))


def _cancellation_id(order_id: str) -> str:
    return f"cancel-{order_id}"


def _add(told: _RefundTold, order: Record, context: OrderContext, gathering: Gathering, *, alone: bool) -> None:
    try:
        if told.in_full:
            refund = read_refund(told.record, context, alone=alone)
        else:
            refund = _of_summary(told, order, context, alone=alone)
    except RecordRefused as error:
        gathering.refuse(error.place, error.reason)
        return
    gathering.add(refund, told.record.place, provisional=not told.in_full)


def _of_summary(told: _RefundTold, order: Record, context: OrderContext, *, alone: bool) -> Refund:
    """The refund of which the order tells only the amount, where that is all of the order."""
    amount = abs(told.record.amount("total"))
    if not alone or amount != context.order.total or not amount:
        raise RecordRefused(
            told.record.place,
            f"the order tells only that {amount} was refunded, not what came back; {_HOW_TO_TELL}",
        )
    return everything(
        context,
        refund_id=told.refund_id,
        created_at=_changed_at(order, context),
        note=told.record.text("reason"),
        gateway="",  # nor does it tell which way the money went
        place=told.record.place,
    )


def _cancellation(order: Record, context: OrderContext) -> Refund:
    """The refund that a cancelled order is for which no money ever came: all of it comes back."""
    return everything(
        context,
        refund_id=_cancellation_id(context.order.order_id),
        created_at=_changed_at(order, context),
        note="Order cancelled before it was paid",
        gateway=NO_MONEY,
        place=order.place,
        restocked=True,
    )


def _refunds_of(order: Record, told: Told) -> list[_RefundTold]:
    """The order's refunds, each once: as it was given beside the order, else as the order has it."""
    beside = Record({"refunds": told.refunds or []}, "").items("refunds")
    found: dict[str, _RefundTold] = {}
    for index, data in enumerate(beside):
        _note(found, Record(data, f"{told.refunds_place}[{index}]"), in_full=True)
    for record in order.records("refunds"):
        _note(found, record, in_full=record.has("amount"))
    if not found and (not order.has("refunds") and not told.refunds_place):
        if _status(order) not in _NEVER_REFUNDED:
            raise RecordRefused(order.at("refunds"), f"is missing, so what was refunded can't be told; {_HOW_TO_TELL}")
    elif not found and _status(order) == "refunded":
        raise RecordRefused(order.at("refunds"), f"is empty, but the order is refunded; {_HOW_TO_TELL}")
    return list(found.values())


def _note(found: dict[str, _RefundTold], record: Record, *, in_full: bool) -> None:
    refund_id = record.identifier("id")
    known = found.get(refund_id)
    if known is not None and known.in_full and in_full and known.record.data != record.data:
        raise RecordRefused(record.place, f"is the refund of {known.record.place} again, but says something else")
    if known is None or (in_full and not known.in_full):
        found[refund_id] = _RefundTold(record, refund_id, in_full)


def _context(order: Record, refunds: list[_RefundTold], shop: str, time_zone: tzinfo) -> OrderContext:
    if not order.has("currency"):
        raise RecordRefused(order.at("currency"), "is missing")
    sold = [_sold_line(line) for line in order.records("line_items")]
    by_id = {line.line.line_id: line for line in sold}
    if len(by_id) < len(sold):
        raise RecordRefused(order.at("line_items"), "has two lines of the same id, so refunds can't be told apart")
    shipping = [line.amount("total") for line in order.records("shipping_lines")]
    context = OrderContext(
        order=Order(
            order_id=order.identifier("id"),
            number=order.identifier("number" if order.has("number") else "order_number"),
            created_at=moment_of(order, "date_created", "created_at", time_zone),
            cancelled_at=None,  # WooCommerce keeps no such time
            customer_name=_customer(order, "first_name", "last_name"),
            customer_email=_customer(order, "email"),
            lines=tuple(line.line for line in sold),
            shipping=sum(shipping, ZERO) if order.has("shipping_lines") else None,
            tax=order.amount("total_tax") if order.has("total_tax") else None,
            total=order.amount("total"),
            taxes_included=order.flag("prices_include_tax", missing=False),
            extras=tuple(part for part in order_parts(order) if part.kind is not AdjustmentKind.SHIPPING),
            paid=_is_paid(order),
        ),
        shop=site_of(order, shop),
        currency=checks.currency(order.data["currency"], order.at("currency")),
        time_zone=time_zone,
        sold=by_id,
        parts=order_parts(order),
        paid=_is_paid(order),
        gateway=_payment(order).text("method_id" if order.has("payment_details") else "payment_method"),
        units_given_back=units_given_back([told.record for told in refunds if told.in_full], by_id),
    )
    if not order.has("payment_method") and not order.has("payment_details"):
        raise RecordRefused(order.at("payment_method"), "is missing; export the orders with all of their fields")
    return context


def _sold_line(line: Record) -> SoldLine:
    return SoldLine(
        line=OrderLine(
            line_id=line.identifier("id"),
            sku=line.text("sku"),
            title=html.unescape(line.text("name")),
            quantity=checks.quantity(line.data.get("quantity"), line.at("quantity")),
            amount=line.amount("total"),
            tax=line.amount("total_tax") if line.has("total_tax") else ZERO,
        ),
        product=(str(line.data.get("product_id")), str(line.data.get("variation_id") or 0)),
        stock_taken=meta_number(line, "_reduced_stock"),
        restocked=meta_number(line, "_restock_refunded_items"),
    )


def _status(order: Record) -> str:
    status = order.text("status").removeprefix("wc-")
    if not status:
        raise RecordRefused(order.at("status"), "is missing; export the orders with all of their fields")
    return status


def _payment(order: Record) -> Record:
    return order.record("payment_details") or order


def _is_paid(order: Record) -> bool:
    """Whether money came in for it; in the old API `payment_details` says so."""
    payment = order.record("payment_details")
    if payment is not None:
        return payment.flag("paid", missing=False)
    if "date_paid" not in order.data and "date_paid_gmt" not in order.data:
        raise RecordRefused(
            order.at("date_paid"),
            "is missing, so whether money came in can't be told; export the orders with all of their fields",
        )
    return order.has("date_paid") or order.has("date_paid_gmt")


def _changed_at(order: Record, context: OrderContext) -> datetime:
    """When the order was last changed: nothing else tells when it was cancelled, or refunded as a whole."""
    changed = moment_of(order, "date_modified", "updated_at", context.time_zone)
    if changed is None:
        raise RecordRefused(order.at("date_modified_gmt"), "is missing, and nothing else tells the day of the refund")
    return changed


def _customer(order: Record, *names: str) -> str:
    billing = order.record("billing") or order.record("billing_address")
    if billing is None:
        return ""
    return " ".join(part for part in (billing.text(name) for name in names) if part)
