"""The judge sees what an accountant would: each damage to a good end has its verdict."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from qbsim import Company
from qbwc_server.torture.oracle import Ending, Verdict, judge
from qbwc_server.torture.scratch import Scratch
from tests.torture.playing import QUIET, play_of


@pytest.fixture(scope="module")
def good_end(scratch: Scratch) -> Ending:
    play = play_of(QUIET, scratch)
    assert play.run().findings == ()
    return play.ending()


@pytest.fixture
def end(good_end: Ending) -> Ending:
    """A copy of it, to be damaged."""
    return replace(
        good_end, after=copy.deepcopy(good_end.after), refunds=[copy.deepcopy(dict(row)) for row in good_end.refunds]
    )


def new(end: Ending, kind: str) -> list[Any]:
    return [t for t in end.after.transactions(kind) if end.before.transaction(t.txn_id) is None]


def verdicts(end: Ending) -> set[Verdict]:
    return {finding.verdict for finding in judge(end)}


def again(company: Company, transaction: Any) -> None:
    """Enters a copy of a transaction under a TxnID of its own."""
    twin = copy.deepcopy(transaction)
    twin.stamp = company.counters.transaction_stamp(company.now())
    twin.links = []
    company.record(twin)


def test_a_good_end_has_nothing_wrong(end: Ending) -> None:
    assert {row["status"] for row in end.refunds} == {"posted"}
    assert judge(end) == []


@pytest.mark.parametrize("kind", ["CreditMemo", "ARRefundCreditCard"])
def test_a_document_that_is_there_twice_is_doubled(end: Ending, kind: str) -> None:
    again(end.after, new(end, kind)[0])
    assert Verdict.DOUBLED in verdicts(end)


def test_a_document_under_another_guid_is_doubled_just_the_same(end: Ending) -> None:
    again(end.after, replace(new(end, "CreditMemo")[0], external_guid="{00000000-0000-0000-0000-000000000001}"))
    assert Verdict.DOUBLED in verdicts(end)


def test_a_document_that_no_refund_asks_for_is_doubled(end: Ending) -> None:
    again(end.after, replace(new(end, "CreditMemo")[0], memo="by hand"))
    assert Verdict.DOUBLED in verdicts(end)


@pytest.mark.parametrize("kind", ["CreditMemo", "ARRefundCreditCard"])
def test_a_posted_document_that_is_not_there_is_lost_and_what_is_said_untrue(end: Ending, kind: str) -> None:
    end.after.delete(new(end, kind)[0])
    assert {Verdict.LOST, Verdict.UNTRUE} <= verdicts(end)


def test_what_somebody_deleted_in_quickbooks_is_not_our_loss(end: Ending) -> None:
    payout = new(end, "ARRefundCreditCard")[0]
    end.after.delete(payout)
    assert judge(replace(end, touched=frozenset({payout.txn_id}))) == []


def test_an_application_that_is_missing_is_lost(end: Ending) -> None:
    for memo in new(end, "CreditMemo"):
        for link in memo.links:
            if end.after.transaction(link.txn_id).TYPE == "Invoice":  # type: ignore[union-attr]
                link.amount = link.amount / 2
    assert Verdict.LOST in verdicts(end)


PAID_BEFORE = replace(QUIET, orders=(6, 4), records_missing_payments=True, two_gateways=True)


@pytest.fixture(scope="module")
def paid_end(scratch: Scratch) -> Ending:
    """An unpaid invoice whose payment was received before its refund, in two payouts."""
    play = play_of(PAID_BEFORE, scratch)
    assert play.run().findings == ()
    end = play.ending()
    assert len(end.payments) == 1
    assert set(end.payouts.values()) == {2}
    return end


def test_a_payment_that_was_missing_is_received_once_and_for_its_amount(paid_end: Ending) -> None:
    after = copy.deepcopy(paid_end.after)
    end = replace(paid_end, after=after)
    payment = next(p for p in new(end, "ReceivePayment") if p.total)
    again(after, payment)
    assert Verdict.DOUBLED in verdicts(end)
    for each in [p for p in new(end, "ReceivePayment") if p.total]:
        after.delete(each)
    assert Verdict.LOST in verdicts(end)


def test_one_payout_of_two_that_is_missing_is_lost_and_a_third_is_doubled(paid_end: Ending) -> None:
    end = replace(paid_end, after=copy.deepcopy(paid_end.after))
    payout = new(end, "ARRefundCreditCard")[0]
    again(end.after, payout)
    assert Verdict.DOUBLED in verdicts(end)
    end = replace(paid_end, after=copy.deepcopy(paid_end.after))
    end.after.delete(new(end, "ARRefundCreditCard")[0])
    assert Verdict.LOST in verdicts(end)


# Orders that QuickBooks lacks: two of one new customer, one of them with two refunds, and one that it has.
LACKING = replace(QUIET, orders=(0, 1, 4), missing_orders_as="invoice", lacking=(0, 1), new_customers=True)


@pytest.fixture(scope="module")
def invoiced_end(scratch: Scratch) -> Ending:
    play = play_of(LACKING, scratch)
    assert play.run().findings == ()
    end = play.ending()
    assert {created.type for created in end.created.values()} == {"Invoice"}
    assert [len(new(end, kind)) for kind in ("Invoice", "ReceivePayment", "CreditMemo")] == [2, 2, 4]
    return end


@pytest.fixture
def created(invoiced_end: Ending) -> Ending:
    """A copy of it, to be damaged."""
    rows = [copy.deepcopy(dict(row)) for row in invoiced_end.refunds]
    return replace(invoiced_end, after=copy.deepcopy(invoiced_end.after), refunds=rows)


def test_orders_that_quickbooks_lacked_are_there_once_with_their_payments_and_their_customer(created: Ending) -> None:
    assert judge(created) == []
    assert len(list(created.after.lists.customers)) == len(list(created.before.lists.customers)) + 1


@pytest.mark.parametrize("kind", ["Invoice", "ReceivePayment"])
def test_an_order_that_was_created_twice_is_doubled_under_whatever_guid(created: Ending, kind: str) -> None:
    again(created.after, replace(new(created, kind)[0], external_guid="{00000000-0000-0000-0000-000000000001}"))
    assert Verdict.DOUBLED in verdicts(created)


@pytest.mark.parametrize("kind", ["Invoice", "ReceivePayment"])
def test_what_was_created_for_a_posted_refund_and_is_not_there_is_lost(created: Ending, kind: str) -> None:
    created.after.delete(new(created, kind)[0])
    assert Verdict.LOST in verdicts(created)


def test_an_invoice_that_somebody_deleted_is_not_our_loss(created: Ending) -> None:
    invoice = new(created, "Invoice")[0]
    created.after.delete(invoice)
    assert judge(replace(created, touched=frozenset({invoice.txn_id}))) == []


def test_a_sale_that_quickbooks_has_is_not_to_be_created(created: Ending) -> None:
    assert Verdict.DOUBLED in verdicts(replace(created, created={}))


def test_a_second_customer_for_the_same_orders_is_doubled(created: Ending) -> None:
    customer = next(each for each in created.after.lists.customers if each.full_name == "Newcomer 1")
    twin = copy.deepcopy(customer)
    twin.stamp = created.after.list_stamp()
    twin.name = twin.full_name = "Newcomer 1 (customer)"
    created.after.lists.customers.add(twin)
    assert Verdict.DOUBLED in verdicts(created)


def test_a_sale_that_is_told_wrongly_or_has_another_customer_or_account_is_untrue(created: Ending) -> None:
    row = next(row for row in created.refunds if row["order_number"] in created.created)
    row["sale"]["txn_id"] = "1-1"
    assert verdicts(created) == {Verdict.UNTRUE}
    row["sale"]["txn_id"] = next(s.txn_id for s in new(created, "Invoice") if s.ref_number == row["order_number"])
    assert judge(created) == []
    invoice, payment = new(created, "Invoice")[0], new(created, "ReceivePayment")[0]
    payment.deposit_to_id = created.after.lists.accounts.find("PayPal").list_id  # type: ignore[union-attr]
    assert verdicts(created) == {Verdict.UNTRUE}
    payment.deposit_to_id = created.after.lists.accounts.find("Checking").list_id  # type: ignore[union-attr]
    invoice.customer_id = next(iter(created.before.lists.customers)).list_id
    assert verdicts(created) == {Verdict.UNTRUE}


def test_money_of_a_created_order_in_another_account_does_not_come_out(created: Ending) -> None:
    payment = new(created, "ReceivePayment")[0]
    other = created.after.lists.accounts.find("PayPal")
    assert other is not None
    created.after.ledger.reverse(payment.entries)
    for entry in payment.entries:
        if entry.customer_id is None:
            entry.account_id = other.list_id
    created.after.ledger.post(payment.entries)
    assert verdicts(created) == {Verdict.UNBALANCED}


def test_a_sales_order_that_is_credited_stays_open(scratch: Scratch) -> None:
    play = play_of(replace(QUIET, orders=(8, 9, 19), sales_order="credit"), scratch)
    assert play.run().findings == ()
    end = play.ending()
    # The first order was cancelled before anything was paid: it is closed, and nothing of it is credited.
    assert [bool(memo.links) for memo in new(end, "CreditMemo")] == [True, True]
    credited = new(end, "CreditMemo")[0].ref_number.partition("-")[0]
    order = next(each for each in end.after.transactions("SalesOrder") if each.ref_number == credited)
    order.is_manually_closed = True  # type: ignore[attr-defined]
    assert verdicts(end) == {Verdict.UNTRUE}


def _say(**facts: Any) -> Callable[[Ending], None]:
    return lambda end: end.refunds[0].update(facts)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("damage", "verdict"),
    [
        (_say(status="waiting"), Verdict.STUCK),
        (_say(status="posting"), Verdict.STUCK),
        (_say(status="failed", reason={"code": "kept_failing", "message": "..."}), Verdict.LOST),
        (_say(status="failed", reason={"code": "kept_failing", "message": "..."}), Verdict.UNTRUE),
        (_say(status="review"), Verdict.UNTRUE),  # without a reason
        (_say(credit_memo=None), Verdict.UNTRUE),
        (_say(payouts=[]), Verdict.UNTRUE),
        (lambda end: end.refunds[0]["credit_memo"].update(txn_id="1-1"), Verdict.UNTRUE),
        (lambda end: end.refunds[0]["credit_memo"].update(amount="1.00"), Verdict.UNTRUE),
        (lambda end: end.refunds.pop(), Verdict.LOST),
        (lambda end: end.refunds.append(end.refunds[0]), Verdict.DOUBLED),
    ],
)
def test_what_is_said_must_be_so(end: Ending, damage: Callable[[Ending], Any], verdict: Verdict) -> None:
    damage(end)
    assert verdict in verdicts(end)


def test_money_to_another_account_does_not_come_out(end: Ending) -> None:
    payout = new(end, "ARRefundCreditCard")[0]
    other = end.after.lists.accounts.find("Bank Service Charges")
    assert other is not None
    end.after.ledger.reverse(payout.entries)
    for entry in payout.entries:
        if entry.customer_id is None:
            entry.account_id = other.list_id
    payout.refund_from_id = other.list_id
    end.after.ledger.post(payout.entries)
    assert {Verdict.UNBALANCED, Verdict.UNTRUE} <= verdicts(end)


def test_a_refund_that_waits_for_a_person_may_be_there_in_part_but_not_twice(end: Ending) -> None:
    _say(status="review", reason={"code": "in_doubt", "message": "..."}, payouts=[])(end)
    payout = next(t for t in new(end, "ARRefundCreditCard") if end.refunds[0]["external_id"] in t.memo)
    end.after.delete(payout)
    assert judge(end) == []
    memo = next(t for t in new(end, "CreditMemo") if end.refunds[0]["external_id"] in t.memo)
    again(end.after, memo)
    assert verdicts(end) == {Verdict.DOUBLED}
