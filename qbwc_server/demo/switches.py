"""The switches of the simulated QuickBooks as a user types them: NAME=VALUE, by the fields of `Behaviour`."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from enum import Enum
from typing import Any, Literal, get_args, get_origin, get_type_hints

from qbsim import Behaviour

_TRUTH = {"true": True, "false": False}
_MAX_DIGITS = 9
_MAX_TEXT = 80  # characters of a switch that is a text


class SwitchError(ValueError):
    """A switch that there is not, or a value that it does not take; says what is allowed."""


def read_switches(texts: Sequence[str]) -> Behaviour:
    """The QuickBooks with these switches set, the others at their defaults. Raises SwitchError.

    >>> read_switches(["has_sales_orders=false"]).has_sales_orders
    False
    """
    names = [each.name for each in dataclasses.fields(Behaviour)]
    types = get_type_hints(Behaviour)
    given: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        name = name.strip()
        if not equals:
            raise SwitchError(f"the switch {text!r} has no value; write it as NAME=VALUE")
        if name not in names:
            raise SwitchError(f"there is no switch {name!r}; the switches are {', '.join(names)}")
        if name in given:
            raise SwitchError(f"the switch {name} is given twice; give it once")
        given[name] = _value(name, types[name], value.strip())
    return Behaviour(**given)


def _value(name: str, kind: Any, text: str) -> Any:
    words: dict[str, Any] = {}
    reasons = [each for each in get_args(kind) if isinstance(each, type) and issubclass(each, Enum)]
    if reasons:
        words = {"none": None} | {each.name.lower(): each for each in reasons[0]}
    elif kind is bool:
        words = _TRUTH
    elif get_origin(kind) is Literal:
        words = {str(word): word for word in get_args(kind)}
    if words:
        if text.lower() not in words and text not in words:
            raise SwitchError(f"the switch {name} is one of {', '.join(words)}, not {text!r}")
        return words.get(text, words.get(text.lower()))
    if kind is str:
        return _text(name, text)
    if int in get_args(kind):
        return _number(name, text)
    return _versions(name, text)


def _text(name: str, text: str) -> str:
    if not text or len(text) > _MAX_TEXT or not text.isprintable():
        raise SwitchError(f"the switch {name} is a text of 1 to {_MAX_TEXT} printable characters, not {text!r}")
    return text


def _number(name: str, text: str) -> int | None:
    if text.lower() == "none":
        return None
    if re.fullmatch(rf"[0-9]{{1,{_MAX_DIGITS}}}", text) is None:
        raise SwitchError(f"the switch {name} is a whole number from 0 on, or none, not {text!r}")
    return int(text)


def _versions(name: str, text: str) -> tuple[tuple[int, int], ...]:
    known = {f"{major}.{minor}": (major, minor) for major, minor in Behaviour.supported_versions}
    chosen = [each.strip() for each in text.split(",")]
    unknown = [each for each in chosen if each not in known]
    if unknown:
        raise SwitchError(f"the switch {name} is a list, such as 13.0,16.0, of {', '.join(known)}; not {text!r}")
    return tuple(sorted({known[each] for each in chosen}))
