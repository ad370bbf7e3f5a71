"""A backup holds everything, can be made while others write, and comes back whole or not at all."""

from __future__ import annotations

import json
import stat
import zipfile
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from qbwc_server.store import backup as backups
from qbwc_server.store.backup import BackupError, read_backup, restore_backup, write_backup
from qbwc_server.store.connections import add_connection, connection_named, installation
from qbwc_server.store.database import Database, OtherVersionError
from qbwc_server.store.refunds import take_in
from qbwc_server.store.tables import AuditEntry, Base
from tests.sync.driver import Driver, open_shop, refund
from tests.sync.test_sales import REFUNDS, one_of_each

NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)


def everything(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    with database.reading() as session:
        return {
            table.name: [tuple(row) for row in session.execute(select(table).order_by(*table.primary_key.columns))]
            for table in Base.metadata.sorted_tables
        }


def without_the_restoring(rows: dict[str, list[tuple[Any, ...]]]) -> dict[str, list[tuple[Any, ...]]]:
    told = {"ada", "restored the database from a backup"}
    return {name: [row for row in found if not told <= {*map(str, row)}] for name, found in rows.items()}


@pytest.fixture(scope="session")
def a_backup(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The backup of a connection that has posted one refund of each kind."""
    database = Database("sqlite://")
    database.migrate()
    driver = open_shop(database, one_of_each)
    driver.bring_in(*REFUNDS)
    driver.drain()
    file = tmp_path_factory.mktemp("backup") / "connex.backup"
    write_backup(database, file, NOW)
    database.close()
    return file


@pytest.fixture
def filled(database: Database, a_backup: Path) -> Database:
    """A database, of either kind, with all that is in that backup."""
    restore_backup(database, a_backup, NOW, who="the test", replace=True)
    return database


@pytest.fixture(params=["sqlite", "postgresql"])
def other_database(request: pytest.FixtureRequest) -> Any:
    """An empty database to restore into, of either kind."""
    opened = Database(request.getfixturevalue(f"{request.param}_database_url"))
    yield opened
    opened.close()


def test_what_is_restored_is_what_was_backed_up_on_either_kind_of_database(
    filled: Database, other_database: Database, tmp_path: Path
) -> None:
    file = tmp_path / "connex.backup"
    written = write_backup(filled, file, NOW)
    assert written.rows["refunds"] == len(REFUNDS)
    assert read_backup(file) == written

    assert restore_backup(other_database, file, NOW, who="ada") == written

    assert without_the_restoring(everything(other_database)) == everything(filled)
    with other_database.reading() as session:
        noted = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
        assert (noted.who, noted.details["made_at"]) == ("ada", NOW.isoformat())


def test_a_restored_database_counts_on_from_where_it_was(
    filled: Database, other_database: Database, tmp_path: Path
) -> None:
    write_backup(filled, tmp_path / "b", NOW)
    restore_backup(other_database, tmp_path / "b", NOW, who="ada")
    with other_database.transaction() as session:
        taken = take_in(session, connection_named(session, "shop"), [refund("new", "1001")], NOW)
    assert taken.added == 1


def test_a_backup_shows_one_moment_though_others_write_meanwhile(
    filled: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything(filled)
    write_table = backups._write_table

    def write_while_a_connection_is_added(connection: Any, archive: Any, table: Any) -> Any:
        if table.name == "installation":
            with filled.transaction() as session:
                add_connection(session, "late", "late", "hash", {}, NOW, "test")
        return write_table(connection, archive, table)

    monkeypatch.setattr(backups, "_write_table", write_while_a_connection_is_added)
    written = write_backup(filled, tmp_path / "b", NOW)
    assert written.rows == {name: len(rows) for name, rows in before.items()}


def test_only_its_owner_can_read_a_backup_and_none_is_overwritten_unasked(filled: Database, tmp_path: Path) -> None:
    file = tmp_path / "connex.backup"
    write_backup(filled, file, NOW)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with pytest.raises(BackupError, match="--overwrite"):
        write_backup(filled, file, NOW)
    write_backup(filled, file, NOW, overwrite=True)
    assert [each.name for each in tmp_path.glob("*connex.backup*")] == ["connex.backup"]


def test_a_backup_that_can_t_be_written_leaves_nothing(filled: Database, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="name a file in a folder"):
        write_backup(filled, tmp_path / "nowhere" / "b", NOW)


def test_a_database_in_use_is_not_replaced_unasked(filled: Database, tmp_path: Path) -> None:
    write_backup(filled, tmp_path / "b", NOW)
    before = everything(filled)
    with pytest.raises(BackupError, match="--replace"):
        restore_backup(filled, tmp_path / "b", NOW, who="ada")
    assert everything(filled) == before
    restore_backup(filled, tmp_path / "b", NOW, who="ada", replace=True)
    assert without_the_restoring(everything(filled)) == before


def damaged(file: Path, change: str) -> Path:
    """A copy of a backup with one thing wrong."""
    other = file.with_name(f"{file.name}.{change}")
    with zipfile.ZipFile(file) as source, zipfile.ZipFile(other, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if change == "a row is missing" and name == "refunds.jsonl":
                content = content.partition(b"\n")[2]
            if change == "an amount is changed" and name == "refunds.jsonl":
                content = content.replace(b'"108.25"', b'"108.26"').replace(b"r1", b"r0", 1)
            if change == "a table is missing" and name == "documents.jsonl":
                continue
            if change == "no manifest" and name == "manifest.json":
                continue
            if change == "another form" and name == "manifest.json":
                content = json.dumps(json.loads(content) | {"form": 99}).encode()
            if change == "an unknown kind" and name == "manifest.json":
                content = content.replace(b'"cents"', b'"pickle"')
            if change == "half a row" and name == "events.jsonl":
                content = content[:-20]
            target.writestr(name, content)
    return other


@pytest.mark.parametrize(
    "change",
    ["a row is missing", "an amount is changed", "a table is missing", "no manifest", "another form", "half a row",
     "an unknown kind"],
)  # fmt: skip
def test_a_damaged_backup_is_refused_and_the_database_stays_as_it_was(
    filled: Database, tmp_path: Path, change: str
) -> None:
    write_backup(filled, tmp_path / "b", NOW)
    before = everything(filled)
    with pytest.raises(BackupError, match=r"damaged|no backup of Connex|form that this Connex does not know"):
        restore_backup(filled, damaged(tmp_path / "b", change), NOW, who="ada", replace=True)
    assert everything(filled) == before


def test_a_file_that_is_no_backup_is_refused(sqlite_database: Database, tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("order,amount\n")
    with pytest.raises(BackupError, match="name a file that connex backup made"):
        read_backup(tmp_path / "orders.csv")


def test_a_backup_of_a_newer_connex_is_refused(filled: Database, tmp_path: Path) -> None:
    write_backup(filled, tmp_path / "b", NOW)
    newer = tmp_path / "newer"
    with zipfile.ZipFile(tmp_path / "b") as source, zipfile.ZipFile(newer, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "manifest.json":
                content = json.dumps(json.loads(content) | {"revision": "9999"}).encode()
            target.writestr(name, content)
    before = everything(filled)
    with pytest.raises(OtherVersionError):
        restore_backup(filled, newer, NOW, who="ada", replace=True)
    assert everything(filled) == before


def test_a_copy_is_an_installation_of_its_own(filled: Database, other_database: Database, tmp_path: Path) -> None:
    write_backup(filled, tmp_path / "b", NOW)
    restore_backup(other_database, tmp_path / "b", NOW, who="ada", as_copy=True)
    with filled.transaction() as first, other_database.transaction() as second:
        assert installation(first, NOW).guid != installation(second, NOW).guid


def test_open_sessions_end_with_a_restore(sqlite_database: Database, tmp_path: Path) -> None:
    driver: Driver = open_shop(sqlite_database, one_of_each)
    driver.bring_in(*REFUNDS)
    played = driver.begin()
    write_backup(sqlite_database, tmp_path / "b", NOW)
    restore_backup(sqlite_database, tmp_path / "b", driver.clock(), who="ada", replace=True)
    assert driver.next_set(played) is None
