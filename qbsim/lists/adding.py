"""New list elements: CustomerAdd, AccountAdd, ItemServiceAdd and the like, one way for all lists.

Fields that are not kept are passed over with a warning (530), as on transactions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lxml.etree import _Element as Element

from qbsim import reading, status
from qbsim.context import Context, Outcome
from qbsim.lists.element import ListElement
from qbsim.lists.fields import container, read
from qbsim.lists.kind import ListKind
from qbsim.lists.references import look_up
from qbsim.lists.table import LEVELS, ListTable
from qbsim.lists.view import View
from qbsim.nodes import Nodes
from qbsim.paging import only_elements
from qbsim.status import message, refusal
from qbsim.transactions.opening import check_opening, open_balance

if TYPE_CHECKING:
    from qbsim.company import Company

#: A name may stand so many levels deep.
MAX_LEVELS = 5


def create(company: Company, table: ListTable[Any], name: str, parent_id: str | None = None, **values: Any) -> Any:
    """Makes an element of a list and takes it in.

    Refused as 3090 for a colon in the name, as 3100 for a name that is taken, as 3130 where it would stand too deep.
    """
    return table.add(_made(company, table, name, parent_id, values))


def adding(kind: ListKind) -> Callable[[Context, Element], Outcome]:
    """The handler of the list's Add request. What an element begins with stands against Opening Balance Equity."""

    def work(context: Context, request: Element) -> Outcome:
        company = context.company
        element = changing_element(request)
        table = kind.table_of(company)
        values = {"is_active": reading.boolean(element, "IsActive") is not False, **kind.marks}
        values.update(read_fields(company, kind, element))
        name = reading.text(element, kind.name_element)
        if name is None:
            raise refusal(status.MISSING_ELEMENT, field=kind.name_element)
        made = _made(company, table, name, parent_of(company, kind, element), values)
        kind.check(company, made)
        account_id, amount = kind.opening(company, element, made)
        if amount:
            check_opening(company, company.lists.accounts.get(account_id) or made, kind.name)
        table.add(made)
        kind.follow(company, made)
        open_balance(company, account_id, amount)
        return changed(context, kind, made, request)

    return work


def changing_element(request: Element) -> Element:
    """The Add or Mod within its request."""
    name = str(request.tag).removesuffix("Rq")
    element = request.find(name)
    if element is None:
        raise refusal(status.MISSING_ELEMENT, field=name)
    return element


def read_fields(company: Company, kind: ListKind, element: Element) -> dict[str, Any]:
    """The values of the fields that an Add or Mod gives."""
    values = read(company.lists, element, kind.fields, kind.name)
    for field in kind.fields:
        if field.element in kind.unknown(company):
            values.pop(field.kept, None)
    kind.settle(values, element, company)
    return values


def parent_of(company: Company, kind: ListKind, element: Element) -> str | None:
    """ListID of the ParentRef. Refused as 3140 where it names nothing, or an element of another kind."""
    found = element.find("ParentRef")
    if found is None:
        return None
    table = kind.table_of(company)
    parent_id = look_up([table], found, kind.name, kind.name)
    parent: ListElement | None = table.get(parent_id or "")
    if parent is not None and not kind.has(parent):
        raise refusal(status.BAD_REFERENCE, kind=kind.name, value=parent.full_name, object=kind.name)
    return parent_id


def check_name(
    company: Company, table: ListTable[Any], name: str, parent_id: str | None, itself: ListElement | None = None
) -> ListElement | None:
    """The parent, where an element of that name may stand below it; the refusals are those of `create`."""
    if LEVELS in name:
        raise refusal(status.BAD_LIST_NAME, value=name, field="Name")
    parent: ListElement | None = table.get(parent_id) if parent_id is not None else None
    full_name = table.full_name(name, parent)
    for namesakes in company.lists.sharing_names(table):
        other = namesakes.find(full_name)
        if other is not None and other is not itself:
            raise refusal(status.NAME_IN_USE, value=name)
    sublevel = parent.sublevel + 1 if parent else 0
    if sublevel + (table.height(itself.list_id) if itself is not None else 0) >= MAX_LEVELS:
        raise refusal(status.BAD_PARENT, value=full_name, object=table.element_type.__name__)
    return parent


def changed(context: Context, kind: ListKind, record: Any, request: Element) -> Outcome:
    """The answer to an Add or Mod: the Ret, and a warning where something was passed over."""
    inside = kind.ret(View.of(context, request), record)
    recovery: Nodes = [("ListID", record.list_id), ("EditSequence", record.stamp.edit_sequence)]
    external_guid = getattr(record, "external_guid", None)
    if external_guid is not None:
        recovery.append(("ExternalGUID", external_guid))
    outcome = Outcome([(f"{kind.name}Ret", only_elements(inside, request))], recovery=recovery)
    passed_over = _passed_over(context.company, kind, changing_element(request))
    if passed_over is not None:
        outcome.code = status.FIELD_NOT_SUPPORTED
        outcome.message = message(status.FIELD_NOT_SUPPORTED, field=passed_over)
    return outcome


def _made(company: Company, table: ListTable[Any], name: str, parent_id: str | None, values: dict[str, Any]) -> Any:
    parent = check_name(company, table, name, parent_id)
    return table.element_type(
        stamp=company.list_stamp(),
        name=name,
        full_name=table.full_name(name, parent),
        parent_id=parent_id,
        sublevel=parent.sublevel + 1 if parent else 0,
        **values,
    )


def _passed_over(company: Company, kind: ListKind, element: Element) -> str | None:
    """The first element that is neither kept nor read, in the aggregates as well; false and empty say nothing."""
    holders = {each.within for each in kind.fields if each.within}
    kept = kind.kept - kind.unknown(company)
    for part in element.iterchildren("*"):
        name = str(part.tag)
        if name.removesuffix("Mod") not in holders:
            if name not in kept:
                return name
            continue
        inner = container(element, name.removesuffix("Mod"))
        known = {each.element for each in kind.fields if each.within == name.removesuffix("Mod")}
        for child in inner.iterchildren("*") if inner is not None else ():
            if child.tag not in known:
                return str(child.tag)
    return None
