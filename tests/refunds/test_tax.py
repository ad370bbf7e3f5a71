"""Sales tax as QuickBooks computes it: on the taxable lines together, rounded half up, whatever codes are called."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from qbwc_server.refunds.sale import SaleType
from qbwc_server.refunds.tax import Rounding, TaxRule, booked_lines, code_name, flat_lines, tax_rule, taxed_codes
from qbxml import Ref
from tests.refunds.builders import bundle, discount, gross_sale, ref, sales_receipt, sold

TAX, NON = Ref(full_name="Tax"), Ref(full_name="Non")


def us_rule(percent: str) -> TaxRule:
    return TaxRule({"Tax": Decimal(percent)})


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
    assert us_rule(percent).tax_on([(Decimal(amount), TAX)]) == Decimal(tax)


def test_tax_is_worked_out_on_the_taxable_amounts_together() -> None:
    amounts = [(Decimal("0.30"), TAX), (Decimal("0.30"), TAX), (Decimal("9.00"), NON), (Decimal("9.00"), None)]
    assert us_rule("5").tax_on(amounts) == Decimal("0.03")


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
    rule = tax_rule(sale, {})
    assert rule is not None
    assert rule.tax_on([(Decimal(10), TAX)]) == 0


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


# Tax in the amounts, and codes with rates of their own


def test_the_rate_of_a_sale_with_the_tax_in_its_amounts_is_the_simplest_that_makes_its_tax() -> None:
    sale = gross_sale(SaleType.SALES_RECEIPT, sold("A", 1, "10.01", code="S"), rates={"S": "20"})
    assert sale.tax == Decimal("1.67")
    assert tax_rule(sale, {}) == TaxRule({"S": Decimal(20)}, inclusive=True, rounding=Rounding.BY_CODE)


def test_several_rates_are_those_of_the_companys_codes() -> None:
    lines = (sold("A", 1, "12.00", code="S"), sold("B", 1, "10.50", code="R"), sold("C", 1, "9.00", code="Z"))
    sale = gross_sale(SaleType.SALES_RECEIPT, *lines, rates={"S": "20", "R": "5", "Z": "0"})
    rates = {"S": Decimal(20), "R": Decimal(5), "Z": Decimal(0)}
    rule = tax_rule(sale, rates)
    assert rule is not None
    assert (rule.rates, sale.tax) == (rates, Decimal("2.50"))
    assert [rule.bears_tax(ref(code)) for code in ("S", "R", "Z", "?")] == [True, True, False, False]
    assert tax_rule(sale, {}) is None
    assert tax_rule(sale, {**rates, "R": Decimal(15)}) is None


def test_tax_beside_the_amounts_is_worked_out_by_code_too() -> None:
    lines = (sold("A", 1, "100.00", code="G"), sold("B", 1, "50.00", code="E"))
    sale = replace(sales_receipt(*lines), tax=Decimal("5.00"), total=Decimal("155.00"), sales_tax_item=None)
    rule = tax_rule(sale, {"G": Decimal(5), "E": Decimal(0)})
    assert rule is not None
    assert rule.tax_on([(Decimal("20.00"), ref("G")), (Decimal("9.00"), ref("E"))]) == Decimal("1.00")


def test_where_quickbooks_rounded_line_by_line_so_does_the_memo() -> None:
    lines = [sold("A", 1, "0.33", code="S") for _ in range(3)]
    sale = gross_sale(SaleType.SALES_RECEIPT, *lines, rates={"S": "20"})
    by_line = replace(sale, tax=Decimal("0.18"), subtotal=Decimal("0.81"))  # three times 0.06; together 0.17
    rule = tax_rule(by_line, {"S": Decimal(20)})
    assert rule is not None
    assert rule.rounding is Rounding.BY_LINE


def test_amounts_whose_tax_no_rate_makes_are_not_worked_out() -> None:
    sale = gross_sale(SaleType.SALES_RECEIPT, sold("A", 1, "12.00", code="S"), rates={"S": "20"})
    assert tax_rule(replace(sale, total=Decimal("13.00")), {}) is None
    assert tax_rule(replace(sale, tax=Decimal("-2.00")), {}) is None
