"""The shops that schedules are played in: the demonstration's sample shops, of which a schedule takes some orders."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from decimal import Decimal
from functools import lru_cache

from qbsim import Company, SettableClock
from qbsim.lists.adding import create
from qbwc_server.demo.shop import GOODS, SERVICES
from qbwc_server.demo.world import RECEIVABLE, UNDEPOSITED_FUNDS, Expected, Kind, make_world
from qbwc_server.refunds.model import OrderLine, Refund, RefundLine
from qbwc_server.sources import read_orders
from qbwc_server.torture.oracle import CreatedSale
from qbwc_server.torture.schedule import WORLDS, Schedule

START = datetime(2026, 3, 2, 15, 0, tzinfo=timezone.utc)
_REFUNDS_IN_A_WORLD = 28  # two laps of the demonstration's scenarios
_ZERO, _CENT, _SMALLEST_SPLIT = Decimal("0.00"), Decimal("0.01"), Decimal("1.00")
_SECOND_GATEWAY = "second gateway"  # none of those that the sample shops have
CREATED_IN = "Checking"  # the account that the money of created orders is deposited to
_PRODUCTS = {product.sku: product for product in (*GOODS, *SERVICES)}
#: Of these the shop's data tell all, and that they were paid in full: their sales are taken out of QuickBooks.
_CAN_BE_LACKING = frozenset(
    {
        *(Kind.RECEIPT_FULL, Kind.RECEIPT_PARTIAL, Kind.RECEIPT_SHIPPING, Kind.RECEIPT_DISCOUNT),
        *(Kind.INVOICE_PAID, Kind.INVOICE_UNPAID, Kind.ORDER_INVOICED, Kind.ORDER_UNKNOWN),
    }
)
_NAME_OF_A_VENDOR = "Newcomer 2"  # under which QuickBooks takes no customer
_SALE_TYPES = {"sales_receipt": "SalesReceipt", "invoice": "Invoice"}


@dataclass(frozen=True)
class Order:
    """A refunded order: its refunds as the source reads them, and what should become of each."""

    refunds: tuple[Refund, ...]
    expected: tuple[Expected, ...]
    payments: Mapping[str, Decimal] = field(default_factory=dict)  # received on its invoice before, by refund
    payouts: Mapping[str, int] = field(default_factory=dict)  # how many, where not one, by refund
    created: CreatedSale | None = None  # what the order becomes first, where QuickBooks lacks it


@dataclass(frozen=True)
class Shop:
    """What a schedule begins with: `before` is the company as it was, which nobody changes."""

    before: Company
    company: Company
    orders: tuple[Order, ...]

    @property
    def expected(self) -> tuple[Expected, ...]:
        """What should become of all refunds, in the order in which they come."""
        return tuple(expected for order in self.orders for expected in order.expected)

    @property
    def payments(self) -> Mapping[str, Decimal]:
        """What is to be received on an invoice before its refund, by the refund."""
        return {key: amount for order in self.orders for key, amount in order.payments.items()}

    @property
    def payouts(self) -> Mapping[str, int]:
        """How many payouts a refund has, where it is not one."""
        return {key: count for order in self.orders for key, count in order.payouts.items()}

    @property
    def created(self) -> Mapping[str, CreatedSale]:
        """The sales to be created for orders that QuickBooks lacks, by their numbers."""
        return {order.expected[0].sale_number: order.created for order in self.orders if order.created is not None}


def shop_for(schedule: Schedule, clock: SettableClock) -> Shop:
    """The shop of a schedule, fresh, on this clock."""
    kept, before, orders = _world(schedule.world % WORLDS)
    company: Company = pickle.loads(kept)  # noqa: S301  made below, in this process
    company.clock = clock
    chosen = [orders[number] for number in schedule.orders]
    if schedule.missing_orders_as:
        lacking = [order for number, order in zip(schedule.orders, chosen, strict=True) if number in schedule.lacking]
        _take_sales_out(company, [order for order in lacking if _can_be_lacking(order)])
        if schedule.new_customers:
            create(company, company.lists.vendors, _NAME_OF_A_VENDOR)
        before = copy.deepcopy(company)
        chosen = [_created_first(order, place, order in lacking, schedule) for place, order in enumerate(chosen)]
    if not schedule.behaviour.has_sales_orders:
        chosen = [_without_sales_orders(order, "order_not_found") for order in chosen]
    elif schedule.sales_order == "skip":
        chosen = [_without_sales_orders(order, "order_never_invoiced") for order in chosen]
    elif schedule.sales_order == "credit":
        chosen = [_credited_all_the_same(order) for order in chosen]
    if schedule.two_gateways:
        chosen = [_through_two_gateways(order) for order in chosen]
    if schedule.records_missing_payments:
        chosen = [_with_missing_payment(order) for order in chosen]
    if schedule.refund_method == "check" and not schedule.behaviour.check_from_undeposited_funds:
        chosen = [_without_checks_from_undeposited_funds(order) for order in chosen]
    return Shop(before, company, tuple(chosen))


@lru_cache(maxsize=WORLDS)
def _world(number: int) -> tuple[bytes, Company, Sequence[Order]]:
    """A sample shop: its company file, pickled since that is copied fastest, the company itself, and its refunded
    orders."""
    world = make_world(refunds=_REFUNDS_IN_A_WORLD, seed=number + 1, now=START)
    reading = read_orders(
        json.dumps({"orders": world.orders}).encode(), format="shopify", shop="", time_zone=timezone.utc
    )
    refunds = {refund.external_id: refund for refund in reading.refunds}
    by_order: dict[str, list[Expected]] = {}
    for expected in world.expected:
        by_order.setdefault(expected.order_number, []).append(expected)
    orders = [Order(tuple(refunds[e.external_id] for e in group), tuple(group)) for group in by_order.values()]
    return pickle.dumps(world.company, pickle.HIGHEST_PROTOCOL), world.company, orders


# --- orders that QuickBooks lacks


def _can_be_lacking(order: Order) -> bool:
    return all(each.kind in _CAN_BE_LACKING for each in order.expected)


def _take_sales_out(company: Company, orders: Sequence[Order]) -> None:
    """Takes the sales of these orders out of the company, with their payments, as if nobody had ever entered them."""
    for order in orders:
        for kind in ("ReceivePayment", "SalesReceipt", "Invoice", "SalesOrder"):
            for transaction in company.by_ref_number(kind, order.expected[0].sale_number):
                company.delete(transaction)
    company.deleted.clear()


def _created_first(order: Order, place: int, is_lacking: bool, schedule: Schedule) -> Order:
    """What becomes of an order that QuickBooks lacks, or does not show, and that was paid in full."""
    first = order.expected[0]
    is_hidden = first.sale_type == "SalesOrder" and not schedule.behaviour.has_sales_orders
    is_unknown = first.kind is Kind.ORDER_UNKNOWN or (is_lacking and _can_be_lacking(order))
    if not (is_unknown or (is_hidden and order.refunds[0].given)):
        return order
    refunds = (
        tuple(_of_new_customer(each, place) for each in order.refunds) if schedule.new_customers else order.refunds
    )
    sold = refunds[0].order
    if sold.total is None:
        raise ValueError(f"the sample order {sold.number} has no total")
    moved = _moved_by_goods(sold.lines, sold.shipping or _ZERO, sold.tax or _ZERO, taken_back=False)
    is_taken = sold.customer_name == _NAME_OF_A_VENDOR
    created = CreatedSale(
        type=_SALE_TYPES[schedule.missing_orders_as],
        customer=f"{sold.customer_name} (customer)" if is_taken else sold.customer_name,
        total=sold.total,
        account=CREATED_IN,
        movements=_together(moved, {RECEIVABLE: -sold.total, CREATED_IN: sold.total}),
    )
    expected = tuple(
        replace(
            _memo_and_payout(each, refund, CREATED_IN),
            kind=Kind.ORDER_UNKNOWN,
            customer=created.customer,
            sale_type=created.type,
        )
        for each, refund in zip(order.expected, refunds, strict=True)
    )
    return replace(order, refunds=refunds, expected=expected, created=created)


def _of_new_customer(refund: Refund, place: int) -> Refund:
    """Ordered by somebody whom QuickBooks does not know, though a vendor may have the name; the orders of two places
    are of one."""
    number = place // 2 + 1
    return replace(
        refund,
        order=replace(refund.order, customer_name=f"Newcomer {number}", customer_email=f"newcomer{number}@example.com"),
    )


def _memo_and_payout(expected: Expected, refund: Refund, account: str) -> Expected:
    """A credit memo over what was given back, by the prices that the customer paid, and a payout of the money."""
    shipping = sum((each.amount for each in refund.adjustments), _ZERO)
    moved = _moved_by_goods(refund.lines, shipping, refund.tax, taken_back=True)
    if refund.money_back:
        moved = _together(moved, {RECEIVABLE: refund.money_back, account: -refund.money_back})
    return replace(
        expected,
        status="posted",
        reason="",
        memo_total=refund.value,
        payout_total=refund.money_back,
        payout_account=account if refund.money_back else "",
        applied=_ZERO,
        closes_order=False,
        movements=moved,
    )


def _moved_by_goods(
    lines: Sequence[OrderLine | RefundLine], shipping: Decimal, tax: Decimal, *, taken_back: bool
) -> dict[str, Decimal]:
    """How goods that are sold, or taken back, move the accounts; what is owed for them stands on the receivables."""
    moved: dict[str, Decimal] = {}
    for line in lines:
        product = _PRODUCTS[line.sku]
        moved = _together(moved, {product.income: line.amount})
        if product.cost is not None:
            cost = product.cost * line.quantity
            moved = _together(moved, {"Inventory Asset": cost, "Cost of Goods Sold": -cost})
    value = sum((line.amount for line in lines), _ZERO) + shipping + tax
    moved = _together(moved, {"Shipping Income": shipping, "Sales Tax Payable": tax, RECEIVABLE: -value})
    return moved if taken_back else {account: -amount for account, amount in moved.items()}


def _together(moved: Mapping[str, Decimal], others: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Movements of both, by account."""
    return {account: moved.get(account, _ZERO) + others.get(account, _ZERO) for account in (*moved, *others)}


# --- settings and switches


def _credited_all_the_same(order: Order) -> Order:
    """A sales order that was never invoiced stays open, and a memo and the payout of the money are entered; one of
    which nothing was given back is closed."""
    return replace(
        order,
        expected=tuple(
            _memo_and_payout(each, refund, each.payout_account or UNDEPOSITED_FUNDS)
            if each.sale_type == "SalesOrder" and refund.given
            else each
            for each, refund in zip(order.expected, order.refunds, strict=True)
        ),
    )


def _without_sales_orders(order: Order, reason: str) -> Order:
    """Nothing is entered for a sales order, which an edition that has none does not show."""
    return replace(order, expected=tuple(_skipped(each, reason) for each in order.expected))


def _through_two_gateways(order: Order) -> Order:
    """Half of what went back as money goes through another gateway, in two payouts of one account."""
    split = {refund.external_id: _split(refund) for refund in order.refunds}
    counts = {key: len(refund.money) for key, refund in split.items() if len(refund.money) > 1}
    refunds = tuple(split[refund.external_id] for refund in order.refunds)
    return replace(order, refunds=refunds, payouts=counts)


def _split(refund: Refund) -> Refund:
    if len(refund.money) != 1 or refund.money[0].amount < _SMALLEST_SPLIT:
        return refund
    (money,) = refund.money
    half = (money.amount / 2).quantize(_CENT)
    second = replace(money, amount=half, gateway=_SECOND_GATEWAY, transaction_id=f"{money.transaction_id}-2")
    return replace(refund, money=(replace(money, amount=money.amount - half), second))


def _with_missing_payment(order: Order) -> Order:
    """The payment of an unpaid invoice is received where its money is drawn from, and nothing stays open."""
    unpaid = [each for each in order.expected if each.kind is Kind.INVOICE_UNPAID]
    paid = {each.external_id: each.memo_total for each in unpaid}
    return replace(order, expected=tuple(_paid_before(e) if e in unpaid else e for e in order.expected), payments=paid)


def _paid_before(expected: Expected) -> Expected:
    received = {RECEIVABLE: -expected.memo_total, expected.payout_account: expected.memo_total}
    return replace(expected, movements=_together(expected.movements, received))


def _without_checks_from_undeposited_funds(order: Order) -> Order:
    """What should be drawn on it waits for a person to choose another account; a memo may be entered before that."""
    return replace(
        order,
        expected=tuple(
            replace(each, status="review", reason="payout_account_refused", movements={})
            if each.payout_total and each.payout_account == UNDEPOSITED_FUNDS
            else each
            for each in order.expected
        ),
    )


def _skipped(expected: Expected, reason: str) -> Expected:
    if expected.sale_type != "SalesOrder":
        return expected
    return replace(
        expected,
        status="skipped",
        reason=reason,
        notices=(),
        sale_type="",
        payout_total=_ZERO,
        payout_account="",
        closes_order=False,
        movements={},
    )
