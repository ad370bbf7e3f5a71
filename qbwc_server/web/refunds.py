"""The list of a connection's refunds, as pages and as a spreadsheet, and one refund's whole story."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from sqlalchemy.orm import Session as DatabaseSession
from werkzeug.wrappers import Response as AnyResponse

from qbwc_server.access.rights import Right
from qbwc_server.refunds import model
from qbwc_server.refunds.chosen import ChosenSale, UnusableSaleName, by_number, by_txn_id
from qbwc_server.refunds.codec import DecodeError, decode
from qbwc_server.refunds.model import ZERO
from qbwc_server.refunds.naming import Role
from qbwc_server.refunds.reasons import REASONS
from qbwc_server.refunds.sale import SaleType
from qbwc_server.store import connections as stored
from qbwc_server.store import decisions, refund_list, reports, sold
from qbwc_server.store.decisions import Act, DecisionError
from qbwc_server.store.keys import customer_name
from qbwc_server.store.planned import notices_when_entered
from qbwc_server.store.refund_list import Found, ListError
from qbwc_server.store.refunds import chosen_sale_of
from qbwc_server.store.tables import Connection, Refund
from qbwc_server.web import list_query, spreadsheet
from qbwc_server.web.advice import what_to_do
from qbwc_server.web.connections import connection_or_404
from qbwc_server.web.errors import UnusableRequestError
from qbwc_server.web.list_query import ListQuery
from qbwc_server.web.security import MAX_ROW_ID, is_safe_target
from qbwc_server.web.showing import ACT_WORDS, SORT_WORDS, money, reason_words, zone_of
from qbwc_server.web.site import needs, site

MAX_TOLD = 5  # refusals of one decision about many; a cookie carries them to the next page
MANY_ACTS = (Act.TRY_AGAIN, Act.APPROVE, Act.DECLINE, Act.SKIP, Act.DONE_BY_HAND)
LEFT_OPEN = frozenset(  # notices
    {
        *("payout_not_recorded", "invoice_left_open", "credit_left", "payment_not_in_books"),
        *("created_sale_stays", "adopted_in_part"),
    }
)

FOUND = "Found "  # how the event begins that tells of the sale

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
            may_decide=current_user.may(Right.DECIDE),
            acts=MANY_ACTS,
            note_needed=decisions.NOTE_NEEDED,
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
    return _story(refund_id)


def _story(refund_id: int, *, problem: str = "", note: str = "") -> str:
    """The page of a refund; with a problem that of a decision that was not carried out, and the note typed for it."""
    if refund_id > MAX_ROW_ID:
        abort(404)
    with site().database.reading() as session:
        told = reports.refund_story(session, refund_id)
        if told is None:
            abort(404)
        refund = told.refund
        sent, unreadable = _read(refund.payload)
        sale = sold.sale_of_refund(session, refund)
        acts = decisions.allowed(refund) if current_user.may(Right.DECIDE) else ()
        memo = next((each for each in refund.documents if each.role == Role.MEMO.value), None)
        return render_template(
            "refund.html",
            connection=refund.connection,
            zone=zone_of(stored.settings_of(refund.connection)),
            told=told,
            refund=refund,
            sent=sent,
            unreadable=unreadable,
            sent_now=_read(refund.changed_payload)[0] if refund.changed_payload is not None else None,
            sale=sale,
            found_text=next((each.text for each in reversed(told.events) if each.text.startswith(FOUND)), ""),
            memo=memo,
            sides=sold.side_by_side(sale, refund),
            when_entered=notices_when_entered(refund),
            open_in_books=open_in_books(refund),
            acts=acts,
            note_needed=decisions.NOTE_NEEDED,
            candidates=(refund.candidates or ()) if Act.ADOPT in acts else (),
            shown_sales=[{**e, "day": date.fromisoformat(e["date"])} for e in decisions.shown_sales(refund)],
            chosen_sale=chosen_sale_of(refund),
            advice=what_to_do(refund.reason["code"]) if refund.reason else "",
            is_being_undone=refund.stage == "undo",
            problem=problem,
            typed=note,
        )


@pages.post("/refunds/<int:refund_id>/decide")
@needs(Right.DECIDE)
def decide(refund_id: int) -> AnyResponse | tuple[str, int]:
    """Carries out what a person decided about a refund; where that can't be, its page says why and keeps the note."""
    try:
        act = Act(request.form.get("act", ""))
        seen = _whole_number(request.form.get("version", ""))
    except ValueError:
        raise UnusableRequestError("Nothing was changed: that is no decision.") from None
    note = request.form.get("note", "")
    chosen = tuple(request.form.getlist("txn_id"))[: decisions.MAX_REFUNDS_AT_ONCE] if act is Act.ADOPT else ()
    try:
        sale = _named_sale() if act is Act.CHOOSE_SALE else None
        _decide(refund_id, act, seen, note, chosen, sale=sale)
    except (DecisionError, UnusableSaleName) as error:
        said = str(error)
        if act in decisions.NOTE_NEEDED and not note.split():
            said = f"“{ACT_WORDS[act]}” needs a note that says why. Write it, then choose again"
        return _story(refund_id, problem=f"Nothing was changed: {said}.", note=note), 400
    flash(f"Done: {ACT_WORDS[act]}.")
    return redirect(url_for("refunds.story", refund_id=refund_id))


@pages.post("/connections/<name>/refunds/decide")
@needs(Right.DECIDE)
def decide_many(name: str) -> AnyResponse:
    """Carries out one decision about each of the refunds that were chosen in the list, as far as it can be."""
    with site().database.reading() as session:
        connection_id = connection_or_404(session, name).id
    try:
        act = Act(request.form.get("act", ""))
        pairs = [each.split(":") for each in request.form.getlist("refund")]
        chosen = [(_whole_number(row_id), _whole_number(version)) for row_id, version in pairs]
    except ValueError:
        raise UnusableRequestError("Nothing was changed: that is no decision.") from None
    if act not in MANY_ACTS:
        raise UnusableRequestError("Nothing was changed: this is decided for one refund at a time, on its page.")
    if not 1 <= len(chosen) <= decisions.MAX_REFUNDS_AT_ONCE:
        raise UnusableRequestError(
            f"Nothing was changed: choose between 1 and {decisions.MAX_REFUNDS_AT_ONCE} refunds of the list."
        )
    refused = []
    for row_id, version in chosen:
        try:
            _decide(row_id, act, version, request.form.get("note", ""), (), connection_id=connection_id)
        except DecisionError as error:
            refused.append(str(error))
    done = len(chosen) - len(refused)
    flash(f"{ACT_WORDS[act]}: done for {done} of {len(chosen)} refunds.")
    for sentence in refused[:MAX_TOLD]:
        flash(f"Not done: {sentence}.", "problem")
    if len(refused) > MAX_TOLD:
        flash(f"Not done for {len(refused) - MAX_TOLD} further ones.", "problem")
    target = request.form.get("next", "")
    return redirect(target if is_safe_target(target) else url_for("refunds.listing", name=name))


def _named_sale() -> ChosenSale:
    """The sale that the form names: one of those shown, or by its kind and number. Raises UnusableSaleName."""
    txn_id, kind, number = (request.form.get(name, "") for name in ("txn_id", "sale_type", "sale_number"))
    if txn_id and number.strip():
        raise UnusableSaleName("a shown sale was chosen and a number given; do one of both")
    if txn_id:
        return by_txn_id(txn_id)
    try:
        return by_number(SaleType(kind), number)
    except ValueError as error:
        if isinstance(error, UnusableSaleName):
            raise
        raise UnusableSaleName("choose a sale, or give the kind and the number of one") from None


def _decide(
    refund_id: int,
    act: Act,
    seen: int,
    note: str,
    txn_ids: tuple[str, ...],
    *,
    sale: ChosenSale | None = None,
    connection_id: int | None = None,
) -> None:
    if refund_id > MAX_ROW_ID:
        abort(404)
    with site().database.transaction() as session:
        row = session.get(Refund, refund_id)
        if row is None or connection_id not in (None, row.connection_id):
            abort(404)
        decisions.decide(
            session,
            row,
            act,
            who=current_user.name,
            note=note,
            now=site().clock(),
            seen=seen,
            txn_ids=txn_ids,
            sale=sale,
        )


def _whole_number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MAX_ROW_ID))):
        raise ValueError(text)
    return int(text)


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
    """What `--json` prints, with the time as a time, the customer, what is planned and not entered yet, and which
    notices (codes) are of that."""
    return {
        **reports.refund_as_dict(refund),
        "created_at": refund.created_at,
        "version": refund.version,
        "customer": customer_name(refund.payload),
        "when_entered": [notice["code"] for notice in notices_when_entered(refund)],
        "planned": reports.planned_documents(refund),
    }


def _read(payload: dict[str, Any]) -> tuple[model.Refund | None, str]:
    """The refund as the shop told it, or why what is stored can't be read."""
    try:
        return decode(model.Refund, payload), ""
    except DecodeError as error:
        return None, str(error)
