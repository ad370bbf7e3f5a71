"""What the store tells of refunds, on both databases."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from qbwc_server.store import reports
from qbwc_server.store.database import Database
from qbwc_server.store.reports import ReportError
from qbwc_server.store.tables import Refund
from tests.web.builders import (
    NOON,
    add_connection,
    add_document,
    add_event,
    add_posted_refund,
    add_refund,
    add_session,
    add_set,
)

PUBLIC_KEYS = [
    "id",
    "source",
    "order_number",
    "external_id",
    "created_at",
    "amount",
    "currency",
    "status",
    "reason",
    "sale",
    "credit_memo",
    "payout",
    "payouts",
    "notices",
]


def numbers(page: reports.RefundPage) -> list[str]:
    return [refund.order_number for refund in page.refunds]


def test_a_posted_refund_is_told_with_its_sale_memo_and_payout(database: Database) -> None:
    with database.transaction() as session:
        refund_id = add_posted_refund(session, add_connection(session)).id
    with database.reading() as session:
        told = reports.refund_as_dict(session.get_one(Refund, refund_id))
        payout = {
            "type": "ARRefundCreditCard",
            "txn_id": f"{refund_id:X}A-2",
            "ref_number": "1001-7QK",
            "amount": "41.04",
            "account": "Shopify Clearing",
        }
        assert told == {
            "id": refund_id,
            "source": "shopify",
            "order_number": "#1001",
            "external_id": "900",
            "created_at": "2024-03-01T12:00:00+00:00",
            "amount": "41.04",
            "currency": "USD",
            "status": "posted",
            "reason": None,
            "sale": {"type": "SalesReceipt", "txn_id": "5F-1", "ref_number": "1001"},
            "credit_memo": {"txn_id": f"{refund_id:X}A-1", "ref_number": "1001-7QK", "amount": "41.04"},
            "payout": payout,
            "payouts": [payout],
            "notices": [{"code": "text_cut", "message": "The field memo was cut to 31 characters."}],
        }
        assert list(told) == PUBLIC_KEYS
        assert json.loads(json.dumps(told)) == told


def test_a_refund_that_stopped_is_told_with_its_reason_and_nothing_posted(database: Database) -> None:
    reason = {"code": "refunds_off", "message": "Nothing is posted.", "facts": {"sale_type": "invoice"}}
    with database.transaction() as session:
        add_refund(session, add_connection(session), status="skipped", reason=reason)
    with database.reading() as session:
        told = reports.refund_as_dict(next(reports.every_refund(session, 1)))
        assert told["reason"] == {"code": "refunds_off", "message": "Nothing is posted."}
        assert (told["sale"], told["credit_memo"], told["payout"], told["payouts"]) == (None, None, None, [])


def test_documents_that_are_not_in_quickbooks_are_not_told(database: Database) -> None:
    with database.transaction() as session:
        refund = add_refund(session, add_connection(session), status="posting")
        add_document(session, refund, "memo", state="sent", txn_id="", posted_amount=None)
        add_document(session, refund, "payout", state="planned", txn_id="", posted_amount=None)
    with database.reading() as session:
        told = reports.refund_as_dict(next(reports.every_refund(session, refund.connection_id)))
        assert told["credit_memo"] is None
        assert told["payouts"] == []


def test_each_gateway_has_its_payout_with_what_quickbooks_made_of_it(database: Database) -> None:
    with database.transaction() as session:
        refund = add_refund(session, add_connection(session), status="posted")
        add_document(session, refund, "payout", part=2, amount=Decimal("30.04"), posted_amount=None, account="PayPal")
        add_document(
            session,
            refund,
            "payout",
            part=1,
            request_type="CheckAdd",
            amount=Decimal("11.00"),
            posted_amount=Decimal("10.99"),
            account="Checking",
            ref_number="",
        )
    with database.reading() as session:
        told = reports.refund_as_dict(next(reports.every_refund(session, refund.connection_id)))
        assert [(one["type"], one["amount"], one["account"]) for one in told["payouts"]] == [
            ("Check", "10.99", "Checking"),
            ("ARRefundCreditCard", "30.04", "PayPal"),
        ]
        assert told["payout"] == told["payouts"][0]


def test_a_document_that_a_person_has_undone_gives_way_to_its_next_generation(database: Database) -> None:
    with database.transaction() as session:
        connection = add_connection(session)
        planned_again = add_refund(session, connection, "#1", status="waiting")
        add_document(session, planned_again, "memo", generation=0)
        add_document(session, planned_again, "memo", generation=1, state="planned", txn_id="")
        posted_again = add_refund(session, connection, "#2", status="posted")
        add_document(session, posted_again, "memo", generation=1, txn_id="NEW-1")
        add_document(session, posted_again, "memo", generation=0, txn_id="OLD-1")
    with database.reading() as session:
        told = [reports.refund_as_dict(refund) for refund in reports.every_refund(session, connection.id)]
        assert [one["credit_memo"] and one["credit_memo"]["txn_id"] for one in told] == [None, "NEW-1"]


def test_a_status_that_there_is_not_is_refused_with_those_that_there_are(database: Database) -> None:
    with (
        database.reading() as session,
        pytest.raises(ReportError, match="'lost'; there are waiting, review, posting, posted, skipped, failed"),
    ):
        next(reports.every_refund(session, 1, status="lost"))


def test_all_refunds_come_once_each_over_many_pages(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "MAX_PAGE_SIZE", 3)
    with database.transaction() as session:
        connection = add_connection(session)
        for number in range(7):
            add_refund(session, connection, f"#{number}")
    with database.reading() as session:
        found = [refund.order_number for refund in reports.every_refund(session, connection.id)]
        assert found == ["#0", "#1", "#2", "#3", "#4", "#5", "#6"]


def test_every_status_is_counted_of_one_connection_and_of_all(database: Database) -> None:
    with database.transaction() as session:
        connection, other = add_connection(session), add_connection(session, "other")
        for owner, status in (
            (connection, "posted"),
            (connection, "posted"),
            (connection, "review"),
            (other, "failed"),
        ):
            add_refund(session, owner, status=status)
    none = dict.fromkeys(("waiting", "review", "posting", "posted", "skipped", "failed"), 0)
    with database.reading() as session:
        assert reports.count_by_status(session, connection.id) == {**none, "posted": 2, "review": 1}
        assert reports.count_by_status(session) == {**none, "posted": 2, "review": 1, "failed": 1}


def test_a_story_holds_the_steps_and_the_conversation_made_readable(database: Database) -> None:
    with database.transaction() as session:
        refund_id = add_posted_refund(session, add_connection(session)).id
    with database.reading() as session:
        told = reports.refund_story(session, refund_id)
        assert told is not None
        assert [document.role for document in told.documents] == ["memo", "payout"]
        assert [event.text for event in told.events] == [
            "Imported from shopify.",
            "Found sales receipt 1001 in QuickBooks.",
            "Credit memo 1001-7QK and its card refund were entered.",
        ]
        assert [exchange.message_set.kind for exchange in told.exchanges] == ["find", "post"]
        assert told.exchanges[0].request.text == (
            '<QBXML>\n  <QBXMLMsgsRq onError="continueOnError">\n    <SalesReceiptQueryRq requestID="0">\n'
            "      <RefNumber>1001</RefNumber>\n    </SalesReceiptQueryRq>\n  </QBXMLMsgsRq>\n</QBXML>\n"
        )
        assert told.exchanges[1].response is not None
        assert f"<TxnID>{refund_id:X}A-1</TxnID>" in told.exchanges[1].response.text
        assert not told.exchanges[1].response.is_cut
        assert (told.events_left_out, told.exchanges_left_out) == (0, 0)


def test_a_story_that_does_not_exist_is_none(database: Database) -> None:
    with database.reading() as session:
        assert reports.refund_story(session, 12345) is None


def test_a_story_holds_nothing_of_other_refunds(database: Database) -> None:
    with database.transaction() as session:
        connection = add_connection(session)
        add_posted_refund(session, connection, "#1")
        waiting = add_refund(session, connection, "#2")
    with database.reading() as session:
        told = reports.refund_story(session, waiting.id)
        assert told is not None
        assert (told.documents, told.events, told.exchanges) == ((), (), ())


def test_a_long_story_keeps_to_the_newest_and_says_what_is_left_out(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "MAX_STORY_EVENTS", 2)
    monkeypatch.setattr(reports, "MAX_STORY_SETS", 1)
    with database.transaction() as session:
        connection = add_connection(session)
        refund, run = add_refund(session, connection), add_session(session, connection)
        for number in range(3):
            add_event(session, refund, f"step {number}", add_set(session, run, f"<QBXML>{number}</QBXML>", None))
    with database.reading() as session:
        told = reports.refund_story(session, refund.id)
        assert told is not None
        assert [event.text for event in told.events] == ["step 1", "step 2"]
        assert [exchange.request.text for exchange in told.exchanges] == ["<QBXML>2</QBXML>\n"]
        assert told.exchanges[0].response is None
        assert (told.events_left_out, told.exchanges_left_out) == (1, 2)


def test_a_message_too_large_to_show_is_cut_and_says_so(database: Database) -> None:
    with database.transaction() as session:
        connection = add_connection(session)
        refund, run = add_refund(session, connection), add_session(session, connection)
        huge = "<QBXML>" + "x" * (3 * reports.MAX_UNPACKED_BYTES) + "</QBXML>"
        add_event(session, refund, "asked", add_set(session, run, huge, huge))
    with database.reading() as session:
        told = reports.refund_story(session, refund.id)
        assert told is not None
        assert told.exchanges[0].request.is_cut
        assert len(told.exchanges[0].request.text) == reports.MAX_SHOWN_CHARACTERS


def test_a_damaged_message_is_said_to_be_damaged(database: Database) -> None:
    with database.transaction() as session:
        connection = add_connection(session)
        refund, run = add_refund(session, connection), add_session(session, connection)
        broken = add_set(session, run, "<QBXML/>", None)
        broken.request = b"not compressed at all"
        add_event(session, refund, "asked", broken)
    with database.reading() as session:
        told = reports.refund_story(session, refund.id)
        assert told is not None
        assert told.exchanges[0].request.text.startswith("The stored message is damaged and can't be shown")


def test_sessions_come_newest_first_and_are_counted(database: Database) -> None:
    with database.transaction() as session:
        connection, other = add_connection(session), add_connection(session, "other")
        add_session(session, connection, outcome="first")
        add_session(session, other)
        add_session(session, connection, outcome="second", ended_at=None)
    with database.reading() as session:
        latest = reports.recent_sessions(session, connection.id)
        newest = reports.recent_sessions(session, connection.id, limit=1)
        counts = reports.count_sessions(session)
        with pytest.raises(ReportError, match="0 sessions is not between 1 and 200"):
            reports.recent_sessions(session, connection.id, limit=0)
        assert [run.outcome for run in latest] == ["second", "first"]
        assert [run.outcome for run in newest] == ["second"]
        assert (counts.total, counts.open, counts.newest_started_at) == (3, 1, NOON)
