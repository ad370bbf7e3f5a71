"""Books that were restored, claims taken over, and what was posted compared with QuickBooks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from qbwc_server.store.types import PlainJSON, UTCDateTime

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Adds columns to company files and documents, and the tables of reconciliations."""
    op.add_column("company_files", sa.Column("takeover", PlainJSON(), nullable=True))
    op.add_column("company_files", sa.Column("restored", PlainJSON(), nullable=True))
    op.add_column("company_files", sa.Column("reconcile_due_at", UTCDateTime(), nullable=True))
    op.add_column("documents", sa.Column("fate", sa.String(length=10), nullable=False, server_default=""))
    for column in ("posted_at", "external_guid"):
        op.create_index(op.f(f"ix_documents_{column}"), "documents", [column])
    op.create_table(
        "reconciliations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.String(length=120), nullable=False),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.Column("started_at", UTCDateTime(), nullable=True),
        sa.Column("finished_at", UTCDateTime(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("progress", PlainJSON(), nullable=False),
        sa.Column("checked", sa.Integer(), nullable=False),
        sa.Column("looked_through", sa.Integer(), nullable=False),
        sa.Column("left_out", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_reconciliations_connection_id_connections")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliations")),
    )
    op.create_index(op.f("ix_reconciliations_connection_id_id"), "reconciliations", ["connection_id", "id"])
    op.create_table(
        "reconciliation_findings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reconciliation_id", sa.Integer(), nullable=False),
        sa.Column("refund_id", sa.Integer(), nullable=True),
        sa.Column("document_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("txn_type", sa.String(length=40), nullable=False),
        sa.Column("txn_id", sa.String(length=36), nullable=False),
        sa.Column("ref_number", sa.String(length=20), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["reconciliation_id"],
            ["reconciliations.id"],
            name=op.f("fk_reconciliation_findings_reconciliation_id_reconciliations"),
        ),
        sa.ForeignKeyConstraint(
            ["refund_id"], ["refunds.id"], name=op.f("fk_reconciliation_findings_refund_id_refunds")
        ),
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.id"], name=op.f("fk_reconciliation_findings_document_id_documents")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliation_findings")),
    )
    for column in ("reconciliation_id", "refund_id", "document_id"):
        op.create_index(op.f(f"ix_reconciliation_findings_{column}"), "reconciliation_findings", [column])
