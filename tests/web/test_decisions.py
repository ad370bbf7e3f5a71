"""What a person decides about a refund on its page, and about many in the list."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from qbwc_server.store.database import Database
from qbwc_server.store.tables import Refund
from tests.web.builders import add_connection, add_refund
from tests.web.conftest import Visitor

REASON = {"code": "sale_pending", "message": "The sale is still marked as pending."}


@pytest.fixture
def refunds(database: Database) -> list[int]:
    """Three refunds in review, by their ids."""
    with database.transaction() as session:
        connection = add_connection(session)
        return [add_refund(session, connection, f"#100{n}", status="review", reason=REASON).id for n in range(3)]


def row(database: Database, refund_id: int) -> Refund:
    with database.reading() as session:
        return session.get_one(Refund, refund_id)


def test_a_refund_in_review_is_tried_again_by_a_button(ada: Visitor, database: Database, refunds: list[int]) -> None:
    page = ada.get(f"/refunds/{refunds[0]}").text
    version = re.findall(r'name="version" value="(\d+)"', page)[0]
    form = {"act": "retry", "version": version, "note": "It is final now"}
    assert ada.post(f"/refunds/{refunds[0]}/decide", form, form_on=f"/refunds/{refunds[0]}").status_code == 302
    assert row(database, refunds[0]).status == "waiting"
    after = ada.get(f"/refunds/{refunds[0]}").text
    assert "Done: Try again from the beginning." in after
    assert "It is final now" in after
    assert "Ada" in after


def test_who_saw_an_older_state_decides_nothing(ada: Visitor, database: Database, refunds: list[int]) -> None:
    path = f"/refunds/{refunds[0]}"
    answer = ada.post(f"{path}/decide", {"act": "retry", "version": "999", "note": ""}, form_on=path)
    assert answer.status_code == 400
    assert "has changed since you looked at it" in answer.text
    assert row(database, refunds[0]).status == "review"


def test_an_act_that_has_to_say_why_is_refused_without_a_note(ada: Visitor, refunds: list[int]) -> None:
    path = f"/refunds/{refunds[0]}"
    version = re.findall(r'name="version" value="(\d+)"', ada.get(path).text)[0]
    answer = ada.post(f"{path}/decide", {"act": "note", "version": version}, form_on=path)
    assert answer.status_code == 400
    assert (
        "Nothing was changed: “Only keep the note” needs a note that says why. Write it, then choose again."
        in answer.text
    )


def test_a_note_is_not_lost_where_the_decision_that_it_is_for_can_not_be_carried_out(
    ada: Visitor, refunds: list[int]
) -> None:
    path = f"/refunds/{refunds[0]}"
    form = {"act": "retry", "version": "999", "note": "It is final <now>"}
    answer = ada.post(f"{path}/decide", form, form_on=path)
    assert "Refund of order" in answer.text
    assert ">It is final &lt;now&gt;</textarea>" in answer.text


@pytest.mark.parametrize("form", [{"act": "burn", "version": "1"}, {"act": "retry", "version": "x"}, {}])
def test_what_is_no_decision_is_refused(ada: Visitor, refunds: list[int], form: dict[str, str]) -> None:
    answer = ada.post(f"/refunds/{refunds[0]}/decide", form, form_on="/people")
    assert answer.status_code == 400
    assert 'href="/people">Back to where you were</a>' in answer.text


def test_many_are_decided_at_once_and_those_that_can_not_be_are_named(
    ada: Visitor, database: Database, refunds: list[int]
) -> None:
    page = ada.get("/connections/main/refunds").text
    chosen = re.findall(r'name="refund" value="([\d:]+)"', page)
    assert len(chosen) == 3
    stale = f"{refunds[2]}:999"
    data = {
        "csrf_token": ada.token("/connections/main/refunds"),
        "act": "retry",
        "refund": [each for each in chosen if not each.startswith(f"{refunds[2]}:")] + [stale],
        "next": "/connections/main/refunds?status=review",
    }
    answer = ada.client.post("/connections/main/refunds/decide", data=data)
    assert answer.location == "/connections/main/refunds?status=review"
    after = ada.get(answer.location).text
    assert "Try again from the beginning: done for 2 of 3 refunds." in after
    assert "has changed since you looked at it" in after
    assert [row(database, refund_id).status for refund_id in refunds] == ["waiting", "waiting", "review"]


def test_a_decision_about_many_never_leads_elsewhere(ada: Visitor, refunds: list[int]) -> None:
    form = {"act": "retry", "refund": f"{refunds[0]}:1", "next": "//elsewhere.example/"}
    answer = ada.post("/connections/main/refunds/decide", form, form_on="/connections/main/refunds")
    assert answer.location == "/connections/main/refunds"


def test_a_refund_of_another_connection_is_not_decided_through_this_one(
    ada: Visitor, database: Database, refunds: list[int]
) -> None:
    with database.transaction() as session:
        other = add_refund(session, add_connection(session, "other"), status="review", reason=REASON).id
    form = {"act": "retry", "refund": f"{other}:1"}
    answer = ada.post("/connections/main/refunds/decide", form, form_on="/connections/main/refunds")
    assert answer.status_code == 404
    assert row(database, other).status == "review"


def test_a_viewer_sees_no_button_and_decides_nothing(web: Flask, database: Database, refunds: list[int]) -> None:
    vera = Visitor(web.test_client())
    vera.sign_in("Vera")
    for path in (f"/refunds/{refunds[0]}", "/connections/main/refunds"):
        page = vera.get(path).text
        assert 'name="act"' not in page
        assert 'name="refund"' not in page
    assert vera.post(f"/refunds/{refunds[0]}/decide", {"act": "retry"}, form_on="/account").status_code == 403
    assert row(database, refunds[0]).status == "review"
