"""Column types that keep money exact and times in UTC on every database."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, DateTime, Dialect, String, Text, TypeDecorator
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.types import TypeEngine

MAX_KEY_CHARACTERS = 100


class UTCDateTime(TypeDecorator[datetime]):
    """An aware time, kept in UTC; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without its zone can't be stored")
        return value.astimezone(timezone.utc)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=timezone.utc) if moment.tzinfo is None else moment.astimezone(timezone.utc)


class Cents(TypeDecorator[Decimal]):
    """An amount of money as a whole number of cents, so that databases sum and sort it exactly."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        if value is None:
            return None
        cents = value * 100
        if cents != cents.to_integral_value():
            raise ValueError(f"{value} has a part of a cent and can't be stored as money")
        return int(cents)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        return None if value is None else Decimal(int(value)).scaleb(-2)


class PlainJSON(TypeDecorator[Any]):
    """Plain data as JSON text, the same on every database."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        return None if value is None else json.loads(value)


class SearchKey(TypeDecorator[str]):
    """A text that is searched by how it begins: compared code point by code point, so that an index finds a range."""

    impl = String(MAX_KEY_CHARACTERS)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        collation = "C" if dialect.name == "postgresql" else None  # SQLite compares bytes by itself
        return dialect.type_descriptor(String(MAX_KEY_CHARACTERS, collation=collation))


class not_by_index(GenericFunction[Any]):
    """A column by which SQLite shall not look rows up, though it has an index.

    SQLite keeps no statistics of its own accord and takes every index to lead to a handful of rows: of two that fit it
    takes either. PostgreSQL knows better, and is told nothing.
    """

    inherit_cache = True


@compiles(not_by_index)
def _as_it_is(element: not_by_index, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(_column_of(element), **options)


@compiles(not_by_index, "sqlite")
def _with_a_plus(element: not_by_index, compiler: SQLCompiler, **options: Any) -> str:
    return f"+{compiler.process(_column_of(element), **options)}"


def _column_of(element: not_by_index) -> ColumnElement[Any]:
    column: ColumnElement[Any] = next(iter(element.clauses))
    return column
