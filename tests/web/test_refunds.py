"""The list of refunds and one refund's story, as a bookkeeper reads them."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from decimal import Decimal
from html import unescape

import pytest

from qbwc_server.refunds.codec import encode
from qbwc_server.store.database import Database
from qbwc_server.store.tables import Refund
from qbwc_server.web import spreadsheet
from tests.web.builders import (
    add_connection,
    add_document,
    add_event,
    add_posted_refund,
    add_refund,
    add_session,
    add_set,
    refund_payload,
)
from tests.web.conftest import Visitor

HOSTILE = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>"


def numbers_on(page: str) -> list[str]:
    """The order numbers of a page's refunds, from above."""
    return re.findall(r'<th scope="row" role="rowheader"><a href="/refunds/\d+">([^<]+)</a>', page)


def test_the_list_shows_what_became_of_each_refund(ada: Visitor, database: Database) -> None:
    with database.transaction() as session:
        connection = add_connection(session, settings={"time_zone": "America/New_York"})
        add_posted_refund(session, connection, "#1001")
        reason = {"code": "sale_pending", "message": "The sale 1002 is still marked as pending."}
        add_refund(session, connection, "#1002", status="review", reason=reason)
    page = ada.get("/connections/main/refunds").text
    for shown in (
        "#1001",
        "Mar 1, 2024, 7:00 AM EST",
        "41.04 USD",
        "Posted",
        "Sales receipt",
        "1001-7QK",
        "Credit card refund",
        "Shopify Clearing",
        "The field memo was cut to 31 characters.",
        "Needs review",
        "The sale 1002 is still marked as pending.",
        "2 refunds",
    ):
        assert shown in page, shown


def test_the_list_is_filtered_by_status_and_order_number(ada: Visitor, database: Database) -> None:
    with database.transaction() as session:
        connection = add_connection(session)
        for number, status in (("#1001", "review"), ("#1002", "review"), ("#2001", "failed")):
            add_refund(session, connection, number, status=status)
    of_status = ada.get("/connections/main/refunds?status=review").text
    assert ("#1001" in of_status, "#1002" in of_status, "#2001" in of_status) == (True, True, False)
    found = ada.get("/connections/main/refunds?status=review&search=1002").text
    assert ("#1001" in found, "#1002" in found) == (False, True)
    assert 'value="1002"' in found
    assert 'name="status" value="review"' in found
    assert "No refund here fits" in ada.get("/connections/main/refunds?search=777").text


def test_a_long_list_has_pages_that_keep_the_filter(ada: Visitor, database: Database) -> None:
    with database.transaction() as session:
        connection = add_connection(session)
        for number in range(51):
            add_refund(session, connection, f"#{1000 + number}", status="posted")
    first = ada.get("/connections/main/refunds?status=posted").text
    assert "51 refunds" in first
    assert ("#1050" in first, "#1001" in first, "#1000" in first) == (True, True, False)
    onward = unescape(re.findall(r'rel="next" href="([^"]+)"', first)[0])
    assert "status=posted" in onward
    second = ada.get(onward).text
    assert ("#1000" in second, "#1001" in second) == (True, False)
    back = unescape(re.findall(r'rel="prev" href="([^"]+)"', second)[0])
    assert numbers_on(ada.get(back).text) == numbers_on(first)


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("status=lost", "there is no status &#39;lost&#39;"),
        ("after=0", "the place in the list that the address names is none"),
        ("after=2024-03-01~1", "the place in the list that the address names is none"),
        ("before=2024-03-01T00:00:00%2B00:00~99999999999", "the place in the list that the address names is none"),
        ("sort=largest&after=NaN~1", "the place in the list that the address names is none"),
        ("sort=loudest", "there is no order &#39;loudest&#39;"),
        ("reason=lost", "there is no reason &#39;lost&#39;"),
        ("since=yesterday", "the day &#39;from&#39; is not written like 2024-03-01"),
        ("until=0001-01-01", "the day &#39;to&#39; is not between 1990 and 2200"),
        ("search=" + "1" * 101, "the search has 101 characters"),
    ],
)
def test_a_list_that_can_not_be_shown_says_why(ada: Visitor, database: Database, query: str, why: str) -> None:
    with database.transaction() as session:
        add_connection(session)
    answer = ada.get(f"/connections/main/refunds?{query}")
    assert answer.status_code == 400
    assert why in answer.text


def test_the_list_names_the_customer_and_what_would_be_entered(ada: Visitor, database: Database) -> None:
    with database.transaction() as session:
        reason = {"code": "adjustment_needs_item", "message": "Set allowance_item, on which such amounts stand."}
        connection = add_connection(session)
        refund = add_refund(session, connection, status="review", reason=reason)
        add_document(session, refund, "memo", state="planned", txn_id="", posted_at=None)
        add_document(session, refund, "payout", state="planned", txn_id="", posted_at=None, account="PayPal")
    for path in ("refunds", "setup/look"):
        page = " ".join(re.sub("<[^>]+>", "", ada.get(f"/connections/main/{path}").text).split())
        assert "Planned: Credit memo 1001-7QK, 41.04 USD; Credit card refund 1001-7QK, 41.04 USD from PayPal" in page, (
            path
        )
        assert "Set “Allowance item”, on which such amounts stand." in page, path
    assert "Jo Bloggs" in ada.get("/connections/main/refunds").text
    lines = csv.DictReader(io.StringIO(ada.get("/connections/main/refunds.csv").data.decode("utf-8-sig")))
    assert [line["Customer"] for line in lines] == ["Jo Bloggs"]


def test_what_the_shop_tells_otherwise_now_stands_beside_what_it_told_first(ada: Visitor, database: Database) -> None:
    told = refund_payload()
    now = replace(told, money=(replace(told.money[0], amount=Decimal("30.00")),))
    with database.transaction() as session:
        refund_id = add_posted_refund(session, add_connection(session), changed_payload=encode(now)).id
    page = " ".join(re.sub("<[^>]+>", "", ada.get(f"/refunds/{refund_id}").text).split())
    assert "Value given back41.04 USD instead of 41.04 USD" in page
    assert "Money that went back30.00 USD instead of 41.04 USD" in page


def test_an_empty_list_says_how_refunds_come_in(ada: Visitor, database: Database) -> None:
    with database.transaction() as session:
        add_connection(session)
    assert "No refund has come in yet" in ada.get("/connections/main/refunds").text


def test_a_refund_has_its_whole_story_on_one_page(ada: Visitor, database: Database) -> None:
    with database.transaction() as session:
        refund_id = add_posted_refund(session, add_connection(session)).id
    page = ada.get(f"/refunds/{refund_id}").text
    for shown in (
        "Refund of order #1001",
        "TEE-M",
        "Jo Bloggs",
        "Too small",
        "41.04 USD through shopify_payments",
        "Sales receipt 1001",
        "TxnID 5F-1",
        f"<code>{refund_id:X}A-1</code>",
        f"<code>{refund_id:X}A-2</code>",
        "1001-7QK",
        "Found sales receipt 1001 in QuickBooks.",
        "&lt;RefNumber&gt;1001&lt;/RefNumber&gt;",
        f"&lt;TxnID&gt;{refund_id:X}A-1&lt;/TxnID&gt;",
    ):
        assert shown in page, shown
    assert page.index("Imported from shopify.") < page.rindex("Found sales receipt") < page.index("were entered.")
    assert page.count("<details>") == 2


def test_a_refund_that_stopped_says_why_and_what_to_do(ada: Visitor, database: Database) -> None:
    reason = {"code": "refund_account_unknown", "message": "QuickBooks has no active account Till."}
    with database.transaction() as session:
        refund_id = add_refund(session, add_connection(session), status="review", reason=reason).id
    page = ada.get(f"/refunds/{refund_id}").text
    assert "QuickBooks has no active account Till." in page
    assert "Choose a refund deposit account that QuickBooks has." in page
    assert "<code>refund_account_unknown</code>" in page
    assert 'href="/connections/main#settings"' in page


def test_what_quickbooks_refused_is_shown_at_its_document(ada: Visitor, database: Database) -> None:
    with database.transaction() as session:
        refund = add_refund(session, add_connection(session), status="failed")
        add_document(
            session,
            refund,
            "memo",
            state="failed",
            txn_id="",
            posted_amount=None,
            posted_at=None,
            status_code=3140,
            status_message="There is an invalid reference.",
        )
    assert "3140: There is an invalid reference." in ada.get(f"/refunds/{refund.id}").text


def test_a_stored_record_that_can_not_be_read_does_not_take_the_page_down(ada: Visitor, database: Database) -> None:
    with database.transaction() as session:
        refund_id = add_refund(session, add_connection(session), payload={"unheard": "of"}).id
    answer = ada.get(f"/refunds/{refund_id}")
    assert answer.status_code == 200
    assert "The stored record can't be read: unheard: no such field" in answer.text


def test_hostile_data_of_an_order_is_shown_as_text_everywhere(ada: Visitor, database: Database) -> None:
    with database.transaction() as session:
        connection = add_connection(
            session,
            company={"company_name": HOSTILE},
            path=HOSTILE,
            stopped={"code": "x", "message": HOSTILE},
            web_connector_version=HOSTILE[:40],
            accounts=[{"full_name": HOSTILE, "account_type": "Bank", "is_active": True}],
        )
        refund = add_refund(
            session,
            connection,
            HOSTILE,
            title=HOSTILE,
            status="review",
            reason={"code": "x", "message": HOSTILE},
            notices=[{"code": "x", "message": HOSTILE}],
            sale_type="Invoice",
            sale_ref_number="<b>1</b>",
            sale_txn_id="<b>2</b>",
        )
        document = add_document(session, refund, "payout", account=HOSTILE, gateway=HOSTILE, status_message=HOSTILE)
        run = add_session(session, connection, outcome=HOSTILE, last_error=HOSTILE, company_path=HOSTILE)
        message_set = add_set(session, run, HOSTILE, HOSTILE, documents=(document,))
        add_event(session, refund, HOSTILE, message_set)
        refund_id = refund.id
    for path in (
        "/",
        "/connections/main",
        "/connections/main/refunds",
        "/connections/main/sessions",
        f"/refunds/{refund_id}",
    ):
        answer = ada.get(path)
        assert answer.status_code == 200, path
        assert "&lt;script&gt;" in answer.text, path
        assert "<script>" not in answer.text, path
        assert "<img src=x" not in answer.text, path
        assert "<b>" not in answer.text, path
    searched = ada.get("/connections/main/refunds", {"search": HOSTILE})
    assert "<script>" not in searched.text


@pytest.mark.parametrize("path", ["/refunds/999", "/refunds/99999999999999999999", "/refunds/x", "/refunds/-1"])
def test_a_refund_that_does_not_exist_is_not_found(ada: Visitor, path: str) -> None:
    assert ada.get(path).status_code == 404


def test_a_negative_amount_keeps_its_sign(ada: Visitor, database: Database) -> None:
    with database.transaction() as session:
        add_refund(session, add_connection(session), amount=Decimal("-1234.50"))
    assert "−1,234.50 USD" in ada.get("/connections/main/refunds").text


def test_the_spreadsheet_holds_all_of_the_list_and_nothing_that_calculates(ada: Visitor, database: Database) -> None:
    with database.transaction() as session:
        connection = add_connection(session)
        for number in range(60):
            add_refund(session, connection, f"#{1000 + number}", status="posted")
        add_refund(session, connection, "=HYPERLINK(1)", status="posted", amount=Decimal("-5.00"))
        add_refund(session, connection, "#2000", status="failed")
    answer = ada.get("/connections/main/refunds.csv?status=posted")
    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="refunds-main.csv"'
    lines = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert len(lines) == 61
    orders = {line["Order"]: line["Amount"] for line in lines}
    assert orders["'=HYPERLINK(1)"] == "-5.00"
    assert "#2000" not in orders


def test_a_spreadsheet_is_read_block_by_block(
    ada: Visitor, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spreadsheet, "ROWS_AT_ONCE", 2)
    with database.transaction() as session:
        connection = add_connection(session)
        for number in range(5):
            add_refund(session, connection, f"#{number}")
    content = ada.get("/connections/main/refunds.csv").data.decode("utf-8-sig")
    assert [line["Order"] for line in csv.DictReader(io.StringIO(content))] == ["#4", "#3", "#2", "#1", "#0"]


def test_what_is_to_know_of_a_plan_is_told_as_to_come_until_it_is_entered(ada: Visitor, database: Database) -> None:
    chosen, closed = "Ada said which sale this refund is of.", "The sales order 1001 was closed."
    notices = [{"code": "sale_chosen", "message": chosen}, {"code": "order_closed", "message": closed}]
    notices.append({"code": "payment_not_in_books", "message": "QuickBooks has no open payment for it."})
    with database.transaction() as session:
        refund = add_refund(session, add_connection(session), status="review", notices=notices)
        add_document(session, refund, "closing", state="planned", txn_id="")
    told = re.sub(r"<[^>]+>|\s+", " ", ada.get(f"/refunds/{refund.id}").text)
    known, _, to_come = told.partition("When it is entered")
    assert (chosen in known, closed in known, closed in to_come) == (True, False, True)
    assert "What would stay open in the books" in to_come
    assert f"When it is entered: {closed}" in ada.get("/connections/main/refunds").text
    (line,) = csv.DictReader(io.StringIO(ada.get("/connections/main/refunds.csv").data.decode("utf-8-sig")))
    assert f"{chosen} When it is entered: {closed}" in line["Notices"]

    with database.transaction() as session:
        found = session.get_one(Refund, refund.id)
        found.status, found.documents[0].state = "posted", "posted"
    for path in (f"/refunds/{refund.id}", "/connections/main/refunds", "/connections/main/refunds.csv"):
        assert "When it is entered" not in ada.get(path).text
        assert closed in ada.get(path).text


def test_what_is_to_know_of_a_refund_that_needed_no_entry_holds_though_the_shop_took_it_back(
    ada: Visitor, database: Database
) -> None:
    notices = [{"code": "sale_already_void", "message": "The invoice 1001 was void already; nothing was booked."}]
    why = {"code": "withdrawn_in_shop", "message": "The shop took this refund back after it was entered."}
    with database.transaction() as session:
        refund = add_refund(session, add_connection(session), status="review", notices=notices, reason=why)
    page = ada.get(f"/refunds/{refund.id}").text
    assert ("was void already" in page, "When it is entered" in page) == (True, False)


def test_what_stays_open_in_the_books_is_said_on_the_refunds_page(ada: Visitor, database: Database) -> None:
    with database.transaction() as session:
        refund = add_refund(session, add_connection(session), status="review")
        add_document(session, refund, "memo")
        add_document(session, refund, "payout", state="review", txn_id="", posted_amount=None, posted_at=None)
    page = ada.get(f"/refunds/{refund.id}").text
    assert "What stays open in the books" in page
    assert "The credit memo is entered, but 41.04 USD that belongs to it is not" in page
