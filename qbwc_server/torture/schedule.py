"""What is to go wrong, and with which QuickBooks: schedules, drawn by a seed or gone through one by one. No I/O."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from qbsim import Behaviour

WORLDS = 4  # sample shops that schedules choose from
ORDERS_IN_A_WORLD = 16  # refunded orders of a sample shop that schedules choose from
SALES_ORDERS_IN_A_WORLD = (8, 9, 19, 20)  # orders of it that were never invoiced, with and without money that went back
MAX_DRAWN = 5  # incidents of the kinds that happen with any QuickBooks
MAX_INCIDENTS = MAX_DRAWN + 1  # somebody may touch the entry of the latch besides
MAX_DEPTH = 4  # incidents in a sequence that is gone through; more would take days


class Kind(Enum):
    """One thing that goes wrong with, or during, one message set."""

    CUT_BEFORE_WORK = "the line breaks before QuickBooks sees the set"
    LOSE_ANSWER = "QuickBooks works the set, and its answer never leaves"
    LOSE_REPLY = "the server takes the answer, and its reply is lost"
    ANSWER_TWICE = "the answer comes twice"
    ANSWER_LATE = "the answer comes when another session has begun"
    SERVER_DIES_BEFORE_SENDING_IS_KEPT = "the server dies before it has written down what it sends"
    SERVER_DIES_AFTER_SENDING_IS_KEPT = "the server dies when it has written down what it sends"
    SERVER_DIES_BEFORE_ANSWER_IS_KEPT = "the server dies before it has written down what was answered"
    SERVER_DIES_AFTER_ANSWER_IS_KEPT = "the server dies when it has written down what was answered"
    QUICKBOOKS_CRASHES = "QuickBooks crashes in the middle of the set"
    COM_FAILURE_BEFORE_WORK = "QuickBooks fails with nothing done"
    COM_FAILURE_AFTER_WORK = "QuickBooks fails when all is done"
    CONNECTOR_KILLED_BEFORE_WORK = "the Web Connector is ended with the set in its hands"
    CONNECTOR_KILLED_AFTER_ANSWER = "the Web Connector is ended after the answer, without closeConnection"
    WORKED_LATE = "the Web Connector hangs, and QuickBooks works the set later or never"
    DATABASE_AWAY = "the database is locked or restarted while a call is worked"
    DISK_FULL = "the disk is full while a call is worked"
    CLOCK_FORWARD = "the server's clock jumps forward"
    CLOCK_BACK = "the server's clock jumps back"
    SECOND_CONNECTOR = "a second Web Connector with the same password comes in between"
    NUMBER_EDITED = "somebody edits a RefNumber of ours"
    TRANSACTION_DELETED = "somebody deletes a transaction of ours"
    TRANSACTION_VOIDED = "somebody voids a transaction of ours"
    AMOUNT_EDITED = "somebody edits the amount of a credit memo of ours"
    RECORDS_GONE = "QuickBooks' recovery records are gone"
    ENTRY_TOUCHED = "somebody edits or deletes our entry in the list of other names"


HUMAN_ACTS = frozenset(
    {Kind.NUMBER_EDITED, Kind.TRANSACTION_DELETED, Kind.TRANSACTION_VOIDED, Kind.AMOUNT_EDITED, Kind.RECORDS_GONE}
)
MEDDLING = HUMAN_ACTS | {Kind.SECOND_CONNECTOR}
SERVER_DEATHS = frozenset(
    {
        Kind.SERVER_DIES_BEFORE_SENDING_IS_KEPT,
        Kind.SERVER_DIES_AFTER_SENDING_IS_KEPT,
        Kind.SERVER_DIES_BEFORE_ANSWER_IS_KEPT,
        Kind.SERVER_DIES_AFTER_ANSWER_IS_KEPT,
    }
)


class Aim(Enum):
    """Which sets an incident may hit."""

    ANY = "any set"
    POSTING = "a set that posts"
    SETTLING = "a set that claims the company file or clears up what is in doubt"


class Release(Enum):
    """When a set that hangs in a Web Connector is worked after all."""

    NEXT_SESSION = "when the next session has begun"
    AFTER_LOOK = "after the server has looked for it in the books"
    AFTER_ASKED = "after the server has asked for its outcome"
    WITH_REPEAT = "when what is in it was sent again, before the second copy"
    DURING_REPEAT = "in part before the second copy, and the rest after it"
    AFTER_REPEAT = "after the second copy"
    END = "when all was quiet"
    NEVER = "never"


@dataclass(frozen=True)
class Incident:
    """Something that goes wrong with the first set that fits, after `skip` others that fit."""

    kind: Kind
    aim: Aim = Aim.POSTING
    skip: int = 0
    number: int = 0  # requests worked, seconds of a jump, which transaction: as the kind has it
    release: Release = Release.NEVER  # of WORKED_LATE
    answered: bool = True  # of WORKED_LATE: its answer reaches the server


@dataclass(frozen=True)
class Schedule:
    """One trial: a shop, a QuickBooks, settings, and incidents one after the other."""

    name: str  # options of the command that plays it again
    world: int
    orders: tuple[int, ...]  # of the world's refunded orders, in the order in which they are brought in
    later: int  # how many of them come only when the incidents have begun
    behaviour: Behaviour
    refund_method: str
    several_connectors: bool  # by the connection's setting
    incidents: tuple[Incident, ...]
    check_number: str = "ref_number"
    records_missing_payments: bool = False  # the setting record_missing_payment
    sales_order: str = "close"  # the setting of that name: close, skip or credit
    is_approved: bool = False  # the setting review=always, and a person who approves between the sessions
    two_gateways: bool = False  # what went back as money did so through two
    missing_orders_as: str = ""  # the setting of that name, with sync_missing_orders; empty: no order is created
    lacking: tuple[int, ...] = ()  # of the orders: those whose sales QuickBooks lacks, where an order may be created
    new_customers: bool = False  # it lacks the customers of these orders, too; two orders are of one customer
    in_order: bool = True  # an incident waits for those before it; else it happens at the first set that fits


# --- drawn

_SWITCHES: dict[str, tuple[tuple[object, float], ...]] = {
    "keeps_recovery_records": ((True, 0.85), (False, 0.15)),
    "recovery_records_kept": ((None, 0.75), (1, 0.07), (3, 0.09), (20, 0.09)),
    "keeps_partial_records": ((True, 0.6), (False, 0.4)),
    "recognises_repeats": ((True, 0.8), (False, 0.2)),
    "repeat_of_a_set_in_work": (("stored", 0.6), ("busy", 0.3), ("worked", 0.1)),
    "refuses_repeated_external_guid": ((False, 0.7), (True, 0.3)),
    "shows_external_guid": ((True, 0.8), (False, 0.2)),
    "takes_private_data": ((True, 0.85), (False, 0.15)),
    "resolves_macro_in_check": ((True, 0.75), (False, 0.25)),
    "resolves_macro_in_card_refund": ((True, 0.75), (False, 0.25)),
    "resolves_macro_in_set_credit": ((True, 0.75), (False, 0.25)),
    "allows_macro_to_be_redefined": ((True, 0.75), (False, 0.25)),
    "check_from_undeposited_funds": ((True, 0.6), (False, 0.4)),
    "records_credit_only_payments": ((False, 0.5), (True, 0.5)),
    "has_sales_orders": ((True, 0.8), (False, 0.2)),
}
SWITCHES = (*_SWITCHES, "edit_sequences_count_up", "may_change_other_names", "answers_what_is_left_out")
SETTINGS = (
    "refund_method",
    "check_number",
    "several_connectors",
    "records_missing_payments",
    "sales_order",
    "is_approved",
    "two_gateways",
    "missing_orders_as",
    "new_customers",
)
_KIND_WEIGHTS = {kind: 2.0 if kind in (Kind.WORKED_LATE, Kind.QUICKBOOKS_CRASHES) else 1.0 for kind in Kind}
# A set that comes late tells most when the server has sent the same again, or believes that all is done.
_RELEASE_WEIGHTS = dict.fromkeys((Release.WITH_REPEAT, Release.AFTER_REPEAT, Release.END), 2.0)
_JUMPS = (300, 3 * 3600, 26 * 3600, 3 * 86_400)  # seconds
_MAX_TARGETS = 8  # the number that chooses among transactions, and of requests worked before a crash


def draw(seed: int) -> Schedule:
    """The schedule of a seed; always the same one."""
    rng = random.Random(f"connex torture {seed}")  # noqa: S311  samples, not secrets
    orders = tuple(rng.sample(range(ORDERS_IN_A_WORLD), rng.randint(2, 4)))
    meddled = rng.random() < 0.4
    kinds = [kind for kind in Kind if kind is not Kind.ENTRY_TOUCHED and (meddled or kind not in MEDDLING)]
    weights = [_KIND_WEIGHTS[kind] for kind in kinds]
    chosen = rng.choices(kinds, weights, k=rng.randint(1, MAX_DRAWN))
    return _with_latch(seed, _with_other_sales(seed, _drawn(seed, rng, orders, meddled, chosen)))


def _drawn(seed: int, rng: random.Random, orders: tuple[int, ...], meddled: bool, chosen: Sequence[Kind]) -> Schedule:
    return Schedule(
        name=f"--seed {seed}",
        world=rng.randrange(WORLDS),
        orders=orders,
        later=rng.randrange(len(orders)),
        behaviour=_behaviour(rng),
        refund_method="check" if rng.random() < 0.4 else "credit_card",
        several_connectors=meddled and rng.random() < 0.2,
        incidents=tuple(_incident(rng, kind) for kind in chosen),
        records_missing_payments=rng.random() < 0.3,
        sales_order="skip" if rng.random() < 0.15 else "close",
        is_approved=rng.random() < 0.15,
        two_gateways=rng.random() < 0.25,
        check_number="to_print" if rng.random() < 0.5 else "ref_number",
        in_order=False,
    )


def _with_other_sales(seed: int, schedule: Schedule) -> Schedule:
    """What is drawn of sales that QuickBooks has as orders alone, or not at all: apart, so that nothing else moves."""
    rng = random.Random(f"connex torture sales {seed}")  # noqa: S311  samples, not secrets
    if rng.random() < 0.15:
        number = rng.choice(SALES_ORDERS_IN_A_WORLD)
        others = [each for each in schedule.orders if each != number]
        orders = (number, *others[: len(schedule.orders) - 1])
        schedule = replace(schedule, sales_order="credit", orders=orders)
    if rng.random() >= 0.25:
        return schedule
    share = rng.choice((0.6, 1.0))  # where QuickBooks lacks all of them, the first set that posts creates orders
    lacking = tuple(number for number in schedule.orders if rng.random() < share)
    return replace(
        schedule,
        missing_orders_as=rng.choice(("sales_receipt", "invoice")),
        lacking=lacking,
        new_customers=rng.random() < 0.5,
    )


def _with_latch(seed: int, schedule: Schedule) -> Schedule:
    """What is drawn of the entry that postings begin with: apart as well."""
    rng = random.Random(f"connex torture latch {seed}")  # noqa: S311  samples, not secrets
    later = random.Random(f"connex torture no latch {seed}")  # noqa: S311
    behaviour = replace(
        schedule.behaviour,
        edit_sequences_count_up=rng.random() < 0.7,
        may_change_other_names=later.random() >= 0.1,
        answers_what_is_left_out=later.random() < 0.5,
    )
    incidents = list(schedule.incidents)
    if rng.random() < 0.15:
        incidents.insert(rng.randint(0, len(incidents)), _incident(rng, Kind.ENTRY_TOUCHED))
    return replace(schedule, behaviour=behaviour, incidents=tuple(incidents))


def _behaviour(rng: random.Random) -> Behaviour:
    likely = rng.random() < 0.4  # a QuickBooks as documented; else every switch for itself
    values = {
        name: rng.choices([value for value, _ in options], [weight for _, weight in options])[0]
        for name, options in _SWITCHES.items()
    }
    if likely:
        for name in ("keeps_recovery_records", "recognises_repeats", "takes_private_data", "shows_external_guid"):
            values[name] = True
        values["recovery_records_kept"] = None
    return Behaviour(**values)  # type: ignore[arg-type]


def _incident(rng: random.Random, kind: Kind) -> Incident:
    aim = rng.choices((Aim.POSTING, Aim.SETTLING, Aim.ANY), (0.6, 0.2, 0.2))[0]
    skip = rng.choices(range(4), (0.6, 0.25, 0.1, 0.05))[0]
    number = rng.randrange(_MAX_TARGETS)
    if kind in (Kind.CLOCK_FORWARD, Kind.CLOCK_BACK):
        number = rng.choice(_JUMPS)
    release = rng.choices(tuple(Release), [_RELEASE_WEIGHTS.get(release, 1.0) for release in Release])[0]
    return Incident(kind, aim, skip, number, release, rng.random() < 0.5)


# --- gone through one by one

# The most telling incidents at a set that writes, and what happens between the sessions that clear it up.
DEPTH_INCIDENTS: tuple[Incident, ...] = (
    Incident(Kind.CUT_BEFORE_WORK),
    Incident(Kind.LOSE_ANSWER),
    Incident(Kind.LOSE_REPLY),
    Incident(Kind.ANSWER_TWICE),
    Incident(Kind.ANSWER_LATE),
    Incident(Kind.SERVER_DIES_BEFORE_SENDING_IS_KEPT),
    Incident(Kind.SERVER_DIES_AFTER_SENDING_IS_KEPT),
    Incident(Kind.SERVER_DIES_BEFORE_ANSWER_IS_KEPT),
    Incident(Kind.SERVER_DIES_AFTER_ANSWER_IS_KEPT),
    Incident(Kind.QUICKBOOKS_CRASHES, number=0),
    Incident(Kind.QUICKBOOKS_CRASHES, number=1),
    Incident(Kind.QUICKBOOKS_CRASHES, number=2),
    Incident(Kind.QUICKBOOKS_CRASHES, number=3),
    Incident(Kind.COM_FAILURE_AFTER_WORK),
    Incident(Kind.WORKED_LATE, release=Release.NEXT_SESSION),
    Incident(Kind.WORKED_LATE, release=Release.AFTER_ASKED),
    Incident(Kind.WORKED_LATE, release=Release.WITH_REPEAT, answered=False),
    Incident(Kind.WORKED_LATE, release=Release.AFTER_REPEAT),
    Incident(Kind.WORKED_LATE, release=Release.END, answered=False),
    Incident(Kind.DATABASE_AWAY),
    Incident(Kind.DISK_FULL),
    Incident(Kind.NUMBER_EDITED, aim=Aim.SETTLING),
    Incident(Kind.RECORDS_GONE, aim=Aim.SETTLING),
    Incident(Kind.LOSE_ANSWER, aim=Aim.SETTLING),
)
DEPTH_BEHAVIOURS: tuple[Behaviour, ...] = (
    Behaviour(),
    Behaviour(keeps_recovery_records=False),
    Behaviour(keeps_partial_records=False),
    Behaviour(recognises_repeats=False),
    Behaviour(shows_external_guid=False),
    Behaviour(may_change_other_names=False),
)
_SMALL_ORDERS = (0, 4)  # a sales receipt refunded whole, and an invoice that was paid in part


def sequences(depth: int) -> int:
    """How many schedules `sequence` gives for a depth."""
    count: int = len(DEPTH_BEHAVIOURS) * len(DEPTH_INCIDENTS) ** depth
    return count


def sequence(depth: int, number: int) -> Schedule:
    """The `number`-th schedule of those that go through every sequence of so many incidents in one small shop."""
    rest, which = divmod(number, len(DEPTH_BEHAVIOURS))
    chosen = []
    for _ in range(depth):
        rest, incident = divmod(rest, len(DEPTH_INCIDENTS))
        chosen.append(DEPTH_INCIDENTS[incident])
    return Schedule(
        name=f"--depth {depth} --seed {number}",
        world=0,
        orders=_SMALL_ORDERS,
        later=0,
        behaviour=DEPTH_BEHAVIOURS[which],
        refund_method="credit_card",
        several_connectors=False,
        incidents=tuple(chosen),
    )
