"""Passwords are kept as Argon2id hashes; one that comes with every poll is cheap, and nothing can be told from a no."""

from __future__ import annotations

import math
import statistics
import time

import pytest

from qbwc_server.access import passwords as module
from qbwc_server.access.passwords import (
    GROUP_CHARACTERS,
    GROUPS,
    MAX_PASSWORD_CHARACTERS,
    READABLE_CHARACTERS,
    REMEMBERED_SECONDS,
    PasswordError,
    Passwords,
    UnusableHashError,
    make_password,
)
from tests.access.clocks import SECRET, CountingHasher, SteppingClock


@pytest.fixture
def clock() -> SteppingClock:
    return SteppingClock()


@pytest.fixture
def hasher() -> CountingHasher:
    return CountingHasher()


@pytest.fixture
def passwords(clock: SteppingClock, hasher: CountingHasher) -> Passwords:
    return Passwords(SECRET, clock, hasher)


def test_the_right_password_is_accepted_and_any_other_is_not(passwords: Passwords) -> None:
    stored = passwords.hash("correct horse")
    assert stored.startswith("$argon2id$")
    assert passwords.verify("shop", "correct horse", stored)
    assert not passwords.verify("shop", "correct horse ", stored)
    assert not passwords.verify("shop", "", stored)


def test_two_hashes_of_one_password_differ(passwords: Passwords) -> None:
    assert passwords.hash("same") != passwords.hash("same")


def test_a_verified_password_pays_once_and_then_a_digest_for_an_hour(
    passwords: Passwords, clock: SteppingClock, hasher: CountingHasher
) -> None:
    stored = passwords.hash("correct horse")
    for _ in range(59):
        assert passwords.verify("shop", "correct horse", stored)
        clock.step(60)
    assert hasher.verified == 1
    clock.step(REMEMBERED_SECONDS - 59 * 60)
    assert passwords.verify("shop", "correct horse", stored)
    assert hasher.verified == 2


def test_a_wrong_password_and_an_unknown_user_pay_the_price_every_time(
    passwords: Passwords, hasher: CountingHasher
) -> None:
    stored = passwords.hash("correct horse")
    for _ in range(3):
        assert not passwords.verify("shop", "wrong", stored)
        assert not passwords.verify("nobody", "wrong", None)
        assert not passwords.verify("shop", "x" * (MAX_PASSWORD_CHARACTERS + 1), stored)
    assert hasher.verified == 9


def test_what_was_verified_for_one_user_is_not_remembered_for_another(
    passwords: Passwords, hasher: CountingHasher
) -> None:
    stored = passwords.hash("correct horse")
    assert passwords.verify("shop", "correct horse", stored)
    assert not passwords.remembers("other", "correct horse", stored)
    assert not passwords.remembers("shop", "wrong horse", stored)
    assert passwords.remembers("shop", "correct horse", stored)


def test_a_changed_hash_ends_the_old_password_at_once(passwords: Passwords) -> None:
    old = passwords.hash("old password")
    assert passwords.verify("shop", "old password", old)
    new = passwords.hash("new password")
    assert not passwords.verify("shop", "old password", new)
    assert passwords.verify("shop", "new password", new)


def test_no_more_than_a_bounded_number_is_remembered(passwords: Passwords, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_REMEMBERED", 2)
    stored = passwords.hash("correct horse")
    assert passwords.verify("first", "correct horse", stored)
    assert passwords.verify("second", "correct horse", stored)
    assert passwords.remembers("first", "correct horse", stored)  # used last, so the other one goes
    assert passwords.verify("third", "correct horse", stored)
    assert [passwords.remembers(who, "correct horse", stored) for who in ("first", "second", "third")] == [
        True,
        False,
        True,
    ]


def test_a_letter_is_the_same_however_a_keyboard_composes_it(passwords: Passwords) -> None:
    assert passwords.verify("shop", "cafe\u0301", passwords.hash("caf\u00e9"))


def test_any_text_that_a_caller_sends_is_answered(passwords: Passwords) -> None:
    stored = passwords.hash("correct horse")
    assert not any(passwords.verify("\ud800", text, stored) for text in ("\ud800", "\0", "\U0001f40e"))


@pytest.mark.parametrize("password", ["", "x" * (MAX_PASSWORD_CHARACTERS + 1)])
def test_an_empty_or_endless_password_can_not_be_set(passwords: Passwords, password: str) -> None:
    with pytest.raises(PasswordError, match=r"empty|at most 1000"):
        passwords.hash(password)


def test_a_stored_hash_that_is_none_is_reported_with_its_owner(passwords: Passwords) -> None:
    with pytest.raises(UnusableHashError, match=r"shop.*set a new password"):
        passwords.verify("shop", "correct horse", "plain text")


def test_a_hash_made_at_another_price_is_to_be_made_anew(passwords: Passwords) -> None:
    assert not passwords.needs_rehash(passwords.hash("correct horse"))
    assert passwords.needs_rehash(CountingHasher(time_cost=2).hash("correct horse"))


def test_made_passwords_have_a_hundred_bits_and_no_ambiguous_characters() -> None:
    assert GROUPS * GROUP_CHARACTERS * math.log2(len(READABLE_CHARACTERS)) > 100
    assert len(set(READABLE_CHARACTERS)) == len(READABLE_CHARACTERS)
    made = {make_password() for _ in range(1000)}
    assert len(made) == 1000
    assert not set("".join(made)) & set("ilo01IO")
    assert {len(password) for password in made} == {GROUPS * GROUP_CHARACTERS + GROUPS - 1}


def test_at_the_real_price_a_no_takes_as_long_for_nobody_as_for_a_user() -> None:
    passwords = Passwords(SECRET)
    stored = passwords.hash("correct horse")
    assert "m=65536,t=3" in stored
    times: dict[str | None, list[float]] = {stored: [], None: []}
    for _ in range(5):
        for hash, measured in times.items():
            began = time.perf_counter()
            assert not passwords.verify("shop", "wrong", hash)
            measured.append(time.perf_counter() - began)
    of_user, of_nobody = (statistics.median(measured) for measured in times.values())
    assert 1 / 3 < of_user / of_nobody < 3  # wide, for a busy machine; one that skips Argon2 is a thousand times off


def test_an_idle_poll_costs_next_to_nothing_beside_a_verification() -> None:
    passwords = Passwords(SECRET)
    stored = passwords.hash("correct horse")
    began = time.perf_counter()
    assert passwords.verify("shop", "correct horse", stored)
    full = time.perf_counter() - began
    began = time.perf_counter()
    for _ in range(1000):
        assert passwords.verify("shop", "correct horse", stored)
    assert (time.perf_counter() - began) / 1000 < full / 100
