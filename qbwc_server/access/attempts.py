"""Limits on failed attempts to sign in, for each user and each address, in the memory of this process.

Nobody is locked out: where too much has failed, attempts go through a slow lane one at a time, first come, first
served. So guessing gets no more than one Argon2 verification at a time out of the server, and the right password
still gets in when its turn comes.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

MAX_FAILURES_OF_USER = 10
"""Failed attempts under one user name in a window before its further ones are slowed."""

MAX_FAILURES_FROM_ADDRESS = 30
"""Failed attempts from one address in a window before its further ones are slowed."""

WINDOW_SECONDS = 900.0
"""How long failures count, from the first one of their window."""

MAX_KEPT = 10_000
"""Users, and as many addresses, whose failures are kept; those that failed longest ago are forgotten first."""

MAX_IN_LANE = 64
"""Attempts in the slow lane, more than a server has threads; beyond it they are answered as wrong without a turn."""


class Attempts:
    """Counts what fails, and slows those who fail too often. `clock` gives seconds that only rise."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._users = _Failures(MAX_FAILURES_OF_USER, clock)
        self._addresses = _Failures(MAX_FAILURES_FROM_ADDRESS, clock)
        self._lane = _Lane()
        self._lock = threading.Lock()

    def check(self, user_name: str, remote_address: str, verify: Callable[[], bool]) -> bool:
        """What `verify` says, asked in its turn where this user or address is slowed; a failure is counted.

        An attempt counts as failed until it has succeeded, so that many at once don't slip by under the limit.
        """
        with self._lock:
            slowed = self._is_slowed(user_name, remote_address)
            self._users.add(user_name)
            self._addresses.add(remote_address)
        right = self._in_lane(verify) if slowed else verify()
        if right:
            with self._lock:
                self._users.take_back(user_name)
                self._addresses.take_back(remote_address)
        return right

    def is_slowed(self, user_name: str, remote_address: str) -> bool:
        """Whether the next attempt of this user or from this address goes through the slow lane."""
        with self._lock:
            return self._is_slowed(user_name, remote_address)

    @property
    def in_lane(self) -> int:
        """How many stand in the slow lane now, the one whose turn it is among them."""
        return self._lane.length()

    def _is_slowed(self, user_name: str, remote_address: str) -> bool:
        return self._users.is_over(user_name) or self._addresses.is_over(remote_address)

    def _in_lane(self, verify: Callable[[], bool]) -> bool:
        with self._lane.turn() as admitted:
            return admitted and verify()


class _Failures:
    """How often each of a bounded number of keys failed in its current window."""

    def __init__(self, maximum: int, clock: Callable[[], float]) -> None:
        self._maximum = maximum
        self._clock = clock
        self._counts: OrderedDict[bytes, tuple[float, int]] = OrderedDict()  # key: end of its window, failures

    def add(self, key: str) -> None:
        ends_at, count = self._current(key)
        self._counts[_short(key)] = (ends_at, count + 1)
        self._counts.move_to_end(_short(key))
        while len(self._counts) > MAX_KEPT:
            self._counts.popitem(last=False)

    def take_back(self, key: str) -> None:
        ends_at, count = self._current(key)
        if count > 1:
            self._counts[_short(key)] = (ends_at, count - 1)
        else:
            self._counts.pop(_short(key), None)

    def is_over(self, key: str) -> bool:
        return self._current(key)[1] >= self._maximum

    def _current(self, key: str) -> tuple[float, int]:
        now = self._clock()
        ends_at, count = self._counts.get(_short(key), (now, 0))
        return (ends_at, count) if now < ends_at else (now + WINDOW_SECONDS, 0)


class _Lane:
    """Lets one in at a time, in the order in which they came; a lock alone would not keep the order."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queue: deque[threading.Event] = deque()  # the first one's turn it is

    def length(self) -> int:
        with self._lock:
            return len(self._queue)

    @contextmanager
    def turn(self) -> Iterator[bool]:
        """Waits for its turn and holds it; false, at once, where too many wait."""
        my_turn = threading.Event()
        with self._lock:
            admitted = len(self._queue) < MAX_IN_LANE
            if admitted:
                self._queue.append(my_turn)
                self._queue[0].set()
        if not admitted:
            yield False
            return
        try:
            my_turn.wait()
            yield True
        finally:
            with self._lock:
                self._queue.remove(my_turn)
                if self._queue:
                    self._queue[0].set()


def _short(key: str) -> bytes:
    """A key of fixed size, since whoever attempts chooses the name's length."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
