"""A server that is killed, at whatever moment, and started again ends in the same books."""

from __future__ import annotations

import subprocess
from decimal import Decimal
from pathlib import Path

import pytest

from qbsim import Company, QuickBooks
from qbsim.web_connector import WebConnector
from tests.acceptance.processes import (
    connex,
    connex_json,
    environment,
    free_port,
    password_of,
    start_server,
    without_time,
)

# Every place where the process dies: before and after the commit of what is sent and of what is answered.
MOMENTS = [
    f"{kind}_{place}"
    for kind in ("lists", "claim", "proof", "find", "follow", "post")
    for place in ("before_commit", "after_commit", "answer_before_commit", "answer_after_commit")
]
MAX_SESSIONS = 30


class Shop:
    """One installation with a server that may die, and the simulated QuickBooks beside it."""

    def __init__(self, folder: Path, orders: Path, company: Path, crash_at: str = "") -> None:
        self.folder, self.port = folder, free_port()
        self.env = environment(folder, CONNEX_IN_FLIGHT_SECONDS="1")
        said = connex("connection", "add", "shop", "--set", "time_zone=America/New_York", env=self.env).stdout
        connex("import", "shop", str(orders), env=self.env)
        self.company = Company.load(company)
        self.server = self._start(CONNEX_CRASH_AT=crash_at)
        self.deaths = 0
        self.connector = WebConnector(
            f"http://localhost:{self.port}/qbwc",
            "shop",
            password_of(said),
            QuickBooks(self.company),
            company_path="C:\\Books\\Shop.qbw",
            timeout_seconds=60,
        )

    def _start(self, **more: str) -> subprocess.Popen[bytes]:
        return start_server(self.port, self.env | more, self.folder / "server.log")

    def run(self) -> list[dict[str, object]]:
        """Sessions until nothing is left to do; a dead server is started again."""
        for _ in range(MAX_SESSIONS):
            outcome = self.connector.run_session().outcome
            if self.server.poll() is not None:
                self.deaths += 1
                self.server = self._start()
            elif outcome == "nothing_to_do":
                break
            elif outcome == "busy":
                self._wait_out_the_flight()
        return without_time(connex_json("refunds", "shop", env=self.env))

    def _wait_out_the_flight(self) -> None:
        """A second run of the server's own clock, spent in its company: each call takes a while."""
        while self.connector.run_session().outcome == "busy":
            pass

    def close(self) -> None:
        self.server.kill()
        self.server.wait()


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kept")
    connex("demo", "--refunds", "14", "--save", str(folder), "--json", env=environment(folder / "demo"))
    return folder


@pytest.fixture(scope="module")
def undisturbed(kept: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[dict[str, object]], Company]:
    shop = Shop(tmp_path_factory.mktemp("undisturbed"), kept / "orders.json", kept / "company.json")
    try:
        return shop.run(), shop.company
    finally:
        shop.close()


def books(company: Company) -> dict[str, Decimal]:
    return {name: amount for name, amount in company.trial_balance().items() if amount}


def facts(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """What became of each refund, without the notice that an answer was lost."""
    return [{key: value for key, value in row.items() if key != "notices"} for row in rows]


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_server_killed_there_and_started_again_ends_in_the_same_books(
    moment: str, kept: Path, undisturbed: tuple[list[dict[str, object]], Company], tmp_path: Path
) -> None:
    shop = Shop(tmp_path, kept / "orders.json", kept / "company.json", crash_at=moment)
    try:
        rows = shop.run()
    finally:
        shop.close()
    assert shop.deaths == 1, f"the server never came to {moment}"
    assert facts(rows) == facts(undisturbed[0])
    assert books(shop.company) == books(undisturbed[1])
