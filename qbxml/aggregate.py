"""Aggregates declared once as data: a class is the order of its elements, an annotation the rule of each.

    @aggregate
    class CreditMemoAdd(Request, rets=(CreditMemoRet,), writes=True):
        customer_ref: CustomerRef
        txn_date: Date | None = None
        ...

declares that CustomerRef comes first and is mandatory, that TxnDate follows and may be left out. Element names are
those of the attributes in Intuit's spelling (`txn_date` is TxnDate, `ar_account_ref` ARAccountRef); a list of
aggregates takes its element names from their classes. Everything that writes, checks or reads works from this.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, TypeVar

from typing_extensions import dataclass_transform

from qbxml.types import Rule, Text

A = TypeVar("A", bound="type[Aggregate]")

# Parts of Intuit's names that are not simply capitalised.
_SPELLINGS = {"id": "ID", "guid": "GUID", "ar": "AR", "po": "PO", "fob": "FOB", "qb": "QB", "uom": "UOM",
              "qbxml": "QBXML", "ein": "EIN", "ssn": "SSN", "rsb": "RSB", "fifo": "FIFO"}  # fmt: skip


@dataclass(frozen=True)
class Attribute:
    """The field is an XML attribute of this name, not an element."""

    name: str


@dataclass(frozen=True)
class Named:
    """The field's element has this name, where it can't be derived from the attribute's."""

    name: str


@dataclass(frozen=True)
class Content:
    """The field is the element's own text."""


@dataclass(frozen=True)
class FullName:
    """The longest FullName that a reference of this kind takes."""

    max_length: int


@dataclass(frozen=True)
class Since:
    """The first qbXML version that knows the field."""

    major: int
    minor: int = 0


@dataclass(frozen=True)
class Node:
    """An element that no declaration names, kept as it came: nothing that QuickBooks says is lost."""

    name: str
    text: str = ""
    attributes: tuple[tuple[str, str], ...] = ()
    children: tuple[Node, ...] = ()


@dataclass_transform(kw_only_default=True, frozen_default=True)
def aggregate(cls: A) -> A:
    """Makes a declared aggregate a frozen dataclass with keyword arguments."""
    return typing.cast("A", dataclass(frozen=True, kw_only=True)(cls))


@aggregate
class Aggregate:
    """Base of everything declared; `undeclared` keeps what an answer holds beyond the declaration."""

    one_of: ClassVar[tuple[tuple[str, ...], ...]] = ()  # of each group at most one may be given; bases add theirs

    undeclared: tuple[Node, ...] = ()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        groups = (group for base in cls.__mro__ for group in vars(base).get("one_of", ()))
        cls.one_of = tuple(dict.fromkeys(groups))


@dataclass(frozen=True)
class FieldSpec:
    """What the declaration of one field says, worked out once for each class."""

    attribute: str  # of the Python object
    name: str  # of the element or XML attribute
    rule: Rule | None  # None for aggregates
    aggregates: tuple[type[Aggregate], ...]  # the classes it may hold
    repeated: bool
    required: bool
    place: type  # Named (an element), Attribute or Content
    since: tuple[int, int]
    full_name_length: int | None


def specs(kind: type[Aggregate]) -> tuple[FieldSpec, ...]:
    """The fields of an aggregate in the order of their elements."""
    return _specs(typing.cast("Any", kind))


def elements(kind: type[Aggregate]) -> dict[str, tuple[FieldSpec, type[Aggregate] | None]]:
    """For each element name that may stand in the aggregate: its field, and its class where it is an aggregate."""
    return _elements(typing.cast("Any", kind))


@cache
def _specs(kind: Any) -> tuple[FieldSpec, ...]:
    hints = typing.get_type_hints(kind, include_extras=True)
    return tuple(
        _spec(field.name, hints[field.name], required=field.default is dataclasses.MISSING)
        for field in dataclasses.fields(kind)
        if field.name != "undeclared"
    )


@cache
def _elements(kind: Any) -> dict[str, tuple[FieldSpec, type[Aggregate] | None]]:
    found: dict[str, tuple[FieldSpec, type[Aggregate] | None]] = {}
    for spec in specs(kind):
        if spec.place is not Named:
            continue
        if not spec.aggregates:
            found[spec.name] = (spec, None)
        for inner in spec.aggregates:
            found[inner.__name__ if spec.repeated else spec.name] = (spec, inner)
    return found


def max_length(kind: type[Aggregate], attribute: str) -> int:
    """The longest text, in characters, that QuickBooks takes in a field.

    >>> from qbxml import CreditMemoAdd
    >>> max_length(CreditMemoAdd, "ref_number")
    11
    """
    for spec in specs(kind):
        if spec.attribute == attribute and isinstance(spec.rule, Text) and spec.rule.max_length is not None:
            return spec.rule.max_length
    raise KeyError(f"{kind.__name__} declares no text field {attribute} with a length")


def element_name(attribute: str) -> str:
    """Intuit's spelling of a Python attribute's name.

    >>> element_name("ar_account_ref"), element_name("is_to_be_printed"), element_name("txn_id")
    ('ARAccountRef', 'IsToBePrinted', 'TxnID')
    """
    return "".join(_SPELLINGS.get(part, part[:1].upper() + part[1:]) for part in attribute.split("_"))


def _spec(attribute: str, hint: Any, *, required: bool) -> FieldSpec:
    marks = list(_marks(hint))
    kinds = tuple(_classes(hint))
    placed = next((mark for mark in marks if isinstance(mark, (Attribute, Named, Content))), None)
    since = next((mark for mark in marks if isinstance(mark, Since)), Since(1))
    full_name = next((mark.max_length for mark in marks if isinstance(mark, FullName)), None)
    return FieldSpec(
        attribute=attribute,
        name=placed.name if isinstance(placed, (Attribute, Named)) else element_name(attribute),
        rule=None if kinds else next((mark for mark in marks if hasattr(mark, "write")), Text()),
        aggregates=kinds,
        repeated=any(origin is tuple for origin in _origins(hint)),
        required=required,
        place=type(placed) if placed is not None else Named,
        since=(since.major, since.minor),
        full_name_length=full_name,
    )


def _origins(hint: Any) -> Iterator[Any]:
    origin = typing.get_origin(hint)
    yield origin
    if origin is not None:
        for argument in typing.get_args(hint)[: 1 if origin is typing.Annotated else None]:
            yield from _origins(argument)


def _marks(hint: Any) -> Iterator[Any]:
    """What `Annotated` says at any depth, the outermost first."""
    origin = typing.get_origin(hint)
    if origin is typing.Annotated:
        inner, *marks = typing.get_args(hint)
        yield from marks
        yield from _marks(inner)
    elif origin in (types.UnionType, typing.Union, tuple):
        for argument in typing.get_args(hint):
            yield from _marks(argument)


def _classes(hint: Any) -> Iterator[type[Aggregate]]:
    origin = typing.get_origin(hint)
    if origin is typing.Annotated:
        yield from _classes(typing.get_args(hint)[0])
    elif origin in (types.UnionType, typing.Union, tuple):
        for argument in typing.get_args(hint):
            yield from _classes(argument)
    elif isinstance(hint, type) and issubclass(hint, Aggregate):
        yield hint
