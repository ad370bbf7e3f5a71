"""The numbers of the overview, and that each leads to a list that holds just as many."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from html import unescape

import pytest
from flask import Flask

from qbwc_server.store import overview
from qbwc_server.store.database import Database
from tests.web.builders import NOON, add_connection, add_document, add_refund
from tests.web.conftest import Visitor

PENDING = {"code": "sale_pending", "message": "It is pending."}


def test_each_number_leads_to_a_list_of_as_many_refunds(ada: Visitor, database: Database) -> None:
    with database.transaction() as session:
        connection = add_connection(session, settings={"time_zone": "America/New_York"})
        for days, status in ((0, "review"), (0.3, "review"), (2, "waiting"), (5, "failed"), (30, "waiting")):
            reason = PENDING if status == "review" else None
            add_refund(session, connection, status=status, reason=reason, created_at=NOON - timedelta(days=days))
        paid = add_refund(session, connection, status="posted", amount=Decimal("12.00"))
        for part in (1, 2):  # two payouts of one refund are one line of the list
            add_document(session, paid, "payout", account="PayPal", part=part, macro=f"TxnID:payout{part}")
    page = ada.get("/").text
    followed = 0
    for href, words in re.findall(r'<a[^>]*href="([^"]*/refunds\?[^"]+)"[^>]*>(.*?)</a>', page, re.DOTALL):
        number = re.match(r"\s*(?:<strong>)?(\d+)", words)
        if number is None:
            continue
        listed = ada.get(unescape(href)).text
        assert len(re.findall(r'<th scope="row" role="rowheader"><a href="/refunds/', listed)) == int(number[1]), href
        followed += 1
    assert followed >= 16
    assert re.search(r">PayPal</th><td class=\"amount\"><a[^>]*>1<.*?</a></td><td class=\"amount\">24.00 USD", page)
    assert "Sale is pending" in page


def test_a_web_connector_that_does_not_come_is_missed(web: Flask, ada: Visitor, database: Database) -> None:
    with database.transaction() as session:
        add_connection(session, last_seen_at=NOON)
        add_connection(session, "silent", last_seen_at=NOON - timedelta(hours=1))
    page = ada.get("/").text
    assert page.count("Next expected: <time") == 1
    assert page.count("though it should come every 5 minutes") == 1


def test_sums_that_leave_payouts_out_say_so(ada: Visitor, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with database.transaction() as session:
        connection = add_connection(session)
        for _ in range(2):
            add_document(session, add_refund(session, connection, status="posted"), "payout", account="PayPal")
    assert "largest sums of the newest" not in ada.get("/").text
    monkeypatch.setattr(overview, "MAX_SUMMED", 1)
    assert "The 20 largest sums of the newest 1 payouts." in ada.get("/").text


def test_what_another_connection_paid_out_is_not_in_the_sum(ada: Visitor, database: Database) -> None:
    with database.transaction() as session:
        for name, amount in (("one", "12.00"), ("other", "30.00")):
            refund = add_refund(session, add_connection(session, name), status="posted", amount=Decimal(amount))
            add_document(session, refund, "payout", account="PayPal")
    page = ada.get("/").text
    assert re.findall(r">PayPal</th>.*?([\d.]+ USD)</td>", page) == ["12.00 USD", "30.00 USD"]
