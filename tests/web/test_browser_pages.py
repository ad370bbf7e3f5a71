"""A real browser on every page: axe-core finds nothing in light, dark and on a phone, and what is live works."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pyotp
import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from qbwc_server.refunds.codec import encode
from qbwc_server.refunds.gateways import Gateway
from qbwc_server.store import webhooks
from qbwc_server.store.database import Database
from qbwc_server.store.mappings import set_gateways, set_items
from qbwc_server.store.people import person_named, turn_factor_on
from qbwc_server.store.tables import Refund
from qbwc_server.store.webhooks import Apart, Refusal
from tests.web.builders import (
    NOON,
    add_connection,
    add_document,
    add_posted_refund,
    add_refund,
    add_session,
    refund_payload,
)
from tests.web.conftest import PASSWORD, SEALING
from tests.web.orders import ORDERS
from tests.web.test_browser import address, browser, sign_in
from tests.web.test_choosing import SHOWN
from tests.web.windows import WINDOWS

__all__ = ["address", "browser"]  # fixtures

MAX_TABS = 60  # from one thing to the next that is wanted
HOSTILE = "#1002 <script>document.title='caught'</script>" + "W" * 50
PATHS = (
    "/",
    "/connections/main/refunds",
    "/refunds/1",
    "/refunds/2",
    "/refunds/4",
    "/connections/main",
    "/connections/main/sessions",
    "/connections/main/sessions/1",
    "/connections/main/reconcile",
    "/connections/main/health",
    "/connections/main/items",
    "/connections/main/gateways",
    "/connections/main/webhooks",
    "/connections/main/import",
    "/connections/main/sync",
    "/connections/main/setup/connector",
    "/connections/main/setup/account",
    "/connections/main/setup/import",
    "/connections/main/setup/look",
    "/setup",
    "/people",
    "/account",
    "/audit",
    "/support",
    "/nowhere",
    "/refunds/5",
    "/refunds/6",
    "/connections/main/refunds?search=nobody",
    "/connections/empty/setup/look",
)


@pytest.fixture
def books(database: Database) -> None:
    """A connection with a refund that went in and one that waits for a person."""
    with database.transaction() as session:
        connection = add_connection(session)
        set_gateways(session, connection, {"paypal": Gateway("Checking")}, NOON, "Ada")
        set_items(session, connection, {"TEE-M": "T-shirt"}, NOON, "Ada")
        add_posted_refund(session, connection, "#1001")
        reason = {"code": "sale_pending", "message": "The sale 1002 is still marked as pending."}
        add_refund(session, connection, HOSTILE, status="review", reason=reason)
        add_refund(session, connection, "#1003", status="waiting")
        reason = {"code": "ambiguous_sale", "message": "Customer, amount and date don't tell."}
        add_refund(session, connection, "#1004", status="review", reason=reason, candidates=SHOWN)
        reason = {"code": "approval_needed", "message": "It waits for approval before anything is entered."}
        planned = add_refund(session, connection, "#1005", status="review", stage="plan", reason=reason)
        add_document(session, planned, "memo", state="planned", txn_id="", posted_at=None)
        changed = replace(refund_payload("#1006"), money=())
        reason = {"code": "changed_in_shop", "message": "The shop changed this refund after it was entered."}
        add_posted_refund(
            session, connection, "#1006", sale_ref_number="1006", reason=reason, changed_payload=encode(changed)
        )
        add_connection(session, "empty", accounts=None, path="", host=None, company=None, last_seen_at=None)
        add_session(session, connection)
        webhooks.switch_on(session, connection, "shopify", "a secret of the shop", SEALING.sealed, NOON, "Ada")
        webhooks.note_refusals(session, connection, "shopify", "orders/updated", [Refusal("id", "is missing")], NOON)
        webhooks.keep_waiting(session, connection, Apart("shopify", "77", "55", b"{}"), NOON)


@pytest.fixture(params=list(WINDOWS))
def page(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Page]:
    """A window of each kind."""
    context = browser.new_context(base_url=address, **WINDOWS[request.param])
    yield context.new_page()
    context.close()


@pytest.fixture
def window(browser: Browser, address: str) -> Iterator[Page]:
    """An ordinary window."""
    context = browser.new_context(base_url=address, **WINDOWS["light"])
    yield context.new_page()
    context.close()


def complaints(page: Page) -> list[str]:
    """What axe-core finds wrong with a page, by rule and place."""
    found = Axe().run(page).response["violations"]
    return [f"{page.url}: {each['id']}: {json.dumps([n['target'] for n in each['nodes']])}" for each in found]


def test_axe_finds_nothing_wrong_with_any_page(page: Page, books: None) -> None:
    wrong, wide = [], []
    page.goto("/login")
    wrong += complaints(page)
    sign_in(page)
    for path in PATHS:
        page.goto(path)
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
        wrong += complaints(page)
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            wide.append(path)
    page.goto("/account")
    page.locator("#factor-current").fill(PASSWORD)
    page.get_by_role("button", name="Set it up").click()
    wrong += complaints(page)
    secret = page.locator("code").first.inner_text().replace(" ", "")
    page.get_by_label("Code").fill(pyotp.TOTP(secret).at(NOON))
    page.get_by_role("button", name="Switch it on").click()
    expect(page.locator(".codes")).to_be_visible()
    wrong += complaints(page)
    page.goto("/connections/main/import")
    page.get_by_label("File").set_input_files({"name": "a.json", "mimeType": "application/json", "buffer": ORDERS})
    page.get_by_role("button", name="Look at it").click()
    expect(page.get_by_role("heading", name="Refused")).to_be_visible()
    wrong += complaints(page)
    page.goto("/people")
    page.locator("#name").fill("Bea")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".figure")).to_be_visible()
    wrong += complaints(page)
    page.goto("/connections/main/webhooks")
    page.get_by_role("button", name="Make a secret").first.click()
    expect(page.locator(".figure")).to_be_visible()
    wrong += complaints(page)
    assert (wrong, wide) == ([], [])


def test_the_dark_look_can_be_chosen_where_the_device_is_light(window: Page, books: None) -> None:
    window.goto("/login")
    light = window.evaluate("getComputedStyle(document.body).backgroundColor")
    window.get_by_role("button", name="Dark", exact=True).click()
    expect(window.locator("html")).to_have_attribute("data-theme", "dark")
    assert window.evaluate("getComputedStyle(document.body).backgroundColor") != light
    assert complaints(window) == []


def test_signing_in_takes_the_right_password_and_the_second_factor(
    window: Page, books: None, web: Flask, database: Database
) -> None:
    factor = web.extensions["connex"].second_factor
    with database.transaction() as session:
        ada = person_named(session, "Ada")
        assert ada is not None
        turn_factor_on(session, ada, "salt", [], 0, NOON)
    window.goto("/audit")
    window.get_by_label("Name").fill("Ada")
    window.get_by_label("Password").fill("not hers")
    window.get_by_role("button", name="Sign in").click()
    expect(window.get_by_role("alert")).to_contain_text("do not belong together")
    window.get_by_label("Password").fill(PASSWORD)
    window.get_by_role("button", name="Sign in").click()
    expect(window.get_by_role("heading", name="Second factor")).to_be_visible()
    assert complaints(window) == []
    window.get_by_label("Code").fill("wrong")
    window.get_by_role("button", name="Sign in").click()
    expect(window.get_by_role("alert")).to_contain_text("This code is wrong")
    window.get_by_label("Code").fill(pyotp.TOTP(factor.secret("salt")).at(NOON))
    window.get_by_role("button", name="Sign in").click()
    expect(window.get_by_role("heading", name="Who did what")).to_be_visible()


def test_a_setting_is_checked_while_it_is_typed_and_refused_when_it_is_saved(window: Page, books: None) -> None:
    window.goto("/connections/main")
    sign_in(window)
    zone = window.get_by_label("Time zone")
    zone.fill("Mars/Olympus")
    zone.press("Tab")
    expect(window.locator("#check-time_zone")).to_contain_text("is not a time zone such as America/New_York")
    window.get_by_role("button", name="Save").click()
    expect(window.get_by_role("alert")).to_contain_text("Nothing was changed.")
    expect(window.get_by_role("alert").get_by_role("link", name="Time zone")).to_have_attribute("href", "#time_zone")
    expect(window.get_by_label("Time zone")).to_have_value("Mars/Olympus")
    window.get_by_label("Time zone").fill("Europe/Berlin")
    window.get_by_role("button", name="Save").click()
    expect(window.get_by_role("status")).to_contain_text("Saved: Time zone.")
    window.get_by_text("Ada changed 1 setting").click()
    window.get_by_role("button", name="Take this change back").click()
    expect(window.get_by_role("status")).to_contain_text("Taken back: Time zone.")
    expect(window.get_by_label("Time zone")).to_have_value("")


def test_the_list_narrows_while_one_types_and_what_an_order_holds_stays_text(window: Page, books: None) -> None:
    window.goto("/connections/main/refunds")
    sign_in(window)
    expect(window.get_by_role("row")).to_have_count(7)
    window.get_by_label("Search").press_sequentially("1002")
    expect(window.get_by_role("row")).to_have_count(2)
    expect(window.get_by_text("<script>document.title='caught'</script>").first).to_be_visible()
    expect(window).to_have_title("Refunds of main – Connex")
    assert "search=1002" in window.url


def test_the_page_of_a_waiting_refund_follows_what_becomes_of_it(window: Page, books: None, database: Database) -> None:
    window.clock.install()
    window.goto("/refunds/3")
    sign_in(window)
    status = window.get_by_role("region", name="Status")
    expect(status).to_contain_text("Waiting")
    with database.transaction() as session:
        session.get_one(Refund, 3).status = "posted"
    window.clock.run_for(16_000)
    expect(status).to_contain_text("Posted")


def test_without_javascript_everything_still_works(browser: Browser, address: str, books: None) -> None:
    context = browser.new_context(base_url=address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/connections/main/refunds")
    sign_in(page)
    page.get_by_label("Search").fill("1001")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_role("row")).to_have_count(2)
    page.goto("/refunds/2")
    page.get_by_role("button", name="Try again from the beginning").click()
    expect(page.get_by_role("status")).to_contain_text("Done: Try again")
    page.goto("/refunds/5")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("status")).to_contain_text("Done: Approve")
    page.goto("/refunds/1")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("alert")).to_contain_text("“Undo it in QuickBooks” needs a note")
    page.get_by_label("Why").fill("Refunded twice")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("region", name="Status")).to_contain_text("It is taken back from QuickBooks")
    context.close()


def press_tab_to(page: Page, words: str) -> None:
    """Goes on with the keyboard until what has the focus, or its label, begins so."""
    for _ in range(MAX_TABS):
        page.keyboard.press("Tab")
        at = page.evaluate("(e => (e.labels && e.labels[0] || e).textContent.trim())(document.activeElement)")
        if at.startswith(words):
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid", words
            return
    raise AssertionError(f"the keyboard does not reach {words!r}")


def test_a_refund_is_approved_and_another_undone_with_the_keyboard_alone(window: Page, books: None) -> None:
    window.goto("/refunds/5")
    press_tab_to(window, "Name")
    window.keyboard.type("Ada")
    press_tab_to(window, "Password")
    window.keyboard.type(PASSWORD)
    window.keyboard.press("Enter")
    expect(window.get_by_role("heading", name="Refund of order #1005")).to_be_visible()
    press_tab_to(window, "Approve: enter it as planned")
    window.keyboard.press("Enter")
    expect(window.get_by_role("status")).to_contain_text("Done: Approve")
    press_tab_to(window, "main")
    window.keyboard.press("Enter")
    expect(window.get_by_role("heading", name="main")).to_be_visible()
    press_tab_to(window, "#1001")
    window.keyboard.press("Enter")
    expect(window.get_by_role("heading", name="Refund of order #1001")).to_be_visible()
    press_tab_to(window, "Why")
    window.keyboard.type("Refunded twice")
    press_tab_to(window, "Undo it in QuickBooks")
    window.keyboard.press("Space")
    expect(window.get_by_role("region", name="Status")).to_contain_text("It is taken back from QuickBooks")
