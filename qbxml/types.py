"""QuickBooks' value types, each with its rule (FACTS.md, Value types).

A field of an aggregate is annotated with one of the aliases below; the rule in the alias is what writes, checks and
reads it. So a length or a number of decimals is declared once, where the field is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timezone
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Protocol

# Requests are pure ASCII on the wire, but XML itself forbids these even as numeric references.
_FORBIDDEN_CHARACTERS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)")  # Decimal itself also takes 1e5, 1_000 and Arabic digits
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{2}:[0-9]{2}(?::[0-9]{2})?)?)(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})?"
)
_GUID = re.compile(r"\{[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}|0")


class Rule(Protocol):
    """How one kind of value is written, and read back; both raise ValueError with the reason."""

    def write(self, value: object) -> str: ...

    def read(self, text: str) -> object: ...


@dataclass(frozen=True)
class Text:
    """STRTYPE, IDTYPE and the like: text of at most `max_length` characters (None: no limit declared)."""

    max_length: int | None = None

    def write(self, value: object) -> str:
        text = str(value)
        forbidden = _FORBIDDEN_CHARACTERS.search(text)
        if forbidden:
            raise ValueError(f"holds the control character U+{ord(forbidden.group()):04X}, which XML forbids")
        if self.max_length is not None and len(text) > self.max_length:
            raise ValueError(f"has {len(text)} characters, QuickBooks takes {self.max_length}")
        return text

    def read(self, text: str) -> str:
        return text


@dataclass(frozen=True)
class Number:
    """AMTTYPE, PRICETYPE, QUANTYPE, PERCENTTYPE: digits before and decimals after the point."""

    digits: int
    decimals: int
    fixed: bool = False  # always written with all its decimals

    def write(self, value: object) -> str:
        if not isinstance(value, Decimal) or not value.is_finite():
            raise ValueError(f"{value!r} is not a finite Decimal")
        if abs(value) >= Decimal(10) ** self.digits:
            raise ValueError(f"{value} has more than {self.digits} digits before the point")
        rounded = value.quantize(Decimal(1).scaleb(-self.decimals))
        if rounded != value:
            raise ValueError(f"{value} has more than {self.decimals} decimals")
        text = format(abs(rounded) if rounded.is_zero() else rounded, "f")  # no -0.00
        return text if self.fixed else text.rstrip("0").rstrip(".")

    def read(self, text: str) -> Decimal:
        return _decimal(text)


@dataclass(frozen=True)
class Float:
    """FLOATTYPE (exchange rates): a decimal number, its decimals rounded to what fits in `max_length` characters."""

    max_length: int = 20

    def write(self, value: object) -> str:
        if not isinstance(value, Decimal) or not value.is_finite():
            raise ValueError(f"{value!r} is not a finite Decimal")
        if value.adjusted() > self.max_length or len(f"{value:.0f}") > self.max_length:
            raise ValueError(f"{value} has more digits than fit in {self.max_length} characters")
        room = max(0, self.max_length - len(f"{value:.0f}."))
        decimals = max(0, -int(value.as_tuple().exponent))
        return f"{value:.{min(decimals, room)}f}"

    def read(self, text: str) -> Decimal:
        return _decimal(text)


@dataclass(frozen=True)
class Whole:
    """INTTYPE."""

    def write(self, value: object) -> str:
        if not isinstance(value, int) or isinstance(value, bool):
            raise ValueError(f"{value!r} is not a whole number")
        return str(value)

    def read(self, text: str) -> int:
        return whole(text)


@dataclass(frozen=True)
class Boolean:
    """BOOLTYPE: true, false, 1 or 0."""

    def write(self, value: object) -> str:
        if not isinstance(value, bool):
            raise ValueError(f"{value!r} is neither True nor False")
        return "true" if value else "false"

    def read(self, text: str) -> bool:
        try:
            return {"true": True, "1": True, "false": False, "0": False}[text.strip().lower()]
        except KeyError:
            raise ValueError(f"{text!r} is not a boolean") from None


@dataclass(frozen=True)
class Day:
    """DATETYPE."""

    def write(self, value: object) -> str:
        if not isinstance(value, date) or isinstance(value, datetime):
            raise ValueError(f"{value!r} is not a date")
        return value.isoformat()

    def read(self, text: str) -> date:
        if not _DAY.fullmatch(text.strip()):
            raise ValueError(f"{text!r} is not a date")
        return date.fromisoformat(text.strip())


@dataclass(frozen=True)
class Moment:
    """DATETIMETYPE: written in UTC with its offset. One that QuickBooks gives without an offset is read as UTC; such
    times are only ever compared with a margin of hours (FACTS.md 10: they come from a workstation's clock)."""

    def write(self, value: object) -> str:
        if not isinstance(value, datetime) or value.tzinfo is None:
            raise ValueError(f"{value!r} is not a time with its offset")
        try:
            return value.astimezone(timezone.utc).replace(microsecond=0).isoformat()
        except OverflowError:
            raise ValueError(f"{value} lies beyond the years 1 to 9999 in UTC") from None

    def read(self, text: str) -> datetime:
        parts = _MOMENT.fullmatch(text.strip())
        if parts is None:
            raise ValueError(f"{text!r} is not a time")
        stem, fraction, offset = parts.groups()
        digits = fraction[:7].ljust(7, "0") if fraction else ""  # Python 3.10 takes six decimals or none
        moment = datetime.fromisoformat(stem + digits + ("+00:00" if offset == "Z" else offset or ""))
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=timezone.utc)


@dataclass(frozen=True)
class GUIDText:
    """GUIDTYPE: a GUID in braces, or "0" for the custom fields that users see."""

    def write(self, value: object) -> str:
        text = str(value)
        if not _GUID.fullmatch(text):
            raise ValueError(f"{text!r} is not a GUID in braces")
        return text

    def read(self, text: str) -> str:
        return text


@dataclass(frozen=True)
class OneOf:
    """ENUMTYPE: one of the words that QuickBooks knows. Read leniently: a newer QuickBooks may know more."""

    words: tuple[str, ...]

    def write(self, value: object) -> str:
        if value not in self.words:
            raise ValueError(f"{value!r} is not one of {', '.join(self.words)}")
        return str(value)

    def read(self, text: str) -> str:
        return text


def _decimal(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text.strip()):
        raise ValueError(f"{text!r} is not a number")
    return Decimal(text.strip())


def whole(text: str) -> int:
    """The whole number that a text is, in ASCII digits alone; ValueError where it is none."""
    if not _WHOLE.fullmatch(text.strip()):
        raise ValueError(f"{text!r} is not a whole number")
    return int(text)


def cents(value: Decimal) -> Decimal:
    """An amount rounded half up to two decimals, as QuickBooks rounds.

    >>> cents(Decimal("1.005"))
    Decimal('1.01')
    """
    return value.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


AnyText = Annotated[str, Text()]
Text3 = Annotated[str, Text(3)]
Text5 = Annotated[str, Text(5)]
Text11 = Annotated[str, Text(11)]
Text13 = Annotated[str, Text(13)]
Text15 = Annotated[str, Text(15)]
Text16 = Annotated[str, Text(16)]
Text20 = Annotated[str, Text(20)]
Text21 = Annotated[str, Text(21)]
Text25 = Annotated[str, Text(25)]
Text29 = Annotated[str, Text(29)]
Text31 = Annotated[str, Text(31)]
Text40 = Annotated[str, Text(40)]
Text41 = Annotated[str, Text(41)]
Text50 = Annotated[str, Text(50)]
Text64 = Annotated[str, Text(64)]
Text1023 = Annotated[str, Text(1023)]
Text4095 = Annotated[str, Text(4095)]
ID = Annotated[str, Text(36)]  # IDTYPE
Amount = Annotated[Decimal, Number(13, 2, fixed=True)]  # AMTTYPE
Price = Annotated[Decimal, Number(10, 5)]  # PRICETYPE
Quantity = Annotated[Decimal, Number(10, 5)]  # QUANTYPE
Percent = Annotated[Decimal, Number(10, 5)]  # PERCENTTYPE
ExchangeRate = Annotated[Decimal, Float()]  # FLOATTYPE
Int = Annotated[int, Whole()]  # INTTYPE
Bool = Annotated[bool, Boolean()]  # BOOLTYPE
Date = Annotated[date, Day()]  # DATETYPE
DateTime = Annotated[datetime, Moment()]  # DATETIMETYPE
GUID = Annotated[str, GUIDText()]  # GUIDTYPE
