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
    kind = type(value)
    encoder = _ENCODERS.get(kind)
    if encoder is not None:
        return encoder(value)
    if dataclasses.is_dataclass(kind):
        return _encode_dataclass(_names(kind), value)
    return value


def decode(kind: type[T], data: Any, place: str) -> T:
    """The value of that type that `encode` was given. Raises CompanyFileError with the place where it can't be."""
    decoder: Callable[[Any], T] = _decoder(typing.cast(Any, kind))
    try:
        return decoder(data)
    except _MisfitError as misfit:
        where = ".".join([place, *reversed(misfit.names)])
        raise CompanyFileError(f"{where}: {misfit.reason}") from misfit.__cause__


class _MisfitError(Exception):
    """Data is not of the type; `names` are the fields on the way to it, the innermost first."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.names: list[str] = []


#: Values that are in the file as they are.
_PLAIN = frozenset({str, int, bool})


def _encode_dataclass(names: tuple[str, ...], value: Any) -> dict[str, Any]:
    """The fields that are neither None nor an empty list or object."""
    result = {}
    for name in names:
        item = getattr(value, name)
        kind = type(item)
        if kind in _PLAIN:
            result[name] = item
        elif item is not None and not (kind in _CONTAINERS and not item):
            result[name] = encode(item)
    return result


_CONTAINERS = frozenset({list, dict})
_ENCODERS: dict[Any, Callable[[Any], Any]] = {
    list: lambda value: [encode(item) for item in value],
    tuple: lambda value: [encode(item) for item in value],
    dict: lambda value: {key: encode(item) for key, item in value.items()},
    Decimal: lambda value: f"{value:f}",
    date: date.isoformat,
    datetime: datetime.isoformat,
}


@cache
def _names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


@cache
def _decoder(kind: Any) -> Callable[[Any], Any]:
    origin = typing.get_origin(kind)
    arguments = typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        (inner,) = [argument for argument in arguments if argument is not type(None)]
        optional = _decoder(inner)
        return lambda data: None if data is None else optional(data)
    if origin is list:
        return _list_decoder(_decoder(arguments[0]))
    if origin is dict:
        return _dict_decoder(_decoder(arguments[1]))
    if dataclasses.is_dataclass(kind):
        return _dataclass_decoder(kind)
    return _SIMPLE[kind]


def _list_decoder(item: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def read(data: Any) -> Any:
        if not isinstance(data, list):
            raise _MisfitError("a list is expected")
        return [item(entry) for entry in data]

    return read


def _dict_decoder(item: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def read(data: Any) -> Any:
        if not isinstance(data, dict):
            raise _MisfitError("an object is expected")
        return {key: item(entry) for key, entry in data.items()}

    return read


def _dataclass_decoder(kind: Any) -> Callable[[Any], Any]:
    hints = typing.get_type_hints(kind)
    fields = dataclasses.fields(kind)
    decoders: dict[str, Callable[[Any], Any]] = {}

    def read(data: Any) -> Any:
        if not decoders:  # made at the first use, since a type may hold itself
            decoders.update({field.name: _decoder(hints[field.name]) for field in fields})
        if not isinstance(data, dict):
            raise _MisfitError(f"an object is expected for {kind.__name__}")
        values = {}
        for name, value in data.items():
            decoder = decoders.get(name)
            if decoder is None:
                raise _MisfitError(f"{kind.__name__} has no field {name!r}")
            try:
                values[name] = decoder(value)
            except _MisfitError as misfit:
                misfit.names.append(name)
                raise
        try:
            return kind(**values)
        except TypeError as error:
            raise _MisfitError(f"{kind.__name__} is incomplete: {error}") from error

    return read


def _simple(kind: Any, convert: Callable[[Any], Any] | None = None) -> Callable[[Any], Any]:
    def read(data: Any) -> Any:
        if not isinstance(data, kind):
            raise _MisfitError(f"{data!r} is not of the type {kind.__name__}")
        if convert is None:
            return data
        try:
            return convert(data)
        except (ValueError, InvalidOperation) as error:
            raise _MisfitError(f"{data!r} can't be read: {error}") from error

    return read


_SIMPLE: dict[Any, Callable[[Any], Any]] = {
    str: _simple(str),
    int: _simple(int),
    bool: _simple(bool),
    Decimal: _simple(str, Decimal),
    datetime: _simple(str, datetime.fromisoformat),
    date: _simple(str, date.fromisoformat),
}
