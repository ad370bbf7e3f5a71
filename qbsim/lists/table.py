"""The tables of list elements, found by ListID or by full name; QuickBooks does not tell capital letters apart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

from qbsim.lists.accounts import Account
from qbsim.lists.currencies import Currency
from qbsim.lists.customers import Customer
from qbsim.lists.element import ListElement
from qbsim.lists.items import Item
from qbsim.lists.small import NamedElement, PaymentMethod, SalesTaxCode

AnyElement = TypeVar("AnyElement", bound=ListElement)


class DuplicateNameError(ValueError):
    """The list has an element of that full name already; choose another name."""


class ListTable(Generic[AnyElement]):
    """One list, in the order in which its elements were made."""

    def __init__(self, element_type: type[AnyElement]) -> None:
        self.element_type = element_type
        self._by_id: dict[str, AnyElement] = {}
        self._by_name: dict[str, AnyElement] = {}
        self._children: dict[str, list[str]] = {}

    def add(self, element: AnyElement) -> AnyElement:
        """Takes a new element in. Raises DuplicateNameError where its full name is taken."""
        key = element.full_name.casefold()
        if key in self._by_name:
            raise DuplicateNameError(f"{self.element_type.__name__} {element.full_name!r} exists already")
        self._by_id[element.list_id] = element
        self._by_name[key] = element
        if element.parent_id is not None:
            self._children.setdefault(element.parent_id, []).append(element.list_id)
        return element

    def get(self, list_id: str) -> AnyElement | None:
        """The element with that ListID."""
        return self._by_id.get(list_id)

    def find(self, full_name: str) -> AnyElement | None:
        """The element with that full name, capital letters aside."""
        return self._by_name.get(full_name.casefold())

    def rename(self, element: AnyElement, name: str) -> None:
        """Gives an element without levels another name. Raises DuplicateNameError where another element has it."""
        holder = self._by_name.get(name.casefold())
        if holder is not None and holder is not element:
            raise DuplicateNameError(f"{self.element_type.__name__} {name!r} exists already")
        del self._by_name[element.full_name.casefold()]
        element.name = element.full_name = name
        self._by_name[name.casefold()] = element

    def with_children(self, list_id: str) -> set[str]:
        """ListIDs of the element and of all below it."""
        found = {list_id}
        for child in self._children.get(list_id, ()):
            found |= self.with_children(child)
        return found

    def __iter__(self) -> Iterator[AnyElement]:
        return iter(self._by_id.values())

    def __len__(self) -> int:
        return len(self._by_id)


class Lists:
    """All lists of a company."""

    def __init__(self) -> None:
        self.accounts = ListTable(Account)
        self.customers = ListTable(Customer)
        self.items = ListTable(Item)
        self.currencies = ListTable(Currency)
        self.payment_methods = ListTable(PaymentMethod)
        self.sales_tax_codes = ListTable(SalesTaxCode)
        self.classes = ListTable(NamedElement)
        self.templates = ListTable(NamedElement)
        self.terms = ListTable(NamedElement)
        self.sales_reps = ListTable(NamedElement)
        self.ship_methods = ListTable(NamedElement)
        self.customer_messages = ListTable(NamedElement)
