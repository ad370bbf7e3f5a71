"""A person's own account: password, second factor, language of amounts and dates, and where they are signed in."""

from __future__ import annotations

from flask import Blueprint, flash, make_response, redirect, render_template, request, session, url_for
from flask_login import current_user
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from qbwc_server.access.passwords import MAX_PASSWORD_CHARACTERS
from qbwc_server.access.rights import RIGHTS, Right
from qbwc_server.access.second_factor import FactorAnswer, new_recovery_codes, new_salt
from qbwc_server.store import people
from qbwc_server.store.tables import Person
from qbwc_server.web.security import COOKIE_SECONDS, THEME_COOKIE, THEMES, is_safe_target
from qbwc_server.web.showing import LOCALES
from qbwc_server.web.site import needs, open_to_everybody, site

MIN_PASSWORD_CHARACTERS = 12
WRONG_PASSWORD = "That is not your password."  # noqa: S105  a sentence
WRONG_CODE = "This code is wrong. Check the clock of your telephone, and type the code that it shows now."
_NEW_SALT = "new_factor_salt"

pages = Blueprint("account", __name__)


@pages.get("/account")
@needs(Right.OWN_ACCOUNT)
def show() -> str:
    """The account of whoever is signed in."""
    return _page({})


@pages.post("/account/password")
@needs(Right.OWN_ACCOUNT)
def change_password() -> AnyResponse | tuple[str, int]:
    """Sets a new password; every other sign-in ends."""
    new, again = request.form.get("new", ""), request.form.get("again", "")
    problem = password_problem(new, current_user.name)
    if not problem and new != again:
        problem = "The two new passwords differ."
    if not _is_own_password():
        return _page({"current": WRONG_PASSWORD}), 422
    if problem:
        return _page({"new": problem}), 422
    with site().database.transaction() as database_session:
        person = database_session.get_one(Person, current_user.person_id)
        hashed = site().passwords.hash(new)
        people.change_password(
            database_session, person, hashed, site().clock(), current_user.name, keep=current_user.sign_in_id
        )
    flash("Your password is changed. Everywhere else you are signed out.")
    return redirect(url_for("account.show"))


@pages.post("/account/language")
@needs(Right.OWN_ACCOUNT)
def change_language() -> AnyResponse | tuple[str, int]:
    """Chooses how amounts and dates are written."""
    wanted = request.form.get("locale", "")
    if wanted and wanted not in LOCALES:
        return _page({"locale": "Choose one of the list."}), 422
    with site().database.transaction() as database_session:
        database_session.get_one(Person, current_user.person_id).locale = wanted
    flash("Saved: amounts and dates.")
    return redirect(url_for("account.show"))


@pages.post("/account/second-factor")
@needs(Right.OWN_ACCOUNT)
def begin_factor() -> AnyResponse | tuple[str, int]:
    """Shows a new secret to scan; nothing holds before its first code was given."""
    if not _is_own_password():
        return _page({"factor": WRONG_PASSWORD}), 422
    session[_NEW_SALT] = new_salt()
    return redirect(url_for("account.show_factor"))


@pages.get("/account/second-factor")
@needs(Right.OWN_ACCOUNT)
def show_factor() -> AnyResponse | str:
    """The QR code to scan, and the field for the first code."""
    return _factor_page("") if session.get(_NEW_SALT) else redirect(url_for("account.show"))


@pages.post("/account/second-factor/confirm")
@needs(Right.OWN_ACCOUNT)
def confirm_factor() -> AnyResponse | str | tuple[str, int]:
    """Switches the second factor on once its first code is right, and shows the recovery codes, once."""
    salt = session.get(_NEW_SALT)
    if not salt:
        return redirect(url_for("account.show"))
    step = site().second_factor.step_of(salt, request.form.get("code", ""), site().clock())
    if step is None:
        return _factor_page(WRONG_CODE), 422
    codes = new_recovery_codes()
    with site().database.transaction() as database_session:
        person = database_session.get_one(Person, current_user.person_id)
        digests = [site().second_factor.recovery_digest(code) for code in codes]
        people.turn_factor_on(database_session, person, salt, digests, step, site().clock())
        people.end_sign_ins(database_session, person, keep=current_user.sign_in_id)
    session.pop(_NEW_SALT)
    return render_template("recovery_codes.html", codes=codes)


@pages.post("/account/second-factor/codes")
@needs(Right.OWN_ACCOUNT)
def renew_codes() -> str | tuple[str, int]:
    """Makes new recovery codes and shows them, once."""
    problem = _factor_problem()
    if problem:
        return _page({"factor": problem}), 422
    codes = new_recovery_codes()
    with site().database.transaction() as database_session:
        person = database_session.get_one(Person, current_user.person_id)
        digests = [site().second_factor.recovery_digest(code) for code in codes]
        people.replace_recovery_codes(database_session, person, digests, site().clock())
    return render_template("recovery_codes.html", codes=codes)


@pages.post("/account/second-factor/off")
@needs(Right.OWN_ACCOUNT)
def end_factor() -> AnyResponse | tuple[str, int]:
    """Switches the second factor off, for who gives the password and a code."""
    problem = _factor_problem()
    if problem:
        return _page({"factor": problem}), 422
    with site().database.transaction() as database_session:
        person = database_session.get_one(Person, current_user.person_id)
        people.turn_factor_off(database_session, person, site().clock(), current_user.name)
    flash("The second factor is switched off.")
    return redirect(url_for("account.show"))


@pages.post("/account/sign-ins/end")
@needs(Right.OWN_ACCOUNT)
def end_sign_in() -> AnyResponse:
    """Ends one of the own sign-ins."""
    wanted = request.form.get("sign_in", "")
    if wanted.isascii() and wanted.isdigit() and len(wanted) < 10:
        with site().database.transaction() as database_session:
            if people.end_sign_in(database_session, current_user.person_id, int(wanted)):
                what = f"ended a sign-in of {current_user.name}"
                people.record(database_session, current_user.name, what, site().clock())
                flash("That sign-in is ended.")
    return redirect(url_for("account.show"))


@pages.post("/appearance")
@open_to_everybody
def choose_appearance() -> AnyResponse:
    """Keeps in a cookie whether pages are light, dark, or as the device says."""
    target = request.form.get("next", "")
    answer = make_response(redirect(target if is_safe_target(target) else url_for("overview.show")))
    wanted = request.form.get("theme", "")
    if wanted in THEMES:
        answer.set_cookie(
            THEME_COOKIE, wanted, max_age=COOKIE_SECONDS, httponly=True, samesite="Lax", secure=request.is_secure
        )
    return answer


def password_problem(password: str, name: str) -> str:
    """Why a password can't be chosen; empty where it can.

    >>> password_problem("short", "Ada")
    'Choose at least 12 characters.'
    """
    if len(password) < MIN_PASSWORD_CHARACTERS:
        return f"Choose at least {MIN_PASSWORD_CHARACTERS} characters."
    if len(password) > MAX_PASSWORD_CHARACTERS:
        return f"Choose at most {MAX_PASSWORD_CHARACTERS} characters."
    if len(set(password)) < 4 or password.casefold().strip() == name.casefold():
        return "This is too easy to guess. Choose another one."
    return ""


def _is_own_password() -> bool:
    given = request.form.get("current", "")
    if not 0 < len(given) <= MAX_PASSWORD_CHARACTERS:
        return False
    found = site().sign_in.person(current_user.name, given, request.remote_addr or "")
    return found is not None and found.id == current_user.person_id


def _factor_problem() -> str:
    """Why the second factor is not to be changed now; empty where password and code are right."""
    if not _is_own_password():
        return WRONG_PASSWORD
    with site().database.transaction() as database_session:
        person = database_session.get_one(Person, current_user.person_id)
        if not person.factor_salt:
            return "There is no second factor."
        answer = site().second_factor.check(database_session, person, request.form.get("code", ""), site().clock())
    return "" if answer is FactorAnswer.RIGHT else WRONG_CODE


def _page(errors: dict[str, str]) -> str:
    with site().database.reading() as database_session:
        person = database_session.get_one(Person, current_user.person_id)
        return render_template(
            "account.html",
            person=person,
            rights=[right for right in Right if right in RIGHTS[person.role]],
            codes_left=people.count_recovery_codes(database_session, person.id),
            sign_ins=people.sign_ins_of(database_session, person.id, site().clock()),
            locales=LOCALES,
            errors=errors,
        )


def _factor_page(error: str) -> str:
    salt, factor = session[_NEW_SALT], site().second_factor
    secret = factor.secret(salt)
    return render_template(
        "second_factor.html",
        qr_code=Markup(factor.qr_code(salt, current_user.name)),  # noqa: S704  segno escapes what it writes,
        secret=" ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
        error=error,
    )
