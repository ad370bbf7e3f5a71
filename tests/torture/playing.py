"""Schedules for tests, and how they are played."""

from __future__ import annotations

from dataclasses import replace

from qbsim import Behaviour
from qbwc_server.torture.play import Play
from qbwc_server.torture.schedule import Incident, Schedule
from qbwc_server.torture.scratch import Scratch
from qbwc_server.torture.servers import ServerInProcess, undisturbed

QUIET = Schedule(
    name="by hand 0",
    world=0,
    orders=(0, 4),  # a sales receipt refunded whole, and an invoice that was paid in part
    later=0,
    behaviour=Behaviour(),
    refund_method="credit_card",
    several_connectors=False,
    incidents=(),
)


def with_incidents(*incidents: Incident, behaviour: Behaviour | None = None, orders: tuple[int, ...] = ()) -> Schedule:
    return replace(QUIET, incidents=incidents, behaviour=behaviour or Behaviour(), orders=orders or QUIET.orders)


def play_of(schedule: Schedule, scratch: Scratch) -> Play:
    return Play(schedule, lambda clock: ServerInProcess(scratch, clock, undisturbed), scratch)
