"""What a company file tells of its tax codes, and of the forms of its credit memos."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from qbwc_server.store.types import PlainJSON

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Adds both columns; they are filled by the next session."""
    with op.batch_alter_table("company_files") as batch:
        batch.add_column(sa.Column("tax_rates", PlainJSON(), nullable=True))
        batch.add_column(sa.Column("templates", PlainJSON(), nullable=True))
