"""The conversation with the Web Connectors: every operation of the SOAP service, each one load, one step, one commit.

All of its state is in the database, so that any server process can answer any call. What the operations return follows
FACTS.md 6; each has a defined answer for each failure, since a fault here is lost money.
"""

from __future__ import annotations

import hashlib
import logging
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session as DatabaseSession
from sqlalchemy.orm import joinedload

from qbwc_server.access.sign_in import SignIn
from qbwc_server.access.tickets import new_ticket, ticket_digest
from qbwc_server.store import refunds as refund_store
from qbwc_server.store.database import Database
from qbwc_server.store.holding import hold
from qbwc_server.store.tables import AuditEntry, Connection, MessageSet, Session
from qbwc_server.sync import creating, latch, steps, undoing
from qbwc_server.sync.answers import take, take_refusal
from qbwc_server.sync.company import take_company
from qbwc_server.sync.crash_points import reach
from qbwc_server.sync.doubts import begin_anew_if_clock_went_back
from qbwc_server.sync.outcomes import take_late
from qbwc_server.sync.reconcile import question_unanswered
from qbwc_server.sync.steps import WITH_DOCUMENTS, Kind, Sending, Step
from qbwc_server.sync.taking import Taking, question_lost, refunds_of, stop_writing
from qbwc_server.sync.versions import Versions
from qbxml import FLOOR, PARSE_ERROR, Answer, AnswerError, explain_hresult, read_answer

log = logging.getLogger(__name__)

SESSION_OVER = -1  # any negative number sends the Web Connector to getLastError (FACTS.md 6)
IDLE_LIMIT = timedelta(hours=1)  # a session that was silent for longer is over
NOTE_SEEN_EVERY = timedelta(minutes=1)  # how exact "last seen" is kept where a poll finds nothing to do
RECHECK_STOPPED = timedelta(hours=1)  # how often a company file that stopped us is looked at again
MAX_TEXT = 2000  # characters of what a Web Connector or QuickBooks says, kept for the pages
MAX_REPEATED = 20  # postings that were sent twice, among which that of a late answer is looked for
_UNKNOWN_TICKET = "This session is over. The next run of the Web Connector starts a new one."
_CLOSING_TEXT = "OK"
_IN_BATCHES = frozenset(kind.value for kind in (Kind.FIND, Kind.FOLLOW, Kind.PREPARE, Kind.ENLIST, Kind.POST))
# How much of its way a refund still has before it, by the stage that is next; creating its order comes on top.
_WAY_LEFT = {"find": 3, "follow": 2, "prepare": 3, "enlist": 3, "post": 1, "undo": 1}
# Asked at every call, so they are put together once.
_CONNECTION_OF_TICKET = select(Session.connection_id).where(Session.ticket_digest == bindparam("digest"))
_SESSION_OF_TICKET = (
    select(Session)
    .where(Session.ticket_digest == bindparam("digest"))
    .options(joinedload(Session.connection).joinedload(Connection.company))
)


@dataclass(frozen=True)
class _Call:
    """One call within a session: what was loaded for it."""

    database: DatabaseSession
    session: Session
    connection: Connection
    now: datetime
    open_sets: Sequence[MessageSet]  # that had no answer when the call began, the oldest first

    def doubtful(self) -> list[MessageSet]:
        """The sets in doubt by now."""
        return [sent for sent in self.open_sets if sent.writes and sent.state == "sent"]

    def next_step(self, waiting: Mapping[str, int]) -> Step | None:
        """What is asked next, with so many refunds ready at each stage."""
        return steps.next_step(self.database, self.session, self.connection, self.now, self.doubtful(), waiting)

    def count_ready(self) -> dict[str, int]:
        """How many refunds could go on now, by stage."""
        return refund_store.count_ready(self.database, self.connection.id, self.now)


class SyncConversation:
    """What the SOAP service hands its calls to."""

    def __init__(
        self,
        database: Database,
        sign_in: SignIn,
        *,
        in_flight: timedelta,
        server_zone: str,
        host_name: str,
        version: str,
        clock: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        self._database = database
        self._sign_in = sign_in
        self._in_flight = in_flight
        self._server_zone = server_zone
        self._host_name = host_name
        self._version = version
        self._clock = clock
        self._versions = Versions()

    def server_version(self) -> str:
        """Free text, shown under "More information"."""
        return f"Connex {self._version}"

    def client_version(self, version: str, remote_address: str) -> str:
        """Empty: go on, since every version will do; it is kept for whoever signs in from there next."""
        self._versions.told(version, remote_address, self._clock())
        return ""

    def authenticate(self, user_name: str, password: str, remote_address: str) -> tuple[str, str]:
        """Opens a session where there is work to do; ends the connection's earlier one."""
        connection_id = self._sign_in.connection(user_name, password, remote_address)
        ticket = new_ticket()
        if connection_id is None:
            return ticket, "nvu"
        now = self._clock()
        version = self._versions.take(remote_address, now)
        if self._is_idle(connection_id, now):
            return ticket, "none"
        with self._database.transaction() as database:
            connection = _locked(database, connection_id)
            connection.last_seen_at = now
            connection.web_connector_version = version or connection.web_connector_version
            open_sets = steps.open_sets(database, connection.id)
            doubtful = [sent for sent in open_sets if sent.writes]
            for sent in doubtful:
                begin_anew_if_clock_went_back(sent, now)
            if any(sent.last_sent_at + self._in_flight > now for sent in doubtful):
                return ticket, "busy"
            refund_store.wake(database, connection.id, now)
            waiting = sum(refund_store.count_ready(database, connection.id, now).values())
            if not self._has_work(connection, waiting, bool(doubtful), now):
                return ticket, "none"
            _end_earlier(database, connection, [sent for sent in open_sets if not sent.writes], now)
            _release_what_may_be_written_twice(database, connection, doubtful)
            database.add(
                Session(
                    connection_id=connection.id,
                    ticket_digest=ticket_digest(ticket),
                    remote_address=remote_address[:64],
                    started_at=now,
                    last_call_at=now,
                    work_total=waiting,
                )
            )
        return ticket, ""

    def _is_idle(self, connection_id: int, now: datetime) -> bool:
        """Whether a poll finds nothing to do and need not be noted: then it writes nothing and waits for nobody."""
        with self._database.reading() as database:
            connection = database.get_one(Connection, connection_id, options=[joinedload(Connection.company)])
            noted = connection.last_seen_at is not None and connection.last_seen_at + NOTE_SEEN_EVERY > now
            return (
                noted
                and not refund_store.count_due(database, connection_id, now)
                and not any(sent.writes for sent in steps.open_sets(database, connection_id))
                and not self._has_work(
                    connection, sum(refund_store.count_ready(database, connection_id, now).values()), False, now
                )
            )

    def send_request_xml(
        self,
        ticket: str,
        hcp_response: str,
        company_path: str,
        country: str,  # noqa: ARG002  the host's own answer tells it
        major_version: int,
        minor_version: int,
    ) -> str:
        """The next message set; empty where there is none, with the reason in getLastError."""
        described = _readable(hcp_response) if hcp_response.strip() else None
        with self._database.transaction() as database:
            call = self._load(database, ticket)
            if call is None:
                return ""
            if company_path:
                _note_path(call, company_path[:MAX_TEXT])
            if described is not None:
                call.connection.company.stopped = None
                take_company(self._taking(call), described)
            if (major_version, minor_version) < FLOOR and major_version > 0:
                stop_writing(
                    call.connection.company,
                    "quickbooks_too_old",
                    f"This QuickBooks speaks qbXML {major_version}.{minor_version}. Connex needs "
                    f"{FLOOR[0]}.{FLOOR[1]}, which is QuickBooks 2014, or newer.",
                )
            if call.connection.company.stopped is not None and not self._may_look_again(call):
                return _over(call, call.connection.company.stopped["message"])
            if not _abandon_unanswered(call):
                return _over(call, "The answer to the last posting did not arrive. The next run clears it up.")
            step = call.next_step(call.count_ready())
            if step is None:
                return _over(call, "There is nothing more to do.")
            document = steps.send(Sending(database, call.session, call.connection, self._host_name, call.now), step)
            reach(f"{step.kind.value}_before_commit")
        reach(f"{step.kind.value}_after_commit")
        return document.decode("ascii")

    def receive_response_xml(self, ticket: str, response: str, hresult: str, message: str) -> int:
        """Takes an answer; the percentage done, or a negative number where the session ends."""
        answer: Answer | AnswerError | None = None
        if not hresult.strip():
            try:
                answer = read_answer(response)
            except AnswerError as error:
                answer = error
        digest = hashlib.sha256(response.encode("utf-8", "surrogatepass")).hexdigest()
        with self._database.transaction() as database:
            call = self._load(database, ticket, even_if_superseded=True)
            if call is None:
                return SESSION_OVER
            sent = _awaiting_answer(call) or _settled_without_answer(call, answer)
            if sent is None:
                repeated = _answered_by_its_repeat(call, answer, digest)
                if repeated is not None and isinstance(answer, Answer):
                    take_late(self._taking(call), repeated, answer)
                return self._unexpected(call, digest)
            sent.response = zlib.compress(response.encode("utf-8", "surrogatepass")) if response else None
            sent.response_digest = digest
            sent.hresult, sent.message = hresult.strip()[:40], message[:MAX_TEXT]
            self._take(call, sent, answer)
            reach(f"{sent.kind}_answer_before_commit")
            result = self._after_answer(call)
        reach(f"{sent.kind}_answer_after_commit")
        return result

    def get_last_error(self, ticket: str) -> str:
        """Why the session ended, in words that its user sees."""
        with self._database.reading() as database:
            session = database.scalar(select(Session).where(Session.ticket_digest == ticket_digest(ticket)))
            if session is None:
                return _UNKNOWN_TICKET
            return session.last_error or _UNKNOWN_TICKET

    def connection_error(self, ticket: str, hresult: str, message: str) -> str:
        """QuickBooks could not be reached; "done" ends the session, and the next run tries again."""
        known = explain_hresult(hresult)
        with self._database.transaction() as database:
            call = self._load(database, ticket)
            if call is not None:
                _end(call, f"{known.meaning} {known.advice} ({hresult.strip()} {message.strip()})"[:MAX_TEXT])
        return "done"

    def close_connection(self, ticket: str) -> str:
        """Ends the session; what it says stands in the Web Connector's status column."""
        with self._database.transaction() as database:
            call = self._load(database, ticket, even_if_superseded=True)
            if call is None:
                return _CLOSING_TEXT
            if call.session.ended_at is None:
                _end(call, "")
            return call.session.last_error or _CLOSING_TEXT

    def get_interactive_url(self, ticket: str, session_id: str) -> str:  # noqa: ARG002
        """Connex never asks for interactive mode."""
        return ""

    def interactive_done(self, ticket: str) -> str:  # noqa: ARG002
        """Connex never asks for interactive mode."""
        return "Done"

    def interactive_rejected(self, ticket: str, reason: str) -> str:  # noqa: ARG002
        """Connex never asks for interactive mode."""
        return "Done"

    # --- helpers

    def _taking(self, call: _Call) -> Taking:
        return Taking(
            database=call.database,
            connection=call.connection,
            session=call.session,
            server_zone=self._server_zone,
            in_flight=self._in_flight,
            now=call.now,
        )

    def _load(self, database: DatabaseSession, ticket: str, *, even_if_superseded: bool = False) -> _Call | None:
        """The session of a ticket and its connection, locked until the call is over; None where it is over."""
        digest = ticket_digest(ticket)
        connection_id = database.scalar(_CONNECTION_OF_TICKET, {"digest": digest})
        if connection_id is None:
            return None
        hold(database, connection_id)
        session = database.scalars(_SESSION_OF_TICKET, {"digest": digest}).one()
        now = self._clock()
        expired = session.last_call_at + IDLE_LIMIT < now
        if (session.ended_at is not None or expired) and not even_if_superseded:
            return None
        session.last_call_at = now
        with database.no_autoflush:
            open_sets = steps.open_sets(database, connection_id)
        return _Call(database, session, session.connection, now, open_sets)

    def _has_work(self, connection: Connection, waiting: int, doubtful: bool, now: datetime) -> bool:
        company = connection.company
        if company.accounts is None or doubtful:
            return True
        if company.stopped is not None:
            looked = company.lists_read_at
            return waiting > 0 and (looked is None or looked + RECHECK_STOPPED <= now)
        return (
            waiting > 0
            or company.takeover is not None
            or steps.is_looking_for_extent(company)
            or steps.is_reconcile_due(company, now)
        )

    def _may_look_again(self, call: _Call) -> bool:
        """A company file that stopped us is read once in a session, to see whether that still holds."""
        too_old = call.connection.company.stopped is not None and (
            call.connection.company.stopped["code"] == "quickbooks_too_old"
        )
        return not too_old and not call.session.lists_read

    def _take(self, call: _Call, sent: MessageSet, answer: Answer | AnswerError | None) -> None:
        taking = self._taking(call)
        company = call.connection.company
        batch = sent.kind in _IN_BATCHES
        if sent.times_sent > 1 and sent.session_id != call.session.id and sent.state == "sent":
            return  # of a first copy, and a repeat was sent since: the books show whether both were worked
        if isinstance(answer, Answer):
            if sent.state == "settled":
                take_late(taking, sent, answer)
                return
            take(taking, sent, answer)
            if batch:
                steps.adapt_batch(company, (call.now - sent.last_sent_at).total_seconds())
            return
        if sent.hresult.lower() == PARSE_ERROR.lower() and sent.times_sent == 1:
            take_refusal(taking, sent)
            return
        if isinstance(answer, AnswerError):
            reason = f"The answer could not be read: {answer}."
        else:
            known = explain_hresult(sent.hresult)
            reason = f"{known.meaning} {known.advice} ({sent.hresult} {sent.message})"
        if not sent.writes:  # nothing was changed; it is asked again, with less at a time
            sent.state = "abandoned"
            if batch:
                steps.adapt_batch(company, None)
                question_lost(call.database, sent, reason, call.now)
            elif sent.kind == Kind.RECONCILE.value:
                question_unanswered(call.database, call.connection, sent, reason, call.now)
        _end(call, reason[:MAX_TEXT])

    def _after_answer(self, call: _Call) -> int:
        if call.session.ended_at is not None:
            call.session.last_error = call.session.last_error or _UNKNOWN_TICKET
            return SESSION_OVER
        stopped = call.connection.company.stopped
        if stopped is not None:
            _end(call, stopped["message"])
            return SESSION_OVER
        call.database.flush()
        waiting = call.count_ready()
        return 100 if call.next_step(waiting) is None else _percent(call, waiting)

    def _unexpected(self, call: _Call, digest: str) -> int:
        """An answer that nothing waits for: one that was taken before changes nothing, another ends the session."""
        taken = call.database.scalar(
            select(MessageSet.id)
            .where(MessageSet.session_id == call.session.id, MessageSet.response_digest == digest)
            .limit(1)
        )
        if taken is not None:
            return self._after_answer(call)
        if call.session.ended_at is None:
            _end(call, "An answer arrived that was not asked for. The next run starts over.")
        return SESSION_OVER


def _locked(database: DatabaseSession, connection_id: int) -> Connection:
    """The connection, held until the transaction ends, so that two calls for it can't interleave."""
    hold(database, connection_id)
    return database.get_one(Connection, connection_id, options=[joinedload(Connection.company)])


def _end_earlier(
    database: DatabaseSession, connection: Connection, unanswered: Sequence[MessageSet], now: datetime
) -> None:
    """A new session ends the earlier ones; a question of theirs that was never answered is asked again, smaller."""
    open_sessions = database.scalars(
        select(Session).where(Session.connection_id == connection.id, Session.ended_at.is_(None))
    )
    for session in open_sessions:
        session.ended_at, session.superseded = now, True
        session.outcome = session.outcome or "ended by a newer session"
        session.last_error = "A newer session of this connection has begun."
    for sent in unanswered:
        sent.state = "abandoned"
        if sent.kind in (Kind.FIND.value, Kind.FOLLOW.value, Kind.PREPARE.value):
            steps.adapt_batch(connection.company, None)
            question_lost(database, sent, "It did not answer.", now)
        elif sent.kind == Kind.RECONCILE.value:
            question_unanswered(database, connection, sent, "It did not answer.", now)


def _release_what_may_be_written_twice(
    database: DatabaseSession, connection: Connection, doubtful: list[MessageSet]
) -> None:
    """Writing the claim twice does no harm, so one in doubt is read back and written again where it is not there. Nor
    does undoing twice what is void or gone already, so that it is simply sent again, under an ID of its own; nor adding
    a name twice to a list that takes each once; nor changing the latch."""
    for sent in doubtful:
        if sent.kind == Kind.CLAIM.value:
            sent.state = "settled"
            connection.company.claim = "unknown"
        elif sent.kind in (Kind.LATCH.value, Kind.SHUT_OUT.value):
            sent.state = "settled"
            latch.read_anew(connection.company)
        elif sent.kind == Kind.UNDO.value:
            sent.state = "settled"
            undoing.want_again(sent.requests)
        elif sent.kind == Kind.ENLIST.value:
            sent.state = "settled"
            creating.look_anew(refunds_of(database, sent.context["refunds"]))


def _readable(hcp_response: str) -> Answer | None:
    """The host, company and preferences that come with the first call; None where they can't be read: then we ask."""
    try:
        return read_answer(hcp_response)
    except AnswerError as error:
        log.warning("the host, company and preferences answer of a Web Connector could not be read: %s", error)
        return None


def _awaiting_answer(call: _Call) -> MessageSet | None:
    """The set of this session that has not been answered; also one that another session has since taken over."""
    return _of_this_session(call, reversed(call.open_sets))


def _settled_without_answer(call: _Call, answer: Answer | AnswerError | None) -> MessageSet | None:
    """A posting of this session that was settled without its answer, which comes after all."""
    if not isinstance(answer, Answer):
        return None
    settled = _postings(call).where(
        MessageSet.state == "settled", MessageSet.response_digest == "", MessageSet.session_id >= call.session.id
    )
    return _of_this_session(call, call.database.scalars(settled))


def _answered_by_its_repeat(call: _Call, answer: Answer | AnswerError | None, digest: str) -> MessageSet | None:
    """A posting that this session sent first and a later one again, whose repeat was answered before this answer came:
    where the two tell of other transactions, QuickBooks has worked both."""
    if not isinstance(answer, Answer):
        return None
    repeated = _postings(call).where(
        MessageSet.state == "answered",
        MessageSet.times_sent > 1,
        MessageSet.response_digest != digest,
        MessageSet.session_id > call.session.id,
    )
    return _of_this_session(call, call.database.scalars(repeated.limit(MAX_REPEATED)))


def _postings(call: _Call) -> Select[MessageSet]:
    """The sets of the connection that post, the newest first."""
    return (
        select(MessageSet)
        .where(MessageSet.connection_id == call.connection.id, MessageSet.kind == Kind.POST.value)
        .options(WITH_DOCUMENTS)
        .order_by(MessageSet.id.desc())
    )


def _of_this_session(call: _Call, sets: Iterable[MessageSet]) -> MessageSet | None:
    """The first that this session has sent, if only once before another."""
    return next((sent for sent in sets if call.session.id in sent.context.get("sessions", ())), None)


def _abandon_unanswered(call: _Call) -> bool:
    """Clears away a question of this session that was never answered; False where it was a posting."""
    sent = _awaiting_answer(call)
    if sent is None or sent.session_id != call.session.id:
        return True
    if sent.writes:
        return False
    sent.state = "abandoned"
    return True


def _note_path(call: _Call, path: str) -> None:
    """Another path with the same mark is no other file; that it changed is on record for whoever asks later."""
    company = call.connection.company
    if company.path and company.path != path:
        details = {"before": company.path, "after": path}
        what = "opened the company file under another path"
        entry = AuditEntry(
            at=call.now, who="Web Connector", what=what, connection_id=call.connection.id, details=details
        )
        call.database.add(entry)
    call.session.company_path = company.path = path


def _over(call: _Call, reason: str) -> str:
    _end(call, reason)
    return ""


def _end(call: _Call, reason: str) -> None:
    call.session.ended_at = call.session.ended_at or call.now
    call.session.last_error = reason
    call.session.outcome = reason or "completed"


def _percent(call: _Call, waiting: Mapping[str, int]) -> int:
    """How much of the session's work is done; never 100, which would end the session (FACTS.md 10)."""
    call.session.work_total = max(call.session.work_total, sum(waiting.values()))
    total = 3 * call.session.work_total
    left = sum(_WAY_LEFT[stage] * count for stage, count in waiting.items())
    return min(99, max(0, 100 * (total - left) // total)) if total else 0
