"""Error recovery: outcomes of message sets are kept, found again, and never done twice."""

from __future__ import annotations

from typing import Any

import pytest
from lxml import etree

from qbsim import Behaviour, Company, QuickBooks, QuickBooksCrashed
from tests.qbsim.shop import CREDIT_MEMO, GUID, Shop, add, card_refund_add, message_set, status, values

MEMO = add(
    "CreditMemo",
    CREDIT_MEMO.replace("<CreditMemoLineAdd>", f"<ExternalGUID>{GUID}</ExternalGUID><CreditMemoLineAdd>", 1),
)
TWO = MEMO + add("ARRefundCreditCard", card_refund_add("<TxnID>FF-1</TxnID>", "1.00"), "2")


def check(shop: Shop, set_id: str) -> etree._Element:
    return shop.ask_set("", newMessageSetID=set_id, oldMessageSetID=set_id)


def code(messages: etree._Element) -> str | None:
    return messages.get("messageSetStatusCode")


def memos(shop: Shop) -> int:
    return len(shop.company.transactions("CreditMemo"))


def test_the_status_of_a_set_is_told_only_where_an_id_was_sent(shop: Shop) -> None:
    assert code(shop.ask_set(MEMO)) is None
    assert code(shop.ask_set(MEMO, newMessageSetID="job-1")) == "0"


def test_a_status_check_gives_the_ids_of_what_was_added_and_the_errors(shop: Shop) -> None:
    shop.ask(TWO, newMessageSetID="job-1", onError="continueOnError")
    (memo,) = shop.company.transactions("CreditMemo")
    messages = check(shop, "job-1")
    assert (code(messages), messages.get("newMessageSetID")) == ("0", "job-1")
    first, second = messages
    assert (first.tag, first.get("requestID"), status(first)) == ("CreditMemoAddRs", "1", (0, "Info"))
    assert values(first[0], "TxnID", "TxnNumber", "EditSequence", "ExternalGUID") == [
        *(memo.txn_id, str(memo.txn_number), memo.stamp.edit_sequence, GUID)
    ]
    assert (status(second), len(second)) == ((3120, "Error"), 0)


def test_a_repeat_is_not_done_again(shop: Shop) -> None:
    shop.ask(MEMO, newMessageSetID="job-1")
    repeat = shop.ask_set(MEMO, newMessageSetID="job-1")
    assert (code(repeat), repeat[0][0].tag, memos(shop)) == ("0", "ErrorRecovery", 1)


def test_a_repeat_is_done_again_where_it_is_not_recognised() -> None:
    shop = Shop(Behaviour(recognises_repeats=False))
    for _ in range(2):
        shop.ask(MEMO, newMessageSetID="job-1")
    assert memos(shop) == 2


@pytest.mark.parametrize(("gets", "responses", "memos_then"), [("stored", 1, 1), ("worked", 2, 2), ("busy", 0, 1)])
def test_a_copy_that_comes_while_the_first_is_worked(gets: Any, responses: int, memos_then: int) -> None:
    shop = Shop(Behaviour(repeat_of_a_set_in_work=gets))
    other = QuickBooks(shop.company, shop.quickbooks.behaviour)
    text = message_set(TWO, newMessageSetID="job-1", onError="continueOnError")
    first = other.begin_set(text, 1)
    answer = shop.quickbooks.process(text)
    assert bool(answer.hresult) == (gets == "busy")
    assert answer.response.count("statusCode=") == responses
    assert memos(shop) == memos_then
    assert first.end().response.count("statusCode=") == 2
    assert (memos(shop), len(check(shop, "job-1"))) == (memos_then, 2)


def test_an_id_used_for_something_else_is_refused_whole(shop: Shop) -> None:
    shop.ask(MEMO, newMessageSetID="job-1")
    messages = shop.ask_set(TWO, newMessageSetID="job-1")
    assert (code(messages), len(messages), memos(shop)) == ("9001", 0, 1)


@pytest.mark.parametrize("set_id", ["never-sent", "job-1"])
def test_without_a_record_a_status_check_says_so(set_id: str) -> None:
    shop = Shop(Behaviour(keeps_recovery_records=False))
    assert code(shop.ask_set(MEMO, newMessageSetID="job-1")) == "0"
    assert code(check(shop, set_id)) == "9002"


def test_a_set_whose_outcome_can_not_be_kept_is_worked_and_says_so() -> None:
    shop = Shop(Behaviour(keeps_recovery_records=False, tells_of_records_not_kept=True))
    messages = shop.ask_set(MEMO, newMessageSetID="job-1")
    assert (code(messages), messages[0].get("statusCode"), memos(shop)) == ("9005", "0", 1)
    assert code(check(shop, "job-1")) == "9002"
    assert shop.ask_set(MEMO).get("messageSetStatusCode") is None


def test_clearing_drops_a_record(shop: Shop) -> None:
    shop.ask(MEMO, newMessageSetID="job-1")
    shop.ask(MEMO, newMessageSetID="job-2", oldMessageSetID="job-1")
    assert [code(check(shop, each)) for each in ("job-1", "job-2")] == ["9002", "0"]
    assert code(shop.ask_set("", oldMessageSetID="job-2")) == "0"
    assert code(shop.ask_set("", oldMessageSetID="job-2")) == "600"


def test_all_records_can_be_cleared_at_once(shop: Shop) -> None:
    for number in range(3):
        shop.ask(MEMO, newMessageSetID=f"job-{number}")
    assert code(shop.ask_set("", oldMessageSetID="ClearAllMessageSets")) == "0"
    assert shop.company.recovery.records == []


@pytest.mark.parametrize(("length", "expected"), [(24, "0"), (25, "9004")])
def test_an_id_has_at_most_24_characters(shop: Shop, length: int, expected: str) -> None:
    assert code(shop.ask_set(MEMO, newMessageSetID="x" * length)) == expected
    assert memos(shop) == (1 if expected == "0" else 0)


def test_the_oldest_records_go_where_only_some_are_kept() -> None:
    shop = Shop(Behaviour(recovery_records_kept=2))
    for number in range(3):
        shop.ask(MEMO, newMessageSetID=f"job-{number}")
    assert [code(check(shop, f"job-{number}")) for number in range(3)] == ["9002", "0", "0"]


def test_a_crash_keeps_what_was_worked_and_its_record(shop: Shop) -> None:
    text = message_set(MEMO + MEMO.replace('requestID="1"', 'requestID="2"'), newMessageSetID="job-1")
    with pytest.raises(QuickBooksCrashed):
        shop.quickbooks.process(text, crash_after=1)
    assert memos(shop) == 1
    assert [each.get("requestID") for each in check(shop, "job-1")] == ["1"]
    shop.quickbooks.process(text)
    assert memos(shop) == 1


@pytest.mark.parametrize("worked", [0, 1, 2])
def test_a_crash_can_come_after_any_number_of_requests(worked: int) -> None:
    shop = Shop(Behaviour(keeps_partial_records=False))
    text = message_set(MEMO + MEMO.replace('requestID="1"', 'requestID="2"'), newMessageSetID="job-1")
    with pytest.raises(QuickBooksCrashed):
        shop.quickbooks.process(text, crash_after=worked)
    assert memos(shop) == worked
    assert code(check(shop, "job-1")) == "9002"


def test_records_live_in_the_company_file(shop: Shop) -> None:
    shop.ask(MEMO, newMessageSetID="job-1")
    moved = Company.from_json(shop.company.to_json(), shop.clock)
    shop.quickbooks = QuickBooks(moved)
    assert code(check(shop, "job-1")) == "0"
