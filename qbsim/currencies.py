"""Several currencies in one company: which one a transaction is in, its worth in home currency, gains and losses.

A transaction is in its customer's currency; its amounts are in that currency and the books are kept in home currency,
each amount times the exchange rate, to the cent. Where a settlement meets two rates, the difference is booked to the
account for exchange gains and losses. That QuickBooks makes that account and the receivable accounts of foreign
currencies by itself, and which accounts a foreign transaction may use, is from memory; the refusals are guesses.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from qbsim import status
from qbsim.ledger import Entry
from qbsim.lists.accounts import RECEIVABLE, Account
from qbsim.numbers import ZERO, rate_text, to_cent
from qbsim.status import refusal

if TYPE_CHECKING:
    from qbsim.company import Company
    from qbsim.transactions.transaction import Transaction

ONE = Decimal(1)
GAIN_OR_LOSS = "ExchangeGainLoss"


@dataclass(frozen=True)
class Exchange:
    """The currency of a transaction and its rate; no currency in a company that has but one."""

    currency_id: str | None = None
    rate: Decimal | None = None

    @property
    def multiplier(self) -> Decimal:
        """What one unit is worth in home currency."""
        return ONE if self.rate is None else self.rate


def foreign(company: Company, currency_id: str | None) -> str | None:
    """The currency's ListID where it is another than the home currency, else None."""
    return None if currency_id in (None, company.preferences.home_currency_id) else currency_id


def currency_of_customer(company: Company, customer_id: str | None) -> str | None:
    """The foreign currency that a customer trades in, None for the home currency."""
    customer = company.lists.customers.get(customer_id or "")
    return foreign(company, customer.currency_id) if customer is not None else None


def exchange(company: Company, currency_id: str | None, rate: Decimal | None) -> Exchange:
    """The exchange of a transaction in that currency. Without a rate the currency's own is taken, else 1 (a guess).

    Refused as 3210 where the rate is not positive (a guess). A rate for the home currency has no effect (a guess).
    """
    if not company.preferences.multi_currency:
        return Exchange()
    if foreign(company, currency_id) is None:
        return Exchange(company.preferences.home_currency_id, ONE)
    if rate is not None and rate <= 0:
        reason = "The exchange rate must be positive."
        raise refusal(status.BAD_VALUE, field="ExchangeRate", value=rate_text(rate), reason=reason)
    currency = company.lists.currencies.get(currency_id or "")
    return Exchange(currency_id, rate or (currency.exchange_rate if currency else None) or ONE)


def rate_after(
    company: Company, transaction: Transaction, currency_id: str | None, given: Decimal | None
) -> Decimal | None:
    """The rate after a Mod: the one that it gives, else that of the transaction while it stays in its currency."""
    stays = foreign(company, currency_id) == foreign(company, transaction.currency_id)
    return given if given is not None or not stays else transaction.exchange_rate


def check_account(company: Company, account_id: str, traded: Exchange, field: str) -> None:
    """Refused as 3210 (a guess) where the account is in a foreign currency that is not the transaction's; a receivable
    account must be in the transaction's currency exactly.
    """
    account = company.lists.accounts.get(account_id)
    if account is None:
        return
    of_account, of_transaction = foreign(company, account.currency_id), foreign(company, traded.currency_id)
    if of_account == of_transaction or (of_account is None and account.account_type != RECEIVABLE):
        return
    reason = "The currency of the account does not match the currency of the transaction."
    raise refusal(status.BAD_VALUE, field=field, value=account.full_name, reason=reason)


def receivable_account(company: Company, account_id: str | None, traded: Exchange) -> Account | None:
    """The account named, else the first receivable account in the transaction's currency."""
    named = company.lists.accounts.get(account_id or "")
    if named is not None:
        return named
    wanted = foreign(company, traded.currency_id)
    accounts = (account for account in company.lists.accounts if account.account_type == RECEIVABLE)
    return next((account for account in accounts if foreign(company, account.currency_id) == wanted), None)


def check_customer(company: Company, customer_id: str | None, traded: Exchange, field: str) -> None:
    """Refused as 3210 (a guess) where a customer's balance would be moved in a currency that is not the customer's."""
    customer = company.lists.customers.get(customer_id or "")
    if customer is not None and foreign(company, customer.currency_id) != foreign(company, traded.currency_id):
        reason = "The currency of the customer does not match the currency of the transaction."
        raise refusal(status.BAD_VALUE, field=field, value=customer.full_name, reason=reason)


def make_receivable_account(company: Company, currency_id: str | None) -> None:
    """Makes the receivable account of a foreign currency where there is none yet."""
    if foreign(company, currency_id) is None or receivable_account(company, None, Exchange(currency_id)) is not None:
        return
    currency = company.lists.currencies.get(currency_id or "")
    code = currency.currency_code if currency is not None else ""
    _make_account(company, f"Accounts Receivable - {code}", RECEIVABLE, None, currency_id)


def in_home_currency(company: Company, entries: Iterable[Entry], traded: Exchange) -> list[Entry]:
    """The entries of a transaction in home currency, and in their own on accounts of the transaction's currency.

    Each running sum is rounded, so that the entries sum to zero as they did before, and the first is the whole
    document's worth.
    """
    if foreign(company, traded.currency_id) is None:
        return [entry for entry in entries if entry.amount]
    converted = []
    reached = rounded = ZERO
    for entry in entries:
        reached += entry.amount
        home = to_cent(reached * traded.multiplier) - rounded
        rounded += home
        account = company.lists.accounts.get(entry.account_id)
        is_own = account is not None and account.currency_id == traded.currency_id
        if entry.amount or home:
            converted.append(Entry(entry.account_id, home, entry.customer_id, entry.amount if is_own else None))
    return converted


@dataclass(frozen=True)
class Settled:
    """What a settlement takes off either side in home currency, and the entries that book the difference."""

    first: Decimal
    second: Decimal
    entries: tuple[Entry, ...] = ()


def settle(company: Company, first: Transaction, second: Transaction, amount: Decimal) -> Settled | None:
    """The settlement of an amount between a debt and a credit on a receivable account; None in home currency."""
    receivable_id = first.receivable_id or second.receivable_id
    account = company.lists.accounts.get(receivable_id or "")
    if account is None or foreign(company, account.currency_id) is None:
        return None
    ours, theirs = _carried(first, account.list_id, amount), _carried(second, account.list_id, amount)
    left = ours - theirs if _is_debt(first, account.list_id) else theirs - ours
    if not left:
        return Settled(ours, theirs)
    entries = (
        Entry(account.list_id, -left, first.customer_id or second.customer_id, ZERO),
        Entry(gain_or_loss_account(company), left),
    )
    return Settled(ours, theirs, entries)


def _carried(transaction: Transaction, receivable_id: str, amount: Decimal) -> Decimal:
    """The worth in home currency of a part that is settled; what is left at the end goes with the last part."""
    entries = [entry for entry in transaction.entries if entry.account_id == receivable_id]
    own = abs(sum((entry.own for entry in entries), ZERO))
    home = abs(sum((entry.amount for entry in entries), ZERO))
    links = [link for link in transaction.links if link.home_amount is not None]
    open_own = own + sum((link.amount for link in links), ZERO)
    if amount == open_own:
        return home + sum((link.home_amount or ZERO for link in links), ZERO)
    return to_cent(amount * (transaction.exchange_rate or ONE))


def _is_debt(transaction: Transaction, receivable_id: str) -> bool:
    return sum(entry.own for entry in transaction.entries if entry.account_id == receivable_id) > 0


def gain_or_loss_account(company: Company) -> str:
    """ListID of the account for exchange gains and losses, which is made where there is none yet."""
    account = company.special_account(GAIN_OR_LOSS)
    if account is None:
        account = _make_account(company, "Exchange Gain or Loss", "OtherExpense", GAIN_OR_LOSS, None)
    return account.list_id


def _make_account(
    company: Company, name: str, account_type: str, special_account_type: str | None, currency_id: str | None
) -> Account:
    return company.lists.accounts.add(
        Account(
            stamp=company.list_stamp(),
            name=name,
            full_name=name,
            account_type=account_type,
            special_account_type=special_account_type,
            currency_id=currency_id,
        )
    )
