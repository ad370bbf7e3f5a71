"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from qbwc_server.store.types import Cents, PlainJSON, UTCDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Makes all tables of the first release."""
    op.create_table(
        "connections",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("user_name", sa.String(length=120), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("owner_id", sa.String(length=38), nullable=False),
        sa.Column("file_id", sa.String(length=38), nullable=False),
        sa.Column("settings", PlainJSON(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("last_seen_at", UTCDateTime(), nullable=True),
        sa.Column("web_connector_version", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connections")),
        sa.UniqueConstraint("name", name=op.f("uq_connections_name")),
        sa.UniqueConstraint("user_name", name=op.f("uq_connections_user_name")),
    )
    op.create_table(
        "installation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("guid", sa.String(length=38), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installation")),
    )
    op.create_table(
        "people",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("role", sa.String(length=12), nullable=False),
        sa.Column("session_token", sa.String(length=64), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("name", name=op.f("uq_people_name")),
    )
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("who", sa.String(length=120), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=True),
        sa.Column("details", PlainJSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_audit_entries_connection_id_connections")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    op.create_index(op.f("ix_audit_entries_connection_id"), "audit_entries", ["connection_id"], unique=False)
    op.create_table(
        "company_files",
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("host", PlainJSON(), nullable=True),
        sa.Column("company", PlainJSON(), nullable=True),
        sa.Column("preferences", PlainJSON(), nullable=True),
        sa.Column("accounts", PlainJSON(), nullable=True),
        sa.Column("payment_methods", PlainJSON(), nullable=True),
        sa.Column("items", PlainJSON(), nullable=True),
        sa.Column("lists_read_at", UTCDateTime(), nullable=True),
        sa.Column("claim", sa.String(length=20), nullable=False),
        sa.Column("claim_holder", sa.Text(), nullable=False),
        sa.Column("claim_set_id", sa.String(length=20), nullable=False),
        sa.Column("known", PlainJSON(), nullable=False),
        sa.Column("batch_size", sa.Integer(), nullable=False),
        sa.Column("stopped", PlainJSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_company_files_connection_id_connections")
        ),
        sa.PrimaryKeyConstraint("connection_id", name=op.f("pk_company_files")),
    )
    op.create_table(
        "refunds",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("shop", sa.String(length=200), nullable=False),
        sa.Column("external_id", sa.String(length=100), nullable=False),
        sa.Column("order_number", sa.String(length=100), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("amount", Cents(), nullable=False),
        sa.Column("money_back", Cents(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("payload", PlainJSON(), nullable=False),
        sa.Column("imported_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("stage", sa.String(length=10), nullable=False),
        sa.Column("reason", PlainJSON(), nullable=True),
        sa.Column("notices", PlainJSON(), nullable=False),
        sa.Column("not_before", UTCDateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("batch_limit", sa.Integer(), nullable=True),
        sa.Column("findings", PlainJSON(), nullable=True),
        sa.Column("sale_type", sa.String(length=12), nullable=False),
        sa.Column("sale_txn_id", sa.String(length=36), nullable=False),
        sa.Column("sale_ref_number", sa.String(length=11), nullable=False),
        sa.Column("shares", PlainJSON(), nullable=True),
        sa.Column("total", Cents(), nullable=True),
        sa.Column("tax", Cents(), nullable=True),
        sa.Column("applied", Cents(), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_refunds_connection_id_connections")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refunds")),
        sa.UniqueConstraint(
            "connection_id",
            "source",
            "shop",
            "external_id",
            name=op.f("uq_refunds_connection_id_source_shop_external_id"),
        ),
    )
    op.create_index(op.f("ix_refunds_connection_id_id"), "refunds", ["connection_id", "id"], unique=False)
    op.create_index(
        op.f("ix_refunds_connection_id_order_number"), "refunds", ["connection_id", "order_number"], unique=False
    )
    op.create_index(
        op.f("ix_refunds_connection_id_sale_txn_id"), "refunds", ["connection_id", "sale_txn_id"], unique=False
    )
    op.create_index(
        op.f("ix_refunds_connection_id_stage_id"), "refunds", ["connection_id", "stage", "id"], unique=False
    )
    op.create_index(
        op.f("ix_refunds_connection_id_status_id"), "refunds", ["connection_id", "status", "id"], unique=False
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("ticket_digest", sa.String(length=64), nullable=False),
        sa.Column("remote_address", sa.String(length=64), nullable=False),
        sa.Column("started_at", UTCDateTime(), nullable=False),
        sa.Column("last_call_at", UTCDateTime(), nullable=False),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.Column("superseded", sa.Boolean(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("company_path", sa.Text(), nullable=False),
        sa.Column("work_total", sa.Integer(), nullable=False),
        sa.Column("sets_sent", sa.Integer(), nullable=False),
        sa.Column("lists_read", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_sessions_connection_id_connections")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("ticket_digest", name=op.f("uq_sessions_ticket_digest")),
    )
    op.create_index(op.f("ix_sessions_connection_id_id"), "sessions", ["connection_id", "id"], unique=False)
    op.create_table(
        "documents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("refund_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=12), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("request_type", sa.String(length=40), nullable=False),
        sa.Column("request", sa.LargeBinary(), nullable=False),
        sa.Column("macro", sa.String(length=60), nullable=False),
        sa.Column("external_guid", sa.String(length=38), nullable=False),
        sa.Column("customer_id", sa.String(length=36), nullable=False),
        sa.Column("ref_number", sa.String(length=20), nullable=False),
        sa.Column("amount", Cents(), nullable=False),
        sa.Column("account", sa.String(length=159), nullable=False),
        sa.Column("gateway", sa.String(length=100), nullable=False),
        sa.Column("uses_memo", sa.Boolean(), nullable=False),
        sa.Column("alone", sa.Boolean(), nullable=False),
        sa.Column("by_txn_id", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("txn_id", sa.String(length=36), nullable=False),
        sa.Column("edit_sequence", sa.String(length=16), nullable=False),
        sa.Column("posted_amount", Cents(), nullable=True),
        sa.Column("posted_at", UTCDateTime(), nullable=True),
        sa.Column("status_code", sa.Integer(), nullable=True),
        sa.Column("status_message", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["refund_id"], ["refunds.id"], name=op.f("fk_documents_refund_id_refunds")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents")),
        sa.UniqueConstraint(
            "refund_id", "role", "part", "generation", name=op.f("uq_documents_refund_id_role_part_generation")
        ),
    )
    op.create_index(op.f("ix_documents_refund_id"), "documents", ["refund_id"], unique=False)
    op.create_index(op.f("ix_documents_state"), "documents", ["state"], unique=False)
    op.create_index(op.f("ix_documents_txn_id"), "documents", ["txn_id"], unique=False)
    op.create_table(
        "message_sets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("writes", sa.Boolean(), nullable=False),
        sa.Column("message_set_id", sa.String(length=20), nullable=True),
        sa.Column("request", sa.LargeBinary(), nullable=False),
        sa.Column("context", PlainJSON(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("sent_at", UTCDateTime(), nullable=False),
        sa.Column("last_sent_at", UTCDateTime(), nullable=False),
        sa.Column("times_sent", sa.Integer(), nullable=False),
        sa.Column("answered_at", UTCDateTime(), nullable=True),
        sa.Column("response", sa.LargeBinary(), nullable=True),
        sa.Column("response_digest", sa.String(length=64), nullable=False),
        sa.Column("hresult", sa.String(length=40), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("evidence", PlainJSON(), nullable=False),
        sa.Column("record_cleared", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_message_sets_connection_id_connections")
        ),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_message_sets_session_id_sessions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_sets")),
        sa.UniqueConstraint("message_set_id", name=op.f("uq_message_sets_message_set_id")),
    )
    op.create_index(
        op.f("ix_message_sets_connection_id_state"), "message_sets", ["connection_id", "state"], unique=False
    )
    op.create_index(op.f("ix_message_sets_session_id_id"), "message_sets", ["session_id", "id"], unique=False)
    op.create_table(
        "events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("refund_id", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("message_set_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["message_set_id"], ["message_sets.id"], name=op.f("fk_events_message_set_id_message_sets")
        ),
        sa.ForeignKeyConstraint(["refund_id"], ["refunds.id"], name=op.f("fk_events_refund_id_refunds")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index(op.f("ix_events_refund_id"), "events", ["refund_id"], unique=False)
    op.create_table(
        "set_requests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("message_set_id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.String(length=50), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("used_macro", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name=op.f("fk_set_requests_document_id_documents")),
        sa.ForeignKeyConstraint(
            ["message_set_id"], ["message_sets.id"], name=op.f("fk_set_requests_message_set_id_message_sets")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_set_requests")),
        sa.UniqueConstraint("message_set_id", "request_id", name=op.f("uq_set_requests_message_set_id_request_id")),
    )
    op.create_index(op.f("ix_set_requests_document_id"), "set_requests", ["document_id"], unique=False)
