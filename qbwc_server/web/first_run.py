"""The first owner's account: made on a page while nobody can sign in, by whoever has the code of the server's console.

A stranger on the network reaches the page, too, but has no code. Once there is a person, the page is gone.
"""

from __future__ import annotations

import hmac
from typing import Any

from flask import Blueprint, Flask, redirect, render_template, request, session, url_for
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from werkzeug.wrappers import Response as AnyResponse

from qbwc_server.store import people
from qbwc_server.store.people import OWNER, PersonError
from qbwc_server.web import login
from qbwc_server.web.account import password_problem
from qbwc_server.web.site import open_to_everybody, site

ATTEMPTS_PER_ADDRESS = "10 per minute"
MAX_CODE_CHARACTERS = 100
WRONG_CODE = "This is not the code. It stands where “connex serve” was started, and is a new one after each start."

pages = Blueprint("first_run", __name__)


def install(app: Flask) -> None:
    """Puts the page before the sign-in, and limits how often the code can be guessed."""
    app.register_blueprint(pages)
    limiter = Limiter(get_remote_address, app=app, storage_uri="memory://")
    limited: Any = limiter.limit(ATTEMPTS_PER_ADDRESS, methods=["POST"])(app.view_functions["first_run.make"])
    app.view_functions["first_run.make"] = open_to_everybody(limited)


@pages.get("/welcome")
@open_to_everybody
def show() -> AnyResponse | str:
    """Asks for the code and the first owner's name and password."""
    return redirect(url_for("login.show")) if login.is_anybody_there() else _page("", {})


@pages.post("/welcome")
@open_to_everybody
def make() -> AnyResponse | str | tuple[str, int]:
    """Makes the first owner's account and signs in with it."""
    if login.is_anybody_there():
        return redirect(url_for("login.show"))
    name, password = request.form.get("name", "").strip(), request.form.get("password", "")
    errors = _errors(name, password)
    if errors:
        return _page(name, errors), 422
    hashed, now = site().passwords.hash(password), site().clock()
    try:
        with site().database.transaction() as database_session:
            if people.count(database_session):
                return redirect(url_for("login.show"))
            person = people.add_person(database_session, name, hashed, OWNER, now)
    except PersonError as error:
        return _page(name, {"name": f"{str(error)[:1].upper()}{str(error)[1:]}."}), 422
    session.clear()
    login.open_for(person)
    return redirect(url_for("setup.begin"))


def _errors(name: str, password: str) -> dict[str, str]:
    code, given = site().first_owner_code, request.form.get("code", "").strip().lower()
    if not code or not hmac.compare_digest(code.encode(), given[:MAX_CODE_CHARACTERS].encode()):
        return {"code": WRONG_CODE}
    problem = password_problem(password, name)
    if problem:
        return {"password": problem}
    if password != request.form.get("again", ""):
        return {"again": "The two passwords differ. Type the same one twice."}
    return {}


def _page(name: str, errors: dict[str, str]) -> str:
    return render_template("welcome.html", name=name, errors=errors, has_code=bool(site().first_owner_code))
