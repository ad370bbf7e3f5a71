"""What was never invoiced of a sales order is closed there once, and what was invoiced is credited, whatever breaks."""

from __future__ import annotations

from typing import Any

import pytest

from qbsim import CompanyBuilder, Line
from qbwc_server.store.database import Database
from qbwc_server.store.decisions import Act, DecisionError
from tests.sync.driver import Driver, Exchange, Fault, Refusal, hats, judge, open_shop, refund


def never_invoiced(made: CompanyBuilder) -> None:
    made.customer("Ann")
    made.sales_order("Ann", [*hats(3), Line("Shipping", amount="5.00")], ref_number="1001", memo="Web order")
    made.prepayment("Ann", "69.95", deposit_to="Checking", ref_number="1001")


def invoiced_in_part(made: CompanyBuilder) -> None:
    """Two of three hats were invoiced, and all three paid."""
    made.customer("Ann")
    order = made.sales_order("Ann", hats(3), ref_number="1001")
    invoice = made.invoice_from_sales_order(order, {order.lines[0].txn_line_id: 2}, ref_number="77")
    made.receive_payment(invoice, total="64.95", deposit_to="Checking", ref_number="1001")


def order_of(driver: Driver) -> Any:
    (found,) = driver.company.transactions("SalesOrder")
    return found


def lines_of(driver: Driver) -> list[tuple[str, bool]]:
    return [(str(line.quantity), line.is_manually_closed) for line in order_of(driver).lines]


def test_refunds_of_an_order_that_was_never_invoiced_lower_and_close_it_step_by_step(memory: Database) -> None:
    driver = open_shop(memory, never_invoiced)
    driver.bring_in(refund("r1", "1001"))
    driver.drain()
    assert lines_of(driver) == [("2", False), ("None", False)]
    assert "Web order; Refund r1 of order 1001" in order_of(driver).memo

    driver.bring_in(refund("r2", "1001", 2, shipping="5.00"))
    driver.drain()

    judge(driver, review=False)
    assert driver.statuses() == {"r1": "posted", "r2": "posted"}
    assert order_of(driver).is_manually_closed
    assert not driver.company.transactions("CreditMemo")
    assert [str(card.total) for card in driver.company.transactions("ARRefundCreditCard")] == ["21.65", "48.30"]
    assert driver.company.customer_balance("Ann") == 0


def test_two_refunds_at_once_are_both_taken_off_the_order(memory: Database) -> None:
    driver = open_shop(memory, never_invoiced)
    driver.bring_in(refund("r1", "1001"), refund("r2", "1001"))
    driver.drain()

    judge(driver, review=False)
    assert driver.statuses() == {"r1": "posted", "r2": "posted"}
    assert lines_of(driver) == [("1", False), ("None", False)]


def test_no_more_is_closed_than_the_order_has(memory: Database) -> None:
    driver = open_shop(memory, never_invoiced)
    driver.bring_in(*[refund(f"r{number}", "1001") for number in range(1, 5)])
    driver.drain()

    judge(driver)
    assert sorted(driver.statuses().values()) == ["posted", "posted", "posted", "review: more_than_sale"]
    assert lines_of(driver) == [("1", True), ("None", False)]
    assert sum(card.total for card in driver.company.transactions("ARRefundCreditCard")) <= 69


def test_of_an_order_that_was_invoiced_in_part_each_part_is_undone_where_it_stands(memory: Database) -> None:
    driver = open_shop(memory, invoiced_in_part)
    driver.bring_in(refund("r1", "1001", 3))
    driver.drain()

    judge(driver, review=False)
    assert driver.statuses() == {"r1": "posted"}
    [memo] = driver.company.transactions("CreditMemo")
    assert str(memo.total) == "43.30"
    assert order_of(driver).is_manually_closed
    assert driver.company.customer_balance("Ann") == 0
    assert driver.company.balance_of("Checking") == 0
    assert not list(order_of(driver).open_quantities())


@pytest.mark.parametrize(
    "fault",
    [
        *(Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.COM_AFTER, Fault.CRASH_0, Fault.CRASH_1, Fault.CRASH_2),
        Fault.ANSWERED_LATE,
    ],
)
@pytest.mark.parametrize("which", [1, 2])  # the order is changed last
def test_whatever_is_lost_on_the_way_the_order_is_changed_once(memory: Database, which: int, fault: Fault) -> None:
    driver = open_shop(memory, invoiced_in_part)
    driver.bring_in(refund("r1", "1001", 3))
    played = driver.run_session({("post", which): fault})
    assert played.kinds.count("post") >= which, played.kinds
    driver.drain()

    judge(driver, review=False)
    assert driver.statuses() == {"r1": "posted"}
    assert order_of(driver).is_manually_closed
    assert order_of(driver).memo.count("Refund r1") == 1
    assert driver.company.customer_balance("Ann") == 0


@pytest.mark.parametrize("fault", [Fault.LOST_AFTER, Fault.CRASH_1, Fault.CRASH_2])
def test_a_quantity_whose_lowering_was_not_answered_is_not_lowered_twice(memory: Database, fault: Fault) -> None:
    driver = open_shop(memory, never_invoiced)
    driver.bring_in(refund("r1", "1001"))
    driver.run_session({("post", 1): fault})
    driver.drain()

    judge(driver, review=False)
    assert driver.statuses() == {"r1": "posted"}
    assert lines_of(driver) == [("2", False), ("None", False)]


def test_an_order_that_was_changed_after_it_was_read_is_read_anew(memory: Database) -> None:
    builders: list[CompanyBuilder] = []

    def fill(made: CompanyBuilder) -> None:
        never_invoiced(made)
        builders.append(made)

    driver = open_shop(memory, fill)
    driver.bring_in(refund("r1", "1001"))

    def invoice(exchange: Exchange) -> None:
        if exchange.kind == "post" and not driver.company.transactions("Invoice"):
            order = order_of(driver)
            builders[0].invoice_from_sales_order(order, {order.lines[0].txn_line_id: 2}, ref_number="77")
            driver.company.touch(order.stamp)

    driver.run_session(on_set=invoice)
    driver.drain()

    assert driver.statuses() == {"r1": "posted"}
    assert lines_of(driver) == [("3", True), ("None", False)]  # two of them are on the invoice by now
    assert not list(driver.company.transactions("CreditMemo"))


def test_a_payout_that_comes_later_than_the_closing_is_no_credit_memo(memory: Database) -> None:
    driver = open_shop(memory, invoiced_in_part)
    driver.refusals.append(Refusal("<ARRefundCreditCardAdd ", 3175, "The object is in use.", times=2))
    driver.bring_in(refund("r1", "1001"))
    driver.drain()

    judge(driver, review=False)
    assert driver.statuses() == {"r1": "posted"}
    assert order_of(driver).is_manually_closed
    assert not driver.company.transactions("CreditMemo")
    assert driver.company.customer_balance("Ann") == 0


def test_an_order_that_was_closed_after_the_memo_was_entered_goes_to_a_person(memory: Database) -> None:
    driver = open_shop(memory, invoiced_in_part)
    driver.bring_in(refund("r1", "1001", 2))

    def close(exchange: Exchange) -> None:
        if "<SalesOrderModRq" in exchange.request:
            order_of(driver).is_manually_closed = True
            driver.company.touch(order_of(driver).stamp)

    driver.run_session(on_set=close)
    driver.drain()

    judge(driver)
    assert driver.statuses() == {"r1": "review: entered_otherwise"}
    assert "is entered over 21.65, and by now 43.30 would be" in driver.row("r1").reason["message"]
    assert [str(memo.total) for memo in driver.company.transactions("CreditMemo")] == ["21.65"]


def test_of_two_refunds_at_once_each_finds_what_the_other_left(memory: Database) -> None:
    def two_of_four_invoiced(made: CompanyBuilder) -> None:
        made.customer("Ann")
        order = made.sales_order("Ann", hats(4), ref_number="1001")
        invoice = made.invoice_from_sales_order(order, {order.lines[0].txn_line_id: 2}, ref_number="77")
        made.receive_payment(invoice, total="86.60", deposit_to="Checking", ref_number="1001")

    driver = open_shop(memory, two_of_four_invoiced)
    driver.bring_in(refund("r1", "1001"), refund("r2", "1001", 3))
    driver.drain()

    judge(driver, review=False)
    assert driver.statuses() == {"r1": "posted", "r2": "posted"}
    assert [str(memo.total) for memo in driver.company.transactions("CreditMemo")] == ["43.30"]
    assert driver.company.customer_balance("Ann") == 0


def test_no_money_goes_out_for_an_order_that_quickbooks_does_not_let_us_close(memory: Database) -> None:
    driver = open_shop(memory, never_invoiced)
    driver.refusals.append(Refusal("<SalesOrderModRq", 3260, "Insufficient permission level."))
    driver.bring_in(refund("r1", "1001"))
    driver.drain()

    assert not driver.company.transactions("ARRefundCreditCard")
    assert lines_of(driver) == [("3", False), ("None", False)]


def test_an_order_that_the_refund_closed_itself_is_told_so_though_its_payout_came_in_a_later_session(
    memory: Database,
) -> None:
    driver = open_shop(memory, never_invoiced)
    driver.bring_in(refund("r1", "1001", 3, shipping="5.00"))
    driver.run_session({("post", 2): Fault.LOST_BEFORE})
    assert order_of(driver).is_manually_closed
    assert not driver.company.transactions("ARRefundCreditCard")
    driver.drain()

    judge(driver, review=False)
    assert [str(card.total) for card in driver.company.transactions("ARRefundCreditCard")] == ["69.95"]
    told = [notice["code"] for notice in driver.row("r1").notices]
    assert "order_closed" in told
    assert "order_already_closed" not in told


def test_what_was_closed_on_an_order_stays_closed_when_its_refund_is_undone_and_that_is_said(memory: Database) -> None:
    driver = open_shop(memory, never_invoiced)
    driver.bring_in(refund("r1", "1001"))
    driver.drain()
    driver.decide("r1", Act.UNDO)
    driver.drain()
    assert driver.statuses() == {"r1": "skipped: undone"}
    assert [notice["message"] for notice in driver.row("r1").notices] == [
        "The sales order 1001 stays as it was changed for this refund: what was closed on it is not opened again."
    ]

    driver.decide("r1", Act.TRY_AGAIN)
    driver.drain()
    judge(driver, review=False)
    assert [notice["code"] for notice in driver.row("r1").notices] == ["order_part_closed"]
    assert lines_of(driver) == [("2", False), ("None", False)], "it is not lowered twice"


def test_a_refund_that_only_closed_an_order_can_not_be_undone_and_the_order_is_named(memory: Database) -> None:
    driver = open_shop(memory, never_invoiced)
    driver.bring_in(refund("r1", "1001", money="0"))
    driver.drain()
    with pytest.raises(DecisionError, match="the sales order 1001 was changed; reopen it in QuickBooks"):
        driver.decide("r1", Act.UNDO)
