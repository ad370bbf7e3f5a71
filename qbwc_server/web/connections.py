"""One connection: its company file, its settings, its sessions, its .qwc file."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from sqlalchemy.orm import Session as DatabaseSession
from werkzeug.wrappers import Response as AnyResponse

from qbwc_server.access.rights import Right
from qbwc_server.qwc import QwcURLError, qwc_for
from qbwc_server.refunds import settings as declared
from qbwc_server.refunds.settings import SettingsError
from qbwc_server.store import connections as stored
from qbwc_server.store import known_lists, reports
from qbwc_server.store.latch import words_of_latch
from qbwc_server.store.tables import Connection
from qbwc_server.web import settings_form
from qbwc_server.web.errors import UnusableRequestError
from qbwc_server.web.showing import zone_of
from qbwc_server.web.site import needs, site

QWC_TYPE = "application/x-qwc"
CLAIM_WORDS = {
    "unknown": "Not yet claimed: this happens before the first refund is entered.",
    "written": "Written, and read back in the next session.",
    "proved": "Written, and read back in the next session.",
    "refused": "QuickBooks refused the mark; whose it carries is read in the next session.",
    "stands": "Claimed by this installation.",
    "foreign": "Another installation of Connex writes to this company file",
    "unwritable": "QuickBooks does not let Connex mark the company file, so another installation would not be noticed.",
}

pages = Blueprint("connections", __name__)


@pages.get("/connections/<name>")
@needs(Right.READ)
def show(name: str) -> str:
    """One connection with its settings."""
    with site().database.reading() as session:
        connection = connection_or_404(session, name)
        return _page(session, connection, given={}, errors={})


@pages.post("/connections/<name>")
@needs(Right.SETTINGS)
def change(name: str) -> AnyResponse | tuple[str, int]:
    """Changes settings; where one can't be taken, it is named and nothing is changed."""
    given = settings_form.read(request.form)
    try:
        wanted, errors = _change(name, given)
    except SettingsError as error:
        wanted, errors = {}, {error.key: error.reason}
    if errors:
        with site().database.reading() as session:
            connection = connection_or_404(session, name)
            return _page(session, connection, given=given, errors=errors), 422
    labels = ", ".join(declared.label(key) for key in wanted)
    flash(f"Saved: {labels}." if wanted else "Nothing was different, so nothing was changed.")
    return redirect(url_for("connections.show", name=name))


@pages.post("/connections/<name>/check")
@needs(Right.SETTINGS)
def check(name: str) -> str:
    """Tells of one setting, while it is typed, whether it could be taken. Nothing is changed."""
    key = request.args.get("key", "")
    given = {each: text for each, text in settings_form.read(request.form).items() if each == key}
    with site().database.reading() as session:
        connection = connection_or_404(session, name)
        settings = stored.settings_of(connection)
        wanted = settings_form.changes(settings, given)
        errors = settings_form.errors(settings, wanted, known_lists.lists_of(connection.company))
    return render_template("setting_check.html", key=key, error=errors.get(key, ""), is_changed=bool(wanted))


@pages.post("/connections/<name>/undo")
@needs(Right.SETTINGS)
def undo(name: str) -> AnyResponse:
    """Takes the last change of the settings back."""
    try:
        with site().database.transaction() as session:
            connection = connection_or_404(session, name)
            undone = stored.undo_last_change(session, connection, site().clock(), current_user.name)
    except SettingsError as error:
        raise UnusableRequestError(f"This can't be taken back: {declared.label(error.key)} {error.reason}.") from None
    except stored.NothingToUndo as error:
        raise UnusableRequestError(f"Nothing was changed: {error}.") from None
    flash(f"Taken back: {', '.join(declared.label(key) for key in undone.after)}.")
    return redirect(url_for("connections.show", name=name))


@pages.get("/connections/<name>/connex.qwc")
@needs(Right.SETTINGS)
def web_connector_file(name: str) -> Response:
    """The file to give to the Web Connector, for the address under which this page was asked for."""
    with site().database.reading() as session:
        connection = connection_or_404(session, name)
        try:
            content = qwc_for(connection, _base_url())
        except QwcURLError as error:
            raise UnusableRequestError(f"The .qwc file can't be made: {error}.") from None
    return Response(
        content,
        content_type=QWC_TYPE,
        headers={"Content-Disposition": 'attachment; filename="connex.qwc"'},
    )


@pages.get("/connections/<name>/sessions")
@needs(Right.READ)
def sessions(name: str) -> str:
    """The latest runs of the Web Connector."""
    with site().database.reading() as session:
        connection = connection_or_404(session, name)
        return render_template(
            "sessions.html",
            connection=connection,
            zone=zone_of(stored.settings_of(connection)),
            sessions=reports.recent_sessions(session, connection.id),
        )


def connection_or_404(session: DatabaseSession, name: str) -> Connection:
    """The connection of that name; ends the request with 404 where there is none."""
    try:
        return stored.connection_named(session, name)
    except stored.UnknownConnection:
        abort(404)


def _page(
    session: DatabaseSession, connection: Connection, *, given: Mapping[str, str], errors: Mapping[str, str]
) -> str:
    settings = stored.settings_of(connection)
    lists = known_lists.lists_of(connection.company)
    last = stored.last_change(session, connection)
    return render_template(
        "connection.html",
        connection=connection,
        zone=zone_of(settings),
        sections=settings_form.sections(settings, lists, given=given, errors=errors),
        time_zones=settings_form.time_zones(),
        lists=lists,
        last_change=last,
        last_changes=_in_words(last) if last else [],
        errors=errors,
        qwc_problem=qwc_problem(connection),
        claim_words=CLAIM_WORDS,
        words_of_latch=words_of_latch,
        may_change=current_user.may(Right.SETTINGS),
    )


def _change(name: str, given: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """What was to be changed, and what is wrong with it by its key; changed where nothing is. Raises SettingsError."""
    with site().database.transaction() as session:
        connection = connection_or_404(session, name)
        settings = stored.settings_of(connection)
        wanted = settings_form.changes(settings, given)
        errors = settings_form.errors(settings, wanted, known_lists.lists_of(connection.company))
        if wanted and not errors:
            stored.change_settings(session, connection, wanted, site().clock(), current_user.name)
    return wanted, errors


def _in_words(change: stored.LastChange) -> list[tuple[str, str, str]]:
    """Each setting that a change touched: its name, before, after."""
    return [
        (declared.label(key), change.before.get(key) or "empty", text or "empty")
        for key, text in change.after.items()
        if key in declared.KEYS
    ]


def qwc_problem(connection: Connection) -> str:
    """Why the Web Connector would not take a file for this address; empty where it would."""
    try:
        qwc_for(connection, _base_url())
    except QwcURLError as error:
        return str(error)
    return ""


def _base_url() -> str:
    return request.url_root.rstrip("/")
