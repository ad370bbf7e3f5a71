"""The list of a connection's refunds, as pages and as a spreadsheet, and one refund's whole story."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, render_template, request
from sqlalchemy.orm import Session as DatabaseSession

from qbwc_server.access.rights import Right
from qbwc_server.refunds import model
from qbwc_server.refunds.codec import DecodeError, decode
from qbwc_server.refunds.model import ZERO
from qbwc_server.refunds.naming import Role
from qbwc_server.refunds.reasons import REASONS
from qbwc_server.store import connections as stored
from qbwc_server.store import refund_list, reports, sold
from qbwc_server.store.refund_list import Found, ListError
from qbwc_server.store.tables import Connection, Refund
from qbwc_server.web import list_query, spreadsheet
from qbwc_server.web.advice import what_to_do
from qbwc_server.web.connections import connection_or_404
from qbwc_server.web.errors import UnusableRequestError
from qbwc_server.web.list_query import ListQuery
from qbwc_server.web.security import MAX_ROW_ID
from qbwc_server.web.showing import SORT_WORDS, money, reason_words, zone_of
from qbwc_server.web.site import needs, site

LEFT_OPEN = frozenset({"payout_not_recorded", "invoice_left_open", "credit_left", "payment_not_in_books"})

pages = Blueprint("refunds", __name__)


@pages.get("/connections/<name>/refunds")
@needs(Right.READ)
def listing(name: str) -> str:
    """A page of a connection's refunds, narrowed, searched and sorted as the address says."""
    with site().database.reading() as session:
        connection = connection_or_404(session, name)
        asked, found = _asked(session, connection)
        page = refund_list.page(
            session, connection.id, asked.wanted, after=asked.after, before=asked.before, found=found
        )
        return render_template(
            "refunds.html",
            connection=connection,
            zone=zone_of(stored.settings_of(connection)),
            page=page,
            rows=[_row(refund) for refund in page.refunds],
            counts=refund_list.count_by_status(session, connection.id),
            total=refund_list.count(session, connection.id, asked.wanted, found),
            found=found,
            maximum=refund_list.MAX_COUNTED,
            query=asked.texts,
            is_narrowed=asked.wanted.is_narrowed,
            sorts=SORT_WORDS,
            may_decide=False,
            reasons=sorted((reason_words(code), code) for code in REASONS),
        )


@pages.get("/connections/<name>/refunds.csv")
@needs(Right.READ)
def as_spreadsheet(name: str) -> Response:
    """The same list, all of it, as a file for a spreadsheet."""
    with site().database.reading() as session:
        connection = connection_or_404(session, name)
        asked, found = _asked(session, connection)
        zone = zone_of(stored.settings_of(connection))
    lines = spreadsheet.rows(site().database, connection.id, asked.wanted, zone, found)
    return Response(
        lines,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="refunds-{name}.csv"'},
    )


@pages.get("/refunds/<int:refund_id>")
@needs(Right.READ)
def story(refund_id: int) -> str:
    """One refund: what the shop sent, what was found and entered in QuickBooks, why, and every step on the way."""
    if refund_id > MAX_ROW_ID:
        abort(404)
    with site().database.reading() as session:
        told = reports.refund_story(session, refund_id)
        if told is None:
            abort(404)
        refund = told.refund
        sent, unreadable = _sent_by_shop(refund)
        return render_template(
            "refund.html",
            connection=refund.connection,
            zone=zone_of(stored.settings_of(refund.connection)),
            told=told,
            refund=refund,
            sent=sent,
            unreadable=unreadable,
            sale=sold.sale_of_refund(session, refund),
            open_in_books=open_in_books(refund),
            advice=what_to_do(refund.reason["code"]) if refund.reason else "",
        )


def open_in_books(refund: Refund) -> list[str]:
    """What an accountant still finds open because of a refund."""
    sentences = [notice["message"] for notice in refund.notices if notice["code"] in LEFT_OPEN]
    posted = {document.role for document in refund.documents if document.state == "posted"}
    unposted = [document for document in refund.documents if document.state != "posted"]
    if Role.MEMO.value in posted and unposted:
        missing = money(sum((document.amount for document in unposted), ZERO), refund.currency)
        sentences.append(f"The credit memo is entered, but {missing} that belongs to it is not: it stands as a credit.")
    return sentences


def _asked(session: DatabaseSession, connection: Connection) -> tuple[ListQuery, Found | None]:
    """What the address asks for, and what its search finds."""
    try:
        asked = list_query.read(request.args, zone_of(stored.settings_of(connection)))
        found = refund_list.find(session, connection.id, asked.wanted) if asked.wanted.search else None
        refund_list.check(asked.wanted)
    except ListError as error:
        raise UnusableRequestError(f"The list can't be shown: {error}.") from None
    return asked, found


def _row(refund: Refund) -> dict[str, Any]:
    """What `--json` prints, with the time as a time."""
    return {**reports.refund_as_dict(refund), "created_at": refund.created_at}


def _sent_by_shop(refund: Refund) -> tuple[model.Refund | None, str]:
    """The refund as the shop told it, or why what is stored can't be read."""
    try:
        return decode(model.Refund, refund.payload), ""
    except DecodeError as error:
        return None, str(error)
