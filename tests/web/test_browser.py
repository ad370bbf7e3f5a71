"""A real browser against a real server: what a bookkeeper does on a morning."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright
from waitress.server import create_server

from qbwc_server.store.connections import connection_named, settings_of
from qbwc_server.store.database import Database
from tests.web.builders import add_connection, add_posted_refund, add_refund
from tests.web.conftest import PASSWORD
from tests.web.windows import CHROMIUM


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; without it the tests are skipped, or failed where CI promises that it is there."""
    if not CHROMIUM.exists():
        message = f"there is no Chromium at {CHROMIUM}"
        if os.environ.get("CI") == "true":
            pytest.fail(message + ", though in CI there must be")
        pytest.skip(message)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def address(web: Flask) -> Iterator[str]:
    """The pages, served on a free loopback port."""
    server = create_server(web, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run)
    thread.start()
    yield f"http://localhost:{server.effective_port}"
    server.close()
    thread.join(timeout=10)
    assert not thread.is_alive()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A fresh browser window; at its end nothing may have been blocked or have failed."""
    context = browser.new_context(base_url=address)
    opened = context.new_page()
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    opened.on("console", listen)
    yield opened
    context.close()
    assert complaints == []


@pytest.fixture
def books(database: Database) -> None:
    """A connection with one refund that went in and one that waits for a person."""
    with database.transaction() as session:
        connection = add_connection(session)
        add_posted_refund(session, connection, "#1001")
        reason = {"code": "sale_pending", "message": "The sale 1002 is still marked as pending."}
        add_refund(
            session, connection, "#1002 <script>document.title='caught'</script>", status="review", reason=reason
        )


def sign_in(page: Page) -> None:
    page.get_by_label("Name").fill("Ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def test_a_bookkeeper_signs_in_reads_a_refund_and_changes_a_setting(
    page: Page, books: None, database: Database
) -> None:
    page.goto("/")
    expect(page).to_have_title("Sign in – Connex")
    sign_in(page)
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    expect(page.get_by_text("1 refund needs a person")).to_be_visible()

    page.get_by_role("link", name="1 to review").click()
    expect(page.get_by_role("row")).to_have_count(2)
    expect(page.get_by_text("The sale 1002 is still marked as pending.")).to_be_visible()

    page.get_by_role("link", name="All", exact=True).click()
    page.get_by_label("Search").fill("1001")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_role("row")).to_have_count(2)
    page.get_by_role("link", name="#1001").click()
    expect(page.get_by_role("heading", name="Refund of order #1001")).to_be_visible()
    answer = page.get_by_text("<CreditMemoAddRs")
    expect(answer).to_be_hidden()
    page.get_by_text("– entering").click()
    expect(answer).to_be_visible()

    page.get_by_role("link", name="main", exact=True).click()
    page.get_by_role("link", name="Settings").click()
    page.get_by_label("Refund deposit account").select_option("Shopify Clearing")
    page.get_by_label("If order refunded, create credit memos for invoices only").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved: ")
    page.reload()
    expect(page.get_by_label("Refund deposit account")).to_have_value("Shopify Clearing")
    expect(page.get_by_label("If order refunded, create credit memos for invoices only")).to_be_checked()
    with database.reading() as session:
        kept = settings_of(connection_named(session, "main"))
    assert (kept.refund_account, kept.credit_memo_for_invoices) == ("Shopify Clearing", True)

    page.get_by_role("button", name="Sign out").click()
    page.goto("/connections/main")
    expect(page).to_have_title("Sign in – Connex")


def test_the_qwc_file_is_downloaded_on_localhost(page: Page, books: None) -> None:
    page.goto("/connections/main")
    sign_in(page)
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download the .qwc file").click()
    assert waiting.value.suggested_filename == "connex.qwc"
    content = Path(waiting.value.path()).read_text(encoding="ascii")
    assert f"<AppURL>{page.url.split('/connections')[0]}/qbwc</AppURL>" in content


def test_the_pages_can_be_used_with_the_keyboard_alone(page: Page, books: None) -> None:
    page.goto("/")
    page.get_by_label("Name").focus()
    page.keyboard.type("Ada")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


@pytest.mark.parametrize("path", ["/", "/connections/main", "/connections/main/refunds", "/refunds/1", "/support"])
def test_no_page_is_wider_than_a_phone(page: Page, books: None, path: str) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/login")
    sign_in(page)
    page.goto(path)
    expect(page.locator("h1")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_a_script_in_an_orders_number_never_runs(page: Page, books: None) -> None:
    page.goto("/connections/main/refunds")
    sign_in(page)
    expect(page.get_by_text("<script>document.title='caught'</script>")).to_be_visible()
    expect(page).to_have_title("Refunds of main – Connex")
