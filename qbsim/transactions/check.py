"""Checks: money out of a bank account. A direct refund is a check with an expense line on the receivable account,
linked to the credits that it pays out by ApplyCheckToTxnAdd (FACTS.md 5).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from lxml.etree import _Element as Element

from qbsim import reading, status
from qbsim.ledger import Entry
from qbsim.lists.accounts import ASSET_TYPES, BANK, RECEIVABLE
from qbsim.lists.references import refer, resolve
from qbsim.nodes import Nodes, pick
from qbsim.numbers import ZERO, amount_text, boolean_text
from qbsim.status import refusal
from qbsim.transactions.lines import Numbered, kept_lines, number_lines
from qbsim.transactions.rets import Shown, external_guid, link_nodes
from qbsim.transactions.sales_document import address_nodes
from qbsim.transactions.settling import Settlement, check_deposit_stands
from qbsim.transactions.transaction import AMOUNT_LINK, CORE_ORDER, Transaction

if TYPE_CHECKING:
    from qbsim.company import Company
    from qbsim.context import Context


@dataclass(kw_only=True)
class ExpenseLine(Numbered):
    """A line of a check: the account that is debited. On a receivable account it belongs to a customer."""

    account_id: str
    amount: Decimal
    memo: str | None = None
    customer_id: str | None = None
    class_id: str | None = None
    billable_status: str | None = None


@dataclass(kw_only=True)
class Check(Transaction):
    """A check; `customer_id` is the payee."""

    TYPE: ClassVar[str] = "Check"
    account_id: str
    address: dict[str, str] = field(default_factory=dict)
    is_to_be_printed: bool = False
    lines: list[ExpenseLine] = field(default_factory=list)

    @property
    def payment_number(self) -> str | None:
        """Its own number."""
        return self.ref_number

    @property
    def amount(self) -> Decimal:
        """The sum of its lines."""
        return sum((line.amount for line in self.lines), ZERO)

    def void(self) -> None:
        """The lines become zero."""
        super().void()
        for line in self.lines:
            line.amount = ZERO


@dataclass(kw_only=True)
class CheckDraft:
    """A check as it is asked for; `applications` are TxnIDs of credits with the amounts paid out of them."""

    account_id: str
    payee_id: str | None
    lines: list[ExpenseLine]
    applications: list[tuple[str, Decimal | None]] = field(default_factory=list)
    txn_date: date | None = None
    ref_number: str | None = None
    memo: str | None = None
    address: dict[str, str] = field(default_factory=dict)
    is_to_be_printed: bool = False
    external_guid: str | None = None


_RET_ORDER = (
    *CORE_ORDER,
    *("AccountRef", "PayeeEntityRef", "RefNumber", "TxnDate", "Amount", "Memo", "Address", "AddressBlock"),
    *("IsPending", "IsToBePrinted", "ExternalGUID"),
)
_LINE_ORDER = ("TxnLineID", "AccountRef", "Amount", "Memo", "CustomerRef", "ClassRef", "BillableStatus")


def add_check(company: Company, draft: CheckDraft, *, from_undeposited_funds: bool = True) -> Check:
    """Enters a check. Raises RequestRefused, with nothing done, where a rule is against it."""
    _check_account(company, draft.account_id, from_undeposited_funds=from_undeposited_funds)
    _check_lines(company, draft)
    settlement = Settlement(company)
    if draft.applications:
        _settle(company, draft, settlement)
    now = company.now()
    check = Check(
        stamp=company.counters.transaction_stamp(now),
        txn_number=company.counters.next_transaction_number(),
        txn_date=draft.txn_date or now.date(),
        # A check that is still to be printed has no number (a guess: the form shows "To Print" in its place).
        ref_number=None if draft.is_to_be_printed else draft.ref_number,
        customer_id=draft.payee_id,
        memo=draft.memo,
        external_guid=draft.external_guid,
        account_id=draft.account_id,
        address=draft.address,
        is_to_be_printed=draft.is_to_be_printed,
        lines=draft.lines,
    )
    number_lines(company, check.lines)
    check.entries = [entry for entry in _entries(company, check) if entry.amount]
    company.record(check)
    settlement.commit(check)
    return check


def add(context: Context, element: Element) -> Check:
    """Works CheckAdd. Item lines are answered by 1030."""
    company, place = context.company, Check.TYPE
    if element.find("ItemLineAdd") is not None or element.find("ItemGroupLineAdd") is not None:
        raise refusal(status.NOT_SUPPORTED)
    account_id = resolve(company.lists, element, "AccountRef", place)
    if account_id is None:
        raise refusal(status.MISSING_ELEMENT, field="AccountRef")
    draft = CheckDraft(
        account_id=account_id,
        payee_id=resolve(company.lists, element, "PayeeEntityRef", place),
        lines=[_read_line(company, line) for line in element.findall("ExpenseLineAdd")],
        applications=[_read_application(context, each) for each in element.findall("ApplyCheckToTxnAdd")],
        txn_date=reading.day(element, "TxnDate"),
        ref_number=reading.text(element, "RefNumber"),
        memo=reading.text(element, "Memo"),
        address=reading.address(element, "Address"),
        is_to_be_printed=bool(reading.boolean(element, "IsToBePrinted")),
        external_guid=reading.text(element, "ExternalGUID"),
    )
    return add_check(company, draft, from_undeposited_funds=context.behaviour.check_from_undeposited_funds)


def modify(context: Context, element: Element, check: Check) -> Check:
    """Works CheckMod; item lines are answered by 1030. What the check is applied to has to match its receivable line
    afterwards as well, so whoever changes the line sends ApplyCheckToTxnMod with it.
    """
    company = context.company
    if element.find("ItemLineMod") is not None or element.find("ItemGroupLineMod") is not None:
        raise refusal(status.NOT_SUPPORTED)
    draft = _changed_draft(context, element, check)
    is_other_account = draft.account_id != check.account_id
    from_undeposited = context.behaviour.check_from_undeposited_funds or not is_other_account
    _check_account(company, draft.account_id, from_undeposited_funds=from_undeposited)
    _check_lines(company, draft)
    settlement = Settlement(company, changed=check)
    if draft.applications:
        _settle(company, draft, settlement)
    changed = replace(
        check,
        txn_date=draft.txn_date or check.txn_date,
        ref_number=None if draft.is_to_be_printed else draft.ref_number,
        customer_id=draft.payee_id,
        memo=draft.memo,
        account_id=draft.account_id,
        address=draft.address,
        is_to_be_printed=draft.is_to_be_printed,
        lines=draft.lines,
        is_voided=check.is_voided and draft.lines == check.lines,
    )
    changed.entries = [entry for entry in _entries(company, changed) if entry.amount]
    check_deposit_stands(company, check, changed)
    number_lines(company, changed.lines)
    company.unlink(check)
    changed.links = check.links
    company.restate(check, changed)
    settlement.commit(check)
    return check


def ret(company: Company, check: Check, shown: Shown) -> Nodes:
    """The inside of CheckRet."""
    lists = company.lists
    address, block = address_nodes(check.address)
    values: dict[str, str | Nodes | None] = {
        **check.core(),
        "AccountRef": refer(lists, "AccountRef", check.account_id),
        "PayeeEntityRef": refer(lists, "PayeeEntityRef", check.customer_id),
        "Amount": amount_text(check.amount),
        "Address": address,
        "AddressBlock": block,
        "IsPending": boolean_text(False),
        "IsToBePrinted": boolean_text(check.is_to_be_printed),
        "ExternalGUID": external_guid(check, shown),
    }
    lines: Nodes = [("ExpenseLineRet", _line_ret(company, line)) for line in check.lines] if shown.lines else []
    return [*pick(_RET_ORDER, values), *link_nodes(company, check, shown), *lines]


def _changed_draft(context: Context, element: Element, check: Check) -> CheckDraft:
    company, place = context.company, Check.TYPE
    given = element.findall("ExpenseLineMod")
    lines = [replace(line) for line in check.lines]
    if given or reading.boolean(element, "ClearExpenseLines"):
        kept = kept_lines(check.lines, given, context.session.macros)
        lines = [_changed_line(company, part, line) for part, line in kept]
    applied = element.findall("ApplyCheckToTxnMod")
    links = [(link.txn_id, -link.amount) for link in check.links if link.link_type == AMOUNT_LINK]
    payee_id = resolve(company.lists, element, "PayeeEntityRef", place)
    to_be_printed = reading.boolean(element, "IsToBePrinted")
    return CheckDraft(
        account_id=resolve(company.lists, element, "AccountRef", place) or check.account_id,
        payee_id=payee_id if element.find("PayeeEntityRef") is not None else check.customer_id,
        lines=lines,
        applications=[_read_application(context, each) for each in applied] if applied else [*links],
        txn_date=reading.day(element, "TxnDate"),
        ref_number=reading.changed_text(element, "RefNumber", check.ref_number),
        memo=reading.changed_text(element, "Memo", check.memo),
        address=check.address if element.find("Address") is None else reading.address(element, "Address"),
        is_to_be_printed=check.is_to_be_printed if to_be_printed is None else to_be_printed,
    )


def _changed_line(company: Company, element: Element, line: ExpenseLine | None) -> ExpenseLine:
    if line is None:
        return _read_line(company, element)
    place = f"{Check.TYPE} expense line"
    amount = reading.amount(element, "Amount")
    values: dict[str, Any] = {
        kept: resolve(company.lists, element, name, place)
        for name, kept in {"CustomerRef": "customer_id", "ClassRef": "class_id"}.items()
        if element.find(name) is not None
    }
    return replace(
        line,
        account_id=resolve(company.lists, element, "AccountRef", place) or line.account_id,
        amount=line.amount if amount is None else amount,
        memo=reading.changed_text(element, "Memo", line.memo),
        billable_status=reading.text(element, "BillableStatus") or line.billable_status,
        **values,
    )


def _check_lines(company: Company, draft: CheckDraft) -> None:
    """Refused as 3150 without lines, as 3180 where a receivable line has no customer or the sum is negative."""
    if not draft.lines:
        raise refusal(status.MISSING_ELEMENT, field="ExpenseLineAdd")
    for line in _receivable_lines(company, draft):
        line.customer_id = line.customer_id or draft.payee_id
        if line.customer_id is None:
            reason = "A customer is needed with an accounts receivable account."
            raise refusal(status.SAVE_FAILED, object=Check.TYPE, reason=reason)
    if sum((line.amount for line in draft.lines), ZERO) < 0:
        raise refusal(status.SAVE_FAILED, object=Check.TYPE, reason="Transaction amount must be positive.")


def _receivable_lines(company: Company, draft: CheckDraft) -> list[ExpenseLine]:
    return [line for line in draft.lines if _is_receivable(company, line.account_id)]


def _read_line(company: Company, element: Element) -> ExpenseLine:
    place = f"{Check.TYPE} expense line"
    account_id = resolve(company.lists, element, "AccountRef", place)
    if account_id is None:
        raise refusal(status.MISSING_ELEMENT, field="AccountRef")
    return ExpenseLine(
        account_id=account_id,
        amount=reading.amount(element, "Amount") or ZERO,
        memo=reading.text(element, "Memo"),
        customer_id=resolve(company.lists, element, "CustomerRef", place),
        class_id=resolve(company.lists, element, "ClassRef", place),
        billable_status=reading.text(element, "BillableStatus"),
    )


def _read_application(context: Context, element: Element) -> tuple[str, Decimal | None]:
    target = element.find("TxnID")
    if target is None:
        raise refusal(status.MISSING_ELEMENT, field="TxnID")
    takes_macro = context.behaviour.resolves_macro_in_check
    return context.session.macros.txn_id(target, takes_macro=takes_macro), reading.amount(element, "Amount")


def _check_account(company: Company, account_id: str, *, from_undeposited_funds: bool) -> None:
    """A bank account always; Undeposited Funds and other asset accounts by the switch. That a refusal is 3210 is a
    guess.
    """
    account = company.lists.accounts.get(account_id)
    allowed = ASSET_TYPES if from_undeposited_funds else {BANK}
    if account is None or account.account_type not in allowed:
        name = account.full_name if account else account_id
        reason = "The account must be a bank account."
        raise refusal(status.BAD_VALUE, field="AccountRef", value=name, reason=reason)


def _settle(company: Company, draft: CheckDraft, settlement: Settlement) -> None:
    receivable_lines = _receivable_lines(company, draft)
    accounts = {line.account_id for line in receivable_lines}
    if len(accounts) != 1:
        reason = "A check that is applied to transactions needs one accounts receivable account."
        raise refusal(status.BAD_VALUE, field="ExpenseLineAdd AccountRef", value="", reason=reason)
    if draft.payee_id is None:
        raise refusal(status.MISSING_ELEMENT, field="PayeeEntityRef")
    (receivable,) = accounts
    available = sum((line.amount for line in receivable_lines), ZERO)
    left = available
    for txn_id, wanted in draft.applications:
        credit = settlement.find(txn_id, {draft.payee_id}, receivable)
        amount = min(left, settlement.left(credit)) if wanted is None else wanted
        settlement.take_credit(credit, amount, "ApplyCheckToTxnAdd amount")
        settlement.link(credit, None, amount)
        left -= amount
    if left != 0:
        applied = amount_text(available - left)
        reason = "The amounts applied must be the amount of the accounts receivable line."
        raise refusal(status.BAD_VALUE, field="ApplyCheckToTxnAdd amount", value=applied, reason=reason)


def _entries(company: Company, check: Check) -> list[Entry]:
    entries = [Entry(check.account_id, -check.amount)]
    for line in check.lines:
        customer_id = line.customer_id if _is_receivable(company, line.account_id) else None
        entries.append(Entry(line.account_id, line.amount, customer_id))
    return entries


def _is_receivable(company: Company, account_id: str) -> bool:
    account = company.lists.accounts.get(account_id)
    return account is not None and account.account_type == RECEIVABLE


def _line_ret(company: Company, line: ExpenseLine) -> Nodes:
    lists = company.lists
    values: dict[str, str | Nodes | None] = {
        "TxnLineID": line.txn_line_id,
        "AccountRef": refer(lists, "AccountRef", line.account_id),
        "Amount": amount_text(line.amount),
        "Memo": line.memo,
        "CustomerRef": refer(lists, "CustomerRef", line.customer_id),
        "ClassRef": refer(lists, "ClassRef", line.class_id),
        "BillableStatus": line.billable_status,
    }
    return pick(_LINE_ORDER, values)
