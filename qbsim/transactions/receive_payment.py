"""Payments of customers: money to an account, set against invoices; and credits set against invoices (SetCredit).

Setting credits without money makes no transaction unless the behaviour says so; its answer is thin (FACTS.md 5).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from lxml.etree import _Element as Element

from qbsim import reading, status
from qbsim.currencies import currency_of_customer, exchange, in_home_currency
from qbsim.ledger import Entry
from qbsim.lists.references import refer, resolve
from qbsim.nodes import Nodes, pick
from qbsim.numbers import ZERO, amount_text
from qbsim.status import refusal
from qbsim.transactions.rets import Shown, currency_values, external_guid, link_nodes
from qbsim.transactions.sales_document import checked_receivable, undeposited_funds
from qbsim.transactions.sales_receipt import check_deposit_account
from qbsim.transactions.settling import CreditToSet, Settlement, read_credits, set_credit
from qbsim.transactions.transaction import CORE_ORDER, Transaction

if TYPE_CHECKING:
    from qbsim.company import Company
    from qbsim.context import Context


@dataclass
class Applied:
    """An invoice that a payment named, with the money and the credits that went to it."""

    txn_id: str
    amount: Decimal
    credit: Decimal = ZERO


@dataclass(kw_only=True)
class ReceivePayment(Transaction):
    """A payment."""

    TYPE: ClassVar[str] = "ReceivePayment"
    total: Decimal
    receivable: str
    deposit_to_id: str | None = None
    payment_method_id: str | None = None
    unused_credits: Decimal = ZERO
    applied: list[Applied] = field(default_factory=list)

    @property
    def open_credit(self) -> Decimal:
        """UnusedPayment."""
        return self.total + self.linked_amount

    @property
    def receivable_id(self) -> str | None:
        """ListID of the receivable account."""
        return self.receivable

    def void(self) -> None:
        """The amount becomes zero."""
        super().void()
        self.total = ZERO
        self.applied = []


@dataclass(kw_only=True)
class Application:
    """An invoice to be paid: money for it, and credits to set against it."""

    invoice_id: str
    amount: Decimal | None = None
    credits_to_set: list[CreditToSet] = field(default_factory=list)


@dataclass(kw_only=True)
class PaymentDraft:
    """A payment as it is asked for."""

    customer_id: str
    total: Decimal | None = None
    receivable_id: str | None = None
    deposit_to_id: str | None = None
    payment_method_id: str | None = None
    txn_date: date | None = None
    ref_number: str | None = None
    memo: str | None = None
    external_guid: str | None = None
    applications: list[Application] = field(default_factory=list)
    is_auto_apply: bool = False
    exchange_rate: Decimal | None = None


_RET_ORDER = (
    *CORE_ORDER,
    *("CustomerRef", "ARAccountRef", "TxnDate", "RefNumber", "TotalAmount"),
    *("CurrencyRef", "ExchangeRate", "TotalAmountInHomeCurrency", "PaymentMethodRef", "Memo"),
    *("DepositToAccountRef", "UnusedPayment", "UnusedCredits", "ExternalGUID"),
)
_APPLIED_ORDER = ("TxnID", "TxnType", "TxnDate", "RefNumber", "BalanceRemaining", "Amount")


def add_receive_payment(company: Company, draft: PaymentDraft, *, records_credit_only: bool = False) -> ReceivePayment:
    """Enters a payment, or only sets credits. Raises RequestRefused, with nothing done, where a rule is against it."""
    traded = exchange(company, currency_of_customer(company, draft.customer_id), draft.exchange_rate)
    receivable = checked_receivable(company, draft.receivable_id, traded, ReceivePayment.TYPE)
    customers = company.lists.customers.with_children(draft.customer_id)
    settlement = Settlement(company)
    applications = _oldest_first(company, draft, receivable) if draft.is_auto_apply else draft.applications
    applied = [_apply(settlement, application, customers, receivable) for application in applications]
    paid = sum((each.amount for each in applied), ZERO)
    total = paid if draft.total is None else draft.total
    if total < 0 or paid > total:
        reason = "The amounts applied are more than the payment."
        raise refusal(status.BAD_VALUE, field="TotalAmount", value=amount_text(total), reason=reason)
    deposit_to_id = draft.deposit_to_id or undeposited_funds(company, ReceivePayment.TYPE)
    check_deposit_account(company, deposit_to_id, traded)
    is_recorded = total > 0 or records_credit_only
    now = company.now()
    payment = ReceivePayment(
        stamp=company.counters.transaction_stamp(now),
        txn_number=company.counters.next_transaction_number(),
        txn_date=draft.txn_date or now.date(),
        ref_number=draft.ref_number,
        customer_id=draft.customer_id,
        memo=draft.memo,
        external_guid=draft.external_guid,
        currency_id=traded.currency_id,
        exchange_rate=traded.rate,
        total=total,
        receivable=receivable,
        deposit_to_id=deposit_to_id,
        payment_method_id=draft.payment_method_id,
        unused_credits=_credits_left(company, settlement, applications),
        applied=applied,
    )
    if total:
        entries = [Entry(deposit_to_id, total), Entry(receivable, -total, draft.customer_id)]
        payment.entries = in_home_currency(company, entries, traded)
    if is_recorded:
        company.record(payment)
    settlement.commit(payment if is_recorded else None)
    return payment


def add(context: Context, element: Element) -> ReceivePayment:
    """Works ReceivePaymentAdd. A discount is answered by 1030."""
    company, place = context.company, ReceivePayment.TYPE
    if element.find("AppliedToTxnAdd/DiscountAmount") is not None:
        raise refusal(status.NOT_SUPPORTED)
    customer_id = resolve(company.lists, element, "CustomerRef", place)
    if customer_id is None:
        raise refusal(status.MISSING_ELEMENT, field="CustomerRef")
    draft = PaymentDraft(
        customer_id=customer_id,
        total=reading.amount(element, "TotalAmount"),
        receivable_id=resolve(company.lists, element, "ARAccountRef", place),
        deposit_to_id=resolve(company.lists, element, "DepositToAccountRef", place),
        payment_method_id=resolve(company.lists, element, "PaymentMethodRef", place),
        txn_date=reading.day(element, "TxnDate"),
        ref_number=reading.text(element, "RefNumber"),
        memo=reading.text(element, "Memo"),
        external_guid=reading.text(element, "ExternalGUID"),
        exchange_rate=reading.rate(element, "ExchangeRate"),
        applications=[_read_application(context, each) for each in element.findall("AppliedToTxnAdd")],
        is_auto_apply=bool(reading.boolean(element, "IsAutoApply")),
    )
    return add_receive_payment(company, draft, records_credit_only=context.behaviour.records_credit_only_payments)


def ret(company: Company, payment: ReceivePayment, shown: Shown) -> Nodes:
    """The inside of ReceivePaymentRet; of one that was not recorded, without what only a record has."""
    lists = company.lists
    is_recorded = company.transaction(payment.txn_id) is not None
    values: dict[str, str | Nodes | None] = {
        **payment.core(),
        "CustomerRef": refer(lists, "CustomerRef", payment.customer_id),
        "ARAccountRef": refer(lists, "ARAccountRef", payment.receivable),
        "TotalAmount": amount_text(payment.total),
        **currency_values(company, payment, TotalAmount=payment.total),
        "PaymentMethodRef": refer(lists, "PaymentMethodRef", payment.payment_method_id),
        "DepositToAccountRef": refer(lists, "DepositToAccountRef", payment.deposit_to_id),
        "UnusedPayment": amount_text(payment.open_credit),
        "UnusedCredits": amount_text(payment.unused_credits),
        "ExternalGUID": external_guid(payment, shown),
    }
    if not is_recorded:
        for name in (*CORE_ORDER, "DepositToAccountRef", "ExternalGUID", "Memo", "RefNumber"):
            values[name] = None
    return [*pick(_RET_ORDER, values), *(_applied_nodes(company, payment) if shown.lines else [])]


def _read_application(context: Context, element: Element) -> Application:
    invoice = element.find("TxnID")
    if invoice is None:
        raise refusal(status.MISSING_ELEMENT, field="TxnID")
    return Application(
        invoice_id=context.session.macros.txn_id(invoice, takes_macro=True),
        amount=reading.amount(element, "PaymentAmount"),
        credits_to_set=read_credits(context, element),
    )


def _apply(settlement: Settlement, application: Application, customers: set[str], receivable: str) -> Applied:
    invoice = settlement.find(application.invoice_id, customers, receivable)
    credited = ZERO
    for each in application.credits_to_set:
        set_credit(settlement, settlement.find(each.txn_id, customers, receivable), invoice, None, each.amount)
        credited += each.amount
    paid = application.amount or ZERO
    if paid or not application.credits_to_set:
        settlement.take_debt(invoice, paid, "AppliedToTxnAdd payment amount")
        settlement.link(invoice, None, paid)
    return Applied(invoice.txn_id, paid, credited)


def _oldest_first(company: Company, draft: PaymentDraft, receivable: str) -> Sequence[Application]:
    left = draft.total or ZERO
    applications = []
    invoices = company.by_customer("Invoice", draft.customer_id)
    for invoice in sorted(invoices, key=lambda each: each.txn_date):
        amount = min(left, invoice.open_debt)
        if amount > 0 and invoice.receivable_id == receivable:
            applications.append(Application(invoice_id=invoice.txn_id, amount=amount))
            left -= amount
    return applications


def _credits_left(company: Company, settlement: Settlement, applications: Sequence[Application]) -> Decimal:
    used = {each.txn_id for application in applications for each in application.credits_to_set}
    found = [company.transaction(credit_id) for credit_id in used]
    return sum((settlement.left(credit) for credit in found if credit is not None), ZERO)


def _applied_nodes(company: Company, payment: ReceivePayment) -> Nodes:
    nodes: Nodes = []
    for each in payment.applied:
        invoice = company.transaction(each.txn_id)
        if invoice is None or (each.amount and not payment.is_linked_to(each.txn_id)):
            continue
        values: dict[str, str | Nodes | None] = {
            **invoice.core(),
            "TxnType": invoice.TYPE,
            "BalanceRemaining": amount_text(invoice.open_debt),
            "Amount": amount_text(each.amount),
        }
        others = [
            node
            for link, node in zip(invoice.links, link_nodes(company, invoice, Shown()), strict=True)
            if link.txn_id != payment.txn_id
        ]
        nodes.append(("AppliedToTxnRet", [*pick(_APPLIED_ORDER, values), *others]))
    return nodes
