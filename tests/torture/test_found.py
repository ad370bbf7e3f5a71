"""Schedules that once ended badly."""

from __future__ import annotations

import pytest

from qbsim import Behaviour
from qbwc_server.torture.schedule import Aim, Incident, Kind
from qbwc_server.torture.scratch import Scratch
from tests.torture.playing import play_of, with_incidents

DAY = 86_400


@pytest.mark.parametrize("worked", [1, 2])
def test_a_server_whose_clock_is_days_ahead_still_finds_what_quickbooks_entered(scratch: Scratch, worked: int) -> None:
    """It looked for it among what had changed since a time that was still to come."""
    schedule = with_incidents(
        Incident(Kind.CLOCK_FORWARD, number=3 * DAY),
        Incident(Kind.QUICKBOOKS_CRASHES, number=worked),
        behaviour=Behaviour(keeps_partial_records=False),
    )
    played = play_of(schedule, scratch).run()
    assert played.findings == played.beyond_recall == ()
    assert played.statuses == {"posted": 2}


def test_a_clock_that_is_set_back_does_not_keep_the_web_connector_waiting_for_days(scratch: Scratch) -> None:
    """The posting in doubt had been sent at a time that was still to come, so the server said "busy" until then."""
    schedule = with_incidents(
        Incident(Kind.CLOCK_FORWARD, number=3 * DAY),
        Incident(Kind.CUT_BEFORE_WORK),
        Incident(Kind.CLOCK_BACK, aim=Aim.SETTLING, number=3 * DAY),
    )
    played = play_of(schedule, scratch).run()
    assert played.findings == ()
    assert played.statuses == {"posted": 2}
    assert played.quiet_sessions < 5
