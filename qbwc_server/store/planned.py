"""What would be, or was, entered for a refund, as plain rows for a person: read from the requests that are sent."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from qbwc_server.refunds.model import ZERO
from qbwc_server.refunds.naming import Role
from qbwc_server.refunds.reasons import NOTICES_OF_THE_SALE, Status
from qbwc_server.store.tables import Document, Refund
from qbxml import written_value
from qbxml.plain import as_plain

DOCUMENT_WORDS = {
    Role.MEMO.value: "credit memo",
    Role.PAYOUT.value: "payout",
    Role.APPLICATION.value: "application to the invoice",
    Role.PAYMENT.value: "payment on the invoice",
    Role.CLOSING.value: "closing of the sales order",
    Role.VOIDING.value: "voiding of the invoice",
    Role.SALE.value: "sale",
    Role.SALE_PAYMENT.value: "payment of the order",
}
SALES_TAX = "Sales tax"
_PAYOUT_WORDS = {"CheckAdd": "check", "ARRefundCreditCardAdd": "credit card refund"}
_SALE_WORDS = {"SalesReceiptAdd": "sales receipt", "InvoiceAdd": "invoice"}
_LINES = ("CreditMemoLineAdd", "CreditMemoLineGroupAdd", "SalesReceiptLineAdd", "InvoiceLineAdd")
_LIST_ID = re.compile(rb"<ListID>[^<]*</ListID>")
_EDIT_SEQUENCE = re.compile(rb"<EditSequence>[^<]*</EditSequence>")


@dataclass(frozen=True)
class PlannedRow:
    """One line of a document; texts are empty and figures None where the line has none."""

    document: str  # in words: credit memo, check, ...
    ref_number: str  # of a check that is to be printed QuickBooks' words for it
    day: str  # ISO
    item: str
    description: str
    quantity: Decimal | None
    rate: Decimal | None
    amount: Decimal
    tax_code: str
    account: str  # receivables for a credit memo, where the money is drawn from for a payout
    state: str  # of the document: planned, sent, posted, ...


def planned_rows(documents: Iterable[Document]) -> tuple[PlannedRow, ...]:
    """The documents line by line, in the order in which they are sent."""
    return tuple(row for document in documents for row in _rows(document))


def notices_when_entered(refund: Refund) -> list[dict[str, Any]]:
    """The notices of a plan of which nothing is in QuickBooks yet: they will hold when it is entered."""
    is_over = refund.status in (Status.POSTED.value, Status.SKIPPED.value)
    was_posted = refund.reason_code in ("changed_in_shop", "withdrawn_in_shop")  # perhaps with nothing to enter
    if is_over or was_posted or any(document.state == "posted" for document in refund.own_documents):
        return []
    return [notice for notice in refund.notices if notice["code"] not in NOTICES_OF_THE_SALE]


def row_as_dict(row: PlannedRow) -> dict[str, Any]:
    """The row as JSON has it; figures are texts."""
    return {name: str(value) if isinstance(value, Decimal) else value for name, value in vars(row).items()}


def words_of(document: Document) -> str:
    """What a document is to its refund, and of what kind an order is: credit memo, payout, sales receipt, ..."""
    return _SALE_WORDS.get(document.request_type) or DOCUMENT_WORDS.get(document.role, document.role)


def number_of(document: Document) -> str:
    """The number of a document, for a person; a check that is to be printed has none."""
    return document.ref_number or "(without a number)"


def memo_of(document: Document) -> str:
    """The Memo field with which a document is entered; empty where somebody entered it by hand."""
    return written_value(document.request, f"{document.request_type}/Memo") if document.request else ""


def date_of(document: Document) -> date | None:
    """The day that a document carries in the books; None where it carries none or was entered by hand."""
    text = _content(document).get("TxnDate")
    return date.fromisoformat(text) if isinstance(text, str) and text else None


def plan_digest(documents: Iterable[Document]) -> str:
    """What two plans have in common where they would enter the same: what was approved is told by it.

    A sales order's EditSequence is left out: it changes whenever somebody saves the order, whatever they changed. So
    are the ListIDs of an order that is created: its customer and items may be added only once it was approved.
    """
    digest = hashlib.sha256()
    for document in sorted(documents, key=lambda item: (item.role, item.part)):
        content = _EDIT_SEQUENCE.sub(b"", document.request)
        if document.is_of_order:
            content = _LIST_ID.sub(b"", content)
        digest.update(f"{document.role} {document.part} {document.amount:.2f} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def _rows(document: Document) -> Iterator[PlannedRow]:
    content = _content(document)
    words = _PAYOUT_WORDS.get(document.request_type) or words_of(document)
    account = document.account or _name(content.get("ARAccountRef"))

    def row(amount: Decimal, line: Mapping[str, Any], item: str) -> PlannedRow:
        return PlannedRow(
            document=words,
            ref_number=document.ref_number or ("To Print" if content.get("IsToBePrinted") == "true" else ""),
            day=str(content.get("TxnDate") or ""),
            item=item,
            description=str(line.get("Desc") or line.get("Memo") or ""),
            quantity=_figure(line.get("Quantity")),
            rate=_figure(line.get("Rate")),
            amount=amount,
            tax_code=_name(line.get("SalesTaxCodeRef")),
            account=account,
            state=document.state,
        )

    lines = [line for name in _LINES for line in _listed(content.get(name))]
    for line in lines:
        item = _name(line.get("ItemRef")) or _name(line.get("ItemGroupRef"))
        yield row(_figure(line.get("Amount")) or ZERO, line, item)
    if not lines:
        yield row(document.amount, content, "")
        return
    tax = document.amount - sum((_figure(line.get("Amount")) or ZERO for line in lines), ZERO)
    if tax:
        yield row(tax, {}, f"{SALES_TAX} {_name(content.get('ItemSalesTaxRef'))}".strip())


def _content(document: Document) -> Mapping[str, Any]:
    """What stands within the request; nothing where somebody entered the transaction by hand."""
    if not document.request:
        return {}
    found = as_plain(document.request).get(f"{document.request_type}Rq")
    inner = found.get(document.request_type, found) if isinstance(found, dict) else {}
    return inner if isinstance(inner, dict) else {}


def _listed(value: Any) -> list[Mapping[str, Any]]:
    listed = value if isinstance(value, list) else [value]
    return [item for item in listed if isinstance(item, dict)]


def _name(reference: Any) -> str:
    if not isinstance(reference, dict):
        return ""
    return str(reference.get("FullName") or reference.get("ListID") or "")


def _figure(text: Any) -> Decimal | None:
    return Decimal(text) if isinstance(text, str) and text else None
