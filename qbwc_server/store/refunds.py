"""Refunds in the store: taken in from a source, chosen for the next batch, and what others took of the same sale."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, or_, select, tuple_
from sqlalchemy.orm import Session as DatabaseSession
from sqlalchemy.orm import selectinload

from qbwc_server.refunds import naming
from qbwc_server.refunds.codec import decode, encode
from qbwc_server.refunds.model import ZERO
from qbwc_server.refunds.model import Refund as RefundData
from qbwc_server.refunds.reasons import Notice, Skip, Status
from qbwc_server.refunds.sale import Taken
from qbwc_server.store.connections import NEVER_TAKEN_UP
from qbwc_server.store.tables import Connection, Document, Event, Refund, SetRequest

IMPORT_CHUNK = 400  # refunds looked up at a time


@dataclass(frozen=True)
class Imported:
    """What became of refunds that were brought in."""

    added: int = 0
    unchanged: int = 0
    changed: int = 0  # not yet entered, so the new form was taken
    changed_too_late: int = 0  # entered already; noted on the refund


def take_in(session: DatabaseSession, connection: Connection, refunds: Sequence[RefundData], now: datetime) -> Imported:
    """Brings refunds into the store. The same refund again changes nothing.

    No Web Connector is served for this connection until the transaction ends: what is taken here must not leave
    meanwhile.
    """
    session.execute(select(Connection.id).where(Connection.id == connection.id).with_for_update())
    counts = {"added": 0, "unchanged": 0, "changed": 0, "changed_too_late": 0}
    for start in range(0, len(refunds), IMPORT_CHUNK):
        chunk = refunds[start : start + IMPORT_CHUNK]
        known = _known(session, connection, chunk)
        for data in chunk:
            key = (data.source, data.shop, data.external_id)
            row = known.get(key)
            if row is None:
                row = _new_row(connection, data, now)
                session.add(row)
                known[key] = row
                note(row, now, f"Received from {data.source}.")
                counts["added"] += 1
            elif data_of(row) == data:  # what was kept by an earlier release may lack a field
                counts["unchanged"] += 1
            else:
                counts[_take_change(session, row, data, now)] += 1
        session.flush()
    return Imported(**counts)


def data_of(row: Refund) -> RefundData:
    """The refund as the source told it."""
    return decode(RefundData, row.payload)


def note(row: Refund, now: datetime, text: str, message_set_id: int | None = None) -> None:
    """Adds to a refund's story."""
    row.events.add(Event(at=now, text=text, message_set_id=message_set_id))


def stop(row: Refund, skip: Skip, now: datetime) -> None:
    """Ends a refund with a reason: skipped, failed, or waiting for a person."""
    row.status = skip.status.value
    row.stage = "done"
    row.reason = {"code": skip.reason, "message": skip.message}
    row.findings = None
    row.batch_limit = None
    row.updated_at = now
    note(row, now, skip.message)


def add_notice(row: Refund, notice: Notice) -> None:
    """Adds a notice once."""
    entry = {"code": notice.code, "message": notice.message}
    if entry not in row.notices:
        row.notices = [*row.notices, entry]


def start_over(session: DatabaseSession, row: Refund, now: datetime) -> None:
    """A refund goes its way again from the beginning, with what the shop tells of it now."""
    if row.changed_payload is not None and not _anything_left(session, row):
        _take_content(row, decode(RefundData, row.changed_payload))
        row.changed_payload = None
    row.status, row.stage, row.reason, row.findings = Status.WAITING.value, "find", None, None
    row.candidates = None
    row.not_before, row.attempts, row.batch_limit, row.updated_at = None, 0, None, now


def forget_shares(row: Refund) -> None:
    """It takes nothing out of its sale any more."""
    row.shares, row.total, row.tax, row.applied, row.notices = None, None, None, None, []


def ready(session: DatabaseSession, connection_id: int, stage: str, now: datetime, limit: int) -> list[Refund]:
    """The refunds that are next at a stage, the oldest first; those of a halved batch come before all others."""
    rows = session.scalars(
        select(Refund)
        .where(*_ready_where(connection_id, (stage,), now))
        .options(selectinload(Refund.documents))
        .order_by(Refund.batch_limit.is_(None), Refund.batch_limit, Refund.id)
        .limit(limit)
    ).all()
    if rows and rows[0].batch_limit is not None:
        same = [row for row in rows if row.batch_limit == rows[0].batch_limit]
        return same[: rows[0].batch_limit]
    return list(rows)


def count_ready(session: DatabaseSession, connection_id: int, now: datetime) -> dict[str, int]:
    """How many refunds could go on now, by stage."""
    rows = session.execute(
        select(Refund.stage, func.count())
        .where(*_ready_where(connection_id, ("find", "follow", "post"), now))
        .group_by(Refund.stage)
    )
    return {stage: count for stage, count in rows}  # noqa: C416  a Row is not a pair to mypy


def taken_by_others(session: DatabaseSession, row: Refund, sale_txn_id: str) -> Taken:
    """What other refunds took, or are about to take, out of the same sale."""
    counted = (Status.POSTING.value, Status.POSTED.value, Status.REVIEW.value, Status.SKIPPED.value)
    on_its_way = Refund.status.in_(counted)  # one that is skipped has a total only where somebody saw to it by hand
    in_the_books = Refund.documents.any(Document.state == "posted")  # though what followed it failed
    others = session.scalars(
        select(Refund).where(
            Refund.connection_id == row.connection_id,
            Refund.sale_txn_id == sale_txn_id,
            Refund.id != row.id,
            Refund.total.is_not(None),
            or_(on_its_way, in_the_books),
        )
    ).all()
    quantities: dict[str, Decimal] = {}
    amounts: dict[str, Decimal] = {}
    for other in others:
        for share in other.shares or ():
            line = share["txn_line_id"]
            quantities[line] = quantities.get(line, ZERO) + Decimal(share["quantity"])
            amounts[line] = amounts.get(line, ZERO) + Decimal(share["amount"])
    planned = session.scalars(
        select(Document.amount)
        .join(Refund)
        .where(
            Refund.connection_id == row.connection_id,
            Refund.sale_txn_id == sale_txn_id,
            Refund.id != row.id,
            Refund.status.in_((Status.POSTING.value, Status.REVIEW.value)),
            Document.role == naming.Role.APPLICATION.value,
            Document.state.in_(("planned", "sent")),
        )
    )
    return Taken(
        total=sum((other.total or ZERO for other in others), ZERO),
        tax=sum((other.tax or ZERO for other in others), ZERO),
        quantities=quantities,
        amounts=amounts,
        applied=sum(planned, ZERO),
    )


def _ready_where(connection_id: int, stages: Iterable[str], now: datetime) -> tuple[Any, ...]:
    return (
        Refund.connection_id == connection_id,
        Refund.stage.in_(tuple(stages)),
        Refund.status.in_((Status.WAITING.value, Status.POSTING.value)),
        or_(Refund.not_before.is_(None), Refund.not_before <= now),
    )


def _known(
    session: DatabaseSession, connection: Connection, chunk: Sequence[RefundData]
) -> dict[tuple[str, str, str], Refund]:
    keys = [(data.source, data.shop, data.external_id) for data in chunk]
    rows = session.scalars(
        select(Refund)
        .where(
            Refund.connection_id == connection.id,
            tuple_(Refund.source, Refund.shop, Refund.external_id).in_(keys),
        )
        .options(selectinload(Refund.documents))
    )
    return {(row.source, row.shop, row.external_id): row for row in rows}


def _new_row(connection: Connection, data: RefundData, now: datetime) -> Refund:
    return Refund(
        connection_id=connection.id,
        source=data.source,
        shop=data.shop,
        external_id=data.external_id,
        order_number=naming.order_ref_number(data.order.number),
        created_at=data.created_at,
        amount=data.value,
        money_back=data.money_back,
        currency=data.currency,
        payload=encode(data),
        imported_at=now,
        updated_at=now,
        status=Status.WAITING.value,
        stage="find",
        notices=[],
        attempts=0,
        documents=[],
    )


def _take_change(session: DatabaseSession, row: Refund, data: RefundData, now: datetime) -> str:
    """A refund that the shop changed: taken while nothing of it has left, else only noted."""
    for_good = (row.reason or {}).get("code") in NEVER_TAKEN_UP
    if row.status == Status.POSTED.value or for_good or _anything_left(session, row):
        note(row, now, "The shop changed this refund after it was taken up; compare it with QuickBooks by hand.")
        return "changed_too_late"
    for document in list(row.documents):
        row.documents.remove(document)
        session.delete(document)
    forget_shares(row)
    _take_content(row, data)
    start_over(session, row, now)
    note(row, now, f"Changed by {data.source}; taken up anew.")
    return "changed"


def _take_content(row: Refund, data: RefundData) -> None:
    row.payload = encode(data)
    row.order_number = naming.order_ref_number(data.order.number)
    row.created_at, row.amount, row.money_back, row.currency = (
        data.created_at,
        data.value,
        data.money_back,
        data.currency,
    )


def _anything_left(session: DatabaseSession, row: Refund) -> bool:
    """Whether any of its documents was sent, or stands in QuickBooks."""
    if any(document.state != "planned" or document.txn_id for document in row.documents):
        return True
    ids = [document.id for document in row.documents]
    sent = session.scalar(select(SetRequest.id).where(SetRequest.document_id.in_(ids)).limit(1)) if ids else None
    return sent is not None
