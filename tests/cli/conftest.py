"""An installation of its own for each test."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.installation import Installation
from tests.web import builders


@pytest.fixture
def connex(tmp_path: Path, migrated_sqlite_file: Path, monkeypatch: pytest.MonkeyPatch) -> Installation:
    for variable in ("CONNEX_DATABASE_URL", "CONNEX_SECRET_KEY", "CONNEX_IN_FLIGHT_SECONDS"):
        monkeypatch.delenv(variable, raising=False)
    folder = tmp_path / "data"
    folder.mkdir()
    shutil.copyfile(migrated_sqlite_file, folder / "connex.sqlite3")
    monkeypatch.setenv("CONNEX_DATA_DIR", str(folder))
    monkeypatch.setenv("TZ", "UTC")
    return Installation(folder)


@pytest.fixture
def with_shop(connex: Installation) -> Installation:
    """An installation whose connection `shop` has never been called."""
    with connex.database.transaction() as session:
        builders.add_connection(session, "shop", last_seen_at=None, accounts=None, host=None, company=None, path="")
    return connex
