"""The numbers of the overview: what needs a person, what came in and went out by day, from which accounts, how long
refunds wait. Every query is bounded, by days and by counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, func, literal, select, union_all
from sqlalchemy.orm import Session as DatabaseSession

from qbwc_server.refunds.naming import Role
from qbwc_server.refunds.reasons import REASONS, Status
from qbwc_server.store.refund_list import MAX_COUNTED, STATUSES
from qbwc_server.store.tables import Document, Refund
from qbwc_server.store.types import not_by_index

CHART_DAYS = 14
PAID_DAYS = 30
MAX_COUNTED_A_DAY = 10_000  # refunds of one status
MAX_SUMMED = 100_000  # payouts, the newest ones
MAX_LOOKED_UP = 1_000_000  # payouts of all connections, the newest ones, for those of one
MAX_ACCOUNTS = 20
MAX_TIMED = 200  # refunds that were entered, the newest ones

WAITING_STATUSES = (Status.REVIEW.value, Status.FAILED.value, Status.WAITING.value, Status.POSTING.value)
AGES = (("Since yesterday", 0, 1), ("2 to 3 days ago", 2, 3), ("4 to 7 days ago", 4, 7), ("Longer ago", 8, None))
"""Whole days of the connection's zone, first and last; so that a number and the list that it leads to agree."""


@dataclass(frozen=True)
class ReasonCount:
    """How many refunds wait for a person for one reason; MAX_COUNTED + 1 stands for more."""

    code: str
    status: str
    count: int


@dataclass(frozen=True)
class Day:
    """The refunds that a shop made on one day, by what has become of them."""

    day: date
    counts: dict[str, int]

    @property
    def total(self) -> int:
        """All of that day."""
        return sum(self.counts.values())


@dataclass(frozen=True)
class PaidFrom:
    """What was paid out of one account in one currency."""

    account: str
    currency: str
    amount: Decimal
    payouts: int
    refunds: int  # of which the payouts are; a refund may have several


@dataclass(frozen=True)
class Waiting:
    """How many refunds of one status are that old; MAX_COUNTED + 1 stands for more."""

    status: str
    counts: tuple[int, ...]  # as AGES


def reasons_for_a_person(session: DatabaseSession, connection_id: int) -> tuple[ReasonCount, ...]:
    """Why refunds are in review or failed, the most frequent reason first."""
    wanted = {Status.REVIEW, Status.FAILED}
    codes = [code for code, (status, _) in REASONS.items() if status in wanted]
    each = [
        select(literal(code), literal(status.value), _count(connection_id, MAX_COUNTED, *_of(code, status)))
        for code in codes
        for status in (Status.REVIEW, Status.FAILED)
        if status is REASONS[code][0]
    ]
    rows = session.execute(union_all(*each))
    found = [ReasonCount(code, status, number) for code, status, number in rows if number]
    return tuple(sorted(found, key=lambda each: (-each.count, each.code)))


def by_day(session: DatabaseSession, connection_id: int, today: date, zone: tzinfo | None) -> tuple[Day, ...]:
    """The last CHART_DAYS days in that zone, the oldest first, each with its refunds by status."""
    days = [today - timedelta(days=back) for back in reversed(range(CHART_DAYS))]
    each = [
        select(
            literal(number),
            literal(status),
            _count(
                connection_id,
                MAX_COUNTED_A_DAY,
                Refund.status == status,
                Refund.created_at >= start_of(day, zone),
                Refund.created_at < start_of(day + timedelta(days=1), zone),
            ),
        )
        for number, day in enumerate(days)
        for status in STATUSES
    ]
    counts: list[dict[str, int]] = [dict.fromkeys(STATUSES, 0) for _ in days]
    for number, status, found in session.execute(union_all(*each)):
        counts[number][status] = found
    return tuple(Day(day, of_day) for day, of_day in zip(days, counts, strict=True))


def paid_by_account(session: DatabaseSession, connection_id: int, since: datetime) -> tuple[PaidFrom, ...]:
    """What was paid out of each account since then, the largest sum first."""
    # Looked up payout by payout: PostgreSQL would else read all refunds to join a month of them. The inner limit keeps
    # it from looking each up twice, to tell the currency and to leave out other connections' payouts.
    currency = (
        select(Refund.currency)
        .where(Refund.id == Document.refund_id, Refund.connection_id == connection_id)
        .limit(1)
        .correlate(Document)
        .scalar_subquery()
    )
    of_all = (
        select(
            Document.refund_id,
            Document.account,
            currency.label("currency"),
            func.coalesce(Document.posted_amount, Document.amount).label("amount"),
        )
        .where(Document.posted_at >= since, Document.role == Role.PAYOUT.value, Document.state == "posted")
        .order_by(Document.posted_at.desc())
        .limit(MAX_LOOKED_UP)
        .subquery()
    )
    newest = select(of_all).where(of_all.c.currency.is_not(None)).limit(MAX_SUMMED).subquery()  # in the order of of_all
    amount = func.sum(newest.c.amount)
    rows = session.execute(
        select(newest.c.account, newest.c.currency, amount, func.count(), func.count(newest.c.refund_id.distinct()))
        .group_by(newest.c.account, newest.c.currency)
        .order_by(amount.desc())
        .limit(MAX_ACCOUNTS)
    )
    return tuple(PaidFrom(*row) for row in rows)


def waiting(session: DatabaseSession, connection_id: int, today: date, zone: tzinfo | None) -> tuple[Waiting, ...]:
    """How old the refunds are that are not in QuickBooks yet, by status."""
    bounds = [age_days(first, last, today) for _, first, last in AGES]
    each = [
        select(literal(status), literal(number), _count(connection_id, MAX_COUNTED, *_aged(status, since, until, zone)))
        for status in WAITING_STATUSES
        for number, (since, until) in enumerate(bounds)
    ]
    counts = {status: [0] * len(AGES) for status in WAITING_STATUSES}
    for status, number, found in session.execute(union_all(*each)):
        counts[status][number] = found
    return tuple(Waiting(status, tuple(numbers)) for status, numbers in counts.items())


def usual_time(session: DatabaseSession, connection_id: int) -> timedelta | None:
    """How long half of the newest refunds took from the import into QuickBooks; None where none is there yet."""
    newest = (
        select(Refund.id, Refund.imported_at)
        .where(Refund.connection_id == connection_id, Refund.status == Status.POSTED.value)
        .order_by(Refund.created_at.desc(), Refund.id.desc())
        .limit(MAX_TIMED)
        .subquery()
    )
    rows = session.execute(
        select(newest.c.imported_at, Document.posted_at)
        .join(Document, Document.refund_id == newest.c.id)
        .where(Document.posted_at.is_not(None), Document.role == Role.MEMO.value)
    )
    times = sorted(max(posted - imported, timedelta(0)) for imported, posted in rows if posted is not None)
    return times[len(times) // 2] if times else None


def start_of(day: date, zone: tzinfo | None) -> datetime:
    """When a day begins in that zone; None is the server's own."""
    midnight = datetime.combine(day, time())
    local = midnight.astimezone() if zone is None else midnight.replace(tzinfo=zone)
    return local.astimezone(timezone.utc)


def age_days(first: int, last: int | None, today: date) -> tuple[date | None, date | None]:
    """The first and the last day of refunds that are from so many days ago; None stands for no bound.

    >>> age_days(2, 3, date(2024, 3, 10))
    (datetime.date(2024, 3, 7), datetime.date(2024, 3, 8))
    """
    oldest = None if last is None else today - timedelta(days=last)
    return oldest, (today - timedelta(days=first) if first else None)


def _of(code: str, status: Status) -> tuple[ColumnElement[bool], ...]:
    return Refund.reason_code == code, not_by_index(Refund.status) == status.value


def _aged(status: str, since: date | None, until: date | None, zone: tzinfo | None) -> Sequence[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [Refund.status == status]
    if since is not None:
        conditions.append(Refund.created_at >= start_of(since, zone))
    if until is not None:
        conditions.append(Refund.created_at < start_of(until + timedelta(days=1), zone))
    return conditions


def _count(connection_id: int, maximum: int, *conditions: ColumnElement[bool]) -> Any:
    some = (
        select(literal(1))
        .select_from(Refund)
        .where(Refund.connection_id == connection_id, *conditions)
        .limit(maximum + 1)
        .subquery()
    )
    return select(func.count()).select_from(some).scalar_subquery()
