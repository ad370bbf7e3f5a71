"""People who sign in to the pages: their roles, their sign-ins, their second factor; each change is on record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session as DatabaseSession
from sqlalchemy.orm import joinedload

from qbwc_server.store.tables import AuditEntry, Person, RecoveryCode, SignIn

MAX_NAME_CHARACTERS = 120
MAX_PEOPLE = 500  # shown and kept
MAX_BROWSER_CHARACTERS = 200
MAX_ADDRESS_CHARACTERS = 64
MAX_SIGN_INS_OF_PERSON = 50  # the one not used for longest gives way
SIGNED_IN_FOR = timedelta(hours=12)
SEEN_AGAIN_AFTER = timedelta(minutes=5)  # so that reading pages seldom writes
OWNER, ACCOUNTANT, VIEWER = "owner", "accountant", "viewer"
ROLES = (OWNER, ACCOUNTANT, VIEWER)


class PersonError(ValueError):
    """Something that can't be done with a person; says why and what to do."""


class PersonNameTaken(PersonError):
    """There is a person of this name, or of one that differs in case only."""


class LastOwner(PersonError):
    """Without this owner nobody could add people any more."""


def add_person(
    session: DatabaseSession, name: str, password_hash: str, role: str, now: datetime, who: str = ""
) -> Person:
    """Adds a person who signs in as `name`; an empty `who` is the person. Raises PersonError, PersonNameTaken."""
    _check_role(role)
    if not 0 < len(name) <= MAX_NAME_CHARACTERS or not name.isprintable() or name != name.strip():
        raise PersonError(
            f"the name {name[:MAX_NAME_CHARACTERS]!r} can't be used; give 1 to {MAX_NAME_CHARACTERS} printable "
            "characters, without spaces around them"
        )
    if count(session) >= MAX_PEOPLE:
        raise PersonError(f"there are {MAX_PEOPLE} people already, and no more are kept; remove one first")
    person = Person(name=name, password_hash=password_hash, role=role, created_at=now)
    if session.scalar(select(Person.id).where(func.lower(Person.name) == func.lower(name)).limit(1)) is not None:
        raise _taken(name)
    try:
        with session.begin_nested():
            session.add(person)
    except IntegrityError:  # added by another process since we looked
        raise _taken(name) from None
    if who and who != name:
        record(session, who, f"added {name} as {role}", now)
    else:
        record(session, name, f"was added as {role}", now)
    return person


def change_role(session: DatabaseSession, person: Person, role: str, now: datetime, who: str) -> None:
    """Gives a person another role; it holds from their next page on. Raises PersonError, LastOwner."""
    _check_role(role)
    if role == person.role:
        return
    _check_not_last_owner(session, person)
    before, person.role = person.role, role
    details = {"before": {"role": before}, "after": {"role": role}}
    record(session, who, f"changed the role of {person.name} from {before} to {role}", now, details)


def remove_person(session: DatabaseSession, person: Person, now: datetime, who: str) -> None:
    """Removes a person and ends their sign-ins; what they did stays on record. Raises LastOwner."""
    _check_not_last_owner(session, person)
    record(session, who, f"removed {person.name}, who was {person.role}", now)
    session.delete(person)
    session.flush()


def change_password(
    session: DatabaseSession, person: Person, password_hash: str, now: datetime, who: str, *, keep: int | None = None
) -> None:
    """Sets a new password, and ends every sign-in that was made with the old one, but that of id `keep`."""
    person.password_hash = password_hash
    end_sign_ins(session, person, keep=keep)
    record(session, who, f"changed the password of {person.name}", now)


def turn_factor_on(
    session: DatabaseSession, person: Person, salt: str, digests: Sequence[str], step: int, now: datetime
) -> None:
    """Gives a person a second factor, proved by the code of `step`, with the digests of its recovery codes."""
    _forget_factor(session, person)
    person.factor_salt, person.factor_last_step = salt, step
    session.add_all(RecoveryCode(person_id=person.id, digest=digest) for digest in digests)
    record(session, person.name, f"switched on the second factor of {person.name}", now)


def replace_recovery_codes(session: DatabaseSession, person: Person, digests: Sequence[str], now: datetime) -> None:
    """Gives a person new recovery codes; the old ones end."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person.id))
    session.add_all(RecoveryCode(person_id=person.id, digest=digest) for digest in digests)
    record(session, person.name, f"made new recovery codes for {person.name}", now)


def turn_factor_off(session: DatabaseSession, person: Person, now: datetime, who: str) -> None:
    """Takes a person's second factor away."""
    _forget_factor(session, person)
    record(session, who, f"switched off the second factor of {person.name}", now)


def count_recovery_codes(session: DatabaseSession, person_id: int) -> int:
    """How many recovery codes a person has left."""
    return session.scalar(select(func.count()).where(RecoveryCode.person_id == person_id)) or 0


def add_sign_in(
    session: DatabaseSession, person_id: int, token_digest: str, now: datetime, remote_address: str, browser: str
) -> SignIn:
    """Records that a person is signed in in one more browser; those long past go."""
    session.execute(delete(SignIn).where(SignIn.person_id == person_id, SignIn.created_at <= now - SIGNED_IN_FOR))
    kept = select(SignIn.id).where(SignIn.person_id == person_id).order_by(SignIn.last_seen_at.desc())
    ids = list(session.scalars(kept.offset(MAX_SIGN_INS_OF_PERSON - 1).limit(MAX_SIGN_INS_OF_PERSON)))
    session.execute(delete(SignIn).where(SignIn.id.in_(ids)))
    made = SignIn(
        person_id=person_id,
        token_digest=token_digest,
        created_at=now,
        last_seen_at=now,
        remote_address=remote_address[:MAX_ADDRESS_CHARACTERS],
        browser="".join(c for c in browser if c.isprintable())[:MAX_BROWSER_CHARACTERS],
    )
    session.add(made)
    session.flush()
    return made


def sign_in_by_digest(session: DatabaseSession, token_digest: str, now: datetime) -> SignIn | None:
    """The sign-in of a browser's token, with its person; None where it has ended."""
    return session.scalar(
        select(SignIn)
        .where(SignIn.token_digest == token_digest, SignIn.created_at > now - SIGNED_IN_FOR)
        .options(joinedload(SignIn.person))
    )


def seen(session: DatabaseSession, sign_in_id: int, now: datetime) -> None:
    """Notes that a signed-in browser was here."""
    found = session.get(SignIn, sign_in_id)
    if found is not None:
        found.last_seen_at = now


def sign_ins_of(session: DatabaseSession, person_id: int, now: datetime) -> Sequence[SignIn]:
    """Where a person is signed in, the last used first."""
    return session.scalars(
        select(SignIn)
        .where(SignIn.person_id == person_id, SignIn.created_at > now - SIGNED_IN_FOR)
        .order_by(SignIn.last_seen_at.desc(), SignIn.id.desc())
        .limit(MAX_SIGN_INS_OF_PERSON)
    ).all()


def end_sign_in(session: DatabaseSession, person_id: int, sign_in_id: int) -> bool:
    """Ends one sign-in of a person; whether there was one."""
    found = session.scalar(select(SignIn).where(SignIn.id == sign_in_id, SignIn.person_id == person_id))
    if found is None:
        return False
    session.delete(found)
    return True


def end_sign_ins(session: DatabaseSession, person: Person, *, keep: int | None = None) -> None:
    """Ends a person's sign-ins, all but that of id `keep`."""
    ending = delete(SignIn).where(SignIn.person_id == person.id)
    session.execute(ending if keep is None else ending.where(SignIn.id != keep))


def everybody(session: DatabaseSession) -> Sequence[Person]:
    """Everyone who can sign in, by name."""
    return session.scalars(select(Person).order_by(func.lower(Person.name)).limit(MAX_PEOPLE)).all()


def count_sign_ins(session: DatabaseSession, now: datetime) -> dict[int, int]:
    """In how many browsers each person is signed in, by the person's id; who is in none is left out."""
    rows = session.execute(
        select(SignIn.person_id, func.count())
        .where(SignIn.created_at > now - SIGNED_IN_FOR)
        .group_by(SignIn.person_id)
        .limit(MAX_PEOPLE)
    )
    return {person_id: found for person_id, found in rows}  # noqa: C416  a Row is not a pair to mypy


def person_named(session: DatabaseSession, name: str) -> Person | None:
    """The person of exactly this name."""
    return session.scalar(select(Person).where(Person.name == name))


def count(session: DatabaseSession) -> int:
    """How many people there are; none before the first one has set up the pages."""
    return session.scalar(select(func.count()).select_from(Person)) or 0


def record(session: DatabaseSession, who: str, what: str, now: datetime, details: dict[str, Any] | None = None) -> None:
    """Puts on record what somebody did that belongs to no connection."""
    session.add(AuditEntry(at=now, who=who, what=what, details=details or {}))
    session.flush()


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise PersonError(f"there is no role {role!r}; there are: {', '.join(ROLES)}")


def _check_not_last_owner(session: DatabaseSession, person: Person) -> None:
    # Locked, so that two owners can't take each other away at the same moment.
    owners = session.scalars(select(Person.id).where(Person.role == OWNER).with_for_update()).all()
    if list(owners) == [person.id]:
        raise LastOwner(f"{person.name} is the only owner; make another person an owner first")


def _forget_factor(session: DatabaseSession, person: Person) -> None:
    session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person.id))
    person.factor_salt, person.factor_last_step = "", None
    person.factor_failures, person.factor_failed_at = 0, None


def _taken(name: str) -> PersonNameTaken:
    return PersonNameTaken(f"there is a person named {name!r} already; choose another name")
