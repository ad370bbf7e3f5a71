"""The comparison of what was posted with what QuickBooks shows: pure, so that it can be tried on anything."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbwc_server.sync.comparing import KINDS, Fate, Posted, Seen, compare, fate_of, not_ours

GUID, OTHER = "{AAAAAAAA-0000-0000-0000-000000000001}", "{BBBBBBBB-0000-0000-0000-000000000002}"
DAY = date(2024, 5, 6)
POSTED = Posted(
    document_id=1,
    refund_id=2,
    words="credit memo",
    type="CreditMemo",
    txn_id="1-1",
    external_guid=GUID,
    ref_number="1001-7QK",
    customer_id="80-1",
    amount=Decimal("21.65"),
    txn_date=DAY,
    open_credit=Decimal(0),
)
SEEN = Seen(
    type="CreditMemo",
    txn_id="1-1",
    external_guid=GUID,
    ref_number="1001-7QK",
    customer_id="80-1",
    customer="Ann",
    amount=Decimal("21.65"),
    txn_date=DAY,
    open_credit=Decimal(0),
    memo="Refund r1 of order 1001 (shopify)",
)
amounts = st.decimals("0.01", "99999.99", places=2)


def kinds(posted: Posted, seen: Seen) -> list[str]:
    return [finding.kind for finding in compare(posted, {seen.txn_id: seen}, ())]


@given(amounts, st.dates(), st.text(min_size=1, max_size=20), st.sampled_from([GUID, GUID.lower(), ""]))
def test_what_stands_as_it_was_entered_is_no_finding(amount: Decimal, day: date, customer: str, guid: str) -> None:
    posted = replace(POSTED, amount=amount, txn_date=day, customer_id=customer)
    assert kinds(posted, replace(SEEN, amount=amount, txn_date=day, customer_id=customer, external_guid=guid)) == []


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"amount": Decimal("20.00")}, "changed_amount"),
        ({"amount": None}, "changed_amount"),
        ({"customer_id": "80-2", "customer": "Bob"}, "changed_customer"),
        ({"txn_date": date(2024, 5, 7)}, "changed_date"),
        ({"open_credit": Decimal("21.65")}, "link_released"),
        ({"amount": Decimal("0.00")}, "voided"),
        ({"external_guid": OTHER}, "not_found"),
        ({"type": "Check"}, "not_found"),
    ],
)
def test_each_difference_is_said_once(change: dict[str, object], kind: str) -> None:
    assert kinds(POSTED, replace(SEEN, **change)) == [kind]  # type: ignore[arg-type]


def test_the_account_is_compared_by_its_id_and_else_by_its_name() -> None:
    check = replace(POSTED, type="Check", account_id="A", account="Checking", open_credit=None)
    seen = replace(SEEN, type="Check", open_credit=None)
    assert kinds(check, replace(seen, account_id="A", account="Renamed")) == []
    assert kinds(check, replace(seen, account_id="B", account="Savings")) == ["changed_account"]
    assert kinds(replace(check, account_id=""), replace(seen, account_id="B", account="CHECKING")) == []


def test_credit_that_is_used_up_further_is_no_finding() -> None:
    assert kinds(replace(POSTED, open_credit=Decimal(5)), SEEN) == []


def test_a_memo_of_zero_is_not_taken_for_a_voided_one() -> None:
    assert kinds(replace(POSTED, amount=Decimal(0)), replace(SEEN, amount=Decimal("0.00"))) == []


@given(st.booleans(), st.booleans())
def test_only_what_is_neither_there_nor_deleted_is_missing(there: bool, deleted: bool) -> None:
    fate = fate_of(POSTED, {"1-1": SEEN} if there else {}, {"1-1"} if deleted else ())
    assert fate is (Fate.THERE if there else Fate.DELETED if deleted else Fate.MISSING)


def beside(*seen: Seen, posted: Posted = POSTED) -> list[str]:
    return [finding.kind for finding in not_ours(seen, {POSTED.txn_id}, {GUID: posted}, (posted,))]


def test_a_second_transaction_with_our_guid_or_our_number_is_there_twice() -> None:
    copy = replace(SEEN, txn_id="1-2")
    assert beside(SEEN, copy) == ["there_twice"]
    assert beside(replace(copy, external_guid="")) == ["there_twice"]
    assert beside(replace(copy, ref_number="EDITED")) == ["there_twice"]
    assert beside(replace(copy, amount=Decimal(0))) == []  # a copy that was voided counts for nothing
    assert beside(copy, posted=replace(POSTED, txn_id="")) == ["not_known_as_entered"]


def test_a_check_without_a_number_is_known_by_its_memo_and_never_by_having_none() -> None:
    check = replace(POSTED, type="Check", ref_number="", memo="Refund 901 of order 1001 (shopify)")
    other = replace(SEEN, type="Check", txn_id="1-2", external_guid="", ref_number="", memo="Rent")
    assert beside(other, posted=check) == []
    assert beside(replace(other, memo=check.memo), posted=check) == ["there_twice"]
    assert beside(replace(other, memo=check.memo, ref_number="1057"), posted=check) == ["there_twice"]
    assert beside(replace(other, memo=""), posted=replace(check, memo="")) == []


def test_a_check_that_was_printed_since_is_as_it_was_entered() -> None:
    check = replace(POSTED, type="Check", ref_number="", open_credit=None)
    assert kinds(check, replace(SEEN, type="Check", ref_number="1057", open_credit=None)) == []


def test_what_carries_our_marks_and_is_not_known_is_said_and_nothing_else() -> None:
    stranger = replace(SEEN, txn_id="1-3", external_guid=OTHER, ref_number="77", customer_id="80-9")
    assert beside(stranger) == ["unknown_posting"]
    assert beside(replace(stranger, memo="Refund for the broken hat")) == []


@given(st.sampled_from(sorted(KINDS)))
def test_every_kind_has_a_sentence(kind: str) -> None:
    assert KINDS[kind].endswith(".")
