"""The keys under which a refund is searched for: what a person types and what the shop sent, brought to one form."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

from qbwc_server.store.types import MAX_KEY_CHARACTERS

LAST = chr(0x10FFFF)  # after every text that begins like the one before it


def search_key(text: str) -> str:
    """A text as it is compared: composed, without case, with single spaces.

    >>> search_key("  JO   Bloggs ")
    'jo bloggs'
    """
    plain = unicodedata.normalize("NFC", text.replace("\x00", " ")).casefold()
    return " ".join(plain.split())[:MAX_KEY_CHARACTERS]


def order_key(number: str) -> str:
    """An order's number as it is searched for, without its leading '#'."""
    return search_key(number.strip().removeprefix("#"))


def customer_keys(name: str) -> tuple[str, str]:
    """A customer's name as it is searched for: as it is, and with the last name first.

    >>> customer_keys("Jo van Bloggs")
    ('jo van bloggs', 'bloggs jo van')
    """
    key = search_key(name)
    rest, _, last = key.rpartition(" ")
    return key, f"{last} {rest}".strip()


def customer_name(payload: Mapping[str, Any]) -> str:
    """The customer's name in a stored refund; empty where it tells none."""
    order = payload.get("order")
    name = order.get("customer_name") if isinstance(order, Mapping) else None
    return name if isinstance(name, str) else ""
