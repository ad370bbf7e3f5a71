"""What needs no login: help, health, metrics."""

from __future__ import annotations

from flask import Flask

from qbwc_server.store.database import Database
from qbwc_server.web import create_web
from tests.web.builders import add_connection, add_refund, add_session
from tests.web.conftest import SECRET, Visitor


def test_the_help_page_opens_for_everybody(stranger: Visitor) -> None:
    answer = stranger.get("/support")
    assert answer.status_code == 200
    assert "Add Connex to the Web Connector" in answer.text
    assert "If it fails" in answer.text


def test_health_is_good_while_the_database_answers(stranger: Visitor) -> None:
    answer = stranger.get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"status": "ok", "database": "reachable"})


def test_health_is_bad_where_the_database_has_gone(web: Flask) -> None:
    lost = Database("postgresql://nobody@127.0.0.1:1/nowhere?connect_timeout=1")
    answer = create_web(lost, web.extensions["connex"].sign_in, secret_key=SECRET).test_client().get("/healthz")
    assert (answer.status_code, answer.json) == (503, {"status": "unhealthy", "database": "unreachable"})


def test_health_is_bad_where_the_tables_are_missing(web: Flask) -> None:
    empty = Database("sqlite://")
    answer = create_web(empty, web.extensions["connex"].sign_in, secret_key=SECRET).test_client().get("/healthz")
    assert answer.status_code == 503
    empty.close()


def test_the_metrics_count_and_tell_nothing_else(stranger: Visitor, database: Database) -> None:
    with database.transaction() as session:
        connection = add_connection(session, "secret-name")
        for status in ("posted", "posted", "review"):
            add_refund(session, connection, status=status)
        add_session(session, connection)
        add_session(session, connection, ended_at=None)
    answer = stranger.get("/metrics")
    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    samples = dict(line.rsplit(" ", 1) for line in answer.text.splitlines() if not line.startswith("#"))
    assert samples == {
        "connex_connections": "1",
        'connex_refunds{status="waiting"}': "0",
        'connex_refunds{status="review"}': "1",
        'connex_refunds{status="posting"}': "0",
        'connex_refunds{status="posted"}': "2",
        'connex_refunds{status="skipped"}': "0",
        'connex_refunds{status="failed"}': "0",
        "connex_sessions_total": "2",
        "connex_sessions_open": "1",
        "connex_last_session_timestamp_seconds": "1709294400",
    }
    assert "secret" not in answer.text


def test_the_metrics_of_an_empty_installation_are_all_nought(stranger: Visitor) -> None:
    text = stranger.get("/metrics").text
    assert "connex_sessions_total 0" in text
    assert "connex_last_session" not in text
