"""The names that a refund's documents carry: the same at every try, on every installation, whoever computes them.

They come from the document's identity alone (source, shop, refund, role, part, generation) and from nothing local:
that is what lets a document be recognised in QuickBooks, and what makes a second copy of it impossible to overlook.
"""

from __future__ import annotations

import base64
import hashlib
import uuid
from enum import Enum

from qbwc_server.refunds.model import Refund

REF_NUMBER_CHARACTERS = 11  # of credit memos, checks and card refunds (FACTS.md 1)

_NAMESPACE = uuid.UUID("6f1c9a52-6d0e-5d53-9f3c-1f2f7a7d4c10")
_SEPARATOR = "\x1f"


class Role(Enum):
    """What a document is to its refund."""

    MEMO = "memo"
    PAYOUT = "payout"
    APPLICATION = "application"
    CLOSING = "closing"  # of a sales order; a change, not a transaction of its own


def external_guid(refund: Refund, role: Role, part: int, generation: int) -> str:
    """The ExternalGUID of a document, in braces."""
    identity = _SEPARATOR.join((refund.source, refund.shop, refund.external_id, role.value, str(part), str(generation)))
    return "{" + str(uuid.uuid5(_NAMESPACE, identity)).upper() + "}"


def macro(refund: Refund, role: Role, part: int, generation: int) -> str:
    """The macro that stands for a document's TxnID within its session."""
    return "TxnID:" + external_guid(refund, role, part, generation).strip("{}").replace("-", "")[:20]


def order_ref_number(order_number: str) -> str:
    """The RefNumber under which an order is looked for.

    >>> order_ref_number(" #1001 ")
    '1001'
    """
    return order_number.strip().removeprefix("#").strip()


def ref_number(refund: Refund) -> str:
    """The RefNumber of a refund's memo and payouts, never that of the sale.

    The order number, a dash and three characters of the refund's key; where that is too long, R and ten of them.
    """
    key = _key(refund)
    short = f"{order_ref_number(refund.order.number)}-{key[:3]}"
    if len(short) <= REF_NUMBER_CHARACTERS and short.isascii() and short.isprintable():
        return short
    return "R" + key[:10]


def memo_text(refund: Refund, *, gateway: str = "", transaction_id: str = "") -> str:
    """The Memo field: order, refund, gateway and the shop's transaction, for whoever reads the books."""
    parts = [f"Refund {refund.external_id} of order {order_ref_number(refund.order.number)} ({refund.source})"]
    if gateway:
        parts.append(f"gateway {gateway}")
    if transaction_id:
        parts.append(f"transaction {transaction_id}")
    return "".join(character if character.isprintable() else " " for character in ", ".join(parts))


def _key(refund: Refund) -> str:
    identity = _SEPARATOR.join((refund.source, refund.shop, refund.external_id))
    return base64.b32encode(hashlib.sha256(identity.encode()).digest()).decode("ascii")
