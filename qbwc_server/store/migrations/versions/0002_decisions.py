"""What people decide about refunds: versions, approvals, undone documents, and what the shop changed afterwards."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from qbwc_server.store.types import PlainJSON, UTCDateTime

revision = "0002"
down_revision = "0001"

_REFUNDS: tuple[sa.Column[Any], ...] = (
    sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
    sa.Column("fingerprint", sa.String(length=64), nullable=False, server_default=""),
    sa.Column("changed_payload", PlainJSON(), nullable=True),
    sa.Column("withdrawn_at", UTCDateTime(), nullable=True),
    sa.Column("generation", sa.Integer(), nullable=False, server_default="1"),
    sa.Column("decided", PlainJSON(), nullable=False, server_default="{}"),
    sa.Column("approved_by", sa.String(length=120), nullable=False, server_default=""),
    sa.Column("approved_at", UTCDateTime(), nullable=True),
    sa.Column("decision_note", sa.Text(), nullable=False, server_default=""),
    sa.Column("candidates", PlainJSON(), nullable=True),
)
_DOCUMENTS: tuple[sa.Column[Any], ...] = (
    sa.Column("by_hand", sa.Boolean(), nullable=False, server_default=sa.false()),
    sa.Column("undo", sa.String(length=10), nullable=False, server_default=""),
    sa.Column("undo_request", sa.String(length=40), nullable=False, server_default=""),
    sa.Column("undone_at", UTCDateTime(), nullable=True),
    sa.Column("undone_by", sa.String(length=120), nullable=False, server_default=""),
)


def upgrade() -> None:
    """Adds the columns, with what they are for refunds and documents that are there already."""
    for column in _REFUNDS:
        op.add_column("refunds", column)
    for column in _DOCUMENTS:
        op.add_column("documents", column)
    op.create_index(op.f("ix_refunds_connection_id_created_at"), "refunds", ["connection_id", "created_at"])
    op.create_index(op.f("ix_refunds_connection_id_amount"), "refunds", ["connection_id", "amount"])
    op.create_index(op.f("ix_documents_ref_number"), "documents", ["ref_number"])
