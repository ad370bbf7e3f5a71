"""Whatever goes wrong, no refund is doubled, lost, stuck or told of untruly; a server that breaks rules is found."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Literal

import pytest

from qbsim import Behaviour
from qbwc_server.store.tables import MessageSet
from qbwc_server.sync import creating, doubts, latch, sightings, steps
from qbwc_server.sync.settling import Action, Doubt, Evidence, Sighting
from qbwc_server.sync.settling import Verdict as SettlingVerdict
from qbwc_server.torture.oracle import Verdict
from qbwc_server.torture.run import Tally, TortureOptions, played_one_by_one, torture
from qbwc_server.torture.schedule import Incident, Kind, Release, draw
from qbwc_server.torture.scratch import Scratch
from tests.acceptance.processes import connex_json, environment
from tests.torture.playing import play_of, with_incidents

SCHEDULES_TO_CATCH_A_BROKEN_PROTOCOL = 100


def assert_clean(tally: Tally, schedules: int) -> None:
    assert tally.schedules == schedules
    assert tally.is_clean, tally.troubles
    assert tally.refunds > schedules


def test_drawn_schedules_on_sqlite_double_nothing_and_lose_nothing() -> None:
    tally = torture(TortureOptions(seed=1, schedules=20, process_every=0))
    assert_clean(tally, 20)
    assert len(tally.happened) > len(Kind) // 2


def test_drawn_schedules_on_postgresql_double_nothing_and_lose_nothing(postgresql_url: str) -> None:
    assert_clean(torture(TortureOptions(seed=500, schedules=8, process_every=0, database=postgresql_url)), 8)


def test_a_real_server_that_is_really_killed_doubles_nothing_and_loses_nothing() -> None:
    tally = torture(TortureOptions(seed=3, schedules=2, process_every=1))
    assert_clean(tally, 2)
    assert tally.with_process == 2


def test_sequences_of_one_incident_double_nothing_and_lose_nothing() -> None:
    assert_clean(torture(TortureOptions(seed=0, schedules=10, depth=1, process_every=0)), 10)


def test_a_schedule_played_again_ends_in_the_same_way() -> None:
    first, second = (list(played_one_by_one(TortureOptions(7, 3, process_every=0), range(7, 10))) for _ in range(2))
    assert [played.statuses for played in first] == [played.statuses for played in second]
    assert [played.happened for played in first] == [played.happened for played in second]
    assert [played.sets for played in first] == [played.sets for played in second]


def _send_again(doubt: Doubt, evidence: list[Evidence]) -> SettlingVerdict:
    """As a server does that knows of no doubt: what has no answer is sent again."""
    return SettlingVerdict(Action.CLOSE, {}, doubt.document_ids)


def _send_what_has_no_number(doubt: Doubt, evidence: list[Evidence]) -> SettlingVerdict:
    """As a server does that asks for the RefNumber, and sends again at once what it does not find."""
    found = {sighting.document_id: sighting for sighting in evidence[-1].sightings}
    return SettlingVerdict(Action.CLOSE, found, tuple(each for each in doubt.document_ids if each not in found))


def _by_number(document: Any, found: Any, changed: Any) -> Sighting | None:
    kind = document.request_type.removesuffix("Add")
    seen = next((item for item in found if item.type == kind and item.ref_number == document.ref_number), None)
    return seen and Sighting(document.id, seen.type, seen.txn_id, seen.edit_sequence, True, seen.ref_number)


@contextmanager
def broken(*replacements: tuple[Any, str, Any]) -> Iterator[None]:
    """The rules for a set in doubt, replaced: module, name and what stands there instead."""
    kept = [(module, name, getattr(module, name)) for module, name, _ in replacements]
    for module, name, replacement in replacements:
        setattr(module, name, replacement)
    try:
        yield
    finally:
        for module, name, original in kept:
            setattr(module, name, original)


def _never(company: Any) -> bool:
    return False


WITHOUT_LATCH = (latch, "is_wanted", _never)
SENDS_AGAIN = (WITHOUT_LATCH, (doubts, "settle", _send_again))
ASKS_FOR_THE_NUMBER = (
    WITHOUT_LATCH,
    (doubts, "settle", _send_what_has_no_number),
    (sightings, "sighting_of", _by_number),
)


@pytest.mark.parametrize("replacements", [SENDS_AGAIN, ASKS_FOR_THE_NUMBER], ids=["sends again", "asks for the number"])
def test_a_server_that_breaks_the_rules_is_caught_by_drawn_schedules(replacements: Any) -> None:
    numbers = range(1, 1 + SCHEDULES_TO_CATCH_A_BROKEN_PROTOCOL)
    options = TortureOptions(seed=1, schedules=len(numbers), process_every=0)
    for played in played_one_by_one(options, numbers, protocol=lambda: broken(*replacements)):
        if any(finding.verdict is Verdict.DOUBLED for finding in played.findings):
            return
    pytest.fail("no schedule showed that refunds are entered twice")


def _nobody_sees_to_it(taking: Any, row: Any) -> bool:
    """As a server does that creates an order for each of its refunds."""
    return False


@pytest.mark.parametrize(
    "replacements",
    [SENDS_AGAIN, ((creating, "_is_seen_to_elsewhere", _nobody_sees_to_it),)],
    ids=["sends again", "for each refund"],
)
def test_a_server_that_creates_an_order_twice_is_caught_by_drawn_schedules(replacements: Any) -> None:
    options = TortureOptions(seed=1, schedules=SCHEDULES_TO_CATCH_A_BROKEN_PROTOCOL, process_every=0)
    lacking_all = [n for n in options.numbers() if set(draw(n).lacking) == set(draw(n).orders)]  # they tell soonest
    for played in played_one_by_one(options, lacking_all, protocol=lambda: broken(*replacements)):
        if any("sales were created" in finding.text for finding in played.findings):
            return
    pytest.fail("no schedule showed that an order is created twice")


@pytest.mark.parametrize("release", [Release.END, Release.WITH_REPEAT, Release.AFTER_REPEAT, Release.DURING_REPEAT])
def test_a_server_that_only_asks_for_the_number_is_caught_by_a_set_that_is_worked_late(
    scratch: Scratch, release: Release
) -> None:
    schedule = with_incidents(Incident(Kind.WORKED_LATE, number=1, release=release))
    with broken(*ASKS_FOR_THE_NUMBER):
        played = play_of(schedule, scratch).run()
    assert Verdict.DOUBLED in {finding.verdict for finding in played.findings}


# --- what no server could have prevented

# The first copy hangs; QuickBooks crashes in the midst of the second and writes no record of it; then comes the first.
BEYOND = (
    Incident(Kind.WORKED_LATE, release=Release.END, answered=False),
    Incident(Kind.QUICKBOOKS_CRASHES, number=1),
)
NO_LATCH = Behaviour(may_change_other_names=False)
WRITES_NO_RECORD = replace(NO_LATCH, keeps_partial_records=False)


def test_a_refund_that_nobody_could_save_is_told_apart_and_waits_for_a_person(scratch: Scratch) -> None:
    played = play_of(with_incidents(*BEYOND, behaviour=WRITES_NO_RECORD), scratch).run()
    assert played.findings == ()
    assert {finding.verdict for finding in played.beyond_recall} == {Verdict.DOUBLED}


def test_with_the_latch_the_same_is_saved_and_would_not_be_excused(scratch: Scratch) -> None:
    behaviour = Behaviour(keeps_partial_records=False)
    played = play_of(with_incidents(*BEYOND, behaviour=behaviour), scratch).run()
    assert (played.findings, played.beyond_recall, played.statuses) == ((), (), {"posted": 2})
    with broken(WITHOUT_LATCH):
        played = play_of(with_incidents(*BEYOND, behaviour=behaviour), scratch).run()
    assert Verdict.DOUBLED in {finding.verdict for finding in played.findings}
    assert not played.beyond_recall


def test_a_copy_while_the_first_is_worked_is_beyond_recall_only_where_quickbooks_takes_it_for_another(
    scratch: Scratch,
) -> None:
    incident = Incident(Kind.WORKED_LATE, number=1, release=Release.DURING_REPEAT)
    answers: tuple[Literal["stored", "worked", "busy"], ...] = ("stored", "busy", "worked")
    for answer in answers:
        behaviour = replace(NO_LATCH, repeat_of_a_set_in_work=answer)
        played = play_of(with_incidents(incident, behaviour=behaviour), scratch).run()
        assert played.findings == (), (answer, played.findings)
        assert bool(played.beyond_recall) == (answer == "worked"), answer
        assert played.statuses == ({"posted": 2} if answer != "worked" else {"posted": 1, "review": 1}), answer


def _drop_the_repeated(sending: Any) -> str | None:
    """As a server does that has QuickBooks forget a set that it has sent again."""
    twice = next((sent for sent in sending.database.query(MessageSet) if sent.times_sent > 1), None)
    return twice and twice.message_set_id


@pytest.mark.parametrize(
    ("incidents", "replacements"),
    [
        # The same happens, and the server has sent the refund under another ID besides.
        (BEYOND, SENDS_AGAIN),
        # Both copies are worked since the server itself had the record dropped.
        (BEYOND[:1], ((steps, "_record_to_clear", _drop_the_repeated),)),
    ],
    ids=["sent anew", "record dropped"],
)
def test_what_the_server_could_have_prevented_is_not_excused(
    scratch: Scratch, incidents: tuple[Incident, ...], replacements: Any
) -> None:
    behaviour = WRITES_NO_RECORD if len(incidents) > 1 else NO_LATCH
    with broken(*replacements):
        played = play_of(with_incidents(*incidents, behaviour=behaviour, orders=(0, 4, 6)), scratch).run()
    assert Verdict.DOUBLED in {finding.verdict for finding in played.findings}
    assert not played.beyond_recall


def test_the_command_reports_what_it_did(tmp_path: Any) -> None:
    told = connex_json("torture", "--seed", "1", "--schedules", "2", env=environment(tmp_path))
    assert told["schedules"] == 2
    assert {name: told[name] for name in ("doubled", "lost", "stuck", "untrue")} == {
        "doubled": 0,
        "lost": 0,
        "stuck": 0,
        "untrue": 0,
    }
    assert told["refunds"] == sum(told["statuses"].values())
