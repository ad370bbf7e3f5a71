"""Currencies as QuickBooks names them, and their ISO 4217 codes, by which shops know them."""

from __future__ import annotations

from qbxml import Ref

# Names of currencies in QuickBooks' list of currencies and their ISO 4217 codes.
_CURRENCIES = {
    "US Dollar": "USD", "Canadian Dollar": "CAD", "British Pound Sterling": "GBP", "Euro": "EUR",
    "Australian Dollar": "AUD", "New Zealand Dollar": "NZD", "Japanese Yen": "JPY", "Swiss Franc": "CHF",
    "Mexican Peso": "MXN", "Swedish Krona": "SEK", "Norwegian Krone": "NOK", "Danish Krone": "DKK",
    "Hong Kong Dollar": "HKD", "Singapore Dollar": "SGD", "South African Rand": "ZAR", "Indian Rupee": "INR",
}  # fmt: skip
_HOME_CURRENCIES = {"US": "USD", "CA": "CAD", "UK": "GBP", "AU": "AUD"}


def currency_code(currency: Ref | None) -> str:
    """The ISO 4217 code of a currency of QuickBooks; its name where no code is known; empty where there is none.

    >>> currency_code(Ref(full_name="Canadian Dollar"))
    'CAD'
    """
    if currency is None:
        return ""
    name = currency.full_name or ""
    return _CURRENCIES.get(name, name)


def home_currency_of(country: str) -> str:
    """The home currency of a QuickBooks edition where the company file has one currency only."""
    return _HOME_CURRENCIES.get(country, "")
