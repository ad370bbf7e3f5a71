"""Credit card refunds of customers' credits: money out of Undeposited Funds or the account named (FACTS.md 5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from lxml.etree import _Element as Element

from qbsim import reading, status
from qbsim.currencies import check_account, currency_of_customer, exchange, in_home_currency
from qbsim.ledger import Entry
from qbsim.lists.accounts import ASSET_TYPES
from qbsim.lists.references import refer, resolve
from qbsim.nodes import Nodes, pick
from qbsim.numbers import ZERO, amount_text
from qbsim.status import refusal
from qbsim.transactions.rets import Shown, currency_values, external_guid
from qbsim.transactions.sales_document import address_nodes, checked_receivable, undeposited_funds
from qbsim.transactions.settling import Settlement
from qbsim.transactions.transaction import CORE_ORDER, Transaction

if TYPE_CHECKING:
    from qbsim.company import Company
    from qbsim.context import Context


@dataclass
class RefundApplied:
    """A credit and how much of it was refunded."""

    txn_id: str
    amount: Decimal


@dataclass(kw_only=True)
class ARRefundCreditCard(Transaction):
    """A credit card refund."""

    TYPE: ClassVar[str] = "ARRefundCreditCard"
    refund_from_id: str
    receivable: str
    payment_method_id: str | None = None
    address: dict[str, str] = field(default_factory=dict)
    applied: list[RefundApplied] = field(default_factory=list)

    @property
    def total(self) -> Decimal:
        """The money paid out."""
        return sum((each.amount for each in self.applied), ZERO)

    @property
    def receivable_id(self) -> str | None:
        """ListID of the receivable account."""
        return self.receivable

    def void(self) -> None:
        """The amounts become zero."""
        super().void()
        for each in self.applied:
            each.amount = ZERO


@dataclass(kw_only=True)
class CardRefundDraft:
    """A card refund as it is asked for."""

    customer_id: str
    applied: list[RefundApplied]
    refund_from_id: str | None = None
    receivable_id: str | None = None
    payment_method_id: str | None = None
    txn_date: date | None = None
    ref_number: str | None = None
    memo: str | None = None
    address: dict[str, str] = field(default_factory=dict)
    external_guid: str | None = None
    exchange_rate: Decimal | None = None


_RET_ORDER = (
    *CORE_ORDER,
    *("CustomerRef", "RefundFromAccountRef", "ARAccountRef", "TxnDate", "RefNumber", "TotalAmount"),
    *("CurrencyRef", "ExchangeRate", "TotalAmountInHomeCurrency", "Address"),
    *("AddressBlock", "PaymentMethodRef", "Memo", "ExternalGUID"),
)
_APPLIED_ORDER = (
    "TxnID",
    "TxnType",
    "TxnDate",
    "RefNumber",
    "CreditRemaining",
    "RefundAmount",
    "CreditRemainingInHomeCurrency",
    "RefundAmountInHomeCurrency",
)


def add_card_refund(company: Company, draft: CardRefundDraft) -> ARRefundCreditCard:
    """Enters a card refund. Raises RequestRefused, with nothing done, where a rule is against it."""
    place = ARRefundCreditCard.TYPE
    traded = exchange(company, currency_of_customer(company, draft.customer_id), draft.exchange_rate)
    receivable = checked_receivable(company, draft.receivable_id, traded, place)
    refund_from_id = draft.refund_from_id or undeposited_funds(company, place)
    source = company.lists.accounts.get(refund_from_id)
    if source is None or source.account_type not in ASSET_TYPES:
        name = source.full_name if source else refund_from_id
        reason = "The account must be a bank or an asset account."
        raise refusal(status.BAD_VALUE, field="RefundFromAccountRef", value=name, reason=reason)
    check_account(company, refund_from_id, traded, "RefundFromAccountRef")
    settlement = Settlement(company)
    for each in draft.applied:
        credit = settlement.find(each.txn_id, {draft.customer_id}, receivable)
        settlement.take_credit(credit, each.amount, "RefundAppliedToTxnAdd refund amount")
        settlement.link(credit, None, each.amount)
    now = company.now()
    refund = ARRefundCreditCard(
        stamp=company.counters.transaction_stamp(now),
        txn_number=company.counters.next_transaction_number(),
        txn_date=draft.txn_date or now.date(),
        ref_number=draft.ref_number or company.next_ref_number(place),
        customer_id=draft.customer_id,
        memo=draft.memo,
        external_guid=draft.external_guid,
        currency_id=traded.currency_id,
        exchange_rate=traded.rate,
        refund_from_id=refund_from_id,
        receivable=receivable,
        payment_method_id=draft.payment_method_id,
        address=draft.address,
        applied=draft.applied,
    )
    entries = [Entry(refund_from_id, -refund.total), Entry(receivable, refund.total, draft.customer_id)]
    refund.entries = in_home_currency(company, entries, traded)
    company.record(refund)
    settlement.commit(refund)
    return refund


def add(context: Context, element: Element) -> ARRefundCreditCard:
    """Works ARRefundCreditCardAdd."""
    company, place = context.company, ARRefundCreditCard.TYPE
    customer_id = resolve(company.lists, element, "CustomerRef", place)
    if customer_id is None:
        raise refusal(status.MISSING_ELEMENT, field="CustomerRef")
    draft = CardRefundDraft(
        customer_id=customer_id,
        refund_from_id=resolve(company.lists, element, "RefundFromAccountRef", place),
        receivable_id=resolve(company.lists, element, "ARAccountRef", place),
        payment_method_id=resolve(company.lists, element, "PaymentMethodRef", place),
        txn_date=reading.day(element, "TxnDate"),
        ref_number=reading.text(element, "RefNumber"),
        memo=reading.text(element, "Memo"),
        address=reading.address(element, "Address"),
        external_guid=reading.text(element, "ExternalGUID"),
        exchange_rate=reading.rate(element, "ExchangeRate"),
        applied=[_read_applied(context, each) for each in element.findall("RefundAppliedToTxnAdd")],
    )
    return add_card_refund(company, draft)


def ret(company: Company, refund: ARRefundCreditCard, shown: Shown) -> Nodes:
    """The inside of ARRefundCreditCardRet."""
    lists = company.lists
    address, block = address_nodes(refund.address)
    values: dict[str, str | Nodes | None] = {
        **refund.core(),
        "CustomerRef": refer(lists, "CustomerRef", refund.customer_id),
        "RefundFromAccountRef": refer(lists, "RefundFromAccountRef", refund.refund_from_id),
        "ARAccountRef": refer(lists, "ARAccountRef", refund.receivable),
        "TotalAmount": amount_text(refund.total),
        **currency_values(company, refund, TotalAmount=refund.total),
        "Address": address,
        "AddressBlock": block,
        "PaymentMethodRef": refer(lists, "PaymentMethodRef", refund.payment_method_id),
        "ExternalGUID": external_guid(refund, shown),
    }
    return [*pick(_RET_ORDER, values), *(_applied_nodes(company, refund) if shown.lines else [])]


def _read_applied(context: Context, element: Element) -> RefundApplied:
    target = element.find("TxnID")
    if target is None:
        raise refusal(status.MISSING_ELEMENT, field="TxnID")
    takes_macro = context.behaviour.resolves_macro_in_card_refund
    txn_id = context.session.macros.txn_id(target, takes_macro=takes_macro)
    return RefundApplied(txn_id, reading.amount(element, "RefundAmount") or ZERO)


def _applied_nodes(company: Company, refund: ARRefundCreditCard) -> Nodes:
    nodes: Nodes = []
    for each in refund.applied:
        credit = company.transaction(each.txn_id)
        if credit is None or not refund.is_linked_to(each.txn_id):
            continue
        values: dict[str, str | Nodes | None] = {
            **credit.core(),
            "TxnType": credit.TYPE,
            "CreditRemaining": amount_text(credit.open_credit),
            "RefundAmount": amount_text(each.amount),
            **currency_values(company, credit, CreditRemaining=credit.open_credit, RefundAmount=each.amount),
        }
        nodes.append(("RefundAppliedToTxnRet", pick(_APPLIED_ORDER, values)))
    return nodes
