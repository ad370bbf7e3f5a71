"""Shopify's amounts: each stands plainly and once more in a set, by currency. The books are in the shop's currency."""

from __future__ import annotations

from decimal import Decimal

from qbwc_server.refunds.model import ZERO
from qbwc_server.sources import checks
from qbwc_server.sources.fields import Record
from qbwc_server.sources.reading import RecordRefused


def shop_amount(record: Record, name: str, currency: str) -> Decimal:
    """The amount `name` in the shop's currency: from its set where there is one, else as it stands.

    Raises RecordRefused where it is missing or in another currency.
    """
    amount = optional_shop_amount(record, name, currency)
    if amount is None:
        raise RecordRefused(record.at(name), "is missing")
    return amount


def optional_shop_amount(record: Record, name: str, currency: str) -> Decimal | None:
    """As shop_amount, None where the amount is missing."""
    money_set = record.record(f"{name}_set")
    shop_money = money_set.record("shop_money") if money_set else None
    if shop_money is not None:
        stated = shop_money.data.get("currency_code", shop_money.data.get("currency", currency))
        if stated != currency:
            raise RecordRefused(
                shop_money.at("currency_code"), f"is {checks.shown(stated)}, but the order's currency is {currency}"
            )
        return shop_money.amount("amount")
    return record.amount(name) if record.has(name) else None


def tax_of(record: Record, currency: str) -> Decimal:
    """The sum of a line's `tax_lines`."""
    return sum((shop_amount(line, "price", currency) for line in record.records("tax_lines")), ZERO)


def channel_tax_of(record: Record, currency: str) -> Decimal:
    """The part of a line's tax that the sales channel (a marketplace) collects and pays itself."""
    liable = (line for line in record.records("tax_lines") if line.flag("channel_liable", missing=False))
    return sum((shop_amount(line, "price", currency) for line in liable), ZERO)


def discount_of(record: Record, currency: str) -> Decimal:
    """What discounts took off a line: the parts of all discounts allotted to it, else its own `total_discount`."""
    allotted = record.records("discount_allocations")
    if allotted:
        return sum((shop_amount(part, "amount", currency) for part in allotted), ZERO)
    return optional_shop_amount(record, "total_discount", currency) or ZERO
