"""The overview: for each connection what needs a person, when QuickBooks was and will be here, and what goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from flask import Blueprint, render_template
from sqlalchemy.orm import Session as DatabaseSession

from qbwc_server.access.rights import Right
from qbwc_server.qwc import RUN_EVERY_MINUTES
from qbwc_server.store import connections as stored
from qbwc_server.store import overview as numbers
from qbwc_server.store import refund_list, reports
from qbwc_server.store.tables import Connection, Session
from qbwc_server.web import charts
from qbwc_server.web.showing import zone_of
from qbwc_server.web.site import needs, site

MAX_CONNECTIONS = 20  # whose numbers are worked out; of further ones only the name is shown
LATE_AFTER_RUNS = 3  # a Web Connector that missed so many runs is said to be late
STACKED = ("posted", "skipped", "waiting", "posting", "review", "failed")  # from below

pages = Blueprint("overview", __name__)


@dataclass(frozen=True)
class Summary:
    """A connection as the overview shows it."""

    connection: Connection
    zone: tzinfo | None
    counts: Mapping[str, int]
    reasons: tuple[numbers.ReasonCount, ...]
    days: tuple[numbers.Day, ...]
    chart: charts.Columns
    paid: tuple[numbers.PaidFrom, ...]
    paid_since: date
    waiting: tuple[numbers.Waiting, ...]
    age_days: tuple[tuple[date | None, date | None], ...]
    usual_time: timedelta | None
    last_session: Session | None
    next_session: datetime | None  # None where the Web Connector was never here
    is_late: bool

    @property
    def is_paid_cut(self) -> bool:
        """Whether there are more payouts than are summed, or more accounts than are shown."""
        return sum(each.payouts for each in self.paid) >= numbers.MAX_SUMMED or len(self.paid) >= numbers.MAX_ACCOUNTS

    @property
    def has_refunds(self) -> bool:
        """Whether any refund has come in at all."""
        return any(self.counts.values())


@pages.get("/")
@needs(Right.READ)
def show() -> str:
    """Every connection and what needs a person."""
    now = site().clock()
    with site().database.reading() as session:
        connections = stored.all_connections(session)
        summaries = [_summary(session, connection, now) for connection in connections[:MAX_CONNECTIONS]]
        return render_template(
            "overview.html",
            summaries=summaries,
            others=connections[MAX_CONNECTIONS:],
            maximum=refund_list.MAX_COUNTED,
            age_words=tuple(words for words, _, _ in numbers.AGES),
            paid_days=numbers.PAID_DAYS,
            most_summed=numbers.MAX_SUMMED,
            most_accounts=numbers.MAX_ACCOUNTS,
            stacked=STACKED,
            now=now,
            every_minutes=RUN_EVERY_MINUTES,
        )


def _summary(session: DatabaseSession, connection: Connection, now: datetime) -> Summary:
    zone = zone_of(stored.settings_of(connection))
    latest = reports.recent_sessions(session, connection.id, limit=1)
    today = now.astimezone(zone).date()
    days = numbers.by_day(session, connection.id, today, zone)
    paid_since = today - timedelta(days=numbers.PAID_DAYS - 1)
    seen = connection.last_seen_at
    step = timedelta(minutes=RUN_EVERY_MINUTES)
    return Summary(
        connection=connection,
        zone=zone,
        counts=refund_list.count_by_status(session, connection.id),
        reasons=numbers.reasons_for_a_person(session, connection.id),
        days=days,
        chart=charts.columns([day.counts for day in days], STACKED),
        paid=numbers.paid_by_account(session, connection.id, numbers.start_of(paid_since, zone)),
        paid_since=paid_since,
        waiting=numbers.waiting(session, connection.id, today, zone),
        age_days=tuple(numbers.age_days(first, last, today) for _, first, last in numbers.AGES),
        usual_time=numbers.usual_time(session, connection.id),
        last_session=latest[0] if latest else None,
        next_session=seen + step if seen else None,
        is_late=seen is not None and now > seen + step * LATE_AFTER_RUNS,
    )
