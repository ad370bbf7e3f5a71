"""QuickBooks' numbers: amounts of two decimals, prices, percents and quantities of up to five (FACTS.md 1)."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

ZERO = Decimal("0.00")
CENT = Decimal("0.01")
#: Prices and quantities are kept to five decimals.
FIFTH = Decimal("0.00001")


def to_cent(value: Decimal) -> Decimal:
    """Rounded to the cent, half away from zero.

    >>> to_cent(Decimal("-1.005"))
    Decimal('-1.01')
    """
    rounded = value.quantize(CENT, ROUND_HALF_UP)
    return rounded if rounded else ZERO


def amount_text(value: Decimal) -> str:
    """AMTTYPE: two decimals always."""
    return f"{to_cent(value):f}"


def price_text(value: Decimal) -> str:
    """PRICETYPE and PERCENTTYPE: two decimals, more only where they are needed.

    >>> price_text(Decimal("33.33333")), price_text(Decimal("5"))
    ('33.33333', '5.00')
    """
    kept = value.quantize(FIFTH, ROUND_HALF_UP).normalize()
    exponent = kept.as_tuple().exponent
    return f"{kept:f}" if isinstance(exponent, int) and exponent < -2 else f"{kept:.2f}"


def rate_text(value: Decimal) -> str:
    """FLOATTYPE, of exchange rates: no decimals that say nothing.

    >>> rate_text(Decimal("1.250")), rate_text(Decimal("1"))
    ('1.25', '1')
    """
    return f"{value.normalize():f}"


def quantity_text(value: Decimal) -> str:
    """QUANTYPE: no decimals that say nothing.

    >>> quantity_text(Decimal("2.500")), quantity_text(Decimal("10"))
    ('2.5', '10')
    """
    return f"{value.quantize(FIFTH, ROUND_HALF_UP).normalize():f}"


def boolean_text(value: bool) -> str:
    """BOOLTYPE as QuickBooks writes it."""
    return "true" if value else "false"
