"""What was posted, as it is asked for and compared: which documents, how QuickBooks shows them, and what is written on
a refund whose document is gone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session as DatabaseSession
from sqlalchemy.orm import joinedload

from qbwc_server.refunds.model import ZERO
from qbwc_server.refunds.naming import Role
from qbwc_server.refunds.reasons import Skip
from qbwc_server.store.planned import memo_of, number_of, words_of
from qbwc_server.store.tables import Document, Refund
from qbwc_server.sync.books import DOCUMENT_RECORDS, DocumentRecord, total_of
from qbwc_server.sync.comparing import Posted, Seen
from qbwc_server.sync.plans import stop
from qbxml import (
    ARRefundCreditCardRet,
    CheckRet,
    CreditMemoRet,
    Ref,
    Response,
    SalesReceiptRet,
    TxnDeletedRet,
    written_value,
)

POSTED_TYPES = ("CreditMemo", "ARRefundCreditCard", "Check", "ReceivePayment", "SalesReceipt", "Invoice")
TYPES_BY_REQUEST = {f"{name}Add": name for name in POSTED_TYPES}
MAX_CLOCK_AHEAD = timedelta(days=30)  # of this server; further back, nothing is asked for on its account
_DIGITS_OF_A_TIME = 10  # in Unix seconds, from 2001 to 2286
UNDONE = ("deleted", "voided")  # of Document.fate
_SHOULD_BE_THERE = ("", "missing")  # of Document.fate
# Neither entered by somebody else's hand nor asked to be undone, which may have been worked with its answer lost.
_STANDS = (Document.by_hand.is_(False), Document.undo.in_(("", "refused")))
_WITH_REFUND = joinedload(Document.refund).selectinload(Refund.documents)
_VALUES_AT_ONCE = 500  # in one statement, well below what databases take as parameters
_ACCOUNTS = {
    "CheckAdd": "CheckAdd/AccountRef",
    "ARRefundCreditCardAdd": "ARRefundCreditCardAdd/RefundFromAccountRef",
    "SalesReceiptAdd": "SalesReceiptAdd/DepositToAccountRef",
}


def newest(
    database: DatabaseSession, connection_id: int, limit: int, before: tuple[datetime, int] | None = None
) -> list[Document]:
    """The documents that were posted last and should be in QuickBooks, the newest first; `before` a time and an id."""
    query = _posted(connection_id).order_by(Document.posted_at.desc(), Document.id.desc()).limit(limit)
    if before is not None:
        moment, document_id = before
        earlier = or_(Document.posted_at < moment, and_(Document.posted_at == moment, Document.id < document_id))
        query = query.where(earlier)
    return list(database.scalars(query))


def following(database: DatabaseSession, connection_id: int, after: int, limit: int) -> list[Document]:
    """The documents that were entered, also those that somebody undid, in the order of their ids, from `after` on."""
    query = (
        select(Document)
        .join(Refund)
        .where(
            Refund.connection_id == connection_id,
            or_(Document.state == "posted", Document.fate.in_(UNDONE)),
            *_STANDS,
            Document.txn_id != "",
            Document.request_type.in_(tuple(TYPES_BY_REQUEST)),
            Document.id > after,
        )
        .options(_WITH_REFUND)
    )
    return list(database.scalars(query.order_by(Document.id).limit(limit)))


def was_entered(document: Document) -> bool:
    """Whether it stands in QuickBooks, or did before somebody undid it there."""
    return document.state == "posted" or document.fate in UNDONE


def documents_of(database: DatabaseSession, ids: Sequence[int]) -> list[Document]:
    """These documents, with their refunds."""
    query = select(Document).where(Document.id.in_(ids)).options(_WITH_REFUND)
    return sorted(database.scalars(query), key=lambda document: document.id)


def entered_since(documents: Iterable[Document], now: datetime) -> datetime:
    """A moment before which none of these can have been entered, nor deleted.

    Our clock may have been ahead when they were; the shop's is a second witness: no refund is entered before its date.
    The workstation's, which QuickBooks tells deletions by, may be behind both: the EditSequence is its time.
    """
    moments = (
        min(
            document.posted_at,
            max(document.refund.created_at, document.posted_at - MAX_CLOCK_AHEAD),
            _by_the_workstation(document) or document.posted_at,
        )
        for document in documents
        if document.posted_at is not None
    )
    return min(moments, default=now)


def _by_the_workstation(document: Document) -> datetime | None:
    """When QuickBooks last changed it by its own clock, where the EditSequence tells (seconds: FACTS.md 1)."""
    digits = document.edit_sequence
    if not (digits.isascii() and digits.isdigit() and len(digits) == _DIGITS_OF_A_TIME):
        return None
    return datetime.fromtimestamp(int(digits), tz=timezone.utc)


def txn_ids_by_type(documents: Iterable[Document]) -> dict[str, list[str]]:
    """The TxnIDs to ask for, by the type of transaction."""
    found: dict[str, list[str]] = {}
    for document in documents:
        found.setdefault(TYPES_BY_REQUEST[document.request_type], []).append(document.txn_id)
    return found


def posted_of(document: Document) -> Posted:
    """A document as it was entered."""
    is_application = document.role == Role.APPLICATION.value
    known_amount = document.amount if document.posted_amount is None else document.posted_amount
    day = written_value(document.request, f"{document.request_type}/TxnDate")
    account = _ACCOUNTS.get(document.request_type)
    return Posted(
        document_id=document.id,
        refund_id=document.refund_id,
        words=words_of(document),
        type=TYPES_BY_REQUEST[document.request_type],
        txn_id=document.txn_id,
        external_guid=document.external_guid,
        ref_number=document.ref_number,
        customer_id=document.customer_id,
        amount=None if is_application else known_amount,
        txn_date=date.fromisoformat(day) if day else None,
        account_id=written_value(document.request, f"{account}/ListID") if account else "",
        account=document.account if account else "",
        open_credit=_left_open(document, known_amount) if document.role == Role.MEMO.value else None,
        memo=memo_of(document),
    )


def seen_in(responses: Iterable[Response]) -> dict[str, Seen]:
    """The transactions of some answers, by their TxnIDs."""
    found: dict[str, Seen] = {}
    for record in (record for response in responses for record in response.records):
        if isinstance(record, DOCUMENT_RECORDS) and record.txn_id:
            found[record.txn_id] = _seen(record)
    return found


def deleted_in(response: Response | None) -> set[str]:
    """The TxnIDs of what was deleted."""
    records = response.records if response is not None else ()
    return {record.txn_id for record in records if isinstance(record, TxnDeletedRet) and record.txn_id}


def known_by(
    database: DatabaseSession, connection_id: int, column: Any, values: Iterable[str]
) -> Mapping[str, list[Document]]:
    """The documents of a connection whose column holds one of these values, by the value."""
    found: dict[str, list[Document]] = {}
    wanted = sorted(set(values) - {""})
    for start in range(0, len(wanted), _VALUES_AT_ONCE):
        query = (
            select(Document)
            .join(Refund)
            .where(Refund.connection_id == connection_id, column.in_(wanted[start : start + _VALUES_AT_ONCE]))
            .options(_WITH_REFUND)
        )
        for document in database.scalars(query):
            found.setdefault(getattr(document, column.key), []).append(document)
    return found


def without_number(database: DatabaseSession, connection_id: int, customers: Iterable[str]) -> list[Document]:
    """The checks to these customers (ListIDs) that were entered to be printed, which have no number to be known by."""
    found: list[Document] = []
    wanted = sorted(set(customers) - {""})
    for start in range(0, len(wanted), _VALUES_AT_ONCE):
        query = (
            select(Document)
            .join(Refund)
            .where(
                Refund.connection_id == connection_id,
                Document.ref_number == "",
                Document.request_type == "CheckAdd",
                Document.customer_id.in_(wanted[start : start + _VALUES_AT_ONCE]),
            )
            .options(_WITH_REFUND)
        )
        found += database.scalars(query)
    return found


def mark_undone(document: Document, fate: str, now: datetime) -> None:
    """Somebody deleted or voided it in QuickBooks: its refund goes to a person and is never posted again by itself."""
    if document.fate == fate:
        return
    document.fate, document.state = fate, "review"
    names = {"document": words_of(document), "ref_number": number_of(document)}
    stop(document.refund, Skip(f"{fate}_in_quickbooks", names), now)


def _posted(connection_id: int) -> Any:
    return (
        select(Document)
        .join(Refund)
        .where(
            Refund.connection_id == connection_id,
            Document.state == "posted",
            *_STANDS,
            Document.txn_id != "",
            Document.posted_at.is_not(None),
            Document.fate.in_(_SHOULD_BE_THERE),
            Document.request_type.in_(tuple(TYPES_BY_REQUEST)),
        )
        .options(_WITH_REFUND)
    )


def _left_open(memo: Document, amount: Decimal) -> Decimal:
    """What the payouts and applications that were entered left of a memo."""
    used = (d.amount for d in memo.refund.documents if d.uses_memo and was_entered(d))
    return amount - sum(used, ZERO)


def _seen(record: DocumentRecord) -> Seen:
    customer = record.payee_entity_ref if isinstance(record, CheckRet) else record.customer_ref
    account: Ref | None = None
    if isinstance(record, CheckRet):
        account = record.account_ref
    elif isinstance(record, ARRefundCreditCardRet):
        account = record.refund_from_account_ref
    elif isinstance(record, SalesReceiptRet):
        account = record.deposit_to_account_ref
    return Seen(
        type=type(record).__name__.removesuffix("Ret"),
        txn_id=record.txn_id or "",
        external_guid=record.external_guid or "",
        ref_number=record.ref_number or "",
        customer_id=_list_id(customer),
        customer=(customer.full_name or "") if customer is not None else "",
        amount=total_of(record),
        txn_date=record.txn_date,
        account_id=_list_id(account),
        account=(account.full_name or "") if account is not None else "",
        open_credit=record.credit_remaining if isinstance(record, CreditMemoRet) else None,
        memo=record.memo or "",
    )


def _list_id(reference: Ref | None) -> str:
    return (reference.list_id or "") if reference is not None else ""
