"""`connex demo`: the whole job on this machine. The real server process, a simulated QuickBooks and Web Connector,
sample orders; then a look at the books as an accountant would take it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from qbsim import Company, QuickBooks
from qbsim.web_connector import SessionResult, WebConnector
from qbwc_server.access.passwords import Passwords, make_password
from qbwc_server.config import Config
from qbwc_server.demo import report
from qbwc_server.demo.expectations import check_books, duplicates
from qbwc_server.demo.world import NO_RESTOCK_ITEM, World, make_world
from qbwc_server.sources import read_orders
from qbwc_server.store import people
from qbwc_server.store.connections import add_connection, connection_named
from qbwc_server.store.database import Database, open_database, sqlite_url
from qbwc_server.store.refunds import count_ready, take_in
from qbwc_server.store.reports import refund_as_dict
from qbwc_server.store.tables import Refund

CONNECTION = "demo"
TIME_ZONE = "America/New_York"  # of the sample shop
START_SECONDS = 60  # how long the server may take to listen
MAX_SESSIONS = 100
TIMEOUT_SECONDS = 100.0
_LISTENS = re.compile(r"listens on (http://\S+)")


class DemoError(RuntimeError):
    """The demo could not be run; says what the server said."""


@dataclass(frozen=True)
class DemoOptions:
    """What a user can choose."""

    refunds: int
    seed: int
    keep_serving: bool = False
    save: Path | None = None


@dataclass(frozen=True)
class DemoResult:
    """What came out."""

    refunds: int
    statuses: dict[str, int]
    duplicates: int
    round_trips: int
    sessions: int
    seconds: float
    balanced: bool
    findings: tuple[str, ...]  # what is not as an accountant would expect; empty where all is right

    @property
    def right(self) -> bool:
        """Whether the books came out right."""
        return self.balanced and not self.duplicates and not self.findings

    def as_dict(self) -> dict[str, Any]:
        """For --json."""
        return {
            "refunds": self.refunds,
            "posted": self.statuses.get("posted", 0),
            "skipped": self.statuses.get("skipped", 0),
            "review": self.statuses.get("review", 0),
            "failed": self.statuses.get("failed", 0),
            "duplicates": self.duplicates,
            "round_trips": self.round_trips,
            "sessions": self.sessions,
            "seconds": round(self.seconds, 2),
            "balanced": self.balanced,
            "right": self.right,
            "findings": list(self.findings),
        }


def run_demo(
    options: DemoOptions, console: Console | None, told: Callable[[DemoResult], Any] = lambda _: None
) -> DemoResult:
    """Runs the demo; what it shows goes to the console, where there is one.

    `told` is given the result before the pages are left up, of which standard error tells where there is no console.
    """
    say: Callable[[Any], Any] = console.print if console is not None else lambda _: None
    world = make_world(refunds=options.refunds, seed=options.seed, now=datetime.now(timezone.utc))
    before = world.company.to_json()
    balance_before = world.company.trial_balance()
    if options.save is not None:
        save_world(world, options.save)
        say(f"The orders and the company before the sync are in {options.save}.")
    with tempfile.TemporaryDirectory(prefix="connex-demo-") as folder:
        config, database, password = _prepare(Path(folder), world)
        with _server(Path(folder)) as url:
            say(f"Server at {url}; a simulated QuickBooks with the company file of {world.company.name}.")
            started = time.perf_counter()
            results = _sync(url + "/qbwc", password, world.company, database, console)
            seconds = time.perf_counter() - started
            rows = _rows(database)
            findings = tuple(finding.text for finding in check_books(world, before, world.company, rows))
            result = DemoResult(
                refunds=len(rows),
                statuses=_count(rows),
                duplicates=duplicates(world.company),
                round_trips=sum(item.round_trips for item in results),
                sessions=len(results),
                seconds=seconds,
                balanced=sum(world.company.trial_balance().values()) == 0,
                findings=findings,
            )
            if console is not None:
                console.print(report.refund_table(rows))
                console.print(report.trial_balance_table(balance_before, world.company.trial_balance()))
                console.print(report.summary(result.as_dict()))
            told(result)
            if options.keep_serving:
                _keep_serving(config, database, url, console or Console(stderr=True, highlight=False, soft_wrap=True))
        database.close()
    return result


def _prepare(folder: Path, world: World) -> tuple[Config, Database, str]:
    """A database with one connection and the shop's refunds in it."""
    config = Config.from_environment(_environment(folder))
    database = open_database(config.database_url)
    password = make_password()
    now = datetime.now(timezone.utc)
    reading = read_orders(
        json.dumps({"orders": world.orders}).encode(), format="shopify", shop="", time_zone=timezone.utc
    )
    with database.transaction() as session:
        hashed = Passwords(config.secret_key).hash(password)
        add_connection(
            session,
            CONNECTION,
            CONNECTION,
            hashed,
            {"time_zone": TIME_ZONE, "no_restock_item": NO_RESTOCK_ITEM},
            now,
            "demo",
        )
    with database.transaction() as session:
        take_in(session, connection_named(session, CONNECTION), reading.refunds, now)
    return config, database, password


def _environment(folder: Path) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if key != "CONNEX_SECRET_KEY"}
    return kept | {
        "CONNEX_DATA_DIR": str(folder),
        "CONNEX_DATABASE_URL": sqlite_url(folder / "connex.sqlite3"),
        "PYTHONUNBUFFERED": "1",
    }


@contextmanager
def _server(folder: Path) -> Iterator[str]:
    """The real server process on a free port of this machine; gives its address."""
    log_path = folder / "server.log"
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "qbwc_server", "serve", "--port", "0"],
            env=_environment(folder),
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
        try:
            yield address_of(process, log_path)
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def address_of(process: subprocess.Popen[bytes], log_path: Path) -> str:
    """The address that a server process says it listens on. Raises DemoError where it says none in time."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        said = log_path.read_text(encoding="utf-8", errors="replace")
        listening = _LISTENS.search(said)
        if listening:
            return listening.group(1)
        if process.poll() is not None:
            raise DemoError(f"the server did not start: {said.strip() or process.returncode}")
        time.sleep(0.05)
    raise DemoError(f"the server did not listen within {START_SECONDS} seconds")


def _sync(
    url: str, password: str, company: Company, database: Database, console: Console | None
) -> list[SessionResult]:
    """Web Connector sessions until nothing is left to do, with a display of how far they are."""
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
        console=console,
        disable=console is None,
    )
    with database.reading() as session:
        connection_id = connection_named(session, CONNECTION).id
    with progress if console is not None else nullcontext():
        task = progress.add_task("Entering the refunds", total=100)
        total = _left(database, connection_id)

        def show() -> None:
            done = 1 - _left(database, connection_id) / total if total else 1
            progress.update(task, completed=100 * done)

        connector = WebConnector(
            url,
            CONNECTION,
            password,
            QuickBooks(company),
            company_path="C:\\Books\\Riverside Outfitters.qbw",
            timeout_seconds=TIMEOUT_SECONDS,
            after_set=show if console is not None else None,
        )
        results = []
        for _ in range(MAX_SESSIONS):
            results.append(connector.run_session())
            if results[-1].outcome != "completed":
                break
        progress.update(task, completed=100)
    return [result for result in results if result.round_trips]


def _left(database: Database, connection_id: int) -> int:
    weights = {"find": 3, "follow": 2, "post": 1}
    with database.reading() as session:
        waiting = count_ready(session, connection_id, datetime.now(timezone.utc))
    return sum(weights.get(stage, 3) * count for stage, count in waiting.items())


def _rows(database: Database) -> list[dict[str, Any]]:
    with database.reading() as session:
        found = session.scalars(select(Refund).options(selectinload(Refund.documents)).order_by(Refund.id))
        return [refund_as_dict(row) for row in found]


def _count(rows: list[dict[str, Any]]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["status"]] = counts.get(row["status"], 0) + 1
    return counts


def save_world(world: World, folder: Path) -> None:
    """The orders and the company of a world as files, to try the same by hand."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "orders.json").write_text(json.dumps({"orders": world.orders}, indent=2), encoding="utf-8")
    world.company.save(folder / "company.json")


def _keep_serving(config: Config, database: Database, url: str, console: Console) -> None:
    password = make_password()
    with database.transaction() as session:
        hashed = Passwords(config.secret_key).hash(password)
        people.add_person(session, "demo", hashed, "owner", datetime.now(timezone.utc))
    try:
        console.print(f"\nThe pages are at {url} : sign in as demo with the password {password}\nCtrl-C ends it.")
        while True:
            time.sleep(1)  # not for long: Ctrl-C in the moment before a sleep is noticed only after it
    except KeyboardInterrupt:
        console.print("Ended.")
