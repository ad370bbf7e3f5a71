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
from qbsim.numbers import boolean_text, quantity_text
from qbsim.status import refusal
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
from qbsim.transactions.sales_modification import read_modification

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


def modify(context: Context, element: Element, order: SalesOrder) -> SalesOrder:
    """Works SalesOrderMod. Refused as 3210 where a line would have less than was invoiced of it (a guess)."""
    company = context.company
    draft = read_modification(context, element, order)
    changed = make_document(company, SalesOrder, draft, order)
    closed = reading.boolean(element, "IsManuallyClosed")
    changed.is_manually_closed = order.is_manually_closed if closed is None else closed
    _check_invoiced(order, changed)
    return company.restate(order, changed)


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


def _check_invoiced(order: SalesOrder, changed: SalesOrder) -> None:
    left = {line.txn_line_id: line.pieces for line in changed.every_line()}
    for line in order.every_line():
        if line.invoiced > left.get(line.txn_line_id, Decimal(0)):
            reason = "The quantity is less than what is already invoiced."
            value = quantity_text(left.get(line.txn_line_id, Decimal(0)))
            raise refusal(status.BAD_VALUE, field="SalesOrderLineMod Quantity", value=value, reason=reason)
    if order.links and changed.customer_id != order.customer_id:
        reason = "The transaction is linked to others."
        raise refusal(status.BAD_VALUE, field="CustomerRef", value=changed.customer_id or "", reason=reason)


def _is_counted(company: Company, item_id: str | None) -> bool:
    item = company.lists.items.get(item_id or "")
    return item is not None and item.item_type not in (DISCOUNT, SUBTOTAL)
