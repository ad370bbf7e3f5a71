"""A company file: lists, transactions, books, preferences, private data, error recovery records and the clock."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from qbsim.clock import Clock, NaiveClockError, real_time
from qbsim.codec import CompanyFileError, decode, encode
from qbsim.currencies import settle
from qbsim.editions import US
from qbsim.identity import Counters, Stamp
from qbsim.index import TransactionIndex
from qbsim.ledger import Ledger, OutOfBalanceError
from qbsim.lists import Account, Item, ListElement, Lists, ListTable
from qbsim.lists.table import DuplicateNameError
from qbsim.memory import collection_paused
from qbsim.numbers import ZERO, to_cent
from qbsim.private_data import PrivateData
from qbsim.recovery import RecoveryRecords
from qbsim.transactions import TRANSACTION_TYPES, Link, Transaction
from qbsim.transactions.transaction import AMOUNT_LINK

#: Written into every file; a file of another form is refused.
FILE_FORM = 1

AnyTransaction = TypeVar("AnyTransaction", bound=Transaction)


@dataclass
class Preferences:
    """What the company's preferences say, as far as PreferencesRet and the rules need it."""

    #: The edition of QuickBooks that the company is of: US, CA, UK or AU (qbsim.editions).
    country: str = US
    #: Tax is rounded line by line; off, on the sum of the lines that bear the same taxes. Nothing tells which.
    rounds_tax_by_line: bool = False
    #: Outside the US, a customer's tax code goes before the item's.
    uses_customer_tax_codes: bool = False
    #: Several currencies; once on, QuickBooks never lets it be off again.
    multi_currency: bool = False
    home_currency_id: str | None = None
    uses_account_numbers: bool = False
    uses_classes: bool = True
    uses_inventory: bool = True
    default_item_sales_tax_id: str | None = None
    default_taxable_code_id: str | None = None
    default_non_taxable_code_id: str | None = None
    #: The books are closed up to this day; whether a password guards them no request can tell.
    closing_date: date | None = None
    closing_date_has_password: bool = False
    #: An Accountant's Copy is out, and nothing may be entered on or before this day (FACTS.md 10).
    accountant_copy_dividing_date: date | None = None


@dataclass
class DeletedTransaction:
    """What TxnDeletedQuery tells of a deleted transaction."""

    txn_type: str
    txn_id: str
    time_created: datetime
    time_deleted: datetime
    ref_number: str | None = None


@dataclass
class DeletedListElement:
    """What ListDeletedQuery tells of a deleted list element."""

    list_type: str
    list_id: str
    full_name: str
    time_created: datetime
    time_deleted: datetime


class Company:
    """The state of a company file.

    Companies are equal when all that a file would keep is equal. A deep copy shares nothing but the clock.
    """

    __hash__ = None  # type: ignore[assignment]  # companies change

    def __init__(self, name: str = "Sample Company", clock: Clock = real_time) -> None:
        self.name = name
        self.clock = clock
        self.preferences = Preferences()
        self.lists = Lists()
        self.ledger = Ledger()
        self.counters = Counters()
        self.private_data = PrivateData()
        self.recovery = RecoveryRecords()
        self.sets_in_work: set[str] = set()  # newMessageSetIDs; no file keeps them
        self.edit_sequences_count_up = True  # as the QuickBooks has it that opens the file
        self.deleted: list[DeletedTransaction] = []
        self.deleted_list_elements: list[DeletedListElement] = []
        self.ref_numbers: dict[str, int] = {}
        self._index = TransactionIndex(TRANSACTION_TYPES)

    # What stands in the books

    def trial_balance(self) -> dict[str, Decimal]:
        """Balance of every account by full name, debits positive; the values sum to zero."""
        return {account.full_name: self.ledger.account(account.list_id) for account in self.lists.accounts}

    def balance_of(self, account: str) -> Decimal:
        """Balance of the account of that full name, debits positive. Raises KeyError for an unknown one."""
        return self.ledger.account(self._named(self.lists.accounts, account).list_id)

    def customer_balance(self, full_name: str, *, with_jobs: bool = False) -> Decimal:
        """What the customer owes in its own currency, negative for a credit. Raises KeyError for an unknown one."""
        customer = self._named(self.lists.customers, full_name)
        members = self.lists.customers.with_children(customer.list_id) if with_jobs else {customer.list_id}
        return sum((self.ledger.customer(member) for member in members), ZERO)

    def transactions(self, txn_type: str) -> list[Transaction]:
        """All transactions of a type such as "CreditMemo", in the order in which they were made."""
        return list(self._index.by_type[txn_type].values())

    def every_transaction(self) -> list[Transaction]:
        """All transactions, in the order in which they were made."""
        return list(self._index.by_id.values())

    def of_type(self, kind: type[AnyTransaction]) -> list[AnyTransaction]:
        """As `transactions`, by class instead of by name."""
        return [each for each in self._index.by_type[kind.TYPE].values() if isinstance(each, kind)]

    def transaction(self, txn_id: str) -> Transaction | None:
        """The transaction with that TxnID."""
        return self._index.by_id.get(txn_id)

    def by_ref_number(self, txn_type: str, ref_number: str) -> list[Transaction]:
        """Transactions of the type with that RefNumber, capital letters aside; QuickBooks allows several."""
        return self._index.by_ref_number(txn_type, ref_number)

    def by_customer(self, txn_type: str, customer_id: str) -> list[Transaction]:
        """Transactions of the type that concern one customer, without those of its jobs."""
        return self._index.by_entity(txn_type, [customer_id])

    def by_entities(self, txn_type: str, list_ids: Iterable[str]) -> list[Transaction]:
        """Transactions of the type that concern one of the customers."""
        return self._index.by_entity(txn_type, list_ids)

    def by_external_guid(self, external_guid: str) -> list[Transaction]:
        """Transactions with that ExternalGUID."""
        return self._index.by_external_guid(external_guid)

    def modified_between(self, txn_type: str, start: datetime | None, end: datetime | None) -> list[Transaction]:
        """Transactions of the type that were last changed from start to end."""
        return self._index.modified_between(txn_type, start, end)

    def dated_between(self, txn_type: str, start: date | None, end: date | None) -> list[Transaction]:
        """Transactions of the type whose TxnDate lies from start to end."""
        return self._index.dated_between(txn_type, start, end)

    def deposit_of(self, txn_id: str) -> Transaction | None:
        """The deposit that has taken the transaction out of Undeposited Funds, None where none has."""
        return self._index.holder(txn_id)

    def special_account(self, special_type: str) -> Account | None:
        """The account with that SpecialAccountType."""
        return next((a for a in self.lists.accounts if a.special_account_type == special_type), None)

    def first_account(self, account_type: str) -> Account | None:
        """The first account of that AccountType."""
        return next((a for a in self.lists.accounts if a.account_type == account_type), None)

    # What changes the books; the rules of each transaction type call these when all is checked

    def now(self) -> datetime:
        """The company's time. Raises NaiveClockError where the clock gives no offset."""
        moment = self.clock()
        if moment.tzinfo is None:
            raise NaiveClockError("the company's clock gave a time without an offset; let it return an aware datetime")
        return moment.replace(microsecond=0)

    def touch(self, stamp: Stamp) -> None:
        """Notes that a list element or transaction was changed now."""
        stamp.touch(self.now(), counts_up=self.edit_sequences_count_up)

    def today(self) -> date:
        """The company's day."""
        return self.now().date()

    def list_stamp(self) -> Stamp:
        """The stamp of a new list element."""
        return self.counters.list_stamp(self.now())

    def next_ref_number(self, txn_type: str) -> str:
        """The number after the highest whole number that was given to a transaction of the type."""
        return str(self.ref_numbers.get(txn_type, 0) + 1)

    def record(self, transaction: AnyTransaction) -> AnyTransaction:
        """Takes a new transaction into the books."""
        self.ledger.post(transaction.entries)
        self._move_stock(transaction, 1)
        self._index.add(transaction)
        self._count_number(transaction)
        return transaction

    def restate(self, transaction: AnyTransaction, restated: AnyTransaction) -> AnyTransaction:
        """Puts what a Mod has worked out in a transaction's place; it keeps its TxnID and gets a new EditSequence.

        Links are as `restated` has them; whoever changes them does so on both sides with `unlink` and `link`. Exchange
        gains and losses on links that stay are worked out anew.
        """
        keys = self._index.keys(transaction)
        self.ledger.reverse(transaction.entries)
        self._move_stock(transaction, -1)
        vars(transaction).update(vars(restated))
        self.ledger.post(transaction.entries)
        self._move_stock(transaction, 1)
        self._settle_anew(transaction)
        self._count_number(transaction)
        self.touch(transaction.stamp)
        self._index.refresh(transaction, keys)
        return transaction

    def link(self, first: Transaction, second: Transaction, amount: Decimal, link_type: str = "AMTTYPE") -> None:
        """Links two transactions on both sides, adding to a link that is there. EditSequences stay as they are.

        Where they were booked at different exchange rates, the gain or loss is posted and kept on the first's side.
        """
        settled = settle(self, first, second, amount) if link_type == AMOUNT_LINK else None
        for one, other in ((first, second), (second, first)):
            link = next((x for x in one.links if x.txn_id == other.txn_id and x.link_type == link_type), None)
            if link is None:
                link = Link(other.txn_id, ZERO, link_type)
                one.links.append(link)
            link.amount -= amount
            if settled is not None:
                link.home_amount = (link.home_amount or ZERO) - (settled.first if one is first else settled.second)
        if settled is not None and settled.entries:
            self.ledger.post(settled.entries)
            own = next(x for x in first.links if x.txn_id == second.txn_id and x.link_type == link_type)
            own.entries += settled.entries

    def unlink(
        self, transaction: Transaction, link_type: str = "AMTTYPE", *, only: Collection[str] | None = None
    ) -> None:
        """Takes the links of that type away on both sides; with `only`, those to these TxnIDs."""
        gone = [
            link for link in transaction.links if link.link_type == link_type and (only is None or link.txn_id in only)
        ]
        for link in gone:
            other = self._index.by_id[link.txn_id]
            self.ledger.reverse(link.entries)
            for back in other.links:
                if (back.txn_id, back.link_type) == (transaction.txn_id, link_type):
                    self.ledger.reverse(back.entries)
            other.links = [
                back for back in other.links if (back.txn_id, back.link_type) != (transaction.txn_id, link_type)
            ]
        transaction.links = [link for link in transaction.links if link not in gone]

    def delete(self, transaction: Transaction) -> DeletedTransaction:
        """Takes a transaction out of the books; what was linked to it is open again."""
        self._take_back(transaction)
        self._index.remove(transaction)
        self.private_data.forget(transaction.txn_id)
        gone = DeletedTransaction(
            txn_type=transaction.TYPE,
            txn_id=transaction.txn_id,
            time_created=transaction.stamp.time_created,
            time_deleted=self.now(),
            ref_number=transaction.ref_number,
        )
        self.deleted.append(gone)
        return gone

    def delete_list_element(self, table: ListTable[Any], element: ListElement, list_type: str) -> DeletedListElement:
        """Takes an element that nothing refers to out of its list."""
        table.remove(element)
        self.private_data.forget(element.list_id)
        gone = DeletedListElement(
            list_type=list_type,
            list_id=element.list_id,
            full_name=element.full_name,
            time_created=element.stamp.time_created,
            time_deleted=self.now(),
        )
        self.deleted_list_elements.append(gone)
        return gone

    def void(self, transaction: Transaction) -> None:
        """Sets a transaction to zero and takes its links away; it stays in the books. One that is void stays so."""
        keys = self._index.keys(transaction)
        if not transaction.is_voided:
            self._take_back(transaction)
            transaction.entries, transaction.stock, transaction.links = [], [], []
            transaction.void()
        self.touch(transaction.stamp)
        self._index.refresh(transaction, keys)

    def renumber(self, transaction: Transaction, ref_number: str | None) -> None:
        """Gives a transaction another RefNumber, as someone at the screen does."""
        keys = self._index.keys(transaction)
        transaction.ref_number = ref_number
        self._count_number(transaction)
        self._index.refresh(transaction, keys)

    # The file

    @classmethod
    def load(cls, path: str | os.PathLike[str], clock: Clock = real_time) -> Company:
        """The company in a file that `save` wrote. Raises CompanyFileError where it is none."""
        try:
            with collection_paused():
                data = json.loads(Path(path).read_text(encoding="utf-8"))
        except ValueError as error:
            raise CompanyFileError(f"{os.fspath(path)} is no JSON: {error}; give a file that was saved here") from error
        with collection_paused():
            return cls.from_json(data, clock)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the company to a file; a crash at any moment leaves the old file or the new one, whole."""
        target = Path(path)
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".new")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.writelines(_written(self.to_json()))
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, target)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)
            raise
        _sync_folder(target.parent)

    def to_json(self) -> dict[str, Any]:
        """All that the file keeps, as plain values; amounts are strings. The order is stable."""
        return {
            "form": FILE_FORM,
            "name": self.name,
            "preferences": encode(self.preferences),
            "counters": encode(self.counters),
            "ref_numbers": dict(sorted(self.ref_numbers.items())),
            "lists": {name: [encode(e) for e in table] for name, table in vars(self.lists).items()},
            "transactions": [{"type": t.TYPE, **encode(t)} for t in self._index.by_id.values()],
            "deleted": [encode(gone) for gone in self.deleted],
            "deleted_list_elements": [encode(gone) for gone in self.deleted_list_elements],
            "private_data": encode(self.private_data),
            "recovery": encode(self.recovery),
        }

    @classmethod
    def from_json(cls, data: Any, clock: Clock = real_time) -> Company:
        """The company that `to_json` told. Raises CompanyFileError with the place of what can't be read."""
        if not isinstance(data, dict) or data.get("form") != FILE_FORM:
            raise CompanyFileError(f"this is no company file of form {FILE_FORM}; give a file that was saved here")
        try:
            return cls._from_parts(data, clock)
        except KeyError as error:
            raise CompanyFileError(f"the company file lacks or does not know {error}") from error
        except (OutOfBalanceError, DuplicateNameError) as error:
            raise CompanyFileError(f"the company file can't be right: {error}") from error

    @classmethod
    def _from_parts(cls, data: dict[str, Any], clock: Clock) -> Company:
        company = cls(decode(str, data["name"], "name"), clock)
        company.preferences = decode(Preferences, data["preferences"], "preferences")
        company.counters = decode(Counters, data["counters"], "counters")
        company.ref_numbers = decode(dict[str, int], data["ref_numbers"], "ref_numbers")
        for name, table in vars(company.lists).items():
            for element in data["lists"].get(name, []):
                table.add(decode(table.element_type, element, f"lists.{name}"))
            if name == "items":
                _value_stock(company.lists.items, data["lists"].get(name, []))
        for number, entry in enumerate(data["transactions"]):
            kind = TRANSACTION_TYPES[entry["type"]]
            rest = {name: value for name, value in entry.items() if name != "type"}
            transaction = decode(kind, rest, f"transactions[{number}]")
            company.ledger.post(transaction.entries)
            for link in transaction.links:
                company.ledger.post(link.entries)
            company._index.add(transaction)
        company.deleted = decode(list[DeletedTransaction], data["deleted"], "deleted")
        # A file of before lists could be deleted from lacks the key.
        gone = data.get("deleted_list_elements", [])
        company.deleted_list_elements = decode(list[DeletedListElement], gone, "deleted_list_elements")
        company.private_data = decode(PrivateData, data["private_data"], "private_data")
        company.recovery = decode(RecoveryRecords, data["recovery"], "recovery")
        return company

    def __deepcopy__(self, memo: dict[int, Any]) -> Company:
        return type(self).from_json(self.to_json(), self.clock)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Company) and self.to_json() == other.to_json()

    # Helpers

    @staticmethod
    def _named(table: ListTable[Any], full_name: str) -> ListElement:
        element: ListElement | None = table.find(full_name)
        if element is None:
            raise KeyError(f"the company has no {table.element_type.__name__.lower()} {full_name!r}")
        return element

    def _count_number(self, transaction: Transaction) -> None:
        number = transaction.ref_number or ""
        if number.isascii() and number.isdigit():
            highest = self.ref_numbers.get(transaction.TYPE, 0)
            self.ref_numbers[transaction.TYPE] = max(highest, int(number))

    def _take_back(self, transaction: Transaction) -> None:
        transaction.release(self)
        self.ledger.reverse(transaction.entries)
        self._move_stock(transaction, -1)
        for link in transaction.links:
            self.ledger.reverse(link.entries)
            other = self._index.by_id[link.txn_id]
            for back in other.links:
                if back.txn_id == transaction.txn_id:
                    self.ledger.reverse(back.entries)
            other.links = [back for back in other.links if back.txn_id != transaction.txn_id]

    def _settle_anew(self, transaction: Transaction) -> None:
        """Books the exchange gains and losses of a transaction's links by the rates that both sides have now."""
        pairs = []
        for link in transaction.links:
            if link.home_amount is not None:
                other = self._index.by_id[link.txn_id]
                pairs.append((link, other, self._link_back(other, transaction)))
        for link, _, back in pairs:
            for side in (link, back):
                self.ledger.reverse(side.entries)
                side.entries, side.home_amount = [], None
        for link, other, back in pairs:
            settled = settle(self, transaction, other, -link.amount)
            if settled is not None:
                link.home_amount, back.home_amount = -settled.first, -settled.second
                self.ledger.post(settled.entries)
                link.entries = [*settled.entries]

    @staticmethod
    def _link_back(other: Transaction, transaction: Transaction) -> Link:
        return next(x for x in other.links if (x.txn_id, x.link_type) == (transaction.txn_id, AMOUNT_LINK))

    def _move_stock(self, transaction: Transaction, sign: int) -> None:
        for move in transaction.stock:
            item = self.lists.items.get(move.item_id)
            if item is not None:
                item.move_stock(sign * move.quantity, sign * move.value)


def _value_stock(items: ListTable[Item], kept: Iterable[dict[str, Any]]) -> None:
    """Items of a file that did not keep what stock is worth yet: quantity times average cost, as it was then."""
    for element in kept:
        item = items.get(element["stamp"]["identifier"])
        if item is not None and "asset_value" not in element:
            item.asset_value = to_cent(item.quantity_on_hand * item.average_cost)


def _written(data: dict[str, Any]) -> Iterator[str]:
    """A JSON document with a line for each list element and transaction, so that two files can be compared.

    Written by hand, since the library's own layout takes many times as long with a large company.
    """
    write = json.JSONEncoder(ensure_ascii=False).encode
    for number, (name, value) in enumerate(data.items()):
        yield ("{\n" if number == 0 else ",\n") + write(name) + ": "
        if name == "lists":
            yield "{"
            for place, (table, elements) in enumerate(value.items()):
                yield (",\n" if place else "\n") + write(table) + ": "
                yield from _rows(elements, write)
            yield "\n}"
        elif isinstance(value, list):
            yield from _rows(value, write)
        else:
            yield write(value)
    yield "\n}\n"


def _rows(elements: list[Any], write: Callable[[Any], str]) -> Iterator[str]:
    yield "["
    for number, element in enumerate(elements):
        yield (",\n" if number else "\n") + write(element)
    yield "\n]" if elements else "]"


def _sync_folder(folder: Path) -> None:
    """Makes the new name of a file safe against power loss, where the system can."""
    if not hasattr(os, "O_DIRECTORY"):  # Windows has no way to do so, and needs none
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
