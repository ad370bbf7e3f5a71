"""The value types of qbXML: what may stand as the text of one element or attribute.

From FACTS.md 1 ("Value types") and the published types of qbXML 13.0: amounts have two decimals or none, prices,
quantities and percents up to five; most types take an empty value, enumerated words, whole numbers and GUIDs do not.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

Version = tuple[int, int]
"""A version of qbXML, major and minor: (13, 0)."""

FIRST_VERSION: Version = (1, 0)
XML_WHITE_SPACE = " \t\r\n"


@dataclass(frozen=True)
class ValueType:
    """One kind of value; `fault` says whether a text is one.

    >>> AMTTYPE.fault("12.345", (13, 0))
    "'12.345' is no AMTTYPE"
    >>> AMTTYPE.fault("12.34", (13, 0)) is None
    True
    """

    name: str
    pattern: re.Pattern[str] | None = None
    trims: bool = False
    """White space around the value does not count."""
    blank: bool = False
    """A text of nothing but white space is accepted as "no value", whatever the pattern says."""
    max_length: int | None = None
    words: Mapping[str, Version] = field(default_factory=dict)
    """For enumerations: each word with the version that brought it."""
    lowest: int | None = None
    highest: int | None = None
    is_real: Callable[[str], bool] | None = None
    """A last look at a value that fits the pattern: that a date is in the calendar."""

    def fault(self, text: str, version: Version) -> str | None:
        """Why `text` is not a value of this type in `version` of qbXML; None when it is one."""
        if self.max_length is not None and len(text) > self.max_length:
            return f"{len(text)} characters, at most {self.max_length} are allowed"
        if self.words:
            return self._fault_of_word(text, version)
        if self.pattern is None:
            return None
        trimmed = text.strip(XML_WHITE_SPACE)
        if self.blank and not trimmed:
            return None
        value = trimmed if self.trims else text
        if self.pattern.fullmatch(value) is None or (self.is_real is not None and not self.is_real(value)):
            return f"{_shortened(text)} is no {self.name}"
        return self._fault_of_range(value)

    def _fault_of_word(self, text: str, version: Version) -> str | None:
        since = self.words.get(text)
        if since is None:
            return f"{_shortened(text)} is none of the allowed words ({', '.join(self.words)})"
        if since > version:
            return f"{text!r} is allowed from qbXML {since[0]}.{since[1]} on only"
        return None

    def _fault_of_range(self, value: str) -> str | None:
        if self.lowest is not None and int(value) < self.lowest:
            return f"{value} is below {self.lowest}"
        if self.highest is not None and int(value) > self.highest:
            return f"{value} is above {self.highest}"
        return None


def string(max_length: int | None = None) -> ValueType:
    """Text of at most `max_length` characters (no limit: None)."""
    return replace(STRTYPE, max_length=max_length)


def whole_number(*, lowest: int | None = None, highest: int | None = None) -> ValueType:
    """A whole number within the limits, both included."""
    return replace(INTTYPE, lowest=lowest, highest=highest)


def one_of(words: str, *, later: Mapping[Version, str] | None = None) -> ValueType:
    """One of the blank-separated `words`; `later` has the words that came with later versions.

    >>> one_of("Start Continue Stop").fault("start", (13, 0))
    "'start' is none of the allowed words (Start, Continue, Stop)"
    """
    since = dict.fromkeys(words.split(), FIRST_VERSION)
    for version, added in (later or {}).items():
        since.update(dict.fromkeys(added.split(), version))
    return ValueType("ENUMTYPE", words=since)


_SHOWN_CHARACTERS = 40
_HOURS_OF_OFFSET = 14
_DATE = re.compile(r"(-?(?:[1-9][0-9]{4,8}|[0-9]{4}))-([0-9]{2})-([0-9]{2})(?:Z|[+-]([0-9]{2}):([0-9]{2}))?")


def _is_in_calendar(value: str) -> bool:
    found = _DATE.fullmatch(value)
    if found is None:
        return False
    year, month, day = int(found[1]), int(found[2]), int(found[3])
    offset = int(found[4] or 0) * 60 + int(found[5] or 0)
    if year == 0 or not 1 <= month <= 12 or int(found[5] or 0) > 59 or offset > _HOURS_OF_OFFSET * 60:
        return False
    in_four_centuries = abs(year) % 400 + 2000  # the calendar repeats; the library knows the years up to 9999
    return 1 <= day <= monthrange(in_four_centuries, month)[1]


def _shortened(text: str) -> str:
    return repr(text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "...")


_UP_TO_FIVE_DECIMALS = re.compile(r"([+-]?[0-9]{1,10}(\.[0-9]{1,5})?)?")

STRTYPE = ValueType("STRTYPE")
IDTYPE = ValueType("IDTYPE", max_length=36)
MACROTYPE = ValueType("MACROTYPE")
BOOLTYPE = ValueType("BOOLTYPE", pattern=re.compile("true|false|1|0"), trims=True, blank=True)
DATETYPE = ValueType("DATETYPE", pattern=_DATE, trims=True, blank=True, is_real=_is_in_calendar)
DATETIMETYPE = ValueType(
    "DATETIMETYPE",
    pattern=re.compile(
        "[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(T[0-9]{1,2}(:[0-9]{1,2}(:[0-9]{1,2}([+-][0-9]{1,2}:[0-9]{1,2})?)?)?)?"
    ),
    blank=True,
)
AMTTYPE = ValueType("AMTTYPE", pattern=re.compile(r"([+-]?[0-9]{1,13}(\.[0-9]{2})?)?"))
PRICETYPE = ValueType("PRICETYPE", pattern=_UP_TO_FIVE_DECIMALS)
QUANTYPE = ValueType("QUANTYPE", pattern=_UP_TO_FIVE_DECIMALS)
PERCENTTYPE = ValueType("PERCENTTYPE", pattern=_UP_TO_FIVE_DECIMALS)
FLOATTYPE = ValueType("FLOATTYPE", pattern=re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)"), trims=True, blank=True)
INTTYPE = ValueType("INTTYPE", pattern=re.compile("[+-]?[0-9]{1,24}"), trims=True)
GUIDTYPE = ValueType("GUIDTYPE", pattern=re.compile(r"0|\{[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}"))
