"""The list of a connection's refunds, and one refund's whole story."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, render_template, request

from qbwc_server.refunds import model
from qbwc_server.refunds.codec import DecodeError, decode
from qbwc_server.store import connections as stored
from qbwc_server.store import reports
from qbwc_server.store.tables import Refund
from qbwc_server.web.advice import what_to_do
from qbwc_server.web.connections import connection_or_404
from qbwc_server.web.errors import UnusableRequestError
from qbwc_server.web.showing import zone_of
from qbwc_server.web.site import site

MAX_REFUND_ID = 2**31 - 1  # what the database's key column holds

pages = Blueprint("refunds", __name__)


@pages.get("/connections/<name>/refunds")
def listing(name: str) -> str:
    """A page of a connection's refunds, of one status or all, whose order number holds what is searched for."""
    status = request.args.get("status") or None
    search = request.args.get("search", "").strip()
    with site().database.reading() as session:
        connection = connection_or_404(session, name)
        try:
            found = reports.list_refunds(session, connection.id, status=status, search=search, page=_page_number())
        except reports.ReportError as error:
            raise UnusableRequestError(f"The list can't be shown: {error}.") from None
        return render_template(
            "refunds.html",
            connection=connection,
            zone=zone_of(stored.settings_of(connection)),
            found=found,
            rows=[_row(refund) for refund in found.refunds],
            counts=reports.count_by_status(session, connection.id),
            status=status,
            search=search,
        )


@pages.get("/refunds/<int:refund_id>")
def story(refund_id: int) -> str:
    """One refund: what the shop sent, what was found and entered in QuickBooks, why, and every step on the way."""
    if refund_id > MAX_REFUND_ID:
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
            advice=what_to_do(refund.reason["code"]) if refund.reason else "",
        )


def _row(refund: Refund) -> dict[str, Any]:
    """What `--json` prints, with the time as a time."""
    return {**reports.refund_as_dict(refund), "created_at": refund.created_at}


def _page_number() -> int:
    text = request.args.get("page", "1")
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(reports.MAX_PAGE))):
        raise UnusableRequestError("The list can't be shown: the page is not a number.")
    return int(text)


def _sent_by_shop(refund: Refund) -> tuple[model.Refund | None, str]:
    """The refund as the shop told it, or why what is stored can't be read."""
    try:
        return decode(model.Refund, refund.payload), ""
    except DecodeError as error:
        return None, str(error)
