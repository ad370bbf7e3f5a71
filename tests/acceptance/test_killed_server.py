"""A server that is killed, at whatever moment, and started again ends in the same books."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from qbsim import Company, QuickBooks
from qbsim.web_connector import WebConnector
from qbwc_server.store.database import Database, sqlite_url
from qbwc_server.store.reports import refund_as_dict
from qbwc_server.store.tables import Refund
from tests.acceptance.processes import (
    a_shop,
    connex,
    environment,
    free_port,
    password_of,
    start_server,
    without_time,
)

# Every place where the process dies: before and after the commit of what is sent and of what is answered.
PLACES = ("before_commit", "after_commit", "answer_before_commit", "answer_after_commit")
MOMENTS = [f"{kind}_{place}" for kind in ("claim", "post") for place in PLACES] + [
    f"{kind}_{place}" for kind in ("lists", "proof", "find", "follow") for place in PLACES[1::2]
]
MAX_SESSIONS = 30


class Shop:
    """One installation with a server that may die, and the simulated QuickBooks beside it."""

    def __init__(self, installed: Installed, folder: Path, crash_at: str = "") -> None:
        shutil.copytree(installed.folder, folder / "data")
        self.folder, self.port = folder / "data", free_port()
        self.env = environment(self.folder, CONNEX_IN_FLIGHT_SECONDS="1")
        self.company = Company.load(installed.company)
        self.server = self._start(CONNEX_CRASH_AT=crash_at)
        self.deaths = 0
        self.connector = WebConnector(
            f"http://localhost:{self.port}/qbwc",
            "shop",
            installed.password,
            QuickBooks(self.company),
            company_path="C:\\Books\\Shop.qbw",
            timeout_seconds=60,
        )

    def _start(self, **more: str) -> subprocess.Popen[bytes]:
        return start_server(self.port, self.env | more, self.folder / "server.log")

    def run(self) -> list[dict[str, Any]]:
        """Sessions until nothing is left to do; a dead server is started again, a busy one is asked again."""
        for _ in range(MAX_SESSIONS):
            outcome = self.connector.run_session().outcome
            if self.server.poll() is not None:
                self.deaths += 1
                self.server = self._start()
            elif outcome == "nothing_to_do":
                break
            while outcome == "busy":
                outcome = self.connector.run_session().outcome
        database = Database(sqlite_url(self.folder / "connex.sqlite3"))
        with database.reading() as session:
            rows = session.scalars(select(Refund).options(selectinload(Refund.documents)).order_by(Refund.id))
            found = [refund_as_dict(row) for row in rows]
        database.close()
        return without_time(found)

    def close(self) -> None:
        self.server.kill()
        self.server.wait()


@dataclass(frozen=True)
class Installed:
    """An installation that has read the demo's orders and never seen a Web Connector."""

    folder: Path
    company: Path
    password: str


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("installed")
    kept = a_shop(tmp_path_factory.mktemp("kept"), refunds=14)
    env = environment(folder)
    said = connex("connection", "add", "shop", "--set", "time_zone=America/New_York", env=env).stdout
    connex("import", "shop", str(kept / "orders.json"), env=env)
    return Installed(folder, kept / "company.json", password_of(said))


@pytest.fixture(scope="module")
def undisturbed(installed: Installed, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[dict[str, Any]], Company]:
    shop = Shop(installed, tmp_path_factory.mktemp("undisturbed"))
    try:
        return shop.run(), shop.company
    finally:
        shop.close()


def books(company: Company) -> dict[str, Decimal]:
    return {name: amount for name, amount in company.trial_balance().items() if amount}


def facts(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What became of each refund, without the notice that an answer was lost."""
    return [{key: value for key, value in row.items() if key != "notices"} for row in rows]


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_server_killed_there_and_started_again_ends_in_the_same_books(
    moment: str, installed: Installed, undisturbed: tuple[list[dict[str, Any]], Company], tmp_path: Path
) -> None:
    shop = Shop(installed, tmp_path, crash_at=moment)
    try:
        rows = shop.run()
    finally:
        shop.close()
    assert shop.deaths == 1, f"the server never came to {moment}"
    assert facts(rows) == facts(undisturbed[0])
    assert books(shop.company) == books(undisturbed[1])
