"""Fills a database with connections, refunds and their stories, through the tables directly."""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session as DatabaseSession

from qbwc_server.refunds import model
from qbwc_server.refunds.codec import encode
from qbwc_server.store.tables import (
    CompanyFile,
    Connection,
    Document,
    Event,
    MessageSet,
    Person,
    Refund,
    Session,
    SetRequest,
)

NOON = datetime(2024, 3, 1, 12, 0, tzinfo=timezone.utc)

ACCOUNTS = [
    {"list_id": "80000001-1", "full_name": "Checking", "account_type": "Bank", "is_active": True},
    {"list_id": "80000002-1", "full_name": "Old Savings", "account_type": "Bank", "is_active": False},
    {
        "list_id": "80000003-1",
        "full_name": "Undeposited Funds",
        "account_type": "OtherCurrentAsset",
        "special_account_type": "UndepositedFunds",
        "is_active": True,
    },
    {"list_id": "80000004-1", "full_name": "Shopify Clearing", "account_type": "OtherCurrentAsset", "is_active": True},
    {"list_id": "80000005-1", "full_name": "Sales", "account_type": "Income", "is_active": True},
]


def add_person(session: DatabaseSession, name: str = "Ada", *, password_hash: str = "x", role: str = "owner") -> Person:
    """Somebody who can sign in; `password_hash` as the door under test reads it."""
    person = Person(name=name, password_hash=password_hash, role=role, created_at=NOON)
    session.add(person)
    session.flush()
    return person


def add_connection(session: DatabaseSession, name: str = "main", **changes: Any) -> Connection:
    """A connection; with `accounts=None` one whose company file was never read."""
    number = 1 + session.query(Connection).count()
    company = {
        "path": r"C:\Books\Example.qbw",
        "host": {"product_name": "QuickBooks Pro 2023", "major_version": "33", "minor_version": "0", "country": "US"},
        "company": {"company_name": "Example Goods"},
        "accounts": ACCOUNTS,
        "lists_read_at": NOON,
        "stopped": None,
        "payment_methods": None,
        "items": None,
        "latch": None,
    }
    row: dict[str, Any] = {
        "user_name": f"connex-{number}",
        "password_hash": "x",
        "owner_id": f"{{11111111-1111-1111-1111-{number:012d}}}",
        "file_id": f"{{22222222-2222-2222-2222-{number:012d}}}",
        "settings": {},
        "created_at": NOON,
        "last_seen_at": NOON,
        "web_connector_version": "34.0.10010.23",
    }
    for key, value in changes.items():
        (company if key in company or key.startswith("claim") else row)[key] = value
    connection = Connection(name=name, **row)
    connection.company = CompanyFile(batch_size=10, claim=company.pop("claim", "stands"), known={}, **company)
    session.add(connection)
    session.flush()
    return connection


def refund_payload(number: str = "#1001", external_id: str = "900", *, title: str = "T-shirt") -> model.Refund:
    """What a shop tells of one refund: a shirt with its tax, paid back by card."""
    return model.Refund(
        source="shopify",
        shop="",
        external_id=external_id,
        order=model.Order(order_id="5", number=number, customer_name="Jo Bloggs", total=Decimal("41.04")),
        created_at=NOON,
        currency="USD",
        lines=(model.RefundLine("1", "TEE-M", title, Decimal(2), Decimal("38.00"), Decimal("3.04")),),
        money=(model.MoneyBack(Decimal("41.04"), "shopify_payments", "tx-77"),),
        note="Too small",
    )


def add_refund(
    session: DatabaseSession,
    connection: Connection,
    number: str = "#1001",
    *,
    external_id: str = "",
    status: str = "waiting",
    title: str = "T-shirt",
    **changes: Any,
) -> Refund:
    """A refund as it stands right after it was imported, unless `changes` say otherwise."""
    external_id = external_id or str(900 + session.query(Refund).count())
    told = refund_payload(number, external_id, title=title)
    row: dict[str, Any] = {
        "source": told.source,
        "shop": told.shop,
        "external_id": external_id,
        "order_number": number,
        "created_at": told.created_at,
        "amount": told.value,
        "money_back": told.money_back,
        "currency": told.currency,
        "payload": encode(told),
        "imported_at": NOON,
        "updated_at": NOON,
        "stage": "find" if status == "waiting" else "done",
        "reason": None,
        "notices": [],
    }
    refund = Refund(connection_id=connection.id, status=status, **{**row, **changes})
    session.add(refund)
    session.flush()
    return refund


def add_document(session: DatabaseSession, refund: Refund, role: str, **changes: Any) -> Document:
    """A document that stands in QuickBooks, unless `changes` say otherwise."""
    request_type = "CreditMemoAdd" if role == "memo" else "ARRefundCreditCardAdd"
    row: dict[str, Any] = {
        "part": 1,
        "generation": 1,
        "request_type": request_type,
        "request": b"<Rq/>",
        "macro": f"TxnID:{refund.id}{role}",
        "external_guid": f"{{33333333-3333-3333-3333-{refund.id:012d}}}",
        "customer_id": "80000009-1",
        "ref_number": "1001-7QK",
        "amount": refund.amount,
        "account": "" if role == "memo" else "Shopify Clearing",
        "gateway": "" if role == "memo" else "shopify_payments",
        "uses_memo": role != "memo",
        "alone": False,
        "state": "posted",
        "txn_id": f"{refund.id:X}A-{1 if role == 'memo' else 2}",
        "posted_amount": refund.amount,
        "posted_at": NOON,
        "status_code": 0,
    }
    document = Document(refund_id=refund.id, role=role, **{**row, **changes})
    session.add(document)
    session.flush()
    return document


def add_session(session: DatabaseSession, connection: Connection, **changes: Any) -> Session:
    """A Web Connector session that went well, unless `changes` say otherwise."""
    row: dict[str, Any] = {
        "ticket_digest": f"digest-{session.query(Session).count()}",
        "remote_address": "192.0.2.7",
        "started_at": NOON,
        "last_call_at": NOON + timedelta(seconds=20),
        "ended_at": NOON + timedelta(seconds=21),
        "outcome": "3 refunds entered",
        "company_path": r"C:\Books\Example.qbw",
        "work_total": 3,
        "sets_sent": 2,
    }
    run = Session(connection_id=connection.id, **{**row, **changes})
    session.add(run)
    session.flush()
    return run


def add_set(
    session: DatabaseSession, run: Session, request: str, response: str | None, *, documents: tuple[Document, ...] = ()
) -> MessageSet:
    """A message set with its answer; one that carries documents is one that writes."""
    number = session.query(MessageSet).count()
    message_set = MessageSet(
        connection_id=run.connection_id,
        session_id=run.id,
        kind="post" if documents else "find",
        writes=bool(documents),
        message_set_id=f"set{number:017d}" if documents else None,
        request=zlib.compress(request.encode()),
        response=None if response is None else zlib.compress(response.encode()),
        state="sent" if response is None else "answered",
        sent_at=NOON,
        last_sent_at=NOON,
        answered_at=None if response is None else NOON + timedelta(seconds=3),
        context={},
        evidence=[],
    )
    session.add(message_set)
    session.flush()
    for index, document in enumerate(documents):
        session.add(SetRequest(message_set_id=message_set.id, request_id=str(index), document_id=document.id))
    session.flush()
    return message_set


def add_event(session: DatabaseSession, refund: Refund, text: str, message_set: MessageSet | None = None) -> Event:
    """One line of a refund's story."""
    event = Event(refund_id=refund.id, at=NOON, text=text, message_set_id=message_set.id if message_set else None)
    session.add(event)
    session.flush()
    return event


def add_posted_refund(
    session: DatabaseSession, connection: Connection, number: str = "#1001", **changes: Any
) -> Refund:
    """A refund with its memo and card refund, its events, and the conversation that entered it."""
    refund = add_refund(
        session,
        connection,
        number,
        status="posted",
        **{
            "sale_type": "SalesReceipt",
            "sale_txn_id": "5F-1",
            "sale_ref_number": "1001",
            "total": Decimal("41.04"),
            "tax": Decimal("3.04"),
            "notices": [{"code": "text_cut", "message": "The field memo was cut to 31 characters."}],
            **changes,
        },
    )
    memo = add_document(session, refund, "memo")
    payout = add_document(session, refund, "payout")
    run = add_session(session, connection)
    found = add_set(
        session,
        run,
        '<?xml version="1.0"?><?qbxml version="13.0"?><QBXML><QBXMLMsgsRq onError="continueOnError">'
        '<SalesReceiptQueryRq requestID="0"><RefNumber>1001</RefNumber></SalesReceiptQueryRq></QBXMLMsgsRq></QBXML>',
        "<QBXML><QBXMLMsgsRs><SalesReceiptQueryRs statusCode='0'><TxnID>5F-1</TxnID></SalesReceiptQueryRs>"
        "</QBXMLMsgsRs></QBXML>",
    )
    posted = add_set(
        session,
        run,
        '<QBXML><QBXMLMsgsRq onError="continueOnError"><CreditMemoAddRq><Memo>Refund</Memo></CreditMemoAddRq>'
        "</QBXMLMsgsRq></QBXML>",
        f"<QBXML><QBXMLMsgsRs><CreditMemoAddRs statusCode='0'><TxnID>{memo.txn_id}</TxnID></CreditMemoAddRs>"
        "</QBXMLMsgsRs></QBXML>",
        documents=(memo, payout),
    )
    add_event(session, refund, "Imported from shopify.")
    add_event(session, refund, "Found sales receipt 1001 in QuickBooks.", found)
    add_event(session, refund, "Credit memo 1001-7QK and its card refund were entered.", posted)
    return refund
