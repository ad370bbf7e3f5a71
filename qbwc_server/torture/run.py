"""Many schedules, one after the other or by several processes, and what came of all of them together."""

from __future__ import annotations

import gc
import multiprocessing
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qbwc_server.torture.oracle import Verdict
from qbwc_server.torture.play import Circumstances, Play, Played
from qbwc_server.torture.schedule import SETTINGS, SWITCHES, Kind, Schedule, draw, sequence, sequences
from qbwc_server.torture.scratch import scratch_database
from qbwc_server.torture.servers import Server, ServerInProcess, ServerProcess, undisturbed

MAX_SCHEDULES = 1_000_000
MAX_WORKERS = 16  # processes
DEFAULT_PROCESS_EVERY = 25  # schedules; one of so many is played with a server process of its own
MAX_TROUBLES_TOLD = 20  # schedules with a finding that are told in full
_CHUNK = 25  # schedules that a worker takes at a time


@dataclass(frozen=True)
class TortureOptions:
    """What a user can choose."""

    seed: int
    schedules: int
    depth: int = 0  # 0: schedules are drawn; else every sequence of so many incidents is gone through, from `seed` on
    database: str | None = None  # URL of a PostgreSQL database; None: a SQLite file
    process_every: int = DEFAULT_PROCESS_EVERY  # 0: never
    workers: int = 1

    def numbers(self) -> range:
        """The numbers of the schedules."""
        last = self.seed + self.schedules
        return range(self.seed, min(last, sequences(self.depth)) if self.depth else last)

    def schedule(self, number: int) -> Schedule:
        """The schedule of a number."""
        return sequence(self.depth, number) if self.depth else draw(number)

    def is_with_process(self, number: int) -> bool:
        """Whether it is played with a server process: the number alone decides."""
        return bool(self.process_every) and number % self.process_every == 0


@dataclass
class Tally:
    """What came of all schedules."""

    schedules: int = 0
    with_process: int = 0
    seconds: float = 0.0
    sets: int = 0
    refunds: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)  # schedules in which each verdict was found
    beyond_recall: int = 0  # schedules with a refund that is there twice by what nobody could have prevented
    statuses: Counter[str] = field(default_factory=Counter)  # refunds
    counted: Counter[str] = field(default_factory=Counter)  # refunds, by the name of their Circumstances
    to_review: Counter[tuple[str, str]] = field(default_factory=Counter)  # refunds, by that and the reason's code
    happened: Counter[str] = field(default_factory=Counter)
    switches: Counter[str] = field(default_factory=Counter)
    most_quiet_sessions: int = 0
    troubles: list[dict[str, Any]] = field(default_factory=list)  # the first of them, with how to play them again

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found."""
        return not self.verdicts

    def add(self, played: Played, options: TortureOptions) -> None:
        """Counts a schedule in."""
        self.schedules += 1
        self.with_process += played.is_real
        self.sets += played.sets
        refunds = sum(played.statuses.values())
        self.refunds += refunds
        self.statuses.update(played.statuses)
        name = played.circumstances.name
        self.counted[name] += refunds
        self.to_review.update({(name, code): count for code, count in played.to_review.items()})
        self.verdicts.update({finding.verdict.value for finding in played.findings})
        self.beyond_recall += bool(played.beyond_recall)
        self.happened.update({kind.name: count for kind, count in played.happened.items()})
        self.switches.update(f"{name}={getattr(played.schedule.behaviour, name)}" for name in (*SWITCHES,))
        for name in SETTINGS:
            self.switches[f"{name}={getattr(played.schedule, name)}"] += 1
        self.most_quiet_sessions = max(self.most_quiet_sessions, played.quiet_sessions)
        if played.findings and len(self.troubles) < MAX_TROUBLES_TOLD:
            self.troubles.append(_trouble(played, options))

    def join(self, other: Tally) -> None:
        """Takes in what another process has counted."""
        for name in ("schedules", "with_process", "sets", "refunds", "beyond_recall"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("verdicts", "statuses", "counted", "to_review", "happened", "switches"):
            getattr(self, name).update(getattr(other, name))
        self.most_quiet_sessions = max(self.most_quiet_sessions, other.most_quiet_sessions)
        self.troubles = [*self.troubles, *other.troubles][:MAX_TROUBLES_TOLD]

    def as_dict(self) -> dict[str, Any]:
        """For --json."""
        return {
            "schedules": self.schedules,
            "with_server_process": self.with_process,
            "seconds": round(self.seconds, 1),
            "message_sets": self.sets,
            "refunds": self.refunds,
            **{verdict.value: self.verdicts[verdict.value] for verdict in Verdict},
            "beyond_recall": self.beyond_recall,
            "statuses": dict(sorted(self.statuses.items())),
            "to_review": {each.name.lower(): self._to_review(each) for each in Circumstances},
            "most_quiet_sessions": self.most_quiet_sessions,
            "incidents": {kind.name: self.happened[kind.name] for kind in Kind},
            "switches": dict(sorted(self.switches.items())),
            "troubles": self.troubles,
        }

    def _to_review(self, circumstances: Circumstances) -> dict[str, Any]:
        name = circumstances.name
        reasons = {code: count for (where, code), count in self.to_review.items() if where == name}
        return {
            "refunds": self.counted[name],
            "to_review": sum(reasons.values()),
            "reasons": dict(sorted(reasons.items())),
        }


def torture(
    options: TortureOptions,
    *,
    protocol: Callable[[], AbstractContextManager[None]] = undisturbed,
    after: Callable[[int], Any] | None = None,
) -> Tally:
    """Plays the schedules. `after` is called with how many are done; `protocol` is put around every call of a server
    in this process, where a test breaks the rules on purpose (only with one worker).

    Raises DatabaseURLError where the database can't be used.
    """
    numbers = options.numbers()
    tally = Tally()
    started = time.perf_counter()
    if options.workers > 1 and len(numbers) > _CHUNK:
        for part in _by_workers(options, numbers):
            tally.join(part)
            tally.seconds = time.perf_counter() - started
            if after is not None:
                after(tally.schedules)
        tally.troubles.sort(key=lambda trouble: trouble["number"])
    else:
        for played in played_one_by_one(options, numbers, protocol=protocol):
            tally.add(played, options)
            if after is not None:
                after(tally.schedules)
    tally.seconds = time.perf_counter() - started
    return tally


def played_one_by_one(
    options: TortureOptions,
    numbers: Sequence[int],
    *,
    protocol: Callable[[], AbstractContextManager[None]] = undisturbed,
) -> Iterator[Played]:
    """The schedules of these numbers, played in this process."""
    gc.freeze()  # what is loaded stays; looking through it again and again would take a tenth of the time
    with tempfile.TemporaryDirectory(prefix="connex-torture-") as name:
        folder = Path(name)
        with scratch_database(options.database, folder) as scratch:
            for number in numbers:
                with_process = options.is_with_process(number)

                def server(clock: Any, with_process: bool = with_process) -> Server:
                    if with_process:
                        return ServerProcess(scratch, folder)
                    return ServerInProcess(scratch, clock, protocol)

                yield Play(options.schedule(number), server, scratch).run()


def _by_workers(options: TortureOptions, numbers: range) -> Iterator[Tally]:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(options.workers, MAX_WORKERS), mp_context=context) as pool:
        parts = [numbers[start : start + _CHUNK] for start in range(0, len(numbers), _CHUNK)]
        for future in as_completed([pool.submit(_part, options, part) for part in parts]):
            yield future.result()


def _part(options: TortureOptions, numbers: range) -> Tally:
    tally = Tally()
    for played in played_one_by_one(options, numbers):
        tally.add(played, options)
    return tally


def _trouble(played: Played, options: TortureOptions) -> dict[str, Any]:
    """What was found in a schedule, and the command that plays it again."""
    number = int(played.schedule.name.rpartition(" ")[2])
    command = f"connex torture {played.schedule.name} --schedules 1"
    if options.process_every != DEFAULT_PROCESS_EVERY:
        command += f" --process-every {options.process_every}"
    if options.database is not None:
        command += " --database URL"
    return {
        "number": number,
        "command": command,
        "incidents": [f"{incident.kind.value} ({incident.aim.value})" for incident in played.schedule.incidents],
        "findings": [{"verdict": finding.verdict.value, "text": finding.text} for finding in played.findings],
    }
