"""The log as the Web Connector writes it to QWCLog.txt: time in UTC, the place in its program, what happened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone

MASKED = "<MaskedForSecurity>"
_SERVICE = "QBWebConnector.SOAPWebService"


class Log:
    """The lines of one session. The password never gets into a line, whatever a server answers."""

    def __init__(self, password: str, write: Callable[[str], None] | None, now: Callable[[], datetime]) -> None:
        self._password = password
        self._write = write
        self._now = now
        self.lines: list[str] = []

    def add(self, place: str, text: str) -> None:
        """One entry; `place` is a method such as `do_authenticate`, or dotted from the program's namespace."""
        method = place if "." in place else f"{_SERVICE}.{place}"
        stamp = self._now().astimezone(timezone.utc).strftime("%Y%m%d.%H:%M:%S")
        line = f"{stamp} UTC\t: {method}() : {self.masked(text)}"
        self.lines.append(line)
        if self._write is not None:
            self._write(line)

    def masked(self, text: str) -> str:
        """The text without the password; to be called before a text is cut, so that no part of it is left."""
        return text.replace(self._password, MASKED) if self._password else text
