"""The outcome of what was posted, request by request: posted, to be tried again, or in trouble."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from qbwc_server.refunds.naming import CHANGES, Role
from qbwc_server.refunds.reasons import Notice, Skip
from qbwc_server.refunds.sale import Known
from qbwc_server.store.orders import wake_those_that_wait
from qbwc_server.store.planned import words_of
from qbwc_server.store.tables import Document, MessageSet, Refund, SetRequest
from qbwc_server.sync import latch
from qbwc_server.sync.books import total_of
from qbwc_server.sync.plans import (
    add_notice,
    conclude,
    conclude_all,
    in_doubt,
    mark_posted,
    memo_number,
    stop,
)
from qbwc_server.sync.steps import MACRO_FACTS, Kind
from qbwc_server.sync.taking import Taking, learn, put_off, stop_writing
from qbxml import (
    LEFT_OUT,
    NOT_THERE,
    Answer,
    CheckRet,
    InvoiceRet,
    Outcome,
    Response,
    Status,
    TransactionRecord,
)


def take_post(taking: Taking, sent: MessageSet, answer: Answer) -> None:
    by_id = answer.by_request_id
    if answer.message_set_status_code is not None and not answer.responses:
        sent.state = "sent"  # QuickBooks refused the ID and worked nothing that it tells of: settle it
        return
    if not latch.take_begun(taking, sent, by_id):
        if sent.times_sent > 1:
            sent.state = "sent"  # perhaps since its first copy has begun
        else:
            back_to_planned(sent.requests)
        return
    take_outcomes(taking, sent, by_id, without_word="sent")
    if any(request.document.state == "sent" for request in sent.requests):
        sent.state = "sent"  # what has no word may have been worked: it is looked for before it goes out again


def take_outcomes(
    taking: Taking, sent: MessageSet, by_id: dict[str, Response], *, without_word: str = "planned"
) -> None:
    """The outcome of each request of a set that posted, whether just answered or kept by QuickBooks.

    `without_word` is the state of a document of which nothing is said: planned where it is known not to be done, and
    goes out again under a new ID; sent where it stays in doubt.
    """
    sent.state = "answered"
    sent.answered_at = sent.answered_at or taking.now
    rows: dict[int, Refund] = {}
    troubles: dict[int, Skip] = {}
    failed = {name for name, r in by_id.items() if r.status.outcome is not Outcome.DONE and r.status.code != LEFT_OUT}
    stops, is_over = "latch" in sent.context, False
    was_cut = bool(failed) or (stops and latch.QUESTION not in by_id)  # a record tells of no entry: take_recovery
    left_out: dict[int, Refund] = {}
    for request in sent.requests:
        document = request.document
        row = document.refund
        rows[row.id] = row
        is_over = is_over or (stops and request.request_id in failed)
        if document.state == "posted":
            continue
        response = by_id.get(request.request_id)
        is_told_so = response is not None and response.status.code == LEFT_OUT and was_cut
        if is_told_so or (response is None and is_over):  # at another's error (FACTS.md 4)
            document.state = "planned"  # it goes out again as if it had never been sent
            left_out[row.id] = row
        elif response is None:
            document.state = without_word
        elif response.status.outcome is Outcome.DONE:
            _posted(taking, document, response, request.used_macro)
        else:
            trouble = _refused(taking, document, response.status, request.used_macro)
            if trouble is not None:
                troubles.setdefault(row.id, trouble)
    for row in rows.values():
        row.batch_limit = None
        if sent.times_sent > 1:
            add_notice(row, Notice("posted_after_repeat"))
        _compare_totals(row)
    for row in left_out.values():  # where many are bad, each ends a set: then sets get smaller
        row.batch_limit = (len(left_out) + 1) // 2
    conclude_all(rows.values(), troubles, taking.now)


def take_late(taking: Taking, sent: MessageSet, answer: Answer) -> None:
    """The answer to a set that was settled without it: what it shows as done is done, and can't be so twice."""
    by_id = answer.by_request_id
    rows: dict[int, Refund] = {}
    for request in sent.requests:
        document, response = request.document, by_id.get(request.request_id)
        if response is None or response.status.outcome is not Outcome.DONE:
            continue
        txn_id = _identity_of(response)[0]
        if document.state in ("review", "planned", "failed"):
            _posted(taking, document, response, request.used_macro)
            rows[document.refund_id] = document.refund
        elif txn_id and document.txn_id != txn_id:
            why = f"a late answer tells of {txn_id}, beside {document.txn_id or 'one that is on its way'}"
            stop(document.refund, in_doubt(document, why), taking.now)
    for row in rows.values():
        add_notice(row, Notice("posted_after_doubt"))
        if not any(document.state in ("review", "failed") for document in row.documents):
            conclude(row, taking.now)


def _identity_of(response: Response) -> tuple[str, str]:
    """TxnID and EditSequence, from the record or from what QuickBooks kept of it."""
    for record in response.records:
        if isinstance(record, TransactionRecord) and record.txn_id:
            return record.txn_id, record.edit_sequence or ""
    kept = response.error_recovery
    return (kept.txn_id or "", kept.edit_sequence or "") if kept is not None else ("", "")


def _posted(taking: Taking, document: Document, response: Response, used_macro: bool) -> None:
    txn_id, edit_sequence = _identity_of(response)
    if document.role == Role.VOIDING.value:  # its answer is no record, and names the invoice at most
        txn_id = document.refund.sale_txn_id
    total, guid = None, None
    in_full = False  # not so the answer to a payment that only sets a credit (FACTS.md 5)
    for record in response.records:
        if isinstance(record, TransactionRecord):
            guid = getattr(record, "external_guid", None)
            total = _total_of(record, document)
            in_full = bool(record.txn_id)
    mark_posted(document, txn_id=txn_id, edit_sequence=edit_sequence, amount=total, now=taking.now)
    document.attempts = 0
    if response.status.code not in (0, 1):
        facts = {"document": words_of(document), "message": response.status.explanation}
        add_notice(document.refund, Notice("quickbooks_said", facts))
    if in_full and document.external_guid:
        learn(taking.company, "shows_guids", Known.YES if guid else Known.NO)
    fact = MACRO_FACTS.get(document.request_type)
    if fact and used_macro:
        learn(taking.company, fact, Known.YES)
    elif fact and document.by_txn_id:
        learn(taking.company, fact, Known.NO)  # it went in by TxnID where it was refused by macro
        add_notice(document.refund, Notice("payout_by_txn_id"))
    if document.alone:
        learn(taking.company, "check_from_undeposited_funds", Known.YES)
    if document.role in (Role.APPLICATION.value, Role.PAYMENT.value, Role.VOIDING.value):
        read_anew(taking, document.refund)
    if document.is_of_order:
        wake_those_that_wait(taking.database, document.refund, taking.now)


def read_anew(taking: Taking, row: Refund) -> None:
    """Other refunds of an order whose invoice was read before this one closed a part of it: it is less open now."""
    others = taking.database.scalars(
        select(Refund).where(
            Refund.connection_id == row.connection_id,
            Refund.order_number == row.order_number,
            Refund.stage == "follow",
            Refund.id != row.id,
        )
    )
    for other in others:
        other.stage, other.findings = "find", None


def _total_of(record: TransactionRecord, document: Document) -> Decimal | None:
    if isinstance(record, CheckRet):
        return record.amount
    if document.role in (Role.APPLICATION.value, Role.CLOSING.value):
        return document.amount
    if isinstance(record, InvoiceRet):
        return total_of(record)
    total: Decimal | None = getattr(record, "total_amount", None)
    return total


def _compare_totals(row: Refund) -> None:
    """QuickBooks works out the memo's total itself; where it is not the planned one, that is said."""
    memo = next((d for d in row.documents if d.role == Role.MEMO.value and d.state == "posted"), None)
    if memo is not None and memo.posted_amount is not None and memo.posted_amount != memo.amount:
        facts = {"actual": str(memo.posted_amount), "planned": str(memo.amount)}
        add_notice(row, Notice("memo_total_differs", facts))


def _refused(taking: Taking, document: Document, status: Status, used_macro: bool) -> Skip | None:
    """A request that QuickBooks did not work: back to planned where trying again can help, else the reason."""
    document.state = "planned"
    document.status_code, document.status_message = status.code, status.message
    row = document.refund
    memo = next((d for d in row.documents if d.role == Role.MEMO.value), None)
    if used_macro and memo is not None and memo.state != "posted":
        return None  # it shares the memo's fate
    if used_macro and status.outcome is not Outcome.RETRY_LATER:
        document.by_txn_id = True  # perhaps only the macro was refused: it goes next by the memo's TxnID
        return None
    if status.outcome is Outcome.RETRY_LATER:
        return _retry_document(taking, document, status)
    if status.outcome is Outcome.STOP:
        stop_writing(taking.company, "permission_missing", status.explanation)
        return None
    if document.role == Role.SALE_PAYMENT.value and status.code == NOT_THERE:
        document.state = "review"
        sale = next(d for d in row.order_documents if d.role == Role.SALE.value)
        return Skip("created_sale_gone", {"order": row.order_number, "document": words_of(sale), "txn_id": sale.txn_id})
    document.state = "failed"
    facts = {
        "document": words_of(document),
        "message": status.explanation,
        "ref_number": memo_number(row),
        "account": document.account,
    }
    if document.is_of_order or Role(document.role) in CHANGES | {Role.MEMO, Role.PAYMENT}:
        return Skip("refused_by_quickbooks", facts)
    document.state = "review"
    if document.alone:
        learn(taking.company, "check_from_undeposited_funds", Known.NO)
        _hold_back_checks(taking, document)
        return Skip("payout_account_refused", facts)
    return Skip("payout_link_refused", facts)


def _hold_back_checks(taking: Taking, refused: Document) -> None:
    """Further checks from an account that QuickBooks refused wait for a person before their memo is entered."""
    waiting = taking.database.scalars(
        select(Document)
        .join(Refund)
        .where(
            Refund.connection_id == taking.connection.id,
            Document.alone,
            Document.state == "planned",
            Document.refund_id != refused.refund_id,
        )
        .options(selectinload(Document.refund))
    ).all()
    for document in waiting:
        skip = Skip("payout_account_refused", {"account": document.account})
        stop(document.refund, skip, taking.now)


def _retry_document(taking: Taking, document: Document, status: Status) -> Skip | None:
    row = document.refund
    document.attempts += 1
    skip = put_off(row, document.attempts, words_of(document), status.explanation, taking.now)
    if skip is not None and document.uses_memo and _memo_stands(row):
        document.state = "review"  # half of the refund is in the books: a person is asked, and settings help
        skip = Skip("payout_kept_failing", {**skip.facts, "ref_number": memo_number(row)})
    elif skip is not None:
        document.state = "failed"
    elif Role(document.role) in CHANGES:
        row.stage = "find"  # the sale has to be read anew
    return skip


def _memo_stands(row: Refund) -> bool:
    return any(d.role == Role.MEMO.value and d.state == "posted" for d in row.documents)


def back_to_planned(requests: Iterable[SetRequest]) -> None:
    for request in requests:
        if request.document.state == "sent":
            request.document.state = "planned"


def refused_alone(taking: Taking, sent: MessageSet, row: Refund, kind: Kind) -> None:
    """The culprit of a refused set stands alone: without its macros it may go in; else it is failed."""
    with_macros = [request.document for request in sent.requests if request.used_macro]
    if with_macros:
        for document in with_macros:
            document.by_txn_id = True
        row.batch_limit = 1
        return
    what = words_of(sent.requests[0].document) if kind is Kind.POST and sent.requests else "look-up of the order"
    for request in sent.requests:
        request.document.state = "failed"
    if _memo_stands(row):
        facts = {"ref_number": memo_number(row), "message": "it could not read the request"}
        stop(row, Skip("payout_link_refused", facts), taking.now)
        return
    facts = {"document": what, "advice": "Report this with the session's log."}
    stop(row, Skip("request_unreadable", facts), taking.now)
