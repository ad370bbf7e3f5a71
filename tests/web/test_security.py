"""What every answer carries, and what a failing page gives away: nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from qbwc_server.store.database import Database
from qbwc_server.web.application import SecretKeyError, create_web, templates_folder
from tests.web.builders import add_connection, add_posted_refund
from tests.web.conftest import SECRET, Visitor

# What the policy would block, or must never be asked to let through; scripts come from our own folder alone.
FORBIDDEN = re.compile(
    r"<script(?! src=\"{{ url_for\('static'[^>]*\" defer></script>)|<style|\sstyle=|\son[a-z]+=|\|\s*safe|"
    r"autoescape|javascript:"
)


def test_every_answer_carries_the_headers_that_keep_others_out(ada: Visitor, database: Database) -> None:
    with database.transaction() as session:
        add_posted_refund(session, add_connection(session))
    for path in ("/", "/connections/main", "/refunds/1", "/support", "/healthz", "/nowhere", "/static/connex.css"):
        headers = ada.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'; script-src 'self';"), path
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert "form-action 'self'" in policy
        assert "base-uri 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "same-origin"


def test_pages_are_not_kept_by_the_browser_but_the_stylesheet_is(ada: Visitor) -> None:
    assert ada.get("/").headers["Cache-Control"] == "no-store"
    assert "max-age=3600" in ada.get("/static/connex.css").headers["Cache-Control"]


def test_no_template_holds_what_the_policy_would_block() -> None:
    templates = sorted(templates_folder().glob("*.html"))
    assert len(templates) >= 10
    for template in templates:
        content = template.read_text(encoding="utf-8")
        assert not FORBIDDEN.search(content), template.name


TOKEN_FIELDS = ("{{ csrf_token() }}", "{{ parts.token() }}", "{{ token() }}")  # the last within parts.html itself


def test_every_form_that_changes_something_carries_its_token() -> None:
    for template in templates_folder().glob("*.html"):
        for form in re.findall(r'<form[^>]*method="post".*?</form>', template.read_text(encoding="utf-8"), re.DOTALL):
            assert any(field in form for field in TOKEN_FIELDS), template.name


def test_the_templates_lie_beside_the_package_or_inside_it() -> None:
    project = Path(__file__).resolve().parents[2]
    assert templates_folder() in (project / "templates", project / "qbwc_server" / "templates")


def test_a_page_that_does_not_exist_says_so_in_the_look_of_the_pages(stranger: Visitor) -> None:
    answer = stranger.get("/nowhere")
    assert answer.status_code == 404
    assert "There is no such page" in answer.text
    assert "connex.css" in answer.text


def test_a_failing_page_shows_no_traceback(web: Flask) -> None:
    without_tables = Database("sqlite://")
    client = create_web(without_tables, web.extensions["connex"].sign_in, secret_key=SECRET).test_client()
    answer = client.get("/metrics")
    assert answer.status_code == 500
    assert "Something went wrong" in answer.text
    assert "no such table" not in answer.text
    assert "Traceback" not in answer.text
    assert answer.headers["X-Frame-Options"] == "DENY"
    without_tables.close()


def test_who_is_signed_in_gets_the_same_page_where_the_database_has_failed(ada: Visitor, database: Database) -> None:
    with database.transaction() as session:
        session.execute(text("ALTER TABLE people RENAME TO lost"))
    answer = ada.get("/")
    assert answer.status_code == 500
    assert "Something went wrong" in answer.text
    assert "no such table" not in answer.text
    assert ada.get("/healthz").status_code == 200


def test_a_form_that_is_too_large_is_refused(ada: Visitor, database: Database) -> None:
    with database.transaction() as session:
        add_connection(session)
    answer = ada.post("/connections/main", {"refund_item": "x" * 100_000})
    assert answer.status_code == 413
    assert "holds more than this page takes" in answer.text


def test_a_short_secret_key_is_refused(database: Database, web: Flask) -> None:
    with pytest.raises(SecretKeyError, match="has 5 bytes; at least 16"):
        create_web(database, web.extensions["connex"].sign_in, secret_key=b"short")


def test_an_error_leads_back_to_a_page_of_ours_alone(ada: Visitor) -> None:
    for referrer, is_ours in (("http://localhost/people?x=1", True), ("http://elsewhere.example/people", False)):
        answer = ada.client.get("/nowhere", base_url=ada.base_url, headers={"Referer": referrer})
        assert ('href="/people?x=1">Back to where you were</a>' in answer.text) == is_ours
        assert "elsewhere" not in answer.text
