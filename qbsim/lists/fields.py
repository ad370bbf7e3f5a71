"""The fields of list elements: which element of Add, Mod and Ret each is, and how it is read and shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from lxml.etree import _Element as Element

from qbsim import reading
from qbsim.lists.references import refer, resolve
from qbsim.nodes import Nodes, pick
from qbsim.numbers import ZERO, amount_text, boolean_text, price_text, quantity_text
from qbsim.transactions.sales_document import address_nodes

if TYPE_CHECKING:
    from qbsim.lists.table import Lists

#: What an element of a Ret holds; None where it is left out.
Value: TypeAlias = str | Nodes | None
#: Reads the child of that name; the last is how QuickBooks names the object in its messages.
Read = Callable[["Lists", Element, str, str], Any]
Show = Callable[["Lists", str, Any], Mapping[str, Value]]


@dataclass(frozen=True)
class FieldKind:
    """How values of one kind are read from a request and shown in a Ret."""

    read: Read
    show: Show


@dataclass(frozen=True)
class Field:
    """One element, and the attribute that keeps its value. `within`: the aggregate that it stands in; in a Mod that
    aggregate's name ends in Mod.
    """

    element: str
    kept: str
    kind: FieldKind
    within: str = ""


def _plain(read: Callable[[Element, str], Any], write: Callable[[Any], str]) -> FieldKind:
    def show(_lists: Lists, name: str, value: Any) -> Mapping[str, Value]:
        return {name: None if value is None else write(value)}

    return FieldKind(lambda _lists, element, name, _place: read(element, name), show)


def _whole(element: Element, name: str) -> int | None:
    value = reading.text(element, name)
    return None if value is None else int(value)


def _show_address(_lists: Lists, name: str, value: dict[str, str]) -> Mapping[str, Value]:
    fields, block = address_nodes(value)
    return {name: fields, f"{name}Block": block}


TEXT = _plain(reading.text, str)
FLAG = _plain(reading.boolean, boolean_text)
WHOLE = _plain(_whole, str)
DAY = _plain(reading.day, lambda value: value.isoformat())
AMOUNT = _plain(reading.amount, amount_text)
PRICE = _plain(reading.price, price_text)
PRICE_OR_ZERO = FieldKind(PRICE.read, lambda _lists, name, value: {name: price_text(value or ZERO)})
PERCENT = _plain(reading.percent, price_text)
QUANTITY = _plain(reading.quantity, quantity_text)
ADDRESS = FieldKind(lambda _lists, element, name, _place: reading.address(element, name), _show_address)
REF = FieldKind(resolve, lambda lists, name, value: {name: refer(lists, name, value)})


def read(lists: Lists, element: Element, fields: Iterable[Field], place: str) -> dict[str, Any]:
    """The values of the fields that the request has; an empty element is None, which clears the field."""
    values: dict[str, Any] = {}
    for field in fields:
        holder = container(element, field.within) if field.within else element
        if holder is not None and holder.find(field.element) is not None:
            values[field.kept] = field.kind.read(lists, holder, field.element, place)
    return values


def container(element: Element, name: str) -> Element | None:
    """The aggregate of that name within an Add or a Mod."""
    found = element.find(name)
    return found if found is not None else element.find(f"{name}Mod")


def show(lists: Lists, record: Any, fields: Iterable[Field]) -> dict[str, Value]:
    """The values of the fields as a Ret has them, those of an aggregate within it."""
    values: dict[str, Value] = {}
    inner: dict[str, dict[str, Value]] = {}
    for field in fields:
        target = inner.setdefault(field.within, {}) if field.within else values
        target.update(field.kind.show(lists, field.element, getattr(record, field.kept)))
    values.update({name: pick(within, within) for name, within in inner.items()})
    return values
