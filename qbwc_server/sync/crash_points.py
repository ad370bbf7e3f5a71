"""Named places where a test can let the process die, or look on, to show that nothing is lost or done twice there."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

VARIABLE = "CONNEX_CRASH_AT"  # NAME, or NAME:COUNT for the COUNT-th time it is reached; several names with commas
EXIT_STATUS = 70  # where the system has no SIGKILL

_reached: dict[str, int] = {}
_watchers: list[Callable[[str], None]] = []


def reach(name: str) -> None:
    """Ends the process at once, as a power cut would, if this point is armed."""
    for watcher in tuple(_watchers):
        watcher(name)
    armed = os.environ.get(VARIABLE)
    if not armed:
        return
    wanted, _, count = armed.partition(":")
    if name not in wanted.split(","):
        return
    _reached[wanted] = _reached.get(wanted, 0) + 1
    if _reached[wanted] >= int(count or 1):
        _die()


@contextmanager
def watched(watcher: Callable[[str], None]) -> Iterator[None]:
    """Has `watcher` called with the name of each point that is reached; what it raises goes up as a crash would."""
    _watchers.append(watcher)
    try:
        yield
    finally:
        _watchers.remove(watcher)


def _die() -> None:
    if hasattr(signal, "SIGKILL"):
        os.kill(os.getpid(), signal.SIGKILL)
    os._exit(EXIT_STATUS)
