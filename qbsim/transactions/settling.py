"""Settling money between transactions: payments and credits against invoices, refunds against credits.

Everything is taken on trial first and linked when the whole request is right. Rules: FACTS.md 5; the wording of
"more than the amount due" is observed, that of the others follows it.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from lxml.etree import _Element as Element

from qbsim import reading, status
from qbsim.numbers import ZERO, amount_text
from qbsim.status import refusal
from qbsim.transactions.transaction import AMOUNT_LINK, Transaction

if TYPE_CHECKING:
    from qbsim.company import Company
    from qbsim.context import Context

MORE_THAN_DUE = "You cannot pay more than the amount due."
DEPOSITED = "This payment has been deposited.  It must be taken out of the deposit first."
MORE_THAN_CREDIT = "You cannot apply more than the remaining credit."


class Settlement:
    """What one request takes from open credits and open debts.

    A request that changes a transaction works as if the links of `changed` were not there.
    """

    def __init__(self, company: Company, changed: Transaction | None = None) -> None:
        self._company = company
        self._changed = changed
        self._left: dict[str, Decimal] = {}
        self._links: list[tuple[Transaction, Transaction | None, Decimal]] = []

    def find(self, txn_id: str, customers: set[str], receivable_id: str) -> Transaction:
        """The transaction to settle. Refused as 3120 where there is none, as 3210 where it is another customer's or
        on another receivable account.
        """
        found = self._company.transaction(txn_id)
        if found is None:
            raise refusal(status.NOT_FOUND, value=txn_id)
        if found.customer_id not in customers:
            raise _wrong("TxnID", txn_id, "The transaction belongs to another customer.")
        if found.receivable_id != receivable_id:
            raise _wrong("TxnID", txn_id, "The transaction is on another accounts receivable account.")
        return found

    def left(self, transaction: Transaction) -> Decimal:
        """What is left of a credit or a debt, with what this request takes already off."""
        return self._left.get(transaction.txn_id, self._available(transaction))

    def take_credit(self, credit: Transaction, amount: Decimal, field: str) -> None:
        """Takes from a credit memo, or from a payment's unused part. Refused as 3210 where less is left."""
        self._take(credit, amount, field, MORE_THAN_CREDIT, is_credit=True)

    def take_debt(self, debt: Transaction, amount: Decimal, field: str) -> None:
        """Takes from what is open on an invoice. Refused as 3210 where less is due."""
        self._take(debt, amount, field, MORE_THAN_DUE, is_credit=False)

    def link(self, first: Transaction, second: Transaction | None, amount: Decimal) -> None:
        """Notes a link; without a second it is to the transaction that this request makes."""
        self._links.append((first, second, amount))

    def commit(self, made: Transaction | None) -> None:
        """Makes the links, those without a second transaction to the one that was made."""
        for first, second, amount in self._links:
            other = second or made
            if other is not None and amount:
                self._company.link(first, other, amount)

    def _take(self, transaction: Transaction, amount: Decimal, field: str, reason: str, *, is_credit: bool) -> None:
        is_right_kind = transaction.is_credit if is_credit else transaction.is_debt
        left = self.left(transaction) if is_right_kind else ZERO
        if amount <= 0 or amount > left:
            raise _wrong(field, amount_text(amount), reason if amount > 0 else "The amount must be positive.")
        self._left[transaction.txn_id] = left - amount

    def _available(self, transaction: Transaction) -> Decimal:
        taken = ZERO
        if self._changed is not None:
            links = (link for link in transaction.links if link.txn_id == self._changed.txn_id)
            taken = sum((-link.amount for link in links if link.link_type == AMOUNT_LINK), ZERO)
        return transaction.open_credit + transaction.open_debt + taken


@dataclass(frozen=True)
class CreditToSet:
    """A credit that is to be set against an invoice."""

    txn_id: str
    amount: Decimal


def read_credits(context: Context, element: Element) -> list[CreditToSet]:
    """The SetCredit elements of an element."""
    found = []
    for each in element.findall("SetCredit"):
        credit = each.find("CreditTxnID")
        if credit is None:
            raise refusal(status.MISSING_ELEMENT, field="CreditTxnID")
        takes_macro = context.behaviour.resolves_macro_in_set_credit
        txn_id = context.session.macros.txn_id(credit, takes_macro=takes_macro)
        found.append(CreditToSet(txn_id, reading.amount(each, "AppliedAmount") or ZERO))
    return found


def set_credit(
    settlement: Settlement, credit: Transaction, debt: Transaction | None, due: Decimal | None, amount: Decimal
) -> None:
    """Sets a credit against an invoice that exists, or against the one being made, of which `due` is open."""
    settlement.take_credit(credit, amount, "SetCredit AppliedAmount")
    if debt is not None:
        settlement.take_debt(debt, amount, "SetCredit AppliedAmount")
    elif amount > (ZERO if due is None else due):
        raise _wrong("SetCredit AppliedAmount", amount_text(amount), MORE_THAN_DUE)
    settlement.link(credit, debt, amount)


def check_links_stand(transaction: Transaction, changed: Transaction) -> None:
    """Refused as 3210 where what is applied could no longer be: more than the new amount, another customer's, or on
    another receivable account.
    """
    if not transaction.linked_amount:
        return
    for field in ("customer_id", "receivable_id"):
        if getattr(transaction, field) != getattr(changed, field):
            raise _wrong(_FIELDS[field], getattr(changed, field) or "", "The transaction is linked to others.")
    before, after = transaction.settled_amount, changed.settled_amount
    if before * after < 0 or abs(after) < -transaction.linked_amount:
        reason = "The amount is less than what is already applied."
        raise _wrong(f"{transaction.TYPE}Mod amount", amount_text(abs(after)), reason)


def check_deposit_stands(company: Company, transaction: Transaction, changed: Transaction) -> None:
    """Refused as 3170 where a deposit has taken the transaction and its money would change (a guess of the code)."""
    funds = company.special_account("UndepositedFunds")
    if funds is None or company.deposit_of(transaction.txn_id) is None:
        return
    if transaction.posted_on(funds.list_id) != changed.posted_on(funds.list_id):
        raise refusal(status.CANNOT_MODIFY, object=transaction.TYPE, reason=DEPOSITED)


_FIELDS = {"customer_id": "CustomerRef", "receivable_id": "ARAccountRef"}


def _wrong(field: str, value: str, reason: str) -> status.RequestRefused:
    return refusal(status.BAD_VALUE, field=field, value=value, reason=reason)
