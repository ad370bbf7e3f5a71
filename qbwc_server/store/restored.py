"""What a person decides about a company file: postings that are gone from it, and whose mark it carries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session as DatabaseSession
from sqlalchemy.orm import selectinload

from qbwc_server.refunds.reasons import Skip, Status
from qbwc_server.store.connections import ConnectionProblem, lock
from qbwc_server.store.planned import number_of
from qbwc_server.store.tables import AuditEntry, Connection, Document, Event, Refund

LOOKING, STOPPED = "looking", "stopped"  # of CompanyFile.restored
PLAN_AGAIN, LEAVE = "plan-again", "leave"
DECISIONS = (PLAN_AGAIN, LEAVE)
FOREIGN, GONE = "foreign_claim", "claim_gone"
_AT_ONCE = 200  # refunds in memory at a time


class NothingToDecide(ConnectionProblem):
    """A decision about something that is not so; says how it is."""


def missing_documents(connection_id: int) -> Select[int]:
    """The ids of the documents of a connection that are gone from its company file."""
    return select(Document.id).join(Refund).where(Refund.connection_id == connection_id, Document.fate == "missing")


def look_again(session: DatabaseSession, connection: Connection, now: datetime, who: str) -> None:
    """Lets the next session look at the company file at once, where it is stopped. Raises NothingToDecide."""
    lock(session, connection)
    if connection.company.stopped is None:
        raise NothingToDecide(f"the connection {connection.name} is not stopped, so there is nothing to resume")
    connection.company.lists_read_at = None
    _record(session, connection, "let the company file be looked at again", {}, now, who)


def decide_restored(session: DatabaseSession, connection: Connection, decision: str, now: datetime, who: str) -> int:
    """Carries out what a person decided about postings that are gone; gives how many refunds it was about.

    PLAN_AGAIN: they are planned again under the same GUIDs, and looked for before they are entered. LEAVE: they are
    left out for good. Raises NothingToDecide where none are gone, or it is not yet known which.
    """
    lock(session, connection)
    company = connection.company
    if decision not in DECISIONS:
        raise NothingToDecide(f"{decision!r} is no decision; there are: {', '.join(DECISIONS)}")
    if company.restored is None:
        raise NothingToDecide(f"all that was entered through {connection.name} is in its company file, as far as known")
    if company.restored["state"] != STOPPED:
        raise NothingToDecide("it is not known yet which postings are gone; wait for the next session")
    count = 0
    for rows in _refunds_concerned(session, connection):
        for row in rows:
            (_plan_again if decision == PLAN_AGAIN else _leave)(row, now, who)
        count += len(rows)
        session.flush()
    company.restored, company.stopped, company.lists_read_at = None, None, None
    _record(session, connection, f"decided about restored books: {decision}", {"refunds": count}, now, who)
    return count


def holder_of(connection: Connection) -> str:
    """Whose mark keeps this connection from its company file; empty where the mark is gone. Raises NothingToDecide."""
    company = connection.company
    code = (company.stopped or {}).get("code")
    if code == FOREIGN or company.claim == "foreign":
        return company.claim_holder
    if code == GONE:
        return ""
    raise NothingToDecide(
        f"no other installation's mark keeps {connection.name} from its company file, so there is nothing to take over"
    )


def take_over(session: DatabaseSession, connection: Connection, now: datetime, who: str) -> str:
    """Lets the next session put our mark on the company file; gives whose it takes the place of.

    Raises NothingToDecide where no other mark, and no missing one, keeps the connection from the file.
    """
    lock(session, connection)
    holder = holder_of(connection)
    company = connection.company
    company.takeover = {"holder": holder, "who": who, "at": now.isoformat()}
    company.stopped, company.lists_read_at = None, None
    _record(session, connection, "took the company file over", {"from": holder or "nobody"}, now, who)
    return holder


def _refunds_concerned(session: DatabaseSession, connection: Connection) -> Iterator[Sequence[Refund]]:
    concerned = select(Document.refund_id).where(Document.id.in_(missing_documents(connection.id)))
    after = 0
    while True:
        rows = session.scalars(
            select(Refund)
            .where(Refund.id.in_(concerned), Refund.id > after)
            .order_by(Refund.id)
            .limit(_AT_ONCE)
            .options(selectinload(Refund.documents))
        ).all()
        if not rows:
            return
        yield rows
        after = rows[-1].id


def _forget_transaction(document: Document) -> str:
    """Gives back the TxnID that was; the document is as if it had never been entered."""
    txn_id = document.txn_id
    document.txn_id, document.edit_sequence = "", ""
    document.posted_amount, document.posted_at = None, None
    return txn_id


def _plan_again(row: Refund, now: datetime, who: str) -> None:
    for document in row.documents:
        if document.fate == "missing":
            _forget_transaction(document)
            document.state, document.fate, document.attempts = "planned", "again", 0
    row.status, row.stage, row.reason, row.findings = Status.WAITING.value, "find", None, None
    row.attempts, row.not_before, row.batch_limit, row.updated_at = 0, None, None, now
    row.events.add(Event(at=now, text=f"Planned again, since the books were restored: {who} decided so."))


def _leave(row: Refund, now: datetime, who: str) -> None:
    gone = []
    for document in row.documents:
        if document.fate == "missing":
            txn_id = _forget_transaction(document)
            number = number_of(document)
            gone.append(f"{number} (TxnID {txn_id})" if txn_id else number)
            document.state, document.fate = "failed", "left"
    skip = Skip("left_out_after_restore", {"person": who, "gone": ", ".join(gone)})
    row.status, row.stage, row.findings, row.updated_at = skip.status.value, "done", None, now
    row.reason = {"code": skip.reason, "message": skip.message}
    row.events.add(Event(at=now, text=skip.message))


def _record(
    session: DatabaseSession, connection: Connection, what: str, details: dict[str, Any], now: datetime, who: str
) -> None:
    session.add(AuditEntry(at=now, who=who, what=what, connection_id=connection.id, details=details))
    session.flush()
