"""Books that go back to a backup, another file, and a database that is older than the books: nothing is doubled, and
nothing is silently lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from qbsim import Behaviour, Company, QuickBooks, SettableClock
from qbwc_server.store.connections import connection_named
from qbwc_server.store.database import Database
from qbwc_server.store.reconciliations import ask, newest_report
from qbwc_server.store.restored import NothingToDecide, decide_restored, look_again
from qbwc_server.store.tables import AuditEntry, Event
from tests.sync.driver import (
    START,
    Driver,
    Fault,
    Refusal,
    World,
    builder,
    copied,
    judge,
    open_shop,
    receipts,
    refund,
)
from tests.sync.test_sales import REFUNDS, one_of_each

ORDERS = ("1001", "1002", "1003", "1004", "1005")
BEHAVIOURS = {
    "likely": Behaviour(),
    "no records": Behaviour(keeps_recovery_records=False),
    "repeats not recognised": Behaviour(recognises_repeats=False),
    "GUIDs not shown": Behaviour(shows_external_guid=False),
    "company not marked": Behaviour(takes_private_data=False),
    "macros refused": Behaviour(
        resolves_macro_in_check=False, resolves_macro_in_card_refund=False, resolves_macro_in_set_credit=False
    ),
}


def put_back(driver: Driver, company: Company) -> None:
    """The books are those of a backup."""
    driver.company = copied(company)
    driver.quickbooks = QuickBooks(driver.company, driver.quickbooks.behaviour)


def decide(driver: Driver, decision: str) -> int:
    with driver.database.transaction() as session:
        return decide_restored(session, connection_named(session, driver.name), decision, driver.clock(), "Ann")


def stopped(driver: Driver) -> str | None:
    found = driver.company_file().stopped
    return found["code"] if found else None


def story(driver: Driver, external_id: str) -> str:
    refund_id = driver.row(external_id).id
    with driver.database.reading() as session:
        query = select(Event.text).where(Event.refund_id == refund_id).order_by(Event.id)
        return "\n".join(session.scalars(query))


def restored_shop(database: Database, behaviour: Behaviour | None = None) -> Driver:
    """Three refunds entered, a backup of the books after the first one put back, and a further refund waiting."""
    driver = open_shop(database, receipts(*ORDERS), behaviour=behaviour)
    driver.bring_in(refund("r1001", "1001"))
    driver.drain()
    backup = copied(driver.company)
    driver.wait(3600)
    driver.bring_in(refund("r1002", "1002"), refund("r1003", "1003"))
    driver.drain()
    put_back(driver, backup)
    driver.bring_in(refund("r1004", "1004"))
    driver.wait(3600)
    return driver


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_books_that_were_restored_stop_writing_and_are_entered_again_once_a_person_says_so(
    memory: Database, name: str
) -> None:
    driver = restored_shop(memory, BEHAVIOURS[name])

    played = driver.run_session()

    assert played.kinds == ["lists", "extent"]
    assert stopped(driver) == "books_restored"
    assert "4 of the transactions" in played.error
    assert "of 2 refunds" in played.error
    assert "--restored plan-again" in played.error
    assert len(driver.company.transactions("CreditMemo")) == 1
    assert "is not in the company file that is open" in story(driver, "r1002")
    assert "not in the company file" not in story(driver, "r1001")
    guids = {d.external_guid for row in driver.rows() for d in row.documents}

    assert decide(driver, "plan-again") == 2
    driver.drain()

    judge(driver, review=False)
    assert set(driver.statuses().values()) == {"posted"}
    assert len(driver.company.transactions("CreditMemo")) == 4
    assert {d.external_guid for row in driver.rows() for d in row.documents} >= guids
    assert {d.generation for row in driver.rows() for d in row.documents} == {1}
    assert "Ann decided so" in story(driver, "r1002")


def test_what_a_person_leaves_out_is_never_entered_again(memory: Database) -> None:
    driver = restored_shop(memory)
    driver.run_session()

    decide(driver, "leave")
    driver.drain()
    driver.set(refund_account="Checking")  # which takes up what stopped for other reasons
    driver.drain()

    assert driver.statuses() == {
        "r1001": "posted",
        "r1002": "skipped: left_out_after_restore",
        "r1003": "skipped: left_out_after_restore",
        "r1004": "posted",
    }
    assert len(driver.company.transactions("CreditMemo")) == 2
    judge(driver)


def test_work_goes_on_by_itself_once_the_right_file_is_open_again(memory: Database) -> None:
    driver = open_shop(memory, receipts(*ORDERS))
    driver.bring_in(refund("r1001", "1001"))
    driver.drain()
    old_copy = copied(driver.company)
    driver.bring_in(refund("r1002", "1002"))
    driver.drain()
    right = driver.company
    put_back(driver, old_copy)
    driver.bring_in(refund("r1003", "1003"))
    driver.run_session()
    assert stopped(driver) == "books_restored"
    assert driver.authenticate()[1] == "none"  # until it is looked at again
    driver.wait(3700)
    assert driver.run_session().kinds == ["lists"]
    assert stopped(driver) == "books_restored"

    driver.company, driver.quickbooks = right, QuickBooks(right)
    driver.wait(3700)
    driver.drain()

    judge(driver, review=False)
    assert stopped(driver) is None
    assert set(driver.statuses().values()) == {"posted"}
    assert "is there again" in story(driver, "r1002")


def test_a_person_who_opened_the_right_file_need_not_wait_for_the_hourly_look(memory: Database) -> None:
    driver = restored_shop(memory)
    driver.run_session()
    with driver.database.transaction() as session:
        look_again(session, connection_named(session, "shop"), driver.clock(), "Ann")
    assert driver.authenticate()[1] == ""


@pytest.mark.parametrize("fault", [Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.COM_BEFORE, Fault.ANSWERED_TWICE])
def test_the_extent_is_found_in_stretches_whatever_breaks_in_between(
    memory: Database, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qbwc_server.sync.steps.STRETCH", 1)
    driver = restored_shop(memory)

    driver.run_session({2: fault})
    driver.wait()
    driver.run_session()

    assert stopped(driver) == "books_restored"
    assert driver.company_file().restored["checked"] == 5  # four are gone, and the first that is there ends it
    assert sum(d.fate == "missing" for row in driver.rows() for d in row.documents) == 4
    decide(driver, "plan-again")
    driver.drain()
    judge(driver, review=False)


@pytest.mark.parametrize("fault", [Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.HANGS, Fault.CRASH_1, Fault.CRASH_3])
def test_a_posting_in_doubt_when_the_books_are_restored_is_settled_as_ever(memory: Database, fault: Fault) -> None:
    driver = open_shop(memory, receipts(*ORDERS))
    driver.bring_in(refund("r1001", "1001"))
    driver.drain()
    backup = copied(driver.company)
    driver.bring_in(refund("r1002", "1002"))
    driver.drain()
    driver.bring_in(refund("r1003", "1003"), refund("r1004", "1004"))
    driver.run_session({3: fault})
    driver.wait()
    put_back(driver, backup)
    driver.run_session()
    assert stopped(driver) == "books_restored"

    decide(driver, "plan-again")
    driver.drain(20)
    driver.work_late()
    driver.drain()

    judge(driver)


def test_what_somebody_deleted_goes_to_a_person_and_stops_nothing(memory: Database) -> None:
    driver = open_shop(memory, receipts(*ORDERS))
    driver.bring_in(refund("r1001", "1001"), refund("r1002", "1002"))
    driver.drain()
    driver.company.delete(driver.company.transactions("ARRefundCreditCard")[-1])
    driver.company.delete(driver.company.transactions("CreditMemo")[-1])
    driver.bring_in(refund("r1003", "1003"))

    driver.drain()
    driver.set(refund_account="Checking")
    driver.drain()

    assert stopped(driver) is None
    assert driver.statuses() == {"r1001": "posted", "r1002": "review: deleted_in_quickbooks", "r1003": "posted"}
    assert len(driver.company.transactions("CreditMemo")) == 2
    assert "deleted it in QuickBooks" in story(driver, "r1002")


@pytest.mark.parametrize("days", [3, 272])
def test_what_somebody_deleted_on_a_workstation_whose_clock_is_behind_is_no_restored_backup(
    memory: Database, days: int
) -> None:
    """QuickBooks tells deletions by that clock."""
    driver = open_shop(memory, receipts(*ORDERS))
    driver.company.clock = lambda: driver.clock() - timedelta(days=days)
    driver.bring_in(refund("r1001", "1001"), refund("r1002", "1002"))
    driver.drain()
    driver.company.delete(driver.company.transactions("ARRefundCreditCard")[-1])
    driver.bring_in(refund("r1003", "1003"))
    driver.drain()

    assert driver.company_file().stopped is None
    assert driver.statuses() == {"r1001": "posted", "r1002": "review: deleted_in_quickbooks", "r1003": "posted"}


def test_what_somebody_voided_goes_to_a_person_and_is_not_entered_again(memory: Database) -> None:
    driver = open_shop(memory, receipts(*ORDERS))
    driver.bring_in(refund("r1001", "1001"))
    driver.drain()
    driver.company.void(driver.company.transactions("CreditMemo")[0])
    driver.bring_in(refund("r1002", "1002"))

    driver.drain()

    assert driver.statuses() == {"r1001": "review: voided_in_quickbooks", "r1002": "posted"}
    assert len(driver.company.transactions("CreditMemo")) == 2


def test_another_file_whose_transactions_have_the_same_txn_ids_is_told_by_the_guids(memory: Database) -> None:
    driver = open_shop(memory, receipts(*ORDERS))
    driver.bring_in(refund("r1001", "1001"))
    driver.drain()
    for kind in ("CreditMemo", "ARRefundCreditCard"):
        driver.company.transactions(kind)[0].external_guid = "{11111111-1111-1111-1111-111111111111}"
    driver.bring_in(refund("r1002", "1002"))

    driver.run_session()

    assert stopped(driver) == "books_restored"


def test_a_new_path_with_the_same_mark_is_only_written_down(memory: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    driver = open_shop(memory, receipts(*ORDERS))
    driver.bring_in(refund("r1001", "1001"))
    driver.drain()
    monkeypatch.setattr("tests.sync.driver.PATH", "D:\\moved\\shop.qbw")
    driver.bring_in(refund("r1002", "1002"))

    driver.drain()

    judge(driver, review=False)
    with driver.database.reading() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.who == "Web Connector")).all()
    assert [entry.details["after"] for entry in entries] == ["D:\\moved\\shop.qbw"]


def test_a_refused_question_for_our_postings_is_not_taken_for_books_that_were_restored(memory: Database) -> None:
    driver = open_shop(memory, receipts(*ORDERS))
    driver.bring_in(refund("r1001", "1001"))
    driver.drain()
    driver.bring_in(refund("r1002", "1002"))
    driver.refusals.append(Refusal('requestID="posted_', 3176, "A related object is in use.", times=1))

    driver.run_session()

    assert stopped(driver) == "postings_unreadable"
    driver.wait(3700)
    driver.drain()
    judge(driver, review=False)


def test_where_quickbooks_tells_nothing_of_what_was_deleted_a_person_judges(memory: Database) -> None:
    driver = restored_shop(memory)
    driver.refusals.append(Refusal("<TxnDeletedQueryRq", 3250, "This feature is not enabled."))
    driver.run_session()
    assert stopped(driver) == "books_restored"


def test_nothing_is_decided_where_there_is_nothing_to_decide(memory: Database) -> None:
    driver = open_shop(memory, receipts(*ORDERS))
    with pytest.raises(NothingToDecide, match="as far as known"):
        decide(driver, "leave")
    with driver.database.transaction() as session, pytest.raises(NothingToDecide, match="not stopped"):
        look_again(session, connection_named(session, "shop"), driver.clock(), "Ann")


def test_every_kind_of_sale_is_entered_again_into_restored_books(memory: Database) -> None:
    driver = open_shop(memory, one_of_each)
    driver.bring_in(refund("r0", "1001", 0, money="0", shipping="1.00"))
    driver.drain()
    backup = copied(driver.company)
    driver.wait(3600)
    driver.bring_in(*REFUNDS[1:])
    driver.drain()
    balance = driver.company.trial_balance()
    put_back(driver, backup)
    driver.bring_in(refund("late", "1001"))
    driver.run_session()

    decide(driver, "plan-again")
    driver.drain()

    judge(driver, review=False)
    assert driver.company.customer_balance("Customer 4") == 0
    assert balance["PayPal"] - driver.company.trial_balance()["PayPal"] >= 0
    assert all(order.is_manually_closed for order in driver.company.transactions("SalesOrder")[-2:])


# --- our database is the older one


def forgetful(fill: object, refunds: list, settings: dict[str, str] | None = None) -> World:
    """A world whose database can be set back to before `refunds` were entered, while the books stay."""
    clock = SettableClock(START - timedelta(days=3))
    made = builder(clock)
    fill(made)  # type: ignore[operator]
    receipts("999")(made)
    clock.set(START)
    world = World(made.company, clock, settings=settings)
    world.driver.bring_in(refund("r999", "999"))
    world.driver.drain()
    world.driver.bring_in(*refunds)
    world.keep()
    return world


@pytest.mark.parametrize("settings", [{}, {"refund_method": "check", "refund_account": "Checking"}])
def test_a_database_that_was_restored_finds_all_that_it_does_not_know_and_doubles_none(
    settings: dict[str, str],
) -> None:
    # Of an open payment that was paid out nothing is left to plan from; the refund says so (payment_not_in_books).
    world = forgetful(one_of_each, [each for each in REFUNDS if each.external_id != "r9"], settings)
    first = world.again()
    first.drain()
    books, balance = copied(first.company), first.company.trial_balance()
    statuses = first.statuses()

    second = world.again()
    put_back(second, books)
    second.wait(7200)
    second.drain()

    judge(second, review=False)
    assert second.statuses() == statuses
    assert second.company.trial_balance() == balance
    assert len(second.company.transactions("CreditMemo")) == len(books.transactions("CreditMemo"))
    world.close()


def test_a_database_restored_to_the_moment_before_a_posting_left_finds_it_in_the_books() -> None:
    world = forgetful(receipts("1001"), [refund("r1", "1001")])
    driver = world.again()
    played = driver.begin()
    while (exchange := driver.next_set(played)).kind != "follow":  # type: ignore[union-attr]
        driver.work(exchange)
        driver.answer(exchange)
    driver.work(exchange)
    driver.answer(exchange)
    assert driver.row("r1").stage == "post"
    world.keep()
    driver.drain()
    books = copied(driver.company)

    older = world.again()
    put_back(older, books)
    older.wait()
    older.drain()

    judge(older, review=False)
    assert len(older.company.transactions("CreditMemo")) == 2
    world.close()


@pytest.mark.parametrize("lost", ["payout", "all", "nothing"])
def test_a_database_restored_to_a_posting_on_its_way_takes_over_what_the_books_have(lost: str) -> None:
    world = forgetful(receipts("1001"), [refund("r1", "1001")])
    driver = world.again()
    driver.run_session({3: Fault.LOST_AFTER})
    if lost in ("payout", "all"):
        driver.company.delete(driver.company.transactions("ARRefundCreditCard")[-1])
    if lost == "all":
        driver.company.delete(driver.company.transactions("CreditMemo")[-1])
    books = copied(driver.company)

    older = world.again()
    put_back(older, books)
    older.wait()
    older.drain()

    judge(older, review=False)
    assert older.statuses()["r1"] == "posted"
    assert len(older.company.transactions("CreditMemo")) == 2
    world.close()


def test_restored_books_are_entered_again_and_reconciled_on_each_kind_of_database(database: Database) -> None:
    driver = restored_shop(database)
    driver.run_session()
    assert decide(driver, "plan-again") == 2
    driver.drain()
    assert set(driver.statuses().values()) == {"posted"}

    driver.company.delete(driver.company.transactions("ARRefundCreditCard")[0])
    with database.transaction() as session:
        ask(session, connection_named(session, driver.name), driver.clock(), "Ann")
    driver.run_session()

    with database.reading() as session:
        made = newest_report(session, connection_named(session, driver.name))
        assert made is not None
        assert made.state == "done"
        assert {(f.kind, f.refund.order_number) for f in made.findings if f.refund is not None} == {
            ("deleted", "1001"),
            ("link_released", "1001"),
        }
    assert "deleted" in story(driver, "r1001")
