"""The commands about a company file: the reconcile, books that were restored, another installation's mark."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from qbwc_server.store.database import Database, sqlite_url
from qbwc_server.store.tables import AuditEntry
from tests.cli.installation import Installation
from tests.sync.driver import Driver, copied, open_shop, receipts, refund
from tests.sync.test_restored import put_back

ORDERS = ("1001", "1002", "1003")


@pytest.fixture
def books(connex: Installation) -> Iterator[Driver]:
    """The connection `shop` with two refunds entered, and its QuickBooks."""
    database = connex.database
    driver = open_shop(database, receipts(*ORDERS))
    driver.bring_in(*(refund(f"r{order}", order) for order in ORDERS[:2]))
    driver.drain()
    driver.clock.set(datetime.now(timezone.utc) + timedelta(hours=1))  # the commands go by the real time
    yield driver
    database.close()


def on_record(connex: Installation) -> list[tuple[str, str]]:
    """Who did what, as the audit log has it."""
    with connex.database.reading() as session:
        return [(entry.who, entry.what) for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.id))]


# --- the reconcile


def test_a_reconcile_that_was_never_asked_for_says_how_to_ask(connex: Installation, books: Driver) -> None:
    assert connex.refused("reconcile", "shop", "--last") == (
        "connex: there is no report of shop yet; ask for one with: connex reconcile shop\n"
    )


def test_a_reconcile_that_is_asked_for_is_done_in_the_next_session_and_then_shown(
    connex: Installation, books: Driver, tmp_path: Path
) -> None:
    assert "connex reconcile shop --last" in connex.run("reconcile", "shop").out
    asked: dict[str, Any] = connex.run("reconcile", "shop", "--json").json
    assert (asked["state"], asked["asked_by"]) == ("asked", "command line")
    books.run_session()

    shown = connex.run("reconcile", "shop", "--last").out
    assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC: 4 postings compared", shown)
    assert "0 findings" in shown

    books.company.delete(books.company.transactions("ARRefundCreditCard")[0])
    connex.run("reconcile", "shop")
    books.run_session()

    report = connex.run("reconcile", "shop", "--last", "--json").json
    kinds = {(finding["kind"], finding["order_number"]) for finding in report["findings"]}
    assert ("deleted", "1001") in kinds
    table = connex.run("reconcile", "shop", "--last").out
    assert "deleted" in table
    assert "1001" in table
    file = tmp_path / "findings.csv"
    connex.run("reconcile", "shop", "--csv", str(file))
    with file.open(encoding="utf-8", newline="") as opened:
        assert {(row["kind"], row["order_number"]) for row in csv.DictReader(opened)} == kinds


def test_findings_that_can_not_be_written_are_still_to_be_had(
    connex: Installation, books: Driver, tmp_path: Path
) -> None:
    connex.run("reconcile", "shop")
    books.run_session()
    nowhere = tmp_path / "no such folder" / "findings.csv"
    assert str(nowhere) in connex.refused("reconcile", "shop", "--csv", str(nowhere))
    assert connex.run("reconcile", "shop", "--last", "--json").json["state"] == "done"


# --- books that were restored


@pytest.fixture
def restored(connex: Installation) -> Iterator[Driver]:
    """A company file that was put back to the backup of before the second refund, and told so in a session."""
    database = connex.database
    driver = open_shop(database, receipts(*ORDERS))
    driver.bring_in(refund("r1001", "1001"))
    driver.drain()
    backup = copied(driver.company)
    driver.wait(3600)
    driver.bring_in(refund("r1002", "1002"))
    driver.drain()
    put_back(driver, backup)
    driver.wait(3600)
    driver.bring_in(refund("r1003", "1003"))
    driver.run_session()
    yield driver
    database.close()


def test_books_that_were_restored_are_told_with_the_command_that_decides(
    connex: Installation, restored: Driver
) -> None:
    state = connex.run("connection", "show", "shop", "--json").json["state"]
    assert "connex connection resume shop --restored" in state


def test_what_restored_books_lack_is_entered_again_by_command(connex: Installation, restored: Driver) -> None:
    said = connex.run("connection", "resume", "shop", "--restored", "plan-again").out
    assert said.startswith("1 refund ")
    restored.drain()
    assert restored.statuses()["r1002"] == "posted"
    assert len(restored.company.transactions("ARRefundCreditCard")) == 3
    assert ("command line", "decided about restored books: plan-again") in on_record(connex)


def test_what_restored_books_lack_is_left_out_by_command(connex: Installation, restored: Driver) -> None:
    connex.run("connection", "resume", "shop", "--restored", "leave")
    restored.drain()
    assert restored.statuses()["r1002"] == "skipped: left_out_after_restore"
    assert len(restored.company.transactions("ARRefundCreditCard")) == 2


def test_a_person_who_opened_the_right_file_lets_it_be_looked_at_again(connex: Installation, books: Driver) -> None:
    right = copied(books.company)
    put_back(books, books.before)
    books.wait(3600)
    books.bring_in(refund("r1003", "1003"))
    books.run_session()
    put_back(books, right)
    assert "looked at again" in connex.run("connection", "resume", "shop").out
    books.run_session()
    assert connex.run("connection", "show", "shop", "--json").json["state"] == "ready"


@pytest.mark.parametrize("more", [(), ("--restored", "leave"), ("--restored", "plan-again")])
def test_a_connection_that_is_well_has_nothing_to_resume(
    connex: Installation, books: Driver, more: tuple[str, ...]
) -> None:
    before = books.statuses()
    connex.refused("connection", "resume", "shop", *more)
    assert books.statuses() == before


# --- another installation's mark


def test_a_mark_is_taken_over_only_by_a_person_who_says_yes(
    connex: Installation, books: Driver, tmp_path: Path
) -> None:
    other = Database(sqlite_url(tmp_path / "other.sqlite3"))
    other.migrate()
    second = Driver(other, books.company, books.clock)
    second.bring_in(refund("r1001", "1001"))
    second.run_session()
    assert not any(row.status == "posted" for row in second.rows())
    other.close()

    folder = tmp_path / "second"
    folder.mkdir()
    (tmp_path / "other.sqlite3").rename(folder / "connex.sqlite3")
    env = {"CONNEX_DATA_DIR": str(folder)}
    asked = connex.run("connection", "takeover", "shop", **env).out
    assert "carries the mark of" in asked
    assert "connex connection takeover shop --yes" in asked
    assert (
        "mark is written when the Web Connector runs next"
        in connex.run("connection", "takeover", "shop", "--yes", **env).out
    )
    reopened = Database(sqlite_url(folder / "connex.sqlite3"))
    second.database = reopened
    assert second.company_file().takeover["who"] == "command line"
    reopened.close()


def test_there_is_nothing_to_take_over_where_the_mark_is_ours(connex: Installation, books: Driver) -> None:
    assert "nothing to take over" in connex.refused("connection", "takeover", "shop", "--yes")
