"""What a refund comes to: its value is what was given back, its money what really went back."""

from __future__ import annotations

from decimal import Decimal

from tests.refunds.builders import adjusted, back, by, refund_of, shipping_back


def test_the_value_is_lines_and_adjustments_with_their_tax() -> None:
    refund = refund_of(
        back("HAT", 1, "50.00", tax="4.00"),
        back("TEE", 1, "10.00"),
        shipping_back("5.00", tax="0.40"),
        adjusted("-3.00"),
    )
    assert (refund.value, refund.tax) == (Decimal("66.40"), Decimal("4.40"))


def test_store_credit_is_no_money() -> None:
    money = (by("card", "30.00"), by("gift_card", "20.00", store_credit=True), by("paypal", "1.00"))
    refund = refund_of(money=money)
    assert (refund.money_back, refund.store_credit) == (Decimal("31.00"), Decimal("20.00"))


def test_a_refund_of_nothing_comes_to_nothing() -> None:
    refund = refund_of()
    assert (refund.value, refund.tax, refund.money_back, refund.store_credit) == (0, 0, 0, 0)
