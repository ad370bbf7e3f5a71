"""A company file that shows no ExternalGUIDs: a posting in doubt is told by its number, customer and total, and what
somebody may have edited is never taken for absent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from qbsim import Behaviour, CompanyBuilder
from qbwc_server.store.database import Database
from tests.sync.driver import Driver, Fault, hats, judge, open_shop, receipts, refund

FORGETS = Behaviour(shows_external_guid=False, keeps_partial_records=False)  # a crash leaves no record of its set
REFUSES_THE_ENTRY = replace(FORGETS, may_change_other_names=False)
POST = ("post", 1)
MEMO_ALONE = Fault.CRASH_2  # the entry that a posting begins with, and the credit memo


def shop(memory: Database, *orders: str, behaviour: Behaviour = FORGETS) -> Driver:
    """Postings were entered before, so that it is known that GUIDs are hidden."""
    driver = open_shop(memory, receipts("1000", *orders), behaviour=behaviour)
    driver.bring_in(refund("r1000", "1000"))
    driver.drain()
    assert driver.company_file().known["shows_guids"] == "no"
    return driver


def why(driver: Driver) -> str:
    reason = driver.row("r1").reason
    assert reason is not None
    return str(reason["message"])


def memo_of(driver: Driver) -> Any:
    return driver.company.transactions("CreditMemo")[-1]


def renumber(driver: Driver) -> None:
    driver.company.renumber(memo_of(driver), "EDITED")


def renumber_and_change_the_text(driver: Driver) -> None:
    renumber(driver)
    memo_of(driver).memo = "see Ann"


def void(driver: Driver) -> None:
    renumber(driver)
    driver.company.void(memo_of(driver))


@pytest.mark.parametrize(
    "fault", [Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.CRASH_1, Fault.CRASH_2, Fault.CRASH_3, Fault.CRASH_4]
)
def test_what_no_one_touched_needs_no_person(memory: Database, fault: Fault) -> None:
    driver = shop(memory, "1001", "1002")
    driver.bring_in(refund("r1", "1001"), refund("r2", "1002"))

    driver.run_session({POST: fault})
    driver.drain()

    judge(driver, review=False)
    assert set(driver.statuses().values()) == {"posted"}


@pytest.mark.parametrize("edit", [renumber, renumber_and_change_the_text, void])
def test_what_somebody_edited_meanwhile_is_shown_to_a_person_and_not_entered_again(
    memory: Database, edit: Callable[[Driver], None]
) -> None:
    driver = shop(memory, "1001")
    driver.bring_in(refund("r1", "1001"))
    driver.run_session({POST: MEMO_ALONE})
    edit(driver)

    driver.drain()

    assert driver.statuses()["r1"] == "review: in_doubt"
    assert "CreditMemo EDITED over" in why(driver)
    assert len(driver.company.transactions("CreditMemo")) == 2


def test_the_very_first_posting_is_not_entered_again_either_where_its_number_was_edited(memory: Database) -> None:
    driver = open_shop(memory, receipts("1001"), behaviour=FORGETS)
    driver.bring_in(refund("r1", "1001"))
    driver.run_session({POST: MEMO_ALONE})
    renumber(driver)

    driver.drain()

    assert driver.statuses() == {"r1": "review: in_doubt"}
    assert len(driver.company.transactions("CreditMemo")) == 1


@pytest.mark.parametrize(
    ("behaviour", "status"), [(FORGETS, "posted"), (REFUSES_THE_ENTRY, "review: in_doubt")], ids=["latch", "no latch"]
)
def test_a_memo_that_somebody_enters_by_hand_meanwhile_is_not_taken_for_ours(
    memory: Database, behaviour: Behaviour, status: str
) -> None:
    """By the entry it is certain that the posting was not begun; else a person has to look."""
    makers: list[CompanyBuilder] = []

    def fill(made: CompanyBuilder) -> None:
        makers.append(made)
        receipts("1001")(made)

    driver = open_shop(memory, fill, behaviour=behaviour)
    driver.bring_in(refund("r1", "1001"))
    driver.run_session({POST: Fault.LOST_BEFORE})
    by_hand = makers[0].credit_memo("Customer 1001", hats(1), ref_number="77")

    driver.drain()

    assert driver.statuses()["r1"] == status
    assert by_hand.txn_id not in {document.txn_id for document in driver.row("r1").documents}
    if status != "posted":
        assert "CreditMemo 77" in why(driver)


@pytest.mark.parametrize("fault", [Fault.CRASH_1, Fault.CRASH_2, Fault.CRASH_3, Fault.CRASH_4, Fault.LOST_AFTER])
def test_payouts_of_one_amount_through_two_gateways_are_told_apart(memory: Database, fault: Fault) -> None:
    driver = shop(memory, "1001")
    driver.bring_in(refund("r1", "1001", 2, gateways=("card", "paypal")))

    driver.run_session({POST: fault})
    driver.drain()

    judge(driver, review=False)
    payouts = [payout for payout in driver.row("r1").documents if payout.role == "payout"]
    assert len({payout.txn_id for payout in payouts}) == 2
    assert {payout.amount for payout in payouts} == {Decimal("21.65")}
    memos = {payout.txn_id: str(payout.memo) for payout in driver.company.transactions("ARRefundCreditCard")}
    assert "gateway card" in memos[payouts[0].txn_id]
    assert "gateway paypal" in memos[payouts[1].txn_id]


def test_two_of_one_number_are_shown_to_a_person(memory: Database) -> None:
    """As when QuickBooks has worked two copies of a set."""
    driver = shop(memory, "1001", behaviour=REFUSES_THE_ENTRY)
    driver.bring_in(refund("r1", "1001"))
    played = driver.run_session({POST: Fault.LOST_AFTER})
    driver.quickbooks.process(played.exchanges[-1].request.replace('newMessageSetID="', 'newMessageSetID="X'))
    driver.company.recovery.records.clear()

    driver.drain()

    assert driver.statuses()["r1"] == "review: changed_in_quickbooks"
    assert "2 times" in why(driver)
