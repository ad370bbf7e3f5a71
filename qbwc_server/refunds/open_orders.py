"""What of a refund was never invoiced: nothing of it was booked, so it is closed on its sales order, and not credited.

As a bookkeeper does it: a line of which nothing is wanted any more is closed, which leaves on the order what was once
ordered; of a line of which some is still to be delivered, the quantity is lowered; an order of which nothing is left
is closed itself. Where a line was invoiced in part, what is open goes first: in the end as much was sold either way.

The order's Memo says what was closed for which refund, with a mark of the refund's own. By it a change is recognised
whose answer was lost, or that another installation made; and since a Mod names the EditSequence that was read, none is
ever worked twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from qbwc_server.refunds import matching, naming
from qbwc_server.refunds.lines import KIND_SETTINGS, Share
from qbwc_server.refunds.model import ZERO, Adjustment, AdjustmentKind, MoneyBack, Refund, RefundLine
from qbwc_server.refunds.money import spread
from qbwc_server.refunds.naming import Role
from qbwc_server.refunds.posting import Document
from qbwc_server.refunds.reasons import Skip
from qbwc_server.refunds.sale import CompanyFacts, Sale, SaleLine, SaleType, Taken
from qbwc_server.refunds.settings import SalesOrders, Settings
from qbwc_server.refunds.tax import flat_lines
from qbxml import SalesOrderLineGroupMod, SalesOrderLineMod, SalesOrderMod, cents

MAX_MEMO_CHARACTERS = 4095  # of a sales order (Intuit's schema)
MARK_CHARACTERS = 12  # of a refund's key: no two of an order have the same
_ROUNDING = Decimal("0.01")
_NONE = Decimal(0)  # of a quantity
_IN_PART = ", in part"  # of a refund whose other part was credited


@dataclass(frozen=True)
class Cancelled:
    """So much of a line that is not wanted any more."""

    line: SaleLine
    quantity: Decimal
    was_closed: bool = False  # somebody closed the line before


@dataclass(frozen=True)
class OpenPart:
    """A refund taken apart: what was never invoiced, and the rest."""

    order: Sale
    cancelled: tuple[Cancelled, ...]
    refund: Refund  # of what was never invoiced
    rest: Refund | None  # of what was invoiced; None where there is nothing
    of_invoice: bool = False  # the sale is an invoice that was made from the order

    @property
    def words(self) -> str:
        """What was cancelled, for a person; where it was closed before, as the shop calls it."""
        found = [(part.quantity if part.line.quantity else None, str(part.line.item)) for part in self.cancelled]
        told = [(line.quantity or None, line.title or line.sku) for line in self.refund.lines]
        return ", ".join(f"{count.normalize():f} x {name}" if count else f"{name}" for count, name in found or told)


def is_open(order: Sale) -> bool:
    """Whether anything of a sales order is still to be invoiced, as far as its lines tell."""
    return not order.is_closed and _tells(order) and any(_open(line) > 0 for line in flat_lines(order.lines))


def with_order_behind(refund: Refund, chosen: Sale | Skip, sales: Sequence[Sale]) -> Sale | Skip:
    """The sale of a refund with the sales order that it was made from, where something of that is still open; the
    order itself, where several invoices were made from it and none is concerned."""
    invoiced = (sale for sale in sales if sale.type is SaleType.SALES_ORDER and sale.invoices)
    orders = [order for order in invoiced if is_open(order) or mark(refund) in order.memo]
    if not all(line.quantity.is_finite() and line.total.is_finite() for line in refund.lines):
        return chosen  # it is refused for that before it is planned
    if isinstance(chosen, Sale) and chosen.type is SaleType.INVOICE:
        return replace(chosen, behind=next((order for order in orders if chosen.txn_id in order.invoices), None))
    if isinstance(chosen, Skip) and chosen.reason == "several_invoices":
        alone = (order for order in orders if _is_empty(_taken_apart(refund, order, Settings(), {}, Taken()).rest))
        return next(alone, chosen)
    return chosen


def open_part(
    refund: Refund, sale: Sale, settings: Settings, company: CompanyFacts, taken: Taken
) -> OpenPart | Skip | None:
    """What of a refund was never invoiced; None where there is nothing of the kind, or where it is all of an order of
    which nothing was invoiced."""
    order = sale if sale.type is SaleType.SALES_ORDER else sale.behind
    of_invoice = sale is not order
    if order is None or (of_invoice and settings.sales_order is SalesOrders.CREDIT):
        return None
    invoiced = Skip(
        "several_invoices",
        {"order": naming.order_ref_number(refund.order.number), "invoices": ", ".join(order.invoices)},
    )
    if settings.sales_order is SalesOrders.CREDIT:
        return invoiced if order.invoices else None
    if settings.sales_order is SalesOrders.SKIP and not order.invoices:
        return None
    if not of_invoice and not order.invoices and (refund.value >= order.total - taken.total or order.is_closed):
        return None
    if not _tells(order):
        return invoiced
    apart = _taken_apart(refund, order, settings, company.item_of_sku, taken)
    if f"{mark(refund)}{_IN_PART}" in order.memo:
        return _unclear(refund, order, "a part of it was closed for this refund already, and which is not known")
    if mark(refund) in order.memo:
        closed = tuple(each for each in apart.cancelled if each.was_closed)
        order = replace(order, open_payments=sale.open_payments)
        return OpenPart(order, closed, refund, None, of_invoice=of_invoice)
    if not apart.cancelled and of_invoice:
        return None
    if not of_invoice and not (_is_empty(apart.rest) and apart.cancelled):
        return invoiced if order.invoices else _unclear(refund, order, _why_unclear(apart.rest))
    skip = _priced_otherwise(apart, refund, order)
    if skip is not None:
        return skip
    order = replace(order, open_payments=sale.open_payments)
    if _is_empty(apart.rest):
        return OpenPart(order, apart.cancelled, refund, None, of_invoice=of_invoice)
    return _with_money_shared_out(apart, refund, order)


def closing_of_all(order: Sale) -> Document | None:
    """The closing of an order of which nothing was invoiced; None where it is closed."""
    if order.is_closed:
        return None
    request = SalesOrderMod(txn_id=order.txn_id, edit_sequence=order.edit_sequence, is_manually_closed=True)
    return Document(Role.CLOSING, 1, request, external_guid="", ref_number=order.ref_number, amount=ZERO)


def closing(part: OpenPart) -> Document | Skip | None:
    """The change of the sales order that closes what was cancelled; None where nothing is left to be changed."""
    order = part.order
    changes = {each.line.txn_line_id: each for each in part.cancelled if not each.was_closed}
    if not changes:
        return None
    said = f"{mark(part.refund)}{_IN_PART if part.rest is not None else ''}"
    remark = f"{naming.memo_text(part.refund)}: {part.words} not wanted any more [{said}]"
    memo = f"{order.memo}; {remark}" if order.memo else remark
    if len(memo) > MAX_MEMO_CHARACTERS:
        return _unclear(part.refund, order, "its Memo has no room for a remark")
    left = [
        line
        for line in flat_lines(order.lines)
        if _open(line) > 0 and not (line.txn_line_id in changes and _is_all(changes[line.txn_line_id]))
    ]
    closes_all = not any(line.item is not None and not line.is_deduction for line in left)
    request = SalesOrderMod(
        txn_id=order.txn_id,
        edit_sequence=order.edit_sequence,
        is_manually_closed=True if closes_all else None,
        memo=memo,
        lines=() if closes_all else tuple(_changed(line, changes) for line in order.lines),
    )
    return Document(Role.CLOSING, 1, request, external_guid="", ref_number=order.ref_number, amount=ZERO)


def shares_of(part: OpenPart) -> tuple[tuple[Share, ...], Decimal]:
    """What a closing takes out of the order's lines, and how much that is of the sale's total, with tax. A quantity
    that is lowered is out of that total already; and what was never invoiced is not in the total of an invoice."""
    closed = [each for each in part.cancelled if each.was_closed or _is_all(each)]
    shares = tuple(Share(each.line.txn_line_id, each.quantity, _price(each.line, each.quantity)) for each in closed)
    everything = sum((_price(each.line, each.quantity) for each in part.cancelled), ZERO)
    amount = sum((share.amount for share in shares), ZERO) if not part.of_invoice else ZERO
    return shares, cents(part.refund.value * amount / everything) if everything else ZERO


def mark(refund: Refund) -> str:
    """What tells in the Memo of a sales order that a part of it was closed for a refund."""
    return f"Connex {naming.key(refund)[:MARK_CHARACTERS]}"


@dataclass(frozen=True)
class _Apart:
    cancelled: tuple[Cancelled, ...]
    opened: Refund  # the lines and adjustments that `cancelled` stands for
    rest: Refund  # all others


def _taken_apart(
    refund: Refund, order: Sale, settings: Settings, item_of_sku: Mapping[str, str], taken: Taken
) -> _Apart:
    """What of a refund is open on an order, and what is not. A bundle is not looked into: of its parts only a person
    can tell which are meant."""
    lines = flat_lines(order.lines)
    used: dict[str, Cancelled] = {}

    def take(line: SaleLine, wanted: Decimal) -> Decimal:
        """So much of a line as can be had, which is kept as cancelled."""
        before = used[line.txn_line_id].quantity if line.txn_line_id in used else _NONE
        there = _ordered(line) - line.invoiced - taken.quantities.get(line.txn_line_id, _NONE)
        quantity = min(wanted, max(there - before, _NONE))
        if quantity > 0:
            used[line.txn_line_id] = Cancelled(line, before + quantity, line.is_closed)
        return quantity

    opened: list[RefundLine] = []
    rest: list[RefundLine] = []
    for refunded in refund.lines:
        wanted = refunded.quantity
        candidates = matching.candidates(lines, refunded, item_of_sku) if wanted > 0 else []
        for line in sorted(candidates, key=lambda line: (line.is_closed, _open(line) < refunded.quantity)):
            wanted -= take(line, wanted)
        if wanted < refunded.quantity:
            opened.append(_so_many(refunded, refunded.quantity - wanted))
        if wanted > 0 or refunded.quantity <= 0:
            rest.append(_less(refunded, opened[-1]) if wanted < refunded.quantity else refunded)
    opened_adjustments: list[Adjustment] = []
    other_adjustments: list[Adjustment] = []
    for adjustment in refund.adjustments:
        fitting = _lines_of(adjustment, order, lines, refund, settings, item_of_sku)
        is_open_there = any(take(line, Decimal(1)) for line in fitting[:1])
        (opened_adjustments if is_open_there else other_adjustments).append(adjustment)
    return _Apart(
        tuple(used.values()),
        replace(refund, lines=tuple(opened), adjustments=tuple(opened_adjustments)),
        replace(refund, lines=tuple(rest), adjustments=tuple(other_adjustments)),
    )


def _tells(order: Sale) -> bool:
    """Whether the lines of an order that was invoiced say how much of them was."""
    return not order.invoices or any(line.invoiced > 0 for line in flat_lines(order.lines))


def _is_empty(refund: Refund) -> bool:
    return not refund.lines and not refund.adjustments


def _open(line: SaleLine) -> Decimal:
    """How much of a line is still to be invoiced."""
    return _NONE if line.is_closed else max(_ordered(line) - line.invoiced, _NONE)


def _ordered(line: SaleLine) -> Decimal:
    return line.quantity if line.quantity is not None else Decimal(1)


def _is_all(cancelled: Cancelled) -> bool:
    """Whether nothing of its line is to be invoiced any more."""
    return cancelled.quantity == _open(cancelled.line)


def _price(line: SaleLine, quantity: Decimal) -> Decimal:
    ordered = _ordered(line)
    return cents(line.amount * quantity / ordered) if ordered else ZERO


def _lines_of(
    adjustment: Adjustment,
    order: Sale,
    lines: Sequence[SaleLine],
    refund: Refund,
    settings: Settings,
    item_of_sku: Mapping[str, str],
) -> list[SaleLine]:
    """The lines of the order that are shipping, or the like, of just that amount."""
    kind = adjustment.kind
    if kind not in matching.WORDS or adjustment.amount <= 0:
        return []
    item = getattr(settings, "shipping_item" if kind is AdjustmentKind.SHIPPING else KIND_SETTINGS[kind])
    if item:
        fitting = matching.lines_named(lines, item)
    else:
        fitting = matching.lines_of_kind(lines, kind, refund.order, refund.lines, item_of_sku)
    amount = adjustment.total if order.is_tax_included else adjustment.amount
    return [line for line in fitting if line.amount == amount]


def _so_many(line: RefundLine, quantity: Decimal) -> RefundLine:
    """The part of a refunded line that is so many."""
    if quantity == line.quantity:
        return line
    weights = [quantity, line.quantity - quantity]
    return replace(line, quantity=quantity, amount=spread(line.amount, weights)[0], tax=spread(line.tax, weights)[0])


def _less(line: RefundLine, part: RefundLine) -> RefundLine:
    return replace(
        line, quantity=line.quantity - part.quantity, amount=line.amount - part.amount, tax=line.tax - part.tax
    )


def _why_unclear(rest: Refund) -> str:
    names = [line.title or line.sku for line in rest.lines]
    names += [adjustment.reason or adjustment.kind.value for adjustment in rest.adjustments]
    return f"no open line of it is {', '.join(names)}" if names else "the refund names no line"


def _priced_otherwise(apart: _Apart, refund: Refund, order: Sale) -> Skip | None:
    """A reason where more or less is given back for what was cancelled than the order asks for it: its price has
    changed, or the order has a discount, which no closing of lines makes right."""
    opened = apart.opened
    given = opened.value - (ZERO if order.is_tax_included else opened.tax)
    asked = sum((_price(each.line, each.quantity) for each in apart.cancelled), ZERO)
    if abs(given - asked) <= _ROUNDING * len(apart.cancelled):
        return None
    return _unclear(refund, order, f"it asks {asked} for what is refunded with {given}")


def _with_money_shared_out(apart: _Apart, refund: Refund, order: Sale) -> OpenPart | Skip:
    """What is open takes just its value out of the money, gateway by gateway; the rest keeps what is left."""
    if refund.store_credit:
        return _unclear(refund, order, "a part of it was given as gift card or store credit")
    if refund.money_back and refund.money_back != refund.value:
        return _unclear(refund, order, f"only {refund.money_back} of it went back, which may be for either part")
    wanted = apart.opened.value if refund.money_back else ZERO
    opened: list[MoneyBack] = []
    rest: list[MoneyBack] = []
    for money in refund.money:
        share = min(money.amount, wanted)
        wanted -= share
        opened += [replace(money, amount=share)] if share else []
        rest += [replace(money, amount=money.amount - share)] if money.amount > share else []
    return OpenPart(
        order,
        apart.cancelled,
        replace(apart.opened, money=tuple(opened)),
        replace(apart.rest, money=tuple(rest)),
        of_invoice=True,
    )


def _changed(line: SaleLine, changes: Mapping[str, Cancelled]) -> SalesOrderLineMod | SalesOrderLineGroupMod:
    """A line as the Mod has it; all are named, since what is left out is deleted (Intuit's page on Mod requests)."""
    if line.is_group:
        parts = [_changed(part, changes) for part in line.parts]
        return SalesOrderLineGroupMod(
            txn_line_id=line.txn_line_id, lines=tuple(part for part in parts if isinstance(part, SalesOrderLineMod))
        )
    change = changes.get(line.txn_line_id)
    if change is None:
        return SalesOrderLineMod(txn_line_id=line.txn_line_id)
    if _is_all(change):
        return SalesOrderLineMod(txn_line_id=line.txn_line_id, is_manually_closed=True)
    return SalesOrderLineMod(txn_line_id=line.txn_line_id, quantity=_ordered(line) - change.quantity)


def _unclear(refund: Refund, order: Sale, why: str) -> Skip:
    facts = {"value": str(refund.value), "order": order.ref_number, "total": str(order.total), "why": why}
    return Skip("partial_refund_of_open_order", facts)
