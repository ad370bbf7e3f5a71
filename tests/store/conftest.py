"""A database in memory, for what need not be shown on both kinds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from qbwc_server.store.database import Database


@pytest.fixture
def memory() -> Iterator[Database]:
    """A SQLite database in memory, with its tables and nothing in them; for one thread."""
    opened = Database("sqlite://")
    opened.migrate()
    yield opened
    opened.close()
