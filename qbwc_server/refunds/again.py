"""What is looked for again by itself: an order that QuickBooks does not have yet, and a date that is not free yet."""

from __future__ import annotations

from datetime import datetime, timedelta

from qbwc_server.refunds.settings import Settings

LOOK_AGAIN_EVERY = timedelta(days=1)
WAIT_FOR_BOOKS = timedelta(days=400)  # until the books of a year are open, or the accountant is done, at the latest
_WAITS_FOR_BOOKS = frozenset({"books_closed", "accountants_copy"})


def look_again_at(reason: str, since: datetime, now: datetime, settings: Settings) -> datetime | None:
    """When a refund that stopped for this reason is taken up again; None where it stays as it is.

    `since` is when the refund came in.
    """
    if reason == "order_not_found":
        until = since + timedelta(days=settings.look_again_days)
    elif reason in _WAITS_FOR_BOOKS:
        until = since + WAIT_FOR_BOOKS
    else:
        return None
    following = now + LOOK_AGAIN_EVERY
    return following if following <= until else None
