"""The company file: what is saved is what is loaded, and nothing half-written is ever left."""

from __future__ import annotations

import copy
import json
import os
from decimal import Decimal
from pathlib import Path

import pytest

from qbsim import Company, CompanyFileError, Line, NaiveClockError, OutOfBalanceError, QuickBooks
from qbsim.ledger import Entry, Ledger
from tests.qbsim.shop import CREDIT_MEMO, GUID, Shop, add, card_refund_add


@pytest.fixture
def busy(shop: Shop) -> Shop:
    """A shop with every type of transaction, private data, deletions and recovery records."""
    order = shop.builder.sales_order("Ada", [Line(shop.shirt, quantity=3), Line(shop.discount)], ref_number="1003")
    invoice = shop.builder.invoice_from_sales_order(order, {order.lines[0].txn_line_id: 2})
    shop.builder.receive_payment(invoice, "10.00")
    shop.builder.sales_receipt("Ada", [Line(shop.shirt, quantity=1)], bill_address={"Addr1": "1 Main", "City": "Reno"})
    memo = shop.builder.credit_memo("Ada", [Line(shop.shirt)], external_guid=GUID)
    shop.builder.refund_by_check(memo, "5.00", ref_number="9")
    shop.builder.apply_credit(memo, invoice, "3.00")
    shop.ask(add("ARRefundCreditCard", card_refund_add(f"<TxnID>{memo.txn_id}</TxnID>", "4.00")), newMessageSetID="a")
    shop.company.delete(shop.builder.invoice("Bob", [Line(shop.engraving)]))
    return shop


def test_what_is_saved_is_what_is_loaded(busy: Shop, tmp_path: Path) -> None:
    busy.company.save(tmp_path / "company.json")
    loaded = Company.load(tmp_path / "company.json", busy.clock)
    assert loaded == busy.company
    assert loaded.trial_balance() == busy.company.trial_balance()
    assert loaded.customer_balance("Ada") == busy.company.customer_balance("Ada")
    assert loaded.by_external_guid(GUID)[0].open_credit == Decimal("10.00")
    busy.quickbooks = QuickBooks(loaded)
    assert busy.one(add("CreditMemo", CREDIT_MEMO))[0].findtext("TxnID") not in busy.company.to_json()["transactions"]


def test_the_file_is_readable_json_with_amounts_as_text(busy: Shop, tmp_path: Path) -> None:
    busy.company.save(tmp_path / "company.json")
    text = (tmp_path / "company.json").read_text(encoding="utf-8")
    assert json.loads(text)["name"] == "Corner Shop"
    assert '"amount": "20.00"' in text


def test_a_save_that_fails_leaves_the_old_file_whole(
    busy: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "company.json"
    busy.company.save(path)
    was = path.read_bytes()
    busy.memo()

    def no_space(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(OSError, match="No space left"):
        busy.company.save(path)
    assert path.read_bytes() == was
    assert list(tmp_path.iterdir()) == [path]


def test_a_deep_copy_goes_its_own_way(busy: Shop) -> None:
    twin = copy.deepcopy(busy.company)
    assert twin == busy.company
    busy.memo()
    assert twin != busy.company


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("no json", "is no JSON"),
        ("{}", "no company file of form 1"),
        ('{"form": 1, "name": "x"}', "lacks or does not know 'preferences'"),
    ],
)
def test_a_file_that_is_none_is_refused_with_the_reason(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "company.json").write_text(text, encoding="utf-8")
    with pytest.raises(CompanyFileError, match=reason):
        Company.load(tmp_path / "company.json")


def test_a_wrong_value_is_told_with_its_place(busy: Shop) -> None:
    data = busy.company.to_json()
    data["transactions"][0]["entries"][0]["amount"] = "much"
    with pytest.raises(CompanyFileError, match=r"transactions\[0\]\.entries\.amount: 'much' can't be read"):
        Company.from_json(data)


def test_a_file_whose_books_do_not_balance_is_refused_as_a_file(shop: Shop, tmp_path: Path) -> None:
    data = shop.company.to_json()
    next(entry for entry in data["transactions"] if entry["entries"])["entries"][0]["amount"] = "1234567.89"
    file = tmp_path / "company.json"
    file.write_text(json.dumps(data))
    with pytest.raises(CompanyFileError, match="can't be right: the entries sum to"):
        Company.load(file)


def test_entries_that_do_not_sum_to_zero_are_never_posted() -> None:
    ledger = Ledger()
    with pytest.raises(OutOfBalanceError, match=r"sum to 0\.01"):
        ledger.post([Entry("A", Decimal("1.00")), Entry("B", Decimal("-0.99"))])
    assert ledger.account("A") == 0


def test_deleting_everything_brings_back_the_opening(busy: Shop) -> None:
    for kind in (
        "Check",
        "ARRefundCreditCard",
        "ReceivePayment",
        "CreditMemo",
        "Invoice",
        "SalesReceipt",
        "SalesOrder",
    ):
        for transaction in busy.company.transactions(kind):
            busy.company.delete(transaction)
    assert busy.moved() == {}
    assert busy.shirt.quantity_on_hand == 100
    assert busy.company.customer_balance("Ada") == 0


def test_unknown_names_are_told(shop: Shop) -> None:
    with pytest.raises(KeyError, match="no account 'Petty Cash'"):
        shop.company.balance_of("Petty Cash")


def test_a_clock_without_an_offset_is_refused(shop: Shop) -> None:
    with pytest.raises(NaiveClockError):
        shop.clock.set(shop.clock().replace(tzinfo=None))
    shop.company.clock = lambda: shop.clock().replace(tzinfo=None)
    with pytest.raises(NaiveClockError):
        shop.company.now()
