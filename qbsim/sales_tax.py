"""Sales tax, GST and VAT: which taxes a line bears, and how much of each, to the cent.

In the US a document has one tax item or group, which all its taxable lines bear. In the other editions each line's
sales tax code names its tax, and with IsTaxIncluded the amounts contain it (country marks: FACTS.md 8). Discount lines
with a taxable code are negative lines and so lower the tax. Nothing tells how QuickBooks rounds: here each tax is
rounded half up, on the sum of the lines that bear the same taxes, or line by line where the company is set so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from qbsim.lists.items import SALES_TAX_GROUP, Item
from qbsim.lists.small import SalesTaxCode
from qbsim.lists.table import ListTable
from qbsim.numbers import ZERO, to_cent

_HUNDRED = Decimal(100)


@dataclass(frozen=True)
class Tax:
    """One tax that a line bears: the tax item's ListID and its rate in percent."""

    item_id: str
    rate: Decimal


@dataclass(frozen=True)
class TaxedAmount:
    """The amount of a line with the taxes that it bears. `given` is a tax amount that stands whatever the rate says."""

    amount: Decimal
    taxes: tuple[Tax, ...] = ()
    given: Decimal | None = None


@dataclass
class TaxPart:
    """What a document bears of one tax."""

    item_id: str
    amount: Decimal


@dataclass(frozen=True)
class TaxSums:
    """The tax of each line, in the lines' order, and what the document bears of each tax."""

    by_line: tuple[Decimal, ...]
    parts: tuple[TaxPart, ...] = field(default=())

    @property
    def total(self) -> Decimal:
        """All taxes of all lines."""
        return sum(self.by_line, ZERO)


def taxes_of_item(items: ListTable[Item], item_sales_tax_id: str | None) -> tuple[Tax, ...]:
    """The single taxes behind an ItemSalesTaxRef, which may be a group."""
    item = items.get(item_sales_tax_id) if item_sales_tax_id else None
    if item is None:
        return ()
    if item.item_type != SALES_TAX_GROUP:
        return (Tax(item.list_id, item.tax_rate),)
    members = (items.get(list_id) for list_id in item.tax_item_ids)
    return tuple(Tax(member.list_id, member.tax_rate) for member in members if member is not None)


def taxes_of_code(items: ListTable[Item], code: SalesTaxCode | None, *, is_purchase: bool = False) -> tuple[Tax, ...]:
    """The taxes that a sales tax code stands for, outside the US."""
    if code is None or not code.is_taxable:
        return ()
    return taxes_of_item(items, code.item_purchase_tax_id if is_purchase else code.item_sales_tax_id)


def rate(taxes: Iterable[Tax]) -> Decimal:
    """The percentage of all together, as SalesTaxPercentage shows it."""
    return sum((tax.rate for tax in taxes), ZERO)


def work_out(lines: Sequence[TaxedAmount], *, is_included: bool = False, rounds_by_line: bool = False) -> TaxSums:
    """The taxes of a document. `is_included`: the amounts contain them.

    >>> vat = Tax("1", Decimal(20))
    >>> sums = work_out([TaxedAmount(Decimal("10.00"), (vat,)), TaxedAmount(Decimal("5.00"))], is_included=True)
    >>> sums.total, sums.by_line
    (Decimal('1.67'), (Decimal('1.67'), Decimal('0.00')))
    """
    by_line = [ZERO] * len(lines)
    parts: dict[str, Decimal] = {}
    for taxes in dict.fromkeys(line.taxes for line in lines if line.taxes):
        bearing = [number for number, line in enumerate(lines) if line.taxes == taxes]
        divisor = _HUNDRED + (rate(taxes) if is_included else 0)
        for tax in taxes:
            amounts = [lines[number].amount for number in bearing]
            shares = _shares(amounts, tax.rate / divisor, rounds_by_line=rounds_by_line)
            for number, share in zip(bearing, shares, strict=True):
                by_line[number] += share
                parts[tax.item_id] = parts.get(tax.item_id, ZERO) + share
    for number, line in enumerate(lines):
        if line.given is not None and line.taxes:
            parts[line.taxes[0].item_id] += line.given - by_line[number]
            by_line[number] = line.given
    return TaxSums(tuple(by_line), tuple(TaxPart(item_id, amount) for item_id, amount in parts.items() if amount))


def _shares(amounts: Sequence[Decimal], fraction: Decimal, *, rounds_by_line: bool) -> list[Decimal]:
    """Each amount's share of the tax. On the sum: the shares add up to the rounded tax of the sum."""
    if rounds_by_line:
        return [to_cent(amount * fraction) for amount in amounts]
    shares = []
    reached = rounded = ZERO
    for amount in amounts:
        reached += amount
        shares.append(to_cent(reached * fraction) - rounded)
        rounded += shares[-1]
    return shares
