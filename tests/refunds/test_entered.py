"""What somebody may have entered by hand is told from everything else by customer, amount, date and who entered it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from qbwc_server.refunds.entered import Entered, perhaps_by_hand
from tests.refunds.builders import COMPANY, RECEIVABLES, back, ref, refund_of

JO = ref("Jo")
DAY = date(2024, 3, 4)
REFUND = refund_of(back("HAT", 1, "100.00", tax="8.00"), money="40.00")
MEMO = Entered("CreditMemo", "A-1", "77", DAY, Decimal("108.00"), JO)
CARD = Entered("ARRefundCreditCard", "A-2", "", DAY, Decimal("40.00"), JO)
CHECK = Entered("Check", "A-3", "78", DAY, Decimal("40.00"), JO, accounts=(ref(RECEIVABLES),))


def found(*entries: Entered, days: int = 14, **more: Any) -> list[str]:
    return [entry.txn_id for entry in perhaps_by_hand(entries, REFUND, JO, DAY, days, COMPANY, **more)]


def test_a_memo_over_the_value_and_a_payout_over_the_money_may_be_the_refund() -> None:
    assert found(MEMO, CARD, CHECK) == ["A-2", "A-3", "A-1"]
    assert "credit memo 77 of 2024-03-04 over 108.00 (A-1)" in MEMO.words


@pytest.mark.parametrize(
    "other",
    [
        {"amount": Decimal("107.99")},
        {"amount": Decimal("40.00")},
        {"amount": None},
        {"customer": ref("Ann")},
        {"customer": None},
        {"day": DAY + timedelta(days=15)},
        {"day": DAY - timedelta(days=15)},
        {"day": None},
        {"external_guid": "{1}"},
        {"ref_number": "1001-7QK", "memo": "Refund 900 of order 1001 (shopify)"},
    ],
)
def test_another_amount_customer_time_or_hand_is_another_refund(other: dict[str, Any]) -> None:
    assert found(replace(MEMO, **other)) == []


def test_a_number_that_looks_like_one_of_ours_is_no_proof_that_we_entered_it() -> None:
    assert found(replace(MEMO, ref_number="1001-REF")) == ["A-1"]


def test_a_check_that_pays_an_expense_is_none() -> None:
    assert found(replace(CHECK, accounts=(ref("Merchandise Sales"),))) == []
    assert found(replace(CHECK, accounts=())) == []


def test_a_check_of_ours_is_known_by_its_memo_once_it_is_printed() -> None:
    printed = replace(CHECK, ref_number="1057", memo="Refund 900 of order 1000 (shopify), gateway manual")
    assert found(printed) == []
    assert found(replace(printed, memo="Refund for the broken hat")) == ["A-3"]


def test_the_nearest_day_comes_first_and_0_days_look_for_nothing() -> None:
    far = replace(MEMO, txn_id="A-9", day=DAY - timedelta(days=14))
    assert found(far, MEMO) == ["A-1", "A-9"]
    assert found(far, MEMO, days=0) == []
    assert found(far, MEMO, days=13) == ["A-1"]


def test_what_is_accounted_for_is_not_asked_about() -> None:
    assert found(MEMO, accounted_for={"A-1"}) == []
