"""Sales receipts: a sale that is paid at once, to the deposit account that it names or to Undeposited Funds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from lxml.etree import _Element as Element

from qbsim import status
from qbsim.currencies import Exchange, check_account
from qbsim.lists.accounts import ASSET_TYPES
from qbsim.nodes import Nodes, pick
from qbsim.status import refusal
from qbsim.transactions.rets import Shown, external_guid
from qbsim.transactions.sales_document import (
    ADDRESSES,
    HEADER_START,
    TAX_FIELDS,
    SalesDocument,
    SalesDraft,
    book,
    document_values,
    exchange_of_sale,
    line_nodes,
    make_document,
    read_draft,
    undeposited_funds,
)
from qbsim.transactions.sales_modification import read_modification
from qbsim.transactions.settling import check_deposit_stands

if TYPE_CHECKING:
    from qbsim.company import Company
    from qbsim.context import Context


@dataclass(kw_only=True)
class SalesReceipt(SalesDocument):
    """A sales receipt."""

    TYPE: ClassVar[str] = "SalesReceipt"


_RET_ORDER = (
    *HEADER_START,
    *("TemplateRef", "TxnDate", "RefNumber"),
    *ADDRESSES,
    *("IsPending", "CheckNumber", "PaymentMethodRef", "DueDate", "SalesRepRef", "ShipDate", "ShipMethodRef", "FOB"),
    *TAX_FIELDS,
    *("TotalAmount", "CurrencyRef", "ExchangeRate", "TotalAmountInHomeCurrency", "Memo", "CustomerMsgRef"),
    *("IsToBePrinted", "IsToBeEmailed", "IsTaxIncluded", "CustomerSalesTaxCodeRef"),
    *("DepositToAccountRef", "Other", "ExternalGUID"),
)


def add_sales_receipt(company: Company, draft: SalesDraft) -> SalesReceipt:
    """Enters a sales receipt. Raises RequestRefused, with nothing done, where a rule is against it."""
    header = draft.header
    header.deposit_to_id = header.deposit_to_id or undeposited_funds(company, SalesReceipt.TYPE)
    check_deposit_account(company, header.deposit_to_id, exchange_of_sale(company, draft))
    receipt = make_document(company, SalesReceipt, draft)
    book(company, receipt, header.deposit_to_id, 1)
    return company.record(receipt)


def check_deposit_account(company: Company, account_id: str, traded: Exchange) -> None:
    """Refused as 3210 where money can't lie on the account, or not in the currency (guesses)."""
    account = company.lists.accounts.get(account_id)
    if account is None or account.account_type not in ASSET_TYPES:
        name = account.full_name if account else account_id
        reason = "The account must be a bank or an asset account."
        raise refusal(status.BAD_VALUE, field="DepositToAccountRef", value=name, reason=reason)
    check_account(company, account_id, traded, "DepositToAccountRef")


def add(context: Context, element: Element) -> SalesReceipt:
    """Works SalesReceiptAdd."""
    return add_sales_receipt(context.company, read_draft(context.company, element))


def modify(context: Context, element: Element, receipt: SalesReceipt) -> SalesReceipt:
    """Works SalesReceiptMod. Refused as 3170 where a deposit has taken the receipt and its money would change."""
    company = context.company
    draft = read_modification(context, element, receipt)
    header = draft.header
    header.deposit_to_id = header.deposit_to_id or undeposited_funds(company, SalesReceipt.TYPE)
    check_deposit_account(company, header.deposit_to_id, exchange_of_sale(company, draft))
    changed = make_document(company, SalesReceipt, draft, receipt)
    book(company, changed, header.deposit_to_id, 1, receipt)
    check_deposit_stands(company, receipt, changed)
    return company.restate(receipt, changed)


def ret(company: Company, receipt: SalesReceipt, shown: Shown) -> Nodes:
    """The inside of SalesReceiptRet, which has no links."""
    values = {**document_values(company, receipt), "ExternalGUID": external_guid(receipt, shown)}
    return [*pick(_RET_ORDER, values), *(line_nodes(company, receipt) if shown.lines else [])]
