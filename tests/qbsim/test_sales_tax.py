"""Which taxes a line bears and how much of each: to the cent, with and without the tax in the amounts."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbsim.numbers import ZERO, to_cent
from qbsim.sales_tax import Tax, TaxedAmount, TaxSums, work_out

STANDARD = Tax("vat", Decimal(20))
GST, PST = Tax("gst", Decimal(5)), Tax("pst", Decimal("9.975"))


def sums(*amounts: str, taxes: tuple[Tax, ...] = (STANDARD,), **how: bool) -> TaxSums:
    return work_out([TaxedAmount(Decimal(amount), taxes) for amount in amounts], **how)


def test_a_tax_is_rounded_on_the_sum_of_the_lines_that_bear_it() -> None:
    found = sums("0.33", "0.33", "0.33")
    assert found.total == Decimal("0.20")
    assert found.by_line == (Decimal("0.07"), Decimal("0.06"), Decimal("0.07"))


def test_it_can_be_rounded_line_by_line_instead() -> None:
    assert sums("0.33", "0.33", "0.33", rounds_by_line=True).total == Decimal("0.21")


def test_amounts_that_contain_the_tax_are_split() -> None:
    assert sums("11.99", is_included=True).total == Decimal("2.00")


def test_two_taxes_in_one_amount_are_each_taken_of_the_same_net_amount() -> None:
    found = sums("114.98", taxes=(GST, PST), is_included=True)
    assert [part.amount for part in found.parts] == [Decimal("5.00"), Decimal("9.98")]


def test_a_tax_amount_that_is_given_stands() -> None:
    found = work_out([TaxedAmount(Decimal("10.00"), (STANDARD,), Decimal("1.99"))])
    assert (found.total, found.parts[0].amount) == (Decimal("1.99"), Decimal("1.99"))


def test_an_untaxed_line_bears_nothing_even_where_a_tax_amount_is_given() -> None:
    assert work_out([TaxedAmount(Decimal("10.00"), (), Decimal("1.99"))]).total == 0


CENTS = st.integers(-100_000, 100_000).map(lambda cents: Decimal(cents) / 100)
LINES = st.lists(
    st.builds(TaxedAmount, CENTS, st.sampled_from([(), (STANDARD,), (GST,), (GST, PST)])), min_size=1, max_size=8
)


@pytest.mark.parametrize("is_included", [False, True])
@pytest.mark.parametrize("rounds_by_line", [False, True])
@given(lines=LINES)
def test_lines_and_taxes_tell_the_same_total(lines: list[TaxedAmount], is_included: bool, rounds_by_line: bool) -> None:
    found = work_out(lines, is_included=is_included, rounds_by_line=rounds_by_line)
    assert found.total == sum((part.amount for part in found.parts), ZERO)
    assert all(amount == to_cent(amount) for amount in found.by_line)
    for line, tax in zip(lines, found.by_line, strict=True):
        assert line.taxes or tax == 0
        assert abs(tax) <= abs(line.amount) + Decimal("0.02")
