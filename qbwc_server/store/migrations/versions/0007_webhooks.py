"""Webhooks: their secrets, what they brought that waits for its order, and what was refused."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from qbwc_server.store.types import UTCDateTime

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Makes the three tables."""
    op.create_table(
        "webhook_secrets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("secret", sa.String(length=200), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        *_of_connection("webhook_secrets"),
        sa.UniqueConstraint("connection_id", "source", name=op.f("uq_webhook_secrets_connection_id_source")),
    )
    op.create_table(
        "waiting_refunds",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("external_id", sa.String(length=100), nullable=False),
        sa.Column("order_id", sa.String(length=100), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", UTCDateTime(), nullable=False),
        *_of_connection("waiting_refunds"),
        sa.UniqueConstraint(
            "connection_id", "source", "external_id", name=op.f("uq_waiting_refunds_connection_id_source_external_id")
        ),
    )
    op.create_index(op.f("ix_waiting_refunds_connection_id_order_id"), "waiting_refunds", ["connection_id", "order_id"])
    op.create_table(
        "webhook_refusals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("topic", sa.String(length=100), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        *_of_connection("webhook_refusals"),
    )
    op.create_index(op.f("ix_webhook_refusals_connection_id_id"), "webhook_refusals", ["connection_id", "id"])


def _of_connection(table: str) -> tuple[sa.Constraint, sa.Constraint]:
    foreign = op.f(f"fk_{table}_connection_id_connections")
    return (
        sa.ForeignKeyConstraint(["connection_id"], ["connections.id"], name=foreign),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
