"""Documents that stand in QuickBooks already, posted by another installation or before our database was restored."""

from __future__ import annotations

from decimal import Decimal

import pytest

from qbsim import Behaviour, CompanyBuilder
from qbwc_server.store.database import Database
from tests.sync.driver import START, Driver, hats, judge, open_shop, receipts, refund
from tests.sync.test_first_contact import second_database  # noqa: F401  a fixture
from tests.sync.test_sales import REFUNDS, one_of_each

BY_CHECK = {"refund_method": "check", "refund_account": "Checking"}
KINDS = ("CreditMemo", "Check", "ARRefundCreditCard", "ReceivePayment")


def taken_over(driver: Driver, database: Database, behaviour: Behaviour | None = None) -> Driver:
    """An installation with an empty database at the company file of another, whose claim is gone."""
    driver.company.private_data.company_values.clear()
    other = Driver(database, driver.company, driver.clock, behaviour=behaviour)
    other.before = driver.before
    return other


def memos(driver: Driver) -> dict[str, str]:
    return {row.external_id: d.txn_id for row in driver.rows() for d in row.documents if d.role == "memo"}


def books(driver: Driver) -> dict[str, list[str]]:
    return {kind: [t.txn_id for t in driver.company.transactions(kind)] for kind in KINDS}


@pytest.mark.parametrize("behaviour", [Behaviour(), Behaviour(shows_external_guid=False)])
@pytest.mark.parametrize("settings", [{}, BY_CHECK, {**BY_CHECK, "check_number": "to_print"}])
def test_what_another_installation_entered_is_taken_over(
    memory: Database,
    second_database: Database,  # noqa: F811
    behaviour: Behaviour,
    settings: dict[str, str],
) -> None:
    first = open_shop(memory, one_of_each, behaviour=behaviour, settings=settings)
    all_but_the_open_payment = [each for each in REFUNDS if each.external_id != "r9"]
    first.bring_in(*all_but_the_open_payment)
    first.drain()
    entered, balance = books(first), first.company.trial_balance()

    second = taken_over(first, second_database, behaviour)
    second.set(**settings)
    second.bring_in(*all_but_the_open_payment)
    second.drain()

    assert books(second) == entered
    assert second.company.trial_balance() == balance
    assert memos(second) == memos(first)
    assert {code for row in second.rows() for code in [n["code"] for n in row.notices]} >= {"adopted"}
    judge(second)


def test_a_memo_without_its_payout_gets_the_payout_alone(memory: Database) -> None:
    driver = open_shop(memory, receipts("1001"))
    driver.bring_in(refund("r1", "1001"))
    driver.drain()
    payout = driver.company.transactions("ARRefundCreditCard")[0]
    driver.company.delete(payout)
    other = Database("sqlite://")
    other.migrate()

    second = taken_over(driver, other)
    second.bring_in(refund("r1", "1001"))
    second.drain()

    judge(second, review=False)
    assert len(second.company.transactions("CreditMemo")) == len(second.company.transactions("ARRefundCreditCard")) == 1
    other.close()


def test_a_document_whose_number_was_edited_is_found_by_its_guid(memory: Database, second_database: Database) -> None:  # noqa: F811
    driver = open_shop(memory, receipts("1001"))
    driver.bring_in(refund("r1", "1001"))
    driver.drain()
    for kind in ("CreditMemo", "ARRefundCreditCard"):
        driver.company.renumber(driver.company.transactions(kind)[0], "EDITED")

    second = taken_over(driver, second_database)
    second.bring_in(refund("r1", "1001"))
    second.drain()

    judge(second, review=False)
    assert len(second.company.transactions("CreditMemo")) == 1


def test_a_memo_of_our_number_that_is_not_as_planned_goes_to_a_person(memory: Database) -> None:
    def fill(made: CompanyBuilder) -> None:
        receipts("1001", "1002")(made)
        made.credit_memo("Customer 1001", hats(1), ref_number=number("1001"), txn_date=START.date())
        made.credit_memo("Customer 1001", hats(2), ref_number=number("1002"), txn_date=START.date())

    def number(order: str) -> str:
        from qbwc_server.refunds.naming import ref_number

        return ref_number(refund(f"r{order}", order))

    driver = open_shop(memory, fill)
    driver.bring_in(refund("r1001", "1001"), refund("r1002", "1002"))
    driver.drain()

    assert driver.statuses() == {"r1001": "posted", "r1002": "review: perhaps_posted_already"}
    assert len(driver.company.transactions("CreditMemo")) == 2
    assert "43.30" in driver.row("r1002").reason["message"]


def test_a_voided_document_of_ours_goes_to_a_person(memory: Database, second_database: Database) -> None:  # noqa: F811
    driver = open_shop(memory, receipts("1001"))
    driver.bring_in(refund("r1", "1001"))
    driver.drain()
    driver.company.void(driver.company.transactions("CreditMemo")[0])

    second = taken_over(driver, second_database)
    second.bring_in(refund("r1", "1001"))
    second.drain()

    assert second.statuses() == {"r1": "review: changed_in_quickbooks"}
    assert len(second.company.transactions("CreditMemo")) == 1


@pytest.mark.parametrize(
    ("kind", "settings"),
    [("ARRefundCreditCard", {}), ("Check", BY_CHECK), ("Check", {**BY_CHECK, "check_number": "to_print"})],
    ids=["by card", "by check", "by check to be printed"],
)
def test_the_payout_of_an_open_payment_is_not_made_twice_where_guids_are_not_shown(
    memory: Database,
    second_database: Database,  # noqa: F811
    kind: str,
    settings: dict[str, str],
) -> None:
    """Where the payment is larger than the payout, only its number tells that it was made, or its memo."""

    def fill(made: CompanyBuilder) -> None:
        made.sales_order(made.customer("C"), hats(1), ref_number="1001")
        made.prepayment("C", "100.00", deposit_to="Checking", ref_number="1001")
        owed = made.credit_memo("C", hats(1), ref_number="HAND")
        made.refund_by_check(owed, owed.total, is_to_be_printed=True, memo="Gift")

    hidden = Behaviour(shows_external_guid=False)
    settings = {**settings, "hand_entry_days": "0"}
    driver = open_shop(memory, fill, behaviour=hidden, settings=settings)
    driver.bring_in(refund("r1", "1001"))
    driver.drain()
    assert driver.statuses() == {"r1": "posted"}

    second = taken_over(driver, second_database, hidden)
    second.set(**settings)
    second.bring_in(refund("r1", "1001"))
    second.drain()

    made = [each.txn_id for each in second.company.transactions(kind)][1 if kind == "Check" else 0 :]
    assert [document.txn_id for document in second.row("r1").documents if document.role == "payout"] == made
    assert len(made) == 1
    assert second.company.customer_balance("C") == Decimal("-78.35")
