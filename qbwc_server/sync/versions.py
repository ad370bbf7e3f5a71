"""Which version a Web Connector is: it tells that before it says who it is, so that only the address ties the two.

What a caller tells before it has signed in is kept in the memory of this process, a short while and a bounded number of
them: a stranger can't fill a database with it. Where another process took the call, the version is told in a later run.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import datetime, timedelta

KEPT_FOR = timedelta(minutes=1)
MAX_KEPT = 1000  # addresses; the one that told longest ago is forgotten first
MAX_CHARACTERS = 40  # of a version


class Versions:
    """The versions that were told lately, by address."""

    def __init__(self) -> None:
        self._told: OrderedDict[str, tuple[datetime, str]] = OrderedDict()
        self._lock = threading.Lock()

    def told(self, version: str, remote_address: str, now: datetime) -> None:
        """Keeps what a Web Connector told of itself."""
        printable = "".join(character for character in version if character.isprintable())[:MAX_CHARACTERS]
        with self._lock:
            self._told[remote_address] = (now, printable)
            self._told.move_to_end(remote_address)
            while len(self._told) > MAX_KEPT:
                self._told.popitem(last=False)

    def take(self, remote_address: str, now: datetime) -> str:
        """The version that this address told lately, once; empty where it told none."""
        with self._lock:
            at, version = self._told.pop(remote_address, (now, ""))
        return version if now - at <= KEPT_FOR else ""
