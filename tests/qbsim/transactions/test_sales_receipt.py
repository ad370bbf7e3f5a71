"""Sales receipts: paid at once."""

from __future__ import annotations

from decimal import Decimal

import pytest

from qbsim import Line
from qbsim.status import RequestRefused
from tests.qbsim.shop import Shop, add, status, values


def test_it_debits_the_deposit_account_and_credits_income_and_tax(shop: Shop) -> None:
    lines = [Line(shop.shirt, quantity=2), Line(shop.discount), Line(shop.shipping)]
    receipt = shop.builder.sales_receipt("Ada", lines, ref_number="1001", deposit_to="PayPal")
    assert receipt.total == Decimal("44.60")
    assert shop.moved() == {
        "PayPal": Decimal("44.60"),
        "Sales": Decimal("-40.00"),
        "Discounts": Decimal("4.00"),
        "Shipping Income": Decimal("-5.00"),
        "Sales Tax Payable": Decimal("-3.60"),
        "Inventory Asset": Decimal("-15.00"),
        "Cost of Goods Sold": Decimal("15.00"),
    }
    assert shop.company.customer_balance("Ada") == 0


def test_without_a_deposit_account_it_goes_to_undeposited_funds(shop: Shop) -> None:
    inside = (
        "<CustomerRef><FullName>Ada</FullName></CustomerRef><SalesReceiptLineAdd>"
        "<ItemRef><FullName>Engraving</FullName></ItemRef></SalesReceiptLineAdd>"
    )
    receipt = shop.one(add("SalesReceipt", inside))[0]
    assert values(receipt, "DepositToAccountRef/FullName", "TotalAmount") == ["*Undeposited Funds", "12.50"]
    assert shop.moved() == {"*Undeposited Funds": Decimal("12.50"), "Sales": Decimal("-12.50")}


def test_tax_is_rounded_half_up_on_the_sum_of_the_taxable_lines(shop: Shop) -> None:
    shop.tax.tax_rate = Decimal("8.25")
    lines = [Line(shop.shirt, amount="10.10"), Line(shop.shirt, amount="10.10")]
    assert shop.builder.sales_receipt("Ada", lines).tax_total == Decimal("1.67")  # 1.6665; by line it would be 1.66


def test_each_tax_of_a_group_is_rounded_by_itself(shop: Shop) -> None:
    city = shop.builder.sales_tax_item("City Tax", "1.25")
    shop.builder.sales_tax_group("Both", [shop.tax, city])
    receipt = shop.builder.sales_receipt("Ada", [Line(shop.shirt, amount="10.05")])
    assert (receipt.tax_total, receipt.tax_percentage) == (Decimal("1.14"), Decimal("11.25"))


def test_a_customer_who_is_not_taxable_pays_no_tax(shop: Shop) -> None:
    shop.builder.customer("School", taxable=False)
    assert shop.builder.sales_receipt("School", [Line(shop.shirt)]).tax_total == 0


def test_a_percentage_after_a_subtotal_is_taken_of_the_subtotal(shop: Shop) -> None:
    subtotal = shop.builder.subtotal_item()
    lines = [Line(shop.shirt), Line(shop.engraving), Line(subtotal), Line(shop.discount)]
    receipt = shop.builder.sales_receipt("Ada", lines)
    assert [line.amount for line in receipt.lines][2:] == [Decimal("32.50"), Decimal("-3.25")]
    assert receipt.subtotal == Decimal("29.25")


def test_money_can_not_be_deposited_to_an_income_account(shop: Shop) -> None:
    with pytest.raises(RequestRefused, match="3210"):
        shop.builder.sales_receipt("Ada", [Line(shop.engraving)], deposit_to="Sales")


def test_a_discount_item_takes_no_quantity(shop: Shop) -> None:
    line = "<ItemRef><FullName>Coupon</FullName></ItemRef><Quantity>1</Quantity>"
    inside = f"<SalesReceiptLineAdd>{line}</SalesReceiptLineAdd>"
    assert status(shop.one(add("SalesReceipt", inside))) == (3210, "Error")
