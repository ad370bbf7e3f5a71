"""A database in memory, for what need not be shown on both kinds."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from qbwc_server.store.database import Database


@pytest.fixture(scope="session")
def _one_for_all() -> Iterator[tuple[Database, sqlite3.Connection]]:
    """One database, whose statements are compiled once for all tests, and its empty tables."""
    opened = Database("sqlite://")
    opened.migrate()
    empty = sqlite3.connect(":memory:")
    _raw(opened).backup(empty)
    yield opened, empty
    opened.close()


@pytest.fixture
def memory(_one_for_all: tuple[Database, sqlite3.Connection]) -> Database:
    """A SQLite database in memory, with its tables and nothing in them; for one thread."""
    opened, empty = _one_for_all
    empty.backup(_raw(opened))
    return opened


def _raw(database: Database) -> sqlite3.Connection:
    found = database.engine.raw_connection().driver_connection
    assert isinstance(found, sqlite3.Connection)
    return found
