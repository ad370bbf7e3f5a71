"""Dataclasses to plain JSON values and back, so that what is kept in the company file is declared once.

Amounts become strings, times ISO texts; what is None or empty is left out.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")


class CompanyFileError(ValueError):
    """The text is no company file of this simulator; the message says where it is wrong and what is expected."""


def encode(value: Any) -> Any:
    """A dataclass, list, dict or single value as what `json.dumps` takes."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        result = {}
        for name in _names(type(value)):
            item = getattr(value, name)
            if item is None or (isinstance(item, (list, dict)) and not item):
                continue
            result[name] = encode(item)
        return result
    if isinstance(value, (list, tuple)):
        return [encode(item) for item in value]
    if isinstance(value, dict):
        return {key: encode(item) for key, item in value.items()}
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date):
        return value.isoformat()
    return value


def decode(kind: type[T], data: Any, place: str) -> T:
    """The value of that type that `encode` was given. Raises CompanyFileError with the place where it can't be."""
    decoder: Callable[[Any, str], T] = _decoder(typing.cast(Any, kind))
    return decoder(data, place)


@cache
def _names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


@cache
def _decoder(kind: Any) -> Callable[[Any, str], Any]:
    origin = typing.get_origin(kind)
    arguments = typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        (inner,) = [argument for argument in arguments if argument is not type(None)]
        optional = _decoder(inner)
        return lambda data, place: None if data is None else optional(data, place)
    if origin is list:
        return _list_decoder(_decoder(arguments[0]))
    if origin is dict:
        return _dict_decoder(_decoder(arguments[1]))
    if dataclasses.is_dataclass(kind):
        return _dataclass_decoder(kind)
    return _SIMPLE[kind]


def _list_decoder(item: Callable[[Any, str], Any]) -> Callable[[Any, str], Any]:
    def read(data: Any, place: str) -> Any:
        if not isinstance(data, list):
            raise CompanyFileError(f"{place}: a list is expected")
        return [item(entry, place) for entry in data]

    return read


def _dict_decoder(item: Callable[[Any, str], Any]) -> Callable[[Any, str], Any]:
    def read(data: Any, place: str) -> Any:
        if not isinstance(data, dict):
            raise CompanyFileError(f"{place}: an object is expected")
        return {key: item(entry, place) for key, entry in data.items()}

    return read


def _dataclass_decoder(kind: Any) -> Callable[[Any, str], Any]:
    hints = typing.get_type_hints(kind)
    fields = dataclasses.fields(kind)
    decoders: dict[str, Callable[[Any, str], Any]] = {}

    def read(data: Any, place: str) -> Any:
        if not decoders:  # made at the first use, since a type may hold itself
            decoders.update({field.name: _decoder(hints[field.name]) for field in fields})
        if not isinstance(data, dict):
            raise CompanyFileError(f"{place}: an object is expected for {kind.__name__}")
        unknown = data.keys() - decoders.keys()
        if unknown:
            raise CompanyFileError(f"{place}: {kind.__name__} has no field {sorted(unknown)[0]!r}")
        try:
            return kind(**{name: decoders[name](value, f"{place}.{name}") for name, value in data.items()})
        except TypeError as error:
            raise CompanyFileError(f"{place}: {kind.__name__} is incomplete: {error}") from error

    return read


def _simple(kind: Any, convert: Callable[[Any], Any]) -> Callable[[Any, str], Any]:
    def read(data: Any, place: str) -> Any:
        if not isinstance(data, kind):
            raise CompanyFileError(f"{place}: {data!r} is not of the type {kind.__name__}")
        try:
            return convert(data)
        except (ValueError, InvalidOperation) as error:
            raise CompanyFileError(f"{place}: {data!r} can't be read: {error}") from error

    return read


_SIMPLE: dict[Any, Callable[[Any, str], Any]] = {
    str: _simple(str, str),
    int: _simple(int, int),
    bool: _simple(bool, bool),
    Decimal: _simple(str, Decimal),
    datetime: _simple(str, datetime.fromisoformat),
    date: _simple(str, date.fromisoformat),
}
