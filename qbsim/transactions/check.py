"""Checks: money out of a bank account. Outside the US the lines bear tax by their tax codes.

A direct refund is a check with an expense line on the receivable account, linked to the credits that it pays out by
ApplyCheckToTxnAdd (FACTS.md 5).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from lxml.etree import _Element as Element

from qbsim import reading, sales_tax, status
from qbsim.currencies import Exchange, check_account, check_customer, exchange, in_home_currency, rate_after
from qbsim.editions import unknown_fields
from qbsim.ledger import Entry
from qbsim.lists.accounts import ASSET_TYPES, BANK, RECEIVABLE
from qbsim.lists.references import refer, resolve
from qbsim.nodes import Nodes, pick
from qbsim.numbers import ZERO, amount_text, boolean_text
from qbsim.sales_tax import TaxPart
from qbsim.status import refusal
from qbsim.transactions.lines import Numbered, kept_lines, number_lines
from qbsim.transactions.rets import Shown, currency_values, external_guid, link_nodes
from qbsim.transactions.sales_document import address_nodes, tax_account, tax_amount_text
from qbsim.transactions.settling import Settlement, check_deposit_stands
from qbsim.transactions.transaction import AMOUNT_LINK, CORE_ORDER, Transaction

if TYPE_CHECKING:
    from qbsim.company import Company
    from qbsim.context import Context


@dataclass(kw_only=True)
class ExpenseLine(Numbered):
    """A line of a check: the account that is debited. On a receivable account it belongs to a customer, and no tax."""

    account_id: str
    amount: Decimal
    tax_amount: Decimal | None = None
    sales_tax_code_id: str | None = None
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
    is_tax_included: bool | None = None
    sales_tax_code_id: str | None = None
    lines: list[ExpenseLine] = field(default_factory=list)
    tax_parts: list[TaxPart] = field(default_factory=list)

    @property
    def payment_number(self) -> str | None:
        """Its own number."""
        return self.ref_number

    @property
    def amount(self) -> Decimal:
        """The sum of its lines, with the tax."""
        total = sum((line.amount for line in self.lines), ZERO)
        return total if self.is_tax_included else total + sum((part.amount for part in self.tax_parts), ZERO)

    def void(self) -> None:
        """The lines become zero."""
        super().void()
        self.tax_parts = []
        for line in self.lines:
            line.amount = ZERO
            line.tax_amount = None if line.tax_amount is None else ZERO


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
    is_tax_included: bool | None = None
    sales_tax_code_id: str | None = None
    external_guid: str | None = None
    exchange_rate: Decimal | None = None


_RET_ORDER = (
    *CORE_ORDER,
    *("AccountRef", "PayeeEntityRef", "RefNumber", "TxnDate", "Amount"),
    *("CurrencyRef", "ExchangeRate", "AmountInHomeCurrency", "Memo", "Address", "AddressBlock"),
    *("IsPending", "IsToBePrinted", "IsTaxIncluded", "SalesTaxCodeRef", "ExternalGUID"),
)
_CHANGED_REFERENCES = {
    "CustomerRef": "customer_id",
    "ClassRef": "class_id",
    "SalesTaxCodeRef": "sales_tax_code_id",
}
_LINE_ORDER = (
    *("TxnLineID", "AccountRef", "Amount", "TaxAmount", "Memo", "CustomerRef", "ClassRef", "SalesTaxCodeRef"),
    "BillableStatus",
)


def add_check(company: Company, draft: CheckDraft, *, from_undeposited_funds: bool = True) -> Check:
    """Enters a check. Raises RequestRefused, with nothing done, where a rule is against it."""
    _check_account(company, draft.account_id, from_undeposited_funds=from_undeposited_funds)
    traded, sums = _check_lines(company, draft)
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
        currency_id=traded.currency_id,
        exchange_rate=traded.rate,
        account_id=draft.account_id,
        address=draft.address,
        is_to_be_printed=draft.is_to_be_printed,
        is_tax_included=draft.is_tax_included,
        sales_tax_code_id=draft.sales_tax_code_id,
        lines=draft.lines,
        tax_parts=list(sums.parts),
    )
    number_lines(company, check.lines)
    check.entries = in_home_currency(company, _entries(company, check), traded)
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
        is_tax_included=reading.boolean(element, "IsTaxIncluded"),
        sales_tax_code_id=resolve(company.lists, element, "SalesTaxCodeRef", place),
        external_guid=reading.text(element, "ExternalGUID"),
        exchange_rate=reading.rate(element, "ExchangeRate"),
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
    is_unchanged = draft.lines == check.lines
    traded, sums = _check_lines(company, draft)
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
        currency_id=traded.currency_id,
        exchange_rate=traded.rate,
        is_tax_included=draft.is_tax_included,
        sales_tax_code_id=draft.sales_tax_code_id,
        lines=draft.lines,
        tax_parts=list(sums.parts),
        is_voided=check.is_voided and is_unchanged,
    )
    changed.entries = in_home_currency(company, _entries(company, changed), traded)
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
        **currency_values(company, check, Amount=check.amount),
        "Address": address,
        "AddressBlock": block,
        "IsPending": boolean_text(False),
        "IsToBePrinted": boolean_text(check.is_to_be_printed),
        "IsTaxIncluded": _tax_included_text(company, check),
        "SalesTaxCodeRef": refer(lists, "SalesTaxCodeRef", check.sales_tax_code_id),
        "ExternalGUID": external_guid(check, shown),
    }
    lines: Nodes = [("ExpenseLineRet", _line_ret(company, line)) for line in check.lines] if shown.lines else []
    return [*pick(_RET_ORDER, values), *link_nodes(company, check, shown), *lines]


def _changed_draft(context: Context, element: Element, check: Check) -> CheckDraft:
    company, place = context.company, Check.TYPE
    given = element.findall("ExpenseLineMod")
    included = reading.boolean(element, "IsTaxIncluded")
    is_included = check.is_tax_included if included is None else included
    lines = [replace(line) for line in check.lines]
    if bool(is_included) != bool(check.is_tax_included):
        lines = [replace(line, tax_amount=None) for line in lines]
    if given or reading.boolean(element, "ClearExpenseLines"):
        kept = kept_lines(lines, given, context.session.macros)
        lines = [_changed_line(company, part, line) for part, line in kept]
    applied = element.findall("ApplyCheckToTxnMod")
    links = [(link.txn_id, -link.amount) for link in check.links if link.link_type == AMOUNT_LINK]
    payee_id = resolve(company.lists, element, "PayeeEntityRef", place)
    to_be_printed = reading.boolean(element, "IsToBePrinted")
    code_id = resolve(company.lists, element, "SalesTaxCodeRef", place)
    draft = CheckDraft(
        account_id=resolve(company.lists, element, "AccountRef", place) or check.account_id,
        payee_id=payee_id if element.find("PayeeEntityRef") is not None else check.customer_id,
        lines=lines,
        applications=[_read_application(context, each) for each in applied] if applied else [*links],
        txn_date=reading.day(element, "TxnDate"),
        ref_number=reading.changed_text(element, "RefNumber", check.ref_number),
        memo=reading.changed_text(element, "Memo", check.memo),
        address=check.address if element.find("Address") is None else reading.address(element, "Address"),
        is_to_be_printed=check.is_to_be_printed if to_be_printed is None else to_be_printed,
        is_tax_included=is_included,
        sales_tax_code_id=check.sales_tax_code_id if element.find("SalesTaxCodeRef") is None else code_id,
    )
    given_rate = reading.rate(element, "ExchangeRate")
    draft.exchange_rate = rate_after(company, check, _currency_of(company, draft), given_rate)
    return draft


def _changed_line(company: Company, element: Element, line: ExpenseLine | None) -> ExpenseLine:
    if line is None:
        return _read_line(company, element)
    place = f"{Check.TYPE} expense line"
    amount = reading.amount(element, "Amount")
    values: dict[str, Any] = {
        kept: resolve(company.lists, element, name, place)
        for name, kept in _CHANGED_REFERENCES.items()
        if element.find(name) is not None
    }
    tax_amount = reading.amount(element, "TaxAmount")
    is_taxed_anew = any(element.find(name) is not None for name in ("AccountRef", "Amount", "SalesTaxCodeRef"))
    return replace(
        line,
        account_id=resolve(company.lists, element, "AccountRef", place) or line.account_id,
        amount=line.amount if amount is None else amount,
        tax_amount=line.tax_amount if tax_amount is None and not is_taxed_anew else tax_amount,
        memo=reading.changed_text(element, "Memo", line.memo),
        billable_status=reading.text(element, "BillableStatus") or line.billable_status,
        **values,
    )


def _check_lines(company: Company, draft: CheckDraft) -> tuple[Exchange, sales_tax.TaxSums]:
    """Looks at the lines and works out currency and tax.

    Refused as 3150 without lines, as 3180 where a receivable line has no customer or the sum is negative, as 3210 where
    an account or a customer is in another currency.
    """
    if not draft.lines:
        raise refusal(status.MISSING_ELEMENT, field="ExpenseLineAdd")
    for line in _receivable_lines(company, draft):
        line.customer_id = line.customer_id or draft.payee_id
        if line.customer_id is None:
            reason = "A customer is needed with an accounts receivable account."
            raise refusal(status.SAVE_FAILED, object=Check.TYPE, reason=reason)
    traded = exchange(company, _currency_of(company, draft), draft.exchange_rate)
    check_account(company, draft.account_id, traded, "AccountRef")
    for line in draft.lines:
        check_account(company, line.account_id, traded, "ExpenseLineAdd AccountRef")
    for line in _receivable_lines(company, draft):
        check_customer(company, line.customer_id, traded, "ExpenseLineAdd CustomerRef")
    _forget_unknown_fields(company, draft)
    sums = _tax_of(company, draft)
    if sum((line.amount for line in draft.lines), ZERO) < 0:
        raise refusal(status.SAVE_FAILED, object=Check.TYPE, reason="Transaction amount must be positive.")
    return traded, sums


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
        tax_amount=reading.amount(element, "TaxAmount"),
        sales_tax_code_id=resolve(company.lists, element, "SalesTaxCodeRef", place),
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


def _currency_of(company: Company, draft: CheckDraft) -> str | None:
    """A check is in its payee's currency, without a payee in its bank account's."""
    payees = (company.lists.customers, company.lists.vendors)
    payee = next((found for table in payees if (found := table.get(draft.payee_id or "")) is not None), None)
    account = company.lists.accounts.get(draft.account_id)
    if payee is not None:
        return payee.currency_id
    return account.currency_id if account is not None and draft.payee_id is None else None


def _forget_unknown_fields(company: Company, draft: CheckDraft) -> None:
    unknown = unknown_fields(company.preferences.country, Check.TYPE)
    if "IsTaxIncluded" in unknown:
        draft.is_tax_included = None
    if "SalesTaxCodeRef" in unknown:
        draft.sales_tax_code_id = None
    for line in draft.lines:
        if "SalesTaxCodeRef" in unknown:
            line.sales_tax_code_id = None
        if "TaxAmount" in unknown:
            line.tax_amount = None


def _tax_of(company: Company, draft: CheckDraft) -> sales_tax.TaxSums:
    """The purchase tax of the lines; a line without a tax code takes the check's own (a guess), else bears none."""
    items, codes = company.lists.items, company.lists.sales_tax_codes
    amounts = []
    for line in draft.lines:
        if _is_receivable(company, line.account_id):
            amounts.append(sales_tax.TaxedAmount(line.amount))
            continue
        line.sales_tax_code_id = line.sales_tax_code_id or draft.sales_tax_code_id
        taxes = sales_tax.taxes_of_code(items, codes.get(line.sales_tax_code_id or ""), is_purchase=True)
        amounts.append(sales_tax.TaxedAmount(line.amount, taxes, line.tax_amount))
    sums = sales_tax.work_out(
        amounts,
        is_included=bool(draft.is_tax_included),
        rounds_by_line=company.preferences.rounds_tax_by_line,
    )
    for line, tax in zip(draft.lines, sums.by_line, strict=True):
        line.tax_amount = tax if line.sales_tax_code_id is not None else None
    return sums


def _tax_included_text(company: Company, check: Check) -> str | None:
    is_unknown = "IsTaxIncluded" in unknown_fields(company.preferences.country, Check.TYPE)
    return None if is_unknown else boolean_text(bool(check.is_tax_included))


def _entries(company: Company, check: Check) -> list[Entry]:
    entries = [Entry(check.account_id, -check.amount)]
    for line in check.lines:
        customer_id = line.customer_id if _is_receivable(company, line.account_id) else None
        tax = line.tax_amount or ZERO if check.is_tax_included else ZERO
        entries.append(Entry(line.account_id, line.amount - tax, customer_id))
    for part in check.tax_parts:
        entries.append(Entry(tax_account(company, company.lists.items.get(part.item_id), Check.TYPE), part.amount))
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
        "TaxAmount": tax_amount_text(company, line.tax_amount),
        "Memo": line.memo,
        "CustomerRef": refer(lists, "CustomerRef", line.customer_id),
        "ClassRef": refer(lists, "ClassRef", line.class_id),
        "SalesTaxCodeRef": refer(lists, "SalesTaxCodeRef", line.sales_tax_code_id),
        "BillableStatus": line.billable_status,
    }
    return pick(_LINE_ORDER, values)
