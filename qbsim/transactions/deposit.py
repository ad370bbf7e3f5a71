"""Deposits: money that goes to a bank account, payments out of Undeposited Funds and amounts from other accounts, less
what is taken as cash.

Order of the fields: Intuit's schema. A deposit takes a payment whole. That at most one of its own lines stands on a
receivable account, and that such a line is its customer's credit, is taken from journal entries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from lxml.etree import _Element as Element

from qbsim import reading, status
from qbsim.currencies import (
    check_account,
    check_customer,
    exchange,
    foreign,
    gain_or_loss_account,
    in_home_currency,
    rate_after,
)
from qbsim.ledger import Entry
from qbsim.lists.accounts import ASSET_TYPES, RECEIVABLE
from qbsim.lists.references import currency_named, refer, resolve
from qbsim.macros import Macros
from qbsim.nodes import Nodes, pick
from qbsim.numbers import ZERO, amount_text
from qbsim.status import refusal
from qbsim.transactions.lines import Numbered, kept_lines, number_lines
from qbsim.transactions.receive_payment import ReceivePayment
from qbsim.transactions.rets import Shown, currency_values, external_guid
from qbsim.transactions.sales_document import undeposited_funds
from qbsim.transactions.sales_receipt import SalesReceipt
from qbsim.transactions.settling import DEPOSITED, check_links_stand
from qbsim.transactions.transaction import CORE_ORDER, Transaction

if TYPE_CHECKING:
    from qbsim.company import Company
    from qbsim.context import Context


@dataclass(kw_only=True)
class DepositLine(Numbered):
    """A line; `payment_id` is the TxnID of the payment that it takes, None for an amount from an account."""

    account_id: str
    amount: Decimal
    payment_id: str | None = None
    memo: str | None = None
    entity_id: str | None = None
    check_number: str | None = None
    payment_method_id: str | None = None
    class_id: str | None = None


@dataclass(kw_only=True)
class CashBack(Numbered):
    """What is taken of a deposit as cash, to an account."""

    account_id: str
    amount: Decimal
    memo: str | None = None


@dataclass(kw_only=True)
class Deposit(Transaction):
    """A deposit; `customer_id` is the customer of its line on a receivable account, `receivable` that account."""

    TYPE: ClassVar[str] = "Deposit"
    deposit_to_id: str
    lines: list[DepositLine] = field(default_factory=list)
    cash_back: CashBack | None = None
    receivable: str | None = None

    @property
    def total(self) -> Decimal:
        """What reaches the account."""
        taken = ZERO if self.cash_back is None else self.cash_back.amount
        return sum((line.amount for line in self.lines), ZERO) - taken

    @property
    def entity_ids(self) -> set[str]:
        """The customers of all lines."""
        return {line.entity_id for line in self.lines if line.entity_id is not None}

    @property
    def held_ids(self) -> set[str]:
        """TxnIDs of the payments that it has taken."""
        return {line.payment_id for line in self.lines if line.payment_id is not None}

    @property
    def receivable_id(self) -> str | None:
        """ListID of the receivable account."""
        return self.receivable

    @property
    def settled_amount(self) -> Decimal:
        """What stands on the receivable account."""
        return ZERO if self.receivable is None else self.own_on(self.receivable)

    def void(self) -> None:
        """The amounts become zero and the payments are undeposited again."""
        super().void()
        for line in self.lines:
            line.amount, line.payment_id = ZERO, None
        if self.cash_back is not None:
            self.cash_back.amount = ZERO


@dataclass(kw_only=True)
class DepositDraft:
    """A deposit as it is asked for."""

    deposit_to_id: str
    lines: list[DepositLine]
    cash_back: CashBack | None = None
    txn_date: date | None = None
    memo: str | None = None
    external_guid: str | None = None
    currency_id: str | None = None
    exchange_rate: Decimal | None = None


_RET_ORDER = (
    *(*CORE_ORDER, "TxnDate", "DepositToAccountRef", "Memo", "DepositTotal"),
    *("CurrencyRef", "ExchangeRate", "DepositTotalInHomeCurrency", "CashBackInfoRet", "ExternalGUID"),
)
_CASH_BACK_ORDER = ("TxnLineID", "AccountRef", "Memo", "Amount")
_LINE_ORDER = (
    *("TxnType", "TxnID", "TxnLineID", "PaymentTxnLineID", "EntityRef", "AccountRef", "Memo", "CheckNumber"),
    *("PaymentMethodRef", "ClassRef", "Amount"),
)
_PLACE = "Deposit line"
#: The longest CheckNumber of a deposit, in characters; a payment's own number can be longer and is cut.
_CHECK_NUMBER_LENGTH = 11
_LINE_REFERENCES = {"EntityRef": "entity_id", "PaymentMethodRef": "payment_method_id", "ClassRef": "class_id"}


def payment_line(company: Company, txn_id: str, *, deposit: Deposit | None = None) -> DepositLine:
    """The line that takes a payment out of Undeposited Funds; `deposit` is the one that may have it already.

    Refused as 3120 where there is no such transaction, as 3210 where it has no money there or another has taken it.
    """
    funds = undeposited_funds(company, Deposit.TYPE)
    payment = company.transaction(txn_id)
    if payment is None:
        raise refusal(status.NOT_FOUND, value=txn_id)
    taken_by = company.deposit_of(txn_id)
    if taken_by is not None and taken_by is not deposit:
        raise _bad("PaymentTxnID", txn_id, DEPOSITED)
    amount = payment.posted_on(funds)
    if not amount or isinstance(payment, Deposit):
        raise _bad("PaymentTxnID", txn_id, "The transaction has no undeposited funds.")
    return DepositLine(
        account_id=funds,
        amount=amount,
        payment_id=payment.txn_id,
        memo=payment.memo,
        entity_id=payment.customer_id,
        check_number=(payment.payment_number or "")[:_CHECK_NUMBER_LENGTH] or None,
        payment_method_id=payment.paid_by_id,
    )


def add_deposit(company: Company, draft: DepositDraft) -> Deposit:
    """Enters a deposit. Raises RequestRefused, with nothing done, where a rule is against it."""
    now = company.now()
    deposit = Deposit(
        stamp=company.counters.transaction_stamp(now),
        txn_number=company.counters.next_transaction_number(),
        txn_date=draft.txn_date or now.date(),
        memo=draft.memo,
        external_guid=draft.external_guid,
        deposit_to_id=draft.deposit_to_id,
        lines=draft.lines,
        cash_back=draft.cash_back,
    )
    _book(company, deposit, draft.currency_id, draft.exchange_rate)
    _book_gain(company, deposit)
    return company.record(deposit)


def add(context: Context, element: Element) -> Deposit:
    """Works DepositAdd."""
    company = context.company
    deposit_to_id = resolve(company.lists, element, "DepositToAccountRef", Deposit.TYPE)
    if deposit_to_id is None:
        raise refusal(status.MISSING_ELEMENT, field="DepositToAccountRef")
    cash_back = element.find("CashBackInfoAdd")
    macros = context.session.macros
    draft = DepositDraft(
        deposit_to_id=deposit_to_id,
        lines=[_read_line(company, line, macros, None, None) for line in element.findall("DepositLineAdd")],
        cash_back=None if cash_back is None else _read_cash_back(company, cash_back, None),
        txn_date=reading.day(element, "TxnDate"),
        memo=reading.text(element, "Memo"),
        external_guid=reading.text(element, "ExternalGUID"),
        currency_id=currency_named(company, element, Deposit.TYPE),
        exchange_rate=reading.rate(element, "ExchangeRate"),
    )
    return add_deposit(company, draft)


def modify(context: Context, element: Element, deposit: Deposit) -> Deposit:
    """Works DepositMod: without lines they stay, with lines those that are left out give their payments back."""
    company, macros = context.company, context.session.macros
    lines, given = list(deposit.lines), element.findall("DepositLineMod")
    if given:
        lines = [
            _read_line(company, part, macros, deposit, line) for part, line in kept_lines(deposit.lines, given, macros)
        ]
    cash_back = element.find("CashBackInfoMod")
    changed = replace(
        deposit,
        txn_date=reading.day(element, "TxnDate") or deposit.txn_date,
        deposit_to_id=resolve(company.lists, element, "DepositToAccountRef", Deposit.TYPE) or deposit.deposit_to_id,
        memo=reading.changed_text(element, "Memo", deposit.memo),
        lines=[replace(line) for line in lines],
        cash_back=deposit.cash_back if cash_back is None else _read_cash_back(company, cash_back, deposit.cash_back),
        is_voided=deposit.is_voided and not given,
    )
    rate = rate_after(company, deposit, _currency_of(company, changed), reading.rate(element, "ExchangeRate"))
    _book(company, changed, currency_named(company, element, Deposit.TYPE), rate)
    check_links_stand(deposit, changed)
    _book_gain(company, changed)
    return company.restate(deposit, changed)


def ret(company: Company, deposit: Deposit, shown: Shown) -> Nodes:
    """The inside of DepositRet."""
    values: dict[str, str | Nodes | None] = {
        **deposit.core(),
        "DepositToAccountRef": refer(company.lists, "DepositToAccountRef", deposit.deposit_to_id),
        "DepositTotal": amount_text(deposit.total),
        **currency_values(company, deposit, DepositTotal=deposit.total),
        "CashBackInfoRet": _cash_back_nodes(company, deposit.cash_back),
        "ExternalGUID": external_guid(deposit, shown),
    }
    lines: Nodes = [("DepositLineRet", _line_ret(company, line)) for line in deposit.lines] if shown.lines else []
    return [*pick(_RET_ORDER, values), *lines]


def _read_line(
    company: Company, element: Element, macros: Macros, deposit: Deposit | None, stored: DepositLine | None
) -> DepositLine:
    payment = element.find("PaymentTxnID")
    if payment is not None:
        line = payment_line(company, macros.txn_id(payment, takes_macro=True), deposit=deposit)
        _check_payment_line(company, element, macros, line)
        if stored is not None:
            line.txn_line_id = stored.txn_line_id
        class_id = resolve(company.lists, element, "OverrideClassRef", _PLACE)
        return replace(
            line,
            memo=reading.changed_text(element, "OverrideMemo", line.memo),
            check_number=reading.changed_text(element, "OverrideCheckNumber", line.check_number),
            class_id=class_id or line.class_id,
        )
    account_id = resolve(company.lists, element, "AccountRef", _PLACE)
    if stored is None:
        if account_id is None:
            raise refusal(status.MISSING_ELEMENT, field="AccountRef")
        stored = DepositLine(account_id=account_id, amount=ZERO)
    amount = reading.amount(element, "Amount")
    is_other = account_id not in (None, stored.account_id) or amount not in (None, stored.amount)
    if stored.payment_id is not None and is_other:
        raise _bad("PaymentTxnID", stored.payment_id, "Account and amount are those of the payment.")
    references: dict[str, Any] = {
        kept: resolve(company.lists, element, name, _PLACE)
        for name, kept in _LINE_REFERENCES.items()
        if element.find(name) is not None
    }
    return replace(
        stored,
        account_id=account_id or stored.account_id,
        amount=stored.amount if amount is None else amount,
        memo=reading.changed_text(element, "Memo", stored.memo),
        check_number=reading.changed_text(element, "CheckNumber", stored.check_number),
        **references,
    )


def _check_payment_line(company: Company, element: Element, macros: Macros, line: DepositLine) -> None:
    """PaymentTxnLineID is the line of the payment that stands on Undeposited Funds, which is its main line."""
    named = element.find("PaymentTxnLineID")
    payment = company.transaction(line.payment_id or "")
    if named is None or payment is None or not (named.text or named.get("useMacro")):
        return
    line_id = macros.txn_id(named, takes_macro=True)
    if line_id != payment.main_line_id:
        raise refusal(status.NOT_FOUND, value=line_id)


def _read_cash_back(company: Company, element: Element, stored: CashBack | None) -> CashBack:
    account_id = resolve(company.lists, element, "AccountRef", Deposit.TYPE)
    if stored is None:
        if account_id is None:
            raise refusal(status.MISSING_ELEMENT, field="AccountRef")
        stored = CashBack(account_id=account_id, amount=ZERO)
    amount = reading.amount(element, "Amount")
    return replace(
        stored,
        account_id=account_id or stored.account_id,
        amount=stored.amount if amount is None else amount,
        memo=reading.changed_text(element, "Memo", stored.memo),
    )


def _book(company: Company, deposit: Deposit, currency_id: str | None, rate: Decimal | None) -> None:
    """Checks the deposit as a whole, numbers its lines and works out its entries. It is in its account's currency."""
    account = company.lists.accounts.get(deposit.deposit_to_id)
    if account is None or account.account_type not in ASSET_TYPES:
        name = account.full_name if account else deposit.deposit_to_id
        raise _bad("DepositToAccountRef", name, "The account must be a bank or an asset account.")
    traded = exchange(company, account.currency_id, rate)
    if currency_id is not None and foreign(company, currency_id) != foreign(company, account.currency_id):
        currency = company.lists.currencies.get(currency_id)
        raise _bad("CurrencyRef", currency.name if currency else "", "The deposit is in the currency of its account.")
    deposit.currency_id, deposit.exchange_rate = traded.currency_id, traded.rate
    _check_currencies(company, deposit)
    if not deposit.lines:
        raise refusal(status.MISSING_ELEMENT, field="DepositLineAdd")
    if len(deposit.held_ids) < sum(line.payment_id is not None for line in deposit.lines):
        raise _bad("PaymentTxnID", "", "A payment is named twice.")
    if deposit.cash_back is not None and deposit.cash_back.amount < 0:
        raise _bad("CashBackInfo Amount", amount_text(deposit.cash_back.amount), "The amount must be positive.")
    if deposit.total < 0:
        raise _not_saved("The total of a deposit must be positive.")
    receivable = _receivable_line(company, deposit.lines)
    deposit.customer_id = None if receivable is None else receivable.entity_id
    deposit.receivable = None if receivable is None else receivable.account_id
    number_lines(company, [*deposit.lines, *([] if deposit.cash_back is None else [deposit.cash_back])])
    entries = [Entry(deposit.deposit_to_id, deposit.total)]
    if deposit.cash_back is not None:
        entries.append(Entry(deposit.cash_back.account_id, deposit.cash_back.amount))
    for line in deposit.lines:
        entries.append(Entry(line.account_id, -line.amount, line.entity_id if line is receivable else None))
    if receivable is not None:
        check_customer(company, receivable.entity_id, traded, "EntityRef")
    deposit.entries = in_home_currency(company, entries, traded)


def _currency_of(company: Company, deposit: Deposit) -> str | None:
    account = company.lists.accounts.get(deposit.deposit_to_id)
    return account.currency_id if account is not None else None


def _check_currencies(company: Company, deposit: Deposit) -> None:
    """Refused as 3210 (a guess) where an account or, in a foreign currency, a payment is in another currency. A payment
    in the deposit's foreign currency is taken by its amount in that currency.
    """
    traded, funds = deposit.exchange, undeposited_funds(company, Deposit.TYPE)
    is_foreign = foreign(company, traded.currency_id) is not None
    for line in deposit.lines:
        payment = company.transaction(line.payment_id or "")
        if payment is None:
            check_account(company, line.account_id, traded, "AccountRef")
            if is_foreign and line.account_id == funds:
                raise _not_saved("In a foreign currency, Undeposited Funds are deposited by their payments alone.")
        elif is_foreign:
            is_same = payment.currency_id == traded.currency_id
            if not is_same or not isinstance(payment, (ReceivePayment, SalesReceipt)):
                reason = "The currency of the payment does not match the currency of the deposit."
                raise _bad("PaymentTxnID", payment.txn_id, reason)
            line.amount = payment.total
        else:
            line.amount = payment.posted_on(line.account_id)
    if deposit.cash_back is not None:
        check_account(company, deposit.cash_back.account_id, traded, "CashBackInfo AccountRef")


def _book_gain(company: Company, deposit: Deposit) -> None:
    """Undeposited Funds are kept in home currency: payments leave them at the worth that they came in with, and the
    rest is an exchange gain or loss.
    """
    if foreign(company, deposit.currency_id) is None or not deposit.held_ids:
        return
    funds = undeposited_funds(company, Deposit.TYPE)
    payments = (company.transaction(txn_id) for txn_id in deposit.held_ids)
    came_in = sum((payment.posted_on(funds) for payment in payments if payment is not None), ZERO)
    left = came_in + deposit.posted_on(funds)
    if left:
        deposit.entries += [Entry(funds, -left), Entry(gain_or_loss_account(company), left)]


def _receivable_line(company: Company, lines: Sequence[DepositLine]) -> DepositLine | None:
    found = []
    for line in lines:
        account = company.lists.accounts.get(line.account_id)
        if account is not None and account.account_type == RECEIVABLE:
            if company.lists.customers.get(line.entity_id or "") is None:
                raise _not_saved("A customer is needed with an accounts receivable account.")
            found.append(line)
    if len(found) > 1:
        raise _not_saved("Only one accounts receivable line is allowed in a deposit.")
    return found[0] if found else None


def _bad(field: str, value: str, reason: str) -> status.RequestRefused:
    return refusal(status.BAD_VALUE, field=field, value=value, reason=reason)


def _not_saved(reason: str) -> status.RequestRefused:
    return refusal(status.SAVE_FAILED, object=Deposit.TYPE, reason=reason)


def _cash_back_nodes(company: Company, cash_back: CashBack | None) -> Nodes | None:
    if cash_back is None:
        return None
    values: dict[str, str | Nodes | None] = {
        "TxnLineID": cash_back.txn_line_id,
        "AccountRef": refer(company.lists, "AccountRef", cash_back.account_id),
        "Memo": cash_back.memo,
        "Amount": amount_text(cash_back.amount),
    }
    return pick(_CASH_BACK_ORDER, values)


def _line_ret(company: Company, line: DepositLine) -> Nodes:
    lists = company.lists
    payment = company.transaction(line.payment_id or "")
    values: dict[str, str | Nodes | None] = {
        "TxnType": None if payment is None else payment.TYPE,
        "TxnID": None if payment is None else payment.txn_id,
        "TxnLineID": line.txn_line_id,
        "PaymentTxnLineID": None if payment is None else payment.main_line_id,
        "EntityRef": refer(lists, "EntityRef", line.entity_id),
        "AccountRef": refer(lists, "AccountRef", line.account_id),
        "Memo": line.memo,
        "CheckNumber": line.check_number,
        "PaymentMethodRef": refer(lists, "PaymentMethodRef", line.payment_method_id),
        "ClassRef": refer(lists, "ClassRef", line.class_id),
        "Amount": amount_text(line.amount),
    }
    return pick(_LINE_ORDER, values)
