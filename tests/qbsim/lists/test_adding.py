"""New customers, accounts and items."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.qbsim.shop import Shop, add, status, values

CUSTOMER = (
    "<Name>Carol</Name><ParentRef><FullName>Ada</FullName></ParentRef><FirstName>Carol</FirstName>"
    "<BillAddress><Addr1>1 Main St</Addr1><City>Reno</City><State>NV</State>"
    "<PostalCode>89501</PostalCode></BillAddress><Email>carol@example.com</Email>"
)
SOLD = "<SalesOrPurchase><Price>3.00</Price><AccountRef><FullName>Sales</FullName></AccountRef></SalesOrPurchase>"


def test_a_customer_is_added_below_another_with_address_and_email(shop: Shop) -> None:
    shown = shop.one(add("Customer", CUSTOMER))[0]
    assert values(shown, "FullName", "Email", "BillAddressBlock/Addr2", "Balance") == [
        *("Ada:Carol", "carol@example.com", "Reno, NV 89501", "0.00")
    ]


def test_a_name_that_is_taken_is_refused_whatever_its_capital_letters(shop: Shop) -> None:
    shop.one(add("Customer", CUSTOMER))
    response = shop.one(add("Customer", CUSTOMER.replace("Carol<", "CAROL<", 1)))
    assert status(response) == (3100, "Error")
    assert response.get("statusMessage") == 'The name "CAROL" of the list element is already in use.'


@pytest.mark.parametrize(
    ("inside", "code"),
    [
        ("<Name>A:B</Name>", 3090),
        ("<Name>A</Name><ParentRef><FullName>Eve</FullName></ParentRef>", 3140),
        ("<Name>A</Name><TermsRef><FullName>Net 30</FullName></TermsRef>", 3140),
    ],
)
def test_what_does_not_fit_is_refused_and_leaves_no_trace(shop: Shop, inside: str, code: int) -> None:
    before = shop.company.to_json()
    assert status(shop.one(add("Customer", inside))) == (code, "Error")
    assert shop.company.to_json() == before


def test_a_field_that_is_not_kept_is_told(shop: Shop) -> None:
    response = shop.one(add("Customer", "<Name>A</Name><CreditCardInfo><NameOnCard>A</NameOnCard></CreditCardInfo>"))
    assert (status(response), response.findtext("CustomerRet/Name")) == ((530, "Warn"), "A")


def test_an_account_is_added(shop: Shop) -> None:
    inside = "<Name>Web</Name><ParentRef><FullName>Sales</FullName></ParentRef><AccountType>Income</AccountType>"
    shown = shop.one(add("Account", inside))[0]
    assert values(shown, "FullName", "AccountType", "Balance") == ["Sales:Web", "Income", "0.00"]


@pytest.mark.parametrize("kind", ["ItemService", "ItemNonInventory", "ItemOtherCharge"])
def test_an_item_that_is_not_kept_in_stock_is_added_and_can_be_sold(shop: Shop, kind: str) -> None:
    shown = shop.one(add(kind, f"<Name>Card</Name>{SOLD}"))[0]
    assert values(shown, "Name", "SalesOrPurchase/Price", "SalesOrPurchase/AccountRef/FullName") == [
        *("Card", "3.00", "Sales")
    ]
    line = "<SalesReceiptLineAdd><ItemRef><FullName>Card</FullName></ItemRef></SalesReceiptLineAdd>"
    assert shop.one(add("SalesReceipt", line))[0].findtext("TotalAmount") == "3.00"
    assert status(shop.one(add(kind, f"<Name>Card</Name>{SOLD}"))) == (3100, "Error")


def test_an_item_can_be_bought_as_well_as_sold(shop: Shop) -> None:
    both = (
        "<Name>Card</Name><SalesAndPurchase><SalesPrice>3.00</SalesPrice>"
        "<IncomeAccountRef><FullName>Sales</FullName></IncomeAccountRef><PurchaseCost>1.00</PurchaseCost>"
        "<ExpenseAccountRef><FullName>Cost of Goods Sold</FullName></ExpenseAccountRef></SalesAndPurchase>"
    )
    shown = shop.one(add("ItemNonInventory", both))[0]
    assert values(shown, "SalesAndPurchase/SalesPrice", "SalesAndPurchase/PurchaseCost") == ["3.00", "1.00"]


def test_stock_to_begin_with_stands_against_opening_balance_equity(shop: Shop) -> None:
    inside = (
        "<Name>Mug</Name><SalesPrice>9.00</SalesPrice><IncomeAccountRef><FullName>Sales</FullName></IncomeAccountRef>"
        "<PurchaseCost>4.00</PurchaseCost><COGSAccountRef><FullName>Cost of Goods Sold</FullName></COGSAccountRef>"
        "<AssetAccountRef><FullName>Inventory Asset</FullName></AssetAccountRef>"
        "<QuantityOnHand>10</QuantityOnHand><TotalValue>35.00</TotalValue>"
    )
    shown = shop.one(add("ItemInventory", inside))[0]
    assert values(shown, "QuantityOnHand", "AverageCost", "PurchaseCost") == ["10", "3.50", "4.00"]
    assert shop.moved() == {"Inventory Asset": Decimal("35.00"), "Opening Balance Equity": Decimal("-35.00")}
    without = inside.replace("<AssetAccountRef><FullName>Inventory Asset</FullName></AssetAccountRef>", "")
    assert status(shop.one(add("ItemInventory", without.replace("Mug", "Cup"))))[0] == 3150
