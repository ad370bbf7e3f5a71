"""The sale that a person names for a refund, where Connex can't tell which it is or took another for it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from qbwc_server.refunds.choosing import Unclear, undecided_words
from qbwc_server.refunds.model import Order
from qbwc_server.refunds.naming import REF_NUMBER_CHARACTERS
from qbwc_server.refunds.reasons import Skip
from qbwc_server.refunds.sale import Sale, SaleType
from qbwc_server.refunds.sale_numbers import is_shortened, sale_numbers
from qbwc_server.refunds.settings import Settings

MAX_TXN_ID_CHARACTERS = 36
_TXN_ID = re.compile(r"[0-9A-F]+-[0-9]+")
_NAMED = re.compile(r"(sales ?receipt|invoice|sales ?order)\s+(\S.*)", re.IGNORECASE)


class UnusableSaleName(ValueError):
    """Something that names no sale; says why and how one is named."""


@dataclass(frozen=True)
class ChosenSale:
    """Which sale a person said a refund belongs to.

    By its TxnID; by kind and number only until it has been found, from when on it is known by its TxnID alone.
    """

    txn_id: str = ""
    type: SaleType | None = None  # None: only the TxnID was named, and it was not found yet
    ref_number: str = ""
    customer_id: str = ""  # ListID of the customer with whom it was shown to the person; empty where it was not shown
    by: str = ""  # who chose it

    @property
    def words(self) -> str:
        """As a bookkeeper calls it.

        >>> ChosenSale("5F-1", SaleType.INVOICE, "77").words, ChosenSale("5F-1").words
        ('invoice 77 (TxnID 5F-1)', 'transaction with the TxnID 5F-1')
        """
        if self.type is None:
            return f"transaction with the TxnID {self.txn_id}"
        named = f"{self.type.words} {self.ref_number}".rstrip()
        return f"{named} (TxnID {self.txn_id})" if self.txn_id else named

    def found_as(self, sale: Sale) -> ChosenSale:
        """The choice with all by which the sale is found again."""
        return replace(self, txn_id=sale.txn_id, type=sale.type, ref_number=sale.ref_number)


def by_txn_id(text: str) -> ChosenSale:
    """The sale with a TxnID. Raises UnusableSaleName for a text that can't be one."""
    txn_id = text.strip().upper()
    if len(txn_id) > MAX_TXN_ID_CHARACTERS or not _TXN_ID.fullmatch(txn_id):
        raise UnusableSaleName(f"{text[:60]!r} is no TxnID of QuickBooks; one looks like 5F-1197728442")
    return ChosenSale(txn_id)


def by_number(kind: SaleType, text: str) -> ChosenSale:
    """The sale of a kind with a number, as it stands in QuickBooks. Raises UnusableSaleName for what can't be one."""
    number = text.strip()
    if not number or not number.isprintable():
        raise UnusableSaleName(f"give the number of the {kind.words} as it stands in QuickBooks")
    if len(number) > REF_NUMBER_CHARACTERS:
        raise UnusableSaleName(
            f"{number[:60]!r} has {len(number)} characters; numbers in QuickBooks have at most {REF_NUMBER_CHARACTERS}"
        )
    return ChosenSale(type=kind, ref_number=number)


def named(text: str) -> ChosenSale:
    """The sale that words name by its kind and number. Raises UnusableSaleName.

    >>> named("Invoice 1001").words, named("sales receipt W-7").words
    ('invoice 1001', 'sales receipt W-7')
    """
    found = _NAMED.fullmatch(text.strip())
    if found is None:
        raise UnusableSaleName(
            f'{text[:60]!r} names no sale; name it by kind and number, such as "Invoice 1001", "Sales receipt 1001" '
            'or "Sales order 1001"'
        )
    words = found[1].casefold().replace(" ", "")
    return by_number(next(kind for kind in SaleType if kind.value.casefold() == words), found[2])


def find_chosen(choice: ChosenSale, sales: Sequence[Sale]) -> Sale | Skip:
    """The chosen one of the sales that QuickBooks told when it was asked for it; where a kind and a number fit several,
    a person says which of them."""
    if choice.txn_id:
        fitting = [sale for sale in sales if sale.txn_id == choice.txn_id]
    else:
        number = choice.ref_number.casefold()
        fitting = [sale for sale in sales if sale.type is choice.type and sale.ref_number.casefold() == number]
    if not fitting:
        return not_there(choice)
    if len(fitting) > 1:
        facts = {"looked_for": f"the number {choice.ref_number}", "sales": undecided_words(fitting)}
        return Unclear("ambiguous_sale", facts, tuple(fitting))
    return fitting[0]


def not_there(choice: ChosenSale) -> Skip:
    """That QuickBooks does not have the chosen sale."""
    return Skip("chosen_sale_not_found", {"sale": choice.words, "person": choice.by})


def was_shown(choice: ChosenSale, sale: Sale, order: Order, settings: Settings) -> bool:
    """Whether whoever chose the sale had it in front of them with its customer, and under a number of the order itself.

    Else nobody has seen yet that it is the right one: a TxnID or a number may be mistyped, and an invoice of another
    number may be another order's.
    """
    is_customer = choice.customer_id != "" and choice.customer_id == sale.customer.list_id
    numbers = {number.casefold() for number in sale_numbers(order.number, settings)}
    is_orders = sale.ref_number.casefold() in numbers and not is_shortened(order.number, settings)
    return is_customer and is_orders
