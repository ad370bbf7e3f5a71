"""The tables of list elements, found by ListID or by full name; QuickBooks does not tell capital letters apart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Generic, TypeVar

from qbsim.lists.accounts import Account
from qbsim.lists.currencies import Currency
from qbsim.lists.customers import Customer, Employee, OtherName, Vendor
from qbsim.lists.element import ListElement
from qbsim.lists.items import Item
from qbsim.lists.small import (
    InventorySite,
    NamedElement,
    PaymentMethod,
    SalesRep,
    SalesTaxCode,
    Template,
    Terms,
)

#: The character between the levels of a full name; no name may have it.
LEVELS = ":"

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

    def remove(self, element: AnyElement) -> None:
        """Takes an element out; one with others below it must stay."""
        del self._by_id[element.list_id]
        del self._by_name[element.full_name.casefold()]
        if element.parent_id is not None:
            self._children[element.parent_id].remove(element.list_id)

    def move(self, element: AnyElement, name: str, parent_id: str | None) -> None:
        """Gives an element another name or parent; what stands below it follows. Raises DuplicateNameError where
        the new full name is taken.
        """
        parent = self._by_id[parent_id] if parent_id is not None else None
        full_name = self.full_name(name, parent)
        other = self.find(full_name)
        if other is not None and other is not element:
            raise DuplicateNameError(f"{self.element_type.__name__} {full_name!r} exists already")
        if element.parent_id is not None:
            self._children[element.parent_id].remove(element.list_id)
        if parent_id is not None:
            self._children.setdefault(parent_id, []).append(element.list_id)
        element.name, element.parent_id = name, parent_id
        self._place(element, parent)

    @staticmethod
    def full_name(name: str, parent: ListElement | None) -> str:
        """The name behind the names of those it stands below."""
        return f"{parent.full_name}{LEVELS}{name}" if parent is not None else name

    def height(self, list_id: str) -> int:
        """How many levels stand below the element."""
        return max((1 + self.height(child) for child in self._children.get(list_id, ())), default=0)

    def _place(self, element: AnyElement, parent: AnyElement | None) -> None:
        del self._by_name[element.full_name.casefold()]
        element.full_name = self.full_name(element.name, parent)
        element.sublevel = parent.sublevel + 1 if parent is not None else 0
        self._by_name[element.full_name.casefold()] = element
        for child in self._children.get(element.list_id, ()):
            self._place(self._by_id[child], element)

    def get(self, list_id: str) -> AnyElement | None:
        """The element with that ListID."""
        return self._by_id.get(list_id)

    def find(self, full_name: str) -> AnyElement | None:
        """The element with that full name, capital letters aside."""
        return self._by_name.get(full_name.casefold())

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
        self.templates = ListTable(Template)
        self.terms = ListTable(Terms)
        self.sales_reps = ListTable(SalesRep)
        self.ship_methods = ListTable(NamedElement)
        self.customer_messages = ListTable(NamedElement)
        self.vendors = ListTable(Vendor)
        self.employees = ListTable(Employee)
        self.other_names = ListTable(OtherName)
        self.customer_types = ListTable(NamedElement)
        self.vendor_types = ListTable(NamedElement)
        self.job_types = ListTable(NamedElement)
        self.inventory_sites = ListTable(InventorySite)

    def sharing_names(self, table: ListTable[Any]) -> tuple[ListTable[Any], ...]:
        """The lists among which a name stands once: customers, vendors, employees and other names together, each
        other list by itself.
        """
        entities: tuple[ListTable[Any], ...] = (self.customers, self.vendors, self.employees, self.other_names)
        return entities if any(each is table for each in entities) else (table,)
