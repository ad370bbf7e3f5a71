"""Which item of QuickBooks a SKU of the shop is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Makes the table of mappings."""
    op.create_table(
        "item_mappings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("sku", sa.String(length=255), nullable=False),
        sa.Column("sku_key", sa.String(length=765), nullable=False),
        sa.Column("item", sa.String(length=159), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_item_mappings_connection_id_connections")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_mappings")),
        sa.UniqueConstraint("connection_id", "sku_key", name=op.f("uq_item_mappings_connection_id_sku_key")),
    )
