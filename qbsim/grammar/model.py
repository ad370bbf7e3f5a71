"""How an aggregate of qbXML is declared, and how an element is held against its declaration.

A declaration is data: elements in order, each mandatory unless wrapped in `optional`, `any_number` or `up_to`, with
`choice` where one of several may stand. It is turned into a table of steps once, so that a check costs one look-up
an element.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from lxml import etree

from qbsim.grammar import types
from qbsim.grammar.types import FIRST_VERSION, XML_WHITE_SPACE, ValueType, Version

UNBOUNDED = -1


class GrammarError(Exception):
    """A declaration of this grammar is at fault, such as a name with two possible places. Mend the declaration."""


class ElementFault(Exception):
    """An element is not as declared. `element` is the culprit, `reason` says why, for people."""

    def __init__(self, element: etree._Element, reason: str) -> None:
        super().__init__(reason)
        self.element = element
        self.reason = reason


@dataclass(frozen=True, eq=False)
class Element:
    """A declared element with either a `value` (text) or `content` (elements), known since the version `since`."""

    name: str
    value: ValueType | None = None
    content: Particle | None = None
    attributes: Mapping[str, ValueType] = field(default_factory=dict)
    since: Version = FIRST_VERSION

    @cached_property
    def steps(self) -> Steps:
        """The content as a table of steps, made at the first use. GrammarError: the declaration is ambiguous."""
        try:
            return Steps.of(self.content if self.content is not None else Sequence(()))
        except GrammarError as error:
            raise GrammarError(f"{self.name}: {error}") from None


@dataclass(frozen=True)
class Sequence:
    """The parts one after the other."""

    parts: tuple[Particle, ...]


@dataclass(frozen=True)
class Choice:
    """One of the parts."""

    parts: tuple[Particle, ...]


@dataclass(frozen=True)
class Repeat:
    """The part, `least` to `most` times."""

    part: Particle
    least: int
    most: int


Particle = Element | Sequence | Choice | Repeat
MACRO = {"defMacro": types.MACROTYPE}


def seq(*parts: Particle) -> Sequence:
    """The parts, in this order."""
    return Sequence(parts)


def choice(*parts: Particle) -> Choice:
    """Exactly one of the parts."""
    return Choice(parts)


def optional(*parts: Particle) -> Sequence:
    """The parts in this order, each of which may be absent."""
    return Sequence(tuple(Repeat(part, 0, 1) for part in parts))


def any_number(part: Particle) -> Repeat:
    """The part any number of times, none included."""
    return Repeat(part, 0, UNBOUNDED)


def at_least_one(part: Particle) -> Repeat:
    """The part once or more often."""
    return Repeat(part, 1, UNBOUNDED)


def up_to(most: int, part: Particle) -> Repeat:
    """The part at most `most` times."""
    return Repeat(part, 0, most)


def aggregate(
    name: str,
    *parts: Particle,
    attributes: Mapping[str, ValueType] | None = None,
    since: Version = FIRST_VERSION,
) -> Element:
    """An element that holds elements."""
    return Element(name, content=Sequence(parts), attributes=attributes or {}, since=since)


def leaf(name: str, value: ValueType, *, since: Version = FIRST_VERSION, macro: bool = False) -> Element:
    """An element that holds a value; with `macro`, useMacro may stand on it."""
    return Element(name, value=value, attributes={"useMacro": types.MACROTYPE} if macro else {}, since=since)


@dataclass(frozen=True)
class Steps:
    """The content of an aggregate as a table: for each place, what may come next and which place that leads to."""

    next: tuple[Mapping[str, tuple[int, Element]], ...]
    may_end: tuple[bool, ...]

    @classmethod
    def of(cls, content: Particle) -> Steps:
        """Number the places of `content` (Glushkov's construction). GrammarError: a name has two possible places."""
        places = _Places()
        fragment = places.walk(content)
        starts = [fragment.first, *(places.follow[number] for number in range(len(places.elements)))]
        ends = [fragment.empty, *(number in fragment.last for number in range(len(places.elements)))]
        return cls(tuple(places.table(numbers) for numbers in starts), tuple(ends))


def check(element: etree._Element, declared: Element, version: Version) -> None:
    """Hold `element` and all below it against `declared`. ElementFault: the first fault in the document's order."""
    _check_attributes(element, declared, version)
    if declared.value is not None:
        reason = declared.value.fault(_value_of(element), version)
        if reason is not None:
            raise ElementFault(element, reason)
        return
    _check_content(element, declared, version)


def _check_attributes(element: etree._Element, declared: Element, version: Version) -> None:
    for name, value in element.attrib.items():
        value_type = declared.attributes.get(str(name))
        if value_type is None:
            raise ElementFault(element, f"has no attribute {name}")
        reason = value_type.fault(str(value), version)
        if reason is not None:
            raise ElementFault(element, f"attribute {name}: {reason}")


def _check_content(element: etree._Element, declared: Element, version: Version) -> None:
    steps = declared.steps
    table, place = steps.next, 0
    _refuse_text(element, element.text)
    for child in element:
        _refuse_text(element, child.tail)
        name = child.tag
        if not isinstance(name, str):
            continue  # a comment or a processing instruction
        step = table[place].get(name)
        if step is None:
            raise ElementFault(child, _why_not_here(name, table, place, steps.may_end[place]))
        place, declared_child = step
        if declared_child.since > version:
            major, minor = declared_child.since
            raise ElementFault(
                child, f"exists from qbXML {major}.{minor} on only, this set is {version[0]}.{version[1]}"
            )
        check(child, declared_child, version)
    if not steps.may_end[place]:
        raise ElementFault(element, f"is not complete: {_expected(table[place])} must follow")


def _value_of(element: etree._Element) -> str:
    if len(element) == 0:
        return element.text or ""
    parts = [element.text or ""]
    for child in element:
        if isinstance(child.tag, str):
            raise ElementFault(child, f"stands inside {element.tag!s}, which holds a value, not elements")
        parts.append(child.tail or "")
    return "".join(parts)


def _refuse_text(element: etree._Element, text: str | None) -> None:
    if text is not None and text.strip(XML_WHITE_SPACE):
        raise ElementFault(element, f"holds elements, not text ({text.strip(XML_WHITE_SPACE)[:40]!r})")


def _why_not_here(name: str, table: tuple[Mapping[str, tuple[int, Element]], ...], place: int, may_end: bool) -> str:
    if not any(name in row for row in table):
        return "is unknown here"
    expected = _expected(table[place])
    if not expected:
        return "is out of order, or once too often: nothing may follow here"
    return f"is out of order, or once too often: {expected}{' or the end' if may_end else ''} may stand here"


def _expected(row: Mapping[str, tuple[int, Element]]) -> str:
    return ", ".join(row)


@dataclass(frozen=True)
class _Fragment:
    """Part of a content model: may it be empty, which places begin it, which end it."""

    empty: bool
    first: tuple[int, ...]
    last: frozenset[int]


_NOTHING = _Fragment(True, (), frozenset())


class _Places:
    """Gives every element of a content model a number and notes which may follow which."""

    def __init__(self) -> None:
        self.elements: list[Element] = []
        self.follow: list[list[int]] = []

    def walk(self, particle: Particle) -> _Fragment:
        if isinstance(particle, Element):
            self.elements.append(particle)
            self.follow.append([])
            number = len(self.elements) - 1
            return _Fragment(False, (number,), frozenset({number}))
        if isinstance(particle, Sequence):
            return self._in_order(self.walk(part) for part in particle.parts)
        if isinstance(particle, Choice):
            return _either([self.walk(part) for part in particle.parts])
        return self._repeated(particle)

    def table(self, numbers: Iterable[int]) -> dict[str, tuple[int, Element]]:
        row: dict[str, tuple[int, Element]] = {}
        for number in numbers:
            element = self.elements[number]
            taken = row.setdefault(element.name, (number + 1, element))
            if taken[0] != number + 1:
                raise GrammarError(f"{element.name} could be two of the declared places at once")
        return row

    def _in_order(self, fragments: Iterable[_Fragment]) -> _Fragment:
        whole = _NOTHING
        for fragment in fragments:
            self._link(whole.last, fragment.first)
            whole = _Fragment(
                whole.empty and fragment.empty,
                whole.first + fragment.first if whole.empty else whole.first,
                whole.last | fragment.last if fragment.empty else fragment.last,
            )
        return whole

    def _repeated(self, repeat: Repeat) -> _Fragment:
        """Without an upper limit: a loop. With one: copies nested in each other, so that each place has one meaning."""
        if repeat.least > 1:
            raise GrammarError("a repetition starts at none or one; write the mandatory copies before it")
        if repeat.most == UNBOUNDED:
            body = self.walk(repeat.part)
            self._link(body.last, body.first)
            return _Fragment(body.empty or repeat.least == 0, body.first, body.last)
        copies = [self.walk(repeat.part) for _ in range(repeat.most)]
        if repeat.most > 1 and copies[0].empty:
            raise GrammarError("a part that may be empty cannot be repeated a counted number of times")
        for before, after in pairwise(copies):
            self._link(before.last, after.first)
        ends: frozenset[int] = frozenset().union(*(body.last for body in copies))
        return _Fragment(copies[0].empty or repeat.least == 0, copies[0].first, ends)

    def _link(self, before: Iterable[int], after: tuple[int, ...]) -> None:
        for number in before:
            known = self.follow[number]
            known.extend(place for place in after if place not in known)


def _either(fragments: list[_Fragment]) -> _Fragment:
    return _Fragment(
        any(fragment.empty for fragment in fragments),
        tuple(number for fragment in fragments for number in fragment.first),
        frozenset().union(*(fragment.last for fragment in fragments)),
    )
