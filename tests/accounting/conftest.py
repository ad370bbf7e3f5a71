"""The database in memory that the tests of the conversation use."""

from __future__ import annotations

from tests.sync.conftest import _one_for_all, memory

__all__ = ["_one_for_all", "memory"]
