"""What no source tells about the real QuickBooks, each way: a refund comes out right or says truly that it waits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qbsim import Behaviour, CompanyBuilder, SettableClock
from qbwc_server.store.database import Database
from tests.sync.driver import START, Fault, Refusal, World, builder, hats, judge, open_shop, receipts, refund
from tests.sync.test_sales import REFUNDS, one_of_each

UNDEPOSITED = "*Undeposited Funds"
CHECKS = {"refund_method": "check"}
NO_MACROS = Behaviour(
    resolves_macro_in_check=False, resolves_macro_in_card_refund=False, resolves_macro_in_set_credit=False
)


@pytest.mark.parametrize(
    "behaviour",
    [
        NO_MACROS,
        Behaviour(takes_private_data=False),
        Behaviour(shows_external_guid=False),
        Behaviour(keeps_recovery_records=False),
        Behaviour(keeps_partial_records=False),
        Behaviour(recovery_records_kept=1),
        Behaviour(recognises_repeats=False),
        Behaviour(refuses_repeated_external_guid=True),
        Behaviour(allows_macro_to_be_redefined=False),
        Behaviour(records_credit_only_payments=True),
    ],
)
def test_every_sale_comes_out_right_whatever_quickbooks_is_like(memory: Database, behaviour: Behaviour) -> None:
    driver = open_shop(memory, one_of_each, behaviour=behaviour)
    driver.bring_in(*REFUNDS)

    driver.drain()

    judge(driver, review=False)
    assert set(driver.statuses().values()) == {"posted", "skipped: order_not_found"}


@pytest.mark.parametrize(
    ("settings", "fact"),
    [
        ({}, "macro_in_card_refund"),
        ({"refund_method": "check", "refund_account": "Checking"}, "macro_in_check"),
    ],
)
def test_a_payout_whose_macro_is_refused_goes_by_txn_id_and_the_next_ones_at_once(
    memory: Database, settings: dict[str, str], fact: str
) -> None:
    driver = open_shop(memory, receipts("1001", "1002"), behaviour=NO_MACROS, settings=settings)
    driver.bring_in(refund("r1", "1001"))
    first = driver.run_session()
    driver.bring_in(refund("r2", "1002"))
    second = driver.run_session()

    judge(driver, review=False)
    assert driver.company_file().known[fact] == "no"
    assert [notice["code"] for notice in driver.row("r1").notices] == ["payout_by_txn_id"]
    assert driver.row("r2").notices == []
    assert first.kinds.count("post") == 2
    posts = [exchange for exchange in second.exchanges if exchange.kind == "post"]
    assert not any("useMacro" in exchange.request for exchange in posts)


def test_a_set_credit_whose_macro_is_refused_goes_by_txn_id(memory: Database) -> None:
    def fill(made: CompanyBuilder) -> None:
        made.invoice(made.customer("C"), hats(1), ref_number="1001")

    driver = open_shop(memory, fill, behaviour=NO_MACROS)
    driver.bring_in(refund("r1", "1001", money="0"))

    driver.drain()

    judge(driver, review=False)
    assert driver.company_file().known["macro_in_set_credit"] == "no"
    assert driver.company.customer_balance("C") == 0


def test_macros_that_work_are_remembered(memory: Database) -> None:
    driver = open_shop(memory, receipts("1001"))
    driver.bring_in(refund("r1", "1001"))

    driver.drain()

    assert driver.company_file().known["macro_in_card_refund"] == "yes"


def test_checks_from_undeposited_funds_go_one_at_a_time_until_one_is_accepted(memory: Database) -> None:
    orders = ["1001", "1002", "1003"]
    driver = open_shop(memory, receipts(*orders, deposit_to=None), settings=CHECKS)
    driver.bring_in(*[refund(f"r{order}", order) for order in orders])

    played = driver.run_session()

    judge(driver, review=False)
    sets = [exchange.request.count("<CheckAddRq") for exchange in played.exchanges if exchange.kind == "post"]
    assert sets == [1, 2]
    assert driver.company_file().known["check_from_undeposited_funds"] == "yes"


@pytest.mark.parametrize("macros", [True, False])
def test_a_refused_account_stops_one_memo_and_holds_the_others_back_until_it_is_changed(
    memory: Database, macros: bool
) -> None:
    orders = ["1001", "1002", "1003"]
    behaviour = replace(Behaviour() if macros else NO_MACROS, check_from_undeposited_funds=False)
    driver = open_shop(memory, receipts(*orders, deposit_to=None), settings=CHECKS, behaviour=behaviour)
    driver.bring_in(*[refund(f"r{order}", order) for order in orders])
    driver.drain()

    judge(driver, review=True)
    assert set(driver.statuses().values()) == {"review: payout_account_refused"}
    memos = {row.external_id: [(d.role, d.state) for d in row.documents] for row in driver.rows()}
    assert memos["r1001"] == [("memo", "posted"), ("payout", "review")]
    assert memos["r1002"] == memos["r1003"] == [("memo", "planned"), ("payout", "planned")]
    assert len(driver.company.transactions("CreditMemo")) == 1
    assert driver.authenticate()[1] == "none"

    driver.bring_in(refund("r4", "1001"))  # a further one, once it is known
    driver.drain()
    assert driver.statuses()["r4"] == "review: payout_account_refused"

    driver.set(refund_account="Checking")
    driver.drain()

    judge(driver, review=False)
    assert set(driver.statuses().values()) == {"posted"}
    assert len(driver.company.transactions("CreditMemo")) == 4
    assert driver.company.balance_of(UNDEPOSITED) > 0


def test_a_payout_that_is_locked_for_a_moment_says_nothing_about_macros(memory: Database) -> None:
    driver = open_shop(memory, receipts("1001"))
    driver.bring_in(refund("r1", "1001"))
    driver.refusals.append(Refusal("<ARRefundCreditCardAdd ", 3176, "A related object is in use.", times=1))

    driver.drain()

    judge(driver, review=False)
    assert driver.company_file().known.get("macro_in_card_refund") is None
    assert driver.row("r1").notices == []


def test_a_company_file_that_can_not_be_marked_is_written_to_and_nothing_in_doubt_is_repeated(memory: Database) -> None:
    driver = open_shop(memory, receipts("1001", "1002"), behaviour=Behaviour(takes_private_data=False))
    driver.bring_in(refund("r1", "1001"))
    driver.drain()
    assert driver.company_file().claim == "unwritable"
    driver.bring_in(refund("r2", "1002"))

    driver.run_session({3: Fault.LOST_BEFORE})
    driver.drain()

    judge(driver, review=False)
    assert driver.statuses() == {"r1": "posted", "r2": "posted"}  # by the latch: it was shut out, and entered anew
    assert not any("repeat" in played.kinds for played in driver.sessions)


@pytest.mark.parametrize(
    ("behaviour", "repeats"),
    [
        (Behaviour(), "yes"),
        (Behaviour(recognises_repeats=False), "no"),
        (Behaviour(keeps_recovery_records=False), "no"),
        (Behaviour(takes_private_data=False), None),
    ],
)
def test_whether_a_repeat_is_recognised_is_known_before_the_first_posting(
    memory: Database, behaviour: Behaviour, repeats: str | None
) -> None:
    driver = open_shop(memory, receipts("1001"), behaviour=behaviour)
    driver.bring_in(refund("r1", "1001"))
    seen = []

    driver.run_session(on_set=lambda exchange: seen.append((exchange.kind, dict(driver.company_file().known))))

    assert [known.get("recognises_repeats") for kind, known in seen if kind == "post"] == [repeats]


def test_thin_answers_to_applications_do_not_hide_that_guids_are_shown() -> None:
    """The answer to a payment that only sets a credit has no GUID, which says nothing about the others."""
    clock = SettableClock(START)
    made = builder(clock)
    made.invoice(made.customer("C"), hats(1), ref_number="1001")
    world = World(made.company, clock)
    world.driver.bring_in(refund("r1", "1001", money="0"))

    world.driver.drain()

    assert world.driver.company_file().known["shows_guids"] == "yes"
    world.close()
