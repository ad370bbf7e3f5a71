"""The names that a refund's documents carry: the same at every try, on every installation, whoever computes them.

They come from the document's identity alone (source, shop, refund, role, part, generation) and from nothing local:
that is what lets a document be recognised in QuickBooks, and what makes a second copy of it impossible to overlook.
"""

from __future__ import annotations

import base64
import hashlib
import re
import uuid
from enum import Enum

from qbwc_server.refunds.model import Refund

REF_NUMBER_CHARACTERS = 11  # of credit memos, checks and card refunds (FACTS.md 1)

MAX_NAME_CHARACTERS = 800  # of each name within a Memo, so that all five of them fit its 4095

_OUR_MEMO = re.compile(r"(VOID: ?)?Refund .+ of order .+ \(.+\)", re.DOTALL)  # as memo_text writes it
_NAMESPACE = uuid.UUID("6f1c9a52-6d0e-5d53-9f3c-1f2f7a7d4c10")
_SEPARATOR = "\x1f"
_ESCAPES = str.maketrans({"\x1e": "\x1e0", "\x1f": "\x1e1"})  # a separator within a name is not one


class Role(Enum):
    """What a document is to its refund."""

    MEMO = "memo"
    PAYOUT = "payout"
    APPLICATION = "application"
    PAYMENT = "payment"  # received on an invoice that QuickBooks has as unpaid, before its refund
    CLOSING = "closing"  # of a sales order; a change, not a transaction of its own
    VOIDING = "voiding"  # of an unpaid invoice; a change likewise
    SALE = "sale"  # the order itself, where QuickBooks did not have it
    SALE_PAYMENT = "sale_payment"  # received on an order that was created as an invoice


CHANGES = frozenset({Role.CLOSING, Role.VOIDING})  # of a sale that stands there: they enter nothing and can't be undone
OF_THE_ORDER = (Role.SALE, Role.SALE_PAYMENT)
"""What is entered for the order, once for all of its refunds, and stays when one of them is undone."""


def external_guid(refund: Refund, role: Role, part: int, generation: int) -> str:
    """The ExternalGUID of a document, in braces."""
    return _guid(_identity(refund.source, refund.shop, refund.external_id, role.value, str(part), str(generation)))


def macro(refund: Refund, role: Role, part: int, generation: int) -> str:
    """The macro that stands for a document's TxnID within its session."""
    return macro_of(external_guid(refund, role, part, generation))


def order_guid(refund: Refund, role: Role) -> str:
    """The ExternalGUID, in braces, of what is entered for a refund's order: the same for all refunds of the order."""
    return _guid(_identity("order", refund.source, refund.shop, refund.order.order_id, role.value))


def macro_of(guid: str) -> str:
    """The macro that stands for the TxnID of the document with this ExternalGUID within its session."""
    return "TxnID:" + guid.strip("{}").replace("-", "")[:20]


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
    characters = key(refund)
    number = order_ref_number(refund.order.number)
    short = f"{number}-{characters[:3]}"
    if number and len(short) <= REF_NUMBER_CHARACTERS and short.isascii() and short.isprintable():
        return short
    return "R" + characters[:10]


def memo_text(refund: Refund, *, gateway: str = "", transaction_id: str = "") -> str:
    """The Memo field: order, refund, gateway and the shop's transaction, for whoever reads the books.

    Each name is cut to MAX_NAME_CHARACTERS, and what can't be printed becomes a space.
    """
    number = order_ref_number(refund.order.number)
    parts = [f"Refund {_name(refund.external_id)} of order {_name(number)} ({_name(refund.source)})"]
    if gateway:
        parts.append(f"gateway {_name(gateway)}")
    if transaction_id:
        parts.append(f"transaction {_name(transaction_id)}")
    return ", ".join(parts)


def order_memo_text(refund: Refund) -> str:
    """The Memo field of an order that is created, for whoever reads the books."""
    number = _name(order_ref_number(refund.order.number))
    return f"Order {number} ({_name(refund.source)}), created by Connex for its refund {_name(refund.external_id)}"


def memo_text_is_cut(refund: Refund) -> bool:
    """Whether a name of the refund is too long to stand in full in the Memo field."""
    names = [refund.external_id, order_ref_number(refund.order.number), refund.source]
    for gateway in {money.gateway for money in refund.money}:
        names += [gateway, " ".join(money.transaction_id for money in refund.money if money.gateway == gateway)]
    return any(len(name) > MAX_NAME_CHARACTERS for name in names)


def is_our_memo(text: str) -> bool:
    """Whether a Memo field is one that we write.

    >>> is_our_memo("Refund 901 of order 1001 (shopify)"), is_our_memo("Refund for Ann")
    (True, False)
    """
    return _OUR_MEMO.match(text) is not None


def key(refund: Refund) -> str:
    """Letters and digits that stand for a refund and no other."""
    identity = _identity(refund.source, refund.shop, refund.external_id)
    return base64.b32encode(hashlib.sha256(identity.encode()).digest()).decode("ascii")


def mentions(text: str, number: str) -> bool:
    """Whether a text has an order's number as a word of its own.

    >>> mentions("deposit for #1001", "1001"), mentions("10014", "1001"), mentions("1001-A", "1001")
    (True, False, False)
    """
    if not number:
        return False
    word = re.compile(rf"(?<![\w.-])#?{re.escape(number)}(?![\w-])", re.IGNORECASE)
    return word.search(text) is not None


def _guid(identity: str) -> str:
    return "{" + str(uuid.uuid5(_NAMESPACE, identity)).upper() + "}"


def _name(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text[:MAX_NAME_CHARACTERS])


def _identity(*names: str) -> str:
    """Different for different names, and writable as UTF-8 whatever they hold."""
    joined = _SEPARATOR.join(name.translate(_ESCAPES) for name in names)
    return joined.encode("utf-8", "backslashreplace").decode("utf-8")
