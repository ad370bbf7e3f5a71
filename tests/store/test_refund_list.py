"""The list of refunds: each page once, found by what people type, bounded however many refunds there are."""

from __future__ import annotations

import itertools
import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import event
from sqlalchemy.orm import Session as DatabaseSession

from qbwc_server.refunds.codec import encode
from qbwc_server.store import overview, refund_list
from qbwc_server.store.connections import change_settings
from qbwc_server.store.database import Database
from qbwc_server.store.refund_list import LARGEST, NEWEST, SORTS, ListError, Place, Wanted
from qbwc_server.store.tables import Connection, Refund
from tests.web.builders import NOON, add_connection, add_document, add_refund, refund_payload

THROUGH_ALL = re.compile(r"SCAN (refunds|documents)|\((connection_id|status|state|role)=\?( AND (status|role)=\?)*\)")
"""A step of SQLite's plan that goes through all refunds of a connection or a status."""


def named(session: DatabaseSession, connection: Connection, number: str, customer: str, **more: object) -> Refund:
    """A refund of an order of that customer."""
    told = refund_payload(number)
    payload = encode(told)
    payload["order"]["customer_name"] = customer
    return add_refund(session, connection, number, payload=payload, **more)  # type: ignore[arg-type]


def numbers(session: DatabaseSession, connection: Connection, **wanted: object) -> list[str]:
    page = refund_list.page(session, connection.id, Wanted(**wanted))  # type: ignore[arg-type]
    return sorted(refund.order_number for refund in page.refunds)


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("1001", ["#1001"]),
        (" #1001 ", ["#1001"]),
        ("10", ["#1001", "#1002"]),
        ("web-7", ["WEB-7"]),
        ("%", []),
        ("50%_", ["50%_OFF"]),
        ("' OR 1=1 --", []),
        ("jo blo", ["#1001"]),
        ("BLOGGS", ["#1001", "#1002"]),
        ("Bloggs, Jo", ["#1001"]),
        ("müller", ["WEB-7"]),
        ("mu\u0308ller", ["WEB-7"]),
        ("77.10", ["#1002"]),
        ("$77.10", ["#1002"]),
        ("5f-1", ["#1001"]),
        ("A1B2-99", ["#1002"]),
        ("1002-7qk", ["#1002"]),
        ("S-500", ["#1001"]),
        ("nothing", []),
    ],
)
def test_a_refund_is_found_by_what_a_bookkeeper_has_at_hand(database: Database, search: str, found: list[str]) -> None:
    with database.transaction() as session:
        connection = add_connection(session)
        other = add_connection(session, "other")
        named(session, connection, "#1001", "Jo Bloggs", sale_txn_id="5F-1", sale_ref_number="S-500")
        second = named(session, connection, "#1002", "Ann Bloggs", amount=Decimal("77.10"))
        add_document(session, second, "memo", txn_id="A1B2-99", ref_number="1002-7QK")
        named(session, connection, "WEB-7", "Anna Müller")
        named(session, connection, "50%_OFF", "")
        named(session, other, "#1001", "Jo Bloggs", amount=Decimal("77.10"), sale_txn_id="5F-1")
    with database.reading() as session:
        assert numbers(session, connection, search=search) == found


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(search="1001"),
        Wanted(search="Bloggs", status="review"),
        Wanted(search="77.10", reason="sale_pending"),
        Wanted(search="5F-1", status="posted"),
        Wanted(reason="sale_pending", status="review"),
        Wanted(account="PayPal"),
        Wanted(account="PayPal", entered_since=NOON, status="posted"),
        Wanted(search="1001", account="PayPal"),
    ],
    ids=str,
)
def test_what_is_looked_for_is_looked_up_whatever_else_the_connection_has(
    sqlite_database: Database, wanted: Wanted
) -> None:
    asked: list[tuple[str, Any]] = []
    event.listen(
        sqlite_database.engine,
        "before_cursor_execute",
        lambda _, __, statement, parameters, *___: asked.append((statement, parameters)),
    )
    with sqlite_database.reading() as session:
        refund_list.page(session, 1, wanted)
        refund_list.count(session, 1, wanted, refund_list.find(session, 1, wanted) if wanted.search else None)
        overview.paid_by_account(session, 1, NOON)
        overview.reasons_for_a_person(session, 1)
        selects = [each for each in asked if each[0].startswith("SELECT")]
        assert selects
        for statement, parameters in selects:
            rows = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            steps = [row[3] for row in rows]
            through_all = [step for step in steps if THROUGH_ALL.search(step)]
            assert through_all == [], (statement, steps)


def test_of_a_seldom_used_account_the_list_is_the_same_as_of_a_much_used_one(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.transaction() as session:
        connection = add_connection(session)
        other = add_connection(session, "other")
        for number in range(6):
            paid = add_refund(
                session, connection, f"#{number}", status="posted", created_at=NOON + timedelta(number % 4)
            )
            add_document(session, paid, "payout", account="Checking" if number % 3 else "PayPal")
            add_document(session, paid, "payout", part=2, account="PayPal")
        add_document(session, add_refund(session, other, "#9", status="posted"), "payout", account="PayPal")
    wanted = Wanted(account="PayPal")
    seen = []
    for most in (100, 1):
        monkeypatch.setattr(refund_list, "MAX_SORTED", most)
        with database.reading() as session:
            first = refund_list.page(session, connection.id, wanted, page_size=4)
            second = refund_list.page(session, connection.id, wanted, page_size=4, after=first.after)
            back = refund_list.page(session, connection.id, wanted, page_size=4, before=second.before)
            seen.append([[refund.order_number for refund in page.refunds] for page in (first, second, back)])
            assert refund_list.count(session, connection.id, wanted) == 6
    assert seen[0] == seen[1] == [["#3", "#2", "#5", "#1"], ["#4", "#0"], ["#3", "#2", "#5", "#1"]]


def test_filters_narrow_the_list_together(database: Database) -> None:
    reason = {"code": "sale_pending", "message": "It is pending."}
    with database.transaction() as session:
        connection = add_connection(session)
        add_refund(session, connection, "#1", status="review", reason=reason)
        add_refund(session, connection, "#2", status="review", reason=reason, created_at=NOON - timedelta(days=2))
        paid = add_refund(session, connection, "#3", status="posted")
        add_document(session, paid, "payout", account="PayPal")
    with database.reading() as session:
        assert numbers(session, connection, status="review") == ["#1", "#2"]
        assert numbers(session, connection, reason="sale_pending", since=NOON) == ["#1"]
        assert numbers(session, connection, until=NOON) == ["#2"]
        assert numbers(session, connection, account="PayPal") == ["#3"]
        assert numbers(session, connection, account="PayPal", entered_since=NOON) == ["#3"]
        assert numbers(session, connection, account="PayPal", entered_since=NOON + timedelta(days=1)) == []
        assert numbers(session, connection, account="Checking") == []
        assert numbers(session, connection, status="review", search="2") == ["#2"]


def test_a_reason_that_a_changed_setting_has_answered_is_found_no_more(database: Database) -> None:
    reason = {"code": "refund_account_unknown", "message": "There is no such account."}
    with database.transaction() as session:
        connection = add_connection(session)
        add_refund(session, connection, status="review", reason=reason)
        change_settings(session, connection, {"refund_account": "Checking"}, NOON, "Ada")
    with database.reading() as session:
        assert numbers(session, connection, reason="refund_account_unknown") == []


@pytest.mark.parametrize("sort", SORTS)
def test_the_pages_hold_each_refund_once_in_order_and_lead_back(database: Database, sort: str) -> None:
    with database.transaction() as session:
        connection = add_connection(session)
        for number in range(9):  # equal amounts and times among them: then the newest import decides
            add_refund(
                session,
                connection,
                f"#{number}",
                amount=Decimal(number % 4),
                created_at=NOON - timedelta(hours=number % 3),
            )
    with database.reading() as session:
        wanted = Wanted(sort=sort)
        pages = [refund_list.page(session, connection.id, wanted, page_size=2)]
        while (after := pages[-1].after) is not None:
            pages.append(refund_list.page(session, connection.id, wanted, after=after, page_size=2))
        seen = [refund for page in pages for refund in page.refunds]
        falling = sort in (NEWEST, LARGEST)
        by_money = sort in (LARGEST, "smallest")
        expected = sorted(seen, key=lambda r: (r.amount if by_money else r.created_at, r.id), reverse=falling)
        assert [refund.id for refund in seen] == [refund.id for refund in expected]
        assert len({refund.id for refund in seen}) == 9
        assert pages[0].before is None
        for earlier, later in itertools.pairwise(pages):
            assert later.before is not None
            back = refund_list.page(session, connection.id, wanted, before=later.before, page_size=2)
            assert [r.id for r in back.refunds] == [r.id for r in earlier.refunds]


def test_counts_and_searches_say_when_there_is_more(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refund_list, "MAX_COUNTED", 3)
    monkeypatch.setattr(refund_list, "MAX_FOUND", 3)
    with database.transaction() as session:
        connection = add_connection(session)
        for number in range(5):
            add_refund(session, connection, f"#10{number}", status="posted")
        add_refund(session, connection, "#2", status="failed")
    with database.reading() as session:
        counts = refund_list.count_by_status(session, connection.id)
        assert (counts["posted"], counts["failed"], counts["review"]) == (4, 1, 0)
        assert refund_list.count(session, connection.id, Wanted()) == 4
        found = refund_list.find(session, connection.id, Wanted(search="10"))
        assert (len(found.hits), found.is_cut) == (3, True)
        one = refund_list.find(session, connection.id, Wanted(search="2"))
        assert (len(one.hits), one.is_cut) == (1, False)


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ({"status": "lost"}, "'lost'; there are waiting, review, posting, posted, skipped, failed"),
        ({"reason": "lost"}, "no reason 'lost'"),
        ({"sort": "loudest"}, "no order 'loudest'; there are newest, oldest, largest, smallest"),
        ({"search": "1" * 101}, "the search has 101 characters; at most 100"),
        ({"search": "10\x0001"}, "a character that can't be searched for"),
    ],
)
def test_a_question_out_of_bounds_is_refused(database: Database, wanted: dict[str, str], why: str) -> None:
    with database.reading() as session, pytest.raises(ListError, match=why):
        refund_list.page(session, 1, Wanted(**wanted))  # type: ignore[arg-type]


@given(value=some.decimals(min_value=-(10**9), max_value=10**9, places=2), row_id=some.integers(0, 2**31 - 1))
def test_a_place_by_amount_survives_its_address(value: Decimal, row_id: int) -> None:
    assert Place.read(str(Place(value, row_id)), LARGEST) == Place(value, row_id)


@given(moment=some.datetimes(timezones=some.just(NOON.tzinfo)), row_id=some.integers(0, 2**31 - 1))
def test_a_place_by_time_survives_its_address(moment: datetime, row_id: int) -> None:
    assert Place.read(str(Place(moment, row_id)), NEWEST) == Place(moment, row_id)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(text=some.text(max_size=60), sort=some.sampled_from(SORTS))
def test_an_address_that_somebody_made_up_is_read_or_refused(text: str, sort: str) -> None:
    try:
        read = Place.read(text, sort)
    except ListError:
        return
    assert Place.read(str(read), sort) == read
