"""Changed and deleted list elements."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from lxml import etree

from qbsim import Company, Line
from tests.qbsim.shop import Shop, add, status, values


def mod(shop: Shop, kind: str, record: Any, inside: str, edit_sequence: str | None = None) -> etree._Element:
    given = record.stamp.edit_sequence if edit_sequence is None else edit_sequence
    which = f"<ListID>{record.list_id}</ListID><EditSequence>{given}</EditSequence>"
    return shop.one(f"<{kind}ModRq><{kind}Mod>{which}{inside}</{kind}Mod></{kind}ModRq>")


def delete(shop: Shop, kind: str, list_id: str) -> etree._Element:
    return shop.one(f"<ListDelRq><ListDelType>{kind}</ListDelType><ListID>{list_id}</ListID></ListDelRq>")


def test_only_what_is_given_changes_and_the_edit_sequence_moves_on(shop: Shop) -> None:
    shop.bob.email, shop.bob.phone = "old@example.com", "1"
    before = shop.bob.stamp.edit_sequence
    shown = mod(shop, "Customer", shop.bob, "<Phone></Phone><JobDesc>x</JobDesc>")[0]
    assert values(shown, "Name", "Email", "Phone", "JobDesc") == ["Bob", "old@example.com", None, "x"]
    assert int(shown.findtext("EditSequence") or 0) > int(before)


def test_an_old_edit_sequence_is_refused_and_shows_the_element_as_it_is(shop: Shop) -> None:
    response = mod(shop, "Customer", shop.bob, "<Name>Bobby</Name>", "1")
    assert status(response) == (3200, "Error")
    assert values(response, "CustomerRet/Name", "CustomerRet/EditSequence") == ["Bob", shop.bob.stamp.edit_sequence]
    assert shop.company.lists.customers.find("Bobby") is None


def test_a_renamed_customer_keeps_its_jobs_its_invoices_and_its_balance(shop: Shop) -> None:
    shop.builder.invoice(shop.job, [Line(shop.engraving)])
    mod(shop, "Customer", shop.ada, "<Name>Ada Lovelace</Name>")
    (invoice,) = shop.query("Invoice")
    assert invoice.findtext("CustomerRef/FullName") == "Ada Lovelace:Kitchen"
    assert shop.company.customer_balance("Ada Lovelace:Kitchen") == Decimal("12.50")
    assert status(shop.query("Customer", "<FullName>Ada:Kitchen</FullName>"))[0] == 500
    assert Company.from_json(shop.company.to_json(), shop.clock) == shop.company


@pytest.mark.parametrize(
    ("inside", "code"),
    [
        ("<Name>Bob</Name>", 3100),
        ("<Name>A:B</Name>", 3090),
        ("<Name></Name>", 3150),
        ("<ParentRef><FullName>Ada:Kitchen</FullName></ParentRef>", 3130),
        ("<TermsRef><FullName>Net 90</FullName></TermsRef>", 3140),
        ("<ItemSalesTaxRef><FullName>Shirt</FullName></ItemSalesTaxRef>", 3140),
    ],
)
def test_a_change_that_cannot_be_leaves_no_trace(shop: Shop, inside: str, code: int) -> None:
    before = shop.company.to_json()
    assert status(mod(shop, "Customer", shop.ada, inside)) == (code, "Error")
    assert shop.company.to_json() == before


def test_an_element_of_another_kind_or_none_at_all_is_not_found(shop: Shop) -> None:
    assert status(mod(shop, "ItemService", shop.shirt, "<Name>x</Name>")) == (3120, "Error")
    assert status(delete(shop, "ItemService", shop.shirt.list_id)) == (3120, "Error")
    assert status(delete(shop, "Customer", "8000FFFF-1")) == (3120, "Error")
    assert status(delete(shop, "Customer", "abc")) == (3000, "Error")


def test_a_job_moves_to_another_customer(shop: Shop) -> None:
    shown = mod(shop, "Customer", shop.job, "<ParentRef><FullName>Bob</FullName></ParentRef>")[0]
    assert values(shown, "FullName", "Sublevel") == ["Bob:Kitchen", "1"]
    assert status(delete(shop, "Customer", shop.ada.list_id)) == (0, "Info")


def test_the_price_of_an_item_changes_for_what_is_sold_later(shop: Shop) -> None:
    shop.builder.invoice("Ada", [Line(shop.engraving)])
    price = "<SalesOrPurchaseMod><Price>20.00</Price></SalesOrPurchaseMod>"
    shown = mod(shop, "ItemService", shop.engraving, price)[0]
    assert values(shown, "SalesOrPurchase/Price", "SalesOrPurchase/AccountRef/FullName") == ["20.00", "Sales"]
    invoice = shop.builder.invoice("Ada", [Line(shop.engraving)])
    assert [each.total for each in (shop.company.transactions("Invoice")[0], invoice)] == [
        Decimal("12.50"),
        Decimal("20.00"),
    ]


def test_an_item_cannot_lose_its_account(shop: Shop) -> None:
    without = "<SalesOrPurchaseMod><AccountRef></AccountRef></SalesOrPurchaseMod>"
    assert status(mod(shop, "ItemService", shop.engraving, without)) == (3150, "Error")


def test_a_percentage_takes_the_place_of_a_price(shop: Shop) -> None:
    percent = "<SalesOrPurchaseMod><PricePercent>5</PricePercent></SalesOrPurchaseMod>"
    shown = mod(shop, "ItemOtherCharge", shop.shipping, percent)[0]
    assert values(shown, "SalesOrPurchase/Price", "SalesOrPurchase/PricePercent") == [None, "5.00"]


def test_transactions_stay_where_they_are_when_an_account_is_to_apply_to_them_and_that_is_told(shop: Shop) -> None:
    inside = (
        "<SalesOrPurchaseMod><AccountRef><FullName>Shipping Income</FullName></AccountRef>"
        "<ApplyAccountRefToExistingTxns>true</ApplyAccountRefToExistingTxns></SalesOrPurchaseMod>"
    )
    response = mod(shop, "ItemService", shop.engraving, inside)
    assert status(response) == (530, "Warn")
    assert "ApplyAccountRefToExistingTxns" in response.get("statusMessage", "")


def test_a_group_gets_other_members_or_none(shop: Shop) -> None:
    gift = shop.builder.group_item("Gift", [(shop.shirt, 2)])
    line = "<ItemGroupLine><ItemRef><FullName>Engraving</FullName></ItemRef><Quantity>3</Quantity></ItemGroupLine>"
    shown = mod(shop, "ItemGroup", gift, line)[0]
    assert values(shown, "ItemGroupLine/ItemRef/FullName", "ItemGroupLine/Quantity") == ["Engraving", "3"]
    assert mod(shop, "ItemGroup", gift, "<ClearItemsInGroup>true</ClearItemsInGroup>")[0].find("ItemGroupLine") is None


def test_a_sub_account_is_of_its_parents_type(shop: Shop) -> None:
    inside = "<Name>Till</Name><ParentRef><FullName>Sales</FullName></ParentRef><AccountType>Bank</AccountType>"
    assert status(shop.one(add("Account", inside))) == (3210, "Error")
    special = shop.company.special_account("UndepositedFunds")
    assert status(mod(shop, "Account", special, "<AccountType>Bank</AccountType>")) == (3210, "Error")


def test_an_account_begins_with_its_balance_in_its_own_sense(shop: Shop) -> None:
    inside = "<Name>Loan</Name><AccountType>LongTermLiability</AccountType><OpenBalance>500.00</OpenBalance>"
    assert shop.one(add("Account", inside))[0].findtext("Balance") == "500.00"
    assert shop.moved() == {"Opening Balance Equity": Decimal("500.00")}
    assert shop.company.balance_of("Loan") == Decimal("-500.00")


def test_what_is_deleted_is_gone_and_told_by_the_query_for_it(shop: Shop) -> None:
    shop.clock.advance(seconds=60)
    gone = delete(shop, "Customer", shop.bob.list_id)
    assert values(gone, "ListDelType", "FullName", "TimeDeleted") == ["Customer", "Bob", "2024-03-01T09:01:00-08:00"]
    assert status(shop.query("Customer", "<FullName>Bob</FullName>"))[0] == 500
    asked = shop.query("ListDeleted", "<ListDelType>Customer</ListDelType><ListDelType>Vendor</ListDelType>")
    assert [values(each, "ListID", "FullName") for each in asked] == [[shop.bob.list_id, "Bob"]]
    late = "<DeletedDateRangeFilter><FromDeletedDate>2024-03-02</FromDeletedDate></DeletedDateRangeFilter>"
    assert status(shop.query("ListDeleted", f"<ListDelType>Customer</ListDelType>{late}")) == (1, "Info")
    assert Company.from_json(shop.company.to_json(), shop.clock) == shop.company
    assert status(shop.one(add("Customer", "<Name>Bob</Name>"))) == (0, "Info")


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("Customer", "Ada"),
        ("ItemService", "Engraving"),
        ("ItemSalesTax", "State Tax"),
        ("Account", "Sales"),
        ("Account", "Retained Earnings"),
        ("SalesTaxCode", "Tax"),
        ("Class", "Web"),
    ],
)
def test_what_is_in_use_cannot_be_deleted(shop: Shop, kind: str, name: str) -> None:
    shop.builder.class_("Web")
    shop.builder.invoice("Ada", [Line(shop.engraving, class_name="Web")])
    (found,) = shop.query(kind, f"<FullName>{name}</FullName>")
    response = delete(shop, kind, found.findtext("ListID") or "")
    assert status(response) == (3160, "Error")
    assert "The list element is in use." in response.get("statusMessage", "")
    assert status(shop.query(kind, f"<FullName>{name}</FullName>")) == (0, "Info")


def test_an_unused_account_and_item_can_be_deleted(shop: Shop) -> None:
    account = shop.builder.account("Old", "Expense")
    item = shop.builder.service_item("Old service", price=1)
    assert status(delete(shop, "Account", account.list_id)) == (0, "Info")
    assert status(delete(shop, "ItemService", item.list_id)) == (0, "Info")
