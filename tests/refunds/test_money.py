"""Splitting an amount loses no cent and gives no part more than its share allows."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbwc_server.refunds.money import spread

AMOUNTS = st.decimals(min_value="0.00", max_value="99999.99", places=2)


def test_what_rounding_leaves_goes_to_the_largest_remainders() -> None:
    assert spread(Decimal("0.05"), [Decimal(1), Decimal(2), Decimal(1)]) == (
        Decimal("0.01"),
        Decimal("0.03"),
        Decimal("0.01"),
    )
    assert spread(Decimal("-10.00"), [Decimal(1)] * 3) == (Decimal("-3.34"), Decimal("-3.33"), Decimal("-3.33"))


@pytest.mark.parametrize("weights", [[], [Decimal(0)], [Decimal(1), Decimal(-1)]])
def test_there_must_be_something_to_split_over(weights: list[Decimal]) -> None:
    with pytest.raises(ValueError, match="nothing to split over"):
        spread(Decimal("1.00"), weights)


@given(st.lists(AMOUNTS, min_size=1, max_size=8), st.decimals(min_value=0, max_value=1, places=4))
def test_the_parts_make_the_whole_and_none_exceeds_its_weight(weights: list[Decimal], portion: Decimal) -> None:
    total = sum(weights, Decimal(0))
    if total == 0:
        weights, total = [Decimal("0.01")], Decimal("0.01")
    amount = (total * portion).quantize(Decimal("0.01"))
    parts = spread(amount, weights)
    assert sum(parts) == amount
    assert all(0 <= part <= weight for part, weight in zip(parts, weights, strict=True))
    assert all(
        abs(part - amount * weight / total) < Decimal("0.01") for part, weight in zip(parts, weights, strict=True)
    )
