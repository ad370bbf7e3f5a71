"""What an accountant would look at after the sync, worked out from the world's own records and never from the product.

Each check gives findings in words; no finding: all is right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from qbsim import Company
from qbsim.transactions import ARRefundCreditCard, Check, CreditMemo, ReceivePayment, SalesOrder, Transaction
from qbwc_server.demo.world import Expected, World

#: Notices about how a posting went in; a lost answer or a restarted server may leave them, and the books are the same.
NOTICES_OF_THE_WAY = frozenset({"payout_by_txn_id", "posted_after_doubt", "posted_after_repeat", "quickbooks_said"})

_ZERO = Decimal("0.00")


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be."""

    text: str


def check_books(
    world: World, company_before: Mapping[str, Any], company_after: Company, refunds: Sequence[Mapping[str, Any]]
) -> list[Finding]:
    """All that is not as an accountant would expect of the world's refunds.

    `company_before` is `Company.to_json()` from before the sync, `refunds` what `connex refunds --json` lists.
    """
    books = _Books(world, Company.from_json(dict(company_before)), company_after, refunds)
    return [Finding(text) for check in _CHECKS for text in check(books)]


def duplicates(company: Company) -> int:
    """How many documents the company has more than it should: the same credit memo, payout or payment once more.

    Two are the same where they are of one type and share the ExternalGUID, or the RefNumber and the Memo; credit memos
    and sales where they share the RefNumber alone.
    """
    surplus: set[str] = set()
    for kind in _RECORDED_ONCE:
        transactions = [each for each in company.transactions(kind) if not each.is_voided]
        surplus |= _repeated(transactions, _guid)
        surplus |= _repeated(transactions, _number_and_memo if kind in _SHARING_NUMBERS else _number)
    return len(surplus)


_SHARING_NUMBERS = frozenset({"ARRefundCreditCard", "Check", "ReceivePayment"})
_RECORDED_ONCE = ("CreditMemo", "SalesReceipt", "Invoice", "SalesOrder", *sorted(_SHARING_NUMBERS))
_ALL_TYPES = (*_RECORDED_ONCE, "JournalEntry")


def _repeated(transactions: Sequence[Transaction], key: Callable[[Transaction], Hashable]) -> set[str]:
    """TxnIDs of all but the first of those with the same key; an empty key is none."""
    seen: set[Hashable] = set()
    repeated: set[str] = set()
    for transaction in transactions:
        value = key(transaction)
        if value and value in seen:
            repeated.add(transaction.txn_id)
        seen.add(value)
    return repeated


def _guid(transaction: Transaction) -> Hashable:
    return transaction.external_guid and transaction.external_guid.casefold()


def _number(transaction: Transaction) -> Hashable:
    return transaction.ref_number and transaction.ref_number.casefold()


def _number_and_memo(transaction: Transaction) -> Hashable:
    number = _number(transaction)
    return number and (number, transaction.memo)


@dataclass(frozen=True)
class _Books:
    """Both states of the company, what was expected, and what is said to have been done."""

    world: World
    before: Company
    after: Company
    refunds: Sequence[Mapping[str, Any]]

    @cached_property
    def pairs(self) -> list[tuple[Expected, Mapping[str, Any]]]:
        """Each expectation with the refund that answers it; without those that are missing or there twice."""
        by_id: dict[str, list[Mapping[str, Any]]] = {}
        for refund in self.refunds:
            by_id.setdefault(refund["external_id"], []).append(refund)
        listed = ((expected, by_id.get(expected.external_id, [])) for expected in self.world.expected)
        return [(expected, found[0]) for expected, found in listed if len(found) == 1]

    @cached_property
    def new(self) -> dict[str, Transaction]:
        """Transactions that came in since, by TxnID."""
        every = (each for kind in _ALL_TYPES for each in self.after.transactions(kind))
        return {each.txn_id: each for each in every if self.before.transaction(each.txn_id) is None}

    def account(self, list_id: str) -> str:
        found = self.after.lists.accounts.get(list_id)
        return found.full_name if found is not None else list_id

    def customer(self, list_id: str | None) -> str:
        found = self.after.lists.customers.get(list_id or "")
        return found.full_name if found is not None else str(list_id)


# The books as a whole


def _balanced(books: _Books) -> Iterator[str]:
    for when, company in (("before", books.before), ("after", books.after)):
        total = sum(company.trial_balance().values(), _ZERO)
        if total:
            yield f"The trial balance {when} the sync comes to {total}, not to zero."


def _accounts_moved(books: _Books) -> Iterator[str]:
    expected: dict[str, Decimal] = {}
    for each in books.world.expected:
        for account, amount in each.movements.items():
            expected[account] = expected.get(account, _ZERO) + amount
    before, after = books.before.trial_balance(), books.after.trial_balance()
    for account in sorted({*before, *after, *expected}):
        moved = after.get(account, _ZERO) - before.get(account, _ZERO)
        should = expected.get(account, _ZERO)
        if moved != should:
            yield f"The account {account} moved by {moved}; the refunds should move it by {should}."


def _customers_owe(books: _Books) -> Iterator[str]:
    changes: dict[str, Decimal] = {}
    for each in books.world.expected:
        changes[each.customer] = changes.get(each.customer, _ZERO) + each.customer_change
    for customer in books.after.lists.customers:
        known = books.before.lists.customers.get(customer.list_id)
        if known is None:
            yield f"The customer {customer.full_name} was not there before."
            continue
        name = known.full_name
        should = books.before.ledger.customer(customer.list_id) + changes.get(name, _ZERO)
        owes = books.after.ledger.customer(customer.list_id)
        if owes != should:
            yield f"The customer {name} has a balance of {owes}; it should be {should}."


def _stock_came_back(books: _Books) -> Iterator[str]:
    expected = Counter[str]()
    for each in books.world.expected:
        expected.update(each.stock)
    for item in books.before.lists.items:
        now = books.after.lists.items.get(item.list_id)
        if now is None:
            yield f"The item {item.full_name} is gone."
            continue
        came = now.quantity_on_hand - item.quantity_on_hand
        if came != expected[item.full_name]:
            yield f"Of the item {item.full_name} {came} came back into stock; it should be {expected[item.full_name]}."


def _nothing_gone(books: _Books) -> Iterator[str]:
    for kind in _ALL_TYPES:
        for old in books.before.transactions(kind):
            now = books.after.transaction(old.txn_id)
            if now is None:
                yield f"The {kind} {old.ref_number} that was there before the sync is gone."
            elif now.is_voided and not old.is_voided:
                yield f"The {kind} {old.ref_number} that was there before the sync is void."
            elif now.entries != old.entries:
                yield f"The {kind} {old.ref_number} that was there before the sync was changed."


def _nothing_unclaimed(books: _Books) -> Iterator[str]:
    """Every new document belongs to a refund; a credit that was set may stand as a payment of 0.00."""
    claims = Counter(txn_id for refund in books.refunds for txn_id in _txn_ids(refund))
    for txn_id, count in claims.items():
        if count > 1:
            yield f"The transaction {txn_id} is named by {count} refunds."
    numbers = {refund["credit_memo"]["ref_number"] for refund in books.refunds if refund["credit_memo"]}
    for txn_id, made in books.new.items():
        is_set_credit = isinstance(made, ReceivePayment) and made.total == 0 and made.ref_number in numbers
        if txn_id not in claims and not is_set_credit:
            yield f"The {made.TYPE} {made.ref_number} ({made.memo or 'without memo'}) belongs to no refund."


def _nothing_twice(books: _Books) -> Iterator[str]:
    count = duplicates(books.after) - duplicates(books.before)
    if count > 0:
        yield f"{count} of the documents in QuickBooks stand there more than once."


def _orders_closed(books: _Books) -> Iterator[str]:
    to_close = {expected.sale_number for expected in books.world.expected if expected.closes_order}
    for order in books.after.of_type(SalesOrder):
        old = books.before.transaction(order.txn_id)
        was_closed = isinstance(old, SalesOrder) and old.is_manually_closed
        should_be = was_closed or order.ref_number in to_close
        if order.is_manually_closed != should_be:
            said = "is closed and should be open" if order.is_manually_closed else "is open and should be closed"
            yield f"The sales order {order.ref_number} {said}."


# Each refund


def _all_listed(books: _Books) -> Iterator[str]:
    counts = Counter(refund["external_id"] for refund in books.refunds)
    for expected in books.world.expected:
        if counts[expected.external_id] != 1:
            yield f"{_of(expected)} is listed {counts[expected.external_id]} times."
    known = {expected.external_id for expected in books.world.expected}
    for external_id in counts.keys() - known:
        yield f"The refund {external_id} is none of the shop's."


def _outcomes(books: _Books) -> Iterator[str]:
    for expected, refund in books.pairs:
        for what, found, should in (
            ("status", refund["status"], expected.status),
            ("reason", (refund["reason"] or {}).get("code", ""), expected.reason),
            ("notices", _notices(refund), ", ".join(sorted(expected.notices))),
            ("sale", (refund["sale"] or {}).get("type", ""), expected.sale_type),
            ("number of the sale", _sale_number(refund), expected.sale_number if expected.sale_type else ""),
        ):
            if found != should:
                yield f"{_of(expected)}: its {what} should be {should or 'none'}, and is {found or 'none'}."


def _memos(books: _Books) -> Iterator[str]:
    for expected, refund in books.pairs:
        told = refund["credit_memo"]
        if told is None or not expected.memo_total:
            if told is not None or expected.memo_total:
                wanted = "should have a credit memo and has none" if told is None else "should have no credit memo"
                yield f"{_of(expected)} {wanted}."
            continue
        memo = books.new.get(told["txn_id"])
        if not isinstance(memo, CreditMemo):
            yield f"{_of(expected)}: QuickBooks has no new credit memo {told['ref_number']} ({told['txn_id']})."
            continue
        yield from _differences(
            f"{_of(expected)}: credit memo {memo.ref_number}",
            ("number", told["ref_number"], memo.ref_number),
            ("amount as listed", Decimal(told["amount"]), expected.memo_total),
            ("amount", memo.total, expected.memo_total),
            ("customer", books.customer(memo.customer_id), expected.customer),
            ("remaining credit", memo.open_credit, expected.credit_left),
            ("amount set against the invoice", _set_against_sale(books, memo, expected), expected.applied),
        )


def _payouts(books: _Books) -> Iterator[str]:
    for expected, refund in books.pairs:
        listed = sum((Decimal(told["amount"]) for told in refund["payouts"]), _ZERO)
        if listed != expected.payout_total:
            yield f"{_of(expected)}: payouts of {listed} are listed; it should be {expected.payout_total}."
        paid = _ZERO
        for told in refund["payouts"]:
            payout = books.new.get(told["txn_id"])
            if not isinstance(payout, (ARRefundCreditCard, Check)):
                yield f"{_of(expected)}: QuickBooks has no new {told['type']} {told['ref_number']} ({told['txn_id']})."
                continue
            amount = payout.total if isinstance(payout, ARRefundCreditCard) else payout.amount
            paid += amount
            credit = _credit_paid_out(books, expected, refund)
            yield from _differences(
                f"{_of(expected)}: {payout.TYPE} {payout.ref_number}",
                ("type", told["type"], payout.TYPE),
                ("amount as listed", Decimal(told["amount"]), amount),
                ("account as listed", told["account"], expected.payout_account),
                ("account", books.account(_drawn_on(payout)), expected.payout_account),
                ("customer", books.customer(payout.customer_id), expected.customer),
                ("link to its credit", credit is not None and payout.is_linked_to(credit.txn_id), True),
            )
        if paid != expected.payout_total:
            yield f"{_of(expected)}: {paid} was paid out in QuickBooks; it should be {expected.payout_total}."


def _differences(subject: str, *points: tuple[str, object, object]) -> Iterator[str]:
    for what, found, should in points:
        if found != should:
            yield f"{subject}: its {what} is {found}; it should be {should}."


def _credit_paid_out(books: _Books, expected: Expected, refund: Mapping[str, Any]) -> Transaction | None:
    """The credit memo, or the customer's open payment where an order was never invoiced."""
    if refund["credit_memo"]:
        return books.after.transaction(refund["credit_memo"]["txn_id"])
    return next(iter(books.after.by_ref_number("ReceivePayment", expected.sale_number)), None)


def _set_against_sale(books: _Books, memo: CreditMemo, expected: Expected) -> Decimal:
    sales = {sale.txn_id for sale in books.after.by_ref_number("Invoice", expected.sale_number)}
    return -sum((link.amount for link in memo.links if link.txn_id in sales), _ZERO)


def _drawn_on(payout: ARRefundCreditCard | Check) -> str:
    return payout.refund_from_id if isinstance(payout, ARRefundCreditCard) else payout.account_id


def _txn_ids(refund: Mapping[str, Any]) -> Iterator[str]:
    if refund["credit_memo"]:
        yield refund["credit_memo"]["txn_id"]
    for payout in refund["payouts"]:
        yield payout["txn_id"]


def _notices(refund: Mapping[str, Any]) -> str:
    return ", ".join(sorted({notice["code"] for notice in refund["notices"]} - NOTICES_OF_THE_WAY))


def _sale_number(refund: Mapping[str, Any]) -> str:
    return (refund["sale"] or {}).get("ref_number") or ""


def _of(expected: Expected) -> str:
    return f"Refund {expected.external_id} of order {expected.order_number} ({expected.kind.value})"


_CHECKS: tuple[Callable[[_Books], Iterator[str]], ...] = (
    _balanced,
    _accounts_moved,
    _customers_owe,
    _stock_came_back,
    _nothing_gone,
    _nothing_unclaimed,
    _nothing_twice,
    _orders_closed,
    _all_listed,
    _outcomes,
    _memos,
    _payouts,
)
