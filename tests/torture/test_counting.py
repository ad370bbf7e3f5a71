"""What is counted as waiting for a person, and under which circumstances."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qbsim import Behaviour
from qbwc_server.torture.play import Circumstances
from qbwc_server.torture.run import Tally, TortureOptions
from qbwc_server.torture.schedule import Aim, Incident, Kind, Schedule
from qbwc_server.torture.scratch import Scratch
from tests.torture.playing import play_of, with_incidents

NO_LATCH = Behaviour(may_change_other_names=False)
FORGETS, HIDES = Behaviour(keeps_recovery_records=False), Behaviour(shows_external_guid=False)
LOST = Incident(Kind.CUT_BEFORE_WORK)


@pytest.mark.parametrize(
    ("schedule", "circumstances", "reasons"),
    [
        (with_incidents(LOST), Circumstances.WITH_LATCH, {}),
        (with_incidents(LOST, behaviour=HIDES), Circumstances.WITH_LATCH, {}),
        (with_incidents(LOST, behaviour=NO_LATCH), Circumstances.WITHOUT_LATCH, {}),
        (with_incidents(LOST, behaviour=FORGETS), Circumstances.RECORDS_NOT_KEPT, {}),
        (replace(with_incidents(LOST), several_connectors=True), Circumstances.MEDDLED, {}),
        (
            replace(with_incidents(LOST, behaviour=NO_LATCH), several_connectors=True),
            Circumstances.MEDDLED,
            {"in_doubt": 1},
        ),
        (
            with_incidents(LOST, Incident(Kind.RECORDS_GONE, aim=Aim.SETTLING), behaviour=NO_LATCH),
            Circumstances.MEDDLED,
            {"in_doubt": 1},
        ),
    ],
)
def test_a_refund_that_waits_is_counted_by_what_quickbooks_does_and_who_meddled(
    scratch: Scratch, schedule: Schedule, circumstances: Circumstances, reasons: dict[str, int]
) -> None:
    played = play_of(schedule, scratch).run()
    assert played.findings == ()
    assert played.circumstances is circumstances
    assert dict(played.to_review) == reasons
    tally = Tally()
    tally.add(played, TortureOptions(1, 1))
    counted = tally.as_dict()["to_review"]
    assert counted.pop(circumstances.name.lower()) == {
        "refunds": 2,
        "to_review": sum(reasons.values()),
        "reasons": reasons,
    }
    assert all(other == {"refunds": 0, "to_review": 0, "reasons": {}} for other in counted.values())


def test_an_incident_that_was_drawn_and_did_not_happen_meddles_with_nothing(scratch: Scratch) -> None:
    schedule = with_incidents(Incident(Kind.RECORDS_GONE, aim=Aim.SETTLING, skip=99))
    assert play_of(schedule, scratch).run().circumstances is Circumstances.WITH_LATCH


def test_checks_on_an_account_that_quickbooks_refuses_wait_by_their_nature(scratch: Scratch) -> None:
    """Whatever goes wrong on the way: a person has to choose another account."""
    refuses = Behaviour(check_from_undeposited_funds=False)
    schedule = replace(with_incidents(LOST, behaviour=refuses, orders=tuple(range(9))), refund_method="check")
    played = play_of(schedule, scratch).run()
    assert played.findings == ()
    assert played.statuses["review"] > 0
    assert not played.to_review
