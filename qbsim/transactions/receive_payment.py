"""Payments of customers: money to an account, set against invoices; and credits set against invoices (SetCredit).

Setting credits without money makes no transaction unless the behaviour says so; its answer is thin (FACTS.md 5).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from lxml.etree import _Element as Element

from qbsim import reading, status
from qbsim.currencies import check_account, currency_of_customer, exchange, in_home_currency, rate_after
from qbsim.ledger import Entry
from qbsim.lists.references import refer, resolve
from qbsim.nodes import Nodes, pick
from qbsim.numbers import ZERO, amount_text
from qbsim.status import refusal
from qbsim.transactions.rets import Shown, currency_values, external_guid, link_nodes
from qbsim.transactions.sales_document import checked_receivable, undeposited_funds
from qbsim.transactions.sales_receipt import check_deposit_account
from qbsim.transactions.settling import CreditToSet, Settlement, check_deposit_stands, read_credits, set_credit
from qbsim.transactions.transaction import AMOUNT_LINK, CORE_ORDER, Transaction

if TYPE_CHECKING:
    from qbsim.company import Company
    from qbsim.context import Context


@dataclass
class Applied:
    """An invoice that a payment named, with the money and the credits that went to it."""

    txn_id: str
    amount: Decimal
    credit: Decimal = ZERO
    discount: Decimal = ZERO
    discount_account_id: str | None = None
    discount_class_id: str | None = None


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
    def discount(self) -> Decimal:
        """The discounts taken with it. One whose invoice is gone stays, and is unused payment then (a guess)."""
        return sum((each.discount for each in self.applied), ZERO)

    @property
    def settled_amount(self) -> Decimal:
        """Money and discounts, as a credit; what is left of it is UnusedPayment."""
        return -(self.total + self.discount)

    @property
    def payment_number(self) -> str | None:
        """The number of the payer's check."""
        return self.ref_number

    @property
    def paid_by_id(self) -> str | None:
        """ListID of the payment method."""
        return self.payment_method_id

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
    discount: Decimal | None = None
    discount_account_id: str | None = None
    discount_class_id: str | None = None


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
_APPLIED_ORDER = (
    *("TxnID", "TxnType", "TxnDate", "RefNumber", "BalanceRemaining", "Amount"),
    *("DiscountAmount", "DiscountAccountRef", "DiscountClassRef"),
)


def add_receive_payment(company: Company, draft: PaymentDraft, *, records_credit_only: bool = False) -> ReceivePayment:
    """Enters a payment, or only sets credits. Raises RequestRefused, with nothing done, where a rule is against it."""
    settlement = Settlement(company)
    now = company.now()
    payment = ReceivePayment(
        stamp=company.counters.transaction_stamp(now),
        txn_number=company.counters.next_transaction_number(),
        txn_date=draft.txn_date or now.date(),
        ref_number=draft.ref_number,
        customer_id=draft.customer_id,
        memo=draft.memo,
        external_guid=draft.external_guid,
        payment_method_id=draft.payment_method_id,
        **_settle(company, draft, settlement),
    )
    payment.entries = in_home_currency(company, _entries(payment), payment.exchange)
    is_recorded = payment.total > 0 or payment.discount > 0 or records_credit_only
    if is_recorded:
        company.record(payment)
    settlement.commit(payment if is_recorded else None)
    return payment


def add(context: Context, element: Element) -> ReceivePayment:
    """Works ReceivePaymentAdd."""
    company, place = context.company, ReceivePayment.TYPE
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


def modify(context: Context, element: Element, payment: ReceivePayment) -> ReceivePayment:
    """Works ReceivePaymentMod. Without AppliedToTxnMod the payment stays applied as it is; with it, what is left out is
    open again, and one without PaymentAmount keeps the amount that it has.
    """
    company = context.company
    draft = _changed_draft(context, element, payment)
    settlement = Settlement(company, changed=payment)
    changed = replace(
        payment,
        txn_date=draft.txn_date or payment.txn_date,
        ref_number=draft.ref_number,
        customer_id=draft.customer_id,
        memo=draft.memo,
        payment_method_id=draft.payment_method_id,
        **_settle(company, draft, settlement),
    )
    applied = sum((each.amount + each.discount for each in changed.applied), ZERO)
    _keep_credits(payment, changed, names_all=element.find("AppliedToTxnMod") is not None)
    changed.entries = in_home_currency(company, _entries(changed), changed.exchange)
    _check_used(payment, changed, applied)
    check_deposit_stands(company, payment, changed)
    company.unlink(payment, only={each.txn_id for each in payment.applied})
    changed.links = payment.links
    company.restate(payment, changed)
    settlement.commit(payment)
    return payment


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


def _changed_draft(context: Context, element: Element, payment: ReceivePayment) -> PaymentDraft:
    company, place = context.company, ReceivePayment.TYPE
    given = element.findall("AppliedToTxnMod")
    total = reading.amount(element, "TotalAmount")
    method_id = resolve(company.lists, element, "PaymentMethodRef", place)
    stands = [
        Application(
            invoice_id=each.txn_id,
            amount=each.amount,
            discount=each.discount,
            discount_account_id=each.discount_account_id,
            discount_class_id=each.discount_class_id,
        )
        for each in payment.applied
        if payment.is_linked_to(each.txn_id)
    ]
    applications = stands
    if given:
        applications = [_read_application(context, each) for each in given]
        for application in applications:
            before = next((each for each in stands if each.invoice_id == application.invoice_id), None)
            if before is not None and application.amount is None:
                application.amount = before.amount
    customer_id = resolve(company.lists, element, "CustomerRef", place) or payment.customer_id or ""
    currency_id = currency_of_customer(company, customer_id)
    return PaymentDraft(
        customer_id=customer_id,
        exchange_rate=rate_after(company, payment, currency_id, reading.rate(element, "ExchangeRate")),
        total=payment.total if total is None else total,
        receivable_id=resolve(company.lists, element, "ARAccountRef", place) or payment.receivable,
        deposit_to_id=resolve(company.lists, element, "DepositToAccountRef", place) or payment.deposit_to_id,
        payment_method_id=payment.payment_method_id if element.find("PaymentMethodRef") is None else method_id,
        txn_date=reading.day(element, "TxnDate"),
        ref_number=reading.changed_text(element, "RefNumber", payment.ref_number),
        memo=reading.changed_text(element, "Memo", payment.memo),
        applications=applications,
    )


def _settle(company: Company, draft: PaymentDraft, settlement: Settlement) -> dict[str, Any]:
    """Accounts, amounts and applications of the payment that is asked for, taken on trial."""
    traded = exchange(company, currency_of_customer(company, draft.customer_id), draft.exchange_rate)
    receivable = checked_receivable(company, draft.receivable_id, traded, ReceivePayment.TYPE)
    customers = company.lists.customers.with_children(draft.customer_id)
    applications = _oldest_first(company, draft, receivable) if draft.is_auto_apply else draft.applications
    applied = [_apply(settlement, application, customers, receivable) for application in applications]
    paid = sum((each.amount for each in applied), ZERO)
    total = paid if draft.total is None else draft.total
    if total < 0 or paid > total:
        reason = "The amounts applied are more than the payment."
        raise refusal(status.BAD_VALUE, field="TotalAmount", value=amount_text(total), reason=reason)
    deposit_to_id = draft.deposit_to_id or undeposited_funds(company, ReceivePayment.TYPE)
    check_deposit_account(company, deposit_to_id, traded)
    for each in applied:
        check_account(company, each.discount_account_id or "", traded, "DiscountAccountRef")
    return {
        "currency_id": traded.currency_id,
        "exchange_rate": traded.rate,
        "total": total,
        "receivable": receivable,
        "deposit_to_id": deposit_to_id,
        "unused_credits": _credits_left(company, settlement, applications),
        "applied": applied,
    }


def _entries(payment: ReceivePayment) -> list[Entry]:
    settled = payment.settled_amount
    entries = [
        Entry(payment.deposit_to_id or "", payment.total),
        Entry(payment.receivable, settled, payment.customer_id),
    ]
    entries += [Entry(each.discount_account_id or "", each.discount) for each in payment.applied]
    return [entry for entry in entries if entry.amount]


def _keep_credits(payment: ReceivePayment, changed: ReceivePayment, *, names_all: bool) -> None:
    """Credits that were set with the payment stay set; an invoice that only credits went to stays named as well."""
    found = {each.txn_id: each for each in changed.applied}
    for before in payment.applied:
        if before.txn_id in found:
            found[before.txn_id].credit += before.credit
        elif not names_all:
            changed.applied.append(before)


def _check_used(payment: ReceivePayment, changed: ReceivePayment, applied: Decimal) -> None:
    """Refused as 3210 where less would be left than refunds and set credits have taken of the unused payment."""
    named = {each.txn_id for each in payment.applied}
    links = [link for link in payment.links if link.link_type == AMOUNT_LINK and link.txn_id not in named]
    taken = sum((-link.amount for link in links), ZERO)
    if applied + taken > changed.total + changed.discount:
        reason = "The amount is less than what is already applied."
        raise refusal(status.BAD_VALUE, field="TotalAmount", value=amount_text(changed.total), reason=reason)
    if taken and (payment.customer_id, payment.receivable) != (changed.customer_id, changed.receivable):
        reason = "The transaction is linked to others."
        raise refusal(status.BAD_VALUE, field="CustomerRef", value=changed.customer_id or "", reason=reason)


def _read_application(context: Context, element: Element) -> Application:
    company, place = context.company, ReceivePayment.TYPE
    invoice = element.find("TxnID")
    if invoice is None:
        raise refusal(status.MISSING_ELEMENT, field="TxnID")
    return Application(
        invoice_id=context.session.macros.txn_id(invoice, takes_macro=True),
        amount=reading.amount(element, "PaymentAmount"),
        credits_to_set=read_credits(context, element),
        discount=reading.amount(element, "DiscountAmount"),
        discount_account_id=resolve(company.lists, element, "DiscountAccountRef", place),
        discount_class_id=resolve(company.lists, element, "DiscountClassRef", place),
    )


def _apply(settlement: Settlement, application: Application, customers: set[str], receivable: str) -> Applied:
    invoice = settlement.find(application.invoice_id, customers, receivable)
    credited = ZERO
    for each in application.credits_to_set:
        set_credit(settlement, settlement.find(each.txn_id, customers, receivable), invoice, None, each.amount)
        credited += each.amount
    paid, discount = application.amount or ZERO, application.discount or ZERO
    if discount:
        if application.discount_account_id is None:
            raise refusal(status.MISSING_ELEMENT, field="DiscountAccountRef")
        settlement.take_debt(invoice, discount, "AppliedToTxnAdd discount amount")
    if paid or not (application.credits_to_set or discount):
        settlement.take_debt(invoice, paid, "AppliedToTxnAdd payment amount")
    settlement.link(invoice, None, paid + discount)
    return Applied(
        invoice.txn_id,
        paid,
        credited,
        discount,
        application.discount_account_id if discount else None,
        application.discount_class_id if discount else None,
    )


def _oldest_first(company: Company, draft: PaymentDraft, receivable: str) -> Sequence[Application]:
    left = draft.total or ZERO
    applications = []
    invoices = [
        *company.by_customer("Invoice", draft.customer_id),
        *company.by_customer("JournalEntry", draft.customer_id),
    ]
    for invoice in sorted(invoices, key=lambda each: each.txn_date):
        amount = min(left, invoice.open_debt)
        if amount > 0 and (invoice.receivable_id, invoice.customer_id) == (receivable, draft.customer_id):
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
        if invoice is None or (each.amount + each.discount and not payment.is_linked_to(each.txn_id)):
            continue
        values: dict[str, str | Nodes | None] = {
            **invoice.core(),
            "TxnType": invoice.TYPE,
            "BalanceRemaining": amount_text(invoice.open_debt),
            "Amount": amount_text(each.amount),
            "DiscountAmount": amount_text(each.discount) if each.discount else None,
            "DiscountAccountRef": refer(company.lists, "DiscountAccountRef", each.discount_account_id),
            "DiscountClassRef": refer(company.lists, "DiscountClassRef", each.discount_class_id),
        }
        others = [
            node
            for link, node in zip(invoice.links, link_nodes(company, invoice, Shown()), strict=True)
            if link.txn_id != payment.txn_id
        ]
        nodes.append(("AppliedToTxnRet", [*pick(_APPLIED_ORDER, values), *others]))
    return nodes
