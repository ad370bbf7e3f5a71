"""An order of Shopify: what the refunds in it need to know of it, and the refund that a cancelled, unpaid order is."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from qbwc_server.refunds.model import ZERO, Adjustment, AdjustmentKind, Order, Refund, RefundLine
from qbwc_server.sources import checks
from qbwc_server.sources.fields import Record
from qbwc_server.sources.gathering import Gathering
from qbwc_server.sources.reading import RecordRefused
from qbwc_server.sources.shares import share
from qbwc_server.sources.shopify.amounts import channel_tax_of, discount_of, optional_shop_amount, shop_amount, tax_of
from qbwc_server.sources.shopify.refunds import OrderContext, SoldLine, read_refund

_UNPAID = frozenset({"pending", "authorized", "voided", "expired"})
_NOTHING_REFUNDED = _UNPAID | {"paid", "partially_paid"}
_ONCE_PAID = frozenset({"paid", "partially_refunded", "refunded"})


def read_order(data: object, place: str, gathering: Gathering) -> None:
    """Adds what the order's refunds are, and refuses those that can't be read; an order without any adds nothing."""
    try:
        record = Record(data, place)
        refunds = _refunds_of(record)
        cancelled_unpaid = not refunds and _is_cancelled_unpaid(record)
        if not refunds and not cancelled_unpaid:
            return
        context = _context(record)
        if cancelled_unpaid:
            gathering.add(_cancellation(record, context), place or "the order")
    except RecordRefused as error:
        gathering.refuse(error.place or "the order", error.reason)
        return
    for index, refund in enumerate(refunds):
        _read_refund_of(refund, index, record, context, gathering)


def _read_refund_of(data: object, index: int, order: Record, context: OrderContext, gathering: Gathering) -> None:
    place = order.at(f"refunds[{index}]")
    try:
        refund = read_refund(Record(data, place), index, context)
    except RecordRefused as error:
        gathering.refuse(error.place, error.reason)
        return
    gathering.add(refund, place)


def _refunds_of(order: Record) -> list[object]:
    if not order.has("refunds") and order.text("financial_status") not in _NOTHING_REFUNDED:
        raise RecordRefused(
            order.at("refunds"),
            "is missing, so what was refunded can't be told; export the orders with all of their fields",
        )
    return order.items("refunds")


def _is_cancelled_unpaid(order: Record) -> bool:
    if not order.has("cancelled_at"):
        return False
    status = order.text("financial_status")
    if not status:
        raise RecordRefused(
            order.at("financial_status"), "is missing, so whether the cancelled order was paid can't be told"
        )
    return status in _UNPAID


def _context(order: Record) -> OrderContext:
    if not order.has("currency"):
        raise RecordRefused(order.at("currency"), "is missing")
    currency = checks.currency(order.data["currency"], order.at("currency"))
    taxes_included = order.flag("taxes_included", missing=False)
    sold = [_sold_line(line, currency, taxes_included) for line in order.records("line_items")]
    by_id = {line.line_id: line for line in sold}
    if len(by_id) < len(sold):
        raise RecordRefused(order.at("line_items"), "has two lines of the same id, so refunds can't be told apart")
    return OrderContext(
        order=Order(
            order_id=order.identifier("id"),
            number=order.identifier("name" if order.has("name") else "order_number"),
            created_at=order.optional_moment("created_at"),
            cancelled_at=order.optional_moment("cancelled_at"),
            customer_name=_customer_name(order),
            customer_email=_customer_email(order),
            lines=tuple(line.as_order_line() for line in sold),
            shipping=_shipping(order, currency, taxes_included).amount if order.has("shipping_lines") else None,
            tax=optional_shop_amount(order, "total_tax", currency),
            total=optional_shop_amount(order, "total_price", currency),
            taxes_included=taxes_included,
            extras=_extras(order, currency),
            paid=_paid(order, currency),
        ),
        currency=currency,
        sold=by_id,
        given_back_before=_given_back_before(order),
    )


def _sold_line(line: Record, currency: str, taxes_included: bool) -> SoldLine:
    quantity = line.whole_number("quantity")
    price = shop_amount(line, "price", currency)
    return SoldLine(
        line_id=line.identifier("id"),
        sku=line.text("sku"),
        title=line.text("title"),
        gift_card=line.flag("gift_card", missing=False),
        quantity=quantity,
        current_quantity=line.whole_number("current_quantity") if line.has("current_quantity") else quantity,
        price_paid=price * quantity - discount_of(line, currency),
        tax=tax_of(line, currency),
        tax_known=line.has("tax_lines"),
        taxes_included=taxes_included,
        channel_tax=channel_tax_of(line, currency),
    )


def _extras(order: Record, currency: str) -> tuple[Adjustment, ...]:
    """The tip and the duties in the order's total."""
    tip = optional_shop_amount(order, "total_tip_received", currency) or ZERO
    duties = optional_shop_amount(order, "original_total_duties", currency) or ZERO
    found = (Adjustment(AdjustmentKind.TIP, tip), Adjustment(AdjustmentKind.DUTY, duties))
    return tuple(extra for extra in found if extra.amount)


def _paid(order: Record, currency: str) -> bool | None:
    """Whether all of it was paid, and nothing by gift card or store credit; None where it is not told by which way."""
    status = order.text("financial_status")
    if status in _UNPAID or status == "partially_paid":
        return False
    if status not in _ONCE_PAID or not order.has("payment_gateway_names"):
        return None
    by_credit = any(str(name) in checks.STORE_CREDIT_GATEWAYS for name in order.items("payment_gateway_names"))
    return not by_credit and not optional_shop_amount(order, "total_outstanding", currency)


@dataclass(frozen=True)
class _Shipping:
    amount: Decimal  # without tax
    tax: Decimal


def _shipping(order: Record, currency: str, taxes_included: bool) -> _Shipping:
    price, tax = ZERO, ZERO
    for line in order.records("shipping_lines"):
        discounted = optional_shop_amount(line, "discounted_price", currency)
        if discounted is None:
            discounted = shop_amount(line, "price", currency) - discount_of(line, currency)
        price += discounted
        tax += tax_of(line, currency)
    return _Shipping(price - tax if taxes_included else price, tax)


def _cancellation(record: Record, context: OrderContext) -> Refund:
    """The refund that a cancelled order is for which no money ever came: all that was left of it comes back."""
    shipping = _shipping(record, context.currency, context.order.taxes_included)
    adjustments: tuple[Adjustment, ...] = ()
    if shipping.amount or shipping.tax:
        adjustments = (Adjustment(AdjustmentKind.SHIPPING, shipping.amount, shipping.tax, "Order cancelled"),)
    return Refund(
        source="shopify",
        shop="",
        external_id=f"cancel-{context.order.order_id}",
        order=context.order,
        created_at=record.moment("cancelled_at"),
        currency=context.currency,
        lines=tuple(_remaining(line) for line in context.sold.values() if line.current_quantity),
        adjustments=adjustments,
        note="Order cancelled before it was paid",
    )


def _remaining(line: SoldLine) -> RefundLine:
    of, count = Decimal(line.quantity), Decimal(line.current_quantity)
    if count > of:
        raise RecordRefused("", f"line {line.line_id} has a current_quantity of {count}, more than the {of} ordered")
    paid, tax = share(line.price_paid, of - count, count, of), share(line.tax, of - count, count, of)
    return RefundLine(
        line_id=line.line_id,
        sku=line.sku,
        title=line.title,
        quantity=count,
        amount=paid - tax if line.taxes_included else paid,
        tax=tax,
        restocked=True,
        gift_card=line.gift_card,
    )


def _given_back_before(order: Record) -> dict[tuple[int, int], int | None]:
    """How many units of its line were given back before each refund line, by (refund, line) in the order's list.

    None from the first refund line on that can't be read: what came before is unknown there.
    """
    positions: dict[tuple[int, int], int | None] = {}
    counted: dict[str, int] = {}
    known = True
    for refund_index, refund in enumerate(order.items("refunds")):
        lines = refund.get("refund_line_items") if isinstance(refund, dict) else None
        known = known and (lines is None or isinstance(lines, list))
        for line_index, line in enumerate(lines if isinstance(lines, list) else ()):
            line_id = str(line.get("line_item_id")) if isinstance(line, dict) else ""
            count = line.get("quantity") if isinstance(line, dict) else None
            positions[refund_index, line_index] = counted.get(line_id, 0) if known else None
            if isinstance(count, int) and not isinstance(count, bool) and count >= 0:
                counted[line_id] = counted.get(line_id, 0) + count
            else:
                known = False
    return positions


def _customer_name(order: Record) -> str:
    customer = order.record("customer")
    if customer is not None:
        name = " ".join(part for part in (customer.text("first_name"), customer.text("last_name")) if part)
        if name:
            return name
    billing = order.record("billing_address")
    return billing.text("name") if billing is not None else ""


def _customer_email(order: Record) -> str:
    customer = order.record("customer")
    return order.text("email") or order.text("contact_email") or (customer.text("email") if customer else "")
