"""A file of orders is looked at before it is taken in, and a table of SKUs comes and goes."""

from __future__ import annotations

import io

import pytest
from flask import Flask
from sqlalchemy import select

from qbwc_server.store import uploads
from qbwc_server.store.connections import connection_named
from qbwc_server.store.database import Database
from qbwc_server.store.tables import AuditEntry, Refund, Upload
from tests.web.builders import add_connection, add_document, add_refund
from tests.web.conftest import Visitor
from tests.web.orders import ORDERS

FORM = "/connections/main/import"


@pytest.fixture(autouse=True)
def connection(database: Database) -> None:
    """A connection called main."""
    with database.transaction() as session:
        add_connection(session)


def refunds(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(Refund.external_id).order_by(Refund.id)))


def send(visitor: Visitor, content: bytes, name: str = "orders.json") -> str:
    answer = visitor.post(FORM, {"file": (io.BytesIO(content), name), "format": ""})
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def test_a_file_is_shown_and_nothing_of_it_is_in_before_it_is_confirmed(ada: Visitor, database: Database) -> None:
    at = send(ada, ORDERS)
    page = ada.get(at).text
    assert "<strong>1</strong> <span>New</span>" in page
    assert "<strong>1</strong> <span>Refused</span>" in page
    assert refunds(database) == []
    ada.post(at, {"what": "import"})
    assert refunds(database) == ["R1"]
    with database.reading() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.what == "imported orders.json")).one()
        assert (entry.who, entry.details["new"], entry.details["refused"]) == ("Ada", 1, 1)
        assert session.scalars(select(Upload)).all() == []


def test_the_same_file_twice_is_known_already(ada: Visitor, database: Database) -> None:
    ada.post(send(ada, ORDERS), {"what": "import"})
    page = ada.get(send(ada, ORDERS)).text
    assert "<strong>1</strong> <span>Known already</span>" in page
    assert "<strong>0</strong> <span>New</span>" in page


def test_a_refund_that_changed_after_it_was_entered_is_counted_as_changed(ada: Visitor, database: Database) -> None:
    ada.post(send(ada, ORDERS), {"what": "import"})
    with database.transaction() as session:
        refund = session.scalars(select(Refund)).one()
        refund.status, refund.stage = "posted", "done"
        add_document(session, refund, "memo")
    page = ada.get(send(ada, ORDERS.replace(b'"38.00"', b'"37.00"'))).text
    assert "<strong>1</strong> <span>Changed</span>" in page
    assert "1 refund was changed by the shop after it had been entered." in page


def test_a_refused_record_is_placed_as_a_person_counts(ada: Visitor) -> None:
    assert 'Refund 2, currency<br><code class="muted">refunds[1].currency</code>' in ada.get(send(ada, ORDERS)).text


def test_a_file_that_is_thrown_away_leaves_nothing(ada: Visitor, database: Database) -> None:
    at = send(ada, ORDERS)
    ada.post(at, {"what": "discard"})
    assert refunds(database) == []
    assert ada.get(at).status_code == 302


@pytest.mark.parametrize("content", [b"", b"not a file of orders", b"\x00\xff\xfe"])
def test_a_file_that_cannot_be_read_says_so(ada: Visitor, database: Database, content: bytes) -> None:
    answer = ada.post(FORM, {"file": (io.BytesIO(content), "x.json"), "format": ""})
    if answer.status_code == 302:
        answer = ada.get(answer.headers["Location"])
    assert answer.status_code == 422
    assert "could be read" in answer.text or "Nothing was read" in answer.text
    assert refunds(database) == []


def test_a_file_that_is_too_large_is_refused(ada: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MAX_UPLOAD_BYTES", 100)
    answer = ada.post(FORM, {"file": (io.BytesIO(b"x" * 101), "x.json"), "format": ""})
    assert answer.status_code == 422
    assert "connex import main FILE takes larger ones" in answer.text


def test_a_large_form_is_taken_only_where_a_file_is_expected_and_only_from_who_is_signed_in(
    ada: Visitor, stranger: Visitor
) -> None:
    large = {"file": (io.BytesIO(b"x" * 200_000), "x.json")}
    assert ada.post(FORM, large).status_code == 302
    assert ada.post("/connections/main", {"shop": "x" * 200_000}).status_code == 413
    answer = stranger.client.post(FORM, data={"file": (io.BytesIO(b"x" * 200_000), "x.json")})
    assert answer.status_code in (400, 413)


def test_nobody_sees_or_confirms_the_file_of_somebody_else(web: Flask, ada: Visitor, database: Database) -> None:
    at = send(ada, ORDERS)
    with database.transaction() as session:
        session.scalars(select(Upload)).one().who = "Bob"
    assert ada.get(at).status_code == 302
    ada.post(at, {"what": "import"}, form_on=FORM)
    assert refunds(database) == []


def test_a_viewer_brings_no_file_in(web: Flask) -> None:
    vera = Visitor(web.test_client())
    vera.sign_in("Vera")
    answer = vera.post(FORM, {"file": (io.BytesIO(ORDERS), "orders.json")})
    assert answer.status_code == 403


def test_refunds_of_some_days_are_looked_at_again_but_not_what_was_entered(ada: Visitor, database: Database) -> None:
    with database.transaction() as session:
        main = connection_named(session, "main")
        reason = {"code": "order_not_found", "message": "No such order."}
        add_refund(session, main, status="skipped", reason=reason)
        add_refund(session, main, status="posted")
        stopped = {"code": "stopped_by_person", "message": "Ada stopped it."}
        add_refund(session, main, status="skipped", reason=stopped)
    answer = ada.post("/connections/main/sync", {"since": "2024-03-01", "until": "2024-03-01"})
    assert answer.status_code == 302
    assert "1 of 3 refunds" in ada.get("/connections/main/sync").text
    with database.reading() as session:
        assert list(session.scalars(select(Refund.status).order_by(Refund.id))) == ["waiting", "posted", "skipped"]


@pytest.mark.parametrize("days", [("2024-03-02", "2024-03-01"), ("x", "2024-03-01"), ("1900-01-01", "2024-03-01")])
def test_days_that_make_no_sense_are_refused(ada: Visitor, days: tuple[str, str]) -> None:
    answer = ada.post("/connections/main/sync", {"since": days[0], "until": days[1]})
    assert answer.status_code == 422
    assert "Nothing was done" in answer.text


def test_skus_are_mapped_searched_changed_and_removed(ada: Visitor) -> None:
    at = "/connections/main/items"
    ada.post(at, {"sku": "TEE-M", "item": "Apparel:T-shirt"})
    ada.post(at, {"sku": "CAP", "item": "Apparel:Cap"})
    assert "TEE-M" not in ada.get(at, {"search": "cap"}).text
    assert "2 of 2 SKUs" in ada.get(at).text
    ada.post(at, {"sku": "tee-m", "item": "Shirts"})
    assert "Shirts" in ada.get(at).text
    ada.post(at + "/remove", {"sku": "TEE-M"}, form_on=at)
    assert "1 of 1 SKUs" in ada.get(at).text
    audit = ada.get("/audit").text
    assert "mapped SKUs to items" in audit
    assert "removed the mapping of a SKU" in audit
    assert ada.post(at, {"sku": "X", "item": ""}).status_code == 422


def test_a_table_of_skus_goes_out_without_formulas_and_comes_back_the_same(ada: Visitor) -> None:
    at = "/connections/main/items"
    for sku, item in (("=1+1", "Formula"), ("'=2", "Quoted"), ("'s", "-Dash")):
        ada.post(at, {"sku": sku, "item": item})
    table = ada.get(at + ".csv").data
    assert b"'=1+1,Formula" in table
    assert b"\n=" not in table
    for sku in ("=1+1", "'=2", "'s"):
        ada.post(at + "/remove", {"sku": sku}, form_on=at)
    answer = ada.post(at + "/table", {"file": (io.BytesIO(table), "items.csv")}, form_on=at)
    assert answer.status_code == 302
    assert ada.get(at + ".csv").data == table


def test_a_table_that_is_wrong_changes_nothing(ada: Visitor) -> None:
    at = "/connections/main/items"
    wrong = b"sku,item\nA,B\nA,C\n"
    answer = ada.post(at + "/table", {"file": (io.BytesIO(wrong), "items.csv")}, form_on=at)
    assert answer.status_code == 422
    assert "line 3" in answer.text
    assert "None yet" in ada.get(at).text
