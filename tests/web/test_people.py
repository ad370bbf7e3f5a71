"""Roles, people, the own account with its second factor, and the record of who did what."""

from __future__ import annotations

import re

import pyotp
import pytest
from flask import Flask
from sqlalchemy import select

from qbwc_server.access.rights import Right, may
from qbwc_server.store.database import Database
from qbwc_server.store.people import person_named
from qbwc_server.store.tables import AuditEntry, Person
from qbwc_server.web.site import is_open_to_everybody, right_of
from tests.web.builders import NOON, add_connection, add_person, add_posted_refund
from tests.web.conftest import PASSWORD, Visitor, example_path
from tests.web.test_login import OPEN_VIEWS


def person_id(database: Database, name: str) -> int:
    with database.reading() as session:
        found = person_named(session, name)
        assert found is not None
        return found.id


def said(database: Database) -> list[str]:
    """What stands on record, the newest last."""
    with database.reading() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id))
        return [f"{entry.who} {entry.what}" for entry in entries]


def signed_in(web: Flask, name: str) -> Visitor:
    visitor = Visitor(web.test_client())
    assert visitor.sign_in(name).location == "/"
    return visitor


def test_every_view_names_the_right_that_it_needs_or_is_for_everybody(web: Flask) -> None:
    for endpoint, view in web.view_functions.items():
        if endpoint in OPEN_VIEWS:
            assert right_of(view) is None, endpoint
            assert endpoint == "static" or is_open_to_everybody(view), endpoint
        else:
            assert isinstance(right_of(view), Right), endpoint
            assert not is_open_to_everybody(view), endpoint


@pytest.mark.parametrize("role", ["owner", "accountant", "viewer", "nonsense"])
def test_each_role_opens_exactly_the_pages_that_its_rights_name(web: Flask, database: Database, role: str) -> None:
    with database.transaction() as session:
        vera = person_named(session, "Vera")
        assert vera is not None
        vera.role = role
        add_posted_refund(session, add_connection(session))
    web.config["WTF_CSRF_ENABLED"] = False
    client = web.test_client()
    client.post("/login", data={"name": "Vera", "password": PASSWORD})
    for rule in web.url_map.iter_rules():
        right = right_of(web.view_functions[rule.endpoint])
        if right is None or rule.endpoint == "login.sign_out":
            continue
        path = example_path(rule.rule.replace("<int:person_id>", "999"))
        method = "GET" if "GET" in (rule.methods or ()) else "POST"
        status = client.open(path, method=method).status_code
        assert (status != 403) == may(role, right), f"{method} {path} gave {status}"


def test_a_view_that_names_no_right_opens_for_nobody(web: Flask) -> None:
    web._got_first_request = False
    web.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    assert signed_in(web, "Ada").get("/forgotten").status_code == 403


def test_an_owner_adds_a_person_whose_password_is_shown_once(web: Flask, ada: Visitor, database: Database) -> None:
    page = ada.post("/people", {"name": "Bert", "role": "accountant"}).text
    password = re.findall(r"<code>([a-z0-9-]{27})</code>", page)[0]
    bert = Visitor(web.test_client())
    assert bert.sign_in("Bert", password).location == "/"
    assert "Who did what" in bert.get("/").text
    assert password not in ada.get("/people").text
    assert "Ada added Bert as accountant" in said(database)


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ({"name": "ada", "role": "viewer"}, "There is a person named &#39;ada&#39; already"),
        ({"name": "", "role": "viewer"}, "can&#39;t be used"),
        ({"name": "Bert", "role": "king"}, "There is no role &#39;king&#39;"),
    ],
)
def test_a_person_who_can_not_be_added_is_refused_with_the_reason(ada: Visitor, form: dict[str, str], why: str) -> None:
    answer = ada.post("/people", form)
    assert answer.status_code == 422
    assert why in answer.text


def test_a_new_role_holds_from_the_next_page_on(web: Flask, ada: Visitor, database: Database) -> None:
    vera = signed_in(web, "Vera")
    assert vera.get("/audit").status_code == 403
    ada.post(f"/people/{person_id(database, 'Vera')}/role", {"role": "accountant"}, form_on="/people")
    assert vera.get("/audit").status_code == 200


def test_the_only_owner_stays_owner(ada: Visitor, database: Database) -> None:
    ada_id = person_id(database, "Ada")
    for path, form in ((f"/people/{ada_id}/role", {"role": "viewer"}), (f"/people/{ada_id}/remove", {})):
        answer = ada.post(path, form, form_on="/people")
        assert answer.status_code == 422
        assert "Ada is the only owner; make another person an owner first." in answer.text
    assert ada.get("/people").status_code == 200


def test_an_owner_ends_the_sign_ins_of_a_person_and_removes_them(web: Flask, ada: Visitor, database: Database) -> None:
    vera_id = person_id(database, "Vera")
    vera = signed_in(web, "Vera")
    assert "in 1 browser" in ada.get("/people").text
    ada.post(f"/people/{vera_id}/sign-ins", form_on="/people")
    assert vera.get("/").status_code == 302
    assert vera.sign_in("Vera").location == "/"
    ada.post(f"/people/{vera_id}/remove", form_on="/people")
    assert vera.get("/").status_code == 302
    assert vera.sign_in("Vera").status_code == 401
    assert said(database)[-1] == "Ada removed Vera, who was viewer"


def test_who_forgot_the_password_gets_a_new_one_from_an_owner(web: Flask, ada: Visitor, database: Database) -> None:
    page = ada.post(f"/people/{person_id(database, 'Vera')}/password", form_on="/people").text
    password = re.findall(r"<code>([a-z0-9-]{27})</code>", page)[0]
    visitor = Visitor(web.test_client())
    assert visitor.sign_in("Vera").status_code == 401
    assert visitor.sign_in("Vera", password).location == "/"


def test_a_new_password_of_ones_own_ends_the_other_sign_ins_alone(web: Flask, ada: Visitor) -> None:
    elsewhere = signed_in(web, "Ada")
    new = {"new": "some other long words", "again": "some other long words"}
    assert ada.post("/account/password", {"current": "wrong", **new}, form_on="/account").status_code == 422
    assert ada.post("/account/password", {"current": PASSWORD, **new}, form_on="/account").status_code == 302
    assert ada.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 302
    assert elsewhere.sign_in("Ada").status_code == 401


@pytest.mark.parametrize(
    ("new", "again", "why"),
    [
        ("short", "short", "Choose at least 12 characters."),
        ("a" * 20, "a" * 20, "This is too easy to guess."),
        ("some long words here", "other long words here", "The two new passwords differ."),
    ],
)
def test_a_password_that_can_not_be_chosen_says_why(ada: Visitor, new: str, again: str, why: str) -> None:
    form = {"current": PASSWORD, "new": new, "again": again}
    answer = ada.post("/account/password", form, form_on="/account")
    assert answer.status_code == 422
    assert why in answer.text


def switch_factor_on(visitor: Visitor) -> tuple[pyotp.TOTP, list[str]]:
    """Sets the second factor up as a person does; the application, and the recovery codes."""
    visitor.post("/account/second-factor", {"current": PASSWORD}, form_on="/account")
    page = visitor.get("/account/second-factor").text
    assert "<svg" in page
    totp = pyotp.TOTP(re.findall(r"<code>([A-Z2-7 ]{39})</code>", page)[0].replace(" ", ""))
    wrong = visitor.post("/account/second-factor/confirm", {"code": "nonsense"}, form_on="/account/second-factor")
    assert wrong.status_code == 422
    code = totp.at(NOON)
    shown = visitor.post("/account/second-factor/confirm", {"code": code}, form_on="/account/second-factor").text
    codes = re.findall(r"<li><code>([a-z0-9-]+)</code></li>", shown)
    assert len(codes) == 10
    return totp, codes


def test_with_a_second_factor_the_password_alone_opens_nothing(web: Flask, ada: Visitor) -> None:
    totp, codes = switch_factor_on(ada)
    thief = Visitor(web.test_client())
    assert thief.sign_in("Ada", next="/people").location == "/login/code"
    assert thief.get("/").status_code == 302
    assert thief.post("/login/code", {"code": "123456x"}).status_code == 401
    assert thief.get("/people").status_code == 302
    used = thief.post("/login/code", {"code": totp.at(NOON)})
    assert used.status_code == 401, "the code that switched it on is used up"
    assert thief.post("/login/code", {"code": codes[0]}).location == "/people"
    assert thief.get("/people").status_code == 200
    again = Visitor(web.test_client())
    again.sign_in("Ada")
    assert again.post("/login/code", {"code": codes[0]}).status_code == 401


def test_the_second_factor_is_switched_off_with_password_and_code(web: Flask, ada: Visitor, database: Database) -> None:
    _, codes = switch_factor_on(ada)
    off = "/account/second-factor/off"
    assert ada.post(off, {"current": "wrong", "code": codes[0]}, form_on="/account").status_code == 422
    assert ada.post(off, {"current": PASSWORD, "code": "wrong"}, form_on="/account").status_code == 422
    assert ada.post(off, {"current": PASSWORD, "code": codes[1]}, form_on="/account").status_code == 302
    assert signed_in(web, "Ada").get("/").status_code == 200
    assert said(database)[-2] == "Ada switched off the second factor of Ada"


def test_an_owner_takes_away_a_lost_second_factor_but_not_the_own(web: Flask, ada: Visitor, database: Database) -> None:
    vera = signed_in(web, "Vera")
    switch_factor_on(vera)
    switch_factor_on(ada)
    own = ada.post(f"/people/{person_id(database, 'Ada')}/second-factor", form_on="/people")
    assert own.status_code == 403
    ada.post(f"/people/{person_id(database, 'Vera')}/second-factor", form_on="/people")
    assert signed_in(web, "Vera").get("/").status_code == 200


def test_a_sign_in_elsewhere_is_seen_and_ended(web: Flask, ada: Visitor) -> None:
    elsewhere = signed_in(web, "Ada")
    page = ada.get("/account").text
    assert "this one" in page
    other = re.findall(r'name="sign_in" value="(\d+)"', page)
    assert len(other) == 1
    ada.post("/account/sign-ins/end", {"sign_in": other[0]}, form_on="/account")
    assert elsewhere.get("/").status_code == 302
    assert ada.get("/").status_code == 200


def test_amounts_and_dates_are_written_as_the_person_or_the_browser_asks(ada: Visitor, database: Database) -> None:
    with database.transaction() as session:
        add_posted_refund(session, add_connection(session, settings={"time_zone": "Europe/Berlin"}))
    by_browser = ada.client.get("/refunds/1", headers={"Accept-Language": "de-DE,de;q=0.9"}).text
    assert "41,04 USD" in by_browser
    assert "01.03.2024, 13:00 CET" in by_browser
    assert '<time datetime="2024-03-01T12:00:00+00:00" lang="de-DE">' in by_browser
    ada.post("/account/language", {"locale": "en_GB"}, form_on="/account")
    chosen = ada.client.get("/refunds/1", headers={"Accept-Language": "de-DE"}).text
    assert "1 Mar 2024, 13:00 CET" in chosen
    assert ada.post("/account/language", {"locale": "xx_XX"}, form_on="/account").status_code == 422


def test_the_appearance_is_kept_in_a_cookie_and_leads_nowhere_else(stranger: Visitor) -> None:
    answer = stranger.post("/appearance", {"theme": "dark", "next": "//elsewhere.example/"}, form_on="/login")
    assert answer.location == "/"
    assert '<html lang="en" data-theme="dark">' in stranger.get("/login").text
    stranger.post("/appearance", {"theme": "<script>", "next": "/login"}, form_on="/login")
    assert 'data-theme="dark"' in stranger.get("/login").text


def test_the_record_is_narrowed_by_person_and_connection_and_has_pages(ada: Visitor, database: Database) -> None:
    with database.transaction() as session:
        main = add_connection(session)
        for number in range(60):
            who = "Bert" if number % 2 else "Cleo"
            entry = AuditEntry(at=NOON, who=who, what=f"did thing {number:02}", connection_id=main.id, details={})
            session.add(entry)
        session.add(AuditEntry(at=NOON, who="Bert", what="did <b>more</b>", connection_id=None, details={}))
    first = ada.get("/audit", {"connection": "main"}).text
    assert ("did thing 59" in first, "did thing 10" in first, "did thing 09" in first) == (True, True, False)
    assert "more&lt;/b&gt;" not in first
    older = re.findall(r'rel="next" href="([^"]+)"', first)[0].replace("&amp;", "&")
    second = ada.get(older).text
    assert ("did thing 09" in second, "did thing 10" in second) == (True, False)
    newer = re.findall(r'rel="prev" href="([^"]+)"', second)[0].replace("&amp;", "&")
    assert "did thing 59" in ada.get(newer).text
    of_bert = ada.get("/audit", {"who": "Bert"}).text
    assert ("did thing 59" in of_bert, "did thing 58" in of_bert) == (True, False)
    assert "did &lt;b&gt;more&lt;/b&gt;" in of_bert
    assert ada.get("/audit", {"before": "x"}).status_code == 400
    assert ada.get("/audit", {"connection": "nowhere"}).status_code == 400


def test_a_change_of_settings_stands_on_record_with_before_and_after(ada: Visitor, database: Database) -> None:
    with database.transaction() as session:
        add_connection(session)
    ada.post("/connections/main", {"refund_receipt": "true", "refund_account": "Checking"})
    page = ada.get("/audit").text
    assert "changed the settings" in page
    assert re.search(r"Refund deposit account: <del>.*?empty</del> → <ins>.*?Checking</ins>", page)


def test_nobody_is_left_who_was_never_there(database: Database, ada: Visitor) -> None:
    assert ada.post("/people/999/remove", form_on="/people").status_code == 404
    assert ada.post("/people/99999999999999/remove", form_on="/people").status_code == 404
    with database.reading() as session:
        assert len(session.scalars(select(Person.id)).all()) == 2


def test_a_name_that_is_code_is_shown_as_text(ada: Visitor, database: Database) -> None:
    with database.transaction() as session:
        add_person(session, "<script>alert(1)</script>")
    page = ada.get("/people").text
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>" not in page
