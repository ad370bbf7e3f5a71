"""The spans of time that a DateMacro names, such as LastMonthToDate: the last month up to the day that today is in it.

That a week begins on Sunday is recalled; the fiscal year begins in January here, as CompanyQuery tells.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta

Span = tuple["date | None", "date | None"]

_MACRO = re.compile(r"(This|Last|Next)(Week|Month|(?:Calendar|Fiscal)(?:Quarter|Year))(ToDate)?")
_DAY = timedelta(days=1)
#: How many months each unit has; a week is counted in days.
_MONTHS = {"Month": 1, "CalendarQuarter": 3, "FiscalQuarter": 3, "CalendarYear": 12, "FiscalYear": 12}
_STEPS = {"Last": -1, "This": 0, "Next": 1}


def span_of(macro: str, today: date) -> Span:
    """First and last day of the span, None where it has no such end.

    >>> span_of("LastMonthToDate", date(2024, 3, 31))
    (datetime.date(2024, 2, 1), datetime.date(2024, 2, 29))
    >>> span_of("ThisWeek", date(2024, 3, 1))
    (datetime.date(2024, 2, 25), datetime.date(2024, 3, 2))
    """
    if macro in _OTHERS:
        return _OTHERS[macro](today)
    found = _MACRO.fullmatch(macro)
    if found is None:
        raise ValueError(f"{macro!r} is no DateMacro; name one of the schema's words")
    step, unit, to_date = _STEPS[found[1]], found[2], found[3] is not None
    if unit == "Week":
        start = _week(today) + 7 * step * _DAY
        return start, (today + 7 * step * _DAY if to_date else start + 6 * _DAY)
    months = _MONTHS[unit]
    first = _first_day(today.year, (today.month - 1) // months * months + step * months)
    if not to_date:
        return first, _first_day(first.year, first.month - 1 + months) - _DAY
    same = _first_day(today.year, today.month - 1 + step * months)
    return first, same.replace(day=min(today.day, monthrange(same.year, same.month)[1]))


def _week(day: date) -> date:
    """The Sunday on or before a day."""
    return day - (day.weekday() + 1) % 7 * _DAY


def _first_day(year: int, months: int) -> date:
    """The first day of the month that is so many months after a year's January."""
    return date(year + months // 12, months % 12 + 1, 1)


_OTHERS: dict[str, Callable[[date], Span]] = {
    "All": lambda _today: (None, None),
    "Today": lambda today: (today, today),
    "Yesterday": lambda today: (today - _DAY, today - _DAY),
    "NextFourWeeks": lambda today: (_week(today) + 7 * _DAY, _week(today) + 34 * _DAY),
}
