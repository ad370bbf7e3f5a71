"""Whatever was sold and whatever is given back of it, one refund after the other: what the ledger, the customer's
account and every open document show is what was given back, and no sale, tax, cost or stock goes below zero."""

from __future__ import annotations

import itertools
from datetime import timedelta
from decimal import Decimal

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from qbsim import Company, CompanyBuilder, Line, SettableClock
from qbwc_server.refunds.gateways import Gateway
from qbwc_server.refunds.model import Refund
from qbwc_server.store.connections import connection_named
from qbwc_server.store.database import Database
from qbwc_server.store.mappings import set_gateways
from tests.accounting.scenarios import given_back, shop
from tests.refunds.builders import back, by
from tests.sync.driver import START, Driver, judge

KINDS = ("receipt", "paid invoice", "unpaid invoice", "invoice paid in part", "order", "order invoiced in part")
HAT, SCARF = Decimal("108.00"), Decimal("54.00")  # with 8 % of sales tax
CENT = Decimal("0.01")
numbers = itertools.count(1)


def sell(made: CompanyBuilder, kind: str, hats: int, scarves: int) -> None:
    lines = [Line("Hat", quantity=hats), *([Line("Scarf", quantity=scarves)] if scarves else [])]
    total = HAT * hats + SCARF * scarves
    if kind == "receipt":
        made.sales_receipt("Ann", lines, ref_number="1001", deposit_to="Checking")
    elif kind.startswith("order"):
        order = made.sales_order("Ann", lines, ref_number="1001")
        if kind == "order":
            made.prepayment("Ann", total, deposit_to="Checking", ref_number="1001")
        else:
            invoice = made.invoice_from_sales_order(order, {order.lines[0].txn_line_id: 1}, ref_number="77")
            made.receive_payment(invoice, total=total, deposit_to="Checking", ref_number="1001")
    else:
        invoice = made.invoice("Ann", lines, ref_number="1001")
        paid = {"paid invoice": total, "unpaid invoice": None, "invoice paid in part": HAT}[kind]
        if paid is not None:
            made.receive_payment(invoice, paid, deposit_to="Checking", ref_number="1001")


@st.composite
def refunds(draw: st.DrawFn, kind: str, sold: tuple[int, int], number: int) -> Refund:
    """So many hats and scarves, some of the money by PayPal; no money for what was never paid."""
    hats, scarves = (draw(st.sampled_from([1, *range(most + 1), most])) for most in sold)
    lines = [back("Hat", hats, f"{100 * hats}.00", tax=f"{8 * hats}.00")] if hats else []
    lines += [back("Scarf", scarves, f"{50 * scarves}.00", tax=f"{4 * scarves}.00")] if scarves or not hats else []
    value = sum((line.total for line in lines), Decimal(0))
    is_paid = kind != "unpaid invoice" and (kind != "invoice paid in part" or draw(st.booleans()))
    by_paypal = draw(st.sampled_from([Decimal(0), value, Decimal("10.00")])) if is_paid and value else Decimal(0)
    parts = [("card", value - by_paypal), ("paypal", by_paypal)] if is_paid else []
    money = tuple(by(name, str(amount)) for name, amount in parts if amount)
    return given_back(*lines, external_id=str(number), money=money)


def opened(company: Company) -> Decimal:
    """What is open on all documents of the customer: owed, less what stands as credit."""
    owed = sum((each.open_debt for each in company.transactions("Invoice")), Decimal(0))
    kinds = ("CreditMemo", "ReceivePayment")
    credit = sum((each.open_credit for kind in kinds for each in company.transactions(kind)), Decimal(0))
    return owed - credit


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.data(),
    st.sampled_from(KINDS),
    st.integers(1, 3),
    st.integers(0, 2),
    st.sampled_from([{}, {"refund_method": "check"}, {"cancelled_unpaid_invoice": "void"}]),
)
def test_the_books_show_what_was_given_back_and_never_more_than_was_sold(
    memory: Database, data: st.DataObject, kind: str, hats: int, scarves: int, chosen: dict[str, str]
) -> None:
    clock = SettableClock(START - timedelta(days=3))
    made = CompanyBuilder("Hat Shop", clock, undeposited_funds="*Undeposited Funds")
    shop(made)
    sell(made, kind, hats, scarves)
    clock.set(START)
    driver = Driver(
        memory, made.company, clock, settings={**chosen, "hand_entry_days": "0"}, name=f"shop{next(numbers)}"
    )
    with memory.transaction() as session:
        set_gateways(session, connection_named(session, driver.name), {"paypal": Gateway("PayPal")}, clock(), "test")
    given = [data.draw(refunds(kind, (hats, scarves), number)) for number in range(data.draw(st.integers(1, 3)))]
    for refund in given:
        driver.bring_in(refund)
        driver.drain()

    judge(driver)
    before, after = driver.before, driver.company
    posted = [refund for refund in given if driver.statuses()[refund.external_id] == "posted"]
    event(f"{kind}: {len(posted)} of {len(given)}")
    documents = [document for row in driver.rows() if row.status == "posted" for document in row.documents]
    memos = sum((document.amount for document in documents if document.role == "memo"), Decimal(0))
    payouts = sum((document.amount for document in documents if document.role == "payout"), Decimal(0))

    assert payouts == sum((refund.money_back for refund in posted), Decimal(0))
    for account, gateway in (("Checking", "card"), ("PayPal", "paypal")):
        went = sum((m.amount for refund in posted for m in refund.money if m.gateway == gateway), Decimal(0))
        assert after.balance_of(account) == before.balance_of(account) - went, account
    voided = any(document.role == "voiding" for document in documents)
    owed = before.customer_balance("Ann") - memos + payouts if not voided else Decimal(0)
    assert after.customer_balance("Ann") == owed == opened(after)
    if kind not in ("order", "order invoiced in part") and not voided:
        assert memos == sum((refund.value for refund in posted), Decimal(0))
    assert all(each.open_debt >= 0 and each.open_credit >= 0 for each in after.transactions("CreditMemo"))
    for account in ("Sales", "Sales Tax Payable", "Cost of Goods Sold"):
        was, now = before.balance_of(account), after.balance_of(account)
        assert was * now >= 0, f"{account} went below zero"
        assert abs(now) <= abs(was), account
    hat = after.lists.items.find("Hat")
    assert hat is not None
    assert hat.quantity_on_hand <= 100
    for order in after.transactions("SalesOrder"):
        assert all(line.quantity is None or line.quantity >= line.invoiced for line in order.every_line())
        wanted = sum((line.quantity for refund in posted for line in refund.lines), Decimal(0))
        still = sum((quantity for _, quantity in order.open_quantities()), Decimal(0))
        assert still <= hats + scarves
        assert wanted <= hats + scarves
