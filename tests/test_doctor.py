"""What the doctor finds in an installation, and what it says to do."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from qbwc_server import doctor
from qbwc_server.doctor import Finding, Level, examine
from qbwc_server.store.database import Database, sqlite_url
from tests.web import builders

RECEIVABLES = {
    "list_id": "80000006-1",
    "full_name": "Accounts Receivable",
    "account_type": "AccountsReceivable",
    "is_active": True,
}
CHART = [*builders.ACCOUNTS, RECEIVABLES]
NOW = datetime.now(timezone.utc)


@pytest.fixture
def environ(tmp_path: Path, migrated_sqlite_file: Path) -> dict[str, str]:
    folder = tmp_path / "data"
    folder.mkdir()
    shutil.copyfile(migrated_sqlite_file, folder / "connex.sqlite3")
    return {"CONNEX_DATA_DIR": str(folder), "TZ": "UTC"}


def database(environ: Mapping[str, str]) -> Database:
    return Database(sqlite_url(Path(environ["CONNEX_DATA_DIR"]) / "connex.sqlite3"))


def of_the_shop(environ: Mapping[str, str], **changes: Any) -> list[Finding]:
    """What is found of a connection `shop` in this state."""
    opened = database(environ)
    with opened.transaction() as session:
        builders.add_connection(session, "shop", **{"last_seen_at": NOW, "accounts": CHART, **changes})
    opened.close()
    return [finding for finding in examine(environ) if finding.what.startswith("shop: ")]


def worst(findings: list[Finding]) -> Level:
    return max((finding.level for finding in findings), key=list(Level).index)


def test_a_fresh_installation_has_no_problem_and_says_what_to_do_next(tmp_path: Path) -> None:
    findings = examine({"CONNEX_DATA_DIR": str(tmp_path / "new"), "TZ": "America/New_York"})
    assert worst(findings) is Level.REMARK
    said = {finding.what: finding.advice for finding in findings}
    assert said["There are no connections yet."] == "Run: connex connection add NAME"
    assert said["Nobody can sign in to the pages."] == "Run: connex person add NAME"
    assert f"Data folder {tmp_path / 'new'}, time zone America/New_York." in said
    assert any("Connex 0." in what and "Python 3." in what for what in said)
    assert any("SQLite file" in what for what in said)
    assert any("TLS" in what for what in said)


def test_a_finding_that_is_not_well_always_says_what_to_do(environ: dict[str, str]) -> None:
    of_the_shop(environ, last_seen_at=None, accounts=None)
    for finding in examine(environ):
        assert finding.level is Level.FINE or finding.advice
        assert finding.as_dict() == {
            "level": finding.level.value,
            "what": finding.what,
            "advice": finding.advice,
        }


def test_a_person_who_can_sign_in_is_seen(environ: dict[str, str]) -> None:
    opened = database(environ)
    with opened.transaction() as session:
        builders.add_person(session)
    opened.close()
    assert Finding(Level.FINE, "Somebody can sign in to the pages.") in examine(environ)


def test_a_postgresql_server_is_examined_too(environ: dict[str, str], postgresql_database: Database) -> None:
    findings = examine(environ | {"CONNEX_DATABASE_URL": postgresql_database.url})
    assert worst(findings) is Level.REMARK
    assert Finding(Level.FINE, "The database is PostgreSQL, up to date.") in findings


@pytest.mark.parametrize(
    ("changes", "level", "what", "advice"),
    [
        (
            {"last_seen_at": None, "accounts": None},
            Level.REMARK,
            "no Web Connector has called yet",
            "connex qwc shop -o shop.qwc",
        ),
        ({"accounts": None}, Level.REMARK, "chart of accounts is not known yet", "Let the Web Connector run"),
        ({"last_seen_at": NOW - timedelta(days=5, hours=1)}, Level.REMARK, "has not called for 5 days", "Auto-Run"),
        (
            {"stopped": {"code": "claimed", "message": "Another installation writes to this company file."}},
            Level.PROBLEM,
            "nothing is entered",
            "Another installation writes",
        ),
        (
            {
                "latch": {
                    "is_refused": True,
                    "refusal": "QuickBooks refused it.",
                    "tried_again_at": NOW.isoformat(),
                }
            },
            Level.REMARK,
            "no guard against double entries",
            "needs the right to change the list of other names",
        ),
        ({"accounts": builders.ACCOUNTS}, Level.PROBLEM, "no accounts receivable account", "Make one in QuickBooks"),
        ({"accounts": [RECEIVABLES]}, Level.REMARK, "no Undeposited Funds", "choose a refund deposit account"),
        ({}, Level.FINE, f"{len(CHART)} accounts known", ""),
        ({"settings": {"refund_account": "Checking"}}, Level.FINE, "refunds are drawn from Checking", ""),
        ({"settings": {"refund_account": "checking"}}, Level.FINE, "refunds are drawn from Checking", ""),
        (
            {"settings": {"refund_account": "Chequing"}},
            Level.PROBLEM,
            "no active account 'Chequing'",
            "connex connection set shop refund_account=",
        ),
        (
            {"settings": {"refund_account": "Old Savings"}},
            Level.PROBLEM,
            "no active account 'Old Savings'",
            "connex connection set shop refund_account=",
        ),
        ({"settings": {"refund_account": "Sales"}}, Level.PROBLEM, "'Sales' is of type Income", "bank or asset"),
    ],
)
def test_each_state_of_a_connection_is_told_with_what_to_do(
    environ: dict[str, str], changes: dict[str, Any], level: Level, what: str, advice: str
) -> None:
    findings = of_the_shop(environ, **changes)
    assert worst(findings) is level
    told = next(finding for finding in findings if finding.level is level)
    assert what in told.what
    assert advice in told.advice
    assert bool(told.advice) is bool(advice)


def test_a_web_connector_that_called_lately_is_not_remarked_on(environ: dict[str, str]) -> None:
    findings = of_the_shop(environ, last_seen_at=NOW - doctor.SILENT_FOR + timedelta(hours=1))
    assert worst(findings) is Level.FINE


def test_every_connection_is_looked_at(environ: dict[str, str]) -> None:
    opened = database(environ)
    with opened.transaction() as session:
        builders.add_connection(session, "first", last_seen_at=NOW, settings={"refund_account": "Nothing"})
        builders.add_connection(session, "second", last_seen_at=None)
    opened.close()
    told = [finding.what for finding in examine(environ)]
    assert any(what.startswith("first: ") for what in told)
    assert any(what.startswith("second: ") for what in told)


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("CONNEX_DATABASE_URL", "mysql://u:hidden@host/x", "not supported"),
        ("CONNEX_DATABASE_URL", "nonsense", "sqlite:///FILE"),
        ("CONNEX_SECRET_KEY", "short", "too few"),
        ("CONNEX_IN_FLIGHT_SECONDS", "0", "out of range"),
        ("TZ", "Mars", "no time zone"),
    ],
)
def test_a_configuration_that_can_not_be_used_is_a_problem(
    environ: dict[str, str], variable: str, value: str, words: str
) -> None:
    last = examine(environ | {variable: value})[-1]
    assert (last.level, last.what) == (Level.PROBLEM, "The configuration can't be used.")
    assert variable in last.advice
    assert words in last.advice
    assert "hidden" not in last.advice


def test_a_database_server_that_is_not_there_is_a_problem_told_on_one_line(environ: dict[str, str]) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"postgresql://u:hidden@127.0.0.1:{closed.getsockname()[1]}/x"
        last = examine(environ | {"CONNEX_DATABASE_URL": url})[-1]
    assert (last.level, last.what) == (Level.PROBLEM, "The database can't be used.")
    assert "that the database server is running" in last.advice
    assert "hidden" not in last.advice
    assert "\n" not in last.advice
    assert "?." not in last.advice


def test_a_file_that_is_no_database_is_a_problem(environ: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"this is no database at all" * 100)
    last = examine(environ | {"CONNEX_DATABASE_URL": sqlite_url(file)})[-1]
    assert last.level is Level.PROBLEM
    assert "file is not a database. Check CONNEX_DATABASE_URL or CONNEX_DATA_DIR" in last.advice


def test_a_database_that_can_be_read_but_not_written_is_a_problem(environ: dict[str, str]) -> None:
    opened = database(environ)
    url = f"sqlite:///file:{opened.engine.url.database}?mode=ro&uri=true"
    opened.close()
    last = examine(environ | {"CONNEX_DATABASE_URL": url})[-1]
    assert last.level is Level.PROBLEM
    assert "readonly" in last.advice


def test_a_database_of_another_version_is_a_problem(environ: dict[str, str]) -> None:
    opened = database(environ)
    with opened.transaction() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    opened.close()
    last = examine(environ)[-1]
    assert (last.level, last.what) == (Level.PROBLEM, "The database was made by another version of Connex.")


def test_what_was_found_before_a_fault_is_told_all_the_same(environ: dict[str, str]) -> None:
    opened = database(environ)
    with opened.transaction() as session:
        session.connection().exec_driver_sql("DROP TABLE people")
    opened.close()
    findings = examine(environ)
    assert any("SQLite file" in finding.what for finding in findings)
    assert findings[-1].level is Level.PROBLEM
    assert "people" in findings[-1].advice


def test_a_clock_that_is_wrong_is_a_problem(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "EARLIEST_YEAR", NOW.year + 2)
    monkeypatch.setattr(doctor, "LATEST_YEAR", NOW.year + 3)
    assert any(finding.level is Level.PROBLEM and "NTP" in finding.advice for finding in examine(environ))


def test_a_sqlite_that_is_too_old_is_a_problem(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "OLDEST_SQLITE", (99, 1, 0))
    advice = "Install SQLite 99.1.0 or newer, or use PostgreSQL."
    assert Finding(Level.PROBLEM, "SQLite is too old.", advice) in examine(environ)
