"""From what was found of a refund's sale to its documents: the plan is made, compared with what QuickBooks has
already, and written down before anything of it is sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import or_, select
from sqlalchemy.orm import Session as DatabaseSession

from qbwc_server.refunds.by_hand import HandMemo, taken_by_hand
from qbwc_server.refunds.chosen import ChosenSale, was_shown
from qbwc_server.refunds.codec import encode
from qbwc_server.refunds.entered import Entered, perhaps_by_hand
from qbwc_server.refunds.missing import CreatedOrder
from qbwc_server.refunds.naming import CHANGES, Role, ref_number
from qbwc_server.refunds.planning import plan
from qbwc_server.refunds.posting import Document as PlannedDocument
from qbwc_server.refunds.posting import Posting
from qbwc_server.refunds.reasons import Notice, Skip, Status
from qbwc_server.refunds.review import held
from qbwc_server.refunds.sale import CompanyFacts, Sale
from qbwc_server.refunds.settings import Settings
from qbwc_server.store.orders import order_of, sales_created, standing
from qbwc_server.store.planned import DOCUMENT_WORDS as DOCUMENT_WORDS
from qbwc_server.store.planned import memo_of, number_of, plan_digest, words_of
from qbwc_server.store.refunds import add_notice as add_notice
from qbwc_server.store.refunds import (
    chosen_sale_of,
    data_of,
    forget_shares,
    look_again_later,
    note,
    start_over,
    taken_by_others,
    told_otherwise,
)
from qbwc_server.store.refunds import stop as stop
from qbwc_server.store.tables import Document, Refund, SetRequest
from qbwc_server.sync.books import FoundDocument, Link
from qbxml import Ref, SalesOrderMod, write_request, written_value

WAIT_FOR_ORDER = timedelta(minutes=1)  # before a refund looks again whether its order is free
_MORE_THAN_IS_LEFT = frozenset({"more_than_sale", "quantity_more_than_sale"})


@dataclass(frozen=True)
class Findings:
    """What is known so far of a refund's sale, and what is still to be read."""

    sale: Sale
    wants_payments: tuple[str, ...] = ()
    wants_invoices: tuple[str, ...] = ()
    wants_open_payments: bool = False
    wants_items: tuple[str, ...] = ()  # ListIDs
    wants_emails: tuple[str, ...] = ()  # ListIDs of the customers of `rivals`
    rivals: tuple[Sale, ...] = ()  # `sale` among them, until it is known which was refunded
    wants_memos: tuple[str, ...] = ()  # TxnIDs of credit memos that name the sale, whose lines are still to be read
    wants_sale: tuple[str, ...] = ()  # the TxnID of the invoice, once more before it is voided
    looked_through: bool = False  # the customer's own documents
    looked_for_memos: bool = False  # of the customer, whoever entered them
    by_hand: tuple[HandMemo, ...] = ()  # perhaps: ours are told apart when the refund is planned
    documents: tuple[FoundDocument, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether nothing more has to be read."""
        wants = (
            self.wants_payments
            or self.wants_invoices
            or self.wants_open_payments
            or self.wants_items
            or self.wants_emails
            or self.wants_memos
            or self.wants_sale
        )
        return self.looked_through and self.looked_for_memos and not wants


def carry_out(
    session: DatabaseSession,
    row: Refund,
    findings: Findings,
    settings: Settings,
    facts: CompanyFacts,
    now: datetime,
) -> None:
    """Plans a refund whose sale is known, and writes its documents or its reason down."""
    data = data_of(row)
    sale = findings.sale
    row.sale_type, row.sale_txn_id, row.sale_ref_number = sale.type.value, sale.txn_id, sale.ref_number
    by_hand = entered_by_hand(session, row, findings.by_hand)
    taken = taken_by_others(session, row, sale.txn_id).and_also(taken_by_hand(by_hand, sale))
    outcome = plan(data, sale, settings, facts, taken, row.generation)
    if isinstance(outcome, Skip):
        forget_plan(session, row)
        if by_hand and outcome.reason in _MORE_THAN_IS_LEFT and not row.own_documents:  # perhaps it is that very refund
            outcome = _perhaps_entered(session, row, findings.documents, sale, settings, facts) or outcome
        stop(row, outcome, now)
        look_again_later(row, settings, now)
        return
    if _order_is_being_changed(session, row, outcome):
        row.stage, row.findings, row.not_before = "find", None, now + WAIT_FOR_ORDER
        return
    otherwise = _entered_otherwise(row, outcome)
    if otherwise is not None:
        stop(row, otherwise, now)
        return
    written = {(d.role, d.part): write_request(d.request) for d in outcome.documents}
    _write_down(session, row, outcome, written, sale)
    _tell_of_created_order(session, row, sale)
    choice = chosen_sale_of(row)
    if choice is not None:
        add_notice(row, _sale_chosen(choice, sale))
    note(row, now, _planned_text(outcome))
    row.findings = None
    row.updated_at = now
    undone = {document.txn_id for document in row.every_document} if row.generation > 1 else set()
    there = [found for found in findings.documents if found.txn_id not in undone]
    doubtful = _adopt(row, there, ref_number(data), sale)
    enters = any(document.role in (Role.MEMO.value, Role.PAYOUT.value) for document in row.own_documents)
    if doubtful is None and enters and not any(document.state == "posted" for document in row.own_documents):
        doubtful = _perhaps_entered(session, row, there, sale, settings, facts)
    if doubtful is None and any(document.state != "posted" for document in row.own_documents):
        nothing_stands = not any(document.state == "posted" for document in row.own_documents)
        unseen = choice is not None and nothing_stands and not was_shown(choice, sale, data.order, settings)
        doubtful = held_for_approval(row, settings, row.amount, unseen_sale=unseen)
    if doubtful is not None:
        stop(row, doubtful, now)
        return
    conclude(row, now)


def _sale_chosen(choice: ChosenSale, sale: Sale) -> Notice:
    facts = {
        "person": choice.by,
        "sale": f"{sale.type.words} {sale.ref_number or sale.txn_id}",
        "day": sale.txn_date.isoformat(),
        "total": str(sale.total),
        "customer": str(sale.customer),
    }
    return Notice("sale_chosen", facts)


def _order_is_being_changed(session: DatabaseSession, row: Refund, posting: Posting) -> bool:
    """Whether another refund is about to change the sales order that this one would change, too: they go one after the
    other, since the first one leaves another order behind."""
    orders = {d.request.txn_id for d in posting.documents if isinstance(d.request, SalesOrderMod)}
    if not orders:
        return False
    others = session.scalars(
        select(Document)
        .join(Refund)
        .where(
            Refund.connection_id == row.connection_id,
            Refund.id != row.id,
            Refund.status == Status.POSTING.value,
            Document.role == Role.CLOSING.value,
            Document.state.in_(("planned", "sent")),
        )
    )
    return any(closed_order(other) in orders for other in others)


def _entered_otherwise(row: Refund, posting: Posting) -> Skip | None:
    """A reason where a credit memo of the refund is entered, and another amount would be by now."""
    memos = {d.part: d for d in row.documents if d.role == Role.MEMO.value and d.state == "posted" and not d.by_hand}
    for planned in posting.documents:
        entered = memos.get(planned.part) if planned.role is Role.MEMO else None
        if entered is not None and entered.amount != planned.amount:
            facts = {"ref_number": entered.ref_number, "entered": f"{entered.amount}", "planned": f"{planned.amount}"}
            return Skip("entered_otherwise", facts)
    return None


def write_order_down(session: DatabaseSession, row: Refund, order: CreatedOrder) -> None:
    """Writes the documents of an order down that is created before its refund, which is planned anew after it."""
    requests = {(planned.role, planned.part): write_request(planned.request) for planned in order.documents}
    _write_documents(session, row, row.order_documents, order.documents, requests, order.customer)
    forget_shares(row)
    session.flush()


def held_for_approval(row: Refund, settings: Settings, amount: Decimal, *, unseen_sale: bool = False) -> Skip | None:
    """Why what is entered next waits for a person: where the settings ask for one from this amount on, or where it is
    for a sale that a person named and nobody has been shown."""
    approved = row.decided.get("approved_plan")
    digest = plan_digest(row.next_documents)
    return held(settings, amount, digest, approved, row.approved_by, unseen_sale=unseen_sale)


def _tell_of_created_order(session: DatabaseSession, row: Refund, sale: Sale) -> None:
    created = standing(sales_created(session, row.connection_id, [order_of(row)]).get(order_of(row), []))
    for document in created:
        if document.txn_id == sale.txn_id:
            facts = {"type": sale.type.words, "ref_number": sale.ref_number, "total": str(sale.total)}
            add_notice(row, Notice("order_created", facts))
        else:  # a person has chosen another
            facts = {
                "type": words_of(document),
                "ref_number": document.ref_number,
                "total": str(document.posted_amount or document.amount),
                "txn_id": document.txn_id,
            }
            add_notice(row, Notice("created_sale_stays", facts))


def entered_by_hand(session: DatabaseSession, row: Refund, memos: Sequence[HandMemo]) -> list[HandMemo]:
    """Those credit memos that are none of ours: neither entered by this connection, nor under a number of one that is
    to be."""
    if not memos:
        return []
    ours = session.execute(
        select(Document.txn_id, Document.ref_number)
        .join(Refund)
        .where(
            Refund.connection_id == row.connection_id,
            or_(
                Document.txn_id.in_([memo.txn_id for memo in memos]),
                Document.ref_number.in_([memo.ref_number for memo in memos if memo.ref_number]),
            ),
        )
    )
    known = {name for pair in ours for name in pair if name} | {ref_number(data_of(row))}
    return [memo for memo in memos if not {memo.txn_id, memo.ref_number} & known]


def _perhaps_entered(
    session: DatabaseSession,
    row: Refund,
    found: Iterable[FoundDocument],
    sale: Sale,
    settings: Settings,
    facts: CompanyFacts,
) -> Skip | None:
    """A reason where somebody may have entered the refund already; what it may be is kept for a person to see."""
    data = data_of(row)
    row.candidates = None
    entries = [
        Entered(f.type, f.txn_id, f.ref_number, f.day, f.total, f.customer, f.external_guid, f.accounts, f.memo)
        for f in found
        if f.type in ("CreditMemo", "Check", "ARRefundCreditCard")
    ]
    day = data.created_at.astimezone(facts.time_zone).date()
    others = set(row.decided.get("post_anyway", ()))
    perhaps = perhaps_by_hand(entries, data, sale.customer, day, settings.hand_entry_days, facts, others)
    if perhaps:
        ours = session.scalars(select(Document.txn_id).where(Document.txn_id.in_([entry.txn_id for entry in perhaps])))
        accounted_for = set(ours)
        perhaps = tuple(entry for entry in perhaps if entry.txn_id not in accounted_for)
    if not perhaps:
        return None
    row.candidates = [
        {
            "type": entry.type,
            "txn_id": entry.txn_id,
            "ref_number": entry.ref_number,
            "date": entry.day.isoformat() if entry.day else "",
            "amount": f"{entry.amount:.2f}",
            "customer_id": sale.customer.list_id or "",
        }
        for entry in perhaps
    ]
    return Skip("perhaps_entered_by_hand", {"found": "; ".join(entry.words for entry in perhaps)})


def _planned_text(posting: Posting) -> str:
    """What a refund is to become, for its story."""
    parts = []
    for document in posting.documents:
        number = document.ref_number or ("to be printed" if document.role is Role.PAYOUT else "")
        words = f"{DOCUMENT_WORDS[document.role.value]} {number}".rstrip()
        if document.amount:
            words += f" over {document.amount}"
        way = "into" if document.role is Role.PAYMENT else "from"
        parts.append(f"{words} {way} {document.account}" if document.account else words)
    return f"Planned: {', '.join(parts)}." if parts else "Planned: nothing to enter."


def conclude(row: Refund, now: datetime) -> None:
    """Brings a refund's status in line with its documents, none of which is in trouble."""
    if any(document.fate in ("deleted", "voided") for document in row.documents):
        return  # it waits for a person, whatever else went in
    if any(document.state == "planned" and document.fate == "again" for document in row.next_documents):
        row.status, row.stage = Status.WAITING.value, "find"  # looked for before it is entered again
    elif any(document.state in ("planned", "sent") for document in row.next_documents):
        row.status, row.stage, row.reason = Status.POSTING.value, "post", None
    elif row.is_creating_order:
        _order_stands(row, now)
    else:
        row.status, row.stage, row.reason = Status.POSTED.value, "done", None
        row.batch_limit = None
        note(row, now, "Entered in QuickBooks.")
        otherwise = told_otherwise(row)
        if otherwise is not None:
            stop(row, otherwise, now)
    row.updated_at = now


def _order_stands(row: Refund, now: datetime) -> None:
    """The order is in QuickBooks: its refund goes its way from the beginning, on the sale as QuickBooks has it."""
    row.decided = {key: value for key, value in row.decided.items() if key != "approved_plan"}
    row.approved_by, row.approved_at = "", None  # what was approved was the order
    note(row, now, f"The order {row.order_number} is in QuickBooks now, and the refund is looked up on it.")
    sale = next(document for document in row.order_documents if document.role == Role.SALE.value)
    if row.withdrawn_at is not None:
        stop(row, Skip("withdrawn"), now)
    elif sale.posted_amount is not None and sale.posted_amount != sale.amount:
        facts = {
            "document": words_of(sale),
            "order": row.order_number,
            "actual": str(sale.posted_amount),
            "planned": str(sale.amount),
        }
        stop(row, Skip("created_sale_differs", facts), now)
    else:
        start_over(row, now)


def conclude_all(rows: Iterable[Refund], troubles: Mapping[int, Skip], now: datetime) -> None:
    """Brings refunds in line with their documents; `troubles` are the reasons of those that stop, by their id."""
    for row in rows:
        if row.id in troubles:
            stop(row, troubles[row.id], now)
        else:
            conclude(row, now)


def mark_posted(document: Document, *, txn_id: str, edit_sequence: str, amount: Decimal | None, now: datetime) -> None:
    """Records that a document stands in QuickBooks; it is never sent again."""
    document.state = "posted"
    document.txn_id = txn_id
    document.edit_sequence = edit_sequence
    document.posted_amount = amount
    document.posted_at = now
    document.status_code, document.status_message = 0, ""


def matches(document: Document, found: FoundDocument) -> bool:
    """Whether a transaction is a document as it was planned: customer and total agree."""
    customer = found.customer.list_id if found.customer is not None else None
    total = found.total if document.role != Role.APPLICATION.value else document.amount
    return customer == document.customer_id and total == document.amount


def is_named_as(document: Document, found: FoundDocument) -> bool:
    """Whether a transaction that shows no GUID goes by the document's name: its number, or its Memo where it has none,
    since a check that is to be printed gets its number later. The payment of an order that was created goes by its
    Memo, too: a deposit of the customer's may carry the order's number. What is empty is no name."""
    if found.external_guid:
        return False
    if document.ref_number and document.role != Role.SALE_PAYMENT.value:
        return found.ref_number.upper() == document.ref_number.upper()
    memo = memo_of(document)
    return bool(memo) and found.memo == memo


def memo_number(row: Refund) -> str:
    """The number of a refund's credit memo."""
    return ref_number(data_of(row))


def in_doubt(document: Document, why: str) -> Skip:
    """That nobody can tell what became of a document: a person looks for the refund's credit memo, or for the order."""
    what = words_of(document) if document.is_of_order else DOCUMENT_WORDS[Role.MEMO.value]
    number = document.ref_number if document.is_of_order else memo_number(document.refund)
    return Skip("in_doubt", {"document": what, "ref_number": number, "why": why})


def describe(found: FoundDocument) -> str:
    """A transaction in QuickBooks, for a person to find."""
    return f"{found.type} {found.ref_number or found.txn_id} over {found.total} for {found.customer}"


def _write_down(
    session: DatabaseSession,
    row: Refund,
    posting: Posting,
    written: dict[tuple[Role, int], bytes],
    sale: Sale,
) -> None:
    _write_documents(session, row, row.own_documents, posting.documents, written, sale.customer)
    row.shares = [encode(share) for share in posting.shares]
    row.total, row.tax, row.applied = posting.total, posting.tax, posting.applied
    row.notices = []
    for notice in posting.notices:
        add_notice(row, _as_it_was(row, notice))
    session.flush()


def _as_it_was(row: Refund, notice: Notice) -> Notice:
    """What a later session finds closed is told as it was where the refund itself has closed it before."""
    closed_it = any(d.role == Role.CLOSING.value and d.state == "posted" for d in row.own_documents)
    return replace(notice, code="order_closed") if closed_it and notice.code == "order_already_closed" else notice


def _write_documents(
    session: DatabaseSession,
    row: Refund,
    before: Sequence[Document],
    planned: Sequence[PlannedDocument],
    requests: Mapping[tuple[Role, int], bytes],
    customer: Ref,
) -> None:
    """Brings what is written down in line with what is planned; what stands in QuickBooks stays as it is."""
    existing = {(document.role, document.part): document for document in before}
    for each in planned:
        document = existing.pop((each.role.value, each.part), None)
        if document is not None and document.state == "posted":
            continue
        if document is None:
            document = Document(refund=row, role=each.role.value, part=each.part, generation=row.generation)
            session.add(document)
        _fill(document, each, requests[each.role, each.part], customer)
    _drop_never_sent(session, row, existing.values())


def _fill(document: Document, planned: PlannedDocument, written: bytes, customer: Ref) -> None:
    document.request_type = type(planned.request).__name__
    document.request = written
    document.macro = getattr(planned.request, "def_macro", None) or ""
    document.external_guid = planned.external_guid
    document.customer_id = customer.list_id or ""
    document.ref_number = planned.ref_number
    document.amount = planned.amount
    document.account = planned.account
    document.gateway = planned.gateway
    document.uses_memo = planned.uses_memo
    document.alone = planned.alone
    document.by_txn_id = False
    document.state = "planned"
    document.attempts = document.attempts if document.fate == "again" else 0
    document.fate = ""
    document.status_code, document.status_message = None, ""


def forget_plan(session: DatabaseSession, row: Refund) -> None:
    """What was planned before and never sent no longer holds."""
    _drop_never_sent(session, row, [document for document in row.own_documents if document.state != "posted"])
    if not any(document.state == "posted" for document in row.own_documents):
        row.shares, row.total, row.tax, row.applied = None, None, None, None
        row.notices = []


def _drop_never_sent(session: DatabaseSession, row: Refund, documents: Iterable[Document]) -> None:
    for document in list(documents):
        if document.id is None:
            continue
        sent = session.scalar(select(SetRequest.id).where(SetRequest.document_id == document.id).limit(1))
        if sent is None:
            row.documents.remove(document)
            session.delete(document)
        elif document.state == "planned":
            document.state = "failed"
    session.flush()


def _adopt(row: Refund, found: Iterable[FoundDocument], our_number: str, sale: Sale) -> Skip | None:
    """Takes over what stands in QuickBooks already; a reason where something there is not as it should be."""
    candidates = list(found)
    for document in row.own_documents:
        if document.state == "posted" or Role(document.role) in CHANGES:
            continue
        by_guid = next((f for f in candidates if f.external_guid and f.external_guid == document.external_guid), None)
        if by_guid is not None:
            if not matches(document, by_guid):
                facts = {
                    "document": words_of(document),
                    "ref_number": by_guid.ref_number or number_of(document),
                    "found": describe(by_guid),
                }
                return Skip("changed_in_quickbooks", facts)
            _take_over(document, by_guid)
            continue
        if document.role == Role.MEMO.value:
            skip = _adopt_memo_by_number(document, candidates, our_number)
            if skip is not None:
                return skip
        elif not document.uses_memo:
            _adopt_payout_by_name(document, candidates)
    memo = next((d for d in row.documents if d.role == Role.MEMO.value and d.state == "posted"), None)
    if memo is not None:
        _adopt_what_is_linked(row, memo, candidates, sale)
    for document in row.own_documents:
        if document.state == "posted" and document.posted_at is None:
            document.posted_at = row.updated_at
            add_notice(row, Notice("adopted", _names(document)))
    return None


def _adopt_memo_by_number(document: Document, candidates: list[FoundDocument], our_number: str) -> Skip | None:
    """RefNumber, customer and total together tell a memo of ours, where GUIDs are not shown."""
    numbered = [f for f in candidates if f.type == "CreditMemo" and f.ref_number.upper() == our_number.upper()]
    unmarked = [f for f in numbered if not f.external_guid]
    fitting = next((f for f in unmarked if matches(document, f)), None)
    if fitting is not None:
        _take_over(document, fitting)
        return None
    if numbered:
        facts = {"ref_number": our_number, "found": ", ".join(describe(f) for f in numbered)}
        return Skip("perhaps_posted_already", facts)
    return None


def _adopt_payout_by_name(document: Document, candidates: list[FoundDocument]) -> None:
    """A payout of an open payment, which no memo tells of."""
    kind = document.request_type.removesuffix("Add")
    named = (f for f in candidates if f.type == kind and is_named_as(document, f))
    fitting = next((f for f in named if matches(document, f)), None)
    if fitting is not None:
        _take_over(document, fitting)


def _adopt_what_is_linked(row: Refund, memo: Document, candidates: list[FoundDocument], sale: Sale) -> None:
    """What a memo that stood there already was used for: a payout by check or card, or the invoice."""
    stood = next((f for f in candidates if f.type == "CreditMemo" and f.txn_id == memo.txn_id), None)
    if stood is None:
        return
    known = {document.txn_id for document in row.documents if document.txn_id}  # two payouts may have one amount
    links = [link for link in stood.links if link.txn_id not in known]
    for document in row.documents:
        if document.state == "posted" or not document.uses_memo:
            continue
        link = link_of(document, links, sale.txn_id)
        if link is None:
            continue
        links.remove(link)
        document.state = "posted"
        document.txn_id = "" if link.txn_type == "Invoice" else link.txn_id
        document.posted_amount = link.amount


def closed_order(document: Document) -> str:
    """The TxnID of the sales order that a closing changes."""
    return written_value(document.request, "SalesOrderMod/TxnID")


def link_of(document: Document, links: Iterable[Link], sale_txn_id: str) -> Link | None:
    """The link of a memo that shows a payout or an application of it."""
    wanted = (
        ("Invoice", "ReceivePayment") if document.role == Role.APPLICATION.value else ("Check", "ARRefundCreditCard")
    )
    fitting = (link for link in links if link.txn_type in wanted and link.amount == document.amount)
    return next((link for link in fitting if link.txn_type != "Invoice" or link.txn_id == sale_txn_id), None)


def take_over(document: Document, txn_id: str, edit_sequence: str, now: datetime) -> None:
    """Records that a document of the order stood in QuickBooks already."""
    mark_posted(document, txn_id=txn_id, edit_sequence=edit_sequence, amount=document.amount, now=now)
    document.fate = ""
    note(document.refund, now, f"The {words_of(document)} {document.ref_number} stood in QuickBooks already.")


def drop_order(session: DatabaseSession, row: Refund) -> None:
    """What was planned of an order, which is in QuickBooks by another way, no longer holds."""
    _drop_never_sent(session, row, [document for document in row.order_documents if document.state != "posted"])
    for document in row.order_documents:
        if document.state != "posted":
            document.state, document.fate = "failed", ""


def _take_over(document: Document, found: FoundDocument) -> None:
    document.state = "posted"
    document.txn_id = found.txn_id
    document.edit_sequence = found.edit_sequence
    document.posted_amount = document.amount


def _names(document: Document) -> dict[str, str]:
    return {"document": words_of(document), "ref_number": number_of(document)}
