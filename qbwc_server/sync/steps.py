"""What is asked of QuickBooks next: one step at a time, and the message set that takes it.

The order is that of safety: what is in doubt is settled before anything new is written, the claim on the company file
stands before the first posting, and what is planned is posted before more is looked for.
"""

from __future__ import annotations

import secrets
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session as DatabaseSession
from sqlalchemy.orm import selectinload

from qbwc_server.refunds.codec import decode, encode
from qbwc_server.refunds.naming import CHANGES, Role, ref_number
from qbwc_server.refunds.sale import Known
from qbwc_server.refunds.settings import ITEM_KEYS, CheckNumber, Settings
from qbwc_server.refunds.undoing import undo_request
from qbwc_server.store import refunds as refund_store
from qbwc_server.store.connections import installation, settings_of
from qbwc_server.store.mappings import item_mappings
from qbwc_server.store.orders import order_of, sales_created, standing
from qbwc_server.store.restored import LOOKING
from qbwc_server.store.tables import CompanyFile, Connection, Document, MessageSet, Refund, Session, SetRequest
from qbwc_server.sync import creating, latch, postings, questions, reconcile, undoing
from qbwc_server.sync.books import has_rates_by_code, known
from qbwc_server.sync.looking import look_of, of_about_the_same_days, wanted_by
from qbwc_server.sync.plans import Findings, closed_order
from qbwc_server.sync.restored import NEWEST, STRETCH, before_of, place_of
from qbxml import Call, OnError, with_txn_ids, write_message_set
from qbxml import MessageSet as QbxmlMessageSet

MESSAGE_SET_ID_CHARACTERS = 20
MIN_BATCH, MAX_BATCH = 1, 200  # refunds a message set
QUICK_SECONDS, SLOW_SECONDS = 10.0, 30.0  # of a set's answer: below, the next batch is larger; above, smaller
MAX_REQUESTS = 1500  # requests a set that posts
MAX_SETS_A_SESSION = 2000  # then the session ends and the next one goes on
MAX_SCANS = 30  # looks for one set in doubt, answered or not; then its outcome is asked for without
RECORD_KEPT_IF_REPEATED = timedelta(days=30)  # QuickBooks' record of a set that was sent more than once
MACRO_FACTS = {
    "CheckAdd": "macro_in_check",
    "ARRefundCreditCardAdd": "macro_in_card_refund",
    "ReceivePaymentAdd": "macro_in_set_credit",
}
# A set with its documents and their refunds' other documents: all that judging it needs, in a few queries.
WITH_DOCUMENTS = (
    selectinload(MessageSet.requests)
    .joinedload(SetRequest.document)
    .joinedload(Document.refund)
    .selectinload(Refund.documents)
)
_OPEN_SETS = (  # asked for at every call, so it is put together once
    select(MessageSet)
    .where(MessageSet.connection_id == bindparam("connection"), MessageSet.state == "sent")
    .order_by(MessageSet.id)
)
_ON_THE_WAY = ("post", "enlist", "follow", "prepare", "find")  # the stages of what may be posted in this session
_ID_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


class Kind(Enum):
    """What a message set is for."""

    LISTS = "lists"
    CLAIM = "claim"  # writes our claim on the company file
    PROOF = "proof"  # sends the claim's set again, which shows whether QuickBooks recognises a repeat
    READ_CLAIM = "read_claim"  # reads the claim back
    SCAN = "scan"  # looks for what a set in doubt may have left
    RECOVER = "recover"  # asks QuickBooks for its record of a set in doubt
    REPEAT = "repeat"  # sends a set in doubt again, as it was
    UNDO = "undo"  # voids or deletes what was entered, where a person asked for it
    LATCH = "latch"  # reads, adds or proves the entry that sets which post begin with
    SHUT_OUT = "shut_out"  # makes sure that a set in doubt can't be worked any more
    POST = "post"
    ENLIST = "enlist"  # adds customers and items that an order to be created needs
    FOLLOW = "follow"
    PREPARE = "prepare"  # asks what creating an order needs
    FIND = "find"
    EXTENT = "extent"  # asks how many of our postings are gone from the company file
    RECONCILE = "reconcile"  # compares what was posted with what QuickBooks has


@dataclass(frozen=True)
class Step:
    """The next thing to ask, and which set in doubt it is about."""

    kind: Kind
    in_doubt: MessageSet | None = None


@dataclass(frozen=True)
class Sending:
    """What writing a step's message set needs."""

    database: DatabaseSession
    session: Session
    connection: Connection
    host_name: str
    now: datetime

    def ready(self, stage: str) -> list[Refund]:
        """The refunds of the next batch at a stage."""
        limit = self.connection.company.batch_size
        return refund_store.ready(self.database, self.connection.id, stage, self.now, limit)


@dataclass(frozen=True)
class _Message:
    """A message set before it is written down; one that has an ID of its own writes to the books."""

    document: bytes
    message_set_id: str | None = None
    context: Mapping[str, Any] = field(default_factory=dict)
    requests: Sequence[SetRequest] = ()


def next_step(
    database: DatabaseSession,
    session: Session,
    connection: Connection,
    now: datetime,
    doubtful: Sequence[MessageSet],
    waiting: Mapping[str, int],
) -> Step | None:
    """The next step of a session; None where there is nothing (more) to do in it.

    `doubtful` are the sets in doubt, the oldest first, and `waiting` the refunds that are ready, by stage.
    """
    company = connection.company
    if session.sets_sent >= MAX_SETS_A_SESSION:
        return None
    if not session.lists_read:
        return Step(Kind.LISTS)
    if company.stopped is not None:
        return None
    if is_looking_for_extent(company):
        return Step(Kind.EXTENT)
    if company.takeover is not None and company.claim != "stands":
        return _step_of(_CLAIM_KINDS.get(company.claim))
    if doubtful:
        return _settling_step(doubtful[0], session)
    if waiting.get("undo"):
        undoing.hold_what_is_closed(database, connection, now)
        waiting = refund_store.count_ready(database, connection.id, now)
    if latch.is_due(company, session) and any(waiting.get(stage) for stage in _ON_THE_WAY):
        return Step(Kind.LATCH)
    can_post = not latch.holds_back(company, session)
    writing = next(
        (
            kind
            for kind in (Kind.UNDO, Kind.POST, Kind.ENLIST)
            if waiting.get(kind.value) and (can_post or kind is not Kind.POST)
        ),
        None,
    )
    if writing is not None:
        return _step_of(_CLAIM_KINDS.get(company.claim, writing))
    looking = next((kind for kind in (Kind.FOLLOW, Kind.PREPARE, Kind.FIND) if waiting.get(kind.value)), None)
    return _step_of(looking or (Kind.RECONCILE if is_reconcile_due(company, now) else None))


def is_looking_for_extent(company: CompanyFile) -> bool:
    """Whether it is being found out which of our postings are gone."""
    return company.restored is not None and company.restored["state"] == LOOKING


def is_reconcile_due(company: CompanyFile, now: datetime) -> bool:
    """Whether what was posted is to be compared with QuickBooks."""
    return company.reconcile_due_at is not None and company.reconcile_due_at <= now


def open_sets(database: DatabaseSession, connection_id: int) -> list[MessageSet]:
    """Sets whose answer has not come, the oldest first; one that writes is in doubt. Of those the documents come along:
    a question has none."""
    sets = database.scalars(_OPEN_SETS, {"connection": connection_id}).all()
    writing = [sent.id for sent in sets if sent.writes]
    if writing:
        database.scalars(select(MessageSet).where(MessageSet.id.in_(writing)).options(WITH_DOCUMENTS)).all()
    return list(sets)


def send(sending: Sending, step: Step) -> bytes:
    """The bytes of a step's message set, after it has been written down as sent."""
    if step.in_doubt is not None:
        return _SETTLING[step.kind](sending, step.in_doubt)
    return _record(sending, step.kind, _MESSAGES[step.kind](sending))


def _lists(sending: Sending) -> _Message:
    connection = sending.connection
    items = {connection.settings[key] for key in ITEM_KEYS if connection.settings.get(key)}
    items |= set(item_mappings(sending.database, connection.id).values())
    documents = postings.newest(sending.database, connection.id, NEWEST)
    calls = questions.lists(
        sorted(items),
        with_company=connection.company.host is None,
        with_tax_codes=has_rates_by_code(connection.company),
        posted=postings.txn_ids_by_type(documents),
    )
    return _Message(_written(calls), context={"posted": [document.id for document in documents]})


def _extent(sending: Sending) -> _Message:
    restored = sending.connection.company.restored or {"before": None}
    documents = postings.newest(sending.database, sending.connection.id, STRETCH, before_of(restored))
    calls = questions.postings(postings.txn_ids_by_type(documents), postings.entered_since(documents, sending.now))
    context = {
        "posted": [document.id for document in documents],
        "before": place_of(documents),
        "is_last": len(documents) < STRETCH,
    }
    return _Message(_written(calls), context=context)


def _reconcile(sending: Sending) -> _Message:
    calls, context = reconcile.questions_of(sending.database, sending.connection, sending.now)
    return _Message(_written(calls), context=context)


def _claim(sending: Sending) -> _Message:
    message_set_id = new_message_set_id()
    company = sending.connection.company
    over = company.claim_holder != ""  # another's that is taken over, or ours of which the answer never came
    company.claim, company.claim_set_id = "written", message_set_id
    guid = installation(sending.database, sending.now).guid
    value = f"{guid} {sending.host_name} since {sending.now:%Y-%m-%d %H:%M} UTC"
    calls = questions.claim_write(value, over=over, message_set_id=message_set_id)
    document = _written(calls, new=message_set_id)
    return _Message(document, message_set_id)


def _proof(sending: Sending) -> _Message:
    """The very bytes that wrote the claim, under their ID."""
    claim_set = select(MessageSet.request).where(MessageSet.message_set_id == sending.connection.company.claim_set_id)
    return _Message(zlib.decompress(sending.database.scalars(claim_set).one()))


def _read_claim(sending: Sending) -> _Message:  # noqa: ARG001  as the others
    return _Message(_written(questions.claim_read()))


def _find(sending: Sending) -> _Message:
    settings = settings_of(sending.connection)
    rows = of_about_the_same_days(sending.ready("find"), settings)
    looks = {row.id: look_of(row, settings) for row in rows}
    ours = [ref_number(refund_store.data_of(row)) for row in rows if not looks[row.id].is_among_many]
    with_orders = known(sending.connection.company.known, "sales_orders") is not Known.NO
    created: dict[str, list[str]] = {}
    for documents in sales_created(sending.database, sending.connection.id, map(order_of, rows)).values():
        for document in standing(documents):
            created.setdefault(document.request_type.removesuffix("Add"), []).append(document.txn_id)
    written = _written(questions.find(wanted_by(looks.values()), ours, sales_orders=with_orders, created=created))
    asked = {str(number): encode(look) for number, look in looks.items()}  # what the answer is an answer to
    return _Message(written, context=_about(rows) | {"asked": asked})


def _follow(sending: Sending) -> _Message:
    rows = sending.ready("follow")
    return _Message(_written(_wanted_of(rows, settings_of(sending.connection))), context=_about(rows))


def _prepare(sending: Sending) -> _Message:
    rows = sending.ready("prepare")
    calls = creating.calls_to_prepare(sending.database, sending.connection, rows)
    return _Message(_written(calls), context=_about(rows))


def _enlist(sending: Sending) -> _Message:
    """Adds to the lists; it has an ID as all that writes, though a name that is there already is refused anyway."""
    rows = sending.ready("enlist")
    calls, waits_for = creating.calls_to_enlist(rows)
    message_set_id = new_message_set_id()
    document = _written(calls, new=message_set_id)
    return _Message(document, message_set_id, _about(rows) | {"of": waits_for})


def _latch(sending: Sending) -> _Message:
    """What is written here may be written twice; it has an ID as all that writes."""
    company = sending.connection.company
    message_set_id = new_message_set_id()
    calls = latch.calls_to_prepare(sending.database, company, sending.now)
    return _Message(_written(calls, new=message_set_id), message_set_id)


def _post(sending: Sending) -> _Message:
    company = sending.connection.company
    rows = _postable(sending)
    calls, requests = _calls_of(company, rows)
    for row in rows:
        refund_store.note(row, sending.now, "Sent to QuickBooks.")
    message_set_id = new_message_set_id()
    old, context = _record_to_clear(sending), _about(rows)
    begin = latch.to_begin(company, message_set_id)
    if begin is None:
        return _Message(_written(calls, new=message_set_id, old=old), message_set_id, context, requests)
    document = _written((begin, *calls), new=message_set_id, old=old, on_error="stopOnError")
    return _Message(document, message_set_id, context | {"latch": latch.context_of(company)}, requests)


def _undo(sending: Sending) -> _Message:
    """Of each refund only what has to go next: as long as a payout stands, its memo is left alone."""
    rows = sending.ready("undo")
    way = settings_of(sending.connection).undo
    calls: list[Call] = []
    requests: list[SetRequest] = []
    for row in rows:
        for document in undoing.next_to_undo(row):
            request = undo_request(document.request_type, document.txn_id, way)
            if request is None:
                continue
            request_id = f"u{document.id}"
            calls.append(Call(request_id, request))
            requests.append(SetRequest(request_id=request_id, document_id=document.id))
            document.undo, document.undo_request = "sent", type(request).__name__
        refund_store.note(row, sending.now, "Sent to QuickBooks to be undone.")
    message_set_id = new_message_set_id()
    return _Message(_written(calls, new=message_set_id), message_set_id, _about(rows), requests)


def _send_scan(sending: Sending, target: MessageSet) -> bytes:
    target.context = target.context | {"scans": target.context.get("scans", 0) + 1}
    calls = _scan(target)
    context = {"target": target.id, "asked": [call.request_id for call in calls]}
    return _record(sending, Kind.SCAN, _Message(_written(calls), context=context))


def _send_recovery(sending: Sending, target: MessageSet) -> bytes:
    """A status check: both IDs equal, and no request (FACTS.md 3)."""
    document = _written((), new=target.message_set_id, old=target.message_set_id)
    return _record(sending, Kind.RECOVER, _Message(document, context={"target": target.id}))


def _send_shut_out(sending: Sending, target: MessageSet) -> bytes:
    target.context = {
        **{key: value for key, value in target.context.items() if key != "shut_out_in"},
        "times_shut_out": target.context.get("times_shut_out", 0) + 1,
    }
    message_set_id = new_message_set_id()
    document = _written(latch.to_shut_out(target), new=message_set_id)
    return _record(sending, Kind.SHUT_OUT, _Message(document, message_set_id, {"target": target.id}))


def _send_proof(sending: Sending, target: MessageSet) -> bytes:
    return _record(sending, Kind.PROOF, replace(_proof(sending), context={"target": target.id}))


def _send_again(sending: Sending, target: MessageSet) -> bytes:
    """The same bytes under the same ID, so that a late first copy and this one are one to QuickBooks."""
    session = sending.session
    target.times_sent += 1
    target.last_sent_at = sending.now
    target.session_id = session.id
    target.context = {
        **{key: value for key, value in target.context.items() if key != "repeat_in"},
        "sessions": [*target.context.get("sessions", []), session.id],
    }
    session.sets_sent += 1
    return zlib.decompress(target.request)


_MESSAGES: dict[Kind, Callable[[Sending], _Message]] = {
    Kind.LISTS: _lists,
    Kind.EXTENT: _extent,
    Kind.RECONCILE: _reconcile,
    Kind.CLAIM: _claim,
    Kind.PROOF: _proof,
    Kind.READ_CLAIM: _read_claim,
    Kind.FIND: _find,
    Kind.FOLLOW: _follow,
    Kind.PREPARE: _prepare,
    Kind.ENLIST: _enlist,
    Kind.UNDO: _undo,
    Kind.LATCH: _latch,
    Kind.POST: _post,
}
_SETTLING: dict[Kind, Callable[[Sending, MessageSet], bytes]] = {
    Kind.SCAN: _send_scan,
    Kind.RECOVER: _send_recovery,
    Kind.PROOF: _send_proof,
    Kind.REPEAT: _send_again,
    Kind.SHUT_OUT: _send_shut_out,
}


def _written(
    calls: Sequence[Call], *, new: str | None = None, old: str | None = None, on_error: OnError = "continueOnError"
) -> bytes:
    return write_message_set(
        QbxmlMessageSet(tuple(calls), on_error=on_error, new_message_set_id=new, old_message_set_id=old)
    )


def _about(rows: Sequence[Refund]) -> dict[str, Any]:
    return {"refunds": [row.id for row in rows]}


def _record(sending: Sending, kind: Kind, message: _Message) -> bytes:
    """Writes a set down as sent."""
    sending.database.add(
        MessageSet(
            connection_id=sending.connection.id,
            session_id=sending.session.id,
            kind=kind.value,
            writes=message.message_set_id is not None,
            message_set_id=message.message_set_id,
            request=zlib.compress(message.document),
            context={**message.context, "sessions": [sending.session.id]},
            state="sent",
            sent_at=sending.now,
            last_sent_at=sending.now,
            requests=list(message.requests),
        )
    )
    sending.session.sets_sent += 1
    return message.document


def new_message_set_id() -> str:
    """A random ID that has never been used: it is never counted, and never given to other bytes."""
    return "".join(secrets.choice(_ID_ALPHABET) for _ in range(MESSAGE_SET_ID_CHARACTERS))


def adapt_batch(company: CompanyFile, seconds: float | None) -> None:
    """Makes the next batch larger after a quick answer, smaller after a slow one or none (None)."""
    if seconds is None or seconds > SLOW_SECONDS:
        company.batch_size = max(MIN_BATCH, company.batch_size // 2)
    elif seconds < QUICK_SECONDS:
        company.batch_size = min(MAX_BATCH, company.batch_size * 2)


def _settling_step(target: MessageSet, session: Session) -> Step | None:
    """A set in doubt is first looked for in the books, then asked for by its ID; then its verdict is carried out."""
    if target.kind != Kind.POST.value:
        return None  # settled when it was found in doubt: writing it twice does no harm
    if target.context.get("shut_out_in") == session.id:
        return Step(Kind.SHUT_OUT, in_doubt=target)
    if target.context.get("repeat_in") == session.id:
        proved = target.context.get("proved_in") == session.id
        return Step(Kind.REPEAT if proved else Kind.PROOF, in_doubt=target)
    mine = next((item for item in target.evidence if item["session_id"] == session.id), None)
    if mine is None and target.context.get("scans", 0) < MAX_SCANS:
        return Step(Kind.SCAN, in_doubt=target)
    if mine is None or not mine["recovered"]:
        return Step(Kind.RECOVER, in_doubt=target)
    return None  # this session has done what it can; the next one sees again


_CLAIM_KINDS = {  # what is next for the claim, by where it stands
    "unknown": Kind.CLAIM,
    "written": Kind.PROOF,
    "proved": Kind.READ_CLAIM,
    "refused": Kind.READ_CLAIM,
}


def _step_of(kind: Kind | None) -> Step | None:
    return Step(kind) if kind is not None else None


def _postable(sending: Sending) -> list[Refund]:
    """The refunds of the next set; of checks from an account that QuickBooks has not accepted yet, one at a time.

    The first set of all carries one refund: it shows whether GUIDs are shown, without which doubt is hard to settle.
    """
    facts = sending.connection.company.known
    rows = sending.ready("post")
    if known(facts, "shows_guids") is Known.UNKNOWN:
        rows = rows[:1]
    accepted = known(facts, "check_from_undeposited_funds") is Known.YES
    chosen: list[Refund] = []
    alone = False
    for row in rows:
        if not accepted and any(d.alone and d.state == "planned" for d in row.documents):
            if alone:
                continue
            alone = True
        chosen.append(row)
    return chosen


def _calls_of(company: CompanyFile, rows: Sequence[Refund]) -> tuple[tuple[Call, ...], list[SetRequest]]:
    calls: list[Call] = []
    requests: list[SetRequest] = []
    for row in rows:
        if len(calls) >= MAX_REQUESTS:
            break
        for document, request, used_macro in _sendable(company, row):
            request_id = f"d{document.id}"
            calls.append(Call(request_id, request))
            requests.append(SetRequest(request_id=request_id, document_id=document.id, used_macro=used_macro))
            document.state = "sent"
    return tuple(calls), requests


def _sendable(company: CompanyFile, row: Refund) -> list[tuple[Document, bytes, bool]]:
    """The documents of a refund that can go now: a payout names its memo by macro where both go in this set, else by
    the TxnID that the memo has."""
    if any(document.state in ("planned", "sent") for document in row.order_documents):
        return _sendable_of_order(row)
    memo = next((d for d in row.documents if d.role == Role.MEMO.value), None)
    memo_goes_along = memo is not None and memo.state == "planned"
    found: list[tuple[Document, bytes, bool]] = []
    first = _goes_first(row, memo)
    for document in row.own_documents:
        if document.state != "planned" or first not in (None, document):
            continue
        if document.role == Role.CLOSING.value and memo is not None and _others_are_open(row, document):
            continue  # while the order is open, the refund is taken apart in the same way again
        if not document.uses_memo or memo is None:
            found.append((document, document.request, False))
        elif memo.state == "posted":
            found.append((document, with_txn_ids(document.request, {memo.macro: memo.txn_id}), False))
        elif memo_goes_along and _macro_works(company, document):
            found.append((document, document.request, True))
    return found


def _goes_first(row: Refund, memo: Document | None) -> Document | None:
    """What all the rest waits for, since it may be refused and leaves nothing of the refund behind then: a payment that
    is missing on the invoice, or the closing of an order of which nothing is credited."""
    roles = {Role.PAYMENT.value} if memo is not None else {Role.PAYMENT.value, Role.CLOSING.value}
    return next((d for d in row.documents if d.role in roles and d.state != "posted"), None)


def _others_are_open(row: Refund, document: Document) -> bool:
    return any(other.state in ("planned", "sent") for other in row.documents if other is not document)


def _sendable_of_order(row: Refund) -> list[tuple[Document, bytes, bool]]:
    """The order comes before its refund, which is planned on what QuickBooks makes of it; the payment of an invoice
    when the invoice stands, by its TxnID."""
    sale = next(document for document in row.order_documents if document.role == Role.SALE.value)
    if sale.state != "posted":
        return [(sale, sale.request, False)] if sale.state == "planned" else []
    return [
        (document, with_txn_ids(document.request, {sale.macro: sale.txn_id}), False)
        for document in row.order_documents
        if document.state == "planned"
    ]


def _macro_works(company: CompanyFile, document: Document) -> bool:
    fact = MACRO_FACTS.get(document.request_type, "")
    return not document.by_txn_id and known(company.known, fact) is not Known.NO


def _wanted_of(rows: Sequence[Refund], settings: Settings) -> tuple[Call, ...]:
    payments: list[str] = []
    invoices: list[str] = []
    customers: list[str] = []
    open_payments_of: list[str] = []
    dates = []
    memo_customers: list[str] = []
    memos: list[str] = []
    items: list[str] = []
    emails_of: list[str] = []
    sold_on = []
    for row in rows:
        findings = decode(Findings, row.findings)
        payments += findings.wants_payments
        invoices += (*findings.wants_invoices, *findings.wants_sale)
        customer = findings.sale.customer.list_id
        if customer and not findings.looked_through:
            customers.append(customer)
        memos += findings.wants_memos
        items += findings.wants_items
        emails_of += findings.wants_emails
        if customer and not findings.looked_for_memos:
            memo_customers.append(customer)
            sold_on.append(findings.sale.txn_date)
        if customer and findings.wants_open_payments:
            open_payments_of.append(customer)
            dates.append(findings.sale.txn_date)
    return questions.follow(
        questions.Wanted(
            payments=tuple(payments),
            invoices=tuple(invoices),
            open_payments_of=tuple(open_payments_of),
            open_payments_since=min(dates) if dates else None,
            customers=tuple(customers),
            since=min(row.created_at for row in rows),
            own_checks=settings.check_number is CheckNumber.TO_PRINT,
            memo_customers=tuple(memo_customers),
            memos_since=min(sold_on) if sold_on else None,
            memos=tuple(memos),
            items=tuple(items),
            emails_of=tuple(emails_of),
            entered_from=_day_beside(min(row.created_at for row in rows), -settings.hand_entry_days),
            entered_to=_day_beside(max(row.created_at for row in rows), settings.hand_entry_days),
        )
    )


def _day_beside(moment: datetime, days: int) -> date | None:
    """The day that lies so many days before or after a refund, with one more for its zone; None for none."""
    return (moment + timedelta(days=days + (1 if days > 0 else -1))).date() if days else None


def _scan(target: MessageSet) -> tuple[Call, ...]:
    documents = [request.document for request in target.requests]
    closing = [closed_order(document) for document in documents if document.role == Role.CLOSING.value]
    voiding = [document.refund.sale_txn_id for document in documents if document.role == Role.VOIDING.value]
    customers = [document.customer_id for document in documents if Role(document.role) not in CHANGES]
    # Our clock may be ahead of the one that QuickBooks writes its times by; the shop's is a second witness,
    # and the latch tells QuickBooks' own time.
    begun_at = latch.time_of(target) or target.sent_at
    since = min([target.sent_at, begun_at, *(document.refund.created_at for document in documents)])
    is_order = any(document.is_of_order for document in documents)
    calls = questions.scan(customers, closing, voiding, since, sales=is_order)
    return (*latch.question(target.context["latch"]["list_id"]), *calls) if "latch" in target.context else calls


def _record_to_clear(sending: Sending) -> str | None:
    """The oldest record that QuickBooks may drop: its answer is on disk, and a full session has passed since."""
    candidates = sending.database.scalars(
        select(MessageSet)
        .where(
            MessageSet.connection_id == sending.connection.id,
            MessageSet.kind == Kind.POST.value,  # that of the claim's set stays, as the proof of how long records stay
            MessageSet.state == "answered",
            MessageSet.record_cleared.is_(False),
            MessageSet.session_id < sending.session.id,
        )
        .order_by(MessageSet.id)
        .limit(20)
    )
    for candidate in candidates:
        if candidate.times_sent > 1 and sending.now < candidate.last_sent_at + RECORD_KEPT_IF_REPEATED:
            continue
        candidate.record_cleared = True
        return candidate.message_set_id
    return None
