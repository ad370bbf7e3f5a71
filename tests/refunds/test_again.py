"""When a refund that stopped is looked at again by itself."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from qbwc_server.refunds.again import LOOK_AGAIN_EVERY, look_again_at
from qbwc_server.refunds.reasons import REASONS
from qbwc_server.refunds.settings import Settings

SINCE = datetime(2024, 3, 1, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("reason", "days", "again"),
    [
        ("order_not_found", 0, True),
        ("order_not_found", 29, True),
        ("order_not_found", 30, False),
        ("books_closed", 300, True),
        ("accountants_copy", 300, True),
        ("books_closed", 400, False),
    ],
)
def test_a_missing_order_is_looked_for_by_the_setting_and_a_closed_date_for_a_year(
    reason: str, days: int, again: bool
) -> None:
    now = SINCE + timedelta(days=days)
    assert look_again_at(reason, SINCE, now, Settings()) == (now + LOOK_AGAIN_EVERY if again else None)


def test_nothing_else_comes_by_itself() -> None:
    others = set(REASONS) - {"order_not_found", "books_closed", "accountants_copy"}
    assert {look_again_at(reason, SINCE, SINCE, Settings()) for reason in others} == {None}
