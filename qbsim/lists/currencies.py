"""The currency list. A rate is the home currency's worth of one unit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from qbsim.lists.element import ListElement


@dataclass(kw_only=True)
class Currency(ListElement):
    """A currency; QuickBooks has its own, users and requests can add others."""

    currency_code: str
    is_user_defined: bool = True
    exchange_rate: Decimal | None = None
    as_of_date: date | None = None
    thousand_separator: str = "Comma"
    thousand_separator_grouping: str = "XX_XXX_XXX"
    decimal_places: str = "2"
    decimal_separator: str = "Period"
