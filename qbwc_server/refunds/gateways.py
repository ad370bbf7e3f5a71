"""What the payment gateways of the shop are in the books: kept per connection, where the settings say too little."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from qbwc_server.refunds.settings import RefundMethod


@dataclass(frozen=True)
class Gateway:
    """How refunds through one gateway are paid out, as far as it is another way than that of the settings."""

    account: str = ""  # full name, from which they are drawn; empty: as the settings have it
    payment_method: str = ""  # of card refunds; empty: as the settings have it
    refund_method: RefundMethod | None = None  # None: as the settings have it


AS_THE_SETTINGS_SAY = Gateway()


def gateway_key(name: str) -> str:
    """By which gateways are compared: the same whatever the case.

    >>> gateway_key(" PayPal ")
    'paypal'
    """
    return name.strip().casefold()


def gateway_named(gateways: Mapping[str, Gateway], name: str) -> Gateway:
    """What is mapped for a gateway of the shop; `gateways` are by `gateway_key`."""
    return gateways.get(gateway_key(name), AS_THE_SETTINGS_SAY)
