"""Schedules come from their seed alone, and leave nothing out."""

from __future__ import annotations

import pytest

from qbwc_server.refunds.settings import CreatedSale, SalesOrders
from qbwc_server.torture.schedule import (
    DEPTH_BEHAVIOURS,
    DEPTH_INCIDENTS,
    MAX_INCIDENTS,
    SALES_ORDERS_IN_A_WORLD,
    SETTINGS,
    SWITCHES,
    Aim,
    Kind,
    Release,
    draw,
    sequence,
    sequences,
)

MANY = [draw(seed) for seed in range(1500)]


def test_a_seed_gives_the_same_schedule_every_time() -> None:
    assert [draw(seed) for seed in range(50)] == MANY[:50]
    assert draw(1) != draw(2)


def test_every_incident_is_drawn_at_every_kind_of_set() -> None:
    drawn = {(incident.kind, incident.aim) for schedule in MANY for incident in schedule.incidents}
    assert drawn == {(kind, aim) for kind in Kind for aim in Aim}


def test_a_late_set_is_drawn_with_every_moment() -> None:
    late = {i.release for schedule in MANY for i in schedule.incidents if i.kind is Kind.WORKED_LATE}
    assert late == set(Release)


@pytest.mark.parametrize("switch", SWITCHES)
def test_every_switch_is_drawn_both_ways(switch: str) -> None:
    assert len({getattr(schedule.behaviour, switch) for schedule in MANY}) >= 2


@pytest.mark.parametrize("setting", SETTINGS)
def test_every_setting_is_drawn_with_every_value(setting: str) -> None:
    values: dict[str, set[str]] = {
        "sales_order": {each.value for each in SalesOrders},
        "missing_orders_as": {"", *(each.value for each in CreatedSale)},
    }
    drawn = {getattr(schedule, setting) for schedule in MANY}
    assert drawn == values[setting] if setting in values else len(drawn) == 2


def test_a_schedule_that_credits_sales_orders_has_one_that_was_never_invoiced() -> None:
    credited = [schedule for schedule in MANY if schedule.sales_order == "credit"]
    assert {schedule.orders[0] for schedule in credited} == set(SALES_ORDERS_IN_A_WORLD)


def test_quickbooks_lacks_some_orders_or_all_of_them_where_they_may_be_created_and_none_elsewhere() -> None:
    for schedule in MANY:
        assert set(schedule.lacking) <= set(schedule.orders if schedule.missing_orders_as else ())
    shares = {len(s.orders) - len(s.lacking) for s in MANY if s.missing_orders_as}
    assert shares >= {0, 1, 2}


def test_schedules_carry_several_refunds_and_at_most_so_many_incidents() -> None:
    for schedule in MANY:
        assert len(schedule.orders) >= 2
        assert 1 <= len(schedule.incidents) <= MAX_INCIDENTS
        assert schedule.later < len(schedule.orders)


@pytest.mark.parametrize("depth", [1, 2])
def test_every_sequence_of_a_depth_comes_once(depth: int) -> None:
    every = [sequence(depth, number) for number in range(sequences(depth))]
    assert len({(schedule.behaviour, schedule.incidents) for schedule in every}) == len(every)
    assert len(every) == len(DEPTH_BEHAVIOURS) * len(DEPTH_INCIDENTS) ** depth
