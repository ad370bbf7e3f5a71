"""What taking an answer needs, and what all kinds of answers share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as DatabaseSession
from sqlalchemy.orm import selectinload

from qbwc_server.refunds.reasons import Skip
from qbwc_server.refunds.sale import Known
from qbwc_server.store.refunds import note
from qbwc_server.store.tables import CompanyFile, Connection, MessageSet, Refund, Session
from qbwc_server.sync.plans import stop
from qbwc_server.sync.questions import DATED_PREFIX, LOCATED_PREFIX
from qbxml import Outcome, Response, Status

MAX_ATTEMPTS = 8  # of one document or look-up
# An edition without sales orders answers with one of these instead of an empty list (FACTS.md 10).
NOT_OFFERED = frozenset({1030, 3100, 3250})
FIRST_RETRY, LONGEST_RETRY = timedelta(minutes=1), timedelta(hours=1)


@dataclass(frozen=True)
class Taking:
    """Everything that taking an answer needs."""

    database: DatabaseSession
    connection: Connection
    session: Session
    server_zone: str
    in_flight: timedelta
    now: datetime

    @property
    def company(self) -> CompanyFile:
        """What is known of the company file."""
        return self.connection.company


def refunds_of(database: DatabaseSession, ids: Sequence[int]) -> list[Refund]:
    rows = database.scalars(select(Refund).where(Refund.id.in_(ids)).options(selectinload(Refund.documents)))
    return sorted(rows, key=lambda row: row.id)


def records_of(by_id: dict[str, Response], name: str, kind: type[Any]) -> list[Any]:
    return [record for record in by_id[name].records if isinstance(record, kind)] if name in by_id else []


def learn(company: CompanyFile, fact: str, value: Known) -> None:
    if company.known.get(fact) != value.value:
        company.known = company.known | {fact: value.value}


def stop_writing(company: CompanyFile, code: str, message: str) -> None:
    """Nothing more is entered into the company file before it has been looked at again, and says why."""
    company.stopped = {"code": code, "message": message}


def halve(rows: Sequence[Refund]) -> None:
    """The refunds of a batch go on in batches of half its size, until the one that is to blame stands alone."""
    for row in rows:
        row.batch_limit = (len(rows) + 1) // 2


def look_up_failed(row: Refund, reason: str, now: datetime) -> None:
    """The look-up of one refund's order failed: it is tried again after a pause, and not for ever."""
    row.attempts += 1
    skip = put_off(row, row.attempts, "look-up of the order", reason, now)
    if skip is not None:
        stop(row, skip, now)


def put_off(row: Refund, attempts: int, what: str, reason: str, now: datetime) -> Skip | None:
    """Lets a refund wait before `what` is tried again; after MAX_ATTEMPTS the reason why it is not."""
    if attempts >= MAX_ATTEMPTS:
        return Skip("kept_failing", {"document": what, "attempts": str(attempts), "message": reason})
    row.not_before = now + _pause(attempts)
    note(row, now, f"QuickBooks was not ready: {reason} It is tried again.")
    return None


def still_at(taking: Taking, sent: MessageSet, stage: str) -> list[Refund]:
    """The refunds of a question that still wait for its answer; the shop or a person may have changed others."""
    return [row for row in refunds_of(taking.database, sent.context["refunds"]) if row.stage == stage]


def forget_sales_orders_where_not_offered(taking: Taking, by_id: dict[str, Response]) -> None:
    """Takes the questions for sales orders out of the answer where this edition has none."""
    for name in (f"{prefix}orders" for prefix in ("", LOCATED_PREFIX, DATED_PREFIX)):
        if name in by_id and by_id[name].status.code in NOT_OFFERED:
            learn(taking.company, "sales_orders", Known.NO)
            del by_id[name]


def failed_question(by_id: dict[str, Response]) -> Status | None:
    """The first status that is neither an answer nor "nothing found": a refusal is never taken for an empty list."""
    fine = (Outcome.DONE, Outcome.NOTHING_FOUND, Outcome.PARTLY_FOUND)
    return next((r.status for r in by_id.values() if r.status.outcome not in fine), None)


def question_failed(taking: Taking, rows: Sequence[Refund], status: Status) -> None:
    """What becomes of refunds whose question was refused."""
    if status.outcome is Outcome.STOP:
        stop_writing(taking.company, "permission_missing", status.explanation)
        return
    if status.outcome is not Outcome.RETRY_LATER and len(rows) > 1:
        halve(rows)  # one of them is to blame
        return
    for row in rows:
        look_up_failed(row, status.explanation, taking.now)


def clear_attempts(row: Refund) -> None:
    """A question about a refund was answered."""
    row.attempts, row.not_before, row.batch_limit = 0, None, None


def question_lost(database: DatabaseSession, sent: MessageSet, reason: str, now: datetime) -> None:
    """A look-up of orders that QuickBooks did not answer: with several it is only asked again, smaller; one that
    stands alone may be what QuickBooks fails at, so from the second time on the others go before it."""
    rows = refunds_of(database, sent.context.get("refunds", ()))
    if len(rows) != 1 or rows[0].stage != sent.kind:
        return
    rows[0].batch_limit = 1
    if rows[0].attempts == 0:
        rows[0].attempts = 1
    else:
        look_up_failed(rows[0], reason, now)


def _pause(attempts: int) -> timedelta:
    doubled: timedelta = FIRST_RETRY * 2 ** (attempts - 1)
    return min(doubled, LONGEST_RETRY)
