"""Secrets at rest: read with the server's key, and by nobody else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbwc_server.access.sealing import SealBroken, Sealing

KEY = b"k" * 32


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300))
def test_what_was_sealed_is_read_again_and_shows_nothing_of_itself(text: str) -> None:
    sealed = Sealing(KEY).sealed(text)
    assert Sealing(KEY).opened(sealed) == text
    assert len(text) < 4 or text not in sealed
    assert sealed.isascii()


def test_the_same_secret_looks_another_each_time() -> None:
    assert Sealing(KEY).sealed("the same") != Sealing(KEY).sealed("the same")


@pytest.mark.parametrize("spoil", [lambda sealed: sealed[:-8] + "AAAAAAAA", lambda _: "", lambda _: "plain"])
def test_what_was_changed_or_never_sealed_is_not_read(spoil: object) -> None:
    assert callable(spoil)
    with pytest.raises(SealBroken):
        Sealing(KEY).opened(spoil(Sealing(KEY).sealed("a secret")))


def test_another_key_reads_nothing() -> None:
    with pytest.raises(SealBroken):
        Sealing(b"another" * 5).opened(Sealing(KEY).sealed("a secret"))
