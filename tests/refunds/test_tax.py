"""Sales tax as QuickBooks computes it: on the taxable lines together, rounded half up, whatever codes are called."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from qbwc_server.refunds.tax import booked_lines, code_name, flat_lines, tax_on, taxed_codes
from qbxml import Ref
from tests.refunds.builders import bundle, discount, ref, sales_receipt, sold

TAX, NON = Ref(full_name="Tax"), Ref(full_name="Non")


@pytest.mark.parametrize(
    ("amount", "percent", "tax"),
    [
        ("10.05", "5", "0.50"),  # 0.5025
        ("10.10", "5", "0.51"),  # 0.505 goes up
        ("0.30", "5", "0.02"),  # 0.015 goes up, not to the even cent below
        ("0.50", "5", "0.03"),  # 0.025 goes up, too
        ("-10.10", "5", "-0.51"),
        ("100.00", "8.875", "8.88"),
        ("100.00", "0", "0.00"),
    ],
)
def test_tax_is_rounded_half_up_to_the_cent(amount: str, percent: str, tax: str) -> None:
    assert tax_on([(Decimal(amount), TAX)], frozenset({"Tax"}), Decimal(percent)) == Decimal(tax)


def test_tax_is_worked_out_on_the_taxable_amounts_together() -> None:
    amounts = [(Decimal("0.30"), TAX), (Decimal("0.30"), TAX), (Decimal("9.00"), NON), (Decimal("9.00"), None)]
    assert tax_on(amounts, frozenset({"Tax"}), Decimal(5)) == Decimal("0.03")


def test_the_sale_itself_shows_which_codes_bear_tax() -> None:
    lines = (sold("A", 1, "10.00", code="Tax"), sold("B", 1, "5.00", code="Non"))
    assert taxed_codes(sales_receipt(*lines, tax="8")) == {"Tax"}
    odd = (sold("A", 1, "10.00", code="T07"), sold("B", 1, "5.00", code="OOS"), sold("C", 1, "2.50", code="LBR"))
    assert taxed_codes(sales_receipt(*odd, tax="8", taxed=("T07", "LBR"))) == {"T07", "LBR"}
    assert taxed_codes(sales_receipt(*odd, tax="8", taxed=())) == frozenset()


def test_where_several_codes_would_do_it_is_the_one_called_tax() -> None:
    lines = (sold("A", 1, "10.00", code="Tax"), sold("B", 1, "10.00", code="Abc"))
    assert taxed_codes(sales_receipt(*lines, tax="8")) == {"Tax"}


def test_a_percentage_of_zero_taxes_nothing() -> None:
    sale = sales_receipt(sold("A", 1, "10.00"), tax="0")
    codes = taxed_codes(sale)
    assert codes is not None
    assert tax_on([(Decimal(10), TAX)], codes, sale.tax_percentage) == 0


def test_a_tax_that_no_set_of_codes_makes_is_not_explained() -> None:
    sale = sales_receipt(sold("A", 1, "10.00"), tax="8")
    assert taxed_codes(replace(sale, tax=Decimal("0.83"))) is None
    assert taxed_codes(replace(sale, tax=Decimal("0.82"))) == {"Tax"}  # the rounding of a tax group


def test_a_sale_with_very_many_codes_is_not_worked_out() -> None:
    lines = [sold("A", 1, "10.00", code=f"C{number}") for number in range(7)]
    assert taxed_codes(sales_receipt(*lines, tax="8", taxed=("C1",))) is None
    assert taxed_codes(sales_receipt(*lines[:6], tax="8", taxed=("C1",))) is not None


def test_a_discount_lowers_the_taxable_amount_by_its_own_code() -> None:
    sale = sales_receipt(sold("A", 1, "10.00"), discount("1.00", code="Non"), tax="10")
    assert (sale.tax, taxed_codes(sale)) == (Decimal("1.00"), {"Tax"})


def test_a_bundle_is_its_parts() -> None:
    sale = sales_receipt(bundle("SET", 1, sold("A", 1, "1.00"), sold("B", 2, "2.00")), sold("C", 1, "3.00"))
    assert [line.txn_line_id for line in flat_lines(sale.lines)] == ["L1.1", "L1.2", "L2"]


def test_subtotals_are_no_lines_of_the_books() -> None:
    bare = {"rate": None, "sales_tax_code": None}
    lines = (
        sold("A", 1, "10.00"),
        sold("B", 1, "20.00"),
        sold("Subtotal", None, "30.00", **bare),
        discount("3.00"),
        sold("C", 1, "5.00"),
        sold("Subtotal", None, "2.00", **bare),
    )
    sale = replace(sales_receipt(*lines), subtotal=Decimal("32.00"))
    assert [str(line.item) for line in booked_lines(sale)] == ["A", "B", "Discount", "C"]
    unexplained = replace(sale, subtotal=Decimal("31.00"))
    assert booked_lines(unexplained) == sale.lines
    like_a_subtotal = sales_receipt(sold("A", 1, "10.00"), sold("Fee", None, "10.00", **bare))
    assert len(booked_lines(like_a_subtotal)) == 2


def test_a_code_is_known_by_its_name_else_by_its_id() -> None:
    assert (code_name(None), code_name(ref("Tax")), code_name(Ref(list_id="8-1"))) == ("", "Tax", "8-1")
