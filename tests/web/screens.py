"""Every page as a picture, with the data of the demo: light, dark, and on a phone; to look at, and for docs/images.

python -m tests.web.screens FOLDER [--window light|dark|phone]... [--page NAME]...
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, FloatRect, Page, sync_playwright

from tests.shared import PROJECT
from tests.web.windows import CHROMIUM, WINDOWS

REFUNDS = 60
MAX_HEIGHT = 2400  # pixels of one picture
SERVED = re.compile(r"The pages are at (http://\S+) : sign in as demo with the password (\S+)")
PAGES = {
    "overview": "/",
    "refunds": "/connections/demo/refunds",
    "refunds-search": "/connections/demo/refunds?search=john",
    "refunds-none": "/connections/demo/refunds?search=nobody",
    "sync": "/connections/demo/sync",
    "import": "/connections/demo/import",
    "settings": "/connections/demo",
    "sessions": "/connections/demo/sessions",
    "session": "/connections/demo/sessions/1",
    "health": "/connections/demo/health",
    "reconcile": "/connections/demo/reconcile",
    "setup-connector": "/connections/demo/setup/connector",
    "setup-account": "/connections/demo/setup/account",
    "setup-import": "/connections/demo/setup/import",
    "setup-look": "/connections/demo/setup/look",
    "setup-new": "/setup",
    "people": "/people",
    "account": "/account",
    "help": "/support",
    "missing": "/nowhere",
    "refused": "/connections/demo/refunds?since=x",
}


FILLED_PAGES = {
    "webhooks": "/connections/demo/webhooks",
    "items": "/connections/demo/items",
    "gateways": "/connections/demo/gateways",
    "audit": "/audit",
}


DOCUMENTATION = {  # picture: page, window, and the part that is shown; of none the window, where "at" leads it to
    "refund": ("refund-posted", "light", ".story > li:nth-child(3) .card"),
    "refunds": ("refunds", "light", ""),
    "refunds-phone": ("refunds", "phone", "at #list"),
    "health": ("health", "light", "main"),
    "webhooks": ("webhooks", "light", "#shopify"),
    "gateways": ("gateways", "dark", ""),
}


def main() -> None:
    """Takes the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--window", action="append", choices=list(WINDOWS), dest="windows")
    parser.add_argument("--page", action="append", dest="pages")
    parser.add_argument("--documentation", action="store_true")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    with served() as (address, password), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        windows = arguments.windows or list(WINDOWS)
        pages = {window: signed_in(browser, window, address, password) for window in windows}
        every = [(PAGES | refunds_of(pages[windows[0]]), False), (FILLED_PAGES, True)]
        for names, is_filled in every:
            if is_filled:
                fill(pages[windows[0]])
            for window, page in pages.items():
                for name, path in names.items():
                    if arguments.documentation:
                        show(page, name, window, path, arguments.folder)
                    elif not arguments.pages or name in arguments.pages:
                        page.goto(path)
                        take(page, arguments.folder / f"{name}-{window}.png")
        browser.close()


def signed_in(browser: Browser, window: str, address: str, password: str) -> Page:
    """A window in which the person of the demo is signed in."""
    page = browser.new_context(base_url=address, **WINDOWS[window]).new_page()
    page.goto("/login")
    page.get_by_label("Name").fill("demo")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    return page


@contextmanager
def served() -> Iterator[tuple[str, str]]:
    """The pages of a demo that has run: their address and the password of its person."""
    environment = os.environ | {"COLUMNS": "200", "PYTHONUNBUFFERED": "1"}
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "qbwc_server", "demo", "--refunds", str(REFUNDS), "--serve"],
            cwd=PROJECT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        try:
            assert process.stdout is not None
            found = next(filter(None, map(SERVED.search, process.stdout)), None)
            if found is None:
                raise RuntimeError("the demo did not say where its pages are")
            yield found[1], found[2]
        finally:
            process.send_signal(2)  # as Ctrl-C does, so that it ends its server, too
            process.wait()


def fill(page: Page) -> None:
    """What a shop has after a while and the demo has not."""
    page.goto("/connections/demo/items")
    page.get_by_label("SKU in the shop").fill("HAT-OLD")
    page.get_by_label("Item in QuickBooks").fill("Apparel:Hat")
    page.get_by_role("button", name="Save").click()
    page.goto("/connections/demo/gateways")
    page.get_by_label("Payment gateway in the shop").fill("paypal")
    page.get_by_label("Account that its refunds are paid from").select_option(index=1)
    page.get_by_label("Refund method").select_option("check")
    page.get_by_role("button", name="Save").click()
    page.goto("/connections/demo/webhooks")
    page.get_by_role("button", name="Make a secret").first.click()


def refunds_of(page: Page) -> dict[str, str]:
    """The page of one refund of each status."""
    found = {}
    for status in ("posted", "review", "skipped", "failed", "waiting"):
        paid = "&account=PayPal" if status == "posted" else ""
        page.goto(f"/connections/demo/refunds?status={status}{paid}&sort=largest")
        links = page.locator("tbody th a")
        if links.count():
            found[f"refund-{status}"] = links.first.get_attribute("href") or ""
    return found


def show(page: Page, name: str, window: str, path: str, folder: Path) -> None:
    """The pictures of a page that the documentation shows."""
    for picture, (of_page, of_window, part) in DOCUMENTATION.items():
        if (name, window) == (of_page, of_window):
            page.goto(path + part.removeprefix("at ") if part.startswith("at ") else path)
            target = page.locator(part) if part and not part.startswith("at ") else page
            target.screenshot(path=folder / f"{picture}.png", animations="disabled")
            sys.stdout.write(f"{picture}\n")


def take(page: Page, file: Path) -> None:
    """The page, as far as somebody would scroll who only looks."""
    width, height = page.evaluate("[document.documentElement.clientWidth, document.documentElement.scrollHeight]")
    clip: FloatRect = {"x": 0, "y": 0, "width": width, "height": min(height, MAX_HEIGHT)}
    page.screenshot(path=file, full_page=True, clip=clip, animations="disabled")
    sys.stdout.write(f"{file}\n")


if __name__ == "__main__":
    main()
