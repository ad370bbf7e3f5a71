"""Whatever goes wrong, no refund is doubled, lost, stuck or told of untruly; a server that breaks rules is found."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from qbwc_server.sync import doubts
from qbwc_server.sync.settling import Action, Doubt, Evidence, Sighting
from qbwc_server.sync.settling import Verdict as SettlingVerdict
from qbwc_server.torture.oracle import Verdict
from qbwc_server.torture.run import Tally, TortureOptions, played_one_by_one, torture
from qbwc_server.torture.schedule import Incident, Kind, Release
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


def _by_number(document: Any, found: Any, closed: set[str]) -> Sighting | None:
    kind = document.request_type.removesuffix("Add")
    seen = next((item for item in found if item.type == kind and item.ref_number == document.ref_number), None)
    return seen and Sighting(document.id, seen.type, seen.txn_id, seen.edit_sequence, True, seen.ref_number)


@contextmanager
def broken(**replacements: Any) -> Iterator[None]:
    """The rules for a set in doubt, replaced."""
    kept = {name: getattr(doubts, name) for name in replacements}
    for name, replacement in replacements.items():
        setattr(doubts, name, replacement)
    try:
        yield
    finally:
        for name, original in kept.items():
            setattr(doubts, name, original)


def test_a_server_that_sends_again_what_was_not_answered_is_caught() -> None:
    numbers = range(1, 1 + SCHEDULES_TO_CATCH_A_BROKEN_PROTOCOL)
    options = TortureOptions(seed=1, schedules=len(numbers), process_every=0)
    for played in played_one_by_one(options, numbers, protocol=lambda: broken(settle=_send_again)):
        if any(finding.verdict is Verdict.DOUBLED for finding in played.findings):
            return
    pytest.fail("no schedule showed that refunds are entered twice")


def test_a_server_that_only_asks_for_the_number_is_caught_by_a_set_that_is_worked_late(scratch: Scratch) -> None:
    schedule = with_incidents(Incident(Kind.WORKED_LATE, release=Release.END))
    with broken(settle=_send_what_has_no_number, _sighting=_by_number):
        played = play_of(schedule, scratch).run()
    assert Verdict.DOUBLED in {finding.verdict for finding in played.findings}


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
