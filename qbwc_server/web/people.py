"""The people of this installation, for an owner: added, given roles, signed out, removed."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from sqlalchemy.orm import Session as DatabaseSession
from werkzeug.wrappers import Response as AnyResponse

from qbwc_server.access.passwords import make_password
from qbwc_server.access.rights import RIGHTS, Right
from qbwc_server.store import people as stored
from qbwc_server.store.people import PersonError
from qbwc_server.store.tables import Person
from qbwc_server.web.site import needs, site

MAX_PERSON_ID = 2**31 - 1  # what the database's key column holds

pages = Blueprint("people", __name__)


@pages.get("/people")
@needs(Right.PEOPLE)
def listing() -> str:
    """Everyone who can sign in, and what each role may do."""
    return _page("")


@pages.post("/people")
@needs(Right.PEOPLE)
def add() -> str | tuple[str, int]:
    """Adds a person with a password that is made here and shown once."""
    name, role = request.form.get("name", "").strip(), request.form.get("role", "")
    password = make_password()
    hashed = site().passwords.hash(password)
    try:
        with site().database.transaction() as session:
            stored.add_person(session, name, hashed, role, site().clock(), current_user.name)
    except PersonError as error:
        return _page(_sentence(error), name=name, role=role), 422
    return render_template("new_password.html", name=name, password=password, is_new=True)


@pages.post("/people/<int:person_id>/role")
@needs(Right.PEOPLE)
def change_role(person_id: int) -> AnyResponse | tuple[str, int]:
    """Gives a person another role."""
    try:
        with site().database.transaction() as session:
            person = _person(session, person_id)
            stored.change_role(session, person, request.form.get("role", ""), site().clock(), current_user.name)
    except PersonError as error:
        return _page(_sentence(error)), 422
    flash(f"{person.name} is {person.role} now.")
    # Who gave up being owner can't see this page any more.
    return redirect(url_for("overview.show" if person_id == current_user.person_id else "people.listing"))


@pages.post("/people/<int:person_id>/sign-ins")
@needs(Right.PEOPLE)
def end_sign_ins(person_id: int) -> AnyResponse:
    """Signs a person out everywhere."""
    with site().database.transaction() as session:
        person = _person(session, person_id)
        keep = current_user.sign_in_id if person_id == current_user.person_id else None
        stored.end_sign_ins(session, person, keep=keep)
        stored.record(session, current_user.name, f"ended the sign-ins of {person.name}", site().clock())
    flash(f"{person.name} is signed out.")
    return redirect(url_for("people.listing"))


@pages.post("/people/<int:person_id>/password")
@needs(Right.PEOPLE)
def new_password(person_id: int) -> str:
    """Gives a person who forgot theirs a new password, made here and shown once."""
    password = make_password()
    hashed = site().passwords.hash(password)
    with site().database.transaction() as session:
        person = _person(session, person_id)
        keep = current_user.sign_in_id if person_id == current_user.person_id else None
        stored.change_password(session, person, hashed, site().clock(), current_user.name, keep=keep)
    return render_template("new_password.html", name=person.name, password=password, is_new=False)


@pages.post("/people/<int:person_id>/second-factor")
@needs(Right.PEOPLE)
def reset_factor(person_id: int) -> AnyResponse:
    """Takes away the second factor of a person who lost it."""
    with site().database.transaction() as session:
        person = _person(session, person_id)
        if person_id == current_user.person_id:
            abort(403)  # the own one is switched off on the account page, with its code
        stored.turn_factor_off(session, person, site().clock(), current_user.name)
    flash(f"The second factor of {person.name} is switched off.")
    return redirect(url_for("people.listing"))


@pages.post("/people/<int:person_id>/remove")
@needs(Right.PEOPLE)
def remove(person_id: int) -> AnyResponse | tuple[str, int]:
    """Removes a person."""
    try:
        with site().database.transaction() as session:
            person = _person(session, person_id)
            name = person.name
            stored.remove_person(session, person, site().clock(), current_user.name)
    except PersonError as error:
        return _page(_sentence(error)), 422
    flash(f"{name} is removed.")
    return redirect(url_for("people.listing"))


def _page(error: str, *, name: str = "", role: str = stored.VIEWER) -> str:
    with site().database.reading() as session:
        return render_template(
            "people.html",
            people=stored.everybody(session),
            sign_in_counts=stored.count_sign_ins(session, site().clock()),
            roles=stored.ROLES,
            rights=RIGHTS,
            every_right=tuple(Right),
            error=error,
            name=name[: stored.MAX_NAME_CHARACTERS],
            role=role,
        )


def _person(session: DatabaseSession, person_id: int) -> Person:
    found = session.get(Person, person_id) if person_id <= MAX_PERSON_ID else None
    return abort(404) if found is None else found


def _sentence(error: PersonError) -> str:
    text = str(error)
    return text[0].upper() + text[1:] + "."
