"""Which refunds wait for approval, and that only what was approved is entered."""

from __future__ import annotations

from decimal import Decimal

import pytest

from qbwc_server.refunds.review import held, needs_approval
from qbwc_server.refunds.settings import Settings


@pytest.mark.parametrize(
    ("review", "amount", "waits"),
    [("off", "1e6", False), ("always", "0", True), ("over 100", "100.00", False), ("over 100", "100.01", True)],
)
def test_a_refund_waits_by_the_setting_and_its_amount(review: str, amount: str, waits: bool) -> None:
    assert needs_approval(Settings(review=review), Decimal(amount)) is waits


def test_only_the_plan_that_was_approved_goes_on() -> None:
    for review in ("off", "always"):
        settings = Settings(review=review)
        assert held(settings, Decimal(1), "a", "a", "Ada") is None
        changed = held(settings, Decimal(1), "b", "a", "Ada")
        assert changed is not None
        assert changed.reason == "plan_changed"
    waiting = held(Settings(review="always"), Decimal(1), "a", None, "")
    assert waiting is not None
    assert waiting.reason == "approval_needed"
