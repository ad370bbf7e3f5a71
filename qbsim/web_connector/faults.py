"""What can go wrong between QuickBooks and the server, planned beforehand so that a test can repeat it.

Faults((Fault(FaultKind.LOSE_ANSWER, set_number=2),))
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum


class FaultKind(Enum):
    """One thing that goes wrong with one message set, fetched by sendRequestXML."""

    CUT_BEFORE_WORK = "the line breaks before QuickBooks sees the set; the session ends without another call"
    LOSE_ANSWER = "QuickBooks works the set, the line breaks before the answer is sent; the session ends so"
    LOSE_REPLY = "QuickBooks works the set, the server takes the answer, its reply is lost; the session ends so"
    ANSWER_TWICE = "the answer is sent twice, and the session goes on with the reply to the second"
    COM_FAILURE_AFTER_WORK = "QuickBooks works the set and then crashes: an hresult is sent instead of the answer"
    COM_FAILURE_BEFORE_WORK = "QuickBooks crashes with nothing done: an hresult is sent instead of the answer"
    CRASH_DURING_WORK = "QuickBooks works the first requests of the set and crashes: an hresult instead of the answer"
    KILL_BEFORE_ANSWER = "the Web Connector is ended after QuickBooks worked the set, before the answer is sent"
    KILL_AFTER_ANSWER = "the Web Connector is ended after the answer was taken; no closeConnection comes"
    DELIVER_LATE = "the Web Connector hangs with the set; QuickBooks gets it when `release()` is called"


@dataclass(frozen=True)
class Fault:
    """`kind` at one set: the `set_number`-th that the `session_number`-th session fetches, both counted from 1.

    `crash_after` is the number of requests that QuickBooks still works, for CRASH_DURING_WORK alone.
    """

    kind: FaultKind
    set_number: int
    session_number: int = 1
    crash_after: int | None = None

    def __post_init__(self) -> None:
        if self.set_number < 1 or self.session_number < 1:
            raise ValueError(f"sets and sessions are counted from 1, not {self.set_number} and {self.session_number}")
        if (self.crash_after is not None) != (self.kind is FaultKind.CRASH_DURING_WORK):
            raise ValueError("crash_after belongs to CRASH_DURING_WORK, which needs it, and to no other fault")
        if self.crash_after is not None and self.crash_after < 0:
            raise ValueError(f"crash_after is a number of requests, not {self.crash_after}")


@dataclass(frozen=True)
class Faults:
    """The schedule of one Web Connector, whose sessions are counted from its making. At most one fault for each set."""

    planned: tuple[Fault, ...] = ()
    _by_place: dict[tuple[int, int], Fault] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_place = {(fault.session_number, fault.set_number): fault for fault in self.planned}
        if len(by_place) != len(self.planned):
            raise ValueError("two faults are planned for the same set of the same session; plan one of them elsewhere")
        object.__setattr__(self, "_by_place", by_place)

    def at(self, session_number: int, set_number: int) -> Fault | None:
        """What is planned for this set."""
        return self._by_place.get((session_number, set_number))


@dataclass(frozen=True)
class LateSet:
    """A set that the server gave out under `ticket` and that QuickBooks has not seen yet."""

    ticket: str
    request: str
