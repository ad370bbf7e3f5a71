"""Sales orders: they post nothing. Lines count what was invoiced of them; an order can be closed by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from lxml.etree import _Element as Element

from qbsim import reading, status
from qbsim.lists.items import DISCOUNT, SUBTOTAL
from qbsim.nodes import Nodes, pick
from qbsim.numbers import boolean_text
from qbsim.status import RequestRefused, message, refusal
from qbsim.transactions.rets import Shown, external_guid, link_nodes
from qbsim.transactions.sales_document import (
    ADDRESSES,
    HEADER_START,
    TAX_FIELDS,
    SalesDocument,
    SalesDraft,
    document_values,
    line_nodes,
    make_document,
    read_draft,
)

if TYPE_CHECKING:
    from qbsim.company import Company
    from qbsim.context import Context


@dataclass(kw_only=True)
class SalesOrder(SalesDocument):
    """A sales order."""

    TYPE: ClassVar[str] = "SalesOrder"
    is_manually_closed: bool = False

    def is_fully_invoiced(self, company: Company) -> bool:
        """Every line of goods or services is invoiced."""
        counted = [line for line in self.every_line() if _is_counted(company, line.item_id)]
        return bool(counted) and all(line.invoiced >= line.pieces for line in counted)

    def open_quantities(self) -> Iterator[tuple[str, Decimal]]:
        """Items and quantities that are ordered and neither invoiced nor closed."""
        for line in self.every_line():
            is_open = not (self.is_manually_closed or line.is_manually_closed)
            if is_open and line.item_id is not None and line.quantity is not None and line.quantity > line.invoiced:
                yield line.item_id, line.quantity - line.invoiced


_RET_ORDER = (
    *HEADER_START,
    *("TemplateRef", "TxnDate", "RefNumber"),
    *ADDRESSES,
    *("PONumber", "TermsRef", "DueDate", "SalesRepRef", "FOB", "ShipDate", "ShipMethodRef"),
    *TAX_FIELDS,
    *("TotalAmount", "CurrencyRef", "ExchangeRate", "TotalAmountInHomeCurrency"),
    *("IsManuallyClosed", "IsFullyInvoiced", "Memo", "CustomerMsgRef", "IsToBePrinted"),
    *("IsToBeEmailed", "IsTaxIncluded", "CustomerSalesTaxCodeRef", "Other", "ExternalGUID"),
)
_MOD_TEXTS = {"PONumber": "po_number", "FOB": "fob", "Other": "other"}
_MOD_BOOLEANS = {"IsToBePrinted": "is_to_be_printed", "IsToBeEmailed": "is_to_be_emailed"}
_MOD_DATES = {"DueDate": "due_date", "ShipDate": "ship_date"}
_MOD_LINE = frozenset({"TxnLineID", "IsManuallyClosed"})
#: What SalesOrderMod can change here; with anything else the request is answered by 1030.
_MOD_TAKEN = frozenset(
    {
        *("TxnID", "EditSequence", "TxnDate", "RefNumber", "Memo", "IsManuallyClosed", "SalesOrderLineMod"),
        *_MOD_TEXTS,
        *_MOD_BOOLEANS,
        *_MOD_DATES,
    }
)


def add_sales_order(company: Company, draft: SalesDraft, *, is_manually_closed: bool = False) -> SalesOrder:
    """Enters a sales order. Raises RequestRefused, with nothing done, where a rule is against it."""
    if draft.customer_id is None:
        raise refusal(status.MISSING_ELEMENT, field="CustomerRef")
    order = make_document(company, SalesOrder, draft)
    order.is_manually_closed = is_manually_closed
    return company.record(order)


def add(context: Context, element: Element) -> SalesOrder:
    """Works SalesOrderAdd."""
    closed = bool(reading.boolean(element, "IsManuallyClosed"))
    return add_sales_order(context.company, read_draft(context.company, element), is_manually_closed=closed)


def modify(context: Context, element: Element) -> SalesOrder:
    """Works SalesOrderMod: the header's simple fields, and closing the order or its lines.

    Refused as 3120 where there is no such order, as 3200 with the present Ret where the EditSequence is stale, as
    3290 where its lines are not those of the order in their order.
    """
    company = context.company
    txn_id = reading.object_id(reading.text(element, "TxnID") or "", "TxnID")
    order = company.transaction(txn_id)
    if not isinstance(order, SalesOrder):
        raise refusal(status.NOT_FOUND, value=txn_id)
    edit_sequence = reading.text(element, "EditSequence") or ""
    if edit_sequence != order.stamp.edit_sequence:
        shown = Shown(external_guid=context.behaviour.shows_external_guid)
        stale = message(status.STALE_EDIT_SEQUENCE, value=edit_sequence)
        nodes: Nodes = [("SalesOrderRet", ret(company, order, shown))]
        raise RequestRefused(status.STALE_EDIT_SEQUENCE, stale, nodes)
    lines = element.findall("SalesOrderLineMod")
    if {str(part.tag) for part in element.iterchildren("*")} - _MOD_TAKEN:
        raise refusal(status.NOT_SUPPORTED)
    if any({str(part.tag) for part in line.iterchildren("*")} - _MOD_LINE for line in lines):
        raise refusal(status.NOT_SUPPORTED)
    _check_lines(order, lines)
    _change(company, order, element, lines)
    return order


def ret(company: Company, order: SalesOrder, shown: Shown) -> Nodes:
    """The inside of SalesOrderRet."""
    values = {
        **document_values(company, order),
        "IsManuallyClosed": boolean_text(order.is_manually_closed),
        "IsFullyInvoiced": boolean_text(order.is_fully_invoiced(company)),
        "ExternalGUID": external_guid(order, shown),
    }
    lines = line_nodes(company, order) if shown.lines else []
    return [*pick(_RET_ORDER, values), *link_nodes(company, order, shown), *lines]


def _check_lines(order: SalesOrder, lines: list[Element]) -> None:
    """Lines that a Mod leaves out would be deleted; as that is not simulated, all must be there, in order."""
    if not lines:
        return
    stored = [line.txn_line_id for line in order.lines]
    given = [reading.object_id(reading.text(line, "TxnLineID") or "", "TxnLineID") for line in lines]
    for position, line_id in enumerate(given):
        if line_id not in stored:
            raise refusal(status.NOT_FOUND, value=line_id)
        if position >= len(stored) or stored[position] != line_id:
            raise refusal(status.WRONG_ORDER, value=line_id)
    if len(given) < len(stored):
        raise refusal(status.NOT_SUPPORTED)


def _change(company: Company, order: SalesOrder, element: Element, lines: list[Element]) -> None:
    closed = reading.boolean(element, "IsManuallyClosed")
    closed_lines = [reading.boolean(line, "IsManuallyClosed") for line in lines]
    dates = {kept: reading.day(element, name) for name, kept in _MOD_DATES.items()}
    booleans = {kept: reading.boolean(element, name) for name, kept in _MOD_BOOLEANS.items()}
    order.txn_date = reading.day(element, "TxnDate") or order.txn_date
    if closed is not None:
        order.is_manually_closed = closed
    for line, is_closed in zip(order.lines, closed_lines, strict=False):
        if is_closed is not None:
            line.is_manually_closed = is_closed
    for kept, value in (*dates.items(), *booleans.items()):
        if value is not None:
            setattr(order.header, kept, value)
    for name, kept in _MOD_TEXTS.items():
        if element.find(name) is not None:
            setattr(order.header, kept, reading.text(element, name))
    if element.find("Memo") is not None:
        order.memo = reading.text(element, "Memo")
    if element.find("RefNumber") is not None:
        company.renumber(order, reading.text(element, "RefNumber"))
    order.stamp.touch(company.now())


def _is_counted(company: Company, item_id: str | None) -> bool:
    item = company.lists.items.get(item_id or "")
    return item is not None and item.item_type not in (DISCOUNT, SUBTOTAL)
