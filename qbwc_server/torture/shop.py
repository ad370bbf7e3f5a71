"""The shops that schedules are played in: the demonstration's sample shops, of which a schedule takes some orders."""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from decimal import Decimal
from functools import lru_cache

from qbsim import Company, SettableClock
from qbwc_server.demo.world import RECEIVABLE, UNDEPOSITED_FUNDS, Expected, Kind, make_world
from qbwc_server.refunds.model import Refund
from qbwc_server.sources import read_orders
from qbwc_server.torture.schedule import ORDERS_IN_A_WORLD, WORLDS, Schedule

START = datetime(2026, 3, 2, 15, 0, tzinfo=timezone.utc)
_REFUNDS_IN_A_WORLD = 28  # two laps of the demonstration's scenarios
_ZERO, _CENT, _SMALLEST_SPLIT = Decimal("0.00"), Decimal("0.01"), Decimal("1.00")
_SECOND_GATEWAY = "second gateway"  # none of those that the sample shops have


@dataclass(frozen=True)
class Order:
    """A refunded order: its refunds as the source reads them, and what should become of each."""

    refunds: tuple[Refund, ...]
    expected: tuple[Expected, ...]
    payments: Mapping[str, Decimal] = field(default_factory=dict)  # received on its invoice before, by refund
    payouts: Mapping[str, int] = field(default_factory=dict)  # how many, where not one, by refund


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


def shop_for(schedule: Schedule, clock: SettableClock) -> Shop:
    """The shop of a schedule, fresh, on this clock."""
    kept, before, orders = _world(schedule.world % WORLDS)
    company: Company = pickle.loads(kept)  # noqa: S301  made below, in this process
    company.clock = clock
    chosen = [orders[number] for number in schedule.orders]
    if not schedule.behaviour.has_sales_orders:
        chosen = [_without_sales_orders(order, "order_not_found") for order in chosen]
    elif schedule.sales_order == "skip":
        chosen = [_without_sales_orders(order, "order_never_invoiced") for order in chosen]
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
    return pickle.dumps(world.company, pickle.HIGHEST_PROTOCOL), world.company, orders[:ORDERS_IN_A_WORLD]


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
    moved = dict(expected.movements)
    for account, amount in ((RECEIVABLE, -expected.memo_total), (expected.payout_account, expected.memo_total)):
        moved[account] = moved.get(account, _ZERO) + amount
    return replace(expected, movements=moved)


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
