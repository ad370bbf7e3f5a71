"""Payouts by account and by the time of their entering, so that the pages don't go through all of them; when a webhook
was used last."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from qbwc_server.store.types import UTCDateTime

revision = "0010"
down_revision = "0009"

NEW = (("state", "role", "posted_at"), ("account", "role", "state", "posted_at"))
COVERED = ("state", "account")  # by those, which begin with them


def upgrade() -> None:
    """Makes the longer indexes, drops those that they stand in for, and adds the columns."""
    for columns in NEW:
        op.create_index(f"ix_documents_{'_'.join(columns)}", "documents", list(columns))
    for column in COVERED:
        op.drop_index(f"ix_documents_{column}", table_name="documents")
    op.add_column("webhook_secrets", sa.Column("delivered_at", UTCDateTime(), nullable=True))
    op.add_column("webhook_secrets", sa.Column("delivered", sa.Text(), server_default="", nullable=False))
    op.add_column("webhook_secrets", sa.Column("badly_signed_at", UTCDateTime(), nullable=True))
