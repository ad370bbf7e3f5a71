"""Journal entries: lines that debit and credit accounts, in balance. One line may stand on a receivable account; it
names its customer, and is that customer's credit to be applied, or a debt to be paid.

Order of the fields: Intuit's schema. The wording "not in balance" and the rule of one receivable line are recalled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from lxml.etree import _Element as Element

from qbsim import reading, status
from qbsim.currencies import Exchange, check_account, check_customer, exchange, in_home_currency, rate_after
from qbsim.ledger import Entry
from qbsim.lists.accounts import RECEIVABLE
from qbsim.lists.references import currency_named, refer, resolve
from qbsim.nodes import Nodes, pick
from qbsim.numbers import ZERO, amount_text, boolean_text
from qbsim.status import refusal
from qbsim.transactions.lines import Numbered, kept_lines, number_lines
from qbsim.transactions.rets import Shown, currency_values, external_guid
from qbsim.transactions.settling import check_deposit_stands, check_links_stand
from qbsim.transactions.transaction import CORE_ORDER, Transaction

if TYPE_CHECKING:
    from qbsim.company import Company
    from qbsim.context import Context


@dataclass(kw_only=True)
class JournalLine(Numbered):
    """A line; debits are positive, credits negative."""

    account_id: str
    amount: Decimal
    is_debit: bool
    memo: str | None = None
    entity_id: str | None = None
    class_id: str | None = None
    billable_status: str | None = None


@dataclass(kw_only=True)
class JournalEntry(Transaction):
    """A journal entry; `customer_id` is the customer of its receivable line, `receivable` that line's account."""

    TYPE: ClassVar[str] = "JournalEntry"
    lines: list[JournalLine] = field(default_factory=list)
    is_adjustment: bool = False
    receivable: str | None = None

    @property
    def entity_ids(self) -> set[str]:
        """The customers of all lines."""
        return {line.entity_id for line in self.lines if line.entity_id is not None}

    @property
    def receivable_id(self) -> str | None:
        """ListID of the receivable account."""
        return self.receivable

    @property
    def settled_amount(self) -> Decimal:
        """What stands on the receivable account."""
        return ZERO if self.receivable is None else self.own_on(self.receivable)

    def void(self) -> None:
        """The lines become zero."""
        super().void()
        for line in self.lines:
            line.amount = ZERO


@dataclass(kw_only=True)
class JournalDraft:
    """A journal entry as it is asked for."""

    lines: list[JournalLine]
    txn_date: date | None = None
    ref_number: str | None = None
    memo: str | None = None
    is_adjustment: bool = False
    external_guid: str | None = None
    currency_id: str | None = None
    exchange_rate: Decimal | None = None


_RET_ORDER = (*CORE_ORDER, "TxnDate", "RefNumber", "IsAdjustment", "CurrencyRef", "ExchangeRate", "ExternalGUID")
_LINE_ORDER = ("TxnLineID", "AccountRef", "Amount", "Memo", "EntityRef", "ClassRef", "BillableStatus")
_DEBIT, _CREDIT = "JournalDebitLine", "JournalCreditLine"
#: The line elements of Add, Mod and Ret.
LINE_NAMES = (_DEBIT, _CREDIT, "JournalLineMod")
#: Accounts with a ledger of names of their own, and the list of whose names a line on them needs one.
_NAMED_ACCOUNTS = {
    RECEIVABLE: ("accounts receivable", "customer", "customers"),
    "AccountsPayable": ("accounts payable", "vendor", "vendors"),
}


def add_journal_entry(company: Company, draft: JournalDraft) -> JournalEntry:
    """Enters a journal entry. Raises RequestRefused, with nothing done, where a rule is against it."""
    traded = exchange(company, draft.currency_id, draft.exchange_rate)
    receivable = _checked(company, draft.lines, traded)
    now = company.now()
    entry = JournalEntry(
        stamp=company.counters.transaction_stamp(now),
        txn_number=company.counters.next_transaction_number(),
        txn_date=draft.txn_date or now.date(),
        ref_number=draft.ref_number or company.next_ref_number(JournalEntry.TYPE),
        customer_id=None if receivable is None else receivable.entity_id,
        memo=draft.memo,
        external_guid=draft.external_guid,
        currency_id=traded.currency_id,
        exchange_rate=traded.rate,
        lines=draft.lines,
        is_adjustment=draft.is_adjustment,
        receivable=None if receivable is None else receivable.account_id,
    )
    number_lines(company, entry.lines)
    entry.entries = _entries(company, entry.lines, traded)
    return company.record(entry)


def add(context: Context, element: Element) -> JournalEntry:
    """Works JournalEntryAdd."""
    company = context.company
    lines = [_read_line(company, line, line.tag == _DEBIT) for line in element if line.tag in (_DEBIT, _CREDIT)]
    draft = JournalDraft(
        lines=lines,
        txn_date=reading.day(element, "TxnDate"),
        ref_number=reading.text(element, "RefNumber"),
        is_adjustment=bool(reading.boolean(element, "IsAdjustment")),
        external_guid=reading.text(element, "ExternalGUID"),
        currency_id=currency_named(company, element, JournalEntry.TYPE),
        exchange_rate=reading.rate(element, "ExchangeRate"),
    )
    return add_journal_entry(company, draft)


def modify(context: Context, element: Element, entry: JournalEntry) -> JournalEntry:
    """Works JournalEntryMod: without lines they stay, with lines those that are left out go."""
    company = context.company
    lines = entry.lines
    given = element.findall("JournalLineMod")
    if given:
        lines = [
            _changed_line(company, part, line) for part, line in kept_lines(entry.lines, given, context.session.macros)
        ]
    currency_id = currency_named(company, element, JournalEntry.TYPE) or entry.currency_id
    rate = rate_after(company, entry, currency_id, reading.rate(element, "ExchangeRate"))
    traded = exchange(company, currency_id, rate)
    receivable = _checked(company, lines, traded)
    adjustment = reading.boolean(element, "IsAdjustment")
    changed = replace(
        entry,
        txn_date=reading.day(element, "TxnDate") or entry.txn_date,
        ref_number=reading.changed_text(element, "RefNumber", entry.ref_number),
        is_adjustment=entry.is_adjustment if adjustment is None else adjustment,
        customer_id=None if receivable is None else receivable.entity_id,
        receivable=None if receivable is None else receivable.account_id,
        is_voided=entry.is_voided and not given,
        lines=lines,
        currency_id=traded.currency_id,
        exchange_rate=traded.rate,
        entries=_entries(company, lines, traded),
    )
    check_links_stand(entry, changed)
    check_deposit_stands(company, entry, changed)
    number_lines(company, lines)
    return company.restate(entry, changed)


def ret(company: Company, entry: JournalEntry, shown: Shown) -> Nodes:
    """The inside of JournalEntryRet, which has no links."""
    values: dict[str, str | Nodes | None] = {
        **entry.core(),
        "IsAdjustment": boolean_text(entry.is_adjustment),
        **currency_values(company, entry),
        "ExternalGUID": external_guid(entry, shown),
    }
    lines: Nodes = [_line_ret(company, line) for line in entry.lines] if shown.lines else []
    return [*pick(_RET_ORDER, values), *lines]


def _read_line(company: Company, element: Element, is_debit: bool) -> JournalLine:
    place = f"{JournalEntry.TYPE} line"
    account_id = resolve(company.lists, element, "AccountRef", place)
    if account_id is None:
        raise refusal(status.MISSING_ELEMENT, field="AccountRef")
    amount = _positive(reading.amount(element, "Amount") or ZERO, str(element.tag))
    return JournalLine(
        account_id=account_id,
        amount=amount if is_debit else -amount,
        is_debit=is_debit,
        memo=reading.text(element, "Memo"),
        entity_id=resolve(company.lists, element, "EntityRef", place),
        class_id=resolve(company.lists, element, "ClassRef", place),
        billable_status=reading.text(element, "BillableStatus"),
    )


def _changed_line(company: Company, element: Element, line: JournalLine | None) -> JournalLine:
    kind = reading.text(element, "JournalLineType")
    if line is None:
        if kind is None:
            raise refusal(status.MISSING_ELEMENT, field="JournalLineType")
        return _read_line(company, element, kind == "Debit")
    place = f"{JournalEntry.TYPE} line"
    is_debit = line.is_debit if kind is None else kind == "Debit"
    given = reading.amount(element, "Amount")
    amount = abs(line.amount) if given is None else _positive(given, str(element.tag))
    values: dict[str, Any] = {
        kept: resolve(company.lists, element, name, place)
        for name, kept in {"EntityRef": "entity_id", "ClassRef": "class_id"}.items()
        if element.find(name) is not None
    }
    return replace(
        line,
        account_id=resolve(company.lists, element, "AccountRef", place) or line.account_id,
        amount=amount if is_debit else -amount,
        is_debit=is_debit,
        memo=reading.changed_text(element, "Memo", line.memo),
        billable_status=reading.text(element, "BillableStatus") or line.billable_status,
        **values,
    )


def _positive(amount: Decimal, field: str) -> Decimal:
    if amount < 0:
        reason = "The amount must be positive."
        raise refusal(status.BAD_VALUE, field=f"{field} Amount", value=amount_text(amount), reason=reason)
    return amount


def _checked(company: Company, lines: Sequence[JournalLine], traded: Exchange) -> JournalLine | None:
    """The receivable line, where there is one. Refused as 3180 where the lines are out of balance or a line on a
    receivable or payable account lacks its name, or is the second of its kind; as 3210 where an account or a customer
    is in another currency.
    """
    if sum((line.amount for line in lines), ZERO) != 0:
        raise _not_saved(
            "Transaction is not in balance.  Please make sure the total amount in the debit column equals the total "
            "amount in the credit column."
        )
    found: list[JournalLine] = []
    for line in lines:
        check_account(company, line.account_id, traded, "AccountRef")
        account = company.lists.accounts.get(line.account_id)
        if account is None or account.account_type not in _NAMED_ACCOUNTS:
            continue
        words, name, table = _NAMED_ACCOUNTS[account.account_type]
        if getattr(company.lists, table).get(line.entity_id or "") is None:
            raise _not_saved(f"A {name} is needed with an {words} account.")
        check_customer(company, line.entity_id, traded, "EntityRef")
        found.append(line)
    if len(found) > 1:
        raise _not_saved("Only one accounts receivable or accounts payable line is allowed in a journal entry.")
    return found[0] if found and company.lists.customers.get(found[0].entity_id or "") is not None else None


def _not_saved(reason: str) -> status.RequestRefused:
    return refusal(status.SAVE_FAILED, object=JournalEntry.TYPE, reason=reason)


def _entries(company: Company, lines: Sequence[JournalLine], traded: Exchange) -> list[Entry]:
    entries = []
    for line in lines:
        account = company.lists.accounts.get(line.account_id)
        is_receivable = account is not None and account.account_type == RECEIVABLE
        entries.append(Entry(line.account_id, line.amount, line.entity_id if is_receivable else None))
    return in_home_currency(company, entries, traded)


def _line_ret(company: Company, line: JournalLine) -> tuple[str, Nodes]:
    lists = company.lists
    values: dict[str, str | Nodes | None] = {
        "TxnLineID": line.txn_line_id,
        "AccountRef": refer(lists, "AccountRef", line.account_id),
        "Amount": amount_text(abs(line.amount)),
        "Memo": line.memo,
        "EntityRef": refer(lists, "EntityRef", line.entity_id),
        "ClassRef": refer(lists, "ClassRef", line.class_id),
        "BillableStatus": line.billable_status,
    }
    return _DEBIT if line.is_debit else _CREDIT, pick(_LINE_ORDER, values)
