"""A Web Connector, a QuickBooks and a clock in one process, with a fault for every message, and the judge of the books.

Every request that the server sends here is held against Intuit's schema, where that lies beside the project, and must
be pure ASCII.
"""

from __future__ import annotations

import copy
import os
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any

from argon2 import PasswordHasher
from lxml import etree
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from qbsim import Answer, Behaviour, Company, CompanyBuilder, Line, QuickBooks, QuickBooksCrashed, SettableClock
from qbwc_server.access.attempts import Attempts
from qbwc_server.access.passwords import Passwords
from qbwc_server.access.sign_in import SignIn
from qbwc_server.refunds.model import Adjustment, AdjustmentKind, MoneyBack, Order, Refund, RefundLine
from qbwc_server.store.connections import add_connection, change_settings, connection_named
from qbwc_server.store.database import Database
from qbwc_server.store.decisions import Act, decide
from qbwc_server.store.refunds import Imported, take_in
from qbwc_server.store.tables import Connection, MessageSet
from qbwc_server.store.tables import Refund as Row
from qbwc_server.sync.conversation import SyncConversation
from tests.qbxml.schemas import problems
from tests.shared import PROJECT

START = datetime(2024, 5, 6, 15, 0, tzinfo=timezone.utc)
IN_FLIGHT = timedelta(seconds=120)
PASSWORD = "secret"
PATH = "C:\\books\\shop.qbw"
TAX = Decimal("0.0825")
MAX_SETS = 300  # in one session; more is a session that never ends
_HOST_QUESTIONS = (
    '<?xml version="1.0" encoding="utf-8"?>\n<?qbxml version="13.0"?>\n<QBXML><QBXMLMsgsRq onError="continueOnError">'
    '<HostQueryRq requestID="0"/><CompanyQueryRq requestID="1"/><PreferencesQueryRq requestID="2"/>'
    "</QBXMLMsgsRq></QBXML>"
)
_NOTHING_WORKED = '<?xml version="1.0" ?><QBXML><QBXMLMsgsRs></QBXMLMsgsRs></QBXML>'
_SCHEMAS_ARE_THERE = (PROJECT.parent / "shared" / "qbxml" / "xsd").exists() or os.environ.get("CI") == "true"
_PASSWORDS = Passwords(b"k" * 32, hasher=PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
_PASSWORD_HASH = _PASSWORDS.hash(PASSWORD)


class Fault(Enum):
    """What happens to one message set. Where the session breaks, the Web Connector just falls silent."""

    NONE = "none"
    LOST_BEFORE = "lost before QuickBooks works it"
    LOST_AFTER = "worked, and the answer is lost"
    HANGS = "hangs in the Web Connector, and can be worked late"
    ANSWERED_TWICE = "the answer comes twice"
    ANSWERED_LATE = "the answer comes when another session has begun"
    COM_BEFORE = "the connection to QuickBooks fails before it works the set"
    COM_AFTER = "the connection to QuickBooks fails after it worked the set"
    NOT_READABLE = "QuickBooks refuses the set as not readable"
    CRASH_0 = "QuickBooks crashes before the first request"
    CRASH_1 = "QuickBooks crashes after one request"
    CRASH_2 = "QuickBooks crashes after two requests"
    CRASH_3 = "QuickBooks crashes after three requests"
    CRASH_4 = "QuickBooks crashes after four requests"


Place = int | tuple[str, int]  # a set of a session: its number, from 0, or the first, second, ... of a kind
_CRASHES = {Fault.CRASH_0: 0, Fault.CRASH_1: 1, Fault.CRASH_2: 2, Fault.CRASH_3: 3, Fault.CRASH_4: 4}


@dataclass
class Exchange:
    """One message set as it went out, and what came of it."""

    ticket: str
    kind: str
    request: str
    answer: Answer | None = None
    percent: int | None = None

    @property
    def names(self) -> list[str]:
        """The names of its requests."""
        root = etree.fromstring(self.request.encode())
        return [str(child.tag) for child in root.find("QBXMLMsgsRq")]


@dataclass
class Played:
    """One session: how it was let in, what went over, how it ended."""

    ticket: str
    code: str
    exchanges: list[Exchange] = field(default_factory=list)
    error: str = ""
    closing: str = ""

    @property
    def kinds(self) -> list[str]:
        """The kinds of its message sets, in order."""
        return [exchange.kind for exchange in self.exchanges]


@dataclass
class Refusal:
    """Requests that QuickBooks answers with a status instead of working them; `times` None: always."""

    marker: str  # a text within the request
    code: int
    message: str
    times: int | None = None


class Driver:
    """A connection with its company, and a Web Connector that is played by hand."""

    def __init__(
        self,
        database: Database,
        company: Company,
        clock: SettableClock,
        *,
        behaviour: Behaviour | None = None,
        settings: Mapping[str, str] | None = None,
        name: str = "shop",
    ) -> None:
        self.database, self.company, self.clock, self.name = database, company, clock, name
        self.before = copied(company)
        self.quickbooks = QuickBooks(company, behaviour or Behaviour())
        self.refusals: list[Refusal] = []
        self.unreadable: list[str] = []  # texts that make QuickBooks refuse a whole set
        self.hanging: list[Exchange] = []
        self.unanswered: list[Exchange] = []
        self.sessions: list[Played] = []
        self.seconds_a_set = 0
        self.conversation = conversation(database, clock)
        with database.transaction() as session:
            add_connection(session, name, name, _PASSWORD_HASH, settings or {}, clock(), "test")

    # --- what people and the shop do

    def bring_in(self, *refunds: Refund) -> Imported:
        with self.database.transaction() as session:
            return take_in(session, connection_named(session, self.name), refunds, self.clock())

    def set(self, **settings: str) -> None:
        with self.database.transaction() as session:
            change_settings(session, connection_named(session, self.name), settings, self.clock(), "test")

    def decide(self, external_id: str, act: Act, note: str = "because", **more: Any) -> None:
        """Somebody decides something about a refund."""
        with self.database.transaction() as session:
            row = session.scalars(select(Row).where(Row.external_id == external_id)).one()
            decide(session, row, act, who="Ada", note=note, now=self.clock(), **more)

    def wait(self, seconds: int = 130) -> None:
        self.clock.advance(seconds=seconds)

    # --- the Web Connector

    def authenticate(self, address: str = "10.0.0.1") -> tuple[str, str]:
        return self.conversation.authenticate(self.name, PASSWORD, address)

    def begin(self, address: str = "10.0.0.1") -> Played:
        """A session up to the first sendRequestXML."""
        played = Played(*self.authenticate(address))
        self.sessions.append(played)
        if not played.code:
            self.quickbooks.begin_session()
        return played

    def next_set(self, played: Played, *, hcp: bool | None = None) -> Exchange | None:
        """The next message set of the session; None where there is none, with the reason in `error`."""
        with_hcp = not played.exchanges if hcp is None else hcp
        described = self.quickbooks.process(_HOST_QUESTIONS).response if with_hcp else ""
        request = self.conversation.send_request_xml(played.ticket, described, PATH, "US", 16, 0)
        if not request:
            played.error = self.conversation.get_last_error(played.ticket)
            return None
        _check_request(request)
        exchange = Exchange(played.ticket, self._kind_of(request), request)
        played.exchanges.append(exchange)
        assert len(played.exchanges) < MAX_SETS, f"the session never ends: {played.kinds[-10:]}"
        return exchange

    def work(self, exchange: Exchange, *, crash_after: int | None = None) -> Answer:
        """QuickBooks works the set."""
        self.clock.advance(seconds=self.seconds_a_set)
        if any(text in exchange.request for text in self.unreadable):
            exchange.answer = Answer("", "0x80040400", "QuickBooks found an error when parsing the provided XML.")
            return exchange.answer
        request, refused = self._refuse(exchange.request)
        if refused and not request:
            exchange.answer = _with_refused(Answer(_NOTHING_WORKED), refused)
        else:
            exchange.answer = _with_refused(self.quickbooks.process(request, crash_after=crash_after), refused)
        return exchange.answer

    def answer(self, exchange: Exchange) -> int:
        """The answer goes to the server."""
        assert exchange.answer is not None
        answer = exchange.answer
        exchange.percent = self.conversation.receive_response_xml(
            exchange.ticket, answer.response, answer.hresult, answer.message
        )
        return exchange.percent

    def run_session(
        self, faults: Mapping[Place, Fault] | None = None, *, address: str = "10.0.0.1", on_set: Any = None
    ) -> Played:
        """A whole session; `faults` by the place of the set within it. `on_set(exchange)` is called between
        sendRequestXML and QuickBooks."""
        played = self.begin(address)
        if played.code:
            return played
        percent = 0
        while 0 <= percent < 100:
            exchange = self.next_set(played)
            if exchange is None:
                break
            if on_set is not None:
                on_set(exchange)
            places: tuple[Place, ...] = (len(played.exchanges) - 1, (exchange.kind, played.kinds.count(exchange.kind)))
            fault = next((faults[place] for place in places if faults and place in faults), Fault.NONE)
            outcome = self._exchange(exchange, fault)
            if outcome is None:
                return played  # silence
            percent = outcome
        if percent < 0:
            played.error = self.conversation.get_last_error(played.ticket)
        played.closing = self.conversation.close_connection(played.ticket)
        self.quickbooks.end_session()
        return played

    def work_late(self, *, answered: bool = True) -> None:
        """Sets that hung are given to QuickBooks after all, and answered over their old ticket, or not."""
        for exchange in self.hanging:
            self.work(exchange)
            if answered:
                self.answer(exchange)
        self.hanging = []

    def answer_late(self) -> None:
        """Answers that were held back arrive over their old tickets."""
        for exchange in self.unanswered:
            self.answer(exchange)
        self.unanswered = []

    def drain(self, sessions: int = 12, *, pause: int = 130) -> int:
        """Quiet sessions until there is nothing to do; how many it took. Waits out pauses between tries."""
        for number in range(sessions):
            self.wait(pause)
            if self.run_session().code == "none":
                return number
        raise AssertionError(f"{sessions} quiet sessions did not end the work: {self.statuses()}")

    # --- what the database says

    def rows(self) -> list[Row]:
        with self.database.reading() as session:
            rows = session.scalars(
                select(Row)
                .join(Connection)
                .where(Connection.name == self.name)
                .options(selectinload(Row.documents), selectinload(Row.every_document))
                .order_by(Row.id)
            ).all()
            session.expunge_all()
        return list(rows)

    def row(self, external_id: str) -> Row:
        return next(row for row in self.rows() if row.external_id == external_id)

    def statuses(self) -> dict[str, str]:
        """By the refund's id: its status, with the reason's code where it has one."""
        return {row.external_id: _status(row) for row in self.rows()}

    def company_file(self) -> Any:
        with self.database.reading() as session:
            found = connection_named(session, self.name).company
            session.expunge_all()
        return found

    def open_sets(self) -> list[str]:
        """Sets that write and are neither answered nor settled."""
        with self.database.reading() as session:
            return list(
                session.scalars(
                    select(MessageSet.kind)
                    .join(Connection)
                    .where(Connection.name == self.name, MessageSet.writes, MessageSet.state == "sent")
                )
            )

    # --- helpers

    def _kind_of(self, request: str) -> str:
        """As the database has it; a set whose very bytes went out before is a repeat."""
        if any(f"<{name}AddRq" in request for name in ("CreditMemo", "ARRefundCreditCard", "SalesReceipt", "Invoice")):
            earlier = (exchange.request for played in self.sessions for exchange in played.exchanges)
            if request in earlier:
                return "repeat"
        with self.database.reading() as session:
            return session.scalars(select(MessageSet.kind).order_by(MessageSet.id.desc()).limit(1)).one()

    def _exchange(self, exchange: Exchange, fault: Fault) -> int | None:
        """Plays one set with its fault; None where the Web Connector falls silent after it."""
        if fault in _CRASHES:
            try:
                self.work(exchange, crash_after=_CRASHES[fault])
            except QuickBooksCrashed:
                exchange.answer = Answer("", "0x80010105", "The server threw an exception.")
                return self.answer(exchange)
            raise AssertionError("QuickBooks did not crash")
        if fault is Fault.LOST_BEFORE:
            return None
        if fault is Fault.HANGS:
            self.hanging.append(exchange)
            return None
        if fault is Fault.COM_BEFORE:
            exchange.answer = Answer("", "0x80040402", "Unexpected error.")
            return self.answer(exchange)
        if fault is Fault.NOT_READABLE:
            exchange.answer = Answer("", "0x80040400", "QuickBooks found an error when parsing the XML.")
            return self.answer(exchange)
        self.work(exchange)
        if fault is Fault.LOST_AFTER:
            return None
        if fault is Fault.ANSWERED_LATE:
            self.unanswered.append(exchange)
            return None
        if fault is Fault.COM_AFTER:
            exchange.answer = Answer("", "0x8004040D", "The session was dropped.")
            return self.answer(exchange)
        percent = self.answer(exchange)
        if fault is Fault.ANSWERED_TWICE:
            again = self.answer(exchange)
            assert again == percent, "the same answer again is answered in the same way"
        return percent

    def _refuse(self, request: str) -> tuple[str, list[tuple[str, str, Refusal]]]:
        """The set without the requests that are refused, or nothing, and these: (name, requestID, why)."""
        if not self.refusals:
            return request, []
        prolog, _, body = request.partition("<QBXML>")
        root = etree.fromstring(f"<QBXML>{body}")
        refused = []
        stops = root.find("QBXMLMsgsRq").get("onError") == "stopOnError"
        for child in list(root.find("QBXMLMsgsRq")):
            text = etree.tostring(child, encoding="unicode")
            refusal = next((r for r in self.refusals if r.marker in text and r.times != 0), None)
            if refused and stops:
                refusal = _left_out()
            if refusal is None:
                continue
            if refusal.times is not None:
                refusal.times -= 1
            refused.append((str(child.tag).removesuffix("Rq"), child.get("requestID", ""), refusal))
            child.getparent().remove(child)
        if not len(root.find("QBXMLMsgsRq")):
            return "", refused
        return prolog + etree.tostring(root, encoding="unicode"), refused


def conversation(database: Database, clock: Callable[[], datetime]) -> SyncConversation:
    """The server's side of the conversation."""
    return SyncConversation(
        database,
        SignIn(database, _PASSWORDS, Attempts()),
        in_flight=IN_FLIGHT,
        server_zone="America/New_York",
        host_name="box",
        version="0.0",
        clock=clock,
    )


def _left_out() -> Refusal:
    """What follows a request that failed, in a set that stops there."""
    return Refusal("", 3231, "The request has not been processed.")


class World:
    """A driver on a database in memory, which can be set back to a moment: for going through many endings of one
    beginning."""

    def __init__(self, company: Company, clock: SettableClock, **options: Any) -> None:
        self.database = Database("sqlite://")
        self.database.migrate()
        self.driver = Driver(self.database, company, clock, **options)
        self._kept: tuple[sqlite3.Connection, Company, datetime] | None = None

    def keep(self) -> None:
        """Keeps this moment."""
        copy_of_database = sqlite3.connect(":memory:")
        self._raw().backup(copy_of_database)
        self._kept = (copy_of_database, copied(self.driver.company), self.driver.clock())

    def again(self, behaviour: Behaviour | None = None) -> Driver:
        """The driver as it was at the moment that was kept, with this QuickBooks."""
        assert self._kept is not None
        kept_database, company, moment = self._kept
        kept_database.backup(self._raw())
        driver = copy.copy(self.driver)
        driver.clock.set(moment)
        driver.company = copied(company)
        driver.quickbooks = QuickBooks(driver.company, behaviour or self.driver.quickbooks.behaviour)
        driver.sessions, driver.hanging, driver.unanswered, driver.refusals, driver.unreadable = [], [], [], [], []
        return driver

    def close(self) -> None:
        self.database.close()

    def _raw(self) -> sqlite3.Connection:
        found = self.database.engine.raw_connection().driver_connection
        assert isinstance(found, sqlite3.Connection)
        return found


# --- the shop's side


def open_shop(
    database: Database,
    fill: Callable[[CompanyBuilder], None],
    *,
    behaviour: Behaviour | None = None,
    settings: Mapping[str, str] | None = None,
) -> Driver:
    """A shop whose sales `fill` enters, three days before the refunds come."""
    clock = SettableClock(START - timedelta(days=3))
    made = builder(clock)
    fill(made)
    clock.set(START)
    return Driver(database, made.company, clock, behaviour=behaviour, settings=settings)


def receipts(*orders: str, deposit_to: str | None = "PayPal", count: int = 2) -> Callable[[CompanyBuilder], None]:
    """Sales receipts over so many hats, each of a customer of its own."""

    def fill(made: CompanyBuilder) -> None:
        for order in orders:
            made.sales_receipt(made.customer(f"Customer {order}"), hats(count), ref_number=order, deposit_to=deposit_to)

    return fill


def builder(clock: SettableClock) -> CompanyBuilder:
    """A company with a taxed hat, untaxed shipping and a discount, and no sales yet."""
    made = CompanyBuilder("Hat Shop", clock, undeposited_funds="*Undeposited Funds")
    made.sales_tax_item("County", "8.25")
    made.inventory_item("Hat", price="20.00", cost="8.00", on_hand=10000)
    made.other_charge_item("Shipping", price="5.00")
    made.discount_item("Web Discount")
    return made


def hats(count: int) -> list[Line]:
    return [Line("Hat", quantity=count)]


def refund(
    external_id: str,
    order: str,
    count: int = 1,
    *,
    money: str | None = None,
    gateways: Sequence[str] = (),
    shipping: str | None = None,
    total: Decimal | None = None,
    at: datetime = START,
    source: str = "shopify",
) -> Refund:
    """A refund of so many hats; `money` is what went back, by default all of it, split evenly over `gateways`."""
    amount = Decimal(20 * count)
    lines = (RefundLine("l1", "Hat", "Hat", Decimal(count), amount, (amount * TAX).quantize(Decimal("0.01"))),)
    made = Refund(
        source=source,
        shop="",
        external_id=external_id,
        order=Order(order_id=f"o{order}", number=f"#{order}", total=total),
        created_at=at,
        currency="USD",
        lines=lines if count else (),
        adjustments=(Adjustment(AdjustmentKind.SHIPPING, Decimal(shipping)),) if shipping else (),
    )
    back = made.value if money is None else Decimal(money)
    names = gateways or ("card",)
    share = (back / len(names)).quantize(Decimal("0.01"))
    shares = [back - share * (len(names) - 1), *[share] * (len(names) - 1)]
    paid = tuple(MoneyBack(s, name, f"t-{external_id}-{name}") for s, name in zip(shares, names, strict=True) if s)
    return replace(made, money=paid)


def copied(company: Company) -> Company:
    """The company as it stands, to be tried on."""
    return copy.deepcopy(company)


# --- the judge

_MONEY_TYPES = ("CreditMemo", "Check", "ARRefundCreditCard", "ReceivePayment")
_SALE_TYPES = ("SalesReceipt", "Invoice")


def judge(driver: Driver, *, review: bool | None = None) -> None:
    """Raises AssertionError where the books are not as the database says, or something is in them twice.

    `review` False: nothing may have gone to a person; True: something must.
    """
    company, before = driver.company, driver.before
    assert sum(company.trial_balance().values()) == 0, "the trial balance is not zero"
    assert not driver.open_sets(), f"sets are still in doubt: {driver.open_sets()}"
    old = {transaction.txn_id for kind in _MONEY_TYPES for transaction in before.transactions(kind)}
    new = {t.txn_id: t for kind in _MONEY_TYPES for t in company.transactions(kind) if t.txn_id not in old}
    new |= {t.txn_id: t for kind in _SALE_TYPES for t in company.transactions(kind) if _is_ours(before, t)}
    accounted: dict[str, str] = {}
    rows = driver.rows()
    for row in rows:
        assert row.status in ("posted", "review", "skipped", "failed"), f"{row.external_id} is stuck as {_status(row)}"
        assert (row.status == "posted") == (row.reason is None), _status(row)
        if review is False:
            assert row.status != "review", _status(row)
        by_hand = any(notice["code"] == "settled_by_hand" for notice in row.notices)  # what failed is not ours any more
        for document in row.documents:
            name = f"{document.role} {document.part} of {row.external_id} ({_status(row)}, {document.state})"
            copies = _copies(new, document)
            assert len(copies) <= 1, f"{name} is in the books {len(copies)} times"
            if row.status == "posted" and not document.is_of_order:  # the order may have come by another way
                assert document.state == "posted" or (document.state == "failed" and by_hand), name
            if document.state == "posted" and document.request_type not in ("SalesOrderMod", "TxnVoid"):
                _stands(company, row, document, name)
            if document.state in ("planned", "failed"):
                assert not copies, f"{name} says that it is not in the books, and it is"
            mine = (
                [document.txn_id] if document.txn_id and document.role != "closing" else []
            )  # several close one order
            for txn_id in [*copies, *mine]:
                assert accounted.setdefault(txn_id, name) == name, f"{name} and {accounted[txn_id]} are one"
    accounted |= {document.txn_id: f"order of {row.external_id}" for row in rows for document in _of_order(row)}
    unknown = {txn_id: t for txn_id, t in new.items() if txn_id not in accounted and not t.is_voided}
    in_review = [row for row in rows if row.status == "review"]
    if not in_review:
        assert not unknown, f"the books hold what no refund accounts for: {unknown}"
    if review:
        assert in_review, f"nothing went to a person: {driver.statuses()}"
    _check_amounts(new, rows)


def _of_order(row: Row) -> list[Any]:
    """What was entered for its order, which stays where the refund is undone."""
    return [document for document in row.every_document if document.is_of_order]


def _is_ours(before: Company, sale: Any) -> bool:
    """Whether it is an order that Connex created: sales come in by other ways, too."""
    return before.transaction(sale.txn_id) is None and "created by Connex" in (sale.memo or "")


def _copies(new: Mapping[str, Any], document: Any) -> list[str]:
    kind = document.request_type.removesuffix("Add")
    return [
        t.txn_id
        for t in new.values()
        if t.external_guid and t.external_guid.upper() == document.external_guid and kind == t.TYPE
    ]


def _stands(company: Company, row: Row, document: Any, name: str) -> None:
    if document.role == "application":
        memo = next(d for d in row.documents if d.role == "memo")
        links = [link for link in company.transaction(memo.txn_id).links if link.txn_id == row.sale_txn_id]
        assert [abs(link.amount) for link in links] == [document.amount], f"{name}: applied as {links}"
        return
    found = company.transaction(document.txn_id)
    assert found is not None, f"{name} is not in the books"
    assert document.request_type.removesuffix("Add") == found.TYPE, name
    assert found.external_guid is None or found.external_guid.upper() == document.external_guid, name


def _check_amounts(new: Mapping[str, Any], rows: Sequence[Row]) -> None:
    """By customer and kind: never more, and never more in amount, than all refunds together planned."""
    planned: dict[tuple[str, str], list[Decimal]] = {}
    for row in rows:
        for document in {*row.documents, *_of_order(row)}:
            key = (document.customer_id, document.request_type.removesuffix("Add"))
            planned.setdefault(key, []).append(document.amount)
    there: dict[tuple[str, str], list[Decimal]] = {}
    for transaction in new.values():
        if transaction.TYPE != "ReceivePayment" and not transaction.is_voided:
            amount = getattr(transaction, "total", None)
            amount = transaction.amount if amount is None else amount
            there.setdefault((transaction.customer_id or "", transaction.TYPE), []).append(amount)
    for key, amounts in there.items():
        wanted = list(planned.get(key, []))
        for amount in amounts:
            assert amount in wanted, f"{key}: {amounts} in the books, {planned.get(key, [])} planned"
            wanted.remove(amount)


def _status(row: Row) -> str:
    return row.status if row.reason is None else f"{row.status}: {row.reason['code']}"


def _check_request(request: str) -> None:
    assert request.isascii(), "a request is not pure ASCII"
    if _SCHEMAS_ARE_THERE:
        found = problems(request, "130")
        assert not found, f"{found}\n{request}"


def _with_refused(answer: Answer, refused: Sequence[tuple[str, str, Refusal]]) -> Answer:
    if not refused:
        return answer
    prolog, _, body = answer.response.partition("<QBXML>")
    root = etree.fromstring(f"<QBXML>{body}")
    for name, request_id, refusal in refused:
        etree.SubElement(
            root.find("QBXMLMsgsRs"),
            f"{name}Rs",
            requestID=request_id,
            statusCode=str(refusal.code),
            statusSeverity="Error",
            statusMessage=refusal.message,
        )
    return replace(answer, response=prolog + etree.tostring(root, encoding="unicode"))
