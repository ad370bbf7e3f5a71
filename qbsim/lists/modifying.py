"""Changed list elements: CustomerMod, AccountMod, ItemServiceMod and the like, one way for all lists.

Only the elements that are given change; an empty one clears its field (recalled). A stale EditSequence is answered by
3200 with the element as it is now (FACTS.md 9).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lxml.etree import _Element as Element

from qbsim import reading, status
from qbsim.context import Context, Outcome
from qbsim.lists.adding import changed, changing_element, check_name, parent_of, read_fields
from qbsim.lists.kind import ListKind
from qbsim.lists.view import View
from qbsim.paging import only_elements
from qbsim.status import refusal

if TYPE_CHECKING:
    from qbsim.company import Company


def modifying(kind: ListKind) -> Callable[[Context, Element], Outcome]:
    """The handler of the list's Mod request."""

    def work(context: Context, request: Element) -> Outcome:
        company, element = context.company, changing_element(request)
        record = _named(company, kind, element)
        given = reading.text(element, "EditSequence") or ""
        if given != record.stamp.edit_sequence:
            refused = refusal(status.STALE_EDIT_SEQUENCE, value=given)
            inside = kind.ret(View.of(context, request), record)
            refused.nodes = [(f"{kind.name}Ret", only_elements(inside, request))]
            raise refused
        name, parent_id = _place(company, kind, element, record)
        values = read_fields(company, kind, element)
        if element.find("IsActive") is not None:
            values["is_active"] = reading.boolean(element, "IsActive") is not False
        table = kind.table_of(company)
        check_name(company, table, name, parent_id, record)
        kind.check(company, replace(record, name=name, parent_id=parent_id, **values))
        for kept, value in values.items():
            setattr(record, kept, value)
        if (name, parent_id) != (record.name, record.parent_id):
            table.move(record, name, parent_id)
        company.touch(record.stamp)
        kind.follow(company, record)
        return changed(context, kind, record, request)

    return work


def _named(company: Company, kind: ListKind, element: Element) -> Any:
    list_id = reading.object_id(reading.text(element, "ListID") or "", "ListID")
    record = kind.table_of(company).get(list_id)
    if record is None or not kind.has(record):
        raise refusal(status.NOT_FOUND, value=list_id)
    return record


def _place(company: Company, kind: ListKind, element: Element, record: Any) -> tuple[str, str | None]:
    """The name and the parent after the change. Refused as 3130 where it would stand below itself."""
    name = record.name
    if element.find(kind.name_element) is not None:
        name = reading.text(element, kind.name_element)
        if name is None:
            raise refusal(status.MISSING_ELEMENT, field=kind.name_element)
    parent_id = record.parent_id
    if kind.has_levels and element.find("ParentRef") is not None:
        parent_id = parent_of(company, kind, element)
    if parent_id is not None and parent_id in kind.table_of(company).with_children(record.list_id):
        raise refusal(status.BAD_PARENT, value=record.full_name, object=kind.name)
    return name, parent_id
