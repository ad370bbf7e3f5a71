"""Reads the values of a request's elements. The request is schema-valid already; values are still checked as
QuickBooks checks them, each with its own status code. An empty element counts as absent.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, tzinfo
from decimal import Decimal

from lxml.etree import _Element as Element

from qbsim import status
from qbsim.status import refusal

#: AMTTYPE: up to 13 digits, then exactly two decimals or none.
_AMOUNT = re.compile(r"[+-]?\d{1,13}(\.\d{2})?")
#: PRICETYPE, PERCENTTYPE and QUANTYPE: up to 10 digits and up to five decimals.
_DECIMAL = re.compile(r"[+-]?\d{1,10}(\.\d{1,5})?")
_ID = re.compile(r"[0-9A-F]+-[0-9]+", re.IGNORECASE)
_MOMENT = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"
    r"(T(?P<hour>\d{1,2})(:(?P<minute>\d{1,2})(:(?P<second>\d{1,2})(?P<offset>[+-]\d{1,2}:\d{2})?)?)?)?"
)
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


def text(element: Element, name: str) -> str | None:
    """Text of the child, None where it is absent or empty."""
    found = element.find(name)
    return (found.text or None) if found is not None else None


def texts(element: Element, name: str) -> list[str]:
    """Texts of all children of that name."""
    return [child.text or "" for child in element.findall(name)]


def changed_text(element: Element, name: str, present: str | None) -> str | None:
    """The text that a Mod gives a field: the present one where the child is absent, None where it is empty."""
    return present if element.find(name) is None else text(element, name)


def boolean(element: Element, name: str) -> bool | None:
    """BOOLTYPE. Refused as 3010 where it is none."""
    value = text(element, name)
    if value is None:
        return None
    if value.strip() not in _BOOLEANS:
        raise refusal(status.BAD_BOOLEAN, value=value, field=name)
    return _BOOLEANS[value.strip()]


def amount(element: Element, name: str) -> Decimal | None:
    """AMTTYPE to the cent. Refused as 3040 where it is none."""
    value = _number(element, name, _AMOUNT, status.BAD_AMOUNT)
    return None if value is None else value.quantize(Decimal("0.01"))


def price(element: Element, name: str) -> Decimal | None:
    """PRICETYPE. Refused as 3045 where it is none."""
    return _number(element, name, _DECIMAL, status.BAD_PRICE)


def percent(element: Element, name: str) -> Decimal | None:
    """PERCENTTYPE. Refused as 3050 where it is none."""
    return _number(element, name, _DECIMAL, status.BAD_PERCENT)


def quantity(element: Element, name: str) -> Decimal | None:
    """QUANTYPE. Refused as 3060 where it is none."""
    return _number(element, name, _DECIMAL, status.BAD_QUANTITY)


def rate(element: Element, name: str) -> Decimal | None:
    """FLOATTYPE of an exchange rate; the grammar has seen to its form."""
    value = text(element, name)
    return None if value is None or not value.strip() else Decimal(value.strip())


def day(element: Element, name: str) -> date | None:
    """DATETYPE. Refused as 3020 where it is none."""
    value = text(element, name)
    if value is None:
        return None
    try:
        return date.fromisoformat(value.strip()[:10])
    except ValueError as error:
        raise refusal(status.BAD_DATE, value=value, field=name) from error


def moment(element: Element, name: str, zone: tzinfo | None, *, end_of_day: bool = False) -> datetime | None:
    """DATETIMETYPE as an aware time: without an offset it is in `zone`, without a time it is the day's start, or its
    end with `end_of_day`. Refused as 3020 where it is none.
    """
    value = text(element, name)
    if value is None:
        return None
    found = _MOMENT.fullmatch(value.strip())
    if found is None:
        raise refusal(status.BAD_DATE, value=value, field=name)
    try:
        on = date(int(found["year"]), int(found["month"]), int(found["day"]))
        if found["hour"] is None:
            return datetime.combine(on, time(23, 59, 59) if end_of_day else time(), zone)
        at = time(int(found["hour"]), int(found["minute"] or 0), int(found["second"] or 0))
    except ValueError as error:
        raise refusal(status.BAD_DATE, value=value, field=name) from error
    offset = found["offset"]
    if offset is None:
        return datetime.combine(on, at, zone)
    hours, minutes = offset[1:].split(":")
    return datetime.fromisoformat(f"{on}T{at}{offset[0]}{int(hours):02}:{minutes}")


def object_id(value: str, field: str) -> str:
    """The ID as QuickBooks keeps it. Refused as 3000 where it has not the form hex-number."""
    value = value.strip()
    if not _ID.fullmatch(value):
        raise refusal(status.BAD_ID, value=value, field=field)
    return value.upper()


def address(element: Element, name: str) -> dict[str, str]:
    """The parts of an address that are not empty, by their element names."""
    found = element.find(name)
    if found is None:
        return {}
    return {str(part.tag): part.text for part in found.iterchildren("*") if part.text}


def _number(element: Element, name: str, form: re.Pattern[str], code: int) -> Decimal | None:
    value = text(element, name)
    if value is None:
        return None
    if not form.fullmatch(value.strip()):
        raise refusal(code, value=value, field=name)
    return Decimal(value.strip())
