"""What of a refund reaches the books, as one short text: two tellings of a refund that would be entered alike have the
same, by whichever door they came in."""

from __future__ import annotations

import hashlib
import json
from datetime import timezone
from decimal import Decimal

from qbwc_server.refunds.model import ZERO, Refund
from qbwc_server.refunds.naming import order_ref_number


def fingerprint(refund: Refund) -> str:
    """Ids, titles beside an SKU, notes and the order around it are left out: doors tell them differently."""
    lines = sorted(
        [line.sku or line.title, *map(_figure, (line.quantity, line.amount, line.tax)), line.restocked, line.gift_card]
        for line in refund.lines
    )
    adjustments = sorted([a.kind.value, _figure(a.amount), _figure(a.tax)] for a in refund.adjustments)
    money: dict[tuple[str, bool], Decimal] = {}
    for item in refund.money:
        money[item.gateway, item.store_credit] = money.get((item.gateway, item.store_credit), ZERO) + item.amount
    paid = sorted([gateway, credit, _figure(amount)] for (gateway, credit), amount in money.items())
    at = refund.created_at.astimezone(timezone.utc).replace(microsecond=0).isoformat()
    exchanged = sorted(
        [line.sku or line.title, _figure(line.quantity), _figure(line.amount)] for line in refund.exchanged_for
    )
    told = [
        *(order_ref_number(refund.order.number), at, refund.currency, lines, adjustments, paid),
        *(_figure(refund.channel_tax), exchanged),
    ]
    return hashlib.sha256(json.dumps(told, ensure_ascii=True).encode()).hexdigest()


def is_withdrawn(refund: Refund) -> bool:
    """Whether the shop tells of nothing any more: that is how it takes a refund back."""
    return not (refund.lines or refund.adjustments or refund.money)


def _figure(value: Decimal) -> str:
    """The same for 1 and 1.00.

    >>> _figure(Decimal("1.50")), _figure(Decimal("100"))
    ('1.5', '100')
    """
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
