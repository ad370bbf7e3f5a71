"""People who sign in to the pages."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session as DatabaseSession

from qbwc_server.store.tables import AuditEntry, Person

MAX_NAME_CHARACTERS = 120
SESSION_TOKEN_BYTES = 32
OWNER = "owner"
ROLES = (OWNER,)


class PersonError(ValueError):
    """A person that can't be added; says why and what to do."""


class PersonNameTaken(PersonError):
    """There is a person of this name, or of one that differs in case only."""


def add_person(session: DatabaseSession, name: str, password_hash: str, role: str, now: datetime) -> Person:
    """Adds a person who signs in as `name`. Raises PersonError, and PersonNameTaken."""
    if role not in ROLES:
        raise PersonError(f"there is no role {role!r}; there are: {', '.join(ROLES)}")
    if not 0 < len(name) <= MAX_NAME_CHARACTERS or not name.isprintable() or name != name.strip():
        raise PersonError(
            f"the name {name[:MAX_NAME_CHARACTERS]!r} can't be used; give 1 to {MAX_NAME_CHARACTERS} printable "
            "characters, without spaces around them"
        )
    person = Person(name=name, password_hash=password_hash, role=role, session_token=_new_token(), created_at=now)
    if session.scalar(select(Person.id).where(func.lower(Person.name) == func.lower(name)).limit(1)) is not None:
        raise _taken(name)
    try:
        with session.begin_nested():
            session.add(person)
    except IntegrityError:  # added by another process since we looked
        raise _taken(name) from None
    session.add(AuditEntry(at=now, who=name, what=f"was added as {role}", details={}))
    return person


def change_password(session: DatabaseSession, person: Person, password_hash: str, now: datetime, who: str) -> None:
    """Sets a new password, and ends every sign-in that was made with the old one."""
    person.password_hash = password_hash
    person.session_token = _new_token()
    session.add(AuditEntry(at=now, who=who, what=f"changed the password of {person.name}", details={}))
    session.flush()


def person_named(session: DatabaseSession, name: str) -> Person | None:
    """The person of exactly this name."""
    return session.scalar(select(Person).where(Person.name == name))


def count(session: DatabaseSession) -> int:
    """How many people there are; none before the first one has set up the pages."""
    return session.scalar(select(func.count()).select_from(Person)) or 0


def _new_token() -> str:
    return secrets.token_urlsafe(SESSION_TOKEN_BYTES)


def _taken(name: str) -> PersonNameTaken:
    return PersonNameTaken(f"there is a person named {name!r} already; choose another name")
