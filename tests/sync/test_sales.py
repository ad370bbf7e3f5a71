"""Every kind of sale from the shop's refund to the books, and what that costs in round trips."""

from __future__ import annotations

from decimal import Decimal

import pytest

from qbsim import Behaviour, CompanyBuilder, Line
from qbwc_server.store.connections import connection_named
from qbwc_server.store.database import Database
from tests.sync.driver import Exchange, Refusal, hats, judge, open_shop, receipts, refund


def one_of_each(made: CompanyBuilder) -> None:
    """One sale of each row of the refund table."""

    def customer(number: str) -> str:
        return made.customer(f"Customer {number}").full_name

    made.sales_receipt(
        customer("1"), [*hats(2), Line("Shipping", amount="5.00")], ref_number="1001", deposit_to="PayPal"
    )
    made.receive_payment(made.invoice(customer("2"), hats(1), ref_number="1002"), deposit_to="Checking")
    made.invoice(customer("3"), hats(1), ref_number="1003")
    made.invoice(customer("4"), hats(1), ref_number="1004")
    made.receive_payment(made.invoice(customer("5"), hats(2), ref_number="1005"), "21.65", deposit_to="Checking")
    order = made.sales_order(customer("6"), hats(1), ref_number="1006")
    made.receive_payment(made.invoice_from_sales_order(order, ref_number="1006"), deposit_to="Checking")
    order = made.sales_order(customer("7"), hats(1), ref_number="1007")
    made.receive_payment(made.invoice_from_sales_order(order, ref_number="77"), deposit_to="Checking")
    made.sales_order(customer("8"), hats(1), ref_number="1008")
    made.sales_order(customer("9"), hats(1), ref_number="1009")
    made.prepayment("Customer 9", "21.65", deposit_to="Checking", ref_number="1009")


REFUNDS = (
    refund("r1", "1001", 2, shipping="5.00"),
    refund("r2", "1002"),
    refund("r3", "1003"),
    refund("r4", "1004", money="0"),
    refund("r5", "1005", 2, money="21.65"),
    refund("r6", "1006"),
    refund("r7", "1007"),
    refund("r8", "1008", money="0"),
    refund("r9", "1009"),
    refund("r10", "4711"),
)


def test_every_kind_of_sale_comes_out_as_the_table_says(database: Database) -> None:
    driver = open_shop(database, one_of_each)
    driver.bring_in(*REFUNDS)

    driver.drain()

    judge(driver, review=False)
    assert driver.statuses() == {
        **{f"r{number}": "posted" for number in range(1, 10)},
        "r10": "skipped: order_not_found",
    }
    documents = {row.external_id: [d.request_type for d in row.documents] for row in driver.rows()}
    memo_and_card = ["CreditMemoAdd", "ARRefundCreditCardAdd"]
    assert documents == {
        "r1": memo_and_card,
        "r2": memo_and_card,
        "r3": memo_and_card,
        "r4": ["CreditMemoAdd", "ReceivePaymentAdd"],
        "r5": [*memo_and_card, "ReceivePaymentAdd"],
        "r6": memo_and_card,
        "r7": memo_and_card,
        "r8": ["SalesOrderMod"],
        "r9": ["SalesOrderMod", "ARRefundCreditCardAdd"],
        "r10": [],
    }
    balances = {number: driver.company.customer_balance(f"Customer {number}") for number in range(1, 10)}
    assert balances == {**dict.fromkeys(range(1, 10), Decimal("0.00")), 3: Decimal("21.65")}
    assert [entry["code"] for entry in driver.row("r3").notices] == ["invoice_left_open"]
    assert driver.company.balance_of("PayPal") == 0
    assert driver.company.balance_of("Checking") == 0


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"refund_method": "none"}, {"r1": ["CreditMemoAdd"], "r2": ["CreditMemoAdd"], "r3": ["CreditMemoAdd"]}),
        ({"credit_memo_for_invoices": "true"}, {"r2": ["CreditMemoAdd"]}),
        (
            {"credit_memo_for_invoices": "true", "refund_receipt": "false"},
            {"r1": [], "r3": ["CreditMemoAdd", "ReceivePaymentAdd"]},
        ),
        ({"refund_receipt": "false"}, {f"r{number}": [] for number in range(1, 11)}),
        ({"refund_method": "check", "refund_account": "Checking"}, {"r1": ["CreditMemoAdd", "CheckAdd"]}),
    ],
)
def test_the_settings_choose_what_is_entered(
    memory: Database, settings: dict[str, str], expected: dict[str, list[str]]
) -> None:
    driver = open_shop(memory, one_of_each, settings=settings)
    driver.bring_in(*REFUNDS)

    driver.drain()

    judge(driver, review=False)
    documents = {row.external_id: [d.request_type for d in row.documents] for row in driver.rows()}
    assert {key: documents[key] for key in expected} == expected


def test_several_refunds_of_one_order_go_in_together_and_never_exceed_the_sale(database: Database) -> None:
    driver = open_shop(database, receipts("1001", count=3))
    driver.bring_in(refund("r1", "1001"), refund("r2", "1001"), refund("r3", "1001", gateways=("card", "gift")))
    driver.drain()
    driver.bring_in(refund("r4", "1001"))
    driver.drain()

    judge(driver)
    assert driver.statuses() == {
        "r1": "posted",
        "r2": "posted",
        "r3": "posted",
        "r4": "review: more_than_sale",
    }
    assert driver.company.customer_balance("Customer 1001") == 0


def test_two_gateways_get_a_payout_each(memory: Database) -> None:
    driver = open_shop(memory, receipts("1001"))
    driver.bring_in(refund("r1", "1001", 2, gateways=("card", "paypal")))

    driver.drain()

    judge(driver, review=False)
    assert [d.amount for d in driver.row("r1").documents if d.role == "payout"] == [Decimal("21.65")] * 2


def test_two_cancelled_refunds_of_one_invoice_apply_only_what_is_open(memory: Database) -> None:
    """The second was looked up before the first was applied: it reads the invoice anew."""

    def fill(made: CompanyBuilder) -> None:
        made.receive_payment(made.invoice(made.customer("C"), hats(3), ref_number="1001"), "43.30")

    driver = open_shop(memory, fill)
    driver.bring_in(refund("r1", "1001", money="0"), refund("r2", "1001", money="0"))
    driver.seconds_a_set = 40  # a slow QuickBooks, so that the batches stay as small as they are made here

    def one_at_a_time(exchange: Exchange) -> None:
        if exchange.kind == "find":
            with driver.database.transaction() as session:
                connection_named(session, driver.name).company.batch_size = 1

    driver.run_session(on_set=one_at_a_time)
    driver.drain()

    judge(driver, review=False)
    assert driver.company.customer_balance("C") == Decimal("-21.65")


def test_a_refused_refund_does_not_hold_up_the_others(memory: Database) -> None:
    orders = [str(number) for number in range(1001, 1006)]
    driver = open_shop(memory, receipts(*orders))
    driver.bring_in(*[refund(f"r{order}", order) for order in orders])
    driver.refusals.append(Refusal("Refund r1003 of order", 3210, "The thing is not allowed."))

    played = driver.run_session()

    judge(driver)
    assert "post" in played.kinds
    assert driver.statuses() == {
        **{f"r{order}": "posted" for order in orders},
        "r1003": "failed: refused_by_quickbooks",
    }
    assert "not allowed" in driver.row("r1003").reason["message"]


def in_two_invoices(made: CompanyBuilder) -> None:
    """A sales order of a hat and a scarf, each invoiced and paid under a number of its own."""
    made.non_inventory_item("Scarf", price="30.00")
    ann = made.customer("Ann")
    order = made.sales_order(ann, [Line("Scarf", quantity=1), *hats(1)], ref_number="1001")
    scarf, hat = (line.txn_line_id for line in order.lines)
    for number, line, account in (("71", scarf, "PayPal"), ("72", hat, "Checking")):
        made.receive_payment(made.invoice_from_sales_order(order, {line: 1}, ref_number=number), deposit_to=account)


def test_of_an_order_invoiced_in_parts_the_invoice_that_carries_the_goods_is_credited(memory: Database) -> None:
    driver = open_shop(memory, in_two_invoices)
    driver.bring_in(refund("r1", "1001"))

    driver.drain()

    judge(driver, review=False)
    assert driver.statuses() == {"r1": "posted"}
    row = driver.row("r1")
    assert (row.sale_type, row.sale_ref_number) == ("Invoice", "72")
    assert [document.account for document in row.documents] == ["", "Checking"]


def test_of_an_order_invoiced_in_parts_a_refund_that_spans_them_waits_for_a_person(memory: Database) -> None:
    driver = open_shop(memory, in_two_invoices)
    driver.bring_in(refund("r1", "1001", 2))

    driver.drain()

    assert driver.statuses() == {"r1": "review: several_invoices"}
    assert not driver.company.transactions("CreditMemo")


def test_a_refund_whose_customer_is_gone_fails_with_its_reason(memory: Database) -> None:
    driver = open_shop(memory, receipts("1001", "1002"))
    driver.bring_in(refund("r1", "1001"), refund("r2", "1002"))
    played = driver.begin()
    while True:
        exchange = driver.next_set(played)
        assert exchange is not None
        if exchange.kind == "post":
            table = driver.company.lists.customers
            table._by_id.pop(table.find("Customer 1001").list_id, None)
        driver.work(exchange)
        if driver.answer(exchange) == 100:
            break

    assert driver.statuses() == {"r1": "failed: refused_by_quickbooks", "r2": "posted"}
    assert not driver.company.by_external_guid(driver.row("r1").documents[0].external_guid)


def test_three_hundred_refunds_cost_at_most_six_calls_a_hundred(memory: Database) -> None:
    orders = [str(number) for number in range(2001, 2301)]
    driver = open_shop(memory, receipts(*orders))
    driver.bring_in(*[refund(f"r{order}", order) for order in orders])

    played = driver.run_session()

    judge(driver, review=False)
    assert set(driver.statuses().values()) == {"posted"}
    assert played.kinds[:3] == ["lists", "find", "follow"]
    assert len(played.exchanges) <= 18, played.kinds


def test_a_slow_quickbooks_gets_smaller_sets(memory: Database) -> None:
    orders = [str(number) for number in range(2001, 2041)]
    driver = open_shop(memory, receipts(*orders))
    driver.bring_in(*[refund(f"r{order}", order) for order in orders])
    driver.seconds_a_set = 40

    played = driver.run_session()

    judge(driver, review=False)
    sizes = [exchange.request.count("<CreditMemoAddRq") for exchange in played.exchanges if exchange.kind == "post"]
    assert max(sizes[1:]) > sizes[-1]  # the first set of all carries one refund in any case
    assert min(sizes[1:]) == 1


def test_a_taken_up_setting_reaches_refunds_that_waited_for_it(memory: Database) -> None:
    driver = open_shop(memory, receipts("1001"), settings={"refund_account": "Nowhere"})
    driver.bring_in(refund("r1", "1001"))
    driver.drain()
    assert driver.statuses() == {"r1": "review: refund_account_unknown"}

    driver.set(refund_account="Checking")
    driver.drain()

    judge(driver, review=False)
    assert driver.row("r1").documents[1].account == "Checking"


def test_an_edition_without_sales_orders_is_not_asked_twice(memory: Database) -> None:
    driver = open_shop(memory, receipts("1001", "1002"), behaviour=Behaviour(has_sales_orders=False))
    driver.bring_in(refund("r1", "1001"))
    first = driver.run_session()
    driver.bring_in(refund("r2", "1002"))
    second = driver.run_session()

    judge(driver, review=False)
    asked = ["SalesOrderQueryRq" in exchange.names for exchange in (*first.exchanges, *second.exchanges)]
    assert sum(asked) == 1
    assert set(driver.statuses().values()) == {"posted"}
