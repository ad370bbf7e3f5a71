"""Signing in and out, and the rule that every page needs it, and the right it names, unless it is for everybody.

A cookie holds a random token, whose digest a row of the database keeps: so a sign-in can be seen and ended from
elsewhere, and a new password ends them all. Who has a second factor is signed in when its code is given, too.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Flask, abort, current_app, redirect, render_template, request, session, url_for
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from werkzeug.wrappers import Response as AnyResponse

from qbwc_server.access.rights import Right, may
from qbwc_server.access.second_factor import FactorAnswer
from qbwc_server.access.tickets import new_ticket, ticket_digest
from qbwc_server.store import people
from qbwc_server.store.tables import Person, SignIn
from qbwc_server.web.security import is_safe_target
from qbwc_server.web.site import is_open_to_everybody, needs, open_to_everybody, right_of, site

ATTEMPTS_PER_ADDRESS = "20 per minute"
MAX_NAME_CHARACTERS = 120
MAX_PASSWORD_CHARACTERS = 1000
CODE_AWAITED_FOR = timedelta(minutes=10)
WRONG = "This name and password do not belong together. Check both, then try again."
WRONG_CODE = (
    "This code is wrong, or it was used before. Wait for the next one in your authenticator application, "
    "or use a recovery code."
)
TOO_MANY_CODES = "Too many wrong codes were given for this account. Wait 15 minutes, then sign in again."
_PENDING = "awaiting_code"

pages = Blueprint("login", __name__)


class SignedIn(UserMixin):  # type: ignore[misc]
    """The person who is signed in, as the pages see them."""

    def __init__(self, person: Person, token: str, sign_in_id: int) -> None:
        self.person_id = person.id
        self.name = person.name
        self.role = person.role
        self.locale = person.locale
        self.sign_in_id = sign_in_id
        self._token = token

    def may(self, right: Right) -> bool:
        """Whether this person has a right."""
        return may(self.role, right)

    def get_id(self) -> str:
        """What the signed cookie holds."""
        return self._token


def install(app: Flask) -> None:
    """Puts the login before every page of the application that is not open to everybody."""
    manager = LoginManager(app, add_context_processor=False)
    app.jinja_env.globals.update(current_user=current_user, Right=Right)  # looked up by the page that shows it
    manager.user_loader(_load)
    app.before_request(_require_right)
    app.register_blueprint(pages)
    limiter = Limiter(get_remote_address, app=app, storage_uri="memory://")
    for name in ("login.sign_in", "login.take_code"):
        limited: Any = limiter.limit(ATTEMPTS_PER_ADDRESS, methods=["POST"])(app.view_functions[name])
        app.view_functions[name] = open_to_everybody(limited)


def open_for(person: Person) -> None:
    """Signs a person in, in this browser."""
    token, now = new_ticket(), site().clock()
    address, browser = request.remote_addr or "", request.headers.get("User-Agent", "")
    with site().database.transaction() as database_session:
        made = people.add_sign_in(database_session, person.id, ticket_digest(token), now, address, browser)
        people.record(database_session, person.name, f"signed in from {address or 'an unknown address'}", now)
    login_user(SignedIn(person, token, made.id))


def is_anybody_there() -> bool:
    """Whether anybody at all can sign in."""
    with site().database.reading() as database_session:
        return people.count(database_session) > 0


@pages.get("/login")
@open_to_everybody
def show() -> AnyResponse | str:
    """The login form; who is signed in already goes on."""
    if current_user.is_authenticated:
        return redirect(_target(request.args.get("next", "")))
    if not is_anybody_there():
        return redirect(url_for("first_run.show"))
    return _form(name="", error="")


@pages.post("/login")
@open_to_everybody
def sign_in() -> AnyResponse | str | tuple[str, int]:
    """Signs in, or asks for the second factor, and goes on to the page that was asked for."""
    name = request.form.get("name", "").strip()
    password = request.form.get("password", "")
    if not name or len(name) > MAX_NAME_CHARACTERS or not 0 < len(password) <= MAX_PASSWORD_CHARACTERS:
        return _form(name=name[:MAX_NAME_CHARACTERS], error=WRONG), 401
    person = site().sign_in.person(name, password, request.remote_addr or "")
    if person is None:
        return _form(name=name, error=WRONG), 401
    target = _target(request.form.get("next", ""))
    session.clear()  # nothing from before the login is carried over
    if person.factor_salt:
        now = site().clock()
        session[_PENDING] = {"id": person.id, "hash": _hash_mark(person), "at": now.isoformat(), "next": target}
        return redirect(url_for("login.ask_code"))
    open_for(person)
    return redirect(target)


@pages.get("/login/code")
@open_to_everybody
def ask_code() -> AnyResponse | str:
    """Asks who gave the right password for the second factor's code."""
    if _pending() is None:
        return redirect(url_for("login.show"))
    return render_template("login_code.html", error="")


@pages.post("/login/code")
@open_to_everybody
def take_code() -> AnyResponse | str | tuple[str, int]:
    """Signs in whose code is right."""
    pending = _pending()
    if pending is None:
        return redirect(url_for("login.show"))
    with site().database.transaction() as database_session:
        person = database_session.get(Person, pending["id"])
        if person is None or not person.factor_salt or _hash_mark(person) != pending["hash"]:
            session.clear()
            return redirect(url_for("login.show"))
        answer = site().second_factor.check(database_session, person, request.form.get("code", ""), site().clock())
        if answer is FactorAnswer.WRONG:
            people.record(database_session, person.name, "gave a wrong code of the second factor", site().clock())
    if answer is FactorAnswer.RIGHT:
        session.clear()
        open_for(person)
        return redirect(pending["next"])
    if answer is FactorAnswer.TOO_MANY:
        session.clear()
        return _form(name="", error=TOO_MANY_CODES), 401
    return render_template("login_code.html", error=WRONG_CODE), 401


@pages.post("/logout")
@needs(Right.OWN_ACCOUNT)
def sign_out() -> AnyResponse:
    """Ends this sign-in."""
    with site().database.transaction() as database_session:
        people.end_sign_in(database_session, current_user.person_id, current_user.sign_in_id)
    logout_user()
    session.clear()
    return redirect(url_for("login.show"))


def _pending() -> dict[str, Any] | None:
    """What is known of somebody who gave the right password a short while ago."""
    found = session.get(_PENDING)
    if not isinstance(found, dict) or site().clock() - datetime.fromisoformat(found["at"]) > CODE_AWAITED_FOR:
        return None
    return found


def _hash_mark(person: Person) -> str:
    """Changes with the password, so that one that was changed meanwhile lets nobody go on."""
    return ticket_digest(person.password_hash)[:16]


def _form(name: str, error: str) -> str:
    target = request.values.get("next", "")
    return render_template("login.html", name=name, error=error, target=target if is_safe_target(target) else "")


def _target(target: str) -> str:
    return target if is_safe_target(target) else url_for("overview.show")


def _require_right() -> AnyResponse | None:
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None or request.endpoint == "static" or is_open_to_everybody(view):
        return None
    if not current_user.is_authenticated:
        if request.method not in ("GET", "HEAD"):
            return redirect(url_for("login.show"))
        return redirect(url_for("login.show", next=request.script_root + request.full_path.removesuffix("?")))
    right = right_of(view)
    if right is None or not current_user.may(right):
        abort(403)
    return None


def _load(token: str) -> SignedIn | None:
    now = site().clock()
    with site().database.reading() as database_session:
        found = people.sign_in_by_digest(database_session, ticket_digest(token), now)
        signed_in = None if found is None else SignedIn(found.person, token, found.id)
    if found is not None and now - found.last_seen_at >= people.SEEN_AGAIN_AFTER:
        _note_seen(found, now)
    return signed_in


def _note_seen(found: SignIn, now: datetime) -> None:
    with site().database.transaction() as database_session:
        people.seen(database_session, found.id, now)
