"""Which lines of the sale a refund gives back, and how they stand on the credit memo.

The sale's own lines come first: their items, classes and tax codes are carried over, so that the memo undoes in the
books just what the sale did. A discount of the sale is undone as far as the goods were sold for less than their price.
Goods that did not come back into stock, amounts without goods and tax rounding stand on the items of the settings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property

from qbwc_server.refunds import matching
from qbwc_server.refunds.model import ZERO, Adjustment, AdjustmentKind, Refund, RefundLine
from qbwc_server.refunds.money import spread
from qbwc_server.refunds.reasons import Skip, of_which_left
from qbwc_server.refunds.sale import CompanyFacts, Sale, SaleLine, Taken
from qbwc_server.refunds.settings import Restock, Settings, StoreCredit
from qbwc_server.refunds.tax import (
    Rounding,
    TaxRule,
    booked_lines,
    code_name,
    flat_lines,
    rates_hold,
    simplest_rate,
    tax_rule,
)
from qbxml import CreditMemoLineAdd, Ref, cents

MAX_DESCRIPTION_CHARACTERS = 4095  # of a line's Desc (FACTS.md 1)
QUANTITY_DECIMALS = 5  # that QuickBooks keeps (FACTS.md 1, Value types)

# On which item an amount of each kind stands that belongs to no line of the sale.
KIND_SETTINGS = {
    AdjustmentKind.TIP: "tip_item",
    AdjustmentKind.DUTY: "duty_item",
    AdjustmentKind.FEE: "fee_item",
}

_ROUNDING = Decimal("0.01")  # by how much shop and QuickBooks may round the same part of a line differently
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class Share:
    """What one line of the credit memo takes out of the sale."""

    txn_line_id: str  # empty: of no line of the sale
    quantity: Decimal
    amount: Decimal


@dataclass(frozen=True)
class Fallback:
    """An amount that stands on another item than that of its kind, since that setting is empty."""

    kind: AdjustmentKind
    amount: Decimal
    wanted: str  # the setting that is empty
    item: str  # on which it stands


@dataclass(frozen=True)
class Kept:
    """What was given as gift card or store credit, which the shop owes on: a line below zero on an item of its own."""

    amount: Decimal  # positive
    setting: str  # that names the item


@dataclass(frozen=True)
class CreditLines:
    """The lines of a credit memo, what they take out of the sale, and the tax that QuickBooks will add."""

    lines: tuple[CreditMemoLineAdd, ...]
    shares: tuple[Share, ...]
    subtotal: Decimal  # without the tax, also where the amounts of the lines have it in them
    tax: Decimal
    rounding: Decimal = ZERO  # of tax, on a line of its own; in the subtotal
    tax_of_shop: Decimal | None = None  # where QuickBooks takes another part of the same total as tax
    fallbacks: tuple[Fallback, ...] = ()
    not_restocked: tuple[str, ...] = ()  # goods on the no-restock item
    kept: tuple[Kept, ...] = ()  # what the shop keeps as a liability; not in the subtotal
    cut: bool = False  # a description was too long for QuickBooks

    @property
    def total(self) -> Decimal:
        """What QuickBooks will make the credit memo."""
        return self.value - sum((kept.amount for kept in self.kept), ZERO)

    @property
    def value(self) -> Decimal:
        """What it takes out of the sale."""
        return self.subtotal + self.tax


def kept_as_liability(refund: Refund, settings: Settings) -> tuple[Kept, ...]:
    """What of a refund the shop keeps as a liability, by the setting that names the item."""
    if settings.store_credit is not StoreCredit.LIABILITY:
        return ()
    amounts: dict[str, Decimal] = {}
    for money in refund.money:
        if money.store_credit and money.amount:
            setting = "gift_card_item" if "gift" in money.gateway.casefold() else "store_credit_item"
            amounts[setting] = amounts.get(setting, ZERO) + money.amount
    return tuple(Kept(amount, setting) for setting, amount in amounts.items())


def credit_lines(
    refund: Refund, sale: Sale, settings: Settings, company: CompanyFacts, taken: Taken
) -> CreditLines | Skip:
    """The lines of the credit memo for a refund, or why they can't be told."""
    kept = kept_as_liability(refund, settings)
    given = _given_back(refund, sale, settings, company, taken)
    if isinstance(given, Skip) or not kept:
        return given
    work = _work_on(refund, sale, settings, company, taken)
    code = work.code(bears_tax=False)
    words = {"gift_card_item": "Gift card", "store_credit_item": "Store credit"}
    pieces = [_Piece(None, None, -part.amount, code, f"{words[part.setting]} given", part.setting) for part in kept]
    return replace(given, lines=(*given.lines, *(_line_add(work, piece) for piece in pieces)), kept=kept)


def no_item_for_store_credit(refund: Refund, settings: Settings, company: CompanyFacts) -> Skip | None:
    """Why a gift card or store credit that was given can't be booked: its item is not set or not there."""
    for part in kept_as_liability(refund, settings):
        item = getattr(settings, part.setting)
        if not item:
            why = f"Set {part.setting}, an item whose account is a liability."
            return Skip("store_credit", {"amount": f"{part.amount} {refund.currency}", "why": why})
        if item not in company.items:
            return Skip("item_unknown", {"item": item, "setting": part.setting})
    return None


def _given_back(
    refund: Refund, sale: Sale, settings: Settings, company: CompanyFacts, taken: Taken
) -> CreditLines | Skip:
    if settings.refund_item and settings.refund_item not in company.items:
        return Skip("item_unknown", {"item": settings.refund_item, "setting": "refund_item"})
    whole = _all_that_is_left(refund, sale, settings, company, taken)
    if whole is not None:
        return whole
    return _line_by_line(refund, sale, settings, company, taken)


def description(text: str) -> str | None:
    """A text as it can stand as the description of a line; None for none."""
    return _UNPRINTABLE.sub(" ", text)[:MAX_DESCRIPTION_CHARACTERS] or None


def carries(sale: Sale, refund: Refund) -> bool:
    """Whether a sale has all the goods that a refund gives back, in their quantities."""
    if not all(line.quantity.is_finite() for line in refund.lines):
        return False
    return not _missing(sale, refund.lines)


def all_came_back(refund: Refund, sale: Sale, settings: Settings, company: CompanyFacts) -> bool:
    """Whether all goods of a sale came back into stock, or never left it."""
    work = _Work(refund, sale, settings, company, Taken(), TaxRule({}))
    returned = _returned(work)
    goods = (line for line in work.sale_lines if work.moves_stock(line))
    return all(returned.get(line.txn_line_id, ZERO) == line.quantity for line in goods)


def not_sold(sale: Sale, refund: Refund, item_of_sku: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """The goods of the order that the sale does not have, in words: they were added to the order afterwards."""
    lines = [RefundLine(line.line_id, line.sku, line.title, line.quantity, line.amount) for line in refund.order.lines]
    return tuple(
        f"{_plain(quantity)} x {line.title or line.sku or line.line_id}"
        for line, quantity in _missing(sale, lines, item_of_sku)
    )


def _missing(
    sale: Sale, lines: Iterable[RefundLine], item_of_sku: Mapping[str, str] | None = None
) -> list[tuple[RefundLine, Decimal]]:
    """The lines that a sale does not have in their quantity, with what it lacks of each."""
    sold, used = booked_lines(sale), dict[str, Decimal]()
    missing = []
    for line in lines:
        wanted = ZERO if matching.bundles(sale, line, item_of_sku) else line.quantity
        for candidate in matching.candidates(sold, line, item_of_sku):
            before = used.get(candidate.txn_line_id, ZERO)
            quantity = wanted if candidate.quantity is None else min(wanted, max(candidate.quantity - before, ZERO))
            used[candidate.txn_line_id] = before + quantity
            wanted -= quantity
        if wanted > 0:
            missing.append((line, wanted))
    return missing


@dataclass(frozen=True)
class _Piece:
    """A part of a sale's line, or an amount on an item of the settings."""

    line: SaleLine | None  # the line of the sale that it lowers
    quantity: Decimal | None
    amount: Decimal
    code: Ref | None
    desc: str = ""
    setting: str = ""  # the setting that names its item; empty: the item of its line, or `item`
    item: Ref | None = None  # of one that is on no line of the sale, by the mapping
    restocked: bool = True


@dataclass
class _Work:
    """What is being put together while the refund's lines are gone through."""

    refund: Refund
    sale: Sale
    settings: Settings
    company: CompanyFacts
    taken: Taken
    rule: TaxRule
    pieces: list[_Piece] = field(default_factory=list)
    quantities: dict[str, Decimal] = field(default_factory=dict)
    fallbacks: list[Fallback] = field(default_factory=list)
    discount: Decimal = ZERO  # by how much the pieces so far exceed what was given back for them

    @cached_property
    def sale_lines(self) -> tuple[SaleLine, ...]:
        return booked_lines(self.sale)

    @cached_property
    def tax_lines(self) -> tuple[SaleLine, ...]:
        """The lines by which the sale itself shows a tax that QuickBooks did not work out."""
        if self.sale.tax:
            return ()
        return tuple(
            matching.tax_lines(self.sale_lines, self.refund.order, self.refund.lines, self.company.item_of_sku)
        )

    @cached_property
    def discounts(self) -> tuple[SaleLine, ...]:
        """The lines that lower the sale, those that take a tax back out of it not among them."""
        others = {line.txn_line_id for line in self.tax_lines}
        return tuple(line for line in self.sale_lines if line.is_deduction and line.txn_line_id not in others)

    @cached_property
    def not_goods(self) -> frozenset[str]:
        """TxnLineIDs of shipping, tips and the like, which never move stock."""
        kinds = (line for kind in matching.WORDS for line in self.lines_of_kind(kind))
        return frozenset(line.txn_line_id for line in (*kinds, *self.tax_lines))

    def lines_of_kind(self, kind: AdjustmentKind) -> list[SaleLine]:
        """The sale's lines of a kind: those of the item that a setting names for it, else those that say so."""
        setting = "shipping_item" if kind is AdjustmentKind.SHIPPING else KIND_SETTINGS[kind]
        item = getattr(self.settings, setting)
        if item:
            return matching.lines_named(self.sale_lines, item)
        order, mapping = self.refund.order, self.company.item_of_sku
        return matching.lines_of_kind(self.sale_lines, kind, order, self.refund.lines, mapping)

    def given(self, part: RefundLine | Adjustment) -> Decimal:
        """What was given back for a part of the refund, with its tax where the sale's amounts have it in them."""
        return part.total if self.rule.inclusive else part.amount

    @cached_property
    def gift_cards(self) -> frozenset[str]:
        """TxnLineIDs of the lines that sold the gift cards given back."""
        lines = (line for line in self.refund.lines if line.gift_card)
        return frozenset(sold.txn_line_id for line in lines for sold in self.candidates(line))

    def came_back(self, line: RefundLine) -> bool:
        """Whether goods came back into stock, as the setting has it; a gift card is nothing that is kept there."""
        if line.gift_card:
            return True
        return {Restock.ALWAYS: True, Restock.NEVER: False}.get(self.settings.restock, line.restocked)

    def moves_stock(self, line: SaleLine | None) -> bool:
        return (
            line is not None
            and line.quantity is not None
            and not line.is_deduction
            and line.moves_stock
            and line.txn_line_id not in self.not_goods
        )

    def candidates(self, line: RefundLine) -> list[SaleLine]:
        return matching.candidates(self.sale_lines, line, self.company.item_of_sku)

    def quantity_left(self, line: SaleLine) -> Decimal:
        used = self.taken.quantities.get(line.txn_line_id, ZERO) + self.quantities.get(line.txn_line_id, ZERO)
        return (line.quantity if line.quantity is not None else Decimal(1)) - used

    def amount_left(self, line: SaleLine) -> Decimal:
        here = sum((p.amount for p in self.pieces if p.line is line), ZERO)
        return line.amount - self.taken.amounts.get(line.txn_line_id, ZERO) - here

    def of_which_left(self, lines: Iterable[SaleLine], total: Decimal, left: Decimal) -> str:
        """How much of some lines is left, for a sentence."""
        before = any(line.txn_line_id in {**self.taken.quantities, **self.taken.amounts} for line in lines)
        return of_which_left(total, left, refunded_before=before)

    def discount_left(self) -> Decimal:
        """What the discounts of the sale still hold, as a positive amount."""
        lefts = (self.amount_left(line) for line in self.discounts)
        return -sum((left for left in lefts if left < 0), ZERO) - self.discount

    def use(self, line: SaleLine, quantity: Decimal) -> None:
        self.quantities[line.txn_line_id] = self.quantities.get(line.txn_line_id, ZERO) + quantity

    def code(self, *, bears_tax: bool, like: SaleLine | None = None) -> Ref | None:
        """The tax code for an amount that belongs to no goods, or to those of one line: taxed as the shop taxed it."""
        codes = [line.sales_tax_code for line in ((like,) if like is not None else ()) + self.sale_lines]
        fitting = [c for c in codes if c is not None and self.rule.bears_tax(c) == bears_tax]
        without = self.company.non_taxable_code
        if not bears_tax and without is not None and (like is None or like.sales_tax_code not in fitting):
            return without
        return fitting[0] if fitting else None

    @property
    def amounts(self) -> list[tuple[Decimal, Ref | None]]:
        return [(piece.amount, piece.code) for piece in self.pieces]


def _work_on(refund: Refund, sale: Sale, settings: Settings, company: CompanyFacts, taken: Taken) -> _Work:
    rule = tax_rule(sale, _rates(refund, sale, company), company.tax_parts)
    return _Work(refund, sale, settings, company, taken, rule or TaxRule({}))


def _all_that_is_left(
    refund: Refund, sale: Sale, settings: Settings, company: CompanyFacts, taken: Taken
) -> CreditLines | Skip | None:
    """Every line with what is left of it, where that is what the refund gives back; else None."""
    if refund.value != sale.total - taken.total or refund.value <= 0:
        return None
    work = _work_on(refund, sale, settings, company, taken)
    pieces = []
    for line in work.sale_lines:
        amount, quantity = work.amount_left(line), work.quantity_left(line)
        if amount == 0 and (line.quantity is None or quantity <= 0):
            continue
        if (line.quantity is not None and quantity < 0) or line.item is None:
            return None
        whole = quantity if line.quantity is not None else None
        pieces.append(_Piece(line, whole, amount, line.sales_tax_code, line.desc))
    if not pieces:
        return None
    work.pieces = pieces
    tax = _tax_of_all(work)
    if tax is None:
        return None
    pieces = [_as_gift_card(work, piece) for piece in pieces]
    work.pieces = pieces if _all_came_back(work, pieces) else _split_by_return(work, pieces)
    stock_matters = settings.refund_item_restock or not settings.refund_item
    if stock_matters and any(not piece.restocked for piece in work.pieces) and _came_back_unknown(work):
        return None  # which of the goods came back, only the lines one by one can tell
    return _finished(work, subtotal=refund.value - tax, tax=tax)


def _tax_of_all(work: _Work) -> Decimal | None:
    """The tax of a memo over all that is left; None where QuickBooks would make it come to another total."""
    sale, taken, value = work.sale, work.taken, work.refund.value
    subtotal = sum((piece.amount for piece in work.pieces), ZERO)
    untouched = not (taken.total or taken.quantities or taken.amounts)
    if untouched and not rates_hold(sale, work.company.tax_rates, work.company.tax_parts):
        return None  # QuickBooks takes today's rates for the memo
    if untouched and sale.is_tax_included:
        return sale.tax if subtotal in (sale.total, sale.total - sale.tax) else None
    if untouched and value - subtotal == sale.tax:
        return sale.tax  # QuickBooks computes for the memo what it computed for the sale
    rule = tax_rule(sale, _rates(work.refund, sale, work.company), work.company.tax_parts)
    if rule is None:
        return None
    computed = rule.tax_on(work.amounts)
    return computed if subtotal + (ZERO if rule.inclusive else computed) == value else None


def _rates(refund: Refund, sale: Sale, company: CompanyFacts) -> Mapping[str, Decimal]:
    """A percentage for each tax code: the company's, else what the shop's own tax on the largest line of that code
    tells; whether they make the sale's tax is seen later."""
    if sale.tax_percentage:
        return {}
    told: dict[str, tuple[Decimal, Decimal]] = {}
    ordered = (RefundLine(o.line_id, o.sku, o.title, o.quantity, o.amount, o.tax) for o in refund.order.lines)
    for line in ordered:
        for sold in matching.candidates(flat_lines(sale.lines), line, company.item_of_sku):
            code = code_name(sold.sales_tax_code)
            told[code] = max(told.get(code, (ZERO, ZERO)), (line.amount, line.tax))
    rates = {code: simplest_rate(amount, tax) for code, (amount, tax) in told.items()}
    return {**{code: rate for code, rate in rates.items() if rate is not None}, **company.tax_rates}


def _split_by_return(work: _Work, pieces: Iterable[_Piece]) -> list[_Piece]:
    """The pieces with goods that came back into stock apart from those that did not."""
    returned = _returned(work)
    split = []
    for piece in pieces:
        quantity = piece.quantity or ZERO
        back = min(returned.get(piece.line.txn_line_id, ZERO), quantity) if piece.line is not None else ZERO
        if piece.setting or not work.moves_stock(piece.line) or back == quantity:
            split.append(piece)
        elif back <= 0 or (work.settings.refund_item and not work.settings.refund_item_restock):
            split.append(replace(piece, restocked=False))
        else:
            amounts = spread(piece.amount, [back, quantity - back])
            split.append(replace(piece, quantity=back, amount=amounts[0]))
            split.append(replace(piece, quantity=quantity - back, amount=amounts[1], restocked=False))
    return split


def _all_came_back(work: _Work, pieces: Sequence[_Piece]) -> bool:
    """Whether the goods that the shop says came back are all that is left of the sale's, whatever the shop calls them:
    as many units, for no less money."""
    lines = [line for line in work.refund.lines if line.quantity > 0]
    stock = [piece for piece in pieces if work.moves_stock(piece.line)]
    units = sum((piece.quantity or ZERO for piece in stock), ZERO)
    return (
        all(work.came_back(line) for line in lines)
        and sum((line.quantity for line in lines), ZERO) == units
        and sum((line.amount for line in lines), ZERO) >= sum((piece.amount for piece in stock), ZERO)
    )


def _came_back_unknown(work: _Work) -> bool:
    """Whether goods came back that no line of the sale can be."""
    return any(
        line.quantity > 0
        and work.came_back(line)
        and not work.candidates(line)
        and not matching.bundles(work.sale, line, work.company.item_of_sku)
        for line in work.refund.lines
    )


def _returned(work: _Work) -> dict[str, Decimal]:
    """How many of each line came back into stock, by TxnLineID."""
    if work.settings.restock is Restock.ALWAYS:
        return {line.txn_line_id: work.quantity_left(line) for line in work.sale_lines}
    found: dict[str, Decimal] = {}
    for line in work.refund.lines:
        if not work.came_back(line) or line.quantity <= 0:
            continue
        wanted = line.quantity
        for bundle in matching.bundles(work.sale, line, work.company.item_of_sku):
            units = min(wanted, bundle.quantity or Decimal(1))
            for part in flat_lines(bundle.parts):
                share = (part.quantity or ZERO) * units / (bundle.quantity or Decimal(1))
                found[part.txn_line_id] = found.get(part.txn_line_id, ZERO) + share
            wanted -= units
        for candidate in sorted(work.candidates(line), key=lambda c: _unlikeliness(work, c, line)):
            before = found.get(candidate.txn_line_id, ZERO)
            quantity = max(min(wanted, work.quantity_left(candidate) - before), ZERO)
            found[candidate.txn_line_id] = before + quantity
            wanted -= quantity
    return found


def _line_by_line(
    refund: Refund, sale: Sale, settings: Settings, company: CompanyFacts, taken: Taken
) -> CreditLines | Skip:
    rule = tax_rule(sale, _rates(refund, sale, company), company.tax_parts)
    if not rates_hold(sale, company.tax_rates, company.tax_parts):  # QuickBooks takes today's rates for the memo
        rule = TaxRule(company.tax_rates, sale.is_tax_included, Rounding.BY_CODE, company.tax_parts)
    if rule is None and sale.is_tax_included:
        return Skip("tax_included")
    if rule is None:
        return Skip(
            "tax_difference", {"quickbooks": "an unknown amount", "shop": str(refund.tax), "difference": "unknown"}
        )
    work = _Work(refund, sale, settings, company, taken, rule)
    for line in refund.lines:
        skip = _take_line(work, line)
        if skip is not None:
            return skip
    skip = _take_adjustments(work)
    if skip is not None:
        return skip
    _take_discount(work)
    by_lines = _take_tax_lines(work)
    subtotal = sum((piece.amount for piece in work.pieces), ZERO)
    wanted = refund.value if rule.inclusive else refund.value - refund.tax + by_lines
    if subtotal != wanted:  # each part was brought to what the shop says; a last look all the same
        return Skip("value_differs", {"quickbooks": str(subtotal), "shop": str(wanted)})
    if not work.pieces:
        return Skip("value_differs", {"quickbooks": "nothing", "shop": str(refund.value)})
    return _settle_tax(work, refund.tax - by_lines)


def _settle_tax(work: _Work, given: Decimal) -> CreditLines | Skip:
    """Brings QuickBooks' tax to what was given back as tax, as far as the two differ by rounding alone."""
    tax = work.rule.tax_on(work.amounts)
    difference = given - tax
    is_rounding = abs(difference) <= work.settings.rounding_limit
    if difference and not (is_rounding and (work.rule.inclusive or work.settings.rounding_item)):
        facts = {"quickbooks": str(tax), "shop": str(given), "difference": str(difference)}
        return Skip("tax_difference", facts)
    left = work.sale.tax - work.taken.tax
    # Tax within amounts is QuickBooks' own; what its rounding of parts makes too much, no line could put right.
    booked, tolerance = (tax, work.settings.rounding_limit) if work.rule.inclusive else (given, ZERO)
    if booked > max(left, ZERO) + tolerance:
        of_which = of_which_left(work.sale.tax, left, refunded_before=bool(work.taken.tax))
        return Skip("more_tax_than_sale", {"tax": str(booked), "total": str(work.sale.tax), "of_which": of_which})
    if work.rule.inclusive:
        subtotal = work.refund.value - tax
        return _finished(work, subtotal=subtotal, tax=tax, tax_of_shop=given if difference else None)
    if difference:
        code = work.code(bears_tax=False)
        work.pieces.append(_Piece(None, None, difference, code, "Sales tax rounding", "rounding_item"))
    subtotal = sum((piece.amount for piece in work.pieces), ZERO)
    return _finished(work, subtotal=subtotal, tax=tax, rounding=difference)


def _take_tax_lines(work: _Work) -> Decimal:
    """Tax that stands on a line of the sale goes back on that line; how much did."""
    lines = [line for line in work.tax_lines if work.amount_left(line) > 0]
    net = sum((work.amount_left(line) for line in work.tax_lines), ZERO)
    if work.rule.inclusive or not work.refund.tax or work.refund.tax > net:
        return ZERO
    taken = ZERO
    for line in lines:
        part = min(work.refund.tax - taken, work.amount_left(line))
        if part > 0:
            work.pieces.append(_piece_by_amount(work, line, part))
            taken += part
    return taken


def _take_line(work: _Work, line: RefundLine) -> Skip | None:
    """Takes one refunded line out of the sale's lines."""
    name = line.title or line.sku or line.line_id
    if line.quantity == 0:
        return _take_amount(work, line, name)
    bundles = matching.bundles(work.sale, line, work.company.item_of_sku)
    if bundles:
        return _take_bundle(work, bundles, line, name)
    candidates = work.candidates(line)
    if not candidates:
        return _take_unsold(work, line, name)
    wanted = line.quantity
    pieces: list[_Piece] = []
    for candidate in sorted(candidates, key=lambda c: _unlikeliness(work, c, line)):
        if wanted > 0 and candidate.quantity is None:
            amount = work.given(line) - sum((piece.amount for piece in pieces), ZERO)
            if amount > 0:
                pieces.append(_piece_by_amount(work, candidate, amount))
            wanted = ZERO
        quantity = min(wanted, work.quantity_left(candidate))
        if quantity > 0:
            pieces.append(_piece_of(work, candidate, quantity))
            work.use(candidate, quantity)
            wanted -= quantity
    if wanted > 0:
        total = sum((candidate.quantity or ZERO for candidate in candidates), ZERO)
        facts = {"quantity": _plain(line.quantity), "line": name, "total": _plain(total)}
        left = Decimal(_plain(line.quantity - wanted))
        return Skip("quantity_more_than_sale", facts | {"of_which": work.of_which_left(candidates, total, left)})
    return _settle_price(work, pieces, line, name)


def _take_unsold(work: _Work, line: RefundLine, name: str) -> Skip | None:
    """A line that no line of the sale can be: on the one item for all refunds, or on the item of the mapping."""
    code = work.code(bears_tax=bool(line.tax))
    piece = _Piece(None, line.quantity, work.given(line), code, name, restocked=work.came_back(line))
    if line.gift_card and work.settings.gift_card_item:
        work.pieces.append(replace(piece, setting="gift_card_item"))
        return None
    if work.settings.refund_item:
        work.pieces.append(replace(piece, setting="refund_item"))
        return None
    mapped = matching.mapped_item(work.company.item_of_sku, line.sku)
    if not mapped:
        return Skip("line_not_in_sale", {"line": name})
    if mapped not in work.company.items:
        return Skip("item_unknown", {"item": mapped, "setting": f"item mapping of {line.sku}"})
    work.pieces.append(replace(piece, item=work.company.items[mapped]))
    return None


def _plain(quantity: Decimal) -> str:
    return f"{quantity.normalize():f}"


def _take_amount(work: _Work, line: RefundLine, name: str) -> Skip | None:
    """Money given back for a line whose goods stay with the customer: it lowers the line, but credits no goods."""
    amount = work.given(line)
    if amount == 0:
        return None
    setting = _set(work.settings, "refund_item", "allowance_item")
    if not setting:
        return _needs_item(amount, name, "allowance_item")
    fitting = (c for c in work.candidates(line) if work.amount_left(c) >= amount)
    sold = next(fitting, None)
    code = work.code(bears_tax=bool(line.tax), like=sold)
    work.pieces.append(_Piece(sold, None, amount, code, name, setting))
    return None


def _set(settings: Settings, *keys: str) -> str:
    """The first of some settings that is not empty."""
    return next((key for key in keys if getattr(settings, key)), "")


def _needs_item(amount: Decimal, why: str, *settings: str) -> Skip:
    return Skip("adjustment_needs_item", {"amount": str(amount), "why": why, "settings": " or ".join(settings)})


def _settle_price(work: _Work, pieces: list[_Piece], line: RefundLine, name: str) -> Skip | None:
    """Brings what was sold to what was given back: a discount of the sale explains it, else the amount itself."""
    given = work.given(line)
    gross = sum((piece.amount for piece in pieces), ZERO)
    discount = min(gross - given, work.discount_left())
    if gross > given and discount > 0:
        work.discount += discount
        gross_wanted = given + discount
    else:
        gross_wanted = given
    if gross_wanted > gross:
        rounded_up = _rounded_up(work, pieces, gross_wanted - gross)
        if rounded_up is None:
            return Skip("value_differs", {"quickbooks": f"{gross} for {name}", "shop": str(given)})
        pieces = rounded_up
    elif gross_wanted < gross:
        amounts = spread(gross_wanted, [piece.amount for piece in pieces])
        pieces = [replace(piece, amount=amount) for piece, amount in zip(pieces, amounts, strict=True)]
    came_back = work.came_back(line)
    pieces = [replace(piece, restocked=came_back) for piece in pieces]
    work.pieces += [_as_gift_card(work, piece) if line.gift_card else piece for piece in pieces]
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


def _take_discount(work: _Work) -> None:
    """Undoes the sale's discount as far as the pieces were sold for less than their price."""
    deductions = [line for line in work.discounts if work.amount_left(line) < 0]
    if not work.discount:
        return
    parts = spread(work.discount, [-work.amount_left(line) for line in deductions])
    for line, part in zip(deductions, parts, strict=True):
        if part:
            work.pieces.append(_piece_by_amount(work, line, -part))


def _take_adjustments(work: _Work) -> Skip | None:
    """Shipping, tips, duties and fees go back on the sale's own lines, other amounts on the items of the settings."""
    for adjustment in work.refund.adjustments:
        amount = work.given(adjustment)
        if amount == 0:
            continue
        is_kind = adjustment.kind in matching.WORDS
        lines = work.lines_of_kind(adjustment.kind) if is_kind and amount > 0 else []
        if lines:
            skip = _take_from_lines(work, lines, amount, adjustment.kind)
        elif adjustment.kind is AdjustmentKind.SHIPPING and amount > 0:
            skip = Skip("shipping_not_in_sale", {"amount": str(amount)})
        else:
            skip = _take_on_item(work, adjustment, amount)
        if skip is not None:
            return skip
    return None


def _take_from_lines(work: _Work, lines: Sequence[SaleLine], amount: Decimal, kind: AdjustmentKind) -> Skip | None:
    left = sum((max(work.amount_left(line), ZERO) for line in lines), ZERO)
    if amount > left:
        total = sum((line.amount for line in lines), ZERO)
        facts = {"value": f"{amount} of {kind.value}", "sold": f"the {kind.value} of the sale", "total": str(total)}
        return Skip("more_than_sale", facts | {"of_which": work.of_which_left(lines, total, left)})
    for line in lines:
        part = min(amount, work.amount_left(line))
        if part > 0:
            work.pieces.append(_piece_by_amount(work, line, part))
            amount -= part
    return None


def _take_on_item(work: _Work, adjustment: Adjustment, amount: Decimal) -> Skip | None:
    """An amount on the item of its kind; where none is set, on the allowance item, which is said in a notice."""
    why = adjustment.reason or adjustment.kind.value
    wanted = KIND_SETTINGS.get(adjustment.kind, "allowance_item")
    setting = _set(work.settings, wanted, "allowance_item", "refund_item")
    if not setting:
        return _needs_item(amount, why, *dict.fromkeys((wanted, "allowance_item")))
    if setting != wanted and wanted != "allowance_item":
        work.fallbacks.append(Fallback(adjustment.kind, amount, wanted, getattr(work.settings, setting)))
    code = work.code(bears_tax=bool(adjustment.tax))
    work.pieces.append(_Piece(None, None, amount, code, why, setting))
    return None


def _finished(
    work: _Work,
    *,
    subtotal: Decimal,
    tax: Decimal,
    rounding: Decimal = ZERO,
    tax_of_shop: Decimal | None = None,
) -> CreditLines | Skip:
    """The pieces as lines of a CreditMemoAdd, each on the item that it belongs on."""
    settled = [_settled(work, piece) for piece in work.pieces]
    skip = _check_items(work, settled)
    if skip is not None:
        return skip
    shown = [piece for piece in settled if piece.amount or not _lies_on(piece, "no_restock_item")]
    lines = [_line_add(work, piece) for piece in shown]
    if work.settings.refund_item and work.settings.refund_item_restock:
        goods = (p for p in settled if p.restocked and work.moves_stock(p.line) and not _lies_on(p, "gift_card_item"))
        lines += [_goods_at_nothing(piece) for piece in goods]
    if not lines:
        return Skip("nothing_to_post")
    return CreditLines(
        lines=tuple(lines),
        shares=tuple(
            Share(
                piece.line.txn_line_id if piece.line is not None else "",
                piece.quantity if piece.quantity is not None else ZERO,
                piece.amount,
            )
            for piece in settled
        ),
        subtotal=subtotal,
        tax=tax,
        rounding=rounding,
        tax_of_shop=tax_of_shop,
        fallbacks=tuple(work.fallbacks),
        not_restocked=tuple(piece.desc for piece in settled if _lies_on(piece, "no_restock_item")),
        cut=any(len(piece.desc) > MAX_DESCRIPTION_CHARACTERS for piece in settled),
    )


def _as_gift_card(work: _Work, piece: _Piece) -> _Piece:
    """A gift card that was sold goes back on the item of gift cards, where one is set."""
    sold = piece.line is not None and piece.line.txn_line_id in work.gift_cards
    return replace(piece, setting="gift_card_item") if sold and work.settings.gift_card_item else piece


def _lies_on(piece: _Piece, setting: str) -> bool:
    return piece.setting == setting


def _settled(work: _Work, piece: _Piece) -> _Piece:
    """The piece on the item that takes its value: that of its line, the one for all refunds, or that for goods which
    did not come back."""
    if piece.setting:
        return piece
    if work.settings.refund_item:
        return replace(piece, setting="refund_item")
    is_goods = work.moves_stock(piece.line) or piece.item is not None
    if piece.restocked or not is_goods:
        return piece
    name = piece.desc or str(piece.item or (piece.line.item if piece.line is not None else ""))
    return replace(piece, setting="no_restock_item", desc=f"{_plain(piece.quantity or ZERO)} x {name}")


def _check_items(work: _Work, pieces: Iterable[_Piece]) -> Skip | None:
    """The items of the settings that the pieces need must be set and there."""
    for piece in pieces:
        if not piece.setting or (not piece.amount and _lies_on(piece, "no_restock_item")):
            continue
        item = getattr(work.settings, piece.setting)
        if not item:  # of all such settings only this one may still be empty here
            return Skip("restock_needs_item", {"line": piece.desc, "amount": str(piece.amount)})
        if item not in work.company.items:
            return Skip("item_unknown", {"item": item, "setting": piece.setting})
    return None


def _line_add(work: _Work, piece: _Piece) -> CreditMemoLineAdd:
    sold = piece.line
    desc = description(piece.desc)
    if piece.setting or sold is None:
        item = piece.item if not piece.setting else work.company.items[getattr(work.settings, piece.setting)]
        return CreditMemoLineAdd(
            item_ref=item,
            desc=desc,
            quantity=piece.quantity if not piece.setting else None,
            class_ref=sold.class_ref if sold is not None else None,
            amount=piece.amount,
            sales_tax_code_ref=piece.code,
        )
    unchanged = (
        piece.quantity is not None and sold.rate is not None and cents(piece.quantity * sold.rate) == piece.amount
    )
    return replace(
        _goods(sold, piece.quantity),
        desc=desc,
        rate=sold.rate if unchanged else None,
        amount=piece.amount,
        sales_tax_code_ref=piece.code,
    )


def _goods_at_nothing(piece: _Piece) -> CreditMemoLineAdd:
    """Goods whose value stands on the refund item: at 0.00, so that stock and cost of goods are right."""
    if piece.line is None:
        raise ValueError("goods that no line of the sale sold have no item to come back as")
    return replace(_goods(piece.line, piece.quantity), rate=ZERO, amount=ZERO)


def _goods(sold: SaleLine, quantity: Decimal | None) -> CreditMemoLineAdd:
    """So many of the goods of a line, with all that the line says of them but their price."""
    all_of_it = quantity == sold.quantity  # which of several serial numbers came back is not known
    return CreditMemoLineAdd(
        item_ref=sold.item,
        desc=description(sold.desc),
        quantity=quantity,
        unit_of_measure=(sold.unit_of_measure or None) if quantity is not None else None,
        class_ref=sold.class_ref,
        inventory_site_ref=sold.inventory_site,
        inventory_site_location_ref=sold.inventory_site_location,
        serial_number=(sold.serial_number or None) if all_of_it else None,
        lot_number=(sold.lot_number or None) if not sold.serial_number else None,
        sales_tax_code_ref=sold.sales_tax_code,
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
        gross < work.given(line),
        gross,
    )


def _take_bundle(work: _Work, bundles: Sequence[SaleLine], line: RefundLine, name: str) -> Skip | None:
    """So many of a bundle go back as so much of each of its parts; a bundle that holds all of them comes first."""
    wanted = line.quantity
    pieces: list[_Piece] = []
    for bundle in sorted(bundles, key=lambda bundle: _bundles_left(work, bundle) < line.quantity):
        units = min(wanted, _bundles_left(work, bundle))
        if units <= 0:
            continue
        found = _parts_of(work, bundle, units)
        if found is None:
            return Skip("bundle_in_part", {"line": name})
        pieces += found
        wanted -= units
    if wanted > 0:
        return Skip("bundle_in_part", {"line": name})
    return _settle_price(work, pieces, line, name)


def _bundles_left(work: _Work, bundle: SaleLine) -> Decimal:
    """How many of a bundle are left, by the part of which the fewest are; none where a price of it was lowered."""
    whole = bundle.quantity or Decimal(1)
    left = whole
    for part in flat_lines(bundle.parts):
        if part.quantity:
            left = min(left, work.quantity_left(part) * whole / part.quantity)
        elif part.amount and work.amount_left(part) != part.amount:
            left = min(left, cents(work.amount_left(part) * whole / part.amount))
    return max(left, ZERO)


def _parts_of(work: _Work, bundle: SaleLine, units: Decimal) -> list[_Piece] | None:
    """The parts of so many bundles; None where a part would be a fraction that QuickBooks can't keep."""
    whole = bundle.quantity or Decimal(1)
    pieces = []
    for part in flat_lines(bundle.parts):
        if part.item is None and part.amount == 0:
            continue
        if part.quantity is None:
            amount = cents(part.amount * units / whole)
            pieces.append(_Piece(part, None, amount, part.sales_tax_code, part.desc))
            continue
        quantity = part.quantity * units / whole
        if quantity != quantity.quantize(Decimal(1).scaleb(-QUANTITY_DECIMALS)):
            return None
        pieces.append(_piece_of(work, part, quantity))
        work.use(part, quantity)
    return pieces
