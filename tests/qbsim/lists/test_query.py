"""Queries for list elements."""

from __future__ import annotations

import pytest

from qbsim import Line
from tests.qbsim.shop import Shop, status, values


def test_special_accounts_are_told_but_receivables_only_by_their_type(shop: Shop) -> None:
    kinds = "<AccountType>OtherCurrentAsset</AccountType><AccountType>AccountsReceivable</AccountType>"
    found = {each.findtext("FullName"): each for each in shop.query("Account", kinds)}
    assert found["*Undeposited Funds"].findtext("SpecialAccountType") == "UndepositedFunds"
    assert values(found["Accounts Receivable"], "AccountType", "SpecialAccountType") == ["AccountsReceivable", None]


def test_balances_are_shown_in_the_accounts_own_sense_with_sub_accounts_in_the_total(shop: Shop) -> None:
    shop.builder.account("Online", "Income", parent="Sales")
    hat = shop.builder.service_item("Hat", price=8, account="Sales:Online")
    shop.builder.invoice("Ada", [Line(hat), Line(shop.engraving)])
    sales = shop.query("Account", "<FullName>Sales</FullName><FullName>Sales:Online</FullName>")
    assert [values(each, "Balance", "TotalBalance") for each in sales] == [["12.50", "20.50"], ["8.00", "8.00"]]
    assert values(sales[1], "ParentRef/FullName", "Sublevel") == ["Sales", "1"]


def test_customers_show_what_they_and_their_jobs_owe(shop: Shop) -> None:
    shop.builder.invoice(shop.job, [Line(shop.engraving)])
    shop.memo("2.50")
    assert values(shop.query("Customer", "<FullName>ADA</FullName>")[0], "Balance", "TotalBalance") == [
        "-2.50",
        "10.00",
    ]
    owing = "<TotalBalanceFilter><Operator>GreaterThan</Operator><Amount>10.00</Amount></TotalBalanceFilter>"
    assert [each.findtext("FullName") for each in shop.query("Customer", owing)] == ["Ada:Kitchen"]


@pytest.mark.parametrize(
    ("inside", "found"),
    [
        ("<MaxReturned>1</MaxReturned>", ["Ada"]),
        ("<ActiveStatus>InactiveOnly</ActiveStatus>", ["Bob"]),
        ("<ActiveStatus>All</ActiveStatus>", ["Ada", "Bob", "Ada:Kitchen"]),
        ("<NameFilter><MatchCriterion>Contains</MatchCriterion><Name>ITCH</Name></NameFilter>", ["Ada:Kitchen"]),
        ("<NameRangeFilter><FromName>B</FromName></NameRangeFilter>", ["Ada:Kitchen"]),
        ("<FromModifiedDate>2024-03-02</FromModifiedDate>", []),
    ],
)
def test_filters_let_through_what_they_should(shop: Shop, inside: str, found: list[str]) -> None:
    shop.bob.is_active = False
    assert [each.findtext("FullName") for each in shop.query("Customer", inside)] == found


def test_a_name_that_is_not_there_is_a_warning(shop: Shop) -> None:
    response = shop.query("Customer", "<FullName>Keith Palmer</FullName>")
    assert status(response) == (500, "Warn")
    assert '("Keith Palmer") that could not be found in QuickBooks.' in response.get("statusMessage", "")


def test_customers_come_page_by_page(shop: Shop) -> None:
    shop.quickbooks.begin_session()
    first = shop.query("Customer", "<MaxReturned>2</MaxReturned>", iterator="Start")
    name = first.get("iteratorID", "")
    last = shop.query("Customer", "<MaxReturned>2</MaxReturned>", iterator="Continue", iteratorID=name)
    assert [len(first), len(last), last.get("iteratorRemainingCount")] == [2, 1, "0"]


def test_items_of_every_kind_are_shown_each_in_its_own_form(shop: Shop) -> None:
    shop.builder.subtotal_item()
    shop.builder.group_item("Gift", [(shop.shirt, 2)])
    shop.builder.sales_tax_group("Both", [shop.tax])
    shop.builder.non_inventory_item("Card", price="1.5", parent=None)
    shop.builder.discount_item("Five off", amount=5)
    found = {each.findtext("Name"): each for each in shop.query("Item")}
    assert {name: each.tag for name, each in found.items()} == {
        "State Tax": "ItemSalesTaxRet",
        "Shirt": "ItemInventoryRet",
        "Engraving": "ItemServiceRet",
        "Shipping": "ItemOtherChargeRet",
        "Coupon": "ItemDiscountRet",
        "Subtotal": "ItemSubtotalRet",
        "Gift": "ItemGroupRet",
        "Both": "ItemSalesTaxGroupRet",
        "Card": "ItemNonInventoryRet",
        "Five off": "ItemDiscountRet",
    }
    assert values(found["Shirt"], "SalesPrice", "AverageCost", "QuantityOnHand") == ["20.00", "7.50", "100"]
    assert values(found["Engraving"], "SalesOrPurchase/Price", "SalesTaxCodeRef/FullName") == ["12.50", "Non"]
    assert [found["Coupon"].findtext("DiscountRatePercent"), found["Five off"].findtext("DiscountRate")] == [
        *("10.00", "5.00")
    ]
    assert [each.tag for each in shop.query("ItemService")] == ["ItemServiceRet"]


def test_payment_methods_tax_codes_and_classes_are_listed(shop: Shop) -> None:
    shop.builder.class_("Web", parent=shop.builder.class_("Shops"))
    visa = shop.query("PaymentMethod", "<PaymentMethodType>Visa</PaymentMethodType>")
    assert [each.findtext("Name") for each in visa] == ["Visa"]
    assert [values(each, "Name", "IsTaxable") for each in shop.query("SalesTaxCode")] == [
        ["Tax", "true"],
        ["Non", "false"],
    ]
    assert [each.findtext("FullName") for each in shop.query("Class")] == ["Shops", "Shops:Web"]
