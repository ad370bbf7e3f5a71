"""Double-entry bookkeeping: debits are positive, credits negative, and every posting sums to zero in home currency."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from qbsim.numbers import ZERO


@dataclass
class Entry:
    """One side of a posting. `customer_id` is set on receivable accounts alone: it is that customer's balance too.
    `amount` is in home currency, `foreign` beside it in the account's currency where that is another.
    """

    account_id: str
    amount: Decimal
    customer_id: str | None = None
    foreign: Decimal | None = None

    @property
    def own(self) -> Decimal:
        """The amount in the account's own currency."""
        return self.amount if self.foreign is None else self.foreign


class OutOfBalanceError(AssertionError):
    """The entries of a posting don't sum to zero: the rule that made them is wrong. Nothing was posted."""


class Ledger:
    """The balances of all accounts, and what each customer owes."""

    def __init__(self) -> None:
        self._accounts: dict[str, Decimal] = {}
        self._own: dict[str, Decimal] = {}
        self._customers: dict[str, Decimal] = {}

    def post(self, entries: Iterable[Entry]) -> None:
        """Adds the entries. Raises OutOfBalanceError, with nothing added, where they don't sum to zero."""
        self._add(list(entries), 1)

    def reverse(self, entries: Iterable[Entry]) -> None:
        """Takes entries back that were posted before."""
        self._add(list(entries), -1)

    def account(self, account_id: str) -> Decimal:
        """Balance of an account in home currency, debits positive."""
        return self._accounts.get(account_id, ZERO)

    def account_in_own_currency(self, account_id: str) -> Decimal:
        """Balance of an account in its own currency, debits positive."""
        return self._own.get(account_id, ZERO)

    def customer(self, customer_id: str) -> Decimal:
        """What the customer owes on all receivable accounts, in its own currency; negative where it has credit."""
        return self._customers.get(customer_id, ZERO)

    def _add(self, entries: list[Entry], sign: int) -> None:
        total = sum((entry.amount for entry in entries), ZERO)
        if total != 0:
            raise OutOfBalanceError(f"the entries sum to {total}, not to zero: {entries}")
        for entry in entries:
            self._accounts[entry.account_id] = self.account(entry.account_id) + sign * entry.amount
            self._own[entry.account_id] = self.account_in_own_currency(entry.account_id) + sign * entry.own
            if entry.customer_id is not None:
                self._customers[entry.customer_id] = self.customer(entry.customer_id) + sign * entry.own
