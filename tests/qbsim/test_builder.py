"""The builder makes companies quickly and by the same rules."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest

from qbsim import CompanyBuilder, Line, RequestRefused, SettableClock
from qbsim.builder import UnknownNameError
from tests.qbsim.shop import START


def test_opening_balances_stand_against_opening_balance_equity() -> None:
    builder = CompanyBuilder(clock=SettableClock(START))
    builder.account("Savings", "Bank", opening_balance="250.00")
    builder.inventory_item("Hat", price=10, cost="3.33", on_hand=3)
    assert builder.company.balance_of("Opening Balance Equity") == Decimal("-259.99")
    assert builder.company.balance_of("Inventory Asset") == Decimal("9.99")


def test_two_thousand_sales_take_seconds() -> None:
    builder = CompanyBuilder(clock=SettableClock(START))
    hat = builder.inventory_item("Hat", price=10, cost=3, on_hand=5000)
    builder.customer("Ada")
    started = time.monotonic()
    for number in range(2000):
        builder.sales_receipt("Ada", [Line(hat, quantity=2), Line(hat, amount="5.00")], ref_number=str(number))
    assert time.monotonic() - started < 10
    assert builder.company.balance_of("Undeposited Funds") == Decimal("50000.00")


def test_unknown_and_duplicate_names_are_refused() -> None:
    builder = CompanyBuilder(clock=SettableClock(START))
    with pytest.raises(UnknownNameError, match="no customer 'Ada'"):
        builder.sales_receipt("Ada", [])
    builder.customer("Ada")
    with pytest.raises(RequestRefused, match="3100"):
        builder.customer("ADA")
