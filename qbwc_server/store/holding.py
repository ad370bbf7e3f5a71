"""Holding a connection, so that a session and whoever writes what it reads wait for each other."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session as DatabaseSession

from qbwc_server.store.tables import Connection


def hold(session: DatabaseSession, connection_id: int) -> None:
    """Keeps others from this connection until the transaction ends; on SQLite every transaction that writes does."""
    if session.get_bind().dialect.name != "sqlite":
        session.execute(select(Connection.id).where(Connection.id == connection_id).with_for_update())
