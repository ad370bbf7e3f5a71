"""The first owner's account, and the guided first steps with a connection."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from qbwc_server.access.attempts import Attempts
from qbwc_server.access.passwords import Passwords
from qbwc_server.access.sign_in import SignIn
from qbwc_server.store.connections import connection_named, settings_of
from qbwc_server.store.database import Database
from qbwc_server.store.tables import Person
from qbwc_server.web import create_web
from qbwc_server.web.setup import is_held
from tests.web.builders import ACCOUNTS, NOON, add_connection, add_refund
from tests.web.conftest import PASSWORD, SECRET, Visitor

CODE = "abcdef-ghjkmn-pqrstu-vwxyz2"
OWNER = {"code": CODE, "name": "Ada", "password": PASSWORD, "again": PASSWORD}


@pytest.fixture
def empty(database: Database, passwords: Passwords) -> Flask:
    """The pages where nobody can sign in yet, with the code that the console said."""
    door = SignIn(database, passwords, Attempts())
    return create_web(database, door, secret_key=SECRET, passwords=passwords, clock=lambda: NOON, first_owner_code=CODE)


def people(database: Database) -> list[tuple[str, str]]:
    with database.reading() as session:
        return [(person.name, person.role) for person in session.query(Person)]


def test_where_nobody_can_sign_in_the_code_of_the_console_makes_the_owner_who_is_signed_in_at_once(
    empty: Flask, database: Database
) -> None:
    somebody = Visitor(empty.test_client())
    assert somebody.get("/login").headers["Location"] == "/welcome"
    assert somebody.post("/welcome", OWNER).headers["Location"] == "/setup"
    assert people(database) == [("Ada", "owner")]
    assert somebody.get("/setup").status_code == 200


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"code": "abcdef-ghjkmn-pqrstu-vwxyz3"}, "This is not the code."),
        ({"code": ""}, "This is not the code."),
        ({"password": "short", "again": "short"}, "at least 12 characters"),
        ({"again": "another one altogether"}, "The two passwords differ."),
        ({"name": ""}, "can&#39;t be used"),
    ],
)
def test_what_is_wrong_is_named_and_nobody_is_made(
    empty: Flask, database: Database, wrong: dict[str, str], said: str
) -> None:
    answer = Visitor(empty.test_client()).post("/welcome", {**OWNER, **wrong})
    assert answer.status_code == 422
    assert said in answer.text
    assert PASSWORD not in answer.text
    assert people(database) == []


def test_a_server_that_said_no_code_makes_no_owner_even_for_an_empty_one(
    database: Database, passwords: Passwords
) -> None:
    door = SignIn(database, passwords, Attempts())
    client = Visitor(create_web(database, door, secret_key=SECRET, passwords=passwords).test_client())
    assert "gave no code" in client.get("/welcome").text
    assert client.post("/welcome", {**OWNER, "code": ""}).status_code == 422
    assert people(database) == []


def test_guessing_the_code_is_slowed(empty: Flask) -> None:
    client = Visitor(empty.test_client())
    token = client.token("/welcome")
    codes = [client.client.post("/welcome", data={"csrf_token": token, "code": "x"}).status_code for _ in range(11)]
    assert codes == [422] * 10 + [429]


def test_once_there_is_a_person_the_page_is_gone(empty: Flask, database: Database) -> None:
    first = Visitor(empty.test_client())
    first.post("/welcome", OWNER)
    other = Visitor(empty.test_client())
    assert other.get("/welcome").headers["Location"] == "/login"
    answer = other.post("/welcome", {**OWNER, "name": "Eve"}, form_on="/login")
    assert answer.headers["Location"] == "/login"
    assert people(database) == [("Ada", "owner")]


def test_a_connection_is_made_on_a_page_and_its_password_is_shown_once(
    ada: Visitor, database: Database, passwords: Passwords
) -> None:
    page = ada.post("/setup", {"name": "main", "time_zone": "America/New_York"}).text
    shown = re.search(r"<code>([a-z0-9-]{27})</code>", page)
    assert shown
    assert SignIn(database, passwords, Attempts()).connection("main", shown[1], "") is not None
    assert shown[1] not in ada.get("/connections/main/setup/connector").text
    with database.reading() as session:
        assert settings_of(connection_named(session, "main")).time_zone == "America/New_York"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": "two words"}, "can&#39;t name a connection"),
        ({"name": "main", "time_zone": "Moon/Sea"}, "is not a time zone"),
    ],
)
def test_a_connection_that_cannot_be_is_not_made(ada: Visitor, given: dict[str, str], said: str) -> None:
    answer = ada.post("/setup", given)
    assert answer.status_code == 422
    assert said in answer.text
    assert ada.get("/connections/main").status_code == 404


def test_a_new_password_ends_the_old_one(ada: Visitor, database: Database, passwords: Passwords) -> None:
    door = SignIn(database, passwords, Attempts())
    old = re.search(r"<code>([a-z0-9-]{27})</code>", ada.post("/setup", {"name": "main"}).text)
    new = re.search(
        r"<code>([a-z0-9-]{27})</code>",
        ada.post("/connections/main/password", form_on="/connections/main/setup/connector").text,
    )
    assert old
    assert new
    assert (door.connection("main", old[1], ""), door.connection("main", new[1], "")) == (None, 1)


def test_the_steps_follow_what_happened_and_each_can_be_come_back_to(ada: Visitor, database: Database) -> None:
    ada.post("/setup", {"name": "main"})

    def now() -> str:
        return ada.get("/connections/main/setup").headers["Location"].rsplit("/", 1)[1]

    assert now() == "connector"
    assert "The Web Connector has not signed in yet" in ada.get("/connections/main/setup/connector").text
    with database.transaction() as session:
        main = connection_named(session, "main")
        main.last_seen_at, main.company.accounts, main.company.company = NOON, ACCOUNTS, {"company_name": "Goods"}
    assert "QuickBooks is connected" in ada.get("/connections/main/setup/connector").text
    assert now() == "account"
    refused = ada.post("/connections/main/setup/account", {"refund_account": "Sales"})
    assert refused.status_code == 422
    ada.post("/connections/main/setup/account", {"refund_account": "Shopify Clearing"})
    assert now() == "import"
    with database.transaction() as session:
        main = connection_named(session, "main")
        assert settings_of(main).refund_account == "Shopify Clearing"
        add_refund(session, main, "#1001")
    assert now() == "look"
    assert "#1001" in ada.get("/connections/main/setup/look").text
    ada.post("/connections/main/setup/go", form_on="/connections/main/setup/look")
    assert "All set." in ada.get("/connections/main/setup/look").text
    for key in ("connector", "account", "import", "look"):
        assert 'aria-current="step"' in ada.get(f"/connections/main/setup/{key}").text


def test_a_connection_of_the_pages_enters_nothing_until_somebody_says_go(ada: Visitor, database: Database) -> None:
    ada.post("/setup", {"name": "main"})
    with database.reading() as session:
        assert is_held(connection_named(session, "main"))
    assert "Dry run." in ada.get("/connections/main/setup/look").text
    ada.post("/connections/main/setup/go", form_on="/connections/main/setup/look")
    with database.reading() as session:
        assert not is_held(connection_named(session, "main"))


def test_a_viewer_may_look_at_the_steps_but_take_none(web: Flask, database: Database) -> None:
    with database.transaction() as session:
        add_connection(session)
    vera = Visitor(web.test_client())
    vera.sign_in("Vera")
    assert vera.get("/connections/main/setup/look").status_code == 200
    assert vera.get("/setup").status_code == 403
    for path in ("/setup", "/connections/main/password", "/connections/main/setup/go"):
        assert vera.post(path, form_on="/connections/main/setup/connector").status_code == 403, path
