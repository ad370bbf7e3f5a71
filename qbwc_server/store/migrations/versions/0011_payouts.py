"""Payouts by account and by the time of their entering, so that the pages don't go through all of them."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0008"

NEW = (("state", "role", "posted_at"), ("account", "role", "state", "posted_at"))
COVERED = ("state", "account")  # by those, which begin with them


def upgrade() -> None:
    """Makes the longer indexes and drops those that they stand in for."""
    for columns in NEW:
        op.create_index(f"ix_documents_{'_'.join(columns)}", "documents", list(columns))
    for column in COVERED:
        op.drop_index(f"ix_documents_{column}", table_name="documents")
