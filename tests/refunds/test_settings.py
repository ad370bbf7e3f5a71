"""Settings are changed all at once or not at all, and a refusal says which, why and what is allowed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from qbwc_server.refunds.settings import (
    ITEM_KEYS,
    KEYS,
    CancelledInvoices,
    CheckNumber,
    ClosedBooks,
    CreatedSale,
    NewItems,
    RefundMethod,
    Restock,
    SaleField,
    SalesOrders,
    Settings,
    SettingsError,
    StoreCredit,
    Undo,
    WebConnectors,
    allowed,
    as_texts,
    change,
    help_text,
    label,
)

NAMES = (
    *("refund_account", "shop", "payment_method", "missing_orders_account", "missing_orders_income_account"),
    "missing_orders_tax_codes",
    *ITEM_KEYS,
)
DAYS = ("look_again_days", "hand_entry_days", "order_number_days")
AFFIXES = tuple(f"order_number_{way}" for way in ("strip_prefix", "strip_suffix", "add_prefix", "add_suffix"))
FLAGS = ("credit_memo_for_invoices", "refund_receipt", "refund_item_restock")
GOOD: list[tuple[str, str, Any]] = [
    *((key, word, True) for key in FLAGS for word in ("true", "ON", "yes", "1")),
    *((key, word, False) for key in FLAGS for word in ("False", "off", "no", "0")),
    *((key, " Visa: Caf\u00e9 ", "Visa: Caf\u00e9") for key in NAMES),
    *((key, "", "") for key in NAMES),
    ("refund_method", "credit_card", RefundMethod.CREDIT_CARD),
    ("refund_method", "check", RefundMethod.CHECK),
    ("refund_method", "none", RefundMethod.NONE),
    ("web_connectors", "several", WebConnectors.SEVERAL),
    ("time_zone", "America/New_York", "America/New_York"),
    ("time_zone", "", ""),
    *(("review", text, text) for text in ("off", "always", "over 100", "over 0.50")),
    ("undo", "delete", Undo.DELETE),
    ("record_missing_payment", "on", True),
    ("store_credit", "receivables", StoreCredit.RECEIVABLES),
    ("cancelled_unpaid_invoice", "void", CancelledInvoices.VOID),
    ("credit_memo_template", "Web Credit", "Web Credit"),
    ("sales_order", "credit", SalesOrders.CREDIT),
    ("closed_books", "next_open_day", ClosedBooks.NEXT_OPEN_DAY),
    *((key, str(days), days) for key in DAYS for days in (0, 30, 366)),
    *((key, text, text) for key in AFFIXES for text in ("", "EU-", "x" * 40)),
    *(("order_number_field", kind.value, kind) for kind in SaleField),
    ("order_number_custom_field", " Web Order ", "Web Order"),
    ("check_number", "to_print", CheckNumber.TO_PRINT),
    ("rounding_limit", "0", Decimal(0)),
    ("rounding_limit", "1.00", Decimal("1.00")),
    *(("sync_missing_orders", word, word == "on") for word in ("on", "false")),
    *(("missing_orders_since", text, text) for text in ("2024-01-31", "")),
    *(("missing_orders_as", kind.value, kind) for kind in CreatedSale),
    *(("missing_orders_new_items", kind.value, kind) for kind in NewItems),
    ("missing_orders_customer", "Web Customers", "Web Customers"),
    *(("restock", kind.value, kind) for kind in Restock),
]
BAD = [
    ("credit_memo_for_invoices", "maybe", "neither true nor false"),
    ("refund_receipt", "", "neither true nor false"),
    ("refund_item_restock", "some", "neither true nor false"),
    ("restock", "sometimes", "not one of source, always, never"),
    *((key, "x" * 160, "characters") for key in NAMES),
    *((key, "a\tb", "can't be printed") for key in NAMES),
    ("credit_memo_template", "x" * 32, "has 32 characters; QuickBooks takes 31"),
    ("payment_method", "x" * 32, "QuickBooks takes 31"),
    ("refund_method", "cash", "not one of credit_card, check, none"),
    ("web_connectors", "two", "not one of one, several"),
    *(("review", text, "over AMOUNT such as over 100.00") for text in ("", "over", "over -1", "over 1.001", "on")),
    ("undo", "erase", "not one of void, delete"),
    ("cancelled_unpaid_invoice", "delete", "not one of apply_credit, void"),
    ("sales_order", "cancel", "not one of close, credit, skip"),
    ("record_missing_payment", "perhaps", "neither true nor false"),
    ("store_credit", "income", "not one of liability, receivables"),
    ("closed_books", "open", "not one of wait, next_open_day"),
    *((key, "x" * 41, "at most 40 are allowed") for key in AFFIXES),
    ("check_number", "1057", "not one of ref_number, to_print"),
    ("order_number_field", "number", "not one of ref_number, po_number, other, memo, custom_field"),
    *(("order_number_custom_field", text, "has 1 to 31") for text in ("", "x" * 32)),
    *((key, text, "whole number of days from 0 to 366") for key in DAYS for text in ("", "-1", "367", "1.5", "ten")),
    ("time_zone", "Mars/Olympus", "not a time zone such as America/New_York"),
    ("time_zone", "../../etc/passwd", "not a time zone"),
    ("time_zone", "America", "not a time zone"),
    ("rounding_limit", "a lot", "not an amount"),
    ("rounding_limit", "NaN", "not an amount"),
    ("rounding_limit", "1e999999999", "not an amount"),
    ("rounding_limit", "1e30", "not an amount"),
    ("rounding_limit", "0.005", "at most two decimals"),
    ("rounding_limit", "-0.01", "not between 0 and 1.00"),
    ("rounding_limit", "1.01", "not between 0 and 1.00"),
    ("sync_missing_orders", "perhaps", "neither true nor false"),
    *(
        ("missing_orders_since", text, "not a day such as 2024-01-01")
        for text in ("2024-02-30", "01/31/2024", "20240131", "30")
    ),
    ("missing_orders_as", "estimate", "not one of sales_receipt, invoice"),
    ("missing_orders_new_items", "inventory", "not one of refuse, service, non_inventory"),
    ("missing_orders_customer", "x" * 42, "QuickBooks takes 41"),
    ("refund_acount", "Checking", "no such setting; there are credit_memo_for_invoices, refund_receipt"),
]


@pytest.mark.parametrize(("key", "text", "value"), GOOD)
def test_each_setting_takes_what_it_may_be(key: str, text: str, value: object) -> None:
    changed = change(Settings(), {key: text})
    assert getattr(changed, key) == value
    assert type(getattr(changed, key)) is type(getattr(Settings(), key))


@pytest.mark.parametrize(("key", "text", "reason"), BAD)
def test_each_setting_refuses_what_it_may_not_be_with_the_reason(key: str, text: str, reason: str) -> None:
    with pytest.raises(SettingsError) as caught:
        change(Settings(), {key: text})
    assert caught.value.key == key
    assert reason in str(caught.value)
    assert str(caught.value).startswith(f"{key}: ")


def test_every_setting_is_tried_above() -> None:
    assert {key for key, _, _ in GOOD} == set(KEYS)
    assert {key for key, _, _ in BAD} >= set(KEYS)


def test_one_refused_setting_leaves_all_as_they_were() -> None:
    before = change(Settings(), {"refund_account": "Checking"})
    for changes in (
        {"refund_account": "PayPal", "refund_method": "cash"},
        {"refund_method": "cash", "refund_account": "PayPal"},
        {"refund_account": "PayPal", "rounding_limit": "7"},
        {"refund_account": "PayPal", "no_such": "x"},
    ):
        with pytest.raises(SettingsError):
            change(before, changes)
    assert before == Settings(refund_account="Checking")


def test_what_is_not_named_stays() -> None:
    before = Settings(refund_account="Checking", refund_method=RefundMethod.CHECK)
    assert change(before, {"refund_receipt": "off"}) == Settings(
        refund_account="Checking", refund_method=RefundMethod.CHECK, refund_receipt=False
    )
    assert change(before, {}) == before


def test_settings_as_texts_can_be_read_back() -> None:
    settings = Settings(
        credit_memo_for_invoices=True,
        refund_method=RefundMethod.NONE,
        rounding_limit=Decimal("0.10"),
        web_connectors=WebConnectors.SEVERAL,
        time_zone="Europe/Berlin",
    )
    assert change(Settings(), as_texts(settings)) == settings
    assert as_texts(settings)["credit_memo_for_invoices"] == "true"
    assert as_texts(settings)["rounding_limit"] == "0.10"


def test_the_defaults_are_those_of_the_article() -> None:
    assert as_texts(Settings()) == {
        "credit_memo_for_invoices": "false",
        "refund_receipt": "true",
        "refund_account": "",
        "refund_method": "credit_card",
        "sync_missing_orders": "false",
        "time_zone": "",
        "rounding_item": "",
        "rounding_limit": "0.05",
        "web_connectors": "one",
        "shop": "",
        "refund_item": "",
        "refund_item_restock": "false",
        "restock": "source",
        "no_restock_item": "",
        "shipping_item": "",
        "tip_item": "",
        "duty_item": "",
        "fee_item": "",
        "allowance_item": "",
        "store_credit": "liability",
        "gift_card_item": "",
        "store_credit_item": "",
        "payment_method": "",
        "check_number": "ref_number",
        "credit_memo_template": "",
        "review": "off",
        "undo": "void",
        "closed_books": "wait",
        "record_missing_payment": "false",
        "cancelled_unpaid_invoice": "apply_credit",
        "sales_order": "close",
        "hand_entry_days": "14",
        "look_again_days": "30",
        **dict.fromkeys(AFFIXES, ""),
        "order_number_field": "ref_number",
        "order_number_custom_field": "Order Number",
        "order_number_days": "30",
        "missing_orders_since": "",
        "missing_orders_as": "sales_receipt",
        "missing_orders_customer": "",
        "missing_orders_item": "",
        "missing_orders_new_items": "refuse",
        "missing_orders_income_account": "",
        "missing_orders_tax_item": "",
        "missing_orders_tax_codes": "",
        "missing_orders_account": "",
    }


@pytest.mark.parametrize("key", KEYS)
def test_each_setting_has_a_name_and_an_explanation(key: str) -> None:
    assert label(key)[0].isupper()
    assert help_text(key).endswith(".")


def test_the_page_knows_what_may_be_chosen() -> None:
    assert allowed("refund_receipt") == ("true", "false")
    assert allowed("refund_method") == ("credit_card", "check", "none")
    assert allowed("refund_account") == ()
