"""A database of an earlier version keeps what it holds, and gets what newer pages search by."""

from __future__ import annotations

import json

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from qbwc_server.store import refund_list
from qbwc_server.store.database import Database
from qbwc_server.store.refund_list import Wanted
from tests.shared import PROJECT

CONNECTION = """INSERT INTO connections (id, name, user_name, password_hash, owner_id, file_id, settings, created_at,
    web_connector_version) VALUES (1, 'main', 'main', 'x', '', '', '{}', '2024-03-01 12:00:00', '')"""
REFUND = """INSERT INTO refunds (connection_id, source, shop, external_id, order_number, created_at, amount, money_back,
    currency, payload, imported_at, updated_at, status, stage, reason, notices, attempts, sale_type, sale_txn_id,
    sale_ref_number) VALUES (1, 'shopify', '', :number, :number, '2024-03-01 12:00:00', 100, 100, 'USD', :payload,
    '2024-03-01 12:00:00', '2024-03-01 12:00:00', 'review', 'done', :reason, '[]', 0, '', '', '')"""


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_refunds_of_the_first_release_are_found_after_the_update(kind: str, request: pytest.FixtureRequest) -> None:
    database = Database(request.getfixturevalue(f"{kind}_database_url"))
    upgrade(database, "0001")
    payload = json.dumps({"order": {"number": "#WEB-7", "customer_name": "Anna Müller"}})
    reason = json.dumps({"code": "sale_pending", "message": "It is pending."})
    with database.transaction() as session:
        session.execute(text(CONNECTION))
        session.execute(text(REFUND), {"number": "WEB-7", "payload": payload, "reason": reason})
        session.execute(text(REFUND), {"number": "8", "payload": "{}", "reason": None})
    database.migrate()
    with database.reading() as session:
        for wanted in (Wanted(search="web"), Wanted(search="müller"), Wanted(reason="sale_pending")):
            ids = refund_list.page(session, 1, wanted).refunds
            assert [refund.order_number for refund in ids] == ["WEB-7"], wanted
    database.close()


def upgrade(database: Database, revision: str) -> None:
    """Brings the tables to an earlier version."""
    config = Config()
    config.set_main_option("script_location", str(PROJECT / "qbwc_server" / "store" / "migrations"))
    with database.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()
