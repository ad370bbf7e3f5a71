"""A real browser from an empty installation to the first posted refund, against a simulated QuickBooks."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from playwright.sync_api import Browser, Page, expect

import qbwc_server.app
from qbsim import QuickBooks
from qbsim.web_connector import WebConnector
from qbwc_server.access.passwords import Passwords
from qbwc_server.app import make_application, make_server
from qbwc_server.config import Config
from qbwc_server.demo.world import World, make_world
from qbwc_server.store.database import Database
from qbwc_server.store.tables import Refund
from tests.web.conftest import PASSWORD, SECRET
from tests.web.test_browser import browser
from tests.web.test_browser_pages import complaints
from tests.web.windows import WINDOWS

__all__ = ["browser"]  # a fixture

CODE = "abcdef-ghjkmn-pqrstu-vwxyz2"
MAX_SESSIONS = 10


@dataclass(frozen=True)
class Place:
    """A whole server with an empty database, and a company file with the shop's orders."""

    url: str
    world: World
    database: Database

    def sync(self, password: str) -> None:
        """Web Connector sessions until one finds nothing to do."""
        connector = WebConnector(
            self.url + "/qbwc",
            "main",
            password,
            QuickBooks(self.world.company),
            company_path="C:\\Books\\Riverside Outfitters.qbw",
        )
        for _ in range(MAX_SESSIONS):
            if connector.run_session().outcome != "completed":
                return

    def statuses(self) -> list[str]:
        """What became of each refund, in the order in which they came in."""
        with self.database.reading() as session:
            return [refund.status for refund in session.query(Refund).order_by(Refund.id)]


@pytest.fixture
def place(sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """The server of `connex serve`, where nobody can sign in yet."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(qbwc_server.app, "Passwords", lambda key: Passwords(key, hasher=cheap))
    config = Config.from_environment({"CONNEX_DATA_DIR": str(tmp_path), "CONNEX_SECRET_KEY": SECRET.decode() * 2})
    server = make_server(make_application(config, sqlite_database, first_owner_code=CODE), "127.0.0.1", 0)
    thread = threading.Thread(target=server.run)
    thread.start()
    yield Place(server.url, make_world(refunds=2, seed=1, now=datetime.now(timezone.utc)), sqlite_database)
    server.close()
    thread.join(timeout=10)
    assert not thread.is_alive()


@pytest.fixture
def page(browser: Browser, place: Place) -> Iterator[Page]:
    """An ordinary window."""
    context = browser.new_context(base_url=place.url, **WINDOWS["light"])
    yield context.new_page()
    context.close()


@pytest.fixture
def plain_page(browser: Browser, place: Place) -> Iterator[Page]:
    """A window without JavaScript."""
    context = browser.new_context(base_url=place.url, java_script_enabled=False, **WINDOWS["light"])
    yield context.new_page()
    context.close()


def make_account(page: Page, code: str = CODE) -> None:
    """The first owner's account, on the page where everybody begins."""
    page.get_by_label("Code of the server").fill(code)
    page.get_by_label("Your name").fill("Ada")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The same password again").fill(PASSWORD)
    page.get_by_role("button", name="Make the account").click()


def make_connection(page: Page) -> str:
    """The connection main; gives its password, which the page shows."""
    page.get_by_label("Name", exact=True).fill("main")
    page.get_by_label("Time zone of the shop").fill("America/New_York")
    page.get_by_role("button", name="Make the connection").click()
    return page.locator(".figure code").inner_text()


def download_qwc(page: Page, place: Place) -> None:
    """The file for the Web Connector, which leads to this server."""
    with page.expect_download() as file:
        page.get_by_role("link", name="Download the .qwc file").first.click()
    assert f"<AppURL>{place.url}/qbwc</AppURL>" in Path(file.value.path()).read_text(encoding="ascii")


def send_orders(page: Page, place: Place, folder: Path) -> None:
    """The shop's file of orders, as far as the preview of what is in it."""
    orders = folder / "orders.json"
    orders.write_text(json.dumps({"orders": place.world.orders}), encoding="utf-8")
    page.get_by_label("File").set_input_files(orders)
    page.get_by_role("button", name="Look at it").click()
    expect(page.get_by_text("Nothing is taken in yet.")).to_be_visible()


def approve_first(page: Page) -> None:
    """One refund of the dry run is let through."""
    page.goto("/refunds/1")
    page.get_by_role("button", name="Approve: enter it as planned").click()


def say_go(page: Page) -> None:
    """All that come from now on are let through."""
    page.goto("/connections/main/setup/look")
    page.get_by_role("button", name="Go: enter them from now on").click()


def transactions(place: Place) -> int:
    """How many transactions the company file has had."""
    counted: int = place.world.company.to_json()["counters"]["transaction"]
    return counted


def test_from_an_empty_installation_to_the_first_posted_refund_without_a_terminal(
    page: Page, place: Place, tmp_path: Path
) -> None:
    wrong: list[str] = []
    page.goto("/")
    expect(page.get_by_role("heading", name="Welcome to Connex")).to_be_visible()
    wrong += complaints(page)
    make_account(page, "not the code")
    expect(page.get_by_text("This is not the code.")).to_be_visible()
    make_account(page)

    wrong += complaints(page)
    password = make_connection(page)
    wrong += complaints(page)
    download_qwc(page, place)

    page.goto("/connections/main/setup")
    expect(page.get_by_role("heading", name="Waiting for QuickBooks")).to_be_visible()
    wrong += complaints(page)
    place.sync(password)
    expect(page.get_by_role("heading", name="QuickBooks is connected")).to_be_visible(timeout=20_000)
    page.get_by_role("link", name="Go on").click()
    wrong += complaints(page)
    page.get_by_role("button", name="Take this account").click()

    page.get_by_role("link", name="Bring in a file").click()
    wrong += complaints(page)
    send_orders(page, place, tmp_path)
    wrong += complaints(page)
    page.get_by_role("button", name="Take them in").click()

    before = transactions(place)
    place.sync(password)
    page.goto("/connections/main/setup/look")
    expect(page.get_by_text("Dry run.")).to_be_visible()
    expect(page.get_by_text("It waits for approval")).to_have_count(2)
    wrong += complaints(page)
    assert transactions(place) == before
    approve_first(page)
    place.sync(password)
    assert place.statuses() == ["posted", "review"]
    say_go(page)
    place.sync(password)
    page.goto("/connections/main/refunds")
    expect(page.get_by_role("row").nth(1)).to_contain_text("Posted")
    assert place.statuses() == ["posted", "posted"]
    assert transactions(place) > before
    assert sum(place.world.company.trial_balance().values()) == 0

    page.goto("/refunds/1")
    expect(page.get_by_role("region", name="The sale and the credit memo")).to_contain_text("Credit memo")
    wrong += complaints(page)
    page.get_by_label("Why").fill("Refunded twice by mistake")
    page.get_by_role("button", name="Undo it in QuickBooks").click()
    place.sync(password)
    page.reload()
    expect(page.get_by_text("Refunded twice by mistake").first).to_be_visible()
    assert place.statuses() == ["skipped", "posted"]

    for path in ("sessions", "sessions/1", "health", "items", "gateways", "webhooks", "import", "sync", "reconcile"):
        page.goto(f"/connections/main/{path}")
        wrong += complaints(page)
    expect(page.get_by_role("heading", name="main")).to_be_visible()
    page.goto("/connections/main/health")
    expect(page.get_by_text("2.3.0.36")).to_be_visible()
    assert wrong == []


def test_the_first_steps_take_no_javascript(plain_page: Page, place: Place, tmp_path: Path) -> None:
    page = plain_page
    page.goto("/")
    make_account(page)
    password = make_connection(page)
    download_qwc(page, place)
    page.goto("/connections/main/setup")
    expect(page.get_by_text("reload the page")).to_be_visible()
    place.sync(password)
    page.reload()
    expect(page.get_by_role("heading", name="QuickBooks is connected")).to_be_visible()
    page.get_by_role("link", name="Go on").click()
    page.get_by_role("button", name="Take this account").click()
    page.get_by_role("link", name="Bring in a file").click()
    send_orders(page, place, tmp_path)
    page.get_by_role("button", name="Take them in").click()
    place.sync(password)
    approve_first(page)
    place.sync(password)
    assert place.statuses() == ["posted", "review"]
    say_go(page)
    place.sync(password)
    page.goto("/connections/main/refunds")
    expect(page.get_by_role("row").nth(1)).to_contain_text("Posted")
    assert place.statuses() == ["posted", "posted"]
    assert sum(place.world.company.trial_balance().values()) == 0
