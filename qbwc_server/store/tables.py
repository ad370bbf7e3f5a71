"""The tables. Each class says what one row stands for; constraints hold what must never be otherwise."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Index, LargeBinary, MetaData, String, Text, UniqueConstraint, false
from sqlalchemy.orm import DeclarativeBase, Mapped, WriteOnlyMapped, mapped_column, relationship, validates

from qbwc_server.refunds import naming
from qbwc_server.store import keys
from qbwc_server.store.types import Cents, PlainJSON, SearchKey, UTCDateTime

OF_THE_ORDER = frozenset(role.value for role in naming.OF_THE_ORDER)
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Base of all tables."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar = {
        datetime: UTCDateTime,
        Decimal: Cents,
        dict[str, Any]: PlainJSON,
        list[Any]: PlainJSON,
    }


class Installation(Base):
    """This installation; one row. Its ID is what a claim on a company file says."""

    __tablename__ = "installation"

    id: Mapped[int] = mapped_column(primary_key=True)
    guid: Mapped[str] = mapped_column(String(38))
    created_at: Mapped[datetime]


class Connection(Base):
    """One QuickBooks company file synced by one Web Connector entry."""

    __tablename__ = "connections"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    user_name: Mapped[str] = mapped_column(String(120), unique=True)
    password_hash: Mapped[str] = mapped_column(String(255))
    owner_id: Mapped[str] = mapped_column(String(38))
    file_id: Mapped[str] = mapped_column(String(38))
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime | None]
    web_connector_version: Mapped[str] = mapped_column(String(40), default="")

    company: Mapped[CompanyFile] = relationship(back_populates="connection", uselist=False, lazy="joined")


class CompanyFile(Base):
    """What a connection's company file told of itself, and what experience with it has shown."""

    __tablename__ = "company_files"

    connection_id: Mapped[int] = mapped_column(ForeignKey("connections.id"), primary_key=True)
    path: Mapped[str] = mapped_column(Text, default="")
    host: Mapped[dict[str, Any] | None]
    company: Mapped[dict[str, Any] | None]
    preferences: Mapped[dict[str, Any] | None]
    accounts: Mapped[list[Any] | None]
    payment_methods: Mapped[list[Any] | None]
    items: Mapped[dict[str, Any] | None]  # those that settings and mappings name
    tax_rates: Mapped[dict[str, Any] | None]  # percent, several taxes by sales tax code, where codes have rates
    templates: Mapped[list[Any] | None]  # names of the forms of credit memos
    lists_read_at: Mapped[datetime | None]
    claim: Mapped[str] = mapped_column(String(20), default="unknown")  # unknown, written, proved, stands, ...
    claim_holder: Mapped[str] = mapped_column(Text, default="")
    claim_set_id: Mapped[str] = mapped_column(String(20), default="")
    latch: Mapped[dict[str, Any] | None]  # the entry that sets begin with: store/latch.py
    known: Mapped[dict[str, Any]] = mapped_column(default=dict)  # what no source tells: "yes", "no" or not there
    batch_size: Mapped[int]
    stopped: Mapped[dict[str, Any] | None]  # why nothing is written: {"code", "message"}
    takeover: Mapped[dict[str, Any] | None]  # a person said to take the claim over: {"holder", "who", "at"}
    restored: Mapped[dict[str, Any] | None]  # the search for postings that are gone: sync/restored.py
    reconcile_due_at: Mapped[datetime | None]  # when all that was posted is compared with QuickBooks next

    connection: Mapped[Connection] = relationship(back_populates="company")


class Refund(Base):
    """One refund event of one order, and what has become of it."""

    __tablename__ = "refunds"
    __table_args__ = (
        UniqueConstraint("connection_id", "source", "shop", "external_id"),
        Index(None, "connection_id", "id"),
        Index(None, "connection_id", "status", "id"),
        Index(None, "connection_id", "stage", "id"),
        Index(None, "connection_id", "sale_txn_id"),
        Index(None, "connection_id", "order_number"),
        # For the list: each order it can be in, with each filter, and each thing that is searched for.
        Index(None, "connection_id", "created_at", "id"),
        Index(None, "connection_id", "amount", "id"),
        Index(None, "connection_id", "status", "created_at", "id"),
        Index(None, "connection_id", "status", "amount", "id"),
        Index(None, "connection_id", "reason_code", "created_at", "id"),
        Index(None, "connection_id", "order_key"),
        Index(None, "connection_id", "customer_key"),
        Index(None, "connection_id", "customer_turned_key"),
        Index(None, "connection_id", "sale_ref_number"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=1)  # rises with every change: what a person saw is still so, or not
    connection_id: Mapped[int] = mapped_column(ForeignKey("connections.id"))
    source: Mapped[str] = mapped_column(String(40))
    shop: Mapped[str] = mapped_column(String(200))
    external_id: Mapped[str] = mapped_column(String(100))
    order_number: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime]
    amount: Mapped[Decimal]  # the value given back
    money_back: Mapped[Decimal]
    currency: Mapped[str] = mapped_column(String(3))
    payload: Mapped[dict[str, Any]]  # the refund as codec.encode gives it
    fingerprint: Mapped[str] = mapped_column(String(64), default="")  # of what of it reaches the books
    changed_payload: Mapped[dict[str, Any] | None]  # what the shop tells of it since it was entered
    withdrawn_at: Mapped[datetime | None]  # by the shop
    imported_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    status: Mapped[str] = mapped_column(String(10))  # reasons.Status
    stage: Mapped[str] = mapped_column(String(10))  # what the conversation does next: sync/steps.py
    reason: Mapped[dict[str, Any] | None]  # {"code", "message"}
    reason_code: Mapped[str] = mapped_column(String(60), default="", server_default="")  # that of `reason`
    notices: Mapped[list[Any]] = mapped_column(default=list)  # [{"code", "message"}]
    not_before: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    batch_limit: Mapped[int | None]  # set while a refused batch is halved

    findings: Mapped[dict[str, Any] | None]  # what was found in QuickBooks, until it is planned
    sale_type: Mapped[str] = mapped_column(String(12), default="")
    sale_txn_id: Mapped[str] = mapped_column(String(36), default="")
    sale_ref_number: Mapped[str] = mapped_column(String(11), default="")
    shares: Mapped[list[Any] | None]  # what it takes out of the sale's lines
    total: Mapped[Decimal | None]  # of the credit memo
    tax: Mapped[Decimal | None]
    applied: Mapped[Decimal | None]  # to the invoice

    generation: Mapped[int] = mapped_column(default=1)  # of its documents; rises when an undo is confirmed
    decided: Mapped[dict[str, Any]] = mapped_column(default=dict)  # what people decided of it: act -> what it needs
    approved_by: Mapped[str] = mapped_column(String(120), default="")
    approved_at: Mapped[datetime | None]
    decision_note: Mapped[str] = mapped_column(Text, default="")  # of the latest decision
    candidates: Mapped[list[Any] | None]  # transactions of QuickBooks that a person is shown to choose from

    order_key: Mapped[str] = mapped_column(SearchKey(), default="", server_default="")
    customer_key: Mapped[str] = mapped_column(SearchKey(), default="", server_default="")
    customer_turned_key: Mapped[str] = mapped_column(SearchKey(), default="", server_default="")  # last name first

    # Those of its generation, which is what it is now; of an earlier one are left only what was undone, and a payment
    # on the invoice that other refunds need.
    documents: Mapped[list[Document]] = relationship(
        back_populates="refund",
        order_by="Document.id",
        primaryjoin="and_(Document.refund_id == Refund.id, Document.generation == Refund.generation)",
    )
    every_document: Mapped[list[Document]] = relationship(order_by="Document.id", viewonly=True)
    events: WriteOnlyMapped[Event] = relationship(back_populates="refund", order_by="Event.id")
    connection: Mapped[Connection] = relationship()

    @property
    def own_documents(self) -> list[Document]:
        """Those of the refund itself, without what was entered for its order."""
        return [document for document in self.documents if not document.is_of_order]

    @property
    def order_documents(self) -> list[Document]:
        """What is, or is to be, entered for its order first, where QuickBooks did not have it."""
        return [document for document in self.documents if document.is_of_order]

    @property
    def is_creating_order(self) -> bool:
        """Whether its order comes before it: it is planned only when the order is in QuickBooks."""
        return self.total is None and bool(self.order_documents)

    @property
    def next_documents(self) -> list[Document]:
        """What is entered next, and shown to a person first: the order's, else its own."""
        return self.order_documents if self.is_creating_order else self.own_documents

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  as SQLAlchemy wants it

    @validates("order_number")
    def _with_order_key(self, key: str, value: str) -> str:  # noqa: ARG002  SQLAlchemy's signature
        self.order_key = keys.order_key(value)
        return value

    @validates("payload")
    def _with_customer_keys(self, key: str, value: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        self.customer_key, self.customer_turned_key = keys.customer_keys(keys.customer_name(value))
        return value

    @validates("reason")
    def _with_reason_code(self, key: str, value: dict[str, Any] | None) -> dict[str, Any] | None:  # noqa: ARG002
        self.reason_code = value["code"] if value else ""
        return value


class Document(Base):
    """One transaction that a refund becomes in QuickBooks."""

    __tablename__ = "documents"
    __table_args__ = (
        UniqueConstraint("refund_id", "role", "part", "generation"),
        Index(None, "state", "role", "posted_at"),
        Index(None, "txn_id"),
        Index(None, "posted_at"),
        Index(None, "external_guid"),
        Index(None, "ref_number"),
        Index(None, "account", "role", "state", "posted_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    refund_id: Mapped[int] = mapped_column(ForeignKey("refunds.id"), index=True)
    role: Mapped[str] = mapped_column(String(12))
    part: Mapped[int]
    generation: Mapped[int]
    request_type: Mapped[str] = mapped_column(String(40))  # CreditMemoAdd, ...
    request: Mapped[bytes] = mapped_column(LargeBinary)  # the Rq element that it becomes
    macro: Mapped[str] = mapped_column(String(60))
    external_guid: Mapped[str] = mapped_column(String(38))
    customer_id: Mapped[str] = mapped_column(String(36))  # ListID
    ref_number: Mapped[str] = mapped_column(String(20))
    amount: Mapped[Decimal]
    account: Mapped[str] = mapped_column(String(159), default="")
    gateway: Mapped[str] = mapped_column(String(100), default="")
    uses_memo: Mapped[bool]
    alone: Mapped[bool]
    by_txn_id: Mapped[bool] = mapped_column(default=False)  # QuickBooks refused it with a macro
    state: Mapped[str] = mapped_column(String(10))  # planned, sent, posted, failed, review, undone
    attempts: Mapped[int] = mapped_column(default=0)
    txn_id: Mapped[str] = mapped_column(String(36), default="")
    edit_sequence: Mapped[str] = mapped_column(String(16), default="")
    posted_amount: Mapped[Decimal | None]
    posted_at: Mapped[datetime | None]
    fate: Mapped[str] = mapped_column(String(10), default="")  # what became of it later: FATES
    status_code: Mapped[int | None]
    status_message: Mapped[str] = mapped_column(Text, default="")
    by_hand: Mapped[bool] = mapped_column(default=False)  # somebody entered it in QuickBooks, and it was taken over
    undo: Mapped[str] = mapped_column(String(10), default="")  # wanted, sent, done, refused
    undo_request: Mapped[str] = mapped_column(String(40), default="")  # TxnVoid, TxnDel; empty: with its memo
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str] = mapped_column(String(120), default="")

    refund: Mapped[Refund] = relationship(back_populates="documents", foreign_keys=[refund_id])

    @property
    def is_of_order(self) -> bool:
        """Whether it was entered for the order, and so for all of its refunds: it stays when one is undone."""
        return self.role in OF_THE_ORDER


FATES = {
    "": "as far as is known it stands in QuickBooks as it was entered",
    "missing": "it is not in the company file that was open last, though nobody deleted it",
    "again": "it was missing, or an earlier session left it planned: it is looked for before it is entered",
    "left": "it was missing, and a person decided to leave it out",
    "deleted": "somebody deleted it in QuickBooks",
    "voided": "somebody voided it in QuickBooks",
}
"""What can become of a document after it was posted."""


class Session(Base):
    """One run of a Web Connector, from authenticate to closeConnection."""

    __tablename__ = "sessions"
    __table_args__ = (Index(None, "connection_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connections.id"))
    ticket_digest: Mapped[str] = mapped_column(String(64), unique=True)
    remote_address: Mapped[str] = mapped_column(String(64))
    started_at: Mapped[datetime]
    last_call_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    superseded: Mapped[bool] = mapped_column(default=False)
    outcome: Mapped[str] = mapped_column(Text, default="")  # how it ended, for the pages
    last_error: Mapped[str] = mapped_column(Text, default="")
    company_path: Mapped[str] = mapped_column(Text, default="")
    work_total: Mapped[int] = mapped_column(default=0)  # refunds that were open when it began
    sets_sent: Mapped[int] = mapped_column(default=0)
    lists_read: Mapped[bool] = mapped_column(default=False)

    connection: Mapped[Connection] = relationship()


class MessageSet(Base):
    """One qbXML message set that left for QuickBooks. One that writes is here before it leaves."""

    __tablename__ = "message_sets"
    __table_args__ = (Index(None, "connection_id", "state"), Index(None, "session_id", "id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connections.id"))
    session_id: Mapped[int] = mapped_column(ForeignKey("sessions.id"))
    kind: Mapped[str] = mapped_column(String(12))  # sync/steps.py, Kind
    writes: Mapped[bool]
    message_set_id: Mapped[str | None] = mapped_column(String(20), unique=True)  # newMessageSetID of one that writes
    request: Mapped[bytes] = mapped_column(LargeBinary)  # compressed
    context: Mapped[dict[str, Any]] = mapped_column(default=dict)  # which request asks for what
    state: Mapped[str] = mapped_column(String(10))  # sent, answered, abandoned, settled, review
    sent_at: Mapped[datetime]
    last_sent_at: Mapped[datetime]
    times_sent: Mapped[int] = mapped_column(default=1)
    answered_at: Mapped[datetime | None]
    response: Mapped[bytes | None] = mapped_column(LargeBinary)  # compressed
    response_digest: Mapped[str] = mapped_column(String(64), default="")
    hresult: Mapped[str] = mapped_column(String(40), default="")
    message: Mapped[str] = mapped_column(Text, default="")
    evidence: Mapped[list[Any]] = mapped_column(default=list)  # of a set in doubt: what each session found
    record_cleared: Mapped[bool] = mapped_column(default=False)  # QuickBooks was told to drop its record

    requests: Mapped[list[SetRequest]] = relationship(back_populates="message_set", order_by="SetRequest.id")


class SetRequest(Base):
    """One request of a set that writes, with the document that it enters."""

    __tablename__ = "set_requests"
    __table_args__ = (UniqueConstraint("message_set_id", "request_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    message_set_id: Mapped[int] = mapped_column(ForeignKey("message_sets.id"))
    request_id: Mapped[str] = mapped_column(String(50))
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"), index=True)
    used_macro: Mapped[bool] = mapped_column(default=False)

    message_set: Mapped[MessageSet] = relationship(back_populates="requests")
    document: Mapped[Document] = relationship()


class ItemMapping(Base):
    """Which item of QuickBooks a SKU of the shop is, where the two are not called the same."""

    __tablename__ = "item_mappings"
    __table_args__ = (UniqueConstraint("connection_id", "sku_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connections.id"))
    sku: Mapped[str] = mapped_column(String(255))  # as it was given
    sku_key: Mapped[str] = mapped_column(String(765))  # casefolded, which can make it longer
    item: Mapped[str] = mapped_column(String(159))  # full name


class GatewayMapping(Base):
    """How refunds through a gateway of the shop are paid out; what is empty is as the settings have it."""

    __tablename__ = "gateway_mappings"
    __table_args__ = (UniqueConstraint("connection_id", "gateway_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connections.id"))
    gateway: Mapped[str] = mapped_column(String(255))  # as it was given
    gateway_key: Mapped[str] = mapped_column(String(765))  # casefolded, which can make it longer
    account: Mapped[str] = mapped_column(String(159))  # full name
    payment_method: Mapped[str] = mapped_column(String(31))
    refund_method: Mapped[str] = mapped_column(String(20))


class Reconciliation(Base):
    """One comparison of all that was posted with what QuickBooks has, from being asked for to its report."""

    __tablename__ = "reconciliations"
    __table_args__ = (Index(None, "connection_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connections.id"))
    asked_by: Mapped[str] = mapped_column(String(120))
    asked_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(String(10), default="asked")  # asked, running, done, failed
    message: Mapped[str] = mapped_column(Text, default="")  # why it failed
    progress: Mapped[dict[str, Any]] = mapped_column(default=dict)  # how far it has come: sync/reconcile.py
    checked: Mapped[int] = mapped_column(default=0)  # transactions of ours that were asked for
    looked_through: Mapped[int] = mapped_column(default=0)  # transactions that were searched for our marks
    left_out: Mapped[int] = mapped_column(default=0)  # findings beyond what is kept

    findings: Mapped[list[ReconciliationFinding]] = relationship(
        back_populates="reconciliation", order_by="ReconciliationFinding.id"
    )


class ReconciliationFinding(Base):
    """One thing in which QuickBooks and our records differ."""

    __tablename__ = "reconciliation_findings"

    id: Mapped[int] = mapped_column(primary_key=True)
    reconciliation_id: Mapped[int] = mapped_column(ForeignKey("reconciliations.id"), index=True)
    refund_id: Mapped[int | None] = mapped_column(ForeignKey("refunds.id"), index=True)
    document_id: Mapped[int | None] = mapped_column(ForeignKey("documents.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))  # a code of sync/comparing.py
    txn_type: Mapped[str] = mapped_column(String(40))
    txn_id: Mapped[str] = mapped_column(String(36))
    ref_number: Mapped[str] = mapped_column(String(20))
    message: Mapped[str] = mapped_column(Text)

    reconciliation: Mapped[Reconciliation] = relationship(back_populates="findings")
    refund: Mapped[Refund | None] = relationship()


class WebhookSecret(Base):
    """A webhook of a connection that is on, with the secret that its deliveries are signed with.

    It is encrypted with the server's key: a signature can't be verified with a digest of the secret.
    """

    __tablename__ = "webhook_secrets"
    __table_args__ = (UniqueConstraint("connection_id", "source"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connections.id"))
    source: Mapped[str] = mapped_column(String(20))  # webhooks.SOURCES
    secret: Mapped[str] = mapped_column(Text)
    is_sealed: Mapped[bool] = mapped_column(default=False, server_default=false())  # else as it was given
    created_at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]  # the last delivery that was signed with it
    delivered: Mapped[str] = mapped_column(Text, default="", server_default="")  # what became of that one, in words
    badly_signed_at: Mapped[datetime | None]  # the last delivery that was not signed with it


class WaitingRefund(Base):
    """A refund that a webhook brought before its order, which says what it is a refund of."""

    __tablename__ = "waiting_refunds"
    __table_args__ = (
        UniqueConstraint("connection_id", "source", "external_id"),
        Index(None, "connection_id", "order_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connections.id"))
    source: Mapped[str] = mapped_column(String(40))
    external_id: Mapped[str] = mapped_column(String(100))
    order_id: Mapped[str] = mapped_column(String(100))
    body: Mapped[bytes] = mapped_column(LargeBinary)  # as it came, compressed
    received_at: Mapped[datetime]


class WebhookRefusal(Base):
    """Something that a webhook brought and that was not taken."""

    __tablename__ = "webhook_refusals"
    __table_args__ = (Index(None, "connection_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connections.id"))
    at: Mapped[datetime]
    source: Mapped[str] = mapped_column(String(20))
    topic: Mapped[str] = mapped_column(String(100))
    place: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)


class Upload(Base):
    """A file of orders that somebody sent, until it is taken in or thrown away."""

    __tablename__ = "uploads"

    id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connections.id"), index=True)
    who: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime]
    file_name: Mapped[str] = mapped_column(String(200))
    file_format: Mapped[str] = mapped_column(String(20))  # empty: told from the content
    content: Mapped[bytes] = mapped_column(LargeBinary)  # compressed


class Event(Base):
    """One thing that happened to a refund, in the words of its story."""

    __tablename__ = "events"

    id: Mapped[int] = mapped_column(primary_key=True)
    refund_id: Mapped[int] = mapped_column(ForeignKey("refunds.id"), index=True)
    at: Mapped[datetime]
    text: Mapped[str] = mapped_column(Text)
    message_set_id: Mapped[int | None] = mapped_column(ForeignKey("message_sets.id"))

    refund: Mapped[Refund] = relationship(back_populates="events")


class Person(Base):
    """Somebody who signs in to the pages."""

    __tablename__ = "people"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    password_hash: Mapped[str] = mapped_column(String(255))
    role: Mapped[str] = mapped_column(String(12), default="owner")
    created_at: Mapped[datetime]
    locale: Mapped[str] = mapped_column(String(20), default="", server_default="")  # empty: as the browser asks
    factor_salt: Mapped[str] = mapped_column(String(64), default="", server_default="")  # empty: no second factor
    factor_last_step: Mapped[int | None]  # the newest code's time step: none is taken twice
    factor_failures: Mapped[int] = mapped_column(default=0, server_default="0")
    factor_failed_at: Mapped[datetime | None]  # the first of these failures

    recovery_codes: Mapped[list[RecoveryCode]] = relationship(cascade="all, delete-orphan")
    sign_ins: Mapped[list[SignIn]] = relationship(back_populates="person", cascade="all, delete-orphan")


class RecoveryCode(Base):
    """A code that stands in once for a person's second factor; the row goes when it is used."""

    __tablename__ = "recovery_codes"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64))


class SignIn(Base):
    """One browser in which a person is signed in; without its row the browser's cookie opens nothing."""

    __tablename__ = "sign_ins"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    remote_address: Mapped[str] = mapped_column(String(64), default="")
    browser: Mapped[str] = mapped_column(String(200), default="")

    person: Mapped[Person] = relationship(back_populates="sign_ins")


class AuditEntry(Base):
    """Who changed what, by a page or a command."""

    __tablename__ = "audit_entries"
    __table_args__ = (Index(None, "connection_id", "id"), Index(None, "who", "id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    who: Mapped[str] = mapped_column(String(120))
    what: Mapped[str] = mapped_column(Text)
    connection_id: Mapped[int | None] = mapped_column(ForeignKey("connections.id"))
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
