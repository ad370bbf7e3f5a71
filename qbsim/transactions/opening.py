"""Opening balances: what an account or an item starts with stands against Opening Balance Equity."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from qbsim import status
from qbsim.lists.accounts import PAYABLE, RECEIVABLE, Account
from qbsim.status import refusal
from qbsim.transactions.journal_entry import JournalDraft, JournalLine, add_journal_entry

if TYPE_CHECKING:
    from qbsim.company import Company


def check_opening(company: Company, account: Account, place: str) -> None:
    """Refused as 3180 without an equity account, and for an account whose balance is that of names (a guess)."""
    reason = None
    if company.special_account("OpeningBalanceEquity") is None:
        reason = "There is no opening balance equity account."
    elif account.account_type in (RECEIVABLE, PAYABLE):
        reason = "An account of this type has no opening balance."
    if reason is not None:
        raise refusal(status.SAVE_FAILED, object=place, reason=reason)


def open_balance(company: Company, account_id: str, amount: Decimal) -> None:
    """Enters an opening balance in the account's currency, debits positive; nothing for zero. Refused as 3180 without
    an equity account.
    """
    if not amount:
        return
    equity = company.special_account("OpeningBalanceEquity")
    if equity is None:
        reason = "There is no opening balance equity account."
        raise refusal(status.SAVE_FAILED, object="JournalEntry", reason=reason)
    lines = [
        JournalLine(account_id=each, amount=value, is_debit=value > 0, memo="Opening balance")
        for each, value in ((account_id, amount), (equity.list_id, -amount))
    ]
    account = company.lists.accounts.get(account_id)
    add_journal_entry(company, JournalDraft(lines=lines, currency_id=account.currency_id if account else None))
