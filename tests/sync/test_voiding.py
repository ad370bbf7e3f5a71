"""An unpaid invoice of a cancelled order is voided once, only as it was read, and what became of it is told truly."""

from __future__ import annotations

from typing import Any

import pytest

from qbsim import CompanyBuilder
from qbwc_server.store.database import Database
from qbwc_server.store.decisions import Act, DecisionError
from tests.sync.driver import Driver, Exchange, Fault, Refusal, hats, judge, open_shop, refund
from tests.sync.test_reconcile import reconciled

ON = {"cancelled_unpaid_invoice": "void"}


def shop(memory: Database, builders: list[CompanyBuilder] | None = None) -> Driver:
    def fill(made: CompanyBuilder) -> None:
        made.customer("Ann")
        made.invoice("Ann", hats(2), ref_number="1001")
        if builders is not None:
            builders.append(made)

    driver = open_shop(memory, fill, settings=ON)
    driver.bring_in(refund("r1", "1001", 2, money="0"))
    return driver


def invoice(driver: Driver) -> Any:
    (found,) = driver.company.transactions("Invoice")
    return found


def notices(driver: Driver) -> set[str]:
    return {notice["code"] for notice in driver.row("r1").notices}


def test_the_invoice_is_void_and_no_memo_is_entered(memory: Database) -> None:
    driver = shop(memory)

    driver.drain()

    judge(driver, review=False)
    assert driver.statuses() == {"r1": "posted"}
    assert invoice(driver).is_voided
    assert not driver.company.transactions("CreditMemo")
    assert driver.company.customer_balance("Ann") == 0
    [document] = driver.row("r1").documents
    assert (document.role, document.state, document.txn_id) == ("voiding", "posted", invoice(driver).txn_id)


@pytest.mark.parametrize(
    "fault",
    [
        *(Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.COM_AFTER, Fault.CRASH_0, Fault.CRASH_1, Fault.CRASH_2),
        Fault.ANSWERED_LATE,
    ],
)
def test_whatever_is_lost_on_the_way_the_void_is_told_as_it_is(memory: Database, fault: Fault) -> None:
    driver = shop(memory)

    played = driver.run_session({("post", 1): fault})
    assert "post" in played.kinds, played.kinds
    driver.drain()

    judge(driver, review=False)
    assert driver.statuses() == {"r1": "posted"}
    assert invoice(driver).is_voided


def test_an_invoice_that_was_paid_after_it_was_found_is_not_voided(memory: Database) -> None:
    builders: list[CompanyBuilder] = []
    driver = shop(memory, builders)

    def pay(exchange: Exchange) -> None:
        if exchange.kind == "follow" and "<InvoiceQueryRq" in exchange.request and not invoice(driver).links:
            builders[0].receive_payment(invoice(driver), "10.00", deposit_to="Checking")

    driver.run_session(on_set=pay)
    driver.drain()

    assert driver.statuses() == {"r1": "posted"}
    assert not invoice(driver).is_voided
    assert [d.role for d in driver.row("r1").documents] == ["memo", "application"]


def test_a_sale_that_somebody_voided_needs_nothing_more(memory: Database) -> None:
    driver = shop(memory)
    driver.company.void(invoice(driver))

    driver.drain()

    assert driver.statuses() == {"r1": "posted"}
    assert notices(driver) == {"sale_already_void"}


def test_money_that_went_back_for_a_void_sale_is_for_a_person(memory: Database) -> None:
    driver = shop(memory)
    driver.bring_in(refund("r2", "1001"))
    driver.company.void(invoice(driver))

    driver.drain()

    assert driver.statuses() == {"r1": "posted", "r2": "review: sale_void"}
    assert "21.65 USD went back" in driver.row("r2").reason["message"]


def test_a_refused_void_leaves_the_invoice_and_says_so(memory: Database) -> None:
    driver = shop(memory)
    driver.refusals.append(Refusal("<TxnVoidRq", 3185, "The transaction could not be voided."))

    driver.drain()

    judge(driver)
    assert driver.statuses() == {"r1": "failed: refused_by_quickbooks"}
    assert "voiding of the invoice" in driver.row("r1").reason["message"]
    driver.refusals.clear()
    driver.set(cancelled_unpaid_invoice="apply_credit")
    driver.decide("r1", Act.TRY_AGAIN)
    driver.drain()
    assert [d.role for d in driver.row("r1").documents if d.state == "posted"] == ["memo", "application"]
    assert driver.statuses() == {"r1": "posted"}


def test_a_locked_invoice_is_read_anew_before_it_is_voided(memory: Database) -> None:
    driver = shop(memory)
    driver.refusals.append(Refusal("<TxnVoidRq", 3176, "The object is in use.", times=1))

    driver.drain()

    judge(driver, review=False)
    assert driver.statuses() == {"r1": "posted"}
    finds = [kind for played in driver.sessions for kind in played.kinds if kind == "find"]
    assert len(finds) == 2


def test_a_void_can_not_be_undone_and_the_reason_is_said(memory: Database) -> None:
    driver = shop(memory)
    driver.drain()

    with pytest.raises(DecisionError, match="QuickBooks takes no void back, so enter the invoice anew by hand"):
        driver.decide("r1", Act.UNDO)
    assert driver.statuses() == {"r1": "posted"}


def test_the_reconcile_does_not_take_our_void_for_somebody_elses(memory: Database) -> None:
    driver = shop(memory)
    driver.drain()

    assert reconciled(driver) == []
    assert driver.statuses() == {"r1": "posted"}


def test_what_was_approved_is_the_void(memory: Database) -> None:
    driver = shop(memory)
    driver.set(review="always")
    driver.drain()
    assert driver.statuses() == {"r1": "review: approval_needed"}
    assert not invoice(driver).is_voided

    driver.decide("r1", Act.APPROVE)
    driver.drain()

    assert driver.statuses() == {"r1": "posted"}
    assert invoice(driver).is_voided
