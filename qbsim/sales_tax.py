"""US sales tax: each tax item's rate over the sum of the taxable lines, rounded half up to the cent.

Discount lines with a taxable code are negative lines and so lower the taxable amount. A sales tax group is the sum
of its items, each rounded by itself (no source tells how QuickBooks rounds groups).
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from qbsim.lists.items import SALES_TAX_GROUP, Item
from qbsim.lists.table import ListTable
from qbsim.numbers import ZERO, to_cent


def tax_items(items: ListTable[Item], item_sales_tax_id: str | None) -> list[Item]:
    """The single tax items behind an ItemSalesTaxRef, which may be a group."""
    item = items.get(item_sales_tax_id) if item_sales_tax_id else None
    if item is None:
        return []
    if item.item_type != SALES_TAX_GROUP:
        return [item]
    return [member for member in (items.get(list_id) for list_id in item.tax_item_ids) if member is not None]


def rate(taxes: Iterable[Item]) -> Decimal:
    """The percentage of all together, as SalesTaxPercentage shows it."""
    return sum((tax.tax_rate for tax in taxes), ZERO)


def tax_on(taxable: Decimal, taxes: Iterable[Item]) -> Decimal:
    """The tax on a taxable amount, to the cent."""
    return sum((to_cent(taxable * tax.tax_rate / 100) for tax in taxes), ZERO)
