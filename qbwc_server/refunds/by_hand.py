"""Credit memos that somebody entered by hand for a sale: told by what they name, and counted as given back before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from qbwc_server.refunds import naming
from qbwc_server.refunds.model import ZERO
from qbwc_server.refunds.sale import Sale, SaleLine, Taken
from qbwc_server.refunds.tax import booked_lines, flat_lines


@dataclass(frozen=True)
class HandMemo:
    """A credit memo as it stands in QuickBooks, as far as it takes something out of a sale."""

    txn_id: str
    ref_number: str
    total: Decimal
    tax: Decimal = ZERO
    lines: tuple[SaleLine, ...] = ()


def names_sale(sale: Sale, numbers: Sequence[str], *, ref_number: str, memo: str, links: Sequence[str]) -> bool:
    """Whether a credit memo of the sale's customer is about that sale: by its number, which is the sale's or begins
    with it and a dash, by a link to the invoice, or by the order's number as a word of its memo.

    `numbers` are those that the order and its sale go by.
    """
    own = naming.order_ref_number(ref_number).casefold()
    by_number = any(number and (own == number or own.startswith(f"{number}-")) for number in map(str.casefold, numbers))
    return by_number or sale.txn_id in links or any(naming.mentions(memo, number) for number in numbers)


def taken_by_hand(memos: Iterable[HandMemo], sale: Sale) -> Taken:
    """What memos entered by hand took out of a sale: of each line of the same item as much as it holds, and of the
    whole all of it."""
    taken = Taken()
    for memo in memos:
        taken = taken.and_also(_taken(memo, sale, taken))
    return taken


def _taken(memo: HandMemo, sale: Sale, before: Taken) -> Taken:
    quantities: dict[str, Decimal] = {}
    amounts: dict[str, Decimal] = {}
    for credited in flat_lines(memo.lines):
        quantity, amount = credited.quantity or ZERO, credited.amount
        for sold in booked_lines(sale):
            if sold.item is None or not sold.item.same_as(credited.item) or sold.is_deduction != (amount < 0):
                continue
            key = sold.txn_line_id
            used = before.quantities.get(key, ZERO) + quantities.get(key, ZERO)
            spent = before.amounts.get(key, ZERO) + amounts.get(key, ZERO)
            part = min(quantity, max((sold.quantity or ZERO) - used, ZERO))
            money = _nearer_to_zero(amount, sold.amount - spent)
            quantities[key] = quantities.get(key, ZERO) + part
            amounts[key] = amounts.get(key, ZERO) + money
            quantity, amount = quantity - part, amount - money
    return Taken(memo.total, memo.tax, quantities, amounts, by_hand=(memo.ref_number or memo.txn_id,))


def _nearer_to_zero(one: Decimal, other: Decimal) -> Decimal:
    """The smaller of two amounts of the same sign; zero where the signs differ."""
    if one * other <= 0:
        return ZERO
    return min(one, other, key=abs)
