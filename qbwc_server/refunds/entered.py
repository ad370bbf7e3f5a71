"""Whether somebody has entered a refund in QuickBooks by hand before Connex came to it.

Nothing but customer, amount and date can tell, so a person decides; what carries a mark or a Memo of ours is no such
entry, nor is what another refund accounts for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from qbwc_server.refunds.model import Refund
from qbwc_server.refunds.naming import is_our_memo
from qbwc_server.refunds.sale import CompanyFacts
from qbxml import Ref


@dataclass(frozen=True)
class Entered:
    """A transaction of QuickBooks as far as this question needs it."""

    type: str  # CreditMemo, Check, ARRefundCreditCard
    txn_id: str
    ref_number: str
    day: date | None
    amount: Decimal | None
    customer: Ref | None
    external_guid: str = ""
    accounts: tuple[Ref, ...] = ()  # that the lines of a check name
    memo: str = ""

    @property
    def words(self) -> str:
        """For a person to find it."""
        kind = {"CreditMemo": "credit memo", "ARRefundCreditCard": "card refund", "Check": "check"}[self.type]
        return f"{kind} {self.ref_number or '(no number)'} of {self.day} over {self.amount} ({self.txn_id})"


def perhaps_by_hand(
    entries: Iterable[Entered],
    refund: Refund,
    customer: Ref,
    day: date,
    days: int,
    company: CompanyFacts,
    accounted_for: Collection[str] = (),
) -> tuple[Entered, ...]:
    """The entries that may be this refund, the nearest in time first; none where `days` is 0.

    `accounted_for` are the TxnIDs that other refunds stand for, or that a person has said to be others.
    """
    if not days:
        return ()
    found = [
        entry
        for entry in entries
        if entry.txn_id not in accounted_for
        and _was_by_hand(entry)
        and _amount_fits(entry, refund)
        and entry.customer is not None
        and customer.same_as(entry.customer)
        and entry.day is not None
        and abs(entry.day - day) <= timedelta(days=days)
        and (entry.type != "Check" or _touches_receivables(entry, company))
    ]
    return tuple(sorted(found, key=lambda entry: (_distance(entry, day), entry.type, entry.txn_id)))


def _was_by_hand(entry: Entered) -> bool:
    """Only software gives a transaction a GUID; where QuickBooks shows none, the Memo tells what Connex entered. A
    number does not: a bookkeeper's 1001-REF has the form of ours."""
    return not entry.external_guid and not is_our_memo(entry.memo)


def _amount_fits(entry: Entered, refund: Refund) -> bool:
    memos = {refund.value, refund.value - refund.store_credit}
    wanted = memos if entry.type == "CreditMemo" else {refund.money_back}
    return entry.amount is not None and entry.amount > 0 and entry.amount in wanted


def _touches_receivables(entry: Entered, company: CompanyFacts) -> bool:
    known = (company.account(ref) for ref in entry.accounts)
    return any(account is not None and account.account_type == "AccountsReceivable" for account in known)


def _distance(entry: Entered, day: date) -> timedelta:
    return abs(entry.day - day) if entry.day is not None else timedelta.max
