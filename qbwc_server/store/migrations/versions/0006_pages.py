"""What the pages search and sort by; second factors, recovery codes and sign-ins of people."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

from qbwc_server.store import keys
from qbwc_server.store.types import SearchKey, UTCDateTime

revision = "0006"
down_revision = "0005"

ROWS_AT_ONCE = 1000
REFUND_INDEXES = (
    ("connection_id", "created_at", "id"),
    ("connection_id", "amount", "id"),
    ("connection_id", "status", "created_at", "id"),
    ("connection_id", "status", "amount", "id"),
    ("connection_id", "reason_code", "created_at", "id"),
    ("connection_id", "order_key"),
    ("connection_id", "customer_key"),
    ("connection_id", "customer_turned_key"),
    ("connection_id", "sale_ref_number"),
)
DOCUMENT_INDEXES = ("account",)  # and by posted_at since 0003
COVERED = ("connection_id_created_at", "connection_id_amount")  # by longer ones that begin with them


def upgrade() -> None:
    """Adds columns and fills them, then the indexes over them."""
    op.add_column("refunds", sa.Column("reason_code", sa.String(length=60), server_default="", nullable=False))
    for name in ("order_key", "customer_key", "customer_turned_key"):
        op.add_column("refunds", sa.Column(name, SearchKey(), server_default="", nullable=False))
    _fill_refunds()
    for columns in REFUND_INDEXES:
        op.create_index(f"ix_refunds_{'_'.join(columns)}", "refunds", list(columns))
    for name in COVERED:
        op.drop_index(f"ix_refunds_{name}", table_name="refunds")
    for column in DOCUMENT_INDEXES:
        op.create_index(f"ix_documents_{column}", "documents", [column])
    _change_people()
    op.create_index("ix_audit_entries_connection_id_id", "audit_entries", ["connection_id", "id"])
    op.create_index("ix_audit_entries_who_id", "audit_entries", ["who", "id"])
    op.drop_index("ix_audit_entries_connection_id", table_name="audit_entries")


def _change_people() -> None:
    op.add_column("people", sa.Column("locale", sa.String(length=20), server_default="", nullable=False))
    op.add_column("people", sa.Column("factor_salt", sa.String(length=64), server_default="", nullable=False))
    op.add_column("people", sa.Column("factor_last_step", sa.Integer(), nullable=True))
    op.add_column("people", sa.Column("factor_failures", sa.Integer(), server_default="0", nullable=False))
    op.add_column("people", sa.Column("factor_failed_at", UTCDateTime(), nullable=True))
    op.drop_column("people", "session_token")  # a sign-in is a row of its own now: people sign in once more
    op.create_table(
        "recovery_codes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_recovery_codes_person_id_people"),
        sa.PrimaryKeyConstraint("id", name="pk_recovery_codes"),
    )
    op.create_index("ix_recovery_codes_person_id", "recovery_codes", ["person_id"])
    op.create_table(
        "sign_ins",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("token_digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("last_seen_at", UTCDateTime(), nullable=False),
        sa.Column("remote_address", sa.String(length=64), nullable=False),
        sa.Column("browser", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_sign_ins_person_id_people"),
        sa.PrimaryKeyConstraint("id", name="pk_sign_ins"),
        sa.UniqueConstraint("token_digest", name="uq_sign_ins_token_digest"),
    )
    op.create_index("ix_sign_ins_person_id", "sign_ins", ["person_id"])


def _fill_refunds() -> None:
    """The keys of refunds that are there already, a block at a time."""
    refunds = sa.table(
        "refunds",
        *(
            sa.column(name)
            for name in (
                "id",
                "order_number",
                "payload",
                "reason",
                "reason_code",
                "order_key",
                "customer_key",
                "customer_turned_key",
            )
        ),
    )
    update = refunds.update().where(refunds.c.id == sa.bindparam("row_id"))
    connection = op.get_bind()
    newest = 0
    while True:
        rows = connection.execute(
            sa.select(refunds.c.id, refunds.c.order_number, refunds.c.payload, refunds.c.reason)
            .where(refunds.c.id > newest)
            .order_by(refunds.c.id)
            .limit(ROWS_AT_ONCE)
        ).all()
        if not rows:
            return
        connection.execute(update.values(**_VALUES), [_keys_of(*row) for row in rows])
        newest = rows[-1][0]


_VALUES: dict[str, sa.BindParameter[str]] = {
    "reason_code": sa.bindparam("new_reason_code"),
    "order_key": sa.bindparam("new_order_key"),
    "customer_key": sa.bindparam("new_customer_key"),
    "customer_turned_key": sa.bindparam("new_customer_turned_key"),
}


def _keys_of(row_id: int, order_number: str, payload: str, reason: str | None) -> dict[str, object]:
    customer_key, turned = keys.customer_keys(keys.customer_name(json.loads(payload)))
    return {
        "row_id": row_id,
        "new_reason_code": json.loads(reason)["code"] if reason else "",
        "new_order_key": keys.order_key(order_number),
        "new_customer_key": customer_key,
        "new_customer_turned_key": turned,
    }
