"""Sales tax as QuickBooks computes it, worked out from what the sale itself shows.

US: one percentage on the taxable lines together, rounded half up to the cent. UK, Canada, Australia: a rate for each
sales tax code, on amounts that may have the tax in them. How QuickBooks rounds there (by code or by line) no source
tells, so the way that makes the sale's own tax is taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from itertools import combinations

from qbwc_server.refunds.model import ZERO
from qbwc_server.refunds.sale import Sale, SaleLine
from qbxml import Ref, cents

MAX_CODES_TRIED = 6  # distinct sales tax codes on one sale; more than that is not worked out
MAX_RATE_DECIMALS = 3  # of a percentage that is told from a sale
_ROUNDING_OF_GROUPS = Decimal("0.02")  # QuickBooks rounds each tax of a group by itself


class Rounding(Enum):
    """Over what the tax is rounded to the cent."""

    TOGETHER = "together"  # all lines of a rate
    BY_CODE = "by code"
    BY_LINE = "by line"


@dataclass(frozen=True)
class TaxRule:
    """How QuickBooks works out the tax of a sale and of what is taken back of it."""

    rates: Mapping[str, Decimal]  # percent, by the name of a sales tax code; one that is not there bears no tax
    inclusive: bool = False  # the amounts of the lines have the tax in them
    rounding: Rounding = Rounding.TOGETHER
    parts: Mapping[str, tuple[Decimal, ...]] = field(default_factory=dict)  # of a rate that is made of several taxes

    def bears_tax(self, code: Ref | None) -> bool:
        """Whether a line with this code is taxed."""
        return bool(self.rates.get(code_name(code)))

    def tax_on(self, amounts: Iterable[tuple[Decimal, Ref | None]]) -> Decimal:
        """The tax on amounts with their codes, or in them."""
        bases: dict[tuple[object, tuple[Decimal, ...]], Decimal] = {}
        for index, (amount, code) in enumerate(amounts):
            rate = self.rates.get(code_name(code), ZERO)
            groups = {Rounding.TOGETHER: "", Rounding.BY_CODE: code_name(code), Rounding.BY_LINE: index}
            key = (groups[self.rounding], self.parts.get(code_name(code), (rate,)))
            bases[key] = bases.get(key, ZERO) + amount
        return sum((_taxes(base, parts, inclusive=self.inclusive) for (_, parts), base in bases.items()), ZERO)


def tax_rule(
    sale: Sale, rates: Mapping[str, Decimal], parts: Mapping[str, tuple[Decimal, ...]] | None = None
) -> TaxRule | None:
    """How the tax of a sale is worked out; None where nothing makes the tax that it has.

    `rates` are those of the company's sales tax codes, where codes have rates of their own, and `parts` those of the
    several taxes of which such a rate is made; each of them is rounded by itself.
    """
    lines = booked_lines(sale)
    if sale.is_tax_included:
        gross = sum((line.amount for line in lines), ZERO)
        return _rule_by_codes(sale, lines, rates, parts or {}, inclusive=True) if gross == sale.total else None
    if sale.tax and not sale.tax_percentage and sale.sales_tax_item is None:
        return _rule_by_codes(sale, lines, rates, parts or {}, inclusive=False)
    taxed = taxed_codes(sale)
    return TaxRule(dict.fromkeys(taxed, sale.tax_percentage)) if taxed is not None else None


def rates_hold(sale: Sale, rates: Mapping[str, Decimal], parts: Mapping[str, tuple[Decimal, ...]]) -> bool:
    """Whether today's rates of the company's tax codes make the tax of a sale; also where they can't be told."""
    lines = booked_lines(sale)
    codes = {code_name(line.sales_tax_code) for line in lines if line.amount}
    if not sale.tax or sale.tax_percentage or sale.sales_tax_item is not None or not codes <= rates.keys():
        return True
    rules = [TaxRule(rates, sale.is_tax_included, way, parts) for way in (Rounding.BY_CODE, Rounding.BY_LINE)]
    return min(abs(_tax_of(lines, rule) - sale.tax) for rule in rules) <= _ROUNDING_OF_GROUPS


def simplest_rate(net: Decimal, tax: Decimal) -> Decimal | None:
    """The percentage with the fewest decimals that makes a tax on an amount, and within the two together.

    >>> simplest_rate(Decimal("8.34"), Decimal("1.67"))
    Decimal('20')
    """
    if net <= 0 or tax < 0:
        return None
    for decimals in range(MAX_RATE_DECIMALS + 1):
        rate = (tax * 100 / net).quantize(Decimal(1).scaleb(-decimals))
        if tax in (_tax(net, rate, inclusive=False), _tax(net + tax, rate, inclusive=True)):
            return rate
    return None


def code_name(code: Ref | None) -> str:
    """The code's name, or its ID; empty where the line has none."""
    return "" if code is None else (code.full_name or code.list_id or "")


def flat_lines(lines: Iterable[SaleLine]) -> tuple[SaleLine, ...]:
    """The lines with each bundle taken apart."""
    return tuple(part for line in lines for part in (flat_lines(line.parts) if line.is_group else (line,)))


def booked_lines(sale: Sale) -> tuple[SaleLine, ...]:
    """The flat lines that make up the sale: a line on a subtotal item repeats those above it and books nothing, so it
    is left out."""
    wanted = {sale.subtotal, sale.total} if sale.is_tax_included else {sale.subtotal}
    lines = flat_lines(sale.lines)
    if sum((line.amount for line in lines), ZERO) in wanted:
        return lines
    booked: list[SaleLine] = []
    above = everything = ZERO
    for line in lines:
        bare = line.quantity is None and line.rate is None and line.rate_percent is None
        if bare and booked and line.amount in (above, everything) and line.amount:
            above = ZERO
            continue
        booked.append(line)
        above += line.amount
        everything += line.amount
    return tuple(booked) if everything in wanted else lines


def taxed_codes(sale: Sale) -> frozenset[str] | None:
    """Which of the sale's tax codes bore tax, worked out from its own tax; None where none fits.

    QuickBooks' answer names a code but not whether it is taxable, and companies make their own codes. The sale itself
    shows it: only the right set of codes makes its percentage come to its tax.
    """
    lines = booked_lines(sale)
    codes = sorted({code_name(line.sales_tax_code) for line in lines} - {""})
    if len(codes) > MAX_CODES_TRIED:
        return None
    sets = [frozenset(chosen) for size in range(len(codes) + 1) for chosen in combinations(codes, size)]
    differences = {
        chosen: abs(_tax_of(lines, TaxRule(dict.fromkeys(chosen, sale.tax_percentage))) - sale.tax) for chosen in sets
    }
    best = min(sets, key=lambda chosen: (differences[chosen], "Tax" not in chosen, len(chosen)))
    return best if differences[best] <= _ROUNDING_OF_GROUPS else None


def _rule_by_codes(
    sale: Sale,
    lines: tuple[SaleLine, ...],
    rates: Mapping[str, Decimal],
    parts: Mapping[str, tuple[Decimal, ...]],
    *,
    inclusive: bool,
) -> TaxRule | None:
    """A rate for each code: the company's, else the one that the sale's tax tells where a single code bears it."""
    codes = {code_name(line.sales_tax_code) for line in lines if line.amount}
    if not sale.tax:
        return TaxRule({}, inclusive)
    found = [{code: rates[code] for code in codes}] if codes <= rates.keys() else []
    only = simplest_rate(sale.total - sale.tax, sale.tax) if len(codes) == 1 else None
    if only is not None:
        found.append(dict.fromkeys(codes, only))
    rules = [
        TaxRule(known, inclusive, rounding, {c: p for c, p in parts.items() if sum(p, ZERO) == known.get(c)})
        for known in found
        for rounding in (Rounding.BY_CODE, Rounding.BY_LINE)
    ]
    if not rules:
        return None
    best = min(rules, key=lambda rule: abs(_tax_of(lines, rule) - sale.tax))
    return best if abs(_tax_of(lines, best) - sale.tax) <= _ROUNDING_OF_GROUPS else None


def _tax_of(lines: Iterable[SaleLine], rule: TaxRule) -> Decimal:
    return rule.tax_on((line.amount, line.sales_tax_code) for line in lines)


def _taxes(base: Decimal, rates: tuple[Decimal, ...], *, inclusive: bool) -> Decimal:
    """Several taxes on, or in, the same amount, each rounded by itself."""
    if not inclusive or len(rates) == 1:
        return sum((_tax(base, rate, inclusive=inclusive) for rate in rates), ZERO)
    together = 100 + sum(rates, ZERO)
    return sum((cents(base * rate / together) for rate in rates), ZERO)


def _tax(base: Decimal, rate: Decimal, *, inclusive: bool) -> Decimal:
    return cents(base * rate / (100 + rate) if inclusive else base * rate / 100)
