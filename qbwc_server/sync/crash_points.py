"""Named places where a test can let the process die, to show that nothing is lost or done twice there."""

from __future__ import annotations

import os

VARIABLE = "CONNEX_CRASH_AT"  # NAME, or NAME:COUNT for the COUNT-th time it is reached
EXIT_STATUS = 70

_reached: dict[str, int] = {}


def reach(name: str) -> None:
    """Ends the process at once, as a power cut would, if this point is armed."""
    armed = os.environ.get(VARIABLE)
    if not armed:
        return
    wanted, _, count = armed.partition(":")
    if wanted != name:
        return
    _reached[name] = _reached.get(name, 0) + 1
    if _reached[name] >= int(count or 1):
        os._exit(EXIT_STATUS)
