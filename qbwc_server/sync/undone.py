"""The outcome of an undo, request by request: undone, tried again, or refused, which asks a person."""

from __future__ import annotations

from datetime import datetime

from qbwc_server.refunds.naming import Role
from qbwc_server.refunds.reasons import Skip
from qbwc_server.refunds.undoing import ADVICE
from qbwc_server.store.decisions import close_generation
from qbwc_server.store.planned import number_of
from qbwc_server.store.refunds import note
from qbwc_server.store.tables import Document, MessageSet, Refund
from qbwc_server.sync.outcomes import read_anew
from qbwc_server.sync.plans import DOCUMENT_WORDS, stop
from qbwc_server.sync.taking import Taking, put_off, stop_writing
from qbwc_server.sync.undoing import give_up, want_again
from qbxml import Answer, Outcome, Response, Status

GONE = frozenset({500, 3120})  # QuickBooks has no such transaction (any more): what should go is gone


def take_undo(taking: Taking, sent: MessageSet, answer: Answer) -> None:
    """Takes the answer to a set that undoes; what it has no word of is sent again."""
    by_id = answer.by_request_id
    rows: dict[int, Refund] = {}
    troubles: dict[int, Skip] = {}
    for request in sent.requests:
        document = request.document
        rows[document.refund_id] = document.refund
        if document.undo != "sent":
            continue
        trouble = _take(taking, document, by_id.get(request.request_id))
        if trouble is not None:
            troubles.setdefault(document.refund_id, trouble)
    for row in rows.values():
        row.batch_limit = None
        _conclude(taking, row, troubles.get(row.id))


def take_undo_unreadable(taking: Taking, sent: MessageSet) -> None:
    """QuickBooks could not read the set, so nothing was undone; whoever asked for it is told."""
    want_again(sent.requests)
    for row in {request.document.refund for request in sent.requests}:
        first = next(d for d in row.documents if d.undo == "wanted")
        _conclude(taking, row, _refused(first, "QuickBooks could not read the request."))


def _take(taking: Taking, document: Document, response: Response | None) -> Skip | None:
    if response is None:
        document.undo = "wanted"
        return None
    status = response.status
    if status.outcome is Outcome.DONE or _is_gone(status):
        _is_undone(document, taking.now, gone=status.outcome is not Outcome.DONE)
        return None
    document.undo = "wanted"
    document.status_code, document.status_message = status.code, status.message
    if status.outcome is Outcome.RETRY_LATER:
        document.attempts += 1
        return put_off(
            document.refund, document.attempts, f"undoing of the {_words(document)}", status.explanation, taking.now
        )
    if status.outcome is Outcome.STOP:
        stop_writing(taking.company, "permission_missing", status.explanation)
        return None
    document.undo = "refused"
    return _refused(document, status.explanation)


def _is_gone(status: Status) -> bool:
    return status.code in GONE and status.outcome is not Outcome.RETRY_LATER


def _is_undone(document: Document, now: datetime, *, gone: bool) -> None:
    document.state, document.undo, document.undone_at = "undone", "done", now
    words = "was deleted" if document.undo_request == "TxnDel" else "was voided"
    words = f"{words} in QuickBooks" if not gone else "was not in QuickBooks any more"
    note(document.refund, now, f"The {_words(document)} {number_of(document)} {words}.")


def _conclude(taking: Taking, row: Refund, trouble: Skip | None) -> None:
    """Where all is undone the generation rises; where something is refused, what is left stays as it is."""
    if trouble is not None:
        give_up(row)
        stop(row, trouble, taking.now)
        return
    if any(document.undo in ("wanted", "sent") and document.txn_id for document in row.documents):
        row.updated_at = taking.now
        return
    for document in row.own_documents:
        if document.undo == "wanted":  # a credit that was only set: it went with its memo
            document.state, document.undo, document.undone_at = "undone", "done", taking.now
        elif document.state in ("failed", "review", "planned"):
            document.state = "failed"
    facts = row.decided.get("undo", {})
    read_anew(taking, row)
    close_generation(taking.database, row, Skip("undone", facts), taking.now)


def _refused(document: Document, message: str) -> Skip:
    return Skip("undo_refused", _names(document) | {"message": message, "advice": ADVICE})


def _names(document: Document) -> dict[str, str]:
    return {"document": _words(document), "ref_number": number_of(document)}


def _words(document: Document) -> str:
    if document.role == Role.APPLICATION.value:
        return "payment that applied the credit"
    return DOCUMENT_WORDS[document.role]
