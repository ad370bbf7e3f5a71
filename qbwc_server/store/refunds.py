"""Refunds in the store: taken in from a source, chosen for the next batch, and what others took of the same sale."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import and_, bindparam, delete, func, or_, select, tuple_, update
from sqlalchemy.orm import Session as DatabaseSession
from sqlalchemy.orm import selectinload

from qbwc_server.refunds import naming
from qbwc_server.refunds.again import look_again_at
from qbwc_server.refunds.chosen import ChosenSale
from qbwc_server.refunds.codec import decode, encode
from qbwc_server.refunds.fingerprint import fingerprint, is_withdrawn
from qbwc_server.refunds.model import ZERO, OrderTold
from qbwc_server.refunds.model import Refund as RefundData
from qbwc_server.refunds.reasons import Notice, Skip, Status
from qbwc_server.refunds.sale import Taken
from qbwc_server.refunds.settings import Settings
from qbwc_server.store.connections import NEVER_TAKEN_UP
from qbwc_server.store.holding import hold
from qbwc_server.store.tables import Connection, Document, Event, Refund, SetRequest, WaitingRefund

_OF_THE_SHOP = frozenset({"changed_in_shop", "withdrawn_in_shop", "withdrawn"})  # reasons that end with their cause
_UNTOLD = (None, "", ())  # of what an order can tell
CHOSEN_SALE = "sale"  # in Refund.decided
STAGES = ("find", "follow", "prepare", "enlist", "post", "undo")  # at which a refund waits for a session
IMPORT_CHUNK = 400  # refunds looked up at a time


@dataclass(frozen=True)
class Imported:
    """What became of refunds that were brought in."""

    added: int = 0
    unchanged: int = 0
    changed: int = 0  # not yet entered, so the new form was taken
    changed_too_late: int = 0  # entered already, so a person is asked


def take_in(
    session: DatabaseSession,
    connection: Connection,
    refunds: Sequence[RefundData],
    now: datetime,
    keep_known: Collection[tuple[str, str, str]] = (),
    told: Sequence[OrderTold] = (),
) -> Imported:
    """Brings refunds into the store. The same refund again changes nothing; those of `keep_known` (source, shop, id)
    stay as they are where they are there. What waited for them as a part waits no longer. Refunds that an order of
    `told` has no more were taken back by the shop.

    No Web Connector is served for this connection until the transaction ends: what is taken here must not leave
    meanwhile.
    """
    hold(session, connection.id)
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
            elif key in keep_known or _same(row, data):
                counts["unchanged"] += 1
                if key not in keep_known:
                    _take_what_is_told_of_the_order(row, data, now)
            else:
                counts[_take_change(session, row, data, now)] += 1
        session.flush()
        _forget_waiting(session, connection, chunk)
    for start in range(0, len(told), IMPORT_CHUNK):
        for row in _gone(session, connection, told[start : start + IMPORT_CHUNK]):
            _take_withdrawal(session, row, now)
            counts["changed" if row.reason and row.reason["code"] == "withdrawn" else "changed_too_late"] += 1
        session.flush()
    return Imported(**counts)


def _gone(session: DatabaseSession, connection: Connection, told: Sequence[OrderTold]) -> list[Refund]:
    """The refunds of some orders that are older than what is told of the order, and not in it."""
    orders = {(order.source, order.shop, order.order_id): order for order in told}
    rows = session.scalars(
        select(Refund)
        .where(
            Refund.connection_id == connection.id,
            Refund.order_number.in_([naming.order_ref_number(order.number) for order in told]),
            Refund.withdrawn_at.is_(None),
        )
        .options(selectinload(Refund.documents))
    )
    gone = []
    for row in rows:
        order = orders.get((row.source, row.shop, data_of(row).order.order_id))
        if order is not None and row.external_id not in order.refunds and row.created_at < order.as_of:
            gone.append(row)
    return gone


def data_of(row: Refund) -> RefundData:
    """The refund as the source told it."""
    return decode(RefundData, row.payload)


def chosen_sale_of(row: Refund) -> ChosenSale | None:
    """The sale that a person said the refund is of; None where nobody did."""
    chosen = (row.decided or {}).get(CHOSEN_SALE)
    return decode(ChosenSale, chosen) if chosen is not None else None


def note(row: Refund, now: datetime, text: str, message_set_id: int | None = None) -> None:
    """Adds to a refund's story."""
    row.events.add(Event(at=now, text=text, message_set_id=message_set_id))


def stop(row: Refund, skip: Skip, now: datetime) -> None:
    """Ends a refund with a reason: skipped, failed, or waiting for a person."""
    said_before = row.reason is not None and row.reason["message"] == skip.message  # by a look that found nothing new
    row.status = skip.status.value
    row.stage = "done"
    row.reason = {"code": skip.reason, "message": skip.message}
    row.findings = None
    row.batch_limit = None
    row.updated_at = now
    if not said_before:
        note(row, now, skip.message)
    row.not_before = None


def look_again_later(row: Refund, settings: Settings, now: datetime) -> None:
    """A refund that has just stopped for something that may come by itself is taken up again after a while."""
    at = look_again_at((row.reason or {}).get("code", ""), row.imported_at, now, settings)
    if at is not None:
        row.stage, row.not_before = "again", at


def wake(session: DatabaseSession, connection_id: int, now: datetime) -> None:
    """Takes up what is to be looked at again by now; its reason stays until there is another."""
    session.execute(
        update(Refund)
        .where(*_due_where(connection_id, now))
        .values(version=Refund.version + 1, status=Status.WAITING.value, stage="find", not_before=None, attempts=0)
    )


def count_due(session: DatabaseSession, connection_id: int, now: datetime) -> int:
    """How many refunds are to be looked at again by now."""
    return session.scalar(select(func.count()).select_from(Refund).where(*_due_where(connection_id, now))) or 0


def add_notice(row: Refund, notice: Notice) -> None:
    """Adds a notice once."""
    entry = {"code": notice.code, "message": notice.message}
    if entry not in row.notices:
        row.notices = [*row.notices, entry]


def start_over(row: Refund, now: datetime) -> None:
    """A refund goes its way again from the beginning, with what the shop tells of it now."""
    if row.changed_payload is not None and may_be_replaced(row):
        take_content(row, decode(RefundData, row.changed_payload))
        row.changed_payload = None
    row.status, row.stage, row.reason, row.findings = Status.WAITING.value, "find", None, None
    row.candidates = None
    row.not_before, row.attempts, row.batch_limit, row.updated_at = None, 0, None, now


def forget_shares(row: Refund) -> None:
    """It takes nothing out of its sale any more."""
    row.shares, row.total, row.tax, row.applied, row.notices = None, None, None, None, []


_READY = (
    Refund.connection_id == bindparam("connection"),
    Refund.status.in_((Status.WAITING.value, Status.POSTING.value)),
    or_(Refund.not_before.is_(None), Refund.not_before <= bindparam("now", type_=Refund.not_before.type)),
)
_COUNT_READY = (  # asked for at every call, so it is put together once
    select(Refund.stage, func.count()).where(Refund.stage.in_(STAGES), *_READY).group_by(Refund.stage)
)


def ready(session: DatabaseSession, connection_id: int, stage: str, now: datetime, limit: int) -> list[Refund]:
    """The refunds that are next at a stage, the oldest first; those of a halved batch come before all others."""
    rows = session.scalars(
        select(Refund)
        .where(Refund.stage == stage, *_READY)
        .options(selectinload(Refund.documents))
        .order_by(Refund.batch_limit.is_(None), Refund.batch_limit, Refund.id)
        .limit(limit),
        {"connection": connection_id, "now": now},
    ).all()
    if rows and rows[0].batch_limit is not None:
        same = [row for row in rows if row.batch_limit == rows[0].batch_limit]
        return same[: rows[0].batch_limit]
    return list(rows)


def count_ready(session: DatabaseSession, connection_id: int, now: datetime) -> dict[str, int]:
    """How many refunds could go on now, by stage."""
    rows = session.execute(_COUNT_READY, {"connection": connection_id, "now": now})
    return {stage: count for stage, count in rows}  # noqa: C416  a Row is not a pair to mypy


def taken_by_others(session: DatabaseSession, row: Refund, sale_txn_id: str) -> Taken:
    """What other refunds took, or are about to take, out of the same sale."""
    counted = (Status.POSTING.value, Status.POSTED.value, Status.REVIEW.value, Status.SKIPPED.value)
    on_its_way = Refund.status.in_(counted)  # one that is skipped has a total only where somebody saw to it by hand
    of_refund = Document.role.not_in([role.value for role in naming.OF_THE_ORDER])
    in_the_books = Refund.documents.any(and_(Document.state == "posted", of_refund))  # though what followed it failed
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
            Document.role.in_((naming.Role.APPLICATION.value, naming.Role.PAYMENT.value)),
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


def _due_where(connection_id: int, now: datetime) -> tuple[Any, ...]:
    return Refund.connection_id == connection_id, Refund.stage == "again", Refund.not_before <= now


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


def _forget_waiting(session: DatabaseSession, connection: Connection, chunk: Sequence[RefundData]) -> None:
    arrived = [(data.source, data.external_id) for data in chunk]
    session.execute(
        delete(WaitingRefund).where(
            WaitingRefund.connection_id == connection.id,
            tuple_(WaitingRefund.source, WaitingRefund.external_id).in_(arrived),
        )
    )


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
        fingerprint=fingerprint(data),
        imported_at=now,
        updated_at=now,
        status=Status.WAITING.value,
        stage="find",
        notices=[],
        attempts=0,
        documents=[],
    )


def withdraw(session: DatabaseSession, connection: Connection, key: tuple[str, str, str], now: datetime) -> bool:
    """Takes note that the shop took a refund back; `key` is (source, shop, the shop's id of it).

    Nothing is entered for one that was not entered yet; one that was waits for a person. False where there is no such
    refund, or it was taken back before.
    """
    hold(session, connection.id)
    source, shop, external_id = key
    row = session.scalar(
        select(Refund).where(
            Refund.connection_id == connection.id,
            Refund.source == source,
            Refund.shop == shop,
            Refund.external_id == external_id,
        )
    )
    if row is None or row.withdrawn_at is not None:
        return False
    _take_withdrawal(session, row, now)
    session.flush()
    return True


def told_otherwise(row: Refund) -> Skip | None:
    """Why an entered refund waits for a person: the shop tells of it otherwise by now, or not at all."""
    if row.withdrawn_at is not None:
        return Skip("withdrawn_in_shop", {"before": _figures(data_of(row))})
    if row.changed_payload is None:
        return None
    after = decode(RefundData, row.changed_payload)
    return Skip("changed_in_shop", {"before": _figures(data_of(row)), "after": _figures(after)})


def may_be_replaced(row: Refund) -> bool:
    """Whether nothing of it is, or may be, in QuickBooks, so that it can be entered with other content."""
    states = ("planned", "failed", "undone")
    return all(d.state in states and not d.undo for d in row.documents if not _is_created(d))


def _is_created(document: Document) -> bool:
    """Whether it is the order that stands in QuickBooks: that holds whatever becomes of the refund."""
    return document.is_of_order and document.state == "posted"


def _drop_documents(session: DatabaseSession, row: Refund) -> None:
    for document in list(row.documents):
        if not _is_created(document):
            row.documents.remove(document)
            session.delete(document)


def _same(row: Refund, data: RefundData) -> bool:
    """Whether a telling is no news: the same as was entered, or as was told the last time."""
    if row.withdrawn_at is not None:
        return is_withdrawn(data)
    latest = decode(RefundData, row.changed_payload) if row.changed_payload is not None else None
    known_already = fingerprint(latest) if latest is not None else row.fingerprint or fingerprint(data_of(row))
    return fingerprint(data) == known_already


def _take_what_is_told_of_the_order(row: Refund, data: RefundData, now: datetime) -> None:
    """A door can tell more of the order than the one before; creating it needs all. What is known already stays."""
    if row.is_creating_order or not may_be_replaced(row):
        return
    known = data_of(row)
    gaps = {
        item.name: getattr(data.order, item.name)
        for item in dataclasses.fields(known.order)
        if getattr(known.order, item.name) in _UNTOLD and getattr(data.order, item.name) not in _UNTOLD
    }
    if not gaps:
        return
    row.payload = encode(dataclasses.replace(known, order=dataclasses.replace(known.order, **gaps)))
    if row.reason_code == "order_incomplete":
        start_over(row, now)
        note(row, now, f"{data.source} tells more of the order; taken up anew.")


def _take_change(session: DatabaseSession, row: Refund, data: RefundData, now: datetime) -> str:
    """A refund that the shop changed: taken while nothing of it has left, else a person is asked."""
    if is_withdrawn(data):
        _take_withdrawal(session, row, now)
        return "changed" if row.reason and row.reason["code"] == "withdrawn" else "changed_too_late"
    row.withdrawn_at = None
    for_good = (row.reason or {}).get("code") in NEVER_TAKEN_UP - _OF_THE_SHOP
    if not for_good and not _anything_left(session, row):
        _drop_documents(session, row)
        forget_shares(row)
        take_content(row, data)
        start_over(row, now)
        note(row, now, f"Changed by {data.source}; taken up anew.")
        return "changed"
    back = fingerprint(data) == (row.fingerprint or fingerprint(data_of(row)))
    row.changed_payload = None if back else encode(data)
    note(row, now, f"{data.source} tells of it {'as before again' if back else 'otherwise now'}: {_figures(data)}.")
    _hold_against_the_shop(row, now)
    return "changed_too_late"


def _take_withdrawal(session: DatabaseSession, row: Refund, now: datetime) -> None:
    row.withdrawn_at = now
    note(row, now, "The shop took this refund back.")
    for_good = (row.reason or {}).get("code") in NEVER_TAKEN_UP
    if for_good or _anything_left(session, row):
        _hold_against_the_shop(row, now)
        return
    _drop_documents(session, row)
    forget_shares(row)
    stop(row, Skip("withdrawn"), now)


def _hold_against_the_shop(row: Refund, now: datetime) -> None:
    """An entered refund that the shop tells otherwise goes to a person, and back where it is as before again."""
    code = (row.reason or {}).get("code")
    if row.status != Status.POSTED.value and code not in _OF_THE_SHOP:
        return  # on its way, or waiting for a person for another reason: it is held when that is over
    otherwise = told_otherwise(row)
    if otherwise is not None:
        stop(row, otherwise, now)
    elif code in _OF_THE_SHOP:
        row.status, row.stage, row.reason = Status.POSTED.value, "done", None


def _figures(data: RefundData) -> str:
    """Both figures of a refund, for comparing."""
    return f"{data.value} {data.currency} in value, {data.money_back} of it in money"


def take_content(row: Refund, data: RefundData) -> None:
    """What the shop tells of a refund replaces what it told before."""
    number = naming.order_ref_number(data.order.number)
    if number != row.order_number:  # a sale that was chosen was chosen for the other order
        row.decided = {key: value for key, value in row.decided.items() if key != CHOSEN_SALE}
    row.payload = encode(data)
    row.fingerprint = fingerprint(data)
    row.order_number = number
    row.created_at, row.amount, row.money_back, row.currency = (
        data.created_at,
        data.value,
        data.money_back,
        data.currency,
    )


def _anything_left(session: DatabaseSession, row: Refund) -> bool:
    """Whether any of its documents was sent, or stands in QuickBooks."""
    documents = [document for document in row.documents if not _is_created(document)]
    if any(document.state != "planned" or document.txn_id for document in documents):
        return True
    ids = [document.id for document in documents]
    sent = session.scalar(select(SetRequest.id).where(SetRequest.document_id.in_(ids)).limit(1)) if ids else None
    return sent is not None
