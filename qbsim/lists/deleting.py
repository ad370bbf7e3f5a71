"""Deleting list elements, and what was deleted (ListDelRq, ListDeletedQueryRq: the published schema).

An element that anything refers to stays: another element, a transaction or the preferences. So do the accounts that
QuickBooks itself needs. The code of that refusal is recalled, its reason a guess.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lxml.etree import _Element as Element

from qbsim import reading, status
from qbsim.context import Context, Outcome
from qbsim.lists.accounts import Account
from qbsim.lists.element import mentions
from qbsim.lists.kinds import LIST_KINDS
from qbsim.nodes import Nodes
from qbsim.paging import answer, within_dates
from qbsim.status import refusal

if TYPE_CHECKING:
    from qbsim.company import Company, DeletedListElement

_IN_USE = "The list element is in use."


def delete(context: Context, request: Element) -> Outcome:
    """Works ListDelRq. Refused as 3120 where there is no such element, as 3160 where it is in use, as 1030 for a list
    that is not simulated.
    """
    company = context.company
    list_type = reading.text(request, "ListDelType") or ""
    list_id = reading.object_id(reading.text(request, "ListID") or "", "ListID")
    kind = LIST_KINDS.get(list_type)
    if kind is None:
        raise refusal(status.NOT_SUPPORTED)
    record = kind.table_of(company).get(list_id)
    if record is None or not kind.has(record):
        raise refusal(status.NOT_FOUND, value=list_id)
    if _is_special(record) or is_in_use(company, record):
        raise refusal(status.CANNOT_DELETE, value=list_id, reason=_IN_USE)
    gone = company.delete_list_element(kind.table_of(company), record, list_type)
    return Outcome(
        [
            ("ListDelType", list_type),
            ("ListID", list_id),
            ("TimeDeleted", gone.time_deleted.isoformat()),
            ("FullName", gone.full_name),
        ]
    )  # its Rs has no ErrorRecovery


def query_deleted(context: Context, request: Element) -> Outcome:
    """Works ListDeletedQueryRq."""
    kinds = set(reading.texts(request, "ListDelType"))
    fits = within_dates(context, request.find("DeletedDateRangeFilter"), "FromDeletedDate", "ToDeletedDate")
    found = [
        gone for gone in context.company.deleted_list_elements if gone.list_type in kinds and fits(gone.time_deleted)
    ]
    return answer(request, found, _deleted_ret)


def is_in_use(company: Company, record: Any) -> bool:
    """Whether another element, a transaction or the preferences refer to it."""
    others = (each for table in vars(company.lists).values() for each in table if each is not record)
    return any(mentions(each, record.list_id) for each in (company.preferences, *others, *company.every_transaction()))


def _is_special(record: Any) -> bool:
    return isinstance(record, Account) and record.special_account_type is not None


def _deleted_ret(gone: DeletedListElement) -> tuple[str, Nodes]:
    return "ListDeletedRet", [
        ("ListDelType", gone.list_type),
        ("ListID", gone.list_id),
        ("TimeCreated", gone.time_created.isoformat()),
        ("TimeDeleted", gone.time_deleted.isoformat()),
        ("FullName", gone.full_name),
    ]
