"""What a person has undone leaves the books once and wholly, whatever breaks on the way, and can be entered anew."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest

from qbsim import CompanyBuilder, SettableClock
from qbwc_server.store.database import Database
from qbwc_server.store.decisions import Act, DecisionError, allowed
from tests.sync.driver import START, Driver, Fault, Refusal, World, builder, hats, judge, open_shop, receipts, refund

KINDS = ("CreditMemo", "Check", "ARRefundCreditCard", "ReceivePayment")


def standing(driver: Driver) -> dict[str, Decimal]:
    """What the books hold of each kind beside what was there before, voided ones as nothing."""
    found = {}
    for kind in KINDS:
        old = {t.txn_id for t in driver.before.transactions(kind)}
        new = [t for t in driver.company.transactions(kind) if t.txn_id not in old and not t.is_voided]
        if new:
            found[kind] = sum((getattr(t, "total", None) or getattr(t, "amount", Decimal(0)) for t in new), Decimal(0))
    return found


def shop(made: CompanyBuilder) -> None:
    receipts("1001", "1002")(made)
    made.invoice(made.customer("Customer 1003"), hats(1), ref_number="1003")


def entered(database: Database, **settings: str) -> Driver:
    """Three refunds in the books: one by card, one by two cards, one applied to an invoice."""
    driver = open_shop(database, shop, settings=settings)
    driver.bring_in(refund("r1", "1001"), refund("r2", "1002", gateways=("card", "paypal")))
    driver.bring_in(refund("r3", "1003", money="0"))
    driver.drain()
    assert set(driver.statuses().values()) == {"posted"}
    return driver


@pytest.mark.parametrize("way", ["void", "delete"])
@pytest.mark.parametrize("method", [{}, {"refund_method": "check", "refund_account": "Checking"}])
def test_what_is_undone_leaves_no_trace_in_the_balances(memory: Database, way: str, method: dict[str, str]) -> None:
    driver = entered(memory, undo=way, **method)
    for name in ("r1", "r2", "r3"):
        driver.decide(name, Act.UNDO, "a mistake")
    driver.drain()

    assert set(driver.statuses().values()) == {"skipped: undone"}
    assert driver.company.trial_balance() == driver.before.trial_balance()
    assert standing(driver) == {}
    invoice = next(t for t in driver.company.transactions("Invoice"))
    assert invoice.links == []
    row = driver.row("r1")
    assert row.reason is not None
    assert row.reason["message"] == "Ada had it undone in QuickBooks: a mistake"
    assert (row.generation, row.documents, row.total) == (2, [], None)
    voided = [t for t in driver.company.transactions("CreditMemo") if t.is_voided]
    assert len(voided) == (3 if way == "void" else 0)


def test_the_payout_goes_before_the_memo_that_it_holds(memory: Database) -> None:
    driver = entered(memory)
    driver.decide("r2", Act.UNDO)
    driver.wait()
    sets = [e.request for e in driver.run_session().exchanges if e.kind == "undo"]
    assert ["ARRefundCreditCard" in sets[0], "CreditMemo" in sets[0]] == [True, False]
    assert ["ARRefundCreditCard" in sets[1], "CreditMemo" in sets[1]] == [False, True]
    assert all('newMessageSetID="' in request for request in sets)


def test_what_was_undone_is_entered_anew_under_new_marks(memory: Database) -> None:
    driver = entered(memory)
    first = {t.external_guid for t in driver.company.transactions("CreditMemo")}
    balance = driver.company.trial_balance()
    driver.decide("r1", Act.UNDO)
    driver.drain()
    driver.decide("r1", Act.TRY_AGAIN)
    driver.drain()

    assert driver.statuses()["r1"] == "posted"
    assert driver.company.trial_balance() == balance
    new = {t.external_guid for t in driver.company.transactions("CreditMemo")} - first
    assert len(new) == 1
    driver.decide("r1", Act.UNDO)
    driver.drain()
    assert driver.row("r1").generation == 3


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """Three refunds that were entered, and somebody who wants two of them undone."""
    clock = SettableClock(START - timedelta(days=3))
    made = builder(clock)
    shop(made)
    clock.set(START)
    world = World(made.company, clock)
    world.driver.bring_in(refund("r1", "1001"), refund("r2", "1002", gateways=("card", "paypal")))
    world.driver.bring_in(refund("r3", "1003", money="0"))
    world.driver.drain()
    for name in ("r2", "r3"):
        world.driver.decide(name, Act.UNDO)
    world.keep()
    yield world
    world.close()


MOMENTS = [  # the first set has three requests, the second one
    *((1, fault) for fault in Fault if fault is not Fault.CRASH_4),
    *((2, fault) for fault in Fault if fault not in (Fault.CRASH_2, Fault.CRASH_3, Fault.CRASH_4)),
]


@pytest.mark.parametrize(("number", "fault"), MOMENTS)
def test_whatever_breaks_while_it_is_undone_all_of_it_is_undone_and_nothing_else(
    world: World, number: int, fault: Fault
) -> None:
    driver = world.again()
    driver.run_session({number: fault})
    driver.wait()
    driver.run_session()
    driver.work_late(answered=False)
    driver.answer_late()
    driver.drain()

    if fault is Fault.NOT_READABLE:
        assert {driver.statuses()[name].split(": ")[1] for name in ("r2", "r3")} <= {"undone", "undo_refused"}
        return
    assert driver.statuses() == {"r1": "posted", "r2": "skipped: undone", "r3": "skipped: undone"}
    assert standing(driver) == {"CreditMemo": Decimal("21.65"), "ARRefundCreditCard": Decimal("21.65")}
    assert not driver.open_sets()
    assert sum(driver.company.trial_balance().values()) == 0


def test_a_copy_that_is_worked_late_does_not_touch_what_was_entered_anew(world: World) -> None:
    driver = world.again()
    driver.run_session({1: Fault.HANGS})
    driver.drain()
    driver.decide("r2", Act.TRY_AGAIN)
    driver.drain()
    before = standing(driver)
    driver.work_late(answered=True)
    driver.drain()
    assert standing(driver) == before
    assert driver.statuses()["r2"] == "posted"


def test_what_can_not_be_undone_comes_back_with_what_to_do(memory: Database) -> None:
    driver = entered(memory)
    driver.refusals = [Refusal("<TxnVoidType>CreditMemo", 3210, "The transaction has been reconciled.")]
    driver.decide("r1", Act.UNDO)
    driver.drain()

    assert driver.statuses()["r1"] == "review: undo_refused"
    row = driver.row("r1")
    assert row.reason is not None
    assert "has been reconciled" in row.reason["message"]
    assert "undo the reconciliation" in row.reason["message"]
    assert {d.role: d.state for d in row.documents} == {"memo": "posted", "payout": "undone"}
    driver.refusals = []
    driver.decide("r1", Act.UNDO)
    driver.drain()
    assert driver.statuses()["r1"] == "skipped: undone"


def test_a_lock_is_waited_out(memory: Database) -> None:
    driver = entered(memory)
    driver.refusals = [Refusal("<TxnVoidType>", 3176, "The list element is in use.", times=2)]
    driver.decide("r1", Act.UNDO)
    driver.drain()
    assert driver.statuses()["r1"] == "skipped: undone"


def test_what_somebody_deleted_meanwhile_counts_as_undone(memory: Database) -> None:
    driver = entered(memory)
    driver.company.delete(driver.company.transactions("ARRefundCreditCard")[0])
    driver.decide("r1", Act.UNDO)
    driver.drain()
    assert driver.statuses()["r1"] == "skipped: undone"


def test_books_that_were_closed_meanwhile_are_not_touched(memory: Database) -> None:
    driver = entered(memory)
    driver.company.preferences.closing_date = START.date()
    driver.decide("r1", Act.UNDO)
    driver.drain()
    assert driver.statuses()["r1"] == "review: undo_refused"
    assert not [t for t in driver.company.transactions("CreditMemo") if t.is_voided]
    driver.company.preferences.closing_date = None
    driver.decide("r1", Act.UNDO)
    driver.drain()
    assert driver.statuses()["r1"] == "skipped: undone"


def test_somebody_who_undid_the_rest_by_hand_says_so(memory: Database) -> None:
    driver = entered(memory)
    driver.refusals = [Refusal("<TxnVoidType>CreditMemo", 3210, "It has been reconciled.")]
    driver.decide("r1", Act.UNDO)
    driver.drain()
    driver.decide("r1", Act.DONE_BY_HAND)
    assert driver.statuses()["r1"] == "skipped: undone"
    assert Act.TRY_AGAIN in allowed(driver.row("r1"))


def test_what_is_left_of_the_sale_can_be_refunded_again_after_an_undo(memory: Database) -> None:
    driver = open_shop(memory, receipts("1001", count=1))
    driver.bring_in(refund("r1", "1001"))
    driver.drain()
    driver.decide("r1", Act.UNDO)
    driver.drain()
    driver.bring_in(refund("r9", "1001"))
    driver.drain()
    assert driver.statuses() == {"r1": "skipped: undone", "r9": "posted"}
    driver.decide("r1", Act.TRY_AGAIN)
    driver.drain()
    assert driver.statuses()["r1"] == "review: more_than_sale"


def test_a_refund_that_is_on_its_way_can_not_be_undone(memory: Database) -> None:
    driver = open_shop(memory, receipts("1001"))
    driver.bring_in(refund("r1", "1001"))
    driver.run_session({("post", 1): Fault.LOST_AFTER})
    assert driver.open_sets() == ["post"]
    with pytest.raises(DecisionError, match="possible: note"):
        driver.decide("r1", Act.UNDO)
    driver.drain()
    judge(driver, review=False)
