"""Invoices: a sale that the customer owes, paid by payments and credits; it can be made from sales orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from lxml.etree import _Element as Element

from qbsim import reading, status
from qbsim.lists.items import DISCOUNT, SUBTOTAL
from qbsim.nodes import Nodes, pick
from qbsim.numbers import ZERO, amount_text, boolean_text
from qbsim.status import refusal
from qbsim.transactions.rets import Shown, currency_values, external_guid, link_nodes
from qbsim.transactions.sales_document import (
    ADDRESSES,
    HEADER_START,
    TAX_FIELDS,
    LineDraft,
    SalesDocument,
    SalesDraft,
    SalesLine,
    book,
    document_values,
    line_nodes,
    make_document,
    read_draft,
    receivable_of_sale,
)
from qbsim.transactions.sales_modification import read_modification
from qbsim.transactions.sales_order import SalesOrder
from qbsim.transactions.settling import CreditToSet, Settlement, check_links_stand, read_credits, set_credit
from qbsim.transactions.transaction import QUANTITY_LINK

if TYPE_CHECKING:
    from qbsim.company import Company
    from qbsim.context import Context


@dataclass(kw_only=True)
class Invoice(SalesDocument):
    """An invoice."""

    TYPE: ClassVar[str] = "Invoice"

    @property
    def settled_amount(self) -> Decimal:
        """The total; a pending invoice is not owed yet."""
        return ZERO if self.header.is_pending else self.total

    def release(self, company: Company) -> None:
        """The sales orders behind this invoice are open again by what it had invoiced."""
        _count_invoiced(company, self, -1)

    def void(self) -> None:
        """Its lines let go of the sales orders as well."""
        super().void()
        for line in self.every_line():
            line.order_txn_id = line.order_line_id = None


_RET_ORDER = (
    *HEADER_START,
    *("ARAccountRef", "TemplateRef", "TxnDate", "RefNumber"),
    *ADDRESSES,
    *("IsPending", "IsFinanceCharge", "PONumber", "TermsRef", "DueDate", "SalesRepRef", "FOB", "ShipDate"),
    "ShipMethodRef",
    *TAX_FIELDS,
    *("AppliedAmount", "BalanceRemaining", "CurrencyRef", "ExchangeRate", "BalanceRemainingInHomeCurrency"),
    *("Memo", "IsPaid", "CustomerMsgRef", "IsToBePrinted", "IsToBeEmailed"),
    *("IsTaxIncluded", "CustomerSalesTaxCodeRef", "Other", "ExternalGUID"),
)


def add_invoice(
    company: Company,
    draft: SalesDraft,
    order_ids: Sequence[str] = (),
    credits_to_set: Sequence[CreditToSet] = (),
) -> Invoice:
    """Enters an invoice, with all that is open on the sales orders given, and sets credits against it.

    Raises RequestRefused, with nothing done, where a rule is against it.
    """
    if draft.customer_id is None:
        raise refusal(status.MISSING_ELEMENT, field="CustomerRef")
    draft.header.receivable_id = receivable_of_sale(company, draft, Invoice.TYPE)
    draft.lines = [_filled(company, draft, line) for line in draft.lines]
    for order_id in order_ids:
        order = _order(company, order_id, draft.customer_id)
        draft.lines = [*_open_lines(company, order), *draft.lines]
    if not draft.lines:
        raise refusal(status.MISSING_ELEMENT, field="InvoiceLineAdd")
    invoice = make_document(company, Invoice, draft)
    book(company, invoice, draft.header.receivable_id, 1)
    settlement = Settlement(company)
    _set_credits(settlement, invoice, credits_to_set)
    company.record(invoice)
    settlement.commit(invoice)
    _count_invoiced(company, invoice, 1)
    return invoice


def add(context: Context, element: Element) -> Invoice:
    """Works InvoiceAdd."""
    order_ids = [reading.object_id(text, "LinkToTxnID") for text in reading.texts(element, "LinkToTxnID")]
    return add_invoice(context.company, read_draft(context.company, element), order_ids, read_credits(context, element))


def modify(context: Context, element: Element, invoice: Invoice) -> Invoice:
    """Works InvoiceMod: what it has invoiced of sales orders is counted anew, and SetCredit sets further credits."""
    company = context.company
    draft = read_modification(context, element, invoice)
    draft.header.receivable_id = receivable_of_sale(company, draft, Invoice.TYPE)
    changed = make_document(company, Invoice, draft, invoice)
    book(company, changed, draft.header.receivable_id, 1, invoice)
    check_links_stand(invoice, changed)
    if any(line.order_txn_id for line in changed.every_line()) and changed.customer_id != invoice.customer_id:
        reason = "The transaction is linked to others."
        raise refusal(status.BAD_VALUE, field="CustomerRef", value=changed.customer_id or "", reason=reason)
    settlement = Settlement(company)
    _set_credits(settlement, changed, read_credits(context, element))
    _count_invoiced(company, invoice, -1)
    company.unlink(invoice, QUANTITY_LINK)
    changed.links = invoice.links
    company.restate(invoice, changed)
    settlement.commit(invoice)
    _count_invoiced(company, invoice, 1)
    return invoice


def ret(company: Company, invoice: Invoice, shown: Shown) -> Nodes:
    """The inside of InvoiceRet."""
    values = {
        **document_values(company, invoice),
        "IsFinanceCharge": boolean_text(False),
        "AppliedAmount": amount_text(invoice.linked_amount),
        "BalanceRemaining": amount_text(invoice.open_debt),
        **currency_values(company, invoice, BalanceRemaining=invoice.open_debt),
        "IsPaid": boolean_text(invoice.open_debt == 0),
        "ExternalGUID": external_guid(invoice, shown),
    }
    lines = line_nodes(company, invoice) if shown.lines else []
    return [*pick(_RET_ORDER, values), *link_nodes(company, invoice, shown), *lines]


def _set_credits(settlement: Settlement, invoice: Invoice, credits_to_set: Sequence[CreditToSet]) -> None:
    """Sets credits against an invoice that is not in the books as it now stands."""
    due = invoice.open_debt
    for credit in credits_to_set:
        found = settlement.find(credit.txn_id, {invoice.customer_id or ""}, invoice.receivable_id or "")
        set_credit(settlement, found, None, due, credit.amount)
        due -= credit.amount


def _order(company: Company, order_id: str, customer_id: str) -> SalesOrder:
    order = company.transaction(order_id)
    if not isinstance(order, SalesOrder):
        raise refusal(status.NOT_FOUND, value=order_id)
    if order.customer_id != customer_id:
        reason = "The transaction belongs to another customer."
        raise refusal(status.BAD_VALUE, field="LinkToTxnID", value=order_id, reason=reason)
    return order


def _filled(company: Company, draft: SalesDraft, line: LineDraft) -> LineDraft:
    """A line that names a line of a sales order takes from there what it does not say itself."""
    if line.order_txn_id is None or line.order_line_id is None or draft.customer_id is None:
        return line
    order = _order(company, line.order_txn_id, draft.customer_id)
    source = next((each for each in order.every_line() if each.txn_line_id == line.order_line_id), None)
    if source is None:
        raise refusal(status.NOT_FOUND, value=line.order_line_id)
    usual = _line_of(company, order, source)
    if line.quantity is not None or line.rate is not None or line.amount is not None:
        usual.amount = None
        usual.rate = source.rate if line.amount is None else None
    for each in fields(LineDraft):
        given = getattr(line, each.name)
        if given is not None:
            setattr(usual, each.name, given)
    return usual


def _open_lines(company: Company, order: SalesOrder) -> list[LineDraft]:
    return [
        _line_of(company, order, line)
        for line in order.every_line()
        if line.pieces > line.invoiced and not line.is_manually_closed
    ]


def _line_of(company: Company, order: SalesOrder, line: SalesLine) -> LineDraft:
    item = company.lists.items.get(line.item_id or "")
    is_counted = item is not None and item.item_type not in (DISCOUNT, SUBTOTAL)
    untouched = line.invoiced == 0
    return LineDraft(
        item_id=line.item_id,
        description=line.description,
        quantity=line.quantity - line.invoiced if is_counted and line.quantity is not None else None,
        rate=line.rate if is_counted else None,
        rate_percent=line.rate_percent,
        amount=line.amount if untouched and item is not None and item.item_type != SUBTOTAL else None,
        class_id=line.class_id,
        sales_tax_code_id=line.sales_tax_code_id,
        account_id=line.account_id,
        other1=line.other1,
        other2=line.other2,
        order_txn_id=order.txn_id,
        order_line_id=line.txn_line_id,
    )


def _count_invoiced(company: Company, invoice: Invoice, sign: int) -> None:
    amounts: dict[str, Decimal] = {}
    for line in invoice.every_line():
        order = company.transaction(line.order_txn_id or "")
        if not isinstance(order, SalesOrder):
            continue
        for source in order.every_line():
            if source.txn_line_id == line.order_line_id:
                source.invoiced += sign * line.pieces
        amounts[order.txn_id] = amounts.get(order.txn_id, ZERO) + (line.amount or ZERO)
    if sign > 0:
        for txn_id, amount in amounts.items():
            source_order = company.transaction(txn_id)
            if source_order is not None:
                company.link(invoice, source_order, amount, QUANTITY_LINK)
