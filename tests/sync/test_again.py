"""What QuickBooks does not have yet, or does not allow yet, is taken up by itself when it has come."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from qbsim import CompanyBuilder
from qbwc_server.store.database import Database
from qbwc_server.store.tables import Event
from tests.sync.driver import START, Driver, judge, open_shop, receipts, refund

DAY = 24 * 3600


def days(driver: Driver, count: int) -> int:
    """Lets days pass, each with a run of the Web Connector; on how many of them orders were looked for."""
    worked = 0
    for _ in range(count):
        driver.wait(DAY)
        worked += "find" in driver.run_session().kinds
    return worked


def test_an_order_that_reaches_quickbooks_later_is_found_without_any_hand(memory: Database) -> None:
    made: list[CompanyBuilder] = []

    def fill(builder: CompanyBuilder) -> None:
        made.append(builder)
        receipts("1002")(builder)

    driver = open_shop(memory, fill)
    driver.bring_in(refund("r1", "1001"), refund("r2", "1002"))
    driver.drain()
    assert driver.statuses() == {"r1": "skipped: order_not_found", "r2": "posted"}
    assert days(driver, 3) == 3
    assert driver.statuses()["r1"] == "skipped: order_not_found"

    receipts("1001")(made[0])
    driver.before = type(driver.company).from_json(driver.company.to_json(), driver.clock)
    days(driver, 1)
    assert driver.statuses()["r1"] == "posted"
    assert driver.row("r1").reason is None


def test_an_order_that_never_comes_is_not_looked_for_for_ever(memory: Database) -> None:
    driver = open_shop(memory, receipts("1002"), settings={"look_again_days": "5"})
    driver.bring_in(refund("r1", "1001"))
    driver.drain()
    assert days(driver, 12) in (4, 5)
    assert driver.statuses() == {"r1": "skipped: order_not_found"}
    with memory.reading() as session:
        told = [text for text in session.scalars(select(Event.text)) if "has no sales receipt" in text]
    assert len(told) == 1, "its story does not repeat what it has said"


def test_with_0_days_an_order_that_is_missing_is_left_alone(memory: Database) -> None:
    driver = open_shop(memory, receipts("1002"), settings={"look_again_days": "0"})
    driver.bring_in(refund("r1", "1001"))
    driver.drain()
    assert days(driver, 3) == 0


def test_a_refund_dated_in_closed_books_is_entered_when_they_are_open_again(memory: Database) -> None:
    driver = open_shop(memory, receipts("1001"))
    driver.company.preferences.closing_date = START.date()
    driver.bring_in(refund("r1", "1001"))
    driver.drain()
    assert driver.statuses() == {"r1": "review: books_closed"}
    days(driver, 2)
    assert driver.statuses() == {"r1": "review: books_closed"}
    driver.company.preferences.closing_date = None
    days(driver, 1)
    judge(driver, review=False)
    assert driver.statuses() == {"r1": "posted"}


def test_a_refund_dated_in_closed_books_can_be_dated_the_first_open_day(memory: Database) -> None:
    driver = open_shop(memory, receipts("1001"), settings={"closed_books": "next_open_day"})
    driver.company.preferences.closing_date = START.date()
    driver.bring_in(refund("r1", "1001"))
    driver.drain()
    judge(driver, review=False)
    assert [notice["code"] for notice in driver.row("r1").notices] == ["dated_later"]
    for kind in ("CreditMemo", "ARRefundCreditCard"):
        assert driver.company.transactions(kind)[0].txn_date == START.date() + timedelta(days=1)
