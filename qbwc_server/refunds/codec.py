"""Frozen dataclasses to plain JSON data and back, strictly: an unknown key, a missing one or a wrong type is an error
that names its place. Amounts are strings, times ISO 8601 with their offset."""

from __future__ import annotations

import dataclasses
import re
import types
import typing
from collections.abc import Callable, Mapping, Sequence
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
    result: T = _decoder(typing.cast("Any", kind))(data, place)
    return result


Decoder = Callable[[object, str], Any]


@cache
def _decoder(kind: Any) -> Decoder:
    """How data becomes a `kind`: worked out once from the type, since every refund is read many times."""
    origin = typing.get_origin(kind)
    if origin in (types.UnionType, typing.Union):
        return _optional(next(argument for argument in typing.get_args(kind) if argument is not type(None)))
    if origin is tuple:
        return _list_of(typing.get_args(kind)[0])
    if origin is not None and issubclass(origin, Mapping):
        return _mapping_of(typing.get_args(kind)[1])
    if dataclasses.is_dataclass(kind):
        return _dataclass_of(kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _enum_of(kind)
    scalar: Decoder = _SCALARS[kind]
    return scalar


def _optional(kind: Any) -> Decoder:
    inner = _decoder(kind)

    def decode_optional(data: object, place: str) -> Any:
        return None if data is None else inner(data, place)

    return decode_optional


def _dataclass_of(kind: Any) -> Decoder:
    fields = {field.name: _is_required(field) for field in dataclasses.fields(kind)}
    decoders: dict[str, Decoder] = {}

    def decode_dataclass(data: object, place: str) -> Any:
        if not isinstance(data, Mapping):
            raise DecodeError(place, f"expected an object with named fields, found {_shown(data)}")
        if not decoders:  # not before the first use, since a class may hold itself
            hints = typing.get_type_hints(kind)
            decoders.update({name: _decoder(hints[name]) for name in fields})
        values = {}
        for name, item in data.items():
            if name not in fields:
                raise DecodeError(_join(place, str(name)), f"no such field; allowed are {', '.join(fields)}")
            values[name] = decoders[name](item, _join(place, name))
        for name, required in fields.items():
            if required and name not in values:
                raise DecodeError(_join(place, name), "is missing")
        return kind(**values)

    return decode_dataclass


def _is_required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _list_of(kind: Any) -> Decoder:
    inner = _decoder(kind)

    def decode_list(data: object, place: str) -> tuple[Any, ...]:
        if not isinstance(data, Sequence) or isinstance(data, (str, bytes)):
            raise DecodeError(place, f"expected a list, found {_shown(data)}")
        return tuple([inner(item, f"{place}[{index}]") for index, item in enumerate(data)])

    return decode_list


def _mapping_of(kind: Any) -> Decoder:
    inner = _decoder(kind)

    def decode_mapping(data: object, place: str) -> dict[str, Any]:
        if not isinstance(data, Mapping):
            raise DecodeError(place, f"expected an object, found {_shown(data)}")
        return {str(key): inner(item, _join(place, str(key))) for key, item in data.items()}

    return decode_mapping


def _enum_of(kind: type[Enum]) -> Decoder:
    def decode_enum(data: object, place: str) -> Enum:
        try:
            return kind(data)
        except ValueError:
            allowed = ", ".join(str(member.value) for member in kind)
            raise DecodeError(place, f"{_shown(data)} is not one of {allowed}") from None

    return decode_enum


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
