"""Webhooks' secrets encrypted with the server's key, which a migration does not have: the server seals at its next start
what is still as it was given."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Makes room for sealed secrets, which are longer, and says of each whether it is one."""
    with op.batch_alter_table("webhook_secrets") as batch:
        batch.alter_column("secret", existing_type=sa.String(200), type_=sa.Text(), existing_nullable=False)
        batch.add_column(sa.Column("is_sealed", sa.Boolean(), server_default=sa.false(), nullable=False))
