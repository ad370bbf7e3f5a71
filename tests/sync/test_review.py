"""Refunds that wait for a person: what is approved is entered exactly so, and what the shop changes is never silent."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from qbwc_server.refunds.model import Refund
from qbwc_server.store.connections import connection_named
from qbwc_server.store.database import Database
from qbwc_server.store.decisions import Act
from qbwc_server.store.planned import planned_rows
from qbwc_server.store.refunds import Imported, withdraw
from tests.sync.driver import START, Driver, Fault, Refusal, judge, open_shop, receipts, refund


def held(database: Database, review: str = "always", *refunds: Refund) -> Driver:
    driver = open_shop(database, receipts("1001", "1002"), settings={"review": review})
    driver.bring_in(*(refunds or (refund("r1", "1001"),)))
    driver.drain()
    return driver


def test_nothing_is_entered_before_somebody_has_approved_it(memory: Database) -> None:
    driver = held(memory)
    assert driver.statuses() == {"r1": "review: approval_needed"}
    assert driver.company.transactions("CreditMemo") == []
    rows = planned_rows(driver.row("r1").documents)
    assert [(row.document, row.item, row.quantity, row.amount) for row in rows] == [
        ("credit memo", "Hat", Decimal(1), Decimal("20.00")),
        ("credit memo", "Sales tax County", None, Decimal("1.65")),
        ("credit card refund", "", None, Decimal("21.65")),
    ]
    assert rows[2].account == "PayPal"


def test_what_is_approved_is_entered_as_it_was_shown(memory: Database) -> None:
    driver = held(memory)
    shown = {document.role: document.request for document in driver.row("r1").documents}
    driver.decide("r1", Act.APPROVE)
    driver.drain()
    judge(driver, review=False)
    assert {document.role: document.request for document in driver.row("r1").documents} == shown
    assert (driver.row("r1").approved_by, driver.statuses()["r1"]) == ("Ada", "posted")


def test_only_refunds_over_the_limit_wait(memory: Database) -> None:
    driver = held(memory, "over 21.65", refund("r1", "1001"), refund("r2", "1002", 2))
    assert driver.statuses() == {"r1": "posted", "r2": "review: approval_needed"}


def test_a_plan_that_the_books_have_overtaken_comes_back_and_says_so(memory: Database) -> None:
    driver = held(memory)
    driver.decide("r1", Act.APPROVE)
    receipt = driver.company.transactions("SalesReceipt")[0]
    receipt.memo = "edited"
    driver.set(refund_account="Checking")
    driver.drain()
    assert driver.statuses() == {"r1": "review: plan_changed"}
    row = driver.row("r1")
    assert row.reason is not None
    assert row.reason["message"].startswith("Ada approved it, but the books have changed since")
    assert driver.company.transactions("CreditMemo") == []
    driver.decide("r1", Act.APPROVE)
    driver.drain()
    assert driver.statuses() == {"r1": "posted"}


def test_what_is_declined_is_never_entered_and_frees_the_sale(memory: Database) -> None:
    driver = held(memory, "always", refund("r1", "1001", 2))
    driver.bring_in(refund("r2", "1001"))
    driver.drain()
    assert driver.statuses()["r2"] == "review: more_than_sale"
    driver.decide("r1", Act.DECLINE, "the customer kept it")
    driver.decide("r2", Act.TRY_AGAIN)
    driver.drain()
    assert driver.statuses() == {"r1": "skipped: declined", "r2": "review: approval_needed"}
    driver.set(review="off")
    driver.drain()
    assert driver.statuses() == {"r1": "skipped: declined", "r2": "posted"}


def test_two_doors_that_tell_of_a_refund_alike_change_nothing(memory: Database) -> None:
    driver = held(memory, "off")
    other = refund("r1", "1001")
    line = replace(other.lines[0], line_id="another", title="Hat (by file)", amount=Decimal("20.000"))
    assert driver.bring_in(replace(other, lines=(line,), note="from a file")) == Imported(unchanged=1)
    assert driver.statuses() == {"r1": "posted"}


def test_a_refund_that_the_shop_changes_after_it_was_entered_goes_to_a_person_with_both_figures(
    memory: Database,
) -> None:
    driver = held(memory, "off")
    assert driver.bring_in(refund("r1", "1001", 2)) == Imported(changed_too_late=1)
    row = driver.row("r1")
    assert row.reason is not None
    assert row.reason["code"] == "changed_in_shop"
    assert "21.65 USD" in row.reason["message"]
    assert "43.30 USD" in row.reason["message"]
    assert driver.bring_in(refund("r1", "1001", 2)) == Imported(unchanged=1)

    driver.decide("r1", Act.UNDO)
    driver.drain()
    driver.decide("r1", Act.TRY_AGAIN)
    driver.drain()
    row = driver.row("r1")
    assert (row.status, row.amount, row.changed_payload) == ("posted", Decimal("43.30"), None)
    assert driver.company.customer_balance("Customer 1001") == 0


def test_a_change_that_the_shop_takes_back_needs_nobody(memory: Database) -> None:
    driver = held(memory, "off")
    driver.bring_in(refund("r1", "1001", 2))
    driver.bring_in(refund("r1", "1001"))
    assert driver.statuses() == {"r1": "posted"}


def test_a_change_that_somebody_corrected_by_hand_is_not_asked_about_again(memory: Database) -> None:
    driver = held(memory, "off")
    driver.bring_in(refund("r1", "1001", 2))
    driver.decide("r1", Act.DONE_BY_HAND)
    assert driver.bring_in(refund("r1", "1001", 2)) == Imported(unchanged=1)
    assert driver.statuses() == {"r1": "posted"}


def test_what_somebody_corrected_by_hand_counts_against_the_sale_with_the_newer_figures(memory: Database) -> None:
    driver = open_shop(memory, receipts("1001"))  # two hats
    driver.bring_in(refund("r1", "1001"))
    driver.drain()
    driver.bring_in(refund("r1", "1001", 2))
    driver.decide("r1", Act.DONE_BY_HAND)
    driver.bring_in(refund("r2", "1001"))
    driver.drain()
    assert driver.statuses() == {"r1": "posted", "r2": "review: more_than_sale"}


def test_a_change_that_comes_while_the_refund_is_on_its_way_is_held_when_it_has_arrived(memory: Database) -> None:
    driver = held(memory, "off")
    driver.bring_in(refund("r2", "1002"))
    driver.run_session({3: Fault.LOST_AFTER})
    assert driver.open_sets() == ["post"]
    driver.bring_in(refund("r2", "1002", 2))
    assert driver.statuses()["r2"] == "posting"
    driver.drain()
    assert driver.statuses()["r2"] == "review: changed_in_shop"


def test_newer_content_replaces_what_waits_for_approval(memory: Database) -> None:
    driver = held(memory)
    assert driver.bring_in(refund("r1", "1001", 2)) == Imported(changed=1)
    driver.drain()
    assert driver.statuses() == {"r1": "review: approval_needed"}
    assert driver.row("r1").total == Decimal("43.30")


def test_a_refund_that_the_shop_takes_back_is_not_entered_or_goes_to_a_person(memory: Database) -> None:
    driver = held(memory, "off")
    driver.bring_in(refund("r2", "1002"))
    with memory.transaction() as session:
        shop = connection_named(session, "shop")
        assert withdraw(session, shop, ("shopify", "", "r1"), START)
        assert withdraw(session, shop, ("shopify", "", "r2"), START)
        assert not withdraw(session, shop, ("shopify", "", "r2"), START)
        assert not withdraw(session, shop, ("shopify", "", "r9"), START)
    driver.drain()
    assert driver.statuses() == {"r1": "review: withdrawn_in_shop", "r2": "skipped: withdrawn"}
    driver.decide("r1", Act.UNDO)
    driver.drain()
    assert driver.company.transactions("CreditMemo")[0].is_voided


def test_a_refund_that_the_shop_took_back_and_somebody_voided_by_hand_counts_no_more_against_the_sale(
    memory: Database,
) -> None:
    driver = open_shop(memory, receipts("1001"))  # two hats
    driver.bring_in(refund("r1", "1001"))
    driver.drain()
    driver.bring_in(replace(refund("r1", "1001"), lines=(), money=()))
    assert driver.statuses() == {"r1": "review: withdrawn_in_shop"}
    for kind in ("ARRefundCreditCard", "CreditMemo"):
        driver.company.void(driver.company.transactions(kind)[0])
    driver.decide("r1", Act.DONE_BY_HAND, "voided both")

    driver.bring_in(refund("r2", "1001", 2))
    driver.drain()
    judge(driver, review=False)
    assert driver.statuses() == {"r1": "skipped: undone", "r2": "posted"}


def test_a_refund_that_the_shop_took_back_while_its_payout_waited_for_somebody_is_asked_about(memory: Database) -> None:
    driver = open_shop(memory, receipts("1001"))
    driver.refusals.append(Refusal("<ARRefundCreditCardAddRq", 3210, "The payment is more than is due."))
    driver.bring_in(refund("r1", "1001"))
    driver.drain()
    assert driver.statuses() == {"r1": "review: payout_link_refused"}
    driver.bring_in(replace(refund("r1", "1001"), lines=(), money=()))
    driver.decide("r1", Act.DONE_BY_HAND, "paid by check")
    assert driver.statuses() == {"r1": "review: withdrawn_in_shop"}
    driver.company.void(driver.company.transactions("CreditMemo")[0])
    driver.decide("r1", Act.DONE_BY_HAND, "voided it, and the check")
    driver.refusals.clear()
    driver.bring_in(refund("r2", "1001", 2))
    driver.drain()
    assert driver.statuses() == {"r1": "skipped: undone", "r2": "posted"}


def test_a_refund_that_comes_empty_was_taken_back_and_may_come_again(memory: Database) -> None:
    driver = held(memory)
    empty = replace(refund("r1", "1001"), lines=(), money=())
    assert driver.bring_in(empty) == Imported(changed=1)
    assert driver.bring_in(empty) == Imported(unchanged=1)
    assert driver.statuses() == {"r1": "skipped: withdrawn"}
    assert driver.bring_in(refund("r1", "1001")) == Imported(changed=1)
    driver.drain()
    assert driver.statuses() == {"r1": "review: approval_needed"}
