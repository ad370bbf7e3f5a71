"""What an order or a refund of WooCommerce is made of: lines, shipping and fees, each without tax and with it apart.

Totals are after discounts and never contain the tax, whether the shop's prices do or not. In a refund all of them are
negative.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone, tzinfo
from decimal import Decimal

from qbwc_server.refunds.model import ZERO, Adjustment, AdjustmentKind, OrderLine, RefundLine
from qbwc_server.sources import checks
from qbwc_server.sources.fields import Record
from qbwc_server.sources.reading import RecordRefused

HALF_A_CENT = Decimal("0.005")
_TIP = re.compile(r"\b(tip|tips|gratuity)\b", re.IGNORECASE)


@dataclass(frozen=True)
class SoldLine:
    """A line of the order, with what WooCommerce keeps of its stock."""

    line: OrderLine
    product: tuple[str, str]  # product and variation
    stock_taken: Decimal  # units that the order still holds of the stock; 0 where stock is not managed
    restocked: Decimal  # units that refunds put back


@dataclass(frozen=True)
class Parts:
    """Lines and adjustments that belong together, and how many rounded figures they are made of."""

    lines: tuple[RefundLine, ...]
    adjustments: tuple[Adjustment, ...]

    @property
    def value(self) -> Decimal:
        """All of it, with tax."""
        return sum((line.total for line in self.lines), ZERO) + sum((a.total for a in self.adjustments), ZERO)

    def made_to(self, amount: Decimal) -> Parts | None:
        """The parts with what rounding their figures changed put right; None where they differ by more.

        Each figure is rounded to the cent for itself, so each can be half a cent off; the amount of the refund is not.
        """
        difference = amount - self.value
        parts: tuple[RefundLine | Adjustment, ...] = (*self.lines, *self.adjustments)
        figures = sum(bool(part.amount) + bool(part.tax) for part in parts)
        if not difference:
            return self
        if abs(difference) > HALF_A_CENT * figures:
            return None
        largest = max(range(len(parts)), key=lambda index: abs(parts[index].amount))
        if largest < len(self.lines):
            changed = replace(self.lines[largest], amount=self.lines[largest].amount + difference)
            return Parts((*self.lines[:largest], changed, *self.lines[largest + 1 :]), self.adjustments)
        index = largest - len(self.lines)
        other = replace(self.adjustments[index], amount=self.adjustments[index].amount + difference)
        return Parts(self.lines, (*self.adjustments[:index], other, *self.adjustments[index + 1 :]))


def order_parts(order: Record) -> Sequence[Adjustment]:
    """Shipping and fees of an order, as they come back where all of it does."""
    return _adjustments(order, sign=1)


def refund_adjustments(refund: Record) -> tuple[Adjustment, ...]:
    """Shipping and fees that a refund gives back."""
    return _adjustments(refund, sign=-1)


def given_back(line: Record, name: str) -> Decimal:
    """An amount of a refund's line, as what comes back. Raises RecordRefused for one that takes."""
    amount = -line.amount(name) if line.has(name) else ZERO
    if amount < 0:
        raise RecordRefused(line.at(name), f"{-amount} is positive; the amounts of a refund's lines are negative")
    return amount + ZERO


def moment_of(record: Record, name: str, old_name: str, time_zone: tzinfo) -> datetime | None:
    """A time: in GMT where the field says so, else in the site's own time; `old_name` is the old API's, in GMT."""
    for field, zone in ((f"{name}_gmt", timezone.utc), (name, time_zone), (old_name, timezone.utc)):
        if record.has(field):
            return checks.moment(record.data[field], record.at(field), zone)
    return None


def meta_value(record: Record, key: str) -> object:
    """What an entry of `meta_data` says; None where there is none of this key."""
    for entry in record.items("meta_data"):
        if isinstance(entry, dict) and entry.get("key") == key:
            found: object = entry.get("value")
            return found
    return None


def meta_number(record: Record, key: str) -> Decimal:
    """A count that is kept in `meta_data`; 0 where it is not there or no count."""
    value = meta_value(record, key)
    try:
        return checks.quantity(value, key)
    except RecordRefused:
        return Decimal(0)


def _adjustments(record: Record, *, sign: int) -> tuple[Adjustment, ...]:
    shipping = (_adjustment(line, AdjustmentKind.SHIPPING, sign) for line in record.records("shipping_lines"))
    fees = (_adjustment(line, _fee_kind(line), sign) for line in record.records("fee_lines"))
    return tuple(found for found in (*shipping, *fees) if found.amount or found.tax)


def _adjustment(line: Record, kind: AdjustmentKind, sign: int) -> Adjustment:
    name = "name" if line.has("name") else "method_title" if kind is AdjustmentKind.SHIPPING else "title"
    tax = line.amount("total_tax") if line.has("total_tax") else ZERO
    return Adjustment(kind, sign * line.amount("total") + ZERO, sign * tax + ZERO, html.unescape(line.text(name)))


def _fee_kind(line: Record) -> AdjustmentKind:
    name = line.text("name") or line.text("title")
    return AdjustmentKind.TIP if _TIP.search(name) else AdjustmentKind.FEE
