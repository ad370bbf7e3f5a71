"""One session of the Web Connector with all that was said, and how the connection to QuickBooks is."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from qbwc_server.access.rights import Right
from qbwc_server.store import connections as stored
from qbwc_server.store import reports, restored
from qbwc_server.store.connections import ConnectionProblem
from qbwc_server.store.latch import words_of_latch
from qbwc_server.store.reports import Exchange
from qbwc_server.store.tables import Connection
from qbwc_server.web.connections import CLAIM_WORDS, connection_or_404
from qbwc_server.web.errors import UnusableRequestError
from qbwc_server.web.security import MAX_ROW_ID
from qbwc_server.web.showing import zone_of
from qbwc_server.web.site import needs, site
from qbwc_server.web.status_help import STATUS_HELP, status_help
from qbxml import KNOWN_HRESULTS, AnswerError, HResult, Status, explain_hresult, read_answer

SET_STATES = {
    "sent": ("Sent, not answered", "posting"),
    "answered": ("Answered", "posted"),
    "abandoned": ("Given up, asked again", "skipped"),
    "settled": ("Answer was lost, settled", "review"),
    "review": ("In doubt", "failed"),
}

HOW_TO_MEND = {
    "accounts_unreadable": "Let the QuickBooks user that Connex works as see the chart of accounts, then look again.",
    "request_refused": "Note the session's log below Sessions, and ask for help with it. Nothing was entered twice.",
    "claim_unreadable": "Allow Connex to read personal data: Edit, Preferences, Integrated Applications, Connex.",
    "claim_gone": "Find out whether the books were restored from before Connex was here, or are another file's copy.",
    "foreign_claim": "See that no other installation of Connex works with this company file, then take it over.",
    "quickbooks_too_old": "Use a newer release of QuickBooks, then look again.",
    "permission_missing": "Give the QuickBooks user that Connex works as the permission named above, then look again.",
    "postings_unreadable": "Let the QuickBooks user that Connex works as see customers and their transactions.",
    "books_restored": "Decide below what becomes of what was entered and is gone from these books.",
}
"""What to do where a company file stopped a connection, by the code of why."""

pages = Blueprint("runs", __name__)


@dataclass(frozen=True)
class Said:
    """One message set with what QuickBooks' statuses and failures mean."""

    exchange: Exchange
    statuses: tuple[Status, ...]  # those that say more than that all is well
    failure: HResult | None


@pages.get(f"/connections/<name>/sessions/<int(max={MAX_ROW_ID}):session_id>")
@needs(Right.READ)
def show(name: str, session_id: int) -> str:
    """What was sent and answered in one session, in its order."""
    before = request.args.get("before", type=int)
    if before is not None and not 0 < before <= MAX_ROW_ID:
        abort(404)
    with site().database.reading() as session:
        connection = connection_or_404(session, name)
        log = reports.session_log(session, connection.id, session_id, before=before)
        if log is None:
            abort(404)
        return render_template(
            "session.html",
            connection=connection,
            zone=zone_of(stored.settings_of(connection)),
            run=log.session,
            said=[_said(exchange) for exchange in log.exchanges],
            earlier=log.earlier,
            set_states=SET_STATES,
            status_help=status_help,
        )


@pages.get("/connections/<name>/health")
@needs(Right.READ)
def health(name: str) -> str:
    """Versions, the company file, the claim, the last failure and how to mend it."""
    with site().database.reading() as session:
        connection = connection_or_404(session, name)
        failed = reports.last_failed_session(session, connection.id)
        latest = reports.recent_sessions(session, connection.id, limit=1)
        failed_set = reports.last_failed_set(session, connection.id)
        is_of_it = failed_set is not None and failed is not None and failed_set.session_id == failed.id
        return render_template(
            "health.html",
            connection=connection,
            zone=zone_of(stored.settings_of(connection)),
            failed=failed,
            is_over=bool(failed and latest and latest[0].id != failed.id and latest[0].ended_at),
            failure=explain_hresult(failed_set.hresult) if failed_set is not None and is_of_it else None,
            claim_words=CLAIM_WORDS,
            words_of_latch=words_of_latch,
            hresults=KNOWN_HRESULTS,
            statuses=sorted(STATUS_HELP.items()),
            postings=reports.count_posted(session, connection.id),
            stopped_code=(connection.company.stopped or {}).get("code", ""),
            how_to_mend=HOW_TO_MEND.get((connection.company.stopped or {}).get("code", ""), ""),
            may_take_over=_may_take_over(connection),
            may_decide_restored=(connection.company.restored or {}).get("state") == restored.STOPPED,
            decisions=restored.DECISIONS,
            may_change=current_user.may(Right.SETTINGS),
        )


@pages.post("/connections/<name>/health")
@needs(Right.SETTINGS)
def mend(name: str) -> AnyResponse:
    """Looks at a stopped company file again, takes it over, or decides about restored books."""
    what, who, now = request.form.get("what", ""), current_user.name, site().clock()
    try:
        with site().database.transaction() as session:
            connection = connection_or_404(session, name)
            if what == "look":
                restored.look_again(session, connection, now, who)
                said = "The company file is looked at again when the Web Connector runs next."
            elif what == "take-over" and request.form.get("sure"):
                restored.take_over(session, connection, now, who)
                said = "This installation's mark is written when the Web Connector runs next."
            elif what in restored.DECISIONS:
                count = restored.decide_restored(session, connection, what, now, who)
                done = "looked for and entered again" if what == restored.PLAN_AGAIN else "left out"
                said = f"{count} refunds are {done}. Work goes on when the Web Connector runs next."
            else:
                raise UnusableRequestError("Nothing was done. Tick that you are sure, then choose again.")
    except ConnectionProblem as error:
        raise UnusableRequestError(f"Nothing was done: {error}.") from None
    flash(said)
    return redirect(url_for("runs.health", name=name))


def _may_take_over(connection: Connection) -> bool:
    try:
        restored.holder_of(connection)
    except restored.NothingToDecide:
        return False
    return connection.company.takeover is None


def _said(exchange: Exchange) -> Said:
    failure = exchange.message_set.hresult
    return Said(exchange, _statuses(exchange), explain_hresult(failure) if failure else None)


def _statuses(exchange: Exchange) -> tuple[Status, ...]:
    if exchange.response is None or exchange.response.is_cut:
        return ()
    try:
        responses = read_answer(exchange.response.text).responses
    except AnswerError:
        return ()
    told = {(each.status.code, each.status.message): each.status for each in responses if each.status.code > 1}
    return tuple(told.values())
