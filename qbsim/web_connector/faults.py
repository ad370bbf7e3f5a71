"""What can go wrong between QuickBooks and the server, planned beforehand so that a test can repeat it.

Faults((Fault(FaultKind.LOSE_ANSWER, set_number=2),))       by hand
Faults.drawn(seed=7, count=5)                               drawn, the same for the same seed
Faults.from_data([{"kind": "LOSE_ANSWER", "set_number": 2}])  from a script's data
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import Enum
from typing import Any

BEFORE_THE_SESSION = 0
"""The set number of what befalls a whole session."""
MAX_CALLS = 1000
"""Calls that one SERVER_GONE refuses at most."""
MAX_SECONDS = 7 * 24 * 3600
"""The longest sleep of a PC, in seconds."""
MAX_DRAWN = 1000
"""Faults in one drawn plan."""


class FaultKind(Enum):
    """One thing that goes wrong with one message set, fetched by sendRequestXML, or with a whole session."""

    CUT_BEFORE_WORK = "the line breaks before QuickBooks sees the set; the session ends without another call"
    CUT_IN_REQUEST = "the line is cut in the middle of the body that carries the set; QuickBooks never sees it"
    LOSE_ANSWER = "QuickBooks works the set, the line breaks before the answer is sent; the session ends so"
    CUT_IN_ANSWER = "QuickBooks works the set, the line is cut in the middle of the answer's body; the session ends so"
    LOSE_REPLY = "QuickBooks works the set, the server takes the answer, its reply is lost; the session ends so"
    ANSWER_TWICE = "the answer is sent twice, and the session goes on with the reply to the second"
    COM_FAILURE_AFTER_WORK = "QuickBooks works the set and then crashes: an hresult is sent instead of the answer"
    COM_FAILURE_BEFORE_WORK = "QuickBooks crashes with nothing done: an hresult is sent instead of the answer"
    CRASH_DURING_WORK = "QuickBooks works the first requests of the set and crashes: an hresult instead of the answer"
    KILL_BEFORE_ANSWER = "the Web Connector is ended after QuickBooks worked the set, before the answer is sent"
    KILL_AFTER_ANSWER = "the Web Connector is ended after the answer was taken; no closeConnection comes"
    DELIVER_LATE = "the Web Connector hangs with the set; QuickBooks gets it when `release()` is called"
    SERVER_GONE = "from the set's answer on, or from the session's beginning, `calls` calls are refused"
    SLOW_QUICKBOOKS = "QuickBooks takes `seconds` for the set, or for every set of the session"
    PC_ASLEEP = "the PC sleeps `seconds` with the set, then the very same session goes on"
    PC_ASLEEP_SESSION_OVER = "the PC sleeps `seconds` with the set, then the session is over without another call"
    BACKUP_RESTORED = "before the session the company file is put back to what it was before the last session"
    DIALOG_OPEN = "a dialog is open in QuickBooks during the session: no company file is opened"
    USER_DELETES = "before QuickBooks sees the set, a person deletes the transaction that carries `carrying`"
    USER_VOIDS = "before QuickBooks sees the set, a person voids that transaction"
    USER_EDITS = "before QuickBooks sees the set, a person writes another Memo on that transaction"
    USER_RENUMBERS = "before QuickBooks sees the set, a person gives that transaction another RefNumber"


_OF_SESSIONS = frozenset({FaultKind.BACKUP_RESTORED, FaultKind.DIALOG_OPEN})
_OF_BOTH = frozenset({FaultKind.SERVER_GONE, FaultKind.SLOW_QUICKBOOKS})
USER_KINDS = frozenset({FaultKind.USER_DELETES, FaultKind.USER_VOIDS, FaultKind.USER_EDITS, FaultKind.USER_RENUMBERS})
NEED_A_PERSON = USER_KINDS | {FaultKind.BACKUP_RESTORED}
ASLEEP = frozenset({FaultKind.PC_ASLEEP, FaultKind.PC_ASLEEP_SESSION_OVER})
# The measure that a kind needs, with its least and its greatest value.
_MEASURES: dict[FaultKind, tuple[str, int, int]] = {
    FaultKind.CRASH_DURING_WORK: ("crash_after", 0, 1_000_000),
    FaultKind.SERVER_GONE: ("calls", 1, MAX_CALLS),
    FaultKind.SLOW_QUICKBOOKS: ("seconds", 1, MAX_SECONDS),
    FaultKind.PC_ASLEEP: ("seconds", 1, MAX_SECONDS),
    FaultKind.PC_ASLEEP_SESSION_OVER: ("seconds", 1, MAX_SECONDS),
}
# What is drawn for it.
_DRAWN_MEASURES: dict[FaultKind, tuple[int, ...]] = {
    FaultKind.CRASH_DURING_WORK: (0, 1, 2, 3),
    FaultKind.SERVER_GONE: (1, 2, 3, 5, 8),
    FaultKind.SLOW_QUICKBOOKS: (5, 30, 90, 300),
    FaultKind.PC_ASLEEP: (3600, 8 * 3600, 3 * 24 * 3600),
    FaultKind.PC_ASLEEP_SESSION_OVER: (3600, 8 * 3600, 3 * 24 * 3600),
}


class FaultPlanError(ValueError):
    """A plan that can't be carried out; says which of its faults and why."""


@dataclass(frozen=True)
class Fault:
    """`kind` at one set: the `set_number`-th that the `session_number`-th session fetches, both counted from 1.

    `set_number` 0 stands for the whole session, for the kinds that allow it. `crash_after` is the number of requests
    that QuickBooks still works, for CRASH_DURING_WORK; `calls` the number of calls that are refused, for SERVER_GONE;
    `seconds` how long QuickBooks or the PC's sleep takes. `carrying` is the RefNumber, or a part of the Memo, of the
    transaction that a person changes; without it, it is the one that was made last.
    """

    kind: FaultKind
    set_number: int
    session_number: int = 1
    crash_after: int | None = None
    calls: int | None = None
    seconds: int | None = None
    carrying: str | None = None

    def __post_init__(self) -> None:
        name = self.kind.name
        if self.session_number < 1 or self.set_number < BEFORE_THE_SESSION:
            raise FaultPlanError(f"sets and sessions are counted from 1, not {self.set_number}, {self.session_number}")
        if not _is_placed(self.kind, self.set_number):
            where = "0, the whole session" if self.kind in _OF_SESSIONS else "1 or more: sets are counted from 1"
            raise FaultPlanError(f"the set_number of {name} is {where}; it is {self.set_number}")
        if self.kind is FaultKind.BACKUP_RESTORED and self.session_number == 1:
            raise FaultPlanError(f"{name} in session 1 has no session before it to undo; plan it from session 2 on")
        wanted, least, greatest = _MEASURES.get(self.kind, ("", 0, 0))
        for measure in ("crash_after", "calls", "seconds"):
            value = getattr(self, measure)
            if (value is not None) != (measure == wanted):
                owners = ", ".join(kind.name for kind, (owned, _, _) in _MEASURES.items() if owned == measure)
                raise FaultPlanError(f"{measure} belongs to {owners}, which needs it, and to no other fault")
            if value is not None and not least <= value <= greatest:
                raise FaultPlanError(f"{measure} of {name} is a number from {least} to {greatest}, not {value}")
        if self.carrying is not None and (self.kind not in USER_KINDS or not self.carrying):
            raise FaultPlanError("carrying is a text, for what a person does to a transaction, and for no other fault")

    def to_data(self) -> dict[str, str | int]:
        """As plain values, without what is not given."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {**{name: value for name, value in values.items() if value is not None}, "kind": self.kind.name}


@dataclass(frozen=True)
class Faults:
    """The schedule of one Web Connector, whose sessions are counted from its making. At most one fault for each set."""

    planned: tuple[Fault, ...] = ()
    _by_place: dict[tuple[int, int], Fault] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_place = {(fault.session_number, fault.set_number): fault for fault in self.planned}
        if len(by_place) != len(self.planned):
            raise FaultPlanError(
                "two faults are planned for the same set of the same session; plan one of them elsewhere"
            )
        object.__setattr__(self, "_by_place", by_place)

    @classmethod
    def drawn(
        cls,
        seed: int,
        count: int,
        *,
        sessions: int = 10,
        sets: int = 3,
        kinds: Sequence[FaultKind] = tuple(FaultKind),
    ) -> Faults:
        """So many faults in the first sessions, at one of the first sets of each; the same for the same arguments.

        Raises FaultPlanError where there are not so many places for these kinds.
        """
        if not 0 <= count <= MAX_DRAWN:
            raise FaultPlanError(f"from 0 to {MAX_DRAWN} faults are drawn, not {count}")
        chance = random.Random(seed)  # noqa: S311 - a plan to be repeated, not a secret
        places = [(session, number) for session in range(1, sessions + 1) for number in range(sets + 1)]
        free = [place for place in places if any(_fits(kind, *place) for kind in kinds)]
        if count > len(free):
            raise FaultPlanError(
                f"{count} faults don't fit into {len(free)} places; give more `sessions` or `sets`, or fewer faults"
            )
        drawn: list[Fault] = []
        for _ in range(count):
            kind = chance.choice([kind for kind in kinds if any(_fits(kind, *place) for place in free)])
            place = chance.choice([place for place in free if _fits(kind, *place)])
            free.remove(place)
            drawn.append(_draw(chance, kind, *place))
        return cls(tuple(sorted(drawn, key=lambda fault: (fault.session_number, fault.set_number))))

    @classmethod
    def from_data(cls, data: Any) -> Faults:
        """The plan in a list of objects with the fields of Fault, its kind by name. Raises FaultPlanError."""
        if not isinstance(data, Sequence) or isinstance(data, str):
            raise FaultPlanError("a plan is a list of objects such as {'kind': 'LOSE_ANSWER', 'set_number': 1}")
        return cls(tuple(_read(number, entry) for number, entry in enumerate(data)))

    def to_data(self) -> list[dict[str, str | int]]:
        """The plan as plain values, for `from_data`."""
        return [fault.to_data() for fault in self.planned]

    def at(self, session_number: int, set_number: int) -> Fault | None:
        """What is planned for this set, or with 0 for this session."""
        return self._by_place.get((session_number, set_number))

    @property
    def last_session(self) -> int:
        """The number of the last session that something is planned for, 0 where nothing is."""
        return max((fault.session_number for fault in self.planned), default=0)


@dataclass(frozen=True)
class LateSet:
    """A set that the server gave out under `ticket` and that QuickBooks has not seen yet."""

    ticket: str
    request: str
    company_path: str = ""


def _is_placed(kind: FaultKind, set_number: int) -> bool:
    if kind in _OF_BOTH:
        return True
    return (set_number == BEFORE_THE_SESSION) == (kind in _OF_SESSIONS)


def _fits(kind: FaultKind, session_number: int, set_number: int) -> bool:
    has_backup = kind is not FaultKind.BACKUP_RESTORED or session_number > 1
    return has_backup and _is_placed(kind, set_number)


def _draw(chance: random.Random, kind: FaultKind, session_number: int, set_number: int) -> Fault:
    measure: dict[str, Any] = {}
    if kind in _MEASURES:
        measure[_MEASURES[kind][0]] = chance.choice(_DRAWN_MEASURES[kind])
    return Fault(kind, set_number, session_number, **measure)


def _read(number: int, entry: Any) -> Fault:
    place = f"fault {number + 1}"
    if not isinstance(entry, Mapping) or not entry.keys() >= {"kind", "set_number"}:
        raise FaultPlanError(f"{place}: an object with kind and set_number is needed")
    types: dict[str, type] = {each.name: str if each.name in ("kind", "carrying") else int for each in fields(Fault)}
    for name, value in entry.items():
        if name not in types:
            raise FaultPlanError(f"{place}: {name!r} is not one of {', '.join(types)}")
        if not isinstance(value, types[name]) or isinstance(value, bool):
            raise FaultPlanError(f"{place}: {name} is {value!r}, which is no {types[name].__name__}")
    if entry["kind"] not in FaultKind.__members__:
        raise FaultPlanError(f"{place}: {entry['kind']!r} is not one of {', '.join(FaultKind.__members__)}")
    try:
        return Fault(**{**entry, "kind": FaultKind[entry["kind"]]})
    except FaultPlanError as error:
        raise FaultPlanError(f"{place}: {error}") from None
