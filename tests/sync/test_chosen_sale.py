"""A person says which sale a refund is of: that very transaction is refunded, and nobody else's unseen."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from lxml import etree

from qbsim import CompanyBuilder, Line
from qbwc_server.refunds.chosen import by_txn_id, named
from qbwc_server.store.database import Database
from qbwc_server.store.decisions import Act
from qbwc_server.store.planned import planned_rows
from qbwc_server.store.refunds import Imported
from tests.sync.driver import Driver, Exchange, Fault, Place, Refusal, hats, judge, open_shop, refund
from tests.sync.test_missing_orders import ON, missing


def shop(made: CompanyBuilder) -> None:
    """Two receipts numbered 1001, and Cy's paid invoice 77, which is no order's number."""
    for name in ("Ann", "Bea"):
        made.sales_receipt(made.customer(name), hats(2), ref_number="1001", deposit_to="Checking")
    made.receive_payment(made.invoice(made.customer("Cy"), hats(2), ref_number="77"), deposit_to="Checking")


def stopped(database: Database, *orders: str, **settings: str) -> Driver:
    """Refunds of one hat each, looked for by their orders' numbers."""
    driver = open_shop(database, shop, settings=settings)
    driver.bring_in(*(refund(f"r{index}", order) for index, order in enumerate(orders, 1)))
    driver.drain()
    return driver


def customers(driver: Driver, kind: str = "CreditMemo") -> list[str]:
    """Whose transactions of a kind are in the books."""
    found = [driver.company.lists.customers.get(each.customer_id or "") for each in driver.company.transactions(kind)]
    return sorted(customer.full_name for customer in found if customer is not None)


def invoice_77(driver: Driver) -> Any:
    (found,) = driver.company.transactions("Invoice")
    return found


def sales_asked_for(driver: Driver, since: int) -> set[str]:
    """By what the sales were asked for in the sessions from one on: TxnIDs and RefNumbers."""
    asked = set()
    for played in driver.sessions[since:]:
        for exchange in played.exchanges:
            if exchange.kind == "find":
                root = etree.fromstring(exchange.request.encode())
                for name in ("SalesReceiptQueryRq", "InvoiceQueryRq", "SalesOrderQueryRq"):
                    asked |= {each.text for each in root.iterfind(f".//{name}/*") if each.tag in ("TxnID", "RefNumber")}
    return asked


def approved(driver: Driver) -> None:
    driver.decide("r1", Act.APPROVE)
    driver.drain()


def test_of_the_sales_that_are_shown_the_chosen_one_is_refunded_and_the_other_customer_left_alone(
    database: Database,
) -> None:
    driver = stopped(database, "1001")
    shown = driver.row("r1").candidates
    assert driver.statuses() == {"r1": "review: ambiguous_sale"}
    assert [(each["type"], each["ref_number"], each["amount"], each["customer"]) for each in shown] == [
        ("SalesReceipt", "1001", "43.30", "Ann"),
        ("SalesReceipt", "1001", "43.30", "Bea"),
    ]

    driver.decide("r1", Act.CHOOSE_SALE, "Bea called", sale=by_txn_id(shown[1]["txn_id"]))
    driver.drain()

    judge(driver, review=False)
    assert driver.statuses() == {"r1": "posted"}
    assert customers(driver) == customers(driver, "ARRefundCreditCard") == ["Bea"]
    assert driver.row("r1").candidates is None
    assert [each["message"] for each in driver.row("r1").notices] == [
        "Ada said which sale this refund is of: sales receipt 1001 of 2024-05-03 over 43.30 for Bea."
    ]


def test_a_sale_with_another_number_is_shown_line_by_line_before_anything_is_entered(memory: Database) -> None:
    driver = stopped(memory, "1002")
    assert driver.statuses() == {"r1": "skipped: order_not_found"}
    driver.decide("r1", Act.CHOOSE_SALE, sale=named("Invoice 77"))
    driver.drain()

    assert driver.statuses() == {"r1": "review: approval_needed"}
    assert driver.row("r1").notices[0]["message"].endswith("invoice 77 of 2024-05-03 over 43.30 for Cy.")
    assert [(row.document, row.item, row.amount) for row in planned_rows(driver.row("r1").documents)][:2] == [
        ("credit memo", "Hat", Decimal("20.00")),
        ("credit memo", "Sales tax County", Decimal("1.65")),
    ]
    assert customers(driver) == []

    approved(driver)
    judge(driver, review=False)
    assert driver.statuses() == {"r1": "posted"}
    assert customers(driver) == ["Cy"]


def test_once_found_by_its_number_it_is_asked_for_by_its_txn_id_alone(memory: Database) -> None:
    driver = stopped(memory, "1002")
    driver.decide("r1", Act.CHOOSE_SALE, sale=named("Invoice 77"))
    driver.drain()
    invoice, first = invoice_77(driver), len(driver.sessions)
    renamed = replace(invoice, ref_number="1002")
    driver.company.restate(invoice, renamed)

    approved(driver)

    assert driver.statuses() == {"r1": "posted"}
    assert sales_asked_for(driver, first) == {invoice.txn_id}
    assert driver.row("r1").sale_ref_number == "1002"


@pytest.mark.parametrize("kind", ["SalesReceipt", "Invoice"])
def test_a_txn_id_alone_finds_the_sale_of_whatever_kind(memory: Database, kind: str) -> None:
    driver = stopped(memory, "1002")
    sale = driver.company.transactions(kind)[-1]
    driver.decide("r1", Act.CHOOSE_SALE, sale=by_txn_id(sale.txn_id))
    driver.drain()
    assert driver.statuses() == {"r1": "review: approval_needed"}
    assert (driver.row("r1").sale_type, driver.row("r1").sale_txn_id) == (kind, sale.txn_id)


def test_a_txn_id_that_quickbooks_does_not_have_waits_for_a_person_and_the_others_go_on(memory: Database) -> None:
    driver = stopped(memory, "1002")
    driver.decide("r1", Act.CHOOSE_SALE, sale=by_txn_id("FFFF-1"))
    driver.bring_in(refund("r2", "77"))
    driver.drain()
    judge(driver)
    assert driver.statuses() == {"r1": "review: chosen_sale_not_found", "r2": "posted"}
    assert "no transaction with the TxnID FFFF-1, which Ada chose" in driver.row("r1").reason["message"]


def test_a_quickbooks_that_refuses_the_txn_id_is_not_asked_for_it_again_and_again(memory: Database) -> None:
    driver = stopped(memory, "1002")
    driver.refusals = [Refusal("FFFF-1", 3120, "Object cannot be found.")]
    driver.decide("r1", Act.CHOOSE_SALE, sale=by_txn_id("FFFF-1"))
    driver.bring_in(refund("r2", "77"))
    driver.drain()
    assert driver.statuses() == {"r1": "review: chosen_sale_not_found", "r2": "posted"}


def test_a_chosen_sale_that_was_deleted_is_not_replaced_by_another_of_its_number(memory: Database) -> None:
    driver = stopped(memory, "1001")
    ann = driver.company.transactions("SalesReceipt")[0]
    driver.decide("r1", Act.CHOOSE_SALE, sale=by_txn_id(ann.txn_id))
    driver.company.delete(ann)
    driver.drain()
    judge(driver)
    assert driver.statuses() == {"r1": "review: chosen_sale_not_found"}
    assert "sales receipt 1001 (TxnID " in driver.row("r1").reason["message"]
    assert (driver.row("r1").total, customers(driver)) == (None, [])


def test_a_sale_that_became_another_customers_after_it_was_shown_is_shown_again(memory: Database) -> None:
    driver = stopped(memory, "1001")
    sale = driver.company.transactions("SalesReceipt")[0]
    driver.decide("r1", Act.CHOOSE_SALE, sale=by_txn_id(sale.txn_id))
    cy = next(each for each in driver.company.lists.customers if each.full_name == "Cy")
    driver.company.restate(sale, replace(sale, customer_id=cy.list_id))
    driver.drain()
    assert driver.statuses() == {"r1": "review: approval_needed"}
    assert driver.row("r1").notices[0]["message"].endswith("for Cy.")


def test_a_choice_can_be_taken_back_and_made_anew(memory: Database) -> None:
    driver = stopped(memory, "1001")
    driver.decide("r1", Act.CHOOSE_SALE, sale=named("Invoice 77"))
    driver.drain()
    assert driver.statuses() == {"r1": "review: approval_needed"}
    driver.decide("r1", Act.FORGET_SALE)
    driver.drain()
    row = driver.row("r1")
    assert (driver.statuses(), row.notices, row.documents) == ({"r1": "review: ambiguous_sale"}, [], [])
    driver.decide("r1", Act.CHOOSE_SALE, sale=by_txn_id(row.candidates[0]["txn_id"]))
    driver.drain()
    judge(driver, review=False)
    assert customers(driver) == ["Ann"]


def test_a_choice_that_is_taken_back_while_quickbooks_answers_counts_no_more(memory: Database) -> None:
    driver = stopped(memory, "1001")
    driver.decide("r1", Act.CHOOSE_SALE, sale=named("Invoice 77"))
    asked = []

    def forget(exchange: Exchange) -> None:
        if exchange.kind == "find" and not asked:
            asked.append(exchange)
            driver.decide("r1", Act.FORGET_SALE)

    driver.wait()
    driver.run_session(on_set=forget)
    assert len(asked) == 1
    assert driver.statuses() == {"r1": "review: ambiguous_sale"}
    assert driver.row("r1").sale_txn_id == ""


def test_another_refund_of_the_order_is_asked_about_on_its_own_and_finds_what_is_left_of_the_sale(
    memory: Database,
) -> None:
    driver = stopped(memory, "1001")
    bea = by_txn_id(driver.row("r1").candidates[1]["txn_id"])
    driver.decide("r1", Act.CHOOSE_SALE, sale=bea)
    driver.drain()
    driver.bring_in(refund("r2", "1001"), refund("r3", "1001"))
    driver.drain()
    assert driver.statuses() == {"r1": "posted", **dict.fromkeys(("r2", "r3"), "review: ambiguous_sale")}
    driver.decide("r2", Act.CHOOSE_SALE, sale=bea)
    driver.decide("r3", Act.CHOOSE_SALE, sale=bea)
    driver.drain()
    assert driver.statuses() == {"r1": "posted", "r2": "posted", "r3": "review: more_than_sale"}
    assert customers(driver) == ["Bea", "Bea"]


def test_the_choice_outlives_an_undo_and_what_is_entered_anew_is_shown_again(memory: Database) -> None:
    driver = stopped(memory, "1002")
    driver.decide("r1", Act.CHOOSE_SALE, sale=named("Invoice 77"))
    driver.drain()
    approved(driver)
    driver.decide("r1", Act.UNDO)
    driver.drain()
    assert driver.statuses() == {"r1": "skipped: undone"}
    driver.decide("r1", Act.TRY_AGAIN)
    driver.drain()
    assert driver.statuses() == {"r1": "review: approval_needed"}
    approved(driver)
    assert driver.statuses() == {"r1": "posted"}
    assert driver.row("r1").sale_txn_id == invoice_77(driver).txn_id
    assert [each.is_voided for each in driver.company.transactions("CreditMemo")] == [True, False]
    assert driver.company.customer_balance("Cy") == 0


def test_what_was_entered_for_the_wrong_sale_is_undone_and_entered_for_the_chosen_one(memory: Database) -> None:
    driver = stopped(memory, "77")
    driver.decide("r1", Act.UNDO)
    driver.drain()
    bea = driver.company.transactions("SalesReceipt")[1]
    driver.decide("r1", Act.CHOOSE_SALE, sale=by_txn_id(bea.txn_id))
    driver.drain()
    approved(driver)
    assert driver.statuses() == {"r1": "posted"}
    assert [driver.company.customer_balance(name) for name in ("Bea", "Cy")] == [0, 0]
    memos = driver.company.transactions("CreditMemo")
    assert [each.is_voided for each in memos] == [True, False]
    assert memos[1].customer_id == bea.customer_id


def test_the_same_refund_again_leaves_the_choice_and_another_order_number_drops_it(memory: Database) -> None:
    driver = stopped(memory, "1002")
    driver.decide("r1", Act.CHOOSE_SALE, sale=named("Invoice 77"))
    assert driver.bring_in(refund("r1", "1002")) == Imported(unchanged=1)
    driver.drain()
    assert driver.bring_in(refund("r1", "1002", 2)) == Imported(changed=1)
    driver.drain()
    assert driver.statuses() == {"r1": "review: approval_needed"}
    assert driver.row("r1").total == Decimal("43.30")
    assert driver.bring_in(refund("r1", "1003", 2)) == Imported(changed=1)
    driver.drain()
    assert driver.statuses() == {"r1": "skipped: order_not_found"}


def test_a_sale_in_which_the_line_is_not_is_replaced_by_the_right_one(memory: Database) -> None:
    def fill(made: CompanyBuilder) -> None:
        shop(made)
        made.inventory_item("Scarf", price="20.00", cost="8.00", on_hand=10)
        made.sales_receipt(made.customer("Dee"), [Line("Scarf", quantity=2)], ref_number="1003")

    driver = open_shop(memory, fill)
    driver.bring_in(refund("r1", "1003"))
    driver.drain()
    assert driver.statuses() == {"r1": "review: line_not_in_sale"}
    driver.decide("r1", Act.CHOOSE_SALE, sale=named("Invoice 77"))
    driver.drain()
    approved(driver)
    judge(driver, review=False)
    assert customers(driver) == ["Cy"]


def test_of_the_invoices_of_a_sales_order_the_chosen_one_is_credited(memory: Database) -> None:
    def fill(made: CompanyBuilder) -> None:
        order = made.sales_order(made.customer("Ann"), hats(4), ref_number="1001")
        for number in ("501", "502"):
            line = order.lines[0].txn_line_id
            made.receive_payment(
                made.invoice_from_sales_order(order, {line: 2}, ref_number=number), deposit_to="Checking"
            )

    driver = open_shop(memory, fill)
    driver.bring_in(refund("r1", "1001"))
    driver.drain()
    assert driver.statuses() == {"r1": "review: several_invoices"}
    shown = driver.row("r1").candidates
    assert [(each["type"], each["ref_number"]) for each in shown] == [("Invoice", "501"), ("Invoice", "502")]
    driver.decide("r1", Act.CHOOSE_SALE, sale=by_txn_id(shown[1]["txn_id"]))
    driver.drain()
    approved(driver)
    judge(driver, review=False)
    assert driver.row("r1").sale_ref_number == "502"


def test_where_the_number_stands_in_another_field_the_chosen_sale_is_not_looked_for_there(memory: Database) -> None:
    driver = stopped(memory, "1002", order_number_field="memo")
    driver.decide("r1", Act.CHOOSE_SALE, sale=named("Invoice 77"))
    driver.drain()
    approved(driver)
    judge(driver, review=False)
    assert driver.row("r1").sale_txn_id == invoice_77(driver).txn_id


@pytest.mark.parametrize("is_there", [True, False])
def test_an_order_that_would_be_created_is_not_where_a_person_knows_its_sale(memory: Database, is_there: bool) -> None:
    driver = open_shop(memory, shop, settings=ON | {"review": "always"})
    driver.bring_in(missing(refund("r1", "1002")))
    driver.drain()
    assert driver.statuses() == {"r1": "review: approval_needed"}
    assert next(iter(planned_rows(driver.row("r1").next_documents))).document == "sales receipt"
    sales = len(driver.company.transactions("SalesReceipt"))
    driver.decide("r1", Act.CHOOSE_SALE, sale=named("Invoice 77" if is_there else "Invoice 78"))
    driver.drain()
    if is_there:
        approved(driver)
    judge(driver)
    assert driver.statuses() == {"r1": "posted" if is_there else "review: chosen_sale_not_found"}
    assert customers(driver) == (["Cy"] if is_there else [])
    assert len(driver.company.transactions("SalesReceipt")) == sales


def test_an_order_that_was_created_before_its_sale_was_chosen_is_named_since_it_stays(memory: Database) -> None:
    driver = open_shop(memory, shop, settings=ON)
    driver.bring_in(missing(refund("r1", "1002")))
    driver.drain()
    driver.decide("r1", Act.UNDO)
    driver.drain()
    created = driver.company.transactions("SalesReceipt")[-1]
    driver.decide("r1", Act.CHOOSE_SALE, sale=named("Invoice 77"))
    driver.drain()
    approved(driver)

    assert driver.statuses() == {"r1": "posted"}
    said = {notice["code"]: notice["message"] for notice in driver.row("r1").notices}
    assert said.keys() == {"sale_chosen", "created_sale_stays"}
    assert said["created_sale_stays"] == (
        f"The sales receipt 1002 over {created.total} (TxnID {created.txn_id}), which was created for this order, "
        "stays in QuickBooks beside the sale that this refund is of."
    )


@pytest.mark.parametrize("fault", [Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.ANSWERED_LATE, Fault.COM_AFTER])
@pytest.mark.parametrize("lost", [*range(4), ("claim", 1), ("latch", 1), ("post", 1)])
def test_whatever_is_lost_the_chosen_sale_is_refunded_once(memory: Database, fault: Fault, lost: Place) -> None:
    driver = stopped(memory, "1002")
    driver.decide("r1", Act.CHOOSE_SALE, sale=named("Invoice 77"))
    driver.wait()
    driver.run_session({lost: fault})
    driver.drain()
    driver.decide("r1", Act.APPROVE)
    driver.wait()
    driver.run_session({lost: fault})
    driver.drain()
    driver.answer_late()
    driver.drain()
    judge(driver, review=False)
    assert customers(driver) == customers(driver, "ARRefundCreditCard") == ["Cy"]


def test_a_payout_that_is_tried_again_needs_no_second_approval(memory: Database) -> None:
    driver = stopped(memory, "1002")
    driver.decide("r1", Act.CHOOSE_SALE, sale=named("Invoice 77"))
    driver.drain()
    driver.refusals = [Refusal("ARRefundCreditCardAdd", 3170, "Something is in the way.", times=30)]
    driver.decide("r1", Act.APPROVE)
    driver.drain(40, pause=4000)
    assert driver.row("r1").status == "review"
    assert customers(driver) == ["Cy"]
    driver.refusals = []
    driver.decide("r1", Act.TRY_AGAIN)
    driver.drain()
    judge(driver, review=False)
