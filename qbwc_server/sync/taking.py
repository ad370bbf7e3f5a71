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
from qbwc_server.store.tables import CompanyFile, Connection, Refund, Session
from qbwc_server.sync.plans import (
    stop,
)
from qbxml import (
    Response,
    Status,
)

MAX_ATTEMPTS = 8  # of one document or look-up
FIRST_RETRY, LONGEST_RETRY = timedelta(minutes=1), timedelta(hours=1)


@dataclass(frozen=True)
class Taking:
    """Everything that taking an answer needs."""

    database: DatabaseSession
    connection: Connection
    session: Session
    installation: str
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


def try_again_later(taking: Taking, row: Refund, what: str, status: Status) -> None:
    row.attempts += 1
    if row.attempts >= MAX_ATTEMPTS:
        facts = {"document": what, "attempts": str(row.attempts), "message": status.explanation}
        stop(taking.database, row, Skip("kept_failing", facts), taking.now)
        return
    row.not_before = taking.now + pause(row.attempts)
    note(taking.database, row, taking.now, f"QuickBooks was not ready: {status.explanation} It is tried again.")


def pause(attempts: int) -> timedelta:
    doubled: timedelta = FIRST_RETRY * 2 ** (attempts - 1)
    return min(doubled, LONGEST_RETRY)
