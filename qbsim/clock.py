"""The clock of the computer that QuickBooks runs on: a callable that gives an aware datetime."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

Clock = Callable[[], datetime]


class NaiveClockError(ValueError):
    """The clock gives times without an offset; let it return an aware datetime, for example `.astimezone()`."""


def real_time() -> datetime:
    """The time now, with this computer's offset, to the second as QuickBooks keeps it."""
    return datetime.now().astimezone().replace(microsecond=0)


class SettableClock:
    """A clock that stands still until it is moved, for tests and for companies whose past is being made.

    >>> from datetime import timezone
    >>> clock = SettableClock(datetime(2024, 3, 1, 12, 0, tzinfo=timezone.utc))
    >>> clock.advance(seconds=90)
    >>> clock().isoformat()
    '2024-03-01T12:01:30+00:00'
    """

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise NaiveClockError("SettableClock was started with a time without an offset; give an aware datetime")
        self._now = start.replace(microsecond=0)

    def __call__(self) -> datetime:
        return self._now

    def set(self, moment: datetime) -> None:
        """Moves the clock to a time, which may lie before the present one."""
        if moment.tzinfo is None:
            raise NaiveClockError("SettableClock was set to a time without an offset; give an aware datetime")
        self._now = moment.replace(microsecond=0)

    def advance(self, *, days: int = 0, seconds: int = 0) -> None:
        """Moves the clock on."""
        self._now += timedelta(days=days, seconds=seconds)
