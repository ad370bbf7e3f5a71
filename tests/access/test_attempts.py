"""Guessing is slow, the memory for it is bounded, and the right password always gets in."""

from __future__ import annotations

import threading

import pytest

from qbwc_server.access import attempts as module
from qbwc_server.access.attempts import (
    MAX_FAILURES_FROM_ADDRESS,
    MAX_FAILURES_OF_USER,
    MAX_IN_LANE,
    WINDOW_SECONDS,
    Attempts,
)
from tests.access.clocks import SteppingClock

PATIENCE_SECONDS = 20  # a test that waits this long has failed


@pytest.fixture
def clock() -> SteppingClock:
    return SteppingClock()


@pytest.fixture
def attempts(clock: SteppingClock) -> Attempts:
    return Attempts(clock)


def fail(attempts: Attempts, user: str, address: str, times: int = 1) -> None:
    for _ in range(times):
        assert not attempts.check(user, address, lambda: False)


def test_a_user_is_slowed_after_so_many_failures_from_anywhere(attempts: Attempts) -> None:
    for number in range(MAX_FAILURES_OF_USER):
        assert not attempts.is_slowed("anna", "192.0.2.9")
        fail(attempts, "anna", f"192.0.2.{number}")
    assert attempts.is_slowed("anna", "198.51.100.1")
    assert not attempts.is_slowed("bert", "198.51.100.1")


def test_an_address_is_slowed_after_so_many_failures_under_any_name(attempts: Attempts) -> None:
    for number in range(MAX_FAILURES_FROM_ADDRESS):
        assert not attempts.is_slowed("anna", "192.0.2.1")
        fail(attempts, f"user {number}", "192.0.2.1")
    assert attempts.is_slowed("anna", "192.0.2.1")
    assert not attempts.is_slowed("anna", "192.0.2.2")


def test_the_right_password_gets_in_however_much_has_failed(attempts: Attempts) -> None:
    fail(attempts, "anna", "192.0.2.1", 1000)
    assert attempts.check("anna", "192.0.2.1", lambda: True)


def test_success_is_not_counted_and_does_not_forgive_what_failed(attempts: Attempts) -> None:
    for _ in range(100):
        assert attempts.check("anna", "192.0.2.1", lambda: True)
    assert not attempts.is_slowed("anna", "192.0.2.1")
    fail(attempts, "anna", "192.0.2.1", MAX_FAILURES_OF_USER)
    assert attempts.check("anna", "192.0.2.1", lambda: True)
    assert attempts.is_slowed("anna", "192.0.2.1")


def test_failures_are_forgotten_when_their_window_is_over(attempts: Attempts, clock: SteppingClock) -> None:
    fail(attempts, "anna", "192.0.2.1", MAX_FAILURES_OF_USER)
    clock.step(WINDOW_SECONDS - 1)
    assert attempts.is_slowed("anna", "192.0.2.1")
    clock.step(1)
    assert not attempts.is_slowed("anna", "192.0.2.1")


def test_attempts_made_at_once_do_not_slip_by_under_the_limit(attempts: Attempts) -> None:
    slowed: list[bool] = []

    def attempt(depth: int) -> bool:
        slowed.append(attempts.is_slowed("anna", "192.0.2.1"))
        return depth > 0 and attempts.check("anna", "192.0.2.1", lambda: attempt(depth - 1))

    attempt(MAX_FAILURES_OF_USER)  # each begins before the one around it has failed
    assert slowed == [False] * MAX_FAILURES_OF_USER + [True]


def test_the_slow_lane_takes_one_at_a_time_in_the_order_they_came(attempts: Attempts) -> None:
    fail(attempts, "anna", "192.0.2.1", MAX_FAILURES_OF_USER)
    at_work, most_at_work, order = 0, 0, []
    first_is_in, first_may_end = threading.Event(), threading.Event()

    def verify(number: int) -> bool:
        nonlocal at_work, most_at_work
        at_work += 1
        most_at_work = max(most_at_work, at_work)
        order.append(number)
        if number == 0:
            first_is_in.set()
            assert first_may_end.wait(PATIENCE_SECONDS)
        at_work -= 1
        return number == 4

    results: dict[int, bool] = {}

    def attempt(number: int) -> None:
        results[number] = attempts.check("anna", "192.0.2.1", lambda: verify(number))

    threads = []
    for number in range(5):
        threads.append(threading.Thread(target=attempt, args=(number,)))
        threads[-1].start()
        if number == 0:
            assert first_is_in.wait(PATIENCE_SECONDS)
        else:
            _until_in_lane(attempts, number + 1)
    assert order == [0]
    first_may_end.set()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    assert (most_at_work, order) == (1, [0, 1, 2, 3, 4])
    assert results == {0: False, 1: False, 2: False, 3: False, 4: True}


def test_others_do_not_wait_for_the_slow_lane(attempts: Attempts) -> None:
    fail(attempts, "anna", "192.0.2.1", MAX_FAILURES_OF_USER)

    def verify_while_another_signs_in() -> bool:
        return attempts.check("bert", "192.0.2.2", lambda: True)

    assert attempts.check("anna", "192.0.2.1", verify_while_another_signs_in)


def test_the_slow_lane_goes_on_after_a_verification_that_broke(attempts: Attempts) -> None:
    fail(attempts, "anna", "192.0.2.1", MAX_FAILURES_OF_USER)
    with pytest.raises(ZeroDivisionError):
        attempts.check("anna", "192.0.2.1", lambda: bool(1 / 0))
    assert attempts.check("anna", "192.0.2.1", lambda: True)


def test_a_full_slow_lane_answers_no_without_verifying(attempts: Attempts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_IN_LANE", 1)
    fail(attempts, "anna", "192.0.2.1", MAX_FAILURES_OF_USER)
    asked: list[str] = []

    def verify_while_another_comes() -> bool:
        asked.append("first")
        return not attempts.check("anna", "192.0.2.1", lambda: not asked.append("second"))

    assert attempts.check("anna", "192.0.2.1", verify_while_another_comes)
    assert asked == ["first"]
    assert MAX_IN_LANE >= 32


def test_only_a_bounded_number_of_users_and_addresses_is_kept(
    attempts: Attempts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_KEPT", 3)
    fail(attempts, "anna", "192.0.2.1", MAX_FAILURES_OF_USER)
    for number in range(2):
        fail(attempts, "x" * 100_000 + str(number), f"198.51.100.{number}")
    assert attempts.is_slowed("anna", "203.0.113.1")
    fail(attempts, "one too many", "198.51.100.9")
    assert not attempts.is_slowed("anna", "203.0.113.1")


def _until_in_lane(attempts: Attempts, count: int) -> None:
    """Until so many threads stand in the lane, which only the threads can tell."""
    nothing = threading.Event()
    for _ in range(PATIENCE_SECONDS * 1000):
        if attempts.in_lane == count:
            return
        nothing.wait(0.001)
    raise AssertionError(f"never were {count} in the slow lane")
