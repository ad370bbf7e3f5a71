"""A credit memo that somebody entered by hand is counted where it names the sale, and only there."""

from __future__ import annotations

from decimal import Decimal

import pytest

from qbwc_server.refunds.by_hand import HandMemo, names_sale, taken_by_hand
from qbwc_server.refunds.sale import SaleLine
from qbwc_server.refunds.sale_numbers import names_of_order
from qbwc_server.refunds.settings import Settings
from tests.refunds.builders import back, discount, invoice, lines_of, posted, refund_of, sales_receipt, sold, stopped

SALE = sales_receipt(sold("HAT", 2, "50.00"), sold("TEE", 3, "10.00"), discount("13.00"))


@pytest.mark.parametrize(
    ("ref_number", "memo", "linked", "names"),
    [
        ("1001", "", False, True),
        ("1001-CM", "", False, True),
        ("#1001", "", False, True),
        ("10012", "", False, False),
        ("CM-7", "refund for #1001, late", False, True),
        ("CM-7", "order 10012", False, False),
        ("CM-7", "", True, True),
        ("", "", False, False),
    ],
)
def test_a_memo_names_a_sale_by_number_by_link_or_in_its_memo(
    ref_number: str, memo: str, linked: bool, names: bool
) -> None:
    links = [SALE.txn_id] if linked else ["other"]
    assert names_sale(SALE, ["1001"], ref_number=ref_number, memo=memo, links=links) is names


def test_an_order_without_a_number_is_named_by_nothing_but_a_link() -> None:
    assert not names_sale(SALE, names_of_order("#", Settings()), ref_number="", memo="#", links=[])


def by_hand(*lines: SaleLine, total: str) -> HandMemo:
    return HandMemo("9-1", "1001-CM", Decimal(total), lines=lines)


def test_what_was_given_back_by_hand_is_not_given_back_again() -> None:
    taken = taken_by_hand([by_hand(sold("HAT", 2, "50.00"), discount("10.00"), total="90.00")], SALE)
    assert (taken.total, taken.quantities["L1"], taken.amounts["L1"], taken.amounts["L3"]) == (90, 2, 100, -10)
    skip = stopped(refund_of(back("HAT", 1, "20.00")), SALE, taken=taken)
    assert skip.reason == "quantity_more_than_sale"
    rest = posted(refund_of(back("TEE", 3, "27.00")), SALE, taken=taken)
    assert lines_of(rest) == [("TEE", "3", "30.00"), ("Discount", None, "-3.00")]


def test_a_memo_of_another_price_takes_no_more_of_a_line_than_it_has() -> None:
    taken = taken_by_hand([by_hand(sold("HAT", 3, "60.00"), total="180.00")], SALE)
    assert (taken.quantities["L1"], taken.amounts["L1"], taken.total) == (2, 100, 180)


def test_two_memos_of_an_item_on_two_lines_take_one_after_the_other() -> None:
    sale = invoice(sold("HAT", 1, "50.00"), sold("HAT", 1, "40.00"))
    memos = [by_hand(sold("HAT", 1, "50.00"), total="50.00"), by_hand(sold("HAT", 1, "40.00"), total="40.00")]
    taken = taken_by_hand(memos, sale)
    assert (taken.quantities, taken.amounts) == ({"L1": 1, "L2": 1}, {"L1": 50, "L2": 40})
    assert taken.by_hand == ("1001-CM", "1001-CM")


def test_an_amount_on_an_item_that_the_sale_does_not_have_counts_in_the_total_alone() -> None:
    taken = taken_by_hand([by_hand(sold("GOODWILL", None, "9.00"), total="9.00")], SALE)
    assert (taken.total, dict(taken.amounts)) == (9, {})
