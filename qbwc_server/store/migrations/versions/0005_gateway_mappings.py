"""How refunds through a gateway of the shop are paid out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Makes the table of mappings."""
    op.create_table(
        "gateway_mappings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("gateway", sa.String(length=255), nullable=False),
        sa.Column("gateway_key", sa.String(length=765), nullable=False),
        sa.Column("account", sa.String(length=159), nullable=False),
        sa.Column("payment_method", sa.String(length=31), nullable=False),
        sa.Column("refund_method", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_gateway_mappings_connection_id_connections")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway_mappings")),
        sa.UniqueConstraint("connection_id", "gateway_key", name=op.f("uq_gateway_mappings_connection_id_gateway_key")),
    )
