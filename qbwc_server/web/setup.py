"""The first steps with a new connection, one page each: each can be left and come back to, in any order.

Where one is is read from what has happened, so that no step can be lost: the Web Connector was here, QuickBooks told
its accounts, somebody chose one, refunds came in, somebody said go.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from sqlalchemy.orm import Session as DatabaseSession
from werkzeug.wrappers import Response as AnyResponse

from qbwc_server.access.passwords import make_password
from qbwc_server.access.rights import Right
from qbwc_server.qwc import RUN_EVERY_MINUTES
from qbwc_server.refunds import settings as declared
from qbwc_server.refunds.settings import SettingsError
from qbwc_server.store import audit, known_lists, refund_list, reports
from qbwc_server.store import connections as stored
from qbwc_server.store.connections import ConnectionProblem
from qbwc_server.store.refund_list import Wanted
from qbwc_server.store.reports import refund_as_dict
from qbwc_server.store.tables import Connection
from qbwc_server.web import settings_form
from qbwc_server.web.connections import connection_or_404, qwc_problem
from qbwc_server.web.showing import zone_of
from qbwc_server.web.site import needs, site

STEPS = {
    "connector": "Add it to the Web Connector",
    "account": "Choose the account",
    "import": "Bring in refunds",
    "look": "Look, then say go",
}
CHOSE_ACCOUNT = "chose the account that refunds are drawn from"
SAID_GO = "let refunds be entered by themselves"
HOLD = {"review": "always"}  # settings with which nothing is entered before a person has seen it
LET_GO = {"review": "off"}
MAX_SHOWN = 50  # refunds on the last step

pages = Blueprint("setup", __name__)


@dataclass(frozen=True)
class Step:
    """One step in the list of them."""

    key: str
    words: str
    is_done: bool


@pages.get("/setup")
@needs(Right.SETTINGS)
def begin() -> str:
    """Asks for the name of a new connection."""
    return _new_form({}, "")


@pages.post("/setup")
@needs(Right.SETTINGS)
def make() -> str | tuple[str, int]:
    """Makes a connection, whose password is shown this once."""
    given = {key: request.form.get(key, "").strip() for key in ("name", "user_name", "time_zone")}
    password = make_password()
    hashed = site().passwords.hash(password)
    settings = {"time_zone": given["time_zone"], **HOLD}
    try:
        with site().database.transaction() as session:
            connection = stored.add_connection(
                session, given["name"], given["user_name"], hashed, settings, site().clock(), current_user.name
            )
    except (ConnectionProblem, SettingsError) as error:
        return _new_form(given, _sentence(error)), 422
    return _password_page(connection, password, is_new=True)


@pages.post("/connections/<name>/password")
@needs(Right.SETTINGS)
def new_password(name: str) -> str:
    """Gives the Web Connector a new password, shown this once; the old one ends."""
    password = make_password()
    hashed = site().passwords.hash(password)
    with site().database.transaction() as session:
        connection = connection_or_404(session, name)
        stored.set_password(session, connection, hashed, site().clock(), current_user.name)
    return _password_page(connection, password, is_new=False)


@pages.get("/connections/<name>/setup")
@needs(Right.READ)
def show(name: str) -> AnyResponse:
    """Goes to the first step that is not done."""
    with site().database.reading() as session:
        steps = steps_of(session, connection_or_404(session, name))
    first = next((step.key for step in steps if not step.is_done), "look")
    return redirect(url_for("setup.step", name=name, key=first))


@pages.get("/connections/<name>/setup/<key>")
@needs(Right.READ)
def step(name: str, key: str) -> str:
    """One step."""
    if key not in STEPS:
        abort(404)
    return _step_page(name, key, "")


@pages.post("/connections/<name>/setup/account")
@needs(Right.SETTINGS)
def choose_account(name: str) -> AnyResponse | tuple[str, int]:
    """Sets the account that refunds are drawn from, one of QuickBooks' own chart."""
    wanted = {"refund_account": request.form.get("refund_account", "")}
    with site().database.transaction() as session:
        connection = connection_or_404(session, name)
        lists = known_lists.lists_of(connection.company)
        problem = settings_form.errors(stored.settings_of(connection), wanted, lists).get("refund_account", "")
        if not problem and lists.accounts is not None:
            stored.change_settings(session, connection, wanted, site().clock(), current_user.name)
            audit.record(session, connection, current_user.name, CHOSE_ACCOUNT, wanted, site().clock())
    if problem:
        return _step_page(name, "account", f"Nothing was changed: {problem}."), 422
    return redirect(url_for("setup.show", name=name))


@pages.post("/connections/<name>/setup/go")
@needs(Right.SETTINGS)
def go(name: str) -> AnyResponse:
    """Refunds are entered by themselves from now on, those that wait for it among them."""
    with site().database.transaction() as session:
        connection = connection_or_404(session, name)
        if is_held(connection):
            stored.change_settings(session, connection, LET_GO, site().clock(), current_user.name)
        audit.record(session, connection, current_user.name, SAID_GO, {}, site().clock())
    flash("Refunds are entered when the Web Connector runs next.")
    return redirect(url_for("overview.show"))


def steps_of(session: DatabaseSession, connection: Connection) -> tuple[Step, ...]:
    """The steps, and which of them are done."""
    company = connection.company
    is_chosen = bool(stored.settings_of(connection).refund_account) or _is_on_record(session, connection, CHOSE_ACCOUNT)
    done: Mapping[str, bool] = {
        "connector": company.accounts is not None,
        "account": is_chosen,
        "import": any(refund_list.count_by_status(session, connection.id).values()),
        "look": _is_on_record(session, connection, SAID_GO),
    }
    return tuple(Step(key, words, done[key]) for key, words in STEPS.items())


def is_held(connection: Connection) -> bool:
    """Whether nothing is entered before a person has seen it."""
    texts = declared.as_texts(stored.settings_of(connection))
    return all(texts.get(key) == text for key, text in HOLD.items())


def _step_page(name: str, key: str, error: str) -> str:
    with site().database.reading() as session:
        connection = connection_or_404(session, name)
        settings = stored.settings_of(connection)
        lists = known_lists.lists_of(connection.company)
        latest = reports.recent_sessions(session, connection.id, limit=1)
        refunds = refund_list.page(session, connection.id, Wanted(), page_size=MAX_SHOWN).refunds
        return render_template(
            "setup_step.html",
            connection=connection,
            zone=zone_of(settings),
            steps=steps_of(session, connection),
            here=key,
            error=error,
            field=settings_form.field("refund_account", settings.refund_account, lists, ""),
            knows_accounts=lists.accounts is not None,
            last_session=latest[0] if latest else None,
            rows=[{**refund_as_dict(refund), "planned": reports.planned_documents(refund)} for refund in refunds],
            counts=refund_list.count_by_status(session, connection.id),
            maximum=refund_list.MAX_COUNTED,
            held=is_held(connection),
            every_minutes=RUN_EVERY_MINUTES,
            qwc_problem=qwc_problem(connection),
            may_change=current_user.may(Right.SETTINGS),
        )


def _password_page(connection: Connection, password: str, *, is_new: bool) -> str:
    return render_template(
        "connection_password.html",
        connection=connection,
        password=password,
        is_new=is_new,
        qwc_problem=qwc_problem(connection),
    )


def _new_form(given: Mapping[str, str], error: str) -> str:
    return render_template(
        "setup_new.html",
        given=given,
        error=error,
        time_zones=settings_form.time_zones(),
        server_zone=site().server_zone,
        steps=tuple(Step(key, words, False) for key, words in STEPS.items()),
    )


def _is_on_record(session: DatabaseSession, connection: Connection, what: str) -> bool:
    return audit.last_entry(session, connection.id, what) is not None


def _sentence(error: ValueError) -> str:
    if isinstance(error, SettingsError):
        return f"{declared.label(error.key)}: {error.reason}."
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."
