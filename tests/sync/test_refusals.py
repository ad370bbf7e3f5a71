"""Sets and requests that QuickBooks refuses: the culprit is found, and what can pass is tried again, not for ever."""

from __future__ import annotations

import pytest

from qbsim import CompanyBuilder
from qbwc_server.store.database import Database
from qbwc_server.sync.taking import MAX_ATTEMPTS
from tests.sync.driver import START, Fault, Refusal, hats, judge, open_shop, receipts, refund

ORDERS = tuple(str(number) for number in range(1001, 1014))


@pytest.mark.parametrize("culprit", ["1001", "1007", "1013"])
def test_the_refund_that_makes_quickbooks_refuse_a_set_is_isolated_and_the_others_go_through(
    memory: Database, culprit: str
) -> None:
    driver = open_shop(memory, receipts(*ORDERS))
    driver.bring_in(*[refund(f"r{order}", order) for order in ORDERS])
    driver.unreadable.append(f"Refund r{culprit} of order")

    played = driver.run_session()

    judge(driver)
    assert driver.statuses() == {f"r{o}": "posted" for o in ORDERS} | {f"r{culprit}": "failed: request_unreadable"}
    assert played.kinds.count("post") <= 13
    assert len(driver.company.transactions("CreditMemo")) == len(ORDERS) - 1


def test_where_only_the_payout_is_not_readable_its_memo_stands_and_the_refund_says_so(memory: Database) -> None:
    driver = open_shop(memory, receipts(*ORDERS[:3]))
    driver.bring_in(*[refund(f"r{order}", order) for order in ORDERS[:3]])
    driver.unreadable.append("transaction t-r1002-card")

    driver.drain()

    judge(driver)
    assert driver.statuses()["r1002"] == "review: payout_link_refused"
    assert [d.state for d in driver.row("r1002").documents] == ["posted", "failed"]
    assert driver.statuses()["r1001"] == driver.statuses()["r1003"] == "posted"


@pytest.mark.parametrize("kind", ["SalesReceiptQueryRq", "CreditMemoQueryRq"])
def test_a_look_up_that_makes_quickbooks_refuse_a_set_is_isolated(memory: Database, kind: str) -> None:
    driver = open_shop(memory, receipts(*ORDERS))
    driver.bring_in(*[refund(f"r{order}", order) for order in ORDERS])
    driver.unreadable.append("<RefNumber>1005</RefNumber>")

    driver.drain()

    judge(driver)
    assert driver.statuses() == {f"r{o}": "posted" for o in ORDERS} | {"r1005": "failed: request_unreadable"}


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (3175, "There was an error when saving; the list element is in use."),
        (3176, "A related object is in use."),
        (3170, "Modified by another user."),
        (3180, "QuickBooks failed to acquire the lock."),
        (1000, "There has been an internal error."),
    ],
)
@pytest.mark.parametrize("marker", ["<CreditMemoAdd ", "<ARRefundCreditCardAdd "])
def test_what_was_locked_is_tried_again_after_a_pause(memory: Database, code: int, message: str, marker: str) -> None:
    driver = open_shop(memory, receipts("1001", "1002"))
    driver.bring_in(refund("r1", "1001"))
    driver.refusals.append(Refusal(marker, code, message, times=2))

    played = driver.run_session()

    assert driver.statuses()["r1"] == "posting"
    assert played.kinds.count("post") == 1
    assert driver.authenticate()[1] == "none"  # not at once
    driver.drain()
    judge(driver, review=False)
    assert driver.statuses()["r1"] == "posted"


@pytest.mark.parametrize("marker", ["<CreditMemoAdd ", "<ARRefundCreditCardAdd ", "<SalesReceiptQueryRq"])
def test_what_stays_locked_fails_after_so_many_attempts(memory: Database, marker: str) -> None:
    driver = open_shop(memory, receipts("1001", "1002"))
    driver.bring_in(refund("r1", "1001"))
    driver.refusals.append(Refusal(marker, 3175, "The list element is in use."))
    sessions = 0
    while driver.row("r1").status not in ("failed", "review"):
        driver.wait(3700)
        driver.run_session()
        sessions += 1
        assert sessions <= MAX_ATTEMPTS

    assert sessions == MAX_ATTEMPTS
    half_entered = marker == "<ARRefundCreditCardAdd "
    assert driver.statuses()["r1"] == ("review: payout_kept_failing" if half_entered else "failed: kept_failing")
    assert str(MAX_ATTEMPTS) in driver.row("r1").reason["message"]
    judge(driver)
    driver.refusals.clear()
    driver.bring_in(refund("r2", "1002"))
    driver.drain()
    assert driver.statuses()["r2"] == "posted"


def test_a_payout_that_kept_failing_is_entered_alone_after_a_change_of_settings(memory: Database) -> None:
    driver = open_shop(memory, receipts("1001"))
    driver.bring_in(refund("r1", "1001"))
    driver.refusals.append(Refusal("<ARRefundCreditCardAdd ", 3175, "The list element is in use."))
    driver.drain(20, pause=3700)
    driver.refusals.clear()

    driver.set(refund_account="Checking")
    driver.drain()

    judge(driver, review=False)
    assert driver.statuses() == {"r1": "posted"}
    assert len(driver.company.transactions("CreditMemo")) == len(driver.company.transactions("ARRefundCreditCard")) == 1


def test_a_customer_with_too_many_memos_to_look_through_goes_to_a_person_and_frees_the_others(
    memory: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qbwc_server.sync.finding.MAX_OWN_MEMOS", 1)
    monkeypatch.setattr("qbwc_server.sync.questions.MAX_OWN_MEMOS", 1)

    def fill(made: CompanyBuilder) -> None:
        receipts("1001", "1002")(made)
        made.credit_memo("Customer 1001", hats(1), ref_number="OLD", txn_date=START.date())

    driver = open_shop(memory, fill)
    driver.company.transactions("CreditMemo")[0].stamp.touch(START, counts_up=True)  # changed since the refund
    driver.bring_in(refund("r1", "1001"), refund("r2", "1002"))
    driver.drain()

    judge(driver, review=True)
    assert driver.statuses() == {"r1": "review: too_many_to_look_through", "r2": "posted"}


def test_a_refund_whose_payout_failed_still_counts_against_the_sale(memory: Database) -> None:
    driver = open_shop(memory, receipts("1001", count=2))
    driver.bring_in(refund("r1", "1001", 2))
    driver.refusals.append(Refusal("<ARRefundCreditCardAdd ", 3175, "The list element is in use."))
    driver.drain(20, pause=3700)
    assert driver.statuses()["r1"] == "review: payout_kept_failing"
    driver.refusals.clear()

    driver.bring_in(refund("r2", "1001"))
    driver.drain()

    assert driver.statuses()["r2"] == "review: more_than_sale"


@pytest.mark.parametrize("fault", [Fault.COM_BEFORE, Fault.LOST_BEFORE])
@pytest.mark.parametrize("kind", ["find", "follow"])
def test_a_look_up_that_quickbooks_never_answers_does_not_block_the_queue(
    memory: Database, kind: str, fault: Fault
) -> None:
    """Sessions that break at one order's look-up: it is made alone, paused, and given up; the others go through."""
    driver = open_shop(memory, receipts(*ORDERS[:5]))
    driver.bring_in(*[refund(f"r{order}", order) for order in ORDERS[:5]])
    customer = driver.company.lists.customers.find("Customer 1003").list_id
    marker = "<RefNumber>1003</RefNumber>" if kind == "find" else f"<ListID>{customer}</ListID>"
    sessions = 0
    while driver.authenticate()[1] != "none" or driver.row("r1003").status == "waiting":
        driver.wait(3700)
        sessions += 1
        assert sessions < 30, driver.statuses()
        played = driver.begin()
        while (exchange := driver.next_set(played)) is not None:
            if exchange.kind == kind and marker in exchange.request:
                driver._exchange(exchange, fault)
                break
            driver.work(exchange)
            if driver.answer(exchange) == 100:
                break

    assert driver.statuses() == {f"r{o}": "posted" for o in ORDERS[:5]} | {"r1003": "failed: kept_failing"}
    judge(driver)
