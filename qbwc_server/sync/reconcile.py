"""The reconcile as a conversation: bounded questions that only read, one after the other, and the report they make.

First every posting of ours is asked for by its TxnID (`ours`); what is not there is asked for among what was deleted
(`deleted`); then everything that was changed since the last reconcile is searched for what carries our marks beside
them (`marked`), in stretches of time that are made shorter where they hold too much. How far it has come is kept after
each answer, so that it goes on in the next session where one breaks off.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as DatabaseSession

from qbwc_server.refunds.naming import is_our_memo
from qbwc_server.store import reconciliations
from qbwc_server.store.refunds import note
from qbwc_server.store.tables import Connection, Document, MessageSet, Reconciliation, ReconciliationFinding, Refund
from qbwc_server.sync import questions
from qbwc_server.sync.comparing import Finding, Posted, Seen, compare, not_all_seen, not_ours
from qbwc_server.sync.postings import (
    TYPES_BY_REQUEST,
    deleted_in,
    documents_of,
    entered_since,
    following,
    known_by,
    mark_undone,
    posted_of,
    seen_in,
    txn_ids_by_type,
    was_entered,
    without_number,
)
from qbwc_server.sync.questions import CHANGED_PREFIX, CLOCK_MARGIN, DELETED, MAX_CHANGED, POSTED_PREFIX
from qbwc_server.sync.taking import Taking, failed_question
from qbxml import Answer, Call

BATCH = 200  # documents a message set
MAX_MISSING = 1000  # documents of one reconcile that are asked for among what was deleted
MAX_TRIES = 5  # of one question; then the reconcile has failed, and the next one comes by the clock
SHORTEST_STRETCH = timedelta(minutes=10)  # of time; what holds too much even so is said not to be seen


def questions_of(
    database: DatabaseSession, connection: Connection, now: datetime
) -> tuple[tuple[Call, ...], dict[str, Any]]:
    """The next questions of the reconcile that is due, with the context that takes their answer."""
    row = _current(database, connection, now)
    row.progress = row.progress | {"tries": row.progress["tries"] + 1}
    context: dict[str, Any] = {"reconciliation": row.id, "phase": row.progress["phase"]}
    if row.progress["phase"] == "ours":
        documents = following(database, connection.id, row.progress["after"], BATCH)
        if documents:
            context["documents"] = [document.id for document in documents]
            return questions.postings(txn_ids_by_type(documents)), context
        row.progress = row.progress | {"phase": "deleted" if row.progress["missing"] else "marked"}
        context["phase"] = row.progress["phase"]
    if row.progress["phase"] == "deleted":
        documents = documents_of(database, row.progress["missing"])
        context["documents"] = row.progress["missing"]
        return questions.deleted(entered_since(documents, now)), context
    context |= {"from": row.progress["from"], "to": row.progress["to"]}
    return questions.changed(_moment(row.progress["from"]), _moment(row.progress["to"])), context


def take_reconcile(taking: Taking, sent: MessageSet, answer: Answer) -> None:
    """One more answer; an answer to a question that is not the latest changes nothing."""
    row = taking.database.get_one(Reconciliation, sent.context["reconciliation"])
    if row.state != "running" or row.progress["phase"] != sent.context["phase"]:
        return
    by_id = answer.by_request_id
    failed = failed_question(by_id)
    if failed is not None:
        reason = f"QuickBooks refused the question: {failed.explanation}"
        _end(taking.database, taking.connection, row, reason, taking.now)
        return
    row.progress = row.progress | {"tries": 0}
    _PHASES[sent.context["phase"]](taking, row, sent, answer)


def give_up(database: DatabaseSession, connection: Connection, sent: MessageSet, reason: str, now: datetime) -> None:
    """Ends the reconcile of a question that can't be asked; the next one comes by the clock."""
    row = database.get_one(Reconciliation, sent.context["reconciliation"])
    if row.state == "running":
        _end(database, connection, row, reason, now)


def question_unanswered(
    database: DatabaseSession, connection: Connection, sent: MessageSet, reason: str, now: datetime
) -> None:
    """A question whose answer was lost is asked again in the next session, but not for ever."""
    row = database.get_one(Reconciliation, sent.context["reconciliation"])
    if row.state == "running" and row.progress["tries"] >= MAX_TRIES:
        _end(database, connection, row, f"QuickBooks did not answer in {MAX_TRIES} attempts: {reason}", now)


def _current(database: DatabaseSession, connection: Connection, now: datetime) -> Reconciliation:
    """The reconcile that is asked for or under way, else one by the clock."""
    row = reconciliations.unfinished(database, connection)
    if row is None:
        row = Reconciliation(
            connection_id=connection.id, asked_by=reconciliations.BY_THE_CLOCK, asked_at=now, state="asked"
        )
        database.add(row)
        database.flush()
    if row.state == "asked":
        last = reconciliations.before(database, row) if row.asked_by == reconciliations.BY_THE_CLOCK else None
        since = last.started_at if last is not None and last.started_at is not None else connection.created_at
        until = (now + CLOCK_MARGIN).isoformat()
        row.state, row.started_at = "running", now
        row.checked, row.looked_through, row.left_out = 0, 0, 0
        row.progress = {
            "phase": "ours",
            "after": 0,
            "missing": [],
            "from": (since - CLOCK_MARGIN).isoformat(),
            "to": until,
            "until": until,
            "tries": 0,
        }
    return row


def _take_ours(taking: Taking, row: Reconciliation, sent: MessageSet, answer: Answer) -> None:
    documents = documents_of(taking.database, sent.context["documents"])
    by_id = answer.by_request_id
    seen = seen_in(by_id[name] for name in by_id if name.startswith(POSTED_PREFIX))
    missing = list(row.progress["missing"])
    for document in documents:
        if not was_entered(document):
            continue
        findings = compare(posted_of(document), seen, ())
        if any(finding.kind == "not_found" for finding in findings) and len(missing) < MAX_MISSING:
            missing.append(document.id)
            continue
        _keep(taking, row, findings)
        if any(finding.kind == "voided" for finding in findings):
            mark_undone(document, "voided", taking.now)
    row.checked += len(documents)
    row.progress = row.progress | {"after": sent.context["documents"][-1], "missing": missing}


def _take_deleted(taking: Taking, row: Reconciliation, sent: MessageSet, answer: Answer) -> None:
    deleted = deleted_in(answer.by_request_id.get(DELETED))
    for document in documents_of(taking.database, sent.context["documents"]):
        if not was_entered(document):
            continue
        findings = compare(posted_of(document), {}, deleted)
        _keep(taking, row, findings)
        if any(finding.kind == "deleted" for finding in findings):
            mark_undone(document, "deleted", taking.now)
    row.progress = row.progress | {"phase": "marked"}


def _take_marked(taking: Taking, row: Reconciliation, sent: MessageSet, answer: Answer) -> None:
    start, end = _moment(sent.context["from"]), _moment(sent.context["to"])
    responses = [response for name, response in answer.by_request_id.items() if name.startswith(CHANGED_PREFIX)]
    length = end - start
    is_cut = any(len(response.records) >= MAX_CHANGED for response in responses)
    if is_cut and length > SHORTEST_STRETCH:
        row.progress = row.progress | {"to": (start + length / 2).isoformat()}
        return
    if is_cut:
        _keep(taking, row, [not_all_seen(f"{start:%Y-%m-%d %H:%M}", f"{end:%Y-%m-%d %H:%M} UTC")])
    seen = seen_in(responses)
    row.looked_through += len(seen)
    _keep(taking, row, _beside_ours(taking, seen))
    until = _moment(row.progress["until"])
    if end >= until:
        _end(taking.database, taking.connection, row, "", taking.now)
        return
    row.progress = row.progress | {"from": end.isoformat(), "to": min(until, end + length * 2).isoformat()}


_PHASES = {"ours": _take_ours, "deleted": _take_deleted, "marked": _take_marked}


def _beside_ours(taking: Taking, seen: Mapping[str, Seen]) -> tuple[Finding, ...]:
    """What of this looks like a posting of ours and is none that we know."""
    ours = known_by(taking.database, taking.connection.id, Document.txn_id, seen)
    strangers = [each for each in seen.values() if each.txn_id not in ours]
    guids = {guid for each in strangers for guid in (each.external_guid.upper(),)}
    by_guid = known_by(taking.database, taking.connection.id, Document.external_guid, guids)
    by_number = known_by(taking.database, taking.connection.id, Document.ref_number, (s.ref_number for s in strangers))
    payees = {each.customer_id for each in strangers if each.type == "Check" and is_our_memo(each.memo)}
    unnumbered = without_number(taking.database, taking.connection.id, payees)
    return not_ours(
        strangers,
        set(ours),
        {guid: _likeliest(documents) for guid, documents in by_guid.items()},
        tuple(posted_of(d) for documents in (*by_number.values(), unnumbered) for d in documents if _is_entered(d)),
    )


def _likeliest(documents: Sequence[Document]) -> Posted:
    return posted_of(next((d for d in documents if d.txn_id), documents[0]))


def _is_entered(document: Document) -> bool:
    is_ours = document.request_type in TYPES_BY_REQUEST and not document.by_hand
    return is_ours and document.state in ("posted", "review")


def _keep(taking: Taking, row: Reconciliation, findings: Iterable[Finding]) -> None:
    """Keeps findings, each once, and writes those that are new into their refunds' stories."""
    taking.database.flush()
    kept = {(f.document_id, f.kind, f.txn_id) for f in row.findings}
    for finding in findings:
        key = (finding.document_id, finding.kind, finding.txn_id)
        if finding.kind != "not_all_seen" and key in kept:
            continue
        if len(row.findings) >= reconciliations.MAX_FINDINGS:
            row.left_out += 1
            continue
        kept.add(key)
        row.findings.append(
            ReconciliationFinding(
                refund_id=finding.refund_id,
                document_id=finding.document_id,
                kind=finding.kind,
                txn_type=finding.type,
                txn_id=finding.txn_id,
                ref_number=finding.ref_number,
                message=finding.message,
            )
        )
        if finding.refund_id is not None and not _was_told(taking.database, row, finding):
            note(taking.database.get_one(Refund, finding.refund_id), taking.now, f"Reconciled: {finding.message}")


def _was_told(database: DatabaseSession, row: Reconciliation, finding: Finding) -> bool:
    """Whether the reconcile before found the very same."""
    earlier = reconciliations.before(database, row)
    if earlier is None:
        return False
    same = select(ReconciliationFinding.id).where(
        ReconciliationFinding.reconciliation_id == earlier.id,
        ReconciliationFinding.document_id == finding.document_id,
        ReconciliationFinding.kind == finding.kind,
        ReconciliationFinding.message == finding.message,
    )
    return database.scalar(same.limit(1)) is not None


def _end(database: DatabaseSession, connection: Connection, row: Reconciliation, problem: str, now: datetime) -> None:
    row.state, row.message, row.finished_at = "failed" if problem else "done", problem, now
    row.progress = {}
    connection.company.reconcile_due_at = now + reconciliations.RECONCILE_EVERY
    database.flush()
    reconciliations.forget_old(database, row.connection_id)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
