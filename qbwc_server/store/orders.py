"""What was entered for an order that QuickBooks did not have: kept with the refund that needed it, and found by all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import or_, select, tuple_
from sqlalchemy.orm import Session as DatabaseSession
from sqlalchemy.orm import joinedload

from qbwc_server.refunds.naming import Role
from qbwc_server.store.refunds import note
from qbwc_server.store.tables import Document, Refund

WAIT_FOR_ANOTHER = timedelta(minutes=2)  # until the order that another refund creates is looked for again
_VALUES_AT_ONCE = 200  # in one statement, well below what databases take as parameters


OrderKey = tuple[str, str, str]  # source, shop, number


def order_of(row: Refund) -> OrderKey:
    """By which refunds of one order are told, whatever door each came in by."""
    return row.source, row.shop, row.order_number


def sales_created(
    session: DatabaseSession, connection_id: int, orders: Iterable[OrderKey]
) -> Mapping[OrderKey, list[Document]]:
    """The sales that were, or are to be, created for these orders, of whichever of their refunds."""
    found: dict[OrderKey, list[Document]] = {}
    wanted = sorted(set(orders))
    for start in range(0, len(wanted), _VALUES_AT_ONCE):
        some = wanted[start : start + _VALUES_AT_ONCE]
        query = (
            select(Document)
            .join(Refund)
            .where(
                Refund.connection_id == connection_id,
                Document.role == Role.SALE.value,
                tuple_(Refund.source, Refund.shop, Refund.order_number).in_(some),
            )
            .options(joinedload(Document.refund))
            .order_by(Document.id)
        )
        for document in session.scalars(query):
            found.setdefault(order_of(document.refund), []).append(document)
    return found


def standing(documents: Iterable[Document]) -> list[Document]:
    """Those that QuickBooks has, by their TxnIDs."""
    return [document for document in documents if document.state == "posted" and document.txn_id]


def wait_for_another(row: Refund, now: datetime) -> None:
    """Lets a refund wait for its order, which is on its way for another refund."""
    row.stage, row.findings, row.not_before, row.updated_at = "find", None, now + WAIT_FOR_ANOTHER, now
    note(row, now, f"The order {row.order_number} is being created for another refund.")


def wake_those_that_wait(session: DatabaseSession, row: Refund, now: datetime) -> None:
    """The order of a refund stands in QuickBooks now, so that its other refunds can go on."""
    others = session.scalars(
        select(Refund).where(
            Refund.connection_id == row.connection_id,
            Refund.source == row.source,
            Refund.shop == row.shop,
            Refund.order_number == row.order_number,
            Refund.id != row.id,
            or_(Refund.stage.in_(("find", "prepare", "enlist")), Refund.reason_code == "order_in_doubt"),
        )
    )
    for other in others:
        if other.reason_code == "order_in_doubt":
            other.status, other.reason = "waiting", None
        other.stage, other.findings, other.not_before, other.updated_at = "find", None, None, now
