"""The second factor: codes that are right once, recovery codes, and an end to guessing."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pyotp
import pytest

from qbwc_server.access.second_factor import (
    FAILURE_WINDOW,
    MAX_FAILURES,
    RECOVERY_CODES,
    FactorAnswer,
    SecondFactor,
    new_recovery_codes,
    new_salt,
)
from qbwc_server.store import people
from qbwc_server.store.database import Database
from qbwc_server.store.tables import Person

NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
LATER = NOW + timedelta(minutes=5)
FACTOR = SecondFactor(b"a secret that only tests know")
SALT = new_salt()
CODES = new_recovery_codes()


@pytest.fixture
def anna(database: Database) -> int:
    """Anna's id; her second factor was switched on at NOW."""
    with database.transaction() as session:
        person = people.add_person(session, "anna", "hash", "owner", NOW)
        digests = [FACTOR.recovery_digest(code) for code in CODES]
        step = FACTOR.step_of(SALT, code_at(NOW), NOW)
        assert step is not None
        people.turn_factor_on(session, person, SALT, digests, step, NOW)
        return person.id


def code_at(moment: datetime) -> str:
    """What the application on the telephone shows."""
    return pyotp.TOTP(FACTOR.secret(SALT)).at(moment)


def give(database: Database, person_id: int, code: str, now: datetime = LATER) -> FactorAnswer:
    with database.transaction() as session:
        return FACTOR.check(session, session.get_one(Person, person_id), code, now)


@pytest.mark.parametrize("seconds", [0, 30, -30])
def test_the_code_of_a_clock_that_is_little_off_is_taken(database: Database, anna: int, seconds: int) -> None:
    assert give(database, anna, code_at(LATER + timedelta(seconds=seconds))) is FactorAnswer.RIGHT


@pytest.mark.parametrize("code", ["", "000", "abcdef", "１２３４５６", "9" * 1000, "\x00"])
def test_anything_else_is_not(database: Database, anna: int, code: str) -> None:
    assert give(database, anna, code) is FactorAnswer.WRONG


def test_a_code_of_five_minutes_ago_is_not_taken(database: Database, anna: int) -> None:
    assert give(database, anna, code_at(LATER - timedelta(minutes=5))) is FactorAnswer.WRONG


def test_a_code_that_was_read_over_a_shoulder_is_used_up(database: Database, anna: int) -> None:
    assert give(database, anna, code_at(LATER)) is FactorAnswer.RIGHT
    assert give(database, anna, code_at(LATER)) is FactorAnswer.WRONG


def test_a_recovery_code_is_taken_once_however_it_is_typed(database: Database, anna: int) -> None:
    assert give(database, anna, CODES[3].upper().replace("-", " ")) is FactorAnswer.RIGHT
    assert give(database, anna, CODES[3]) is FactorAnswer.WRONG
    with database.reading() as session:
        assert people.count_recovery_codes(session, anna) == RECOVERY_CODES - 1


def test_guessing_ends_and_the_right_code_waits_until_the_time_is_over(database: Database, anna: int) -> None:
    for _ in range(MAX_FAILURES):
        assert give(database, anna, "000000x") is FactorAnswer.WRONG
    assert give(database, anna, code_at(LATER)) is FactorAnswer.TOO_MANY
    after = LATER + FAILURE_WINDOW
    assert give(database, anna, code_at(after), after) is FactorAnswer.RIGHT


def test_the_database_holds_neither_secret_nor_recovery_code(database: Database, anna: int) -> None:
    with database.reading() as session:
        person = session.get_one(Person, anna)
        kept = person.factor_salt + "".join(code.digest for code in person.recovery_codes)
    assert FACTOR.secret(SALT) not in kept
    assert not any(code in kept for code in CODES)
    other_server = SecondFactor(b"the secret of another server")
    assert other_server.secret(SALT) != FACTOR.secret(SALT)
