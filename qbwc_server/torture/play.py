"""One schedule, played: a Web Connector and a QuickBooks by hand, incidents where they are due, then quiet sessions."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum
from functools import partial
from typing import TypeVar, cast

from sqlalchemy import select, update
from sqlalchemy.orm import selectinload

from qbsim import Answer, QuickBooks, QuickBooksCrashed, SetInWork, SettableClock
from qbsim.transactions import CreditMemo, Transaction
from qbsim.web_connector.soap import CallFailed
from qbwc_server.demo.shop import TAX_ITEM
from qbwc_server.store.connections import add_connection, connection_named
from qbwc_server.store.decisions import Act, decide
from qbwc_server.store.refunds import take_in
from qbwc_server.store.reports import refund_as_dict
from qbwc_server.store.tables import Refund
from qbwc_server.torture.oracle import Ending, Finding, Verdict, judge, order_named_by
from qbwc_server.torture.schedule import MEDDLING, SERVER_DEATHS, Aim, Incident, Kind, Release, Schedule
from qbwc_server.torture.scratch import Scratch
from qbwc_server.torture.servers import PASSWORD_HASH, USER, Server
from qbwc_server.torture.shop import CREATED_IN, START, Order, shop_for
from qbwc_server.torture.witness import Witness, external_guids

PAUSE_SECONDS = 130  # between sessions: longer than a set that writes is held to be on its way
MAX_TROUBLED_SESSIONS = 40  # sessions in which incidents may happen
MAX_QUIET_SESSIONS = 60  # after them; a queue that is not empty then is stuck
MAX_SETS = 150  # message sets a session
_MAX_TROUBLED_CALLS = 6  # calls with a full disk, until one fails
_REAL_PAUSE_SECONDS = 1.05  # as PAUSE_SECONDS, where the server's clock can't be moved
_COM_FAILURE = Answer("", "0x80010105", "The server threw an exception.")
_Result = TypeVar("_Result")
_MISSING_ORDERS = {
    "sync_missing_orders": "true",
    "missing_orders_since": "2026-01-01",
    "missing_orders_tax_item": TAX_ITEM,
    "missing_orders_account": CREATED_IN,
    "shipping_item": "Shipping",
}
_APPROVED = ("approval_needed", "plan_changed")  # reasons for which a person approves what is shown
_OURS = ("CreditMemo", "Check", "ARRefundCreditCard")
_SET_IDS = re.compile(r'(new|old)MessageSetID="([^"]*)"')
_ADDED = re.compile(r"<((?:Customer|Item\w+)Add)>\s*<Name>([^<]*)<")
_CLOSED_ORDER = re.compile(r"<SalesOrderMod>\s*<TxnID>([^<]*)<")
_LOOK = re.compile(  # for checks that were changed since a time, whatever their number
    r"<CheckQueryRq [^>]*>(?:(?!</CheckQueryRq>).)*<FromModifiedDate>[^<]*</FromModifiedDate>\s*</ModifiedDate",
    re.DOTALL,
)
_QUESTIONS = (
    '<?xml version="1.0" encoding="utf-8"?>\n<?qbxml version="16.0"?>\n<QBXML>\n<QBXMLMsgsRq onError="continueOnError">'
    '\n<HostQueryRq requestID="0"></HostQueryRq>\n<CompanyQueryRq requestID="1"></CompanyQueryRq>\n'
    '<PreferencesQueryRq requestID="2"></PreferencesQueryRq>\n</QBXMLMsgsRq>\n</QBXML>'
)


class Circumstances(Enum):
    """Where refunds may come to wait for a person more or less often."""

    WITH_LATCH = "where QuickBooks keeps records, and postings begin with the latch"  # and nobody meddles
    WITHOUT_LATCH = "where it keeps them, and does not take the latch"
    MEDDLED = "where it keeps them, and somebody meddled"  # or the connection has it that Web Connectors are several
    RECORDS_NOT_KEPT = "where it keeps none"


@dataclass(frozen=True)
class Played:
    """What came of a schedule."""

    schedule: Schedule
    findings: tuple[Finding, ...]
    beyond_recall: tuple[Finding, ...]  # doubled where nobody could have prevented it; see docs/reliability.md
    statuses: Counter[str]
    to_review: Counter[str]  # refunds that wait for a person and should not by their nature, by the code of the reason
    happened: Counter[Kind]
    quiet_sessions: int
    sets: int
    is_real: bool  # with a server process of its own

    @property
    def circumstances(self) -> Circumstances:
        """What its refunds are counted under."""
        behaviour = self.schedule.behaviour
        if not behaviour.keeps_recovery_records:
            return Circumstances.RECORDS_NOT_KEPT
        if self.schedule.several_connectors or any(self.happened[kind] for kind in MEDDLING):
            return Circumstances.MEDDLED
        return Circumstances.WITH_LATCH if behaviour.may_change_other_names else Circumstances.WITHOUT_LATCH


@dataclass
class _Connector:
    """A Web Connector on a PC, with the QuickBooks that it speaks to."""

    address: str
    quickbooks: QuickBooks


@dataclass
class _Set:
    """A message set in a Web Connector's hands."""

    ticket: str
    request: str
    session: int
    aim: Aim
    is_status_check: bool
    is_look: bool
    is_again: bool = False  # it has a document that was handed out before
    is_repeat: bool = False  # its very bytes were
    number: int = 0  # requests worked before a repeat, where it hangs
    answer: Answer = field(default_factory=lambda: Answer(""))
    release: Release = Release.NEVER
    answered: bool = True

    @property
    def set_id(self) -> str:
        return _ids(self.request).get("new", "")


@dataclass(eq=False)
class _Pending:
    """An incident that is still to happen."""

    incident: Incident
    skip: int  # sets that fit and go their way before it
    is_armed: bool = False  # the server knows that it is to die


@dataclass
class _Silence(Exception):
    """The session is over without another word."""


@dataclass
class Play:
    """A schedule in the course of being played."""

    schedule: Schedule
    server_of: Callable[[Callable[[], datetime]], Server]
    scratch: Scratch
    happened: Counter[Kind] = field(default_factory=Counter)

    def run(self) -> Played:
        """Plays it to its end, and judges that."""
        self._prepare()
        try:
            self._troubled()
            quiet = self._until_quiet()
            self._work_late({Release.END})
            quiet = max(quiet, self._until_quiet())
            return self._judged(quiet)
        finally:
            self.server.stop()

    # --- the beginning

    def _prepare(self) -> None:
        self.clock = SettableClock(START)
        self.offset = timedelta(0)  # of the server's clock
        self.shop = shop_for(self.schedule, self.clock)
        self.company = self.shop.company
        self.scratch.reset()
        self.server = self.server_of(lambda: self.clock() + self.offset)
        left_out = _NOT_WITH_A_PROCESS if self.server.is_real else frozenset()
        self.pending = [_Pending(i, i.skip) for i in self.schedule.incidents if i.kind not in left_out]
        self.sessions = self.sets = 0
        self.hanging: list[_Set] = []
        self.unanswered: list[_Set] = []
        self.given_out: Counter[str] = Counter()  # texts of sets that write, as often as they were handed out
        self.documents_out: set[str] = set()  # of those sets, what tells their documents
        self.witness = Witness(self.company, self.schedule.behaviour)
        self.touched: set[str] = set()  # TxnIDs that somebody has edited, voided or deleted
        self.numbers_edited = False
        self.trouble: Kind | None = None  # of the database, at the next call
        self.trouble_calls = 0
        self.later = list(self.shop.orders[len(self.shop.orders) - self.schedule.later :])
        settings = {
            "time_zone": "America/New_York",
            "refund_method": self.schedule.refund_method,
            "check_number": self.schedule.check_number,
            "sales_order": self.schedule.sales_order,
        }
        if self.schedule.several_connectors:
            settings["web_connectors"] = "several"
        if self.schedule.records_missing_payments:
            settings["record_missing_payment"] = "true"
        if self.schedule.is_approved:
            settings["review"] = "always"
        if self.schedule.missing_orders_as:
            settings |= _MISSING_ORDERS | {"missing_orders_as": self.schedule.missing_orders_as}
        with self.scratch.database.transaction() as session:
            add_connection(session, USER, USER, PASSWORD_HASH, settings, self._server_time(), "torture")
        for order in self.shop.orders[: len(self.shop.orders) - self.schedule.later]:
            self._bring_in(order)
        self.first = self._connector("10.0.0.1")
        self._arm()

    def _connector(self, address: str) -> _Connector:
        return _Connector(address, QuickBooks(self.company, self.schedule.behaviour))

    def _server_time(self) -> datetime:
        return self.clock() + self.offset

    def _bring_in(self, order: Order) -> None:
        with self.scratch.database.transaction() as session:
            take_in(session, connection_named(session, USER), order.refunds, self._server_time())

    # --- sessions

    def _troubled(self) -> None:
        for _ in range(MAX_TROUBLED_SESSIONS):
            if not self.pending and not self.trouble:
                break
            self._pause()
            ended = self._session(self.first)
            if ended == "none" and not self._approve():
                if self.later:
                    self._bring_in(self.later.pop(0))
                elif not self._let_go():
                    break
        for order in self.later:
            self._bring_in(order)
        self.later = []
        self.pending = []
        self.trouble = None

    def _until_quiet(self) -> int:
        """Sessions without incidents until nothing is left to do; how many there were."""
        for number in range(MAX_QUIET_SESSIONS):
            self._pause()
            if self._session(self.first) == "none" and not self._approve() and not self._let_go():
                return number
        return MAX_QUIET_SESSIONS

    def _pause(self) -> None:
        if self.server.is_real:
            time.sleep(_REAL_PAUSE_SECONDS)
        self.clock.advance(seconds=PAUSE_SECONDS)

    def _approve(self) -> bool:
        """Has a person approve what waits for it; whether there was anything."""
        if not self.schedule.is_approved:
            return False
        with self.scratch.database.transaction() as session:
            waiting = session.scalars(select(Refund).where(Refund.status == "review").order_by(Refund.id)).all()
            shown = [row for row in waiting if row.reason and row.reason["code"] in _APPROVED]
            for row in shown:
                decide(session, row, Act.APPROVE, who="Ann", note="", now=self._server_time())
        return bool(shown)

    def _let_go(self) -> bool:
        """Lets what waits for a later time come to its turn; whether there was anything."""
        waiting = Refund.status.in_(("waiting", "posting"))
        with self.scratch.database.transaction() as session:
            moment = session.scalar(select(Refund.not_before).where(waiting, Refund.not_before.is_not(None)).limit(1))
            if moment is None:
                return session.scalar(select(Refund.id).where(waiting).limit(1)) is not None
            if self.server.is_real:  # whose clock can't be moved
                session.execute(update(Refund).where(waiting).values(not_before=None))
        self.clock.advance(seconds=max(0, int((moment - self._server_time()).total_seconds())))
        return True

    def _session(self, connector: _Connector, *, is_quiet: bool = False, most_sets: int = MAX_SETS) -> str:
        """One session; "none" where there was nothing to do, else how it ended."""
        self.sessions += 1
        number = self.sessions
        try:
            ticket, code = self._called(lambda: self.server.authenticate(connector.address))
            if code:
                return code
            connector.quickbooks.begin_session()
            described = connector.quickbooks.process(_QUESTIONS).response
            for _ in range(most_sets):
                request = self._called(partial(self.server.send_request, ticket, described))
                described = ""
                if not request:
                    self.server.last_error(ticket)
                    break
                percent = self._exchange(connector, self._received(ticket, request, number), is_quiet=is_quiet)
                if percent < 0:
                    self.server.last_error(ticket)
                if not 0 <= percent < 100:
                    break
            else:
                return "ended by its user"
            self.server.close_connection(ticket)
        except (CallFailed, _Silence):
            self._note_death()
            return "broken"
        finally:
            connector.quickbooks.end_session()
        return "completed"

    def _received(self, ticket: str, request: str, session: int) -> _Set:
        self.sets += 1
        ids = _ids(request)
        is_check = "new" in ids and ids["new"] == ids.get("old")
        sent = _Set(ticket, request, session, Aim.ANY, is_check, bool(_LOOK.search(request)))
        if ids or sent.is_look:
            sent.aim = Aim.SETTLING
        if "new" in ids and not is_check:
            documents = _documents(request)
            sent.is_again, sent.is_repeat = bool(documents & self.documents_out), self.given_out[request] > 0
            if documents:
                sent.aim = Aim.POSTING
            self.given_out[request] += 1
            self.documents_out |= documents
            self.witness.handed_out(request, sent.set_id, ids.get("old"))
        return sent

    def _exchange(self, connector: _Connector, sent: _Set, *, is_quiet: bool) -> int:
        self._work_late({Release.NEXT_SESSION}, before=sent.session)
        in_work: list[tuple[_Set, SetInWork]] = []
        if sent.is_again:
            self._work_late({Release.WITH_REPEAT}, same_as=sent)
            in_work = self._worked_in_part(same_as=sent)
        self._answer_late(sent.session)
        incident = None if is_quiet else self._due(sent)
        try:
            percent = _HAPPENINGS[incident.kind](self, connector, sent, incident) if incident else None
            if percent is None:
                self._work(connector.quickbooks, sent)
                percent = self._answer(sent)
        finally:
            for first, work in in_work:
                with self.witness.of(first.set_id):
                    first.answer = work.end()
                if first.answered:
                    self._say_late(first)
        if sent.is_status_check:
            self._work_late({Release.AFTER_ASKED})
        elif sent.is_look:
            self._work_late({Release.AFTER_LOOK})
        elif sent.is_again:
            self._work_late({Release.AFTER_REPEAT}, same_as=sent)
        return percent

    def _due(self, sent: _Set) -> Incident | None:
        """The incident that happens with this set, if it is the turn of one."""
        for pending in self.pending[:1] if self.schedule.in_order else list(self.pending):
            incident = pending.incident
            if incident.kind in SERVER_DEATHS or incident.aim not in (sent.aim, Aim.ANY):
                continue
            if pending.skip:
                pending.skip -= 1
                continue
            if incident.kind in _NEEDS_TARGET and not self._targets(incident):
                continue
            self._has_happened(pending)
            return incident
        return None

    def _has_happened(self, pending: _Pending) -> None:
        self.pending.remove(pending)
        self.happened[pending.incident.kind] += 1
        self._arm()

    def _death(self) -> _Pending | None:
        """The death of the server that is next."""
        candidates = self.pending[:1] if self.schedule.in_order else self.pending
        return next((pending for pending in candidates if pending.incident.kind in SERVER_DEATHS), None)

    def _arm(self) -> None:
        death = self._death()
        if death is not None and not death.is_armed:
            death.is_armed = True
            self.server.dies_at(death.incident.kind, death.incident.aim, death.incident.skip)

    def _note_death(self) -> None:
        death = self._death()
        if self.server.has_died() and death is not None:
            self._has_happened(death)

    # --- calls, and the work of QuickBooks

    def _called(self, call: Callable[[], _Result]) -> _Result:
        """A call, with the trouble that the database is to give during it."""
        if self.trouble is None:
            return call()
        kind, self.trouble_calls = self.trouble, self.trouble_calls - 1
        if self.trouble_calls <= 0:
            self.trouble = None
        try:
            with self.server.disturbed(kind):
                return call()
        except CallFailed:
            self.trouble = None
            raise

    def _work(self, quickbooks: QuickBooks, sent: _Set, *, crash_after: int | None = None) -> None:
        """QuickBooks works the set."""
        with self.witness.of(sent.set_id):
            sent.answer = quickbooks.process(sent.request, crash_after=crash_after)

    def _worked_in_part(self, *, same_as: _Set) -> list[tuple[_Set, SetInWork]]:
        """Has QuickBooks begin to work the sets that hang and are to be in work while the second copy comes."""
        begun = []
        for first in [each for each in self.hanging if each.release is Release.DURING_REPEAT]:
            if _documents(first.request) & _documents(same_as.request):
                self.hanging.remove(first)
                quickbooks = QuickBooks(self.company, self.schedule.behaviour)
                quickbooks.begin_session()
                with self.witness.of(first.set_id):
                    begun.append((first, quickbooks.begin_set(first.request, first.number)))
        return begun

    def _answer(self, sent: _Set) -> int:
        return self._called(lambda: self.server.receive(sent.ticket, sent.answer))

    def _work_late(self, releases: set[Release], *, before: int | None = None, same_as: _Set | None = None) -> None:
        """Has QuickBooks work the sets that hang and whose time has come; each on its own, as by another process."""
        for sent in list(self.hanging):
            if sent.release not in releases:
                continue
            if before is not None and sent.session >= before:
                continue
            if same_as is not None and not _documents(sent.request) & _documents(same_as.request):
                continue
            self.hanging.remove(sent)
            quickbooks = QuickBooks(self.company, self.schedule.behaviour)
            quickbooks.begin_session()
            self._work(quickbooks, sent)
            if sent.answered:
                self._say_late(sent)

    def _answer_late(self, session: int) -> None:
        for sent in [each for each in self.unanswered if each.session < session]:
            self.unanswered.remove(sent)
            self._say_late(sent)

    def _say_late(self, sent: _Set) -> None:
        try:
            self.server.receive(sent.ticket, sent.answer)
        except CallFailed:
            self._note_death()

    # --- what happens; each gives the percentage that the session goes on with, or None where the set goes its way

    def _cut(self, connector: _Connector, sent: _Set, incident: Incident) -> int:  # noqa: ARG002
        raise _Silence

    def _lose_answer(self, connector: _Connector, sent: _Set, incident: Incident) -> int:  # noqa: ARG002
        self._work(connector.quickbooks, sent)
        raise _Silence

    def _lose_reply(self, connector: _Connector, sent: _Set, incident: Incident) -> int:  # noqa: ARG002
        self._work(connector.quickbooks, sent)
        self._answer(sent)
        raise _Silence

    def _answer_twice(self, connector: _Connector, sent: _Set, incident: Incident) -> int:  # noqa: ARG002
        self._work(connector.quickbooks, sent)
        self._answer(sent)
        return self._answer(sent)

    def _hold_answer(self, connector: _Connector, sent: _Set, incident: Incident) -> int:  # noqa: ARG002
        self._work(connector.quickbooks, sent)
        self.unanswered.append(sent)
        raise _Silence

    def _crash(self, connector: _Connector, sent: _Set, incident: Incident) -> int:
        try:
            self._work(connector.quickbooks, sent, crash_after=incident.number)
        except QuickBooksCrashed:
            sent.answer = _COM_FAILURE
        return self._answer(sent)

    def _fail_before(self, connector: _Connector, sent: _Set, incident: Incident) -> int:  # noqa: ARG002
        sent.answer = _COM_FAILURE
        return self._answer(sent)

    def _fail_after(self, connector: _Connector, sent: _Set, incident: Incident) -> int:  # noqa: ARG002
        self._work(connector.quickbooks, sent)
        sent.answer = _COM_FAILURE
        return self._answer(sent)

    def _hang(self, connector: _Connector, sent: _Set, incident: Incident) -> int:  # noqa: ARG002
        sent.release, sent.answered, sent.number = incident.release, incident.answered, incident.number
        self.hanging.append(sent)
        raise _Silence

    def _trouble(self, connector: _Connector, sent: _Set, incident: Incident) -> int:
        """While this set's answer is taken, or at the call after it."""
        self._work(connector.quickbooks, sent)
        at_next_call = bool(incident.number % 2)
        if at_next_call:
            percent = self._answer(sent)
        self.trouble = incident.kind
        self.trouble_calls = _MAX_TROUBLED_CALLS if incident.kind is Kind.DISK_FULL else 1
        return percent if at_next_call else self._answer(sent)

    def _jump(self, connector: _Connector, sent: _Set, incident: Incident) -> None:  # noqa: ARG002
        seconds = incident.number if incident.kind is Kind.CLOCK_FORWARD else -incident.number
        self.offset += timedelta(seconds=seconds)

    def _second_connector(self, connector: _Connector, sent: _Set, incident: Incident) -> None:  # noqa: ARG002
        if incident.number % 2:
            self.clock.advance(seconds=PAUSE_SECONDS)
        address = "10.0.0.2" if incident.answered else connector.address
        self._session(self._connector(address), is_quiet=True, most_sets=1 + incident.number)

    def _edit_number(self, connector: _Connector, sent: _Set, incident: Incident) -> None:  # noqa: ARG002
        target = self._target(incident)
        self.company.renumber(target, "EDITED")
        self.company.touch(target.stamp)
        self.numbers_edited = True

    def _delete(self, connector: _Connector, sent: _Set, incident: Incident) -> None:  # noqa: ARG002
        target = self._target(incident)
        self.touched.add(target.txn_id)
        self.company.delete(target)

    def _void(self, connector: _Connector, sent: _Set, incident: Incident) -> None:  # noqa: ARG002
        target = self._target(incident)
        self.touched.add(target.txn_id)
        self.company.void(target)

    def _edit_amount(self, connector: _Connector, sent: _Set, incident: Incident) -> None:  # noqa: ARG002
        """The memo's income and what the customer is credited become greater by one."""
        memo = cast("CreditMemo", self._target(incident))
        self.touched.add(memo.txn_id)
        self.company.ledger.reverse(memo.entries)
        receivable, income = memo.entries[0], memo.entries[1]
        receivable.amount -= 1
        income.amount += 1
        self.company.ledger.post(memo.entries)
        memo.subtotal += 1
        self.company.touch(memo.stamp)

    def _touch_entry(self, connector: _Connector, sent: _Set, incident: Incident) -> None:  # noqa: ARG002
        names = self.company.lists.other_names
        for entry in [each for each in names if each.name.startswith("Connex ")]:
            if incident.number % 2:
                self.company.delete_list_element(names, entry, "OtherName")
            else:
                entry.notes = "What is this?"
                self.company.touch(entry.stamp)

    def _forget_records(self, connector: _Connector, sent: _Set, incident: Incident) -> None:  # noqa: ARG002
        self.company.recovery.records.clear()

    def _targets(self, incident: Incident) -> list[Transaction]:
        """The transactions of ours that somebody may lay hands on."""
        kinds = ("CreditMemo",) if incident.kind is Kind.AMOUNT_EDITED else _OURS
        found = [each for kind in kinds for each in self.company.transactions(kind)]
        if incident.kind is not Kind.AMOUNT_EDITED:
            sales = [each for kind in ("SalesReceipt", "Invoice") for each in self.company.transactions(kind)]
            found += [each for each in sales if order_named_by(each)]
        return [each for each in found if not each.is_voided and self.shop.before.transaction(each.txn_id) is None]

    def _target(self, incident: Incident) -> Transaction:
        targets = self._targets(incident)
        return targets[incident.number % len(targets)]

    # --- the end

    def ending(self, *, is_quiet: bool = True) -> Ending:
        """What there is to be judged."""
        with self.scratch.database.reading() as session:
            found = session.scalars(select(Refund).options(selectinload(Refund.documents)).order_by(Refund.id))
            rows = [refund_as_dict(row) for row in found]
        return Ending(
            before=self.shop.before,
            after=self.company,
            expected=self.shop.expected,
            refunds=rows,
            payments=self.shop.payments,
            payouts=self.shop.payouts,
            created=self.shop.created,
            touched=frozenset(self.touched),
            is_quiet=is_quiet,
        )

    def _judged(self, quiet: int) -> Played:
        ending = self.ending(is_quiet=quiet < MAX_QUIET_SESSIONS)
        rows = ending.refunds
        findings = judge(ending)
        beyond = [finding for finding in findings if self.witness.excuses(finding)]
        if beyond:  # without the copies that are excused, all else has to be right
            findings = judge(replace(ending, after=self.witness.without_copies(rows, beyond)))
        broken = [Finding(Verdict.BROKEN, "", text) for text in self.server.failures if not _is_trouble(text)]
        expected_to_wait = {e.external_id for e in self.shop.expected if e.status == "review"}
        return Played(
            schedule=self.schedule,
            findings=(*broken, *findings),
            beyond_recall=tuple(beyond),
            statuses=Counter(row["status"] for row in rows),
            to_review=Counter(
                row["reason"]["code"]
                for row in rows
                if row["status"] == "review" and row["external_id"] not in expected_to_wait
            ),
            happened=self.happened,
            quiet_sessions=quiet,
            sets=self.sets,
            is_real=self.server.is_real,
        )


def _ids(request: str) -> dict[str, str]:
    """The message set IDs in a set's first lines: "new" and "old"."""
    return dict(_SET_IDS.findall(request[:400]))


def _documents(request: str) -> set[str]:
    """What tells the documents of a set that posts: their GUIDs, the sales orders that it closes, and the names that it
    adds to the lists."""
    added = {f"{what} {name}" for what, name in _ADDED.findall(request)}
    return {guid.casefold() for guid in external_guids(request)} | set(_CLOSED_ORDER.findall(request)) | added


def _is_trouble(failure: str) -> bool:
    """Whether an exception is what trouble with the database leads to."""
    return failure.startswith(("OperationalError", "DiskFull", "AdminShutdown"))


_Happening = Callable[[Play, _Connector, _Set, Incident], "int | None"]
_HAPPENINGS: dict[Kind, _Happening] = {
    Kind.CUT_BEFORE_WORK: Play._cut,
    Kind.LOSE_ANSWER: Play._lose_answer,
    Kind.LOSE_REPLY: Play._lose_reply,
    Kind.ANSWER_TWICE: Play._answer_twice,
    Kind.ANSWER_LATE: Play._hold_answer,
    Kind.QUICKBOOKS_CRASHES: Play._crash,
    Kind.COM_FAILURE_BEFORE_WORK: Play._fail_before,
    Kind.COM_FAILURE_AFTER_WORK: Play._fail_after,
    Kind.CONNECTOR_KILLED_BEFORE_WORK: Play._cut,
    Kind.CONNECTOR_KILLED_AFTER_ANSWER: Play._lose_reply,
    Kind.WORKED_LATE: Play._hang,
    Kind.DATABASE_AWAY: Play._trouble,
    Kind.DISK_FULL: Play._trouble,
    Kind.CLOCK_FORWARD: Play._jump,
    Kind.CLOCK_BACK: Play._jump,
    Kind.SECOND_CONNECTOR: Play._second_connector,
    Kind.NUMBER_EDITED: Play._edit_number,
    Kind.TRANSACTION_DELETED: Play._delete,
    Kind.TRANSACTION_VOIDED: Play._void,
    Kind.AMOUNT_EDITED: Play._edit_amount,
    Kind.RECORDS_GONE: Play._forget_records,
    Kind.ENTRY_TOUCHED: Play._touch_entry,
}
_NEEDS_TARGET = frozenset({Kind.NUMBER_EDITED, Kind.TRANSACTION_DELETED, Kind.TRANSACTION_VOIDED, Kind.AMOUNT_EDITED})
_NOT_WITH_A_PROCESS = frozenset({Kind.CLOCK_FORWARD, Kind.CLOCK_BACK, Kind.DATABASE_AWAY, Kind.DISK_FULL})
