"""A Web Connector and a person get in with the right password, and with no other."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from sqlalchemy import event

from qbwc_server.access.attempts import MAX_FAILURES_OF_USER, Attempts
from qbwc_server.access.passwords import Passwords
from qbwc_server.access.sign_in import SignIn
from qbwc_server.store.connections import add_connection, connection_named, set_password
from qbwc_server.store.database import Database
from qbwc_server.store.people import add_person, change_password, person_named
from tests.access.clocks import SECRET, CountingHasher, SteppingClock

NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
ADDRESS = "192.0.2.1"


@pytest.fixture
def hasher() -> CountingHasher:
    return CountingHasher()


@pytest.fixture
def passwords(hasher: CountingHasher) -> Passwords:
    return Passwords(SECRET, SteppingClock(), hasher)


@pytest.fixture
def sign_in(database: Database, passwords: Passwords) -> SignIn:
    return SignIn(database, passwords, Attempts(SteppingClock()))


@pytest.fixture
def connection_id(database: Database, passwords: Passwords) -> int:
    with database.transaction() as session:
        return add_connection(session, "shop", "web", passwords.hash("right password"), {}, NOW, "test").id


def test_a_web_connector_gets_in_with_user_name_and_password(sign_in: SignIn, connection_id: int) -> None:
    assert sign_in.connection("web", "right password", ADDRESS) == connection_id


@pytest.mark.parametrize(
    ("user_name", "password"),
    [
        ("web", "wrong"),
        ("web", ""),
        ("shop", "right password"),
        ("WEB", "right password"),
        ("", ""),
        ("w\0b", "right password"),
        ("\ud800", "\ud800"),
        ("w" * 10_000, "right password"),
    ],
)
def test_nobody_else_gets_in_and_each_pays_the_price(
    sign_in: SignIn, connection_id: int, hasher: CountingHasher, user_name: str, password: str
) -> None:
    assert sign_in.connection(user_name, password, ADDRESS) is None
    assert sign_in.person(user_name, password, ADDRESS) is None
    assert hasher.verified == 2


def test_an_idle_poll_costs_one_query_and_no_verification(
    sign_in: SignIn, connection_id: int, database: Database, hasher: CountingHasher
) -> None:
    sign_in.connection("web", "right password", ADDRESS)
    statements: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
    assert sign_in.connection("web", "right password", ADDRESS) == connection_id
    assert [statement.split()[0] for statement in statements if not statement.startswith("BEGIN")] == ["SELECT"]
    assert hasher.verified == 1


def test_a_changed_password_ends_the_old_one_at_once(
    sign_in: SignIn, connection_id: int, database: Database, passwords: Passwords
) -> None:
    assert sign_in.connection("web", "right password", ADDRESS) == connection_id
    with database.transaction() as session:
        set_password(session, connection_named(session, "shop"), passwords.hash("new password"), NOW, "test")
    assert sign_in.connection("web", "right password", ADDRESS) is None
    assert sign_in.connection("web", "new password", ADDRESS) == connection_id


def test_guessing_never_locks_out_the_right_password(sign_in: SignIn, connection_id: int) -> None:
    for number in range(MAX_FAILURES_OF_USER * 5):
        assert sign_in.connection("web", f"guess {number}", ADDRESS) is None
    assert sign_in.connection("web", "right password", ADDRESS) == connection_id


def test_a_person_gets_in_and_can_be_read_after_the_database_session(
    sign_in: SignIn, database: Database, passwords: Passwords
) -> None:
    with database.transaction() as session:
        add_person(session, "anna", passwords.hash("annas password"), "owner", NOW)
    person = sign_in.person("anna", "annas password", ADDRESS)
    assert person is not None
    assert (person.name, person.role) == ("anna", "owner")
    assert sign_in.person("anna", "wrong", ADDRESS) is None


def test_a_persons_password_opens_no_connection_of_the_same_name(
    sign_in: SignIn, database: Database, passwords: Passwords, connection_id: int
) -> None:
    with database.transaction() as session:
        add_person(session, "web", passwords.hash("persons password"), "owner", NOW)
    assert sign_in.person("web", "persons password", ADDRESS) is not None
    assert sign_in.connection("web", "persons password", ADDRESS) is None
    assert sign_in.person("web", "right password", ADDRESS) is None


def test_a_changed_password_of_a_person_is_the_only_one_that_opens(
    sign_in: SignIn, database: Database, passwords: Passwords
) -> None:
    with database.transaction() as session:
        add_person(session, "anna", passwords.hash("old password"), "owner", NOW)
    assert sign_in.person("anna", "old password", ADDRESS) is not None
    with database.transaction() as session:
        person = person_named(session, "anna")
        assert person is not None
        change_password(session, person, passwords.hash("new password"), NOW, "anna")
    assert sign_in.person("anna", "old password", ADDRESS) is None
    assert sign_in.person("anna", "new password", ADDRESS) is not None


def test_a_hash_made_at_an_old_price_is_made_anew_at_sign_in(
    sign_in: SignIn, database: Database, passwords: Passwords
) -> None:
    old = CountingHasher(time_cost=2).hash("right password")
    with database.transaction() as session:
        connection_id = add_connection(session, "shop", "", old, {}, NOW, "test").id
    assert sign_in.connection("shop", "right password", ADDRESS) == connection_id
    with database.reading() as session:
        stored = connection_named(session, "shop").password_hash
    assert stored != old
    assert not passwords.needs_rehash(stored)
    assert sign_in.connection("shop", "right password", ADDRESS) == connection_id
