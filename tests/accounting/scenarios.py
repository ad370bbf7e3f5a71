"""The cases of docs/accounting.md as they are played: what the company sold, what the shop gave back, which settings.

A case is one function under the name that its row in the guide has. Hats cost 40.00 and sell at 100.00, with 8 % of
sales tax; scarves sell at 50.00 and their stock is not kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from qbsim import CompanyBuilder, Line
from qbwc_server.refunds.gateways import Gateway
from qbwc_server.refunds.model import Adjustment, AdjustmentKind, OrderLine, Refund, RefundLine
from qbwc_server.refunds.settings import RefundMethod
from tests.refunds.builders import adjusted, back, by, refund_of, shipping_back
from tests.sync.driver import START, Driver, Refusal


@dataclass(frozen=True)
class Scenario:
    """What is played for one case."""

    fill: Callable[[CompanyBuilder], None]
    refunds: tuple[Refund, ...]
    settings: Mapping[str, str] = field(default_factory=dict)
    mapping: Mapping[str, str] = field(default_factory=dict)  # items by SKU
    gateways: Mapping[str, Gateway] = field(default_factory=dict)
    notices: frozenset[str] = frozenset()  # of the last refund
    left_open: Mapping[str, str] = field(default_factory=dict)  # by type: what is owed on it, below zero as credit
    country: str = "US"
    lists: Callable[[CompanyBuilder], None] = field(default_factory=lambda: shop)
    start: Callable[[Driver], None] | None = None  # what is otherwise before the first session
    then: tuple[Callable[[Driver], None], ...] = ()  # what people, the shop and time do; after each there is a session
    ends: str = "posted"  # how the last refund stands in the end, with the reason's code where it has one
    payout: tuple[str, ...] = ()  # date and memo of the payouts, where the case is about these
    carried: tuple[str, ...] = ()  # fields of the sale that the memo has, too, where the case is about these


SCENARIOS: dict[str, Callable[[], Scenario]] = {}


def case(name: str) -> Callable[[Callable[[], Scenario]], Callable[[], Scenario]]:
    """Enters a scenario under the name of its row."""

    def enter(scenario: Callable[[], Scenario]) -> Callable[[], Scenario]:
        assert name not in SCENARIOS, f"two scenarios are called {name}"
        SCENARIOS[name] = scenario
        return scenario

    return enter


HAT = Line("Hat", quantity=1)
SHIPPING = Line("Shipping", amount="5.00")
HAT_BACK = back("Hat", 1, "100.00", tax="8.00", title="")
HAT_LOST = back("Hat", 1, "100.00", tax="8.00", title="", restocked=False)


def shop(made: CompanyBuilder) -> None:
    """The lists of the company that all cases share."""
    made.account("Refunds Given", "Income")
    made.account("Goods Not Returned", "Income")
    made.account("Other Charges", "Income")
    made.account("Rounding", "Expense")
    made.account("Gift Cards Owed", "OtherCurrentLiability")
    made.account("Store Credit Owed", "OtherCurrentLiability")
    made.account("Tax Collected", "OtherCurrentLiability")
    made.sales_tax_item("Eight", "8")
    made.inventory_item("Hat", price="100.00", cost="40.00", on_hand=100)
    made.non_inventory_item("Scarf", price="50.00")
    made.group_item("Set", [("Hat", 1), ("Scarf", 2)])
    made.other_charge_item("Shipping", price="5.00")
    made.other_charge_item("Restocking Fee", account="Other Charges")
    made.other_charge_item("Tips", account="Other Charges")
    made.other_charge_item("Duties", account="Other Charges")
    made.other_charge_item("Goodwill", account="Refunds Given")
    made.other_charge_item("No Restock", account="Goods Not Returned", tax_code="Tax")
    made.other_charge_item("Web Refunds", account="Refunds Given", tax_code="Tax")
    made.other_charge_item("Tax Rounding", account="Rounding")
    made.other_charge_item("Marketplace Tax", account="Other Charges")
    made.other_charge_item("Gift Card", account="Gift Cards Owed", price="50.00")
    made.other_charge_item("Store Credit", account="Store Credit Owed")
    made.other_charge_item("Web Sales Tax", account="Tax Collected")
    made.discount_item("Web Discount")
    made.customer("Ann")


def receipt(*lines: Line) -> Callable[[CompanyBuilder], None]:
    """A sales receipt over these lines, deposited to Checking."""

    def fill(made: CompanyBuilder) -> None:
        made.sales_receipt("Ann", list(lines), ref_number="1001", deposit_to="Checking")

    return fill


def given_back(*parts: RefundLine | Adjustment, **changes: Any) -> Refund:
    """A refund on the first day of the sync."""
    return refund_of(*parts, **{"created_at": START, **changes})


# The kinds of sale


@case("sales receipt, refunded to the card")
def _receipt_to_the_card() -> Scenario:
    return Scenario(receipt(HAT), (given_back(HAT_BACK),))


@case("sales receipt, refunded by check")
def _receipt_by_check() -> Scenario:
    return Scenario(receipt(HAT), (given_back(HAT_BACK),), {"refund_method": "check"})


@case("sales receipt, refunded by a check to be printed")
def _receipt_by_check_to_print() -> Scenario:
    return Scenario(receipt(HAT), (given_back(HAT_BACK),), {"refund_method": "check", "check_number": "to_print"})


@case("unpaid invoice, cancelled")
def _invoice_cancelled() -> Scenario:
    def fill(made: CompanyBuilder) -> None:
        made.invoice("Ann", [HAT], ref_number="1001")

    return Scenario(fill, (given_back(HAT_BACK, money="0"),))


VOID = {"cancelled_unpaid_invoice": "void", "no_restock_item": "No Restock"}


@case("unpaid invoice, cancelled and voided")
def _invoice_voided() -> Scenario:
    def fill(made: CompanyBuilder) -> None:
        made.invoice("Ann", [HAT], ref_number="1001")

    return Scenario(fill, (given_back(HAT_BACK, money="0"),), VOID, notices=frozenset({"invoice_voided"}))


@case("unpaid invoice, cancelled, but the hat was not returned: not voided")
def _goods_are_gone() -> Scenario:
    def fill(made: CompanyBuilder) -> None:
        made.invoice("Ann", [HAT], ref_number="1001")

    notices = frozenset({"not_voided", "stock_not_returned"})
    return Scenario(fill, (given_back(HAT_LOST, money="0"),), VOID, notices=notices)


@case("unpaid invoice made from a sales order, cancelled: not voided")
def _invoice_of_an_order() -> Scenario:
    def fill(made: CompanyBuilder) -> None:
        made.invoice_from_sales_order(made.sales_order("Ann", [HAT], ref_number="1001"), ref_number="1001")

    return Scenario(fill, (given_back(HAT_BACK, money="0"),), VOID, notices=frozenset({"not_voided"}))


@case("partly paid invoice, 40.00 of 108.00 went back")
def _invoice_partly_paid() -> Scenario:
    def fill(made: CompanyBuilder) -> None:
        made.receive_payment(made.invoice("Ann", [HAT], ref_number="1001"), "40.00", deposit_to="Checking")

    return Scenario(fill, (given_back(HAT_BACK, money="40.00"),))


@case("unpaid invoice, money went back")
def _invoice_left_open() -> Scenario:
    def fill(made: CompanyBuilder) -> None:
        made.invoice("Ann", [HAT], ref_number="1001")

    settings, notices = {"refund_account": "Checking"}, frozenset({"invoice_left_open"})
    return Scenario(fill, (given_back(HAT_BACK),), settings, notices=notices, left_open={"Invoice": "108.00"})


# Sales orders


def order_of(hats: int, *, invoiced: int = 0) -> Callable[[CompanyBuilder], None]:
    """A sales order of so many hats, paid in advance; some of them invoiced, and those paid by it."""

    def fill(made: CompanyBuilder) -> None:
        order = made.sales_order("Ann", [Line("Hat", quantity=hats)], ref_number="1001")
        whole = 108 * hats
        if not invoiced:
            made.prepayment("Ann", whole, deposit_to="Checking", ref_number="1001")
            return
        invoice = made.invoice_from_sales_order(order, {order.lines[0].txn_line_id: invoiced}, ref_number="77")
        made.receive_payment(invoice, total=whole, deposit_to="Checking", ref_number="1001")

    return fill


@case("sales order never invoiced, paid in advance")
def _order() -> Scenario:
    return Scenario(order_of(1), (given_back(HAT_BACK),), notices=frozenset({"order_closed"}))


@case("one of three hats of a sales order never invoiced, paid in advance")
def _part_of_an_order() -> Scenario:
    paid_for_the_others = {"ReceivePayment": "-216.00"}
    notices = frozenset({"order_part_closed"})
    return Scenario(order_of(3), (given_back(HAT_BACK),), notices=notices, left_open=paid_for_the_others)


@case("sales order invoiced in part, refunded in full: two hats invoiced, one open")
def _order_invoiced_in_part() -> Scenario:
    refund = given_back(back("Hat", 3, "300.00", tax="24.00"))
    return Scenario(order_of(3, invoiced=2), (refund,), notices=frozenset({"order_part_closed"}))


@case("sales order invoiced in part, only what is open refunded")
def _open_part() -> Scenario:
    return Scenario(order_of(3, invoiced=2), (given_back(HAT_BACK),), notices=frozenset({"order_part_closed"}))


@case("sales order never invoiced, set to `credit`")
def _order_credited() -> Scenario:
    refund, notices = given_back(HAT_BACK), frozenset({"order_left_open"})
    paid_in_advance = {"ReceivePayment": "-108.00"}  # for whatever books the income of orders
    return Scenario(order_of(1), (refund,), {"sales_order": "credit"}, notices=notices, left_open=paid_in_advance)


@case("sales order never invoiced, set to `skip`")
def _order_skipped() -> Scenario:
    ends, paid_in_advance = "skipped: order_never_invoiced", {"ReceivePayment": "-108.00"}
    return Scenario(order_of(1), (given_back(HAT_BACK),), {"sales_order": "skip"}, ends=ends, left_open=paid_in_advance)


@case("sales order never invoiced, whose payment is not in the books")
def _order_without_payment() -> Scenario:
    def fill(made: CompanyBuilder) -> None:
        made.sales_order("Ann", [HAT], ref_number="1001")

    return Scenario(fill, (given_back(HAT_BACK),), notices=frozenset({"order_closed", "payment_not_in_books"}))


@case("sales order 1001, all of it invoiced as 77 and paid")
def _order_invoiced() -> Scenario:
    return Scenario(order_of(1, invoiced=1), (given_back(HAT_BACK),))


# Lines


@case("one of two hats")
def _part_by_quantity() -> Scenario:
    return Scenario(receipt(Line("Hat", quantity=2)), (given_back(HAT_BACK),))


@case("a lower amount for a hat")
def _part_by_amount() -> Scenario:
    return Scenario(receipt(HAT), (given_back(back("Hat", 1, "60.00", tax="4.80")),))


@case("discount of 10.00 on a hat")
def _discount() -> Scenario:
    refund = given_back(back("Hat", 1, "90.00", tax="7.20"))
    return Scenario(receipt(HAT, Line("Web Discount", amount="-10.00")), (refund,))


@case("hat of an order with a scarf and a discount of 15.00 on both")
def _discount_of_the_order() -> Scenario:
    refund = given_back(back("Hat", 1, "90.00", tax="7.20"))
    sold = receipt(HAT, Line("Scarf", quantity=1), Line("Web Discount", amount="-15.00"))
    return Scenario(sold, (refund,))


@case("shipping alone")
def _shipping() -> Scenario:
    return Scenario(receipt(HAT, SHIPPING), (given_back(shipping_back("5.00")),))


@case("restocking fee of 15.00 kept")
def _restocking_fee() -> Scenario:
    refund = given_back(HAT_BACK, adjusted("-15.00", kind=AdjustmentKind.FEE))
    return Scenario(receipt(HAT), (refund,), {"fee_item": "Restocking Fee"})


@case("tip of 3.00 given back")
def _tip() -> Scenario:
    refund = given_back(adjusted("3.00", kind=AdjustmentKind.TIP))
    return Scenario(receipt(HAT), (refund,), {"tip_item": "Tips"})


@case("tip of 3.00 without an item of its own")
def _tip_on_allowance() -> Scenario:
    refund = given_back(adjusted("3.00", kind=AdjustmentKind.TIP))
    return Scenario(receipt(HAT), (refund,), {"allowance_item": "Goodwill"}, notices=frozenset({"fallback_item"}))


@case("duty of 12.00 given back")
def _duty() -> Scenario:
    refund = given_back(adjusted("12.00", kind=AdjustmentKind.DUTY))
    return Scenario(receipt(HAT), (refund,), {"duty_item": "Duties"})


@case("goodwill of 20.00")
def _goodwill() -> Scenario:
    return Scenario(receipt(HAT), (given_back(adjusted("20.00")),), {"allowance_item": "Goodwill"})


@case("bundle of a hat and two scarves")
def _bundle() -> Scenario:
    return Scenario(receipt(Line("Set", quantity=2)), (given_back(back("Set", 1, "200.00", tax="16.00")),))


@case("mapped SKU")
def _mapped() -> Scenario:
    refund = given_back(back("W-100", 1, "100.00", tax="8.00", title=""))
    return Scenario(receipt(HAT), (refund,), mapping={"W-100": "Hat"})


@case("hat sold under a class, by a sales rep")
def _carried_over() -> Scenario:
    def fill(made: CompanyBuilder) -> None:
        made.class_("Web")
        made.sales_rep("LK", made.employee("Lee Kim"))
        sold = made.invoice("Ann", [HAT], ref_number="1001", class_name="Web", sales_rep="LK")
        made.receive_payment(sold, deposit_to="Checking")

    return Scenario(fill, (given_back(HAT_BACK),), carried=("class_id", "sales_rep_id", "item_sales_tax_id"))


# Stock


@case("hat not returned to stock")
def _not_returned() -> Scenario:
    notices = frozenset({"stock_not_returned"})
    return Scenario(receipt(HAT), (given_back(HAT_LOST),), {"no_restock_item": "No Restock"}, notices=notices)


@case("scarf not returned, whose stock is not kept")
def _not_kept() -> Scenario:
    refund = given_back(back("Scarf", 1, "50.00", tax="4.00", restocked=False))
    return Scenario(receipt(Line("Scarf", quantity=1)), (refund,))


@case("hat not returned, with `restock` set to `always`")
def _always() -> Scenario:
    return Scenario(receipt(HAT), (given_back(HAT_LOST),), {"restock": "always"})


@case("hat returned, with `restock` set to `never`")
def _never() -> Scenario:
    settings = {"restock": "never", "no_restock_item": "No Restock"}
    return Scenario(receipt(HAT), (given_back(HAT_BACK),), settings, notices=frozenset({"stock_not_returned"}))


@case("refund item")
def _refund_item() -> Scenario:
    return Scenario(receipt(HAT), (given_back(HAT_BACK),), {"refund_item": "Web Refunds"})


@case("refund item, with stock")
def _refund_item_with_stock() -> Scenario:
    settings = {"refund_item": "Web Refunds", "refund_item_restock": "true"}
    return Scenario(receipt(HAT), (given_back(HAT_BACK),), settings)


# Tax and what was given back before


@case("rounding of tax by 0.01")
def _rounding() -> Scenario:
    refund = given_back(back("Hat", 1, "100.00", tax="8.01"), money="108.01")
    notices = frozenset({"tax_rounded"})
    return Scenario(receipt(Line("Hat", quantity=2)), (refund,), {"rounding_item": "Tax Rounding"}, notices=notices)


@case("tax collected by the channel, on lines of the sale that cancel out")
def _channel_tax() -> Scenario:
    lines = (Line("Hat", quantity=1, tax_code="Non"), Line("Marketplace Tax", amount="8.00"))
    refund = given_back(HAT_BACK, money="108.00", channel_tax=Decimal("8.00"))
    sold = receipt(*lines, Line("Marketplace Tax", amount="-8.00"))
    return Scenario(sold, (refund,), notices=frozenset({"channel_tax"}))


@case("second refund beside a credit memo entered by hand")
def _by_hand() -> Scenario:
    def fill(made: CompanyBuilder) -> None:
        receipt(Line("Hat", quantity=2))(made)
        made.credit_memo("Ann", [HAT], ref_number="1001-1")

    settings = {"hand_entry_days": "0"}  # else a person is asked whether the two are one
    notices, by_hand = frozenset({"counted_by_hand"}), {"CreditMemo": "-108.00"}  # which nobody has paid out
    return Scenario(fill, (given_back(HAT_BACK),), settings, notices=notices, left_open=by_hand)


# Money


@case("90.00 by card and 18.00 by PayPal, each gateway with its account")
def _by_gateway() -> Scenario:
    refund = given_back(HAT_BACK, money=(by("shopify_payments", "90.00"), by("paypal", "18.00")))
    return Scenario(receipt(HAT), (refund,), gateways={"paypal": Gateway("PayPal")})


@case("refunded by hand in the shop, where the gateway `manual` pays by check")
def _manual() -> Scenario:
    refund = given_back(HAT_BACK, money=(by("manual", "108.00", "7001"),))
    payout = (f"{START.date()}: Refund 901 of order 1001 (shopify), gateway manual, transaction 7001",)
    gateways = {"manual": Gateway("Checking", refund_method=RefundMethod.CHECK)}
    return Scenario(receipt(HAT), (refund,), gateways=gateways, payout=payout)


@case("refunded by hand in the shop, where the gateway `manual` has no payout in the books")
def _manual_without_payout() -> Scenario:
    refund = given_back(HAT_BACK, money=(by("manual", "108.00", "7001"),))
    notices, unpaid = frozenset({"payout_not_recorded"}), {"CreditMemo": "-108.00"}
    gateways = {"manual": Gateway(refund_method=RefundMethod.NONE)}
    return Scenario(receipt(HAT), (refund,), gateways=gateways, notices=notices, left_open=unpaid)


def refuses_the_payout(driver: Driver) -> None:
    driver.refusals = [Refusal("<ARRefundCreditCardAdd", 3180, "There was an error when saving a refund.")]


@case("QuickBooks refuses the payout: the memo stands alone, and a person is asked")
def _payout_refused() -> Scenario:
    ends, unpaid = "review: payout_link_refused", {"CreditMemo": "-108.00"}
    return Scenario(receipt(HAT), (given_back(HAT_BACK),), start=refuses_the_payout, ends=ends, left_open=unpaid)


@case("payouts of two gateways, each with its transaction in the Memo")
def _named_for_the_deposit() -> Scenario:
    money = (by("shopify_payments", "90.00", "7001"), by("paypal", "18.00", "8F42"))
    named = f"{START.date()}: Refund 901 of order 1001 (shopify), gateway"
    payout = (f"{named} shopify_payments, transaction 7001", f"{named} paypal, transaction 8F42")
    gateways = {"paypal": Gateway("PayPal")}
    return Scenario(receipt(HAT), (given_back(HAT_BACK, money=money),), gateways=gateways, payout=payout)


CREDIT_ITEMS = {"gift_card_item": "Gift Card", "store_credit_item": "Store Credit"}
TO_A_GIFT_CARD = by("gift_card", "50.00", store_credit=True)
AS_STORE_CREDIT = by("shopify_store_credit", "50.00", store_credit=True)


@case("50.00 of 108.00 given on a gift card")
def _on_a_gift_card() -> Scenario:
    refund = given_back(HAT_BACK, money=(TO_A_GIFT_CARD, by("shopify_payments", "58.00")))
    return Scenario(receipt(HAT), (refund,), CREDIT_ITEMS, notices=frozenset({"store_credit_booked"}))


@case("50.00 of 108.00 given as store credit")
def _as_store_credit() -> Scenario:
    refund = given_back(HAT_BACK, money=(AS_STORE_CREDIT, by("shopify_payments", "58.00")))
    return Scenario(receipt(HAT), (refund,), CREDIT_ITEMS, notices=frozenset({"store_credit_booked"}))


@case("50.00 of 108.00 given as store credit, kept in receivables")
def _store_credit_in_receivables() -> Scenario:
    refund = given_back(HAT_BACK, money=(AS_STORE_CREDIT, by("shopify_payments", "58.00")))
    notices = frozenset({"store_credit_left"})
    credit = {"CreditMemo": "-50.00"}
    return Scenario(receipt(HAT), (refund,), {"store_credit": "receivables"}, notices=notices, left_open=credit)


@case("gift card of 50.00 given back, with a refund item for goods")
def _gift_card_given_back() -> Scenario:
    refund = given_back(back("Gift Card", 1, "50.00", gift_card=True, restocked=False))
    settings = {"refund_item": "Web Refunds", "gift_card_item": "Gift Card"}
    return Scenario(receipt(HAT, Line("Gift Card", quantity=1)), (refund,), settings)


# Orders that QuickBooks lacks

CREATED = {
    "sync_missing_orders": "on",
    "missing_orders_since": "2024-01-01",
    "missing_orders_tax_item": "Eight",
    "missing_orders_account": "Checking",
}


def nothing(made: CompanyBuilder) -> None:
    """QuickBooks has the lists and no sale."""


def of_missing_order(shipping: str = "0.00") -> Refund:
    """A refund of a hat, whose order was placed the day before."""
    order = {
        "created_at": START - timedelta(days=1),
        "lines": (OrderLine("l1", "Hat", "Felt hat", Decimal(1), Decimal("100.00"), Decimal("8.00")),),
        "shipping": Decimal(shipping),
        "tax": Decimal("8.00"),
        "total": Decimal("108.00") + Decimal(shipping),
        "paid": True,
        "customer_name": "Ann",
    }
    return given_back(HAT_BACK, order=order)


@case("order created as a sales receipt, then refunded")
def _created_receipt() -> Scenario:
    settings = CREATED | {"shipping_item": "Shipping"}
    return Scenario(nothing, (of_missing_order("5.00"),), settings, notices=frozenset({"order_created"}))


@case("order created as an invoice with its payment, then refunded")
def _created_invoice() -> Scenario:
    settings = CREATED | {"missing_orders_as": "invoice"}
    return Scenario(nothing, (of_missing_order(),), settings, notices=frozenset({"order_created"}))


@case("order created, its tax on a line of its own")
def _created_with_tax_line() -> Scenario:
    settings = CREATED | {"missing_orders_tax_item": "Web Sales Tax"}
    return Scenario(nothing, (of_missing_order(),), settings, notices=frozenset({"order_created"}))


@case("order created for a customer whose name is a vendor's: the customer is added with a suffix")
def _created_customer() -> Scenario:
    def fill(made: CompanyBuilder) -> None:
        made.vendor("Bea")

    refund = of_missing_order()
    refund = replace(refund, order=replace(refund.order, customer_name="Bea"))
    return Scenario(fill, (refund,), CREATED, notices=frozenset({"order_created"}))


@case("order created, its item added for its SKU, then refunded")
def _created_item() -> Scenario:
    refund = of_missing_order()
    line = replace(refund.order.lines[0], sku="CAP-1", title="Cap")
    refund = replace(
        refund, order=replace(refund.order, lines=(line,)), lines=(back("CAP-1", 1, "100.00", tax="8.00"),)
    )
    settings = CREATED | {"missing_orders_new_items": "non_inventory", "missing_orders_income_account": "Sales"}
    return Scenario(nothing, (refund,), settings, notices=frozenset({"order_created"}))


@case("unpaid invoice, money went back, its payment recorded first")
def _payment_recorded() -> Scenario:
    def fill(made: CompanyBuilder) -> None:
        made.invoice("Ann", [HAT], ref_number="1001")

    settings = {"record_missing_payment": "on", "refund_account": "Checking"}
    return Scenario(fill, (given_back(HAT_BACK),), settings, notices=frozenset({"payment_recorded"}))


@case("sale of 100.00 euro at 1.25 dollars, refunded when the euro is at 1.10")
def _sale_in_euro() -> Scenario:
    def lists(made: CompanyBuilder) -> None:
        shop(made)
        made.currency("Euro", "EUR", "1.10")
        made.customer("Eva", currency="Euro")

    def fill(made: CompanyBuilder) -> None:
        hat = Line("Hat", quantity=1, amount="100.00")
        made.sales_receipt("Eva", [hat], ref_number="1001", exchange_rate="1.25", deposit_to="Checking")

    return Scenario(fill, (given_back(HAT_BACK, currency="EUR"),), lists=lists)


# Finding the sale


@case("order #EU-1001-B, whose sale is W1001")
def _number_made_otherwise() -> Scenario:
    def fill(made: CompanyBuilder) -> None:
        made.sales_receipt("Ann", [HAT], ref_number="W1001", deposit_to="Checking")

    settings = {
        "order_number_strip_prefix": "EU-",
        "order_number_strip_suffix": "-B",
        "order_number_add_prefix": "W",
    }
    return Scenario(fill, (given_back(HAT_BACK, number="#EU-1001-B"),), settings)


@case("order #1001, whose number stands in the memo of invoice 77")
def _number_in_the_memo() -> Scenario:
    def fill(made: CompanyBuilder) -> None:
        for number, memo in (("77", "Web order 1001"), ("78", "Web order 11001")):
            made.receive_payment(made.invoice("Ann", [HAT], ref_number=number, memo=memo), deposit_to="Checking")

    return Scenario(fill, (given_back(HAT_BACK),), {"order_number_field": "memo"})


@case("two sales numbered 1001, one of them over the order's total")
def _number_twice() -> Scenario:
    def fill(made: CompanyBuilder) -> None:
        receipt(HAT)(made)
        receipt(Line("Scarf", quantity=1))(made)

    return Scenario(fill, (given_back(HAT_BACK, order={"total": Decimal("108.00")}),))


# Dates

OUR_MEMO = "Refund 901 of order 1001 (shopify), gateway shopify_payments, transaction 7001"
LATE = datetime(2024, 5, 6, 2, 30, tzinfo=timezone.utc)  # half past ten in the evening of the fifth, in New York


@case("refund at 22:30 of May 5 in the shop's zone, which is May 6 in London")
def _day_of_the_shop() -> Scenario:
    payout = (f"2024-05-05: {OUR_MEMO}",)
    refund = given_back(HAT_BACK, created_at=LATE)
    return Scenario(receipt(HAT), (refund,), {"time_zone": "America/New_York"}, payout=payout)


def closed_up_to_now(driver: Driver) -> None:
    driver.company.preferences.closing_date = START.date()


@case("refund of May 6 where the books are closed up to May 6, with `closed_books` set to `next_open_day`")
def _next_open_day() -> Scenario:
    settings, notices = {"closed_books": "next_open_day"}, frozenset({"dated_later"})
    payout = (f"2024-05-07: {OUR_MEMO}",)
    return Scenario(
        receipt(HAT), (given_back(HAT_BACK),), settings, start=closed_up_to_now, notices=notices, payout=payout
    )


@case("refund of May 6 with an Accountant's Copy out up to May 10, with `closed_books` set to `next_open_day`")
def _after_the_dividing_date() -> Scenario:
    def copy_is_out(driver: Driver) -> None:
        driver.company.preferences.accountant_copy_dividing_date = date(2024, 5, 10)

    settings, notices = {"closed_books": "next_open_day"}, frozenset({"dated_later"})
    payout = (f"2024-05-11: {OUR_MEMO}",)
    return Scenario(receipt(HAT), (given_back(HAT_BACK),), settings, start=copy_is_out, notices=notices, payout=payout)


# Other countries: tax by the code of each line


def abroad(hat: str, book: str) -> Callable[[CompanyBuilder], None]:
    """Hats under one tax code, books under another."""

    def lists(made: CompanyBuilder) -> None:
        made.inventory_item("Hat", price="100.00", cost="40.00", on_hand=100, tax_code=hat)
        made.non_inventory_item("Book", price="10.10", tax_code=book)
        made.customer("Ann")

    return lists


def sold_with_tax_in_it(made: CompanyBuilder) -> None:
    """A hat and a book, whose prices have the tax in them."""
    lines = [Line("Hat", quantity=1, amount="120.00"), Line("Book", quantity=1, amount="10.10")]
    made.sales_receipt("Ann", lines, ref_number="1001", deposit_to="Checking", is_tax_included=True)


@case("UK: hat with 20 % VAT in its price, sold beside a zero-rated book")
def _united_kingdom() -> Scenario:
    refund = given_back(back("Hat", 1, "100.00", tax="20.00"), currency="GBP")
    return Scenario(sold_with_tax_in_it, (refund,), country="UK", lists=abroad("S", "Z"))


@case("UK: a part of the hat's price with 20 % VAT in it")
def _united_kingdom_in_part() -> Scenario:
    refund = given_back(back("Hat", 1, "41.67", tax="8.33"), currency="GBP")
    return Scenario(sold_with_tax_in_it, (refund,), country="UK", lists=abroad("S", "Z"))


@case("Canada: book with GST of 5 % and PST of 7 %, each rounded by itself, sold beside a hat with HST")
def _canada() -> Scenario:
    def fill(made: CompanyBuilder) -> None:
        lines = [Line("Hat", quantity=1), Line("Book", quantity=1)]
        made.sales_receipt("Ann", lines, ref_number="1001", deposit_to="Checking")

    refund = given_back(back("Book", 1, "10.10", tax="1.22"), currency="CAD")
    return Scenario(fill, (refund,), country="CA", lists=abroad("H", "S"))


@case("Australia: hat with 10 % GST in its price, sold beside a GST-free book")
def _australia() -> Scenario:
    refund = given_back(back("Hat", 1, "109.09", tax="10.91"), currency="AUD")
    return Scenario(sold_with_tax_in_it, (refund,), country="AU", lists=abroad("GST", "FRE"))


@case("Australia: all of a sale on account with GST in its prices")
def _australia_on_account() -> Scenario:
    def fill(made: CompanyBuilder) -> None:
        lines = [Line("Hat", quantity=1, amount="120.00"), Line("Book", quantity=1, amount="10.10")]
        invoice = made.invoice("Ann", lines, ref_number="1001", is_tax_included=True)
        made.receive_payment(invoice, deposit_to="Checking")

    refund = given_back(back("Hat", 1, "109.09", tax="10.91"), back("Book", 1, "10.10"), currency="AUD")
    return Scenario(fill, (refund,), country="AU", lists=abroad("GST", "FRE"))


def of_missing_order_abroad(hat: tuple[str, str], book: tuple[str, str], currency: str) -> Refund:
    """A refund of a hat, each thing with its amount and tax, of an order over it and a book."""
    sold = [
        OrderLine(f"l{place}", sku, title, Decimal(1), *map(Decimal, amounts))
        for place, (sku, title, amounts) in enumerate((("Hat", "Felt hat", hat), ("Book", "On hats", book)))
    ]
    tax = sum((line.tax for line in sold), Decimal(0))
    order = {
        "created_at": START - timedelta(days=1),
        "lines": tuple(sold),
        "shipping": Decimal("0.00"),
        "tax": tax,
        "total": sum((line.amount for line in sold), tax),
        "paid": True,
        "customer_name": "Ann",
    }
    return given_back(back("Hat", 1, hat[0], tax=hat[1], title=""), order=order, currency=currency)


@case("UK: order of a hat with 20 % VAT and a zero-rated book created, each with its code; the hat refunded")
def _created_in_the_united_kingdom() -> Scenario:
    refund = of_missing_order_abroad(("100.00", "20.00"), ("10.10", "0.00"), "GBP")
    settings, notices = CREATED | {"missing_orders_tax_codes": "S, Z"}, frozenset({"order_created"})
    return Scenario(nothing, (refund,), settings, notices=notices, country="UK", lists=abroad("S", "Z"))


@case("Canada: order of a hat with HST and a book with GST and PST created as an invoice; the hat refunded")
def _created_in_canada() -> Scenario:
    refund = of_missing_order_abroad(("100.00", "13.00"), ("10.10", "1.22"), "CAD")
    settings = CREATED | {"missing_orders_tax_codes": "H, S", "missing_orders_as": "invoice"}
    notices = frozenset({"order_created"})
    return Scenario(nothing, (refund,), settings, notices=notices, country="CA", lists=abroad("H", "S"))


@case("Australia: order of a hat with 10 % GST and a GST-free book created; the hat refunded")
def _created_in_australia() -> Scenario:
    refund = of_missing_order_abroad(("109.09", "10.91"), ("10.10", "0.00"), "AUD")
    settings, notices = CREATED | {"missing_orders_tax_codes": "GST, FRE"}, frozenset({"order_created"})
    return Scenario(nothing, (refund,), settings, notices=notices, country="AU", lists=abroad("GST", "FRE"))
