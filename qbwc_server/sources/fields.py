"""A JSON object of an order system, field by field: each held to its type, and named by its place where it is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from qbwc_server.sources import checks
from qbwc_server.sources.reading import RecordRefused


class Record:
    """A JSON object and its path in the file. A field that is null counts as missing; unknown fields are no matter."""

    def __init__(self, data: object, place: str) -> None:
        """Raises RecordRefused where the data is no object."""
        if not isinstance(data, Mapping):
            raise RecordRefused(place, f"expected an object, found {checks.shown(data)}")
        self.data: Mapping[str, Any] = data
        self.place = place

    def at(self, name: str) -> str:
        """The path of a field."""
        return f"{self.place}.{name}" if self.place else name

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self.data.get(name) is not None

    def identifier(self, name: str) -> str:
        """An id that must be there."""
        self._require(name)
        return checks.identifier(self.data[name], self.at(name))

    def amount(self, name: str) -> Decimal:
        """An amount that must be there, of either sign."""
        self._require(name)
        return checks.amount(self.data[name], self.at(name))

    def whole_number(self, name: str) -> int:
        """A count that must be there, not negative."""
        self._require(name)
        value = self.data[name]
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= checks.MAX_QUANTITY:
            raise RecordRefused(self.at(name), f"expected a whole number, found {checks.shown(value)}")
        return value

    def moment(self, name: str) -> datetime:
        """A time that must be there."""
        self._require(name)
        return checks.moment(self.data[name], self.at(name))

    def optional_moment(self, name: str) -> datetime | None:
        """A time that may be missing."""
        return self.moment(name) if self.has(name) else None

    def text(self, name: str) -> str:
        """A text, empty where it is missing."""
        value = self.data.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise RecordRefused(self.at(name), f"expected text, found {checks.shown(value)}")
        return checks.text(value)

    def flag(self, name: str, *, missing: bool) -> bool:
        """True or false; `missing` is what holds where the field is not there."""
        value = self.data.get(name)
        if value is None:
            return missing
        if not isinstance(value, bool):
            raise RecordRefused(self.at(name), f"expected true or false, found {checks.shown(value)}")
        return value

    def record(self, name: str) -> Record | None:
        """An object within this one."""
        return Record(self.data[name], self.at(name)) if self.has(name) else None

    def records(self, name: str) -> list[Record]:
        """A list of objects, empty where it is missing."""
        return [Record(item, f"{self.at(name)}[{index}]") for index, item in enumerate(self.items(name))]

    def items(self, name: str) -> list[Any]:
        """A list of anything, empty where it is missing; no longer than MAX_LINES."""
        value = self.data.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise RecordRefused(self.at(name), f"expected a list, found {checks.shown(value)}")
        if len(value) > checks.MAX_LINES:
            raise RecordRefused(self.at(name), f"has {len(value)} entries, at most {checks.MAX_LINES} are taken")
        return value

    def _require(self, name: str) -> None:
        if not self.has(name):
            raise RecordRefused(self.at(name), "is missing")
