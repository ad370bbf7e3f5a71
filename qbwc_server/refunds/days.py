"""Which day an entry carries: its own, or the first open one where the books are closed or a copy is out."""

from __future__ import annotations

from datetime import date, timedelta

from qbwc_server.refunds.reasons import Skip
from qbwc_server.refunds.sale import CompanyFacts
from qbwc_server.refunds.settings import ClosedBooks, Settings


def booking_day(own: date, settings: Settings, company: CompanyFacts) -> date:
    """The own day of a refund or order, or the first open one where it lies in closed books and the settings say so."""
    first_open = earliest_open_day(company)
    if settings.closed_books is ClosedBooks.NEXT_OPEN_DAY and first_open is not None:
        return max(own, first_open)
    return own


def in_closed_books(company: CompanyFacts, day: date, what: str = "refund") -> Skip | None:
    """Why nothing can be entered on a day; `what` it is that is dated so."""
    if company.closing_date is not None and day <= company.closing_date:
        facts = {"what": what, "date": day.isoformat(), "closing_date": company.closing_date.isoformat()}
        return Skip("books_closed", facts)
    if company.accountants_copy_until is not None and day <= company.accountants_copy_until:
        facts = {"what": what, "date": day.isoformat(), "dividing_date": company.accountants_copy_until.isoformat()}
        return Skip("accountants_copy", facts)
    return None


def earliest_open_day(company: CompanyFacts) -> date | None:
    """The first day that entries may carry, where the books are closed or a copy is out."""
    limits = [limit for limit in (company.closing_date, company.accountants_copy_until) if limit is not None]
    return max(limits) + timedelta(days=1) if limits else None
