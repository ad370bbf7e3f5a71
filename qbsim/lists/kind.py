"""What the requests for one list need to know of it; `kinds` has a row for each list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from lxml.etree import _Element as Element

from qbsim import private_data
from qbsim.editions import edition
from qbsim.lists.element import CORE_ORDER, ListElement
from qbsim.lists.fields import Field, Value, show
from qbsim.lists.table import ListTable
from qbsim.nodes import Nodes, pick

if TYPE_CHECKING:
    from qbsim.company import Company
    from qbsim.lists.view import View

_FLAT_CORE = tuple(name for name in CORE_ORDER if name != "FullName")


def _nothing_more(_view: View, _record: Any) -> dict[str, Value]:
    return {}


def _nothing_after(_company: Company, _record: Any) -> Nodes:
    return []


def _anything(_company: Company, _record: Any) -> None:
    return None


def _no_change(_values: dict[str, Any], _element: Element, _company: Company) -> None:
    return None


def _nothing_follows(_company: Company, _record: Any) -> None:
    return None


def _no_opening(_company: Company, _element: Element, _record: Any) -> tuple[str, Decimal]:
    return "", Decimal(0)


@dataclass(frozen=True)
class ListKind:
    """One list of qbXML: VendorAdd, VendorMod, VendorRet and the ListDelType Vendor are of the kind Vendor.

    `order` is that of the Ret behind IsActive. `marks` tells the kind's elements from others of the same table.
    `also_read` are elements that are taken without being a field, `by_edition` fields that not every edition knows.
    `more` gives values that are worked out, `after` the repeated elements at the end of a Ret; `check` refuses an
    element that can't be so; `settle` reads what is no plain field; `opening` gives the account and the amount
    that a new element begins with; `follow` does what follows once an element is added or changed.
    """

    name: str
    table: str
    fields: tuple[Field, ...] = ()
    order: tuple[str, ...] = ()
    marks: Mapping[str, str] = field(default_factory=dict)
    has_levels: bool = False
    name_element: str = "Name"
    also_read: frozenset[str] = frozenset()
    by_edition: frozenset[str] = frozenset()
    #: The kind of object that private data are assigned to; None where the list carries none.
    data_type: str | None = None
    more: Callable[[View, Any], dict[str, Value]] = _nothing_more
    after: Callable[[Company, Any], Nodes] = _nothing_after
    check: Callable[[Company, Any], None] = _anything
    settle: Callable[[dict[str, Any], Element, Company], None] = _no_change
    opening: Callable[[Company, Element, Any], tuple[str, Decimal]] = _no_opening
    follow: Callable[[Company, Any], None] = _nothing_follows

    def table_of(self, company: Company) -> ListTable[Any]:
        """The company's table of the list."""
        table: ListTable[Any] = getattr(company.lists, self.table)
        return table

    def has(self, record: ListElement) -> bool:
        """Whether an element of the table is of this kind."""
        return all(getattr(record, name) == value for name, value in self.marks.items())

    def ret(self, view: View, record: Any) -> Nodes:
        """The inside of the Ret."""
        company = view.company
        values: dict[str, Value] = {**record.core(), self.name_element: record.name}
        if self.has_levels:
            parent: ListElement | None = self.table_of(company).get(record.parent_id or "")
            values["ParentRef"] = parent.reference() if parent else None
        values.update(show(company.lists, record, self.fields))
        values.update(self.more(view, record))
        if not view.shows_guid:
            values["ExternalGUID"] = None
        core = CORE_ORDER if self.has_levels else _FLAT_CORE
        if self.name_element != "Name":
            core = tuple(self.name_element if name == "Name" else name for name in core)
        nodes = pick((*core, "IsActive", *self.order), values) + self.after(company, record)
        return nodes + private_data.rets(company.private_data, record.list_id, view.owner_ids)

    def unknown(self, company: Company) -> frozenset[str]:
        """The fields that the company's edition does not know, and the currency where it has but one."""
        preferences = company.preferences
        fields = edition(preferences.country).unknown_fields & self.by_edition
        return fields if preferences.multi_currency else fields | {"CurrencyRef"}

    @property
    def kept(self) -> frozenset[str]:
        """The elements of an Add or Mod that are kept or read."""
        names = {each.within or each.element for each in self.fields}
        parent = {"ParentRef"} if self.has_levels else set()
        return frozenset(names | parent | self.also_read | {self.name_element, "IsActive", "ListID", "EditSequence"})
