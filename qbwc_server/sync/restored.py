"""Books that went back to a backup, or another company file: noticed from our newest postings, before anything is
written.

A session's first questions ask for the newest TxnIDs that were posted. Where one is gone, the search for the extent
asks for our postings from the newest backwards, a stretch at a time, beside what was deleted, until a stretch is whole.
What somebody deleted goes to a person by itself; what nobody deleted stops the connection until the right file is open
again or a person has decided (store/restored.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from qbwc_server.refunds.naming import CHANGES
from qbwc_server.store.planned import number_of, words_of
from qbwc_server.store.refunds import note
from qbwc_server.store.restored import LOOKING, STOPPED, missing_documents
from qbwc_server.store.tables import Document, MessageSet, Refund
from qbwc_server.sync.comparing import Fate, fate_of
from qbwc_server.sync.postings import deleted_in, documents_of, mark_undone, posted_of, seen_in
from qbwc_server.sync.questions import DELETED, POSTED_PREFIX
from qbwc_server.sync.taking import Taking, failed_question, stop_writing
from qbxml import Answer, Outcome, Response

NEWEST = 20  # documents that are asked for in the first questions of a session
STRETCH = 200  # documents a message set of the search for the extent
UNREADABLE = "postings_unreadable"


def check_newest(taking: Taking, sent: MessageSet, answer: Answer) -> None:
    """Whether our newest postings are in the company file that is open."""
    documents = documents_of(taking.database, sent.context.get("posted", ()))
    by_id = answer.by_request_id
    if not documents or _could_not_be_read(taking, by_id):
        return
    seen = seen_in(by_id[name] for name in by_id if name.startswith(POSTED_PREFIX))
    fates = {document.id: fate_of(posted_of(document), seen, ()) for document in documents}
    is_missing = Fate.MISSING in fates.values()
    for document in documents:
        if fates[document.id] is Fate.VOIDED:
            mark_undone(document, "voided", taking.now)
    company = taking.company
    if company.restored is None and is_missing:
        company.restored = {"state": LOOKING, "before": None, "checked": 0}
    elif company.restored is not None and not is_missing:
        _all_is_there_again(taking)
    elif company.restored is not None and company.restored["state"] == STOPPED:
        stop_writing(company, "books_restored", company.restored["message"])


def take_extent(taking: Taking, sent: MessageSet, answer: Answer) -> None:
    """One more stretch of our postings, from the newest backwards."""
    company = taking.company
    if company.restored is None or company.restored["state"] != LOOKING:
        return
    by_id = answer.by_request_id
    deleted = by_id.get(DELETED)
    if _could_not_be_read(taking, by_id):
        return
    documents = documents_of(taking.database, sent.context["posted"])
    seen = seen_in(by_id[name] for name in by_id if name.startswith(POSTED_PREFIX))
    gone = deleted_in(deleted)
    is_whole = True
    for document in documents:
        if document.state != "posted":
            continue
        fate = fate_of(posted_of(document), seen, gone)
        if fate is Fate.MISSING:
            is_whole = False
            _mark_missing(taking, document)
        elif fate in (Fate.DELETED, Fate.VOIDED):
            mark_undone(document, fate.value, taking.now)
        else:
            document.fate = ""
    checked = company.restored["checked"] + len(documents)
    if is_whole or sent.context["is_last"]:
        _extent_is_known(taking, checked)
    else:
        company.restored = {"state": LOOKING, "before": sent.context["before"], "checked": checked}


def before_of(restored: Mapping[str, Any]) -> tuple[datetime, int] | None:
    """Where the search for the extent goes on, as postings.newest takes it."""
    if restored["before"] is None:
        return None
    moment, document_id = restored["before"]
    return datetime.fromisoformat(moment), document_id


def place_of(documents: Sequence[Document]) -> list[Any] | None:
    """Where a search goes on after these documents, as it is kept."""
    if not documents or documents[-1].posted_at is None:
        return None
    return [documents[-1].posted_at.isoformat(), documents[-1].id]


def _could_not_be_read(taking: Taking, by_id: Mapping[str, Response]) -> bool:
    """Stops writing where QuickBooks refused the question; a refusal is never taken for "not there".

    Where it will never tell what was deleted, a person judges without.
    """
    asked = {name: by_id[name] for name in by_id if name.startswith(POSTED_PREFIX)}
    deleted = by_id.get(DELETED)
    if deleted is not None and deleted.status.outcome is not Outcome.FIX_DATA:
        asked[DELETED] = deleted
    failed = failed_question(asked)
    if failed is None:
        return False
    stop_writing(
        taking.company,
        UNREADABLE,
        f"QuickBooks did not show what Connex entered before: {failed.explanation} Nothing is entered before it does.",
    )
    return True


def _mark_missing(taking: Taking, document: Document) -> None:
    if document.fate == "missing":
        return
    document.fate = "missing"
    words = f"{words_of(document)} {number_of(document)}"
    note(
        document.refund,
        taking.now,
        f"The {words} (TxnID {document.txn_id}) is not in the company file that is open, and nobody deleted it.",
    )


def _extent_is_known(taking: Taking, checked: int) -> None:
    company = taking.company
    taking.database.flush()
    missing = missing_documents(taking.connection.id)
    count, oldest = taking.database.execute(
        select(func.count(), func.min(Document.posted_at)).where(Document.id.in_(missing))
    ).one()
    if oldest is None:
        company.restored = None
        return
    _mark_what_leaves_no_transaction(taking, oldest)
    refunds = taking.database.scalar(
        select(func.count(func.distinct(Document.refund_id))).where(Document.id.in_(missing))
    )
    message = _stop_message(taking, count, refunds or 0, oldest)
    company.restored = {"state": STOPPED, "message": message, "checked": checked, "at": taking.now.isoformat()}
    stop_writing(company, "books_restored", message)


def _mark_what_leaves_no_transaction(taking: Taking, oldest: datetime) -> None:
    """The closing of a sales order, the voiding of an invoice and a credit that was set are gone with what was posted
    at the same time or before them; where a person lets them be planned again, they are looked for first."""
    documents = taking.database.scalars(
        select(Document)
        .join(Refund)
        .where(
            Refund.connection_id == taking.connection.id,
            Document.state == "posted",
            Document.fate == "",
            Document.posted_at >= oldest,
            Document.role.in_([role.value for role in CHANGES]) | (Document.txn_id == ""),
        )
    )
    for document in documents:
        document.fate = "missing"


def _stop_message(taking: Taking, count: int, refunds: int, oldest: datetime) -> str:
    path = taking.session.company_path
    name = taking.connection.name
    return (
        f"{count} of the transactions that Connex entered, of {refunds} refunds, are not in the company file that is "
        f"open{f' ({path})' if path else ''}, and nobody deleted them; the oldest was entered on "
        f"{oldest:%Y-%m-%d %H:%M} UTC. Either a backup of the books was restored, or another file is open. "
        "If it is the wrong file, open the right one: work goes on by itself. If these are your books from now on, "
        f"decide with: connex connection resume {name} --restored plan-again (they are entered again) or "
        "--restored leave (they are left out)."
    )


def _all_is_there_again(taking: Taking) -> None:
    """The right file is open again."""
    for document in taking.database.scalars(
        select(Document).where(Document.id.in_(missing_documents(taking.connection.id)))
    ):
        document.fate = ""
        note(document.refund, taking.now, f"The {words_of(document)} {number_of(document)} is there again.")
    taking.company.restored = None
