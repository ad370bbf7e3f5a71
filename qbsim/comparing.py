"""What differs between two company files, in words: to see what a session, an upgrade or a hand at the screen has done.

>>> from copy import deepcopy
>>> from qbsim import CompanyBuilder, Line
>>> shop = CompanyBuilder("Corner Shop")
>>> mug = shop.service_item("Mug", price=8)
>>> before = deepcopy(shop.company)
>>> receipt = shop.sales_receipt(shop.customer("Ada"), [Line(mug, quantity=2)], ref_number="7")
>>> for line in differences(before, shop.company):
...     print(line)
customers: "Ada" is new
SalesReceipt 7: is new, 16.00
account "Sales": balance 0.00, then -16.00
account "Undeposited Funds": balance 0.00, then 16.00
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from qbsim.codec import encode
from qbsim.company import Company
from qbsim.lists import ListElement
from qbsim.numbers import ZERO, amount_text
from qbsim.transactions import Transaction

#: What every change moves along, and what is told in other words.
_NOT_TOLD = frozenset({"stamp", "entries", "full_name"})
_NOTHING = "nothing"


def differences(before: Company, after: Company) -> list[str]:
    """A line for each thing that is new, gone or other in `after`; none where the companies are equal.

    What is only a consequence, such as the ledger entries of a document, is told by the balances of the accounts.
    """
    return [
        *_of_values("preferences", vars(before.preferences), vars(after.preferences)),
        *_of_lists(before, after),
        *_of_transactions(before, after),
        *_of_balances(before, after),
        *_of_the_rest(before, after),
    ]


def _of_lists(before: Company, after: Company) -> Iterator[str]:
    tables = vars(after.lists)
    for name, table in vars(before.lists).items():
        was: dict[str, ListElement] = {each.list_id: each for each in table}
        now: dict[str, ListElement] = {each.list_id: each for each in tables[name]}
        yield from _of_records(
            {key: (f'{name}: "{each.full_name}"', _told(each)) for key, each in was.items()},
            {key: (f'{name}: "{each.full_name}"', _told(each)) for key, each in now.items()},
        )


def _of_transactions(before: Company, after: Company) -> Iterator[str]:
    was = {each.txn_id: (_title(each), _told(each)) for each in before.every_transaction()}
    now = {each.txn_id: (_title(each), _told(each)) for each in after.every_transaction()}
    for key in [key for key in now if key not in was]:
        transaction = after.transaction(key)
        worth = sum((entry.amount for entry in transaction.entries if entry.amount > 0), ZERO) if transaction else ZERO
        now[key] = (now[key][0], {"": amount_text(worth)})
    yield from _of_records(was, now)


def _of_records(
    was: Mapping[str, tuple[str, dict[str, Any]]], now: Mapping[str, tuple[str, dict[str, Any]]]
) -> Iterator[str]:
    for key, (title, values) in was.items():
        if key not in now:
            yield f"{title} is gone"
        else:
            yield from _of_values(title, values, now[key][1])
    for key, (title, values) in now.items():
        if key not in was:
            worth = values.get("")
            yield f"{title} is new" if worth is None else f"{title}: is new, {worth}"


def _of_values(title: str, was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    for name in (*was, *(name for name in now if name not in was)):
        if was.get(name) != now.get(name):
            yield f"{title}: {name} {_text(was.get(name))}, then {_text(now.get(name))}"


def _of_balances(before: Company, after: Company) -> Iterator[str]:
    was, now = before.trial_balance(), after.trial_balance()
    for name in sorted(was.keys() | now.keys()):
        old, new = was.get(name, ZERO), now.get(name, ZERO)
        if old != new:
            yield f'account "{name}": balance {amount_text(old)}, then {amount_text(new)}'


def _of_the_rest(before: Company, after: Company) -> Iterator[str]:
    """Private data and error recovery, as far as that they differ."""
    if before.name != after.name:
        yield f"name: {before.name}, then {after.name}"
    for name in ("private_data", "recovery", "deleted", "deleted_list_elements"):
        if encode(getattr(before, name)) != encode(getattr(after, name)):
            yield f"{name.replace('_', ' ')}: differ"


def _title(transaction: Transaction) -> str:
    return f"{transaction.TYPE} {transaction.ref_number or transaction.txn_id}"


def _told(record: ListElement | Transaction) -> dict[str, Any]:
    return {each.name: getattr(record, each.name) for each in fields(record) if each.name not in _NOT_TOLD}


def _text(value: Any) -> str:
    return _NOTHING if value is None or value in ([], {}) else str(value)
