"""From the shop's order number to the number that the sale carries in QuickBooks."""

from __future__ import annotations

from datetime import date, datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbwc_server.refunds.naming import order_ref_number
from qbwc_server.refunds.sale import SaleType
from qbwc_server.refunds.sale_numbers import (
    carries_number,
    days_of_sale,
    is_shortened,
    names_of_order,
    sale_numbers,
    types_with_field,
)
from qbwc_server.refunds.settings import SaleField, Settings
from tests.refunds.builders import refund_of

TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
AFFIXES = st.text("AB-#1 ", max_size=4).map(str.strip)


def numbers(order_number: str, **settings: Any) -> tuple[str, ...]:
    changed = {f"order_number_{key}": value for key, value in settings.items()}
    return sale_numbers(order_number, Settings(**changed))


@pytest.mark.parametrize(
    ("order_number", "settings", "expected"),
    [
        ("#1001", {}, ("1001",)),
        (" # 1001 ", {}, ("1001",)),
        ("#EU-1001-B", {"strip_prefix": "EU-", "strip_suffix": "-B", "add_prefix": "W"}, ("W1001",)),
        ("#EU-1001", {"strip_prefix": "#EU-"}, ("1001",)),
        ("eu-1001-b", {"strip_prefix": "EU-", "strip_suffix": "-B"}, ("1001",)),
        ("1001", {"strip_prefix": "EU-", "add_suffix": "-WEB"}, ("1001-WEB",)),
        ("EU-", {"strip_prefix": "EU-"}, ("EU-",)),
        ("12345678901", {}, ("12345678901",)),
        ("123456789012", {}, ("12345678901", "23456789012")),
        ("1234567890", {"add_prefix": "W-"}, ("W-123456789", "-1234567890")),
        ("123456789012", {"field": SaleField.PO_NUMBER}, ("123456789012",)),
        ("1" * 26, {"field": SaleField.PO_NUMBER}, ("1" * 25,)),
        ("1" * 29 + "2", {"field": SaleField.OTHER}, ("1" * 29, "1" * 28 + "2")),
        ("1" * 80, {"field": SaleField.MEMO}, ("1" * 80,)),
        ("10\x0701", {}, ("1001",)),
        ("", {}, ()),
        ("#", {"add_prefix": "W"}, ()),
    ],
)
def test_the_orders_number_becomes_the_sales(order_number: str, settings: dict[str, Any], expected: Any) -> None:
    assert numbers(order_number, **settings) == expected


@given(TEXTS)
def test_without_settings_a_number_that_fits_is_looked_for_as_it_is(order_number: str) -> None:
    own = order_ref_number(order_number)
    if own.isprintable() and 1 <= len(own) <= 11:
        assert sale_numbers(order_number, Settings()) == (own,)


@given(TEXTS, AFFIXES, AFFIXES, AFFIXES, AFFIXES, st.sampled_from(SaleField))
def test_no_number_is_empty_too_long_for_its_field_or_looked_for_twice(
    order_number: str, prefix: str, suffix: str, before: str, after: str, field: SaleField
) -> None:
    settings = Settings(
        order_number_strip_prefix=prefix,
        order_number_strip_suffix=suffix,
        order_number_add_prefix=before,
        order_number_add_suffix=after,
        order_number_field=field,
    )
    found = sale_numbers(order_number, settings)
    longest = {SaleField.REF_NUMBER: 11, SaleField.PO_NUMBER: 25, SaleField.OTHER: 29}.get(field, 100)
    assert all(number and len(number) <= longest and number.isprintable() for number in found)
    assert len(set(found)) == len(found) <= 2
    assert is_shortened(order_number, settings) or len(found) <= 1
    assert all(carries_number(number, found, field) for number in found if field is not SaleField.MEMO)


@given(st.from_regex(r"[0-9]{1,8}", fullmatch=True), AFFIXES, AFFIXES)
def test_what_was_put_on_a_number_is_taken_off_again(number: str, prefix: str, suffix: str) -> None:
    made = Settings(order_number_add_prefix=prefix, order_number_add_suffix=suffix, order_number_field=SaleField.MEMO)
    undone = Settings(
        order_number_strip_prefix=prefix, order_number_strip_suffix=suffix, order_number_field=SaleField.MEMO
    )
    (written,) = sale_numbers(number, made)
    if order_ref_number(written) == written:  # a leading # is no part of a number
        assert sale_numbers(written, undone) == (number,)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Web order 1001", True),
        ("#1001, gift", True),
        ("(1001)", True),
        ("11001", False),
        ("1001-2", False),
        ("EU-1001", False),
        ("10010", False),
        ("", False),
    ],
)
def test_in_a_memo_the_number_is_a_word_of_its_own(text: str, found: bool) -> None:
    assert carries_number(text, ["1001"], SaleField.MEMO) is found


@pytest.mark.parametrize(("text", "found"), [("1001", True), (" #1001", True), ("order 1001", False), ("", False)])
def test_in_another_field_the_number_stands_alone(text: str, found: bool) -> None:
    assert carries_number(text, ["1001"], SaleField.OTHER) is found


def test_an_order_without_a_number_is_carried_by_nothing() -> None:
    assert not any(
        carries_number(text, sale_numbers("#", Settings()), field) for text in ("", "#") for field in SaleField
    )


def test_sales_receipts_have_no_purchase_order_number() -> None:
    assert types_with_field(SaleField.PO_NUMBER) == (SaleType.INVOICE, SaleType.SALES_ORDER)
    assert types_with_field(SaleField.OTHER) == tuple(SaleType)


def test_the_days_lie_around_the_order_and_around_the_refund_where_its_day_is_not_known() -> None:
    settings = Settings(order_number_days=10)
    ordered = datetime(2024, 3, 1, 12, tzinfo=timezone.utc)
    refund = refund_of(order={"created_at": ordered}, created_at=datetime(2024, 6, 15, tzinfo=timezone.utc))
    assert days_of_sale(refund, settings) == (date(2024, 2, 19), date(2024, 3, 12))
    unknown = refund_of(order={"created_at": None}, created_at=datetime(2024, 6, 15, tzinfo=timezone.utc))
    assert days_of_sale(unknown, settings) == (date(2024, 6, 4), date(2024, 6, 26))


@pytest.mark.parametrize("day", [date.min, date.max])
def test_the_first_and_the_last_of_all_days_are_no_error(day: date) -> None:
    ordered = datetime(day.year, day.month, day.day, tzinfo=timezone.utc)
    start, end = days_of_sale(refund_of(order={"created_at": ordered}), Settings())
    assert start <= day <= end


def test_a_number_that_was_cut_names_no_order() -> None:
    assert names_of_order("WEB-2024-10001", Settings(order_number_strip_prefix="WEB-")) == (
        "WEB-2024-10001",
        "2024-10001",
    )
    assert names_of_order("123456789012", Settings()) == ("123456789012",)
