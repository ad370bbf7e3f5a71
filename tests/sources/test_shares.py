"""Shares of an amount are whole cents and lose none."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from qbwc_server.sources.shares import share

_amounts = st.decimals(min_value=0, max_value=1_000_000, places=2)
_parts = st.lists(st.integers(min_value=0, max_value=500), min_size=1, max_size=30).filter(sum)


@given(whole=_amounts, parts=_parts)
def test_shares_that_follow_each_other_sum_to_the_whole(whole: Decimal, parts: list[int]) -> None:
    of = Decimal(sum(parts))
    shares = [share(whole, Decimal(sum(parts[:n])), Decimal(count), of) for n, count in enumerate(parts)]
    assert sum(shares) == whole


@given(whole=_amounts, parts=_parts)
def test_a_share_is_whole_cents_never_negative_and_at_most_a_cent_off(whole: Decimal, parts: list[int]) -> None:
    of = Decimal(sum(parts))
    for n, count in enumerate(parts):
        found = share(whole, Decimal(sum(parts[:n])), Decimal(count), of)
        assert found == found.quantize(Decimal("0.01"))
        assert found >= 0
        assert abs(found - whole * count / of) <= Decimal("0.01")


def test_half_a_cent_is_rounded_up() -> None:
    assert share(Decimal("0.01"), Decimal(0), Decimal(1), Decimal(2)) == Decimal("0.01")


def test_a_share_of_no_units_is_nothing() -> None:
    assert share(Decimal("5.00"), Decimal(0), Decimal(0), Decimal(0)) == 0
