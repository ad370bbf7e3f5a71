"""The shop that most tests of the simulator use."""

from __future__ import annotations

import pytest

from tests.qbsim.shop import Shop


@pytest.fixture
def shop() -> Shop:
    """A fresh shop with the usual behaviour."""
    return Shop()
