"""The verdict on a set in doubt, case by case."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from qbwc_server.refunds.sale import Known
from qbwc_server.sync.settling import (
    MAX_SCANS_THAT_FAILED,
    MAX_TIMES_SHUT_OUT,
    Action,
    Doubt,
    Evidence,
    LatchSeen,
    Sighting,
    settle,
)

SENT = datetime(2024, 5, 6, 12, 0, tzinfo=timezone.utc)
DOUBT = Doubt(
    document_ids=(1, 2),
    times_sent=1,
    last_sent_at=SENT,
    in_flight=timedelta(seconds=120),
    recognises_repeats=Known.YES,
    one_web_connector=True,
)
MEMO = Sighting(1, "CreditMemo", "A-1", "1", True, "a memo")
TWICE = Sighting(1, "CreditMemo", "A-1", "", False, "it is there 2 times")
PAYOUT = Sighting(2, "Check", "B-1", "1", True, "a check")


def seen(session: int, *sightings: Sighting, after: int = 300, **facts: object) -> Evidence:
    started = SENT + timedelta(seconds=after + session)
    base = Evidence(session, started, sightings, scanned=True, recovered=True, recovery_code=9002)
    return replace(base, **facts)


STRANGERS = ("CreditMemo 77 over 43.30 for Ann",)
IN_PART = {"has_stored_outcome": True, "stored_in_part": True}
NOTHING_TWICE = (seen(1), seen(2))
WITH_LATCH = {"recognises_repeats": Known.NO}
ONE_TWICE = (seen(1, MEMO), seen(2, MEMO))


@pytest.mark.parametrize(
    ("changes", "evidence", "action"),
    [
        ({}, (seen(1, has_stored_outcome=True),), Action.TAKE_STORED),
        ({"times_sent": 2}, (seen(1, MEMO, has_stored_outcome=True),), Action.TAKE_STORED),
        ({"times_sent": 2}, (seen(1, TWICE, PAYOUT, has_stored_outcome=True),), Action.CLOSE),  # and is looked at
        ({}, (seen(1, scanned=False, has_stored_outcome=True),), Action.TAKE_STORED),
        ({}, (seen(1, MEMO, **IN_PART),), Action.WAIT),  # QuickBooks may still be working it
        ({}, (seen(1, MEMO, **IN_PART), seen(2, MEMO, **IN_PART)), Action.TAKE_STORED),
        ({}, (seen(1, MEMO, **IN_PART), seen(2, MEMO, PAYOUT, **IN_PART)), Action.WAIT),
        ({}, (seen(1, scanned=False, **IN_PART), seen(2, scanned=False, **IN_PART)), Action.WAIT),
        ({}, (seen(1, MEMO, PAYOUT),), Action.CLOSE),
        ({}, (seen(1),), Action.WAIT),
        ({}, NOTHING_TWICE, Action.REPEAT),
        ({}, (seen(1, after=60), seen(2)), Action.WAIT),  # the first began while the set could be on its way
        ({}, (seen(1, MEMO), seen(2)), Action.WAIT),  # they saw different things
        ({}, ONE_TWICE, Action.CLOSE),
        ({}, (seen(1, recovery_code=9005), seen(2, recovery_code=9005)), Action.REVIEW),
        ({}, (seen(1, MEMO, PAYOUT, recovery_code=9001),), Action.REVIEW),
        ({}, (seen(1, recovery_code=9001),), Action.REVIEW),
        ({}, (seen(1, all_seen=False),), Action.REVIEW),
        ({"times_sent": 2}, ONE_TWICE, Action.REVIEW),
        ({"times_sent": 2}, NOTHING_TWICE, Action.REPEAT),
        ({"times_sent": 3}, NOTHING_TWICE, Action.REVIEW),
        ({"recognises_repeats": Known.NO}, NOTHING_TWICE, Action.REVIEW),
        ({"recognises_repeats": Known.UNKNOWN}, NOTHING_TWICE, Action.REVIEW),
        ({"recognises_repeats": Known.NO}, ONE_TWICE, Action.CLOSE),
        ({"one_web_connector": False}, NOTHING_TWICE, Action.REVIEW),
        ({}, (seen(1, strangers=STRANGERS),), Action.REVIEW),  # it may be there under another number
        ({}, (seen(1, MEMO, strangers=STRANGERS),), Action.REVIEW),
        ({}, (seen(1, MEMO, PAYOUT, strangers=STRANGERS),), Action.CLOSE),  # nothing is missing
        ({}, (seen(1, strangers=STRANGERS, has_stored_outcome=True),), Action.TAKE_STORED),
        (WITH_LATCH, (seen(1, latch=LatchSeen.UNTOUCHED),), Action.SHUT_OUT),
        (WITH_LATCH, (seen(1, latch=LatchSeen.UNTOUCHED, strangers=STRANGERS),), Action.SHUT_OUT),
        (WITH_LATCH | {"can_shut_out": False}, (seen(1, latch=LatchSeen.UNTOUCHED),), Action.REVIEW),
        (WITH_LATCH | {"times_shut_out": MAX_TIMES_SHUT_OUT}, (seen(1, latch=LatchSeen.UNTOUCHED),), Action.REVIEW),
        (WITH_LATCH, (seen(1, latch=LatchSeen.SHUT_OUT),), Action.CLOSE),
        (WITH_LATCH, (seen(1, latch=LatchSeen.BEGUN),), Action.WAIT),  # QuickBooks may still be working it
        # It may have begun late, only just before it was first seen to: so much later it can't be in work any more.
        (WITH_LATCH, (seen(1, latch=LatchSeen.BEGUN), seen(120, latch=LatchSeen.BEGUN)), Action.WAIT),
        (WITH_LATCH, (seen(1, latch=LatchSeen.BEGUN), seen(121, latch=LatchSeen.BEGUN)), Action.CLOSE),
        (WITH_LATCH, tuple(seen(number, latch=LatchSeen.BEGUN) for number in (1, 61, 121)), Action.CLOSE),
        (WITH_LATCH, (seen(1, latch=LatchSeen.MOVED), seen(2, latch=LatchSeen.MOVED)), Action.WAIT),
        (WITH_LATCH, (seen(1, latch=LatchSeen.MOVED), seen(121, latch=LatchSeen.MOVED)), Action.CLOSE),
        (WITH_LATCH, (seen(1, latch=LatchSeen.UNTOUCHED), seen(2, latch=LatchSeen.BEGUN)), Action.WAIT),
        (WITH_LATCH, (seen(1, latch=LatchSeen.BEGUN, strangers=STRANGERS),), Action.REVIEW),
        (WITH_LATCH, NOTHING_TWICE, Action.REVIEW),  # the entry was not shown
    ],
)
def test_the_evidence_decides(changes: dict[str, object], evidence: tuple[Evidence, ...], action: Action) -> None:
    assert settle(replace(DOUBT, **changes), evidence).action is action


def test_a_verdict_names_what_was_found_and_what_is_missing() -> None:
    verdict = settle(DOUBT, ONE_TWICE)
    assert dict(verdict.found) == {1: MEMO}
    assert verdict.missing == (2,)


def test_a_look_that_fails_is_tried_in_so_many_sessions_and_then_a_person_is_asked() -> None:
    failed = [seen(number, scanned=False) for number in range(MAX_SCANS_THAT_FAILED)]
    assert settle(DOUBT, failed[:-1]).action is Action.WAIT
    verdict = settle(DOUBT, failed)
    assert verdict.action is Action.REVIEW
    assert verdict.missing == (1, 2)


def test_a_session_that_could_not_look_is_no_second_witness() -> None:
    assert settle(DOUBT, (seen(1, scanned=False), seen(2))).action is Action.WAIT
