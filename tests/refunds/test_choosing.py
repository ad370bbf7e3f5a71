"""Which sale an order became, where several carry its number: customer, amount and date tell, else a person does."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbwc_server.refunds.choosing import MAX_RIVALS, MAX_SHOWN, Rivals, choose_invoice, choose_sale
from qbwc_server.refunds.model import Refund
from qbwc_server.refunds.reasons import Skip, Status
from qbwc_server.refunds.sale import Sale
from qbwc_server.refunds.settings import SaleField, Settings
from qbxml import Address
from tests.refunds.builders import adjusted, back, invoice, ref, refund_of, sales_order, sales_receipt, sold

HAT = sold("HAT", 2, "50.00")
WHOLE = back("HAT", 2, "100.00")
DAY = datetime(2024, 3, 1, 12, tzinfo=timezone.utc)
LONG = "WEB-2024-10001"  # longer than a RefNumber


def of_order(**order: Any) -> Refund:
    return refund_of(WHOLE, order=order)


def chosen(
    refund: Refund, *sales: Sale, settings: Settings | None = None, emails: dict[str, list[str]] | None = None
) -> str:
    """The TxnID of the sale chosen, or the reason why none is, or that e-mail addresses are wanted."""
    found = choose_sale(refund, sales, settings or Settings(), emails)
    if isinstance(found, Rivals):
        return "emails of " + " ".join(sale.txn_id for sale in found.sales)
    return found.reason if isinstance(found, Skip) else found.txn_id


def hat(txn_id: str, customer: str = "Ada Buyer", price: str = "50.00", **changes: Any) -> Sale:
    return sales_receipt(sold("HAT", 2, price), txn_id=txn_id, customer=ref(customer), **changes)


def test_a_refund_without_a_sale_is_skipped_and_says_the_number() -> None:
    skip = choose_sale(refund_of(WHOLE, number=" #1001 "), (), Settings())
    assert isinstance(skip, Skip)
    assert skip.reason == "order_not_found"
    assert skip.message == "QuickBooks has no sales receipt, invoice or sales order with the number 1001."


@pytest.mark.parametrize(
    ("number", "settings", "words"),
    [
        ("#1001", Settings(order_number_add_prefix="W"), "sales order with the number W1001 (order 1001)."),
        (LONG, Settings(), f"with the number WEB-2024-10 or -2024-10001 (order {LONG})."),
        ("#", Settings(), "with the number of this order, which has none."),
        (
            "#1001",
            Settings(order_number_field=SaleField.PO_NUMBER, order_number_days=9),
            "has no invoice or sales order with the P.O. number 1001, dated 2024-02-20 to 2024-03-11.",
        ),
        ("1001", Settings(order_number_field=SaleField.MEMO), "with 1001 in the memo, dated 2024-01-30 to 2024-04-01."),
        (
            "1001",
            Settings(order_number_field=SaleField.CUSTOM_FIELD, order_number_custom_field="Web Order"),
            "with 1001 in the custom field Web Order, dated",
        ),
        ("1001", Settings(order_number_field=SaleField.OTHER), "with 1001 in the field Other, dated"),
    ],
)
def test_what_was_looked_for_is_named_with_its_field_and_days(number: str, settings: Settings, words: str) -> None:
    skip = choose_sale(refund_of(WHOLE, number=number, order={"created_at": DAY}), (), settings)
    assert isinstance(skip, Skip)
    assert words in skip.message


def test_the_only_sale_is_the_one() -> None:
    assert chosen(refund_of(WHOLE), sales_receipt(HAT, txn_id="A")) == "A"


def test_the_invoice_of_a_sales_order_stands_for_both() -> None:
    order = sales_order(HAT, txn_id="O", invoices=("I",))
    assert chosen(refund_of(WHOLE), order, invoice(HAT, txn_id="I")) == "I"
    stranger = invoice(HAT, txn_id="S")
    assert chosen(refund_of(WHOLE), stranger, order, invoice(HAT, txn_id="I")) == "I"


def test_of_several_invoices_of_one_sales_order_the_one_with_the_goods_is_refunded() -> None:
    order = sales_order(HAT, sold("TEE", 3, "10.00"), txn_id="O", invoices=("I", "J"))
    first, second = invoice(HAT, txn_id="I"), invoice(sold("TEE", 3, "10.00"), txn_id="J")
    assert chosen(refund_of(back("TEE", 1, "10.00")), order, first, second) == "J"
    assert chosen(refund_of(back("HAT", 2, "100.00")), order, first, second) == "I"


@pytest.mark.parametrize(
    "parts",
    [(back("TEE", 1, "10.00"), back("HAT", 1, "50.00")), (back("HAT", 3, "150.00"),), (adjusted("5.00"),)],
    ids=["spans both", "more than one has", "no goods"],
)
def test_where_no_single_invoice_carries_the_goods_a_person_decides(parts: tuple[Any, ...]) -> None:
    first, second = invoice(HAT, txn_id="I"), invoice(sold("TEE", 3, "10.00"), txn_id="J")
    skip = choose_invoice(refund_of(*parts), [first, second])
    assert isinstance(skip, Skip)
    assert (skip.reason, skip.facts["order"]) == ("several_invoices", "1001")
    order = sales_order(HAT, txn_id="O", invoices=("I", "J"))
    assert chosen(refund_of(*parts), order, first, second) == "several_invoices"


def test_invoices_of_two_sales_orders_under_one_number_are_told_apart_as_other_sales_are() -> None:
    orders = [sales_order(HAT, txn_id=f"O{name}", invoices=(name,)) for name in "IJ"]
    sales = (*orders, invoice(HAT, txn_id="I"), invoice(sold("HAT", 2, "20.00"), txn_id="J"))
    assert chosen(of_order(total=Decimal("40.00")), *sales) == "J"
    assert chosen(of_order(), *sales) == "ambiguous_sale"


def test_where_two_invoices_carry_the_goods_a_person_decides() -> None:
    order = sales_order(HAT, txn_id="O", invoices=("I", "J"))
    assert chosen(refund_of(WHOLE), order, invoice(HAT, txn_id="I"), invoice(HAT, txn_id="J")) == "several_invoices"


@pytest.mark.parametrize(
    "customer",
    ["Ada Buyer", "ada  buyer", "Buyer, Ada", "Web:Ada Buyer", "Ada Buyer:Kitchen"],
)
def test_the_customers_name_tells_several_sales_apart(customer: str) -> None:
    refund = of_order(customer_name="Ada Buyer")
    assert chosen(refund, hat("A", customer), hat("B", "Bob Seller")) == "A"


def test_the_name_may_stand_on_the_billing_address_where_all_orders_have_one_customer() -> None:
    bob = hat("A", "Web", bill_address=Address(addr1="Bob Seller"))
    ada = hat("B", "Web", bill_address=Address(addr1="Ada Buyer"))
    assert chosen(of_order(customer_name="Ada Buyer"), bob, ada) == "B"


def test_a_name_that_quickbooks_cut_is_still_the_name() -> None:
    name = "Ada Maria Theresia von Buyer und Zu Verkaufen"
    assert chosen(of_order(customer_name=name), hat("A", name[:41]), hat("B", "Bob")) == "A"


def test_customers_are_told_by_their_email_before_their_name() -> None:
    refund = of_order(customer_name="Ada Buyer", customer_email="Ada@shop.example")
    sales = (hat("A"), hat("B", "A. Buyer"))
    assert chosen(refund, *sales) == "emails of A B"
    emails = {ref("Ada Buyer").list_id or "": ["x@y.example"], ref("A. Buyer").list_id or "": ["ada@SHOP.example"]}
    assert chosen(refund, *sales, emails=emails) == "B"
    assert chosen(refund, *sales, emails={}) == "A"


def test_a_customer_may_be_called_by_the_email() -> None:
    refund = of_order(customer_email="ada@shop.example")
    assert chosen(refund, hat("A", "ada@shop.example"), hat("B", "bob@shop.example"), emails={}) == "A"


def test_no_email_is_asked_for_where_it_can_not_tell() -> None:
    refund = of_order(customer_email="ada@shop.example", total=Decimal("100.00"))
    assert chosen(refund, hat("A"), hat("B", price="5.00")) == "A"


def test_sales_of_one_customer_are_told_apart_by_their_total() -> None:
    small, large = sales_receipt(sold("TEE", 1, "10.00"), txn_id="S"), sales_receipt(HAT, txn_id="L")
    assert chosen(of_order(total=Decimal("100.00")), small, large) == "L"
    assert chosen(of_order(total=Decimal("99.00")), small, large) == "ambiguous_sale"


def test_the_customer_comes_before_the_total_and_the_total_before_the_day() -> None:
    refund = of_order(customer_name="Ada Buyer", total=Decimal("100.00"), created_at=DAY)
    strangers = [hat("B", "Bob", "50.00", txn_date=date(2024, 3, 1))]
    own = [hat("A", price="50.00", txn_date=date(2024, 3, 9)), hat("C", price="70.00", txn_date=date(2024, 3, 1))]
    assert chosen(refund, *strangers, *own) == "A"


def test_sales_of_one_customer_and_total_are_told_apart_by_the_day_of_the_order() -> None:
    refund = of_order(total=Decimal("100.00"), created_at=DAY)
    old, new = hat("A", txn_date=date(2023, 3, 1)), hat("B", txn_date=date(2024, 3, 2))
    assert chosen(refund, old, new) == "B"
    assert chosen(refund, old, replace(new, txn_date=date(2024, 3, 3))) == "ambiguous_sale"


def test_with_the_emails_read_the_invoices_are_still_known_as_those_of_their_sales_order() -> None:
    refund = refund_of(back("TEE", 1, "10.00"), order={"customer_email": "ada@shop.example"})
    order = sales_order(HAT, sold("TEE", 3, "10.00"), txn_id="O", invoices=("I", "J"))
    sales = (order, invoice(HAT, txn_id="I"), invoice(sold("TEE", 3, "10.00"), txn_id="J"), hat("B", "Bob Seller"))
    rivals = choose_sale(refund, sales, Settings())
    assert isinstance(rivals, Rivals)
    emails = {ref("Ada Buyer").list_id or "": ["ada@shop.example"]}
    assert chosen(refund, *rivals.sales, emails=emails) == "J"


def test_of_very_many_sales_no_emails_are_read() -> None:
    sales = [hat(str(number), f"Customer {number}") for number in range(MAX_RIVALS + 1)]
    assert chosen(of_order(customer_email="ada@shop.example"), *sales) == "ambiguous_sale"


def test_where_the_customer_speaks_for_one_sale_and_the_total_for_another_a_person_decides() -> None:
    refund = of_order(customer_name="Ada Buyer", total=Decimal("100.00"))
    assert chosen(refund, hat("A", price="20.00"), hat("B", "Bob Seller", "50.00")) == "ambiguous_sale"


def test_several_sales_that_can_not_be_told_apart_are_shown_to_a_person_with_all_that_is_known_of_them() -> None:
    skip = choose_sale(refund_of(WHOLE), [hat("A"), invoice(HAT, txn_id="B", ref_number="1001")], Settings())
    assert isinstance(skip, Skip)
    assert skip.status is Status.REVIEW
    assert skip.message.startswith(
        "With the number 1001 QuickBooks has: sales receipt 1001 of 2024-03-01 over 100.00 for Ada Buyer; "
        "invoice 1001 of 2024-03-01 over 100.00 for Ada Buyer."
    )


def test_of_very_many_sales_a_person_is_shown_the_first_and_how_many_more_there_are() -> None:
    skip = choose_sale(refund_of(WHOLE), [hat(str(number)) for number in range(MAX_SHOWN + 3)], Settings())
    assert isinstance(skip, Skip)
    assert skip.facts["sales"].count("sales receipt") == MAX_SHOWN
    assert skip.facts["sales"].endswith("; 3 more")


# A number that was cut


@pytest.mark.parametrize(
    ("order", "found"),
    [
        ({}, "ambiguous_sale"),
        ({"customer_name": "Bob"}, "ambiguous_sale"),
        ({"total": Decimal("100.00")}, "ambiguous_sale"),
        ({"total": Decimal("100.00"), "created_at": DAY}, "A"),
        ({"total": Decimal("99.00"), "created_at": DAY}, "ambiguous_sale"),
        ({"customer_name": "Ada Buyer"}, "A"),
    ],
)
def test_a_sale_under_a_number_that_was_cut_is_the_orders_only_where_customer_or_total_and_day_agree(
    order: dict[str, Any], found: str
) -> None:
    assert chosen(refund_of(WHOLE, number=LONG, order=order), hat("A", ref_number=LONG[:11])) == found


@pytest.mark.parametrize(
    ("order", "found"),
    [
        ({}, "A"),
        ({"customer_name": "Bob"}, "ambiguous_sale"),
        ({"total": Decimal("99.00")}, "ambiguous_sale"),
        ({"total": Decimal("100.00"), "customer_name": "Bob"}, "A"),
        ({"customer_name": "Ada Buyer", "total": Decimal("99.00")}, "A"),
        ({"customer_email": "ada@shop.example"}, "emails of A"),
    ],
)
def test_a_memo_may_have_the_number_for_another_reason_which_customer_and_total_tell(
    order: dict[str, Any], found: str
) -> None:
    """As the house number in "Deliver to 1001 Elm St"."""
    assert chosen(of_order(**order), hat("A"), settings=Settings(order_number_field=SaleField.MEMO)) == found


def test_of_several_sales_whose_numbers_were_cut_to_the_same_customer_and_total_decide() -> None:
    refund = refund_of(WHOLE, number=LONG, order={"total": Decimal("100.00"), "customer_name": "Ada Buyer"})
    assert chosen(refund, hat("A"), hat("B", "Bob Seller"), hat("C", price="20.00")) == "A"


def test_a_number_that_was_cut_has_the_emails_read_where_nothing_else_agrees() -> None:
    refund = refund_of(WHOLE, number=LONG, order={"customer_email": "ada@shop.example"})
    sale = hat("A", "Ada")
    assert chosen(refund, sale) == "emails of A"
    assert chosen(refund, sale, emails={sale.customer.list_id or "": ["ada@shop.example"]}) == "A"
    assert chosen(refund, sale, emails={}) == "ambiguous_sale"


NAMES = st.sampled_from(["Ada Buyer", "Bob Seller", "Web"])
PRICES = st.sampled_from(["50.00", "20.00"])
DAYS = st.sampled_from([date(2024, 3, 1), date(2024, 5, 1)])


@given(
    st.lists(st.tuples(NAMES, PRICES, DAYS), min_size=1, max_size=5),
    st.sampled_from(["", "Ada Buyer", "Nobody"]),
    st.sampled_from([None, Decimal("100.00"), Decimal("40.00")]),
    st.randoms(use_true_random=False),
)
def test_the_choice_does_not_depend_on_the_order_in_which_quickbooks_names_the_sales(
    found: list[tuple[str, str, date]], name: str, total: Decimal | None, chance: Any
) -> None:
    refund = of_order(customer_name=name, total=total, created_at=DAY)
    sales = [hat(str(n), who, price, txn_date=day) for n, (who, price, day) in enumerate(found)]
    first = chosen(refund, *sales)
    chance.shuffle(sales)
    assert chosen(refund, *sales) == first
    if first != "ambiguous_sale":
        twin = next(sale for sale in sales if sale.txn_id == first)
        assert chosen(refund, *sales, replace(twin, txn_id="twin")) == "ambiguous_sale"
