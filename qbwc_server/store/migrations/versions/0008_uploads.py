"""Files of orders that wait for a person to have them taken in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from qbwc_server.store.types import UTCDateTime

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Makes the table of uploads."""
    op.create_table(
        "uploads",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("who", sa.String(length=120), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("file_format", sa.String(length=20), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_uploads_connection_id_connections")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
    )
    op.create_index(op.f("ix_uploads_connection_id"), "uploads", ["connection_id"])
