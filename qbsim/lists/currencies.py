"""The currency list (CurrencyRet: the published schema). A rate is the home currency's worth of one unit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from qbsim.lists.element import CORE_ORDER, ListElement
from qbsim.nodes import Nodes, pick
from qbsim.numbers import boolean_text, rate_text

FORMAT_FIELDS = {
    "ThousandSeparator": "thousand_separator",
    "ThousandSeparatorGrouping": "thousand_separator_grouping",
    "DecimalPlaces": "decimal_places",
    "DecimalSeparator": "decimal_separator",
}
_RET_ORDER = (
    *(name for name in CORE_ORDER if name != "FullName"),
    *("IsActive", "CurrencyCode", "CurrencyFormat", "IsUserDefinedCurrency", "ExchangeRate", "AsOfDate"),
)


@dataclass(kw_only=True)
class Currency(ListElement):
    """A currency; QuickBooks has its own, users can add others."""

    currency_code: str
    is_user_defined: bool = False
    exchange_rate: Decimal | None = None
    as_of_date: date | None = None
    thousand_separator: str = "Comma"
    thousand_separator_grouping: str = "XX_XXX_XXX"
    decimal_places: str = "2"
    decimal_separator: str = "Period"

    def ret(self) -> Nodes:
        """The inside of CurrencyRet."""
        shape: Nodes = [(name, getattr(self, kept)) for name, kept in FORMAT_FIELDS.items()]
        values: dict[str, str | Nodes | None] = {
            **self.core(),
            "CurrencyCode": self.currency_code,
            "CurrencyFormat": shape,
            "IsUserDefinedCurrency": boolean_text(self.is_user_defined),
            "ExchangeRate": None if self.exchange_rate is None else rate_text(self.exchange_rate),
            "AsOfDate": self.as_of_date.isoformat() if self.as_of_date else None,
        }
        return pick(_RET_ORDER, values)
