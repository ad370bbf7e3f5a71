"""People of the pages: one of each name, and a new password ends the sign-ins made with the old one."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import select

from qbwc_server.store.database import Database
from qbwc_server.store.people import (
    MAX_NAME_CHARACTERS,
    MAX_SIGN_INS_OF_PERSON,
    SIGNED_IN_FOR,
    LastOwner,
    PersonError,
    PersonNameTaken,
    add_person,
    add_sign_in,
    change_password,
    change_role,
    count,
    end_sign_in,
    person_named,
    remove_person,
    sign_in_by_digest,
    sign_ins_of,
)
from qbwc_server.store.tables import AuditEntry, SignIn

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


def test_a_new_password_ends_the_sign_ins_and_is_on_record(database: Database) -> None:
    with database.transaction() as session:
        person = add_person(session, "anna", "hash", "owner", NOW)
        add_sign_in(session, person.id, "digest", NOW, "192.0.2.7", "Firefox")
    with database.transaction() as session:
        found = person_named(session, "anna")
        assert found is not None
        change_password(session, found, "new hash", NOW, "bert")
    with database.reading() as session:
        found = person_named(session, "anna")
        assert found is not None
        assert found.password_hash == "new hash"
        assert sign_in_by_digest(session, "digest", NOW) is None
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
        assert [(entry.who, entry.what) for entry in entries] == [
            ("anna", "was added as owner"),
            ("bert", "changed the password of anna"),
        ]


def test_the_only_owner_can_not_be_removed_nor_made_a_viewer(database: Database) -> None:
    with database.transaction() as session:
        anna = add_person(session, "anna", "hash", "owner", NOW)
        bert = add_person(session, "bert", "hash", "viewer", NOW, "anna")
        with pytest.raises(LastOwner, match="anna is the only owner"):
            remove_person(session, anna, NOW, "anna")
        with pytest.raises(LastOwner, match="make another person an owner first"):
            change_role(session, anna, "viewer", NOW, "anna")
        change_role(session, bert, "owner", NOW, "anna")
        remove_person(session, anna, NOW, "bert")
    with database.reading() as session:
        assert person_named(session, "anna") is None
        said = session.scalars(select(AuditEntry.what).order_by(AuditEntry.id)).all()
        assert said == [
            "was added as owner",
            "added bert as viewer",
            "changed the role of bert from viewer to owner",
            "removed anna, who was owner",
        ]


def test_a_sign_in_ends_by_itself_after_its_time(database: Database) -> None:
    with database.transaction() as session:
        person = add_person(session, "anna", "hash", "owner", NOW)
        add_sign_in(session, person.id, "digest", NOW, "", "")
        assert sign_in_by_digest(session, "digest", NOW + SIGNED_IN_FOR - timedelta(seconds=1)) is not None
        assert sign_in_by_digest(session, "digest", NOW + SIGNED_IN_FOR) is None
        assert sign_ins_of(session, person.id, NOW + SIGNED_IN_FOR) == []


def test_nobody_ends_the_sign_in_of_another_by_its_number(database: Database) -> None:
    with database.transaction() as session:
        anna = add_person(session, "anna", "hash", "owner", NOW)
        bert = add_person(session, "bert", "hash", "viewer", NOW)
        made = add_sign_in(session, anna.id, "digest", NOW, "", "")
        assert not end_sign_in(session, bert.id, made.id)
        assert sign_in_by_digest(session, "digest", NOW) is not None
        assert end_sign_in(session, anna.id, made.id)
        assert sign_in_by_digest(session, "digest", NOW) is None


def test_the_sign_ins_that_are_kept_of_a_person_are_bounded(database: Database) -> None:
    with database.transaction() as session:
        person = add_person(session, "anna", "hash", "owner", NOW)
        for number in range(MAX_SIGN_INS_OF_PERSON + 3):
            add_sign_in(session, person.id, f"digest {number}", NOW + timedelta(seconds=number), "", "")
        kept = session.scalars(select(SignIn.token_digest)).all()
        assert len(kept) == MAX_SIGN_INS_OF_PERSON
        assert "digest 2" not in kept
        assert "digest 3" in kept
