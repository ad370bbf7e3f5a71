"""What people did, as the audit page shows it: the newest first, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as DatabaseSession

from qbwc_server.store.tables import AuditEntry, Connection

PAGE_SIZE = 50  # entries
MAX_NAMES = 500  # people who are offered as a filter


@dataclass(frozen=True)
class AuditPage:
    """One page of what was done; `connections` gives the names by their ids."""

    entries: tuple[AuditEntry, ...]
    connections: dict[int, str]
    older: int | None  # the id before which the next page begins
    newer: int | None  # the id after which the page before it begins


def page(
    session: DatabaseSession,
    *,
    who: str = "",
    connection_id: int | None = None,
    before: int | None = None,
    after: int | None = None,
) -> AuditPage:
    """Entries of one person and one connection, or of all; those before an id, or just after one."""
    query = select(AuditEntry)
    if who:
        query = query.where(AuditEntry.who == who)
    if connection_id is not None:
        query = query.where(AuditEntry.connection_id == connection_id)
    if after is not None:
        query = query.where(AuditEntry.id > after).order_by(AuditEntry.id)
    else:
        query = (query if before is None else query.where(AuditEntry.id < before)).order_by(AuditEntry.id.desc())
    found = list(session.scalars(query.limit(PAGE_SIZE + 1)))
    is_more, found = len(found) > PAGE_SIZE, found[:PAGE_SIZE]
    if after is not None:
        found.reverse()
    older = found[-1].id if found and (is_more or after is not None) else None
    newer = found[0].id if found and (is_more if after is not None else before is not None) else None
    return AuditPage(tuple(found), _names(session), older, newer)


def record(
    session: DatabaseSession, connection: Connection, who: str, what: str, details: dict[str, Any], now: datetime
) -> None:
    """Puts on record what somebody did with a connection."""
    session.add(AuditEntry(at=now, who=who, what=what, connection_id=connection.id, details=details))
    session.flush()


def last_entry(session: DatabaseSession, connection_id: int, what: str) -> AuditEntry | None:
    """The newest entry of a connection that says this."""
    return session.scalar(
        select(AuditEntry)
        .where(AuditEntry.connection_id == connection_id, AuditEntry.what == what)
        .order_by(AuditEntry.id.desc())
        .limit(1)
    )


def names(session: DatabaseSession) -> Sequence[str]:
    """Everyone who did something, people and commands."""
    return session.scalars(select(AuditEntry.who).distinct().order_by(AuditEntry.who).limit(MAX_NAMES)).all()


def _names(session: DatabaseSession) -> dict[int, str]:
    return {row_id: name for row_id, name in session.execute(select(Connection.id, Connection.name))}  # noqa: C416
