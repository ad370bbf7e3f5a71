"""How the original sale is found in QuickBooks where its number is not simply that of the order."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from lxml import etree

from qbsim import Behaviour, CompanyBuilder, QuickBooks
from qbwc_server.refunds.model import Refund
from qbwc_server.store.database import Database
from qbwc_server.store.decisions import Act
from qbwc_server.sync import questions
from tests.sync.driver import START, Driver, Exchange, Fault, hats, judge, open_shop, receipts, refund

ORDERED = START - timedelta(days=4)
DEFINE = (
    "<DataExtDefAddRq><DataExtDefAdd><OwnerID>0</OwnerID><DataExtName>{name}</DataExtName>"
    "<DataExtType>STR255TYPE</DataExtType><AssignToObject>Customer</AssignToObject></DataExtDefAdd></DataExtDefAddRq>"
)
PUT = (
    "<DataExtAddRq><DataExtAdd><OwnerID>0</OwnerID><DataExtName>{name}</DataExtName><TxnDataExtType>{kind}"
    "</TxnDataExtType><TxnID>{txn_id}</TxnID><DataExtValue>{value}</DataExtValue></DataExtAdd></DataExtAddRq>"
)


def ordered(external_id: str, number: str, count: int = 1, **order: Any) -> Refund:
    """A refund of an order four days ago."""
    made = refund(external_id, number, count)
    return replace(made, order=replace(made.order, **{"created_at": ORDERED, **order}))


def sold(driver: Driver, external_id: str) -> str:
    """The number that the sale of a refund has in QuickBooks."""
    return driver.row(external_id).sale_ref_number


def ask(made: CompanyBuilder, *requests: str) -> None:
    """Has QuickBooks work these requests, each with success."""
    document = (
        '<?xml version="1.0" encoding="utf-8"?>\n<?qbxml version="13.0"?>\n<QBXML>'
        f'<QBXMLMsgsRq onError="continueOnError">{"".join(requests)}</QBXMLMsgsRq></QBXML>'
    )
    answer = QuickBooks(made.company, Behaviour()).process(document).response
    responses = etree.fromstring(answer[answer.index("<QBXML>") :]).find("QBXMLMsgsRs")
    assert [each.get("statusCode") for each in responses] == ["0"] * len(requests), answer


def questions_asked(driver: Driver, session: int = -1) -> list[list[str]]:
    """The requests of each look for sales in a session."""
    return [exchange.names for exchange in driver.sessions[session].exchanges if exchange.kind == "find"]


# The number


def test_a_shop_whose_numbers_quickbooks_has_otherwise_is_found_by_what_is_taken_off_and_put_on(
    memory: Database,
) -> None:
    def fill(made: CompanyBuilder) -> None:
        made.sales_receipt(made.customer("Ann"), hats(1), ref_number="W1001", deposit_to="Checking")
        made.sales_receipt("Ann", hats(1), ref_number="1001", deposit_to="Checking")

    settings = {
        "order_number_strip_prefix": "EU-",
        "order_number_strip_suffix": "-B",
        "order_number_add_prefix": "W",
    }
    driver = open_shop(memory, fill, settings=settings)
    driver.bring_in(refund("r1", "EU-1001-B"), refund("r2", "EU-4711-B"))

    driver.drain()

    judge(driver, review=False)
    assert driver.statuses() == {"r1": "posted", "r2": "skipped: order_not_found"}
    assert sold(driver, "r1") == "W1001"
    assert "with the number W4711 (order EU-4711-B)." in driver.row("r2").reason["message"]


@pytest.mark.parametrize("cut", ["WEB-2024-10", "-2024-10001"])
def test_a_number_too_long_for_quickbooks_is_found_whichever_end_was_cut(memory: Database, cut: str) -> None:
    def fill(made: CompanyBuilder) -> None:
        made.sales_receipt(made.customer("Ann"), hats(1), ref_number=cut, deposit_to="Checking")

    driver = open_shop(memory, fill)
    driver.bring_in(
        ordered("r1", "WEB-2024-10001", total=Decimal("21.65")),
        ordered("r2", "WEB-2024-10002-10001", total=Decimal("99.00")),
        refund("r3", "1001\x07" * 4),
    )

    driver.drain()

    judge(driver)
    found = "review: ambiguous_sale" if cut == "WEB-2024-10" else "skipped: order_not_found"
    assert driver.statuses() == {"r1": "posted", "r2": found, "r3": "skipped: order_not_found"}


def test_an_order_without_a_number_is_never_looked_for_among_sales_without_one(memory: Database) -> None:
    driver = open_shop(memory, lambda made: made.sales_receipt(made.customer("Ann"), hats(1), ref_number=""))
    driver.bring_in(refund("r1", ""))

    driver.drain()

    assert driver.statuses() == {"r1": "skipped: order_not_found"}
    assert "SalesReceiptQueryRq" not in {name for names in questions_asked(driver, 0) for name in names}


# Another field


def in_other_fields(made: CompanyBuilder) -> None:
    """Sales with numbers of QuickBooks' own and the order's in another field, beside others nearly like it."""
    ann, bob = made.customer("Ann"), made.customer("Bob")
    values = {"po_number": "{}", "other": "#{}", "memo": "Web order {}, thank you"}
    for number, order in enumerate(("1001", "11001", "1001-2", "1002"), 501):
        fields = {key: text.format(order) for key, text in values.items()}
        paid = made.invoice(ann if order == "1001" else bob, hats(1), ref_number=str(number), **fields)
        made.receive_payment(paid, deposit_to="Checking")
    receipt = made.sales_receipt(bob, hats(2), ref_number="601", deposit_to="Checking", memo="1003", other="1003")
    defined = [DEFINE.format(name="Web Order"), DEFINE.format(name="Old Order")]
    ask(made, *defined)
    for sale in made.company.transactions("Invoice"):
        web = {"501": "1001", "502": "11001", "503": "1001-2", "504": "1002"}[sale.ref_number or ""]
        named = {"kind": "Invoice", "txn_id": sale.txn_id}
        ask(made, PUT.format(name="Web Order", value=web, **named), PUT.format(name="Old Order", value="1001", **named))
    ask(made, PUT.format(name="Web Order", kind="SalesReceipt", txn_id=receipt.txn_id, value="1003"))


@pytest.mark.parametrize(
    ("field", "has_receipts"), [("po_number", False), ("other", True), ("memo", True), ("custom_field", True)]
)
def test_the_orders_number_is_found_in_another_field(memory: Database, field: str, has_receipts: bool) -> None:
    settings = {"order_number_field": field, "order_number_custom_field": "web order"}
    driver = open_shop(memory, in_other_fields, settings=settings)
    driver.bring_in(ordered("r1", "1001"), ordered("r2", "1003", 2), ordered("r3", "501"))

    driver.drain()

    judge(driver, review=False)
    found = "posted" if has_receipts else "skipped: order_not_found"
    assert driver.statuses() == {"r1": "posted", "r2": found, "r3": "skipped: order_not_found"}
    assert sold(driver, "r1") == "501"
    first, second = questions_asked(driver, 0)
    assert ("SalesReceiptQueryRq" in first) is has_receipts
    assert "CreditMemoQueryRq" not in first, "our own documents are looked for once the sale is known"
    assert {"InvoiceQueryRq", "CreditMemoQueryRq", "CheckQueryRq"} <= set(second)


def test_the_sales_of_the_days_are_read_with_no_more_than_the_field(memory: Database) -> None:
    driver = open_shop(memory, in_other_fields, settings={"order_number_field": "memo", "order_number_days": "10"})
    driver.bring_in(ordered("r1", "1001"))
    driver.run_session()

    looks = [exchange for exchange in driver.sessions[0].exchanges if exchange.kind == "find"]
    asked = etree.fromstring(looks[0].request.encode()).find(".//InvoiceQueryRq")
    assert [element.text for element in asked.findall("IncludeRetElement")] == ["TxnID", "Memo"]
    assert asked.findtext("MaxReturned") == str(questions.MAX_DATED)
    assert asked.findtext("TxnDateRangeFilter/FromTxnDate") == "2024-04-21"
    assert asked.findtext("TxnDateRangeFilter/ToTxnDate") == "2024-05-13"
    answered = etree.fromstring(looks[0].answer.response.encode())
    assert {child.tag for child in answered.find(".//InvoiceRet")} == {"TxnID", "Memo"}
    assert driver.statuses() == {"r1": "posted"}


def test_a_sale_of_other_days_is_not_found_in_another_field_and_the_days_are_said(memory: Database) -> None:
    def fill(made: CompanyBuilder) -> None:
        made.invoice(made.customer("Ann"), hats(1), ref_number="501", memo="1001", txn_date=date(2024, 1, 1))

    driver = open_shop(memory, fill, settings={"order_number_field": "memo"})
    driver.bring_in(ordered("r1", "1001"))
    driver.drain()
    assert driver.statuses() == {"r1": "skipped: order_not_found"}
    assert "1001 in the memo, dated 2024-04-01 to 2024-06-02." in driver.row("r1").reason["message"]

    driver.set(order_number_days="200")
    driver.drain()
    assert driver.statuses() == {"r1": "posted"}


def test_refunds_of_different_years_are_not_looked_for_among_the_sales_of_all_years(memory: Database) -> None:
    driver = open_shop(memory, in_other_fields, settings={"order_number_field": "memo"})
    long_ago = ordered("r1", "77", created_at=START - timedelta(days=900))
    driver.bring_in(long_ago, ordered("r2", "1001"), ordered("r3", "1002"))

    driver.run_session()

    assert driver.statuses() == {"r1": "skipped: order_not_found", "r2": "posted", "r3": "posted"}
    spans = []
    for exchange in driver.sessions[0].exchanges:
        for span in etree.fromstring(exchange.request.encode()).iterfind(".//InvoiceQueryRq/TxnDateRangeFilter"):
            spans.append((span.findtext("FromTxnDate"), span.findtext("ToTxnDate")))
    assert spans == [("2021-10-18", "2021-12-19"), ("2024-04-01", "2024-06-02")]


def test_more_sales_than_are_looked_through_are_never_taken_for_all(
    memory: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(questions, "MAX_DATED", 4)
    monkeypatch.setattr("qbwc_server.sync.finding.MAX_DATED", 4)
    driver = open_shop(memory, in_other_fields, settings={"order_number_field": "memo"})
    driver.bring_in(ordered("r1", "1001"), ordered("r2", "1002"))
    driver.drain()
    assert set(driver.statuses().values()) == {"review: too_many_sales_to_look_through"}
    assert "4 sales of one kind or more to look through for 1001 in the memo" in driver.row("r1").reason["message"]
    assert not driver.company.transactions("CreditMemo")

    driver.set(order_number_field="ref_number", order_number_add_prefix="")
    driver.drain()
    assert set(driver.statuses().values()) == {"skipped: order_not_found"}, "settings let it be looked for again"


def test_a_number_in_very_many_memos_waits_for_a_person(memory: Database) -> None:
    def fill(made: CompanyBuilder) -> None:
        made.customer("Ann")
        for number in range(21):
            made.invoice("Ann", hats(1), ref_number=str(number + 1), memo="Spring 2024")

    driver = open_shop(memory, fill, settings={"order_number_field": "memo"})
    driver.bring_in(ordered("r1", "2024"))
    driver.drain()
    assert driver.statuses() == {"r1": "review: ambiguous_sale"}
    assert "21 sales" in driver.row("r1").reason["message"]


@pytest.mark.parametrize("lost", range(4))
def test_a_look_through_whose_answer_is_lost_is_asked_again(memory: Database, lost: int) -> None:
    driver = open_shop(memory, in_other_fields, settings={"order_number_field": "memo"})
    driver.bring_in(ordered("r1", "1001"), ordered("r2", "1002"))
    driver.run_session({lost: Fault.LOST_AFTER})
    driver.drain()
    judge(driver, review=False)
    assert set(driver.statuses().values()) == {"posted"}


def test_where_the_setting_changes_between_question_and_answer_it_is_asked_anew(memory: Database) -> None:
    driver = open_shop(memory, in_other_fields, settings={"order_number_field": "po_number"})
    driver.bring_in(ordered("r1", "1003", 2))
    changed = False

    def change(exchange: Exchange) -> None:
        nonlocal changed
        if exchange.kind == "find" and not changed:
            changed = True
            driver.set(order_number_field="other")

    driver.run_session(on_set=change)
    driver.drain()
    judge(driver, review=False)
    assert driver.statuses() == {"r1": "posted"}
    assert sold(driver, "r1") == "601"


def test_a_sale_that_is_deleted_between_the_two_looks_is_not_found(memory: Database) -> None:
    driver = open_shop(memory, in_other_fields, settings={"order_number_field": "memo"})
    driver.bring_in(ordered("r1", "1003", 2))
    looks = 0

    def delete(exchange: Exchange) -> None:
        nonlocal looks
        looks += exchange.kind == "find"
        if looks == 2:
            for sale in list(driver.company.transactions("SalesReceipt")):
                driver.company.delete(sale)

    driver.run_session(on_set=delete)
    assert driver.statuses() == {"r1": "skipped: order_not_found"}


# Several sales


def of_two_customers(made: CompanyBuilder) -> None:
    for name, email in (("Ann Other", "ann@shop.example"), ("Bea Buyer", "bea@shop.example; bea@home.example")):
        made.sales_receipt(made.customer(name, email=email), hats(1), ref_number="1001", deposit_to="Checking")


@pytest.mark.parametrize(
    ("order", "customer"),
    [
        ({"customer_name": "Bea Buyer"}, "Bea Buyer"),
        ({"customer_name": "Buyer", "customer_email": "ann@shop.example"}, "Ann Other"),
        ({"customer_name": "Ann Other", "customer_email": "BEA@home.example"}, "Bea Buyer"),
    ],
)
def test_of_two_sales_with_one_number_the_customers_is_refunded(
    memory: Database, order: dict[str, str], customer: str
) -> None:
    driver = open_shop(memory, of_two_customers)
    driver.bring_in(ordered("r1", "1001", **order))
    driver.drain()
    judge(driver, review=False)
    (memo,) = driver.company.transactions("CreditMemo")
    found = driver.company.lists.customers.get(memo.customer_id or "")
    assert found is not None
    assert found.full_name == customer
    asked = [names for played in driver.sessions for exchange in played.exchanges for names in exchange.names]
    assert ("CustomerQueryRq" in asked) is ("customer_email" in order)


def test_two_sales_that_nothing_tells_apart_are_shown_to_a_person(memory: Database) -> None:
    driver = open_shop(memory, of_two_customers)
    driver.bring_in(ordered("r1", "1001", customer_name="Cy", customer_email="cy@shop.example"))
    driver.drain()
    assert driver.statuses() == {"r1": "review: ambiguous_sale"}
    message = driver.row("r1").reason["message"]
    for name in ("Ann Other", "Bea Buyer"):
        assert f"sales receipt 1001 of 2024-05-03 over 21.65 for {name}" in message
    assert not driver.company.transactions("CreditMemo")


def test_a_memo_entered_by_hand_under_the_sales_number_counts_as_given_back(memory: Database) -> None:
    def fill(made: CompanyBuilder) -> None:
        made.sales_receipt(made.customer("Ann"), hats(2), ref_number="W1001", deposit_to="Checking")
        made.credit_memo("Ann", hats(1), ref_number="W1001-1")

    driver = open_shop(memory, fill, settings={"order_number_add_prefix": "W", "hand_entry_days": "0"})
    driver.bring_in(refund("r1", "1001"), refund("r2", "1001"))
    driver.drain()
    assert driver.statuses() == {"r1": "posted", "r2": "review: more_than_sale"}
    assert [notice["code"] for notice in driver.row("r1").notices] == ["counted_by_hand"]


def test_a_refund_whose_sale_is_not_found_any_more_takes_nothing_out_of_it(memory: Database) -> None:
    driver = open_shop(memory, receipts("1001"), settings={"review": "always"})
    driver.bring_in(refund("r1", "1001"))
    driver.drain()
    assert driver.statuses() == {"r1": "review: approval_needed"}
    (sale,) = driver.company.transactions("SalesReceipt")
    driver.company.renumber(sale, "77")
    driver.decide("r1", Act.TRY_AGAIN)
    driver.drain()
    assert driver.statuses() == {"r1": "skipped: order_not_found"}

    driver.company.renumber(sale, "1001")
    driver.bring_in(refund("r2", "1001", 2))
    driver.drain()

    assert driver.statuses()["r2"] == "review: approval_needed", "all of the sale was left to be given back"
