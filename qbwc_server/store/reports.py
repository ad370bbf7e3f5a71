"""What people ask of the store: refunds as a list, one refund's whole story, sessions and counts. Nothing here writes.

Every answer is bounded, since a connection lives for years: lists come in pages, stored messages are cut for showing.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session as DatabaseSession
from sqlalchemy.orm import selectinload

from qbwc_server.refunds.naming import Role
from qbwc_server.refunds.reasons import Status
from qbwc_server.store.decisions import allowed
from qbwc_server.store.planned import notices_when_entered, planned_rows, row_as_dict
from qbwc_server.store.refund_list import loaded
from qbwc_server.store.refunds import CHOSEN_SALE
from qbwc_server.store.tables import Document, Event, MessageSet, Refund, Session, SetRequest
from qbxml.plain import pretty

DEFAULT_PAGE_SIZE = 50  # sessions
MAX_PAGE_SIZE = 200  # refunds
MAX_SESSIONS = 200
MAX_STORY_EVENTS = 500  # the newest ones
MAX_STORY_SETS = 20  # the newest ones
MAX_SESSION_SETS = 25  # message sets on one page of a session
MAX_UNPACKED_BYTES = 2 * 1024 * 1024  # of one stored message
MAX_SHOWN_CHARACTERS = 100_000  # of one stored message

STATUSES = tuple(status.value for status in Status)
NEEDS_A_PERSON = (Status.REVIEW.value, Status.FAILED.value)


class ReportError(ValueError):
    """A question that can't be answered; says which part of it is wrong and what is allowed."""


@dataclass(frozen=True)
class StoredText:
    """A stored message made readable."""

    text: str
    is_cut: bool  # there is more of it than is shown


@dataclass(frozen=True)
class Exchange:
    """One message set that had to do with a refund, with QuickBooks' answer where there is one."""

    message_set: MessageSet
    request: StoredText
    response: StoredText | None


@dataclass(frozen=True)
class RefundStory:
    """All that is on record about one refund, each part in the order in which it happened."""

    refund: Refund
    documents: tuple[Document, ...]
    events: tuple[Event, ...]
    events_left_out: int  # earlier ones
    exchanges: tuple[Exchange, ...]
    exchanges_left_out: int  # earlier ones


def refund_as_dict(refund: Refund) -> dict[str, Any]:
    """The refund as `connex refunds --json` prints it; amounts are texts with two decimals."""
    latest = _latest_posted(refund.documents)
    memo = next((document for document in latest if document.role == Role.MEMO.value), None)
    payouts = [_payout_as_dict(document) for document in latest if document.role == Role.PAYOUT.value]
    return {
        "id": refund.id,
        "source": refund.source,
        "order_number": refund.order_number,
        "external_id": refund.external_id,
        "created_at": refund.created_at.isoformat(),
        "amount": _money(refund.amount),
        "currency": refund.currency,
        "status": refund.status,
        "reason": _code_and_message(refund.reason) if refund.reason else None,
        "sale": _sale_as_dict(refund),
        "credit_memo": _memo_as_dict(memo) if memo else None,
        "payout": payouts[0] if payouts else None,
        "payouts": payouts,
        "notices": [_code_and_message(notice) for notice in refund.notices],
    }


def planned_documents(refund: Refund) -> list[Document]:
    """What would be entered next, for whoever is to approve it from a list."""
    return [document for document in refund.next_documents if document.state == "planned"]


def review_as_dict(refund: Refund) -> dict[str, Any]:
    """A refund that waits for a person as `connex review --json` prints it: what became of it so far, what would be
    entered line by line, the codes of the notices that will hold only when it is entered, what it may be already or
    which sales it may be of, the sale that a person chose, and what can be decided."""
    return {
        **refund_as_dict(refund),
        "version": refund.version,
        "acts": [act.value for act in allowed(refund)],
        "plan": [row_as_dict(row) for row in planned_rows(refund.documents)],
        "notices_when_entered": [notice["code"] for notice in notices_when_entered(refund)],
        "candidates": list(refund.candidates or ()),
        "chosen_sale": refund.decided.get(CHOSEN_SALE),
        "decision_note": refund.decision_note,
    }


def waiting_for_people(session: DatabaseSession, connection_id: int) -> Iterator[Refund]:
    """The refunds that nothing but a person brings on, the oldest first, with their documents."""
    after = 0
    while True:
        query = (
            select(Refund)
            .where(Refund.connection_id == connection_id, Refund.status.in_(NEEDS_A_PERSON), Refund.id > after)
            .order_by(Refund.id)
            .limit(MAX_PAGE_SIZE)
            .options(selectinload(Refund.documents))
        )
        found = session.scalars(query).all()
        if not found:
            return
        yield from found
        after = found[-1].id


def every_refund(session: DatabaseSession, connection_id: int, *, status: str | None = None) -> Iterator[Refund]:
    """All refunds of a connection in the order in which they came in, read a page at a time so that memory stays small.

    Raises ReportError for a status that there is not.
    """
    matching = select(Refund.id).where(Refund.connection_id == connection_id)
    if status is not None:
        if status not in STATUSES:
            raise ReportError(f"there is no status {status!r}; there are {', '.join(STATUSES)}")
        matching = matching.where(Refund.status == status)
    after = 0
    while True:
        ids = matching.where(Refund.id > after).order_by(Refund.id).limit(MAX_PAGE_SIZE)
        found = list(session.scalars(ids))
        if not found:
            return
        yield from loaded(session, found)
        after = found[-1]


def count_by_status(session: DatabaseSession, connection_id: int | None = None) -> dict[str, int]:
    """How many refunds stand at each status, of one connection or of all; every status is named."""
    query = select(Refund.status, func.count()).group_by(Refund.status)
    if connection_id is not None:
        query = query.where(Refund.connection_id == connection_id)
    counts = dict.fromkeys(STATUSES, 0)
    for status, count in session.execute(query):
        counts[status] = count
    return counts


def refund_story(session: DatabaseSession, refund_id: int) -> RefundStory | None:
    """All that is on record about a refund; None where there is no such refund."""
    refund = session.get(Refund, refund_id)
    if refund is None:
        return None
    event_count = session.scalar(select(func.count()).where(Event.refund_id == refund_id)) or 0
    newest_events = select(Event).where(Event.refund_id == refund_id).order_by(Event.id.desc()).limit(MAX_STORY_EVENTS)
    events = tuple(reversed(session.scalars(newest_events).all()))
    set_ids = story_set_ids(session, refund_id)
    shown = set_ids[-MAX_STORY_SETS:]
    sets = session.scalars(select(MessageSet).where(MessageSet.id.in_(shown)).order_by(MessageSet.id))
    return RefundStory(
        refund=refund,
        documents=tuple(refund.every_document),
        events=events,
        events_left_out=event_count - len(events),
        exchanges=tuple(_exchange(message_set) for message_set in sets),
        exchanges_left_out=len(set_ids) - len(shown),
    )


def story_set_ids(session: DatabaseSession, refund_id: int) -> list[int]:
    """Sets that carried a document of the refund, or that its events name, in the order in which they were made."""
    carried = (
        select(SetRequest.message_set_id)
        .join(Document, Document.id == SetRequest.document_id)
        .where(Document.refund_id == refund_id)
    )
    named = select(Event.message_set_id).where(Event.refund_id == refund_id, Event.message_set_id.is_not(None))
    return sorted({set_id for set_id in session.scalars(carried.union(named)) if set_id is not None})


def recent_sessions(session: DatabaseSession, connection_id: int, *, limit: int = DEFAULT_PAGE_SIZE) -> list[Session]:
    """The latest Web Connector sessions of a connection, the newest first; at most MAX_SESSIONS."""
    if not 1 <= limit <= MAX_SESSIONS:
        raise ReportError(f"{limit} sessions is not between 1 and {MAX_SESSIONS}")
    query = select(Session).where(Session.connection_id == connection_id).order_by(Session.id.desc()).limit(limit)
    return list(session.scalars(query))


@dataclass(frozen=True)
class SessionLog:
    """What was said in one session: the newest sets of it, or those before one, in the order in which they left."""

    session: Session
    exchanges: tuple[Exchange, ...]
    earlier: int | None  # the id before which the earlier ones end; None where these are the first


def session_log(
    session: DatabaseSession, connection_id: int, session_id: int, *, before: int | None = None
) -> SessionLog | None:
    """A session of a connection with its message sets, MAX_SESSION_SETS at a time; None where there is none."""
    run = session.get(Session, session_id)
    if run is None or run.connection_id != connection_id:
        return None
    query = select(MessageSet).where(MessageSet.session_id == session_id)
    if before is not None:
        query = query.where(MessageSet.id < before)
    sets = list(session.scalars(query.order_by(MessageSet.id.desc()).limit(MAX_SESSION_SETS + 1)))
    shown = sets[:MAX_SESSION_SETS]
    earlier = shown[-1].id if len(sets) > MAX_SESSION_SETS else None
    return SessionLog(run, tuple(_exchange(each) for each in reversed(shown)), earlier)


def last_failed_session(session: DatabaseSession, connection_id: int) -> Session | None:
    """The newest session that ended with an error."""
    failed = (Session.connection_id == connection_id, Session.last_error != "")
    return session.scalar(select(Session).where(*failed).order_by(Session.id.desc()).limit(1))


def last_failed_set(session: DatabaseSession, connection_id: int) -> MessageSet | None:
    """The newest message set for which the Web Connector reported a failure of QuickBooks."""
    failed = (MessageSet.connection_id == connection_id, MessageSet.hresult != "")
    return session.scalar(select(MessageSet).where(*failed).order_by(MessageSet.id.desc()).limit(1))


def count_posted(session: DatabaseSession, connection_id: int) -> int:
    """How many transactions of ours stand in the company file, as far as is known."""
    query = select(func.count()).select_from(Document).join(Refund, Document.refund_id == Refund.id)
    return session.scalar(query.where(Refund.connection_id == connection_id, Document.state == "posted")) or 0


@dataclass(frozen=True)
class SessionCounts:
    """Web Connector sessions on record."""

    total: int
    open: int
    newest_started_at: datetime | None


def count_sessions(session: DatabaseSession) -> SessionCounts:
    """How many sessions there were over all connections, and how many of them have not ended."""
    total, newest = session.execute(select(func.count(Session.id), func.max(Session.started_at))).one()
    still_open = session.scalar(select(func.count(Session.id)).where(Session.ended_at.is_(None))) or 0
    return SessionCounts(total, still_open, newest)


def _latest_posted(documents: Sequence[Document]) -> list[Document]:
    """The documents that stand in QuickBooks: posted, and not those of a generation that a person has undone."""
    latest: dict[tuple[str, int], Document] = {}
    for document in sorted(documents, key=lambda item: (item.generation, item.id)):
        latest[document.role, document.part] = document
    return sorted(
        (item for item in latest.values() if item.txn_id and item.state != "undone"),
        key=lambda item: (item.role, item.part),
    )


def _sale_as_dict(refund: Refund) -> dict[str, str] | None:
    if not refund.sale_type:
        return None
    return {"type": refund.sale_type, "txn_id": refund.sale_txn_id, "ref_number": refund.sale_ref_number}


def _memo_as_dict(document: Document) -> dict[str, str]:
    return {"txn_id": document.txn_id, "ref_number": document.ref_number, "amount": _posted(document)}


def _payout_as_dict(document: Document) -> dict[str, str]:
    return {
        "type": document.request_type.removesuffix("Add"),
        "txn_id": document.txn_id,
        "ref_number": document.ref_number,
        "amount": _posted(document),
        "account": document.account,
    }


def _posted(document: Document) -> str:
    return _money(document.amount if document.posted_amount is None else document.posted_amount)


def _money(amount: Decimal) -> str:
    return f"{amount:.2f}"


def _code_and_message(entry: dict[str, Any]) -> dict[str, str]:
    return {"code": entry["code"], "message": entry["message"]}


def _exchange(message_set: MessageSet) -> Exchange:
    response = None if message_set.response is None else _readable(message_set.response)
    return Exchange(message_set, _readable(message_set.request), response)


def _readable(compressed: bytes) -> StoredText:
    unpacker = zlib.decompressobj()
    try:
        raw = unpacker.decompress(compressed, MAX_UNPACKED_BYTES)
    except zlib.error as error:
        return StoredText(f"The stored message is damaged and can't be shown: {error}", is_cut=True)
    text = pretty(raw)
    return StoredText(text[:MAX_SHOWN_CHARACTERS], is_cut=not unpacker.eof or len(text) > MAX_SHOWN_CHARACTERS)
