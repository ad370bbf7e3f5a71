"""Credit memos: a sale taken back. Income and tax are debited, the customer is credited, stock comes back at average
cost; what is not yet refunded or set against an invoice is its remaining credit.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from lxml.etree import _Element as Element

from qbsim import status
from qbsim.nodes import Nodes, pick
from qbsim.numbers import ZERO, amount_text
from qbsim.status import refusal
from qbsim.transactions.rets import Shown, currency_values, external_guid, link_nodes
from qbsim.transactions.sales_document import (
    ADDRESSES,
    HEADER_START,
    TAX_FIELDS,
    SalesDocument,
    SalesDraft,
    book,
    document_values,
    line_nodes,
    make_document,
    read_draft,
    receivable_of_sale,
)
from qbsim.transactions.sales_modification import read_modification
from qbsim.transactions.settling import check_links_stand

if TYPE_CHECKING:
    from qbsim.company import Company
    from qbsim.context import Context


@dataclass(kw_only=True)
class CreditMemo(SalesDocument):
    """A credit memo; its amounts are positive."""

    TYPE: ClassVar[str] = "CreditMemo"

    @property
    def settled_amount(self) -> Decimal:
        """The total, as a credit; a pending memo is none yet."""
        return ZERO if self.header.is_pending else -self.total


_RET_ORDER = (
    *HEADER_START,
    *("ARAccountRef", "TemplateRef", "TxnDate", "RefNumber"),
    *ADDRESSES,
    *("IsPending", "PONumber", "TermsRef", "DueDate", "SalesRepRef", "FOB", "ShipDate", "ShipMethodRef"),
    *TAX_FIELDS,
    *("TotalAmount", "CreditRemaining", "CurrencyRef", "ExchangeRate", "CreditRemainingInHomeCurrency"),
    *("Memo", "CustomerMsgRef", "IsToBePrinted", "IsToBeEmailed"),
    *("IsTaxIncluded", "CustomerSalesTaxCodeRef", "Other", "ExternalGUID"),
)


def add_credit_memo(company: Company, draft: SalesDraft) -> CreditMemo:
    """Enters a credit memo. Raises RequestRefused, with nothing done, where a rule is against it."""
    if draft.customer_id is None:
        raise refusal(status.MISSING_ELEMENT, field="CustomerRef")
    draft.header.receivable_id = receivable_of_sale(company, draft, CreditMemo.TYPE)
    memo = make_document(company, CreditMemo, draft)
    book(company, memo, draft.header.receivable_id, -1)
    return company.record(memo)


def add(context: Context, element: Element) -> CreditMemo:
    """Works CreditMemoAdd."""
    return add_credit_memo(context.company, read_draft(context.company, element))


def modify(context: Context, element: Element, memo: CreditMemo) -> CreditMemo:
    """Works CreditMemoMod."""
    company = context.company
    draft = read_modification(context, element, memo)
    draft.header.receivable_id = receivable_of_sale(company, draft, CreditMemo.TYPE)
    changed = make_document(company, CreditMemo, draft, memo)
    book(company, changed, draft.header.receivable_id, -1, memo)
    check_links_stand(memo, changed)
    return company.restate(memo, changed)


def ret(company: Company, memo: CreditMemo, shown: Shown) -> Nodes:
    """The inside of CreditMemoRet."""
    values = {
        **document_values(company, memo),
        "CreditRemaining": amount_text(memo.open_credit),
        **currency_values(company, memo, CreditRemaining=memo.open_credit),
        "ExternalGUID": external_guid(memo, shown),
    }
    lines = line_nodes(company, memo) if shown.lines else []
    return [*pick(_RET_ORDER, values), *link_nodes(company, memo, shown), *lines]
