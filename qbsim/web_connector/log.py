"""The log as the Web Connector writes it to QWCLog.txt: time in UTC, the place in its program, what happened.

Observed in public logs: the form of a line, the update lock, the application's lines, the words around the calls of
serverVersion, clientVersion and authenticate, `authRet`, the masked password, "Request xml received.", the lines of
ProcessRequestXML, and a dump of a document ("XML dump follows: -", an empty line, the document). Documented: the levels
NONE, DEBUG and VERBOSE. Guessed: what each level leaves out, and the words around the other calls.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from enum import IntEnum
from xml.sax.saxutils import escape

MASKED = "<MaskedForSecurity>"
LONGEST_VALUE = 200
"""Characters of an argument that stand in a line before it is cut; whole documents are in dumps."""
_SERVICE = "QBWebConnector.SOAPWebService"


class LogLevel(IntEnum):
    """How much is written: nothing, what happened, or the documents as well."""

    NONE = 0
    DEBUG = 1
    VERBOSE = 2


@dataclass(frozen=True)
class LogSink:
    """Where lines of a level and below go."""

    write: Callable[[str], None]
    level: LogLevel = LogLevel.VERBOSE


class Log:
    """The entries of one session. The password never gets into one, whatever a server answers."""

    def __init__(
        self,
        password: str,
        sinks: Sequence[LogSink],
        now: Callable[[], datetime],
        level: LogLevel = LogLevel.DEBUG,
    ) -> None:
        self._hidden = sorted({password, escape(password)} - {""}, key=len, reverse=True)
        self._now = now
        self.lines: list[str] = []
        self._sinks = (LogSink(self.lines.append, level), *sinks)

    def add(self, place: str, text: str, level: LogLevel = LogLevel.DEBUG) -> None:
        """One entry; `place` is a method such as `do_authenticate`, or dotted from the program's namespace."""
        method = place if "." in place else f"{_SERVICE}.{place}"
        stamp = self._now().astimezone(timezone.utc).strftime("%Y%m%d.%H:%M:%S")
        line = f"{stamp} UTC\t: {method}() : {self.masked(text)}"
        for sink in self._sinks:
            if level <= sink.level:
                sink.write(line)

    def dump(self, place: str, document: str) -> None:
        """A whole document, at VERBOSE alone."""
        self.add(place, f"XML dump follows: -\n\n{document}", LogLevel.VERBOSE)

    def values(self, named: Mapping[str, object]) -> str:
        """Arguments or answers as they stand in a line, the long ones by their beginning and length."""
        return "".join(f'<{name}="{self.short(str(value))}">' for name, value in named.items())

    def short(self, text: str) -> str:
        """A text on one line, cut where it is long; a document by its length alone, for it is in a dump."""
        if text.startswith(("<?xml", "<QBXML")):
            return f"({len(text)} characters)"
        line = self.masked(text).replace("\r", "").replace("\n", " ")
        return line if len(line) <= LONGEST_VALUE else f"{line[:LONGEST_VALUE]}... ({len(text)} characters)"

    def masked(self, text: str) -> str:
        """The text without the password; to be called before a text is cut, so that no part of it is left."""
        for hidden in self._hidden:
            text = text.replace(hidden, MASKED)
        return text
