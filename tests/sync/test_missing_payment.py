"""The payment that an unpaid invoice lacks is received once, first, and never without the rest being told."""

from __future__ import annotations

import pytest

from qbsim import CompanyBuilder
from qbwc_server.store.database import Database
from qbwc_server.store.decisions import Act
from tests.sync.driver import Driver, Fault, Refusal, hats, judge, open_shop, refund
from tests.sync.test_reconcile import reconciled

ON = {"record_missing_payment": "on", "refund_account": "PayPal"}


def shop(memory: Database) -> Driver:
    def fill(made: CompanyBuilder) -> None:
        made.customer("Ann")
        made.invoice("Ann", hats(2), ref_number="1001")

    return open_shop(memory, fill, settings=ON)


def payments(driver: Driver) -> list[str]:
    return [str(payment.total) for payment in driver.company.transactions("ReceivePayment")]


def test_two_refunds_of_one_unpaid_invoice_receive_its_payment_once(memory: Database) -> None:
    driver = shop(memory)
    driver.bring_in(refund("r1", "1001"), refund("r2", "1001"))

    driver.drain()

    judge(driver, review=False)
    assert driver.statuses() == {"r1": "posted", "r2": "posted"}
    assert len(payments(driver)) == 1
    assert driver.company.customer_balance("Ann") == 0


def test_a_refused_payment_leaves_nothing_of_the_refund_in_the_books(memory: Database) -> None:
    driver = shop(memory)
    driver.refusals.append(Refusal("<ReceivePaymentAdd ", 3140, "There is an invalid reference."))
    driver.bring_in(refund("r1", "1001"))

    driver.drain()

    judge(driver)
    assert driver.statuses() == {"r1": "failed: refused_by_quickbooks"}
    assert "payment on the invoice" in driver.row("r1").reason["message"]
    assert not driver.company.transactions("CreditMemo")


def test_an_undo_takes_the_payment_back_too_after_what_stands_on_it(memory: Database) -> None:
    driver = shop(memory)
    driver.bring_in(refund("r1", "1001", 2))
    driver.drain()
    driver.decide("r1", Act.UNDO)
    driver.wait()

    undone = [e.request for e in driver.run_session().exchanges if e.kind == "undo"]
    driver.drain()

    kinds = ["ARRefundCreditCard", "CreditMemo", "ReceivePayment"]
    assert [[kind for kind in kinds if f">{kind}<" in request] for request in undone] == [[kind] for kind in kinds]
    assert driver.statuses() == {"r1": "skipped: undone"}
    assert driver.company.trial_balance() == driver.before.trial_balance()
    [invoice] = driver.company.transactions("Invoice")
    assert (str(invoice.open_debt), payments(driver)) == ("43.30", [])


def test_the_payment_stays_as_long_as_another_refund_stands_on_it(memory: Database) -> None:
    driver = shop(memory)
    driver.bring_in(refund("r1", "1001"))
    driver.drain()
    driver.bring_in(refund("r2", "1001"))
    driver.drain()
    driver.decide("r1", Act.UNDO)
    driver.drain()

    assert driver.statuses() == {"r1": "skipped: undone", "r2": "posted"}
    assert (payments(driver), driver.company.customer_balance("Ann")) == (["43.30"], 0)
    assert reconciled(driver) == []
    driver.decide("r1", Act.TRY_AGAIN)
    driver.drain()
    assert driver.statuses() == {"r1": "posted", "r2": "posted"}
    assert (payments(driver), driver.company.customer_balance("Ann")) == (["43.30"], 0)


@pytest.mark.parametrize("fault", [Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.COM_AFTER, Fault.CRASH_1, Fault.CRASH_2])
@pytest.mark.parametrize("which", [1, 2])  # the payment alone; the rest comes in a set of its own
def test_whatever_is_lost_on_the_way_the_payment_is_received_once_and_the_rest_follows(
    memory: Database, which: int, fault: Fault
) -> None:
    driver = shop(memory)
    driver.bring_in(refund("r1", "1001"))

    played = driver.run_session({("post", which): fault})
    assert played.kinds.count("post") >= which, played.kinds
    driver.drain()

    judge(driver, review=False)
    assert driver.statuses() == {"r1": "posted"}
    assert len(payments(driver)) == 1
