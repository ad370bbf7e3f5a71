"""The entry in a company file that sets which post begin with, where QuickBooks does not show that it recognises a repeat."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from qbwc_server.store.types import PlainJSON

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Makes room for what is known of it; nothing is before it was first looked for."""
    op.add_column("company_files", sa.Column("latch", PlainJSON(), nullable=True))
