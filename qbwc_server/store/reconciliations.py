"""Reconciliations: asked for by a person or by the clock, kept as reports, and shown as plain data and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session as DatabaseSession
from sqlalchemy.orm import selectinload

from qbwc_server.store.cells import safe_cell
from qbwc_server.store.connections import lock
from qbwc_server.store.tables import Connection, Reconciliation, ReconciliationFinding

RECONCILE_EVERY = timedelta(days=1)
BY_THE_CLOCK = "daily"
KEPT = 60  # reports of a connection; older ones are forgotten
MAX_FINDINGS = 1000  # of one report that are kept; how many more there are is counted
CSV_COLUMNS = ("kind", "order_number", "refund_id", "type", "txn_id", "ref_number", "message")


def ask(session: DatabaseSession, connection: Connection, now: datetime, who: str) -> Reconciliation:
    """Lets the next session compare all that was posted with QuickBooks; one that was asked for already is given."""
    lock(session, connection)
    connection.company.reconcile_due_at = now
    waiting = unfinished(session, connection)
    if waiting is not None:
        return waiting
    asked = Reconciliation(connection_id=connection.id, asked_by=who, asked_at=now, state="asked", progress={})
    session.add(asked)
    session.flush()
    return asked


def unfinished(session: DatabaseSession, connection: Connection) -> Reconciliation | None:
    """The one that was asked for, or is under way."""
    return session.scalar(
        select(Reconciliation)
        .where(Reconciliation.connection_id == connection.id, Reconciliation.state.in_(("asked", "running")))
        .order_by(Reconciliation.id)
        .limit(1)
    )


def newest_report(session: DatabaseSession, connection: Connection) -> Reconciliation | None:
    """The newest one that has come to its end, with its findings and their refunds."""
    found: Reconciliation | None = session.scalar(
        _finished(connection.id)
        .order_by(Reconciliation.id.desc())
        .limit(1)
        .options(selectinload(Reconciliation.findings).joinedload(ReconciliationFinding.refund))
    )
    return found


def before(session: DatabaseSession, this: Reconciliation) -> Reconciliation | None:
    """The last one that was completed before this one."""
    return session.scalar(
        select(Reconciliation)
        .where(
            Reconciliation.connection_id == this.connection_id,
            Reconciliation.state == "done",
            Reconciliation.id < this.id,
        )
        .order_by(Reconciliation.id.desc())
        .limit(1)
    )


def forget_old(session: DatabaseSession, connection_id: int) -> None:
    """Keeps the newest KEPT reports of a connection."""
    old = session.scalars(
        _finished(connection_id).order_by(Reconciliation.id.desc()).offset(KEPT).with_only_columns(Reconciliation.id)
    ).all()
    if old:
        session.execute(delete(ReconciliationFinding).where(ReconciliationFinding.reconciliation_id.in_(old)))
        session.execute(delete(Reconciliation).where(Reconciliation.id.in_(old)))


def report_as_dict(report: Reconciliation) -> dict[str, Any]:
    """A report as `connex reconcile --last --json` prints it."""
    return {
        "id": report.id,
        "asked_by": report.asked_by,
        "asked_at": report.asked_at.isoformat(),
        "started_at": _time(report.started_at),
        "finished_at": _time(report.finished_at),
        "state": report.state,
        "message": report.message or None,
        "checked": report.checked,
        "looked_through": report.looked_through,
        "findings": [finding_as_dict(finding) for finding in report.findings],
        "findings_left_out": report.left_out,
    }


def finding_as_dict(finding: ReconciliationFinding) -> dict[str, Any]:
    """One finding with the refund that it is about."""
    return {
        "kind": finding.kind,
        "order_number": finding.refund.order_number if finding.refund is not None else None,
        "refund_id": finding.refund_id,
        "type": finding.txn_type or None,
        "txn_id": finding.txn_id or None,
        "ref_number": finding.ref_number or None,
        "message": finding.message,
    }


def findings_as_csv(findings: Sequence[ReconciliationFinding]) -> str:
    """The findings as a table that a spreadsheet opens, in which no cell is taken for a formula."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(CSV_COLUMNS)
    for finding in findings:
        row = finding_as_dict(finding)
        writer.writerow([safe_cell("" if row[name] is None else str(row[name])) for name in CSV_COLUMNS])
    return written.getvalue()


def _finished(connection_id: int) -> Any:
    return select(Reconciliation).where(
        Reconciliation.connection_id == connection_id, Reconciliation.state.in_(("done", "failed"))
    )


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None
