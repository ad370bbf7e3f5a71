"""Checks that are to be printed have no number until somebody prints them: they are known by their hidden ID and their
Memo, and never by having none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from qbsim import Behaviour, CompanyBuilder, SettableClock
from qbsim.transactions.check import Check
from qbwc_server.store.database import Database
from qbwc_server.store.decisions import Act
from tests.sync.driver import START, Driver, Fault, World, builder, hats, judge, open_shop, refund
from tests.sync.test_exactly_once import POST, all_posted
from tests.sync.test_reconcile import reconciled

TO_PRINT = {"refund_method": "check", "refund_account": "Checking", "check_number": "to_print"}
ADDRESS = {"Addr1": "Ann Buyer", "Addr2": "1 Elm St", "City": "Albany", "State": "NY", "PostalCode": "12207"}
HIDDEN = Behaviour(shows_external_guid=False)
BEHAVIOURS = {
    "likely": Behaviour(),
    "no records": Behaviour(keeps_recovery_records=False),
    "GUIDs not shown": HIDDEN,
    "macros refused": Behaviour(resolves_macro_in_check=False),
}


def sales(made: CompanyBuilder) -> None:
    """Two sales of one customer."""
    ann = made.customer("Ann")
    for order in ("1001", "1002"):
        made.sales_receipt(ann, hats(2), ref_number=order, deposit_to="Checking", bill_address=ADDRESS)


def gift(made: CompanyBuilder) -> None:
    """A check to the same customer over the amount of a refund, that somebody wrote by hand and has not printed."""
    owed = made.credit_memo("Ann", hats(1), ref_number="HAND")
    made.refund_by_check(owed, owed.total, is_to_be_printed=True, memo="Gift for Ann")


def sales_and_gift(made: CompanyBuilder) -> None:
    sales(made)
    gift(made)


def checks(driver: Driver) -> list[Check]:
    """Those that were entered since the shop was opened."""
    old = {check.txn_id for check in driver.before.transactions("Check")}
    return [check for check in driver.company.transactions("Check") if check.txn_id not in old]


def print_checks(driver: Driver, first_number: int = 1057) -> None:
    """Somebody prints what is to be printed: each check gets the number of its paper."""
    for number, check in enumerate(checks(driver), first_number):
        check.is_to_be_printed = False
        driver.company.renumber(check, str(number))


def opened(database: Database, **options: Any) -> Driver:
    options.setdefault("settings", {**TO_PRINT, "hand_entry_days": "0"})
    driver = open_shop(database, sales_and_gift, **options)
    driver.bring_in(refund("r1", "1001"), refund("r2", "1002"))
    return driver


def test_a_check_waits_to_be_printed_with_payee_address_and_memo_and_without_a_number(memory: Database) -> None:
    driver = opened(memory)
    driver.drain()

    judge(driver, review=False)
    for check, name in zip(checks(driver), ("r1", "r2"), strict=True):
        assert check.is_to_be_printed
        assert check.ref_number is None
        assert check.memo == f"Refund {name} of order 100{name[1]} (shopify), gateway card, transaction t-{name}-card"
        assert check.address == ADDRESS
        assert driver.company.lists.customers.get(check.customer_id or "") is not None
    row = driver.row("r1")
    assert [document.ref_number for document in row.documents] == [row.documents[0].ref_number, ""]
    assert row.documents[0].ref_number.startswith("1001-")


def test_a_check_that_was_printed_is_as_it_was_entered_and_can_be_undone(memory: Database) -> None:
    driver = opened(memory)
    driver.drain()
    assert reconciled(driver) == []

    print_checks(driver)
    driver.wait(26 * 3600)
    assert reconciled(driver) == [], "the number of the paper is no change by hand"

    driver.decide("r1", Act.UNDO)
    driver.drain()
    assert driver.statuses() == {"r1": "skipped: undone", "r2": "posted"}
    assert [check.is_voided for check in checks(driver)] == [True, False]


@pytest.mark.parametrize("behaviour", [Behaviour(), HIDDEN], ids=["GUIDs shown", "GUIDs not shown"])
def test_checks_without_a_number_are_no_copies_of_each_other_and_a_copy_is_told(
    memory: Database, behaviour: Behaviour
) -> None:
    driver = opened(memory, behaviour=behaviour)
    driver.drain()
    assert [(check.ref_number, check.amount) for check in checks(driver)] == [(None, Decimal("21.65"))] * 2
    assert reconciled(driver) == []

    driver.company.record(
        replace(
            checks(driver)[0],
            stamp=driver.company.counters.transaction_stamp(driver.clock()),
            external_guid=None,
            links=[],
            ref_number="1058",
        )
    )
    driver.wait()
    assert reconciled(driver) == [("there_twice", "1001")]


def test_a_check_by_hand_is_shown_to_a_person_and_our_own_are_not(memory: Database) -> None:
    driver = opened(memory, settings=TO_PRINT, behaviour=HIDDEN)
    driver.drain()
    assert set(driver.statuses().values()) == {"review: perhaps_entered_by_hand"}
    assert [each["type"] for each in driver.row("r1").candidates] == ["Check", "CreditMemo"]
    driver.decide("r1", Act.POST_ANYWAY)
    driver.drain()
    print_checks(driver)
    driver.decide("r2", Act.POST_ANYWAY)
    driver.drain()
    driver.bring_in(refund("r3", "1001"))
    driver.drain()

    judge(driver)
    assert [each["txn_id"] for each in driver.row("r3").candidates or ()] == [
        driver.company.transactions(kind)[0].txn_id for kind in ("Check", "CreditMemo")
    ], "only what was there before Connex came"


def test_a_voided_check_is_named_though_it_was_entered_without_a_number(memory: Database) -> None:
    driver = opened(memory)
    driver.drain()
    print_checks(driver)
    driver.company.void(checks(driver)[0])
    driver.wait()
    assert reconciled(driver) == [("link_released", "1001"), ("voided", "1001")]
    assert driver.statuses()["r1"] == "review: voided_in_quickbooks"
    assert "The payout (without a number) was entered" in driver.row("r1").reason["message"]


# Exactly once


@pytest.fixture(scope="module")
def worlds() -> Iterator[Callable[[str], World]]:
    """The moment before two refunds are entered, one by one check and one by two over the same amount, with each
    QuickBooks."""
    made: dict[str, World] = {}

    def world(name: str) -> World:
        if name not in made:
            clock = SettableClock(START - timedelta(days=3))
            company = builder(clock)
            sales(company)
            company.sales_receipt(company.customer("Bea"), hats(2), ref_number="1000", deposit_to="Checking")
            clock.set(START)
            gift(company)
            settings = {**TO_PRINT, "hand_entry_days": "0"}
            made[name] = World(company.company, clock, behaviour=BEHAVIOURS[name], settings=settings)
            made[name].driver.bring_in(refund("r0", "1000"))
            made[name].driver.drain()
            made[name].driver.bring_in(refund("r1", "1001"), refund("r2", "1002", 2, gateways=("card", "paypal")))
            made[name].keep()
        return made[name]

    yield world
    for each in made.values():
        each.close()


@pytest.mark.parametrize(
    ("name", "printed", "faults"),
    [
        ("likely", False, (Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.CRASH_1, Fault.CRASH_3)),
        ("no records", True, (Fault.LOST_BEFORE, Fault.CRASH_2)),
        ("GUIDs not shown", True, (Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.CRASH_3)),
        ("macros refused", False, (Fault.LOST_AFTER,)),
    ],
)
def test_whatever_is_lost_no_check_is_written_twice_and_none_is_missing(
    worlds: Callable[[str], World], name: str, printed: bool, faults: tuple[Fault, ...]
) -> None:
    for fault in faults:
        driver = worlds(name).again()
        driver.run_session({POST: fault})
        if printed:
            print_checks(driver)
        driver.drain()
        driver.answer_late()
        driver.drain()
        judge(driver)
        (by_hand,) = driver.before.transactions("Check")
        ours = {document.txn_id for row in driver.rows() for document in row.documents}
        assert by_hand.txn_id not in ours, "a check of somebody else was taken for ours"
        by_number_alone = name == "GUIDs not shown" and fault in (Fault.LOST_BEFORE, Fault.CRASH_3)
        if not by_number_alone:
            assert all_posted(driver), (fault, driver.statuses())
            assert sorted(check.amount for check in checks(driver)) == [Decimal("21.65")] * 4
        elif not all_posted(driver):
            assert "review: in_doubt" in driver.statuses().values(), (fault, driver.statuses())
            reason = next(row.reason["message"] for row in driver.rows() if row.reason)
            assert "Look for the credit memo 100" in reason


def test_of_two_checks_in_doubt_over_one_amount_each_is_found_as_itself(worlds: Callable[[str], World]) -> None:
    driver = worlds("GUIDs not shown").again()
    driver.run_session({POST: Fault.LOST_AFTER})
    driver.drain()
    assert all_posted(driver)
    memos = {check.txn_id: check.memo or "" for check in checks(driver)}
    for document in (d for d in driver.row("r2").documents if d.role == "payout"):
        assert f"gateway {document.gateway}," in memos[document.txn_id]
