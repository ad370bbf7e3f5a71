"""A Web Connector's version is that which came from its address right before it signed in."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from qbwc_server.sync.versions import KEPT_FOR, MAX_CHARACTERS, MAX_KEPT, Versions

NOW = datetime(2024, 3, 1, 12, tzinfo=timezone.utc)


def test_a_version_belongs_to_who_signs_in_next_from_the_same_address_and_to_nobody_else() -> None:
    versions = Versions()
    versions.told("2.3.0.36", "192.0.2.1", NOW)
    assert versions.take("192.0.2.2", NOW) == ""
    assert versions.take("192.0.2.1", NOW + KEPT_FOR) == "2.3.0.36"
    assert versions.take("192.0.2.1", NOW + KEPT_FOR) == ""


def test_a_version_that_was_told_long_ago_is_nobodys() -> None:
    versions = Versions()
    versions.told("2.3.0.36", "192.0.2.1", NOW)
    assert versions.take("192.0.2.1", NOW + KEPT_FOR + timedelta(seconds=1)) == ""


def test_strangers_can_fill_neither_the_memory_nor_a_page() -> None:
    versions = Versions()
    for number in range(MAX_KEPT + 1):
        versions.told("9" * 1000 + "\n", str(number), NOW)
    assert versions.take("0", NOW) == ""
    assert versions.take("1", NOW) == "9" * MAX_CHARACTERS
