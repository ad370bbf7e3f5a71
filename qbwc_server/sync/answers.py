"""What QuickBooks' answers mean: each is taken in one transaction with the set that it answers, request by request.

Taking the same answer twice changes nothing; one that comes late is taken, too.
"""

from __future__ import annotations

from qbwc_server.store.tables import MessageSet
from qbwc_server.sync import creating, latch
from qbwc_server.sync.company import look_for_leftovers_again, take_claim, take_claim_written, take_lists, take_proof
from qbwc_server.sync.doubts import (
    record_evidence,
    take_proof_before_repeat,
    take_recovery,
    take_recovery_refused,
    take_scan,
    take_shut_out,
)
from qbwc_server.sync.finding import take_find, take_follow
from qbwc_server.sync.outcomes import back_to_planned, refused_alone, take_post
from qbwc_server.sync.reconcile import give_up, take_reconcile
from qbwc_server.sync.restored import take_extent
from qbwc_server.sync.steps import Kind
from qbwc_server.sync.taking import Taking, halve, refunds_of, stop_writing
from qbwc_server.sync.undone import take_undo, take_undo_unreadable
from qbxml import Answer


def take(taking: Taking, sent: MessageSet, answer: Answer) -> None:
    """Takes the answer to a message set."""
    kind = Kind(sent.kind)
    sent.state = "answered"
    sent.answered_at = taking.now
    if kind is Kind.LISTS:
        take_lists(taking, sent, answer)
    elif kind is Kind.READ_CLAIM:
        take_claim(taking, answer)
    elif kind is Kind.CLAIM:
        take_claim_written(taking, answer)
    elif kind is Kind.PROOF:
        take_proof(taking, answer)
        take_proof_before_repeat(taking, sent)
    elif kind is Kind.FIND:
        take_find(taking, sent, answer)
    elif kind is Kind.FOLLOW:
        take_follow(taking, sent, answer)
    elif kind is Kind.PREPARE:
        creating.take_prepare(taking, sent, answer)
    elif kind is Kind.ENLIST:
        creating.take_enlist(taking, sent, answer)
    elif kind is Kind.LATCH:
        if latch.take_prepared(taking, answer):
            look_for_leftovers_again(taking)
    elif kind is Kind.SHUT_OUT:
        take_shut_out(taking, sent, answer)
    elif kind is Kind.POST:
        take_post(taking, sent, answer)
    elif kind is Kind.UNDO:
        take_undo(taking, sent, answer)
    elif kind is Kind.SCAN:
        take_scan(taking, sent, answer)
    elif kind is Kind.EXTENT:
        take_extent(taking, sent, answer)
    elif kind is Kind.RECONCILE:
        take_reconcile(taking, sent, answer)
    else:
        take_recovery(taking, sent, answer)


def take_refusal(taking: Taking, sent: MessageSet) -> None:
    """QuickBooks could not read a set, so nothing of it was worked: it is halved until the culprit stands alone."""
    sent.state = "answered"
    sent.answered_at = taking.now
    kind = Kind(sent.kind)
    if kind in (Kind.POST, Kind.FIND, Kind.FOLLOW, Kind.PREPARE):
        rows = refunds_of(taking.database, sent.context["refunds"])
        if kind is Kind.POST:
            back_to_planned(sent.requests)
        if len(rows) > 1:
            halve(rows)
        elif rows:
            refused_alone(taking, sent, rows[0], kind)
    elif kind is Kind.UNDO:
        take_undo_unreadable(taking, sent)
    elif kind is Kind.ENLIST:
        creating.take_enlist_unreadable(taking, sent)
    elif kind is Kind.CLAIM:
        taking.company.claim, taking.company.takeover = "unwritable", None
    elif kind in (Kind.LATCH, Kind.SHUT_OUT):
        latch.refused(taking.company, taking.now, "QuickBooks could not read the request for it.")
    elif kind is Kind.PROOF:
        if taking.company.claim == "written":
            taking.company.claim = "proved"
        take_proof_before_repeat(taking, sent, could_be_read=False)
    elif kind is Kind.RECOVER:
        take_recovery_refused(taking, sent)
    elif kind is Kind.SCAN:
        record_evidence(taking, sent, scanned=False)
    elif kind is Kind.RECONCILE:
        reason = "QuickBooks could not read the question. Report this with the session's log."
        give_up(taking.database, taking.connection, sent, reason, taking.now)
    else:
        stop_writing(
            taking.company,
            "request_refused",
            "QuickBooks could not read a request of Connex. Report this with the session's log.",
        )
