"""A shop in the US that sells at home, in euro and in pounds; rates change from week to week, so that gains arise."""

from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone
from decimal import Decimal

from qbsim.builder import CompanyBuilder, Line
from qbsim.clock import SettableClock
from qbsim.company import Company

#: Orders in the company; the first one's number.
ORDERS, FIRST_ORDER = 30, 7001
_START = datetime(2024, 1, 8, 9, 0, tzinfo=timezone(timedelta(hours=-5)))
#: Each currency with its code, its rate at the start and a customer who trades in it.
_CURRENCIES = (
    ("Euro", "EUR", Decimal("1.0950"), "Eva Lindt"),
    ("British Pound", "GBP", Decimal("1.2710"), "Ken Marsh"),
)
_HOME_CUSTOMER = "Ada Byron"


def multi_currency_shop(seed: int) -> Company:
    """The shop with its orders numbered from FIRST_ORDER on: two of three are receipts, the third is an invoice that is
    paid later at another rate; every sixth order has a credit memo, half of it refunded by card.
    """
    chance = random.Random(seed)  # noqa: S311  the same company again, no secret
    clock = SettableClock(_START)
    builder = CompanyBuilder("Globe Prints", clock)
    _fill_lists(builder)
    for number in range(FIRST_ORDER, FIRST_ORDER + ORDERS):
        clock.advance(days=1, seconds=chance.randint(0, 3600))
        customer, rate = _customer(chance)
        lines = [Line("Print", quantity=chance.randint(1, 3)), Line("Shipping")]
        if number % 3:
            builder.sales_receipt(customer, lines, ref_number=str(number), exchange_rate=rate)
            continue
        invoice = builder.invoice(customer, lines, ref_number=str(number), exchange_rate=rate)
        builder.receive_payment(invoice, exchange_rate=_moved(rate, chance))
        if number % 6 == 0:
            memo = builder.credit_memo(customer, lines[:1], ref_number=f"{number}-R1", exchange_rate=rate)
            half = (memo.total / 2).quantize(Decimal("0.01"))
            builder.refund_by_card(memo, half, exchange_rate=_moved(rate, chance))
    return builder.company


def _fill_lists(builder: CompanyBuilder) -> None:
    builder.sales_tax_item("State Tax", "6.25")
    builder.customer(_HOME_CUSTOMER)
    for name, code, rate, customer in _CURRENCIES:
        builder.currency(name, code, rate)
        builder.customer(customer, currency=name, taxable=False)
        builder.account(f"{code} Account", "Bank", currency=name)
    builder.inventory_item("Print", price="45.00", cost="17.20", on_hand=500)
    builder.other_charge_item("Shipping", price="12.00")


def _customer(chance: random.Random) -> tuple[str, Decimal | None]:
    """A customer and the rate of the day, none in home currency."""
    _, _, rate, customer = chance.choice(_CURRENCIES)
    if chance.random() < 0.3:
        return _HOME_CUSTOMER, None
    return customer, _moved(rate, chance)


def _moved(rate: Decimal | None, chance: random.Random) -> Decimal | None:
    return None if rate is None else rate + Decimal(chance.randint(-200, 200)) / 10000
