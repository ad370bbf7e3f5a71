"""Queries for list elements."""

from __future__ import annotations

from decimal import Decimal

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


def test_a_filter_by_class_lets_through_the_items_of_the_class_and_of_those_below_it(shop: Shop) -> None:
    shops = shop.builder.class_("Shops")
    shop.engraving.class_id = shop.builder.class_("Web", parent=shops).list_id
    below = "<ClassFilter><FullNameWithChildren>Shops</FullNameWithChildren></ClassFilter>"
    assert [each.findtext("Name") for each in shop.query("ItemService", below)] == ["Engraving"]
    itself = f"<ClassFilter><ListID>{shops.list_id}</ListID></ClassFilter>"
    assert status(shop.query("ItemService", itself)) == (1, "Info")
    unknown = "<ClassFilter><FullName>Mail</FullName></ClassFilter>"
    assert status(shop.query("Customer", unknown)) == (3140, "Error")


@pytest.mark.parametrize("name", ["Account", "Customer", "Vendor"])
def test_a_filter_by_currency_is_refused_where_there_is_one_currency(shop: Shop, name: str) -> None:
    inside = "<CurrencyFilter><FullName>US Dollar</FullName></CurrencyFilter>"
    assert status(shop.query(name, inside)) == (3250, "Error")


def test_spans_of_dates_and_of_names_that_are_upside_down_are_refused(shop: Shop) -> None:
    dates = "<FromModifiedDate>2024-03-02</FromModifiedDate><ToModifiedDate>2024-03-01</ToModifiedDate>"
    assert status(shop.query("Customer", dates)) == (3030, "Error")
    names = "<NameRangeFilter><FromName>B</FromName><ToName>A</ToName></NameRangeFilter>"
    assert status(shop.query("Vendor", names)) == (3031, "Error")


def test_only_what_is_asked_for_is_shown_and_counted(shop: Shop) -> None:
    shown = shop.query("Customer", "<FullName>Ada</FullName><IncludeRetElement>Name</IncludeRetElement>")
    assert [each.tag for each in shown[0]] == ["Name"]
    counted = shop.query("Vendor", metaData="MetaDataOnly")
    assert (counted.get("retCount"), len(counted)) == ("0", 0)


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("ItemDiscount", ["Coupon"]),
        ("ItemGroup", ["Gift"]),
        ("ItemSalesTaxGroup", ["Both"]),
        ("ItemSubtotal", ["Subtotal"]),
        ("ItemSalesTax", ["State Tax"]),
        ("ItemPayment", ["Paid"]),
        ("ItemInventoryAssembly", ["Set"]),
        ("ItemInventory", ["Shirt"]),
    ],
)
def test_a_query_for_one_kind_of_items_tells_of_no_other(shop: Shop, kind: str, names: list[str]) -> None:
    shop.builder.subtotal_item()
    shop.builder.group_item("Gift", [(shop.shirt, 2)])
    shop.builder.sales_tax_group("Both", [shop.tax])
    shop.builder.payment_item("Paid", deposit_to="Checking")
    shop.builder.assembly_item("Set", [(shop.shirt, 4)], price=70, cost=30)
    assert [each.findtext("Name") for each in shop.query(kind)] == names
    assert status(shop.query(kind, "<FullName>Engraving</FullName>"))[0] == 500


def test_an_assembly_is_sold_from_stock_at_its_average_cost(shop: Shop) -> None:
    pack = shop.builder.assembly_item("Set", [(shop.shirt, 4)], price=70, cost=30, on_hand=5)
    shop.builder.sales_receipt("Ada", [Line(pack, quantity=2)])
    assert shop.query("ItemInventoryAssembly")[0].findtext("QuantityOnHand") == "3"
    assert shop.company.balance_of("Cost of Goods Sold") == Decimal("60.00")


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
