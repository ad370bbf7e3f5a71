"""Finds transactions by what queries name them by: type, RefNumber, entity, ExternalGUID, date, time of change.

Everything is found in the order in which the transactions were made, whatever has been changed since.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from datetime import date, datetime

from qbsim.transactions import Transaction

#: Entries of an order that are out of date are swept out when there are so many times more than transactions.
_SWEPT_AT = 3

Key = tuple[str, ...]


class TransactionIndex:
    """All transactions of a company."""

    def __init__(self, txn_types: Iterable[str]) -> None:
        self.by_id: dict[str, Transaction] = {}
        self.by_type: dict[str, dict[str, Transaction]] = {name: {} for name in txn_types}
        self._groups: dict[Key, list[Transaction]] = {}
        self._modified = _Orders(self.by_type, _second_modified)
        self._dated = _Orders(self.by_type, _day)

    def add(self, transaction: Transaction) -> None:
        """Takes a new transaction in."""
        self.by_id[transaction.txn_id] = transaction
        self.by_type[transaction.TYPE][transaction.txn_id] = transaction
        for key in self.keys(transaction):
            self._groups.setdefault(key, []).append(transaction)
        self._modified.note(transaction)
        self._dated.note(transaction)

    def remove(self, transaction: Transaction) -> None:
        """Takes a transaction out."""
        del self.by_id[transaction.txn_id]
        del self.by_type[transaction.TYPE][transaction.txn_id]
        for key in self.keys(transaction):
            self._drop(key, transaction)

    @staticmethod
    def keys(transaction: Transaction) -> set[Key]:
        """What the transaction can be found by; `refresh` takes those that were before a change."""
        kind = transaction.TYPE
        keys: set[Key] = {("entity", kind, entity) for entity in transaction.entity_ids}
        keys |= {("held", txn_id) for txn_id in transaction.held_ids}
        if transaction.ref_number is not None:
            keys.add(("number", kind, transaction.ref_number.casefold()))
        if transaction.external_guid is not None:
            keys.add(("guid", transaction.external_guid.casefold()))
        return keys

    def refresh(self, transaction: Transaction, before: set[Key]) -> None:
        """Files a transaction anew that was changed."""
        now = self.keys(transaction)
        for key in before - now:
            self._drop(key, transaction)
        for key in now - before:
            self._groups.setdefault(key, []).append(transaction)
        self._modified.note(transaction)
        self._dated.note(transaction)

    def by_ref_number(self, txn_type: str, ref_number: str) -> list[Transaction]:
        """Those of the type with that RefNumber, capital letters aside."""
        return self._group(("number", txn_type, ref_number.casefold()))

    def by_entity(self, txn_type: str, list_ids: Iterable[str]) -> list[Transaction]:
        """Those of the type that concern one of the entities."""
        found = [each for list_id in list_ids for each in self._groups.get(("entity", txn_type, list_id), ())]
        return _as_made({each.txn_id: each for each in found}.values())

    def by_external_guid(self, external_guid: str) -> list[Transaction]:
        """Those with that ExternalGUID."""
        return self._group(("guid", external_guid.casefold()))

    def holder(self, txn_id: str) -> Transaction | None:
        """The deposit that has taken a transaction out of Undeposited Funds."""
        return next(iter(self._groups.get(("held", txn_id), ())), None)

    def modified_between(self, txn_type: str, start: datetime | None, end: datetime | None) -> list[Transaction]:
        """Those of the type that were last changed within the span, both ends included."""
        low, high = (None if moment is None else int(moment.timestamp()) for moment in (start, end))
        return _as_made(self._modified.between(txn_type, low, high))

    def dated_between(self, txn_type: str, start: date | None, end: date | None) -> list[Transaction]:
        """Those of the type whose TxnDate lies within the span, both ends included."""
        low, high = (None if day is None else day.toordinal() for day in (start, end))
        return _as_made(self._dated.between(txn_type, low, high))

    def _group(self, key: Key) -> list[Transaction]:
        return _as_made(self._groups.get(key, ()))

    def _drop(self, key: Key, transaction: Transaction) -> None:
        group = self._groups[key]
        if len(group) == 1:
            del self._groups[key]
        else:
            group[:] = [each for each in group if each is not transaction]


def _second_modified(transaction: Transaction) -> int:
    return int(transaction.stamp.time_modified.timestamp())


def _day(transaction: Transaction) -> int:
    return transaction.txn_date.toordinal()


class _Orders:
    """The transactions of each type in the order of a number of theirs; made at the first query of the type.

    An entry whose number has changed stays where it was and is passed over, until there are too many of them.
    """

    def __init__(self, by_type: dict[str, dict[str, Transaction]], number_of: Callable[[Transaction], int]) -> None:
        self._by_type = by_type
        self._number_of = number_of
        self._orders: dict[str, list[tuple[int, str]]] = {}
        self._unsorted: set[str] = set()

    def note(self, transaction: Transaction) -> None:
        """A transaction is new or has another number."""
        order = self._orders.get(transaction.TYPE)
        if order is None:
            return
        if len(order) > _SWEPT_AT * (len(self._by_type[transaction.TYPE]) + 1):
            del self._orders[transaction.TYPE]
            return
        entry = (self._number_of(transaction), transaction.txn_id)
        if order and entry < order[-1]:
            self._unsorted.add(transaction.TYPE)
        order.append(entry)

    def between(self, txn_type: str, low: int | None, high: int | None) -> Iterable[Transaction]:
        order, transactions = self._order(txn_type), self._by_type[txn_type]
        first = 0 if low is None else bisect_left(order, (low, ""))
        last = len(order) if high is None else bisect_right(order, (high + 1, ""))
        found: dict[str, Transaction] = {}
        for number, txn_id in order[first:last]:
            transaction = transactions.get(txn_id)
            if transaction is not None and self._number_of(transaction) == number:
                found[txn_id] = transaction
        return found.values()

    def _order(self, txn_type: str) -> list[tuple[int, str]]:
        order = self._orders.get(txn_type)
        if order is None:
            transactions = self._by_type[txn_type].values()
            order = self._orders[txn_type] = sorted((self._number_of(each), each.txn_id) for each in transactions)
        elif txn_type in self._unsorted:
            order.sort()
        self._unsorted.discard(txn_type)
        return order


def _as_made(transactions: Iterable[Transaction]) -> list[Transaction]:
    return sorted(transactions, key=lambda each: each.txn_number)
