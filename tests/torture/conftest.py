"""A SQLite database for schedules."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from qbwc_server.torture.scratch import Scratch, scratch_database


@pytest.fixture(scope="session")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scratch]:
    with scratch_database(None, tmp_path_factory.mktemp("torture")) as made:
        yield made
