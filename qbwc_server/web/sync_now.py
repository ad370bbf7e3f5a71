"""Looking at the refunds of some days again in the next session."""

from __future__ import annotations

from datetime import date, timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from qbwc_server.access.rights import Right
from qbwc_server.qwc import RUN_EVERY_MINUTES
from qbwc_server.store import again
from qbwc_server.store import connections as stored
from qbwc_server.store.again import RangeProblem
from qbwc_server.web.connections import connection_or_404
from qbwc_server.web.showing import zone_of
from qbwc_server.web.site import needs, site

pages = Blueprint("sync_now", __name__)


@pages.get("/connections/<name>/sync")
@needs(Right.READ)
def show(name: str) -> str:
    """Asks for the days."""
    return _page(name, "")


@pages.post("/connections/<name>/sync")
@needs(Right.DECIDE)
def ask(name: str) -> AnyResponse | tuple[str, int]:
    """Lets the next session look at the refunds of these days again."""
    try:
        since, until = (date.fromisoformat(request.form.get(key, "")) for key in ("since", "until"))
    except ValueError:
        return _page(name, "Nothing was done: give the first and the last day."), 422
    try:
        with site().database.transaction() as session:
            connection = connection_or_404(session, name)
            zone = zone_of(stored.settings_of(connection))
            result = again.look_again(
                session, connection, since, until, zone=zone, now=site().clock(), who=current_user.name
            )
    except RangeProblem as error:
        return _page(name, f"Nothing was done: {error}."), 422
    flash(
        f"{result.taken_up} of {result.seen} refunds of these days are looked at when the Web Connector runs next; "
        f"{result.left} are left as they are, since they were entered or a person has to decide."
    )
    return redirect(url_for("sync_now.show", name=name))


def _page(name: str, error: str) -> str:
    with site().database.reading() as session:
        connection = connection_or_404(session, name)
        zone = zone_of(stored.settings_of(connection))
        now, seen = site().clock(), connection.last_seen_at
        today = now.astimezone(zone).date()
        return render_template(
            "sync_now.html",
            connection=connection,
            zone=zone,
            error=error,
            since=request.form.get("since", (today - timedelta(days=again.USUAL_DAYS)).isoformat()),
            until=request.form.get("until", today.isoformat()),
            next_run=seen + timedelta(minutes=RUN_EVERY_MINUTES) if seen else None,
            is_late=seen is not None and now > seen + timedelta(minutes=RUN_EVERY_MINUTES),
            every_minutes=RUN_EVERY_MINUTES,
            maximum=again.MAX_REFUNDS,
            may_decide=current_user.may(Right.DECIDE),
        )
