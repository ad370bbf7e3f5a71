"""Sales tax as QuickBooks (US) computes it: a percentage of the taxable lines together, rounded half up to the cent."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from itertools import combinations

from qbwc_server.refunds.model import ZERO
from qbwc_server.refunds.sale import Sale, SaleLine
from qbxml import Ref, cents

MAX_CODES_TRIED = 6  # distinct sales tax codes on one sale; more than that is not worked out
_ROUNDING_OF_GROUPS = Decimal("0.02")  # QuickBooks rounds each tax of a group by itself


def code_name(code: Ref | None) -> str:
    """The code's name, or its ID; empty where the line has none."""
    return "" if code is None else (code.full_name or code.list_id or "")


def flat_lines(lines: Iterable[SaleLine]) -> tuple[SaleLine, ...]:
    """The lines with each bundle taken apart."""
    return tuple(part for line in lines for part in (flat_lines(line.parts) if line.is_group else (line,)))


def booked_lines(sale: Sale) -> tuple[SaleLine, ...]:
    """The flat lines that make up the sale's subtotal: a line on a subtotal item repeats those above it and books
    nothing, so it is left out."""
    lines = flat_lines(sale.lines)
    if sum((line.amount for line in lines), ZERO) == sale.subtotal:
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
    return tuple(booked) if everything == sale.subtotal else lines


def taxed_codes(sale: Sale) -> frozenset[str] | None:
    """Which of the sale's tax codes bore tax, worked out from its own tax; None where none fits.

    QuickBooks' answer names a code but not whether it is taxable, and companies make their own codes. The sale itself
    shows it: only the right set of codes makes its percentage come to its tax.
    """
    lines = booked_lines(sale)
    codes = sorted({code_name(line.sales_tax_code) for line in lines} - {""})
    if len(codes) > MAX_CODES_TRIED:
        return None
    candidates = [frozenset(chosen) for size in range(len(codes) + 1) for chosen in combinations(codes, size)]
    differences = {chosen: abs(_tax(lines, chosen, sale.tax_percentage) - sale.tax) for chosen in candidates}
    best = min(candidates, key=lambda chosen: (differences[chosen], "Tax" not in chosen, len(chosen)))
    return best if differences[best] <= _ROUNDING_OF_GROUPS else None


def tax_on(amounts: Iterable[tuple[Decimal, Ref | None]], taxed: frozenset[str], percentage: Decimal) -> Decimal:
    """The tax that QuickBooks puts on amounts with their codes."""
    base = sum((amount for amount, code in amounts if code_name(code) in taxed), ZERO)
    return cents(base * percentage / 100)


def _tax(lines: tuple[SaleLine, ...], taxed: frozenset[str], percentage: Decimal) -> Decimal:
    return tax_on(((line.amount, line.sales_tax_code) for line in lines), taxed, percentage)
