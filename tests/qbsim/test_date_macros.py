"""Every DateMacro of the schema names the span of time that its words say."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbsim.date_macros import span_of
from qbsim.grammar.messages import REQUESTS
from qbsim.grammar.model import Element

TODAY = date(2024, 5, 15)  # a Wednesday


def declared_macros() -> list[str]:
    def find(declared: Element, path: list[str]) -> Element:
        if not path:
            return declared
        return next(
            find(child, path[1:]) for row in declared.steps.next for _, child in row.values() if child.name == path[0]
        )

    value = find(REQUESTS["InvoiceQueryRq"], ["TxnDateRangeFilter", "DateMacro"]).value
    assert value is not None
    return list(value.words)


@pytest.mark.parametrize(
    ("macro", "start", "end"),
    [
        ("Today", "2024-05-15", "2024-05-15"),
        ("Yesterday", "2024-05-14", "2024-05-14"),
        ("ThisWeek", "2024-05-12", "2024-05-18"),
        ("ThisWeekToDate", "2024-05-12", "2024-05-15"),
        ("LastWeek", "2024-05-05", "2024-05-11"),
        ("LastWeekToDate", "2024-05-05", "2024-05-08"),
        ("NextWeek", "2024-05-19", "2024-05-25"),
        ("NextFourWeeks", "2024-05-19", "2024-06-15"),
        ("ThisMonth", "2024-05-01", "2024-05-31"),
        ("LastMonth", "2024-04-01", "2024-04-30"),
        ("LastMonthToDate", "2024-04-01", "2024-04-15"),
        ("NextMonth", "2024-06-01", "2024-06-30"),
        ("ThisCalendarQuarter", "2024-04-01", "2024-06-30"),
        ("ThisFiscalQuarterToDate", "2024-04-01", "2024-05-15"),
        ("LastCalendarQuarter", "2024-01-01", "2024-03-31"),
        ("LastCalendarQuarterToDate", "2024-01-01", "2024-02-15"),
        ("NextFiscalQuarter", "2024-07-01", "2024-09-30"),
        ("ThisCalendarYear", "2024-01-01", "2024-12-31"),
        ("LastFiscalYear", "2023-01-01", "2023-12-31"),
        ("LastCalendarYearToDate", "2023-01-01", "2023-05-15"),
        ("NextCalendarYear", "2025-01-01", "2025-12-31"),
    ],
)
def test_a_macro_names_its_span(macro: str, start: str, end: str) -> None:
    assert span_of(macro, TODAY) == (date.fromisoformat(start), date.fromisoformat(end))


def test_all_has_no_ends_and_other_words_are_refused() -> None:
    assert span_of("All", TODAY) == (None, None)
    with pytest.raises(ValueError, match="NextToDate"):
        span_of("NextToDate", TODAY)


@given(st.dates(date(1990, 1, 1), date(2090, 12, 31)))
def test_every_declared_macro_names_a_span_in_order_that_says_what_its_words_say(today: date) -> None:
    for macro in declared_macros():
        start, end = span_of(macro, today)
        if start is None or end is None:
            assert macro == "All"
            continue
        assert start <= end
        if macro.startswith("This"):
            assert start <= today
            assert end == today if macro.endswith("ToDate") else end >= today
        if macro.startswith("Last"):
            assert end < today
        if macro.startswith("Next"):
            assert start > today
        if not macro.endswith("ToDate"):
            following = span_of(macro.replace("Last", "This"), today)[0]
            assert not macro.startswith("Last") or following == end + timedelta(days=1)
