"""Whether a refund waits for a person before it is entered: by the setting `review`, or for the sale it is of."""

from __future__ import annotations

from decimal import Decimal

from qbwc_server.refunds.reasons import Skip
from qbwc_server.refunds.settings import REVIEW_OVER, Settings


def needs_approval(settings: Settings, amount: Decimal) -> bool:
    """Whether a refund of this amount, in its own currency, is shown to a person first.

    >>> needs_approval(Settings(review="over 100"), Decimal("100.01"))
    True
    """
    over = REVIEW_OVER.fullmatch(settings.review)
    return amount > Decimal(over.group(1)) if over else settings.review == "always"


def held(
    settings: Settings, amount: Decimal, plan: str, approved: str | None, person: str, *, unseen_sale: bool = False
) -> Skip | None:
    """Why a plan is not entered yet: it was never approved, or what was approved is another one.

    `plan` and `approved` are the digests of what would be entered and of what was approved; an approval counts even
    where the setting asks for none any more. `unseen_sale`: a person named the sale, and nobody has been shown yet
    whose it is and what would be entered for it, so it is shown whatever the setting says.
    """
    if approved is not None:
        return None if approved == plan else Skip("plan_changed", {"person": person})
    return Skip("approval_needed") if unseen_sale or needs_approval(settings, amount) else None
