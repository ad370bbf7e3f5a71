"""An order that QuickBooks lacks becomes a sale over the shop's total to the cent, on the customer and items that its
lists hold or that are added; where it can't, nothing is planned and the reason says what is missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import qbxml
from qbwc_server.refunds.gateways import Gateway
from qbwc_server.refunds.missing import (
    MAX_DAYS_BEFORE_REFUND,
    CreatedOrder,
    Listed,
    ListedCustomer,
    ListedItem,
    created_order,
    not_created,
    tax_members_wanted,
    wanted_names,
)
from qbwc_server.refunds.model import Adjustment, AdjustmentKind, OrderLine, Refund
from qbwc_server.refunds.naming import Role, order_guid
from qbwc_server.refunds.reasons import Skip
from qbwc_server.refunds.settings import Settings, change
from qbxml import Ref, cents
from tests.qbxml.schemas import problems
from tests.refunds.builders import COMPANY, NEW_YORK, account, back, by, ref, refund_of

ON = change(
    Settings(),
    {
        "sync_missing_orders": "on",
        "missing_orders_since": "2024-03-01",
        "missing_orders_tax_item": "County Tax",
        "shipping_item": "Shipping",
    },
)
US = replace(COMPANY, country="US", taxable_code=ref("Tax"))
COUNTY = ListedItem(ref("County Tax"), "ItemSalesTax", tax_rate=Decimal(8))
ITEMS = (
    COUNTY,
    ListedItem(ref("HAT"), "ItemInventory"),
    ListedItem(ref("Shipping"), "ItemOtherCharge"),
    ListedItem(ref("Rounding"), "ItemOtherCharge"),
    ListedItem(ref("Tips"), "ItemOtherCharge"),
)
ANN = ListedCustomer(ref("Ann Lee"), "ann@example.com")
LISTED = Listed((ANN,), ITEMS)
HAT_SOLD = OrderLine("1", "HAT", "Felt hat", Decimal(2), Decimal("100.00"), Decimal("8.00"))


def order(*lines: OrderLine, shipping: str = "5.00", tax: str | None = None, **changes: Any) -> Refund:
    """A refund of a hat, of an order over these lines."""
    sold = lines or (HAT_SOLD,)
    taxes = sum((line.tax for line in sold), Decimal("0.00")) if tax is None else Decimal(tax)
    amounts = sum((line.amount for line in sold), Decimal(shipping)) + taxes
    values: dict[str, Any] = {
        "created_at": datetime(2024, 3, 2, 12, 0, tzinfo=NEW_YORK),
        "customer_name": "Ann Lee",
        "customer_email": "Ann@Example.com",
        "lines": sold,
        "shipping": Decimal(shipping),
        "tax": taxes,
        "total": amounts,
        "paid": True,
    }
    return refund_of(back("HAT", 1, "50.00", tax="4.00"), order=values | changes)


def created(refund: Refund, settings: Settings = ON, company: Any = US, listed: Listed = LISTED) -> CreatedOrder:
    """What an order becomes, valid by Intuit's schemas."""
    made = created_order(refund, settings, company, listed)
    assert isinstance(made, CreatedOrder), made.message
    calls = tuple(
        qbxml.Call(str(index), request)
        for index, request in enumerate([*made.additions, *(d.request for d in made.documents)])
    )
    assert problems(qbxml.write_message_set(qbxml.MessageSet(calls)), "130") == []
    return made


def refused(refund: Refund, settings: Settings = ON, company: Any = US, listed: Listed = LISTED) -> Skip:
    """Why an order is not created."""
    skip = created_order(refund, settings, company, listed)
    assert isinstance(skip, Skip), skip
    assert "unknown)" not in skip.message, skip.message
    return skip


def receipt_of(made: CreatedOrder) -> qbxml.SalesReceiptAdd:
    (document,) = made.documents
    assert isinstance(document.request, qbxml.SalesReceiptAdd)
    return document.request


def lines_of(made: CreatedOrder) -> list[tuple[str, str, str]]:
    """The sale's lines as (item, amount, code)."""
    return [(str(line.item_ref), str(line.amount), str(line.sales_tax_code_ref)) for line in receipt_of(made).lines]


def with_setting(**texts: str) -> Settings:
    return change(ON, texts)


# --- the sale


def test_a_paid_order_becomes_a_sales_receipt_of_its_day_under_its_number() -> None:
    made = created(order())
    receipt = receipt_of(made)

    assert (receipt.ref_number, receipt.txn_date, made.total) == ("1001", date(2024, 3, 2), Decimal("113.00"))
    assert receipt.memo == "Order 1001 (shopify), created by Connex for its refund 901"
    assert lines_of(made) == [("HAT", "100.00", "Tax"), ("Shipping", "5.00", "Non")]
    assert receipt.lines[0].quantity == 2
    assert receipt.lines[0].desc == "Felt hat"
    assert (str(receipt.item_sales_tax_ref), str(receipt.customer_sales_tax_code_ref)) == ("County Tax", "Tax")
    assert receipt.customer_ref == ANN.ref
    assert str(receipt.deposit_to_account_ref) == "Nicht eingezahlte Gelder"


def test_all_refunds_of_an_order_give_it_the_same_hidden_id_and_another_order_another() -> None:
    first, second = order(), replace(order(), external_id="902")
    assert order_guid(first, Role.SALE) == order_guid(second, Role.SALE)
    assert order_guid(first, Role.SALE) != order_guid(first, Role.SALE_PAYMENT)
    other = replace(first, order=replace(first.order, order_id="5002"))
    assert order_guid(other, Role.SALE) != order_guid(first, Role.SALE)


def test_an_invoice_comes_with_the_payment_of_all_of_it() -> None:
    made = created(order(), with_setting(missing_orders_as="invoice", missing_orders_account="Checking"))
    sale, payment = made.documents
    assert isinstance(sale.request, qbxml.InvoiceAdd)
    assert isinstance(payment.request, qbxml.ReceivePaymentAdd)
    assert (sale.role, payment.role) == (Role.SALE, Role.SALE_PAYMENT)
    assert (payment.request.total_amount, str(payment.request.deposit_to_account_ref)) == (made.total, "Checking")
    (applied,) = payment.request.applied_to_txn_adds
    assert applied.txn_id.use_macro == sale.request.def_macro


def test_the_money_lies_where_the_setting_says_else_where_the_gateway_pays_out_from() -> None:
    paypal = replace(US, gateways={"paypal": Gateway("PayPal")})
    refund = replace(order(), money=(by("paypal", "54.00"),))
    assert str(receipt_of(created(refund, company=paypal)).deposit_to_account_ref) == "PayPal"
    chosen = with_setting(missing_orders_account="Checking")
    assert str(receipt_of(created(refund, chosen, paypal)).deposit_to_account_ref) == "Checking"
    for name, word in (("Old Checking", "not active"), ("Company Visa", "CreditCard")):
        skip = refused(refund, with_setting(missing_orders_account=name))
        assert skip.reason == "order_account_unfit"
        assert word in skip.message


def test_a_tip_stands_on_its_item_or_the_setting_is_asked_for() -> None:
    tip = {"extras": (Adjustment(AdjustmentKind.TIP, Decimal("3.00")),), "total": Decimal("116.00")}
    skip = refused(order(**tip))
    assert (skip.reason, skip.facts["settings"]) == ("order_needs_setting", "tip_item")
    made = created(order(**tip), with_setting(tip_item="Tips"))
    assert ("Tips", "3.00", "Non") in lines_of(made)
    assert made.total == Decimal("116.00")


def test_goods_that_were_taken_off_the_order_are_left_out() -> None:
    gone = OrderLine("2", "HAT", "Felt hat", Decimal(0), Decimal("0.00"))
    assert len(lines_of(created(order(HAT_SOLD, gone)))) == 2


# --- the tax


def test_a_group_of_sales_taxes_is_worked_out_tax_by_tax() -> None:
    members = (
        ListedItem(ref("State"), "ItemSalesTax", tax_rate=Decimal(5)),
        ListedItem(ref("City"), "ItemSalesTax", tax_rate=Decimal(3)),
    )
    group = ListedItem(ref("Both"), "ItemSalesTaxGroup", members=tuple(str(m.ref.list_id) for m in members))
    settings = with_setting(missing_orders_tax_item="Both")
    listed = Listed((ANN,), (*ITEMS, group))
    assert tax_members_wanted(listed, settings) == group.members
    assert refused(order(), settings, listed=listed).reason == "order_needs_setting"
    made = created(order(), settings, listed=Listed((ANN,), (*listed.items, *members)))
    assert made.total == Decimal("113.00")


def test_another_tax_than_the_shops_waits_with_both_figures_unless_it_is_rounding() -> None:
    line = replace(HAT_SOLD, tax=Decimal("8.02"))
    skip = refused(order(line))
    assert skip.reason == "tax_difference"
    assert "works out 8.00 of sales tax, the shop 8.02" in skip.message
    made = created(order(line), with_setting(rounding_item="Rounding"))
    assert lines_of(made)[-1] == ("Rounding", "0.02", "Non")
    assert made.total == Decimal("113.02")
    assert (
        refused(order(line), with_setting(rounding_item="Rounding", rounding_limit="0.01")).reason == "tax_difference"
    )


def test_with_an_item_of_another_kind_the_tax_is_a_line_and_no_line_bears_tax() -> None:
    listed = Listed((ANN,), (*ITEMS, ListedItem(ref("Web Sales Tax"), "ItemOtherCharge")))
    for country in ("US", "UK"):
        made = created(
            order(), with_setting(missing_orders_tax_item="Web Sales Tax"), replace(US, country=country), listed
        )
        assert lines_of(made)[-1] == ("Web Sales Tax", "8.00", "Non")
        assert {code for _, _, code in lines_of(made)} == {"Non"}
        assert receipt_of(made).item_sales_tax_ref is None
        assert made.total == Decimal("113.00")


def test_where_quickbooks_works_tax_out_by_codes_a_sales_tax_item_is_refused() -> None:
    skip = refused(order(), company=replace(US, country="UK"))
    assert skip.reason == "order_needs_setting"
    assert "missing_orders_tax_codes gives each line its code" in skip.facts["why"]
    untold = replace(US, country="CA", non_taxable_code=None)
    assert refused(order(), company=untold).reason == "order_incomplete"


CODES = {"missing_orders_tax_item": "", "missing_orders_tax_codes": "S, R, Z"}
UK = replace(
    COMPANY,
    country="UK",
    taxable_code=ref("S"),
    non_taxable_code=ref("O"),
    tax_rates={"S": Decimal(20), "R": Decimal(5), "Z": Decimal(0), "O": Decimal(0)},
)
TAXED = OrderLine("1", "HAT", "Felt hat", Decimal(1), Decimal("100.00"), Decimal("20.00"))
REDUCED = OrderLine("2", "HAT", "Child's hat", Decimal(1), Decimal("10.10"), Decimal("0.51"))
UNTAXED = OrderLine("3", "HAT", "Book on hats", Decimal(1), Decimal("8.00"))


def test_where_codes_bear_the_tax_each_line_gets_the_one_that_makes_what_the_shop_charged() -> None:
    made = created(order(TAXED, REDUCED, UNTAXED, tax="21.51"), with_setting(**CODES), UK)
    assert lines_of(made) == [
        ("HAT", "120.00", "S"),
        ("HAT", "10.61", "R"),
        ("HAT", "8.00", "Z"),
        ("Shipping", "6.00", "S"),  # the tax that is not of the lines
    ]
    assert receipt_of(made).is_tax_included is True
    assert receipt_of(made).item_sales_tax_ref is None
    assert made.total == Decimal("144.61")


def test_what_bears_no_tax_gets_the_default_code_for_that_where_none_of_the_codes_is_free_of_it() -> None:
    made = created(order(UNTAXED, shipping="0.00"), with_setting(**CODES | {"missing_orders_tax_codes": "S"}), UK)
    assert lines_of(made) == [("HAT", "8.00", "O")]


def test_a_tax_that_no_code_makes_waits_with_both_figures() -> None:
    odd = replace(TAXED, tax=Decimal("17.50"))
    skip = refused(order(odd, shipping="0.00"), with_setting(**CODES), UK)
    assert (skip.reason, skip.facts) == (
        "tax_difference",
        {"quickbooks": "19.58", "shop": "17.50", "difference": "-2.08"},  # 20 % in 117.50
    )


def test_a_code_that_quickbooks_does_not_have_is_named() -> None:
    skip = refused(order(TAXED), with_setting(**CODES | {"missing_orders_tax_codes": "S, T9"}), UK)
    assert skip.reason == "order_needs_setting"
    assert skip.facts["settings"] == "missing_orders_tax_codes"
    assert "T9" in skip.facts["why"]


def test_codes_are_of_no_use_where_an_item_works_the_tax_out() -> None:
    assert refused(order(), with_setting(**CODES)).facts["settings"] == "missing_orders_tax_item"


# --- customers


@pytest.mark.parametrize(
    ("customers", "found"),
    [
        ((ListedCustomer(ref("Bob")), ListedCustomer(ref("Lee Inc."), "office@x.com;ann@example.com")), "Lee Inc."),
        ((ListedCustomer(ref("ANN LEE")),), "ANN LEE"),
        ((ListedCustomer(ref("Ann Lee"), "other@example.com"),), "Ann Lee"),
        ((ListedCustomer(ref("A"), "ann@example.com"), ListedCustomer(ref("A:Job"), "ann@example.com")), "A"),
        ((ListedCustomer(ref("A"), "ann@example.com"), ListedCustomer(ref("Ann Lee"), "ann@example.com")), "Ann Lee"),
    ],
)
def test_a_customer_is_found_by_e_mail_then_by_name(customers: tuple[ListedCustomer, ...], found: str) -> None:
    made = created(order(), listed=Listed(customers, ITEMS))
    assert str(made.customer) == found
    assert made.additions == ()


def test_a_customer_that_is_not_there_is_added_under_a_name_that_is_free() -> None:
    inactive = ListedCustomer(ref("Ann Lee"), is_active=False)
    made = created(order(), listed=Listed((inactive,), ITEMS, names_in_use=("Ann Lee (customer)",)))
    (added,) = made.additions
    assert isinstance(added, qbxml.CustomerAdd)
    assert (added.name, added.email) == ("Ann Lee (customer 2)", "Ann@Example.com")
    assert made.customer == Ref(full_name="Ann Lee (customer 2)")


def test_a_name_is_cut_to_what_quickbooks_takes_and_has_no_colon() -> None:
    made = created(order(customer_name=f"Lee: {'x' * 60}\n", customer_email=""), listed=Listed((), ITEMS))
    (added,) = made.additions
    assert added.name == f"Lee {'x' * 37}"
    names = wanted_names(order(customer_name="y" * 60), ON, US).customers
    assert {len(name) for name in names} == {41}


def test_where_no_name_is_free_or_several_customers_fit_a_person_is_asked() -> None:
    names = wanted_names(order(), ON, US).customers
    assert refused(order(), listed=Listed((), ITEMS, names)).reason == "customer_name_taken"
    twice = tuple(ListedCustomer(ref(name), "ann@example.com") for name in ("One", "Two"))
    assert refused(order(), listed=Listed(twice, ITEMS)).reason == "ambiguous_customer"
    foreign = replace(ANN, currency="EUR")
    assert refused(order(), listed=Listed((foreign,), ITEMS)).reason == "currency_differs"


def test_one_customer_for_all_orders_must_be_there() -> None:
    settings = with_setting(missing_orders_customer="Web Customers")
    assert refused(order(), settings).reason == "customer_unknown"
    web = ListedCustomer(ref("web customers"))
    assert created(order(), settings, listed=Listed((ANN, web), ITEMS)).customer == web.ref
    assert wanted_names(order(), settings, US).email == ""


# --- items


def test_an_item_is_found_by_mapping_sku_its_own_name_or_title() -> None:
    felt = ListedItem(ref("Headgear:Felt"), "ItemInventory")
    listed = Listed((ANN,), (*ITEMS, felt))
    for sku, title, mapping, item in (
        ("W-1", "", {"w-1": "Headgear:Felt"}, "Headgear:Felt"),
        ("hat", "", {}, "HAT"),
        ("felt", "", {}, "Headgear:Felt"),
        ("W-1", "Hat", {}, "HAT"),
        ("", "hat", {}, "HAT"),
    ):
        made = created(
            order(replace(HAT_SOLD, sku=sku, title=title)), company=replace(US, item_of_sku=mapping), listed=listed
        )
        assert lines_of(made)[0][0] == item, sku
    twice = Listed((ANN,), (*ITEMS, felt, ListedItem(ref("Sale:Felt"), "ItemInventory")))
    assert refused(order(replace(HAT_SOLD, sku="Felt", title="")), listed=twice).reason == "item_not_in_quickbooks"


def test_an_unknown_sku_waits_and_is_named() -> None:
    skip = refused(order(replace(HAT_SOLD, sku="W-1", title="Cap")))
    assert skip.reason == "item_not_in_quickbooks"
    assert "the SKU W-1 (Cap)" in skip.message
    mapped = replace(US, item_of_sku={"hat": "Gone"})
    assert refused(order(), company=mapped).reason == "item_unknown"


def test_items_are_added_where_the_settings_say_so_once_each() -> None:
    settings = with_setting(missing_orders_new_items="service", missing_orders_income_account="Merchandise Sales")
    caps = (replace(HAT_SOLD, sku="W-1", title="Cap"), replace(HAT_SOLD, line_id="2", sku="w-1", title="Cap"))
    made = created(order(*caps), settings)
    (added,) = made.additions
    assert isinstance(added, qbxml.ItemServiceAdd)
    assert (added.name, str(added.sales_or_purchase.account_ref)) == ("W-1", "Merchandise Sales")
    inactive = Listed((ANN,), (*ITEMS, ListedItem(ref("W-1"), "ItemService", is_active=False)))
    assert refused(order(*caps), settings, listed=inactive).reason == "item_not_in_quickbooks"
    assert refused(order(replace(caps[0], sku="x" * 32)), settings).reason == "item_not_in_quickbooks"
    for name in ("Checking", "Nowhere"):
        assert refused(order(*caps), replace(settings, missing_orders_income_account=name)).reason == (
            "order_account_unfit"
        )


def test_one_item_for_all_goods_but_gift_cards() -> None:
    settings = with_setting(missing_orders_item="HAT")
    made = created(order(replace(HAT_SOLD, sku="W-1")), settings)
    assert lines_of(made)[0][0] == "HAT"
    card = replace(HAT_SOLD, gift_card=True)
    assert refused(order(card), settings).reason == "order_needs_setting"
    listed = Listed((ANN,), (*ITEMS, ListedItem(ref("Gift Card"), "ItemOtherCharge")))
    made = created(order(card), replace(settings, gift_card_item="Gift Card"), listed=listed)
    assert lines_of(made)[0][0] == "Gift Card"


@pytest.mark.parametrize("kind", ["ItemGroup", "ItemDiscount", "ItemSubtotal"])
def test_what_no_line_can_stand_on_is_refused_by_its_kind(kind: str) -> None:
    listed = Listed((ANN,), (COUNTY, ListedItem(ref("HAT"), kind), ITEMS[2]))
    assert refused(order(), listed=listed).reason == "item_unfit"


# --- what is not created


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"lines": ()}, "its lines"),
        ({"total": None}, "its total"),
        ({"tax": None}, "its sales tax"),
        ({"shipping": None}, "its shipping"),
        ({"created_at": None}, "the day it was placed"),
        ({"customer_name": " ", "customer_email": ""}, "its customer"),
        ({"paid": None}, "whether all of it was paid in money"),
        ({"paid": False}, "not all of it was paid in money"),
        ({"extras": (Adjustment(AdjustmentKind.DISCREPANCY, Decimal("1.00")),)}, "what an amount on it was for"),
        ({"lines": (replace(HAT_SOLD, amount=Decimal("-1.00")),)}, "below zero"),
        ({"lines": (replace(HAT_SOLD, quantity=Decimal("NaN")),)}, "no number"),
        ({"total": Decimal("Infinity")}, "no amount"),
    ],
)
def test_what_the_shop_does_not_tell_is_never_guessed(changes: dict[str, Any], words: str) -> None:
    refund = order()
    skip = refused(replace(refund, order=replace(refund.order, **changes)))
    assert skip.reason == "order_incomplete"
    assert words in skip.message


def test_money_back_for_all_of_it_shows_that_it_was_paid() -> None:
    refund = order(paid=None)
    assert created(replace(refund, money=(by("card", "113.00"),))).total == Decimal("113.00")


def test_an_order_number_that_quickbooks_does_not_take_is_not_cut() -> None:
    refund = order()
    for number in ("123456789012", "#é", " # "):
        skip = refused(replace(refund, order=replace(refund.order, number=number)))
        assert "plain characters" in skip.message


def test_the_sale_is_numbered_as_the_sales_that_come_in_otherwise() -> None:
    assert receipt_of(created(order(), with_setting(order_number_add_prefix="W"))).ref_number == "W1001"
    skip = refused(order(), with_setting(order_number_field="memo"))
    assert (skip.reason, skip.facts["settings"]) == ("order_needs_setting", "order_number_field")


def test_figures_that_do_not_add_up_wait_with_both_of_them() -> None:
    skip = refused(order(total=Decimal("114.00")))
    assert (skip.reason, skip.facts["shop"], skip.facts["parts"]) == ("order_total_differs", "114.00", "113.00")


def test_an_order_outside_of_the_days_is_left_with_the_day_in_words() -> None:
    late = datetime(2024, 3, 1, 4, 30, tzinfo=NEW_YORK)
    assert not_created(order(created_at=late), ON, US) is None
    early = datetime(2024, 2, 29, 23, 59, tzinfo=NEW_YORK)
    skip = not_created(order(created_at=early), ON, US)
    assert skip is not None
    assert "placed on 2024-02-29, before missing_orders_since (2024-03-01)" in skip.message


def test_without_a_first_day_an_order_is_created_where_it_was_placed_within_a_year_of_its_refund() -> None:
    without_day = replace(ON, missing_orders_since="")
    day_of_refund = order().created_at.astimezone(NEW_YORK)
    a_year_before = day_of_refund - timedelta(days=MAX_DAYS_BEFORE_REFUND)
    assert not_created(order(created_at=a_year_before), without_day, US) is None
    skip = not_created(order(created_at=a_year_before - timedelta(days=1)), without_day, US)
    assert skip is not None
    assert skip.reason == "order_not_found"
    assert "more than 365 days before its refund, and missing_orders_since names no other day" in skip.message


def test_an_order_for_which_nothing_was_given_back_is_not_created() -> None:
    nothing = replace(order(), money=())
    assert "nothing was given back" in refused(nothing).message


def test_closed_books_hold_an_order_as_they_hold_a_refund() -> None:
    closed = replace(US, closing_date=date(2024, 3, 31))
    skip = refused(order(), company=closed)
    assert skip.reason == "books_closed"
    assert "The order 1001 is dated 2024-03-02" in skip.message
    made = created(order(), with_setting(closed_books="next_open_day"), closed)
    assert made.day == receipt_of(made).txn_date == date(2024, 4, 1)


def test_an_order_in_another_currency_or_without_accounts_is_told_so() -> None:
    assert refused(replace(order(), currency="EUR")).reason == "currency_differs"
    bare = replace(US, accounts=(account("Checking", "Bank"),))
    assert refused(order(), company=bare).reason == "order_needs_setting"
    settings = with_setting(missing_orders_as="invoice", missing_orders_account="Checking")
    assert refused(order(), settings, bare).reason == "no_receivables"


AMOUNTS = st.decimals("0.01", "999.99", places=2)


@given(
    amounts=st.lists(AMOUNTS, min_size=1, max_size=4),
    shipping=st.decimals("0.00", "50.00", places=2),
    off=st.integers(-6, 6),
    placed=st.integers(1, 60),
    as_line=st.booleans(),
    invoice=st.booleans(),
)
def test_what_is_created_has_the_shops_total_and_lies_within_the_days(
    amounts: list[Decimal], shipping: Decimal, off: int, placed: int, as_line: bool, invoice: bool
) -> None:
    tax = max(cents(amounts[0] * 8 / 100) + Decimal(off) / 100, Decimal("0.00"))
    lines = [OrderLine(str(i), "HAT", "Hat", Decimal(1), amount) for i, amount in enumerate(amounts)]
    lines[0] = replace(lines[0], tax=tax)
    moment = datetime(2024, 2, 1, 12, 0, tzinfo=NEW_YORK).replace(month=2 + placed // 29, day=1 + placed % 28)
    refund = order(*lines, shipping=str(shipping), tax=str(tax), created_at=moment)
    listed = Listed((ANN,), (*ITEMS, ListedItem(ref("Web Sales Tax"), "ItemOtherCharge")))
    settings = with_setting(
        rounding_item="Rounding",
        missing_orders_tax_item="Web Sales Tax" if as_line else "County Tax",
        missing_orders_as="invoice" if invoice else "sales_receipt",
    )

    made = created_order(refund, settings, US, listed)

    if isinstance(made, Skip):
        assert made.reason in ("order_not_found", "tax_difference")
        assert made.reason != "order_not_found" or moment.date() < date(2024, 3, 1)
        return
    assert moment.date() >= date(2024, 3, 1)
    request = made.documents[0].request
    assert isinstance(request, (qbxml.SalesReceiptAdd, qbxml.InvoiceAdd))
    taxed = sum((line.amount or 0 for line in request.lines if str(line.sales_tax_code_ref) == "Tax"), Decimal(0))
    rate = 8 if request.item_sales_tax_ref is not None else 0
    total = sum((line.amount or 0 for line in request.lines), Decimal(0)) + cents(taxed * rate / 100)
    assert total == refund.order.total == made.total
    assert {document.amount for document in made.documents} == {made.total}
