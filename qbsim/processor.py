"""The request processor: a message set in, QuickBooks' answer out, with sessions and error recovery.

Requests are worked one after the other, each wholly or not at all; there is no transaction over a set (FACTS.md 3, 4).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from lxml.etree import _Element as Element

from qbsim import access, host, private_data_requests, status
from qbsim.access import Locks
from qbsim.behaviour import Behaviour
from qbsim.company import Company
from qbsim.context import Context, Outcome, Session
from qbsim.grammar import MessageSet, ParseFault, Request, read_message_set
from qbsim.lists import deleting
from qbsim.lists.adding import adding as adding_to
from qbsim.lists.kinds import ADDED, MODIFIED, QUERIED
from qbsim.lists.modifying import modifying
from qbsim.lists.query import querying as querying_lists
from qbsim.nodes import opening, write
from qbsim.recovery import MAX_SET_ID_LENGTH, RecoveryRecord, StoredOutcome, response_attributes
from qbsim.status import RequestRefused, message
from qbsim.transactions import adding
from qbsim.transactions.kinds import KINDS
from qbsim.transactions.query import querying

#: Intuit's words for a text that is no valid qbXML (hresults.csv); neither place nor reason is told.
PARSE_MESSAGE = "QuickBooks found an error when parsing the provided XML text stream."
#: A COM server that is busy answers so (RPC_E_SERVERCALL_RETRYLATER of Windows); that QuickBooks does is a guess.
BUSY, BUSY_MESSAGE = "0x8001010A", "The message filter indicated that the application is busy."


@dataclass(frozen=True)
class Answer:
    """What the COM call gives: the response, or an empty one with the hresult and its message."""

    response: str
    hresult: str = ""
    message: str = ""


class QuickBooksCrashed(Exception):
    """QuickBooks went down while it worked a set: what was worked is in the books, the answer is lost."""


Handler = Callable[[Context, Element], Outcome]

HANDLERS: dict[str, Handler] = {
    "HostQueryRq": host.query_host,
    "CompanyQueryRq": host.query_company,
    "PreferencesQueryRq": host.query_preferences,
    **{f"{kind.name}AddRq": adding_to(kind) for kind in ADDED},
    **{f"{kind.name}ModRq": modifying(kind) for kind in MODIFIED},
    **{f"{name}QueryRq": querying_lists(kinds) for name, kinds in QUERIED.items()},
    "ListDelRq": deleting.delete,
    "ListDeletedQueryRq": deleting.query_deleted,
    "DataExtDefAddRq": private_data_requests.define,
    "DataExtDefQueryRq": private_data_requests.query_definitions,
    "DataExtAddRq": private_data_requests.add,
    "DataExtModRq": private_data_requests.modify,
    "DataExtDelRq": private_data_requests.remove,
    "DataExtDefModRq": private_data_requests.redefine,
    "DataExtDefDelRq": private_data_requests.undefine,
    "TxnDelRq": adding.delete,
    "TxnVoidRq": adding.void,
    "TxnDeletedQueryRq": adding.query_deleted,
    **{f"{kind.name}AddRq": adding.adding(kind) for kind in KINDS},
    **{f"{kind.name}ModRq": adding.modifying(kind) for kind in KINDS if kind.modify is not None},
    **{f"{kind.name}QueryRq": querying(kind) for kind in KINDS},
}


class QuickBooks:
    """A running QuickBooks with a company file open. `locks` are what its other users hold."""

    def __init__(self, company: Company, behaviour: Behaviour | None = None) -> None:
        self.company = company
        self.behaviour = Behaviour() if behaviour is None else behaviour
        company.edit_sequences_count_up = self.behaviour.edit_sequences_count_up
        self.locks = Locks()
        self._session: Session | None = None
        self._failed_openings = 0

    def begin_session(self) -> None:
        """Begins a session, ending one that is open; macros and iterators live as long as it.

        Raises ConnectionFailed where the behaviour says that the company file does not open.
        """
        self._session = None
        failure, times = self.behaviour.fails_to_open, self.behaviour.failed_openings
        if failure is not None and (times is None or self._failed_openings < times):
            self._failed_openings += 1
            raise failure.failure()
        self._session = Session()

    def end_session(self) -> None:
        """Ends the session."""
        self._session = None

    def process(self, request: str | bytes, *, crash_after: int | None = None) -> Answer:
        """Works a message set. Outside a session the set is one by itself.

        With `crash_after`, raises QuickBooksCrashed when so many requests of the set were worked.
        """
        try:
            message_set = read_message_set(request, supported_versions=self.behaviour.supported_versions)
        except ParseFault as fault:
            return Answer("", fault.hresult, PARSE_MESSAGE)
        if self._is_busy_with(message_set):
            return Answer("", BUSY, BUSY_MESSAGE)
        lines = _Lines(message_set)
        code, goes_on = self._begin_set(message_set, lines)
        work = SetInWork(self, message_set, lines) if goes_on else None
        if work is not None:
            work.go_on(crash_after)
        if crash_after is not None:
            self._session = None
            raise QuickBooksCrashed(f"QuickBooks crashed when {crash_after} requests of the set were worked")
        return work.end() if work is not None else lines.answer(code)

    def begin_set(self, request: str | bytes, requests: int) -> SetInWork:
        """Works so many requests of a valid message set that was never sent before; the rest is worked when it is told
        to end, and what comes in between finds it in work. Raises ParseFault where it can't be read."""
        message_set = read_message_set(request, supported_versions=self.behaviour.supported_versions)
        work = SetInWork(self, message_set, _Lines(message_set))
        if message_set.new_message_set_id is not None:
            self.company.sets_in_work.add(message_set.new_message_set_id)
        work.go_on(requests)
        return work

    def context(self) -> Context:
        """What requests are worked with, in the session that is open."""
        return Context(self.company, self.behaviour, self._session or Session(), self.locks)

    def _is_busy_with(self, message_set: MessageSet) -> bool:
        in_work = message_set.new_message_set_id in self.company.sets_in_work
        return in_work and self.behaviour.repeat_of_a_set_in_work == "busy" and bool(message_set.requests)

    def _begin_set(self, message_set: MessageSet, lines: _Lines) -> tuple[int, bool]:
        """The status of the set as error recovery sees it, and whether its requests are to be worked."""
        new, old = message_set.new_message_set_id, message_set.old_message_set_id
        records = self.company.recovery
        if any(len(set_id or "") > MAX_SET_ID_LENGTH for set_id in (new, old)):
            return status.SET_ID_TOO_LONG, False
        if new is None:
            is_known = old is None or records.clear(old)
            return (status.OK if is_known else status.NOTHING_TO_CLEAR), bool(message_set.requests)
        if old is not None and old != new:
            records.clear(old)
        record = records.find(new)
        if not message_set.requests:  # a status check
            if record is None:
                return status.NOTHING_STORED, False
        elif new in self.company.sets_in_work:
            if self.behaviour.repeat_of_a_set_in_work == "worked":
                return status.OK, True
            if record is not None:
                lines.stored(record)
            return status.OK, False
        elif record is None:
            return status.OK, True
        elif record.digest != message_set.digest:
            return status.SET_DIFFERS, False
        elif not self.behaviour.recognises_repeats:
            return status.OK, True
        lines.stored(record)
        return status.OK, False


class SetInWork:
    """A message set that QuickBooks works: its requests one after the other, and its record."""

    def __init__(self, quickbooks: QuickBooks, message_set: MessageSet, lines: _Lines) -> None:
        self._company, self._behaviour = quickbooks.company, quickbooks.behaviour
        self._context, self._set, self._lines = quickbooks.context(), message_set, lines
        self._worked, self._is_stopped = 0, False
        self._record: RecoveryRecord | None = None
        if message_set.new_message_set_id is not None and self._behaviour.keeps_recovery_records:
            self._record = RecoveryRecord(message_set.new_message_set_id, message_set.digest)

    def go_on(self, until: int | None = None) -> None:
        """Works on until so many requests of the set are worked; None: to its end, without writing that down yet."""
        for request in self._set.requests[self._worked : until]:
            self._worked += 1
            if self._is_stopped and not self._behaviour.answers_what_is_left_out:
                continue
            if self._is_stopped:
                outcome = Outcome(code=status.LEFT_OUT, message=message(status.LEFT_OUT))
            else:
                outcome = _worked(self._context, request)
            is_error = status.STATUSES[outcome.code].severity == "Error"
            self._is_stopped = self._is_stopped or (is_error and self._set.on_error == "stopOnError")
            self._lines.add(request, outcome)
            if self._record is not None:
                self._record.outcomes.append(StoredOutcome.of(_response_name(request), request.request_id, outcome))
                if self._behaviour.keeps_partial_records:
                    self._keep(self._record)

    def end(self) -> Answer:
        """Works the rest, and keeps the record; the answer to the set."""
        self.go_on()
        self._company.sets_in_work.discard(self._set.new_message_set_id or "")
        if self._record is not None:
            self._keep(self._record)
        not_kept = self._set.new_message_set_id is not None and not self._behaviour.keeps_recovery_records
        is_told = not_kept and self._behaviour.tells_of_records_not_kept
        return self._lines.answer(status.NOT_STORED if is_told else status.OK)

    def _keep(self, record: RecoveryRecord) -> None:
        self._company.recovery.keep(record, self._behaviour.recovery_records_kept)


class _Lines:
    """The response as it grows, one element a line."""

    def __init__(self, message_set: MessageSet) -> None:
        self._message_set = message_set
        self._lines: list[str] = []

    def add(self, request: Request, outcome: Outcome) -> None:
        """Appends the Rs of a request."""
        name = _response_name(request)
        attributes = response_attributes(request.request_id, outcome.code, outcome.message)
        start = opening(name, {**attributes, **outcome.attributes})
        has_data = self._message_set.response_data == "includeAll" or status.STATUSES[outcome.code].severity == "Error"
        if not (outcome.nodes and has_data):
            self._lines.append(f"<{start} />")
            return
        self._lines.append(f"<{start}>")
        write(outcome.nodes, self._lines)
        self._lines.append(f"</{name}>")

    def stored(self, record: RecoveryRecord) -> None:
        """Appends the stored outcomes of a set."""
        for outcome in record.outcomes:
            self._lines += outcome.lines()

    def answer(self, code: int) -> Answer:
        """The whole response. The set's status is told only where a message set ID was sent."""
        new, old = self._message_set.new_message_set_id, self._message_set.old_message_set_id
        attributes: dict[str, str] = {}
        if new is not None:
            attributes["newMessageSetID"] = new
        if new is not None or old is not None:
            attributes["messageSetStatusCode"] = str(code)
        start = opening("QBXMLMsgsRs", attributes)
        body = [f"<{start}>", *self._lines, "</QBXMLMsgsRs>"] if self._lines else [f"<{start} />"]
        return Answer("\n".join(['<?xml version="1.0" ?>', "<QBXML>", *body, "</QBXML>", ""]))


def _worked(context: Context, request: Request) -> Outcome:
    handler = HANDLERS.get(request.name)
    if handler is None:
        return Outcome(code=status.NOT_SUPPORTED, message=message(status.NOT_SUPPORTED))
    counters = replace(context.company.counters)
    try:
        access.check(context, request.element)
        return handler(context, request.element)
    except RequestRefused as refused:
        context.company.counters = counters  # a refused request leaves no trace
        return Outcome(refused.nodes, refused.code, refused.message)


def _response_name(request: Request) -> str:
    return f"{request.name.removesuffix('Rq')}Rs"
