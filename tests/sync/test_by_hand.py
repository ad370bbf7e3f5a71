"""A refund that somebody entered by hand before is shown to a person, adopted, or entered beside it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from qbsim import Behaviour, CompanyBuilder
from qbwc_server.store.database import Database
from qbwc_server.store.decisions import Act
from tests.sync.driver import START, Driver, hats, judge, open_shop, receipts, refund
from tests.sync.test_reconcile import reconciled

DAY = (START - timedelta(days=2)).date()


def shop(made: CompanyBuilder) -> None:
    receipts("1001", "1002")(made)
    made.credit_memo("Customer 1001", hats(1), ref_number="HAND-1", txn_date=DAY)


def stopped(database: Database, **settings: str) -> Driver:
    driver = open_shop(database, shop, settings=settings)
    driver.bring_in(refund("r1", "1001"), refund("r2", "1002"))
    driver.drain()
    return driver


def test_a_memo_of_the_same_customer_and_amount_that_was_entered_by_hand_is_shown(memory: Database) -> None:
    driver = stopped(memory)
    assert driver.statuses() == {"r1": "review: perhaps_entered_by_hand", "r2": "posted"}
    row = driver.row("r1")
    memo = driver.company.transactions("CreditMemo")[0]
    assert row.candidates == [
        {
            "type": "CreditMemo",
            "txn_id": memo.txn_id,
            "ref_number": "HAND-1",
            "date": DAY.isoformat(),
            "amount": "21.65",
            "customer_id": memo.customer_id,
        }
    ]
    assert row.reason is not None
    assert f"credit memo HAND-1 of {DAY} over 21.65 ({memo.txn_id})" in row.reason["message"]


def test_what_is_adopted_is_not_entered_again_and_belongs_to_this_refund(memory: Database) -> None:
    driver = stopped(memory)
    driver.decide("r1", Act.ADOPT)
    driver.bring_in(refund("r3", "1001"))
    driver.drain()
    assert driver.statuses() == {"r1": "posted", "r2": "posted", "r3": "posted"}
    assert [notice["code"] for notice in driver.row("r1").notices] == ["adopted_by_hand", "adopted_in_part"]
    assert len(driver.company.transactions("CreditMemo")) == 3  # by hand, r2, r3: the adopted one is nobody else's


def test_where_a_memo_alone_is_adopted_the_payout_that_is_lacking_is_named(memory: Database) -> None:
    driver = stopped(memory)
    driver.decide("r1", Act.ADOPT)
    assert [notice["message"] for notice in driver.row("r1").notices if notice["code"] == "adopted_in_part"] == [
        "Connex knows of no payout over 21.65 USD that belongs to what was taken over."
    ]


def test_where_a_payout_alone_is_adopted_the_memo_that_is_lacking_is_named(memory: Database) -> None:
    def fill(made: CompanyBuilder) -> None:
        receipts("1001", "1002")(made)
        made.refund_by_check(made.prepayment("Customer 1001", "21.65", deposit_to="Checking"), "21.65")

    driver = open_shop(memory, fill)
    driver.bring_in(refund("r1", "1001"))
    driver.drain()
    driver.decide("r1", Act.ADOPT)
    assert [notice["message"] for notice in driver.row("r1").notices if notice["code"] == "adopted_in_part"] == [
        "Connex knows of no credit memo over 21.65 USD that belongs to what was taken over."
    ]


def test_where_the_check_for_an_order_never_invoiced_is_adopted_the_order_that_stays_open_is_named(
    memory: Database,
) -> None:
    def fill(made: CompanyBuilder) -> None:
        made.sales_order(made.customer("Ann"), hats(1), ref_number="1001")
        made.refund_by_check(made.prepayment("Ann", "21.65", deposit_to="Checking", ref_number="1001"), "21.65")
        made.prepayment("Ann", "21.65", deposit_to="Checking", ref_number="1001")

    driver = open_shop(memory, fill)
    driver.bring_in(refund("r1", "1001"))
    driver.drain()
    assert driver.statuses() == {"r1": "review: perhaps_entered_by_hand"}
    driver.decide("r1", Act.ADOPT)
    assert [notice["message"] for notice in driver.row("r1").notices][1:] == [
        "Connex knows of no closing of the sales order 1001 that belongs to what was taken over."
    ]
    assert not driver.company.transactions("SalesOrder")[0].is_manually_closed


def test_the_adopted_memo_counts_against_the_sale(memory: Database) -> None:
    driver = stopped(memory)
    driver.decide("r1", Act.ADOPT)
    driver.bring_in(refund("r3", "1001", 2))
    driver.drain()
    assert driver.statuses()["r3"] == "review: more_than_sale"


def test_what_is_another_refund_is_not_asked_about_twice(memory: Database) -> None:
    driver = stopped(memory)
    driver.decide("r1", Act.POST_ANYWAY)
    driver.drain()
    judge(driver, review=False)
    assert driver.statuses() == {"r1": "posted", "r2": "posted"}


def test_with_0_days_nobody_is_asked(memory: Database) -> None:
    assert stopped(memory, hand_entry_days="0").statuses() == {"r1": "posted", "r2": "posted"}


@pytest.mark.parametrize("behaviour", [Behaviour(), Behaviour(shows_external_guid=False)])
def test_two_equal_refunds_of_one_customer_are_not_taken_for_work_by_hand(
    memory: Database, behaviour: Behaviour
) -> None:
    driver = open_shop(memory, receipts("1001"), behaviour=behaviour)
    driver.bring_in(refund("r1", "1001"))
    driver.drain()
    driver.bring_in(refund("r2", "1001"))
    driver.drain()
    assert driver.statuses() == {"r1": "posted", "r2": "posted"}


def test_another_memo_under_the_number_of_one_that_was_adopted_does_not_break_the_reconcile(memory: Database) -> None:
    driver = stopped(memory)
    driver.decide("r1", Act.ADOPT)
    adopted = driver.company.transactions("CreditMemo")[0]
    driver.company.record(
        replace(adopted, stamp=driver.company.counters.transaction_stamp(driver.clock()), ref_number="HAND-1", links=[])
    )
    driver.wait()
    assert reconciled(driver) == []
