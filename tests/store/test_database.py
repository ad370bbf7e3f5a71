"""The database keeps the promises that everything else rests on."""

from __future__ import annotations

import itertools
import signal
import subprocess
import sys
from datetime import datetime, timezone

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from qbwc_server.store.database import NEWEST_REVISION, Database, DatabaseURLError
from qbwc_server.store.tables import Base, Installation
from tests.shared import PROJECT

NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
GUID = "{00000000-0000-0000-0000-000000000001}"


def test_migrations_make_the_very_tables_that_the_code_declares(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_migrating_again_changes_nothing(database: Database) -> None:
    with database.transaction() as session:
        session.add(Installation(id=1, guid=GUID, created_at=NOW))
    database.migrate()
    with database.reading() as session:
        assert session.get_one(Installation, 1).guid == GUID


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_processes_that_start_together_migrate_once(kind: str, request: pytest.FixtureRequest) -> None:
    url = request.getfixturevalue(f"{kind}_database_url")
    program = "import sys; from qbwc_server.store.database import Database; Database(sys.argv[1]).migrate()"
    processes = [
        subprocess.Popen([sys.executable, "-c", program, url], cwd=PROJECT, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    assert [process.communicate()[1] for process in processes] == ["", "", ""]
    assert [process.returncode for process in processes] == [0, 0, 0]


def test_a_reader_waits_for_no_writer_and_sees_what_was_committed(database: Database) -> None:
    with database.transaction() as writer:
        writer.add(Installation(id=1, guid=GUID, created_at=NOW))
        writer.flush()
        with database.reading() as reader:
            assert reader.get(Installation, 1) is None
    with database.reading() as reader:
        assert reader.get_one(Installation, 1).guid == GUID


def test_a_writer_waits_for_no_reader(database: Database) -> None:
    with database.reading() as reader:
        assert reader.get(Installation, 1) is None
        with database.transaction() as writer:
            writer.add(Installation(id=1, guid=GUID, created_at=NOW))
    with database.reading() as reader:
        assert reader.get(Installation, 1) is not None


def test_sqlite_opens_with_foreign_keys_a_write_ahead_log_and_full_synchronisation(sqlite_database_url: str) -> None:
    database = Database(sqlite_database_url)
    with database.engine.connect() as connection:
        found = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    database.close()
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


@pytest.mark.parametrize("url", ["mysql://localhost/connex", "not a url"])
def test_a_url_that_is_not_supported_is_refused_with_those_that_are(url: str) -> None:
    with pytest.raises(DatabaseURLError, match=r"(?i)sqlite.*postgresql"):
        Database(url)


def test_the_newest_revision_is_that_of_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(PROJECT / "qbwc_server" / "store" / "migrations"))
    assert ScriptDirectory.from_config(config).get_heads() == [NEWEST_REVISION]


KILLED_WHILE_MIGRATING = """
import os, signal, sys
from sqlalchemy import event
from qbwc_server.store.database import Database

database, statements = Database(sys.argv[1]), int(sys.argv[2])

@event.listens_for(database.engine, "before_cursor_execute")
def count(connection, cursor, statement, parameters, context, executemany):
    global statements
    statements -= 1
    if statements < 0:
        os.kill(os.getpid(), signal.SIGKILL)

database.migrate()
"""
EVERY_NTH_STATEMENT = 7  # a process for each place costs half a second


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_migration_that_is_killed_anywhere_is_made_whole_by_the_next_start(
    kind: str, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue(f"{kind}_database_url")
    for statements in itertools.count(1, EVERY_NTH_STATEMENT):
        process = subprocess.run(
            [sys.executable, "-c", KILLED_WHILE_MIGRATING, url, str(statements)], cwd=PROJECT, stderr=subprocess.PIPE
        )
        database = Database(url)
        if process.returncode == 0:
            break
        assert process.returncode == -signal.SIGKILL, process.stderr
        with database.engine.connect() as connection:
            assert inspect(connection).get_table_names() == [], "half of the tables are there"
        database.close()
    assert statements > EVERY_NTH_STATEMENT, "it was never killed"
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    database.close()
