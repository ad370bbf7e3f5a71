"""Parts of an amount, to the cent, whose sum is the whole."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from qbwc_server.refunds.model import ZERO


def share(whole: Decimal, start: Decimal, count: Decimal, of: Decimal) -> Decimal:
    """What `count` units are worth of `of` units worth `whole`, when `start` units were given back before them.

    The worth of the first n units is rounded half up, and a share is the difference of two such: so shares that follow
    each other always sum to the whole, and a share is never more than a cent off.

    >>> [share(Decimal("10.00"), Decimal(start), Decimal(1), Decimal(3)) for start in range(3)]
    [Decimal('3.33'), Decimal('3.34'), Decimal('3.33')]
    """
    if of == 0:
        return ZERO
    return _worth_of_first(whole, start + count, of) - _worth_of_first(whole, start, of)


def _worth_of_first(whole: Decimal, count: Decimal, of: Decimal) -> Decimal:
    return (whole * count / of).quantize(ZERO, rounding=ROUND_HALF_UP)
