"""Schedules that once ended badly."""

from __future__ import annotations

from dataclasses import replace

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


def test_what_somebody_deleted_is_not_taken_for_restored_books_by_a_server_whose_clock_is_ahead(
    scratch: Scratch,
) -> None:
    """It asked for deletions since a time that was still to come, found none, and held every refund up for a person."""
    schedule = replace(
        with_incidents(
            Incident(Kind.CLOCK_FORWARD, number=3 * DAY),
            Incident(Kind.TRANSACTION_DELETED, aim=Aim.ANY, skip=1),
            orders=(0, 3, 4),
        ),
        later=1,
    )
    played = play_of(schedule, scratch).run()
    assert played.happened[Kind.TRANSACTION_DELETED] == 1
    assert played.findings == ()
    assert played.statuses == {"posted": 2, "review": 1}
    assert dict(played.to_review) == {"deleted_in_quickbooks": 1}


def test_a_claim_whose_record_quickbooks_lost_does_not_keep_it_from_showing_that_it_recognises_repeats(
    scratch: Scratch,
) -> None:
    """Its set was sent again as the proof, was worked anew, and repeats counted as not recognised for ever."""
    schedule = with_incidents(
        Incident(Kind.QUICKBOOKS_CRASHES, aim=Aim.SETTLING, number=3),
        Incident(Kind.CUT_BEFORE_WORK),
        behaviour=Behaviour(keeps_partial_records=False),
    )
    played = play_of(schedule, scratch).run()
    assert played.findings == ()
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


def test_another_refund_of_a_created_invoice_waits_until_its_payment_is_received(scratch: Scratch) -> None:
    """The server died when the invoice stood: the order's other refunds were planned on an invoice that seemed unpaid,
    and their money was drawn from another account than the payment lay in."""
    schedule = replace(
        with_incidents(Incident(Kind.SERVER_DIES_AFTER_ANSWER_IS_KEPT), orders=(12,)),
        missing_orders_as="invoice",
        lacking=(12,),
    )
    played = play_of(schedule, scratch).run()
    assert played.happened[Kind.SERVER_DIES_AFTER_ANSWER_IS_KEPT] == 1
    assert played.findings == ()
    assert played.statuses == {"posted": 3}
