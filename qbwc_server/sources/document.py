"""The bytes of a file as text and as JSON, both bounded: UTF-8, exact numbers, no key twice, no endless nesting."""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any, NoReturn

from qbwc_server.sources.reading import UnreadableFile

MAX_FILE_BYTES = 256 * 1024 * 1024
MAX_JSON_DEPTH = 64  # objects and lists within each other; an order system's own orders have about 10
MAX_INTEGER_DIGITS = 40  # longer ones are kept as Decimal, and refused where an amount or an id is needed

_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


class Document:
    """One file, decoded once and parsed once however many formats look at it."""

    def __init__(self, data: bytes) -> None:
        """Raises UnreadableFile where the file is empty, too large or not UTF-8."""
        if len(data) > MAX_FILE_BYTES:
            raise UnreadableFile(
                f"the file has {len(data)} bytes, and at most {MAX_FILE_BYTES} are read; export fewer orders at a time"
            )
        if data.startswith(_UTF16_MARKS):
            raise UnreadableFile("the file is UTF-16; save it as UTF-8 (in a spreadsheet: 'CSV UTF-8')")
        try:
            self.text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise UnreadableFile(
                f"the file is not UTF-8 (byte {error.start}); save it as UTF-8 (in a spreadsheet: 'CSV UTF-8')"
            ) from None
        if not self.text or self.text.isspace():
            raise UnreadableFile("the file is empty; export the orders again")

    @property
    def looks_like_json(self) -> bool:
        """Whether the text begins as a JSON object or list does."""
        return re.match(r"\s*[\[{]", self.text) is not None

    @cached_property
    def json(self) -> Any:
        """The text as JSON data, numbers as int or Decimal.

        Raises UnreadableFile where it is not JSON, names a key twice in one object, holds NaN or Infinity,
        or is nested deeper than MAX_JSON_DEPTH.
        """
        try:
            parsed = json.loads(
                self.text,
                object_pairs_hook=_object,
                parse_float=_fraction,
                parse_int=_integer,
                parse_constant=_no_constant,
            )
        except json.JSONDecodeError as error:
            raise UnreadableFile(
                f"the file is not JSON: {error.msg} at line {error.lineno}, column {error.colno}; export it again"
            ) from None
        except RecursionError:
            raise _too_deep() from None
        _check_depth(parsed)
        return parsed


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    parsed = dict(pairs)
    if len(parsed) < len(pairs):
        names = [name for name, _ in pairs]
        doubled = next(name for name in parsed if names.count(name) > 1)
        raise UnreadableFile(
            f"the file names {doubled[:60]!r} twice in one object, so what it says can't be told; export it again"
        )
    return parsed


def _fraction(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent beyond all bounds: refused where a number is needed, harmless elsewhere
        return Decimal("Infinity")


def _integer(text: str) -> int | Decimal:
    return int(text) if len(text) <= MAX_INTEGER_DIGITS else _fraction(text)


def _no_constant(name: str) -> NoReturn:
    raise UnreadableFile(f"the file holds {name}, which is no number of JSON; export it again")


def _check_depth(parsed: Any) -> None:
    level = [parsed]
    for _ in range(MAX_JSON_DEPTH):
        level = [
            child
            for holder in level
            for child in (holder.values() if isinstance(holder, dict) else holder if isinstance(holder, list) else ())
            if isinstance(child, (dict, list))
        ]
    if level:
        raise _too_deep()


def _too_deep() -> UnreadableFile:
    return UnreadableFile(f"the file nests objects and lists deeper than {MAX_JSON_DEPTH}; export the orders again")
