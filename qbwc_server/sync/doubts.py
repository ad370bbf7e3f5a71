"""Sets in doubt: what a session finds out about one, and the verdict carried out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from qbwc_server.refunds.codec import decode, encode
from qbwc_server.refunds.naming import Role
from qbwc_server.refunds.open_orders import mark
from qbwc_server.refunds.reasons import Notice, Skip
from qbwc_server.refunds.sale import Known
from qbwc_server.store.connections import settings_of
from qbwc_server.store.latch import latch_of
from qbwc_server.store.orders import wake_those_that_wait
from qbwc_server.store.planned import number_of, words_of
from qbwc_server.store.refunds import data_of
from qbwc_server.store.tables import Document, MessageSet, Refund, Session
from qbwc_server.sync import latch
from qbwc_server.sync.books import FoundDocument, documents_in, is_void, known
from qbwc_server.sync.outcomes import take_outcomes
from qbwc_server.sync.plans import (
    add_notice,
    closed_order,
    conclude_all,
    in_doubt,
    mark_posted,
)
from qbwc_server.sync.postings import known_by
from qbwc_server.sync.questions import MAX_FOUND_PER_CUSTOMERS
from qbwc_server.sync.settling import Action, Doubt, Evidence, LatchSeen, Verdict, settle
from qbwc_server.sync.sightings import add_what_memos_show, sightings_of, strangers
from qbwc_server.sync.taking import Taking, failed_question, learn, records_of
from qbxml import Answer, InvoiceRet, Outcome, Response, SalesOrderRet, written_value

_SCANNED = (
    "memos",
    "cards",
    "checks",
    "payments",
    "created_receipts",
    "created_invoices",
)  # the questions of a scan for documents


def take_scan(taking: Taking, sent: MessageSet, answer: Answer) -> None:
    target = taking.database.get_one(MessageSet, sent.context["target"])
    by_id = answer.by_request_id
    if target.state != "sent":
        return
    if failed_question(by_id) is not None or not by_id.keys() >= set(sent.context.get("asked", ())):
        record_evidence(taking, sent, scanned=False)  # then its outcome is asked for without
        return
    found = documents_in(by_id[name] for name in _SCANNED if name in by_id)
    orders = {record.txn_id: record for record in records_of(by_id, "orders", SalesOrderRet) if record.txn_id}
    voided = {
        record.txn_id for record in records_of(by_id, "invoices", InvoiceRet) if record.txn_id and is_void(record)
    }
    all_seen = all(len(by_id[name].records) < MAX_FOUND_PER_CUSTOMERS for name in _SCANNED if name in by_id)
    if any(document.external_guid for document in found):
        learn(taking.company, "shows_guids", Known.YES)
    documents = [request.document for request in target.requests]
    told_by_guid = known(taking.company.known, "shows_guids") is Known.YES
    free = found if told_by_guid else _not_known_as_others(taking, documents, found)
    sightings = sightings_of(documents, free, {d.id for d in documents if _has_changed_its_sale(d, orders, voided)})
    add_what_memos_show(sightings, documents, found)
    record_evidence(
        taking,
        sent,
        scanned=True,
        all_seen=all_seen,
        sightings=[encode(sighting) for sighting in sightings.values()],
        latch=encode(latch.look(taking, target, by_id)),
        strangers=[] if told_by_guid else strangers(documents, sightings, free),
    )


def _not_known_as_others(
    taking: Taking, documents: Sequence[Document], found: Sequence[FoundDocument]
) -> tuple[FoundDocument, ...]:
    """Of what was found, all that no other document of this connection stands in QuickBooks as."""
    own = {document.id for document in documents}
    known_as = known_by(taking.database, taking.connection.id, Document.txn_id, [item.txn_id for item in found])
    return tuple(item for item in found if {document.id for document in known_as.get(item.txn_id, [])} <= own)


def _has_changed_its_sale(document: Document, orders: Mapping[str, SalesOrderRet], voided: Collection[str]) -> bool:
    """Whether the sales order or invoice that a document changes shows that it did."""
    if document.role == Role.VOIDING.value:
        return document.refund.sale_txn_id in voided
    order = orders.get(closed_order(document)) if document.role == Role.CLOSING.value else None
    return order is not None and _is_closed(order, document)


def _is_closed(order: SalesOrderRet, document: Document) -> bool:
    """Whether an order is as its closing leaves it: closed, or with the remark that a part of it was closed for just
    this refund."""
    if written_value(document.request, "SalesOrderMod/Memo"):
        return mark(data_of(document.refund)) in (order.memo or "")
    return bool(order.is_manually_closed)


def take_recovery(taking: Taking, sent: MessageSet, answer: Answer) -> None:
    target = taking.database.get_one(MessageSet, sent.context["target"])
    if target.state != "sent":
        return
    wanted = {request.request_id for request in target.requests}
    by_id = _kept_outcomes(target, answer)
    record_evidence(
        taking,
        sent,
        recovered=True,
        recovery_code=answer.message_set_status_code,
        has_stored_outcome=bool(by_id),
        stored_in_part=bool(by_id) and len(by_id) < len(wanted),
    )
    _carry_out_verdict(taking, target, by_id)


def _kept_outcomes(target: MessageSet, answer: Answer) -> dict[str, Response]:
    """What QuickBooks kept of each document of a set; where it does not name the requests, of all in their order. What
    became of the latch that the set began with tells of no document."""
    names = [request.request_id for request in target.requests]
    if "latch" in target.context:
        names.insert(0, latch.QUESTION)
    kept = {r.request_id: r for r in answer.responses if r.request_id in names}
    if not kept and len(answer.responses) == len(names):
        kept = dict(zip(names, answer.responses, strict=True))
    return {name: response for name, response in kept.items() if name != latch.QUESTION}


def take_recovery_refused(taking: Taking, sent: MessageSet) -> None:
    """QuickBooks can't even read the question: it has no record to show."""
    target = taking.database.get_one(MessageSet, sent.context["target"])
    if target.state == "sent":
        record_evidence(taking, sent, recovered=True)
        _carry_out_verdict(taking, target, {})


def take_proof_before_repeat(taking: Taking, sent: MessageSet, *, could_be_read: bool = True) -> None:
    """Before a set is repeated, the claim's set, which is older, has been sent again: where QuickBooks no longer knows
    it, it keeps few records, and might forget the repeated set before a first copy of it comes late."""
    if "target" not in sent.context:
        return
    target = taking.database.get_one(MessageSet, sent.context["target"])
    if target.state != "sent":
        return
    if not could_be_read:
        learn(taking.company, "recognises_repeats", Known.NO)
    if known(taking.company.known, "recognises_repeats") is Known.YES:
        target.context = target.context | {"proved_in": taking.session.id}
        return
    target.context = {key: value for key, value in target.context.items() if key != "repeat_in"}
    _carry_out_verdict(taking, target, {})


def take_shut_out(taking: Taking, sent: MessageSet, answer: Answer) -> None:
    """Whether a set in doubt can't be worked any more; where the latch had been changed since it was looked at, the
    next session looks again."""
    target = taking.database.get_one(MessageSet, sent.context["target"])
    if target.state == "sent" and latch.take_shut_out(taking, target, answer):
        record_evidence(taking, sent, latch=encode(LatchSeen.SHUT_OUT))
        _carry_out_verdict(taking, target, {})


def begin_anew_if_clock_went_back(target: MessageSet, now: datetime) -> None:
    """A set in doubt that was sent, or looked for, at a time that is still to come: our clock has been set back. Then
    it counts as sent just now, and what was found before no longer as found after it."""
    looked_for = [decode(Evidence, item).started_at for item in target.evidence]
    if target.last_sent_at > now or any(started_at > now for started_at in looked_for):
        target.last_sent_at = now
        target.evidence = []


def record_evidence(taking: Taking, sent: MessageSet, **facts: Any) -> None:
    """Adds to what this session has found out about the set in doubt."""
    target = taking.database.get_one(MessageSet, sent.context["target"])
    mine = next((item for item in target.evidence if item["session_id"] == taking.session.id), None)
    base = mine or encode(Evidence(session_id=taking.session.id, started_at=taking.session.started_at))
    others = [item for item in target.evidence if item["session_id"] != taking.session.id]
    target.evidence = [*others, base | facts]


def _carry_out_verdict(taking: Taking, target: MessageSet, by_id: dict[str, Response]) -> None:
    verdict = settle(
        Doubt(
            document_ids=tuple(request.document_id for request in target.requests),
            times_sent=target.times_sent,
            last_sent_at=target.last_sent_at,
            in_flight=taking.in_flight,
            recognises_repeats=known(taking.company.known, "recognises_repeats"),
            one_web_connector=_one_web_connector(taking, target),
            times_shut_out=target.context.get("times_shut_out", 0),
            can_shut_out=not latch_of(taking.company).is_refused,
        ),
        [decode(Evidence, item) for item in target.evidence],
    )
    if verdict.action is Action.TAKE_STORED:
        _adopt_what_another_entered(taking, target, by_id)
        take_outcomes(taking, target, by_id)
        for row in {request.document.refund for request in target.requests}:
            add_notice(row, Notice("posted_after_doubt"))
    elif verdict.action is Action.REPEAT:
        target.context = target.context | {"repeat_in": taking.session.id}
    elif verdict.action is Action.SHUT_OUT:
        target.context = target.context | {"shut_out_in": taking.session.id}
    elif verdict.action in (Action.CLOSE, Action.REVIEW):
        _close(taking, target, verdict)


def _adopt_what_another_entered(taking: Taking, target: MessageSet, by_id: dict[str, Response]) -> None:
    """What QuickBooks did not work in this set and is there all the same came from another installation, which had
    taken the company file over meanwhile."""
    latest = decode(Evidence, target.evidence[-1])
    sightings = {sighting.document_id: sighting for sighting in latest.sightings if sighting.same}
    for request in target.requests:
        response, sighting = by_id.get(request.request_id), sightings.get(request.document_id)
        is_worked = response is not None and response.status.outcome is Outcome.DONE
        if sighting is not None and not is_worked and request.document.state != "posted":
            mark_posted(
                request.document,
                txn_id=sighting.txn_id,
                edit_sequence=sighting.edit_sequence,
                amount=request.document.amount,
                now=taking.now,
            )


def _close(taking: Taking, target: MessageSet, verdict: Verdict) -> None:
    """Adopts what was found; the rest goes out anew, or to a person."""
    target.state = "settled"
    rows: dict[int, Refund] = {}
    troubles: dict[int, Skip] = {}
    for request in target.requests:
        document = request.document
        rows[document.refund_id] = document.refund
        if document.state == "posted":
            continue
        sighting = verdict.found.get(document.id)
        names = {"document": words_of(document), "ref_number": number_of(document)}
        if sighting is not None and sighting.same:
            mark_posted(
                document,
                txn_id=sighting.txn_id,
                edit_sequence=sighting.edit_sequence,
                amount=document.amount,
                now=taking.now,
            )
            add_notice(document.refund, Notice("posted_after_doubt"))
        elif sighting is not None:
            document.state = "review"
            skip = Skip("changed_in_quickbooks", names | {"found": sighting.described})
            troubles.setdefault(document.refund_id, skip)
        elif verdict.action is Action.REVIEW:
            document.state = "review"
            troubles.setdefault(document.refund_id, in_doubt(document, verdict.why))
        else:
            document.state = "planned"
    conclude_all(rows.values(), troubles, taking.now)
    for row in rows.values():
        if row.order_documents and all(document.state == "posted" for document in row.order_documents):
            wake_those_that_wait(taking.database, row, taking.now)


def _one_web_connector(taking: Taking, target: MessageSet) -> bool:
    """By the setting, and by the addresses that were seen since the set was first sent."""
    if settings_of(taking.connection).web_connectors.value != "one":
        return False
    first = taking.database.get_one(Session, target.context.get("sessions", [target.session_id])[0])
    others = taking.database.scalar(
        select(Session.id)
        .where(
            Session.connection_id == taking.connection.id,
            Session.started_at >= first.started_at,
            Session.remote_address != first.remote_address,
        )
        .limit(1)
    )
    return others is None
