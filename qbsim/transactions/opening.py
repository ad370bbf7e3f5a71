"""Opening balances: what an account or an item starts with stands against Opening Balance Equity."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from qbsim import status
from qbsim.ledger import Entry
from qbsim.status import refusal
from qbsim.transactions.transaction import JournalEntry

if TYPE_CHECKING:
    from qbsim.company import Company


def open_balance(company: Company, account_id: str, amount: Decimal) -> None:
    """Enters an opening balance, debits positive; nothing for zero. Refused as 3180 without an equity account."""
    if not amount:
        return
    equity = company.special_account("OpeningBalanceEquity")
    if equity is None:
        reason = "There is no opening balance equity account."
        raise refusal(status.SAVE_FAILED, object="JournalEntry", reason=reason)
    company.record(
        JournalEntry(
            stamp=company.counters.transaction_stamp(company.now()),
            txn_number=company.counters.next_transaction_number(),
            txn_date=company.today(),
            memo="Opening balance",
            entries=[Entry(account_id, amount), Entry(equity.list_id, -amount)],
        )
    )
