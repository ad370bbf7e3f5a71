"""Which lines of a sale a refunded line can mean, and which of them are shipping, a tip, duties, fees or tax."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from qbwc_server.refunds.model import AdjustmentKind, Order, Refund, RefundLine
from qbwc_server.refunds.sale import Sale, SaleLine
from qbwc_server.refunds.settings import Restock, Settings
from qbwc_server.refunds.tax import flat_lines

# How lines that are not goods are called on sales; what can be told by no word is told by the settings.
WORDS: dict[AdjustmentKind, re.Pattern[str]] = {
    AdjustmentKind.SHIPPING: re.compile(r"\b(shipping|freight|delivery|postage|courier)\b", re.IGNORECASE),
    AdjustmentKind.TIP: re.compile(r"\b(tip|tips|gratuity)\b", re.IGNORECASE),
    AdjustmentKind.DUTY: re.compile(r"\b(duty|duties|customs)\b", re.IGNORECASE),
    AdjustmentKind.FEE: re.compile(r"\b(fee|fees)\b", re.IGNORECASE),
}
_TAX_WORDS = re.compile(r"\b(tax|vat|gst|hst|pst|qst)\b", re.IGNORECASE)


def items_to_look_at(refund: Refund, sale: Sale, settings: Settings) -> tuple[str, ...]:
    """ListIDs of the sale's items that QuickBooks is to tell more of: where a SKU is not the name of any of them, or
    where it matters whether their stock is kept."""
    lines = flat_lines(sale.lines)
    by_name = all(any(is_named(sold, line.sku) for sold in (*lines, *sale.lines)) for line in refund.lines if line.sku)
    comes_back = settings.restock is Restock.ALWAYS or (
        settings.restock is Restock.SOURCE and all(line.restocked for line in refund.lines) and bool(refund.lines)
    )
    if by_name and comes_back and not settings.refund_item_restock:
        return ()
    ids = (line.item.list_id for line in lines if line.item is not None and line.item.list_id)
    return tuple(dict.fromkeys(ids))


def names_of(line: SaleLine) -> Iterator[str]:
    """An item's full name, its last part, and what else QuickBooks calls it, as the shop may know it."""
    full_name = (line.item.full_name or "" if line.item is not None else "").casefold()
    yield full_name
    yield full_name.rpartition(":")[2]
    yield from (name.casefold() for name in line.also_called)


def is_named(line: SaleLine, sku: str) -> bool:
    """Whether the item of a line goes by a SKU."""
    return bool(sku) and sku.casefold() in names_of(line)


def mapped_item(item_of_sku: Mapping[str, str], sku: str) -> str:
    """The full name of the item that the mapping has for a SKU; empty where it has none."""
    return item_of_sku.get(sku.casefold(), "") if sku else ""


def candidates(
    lines: Sequence[SaleLine], line: RefundLine, item_of_sku: Mapping[str, str] | None = None
) -> list[SaleLine]:
    """The sale's lines that a refunded line can mean: by the item's own names, else by the mapping, else by the
    description."""
    sold = [candidate for candidate in lines if not candidate.is_deduction and candidate.item is not None]
    by_item = [candidate for candidate in sold if is_named(candidate, line.sku)]
    if by_item:
        return by_item
    mapped = mapped_item(item_of_sku or {}, line.sku)
    by_mapping = [candidate for candidate in sold if is_named(candidate, mapped)]
    if by_mapping:
        return by_mapping
    title = line.title.casefold()
    return [c for c in sold if title and (c.desc.casefold() == title or title in names_of(c))]


def bundles(sale: Sale, line: RefundLine, item_of_sku: Mapping[str, str] | None = None) -> list[SaleLine]:
    """The bundles of the sale that a refunded line can mean."""
    mapped = mapped_item(item_of_sku or {}, line.sku)
    return [c for c in sale.lines if c.is_group and any(is_named(c, name) for name in (line.sku, mapped, line.title))]


def lines_named(lines: Sequence[SaleLine], item: str) -> list[SaleLine]:
    """The lines of an item that a setting names."""
    return [line for line in lines if not line.is_deduction and line.item is not None and is_named(line, item)]


def lines_of_kind(
    lines: Sequence[SaleLine],
    kind: AdjustmentKind,
    order: Order,
    refunded: Sequence[RefundLine],
    item_of_sku: Mapping[str, str],
) -> list[SaleLine]:
    """The lines that are no goods and say that they are of a kind; of shipping else the one line that fits the
    amount."""
    others = _not_goods(lines, order, refunded, item_of_sku)
    named = [line for line in others if WORDS[kind].search(_text(line))]
    if named or kind is not AdjustmentKind.SHIPPING:
        return named
    fitting = [line for line in others if line.amount == order.shipping]
    return fitting if len(fitting) == 1 else []


def tax_lines(
    lines: Sequence[SaleLine], order: Order, refunded: Sequence[RefundLine], item_of_sku: Mapping[str, str]
) -> list[SaleLine]:
    """The lines by which a sale shows its tax where QuickBooks works none out; deductions among them."""
    goods = {line.txn_line_id for line in lines} - {
        line.txn_line_id for line in _not_goods(lines, order, refunded, item_of_sku)
    }
    return [
        line
        for line in lines
        if line.item is not None
        and _TAX_WORDS.search(_text(line))
        and (line.is_deduction or line.txn_line_id not in goods)
    ]


def _not_goods(
    lines: Sequence[SaleLine], order: Order, refunded: Sequence[RefundLine], item_of_sku: Mapping[str, str]
) -> list[SaleLine]:
    ordered = [RefundLine(line.line_id, line.sku, line.title, line.quantity, line.amount) for line in order.lines]
    goods = {c.txn_line_id for line in (*ordered, *refunded) for c in candidates(lines, line, item_of_sku)}
    return [line for line in lines if not line.is_deduction and line.item is not None and line.txn_line_id not in goods]


def _text(line: SaleLine) -> str:
    return f"{line.item} {line.desc}".replace(":", " ")
