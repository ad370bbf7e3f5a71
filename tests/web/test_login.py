"""Who gets to see the pages, and how they come in and go out."""

from __future__ import annotations

import pytest
from flask import Flask

from qbwc_server.access.passwords import Passwords
from qbwc_server.store.database import Database
from qbwc_server.store.people import change_password, person_named
from tests.web.builders import NOON, add_connection, add_posted_refund
from tests.web.conftest import Visitor, example_path

OPEN_VIEWS = {
    "first_run.show",
    "first_run.make",
    "account.choose_appearance",
    "health.health",
    "health.metrics",
    "login.ask_code",
    "login.show",
    "login.sign_in",
    "login.take_code",
    "static",
    "webhooks.deliver",  # signed
    "support.show",
}
WRONG = "This name and password do not belong together."


@pytest.fixture
def pages(database: Database) -> list[str]:
    """Every page that shows something of the books."""
    with database.transaction() as session:
        refund = add_posted_refund(session, add_connection(session))
        return [
            "/",
            "/connections/main",
            "/connections/main/refunds",
            "/connections/main/sessions",
            "/connections/main/connex.qwc",
            f"/refunds/{refund.id}",
        ]


def test_every_page_of_the_books_needs_a_login(stranger: Visitor, pages: list[str]) -> None:
    for path in pages:
        answer = stranger.get(path)
        assert answer.status_code == 302, path
        assert answer.location.startswith("/login?next="), path
        assert b"1001" not in answer.data


def test_every_page_opens_after_the_login(ada: Visitor, pages: list[str]) -> None:
    assert {path: ada.get(path).status_code for path in pages} == dict.fromkeys(pages, 200)


def test_every_view_that_is_not_for_everybody_sends_strangers_to_the_login(web: Flask, stranger: Visitor) -> None:
    closed = [rule for rule in web.url_map.iter_rules() if rule.endpoint not in OPEN_VIEWS]
    assert len(closed) >= 25
    for rule in closed:
        path = example_path(rule.rule)
        method = "GET" if "GET" in (rule.methods or ()) else "POST"
        token = {"csrf_token": stranger.token("/login")} if method == "POST" else {}
        answer = stranger.client.open(path, method=method, data=token)
        assert (answer.status_code, answer.location.split("?")[0]) == (302, "/login"), path


def test_the_login_leads_to_the_page_that_was_asked_for(stranger: Visitor, pages: list[str]) -> None:
    asked = stranger.get("/connections/main/refunds?status=review&page=1")
    form = stranger.get(asked.location)
    assert 'name="next" value="/connections/main/refunds?status=review&amp;page=1"' in form.text
    answer = stranger.sign_in(next="/connections/main/refunds?status=review&page=1")
    assert answer.location == "/connections/main/refunds?status=review&page=1"


@pytest.mark.parametrize(
    "target",
    [
        "https://elsewhere.example/",
        "//elsewhere.example/",
        "///elsewhere.example/",
        "/\\elsewhere.example/",
        "\\\\elsewhere.example/",
        "/\t/elsewhere.example/",
        "javascript:alert(1)",
        "elsewhere.example",
        "/" + "a" * 2000,
    ],
)
def test_the_login_never_leads_elsewhere(stranger: Visitor, target: str) -> None:
    assert "elsewhere" not in stranger.get("/login", {"next": target}).text
    assert stranger.sign_in(next=target).location == "/"
    assert stranger.get("/login", {"next": target}).location == "/"


def test_an_unknown_name_and_a_wrong_password_get_the_same_answer(stranger: Visitor) -> None:
    answers = [
        stranger.sign_in("Ada", "not hers"),
        stranger.sign_in("Nobody", "not hers"),
        stranger.sign_in("Ada", ""),
        stranger.sign_in("", ""),
        stranger.sign_in("A" * 500, "x"),
    ]
    assert [answer.status_code for answer in answers] == [401] * 5
    assert all(WRONG in answer.text for answer in answers)
    assert (
        answers[0].text.replace("Ada", "-").split("csrf")[0] == answers[1].text.replace("Nobody", "-").split("csrf")[0]
    )
    assert stranger.get("/").status_code == 302


def test_attempts_from_one_address_are_limited(stranger: Visitor) -> None:
    token = stranger.token("/login")
    codes = [
        stranger.client.post("/login", data={"csrf_token": token, "name": "Ada", "password": "no"}).status_code
        for _ in range(21)
    ]
    assert codes == [401] * 20 + [429]
    blocked = stranger.client.post("/login", data={"csrf_token": token})
    assert "Too many attempts" in blocked.text
    assert stranger.get("/login").status_code == 200


def test_signing_out_ends_the_sign_in(ada: Visitor) -> None:
    assert ada.post("/logout", form_on="/").location == "/login"
    assert ada.get("/").status_code == 302


def test_signing_out_by_a_link_is_not_possible(ada: Visitor) -> None:
    assert ada.get("/logout").status_code == 405
    assert ada.get("/").status_code == 200


def test_a_new_password_ends_other_sign_ins(ada: Visitor, database: Database, passwords: Passwords) -> None:
    assert ada.get("/").status_code == 200
    with database.transaction() as session:
        person = person_named(session, "Ada")
        assert person is not None
        change_password(session, person, passwords.hash("another one"), NOON, "Ada")
    assert ada.get("/").status_code == 302
    assert ada.sign_in(password="another one").status_code == 302
    assert ada.get("/").status_code == 200


def test_a_person_who_is_gone_is_signed_out(ada: Visitor, database: Database) -> None:
    with database.transaction() as session:
        session.delete(person_named(session, "Ada"))
    assert ada.get("/").status_code == 302


def test_a_cookie_that_was_made_up_opens_nothing(stranger: Visitor) -> None:
    stranger.client.set_cookie("connex_session", "eyJfdXNlcl9pZCI6IjEuYWJjIn0.aaaaaa.bbbbbbbbbbbbbbbbbbbb")
    assert stranger.get("/").status_code == 302


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(stranger: Visitor) -> None:
    cookie = stranger.sign_in().headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


def test_over_https_the_cookie_never_travels_in_the_clear(stranger: Visitor) -> None:
    answer = stranger.client.get("/login", base_url="https://books.example")
    assert "Secure" in answer.headers["Set-Cookie"]


def test_a_login_without_its_token_is_refused(stranger: Visitor) -> None:
    answer = stranger.client.post("/login", data={"name": "Ada", "password": "x"})
    assert answer.status_code == 400
    assert "This form has expired" in answer.text
