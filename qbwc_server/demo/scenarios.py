"""The scenarios of the demonstration: each makes one sale, says how QuickBooks booked it, and what the shop gave back.

They come lap after lap, so that a small world shows every kind of refund that needs no person, and a large one repeats
them with variations.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum

from qbwc_server.demo.shop import (
    CENT,
    NEVER_BOOKED,
    ZERO,
    GivenBack,
    Kind,
    Order,
    Refund,
    Shop,
    in_three,
    in_two,
    one_piece,
    whole,
)

#: Worlds of fewer refunds hold none that wait for a person.
REFUNDS_TO_SHOW_REVIEW = 50


class Booking(Enum):
    """How a sale stands in QuickBooks."""

    RECEIPT = "sales receipt"
    INVOICE = "invoice"
    ORDER = "sales order"
    ORDER_INVOICED = "sales order with its invoice, paid in full"
    UNKNOWN = "not at all"


@dataclass(frozen=True)
class Sale:
    """One order of the shop, its booking, and what became of it."""

    order: Order
    booking: Booking
    refunds: Sequence[Refund] = ()
    paid: Decimal = ZERO  # on the invoice, or ahead of it where there is only a sales order
    booked_as: Order | None = None  # where the bookkeeper entered something else than the shop sold
    is_cancelled: bool = False
    is_refund_written: bool = True  # a cancelled order may have none in the shop

    @property
    def in_quickbooks(self) -> Order:
        """The order as the bookkeeper entered it."""
        return self.booked_as or self.order


Scenario = Callable[[Shop, int], Sale]


def scenarios(refunds: int) -> Iterator[tuple[int, Scenario]]:
    """Lap after lap of scenarios for a world of so many refunds, each with the number of its lap, without end."""
    for lap in itertools.count():
        has_review = refunds >= REFUNDS_TO_SHOW_REVIEW and lap % _LAPS_TO_REVIEW == _FIRST_LAP_TO_REVIEW
        for scenario in (*(_FOR_REVIEW if has_review else ()), *_LAP):
            yield lap, scenario


def _kept(shop: Shop, lap: int) -> Sale:  # noqa: ARG001
    """Nobody sends it back: the sync must leave it alone."""
    order, _ = shop.order(whole)
    return Sale(order, Booking.RECEIPT)


def _kept_with_service(shop: Shop, lap: int) -> Sale:  # noqa: ARG001
    order, _ = shop.order(whole, with_service=True)
    return Sale(order, Booking.RECEIPT)


def _receipt_full(shop: Shop, lap: int) -> Sale:
    order, (given_back,) = shop.order(whole, with_service=lap % 2 == 1)
    restock = "no_restock" if lap % 4 == 3 else "return"
    return Sale(order, Booking.RECEIPT, [Refund(Kind.RECEIPT_FULL, given_back, given_back.value, restock)])


def _receipt_in_parts(shop: Shop, lap: int) -> Sale:
    order, given_backs = shop.order(in_two if lap % 2 == 0 else in_three, first_quantity=3, with_shipping=True)
    kinds = [Kind.RECEIPT_PARTIAL] * (len(given_backs) - 1) + [Kind.RECEIPT_SHIPPING]
    refunds = [
        Refund(kind, given_back, given_back.value, fails_first=lap % 3 == 2)
        for kind, given_back in zip(kinds, given_backs, strict=True)
    ]
    return Sale(order, Booking.RECEIPT, refunds)


def _receipt_discount(shop: Shop, lap: int) -> Sale:
    split = one_piece if lap % 2 == 0 else whole
    order, (given_back,) = shop.order(split, first_quantity=2, is_discounted=True)
    return Sale(order, Booking.RECEIPT, [Refund(Kind.RECEIPT_DISCOUNT, given_back, given_back.value)])


def _invoice_paid(shop: Shop, lap: int) -> Sale:
    order, (given_back,) = shop.order(whole, is_discounted=lap % 2 == 0, for_job=lap % 3 == 1)
    refund = Refund(Kind.INVOICE_PAID, given_back, given_back.value)
    return Sale(order, Booking.INVOICE, [refund], paid=order.total)


def _invoice_partly_paid(shop: Shop, lap: int) -> Sale:  # noqa: ARG001
    order, (given_back,) = shop.order(whole)
    paid = (order.total / 2).quantize(Decimal(1)).quantize(CENT)
    return Sale(order, Booking.INVOICE, [Refund(Kind.INVOICE_PARTLY_PAID, given_back, paid)], paid=paid)


def _invoice_cancelled(shop: Shop, lap: int) -> Sale:
    order, (given_back,) = shop.order(whole, with_service=lap % 2 == 1)
    refund = Refund(Kind.INVOICE_CANCELLED, given_back, restock="cancel")
    return Sale(order, Booking.INVOICE, [refund], is_cancelled=True, is_refund_written=lap % 2 == 1)


def _invoice_unpaid(shop: Shop, lap: int) -> Sale:  # noqa: ARG001
    order, (given_back,) = shop.order(whole, paid_by=NEVER_BOOKED)
    return Sale(order, Booking.INVOICE, [Refund(Kind.INVOICE_UNPAID, given_back, given_back.value)])


def _order_invoiced(shop: Shop, lap: int) -> Sale:
    order, (given_back,) = shop.order(whole, for_job=lap % 3 == 0, with_shipping=lap % 2 == 1)
    return Sale(order, Booking.ORDER_INVOICED, [Refund(Kind.ORDER_INVOICED, given_back, given_back.value)])


def _order_closed(shop: Shop, lap: int) -> Sale:
    order, (given_back,) = shop.order(whole)
    if lap % 2 == 0:
        refund = Refund(Kind.ORDER_CLOSED, given_back, restock="cancel")
        return Sale(order, Booking.ORDER, [refund], is_cancelled=True, is_refund_written=lap % 4 == 2)
    return Sale(order, Booking.ORDER, [Refund(Kind.ORDER_CLOSED, given_back, given_back.value, "cancel")])


def _order_closed_with_payment(shop: Shop, lap: int) -> Sale:  # noqa: ARG001
    order, (given_back,) = shop.order(whole, is_prepaid=True)
    refund = Refund(Kind.ORDER_CLOSED_WITH_PAYMENT, given_back, given_back.value, "cancel")
    return Sale(order, Booking.ORDER, [refund], paid=order.total)


def _order_unknown(shop: Shop, lap: int) -> Sale:  # noqa: ARG001
    order, (given_back,) = shop.order(whole)
    return Sale(order, Booking.UNKNOWN, [Refund(Kind.ORDER_UNKNOWN, given_back, given_back.value)])


def _goodwill(shop: Shop, lap: int) -> Sale:  # noqa: ARG001
    """Money for a scratched piece that the customer keeps: no item is set on which it could stand."""
    order, _ = shop.order(whole)
    amount = shop.random.choice(_GOODWILL)
    return Sale(order, Booking.RECEIPT, [Refund(Kind.GOODWILL, GivenBack(()), amount, discrepancy=amount)])


def _more_than_sale(shop: Shop, lap: int) -> Sale:  # noqa: ARG001
    """The bookkeeper entered one piece fewer than the shop sold, and the shop took all of them back."""
    order, (given_back,) = shop.order(whole, first_quantity=2)
    first, *others = order.lines
    booked_as = replace(order, lines=(replace(first, quantity=first.quantity - 1), *others))
    refund = Refund(Kind.MORE_THAN_SALE, given_back, given_back.value)
    return Sale(order, Booking.RECEIPT, [refund], booked_as=booked_as)


_GOODWILL = tuple(Decimal(text) for text in ("5.00", "10.00", "12.50"))
_LAP: tuple[Scenario, ...] = (
    *(_kept, _kept_with_service) * 3,
    _receipt_full,
    _receipt_in_parts,
    _receipt_discount,
    _invoice_paid,
    _invoice_partly_paid,
    _invoice_cancelled,
    _invoice_unpaid,
    _order_invoiced,
    _order_closed,
    _order_closed_with_payment,
    _order_unknown,
)
_FOR_REVIEW: tuple[Scenario, ...] = (_goodwill, _more_than_sale)
_LAPS_TO_REVIEW, _FIRST_LAP_TO_REVIEW = 4, 2  # every fourth lap has some that wait for a person
