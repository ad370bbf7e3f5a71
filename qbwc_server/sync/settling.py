"""What becomes of a posting whose answer was lost: decided from evidence alone, request by request.

The rules are those of the exactly-once protocol: a stored outcome settles the set; what is found is ours; what was
worked in part is completed under a new ID.

Sets begin with the latch (latch.py). One that has not begun is shut out for good, and what was in it goes out under
a new ID; one that has begun counts as worked in part, even where nothing is found.

Where QuickBooks does not take the latch, a set that is wholly absent, in two sessions, is sent again as it was, but
only where QuickBooks has shown that it would recognise the repeat. Everything else waits for a person.

Where a company file does not show GUIDs, a posting is told by its number, customer and total, and a person may have
edited those. So nothing is held to be absent there as long as its customer has a transaction of its type that nobody
can place.

What is in a set without the latch of which nothing is found never goes out under a new ID: its first copy may still
hang in a Web Connector, and only QuickBooks itself, by the ID, can tell the two for one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from itertools import takewhile

from qbwc_server.refunds.sale import Known
from qbxml import BURNT_MESSAGE_SET_ID

MAX_TIMES_SENT = 3
SESSIONS_THAT_MUST_AGREE = 2
MAX_TIMES_SHUT_OUT = 8  # attempts to shut out a set in doubt; then a person is asked
MAX_SCANS_THAT_FAILED = 8  # sessions that tried to look for a set and could not; then a person is asked
NOT_STORED = 9005  # QuickBooks could not keep the outcome, so it would not recognise a repeat either


class LatchSeen(Enum):
    """How the latch stands, seen from a set in doubt that was to begin with it."""

    NONE = "none"  # the set did not, or it was not looked at
    UNTOUCHED = "untouched"  # the set has not begun, and still can
    BEGUN = "begun"  # the set has begun
    SHUT_OUT = "shut_out"  # the set has not begun, and never can
    MOVED = "moved"  # somebody changed the entry, before or after the set began; by now it can't any more


@dataclass(frozen=True)
class Sighting:
    """A document of the set as the scan found it."""

    document_id: int
    type: str
    txn_id: str
    edit_sequence: str
    same: bool  # GUID (or number), customer and total agree
    described: str  # for a person, where it does not


@dataclass(frozen=True)
class Evidence:
    """What one session found out about a set in doubt."""

    session_id: int
    started_at: datetime
    sightings: tuple[Sighting, ...] = ()
    scanned: bool = False
    all_seen: bool = True  # the scan was not cut off by its maximum
    strangers: tuple[str, ...] = ()  # described: what may be ours under another number, where no GUID would tell
    recovered: bool = False  # QuickBooks was asked for its record
    recovery_code: int | None = None
    has_stored_outcome: bool = False
    stored_in_part: bool = False  # the record does not tell of every request
    latch: LatchSeen = LatchSeen.NONE


@dataclass(frozen=True)
class Doubt:
    """A set in doubt and the circumstances that count."""

    document_ids: tuple[int, ...]
    times_sent: int
    last_sent_at: datetime
    in_flight: timedelta
    recognises_repeats: Known
    one_web_connector: bool
    times_shut_out: int = 0  # attempts to
    can_shut_out: bool = True  # QuickBooks takes the latch


class Action(Enum):
    """What to do with the set."""

    TAKE_STORED = "take_stored"  # by its stored outcome, as if it had just been answered
    WAIT = "wait"  # for another session
    REPEAT = "repeat"  # send the same bytes under the same ID
    SHUT_OUT = "shut_out"  # change the latch, so that the set can't begin any more
    CLOSE = "close"  # adopt what was found, plan anew what is missing
    REVIEW = "review"  # adopt what was found, ask a person about the rest


@dataclass(frozen=True)
class Verdict:
    """What is done, with the documents it concerns."""

    action: Action
    found: Mapping[int, Sighting] = field(default_factory=dict)  # adopted, or to be looked at where not the same
    missing: tuple[int, ...] = ()
    why: str = ""


def settle(doubt: Doubt, evidence: Sequence[Evidence]) -> Verdict:
    """The verdict on a set in doubt from what sessions found, the latest last."""
    latest = evidence[-1]
    perhaps_twice = doubt.times_sent > 1 and any(not sighting.same for sighting in latest.sightings)
    if latest.has_stored_outcome and not latest.stored_in_part and not perhaps_twice:
        return Verdict(Action.TAKE_STORED)
    if not latest.scanned:
        return _not_looked_for(doubt, evidence)
    if latest.has_stored_outcome and not perhaps_twice:  # QuickBooks may be slow, and still be working the set
        return Verdict(Action.TAKE_STORED if _agreeing(doubt, evidence) else Action.WAIT)
    found = {sighting.document_id: sighting for sighting in latest.sightings}
    missing = tuple(document for document in doubt.document_ids if document not in found)
    if latest.recovery_code == BURNT_MESSAGE_SET_ID:
        return Verdict(Action.REVIEW, found, missing, "its message set ID had been used for something else")
    if not missing or latest.latch is LatchSeen.SHUT_OUT:
        return Verdict(Action.CLOSE, found, missing)
    if latest.latch is LatchSeen.UNTOUCHED:
        return _not_begun(doubt, found, missing)
    if latest.strangers:
        strangers = " and ".join(latest.strangers)
        why = f"QuickBooks does not show the marks that tell our postings, and {strangers} may be one of them"
        return Verdict(Action.REVIEW, found, missing, why)
    if not latest.all_seen:
        return Verdict(Action.REVIEW, found, missing, "the customer has too many transactions to look through")
    if not _agreeing(doubt, evidence):
        return Verdict(Action.WAIT, found, missing)
    if found or latest.latch in (LatchSeen.BEGUN, LatchSeen.MOVED):
        return _worked_in_part(doubt, found, missing)
    return _absent(doubt, latest, missing)


def _not_looked_for(doubt: Doubt, evidence: Sequence[Evidence]) -> Verdict:
    """The look through the customers' transactions failed, and QuickBooks keeps no outcome: it is tried in further
    sessions, but not for ever."""
    if sum(not item.scanned for item in evidence) < MAX_SCANS_THAT_FAILED:
        return Verdict(Action.WAIT)
    return Verdict(
        Action.REVIEW, {}, doubt.document_ids, "the customer's transactions could not be looked through in QuickBooks"
    )


def _agreeing(doubt: Doubt, evidence: Sequence[Evidence]) -> bool:
    """Whether two sessions, each begun after the set can no longer have been on its way, saw the same. A set that has
    begun may have done so only just before it was seen, so that as long a time has to lie between them."""
    late_enough = [
        item for item in evidence if item.scanned and item.started_at >= doubt.last_sent_at + doubt.in_flight
    ]
    if not late_enough:
        return False
    latest = _view(late_enough[-1])
    same = list(takewhile(lambda item: _view(item) == latest, reversed(late_enough)))
    lasting = same[0].started_at - same[-1].started_at
    may_be_in_work = latest[0] in (LatchSeen.BEGUN, LatchSeen.MOVED)
    return len(same) >= SESSIONS_THAT_MUST_AGREE and (not may_be_in_work or lasting >= doubt.in_flight)


def _view(item: Evidence) -> tuple[LatchSeen, set[tuple[int, str]]]:
    return item.latch, {(sighting.document_id, sighting.txn_id) for sighting in item.sightings}


def _not_begun(doubt: Doubt, found: Mapping[int, Sighting], missing: tuple[int, ...]) -> Verdict:
    if doubt.can_shut_out and doubt.times_shut_out < MAX_TIMES_SHUT_OUT:
        return Verdict(Action.SHUT_OUT, found, missing)
    return Verdict(
        Action.REVIEW, found, missing, "it may still be on its way, and QuickBooks did not let it be stopped"
    )


def _worked_in_part(doubt: Doubt, found: Mapping[int, Sighting], missing: tuple[int, ...]) -> Verdict:
    if doubt.times_sent > 1:
        return Verdict(Action.REVIEW, found, missing, "it was sent twice and entered only in part")
    return Verdict(Action.CLOSE, found, missing)


def _absent(doubt: Doubt, latest: Evidence, missing: tuple[int, ...]) -> Verdict:
    if doubt.recognises_repeats is not Known.YES or latest.recovery_code == NOT_STORED:
        return Verdict(Action.REVIEW, {}, missing, "this QuickBooks has not shown that it would recognise a repeat")
    if not doubt.one_web_connector:
        return Verdict(
            Action.REVIEW, {}, missing, "another Web Connector may still hold it; close every other one before going on"
        )
    if doubt.times_sent >= MAX_TIMES_SENT:
        return Verdict(Action.REVIEW, {}, missing, f"it was sent {doubt.times_sent} times without an answer")
    return Verdict(Action.REPEAT, {}, missing)
