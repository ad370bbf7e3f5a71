"""What a Mod makes of a sale or a credit memo: the document as a draft, with what the Mod says written over it.

Without lines they stay as they are; with lines, those that are left out go (Intuit's page on Mod requests). A line that
changes its quantity, rate or amount is priced anew, one that changes its item takes that item's text, price, tax code
and account, and a line by percent is worked out anew; that much is a guess, as is that a group without its lines
keeps them.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from lxml.etree import _Element as Element

from qbsim import reading, status
from qbsim.currencies import currency_of_customer, rate_after
from qbsim.lists.references import resolve
from qbsim.macros import Macros
from qbsim.status import refusal
from qbsim.transactions.lines import kept_lines
from qbsim.transactions.sales_document import (
    HEADER_ADDRESSES,
    HEADER_BOOLEANS,
    HEADER_DATES,
    HEADER_REFERENCES,
    HEADER_TEXTS,
    LINE_REFERENCES,
    LINE_TEXTS,
    LineDraft,
    SalesDocument,
    SalesDraft,
    SalesHeader,
    SalesLine,
    forget_tax,
    group_of,
    read_line_draft,
    without_unknown_fields,
)

if TYPE_CHECKING:
    from qbsim.company import Company
    from qbsim.context import Context

#: What an item brings to a line, and what a line's price is made of.
_FROM_ITEM = ("description", "sales_tax_code_id", "account_id")
_PRICE = ("rate", "rate_percent", "amount")
#: What a line's tax hangs on: with one of these given it is worked out anew.
_TAX_BASE = ("item_id", "quantity", *_PRICE, "sales_tax_code_id")
_SHARED = tuple({each.name for each in fields(LineDraft)} & {each.name for each in fields(SalesLine)} - {"members"})


def read_modification(context: Context, element: Element, document: SalesDocument) -> SalesDraft:
    """The sale that a Mod element makes of a document. Refused as 3120 and 3290 where its lines are not those of the
    document in their order.
    """
    company, place = context.company, document.TYPE
    customer_id = resolve(company.lists, element, "CustomerRef", place)
    names = (f"{place}LineMod", f"{place}LineGroupMod")
    given = [part for part in element if part.tag in names]
    lines = kept_lines(document.lines, given, context.session.macros)
    header = _changed_header(company, element, document.header, place)
    draft = SalesDraft(
        customer_id=customer_id or document.customer_id,
        header=header,
        exchange_rate=rate_after(
            company,
            document,
            currency_of_customer(company, customer_id or document.customer_id),
            reading.rate(element, "ExchangeRate"),
        ),
        txn_date=reading.day(element, "TxnDate") or document.txn_date,
        ref_number=reading.changed_text(element, "RefNumber", document.ref_number),
        memo=reading.changed_text(element, "Memo", document.memo),
        external_guid=document.external_guid,
        lines=[_changed_line(company, part, line, place, context.session.macros) for part, line in lines],
        kept_lines=None if given else deepcopy(document.lines),
    )
    if bool(header.is_tax_included) != bool(document.header.is_tax_included):
        forget_tax(draft)
    return without_unknown_fields(company, draft)


def draft_of(line: SalesLine) -> LineDraft:
    """A line as a draft that would make it again."""
    values: dict[str, Any] = {name: getattr(line, name) for name in _SHARED}
    if line.rate_percent is not None:
        values["amount"] = values["tax_amount"] = None
    return LineDraft(**values, members=[draft_of(member) for member in line.members] or None)


def _changed_header(company: Company, element: Element, header: SalesHeader, place: str) -> SalesHeader:
    def those(names: dict[str, str]) -> Iterable[tuple[str, str]]:
        return ((name, kept) for name, kept in names.items() if element.find(name) is not None)

    values: dict[str, Any] = {}
    values.update({kept: reading.text(element, name) for name, kept in those(HEADER_TEXTS)})
    values.update({kept: reading.day(element, name) for name, kept in those(HEADER_DATES)})
    values.update({kept: reading.address(element, name) for name, kept in those(HEADER_ADDRESSES)})
    values.update({kept: resolve(company.lists, element, name, place) for name, kept in those(HEADER_REFERENCES)})
    for name, kept in those(HEADER_BOOLEANS):
        given = reading.boolean(element, name)
        values[kept] = getattr(header, kept) if given is None else given
    return replace(header, **values)


def _changed_line(company: Company, element: Element, line: SalesLine | None, place: str, macros: Macros) -> LineDraft:
    if element.tag == f"{place}LineGroupMod":
        return _changed_group(company, element, line, place, macros)
    if line is None:
        return read_line_draft(company, element, f"{place} line")
    if line.members:
        raise refusal(status.BAD_VALUE, field="TxnLineID", value=line.txn_line_id, reason="The line is an item group.")
    given = read_line_draft(company, element, f"{place} line")
    changed = draft_of(line)
    if given.item_id is not None and given.item_id != line.item_id:
        for name in (*_FROM_ITEM, *_PRICE):
            setattr(changed, name, None)
    _price_anew(changed, given)
    if any(getattr(given, name) is not None for name in _TAX_BASE):
        changed.tax_amount = None
    for each in fields(LineDraft):
        value = getattr(given, each.name)
        if value is not None and each.name not in ("txn_line_id", "invoiced", "is_manually_closed"):
            setattr(changed, each.name, value)
    for name, kept in (*LINE_TEXTS.items(), *LINE_REFERENCES.items(), ("ServiceDate", "service_date")):
        if element.find(name) is not None and getattr(given, kept) is None:
            setattr(changed, kept, None)
    if reading.boolean(element, "IsManuallyClosed") is not None:
        changed.is_manually_closed = given.is_manually_closed
    return changed


def _price_anew(changed: LineDraft, given: LineDraft) -> None:
    """Takes out of a line's price what the Mod's quantity, rate, percent or amount puts another in the place of."""
    if given.rate is not None:
        changed.rate_percent = changed.amount = None
    elif given.rate_percent is not None:
        changed.rate = changed.amount = None
    elif given.amount is not None:
        changed.rate = None
    elif given.quantity is not None:
        changed.amount = None


def _changed_group(company: Company, element: Element, line: SalesLine | None, place: str, macros: Macros) -> LineDraft:
    parts = kept_lines([] if line is None else line.members, element.findall(f"{place}LineMod"), macros)
    members = [_changed_line(company, part, member, place, macros) for part, member in parts] or None
    quantity = reading.quantity(element, "Quantity")
    if line is None:
        return LineDraft(item_id=group_of(company, element, place), quantity=quantity, members=members)
    changed = draft_of(line)
    names_group = element.find("ItemGroupRef") is not None
    if names_group:
        changed.item_id = group_of(company, element, place)
    if members is not None or quantity is not None or changed.item_id != line.item_id:
        changed.members = members
    changed.quantity = changed.quantity if quantity is None else quantity
    return changed
