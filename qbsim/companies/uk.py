"""A small shop in the UK: prices contain VAT, sales at the standard rate and at zero, some refunded already."""

from __future__ import annotations

import random
from datetime import datetime, timezone
from decimal import Decimal

from qbsim.builder import CompanyBuilder, Line
from qbsim.clock import SettableClock
from qbsim.company import Company
from qbsim.editions import UK

#: Orders in the company; the first one's number.
ORDERS, FIRST_ORDER = 30, 5001
_START = datetime(2024, 1, 8, 9, 0, tzinfo=timezone.utc)
#: Stock of each mug at the start, more than all orders can take.
_ON_HAND = 500


def uk_shop(seed: int) -> Company:
    """The shop with its orders numbered from FIRST_ORDER on: receipts, invoices that are paid, and every sixth order a
    credit memo, which every other time is paid out by check.
    """
    chance = random.Random(seed)  # noqa: S311  the same company again, no secret
    clock = SettableClock(_START)
    builder = CompanyBuilder("Tea & Tins Ltd", clock, country=UK)
    _fill_lists(builder)
    for number in range(FIRST_ORDER, FIRST_ORDER + ORDERS):
        clock.advance(days=1, seconds=chance.randint(0, 3600))
        customer = chance.choice(_CUSTOMERS)
        lines = [Line(item, quantity=chance.randint(1, 3)) for item in chance.sample(_GOODS, chance.randint(1, 3))]
        lines.append(Line("Delivery"))
        if chance.random() < 0.3:
            lines += [Line("Subtotal"), Line("Spring offer")]
        if number % 3:
            builder.sales_receipt(customer, lines, ref_number=str(number), is_tax_included=True)
        else:
            builder.receive_payment(builder.invoice(customer, lines, ref_number=str(number), is_tax_included=True))
        if number % 6 == 0:
            memo = builder.credit_memo(customer, lines[:1], ref_number=f"{number}-R1", is_tax_included=True)
            if number % 12 == 0:
                builder.refund_by_check(memo, memo.total)
    return builder.company


_CUSTOMERS = ("Ada Byron", "Charles Babbage", "Web orders")
_GOODS = ("Mug", "Teapot", "Tea, 250 g", "Recipe book")


def _fill_lists(builder: CompanyBuilder) -> None:
    for customer in _CUSTOMERS:
        builder.customer(customer)
    builder.inventory_item("Mug", price="11.99", cost="3.10", on_hand=_ON_HAND)
    builder.inventory_item("Teapot", price="34.95", cost="12.45", on_hand=_ON_HAND)
    builder.non_inventory_item("Tea, 250 g", price="6.49", tax_code="Z")
    builder.non_inventory_item("Recipe book", price="14.99", tax_code="Z")
    builder.other_charge_item("Delivery", price=Decimal("3.95"))
    builder.subtotal_item()
    builder.discount_item("Spring offer", percent=10)
