"""The overview, and a connection's page: what is known of its company file, its settings, its .qwc file."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from lxml import etree
from sqlalchemy import select

from qbwc_server.refunds import settings as declared
from qbwc_server.store import known_lists
from qbwc_server.store.connections import connection_named, settings_of
from qbwc_server.store.database import Database
from qbwc_server.store.tables import AuditEntry
from qbwc_server.web import settings_form
from tests.web.builders import add_connection, add_document, add_refund, add_session
from tests.web.conftest import Visitor

NO_LISTS = known_lists.Lists(None, None, None, ())
FORM = {
    "refund_receipt": "true",
    "refund_account": "",
    "refund_method": "credit_card",
    "time_zone": "",
    "rounding_limit": "0.05",
    "web_connectors": "one",
    "shop": "",
    "refund_item": "",
    "shipping_item": "",
    "allowance_item": "",
    "payment_method": "",
}


@pytest.fixture(autouse=True)
def connection(database: Database) -> None:
    """A connection called main."""
    with database.transaction() as session:
        add_connection(session)


def settings(database: Database) -> dict[str, str]:
    with database.reading() as session:
        return declared.as_texts(settings_of(connection_named(session, "main")))


def words(page: str) -> str:
    """What a person reads of a page."""
    return " ".join(re.sub(r"<[^>]+>", "", page).split())


def part(page: str, key: str) -> str:
    """The form's field of one setting."""
    found = re.search(
        rf'<div class="field[^"]*">(?:(?!<div class="field).)*?id="{key}".*?id="help-{key}">', page, re.DOTALL
    )
    assert found, key
    return found[0]


def test_the_overview_shows_each_connection_and_what_needs_a_person(ada: Visitor, database: Database) -> None:
    with database.transaction() as session:
        main = connection_named(session, "main")
        for status in ("posted", "posted", "review", "failed"):
            add_refund(session, main, status=status)
        add_session(session, main, outcome="2 refunds entered")
        add_connection(session, "second", last_seen_at=None, stopped={"code": "x", "message": "Another file is open."})
    page = ada.get("/").text
    assert "2 refunds need a person" in page
    assert 'href="/connections/main/refunds?status=review">1 to review' in page
    assert 'href="/connections/main/refunds?status=failed">1 failed' in page
    assert "2 refunds need a person: 1 to review, 1 failed." in words(page)
    assert "<strong>2</strong> <span>Posted</span>" in page
    assert "2 refunds entered" in page
    assert "Another file is open." in page
    assert "The Web Connector has not been here yet." in page


def test_the_overview_of_a_new_installation_says_how_to_begin(web: Flask, ada: Visitor, database: Database) -> None:
    with database.transaction() as session:
        main = connection_named(session, "main")
        session.delete(main.company)
        session.delete(main)
    assert '<a class="button" href="/setup">Make a connection</a>' in ada.get("/").text


def test_the_connection_shows_what_it_knows_of_quickbooks(ada: Visitor) -> None:
    page = ada.get("/connections/main").text
    for shown in (
        "Example Goods",
        "QuickBooks Pro 2023",
        r"C:\Books\Example.qbw",
        "34.0.10010.23",
        "Known, read",
        "Claimed by this installation.",
    ):
        assert shown in page, shown


def test_a_new_connection_says_what_it_does_not_know_yet(ada: Visitor, database: Database) -> None:
    with database.transaction() as session:
        add_connection(
            session,
            "new",
            host=None,
            company=None,
            accounts=None,
            lists_read_at=None,
            path="",
            last_seen_at=None,
            web_connector_version="",
            claim="unknown",
        )
    page = ada.get("/connections/new").text
    assert page.count("Not known yet") == 4
    assert "<dd>Never</dd>" in page


def test_a_guard_that_quickbooks_refuses_is_told_with_what_to_do_on_the_page_and_under_health(
    ada: Visitor, database: Database
) -> None:
    assert "The guard is made before the first refund is entered." in ada.get("/connections/main").text
    with database.transaction() as session:
        connection_named(session, "main").company.latch = {
            "is_refused": True,
            "refusal": "QuickBooks refused it (3260: <b>no right</b>).",
            "tried_again_at": "2026-03-02T12:00:00+00:00",
        }
    for page in ("/connections/main", "/connections/main/health"):
        told = ada.get(page).text
        assert "Not guarded against: QuickBooks refused it (3260: &lt;b&gt;no right&lt;/b&gt;)." in told
        assert "needs the right to change the list of other names" in told


def test_the_settings_stand_in_their_order_with_label_and_help(ada: Visitor) -> None:
    page = ada.get("/connections/main").text
    order = [field.key for section in settings_form.sections(declared.Settings(), NO_LISTS) for field in section.fields]
    places = [page.index(f'<label for="{key}">{declared.label(key)}</label>') for key in order]
    assert places == sorted(places)
    for key in declared.KEYS:
        help_text = declared.help_text(key).replace("'", "&#39;")
        assert help_text in part(page, key) + page[page.index(f'id="help-{key}"') :], key


def test_the_refund_account_is_chosen_among_accounts_that_can_pay_out(ada: Visitor) -> None:
    field = part(ada.get("/connections/main").text, "refund_account")
    assert '<option value="" selected>The account of the original deposit (default)</option>' in field
    assert re.findall(r'<optgroup label="([^"]+)"', field) == ["Bank", "Other current asset"]
    assert re.findall(r'<option value="([^"]+)"', field) == ["Checking", "Shopify Clearing", "Undeposited Funds"]


def test_the_refund_account_is_typed_where_no_accounts_are_known(ada: Visitor, database: Database) -> None:
    with database.transaction() as session:
        connection_named(session, "main").company.accounts = None
    assert '<input id="refund_account" name="refund_account" type="text"' in ada.get("/connections/main").text


def test_an_account_that_is_gone_stays_chosen_and_is_marked(ada: Visitor, database: Database) -> None:
    with database.transaction() as session:
        connection_named(session, "main").settings = {"refund_account": "Old Savings"}
    field = part(ada.get("/connections/main").text, "refund_account")
    assert 'value="Old Savings" selected>Old Savings (not an active bank or asset account)' in field
    assert ada.post("/connections/main", {**FORM, "refund_account": "Old Savings"}).status_code == 302


def test_a_change_is_kept_and_who_made_it_is_on_record(ada: Visitor, database: Database) -> None:
    form = {**FORM, "refund_account": "Checking", "refund_method": "check", "credit_memo_for_invoices": "true"}
    del form["refund_receipt"]  # a browser sends nothing for a checkbox that is off
    answer = ada.post("/connections/main", form)
    assert (answer.status_code, answer.location) == (302, "/connections/main")
    kept = settings(database)
    assert {key: kept[key] for key in ("refund_account", "refund_method", "credit_memo_for_invoices")} == {
        "refund_account": "Checking",
        "refund_method": "check",
        "credit_memo_for_invoices": "true",
    }
    assert kept["refund_receipt"] == "false"
    page = ada.get("/connections/main").text
    assert "Saved: If order refunded, create credit memos for invoices only, " in page
    assert 'value="Checking" selected' in page
    assert "Known; it is read again in the next session" in page
    with database.reading() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.what == "changed the settings")).one()
        assert (entry.who, entry.details["after"]["refund_account"]) == ("Ada", "Checking")


def test_saving_without_a_change_changes_nothing(ada: Visitor, database: Database) -> None:
    ada.post("/connections/main", FORM)
    assert "Nothing was different" in ada.get("/connections/main").text
    with database.reading() as session:
        assert session.scalars(select(AuditEntry.what)).all() == ["signed in from 127.0.0.1"]


@pytest.mark.parametrize(
    ("key", "text", "why"),
    [
        ("time_zone", "Mars/Olympus", "is not a time zone such as America/New_York"),
        ("rounding_limit", "lots", "such as 0.05"),
        ("rounding_limit", "7.00", "is not between 0 and 1.00"),
        ("refund_method", "cash", "is not one of credit_card, check, none"),
        ("refund_account", "Sales", "is no active bank or asset account of this company file"),
        ("refund_account", "Old Savings", "is no active bank or asset account of this company file"),
        ("refund_item", "x" * 160, "has 160 characters; at most 159 are allowed"),
    ],
)
def test_a_bad_value_is_shown_at_its_field_and_nothing_is_changed(
    ada: Visitor, database: Database, key: str, text: str, why: str
) -> None:
    before = settings(database)
    answer = ada.post("/connections/main", {**FORM, "payment_method": "Visa", key: text})
    assert answer.status_code == 422
    assert "Nothing was changed." in answer.text
    assert why in part(answer.text, key)
    assert 'value="Visa"' in part(answer.text, "payment_method")
    assert settings(database) == before


def test_all_bad_values_are_shown_at_once(ada: Visitor) -> None:
    page = ada.post("/connections/main", {**FORM, "time_zone": "Mars/Olympus", "rounding_limit": "lots"}).text
    assert page.count('<p class="error"') == 2


def test_the_shop_is_fixed_once_anything_was_posted(ada: Visitor, database: Database) -> None:
    with database.transaction() as session:
        add_document(session, add_refund(session, connection_named(session, "main"), status="posted"), "memo")
    answer = ada.post("/connections/main", {**FORM, "shop": "shop.example", "payment_method": "Visa"})
    assert answer.status_code == 422
    assert "since the first posting" in part(answer.text, "shop")
    assert settings(database)["payment_method"] == ""


def test_settings_without_their_token_are_refused(ada: Visitor, database: Database) -> None:
    answer = ada.client.post("/connections/main", data={**FORM, "refund_method": "check"})
    assert answer.status_code == 400
    assert "This form has expired" in answer.text
    assert settings(database)["refund_method"] == "credit_card"


def test_who_may_only_look_changes_nothing(web: Flask, database: Database) -> None:
    vera = Visitor(web.test_client())
    vera.sign_in("Vera")
    page = vera.get("/connections/main").text
    assert "Your role does not include changing them." in page
    assert ">Save<" not in page
    answer = vera.post("/connections/main", {**FORM, "refund_method": "check"})
    assert answer.status_code == 403
    assert "This is not yours to do" in answer.text
    assert settings(database)["refund_method"] == "credit_card"


def test_the_qwc_file_is_for_the_address_of_the_page(web: Flask) -> None:
    visitor = Visitor(web.test_client(), base_url="https://books.example.com:8443")
    visitor.sign_in()
    answer = visitor.get("/connections/main/connex.qwc")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == 'attachment; filename="connex.qwc"'
    file = etree.fromstring(answer.data)
    assert file.findtext("AppURL") == "https://books.example.com:8443/qbwc"
    assert file.findtext("AppSupport") == "https://books.example.com:8443/support"
    assert file.findtext("UserName") == "connex-1"


def test_an_address_that_the_web_connector_refuses_is_explained(web: Flask) -> None:
    visitor = Visitor(web.test_client(), base_url="http://books.example.com")
    visitor.sign_in()
    page = visitor.get("/connections/main").text
    assert "is not encrypted, which the Web Connector takes from localhost only; use https" in page
    assert "connex qwc main --url ADDRESS" in page
    assert "Download the .qwc file" not in page
    answer = visitor.get("/connections/main/connex.qwc")
    assert answer.status_code == 400
    assert "is not encrypted" in answer.text


def test_the_sessions_are_listed_newest_first(ada: Visitor, database: Database) -> None:
    assert "has had no work here yet" in ada.get("/connections/main/sessions").text
    with database.transaction() as session:
        main = connection_named(session, "main")
        add_session(session, main, outcome="earlier one")
        add_session(session, main, outcome="", last_error="A dialog is open in QuickBooks.", ended_at=None)
    page = ada.get("/connections/main/sessions").text
    assert page.index("A dialog is open in QuickBooks.") < page.index("earlier one")
    assert "running" in page


@pytest.mark.parametrize("path", ["", "/refunds", "/sessions", "/connex.qwc"])
def test_a_connection_that_does_not_exist_is_not_found(ada: Visitor, path: str) -> None:
    assert ada.get(f"/connections/nowhere{path}").status_code == 404


def test_each_setting_shows_what_it_changes_in_quickbooks_and_the_articles_stand_first() -> None:
    shown = settings_form.sections(declared.Settings(), NO_LISTS)
    assert [field.key for field in shown[0].fields] == [
        "credit_memo_for_invoices",
        "refund_receipt",
        "refund_account",
        "refund_method",
        "sync_missing_orders",
    ]
    assert sorted(field.key for section in shown for field in section.fields) == sorted(declared.KEYS)
    assert [field.key for section in shown for field in section.fields if not field.example] == []
