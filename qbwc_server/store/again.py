"""Looking again at the refunds of some days: those that wait go at once, those that stopped are tried once more.

What stands in QuickBooks, may stand there, or was decided by a person stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from sqlalchemy import select
from sqlalchemy.orm import Session as DatabaseSession
from sqlalchemy.orm import selectinload

from qbwc_server.refunds.reasons import Status
from qbwc_server.store import audit
from qbwc_server.store.connections import NEVER_TAKEN_UP, lock
from qbwc_server.store.decisions import Act, allowed, decide
from qbwc_server.store.tables import Connection, Refund

MAX_REFUNDS = 1000  # of one range
MAX_DAYS = 3660
USUAL_DAYS = 30  # that a form proposes


class RangeProblem(ValueError):
    """Days that can't be looked at again; says why and what to do."""


@dataclass(frozen=True)
class LookedAgain:
    """How many refunds the days have, and how many of them are looked at again."""

    seen: int
    taken_up: int

    @property
    def left(self) -> int:
        """Those that stay as they are."""
        return self.seen - self.taken_up


def look_again(
    session: DatabaseSession,
    connection: Connection,
    since: date,
    until: date,
    *,
    zone: tzinfo | None,
    now: datetime,
    who: str,
) -> LookedAgain:
    """Lets the next session look at the refunds of these days of `zone`, first and last. Raises RangeProblem."""
    if not timedelta(0) <= until - since <= timedelta(days=MAX_DAYS):
        raise RangeProblem(f"{since} to {until} are not 1 to {MAX_DAYS} days; give the earlier day first")
    lock(session, connection)
    begin = datetime.combine(since, time(), tzinfo=zone).astimezone(zone)
    end = datetime.combine(until + timedelta(days=1), time(), tzinfo=zone).astimezone(zone)
    rows = session.scalars(
        select(Refund)
        .where(Refund.connection_id == connection.id, Refund.created_at >= begin, Refund.created_at < end)
        .order_by(Refund.id)
        .limit(MAX_REFUNDS + 1)
        .options(selectinload(Refund.documents))
    ).all()
    if len(rows) > MAX_REFUNDS:
        raise RangeProblem(f"these days have more than {MAX_REFUNDS} refunds; give fewer days at a time")
    taken_up = sum(_taken_up(session, row, now, who) for row in rows)
    connection.company.lists_read_at = None
    details = {"since": since.isoformat(), "until": until.isoformat(), "refunds": len(rows), "taken_up": taken_up}
    audit.record(session, connection, who, "asked for the refunds of some days to be looked at again", details, now)
    return LookedAgain(len(rows), taken_up)


def _taken_up(session: DatabaseSession, row: Refund, now: datetime, who: str) -> bool:
    if row.status == Status.WAITING.value:
        row.not_before, row.updated_at = None, now
        return True
    code = (row.reason or {}).get("code", "")
    if code in NEVER_TAKEN_UP or Act.TRY_AGAIN not in allowed(row):
        return False
    decide(session, row, Act.TRY_AGAIN, who=who, note="", now=now)
    return True
