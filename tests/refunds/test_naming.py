"""The names of a refund's documents: the same at every try and on every installation, and never one too long."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbwc_server.refunds.model import Refund
from qbwc_server.refunds.naming import (
    MAX_NAME_CHARACTERS,
    Role,
    external_guid,
    macro,
    memo_text,
    memo_text_is_cut,
    order_ref_number,
    ref_number,
)
from tests.refunds.builders import back, by, refund_of

REFUND = refund_of(back("HAT", 1, "50.00"))


def numbered(number: str, **changes: str) -> Refund:
    return replace(refund_of(number=number), **changes)  # type: ignore[arg-type]


# Values that must never change: documents in the books of users carry them.
def test_the_names_of_a_document_never_change() -> None:
    assert external_guid(REFUND, Role.MEMO, 1, 1) == "{CA0D397F-8F76-5E8E-A177-8FB5ACC4D72F}"
    assert external_guid(REFUND, Role.PAYOUT, 2, 3) == "{1BC739B5-FC81-528A-8847-CFE8957E2B73}"
    assert macro(REFUND, Role.MEMO, 1, 1) == "TxnID:CA0D397F8F765E8EA177"
    assert ref_number(REFUND) == "1001-DQW"
    assert ref_number(numbered("#100001234567")) == "RDQWXIQR4OM"


def test_documents_differ_by_source_shop_refund_role_part_and_generation() -> None:
    names = {
        external_guid(refund, role, part, generation)
        for refund in (
            REFUND,
            replace(REFUND, source="woocommerce"),
            replace(REFUND, shop="shop.example"),
            replace(REFUND, external_id="902"),
        )
        for role in Role
        for part in (1, 2)
        for generation in (1, 2)
    }
    assert len(names) == 4 * len(Role) * 2 * 2


def test_nothing_else_of_the_refund_is_in_its_names() -> None:
    other = refund_of(back("TEE", 3, "1.00"), number="#2002", note="changed")
    assert external_guid(other, Role.MEMO, 1, 1) == external_guid(REFUND, Role.MEMO, 1, 1)


def test_the_parts_of_an_identity_can_not_run_into_each_other() -> None:
    one = replace(REFUND, shop="a\x1fb", external_id="c")
    two = replace(REFUND, shop="a", external_id="b\x1fc")
    three = replace(REFUND, shop="a\x1e1b", external_id="c")
    assert len({external_guid(refund, Role.MEMO, 1, 1) for refund in (one, two, three)}) == 3
    assert len({ref_number(refund) for refund in (one, two, three)}) == 3


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_text_makes_a_guid_and_a_macro_that_quickbooks_takes(shop: str, external_id: str) -> None:
    refund = replace(REFUND, shop=shop, external_id=external_id)
    assert re.fullmatch(r"\{[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\}", external_guid(refund, Role.MEMO, 1, 1))
    assert re.fullmatch(r"TxnID:[0-9A-F]{20}", macro(refund, Role.MEMO, 1, 1))


def test_half_a_character_in_an_id_is_no_error() -> None:
    assert external_guid(replace(REFUND, external_id="\ud800"), Role.MEMO, 1, 1).startswith("{")
    assert ref_number(replace(REFUND, external_id="\ud800")).startswith("1001-")


@pytest.mark.parametrize(
    ("number", "looked_for"), [("#1001", "1001"), (" # 1001 ", "1001"), ("1001", "1001"), ("##7", "#7"), ("", "")]
)
def test_an_order_is_looked_for_without_its_leading_hash(number: str, looked_for: str) -> None:
    assert order_ref_number(number) == looked_for


@pytest.mark.parametrize(("number", "starts"), [("#1001", "1001-"), ("1234567", "1234567-"), ("EN-12", "EN-12-")])
def test_a_short_order_number_stands_in_the_memos_number(number: str, starts: str) -> None:
    assert re.fullmatch(re.escape(starts) + "[A-Z2-7]{3}", ref_number(numbered(number)))


@pytest.mark.parametrize("number", ["12345678", "Bestellung-1", "Übung", "10\x07", "", "#"])
def test_a_long_odd_or_missing_order_number_gives_way_to_the_refunds_key(number: str) -> None:
    assert re.fullmatch("R[A-Z2-7]{10}", ref_number(numbered(number)))


@given(st.text(max_size=15), st.text(min_size=1, max_size=15))
def test_no_number_is_too_long_or_that_of_the_sale(number: str, external_id: str) -> None:
    found = ref_number(numbered(number, external_id=external_id))
    assert 5 <= len(found) <= 11
    assert found.isascii()
    assert found != order_ref_number(number)


def test_the_memo_field_says_order_refund_gateway_and_transaction() -> None:
    assert memo_text(REFUND, gateway="paypal", transaction_id="T 1") == (
        "Refund 901 of order 1001 (shopify), gateway paypal, transaction T 1"
    )


def test_what_can_not_be_printed_becomes_a_space() -> None:
    text = memo_text(numbered("10\x0001", source="a\ud800b"), gateway="x\u202ey")
    assert text == "Refund 901 of order 10 01 (a b), gateway x y"


def test_the_longest_names_still_fit_the_memo_field() -> None:
    refund = numbered("9" * 9999, source="s" * 9999, external_id="e" * 9999)
    text = memo_text(refund, gateway="g" * 9999, transaction_id="t" * 9999)
    assert 5 * MAX_NAME_CHARACTERS < len(text) <= 4095


def test_a_cut_of_the_memo_field_is_known() -> None:
    many = tuple(by("card", "1.00", str(number) * 30) for number in range(9) for _ in range(9))
    assert not memo_text_is_cut(REFUND)
    assert memo_text_is_cut(numbered("9" * (MAX_NAME_CHARACTERS + 1)))
    assert memo_text_is_cut(refund_of(money=many))
