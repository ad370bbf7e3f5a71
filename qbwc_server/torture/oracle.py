"""The judge of a schedule's end: pure, from the company's own transactions and ledger and what `connex refunds --json`
lists, held against what an accountant expects. It knows neither the conversation nor what went wrong.

A refund may end otherwise than posted only where its status says so; whatever it says of the books must hold.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from functools import cached_property
from typing import Any

from qbsim import Company
from qbsim.transactions import (
    ARRefundCreditCard,
    Check,
    CreditMemo,
    Invoice,
    ReceivePayment,
    SalesOrder,
    SalesReceipt,
    Transaction,
)
from qbwc_server.demo.world import Expected

_ZERO = Decimal("0.00")
_WAITING = ("waiting", "posting")
_TYPES = ("CreditMemo", "Check", "ARRefundCreditCard", "ReceivePayment", "SalesReceipt", "Invoice")
_NAMES_REFUND = re.compile(r"(?:VOID: )*(?:Payment that was missing before: )?Refund (\S+) of order ")
_NAMES_ORDER = re.compile(r"(?:VOID: )*Order (\S+) \(\w+\), created by Connex for its refund ")


class Verdict(Enum):
    """What is wrong."""

    DOUBLED = "doubled"  # more is in the books than the refund asks for
    LOST = "lost"  # less is in the books, and nobody is told
    STUCK = "stuck"  # faults have ended, and the refund still waits for a session
    UNTRUE = "untrue"  # what is said of it is not so
    UNBALANCED = "unbalanced"  # accounts or customers' balances don't come out
    BROKEN = "broken"  # the server failed where nothing was wrong with its database


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be; `guid` is the ExternalGUID of a transaction that is there too often."""

    verdict: Verdict
    external_id: str  # of the refund; empty where it is about none
    text: str
    guid: str = ""


@dataclass(frozen=True)
class CreatedSale:
    """What an order that QuickBooks lacked should have become, once for all of its refunds, with its money received."""

    type: str  # SalesReceipt, or Invoice with its payment
    customer: str  # full name; one that QuickBooks did not have is added with it
    total: Decimal
    account: str  # that its money is deposited to
    movements: Mapping[str, Decimal]  # by account, debits positive; with the payment of an invoice


@dataclass(frozen=True)
class Ending:
    """All that the judge looks at."""

    before: Company
    after: Company
    expected: Sequence[Expected]
    refunds: Sequence[Mapping[str, Any]]  # as `connex refunds --json` lists them
    payments: Mapping[str, Decimal] = field(default_factory=dict)  # to be received on an invoice before its refund
    payouts: Mapping[str, int] = field(default_factory=dict)  # of a refund, where they are not one
    created: Mapping[str, CreatedSale] = field(default_factory=dict)  # by the number of the order
    touched: frozenset[str] = frozenset()  # TxnIDs that somebody has edited, voided or deleted in QuickBooks
    is_quiet: bool = True  # the last session had nothing to do, and nothing waits


def judge(ending: Ending) -> list[Finding]:
    """All that is wrong; empty where all is right."""
    books = _Books(ending)
    return [finding for check in _CHECKS for finding in check(books)]


@dataclass(frozen=True)
class _Books:
    ending: Ending

    @cached_property
    def new(self) -> dict[str, Transaction]:
        """Transactions that came in and stand, by TxnID."""
        before, after = self.ending.before, self.ending.after
        every = (each for kind in _TYPES for each in after.transactions(kind))
        return {t.txn_id: t for t in every if before.transaction(t.txn_id) is None}

    @cached_property
    def by_refund(self) -> dict[str, list[Transaction]]:
        """New transactions that are not void, by the refund that their Memo names; "" where it names none."""
        found: dict[str, list[Transaction]] = {}
        for transaction in self.new.values():
            if not transaction.is_voided and not order_named_by(transaction):
                named = _NAMES_REFUND.match(transaction.memo or "")
                found.setdefault(named.group(1) if named else "", []).append(transaction)
        return found

    @cached_property
    def by_order(self) -> dict[str, list[Transaction]]:
        """New transactions that are not void, by the order that their Memo names as the one that they were made for."""
        found: dict[str, list[Transaction]] = {}
        for transaction in self.new.values():
            number = order_named_by(transaction)
            if number and not transaction.is_voided:
                found.setdefault(number, []).append(transaction)
        return found

    @cached_property
    def rows(self) -> dict[str, Mapping[str, Any]]:
        return {row["external_id"]: row for row in self.ending.refunds}

    @cached_property
    def meddled(self) -> frozenset[str]:
        """Refunds of which somebody has edited, voided or deleted a transaction: what is theirs may differ."""
        touched = self.ending.touched
        told = {row["external_id"]: {*told_txn_ids(row), told_sale(row)} for row in self.ending.refunds}
        named = {external_id for external_id, txn_ids in told.items() if touched & txn_ids}
        orders = {order_named_by(transaction) for txn_id, transaction in self.new.items() if txn_id in touched}
        named |= {expected.external_id for expected in self.ending.expected if expected.sale_number in orders}
        in_books = {key for key, group in self.all_by_refund.items() if touched & {t.txn_id for t in group}}
        return frozenset(named | in_books)

    @cached_property
    def all_by_refund(self) -> dict[str, list[Transaction]]:
        found: dict[str, list[Transaction]] = {}
        for transaction in self.new.values():
            named = _NAMES_REFUND.match(transaction.memo or "")
            found.setdefault(named.group(1) if named else "", []).append(transaction)
        return found

    def of(self, expected: Expected, *kinds: type[Transaction]) -> list[Transaction]:
        return [each for each in self.by_refund.get(expected.external_id, []) if isinstance(each, kinds)]

    def memos(self, expected: Expected) -> list[Transaction]:
        return self.of(expected, CreditMemo)

    def payouts(self, expected: Expected) -> list[Transaction]:
        return self.of(expected, ARRefundCreditCard, Check)

    def payments(self, expected: Expected) -> list[Transaction]:
        """What was received on its invoice; a payment of nothing only sets a credit."""
        return [each for each in self.of(expected, ReceivePayment) if amount_of(each)]

    def sales_created(self, number: str) -> list[Transaction]:
        """The sales that were created for an order, of whichever kind."""
        return [each for each in self.by_order.get(number, []) if isinstance(each, (SalesReceipt, Invoice))]

    def payments_created(self, number: str) -> list[ReceivePayment]:
        """What was received on the sale that was created for an order."""
        return [each for each in self.by_order.get(number, []) if isinstance(each, ReceivePayment)]

    def customer_of(self, transaction: Transaction) -> str | None:
        """The full name."""
        found = self.ending.after.lists.customers.get(transaction.customer_id or "")
        return found.full_name if found is not None else None

    def payouts_due(self, expected: Expected) -> int:
        return self.ending.payouts.get(expected.external_id, 1) if expected.payout_total else 0

    def applied(self, expected: Expected) -> Decimal:
        """What of its memos is set against the invoice."""
        sales = {sale.txn_id for sale in self.ending.after.by_ref_number("Invoice", expected.sale_number)}
        links = (link for memo in self.memos(expected) for link in memo.links if link.txn_id in sales)
        return -sum((link.amount for link in links), _ZERO)

    def is_closed(self, expected: Expected) -> bool:
        orders = self.ending.after.by_ref_number("SalesOrder", expected.sale_number)
        return any(isinstance(order, SalesOrder) and order.is_manually_closed for order in orders)

    def is_finished(self, expected: Expected) -> bool:
        """Whether it ended as expected; one that waits for a person does so only where nothing of it is entered."""
        row = self.rows.get(expected.external_id)
        if row is None or row["status"] != expected.status or expected.external_id in self.meddled:
            return False
        return row["status"] == "posted" or not self.by_refund.get(expected.external_id)


# --- twice


def _twice(books: _Books) -> Iterator[Finding]:
    for expected in books.ending.expected:
        is_paid_before = expected.external_id in books.ending.payments
        for what, found, most in (
            ("credit memos", books.memos(expected), 1 if expected.memo_total else 0),
            ("payouts", books.payouts(expected), books.payouts_due(expected)),
            ("payments", books.payments(expected), 1 if is_paid_before else 0),
        ):
            if len(found) > most:
                yield _finding(
                    Verdict.DOUBLED,
                    expected,
                    f"QuickBooks has {len(found)} {what}, not {most}",
                    found[-1].external_guid,
                )
        applied = books.applied(expected)
        if applied > expected.applied and expected.external_id not in books.meddled:
            said = f"{applied} is set against the invoice; it should be {expected.applied}"
            yield _finding(Verdict.DOUBLED, expected, said)
    yield from _created_twice(books)
    for transaction in books.by_refund.get("", []):
        yield Finding(Verdict.DOUBLED, "", f"the {transaction.TYPE} {transaction.txn_id} belongs to no refund")
    groups = (*books.by_refund.values(), *books.by_order.values())
    guids = Counter((t.external_guid or t.txn_id).casefold() for group in groups for t in group)
    for guid, count in guids.items():
        if count > 1:
            yield Finding(Verdict.DOUBLED, "", f"{count} transactions carry the ExternalGUID {guid}", guid)


def _created_twice(books: _Books) -> Iterator[Finding]:
    """Orders that were created more than once, or though QuickBooks had them, and customers whom no order needs."""
    for number in books.by_order:
        should = books.ending.created.get(number)
        of_invoice = should is not None and should.type == "Invoice"
        sales, payments = books.sales_created(number), books.payments_created(number)
        for what, found, most in (
            ("sales", sales, 0 if should is None else 1),
            ("payments", payments, int(of_invoice)),
        ):
            if len(found) > most:
                said = f"for the order {number} {len(found)} {what} were created, not {most}"
                yield Finding(Verdict.DOUBLED, "", said, found[-1].external_guid or "")
    known = {customer.full_name for customer in books.ending.before.lists.customers}
    known |= {should.customer for should in books.ending.created.values()}
    for customer in books.ending.after.lists.customers:
        if customer.full_name not in known:
            yield Finding(Verdict.DOUBLED, "", f"the customer {customer.full_name} was added, whom no order needs")


# --- lost, stuck, and what is said


def _all_there(books: _Books) -> Iterator[Finding]:
    listed = Counter(row["external_id"] for row in books.ending.refunds)
    for expected in books.ending.expected:
        if not listed[expected.external_id]:
            yield _finding(Verdict.LOST, expected, "it is not listed")
        elif listed[expected.external_id] > 1:
            yield _finding(Verdict.DOUBLED, expected, f"it is listed {listed[expected.external_id]} times")


def _none_waits(books: _Books) -> Iterator[Finding]:
    for expected in books.ending.expected:
        row = books.rows.get(expected.external_id)
        if row is not None and row["status"] in _WAITING:
            yield _finding(Verdict.STUCK, expected, f"it is still {row['status']}")
    if not books.ending.is_quiet:
        yield Finding(Verdict.STUCK, "", "the sessions after the last fault did not end the work")


def _reasons(books: _Books) -> Iterator[Finding]:
    """A refund that was not posted says why; one that was to be posted is not given up quietly."""
    for expected in books.ending.expected:
        row = books.rows.get(expected.external_id)
        if row is None or row["status"] in _WAITING:
            continue
        if (row["status"] == "posted") != (row["reason"] is None):
            yield _finding(Verdict.UNTRUE, expected, f"it is {row['status']} with the reason {row['reason']}")
        given_up = row["status"] in ("skipped", "failed")
        if expected.status == "posted" and given_up and expected.external_id not in books.meddled:
            yield _finding(Verdict.LOST, expected, f"it is {row['status']}: {row['reason']}")
        if expected.status == "skipped" and row["status"] != "skipped":
            yield _finding(Verdict.UNTRUE, expected, f"it should be skipped, and is {row['status']}: {row['reason']}")
        if expected.status == "review" and row["status"] not in ("review", "skipped"):
            yield _finding(Verdict.UNTRUE, expected, f"it should wait for a person, and is {row['status']}")
        if given_up and (books.memos(expected) or books.payouts(expected)):
            yield _finding(Verdict.UNTRUE, expected, f"it is {row['status']}, and something of it is in the books")


def _posted_stands(books: _Books) -> Iterator[Finding]:
    """What is posted is in the books, all of it and as it should be."""
    for expected in books.ending.expected:
        row = books.rows.get(expected.external_id)
        if row is None or row["status"] != "posted" or expected.external_id in books.meddled:
            continue
        if expected.memo_total and not books.memos(expected):
            yield _finding(Verdict.LOST, expected, "it is posted, and QuickBooks has no credit memo of it")
        if len(books.payouts(expected)) < books.payouts_due(expected):
            said = f"{len(books.payouts(expected))} of {books.payouts_due(expected)} payouts of it"
            yield _finding(Verdict.LOST, expected, f"it is posted, and QuickBooks has {said}")
        received = sum((amount_of(payment) for payment in books.payments(expected)), _ZERO)
        should = books.ending.payments.get(expected.external_id, _ZERO)
        if received != should:
            said = f"it is posted, and {received} was received on its invoice before; it should be {should}"
            yield _finding(Verdict.LOST if received < should else Verdict.DOUBLED, expected, said)
        if books.applied(expected) < expected.applied:
            said = f"it is posted, and {books.applied(expected)} of {expected.applied} is set against the invoice"
            yield _finding(Verdict.LOST, expected, said)
        if expected.closes_order and not books.is_closed(expected):
            yield _finding(Verdict.LOST, expected, "it is posted, and the sales order is open")
        if expected.sale_type == "SalesOrder" and not expected.closes_order and books.is_closed(expected):
            yield _finding(
                Verdict.UNTRUE, expected, "it is posted, and the sales order, which should stay open, is closed"
            )
        if bool(expected.memo_total) != (row["credit_memo"] is not None):
            yield _finding(Verdict.UNTRUE, expected, f"it is posted with the credit memo {row['credit_memo']}")
        told = sum((Decimal(payout["amount"]) for payout in row["payouts"]), _ZERO)
        if told != expected.payout_total:
            yield _finding(
                Verdict.UNTRUE, expected, f"payouts of {told} are told; it should be {expected.payout_total}"
            )


def _told_is_true(books: _Books) -> Iterator[Finding]:
    """Every document that is told of, whatever the status, stands under its TxnID as it should be."""
    claims = Counter(txn_id for row in books.ending.refunds for txn_id in told_txn_ids(row))
    for txn_id, count in claims.items():
        if count > 1:
            yield Finding(Verdict.UNTRUE, "", f"the transaction {txn_id} is told of {count} times")
    for expected in books.ending.expected:
        row = books.rows.get(expected.external_id)
        if row is None or expected.external_id in books.meddled:
            continue
        told = [(row["credit_memo"], "CreditMemo")] if row["credit_memo"] else []
        told += [(payout, payout["type"]) for payout in row["payouts"]]
        for document, kind in told:
            yield from _told_document(books, expected, document, kind)


def _told_document(books: _Books, expected: Expected, told: Mapping[str, Any], kind: str) -> Iterator[Finding]:
    found = books.new.get(told["txn_id"])
    name = f"the {kind} {told['txn_id']}"
    if found is None or found.is_voided:
        yield _finding(Verdict.UNTRUE, expected, f"{name} that is told of is not in QuickBooks")
        return
    is_memo = isinstance(found, CreditMemo)
    points: list[tuple[str, object, object]] = [
        ("type", found.TYPE, kind),
        ("refund", found in books.by_refund.get(expected.external_id, []), True),
        ("amount as told", Decimal(told["amount"]), amount_of(found)),
        ("customer", books.customer_of(found), expected.customer),
    ]
    if is_memo or books.payouts_due(expected) == 1:
        points.append(("amount", amount_of(found), expected.memo_total if is_memo else expected.payout_total))
    if not is_memo:
        points.append(("account", _account(books, found), expected.payout_account))
        memos = books.memos(expected)
        if expected.memo_total and memos:
            points.append(("link to its memo", any(found.is_linked_to(memo.txn_id) for memo in memos), True))
    for what, is_so, should in points:
        if is_so != should:
            yield _finding(Verdict.UNTRUE, expected, f"{name}: its {what} is {is_so}; it should be {should}")


def _created_stand(books: _Books) -> Iterator[Finding]:
    """The order of a posted refund stands, received in full; and whatever is created of an order is as it should be."""
    for expected in books.ending.expected:
        should = books.ending.created.get(expected.sale_number)
        row = books.rows.get(expected.external_id)
        if should is None or row is None or row["status"] != "posted" or expected.external_id in books.meddled:
            continue
        sales = books.sales_created(expected.sale_number)
        if not sales:
            yield _finding(Verdict.LOST, expected, "it is posted, and its order was not created")
        elif told_sale(row) not in {sale.txn_id for sale in sales}:
            yield _finding(
                Verdict.UNTRUE, expected, f"the sale {told_sale(row)} that is told of is not that of its order"
            )
        if should.type == "Invoice" and not books.payments_created(expected.sale_number):
            yield _finding(Verdict.LOST, expected, "it is posted, and the payment of its order was not received")
    for number, should in books.ending.created.items():
        if any(e.external_id in books.meddled for e in books.ending.expected if e.sale_number == number):
            continue
        for sale in books.sales_created(number):
            yield from _as_it_should_be(books, number, sale, should)
        for payment in books.payments_created(number):
            yield from _as_it_should_be(books, number, payment, should)


def _as_it_should_be(books: _Books, number: str, found: Transaction, should: CreatedSale) -> Iterator[Finding]:
    """A sale that was created, or what was received on it."""
    points: list[tuple[str, object, object]] = [
        ("customer", books.customer_of(found), should.customer),
        ("total", found.total if isinstance(found, (SalesReceipt, Invoice, ReceivePayment)) else None, should.total),
    ]
    if not isinstance(found, ReceivePayment):
        points.append(("type", found.TYPE, should.type))
    else:
        is_received = any(found.is_linked_to(sale.txn_id) for sale in books.sales_created(number))
        points.append(("link to its invoice", is_received, True))
    if not isinstance(found, Invoice):
        points.append(("account", _account(books, found), should.account))
    for what, is_so, wanted in points:
        if is_so != wanted:
            said = (
                f"the {found.TYPE} {found.txn_id} of the order {number}: its {what} is {is_so}; it should be {wanted}"
            )
            yield Finding(Verdict.UNTRUE, "", said)


# --- the books


def _balanced(books: _Books) -> Iterator[Finding]:
    total = sum(books.ending.after.trial_balance().values(), _ZERO)
    if total:
        yield Finding(Verdict.UNBALANCED, "", f"the trial balance comes to {total}, not to zero")


def _accounts_moved(books: _Books) -> Iterator[Finding]:
    """Where every refund ended as expected, every account has moved by what they ask for together."""
    if not all(books.is_finished(expected) for expected in books.ending.expected):
        return
    before, after = books.ending.before.trial_balance(), books.ending.after.trial_balance()
    should: dict[str, Decimal] = {}
    movements = [expected.movements for expected in books.ending.expected]
    movements += [created.movements for created in books.ending.created.values()]
    for moved_by_one in movements:
        for account, amount in moved_by_one.items():
            should[account] = should.get(account, _ZERO) + amount
    for account in sorted({*before, *after, *should}):
        moved = after.get(account, _ZERO) - before.get(account, _ZERO)
        if moved != should.get(account, _ZERO):
            said = f"the account {account} moved by {moved}; it should be {should.get(account, _ZERO)}"
            yield Finding(Verdict.UNBALANCED, "", said)


def _customers_owe(books: _Books) -> Iterator[Finding]:
    """A customer all of whose refunds ended as expected owes what he should."""
    changes: dict[str, Decimal] = {}
    unfinished = set()
    for expected in books.ending.expected:
        changes[expected.customer] = changes.get(expected.customer, _ZERO) + expected.customer_change
        if not books.is_finished(expected):
            unfinished.add(expected.customer)
    for customer in books.ending.after.lists.customers:
        if customer.full_name in unfinished:
            continue
        owed = books.ending.before.ledger.customer(customer.list_id)
        should = owed + changes.get(customer.full_name, _ZERO)
        owes = books.ending.after.ledger.customer(customer.list_id)
        if owes != should:
            yield Finding(Verdict.UNBALANCED, "", f"{customer.full_name} owes {owes}; it should be {should}")


_CHECKS = (
    _twice,
    _all_there,
    _none_waits,
    _reasons,
    _posted_stands,
    _told_is_true,
    _created_stand,
    _balanced,
    _accounts_moved,
    _customers_owe,
)


def amount_of(transaction: Transaction) -> Decimal:
    """What a memo or payout comes to."""
    if isinstance(transaction, Check):
        return transaction.amount
    if isinstance(transaction, (CreditMemo, ARRefundCreditCard, ReceivePayment)):
        return transaction.total
    return _ZERO


def _account(books: _Books, money: Transaction) -> str:
    """The account that a payout is drawn from, or that a payment or sales receipt is deposited to."""
    list_id = ""
    if isinstance(money, ARRefundCreditCard):
        list_id = money.refund_from_id
    elif isinstance(money, Check):
        list_id = money.account_id
    elif isinstance(money, ReceivePayment):
        list_id = money.deposit_to_id or ""
    elif isinstance(money, SalesReceipt):
        list_id = money.header.deposit_to_id or ""
    found = books.ending.after.lists.accounts.get(list_id)
    return found.full_name if found is not None else list_id


def told_txn_ids(row: Mapping[str, Any]) -> Iterator[str]:
    """The TxnIDs that are told of a refund."""
    if row["credit_memo"]:
        yield row["credit_memo"]["txn_id"]
    for payout in row["payouts"]:
        yield payout["txn_id"]


def told_sale(row: Mapping[str, Any]) -> str:
    """The TxnID of the sale that is told of a refund; empty where none is."""
    return row["sale"]["txn_id"] if row["sale"] else ""


def order_named_by(transaction: Transaction) -> str:
    """The number of the order that a transaction was created for; empty where it was for none."""
    named = _NAMES_ORDER.match(transaction.memo or "")
    return named.group(1) if named else ""


def _finding(verdict: Verdict, expected: Expected, text: str, guid: str | None = None) -> Finding:
    name = f"refund {expected.external_id} of order {expected.order_number} ({expected.kind.value})"
    return Finding(verdict, expected.external_id, f"{name}: {text}", guid or "")
