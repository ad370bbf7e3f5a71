"""The sale that a person named: found by its TxnID alone, and shown before anything is entered for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from qbwc_server.refunds.choosing import MAX_SHOWN, Unclear, as_candidates, choose_invoice, choose_sale
from qbwc_server.refunds.chosen import (
    ChosenSale,
    UnusableSaleName,
    by_number,
    by_txn_id,
    find_chosen,
    named,
    was_shown,
)
from qbwc_server.refunds.codec import decode, encode
from qbwc_server.refunds.model import Order
from qbwc_server.refunds.reasons import Skip, Status
from qbwc_server.refunds.review import held
from qbwc_server.refunds.sale import Sale, SaleType
from qbwc_server.refunds.settings import SaleField, Settings
from tests.refunds.builders import back, invoice, ref, refund_of, sales_receipt, sold

HAT = sold("HAT", 2, "50.00")
ANN = sales_receipt(HAT, txn_id="A-1", customer=ref("Ann"))
BEA = invoice(HAT, txn_id="B-1", customer=ref("Bea"))


def reason_of(found: Sale | Skip) -> str:
    return found.reason if isinstance(found, Skip) else found.txn_id


@pytest.mark.parametrize(
    ("text", "kind", "number"),
    [
        ("Invoice 1001", SaleType.INVOICE, "1001"),
        ("sales receipt W-7", SaleType.SALES_RECEIPT, "W-7"),
        (" SalesOrder  #12 a ", SaleType.SALES_ORDER, "#12 a"),
    ],
)
def test_a_sale_is_named_by_its_kind_and_number(text: str, kind: SaleType, number: str) -> None:
    assert named(text) == ChosenSale(type=kind, ref_number=number)


@pytest.mark.parametrize(
    "text", ["", "1001", "Invoice", "Invoice ", "Credit memo 7", "Invoice 123456789012", "invoice 1\x07"]
)
def test_words_that_name_no_sale_are_refused_with_how_one_is_named(text: str) -> None:
    with pytest.raises(UnusableSaleName, match=r"such as|at most 11|as it stands"):
        named(text)


def test_a_txn_id_is_taken_as_quickbooks_writes_it() -> None:
    assert by_txn_id(" 5f-12 ") == ChosenSale("5F-12")
    for text in ("", "1001", "5F-", "G1-2", "5F-1 or 2", "A" * 30 + "-1234567"):
        with pytest.raises(UnusableSaleName, match="one looks like 5F-"):
            by_txn_id(text)


def test_the_sale_with_the_txn_id_is_the_one_whatever_its_number() -> None:
    assert find_chosen(ChosenSale("B-1"), [ANN, replace(BEA, ref_number="other")]) == replace(BEA, ref_number="other")
    assert ChosenSale("B-1").found_as(BEA) == ChosenSale("B-1", SaleType.INVOICE, "1001")


def test_a_number_is_only_that_of_its_kind_of_sale() -> None:
    assert find_chosen(by_number(SaleType.INVOICE, "1001"), [ANN, BEA]) == BEA
    assert reason_of(find_chosen(by_number(SaleType.SALES_ORDER, "1001"), [ANN, BEA])) == "chosen_sale_not_found"
    assert find_chosen(by_number(SaleType.INVOICE, "w1"), [replace(BEA, ref_number="W1")]) == replace(
        BEA, ref_number="W1"
    )


def test_several_sales_of_one_kind_and_number_are_shown_to_choose_from() -> None:
    both = [BEA, replace(BEA, txn_id="C-1")]
    found = find_chosen(by_number(SaleType.INVOICE, "1001"), both)
    assert reason_of(found) == "ambiguous_sale"
    assert isinstance(found, Unclear)
    assert [each["txn_id"] for each in as_candidates(found) or ()] == ["B-1", "C-1"]


def test_a_sale_that_is_not_there_waits_for_a_person_and_says_who_chose_what() -> None:
    skip = find_chosen(replace(by_txn_id("5F-1"), by="Ada"), [ANN, BEA])
    assert isinstance(skip, Skip)
    assert skip.status is Status.REVIEW
    assert "transaction with the TxnID 5F-1, which Ada chose" in skip.message


def test_what_a_person_chooses_from_is_data_and_no_more_than_can_be_told_apart() -> None:
    skip = choose_sale(refund_of(back("HAT", 2, "100.00")), [ANN, BEA], Settings())
    assert isinstance(skip, Skip)
    assert as_candidates(skip) == [
        {
            "type": kind,
            "txn_id": txn_id,
            "ref_number": "1001",
            "date": "2024-03-01",
            "amount": "100.00",
            "customer_id": ref(name).list_id,
            "customer": name,
        }
        for kind, txn_id, name in (("SalesReceipt", "A-1", "Ann"), ("Invoice", "B-1", "Bea"))
    ]
    parts = choose_invoice(refund_of(back("HAT", 3, "150.00")), [BEA, replace(BEA, txn_id="C-1")])
    assert isinstance(parts, Skip)
    assert len(as_candidates(parts) or ()) == 2
    many = Unclear("ambiguous_sale", {}, (ANN,) * (MAX_SHOWN + 1))
    assert len(as_candidates(many) or ()) == MAX_SHOWN
    assert as_candidates(Skip("order_not_found")) is None


@pytest.mark.parametrize(
    ("number", "sale", "shown_with", "settings", "seen"),
    [
        ("#1001", {}, "Bea", {}, True),
        ("#1001", {}, "", {}, False),
        ("#1001", {}, "Ann", {}, False),
        ("#1001", {"ref_number": "77"}, "Bea", {}, False),
        ("#1001", {}, "Bea", {"order_number_add_prefix": "W"}, False),
        ("#1001", {"ref_number": "w1001"}, "Bea", {"order_number_add_prefix": "W"}, True),
        ("WEB-2024-10001", {"ref_number": "WEB-2024-10"}, "Bea", {}, False),
        ("#1001", {"ref_number": "77", "po_number": "1001"}, "Bea", {"order_number_field": SaleField.PO_NUMBER}, False),
        ("", {"ref_number": ""}, "Bea", {}, False),
    ],
)
def test_only_a_sale_shown_with_its_customer_under_the_orders_number_has_been_seen(
    number: str, sale: dict[str, str], shown_with: str, settings: dict[str, Any], seen: bool
) -> None:
    choice = ChosenSale("B-1", customer_id=(ref(shown_with).list_id or "") if shown_with else "")
    assert was_shown(choice, replace(BEA, **sale), Order("o", number), Settings(**settings)) is seen


def test_a_sale_that_nobody_has_seen_waits_for_approval_whatever_the_setting_says() -> None:
    skip = held(Settings(review="off"), BEA.total, "a", None, "", unseen_sale=True)
    assert skip is not None
    assert skip.reason == "approval_needed"
    assert held(Settings(review="off"), BEA.total, "a", "a", "Ada", unseen_sale=True) is None


def test_a_choice_is_kept_as_it_was_made() -> None:
    choice = ChosenSale("B-1", SaleType.INVOICE, "1001", "8-1", "Ada")
    assert decode(ChosenSale, encode(choice)) == choice
    assert decode(ChosenSale, encode(by_txn_id("5F-1"))) == by_txn_id("5F-1")
