"""Signing in and out, and the rule that every page needs it unless it says otherwise.

A cookie names the person and a digest of the session token, which changes with the password: so changing it ends every
other sign-in.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from flask import Blueprint, Flask, abort, current_app, redirect, render_template, request, session, url_for
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from werkzeug.wrappers import Response as AnyResponse

from qbwc_server.store.tables import Person
from qbwc_server.web.security import is_safe_target
from qbwc_server.web.site import is_open_to_everybody, open_to_everybody, site

ATTEMPTS_PER_ADDRESS = "20 per minute"
MAX_NAME_CHARACTERS = 120
MAX_PASSWORD_CHARACTERS = 1000
WRONG = "This name and password do not belong together. Check both, then try again."
ROLES_THAT_CHANGE = frozenset({"owner"})

pages = Blueprint("login", __name__)


class SignedIn(UserMixin):  # type: ignore[misc]
    """The person who is signed in, as the pages see them."""

    def __init__(self, person: Person) -> None:
        self.person_id = person.id
        self.name = person.name
        self.may_change = person.role in ROLES_THAT_CHANGE
        self._token_digest = _digest(person.session_token)

    def get_id(self) -> str:
        """What the signed cookie holds."""
        return f"{self.person_id}.{self._token_digest}"


def install(app: Flask) -> None:
    """Puts the login before every page of the application that is not open to everybody."""
    manager = LoginManager(app, add_context_processor=False)
    app.jinja_env.globals["current_user"] = current_user  # looked up by the page that shows it, and by no other
    manager.user_loader(_load)
    app.before_request(_require_login)
    app.register_blueprint(pages)
    limiter = Limiter(get_remote_address, app=app, storage_uri="memory://")
    limited: Any = limiter.limit(ATTEMPTS_PER_ADDRESS, methods=["POST"])(app.view_functions["login.sign_in"])
    app.view_functions["login.sign_in"] = open_to_everybody(limited)


def require_right_to_change() -> None:
    """Ends the request with 403 where the person may only look."""
    if not current_user.may_change:
        abort(403)


@pages.get("/login")
@open_to_everybody
def show() -> AnyResponse | str:
    """The login form; who is signed in already goes on."""
    if current_user.is_authenticated:
        return redirect(_target(request.args.get("next", "")))
    return _form(name="", error="")


@pages.post("/login")
@open_to_everybody
def sign_in() -> AnyResponse | str | tuple[str, int]:
    """Signs in, and goes on to the page that was asked for."""
    name = request.form.get("name", "").strip()
    password = request.form.get("password", "")
    if not name or len(name) > MAX_NAME_CHARACTERS or not 0 < len(password) <= MAX_PASSWORD_CHARACTERS:
        return _form(name=name[:MAX_NAME_CHARACTERS], error=WRONG), 401
    person = site().sign_in.person(name, password, request.remote_addr or "")
    if person is None:
        return _form(name=name, error=WRONG), 401
    session.clear()  # nothing from before the login is carried over
    login_user(SignedIn(person))
    return redirect(_target(request.form.get("next", "")))


@pages.post("/logout")
def sign_out() -> AnyResponse:
    """Ends this sign-in."""
    logout_user()
    session.clear()
    return redirect(url_for("login.show"))


def _form(name: str, error: str) -> str:
    target = request.values.get("next", "")
    return render_template("login.html", name=name, error=error, target=target if is_safe_target(target) else "")


def _target(target: str) -> str:
    return target if is_safe_target(target) else url_for("connections.overview")


def _require_login() -> AnyResponse | None:
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None or request.endpoint == "static" or is_open_to_everybody(view) or current_user.is_authenticated:
        return None
    if request.method not in ("GET", "HEAD"):
        return redirect(url_for("login.show"))
    return redirect(url_for("login.show", next=request.script_root + request.full_path.removesuffix("?")))


def _load(identity: str) -> SignedIn | None:
    person_id, _, digest = identity.partition(".")
    if not person_id.isascii() or not person_id.isdigit():
        return None
    with site().database.reading() as database_session:
        person = database_session.get(Person, int(person_id))
        if person is None:
            return None
        signed_in = SignedIn(person)
        return signed_in if hmac.compare_digest(digest, _digest(person.session_token)) else None


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
