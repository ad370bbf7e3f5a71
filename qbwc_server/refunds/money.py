"""Splitting amounts so that the parts always come to the whole."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_DOWN, Decimal

from qbwc_server.refunds.model import ZERO

_CENT = Decimal("0.01")


def spread(amount: Decimal, weights: Sequence[Decimal]) -> tuple[Decimal, ...]:
    """An amount split in proportion to the weights, to the cent; what rounding leaves goes to the largest remainders.

    >>> spread(Decimal("10.00"), [Decimal(1), Decimal(1), Decimal(1)])
    (Decimal('3.34'), Decimal('3.33'), Decimal('3.33'))
    """
    total = sum(weights, ZERO)
    if not weights or total == 0:
        raise ValueError("there is nothing to split over: the weights come to nothing")
    exact = [amount * weight / total for weight in weights]
    parts = [share.quantize(_CENT, rounding=ROUND_DOWN) for share in exact]
    left = int((amount - sum(parts, ZERO)) / _CENT)
    by_remainder = sorted(range(len(parts)), key=lambda i: abs(exact[i] - parts[i]), reverse=True)
    for index in by_remainder[: abs(left)]:
        parts[index] += _CENT if left > 0 else -_CENT
    return tuple(parts)
