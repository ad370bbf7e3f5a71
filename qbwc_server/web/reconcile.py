"""What the newest comparison with QuickBooks found."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from qbwc_server.access.rights import Right
from qbwc_server.store import connections as stored
from qbwc_server.store import reconciliations
from qbwc_server.web.connections import connection_or_404
from qbwc_server.web.showing import zone_of
from qbwc_server.web.site import needs, site

pages = Blueprint("reconcile", __name__)


@pages.get("/connections/<name>/reconcile")
@needs(Right.READ)
def show(name: str) -> str:
    """The newest report of a connection."""
    with site().database.reading() as session:
        connection = connection_or_404(session, name)
        return render_template(
            "reconcile.html",
            connection=connection,
            zone=zone_of(stored.settings_of(connection)),
            report=reconciliations.newest_report(session, connection),
            asked=reconciliations.unfinished(session, connection),
            may_ask=current_user.may(Right.DECIDE),
        )


@pages.post("/connections/<name>/reconcile")
@needs(Right.DECIDE)
def ask(name: str) -> AnyResponse:
    """Lets the next session compare all that was entered with QuickBooks."""
    with site().database.transaction() as session:
        connection = connection_or_404(session, name)
        reconciliations.ask(session, connection, site().clock(), current_user.name)
    flash("It is compared when the Web Connector runs next.")
    return redirect(url_for("reconcile.show", name=name))
