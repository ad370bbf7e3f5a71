"""Which documents of a refund are undone next. The order is that of the links: who holds another goes first."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session as DatabaseSession
from sqlalchemy.orm import selectinload

from qbwc_server.refunds.days import earliest_open_day
from qbwc_server.refunds.undoing import ORDER, in_closed_books
from qbwc_server.store.connections import settings_of
from qbwc_server.store.planned import date_of, number_of
from qbwc_server.store.refunds import stop
from qbwc_server.store.tables import Connection, Document, Refund, SetRequest
from qbwc_server.sync.books import company_facts


def next_to_undo(row: Refund) -> list[Document]:
    """The documents that go in the next set; those of the next role wait until these are undone.

    A credit that was only set has no transaction of its own and goes with its memo, so it holds nothing up.
    """
    for role in ORDER:
        found = [d for d in row.documents if d.undo == "wanted" and d.role == role.value and d.txn_id]
        if found:
            return found
    return []


def hold_what_is_closed(database: DatabaseSession, connection: Connection, now: datetime) -> None:
    """What lies in closed books is not touched, though QuickBooks might let us: a person is asked."""
    first_open = earliest_open_day(company_facts(connection.company, settings_of(connection), "UTC"))
    if first_open is None:
        return
    rows = database.scalars(
        select(Refund)
        .where(Refund.connection_id == connection.id, Refund.stage == "undo")
        .options(selectinload(Refund.documents))
    ).all()
    for row in rows:
        wanted = [document for document in row.documents if document.undo == "wanted"]
        dated = [(number_of(document), day) for document in wanted if (day := date_of(document)) is not None]
        skip = in_closed_books(dated, first_open)
        if skip is not None:
            give_up(row)
            stop(row, skip, now)
    database.flush()


def give_up(row: Refund) -> None:
    """What is not undone yet stays as it is."""
    for document in row.documents:
        if document.undo == "wanted":
            document.undo = ""


def want_again(requests: Iterable[SetRequest]) -> None:
    """What was sent without an answer is to be undone still: a void or deletion that was worked does no harm twice."""
    for request in requests:
        if request.document.undo == "sent":
            request.document.undo = "wanted"
