"""Decisions of people: what is possible when, that each is on record, and that nobody decides over a change."""

from __future__ import annotations

import threading
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from qbwc_server.refunds.chosen import ChosenSale, by_number, by_txn_id
from qbwc_server.refunds.reasons import REASONS, Status
from qbwc_server.refunds.sale import SaleType
from qbwc_server.store.database import Database
from qbwc_server.store.decisions import (
    NOTE_NEEDED,
    Act,
    Books,
    ChangedMeanwhileError,
    DecisionError,
    allowed,
    books_of,
    decide,
    refund_of,
)
from qbwc_server.store.planned import plan_digest, planned_rows
from qbwc_server.store.refunds import chosen_sale_of, taken_by_others
from qbwc_server.store.tables import AuditEntry, Connection, Document, Event, Refund
from tests.web import builders

NOW = datetime(2024, 5, 6, 12, 0, tzinfo=timezone.utc)
MEMO = (
    b"<CreditMemoAddRq><CreditMemoAdd><CustomerRef><ListID>8-1</ListID><FullName>Jo</FullName></CustomerRef>"
    b"<ARAccountRef><FullName>Receivables</FullName></ARAccountRef><TxnDate>2024-03-01</TxnDate>"
    b"<ItemSalesTaxRef><FullName>County</FullName></ItemSalesTaxRef>"
    b"<CreditMemoLineAdd><ItemRef><FullName>Hat</FullName></ItemRef><Desc>A hat</Desc><Quantity>2</Quantity>"
    b"<Amount>38.00</Amount><SalesTaxCodeRef><FullName>Tax</FullName></SalesTaxCodeRef></CreditMemoLineAdd>"
    b"</CreditMemoAdd></CreditMemoAddRq>"
)


def reason(code: str) -> dict[str, str]:
    return {"code": code, "message": "Why."}


def add(database: Database, status: str = "review", code: str | None = "approval_needed", **documents: str) -> int:
    """A refund with a reason and documents: role=state."""
    with database.transaction() as session:
        shop = session.scalar(select(Connection)) or builders.add_connection(session, "shop")
        why = reason(code) if code else None
        row = builders.add_refund(session, shop, "1001", status=status, reason=why, total=Decimal("41.04"), shares=[])
        for role, state in documents.items():
            there = state == "posted"
            request = {"request": MEMO, "request_type": "CreditMemoAdd"} if role == "memo" else {}
            txn_id = f"{row.id}-{role}" if there else ""
            builders.add_document(session, row, role, state=state, txn_id=txn_id, **request)
        return row.id


def decided(database: Database, refund_id: int, act: Act, note: str = "because", **more: Any) -> Refund:
    with database.transaction() as session:
        row = session.get_one(Refund, refund_id)
        decide(session, row, act, who="Ada", note=note, now=NOW, **more)
    with database.reading() as session:
        found = session.get_one(Refund, refund_id)
        _ = found.documents, found.every_document
        session.expunge_all()
    return found


def code_of(row: Refund) -> str:
    return row.reason["code"] if row.reason else ""


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("code", [None, *REASONS])
def test_whatever_became_of_a_refund_a_person_can_always_note_something(status: Status, code: str | None) -> None:
    row = Refund(status=status.value, reason=reason(code) if code else None, documents=[])
    acts = allowed(row)
    assert Act.NOTE in acts
    assert len(set(acts)) == len(acts)
    if status in (Status.REVIEW, Status.FAILED):
        assert len(acts) > 1, "what waits for a person can be decided by one"
    assert Act.UNDO not in acts or code == "undo_refused", "nothing is in the books, so there is nothing to undo"


def test_nothing_can_be_decided_while_a_posting_is_on_its_way(memory: Database) -> None:
    refund_id = add(memory, "posting", None, memo="posted", payout="sent")
    for act in set(Act) - {Act.NOTE}:
        with pytest.raises(DecisionError, match="possible: note"):
            decided(memory, refund_id, act)


@pytest.mark.parametrize(
    ("states", "books", "acts"),
    [
        ({}, Books.NOTHING, {Act.TRY_AGAIN, Act.SKIP, Act.DONE_BY_HAND, Act.NOTE}),
        ({"memo": "posted", "payout": "failed"}, Books.PARTLY, {Act.TRY_AGAIN, Act.UNDO, Act.DONE_BY_HAND, Act.NOTE}),
        ({"memo": "failed"}, Books.NOTHING, {Act.TRY_AGAIN, Act.SKIP, Act.DONE_BY_HAND, Act.NOTE}),
    ],
)
def test_what_is_possible_depends_on_what_is_in_the_books(
    memory: Database, states: dict[str, str], books: Books, acts: set[Act]
) -> None:
    refund_id = add(memory, "failed", "refused_by_quickbooks", **states)
    with memory.reading() as session:
        row = session.get_one(Refund, refund_id)
        assert books_of(row) is books
        assert set(allowed(row)) == acts


def test_a_refund_in_doubt_is_never_skipped_nor_undone(memory: Database) -> None:
    refund_id = add(memory, "review", "in_doubt", memo="review")
    with memory.reading() as session:
        assert set(allowed(session.get_one(Refund, refund_id))) == {Act.TRY_AGAIN, Act.DONE_BY_HAND, Act.NOTE}


def test_an_approval_names_exactly_the_plan_that_was_shown(database: Database) -> None:
    refund_id = add(database, memo="planned")
    row = decided(database, refund_id, Act.APPROVE)
    assert (row.status, row.stage, row.approved_by, row.approved_at) == ("waiting", "find", "Ada", NOW)
    assert row.decided["approved_plan"] == plan_digest(row.documents)


def test_a_plan_that_differs_in_any_figure_is_another_and_an_edit_sequence_is_none() -> None:
    def of(request: bytes, amount: str = "1.00") -> str:
        return plan_digest([Document(role="memo", part=1, request=request, amount=Decimal(amount))])

    assert of(MEMO) == of(MEMO)
    assert of(MEMO) != of(MEMO.replace(b"38.00", b"38.01"))
    assert of(MEMO) != of(MEMO, "1.01")
    assert of(b"<R><EditSequence>1</EditSequence></R>") == of(b"<R><EditSequence>2</EditSequence></R>")


def test_a_declined_refund_is_skipped_and_takes_nothing_out_of_its_sale(memory: Database) -> None:
    row = decided(memory, add(memory, memo="planned"), Act.DECLINE, "a duplicate")
    assert (row.status, code_of(row), row.documents, row.total) == ("skipped", "declined", [], None)
    assert row.reason is not None
    assert row.reason["message"] == "Ada declined it: a duplicate"
    with memory.reading() as session:
        possible = {Act.TRY_AGAIN, Act.DONE_BY_HAND, Act.CHOOSE_SALE, Act.NOTE}
        assert set(allowed(session.get_one(Refund, row.id))) == possible


def test_every_decision_is_in_the_story_and_in_the_audit(database: Database) -> None:
    refund_id = add(database, memo="planned")
    decided(database, refund_id, Act.NOTE, "asked  the\ncustomer")
    decided(database, refund_id, Act.DECLINE, "a duplicate")
    with database.reading() as session:
        told = session.scalars(select(Event.text).order_by(Event.id)).all()
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
        assert told[:2] == ["Ada noted: asked the customer.", "Ada declined to have it entered: a duplicate."]
        assert [(entry.who, entry.details["act"], entry.details["note"]) for entry in entries] == [
            ("Ada", "note", "asked the customer"),
            ("Ada", "decline", "a duplicate"),
        ]
        assert entries[1].details["before"] == "review (approval_needed)"
        assert entries[1].details["after"] == "skipped (declined)"


@pytest.mark.parametrize("act", [act for act in Act if act in NOTE_NEEDED and act is not Act.UNDO])
def test_what_can_not_be_understood_later_without_it_needs_a_note(memory: Database, act: Act) -> None:
    refund_id = add(memory, memo="planned")
    with pytest.raises(DecisionError, match="needs a note"):
        decided(memory, refund_id, act, "  ")
    with pytest.raises(DecisionError, match="at most 1000"):
        decided(memory, refund_id, act, "x" * 1001)


def test_nobody_decides_over_what_has_changed_since_they_looked(database: Database) -> None:
    refund_id = add(database, memo="planned")
    with database.reading() as session:
        seen = session.get_one(Refund, refund_id).version
    decided(database, refund_id, Act.NOTE, "first", seen=seen)
    with pytest.raises(ChangedMeanwhileError, match="look at it again"):
        decided(database, refund_id, Act.APPROVE, seen=seen)


def test_of_two_people_who_decide_at_once_one_is_refused(database: Database) -> None:
    refund_id = add(database, memo="planned")
    with database.reading() as session:
        seen = session.get_one(Refund, refund_id).version
    both, outcomes = threading.Barrier(2), []

    def person(act: Act) -> None:
        both.wait(10)
        try:
            decided(database, refund_id, act, seen=seen)
            outcomes.append("done")
        except DecisionError:
            outcomes.append("refused")

    people = [threading.Thread(target=person, args=(act,)) for act in (Act.APPROVE, Act.DECLINE)]
    for each in people:
        each.start()
    for each in people:
        each.join(30)
    assert sorted(outcomes) == ["done", "refused"]
    with database.reading() as session:
        assert len(session.scalars(select(AuditEntry)).all()) == 1


def test_what_is_adopted_is_posted_as_this_refund(memory: Database) -> None:
    refund_id = add(memory, "review", "perhaps_entered_by_hand", memo="planned", payout="planned")
    shown = [
        {"type": "CreditMemo", "txn_id": "A-1", "ref_number": "77", "date": "2024-03-01", "amount": "41.04"},
        {"type": "CreditMemo", "txn_id": "A-2", "ref_number": "78", "date": "2024-03-02", "amount": "41.04"},
        {"type": "Check", "txn_id": "A-3", "ref_number": "79", "date": "2024-03-02", "amount": "41.04"},
    ]
    with memory.transaction() as session:
        session.get_one(Refund, refund_id).candidates = shown
    with pytest.raises(DecisionError, match=r"name the right one.*A-1.*A-2"):
        decided(memory, refund_id, Act.ADOPT)
    with pytest.raises(DecisionError, match="was not shown with such"):
        decided(memory, refund_id, Act.ADOPT, txn_ids=("A-9",))
    row = decided(memory, refund_id, Act.ADOPT, txn_ids=("A-2", "A-3"))
    assert (row.status, row.stage, row.candidates, row.total) == ("posted", "done", None, Decimal("41.04"))
    assert [(d.role, d.txn_id, d.state, d.by_hand) for d in row.documents] == [
        ("memo", "A-2", "posted", True),
        ("payout", "A-3", "posted", True),
    ]
    assert {notice["code"] for notice in row.notices} == {"adopted_by_hand"}
    assert allowed(row) == (Act.NOTE,), "what somebody else entered is theirs to undo"


def test_post_anyway_remembers_which_transactions_are_other_ones(memory: Database) -> None:
    refund_id = add(memory, "review", "perhaps_entered_by_hand", memo="planned")
    with memory.transaction() as session:
        session.get_one(Refund, refund_id).candidates = [{"type": "Check", "txn_id": "A-3", "ref_number": ""}]
    row = decided(memory, refund_id, Act.POST_ANYWAY)
    assert (row.status, row.stage, row.decided) == ("waiting", "find", {"post_anyway": ["A-3"]})


SHOWN = {"type": "Invoice", "txn_id": "5F-1", "ref_number": "1001", "date": "2024-03-01", "amount": "41.04"}
SHOWN_SALES = [
    {**SHOWN, "customer_id": "8-1", "customer": "Ann Other"},
    {**SHOWN, "type": "SalesReceipt", "txn_id": "60-1", "customer_id": "8-2", "customer": "Bea Buyer"},
]


def unclear(database: Database, code: str = "ambiguous_sale", **documents: str) -> int:
    """A refund that may be of either of two sales."""
    refund_id = add(database, "review", code, **documents)
    with database.transaction() as session:
        session.get_one(Refund, refund_id).candidates = SHOWN_SALES
    return refund_id


@pytest.mark.parametrize("named", [by_txn_id("60-1"), by_number(SaleType.SALES_RECEIPT, "1001")])
def test_a_sale_that_was_shown_is_chosen_with_its_customer_and_put_on_record(
    memory: Database, named: ChosenSale
) -> None:
    refund_id = unclear(memory)
    row = decided(memory, refund_id, Act.CHOOSE_SALE, "by phone", sale=named)
    assert (row.status, row.stage, row.reason, row.candidates) == ("waiting", "find", None, None)
    assert chosen_sale_of(row) == ChosenSale("60-1", SaleType.SALES_RECEIPT, "1001", "8-2", "Ada")
    with memory.reading() as session:
        (told,) = session.scalars(select(Event.text))
        (entry,) = session.scalars(select(AuditEntry))
    assert told == "Ada chose the sale that was refunded, sales receipt 1001 (TxnID 60-1): by phone."
    assert (entry.who, entry.at, entry.details["note"]) == ("Ada", NOW, "by phone")
    assert entry.details["sale"] == "sales receipt 1001 (TxnID 60-1)"


def test_a_sale_that_was_not_shown_is_chosen_without_a_customer(memory: Database) -> None:
    for named in (by_txn_id("ab-9"), by_number(SaleType.SALES_ORDER, "1001")):
        row = decided(memory, unclear(memory), Act.CHOOSE_SALE, sale=named)
        chosen = chosen_sale_of(row)
        assert chosen is not None
        assert (chosen.txn_id, chosen.type, chosen.customer_id) == (named.txn_id, named.type, "")


def test_a_sale_is_chosen_with_a_note_and_by_that_act_alone(memory: Database) -> None:
    refund_id = unclear(memory)
    with pytest.raises(DecisionError, match="needs the sale"):
        decided(memory, refund_id, Act.CHOOSE_SALE)
    with pytest.raises(DecisionError, match="needs a note"):
        decided(memory, refund_id, Act.CHOOSE_SALE, " ", sale=by_txn_id("60-1"))
    with pytest.raises(DecisionError, match="choose-sale does that"):
        decided(memory, refund_id, Act.TRY_AGAIN, sale=by_txn_id("60-1"))


def test_a_plan_for_another_sale_is_dropped_with_all_that_it_took_out_of_that_one(memory: Database) -> None:
    refund_id = add(memory, memo="planned", payout="planned")
    with memory.transaction() as session:
        session.get_one(Refund, refund_id).sale_txn_id = "S-1"
        session.get_one(Refund, refund_id).decided = {"approved_plan": "of the other sale"}
    row = decided(memory, refund_id, Act.CHOOSE_SALE, sale=by_txn_id("60-1"))
    assert (row.documents, row.total, row.shares, row.sale_txn_id) == ([], None, None, "")
    assert set(row.decided) == {"sale"}


def test_a_choice_stays_when_it_is_tried_again_and_is_taken_back_by_a_person(memory: Database) -> None:
    refund_id = unclear(memory)
    decided(memory, refund_id, Act.CHOOSE_SALE, sale=by_txn_id("60-1"))
    with memory.transaction() as session:
        row = session.get_one(Refund, refund_id)
        assert allowed(row) == (Act.SKIP, Act.DONE_BY_HAND, Act.FORGET_SALE, Act.NOTE)
        row.status, row.stage, row.reason = "review", "done", reason("value_differs")
        assert {Act.CHOOSE_SALE, Act.FORGET_SALE} <= set(allowed(row))
    assert chosen_sale_of(decided(memory, refund_id, Act.TRY_AGAIN)) is not None
    row = decided(memory, refund_id, Act.FORGET_SALE, "")
    assert (row.stage, row.decided) == ("find", {})
    assert Act.FORGET_SALE not in allowed(row)


@pytest.mark.parametrize("state", ["sent", "posted", "review"])
def test_no_other_sale_is_chosen_for_what_is_or_may_be_in_the_books(memory: Database, state: str) -> None:
    refund_id = unclear(memory, "value_differs", memo=state, payout="planned")
    with pytest.raises(DecisionError, match="is not possible"):
        decided(memory, refund_id, Act.CHOOSE_SALE, sale=by_txn_id("60-1"))


def test_what_was_done_by_hand_counts_against_the_sale(memory: Database) -> None:
    refund_id = add(memory, "review", "approval_needed")
    with memory.transaction() as session:
        planned = [{"code": code, "message": "Why."} for code in ("sale_chosen", "order_closed")]
        session.get_one(Refund, refund_id).notices = planned
    row = decided(memory, refund_id, Act.DONE_BY_HAND, "")
    assert [notice["code"] for notice in row.notices] == ["sale_chosen"], "what was planned comes to nothing"
    assert (row.status, code_of(row), row.total) == ("skipped", "done_by_hand", Decimal("41.04"))
    other = add(memory, "waiting", None)
    with memory.transaction() as session:
        session.get_one(Refund, row.id).sale_txn_id = "S-1"
        session.flush()
        assert taken_by_others(session, session.get_one(Refund, other), "S-1").total == Decimal("41.04")


def test_what_the_shop_took_back_before_it_was_done_by_hand_counts_no_more(memory: Database) -> None:
    refund_id = add(memory, "failed", "refused_by_quickbooks", memo="failed")
    with memory.transaction() as session:
        session.get_one(Refund, refund_id).withdrawn_at = NOW
    row = decided(memory, refund_id, Act.DONE_BY_HAND, "")
    assert (row.status, code_of(row), row.total, row.shares) == ("skipped", "done_by_hand", None, None)


def test_a_payout_made_by_hand_leaves_the_refund_posted(memory: Database) -> None:
    refund_id = add(memory, "review", "payout_link_refused", memo="posted", payout="failed")
    row = decided(memory, refund_id, Act.DONE_BY_HAND, "paid by bank transfer")
    assert (row.status, [d.role for d in row.documents]) == ("posted", ["memo"])
    assert [notice["code"] for notice in row.notices] == ["settled_by_hand"]


def test_an_undo_waits_for_the_web_connector_and_needs_its_reason(memory: Database) -> None:
    refund_id = add(memory, "posted", None, memo="posted", payout="posted")
    with pytest.raises(DecisionError, match="needs a note"):
        decided(memory, refund_id, Act.UNDO, "")
    row = decided(memory, refund_id, Act.UNDO, "wrong customer")
    assert (row.status, row.stage, {d.undo for d in row.documents}) == ("posting", "undo", {"wanted"})
    assert allowed(row) == (Act.NOTE,)


def test_a_refund_of_another_connection_can_not_be_decided(memory: Database) -> None:
    refund_id = add(memory, memo="planned")
    with memory.transaction() as session:
        other = builders.add_connection(session, "other")
        for wrong in (refund_id, 999):
            with pytest.raises(DecisionError, match=f"has no refund {wrong}"):
                refund_of(session, other, wrong)


def test_a_person_sees_line_by_line_what_would_be_entered(memory: Database) -> None:
    refund_id = add(memory, memo="planned")
    with memory.reading() as session:
        hat, tax = planned_rows(session.get_one(Refund, refund_id).documents)
    assert (hat.document, hat.item, hat.description, hat.quantity, hat.amount, hat.tax_code, hat.account, hat.day) == (
        *("credit memo", "Hat", "A hat", Decimal(2), Decimal("38.00"), "Tax", "Receivables", "2024-03-01"),
    )
    assert (tax.item, tax.amount) == ("Sales tax County", Decimal("3.04"))
