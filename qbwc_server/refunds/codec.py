"""Frozen dataclasses to plain JSON data and back, strictly: an unknown key, a missing one or a wrong type is an error
that names its place. Amounts are strings, times ISO 8601 with their offset."""

from __future__ import annotations

import dataclasses
import re
import types
import typing
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")

MAX_NUMBER_CHARACTERS = 40

_PLAIN_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")  # no exponent: what is read can be written back


class DecodeError(ValueError):
    """Data that is not of the expected form; `place` is a path such as `lines[2].quantity`."""

    def __init__(self, place: str, reason: str) -> None:
        self.place = place or "the record"
        self.reason = reason
        super().__init__(f"{self.place}: {reason}")


def encode(value: object) -> Any:
    """The plain JSON form of a dataclass, or of anything one may hold."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: encode(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): encode(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [encode(item) for item in value]
    if value is None or isinstance(value, (str, int, bool)):
        return value
    raise TypeError(f"a {type(value).__name__} has no JSON form")


def decode(kind: type[T], data: object, place: str = "") -> T:
    """The dataclass `kind` from plain JSON data.

    Raises DecodeError with the place and the reason where the data is not of that form.
    """
    result: T = _decode(kind, data, place)
    return result


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _decode(kind: Any, data: object, place: str) -> Any:
    origin = typing.get_origin(kind)
    if origin in (types.UnionType, typing.Union):
        if data is None:
            return None
        inner = next(argument for argument in typing.get_args(kind) if argument is not type(None))
        return _decode(inner, data, place)
    if origin is tuple:
        return _decode_list(typing.get_args(kind)[0], data, place)
    if origin is not None and issubclass(origin, Mapping):
        return _decode_mapping(typing.get_args(kind)[1], data, place)
    if dataclasses.is_dataclass(kind):
        return _decode_dataclass(kind, data, place)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _decode_enum(kind, data, place)
    return _SCALARS[kind](data, place)


def _decode_dataclass(kind: Any, data: object, place: str) -> Any:
    if not isinstance(data, Mapping):
        raise DecodeError(place, f"expected an object with named fields, found {_shown(data)}")
    fields = {field.name: field for field in dataclasses.fields(kind)}
    unknown = sorted(str(key) for key in data if key not in fields)
    if unknown:
        raise DecodeError(_join(place, unknown[0]), f"no such field; allowed are {', '.join(fields)}")
    values = {}
    for name, field in fields.items():
        if name in data:
            values[name] = _decode(_hints(kind)[name], data[name], _join(place, name))
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise DecodeError(_join(place, name), "is missing")
    return kind(**values)


def _decode_list(kind: Any, data: object, place: str) -> tuple[Any, ...]:
    if not isinstance(data, Sequence) or isinstance(data, (str, bytes)):
        raise DecodeError(place, f"expected a list, found {_shown(data)}")
    return tuple(_decode(kind, item, f"{place}[{index}]") for index, item in enumerate(data))


def _decode_mapping(kind: Any, data: object, place: str) -> dict[str, Any]:
    if not isinstance(data, Mapping):
        raise DecodeError(place, f"expected an object, found {_shown(data)}")
    return {str(key): _decode(kind, item, _join(place, str(key))) for key, item in data.items()}


def _decode_enum(kind: type[Enum], data: object, place: str) -> Enum:
    try:
        return kind(data)
    except ValueError:
        allowed = ", ".join(str(member.value) for member in kind)
        raise DecodeError(place, f"{_shown(data)} is not one of {allowed}") from None


def _decode_text(data: object, place: str) -> str:
    if isinstance(data, str):
        return data
    raise DecodeError(place, f"expected text, found {_shown(data)}")


def _decode_bool(data: object, place: str) -> bool:
    if isinstance(data, bool):
        return data
    raise DecodeError(place, f"expected true or false, found {_shown(data)}")


def _decode_int(data: object, place: str) -> int:
    if isinstance(data, int) and not isinstance(data, bool):
        return data
    raise DecodeError(place, f"expected a whole number, found {_shown(data)}")


def _decode_decimal(data: object, place: str) -> Decimal:
    if isinstance(data, int) and not isinstance(data, bool) and abs(data) < 10**MAX_NUMBER_CHARACTERS:
        return Decimal(data)
    if isinstance(data, Decimal) and data.is_finite():
        data = format(data, "f") if abs(data.adjusted()) < MAX_NUMBER_CHARACTERS else ""
    if isinstance(data, str) and len(data) <= MAX_NUMBER_CHARACTERS and _PLAIN_NUMBER.fullmatch(data):
        return Decimal(data)
    raise DecodeError(place, f'expected a number as text such as "12.50", found {_shown(data)}')


def _decode_datetime(data: object, place: str) -> datetime:
    if isinstance(data, str):
        try:
            moment = datetime.fromisoformat(data[:-1] + "+00:00" if data.endswith(("Z", "z")) else data)
        except ValueError:
            moment = None
        if moment is not None and moment.tzinfo is not None:
            return moment
    raise DecodeError(place, f"expected a time with its offset such as 2024-03-01T14:05:00-05:00, found {_shown(data)}")


def _decode_date(data: object, place: str) -> date:
    if isinstance(data, str):
        try:
            return date.fromisoformat(data)
        except ValueError:
            pass
    raise DecodeError(place, f"expected a date such as 2024-03-01, found {_shown(data)}")


_SCALARS: dict[Any, Any] = {
    str: _decode_text,
    bool: _decode_bool,
    int: _decode_int,
    Decimal: _decode_decimal,
    datetime: _decode_datetime,
    date: _decode_date,
}


def _join(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _shown(data: object) -> str:
    text = repr(data)
    return text if len(text) <= 60 else text[:57] + "..."
