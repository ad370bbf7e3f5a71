"""For IT: whether the database can be reached, and counts in the text format that Prometheus reads.

Neither needs a login, so neither tells more than counts.
"""

from __future__ import annotations

import logging
from typing import Any

from flask import Blueprint, Response
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from qbwc_server.store import reports
from qbwc_server.store.tables import Connection
from qbwc_server.web.site import open_to_everybody, site

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"

pages = Blueprint("health", __name__)
_log = logging.getLogger(__name__)


@pages.get("/healthz")
@open_to_everybody
def health() -> tuple[dict[str, Any], int]:
    """200 where the database answers and has its tables, else 503."""
    try:
        with site().database.reading() as session:
            session.scalar(select(Connection.id).limit(1))
    except SQLAlchemyError:
        _log.exception("the database can't be reached")
        return {"status": "unhealthy", "database": "unreachable"}, 503
    return {"status": "ok", "database": "reachable"}, 200


@pages.get("/metrics")
@open_to_everybody
def metrics() -> Response:
    """Counts of refunds by status, of sessions and of connections."""
    with site().database.reading() as session:
        by_status = reports.count_by_status(session)
        sessions = reports.count_sessions(session)
        connections = session.scalar(select(func.count(Connection.id))) or 0
    lines = [
        "# HELP connex_connections Connections set up.",
        "# TYPE connex_connections gauge",
        f"connex_connections {connections}",
        "# HELP connex_refunds Refunds by what has become of them.",
        "# TYPE connex_refunds gauge",
        *(f'connex_refunds{{status="{status}"}} {count}' for status, count in by_status.items()),
        "# HELP connex_sessions_total Web Connector sessions that had work to do.",
        "# TYPE connex_sessions_total counter",
        f"connex_sessions_total {sessions.total}",
        "# HELP connex_sessions_open Web Connector sessions that have not ended.",
        "# TYPE connex_sessions_open gauge",
        f"connex_sessions_open {sessions.open}",
    ]
    if sessions.newest_started_at is not None:
        lines += [
            "# HELP connex_last_session_timestamp_seconds When the newest session began.",
            "# TYPE connex_last_session_timestamp_seconds gauge",
            f"connex_last_session_timestamp_seconds {sessions.newest_started_at.timestamp():.0f}",
        ]
    return Response("\n".join(lines) + "\n", content_type=METRICS_TYPE)
