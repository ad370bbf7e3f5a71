"""People of the pages: one of each name, and a new password ends the sign-ins made with the old one."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from sqlalchemy import select

from qbwc_server.store.database import Database
from qbwc_server.store.people import (
    MAX_NAME_CHARACTERS,
    PersonError,
    PersonNameTaken,
    add_person,
    change_password,
    count,
    person_named,
)
from qbwc_server.store.tables import AuditEntry

NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)


def test_a_person_is_found_by_name_and_counted(database: Database) -> None:
    with database.transaction() as session:
        assert count(session) == 0
        add_person(session, "Anna Müller", "hash", "owner", NOW)
    with database.reading() as session:
        person = person_named(session, "Anna Müller")
        assert person is not None
        assert (person.role, person.password_hash, person.created_at) == ("owner", "hash", NOW)
        assert person_named(session, "anna müller") is None
        assert count(session) == 1


@pytest.mark.parametrize("name", ["anna", "ANNA"])
def test_a_name_is_given_once_in_whatever_case(database: Database, name: str) -> None:
    with database.transaction() as session:
        add_person(session, "anna", "hash", "owner", NOW)
    with pytest.raises(PersonNameTaken, match="choose another name"), database.transaction() as session:
        add_person(session, name, "hash", "owner", NOW)


@pytest.mark.parametrize("name", ["", " anna", "an\nna", "x" * (MAX_NAME_CHARACTERS + 1)])
def test_a_name_that_can_not_be_typed_is_refused(database: Database, name: str) -> None:
    with pytest.raises(PersonError, match="printable"), database.transaction() as session:
        add_person(session, name, "hash", "owner", NOW)


def test_an_unknown_role_is_refused_with_those_that_there_are(database: Database) -> None:
    with pytest.raises(PersonError, match=r"'king'.*owner"), database.transaction() as session:
        add_person(session, "anna", "hash", "king", NOW)


def test_a_new_password_brings_a_new_session_token_and_is_on_record(database: Database) -> None:
    with database.transaction() as session:
        person = add_person(session, "anna", "hash", "owner", NOW)
        old_token = person.session_token
    with database.transaction() as session:
        found = person_named(session, "anna")
        assert found is not None
        change_password(session, found, "new hash", NOW, "bert")
    with database.reading() as session:
        found = person_named(session, "anna")
        assert found is not None
        assert found.password_hash == "new hash"
        assert len(old_token) >= 43
        assert found.session_token != old_token
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
        assert [(entry.who, entry.what) for entry in entries] == [
            ("anna", "was added as owner"),
            ("bert", "changed the password of anna"),
        ]
