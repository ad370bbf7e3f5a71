"""Which lines of the sale a refund gives back, and how they stand on the credit memo.

The sale's own lines come first: their items, classes and tax codes are carried over, so that the memo undoes in the
books just what the sale did. A discount of the sale is undone as far as the goods were sold for less than their price.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from qbwc_server.refunds.model import ZERO, Adjustment, AdjustmentKind, Refund, RefundLine
from qbwc_server.refunds.money import spread
from qbwc_server.refunds.reasons import Skip
from qbwc_server.refunds.sale import CompanyFacts, Sale, SaleLine, Taken
from qbwc_server.refunds.settings import Settings
from qbwc_server.refunds.tax import booked_lines, code_name, flat_lines, tax_on, taxed_codes
from qbxml import CreditMemoLineAdd, Ref, cents

MAX_DESCRIPTION_CHARACTERS = 4095  # of a line's Desc (FACTS.md 1)

_ROUNDING = Decimal("0.01")  # by how much shop and QuickBooks may round the same part of a line differently
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
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
    cut: bool = False  # a description was too long for QuickBooks

    @property
    def total(self) -> Decimal:
        """What QuickBooks will make the credit memo."""
        return self.subtotal + self.tax


def credit_lines(
    refund: Refund, sale: Sale, settings: Settings, company: CompanyFacts, taken: Taken
) -> CreditLines | Skip:
    """The lines of the credit memo for a refund, or why they can't be told."""
    if settings.refund_item and settings.refund_item not in company.items:
        return Skip("item_unknown", {"item": settings.refund_item, "setting": "refund_item"})
    whole = _all_that_is_left(refund, sale, settings, company, taken)
    if whole is not None:
        return whole
    if sale.is_tax_included:
        return Skip("tax_included")
    return _line_by_line(refund, sale, settings, company, taken)


def carries(sale: Sale, refund: Refund) -> bool:
    """Whether a sale has all the goods that a refund gives back, in their quantities."""
    work = _Work(booked_lines(sale), Taken())
    if not all(line.quantity.is_finite() for line in refund.lines):
        return False
    for line in refund.lines:
        bundle = _bundles(sale, line)
        wanted = ZERO if bundle else line.quantity
        for candidate in _candidates(work.sale_lines, line):
            quantity = wanted if candidate.quantity is None else min(wanted, work.quantity_left(candidate))
            work.use(candidate, quantity)
            wanted -= quantity
        if wanted > 0:
            return False
    return True


@dataclass(frozen=True)
class _Piece:
    """A part of a sale's line, or an amount on an item of the settings."""

    line: SaleLine | None  # the line of the sale that it lowers
    quantity: Decimal | None
    amount: Decimal
    code: Ref | None
    desc: str = ""
    setting: str = ""  # the setting that names its item; empty: the item of its line


@dataclass
class _Work:
    """What is being put together while the refund's lines are gone through."""

    sale_lines: tuple[SaleLine, ...]
    taken: Taken
    taxed: frozenset[str] = frozenset()
    non_taxable_code: Ref | None = None
    pieces: list[_Piece] = field(default_factory=list)
    quantities: dict[str, Decimal] = field(default_factory=dict)
    discount: Decimal = ZERO  # by how much the pieces so far exceed what was given back for them

    def quantity_left(self, line: SaleLine) -> Decimal:
        used = self.taken.quantities.get(line.txn_line_id, ZERO) + self.quantities.get(line.txn_line_id, ZERO)
        return (line.quantity if line.quantity is not None else Decimal(1)) - used

    def amount_left(self, line: SaleLine) -> Decimal:
        here = sum((p.amount for p in self.pieces if p.line is line), ZERO)
        return line.amount - self.taken.amounts.get(line.txn_line_id, ZERO) - here

    def discount_left(self) -> Decimal:
        """What the discounts of the sale still hold, as a positive amount."""
        lefts = (self.amount_left(line) for line in self.sale_lines if line.is_deduction)
        return -sum((left for left in lefts if left < 0), ZERO) - self.discount

    def use(self, line: SaleLine, quantity: Decimal) -> None:
        self.quantities[line.txn_line_id] = self.quantities.get(line.txn_line_id, ZERO) + quantity

    def code(self, *, bears_tax: bool, like: SaleLine | None = None) -> Ref | None:
        """The tax code for an amount that belongs to no goods, or to those of one line: taxed as the shop taxed it."""
        codes = [line.sales_tax_code for line in ((like,) if like is not None else ()) + self.sale_lines]
        fitting = [c for c in codes if c is not None and (code_name(c) in self.taxed) == bears_tax]
        if not bears_tax and self.non_taxable_code is not None and (like is None or like.sales_tax_code not in fitting):
            return self.non_taxable_code
        return fitting[0] if fitting else None


def _all_that_is_left(
    refund: Refund, sale: Sale, settings: Settings, company: CompanyFacts, taken: Taken
) -> CreditLines | None:
    """Every line with what is left of it, where that is what the refund gives back; else None."""
    if refund.value != sale.total - taken.total or refund.value <= 0:
        return None
    lines = booked_lines(sale)
    work = _Work(lines, taken)
    for line in lines:
        amount, quantity = work.amount_left(line), work.quantity_left(line)
        if amount == 0 and (line.quantity is None or quantity <= 0):
            continue
        if (line.quantity is not None and quantity < 0) or line.item is None:
            return None
        work.pieces.append(
            _Piece(line, quantity if line.quantity is not None else None, amount, line.sales_tax_code, line.desc)
        )
    if not work.pieces:
        return None
    tax = _tax_of_all(refund, sale, taken, work)
    if tax is None:
        return None
    not_restocked = () if settings.refund_item else _not_restocked(refund) + _goods_unnamed(work, refund, settings)
    return _finished(work.pieces, settings, company, refund.value - tax, tax, not_restocked)


def _tax_of_all(refund: Refund, sale: Sale, taken: Taken, work: _Work) -> Decimal | None:
    """The tax of a memo over all that is left; None where QuickBooks would make it come to another total."""
    subtotal = sum((piece.amount for piece in work.pieces), ZERO)
    tax = refund.value - subtotal
    untouched = not (taken.total or taken.quantities or taken.amounts)
    if untouched and sale.is_tax_included:
        return sale.tax if subtotal in (sale.total, sale.total - sale.tax) else None
    if untouched and tax == sale.tax:
        return tax  # QuickBooks computes for the memo what it computed for the sale
    taxed = taxed_codes(sale)
    if sale.is_tax_included or taxed is None:
        return None
    computed = tax_on(((piece.amount, piece.code) for piece in work.pieces), taxed, sale.tax_percentage)
    return tax if tax == computed else None


def _line_by_line(
    refund: Refund, sale: Sale, settings: Settings, company: CompanyFacts, taken: Taken
) -> CreditLines | Skip:
    taxed = taxed_codes(sale)
    if taxed is None:
        return Skip(
            "tax_difference", {"quickbooks": "an unknown amount", "shop": str(refund.tax), "difference": "unknown"}
        )
    work = _Work(booked_lines(sale), taken, taxed, company.non_taxable_code)
    for line in refund.lines:
        skip = _take_line(work, line, sale, settings)
        if skip is not None:
            return skip
    skip = _take_shipping(work, refund, settings) or _take_adjustments(work, refund, settings)
    skip = skip or _check_items(settings, company, work)
    if skip is not None:
        return skip
    _take_discount(work)
    amounts = [(piece.amount, piece.code) for piece in work.pieces]
    tax = tax_on(amounts, taxed, sale.tax_percentage)
    subtotal = sum((amount for amount, _ in amounts), ZERO)
    if subtotal != refund.value - refund.tax:  # each part was brought to what the shop says; a last look all the same
        return Skip("value_differs", {"quickbooks": str(subtotal), "shop": str(refund.value - refund.tax)})
    if tax != refund.tax:
        return Skip(
            "tax_difference", {"quickbooks": str(tax), "shop": str(refund.tax), "difference": str(refund.tax - tax)}
        )
    if not work.pieces:
        return Skip("value_differs", {"quickbooks": "nothing", "shop": str(refund.value)})
    not_restocked = () if settings.refund_item else _not_restocked(refund)
    return _finished(work.pieces, settings, company, subtotal, tax, not_restocked)


def _take_line(work: _Work, line: RefundLine, sale: Sale, settings: Settings) -> Skip | None:
    """Takes one refunded line out of the sale's lines."""
    name = line.title or line.sku or line.line_id
    if line.quantity == 0:
        return _take_amount(work, line, settings, name)
    bundles = _bundles(sale, line)
    if bundles:
        return _take_bundle(work, bundles, line, name)
    candidates = _candidates(work.sale_lines, line)
    if not candidates and settings.refund_item:
        code = work.code(bears_tax=bool(line.tax))
        work.pieces.append(_Piece(None, line.quantity, line.amount, code, name, "refund_item"))
        return None
    if not candidates:
        return Skip("line_not_in_sale", {"line": name})
    wanted = line.quantity
    pieces: list[_Piece] = []
    for candidate in sorted(candidates, key=lambda c: _unlikeliness(work, c, line)):
        if wanted > 0 and candidate.quantity is None:
            amount = line.amount - sum((piece.amount for piece in pieces), ZERO)
            if amount > 0:
                pieces.append(_piece_by_amount(work, candidate, amount))
            wanted = ZERO
        quantity = min(wanted, work.quantity_left(candidate))
        if quantity > 0:
            pieces.append(_piece_of(work, candidate, quantity))
            work.use(candidate, quantity)
            wanted -= quantity
    if wanted > 0:
        left = line.quantity - wanted
        return Skip("quantity_more_than_sale", {"quantity": _plain(line.quantity), "line": name, "left": _plain(left)})
    return _settle_price(work, pieces, line, name)


def _plain(quantity: Decimal) -> str:
    return f"{quantity.normalize():f}"


def _take_amount(work: _Work, line: RefundLine, settings: Settings, name: str) -> Skip | None:
    """Money given back for a line whose goods stay with the customer: it lowers the line, but credits no goods."""
    if line.amount == 0:
        return None
    setting = "refund_item" if settings.refund_item else "allowance_item"
    if not getattr(settings, setting):
        return Skip("adjustment_needs_item", {"amount": str(line.amount), "why": name})
    fitting = (c for c in _candidates(work.sale_lines, line) if work.amount_left(c) >= line.amount)
    sold = next(fitting, None)
    code = work.code(bears_tax=bool(line.tax), like=sold)
    work.pieces.append(_Piece(sold, None, line.amount, code, name, setting))
    return None


def _settle_price(work: _Work, pieces: list[_Piece], line: RefundLine, name: str) -> Skip | None:
    """Brings what was sold to what was given back: a discount of the sale explains it, else the amount itself."""
    gross = sum((piece.amount for piece in pieces), ZERO)
    discount = min(gross - line.amount, work.discount_left())
    if gross > line.amount and discount > 0:
        work.discount += discount
        gross_wanted = line.amount + discount
    else:
        gross_wanted = line.amount
    if gross_wanted > gross:
        rounded_up = _rounded_up(work, pieces, gross_wanted - gross)
        if rounded_up is None:
            return Skip("value_differs", {"quickbooks": f"{gross} for {name}", "shop": str(line.amount)})
        pieces = rounded_up
    elif gross_wanted < gross:
        amounts = spread(gross_wanted, [piece.amount for piece in pieces])
        pieces = [replace(piece, amount=amount) for piece, amount in zip(pieces, amounts, strict=True)]
    work.pieces += pieces
    return None


def _rounded_up(work: _Work, pieces: list[_Piece], missing: Decimal) -> list[_Piece] | None:
    """The pieces with what the shop rounded up, taken from what their lines have left; None where it is more."""
    raised = []
    for piece in pieces:
        left = work.amount_left(piece.line) - piece.amount if piece.line is not None else ZERO
        step = max(min(missing, _ROUNDING, left), ZERO)
        missing -= step
        raised.append(replace(piece, amount=piece.amount + step))
    return raised if missing == 0 else None


def _take_shipping(work: _Work, refund: Refund, settings: Settings) -> Skip | None:
    amount = sum((a.amount for a in refund.adjustments if _is_shipping_back(a)), ZERO)
    if amount == 0:
        return None
    lines = _shipping_lines(work, refund, settings)
    if not lines:
        return Skip("shipping_not_in_sale", {"amount": str(amount)})
    left = sum((max(work.amount_left(line), ZERO) for line in lines), ZERO)
    if amount > left:
        total = sum((line.amount for line in lines), ZERO)
        return Skip("more_than_sale", {"value": f"{amount} of shipping", "total": str(total), "left": str(left)})
    for line in lines:
        part = min(amount, work.amount_left(line))
        if part > 0:
            work.pieces.append(_piece_by_amount(work, line, part))
            amount -= part
    return None


def _take_discount(work: _Work) -> None:
    """Undoes the sale's discount as far as the pieces were sold for less than their price."""
    deductions = [line for line in work.sale_lines if line.is_deduction and work.amount_left(line) < 0]
    if not work.discount:
        return
    parts = spread(work.discount, [-work.amount_left(line) for line in deductions])
    for line, part in zip(deductions, parts, strict=True):
        if part:
            work.pieces.append(_piece_by_amount(work, line, -part))


def _take_adjustments(work: _Work, refund: Refund, settings: Settings) -> Skip | None:
    """Amounts that belong to no line: each stands on the allowance item."""
    setting = "allowance_item" if settings.allowance_item else "refund_item"
    for adjustment in refund.adjustments:
        if _is_shipping_back(adjustment) or adjustment.amount == 0:
            continue
        why = adjustment.reason or adjustment.kind.value
        if not getattr(settings, setting):
            return Skip("adjustment_needs_item", {"amount": str(adjustment.amount), "why": why})
        code = work.code(bears_tax=bool(adjustment.tax))
        work.pieces.append(_Piece(None, None, adjustment.amount, code, why, setting))
    return None


def _is_shipping_back(adjustment: Adjustment) -> bool:
    return adjustment.kind is AdjustmentKind.SHIPPING and adjustment.amount > 0


def _check_items(settings: Settings, company: CompanyFacts, work: _Work) -> Skip | None:
    """The items of the settings that the pieces need must be there."""
    for setting in {piece.setting: None for piece in work.pieces if piece.setting}:
        if getattr(settings, setting) not in company.items:
            return Skip("item_unknown", {"item": getattr(settings, setting), "setting": setting})
    return None


def _not_restocked(refund: Refund) -> tuple[str, ...]:
    return tuple(line.title or line.sku for line in refund.lines if not line.restocked and line.quantity)


def _goods_unnamed(work: _Work, refund: Refund, settings: Settings) -> tuple[str, ...]:
    """The goods of a memo over all that is left, where the refund itself tells of money only."""
    if any(line.quantity for line in refund.lines):
        return ()
    shipping = _shipping_lines(work, refund, settings)
    goods = (piece.line for piece in work.pieces if piece.quantity and piece.amount >= 0)
    return tuple(line.desc or str(line.item) for line in goods if line is not None and line not in shipping)


def _finished(
    pieces: Sequence[_Piece],
    settings: Settings,
    company: CompanyFacts,
    subtotal: Decimal,
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
        subtotal=subtotal,
        tax=tax,
        not_restocked=not_restocked,
        cut=any(len(piece.desc) > MAX_DESCRIPTION_CHARACTERS for piece in pieces),
    )


def _line_add(piece: _Piece, settings: Settings, company: CompanyFacts) -> CreditMemoLineAdd:
    sold = piece.line
    setting = piece.setting or ("refund_item" if settings.refund_item else "")
    desc = _UNPRINTABLE.sub(" ", piece.desc)[:MAX_DESCRIPTION_CHARACTERS] or None
    if setting or sold is None:
        name = getattr(settings, setting)
        return CreditMemoLineAdd(
            item_ref=company.items.get(name, Ref(full_name=name)),
            desc=desc,
            class_ref=sold.class_ref if sold is not None else None,
            amount=piece.amount,
            sales_tax_code_ref=piece.code,
        )
    unchanged = (
        piece.quantity is not None and sold.rate is not None and cents(piece.quantity * sold.rate) == piece.amount
    )
    all_of_it = piece.quantity == sold.quantity  # which of several serial numbers came back is not known
    return CreditMemoLineAdd(
        item_ref=sold.item,
        desc=desc,
        quantity=piece.quantity,
        unit_of_measure=(sold.unit_of_measure or None) if piece.quantity is not None else None,
        rate=sold.rate if unchanged else None,
        class_ref=sold.class_ref,
        amount=piece.amount,
        inventory_site_ref=sold.inventory_site,
        inventory_site_location_ref=sold.inventory_site_location,
        serial_number=(sold.serial_number or None) if all_of_it else None,
        lot_number=(sold.lot_number or None) if not sold.serial_number else None,
        sales_tax_code_ref=piece.code,
        other1=sold.other1 or None,
        other2=sold.other2 or None,
    )


def _piece_of(work: _Work, line: SaleLine, quantity: Decimal) -> _Piece:
    """So much of a line, at its own price; the last of it takes what rounding has left."""
    left = max(work.amount_left(line), ZERO)
    if quantity == work.quantity_left(line):
        amount = left
    else:
        amount = min(left, cents(line.amount * quantity / (line.quantity or Decimal(1))))
    return _Piece(line, quantity, amount, line.sales_tax_code, line.desc)


def _piece_by_amount(work: _Work, line: SaleLine, amount: Decimal) -> _Piece:
    """So much money of a line; the last of it takes the line's quantity with it."""
    left = work.amount_left(line)
    if amount >= 0:
        amount = min(amount, max(left, ZERO))
    quantity = None
    if amount == left and line.quantity is not None and work.quantity_left(line) > 0:
        quantity = work.quantity_left(line)
        work.use(line, quantity)
    return _Piece(line, quantity, amount, line.sales_tax_code, line.desc)


def _unlikeliness(work: _Work, candidate: SaleLine, line: RefundLine) -> tuple[bool, bool, bool, Decimal]:
    """Sorts the lines that a refunded line can mean: one that holds all of it, at its price or next above, is first."""
    quantity = min(line.quantity, max(work.quantity_left(candidate), ZERO))
    gross = _piece_of(work, candidate, quantity).amount
    return (
        candidate.quantity is None,
        quantity < line.quantity,
        gross < line.amount,
        gross,
    )


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


def _bundles(sale: Sale, line: RefundLine) -> list[SaleLine]:
    names = {line.sku.casefold(), line.title.casefold()} - {""}
    return [c for c in sale.lines if c.is_group and names & set(_item_names(c))]


def _take_bundle(work: _Work, bundles: Sequence[SaleLine], line: RefundLine, name: str) -> Skip | None:
    """A bundle goes back in full, as its parts."""
    fitting = (b for b in bundles if line.quantity == (b.quantity or Decimal(1)) and _is_untouched(work, b))
    bundle = next(fitting, None)
    if bundle is None:
        return Skip("bundle_in_part", {"line": name})
    pieces = []
    for part in flat_lines(bundle.parts):
        if part.item is None and part.amount == 0:
            continue
        pieces.append(_Piece(part, part.quantity, part.amount, part.sales_tax_code, part.desc))
        work.use(part, part.quantity or ZERO)
    return _settle_price(work, pieces, line, name)


def _is_untouched(work: _Work, bundle: SaleLine) -> bool:
    return all(
        work.amount_left(part) == part.amount and (part.quantity is None or work.quantity_left(part) == part.quantity)
        for part in flat_lines(bundle.parts)
    )


def _shipping_lines(work: _Work, refund: Refund, settings: Settings) -> list[SaleLine]:
    """The sale's lines that are shipping: by the setting, by their name, or as the one line that fits the amount."""
    sold = [line for line in work.sale_lines if not line.is_deduction and line.item is not None]
    if settings.shipping_item:
        wanted = settings.shipping_item.casefold()
        return [line for line in sold if wanted in _item_names(line)]
    ordered = [RefundLine(line.line_id, line.sku, line.title, line.quantity, ZERO) for line in refund.order.lines]
    goods = {c.txn_line_id for line in (*ordered, *refund.lines) for c in _candidates(work.sale_lines, line)}
    others = [line for line in sold if line.txn_line_id not in goods]
    named = [line for line in others if _SHIPPING_WORDS.search(f"{line.item} {line.desc}".replace(":", " "))]
    if named:
        return named
    fitting = [line for line in others if line.amount == refund.order.shipping]
    return fitting if len(fitting) == 1 else []
