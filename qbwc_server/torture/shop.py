"""The shops that schedules are played in: the demonstration's sample shops, of which a schedule takes some orders."""

from __future__ import annotations

import json
import pickle
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from decimal import Decimal
from functools import lru_cache

from qbsim import Company, SettableClock
from qbwc_server.demo.world import UNDEPOSITED_FUNDS, Expected, make_world
from qbwc_server.refunds.model import Refund
from qbwc_server.sources import read_orders
from qbwc_server.torture.schedule import ORDERS_IN_A_WORLD, WORLDS, Schedule

START = datetime(2026, 3, 2, 15, 0, tzinfo=timezone.utc)
_REFUNDS_IN_A_WORLD = 28  # two laps of the demonstration's scenarios
_ZERO = Decimal("0.00")


@dataclass(frozen=True)
class Order:
    """A refunded order: its refunds as the source reads them, and what should become of each."""

    refunds: tuple[Refund, ...]
    expected: tuple[Expected, ...]


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


def shop_for(schedule: Schedule, clock: SettableClock) -> Shop:
    """The shop of a schedule, fresh, on this clock."""
    kept, before, orders = _world(schedule.world % WORLDS)
    company: Company = pickle.loads(kept)  # noqa: S301  made below, in this process
    company.clock = clock
    chosen = [orders[number] for number in schedule.orders]
    if not schedule.behaviour.has_sales_orders:
        chosen = [_without_sales_orders(order) for order in chosen]
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


def _without_sales_orders(order: Order) -> Order:
    """An edition that has no sales orders shows none: their refunds have no sale to belong to."""
    return replace(order, expected=tuple(_skipped(each) for each in order.expected))


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


def _skipped(expected: Expected) -> Expected:
    if expected.sale_type != "SalesOrder":
        return expected
    return replace(
        expected,
        status="skipped",
        reason="order_not_found",
        notices=(),
        sale_type="",
        payout_total=_ZERO,
        payout_account="",
        closes_order=False,
        movements={},
    )
