"""Which lines of the sale a refund gives back, and how they stand on the credit memo.

The sale's own lines come first: their items, classes and tax codes are carried over, so that the memo undoes in the
books just what the sale did. A discount of the sale is undone in proportion.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from qbwc_server.refunds.model import ZERO, AdjustmentKind, Refund, RefundLine
from qbwc_server.refunds.money import spread
from qbwc_server.refunds.reasons import Skip
from qbwc_server.refunds.sale import CompanyFacts, Sale, SaleLine, Taken
from qbwc_server.refunds.settings import Settings
from qbwc_server.refunds.tax import flat_lines, tax_on, taxed_codes
from qbxml import CreditMemoLineAdd, Ref, cents

_SHIPPING_WORDS = re.compile(r"\b(shipping|freight|delivery|postage|courier)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Share:
    """What one line of the credit memo takes out of the sale."""

    txn_line_id: str  # empty: of no line of the sale
    quantity: Decimal
    amount: Decimal


@dataclass(frozen=True)
class CreditLines:
    """The lines of a credit memo, what they take out of the sale, and the tax that QuickBooks will add."""

    lines: tuple[CreditMemoLineAdd, ...]
    shares: tuple[Share, ...]
    subtotal: Decimal
    tax: Decimal
    not_restocked: tuple[str, ...] = ()

    @property
    def total(self) -> Decimal:
        """What QuickBooks will make the credit memo."""
        return self.subtotal + self.tax


def credit_lines(
    refund: Refund, sale: Sale, settings: Settings, company: CompanyFacts, taken: Taken
) -> CreditLines | Skip:
    """The lines of the credit memo for a refund, or why they can't be told."""
    whole = _all_that_is_left(refund, sale, settings, company, taken)
    if whole is not None:
        return whole
    if sale.is_tax_included:
        return Skip("tax_included")
    return _line_by_line(refund, sale, settings, company, taken)


@dataclass(frozen=True)
class _Piece:
    """A part of a sale's line, or an amount on an item of the settings."""

    line: SaleLine | None
    item: Ref | None
    quantity: Decimal | None
    amount: Decimal
    code: Ref | None
    desc: str = ""


@dataclass
class _Work:
    """What is being put together while the refund's lines are gone through."""

    sale_lines: tuple[SaleLine, ...]
    taken: Taken
    pieces: list[_Piece] = field(default_factory=list)
    quantities: dict[str, Decimal] = field(default_factory=dict)
    discount: Decimal = ZERO  # by how much the pieces so far exceed what was given back for them

    def quantity_left(self, line: SaleLine) -> Decimal:
        used = self.taken.quantities.get(line.txn_line_id, ZERO) + self.quantities.get(line.txn_line_id, ZERO)
        return (line.quantity if line.quantity is not None else Decimal(1)) - used

    def amount_left(self, line: SaleLine) -> Decimal:
        here = sum((p.amount for p in self.pieces if p.line is line), ZERO)
        return line.amount - self.taken.amounts.get(line.txn_line_id, ZERO) - here


def _all_that_is_left(
    refund: Refund, sale: Sale, settings: Settings, company: CompanyFacts, taken: Taken
) -> CreditLines | None:
    """Every line with what is left of it, where that is what the refund gives back; else None."""
    if refund.value != sale.total - taken.total or refund.value <= 0:
        return None
    lines = flat_lines(sale.lines)
    work = _Work(lines, taken)
    for line in lines:
        amount, quantity = work.amount_left(line), work.quantity_left(line)
        if amount == 0 and (line.quantity is None or quantity <= 0):
            continue
        if line.quantity is not None and quantity < 0:
            return None
        work.pieces.append(
            _Piece(line, line.item, quantity if line.quantity is not None else None, amount, line.sales_tax_code)
        )
    subtotal = sum((piece.amount for piece in work.pieces), ZERO)
    tax = refund.value - subtotal
    if not taken.total and tax == sale.tax:
        pass  # QuickBooks computes for the memo what it computed for the sale
    else:
        taxed = taxed_codes(sale)
        if taxed is None or tax != tax_on(((p.amount, p.code) for p in work.pieces), taxed, sale.tax_percentage):
            return None
    not_restocked = tuple(line.title or line.sku for line in refund.lines if not line.restocked and line.quantity)
    return _finished(work.pieces, settings, company, tax, not_restocked)


def _line_by_line(
    refund: Refund, sale: Sale, settings: Settings, company: CompanyFacts, taken: Taken
) -> CreditLines | Skip:
    taxed = taxed_codes(sale)
    if taxed is None and refund.tax:
        return Skip(
            "tax_difference", {"quickbooks": "an unknown amount", "shop": str(refund.tax), "difference": "unknown"}
        )
    work = _Work(flat_lines(sale.lines), taken)
    for line in refund.lines:
        skip = _take_line(work, line, sale, settings)
        if skip is not None:
            return skip
    skip = _take_shipping(work, refund, settings) or _take_discount(work) or _take_adjustments(work, refund, company)
    skip = skip or _check_items(settings, company, work)
    if skip is not None:
        return skip
    amounts = [(piece.amount, piece.code) for piece in work.pieces]
    tax = tax_on(amounts, taxed or frozenset(), sale.tax_percentage)
    subtotal = sum((amount for amount, _ in amounts), ZERO)
    if subtotal != refund.value - refund.tax:
        return Skip("value_differs", {"quickbooks": str(subtotal), "shop": str(refund.value - refund.tax)})
    if tax != refund.tax:
        return Skip(
            "tax_difference", {"quickbooks": str(tax), "shop": str(refund.tax), "difference": str(refund.tax - tax)}
        )
    not_restocked = tuple(line.title or line.sku for line in refund.lines if not line.restocked and line.quantity)
    return _finished(work.pieces, settings, company, tax, not_restocked)


def _take_line(work: _Work, line: RefundLine, sale: Sale, settings: Settings) -> Skip | None:
    """Takes one refunded line out of the sale's lines."""
    if line.quantity == 0 and line.amount == 0:
        return None
    name = line.title or line.sku or line.line_id
    bundle = _bundle(sale, line)
    if bundle is not None:
        return _take_bundle(work, bundle, line, name)
    candidates = _candidates(work.sale_lines, line)
    if not candidates or line.quantity == 0:
        if settings.refund_item:
            work.pieces.append(_Piece(None, None, line.quantity or None, line.amount, _code_like(work), name))
            return None
        return Skip("line_not_in_sale", {"line": name})
    wanted = line.quantity
    taken_here: list[_Piece] = []
    for candidate in sorted(candidates, key=lambda c: work.quantity_left(c) < wanted):
        quantity = min(wanted, work.quantity_left(candidate))
        if quantity <= 0:
            continue
        taken_here.append(_piece_of(work, candidate, quantity))
        work.quantities[candidate.txn_line_id] = work.quantities.get(candidate.txn_line_id, ZERO) + quantity
        wanted -= quantity
        if wanted == 0:
            break
    if wanted > 0:
        left = line.quantity - wanted
        return Skip("quantity_more_than_sale", {"quantity": f"{line.quantity:f}", "line": name, "left": f"{left:f}"})
    return _settle_price(work, taken_here, line, name)


def _settle_price(work: _Work, pieces: list[_Piece], line: RefundLine, name: str) -> Skip | None:
    """Brings what was sold to what was given back: a discount of the sale explains it, else the amount itself."""
    gross = sum((piece.amount for piece in pieces), ZERO)
    difference = gross - line.amount
    if difference < 0:
        return Skip("value_differs", {"quickbooks": f"{gross} for {name}", "shop": str(line.amount)})
    if difference and any(sold.is_deduction for sold in work.sale_lines):
        work.discount += difference
    elif difference:
        amounts = spread(line.amount, [piece.amount for piece in pieces])
        pieces = [
            _Piece(piece.line, piece.item, piece.quantity, amount, piece.code, piece.desc)
            for piece, amount in zip(pieces, amounts, strict=True)
        ]
    work.pieces += pieces
    return None


def _take_shipping(work: _Work, refund: Refund, settings: Settings) -> Skip | None:
    amount = sum((a.amount for a in refund.adjustments if a.kind is AdjustmentKind.SHIPPING), ZERO)
    if amount <= 0:
        return None
    lines = _shipping_lines(work, refund, settings)
    if not lines:
        return Skip("shipping_not_in_sale", {"amount": str(amount)})
    left = sum((work.amount_left(line) for line in lines), ZERO)
    if amount > left:
        return Skip("more_than_sale", {"value": f"{amount} of shipping", "total": str(left), "left": str(left)})
    for line in lines:
        part = min(amount, work.amount_left(line))
        if part <= 0:
            continue
        whole = part == line.amount
        work.pieces.append(
            _Piece(line, line.item, line.quantity if whole else None, part, line.sales_tax_code, line.desc)
        )
        if whole and line.quantity is not None:
            work.quantities[line.txn_line_id] = line.quantity
        amount -= part
    return None


def _take_discount(work: _Work) -> Skip | None:
    """Undoes the sale's discount as far as the pieces were sold for less than their price."""
    if not work.discount:
        return None
    deductions = [line for line in work.sale_lines if work.amount_left(line) < 0]
    left = -sum((work.amount_left(line) for line in deductions), ZERO)
    if work.discount > left:
        return Skip("value_differs", {"quickbooks": f"a discount of {left}", "shop": f"a discount of {work.discount}"})
    for line, part in zip(deductions, spread(work.discount, [-work.amount_left(d) for d in deductions]), strict=True):
        if part:
            work.pieces.append(_Piece(line, line.item, None, -part, line.sales_tax_code, line.desc))
    return None


def _take_adjustments(work: _Work, refund: Refund, company: CompanyFacts) -> Skip | None:
    """Amounts that belong to no line: each stands on the allowance item."""
    for adjustment in refund.adjustments:
        shipping = adjustment.kind is AdjustmentKind.SHIPPING and adjustment.amount > 0
        if shipping or adjustment.amount == 0:
            continue
        why = adjustment.reason or adjustment.kind.value
        code = _code_like(work) if adjustment.tax else company.non_taxable_code
        work.pieces.append(_Piece(None, None, None, adjustment.amount, code, why))
    return None


def _check_items(settings: Settings, company: CompanyFacts, work: _Work) -> Skip | None:
    """The items of the settings that the pieces need must be there."""
    loose = [piece for piece in work.pieces if piece.line is None]
    for key in ("refund_item", "allowance_item"):
        name = getattr(settings, key)
        if name and (loose or key == "refund_item") and name not in company.items:
            return Skip("item_unknown", {"item": name, "setting": key})
    if loose and not settings.refund_item and not settings.allowance_item:
        amount = sum((piece.amount for piece in loose), ZERO)
        return Skip("adjustment_needs_item", {"amount": str(amount), "why": loose[0].desc})
    return None


def _finished(
    pieces: Sequence[_Piece],
    settings: Settings,
    company: CompanyFacts,
    tax: Decimal,
    not_restocked: tuple[str, ...],
) -> CreditLines:
    """The pieces as lines of a CreditMemoAdd."""
    return CreditLines(
        lines=tuple(_line_add(piece, settings, company) for piece in pieces),
        shares=tuple(
            Share(
                piece.line.txn_line_id if piece.line is not None else "",
                piece.quantity if piece.quantity is not None else ZERO,
                piece.amount,
            )
            for piece in pieces
        ),
        subtotal=sum((piece.amount for piece in pieces), ZERO),
        tax=tax,
        not_restocked=not_restocked,
    )


def _line_add(piece: _Piece, settings: Settings, company: CompanyFacts) -> CreditMemoLineAdd:
    sold = piece.line
    if settings.refund_item or sold is None:
        name = settings.refund_item or settings.allowance_item
        return CreditMemoLineAdd(
            item_ref=company.items.get(name, Ref(full_name=name)),
            desc=(sold.desc if sold is not None else piece.desc) or None,
            class_ref=sold.class_ref if sold is not None else None,
            amount=piece.amount,
            sales_tax_code_ref=piece.code,
        )
    unchanged = (
        piece.quantity is not None and sold.rate is not None and cents(piece.quantity * sold.rate) == piece.amount
    )
    return CreditMemoLineAdd(
        item_ref=piece.item,
        desc=sold.desc or None,
        quantity=piece.quantity,
        unit_of_measure=(sold.unit_of_measure or None) if piece.quantity is not None else None,
        rate=sold.rate if unchanged else None,
        class_ref=sold.class_ref,
        amount=piece.amount,
        inventory_site_ref=sold.inventory_site,
        inventory_site_location_ref=sold.inventory_site_location,
        serial_number=sold.serial_number or None if piece.quantity == sold.quantity else None,
        lot_number=(sold.lot_number or None) if not sold.serial_number else None,
        sales_tax_code_ref=piece.code,
        other1=sold.other1 or None,
        other2=sold.other2 or None,
    )


def _piece_of(work: _Work, line: SaleLine, quantity: Decimal) -> _Piece:
    """So much of a line, at its own price; the last of it takes what rounding has left."""
    if quantity == work.quantity_left(line):
        amount = work.amount_left(line)
    else:
        amount = cents(line.amount * quantity / (line.quantity or Decimal(1)))
    return _Piece(line, line.item, quantity, amount, line.sales_tax_code, line.desc)


def _candidates(lines: Sequence[SaleLine], line: RefundLine) -> list[SaleLine]:
    """The sale's lines that a refunded line can mean: by item name, else by description."""
    sold = [candidate for candidate in lines if not candidate.is_deduction and candidate.item is not None]
    sku = line.sku.casefold()
    by_item = [candidate for candidate in sold if sku and sku in _item_names(candidate)]
    if by_item:
        return by_item
    title = line.title.casefold()
    return [c for c in sold if title and (c.desc.casefold() == title or title in _item_names(c))]


def _item_names(line: SaleLine) -> Iterator[str]:
    """An item's full name and its last part, as the shop may know it."""
    full_name = (line.item.full_name or "" if line.item is not None else "").casefold()
    yield full_name
    yield full_name.rpartition(":")[2]


def _bundle(sale: Sale, line: RefundLine) -> SaleLine | None:
    names = {line.sku.casefold(), line.title.casefold()} - {""}
    return next((c for c in sale.lines if c.is_group and names & set(_item_names(c))), None)


def _take_bundle(work: _Work, bundle: SaleLine, line: RefundLine, name: str) -> Skip | None:
    """A bundle goes back in full, as its parts."""
    if line.quantity != (bundle.quantity or Decimal(1)):
        return Skip("bundle_in_part", {"line": name})
    pieces = []
    for part in flat_lines(bundle.parts):
        if part.quantity is not None and work.quantity_left(part) != part.quantity:
            return Skip("bundle_in_part", {"line": name})
        pieces.append(_Piece(part, part.item, part.quantity, work.amount_left(part), part.sales_tax_code, part.desc))
        work.quantities[part.txn_line_id] = part.quantity or ZERO
    return _settle_price(work, pieces, line, name)


def _shipping_lines(work: _Work, refund: Refund, settings: Settings) -> list[SaleLine]:
    """The sale's lines that are shipping: by the setting, by their name, or as the one line that fits the amount."""
    sold = [line for line in work.sale_lines if not line.is_deduction and line.item is not None]
    if settings.shipping_item:
        wanted = settings.shipping_item.casefold()
        return [line for line in sold if wanted in _item_names(line)]
    named = [line for line in sold if _SHIPPING_WORDS.search(f"{line.item} {line.desc}".replace(":", " "))]
    if named:
        return named
    goods = {
        candidate.txn_line_id
        for ordered in refund.order.lines
        for candidate in _candidates(
            work.sale_lines, RefundLine(ordered.line_id, ordered.sku, ordered.title, ordered.quantity, ordered.amount)
        )
    }
    fitting = [line for line in sold if line.txn_line_id not in goods and line.amount == refund.order.shipping]
    return fitting if len(fitting) == 1 else []


def _code_like(work: _Work) -> Ref | None:
    """The tax code of the goods on the sale, for an amount that is taxed like them."""
    return next((line.sales_tax_code for line in work.sale_lines if line.sales_tax_code is not None), None)
