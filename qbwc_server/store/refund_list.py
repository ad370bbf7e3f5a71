"""The list of a connection's refunds: filtered, searched, sorted, in pages that begin at a place, not at a number.

A page begins after a key, never after a number of rows, and each order, filter and search has its index. Counts go no
further than MAX_COUNTED: a person who reads "more than 1,000" narrows the list, not the count. What a search finds, and
what was paid from an account that is seldom used, is sorted by itself: where few of many rows are wanted, a database
that walks them all in their order to find those few takes a thousand times as long.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, select, tuple_, union_all
from sqlalchemy.orm import Session as DatabaseSession
from sqlalchemy.orm import defer, selectinload, undefer

from qbwc_server.refunds.naming import Role
from qbwc_server.refunds.reasons import REASONS, Status
from qbwc_server.store.keys import LAST, order_key, search_key
from qbwc_server.store.tables import Document, Refund
from qbwc_server.store.types import not_by_index

PAGE_SIZE = 50  # refunds
MAX_PAGE_SIZE = 500  # refunds
MAX_COUNTED = 1000  # refunds
MAX_FOUND = 1000  # refunds that a search shows
MAX_SORTED = 20_000  # payouts of one account; where it has more, its refunds are come across soon enough
MAX_SEARCH_CHARACTERS = 100
MAX_ROW_ID = 2**31 - 1
MAX_CENTS = Decimal(10) ** 15

_Hits = Select[int, datetime, Decimal]  # as Hit has them

STATUSES = tuple(status.value for status in Status)
NEWEST, OLDEST, LARGEST, SMALLEST = "newest", "oldest", "largest", "smallest"
SORTS = (NEWEST, OLDEST, LARGEST, SMALLEST)

_TXN_ID = re.compile(r"[0-9A-F]{1,20}-[0-9]{1,15}")
_AMOUNT = re.compile(r"[0-9]{1,13}(\.[0-9]{1,2})?")


class ListError(ValueError):
    """A list that can't be shown; says which part of the question is wrong and what is allowed."""


@dataclass(frozen=True)
class Wanted:
    """Which refunds of a connection are wanted, and in which order; what is empty does not narrow."""

    status: str = ""
    reason: str = ""  # a reason's code
    search: str = ""  # how an order's number or a customer's name begins; an amount, a TxnID, a RefNumber
    since: datetime | None = None  # refunded then or later
    until: datetime | None = None  # refunded before
    account: str = ""  # from which it was paid out
    entered_since: datetime | None = None  # with `account`: the payout was entered then or later
    sort: str = NEWEST

    @property
    def is_narrowed(self) -> bool:
        """Whether more than its status narrows the list."""
        return replace(self, status="", sort=NEWEST) != Wanted()


@dataclass(frozen=True)
class Place:
    """A refund's place in the order: what it is sorted by, then its id.

    >>> Place.read("41.04~7", LARGEST)
    Place(value=Decimal('41.04'), row_id=7)
    """

    value: datetime | Decimal
    row_id: int

    def __str__(self) -> str:
        value = self.value if isinstance(self.value, Decimal) else self.value.astimezone(timezone.utc).isoformat()
        return f"{value}~{self.row_id}"

    @staticmethod
    def read(text: str, sort: str) -> Place:
        """The place that a page's address names. Raises ListError."""
        value, _, row_id = text.partition("~")
        wrong = ListError("the place in the list that the address names is none; open the list anew")
        if not (row_id.isascii() and row_id.isdigit() and len(row_id) <= 10) or int(row_id) > MAX_ROW_ID:
            raise wrong
        try:
            read: datetime | Decimal = Decimal(value) if sort in (LARGEST, SMALLEST) else datetime.fromisoformat(value)
        except (ValueError, InvalidOperation):
            raise wrong from None
        if isinstance(read, Decimal):
            if not read.is_finite() or abs(read) > MAX_CENTS or read != read.quantize(Decimal("0.01")):
                raise wrong
        elif read.tzinfo is None:
            raise wrong
        return Place(read, int(row_id))


@dataclass(frozen=True)
class Page:
    """One page of the list, with the places from which the pages after and before it are read."""

    refunds: tuple[Refund, ...]
    after: Place | None  # there is more after this one
    before: Place | None  # there is more before this one


@dataclass(frozen=True)
class Hit:
    """A refund that a search found, with what lists are sorted by."""

    row_id: int
    created_at: datetime
    amount: Decimal

    def place(self, sort: str) -> Place:
        """Where it stands in a list."""
        return Place(self.amount if sort in (LARGEST, SMALLEST) else self.created_at, self.row_id)


@dataclass(frozen=True)
class Found:
    """What a search found, at most MAX_FOUND refunds."""

    hits: tuple[Hit, ...]
    is_cut: bool


def page(
    session: DatabaseSession,
    connection_id: int,
    wanted: Wanted,
    *,
    after: Place | None = None,
    before: Place | None = None,
    found: Found | None = None,
    page_size: int = PAGE_SIZE,
) -> Page:
    """The page of the list that begins after a place, or ends before one; without either, the first.

    `found` spares the search where `find` has been asked already. Raises ListError.
    """
    if not 1 <= page_size <= MAX_PAGE_SIZE:
        raise ListError(f"{page_size} refunds a page is not between 1 and {MAX_PAGE_SIZE}")
    if wanted.search and found is None:
        found = find(session, connection_id, wanted)
    backwards = before is not None
    walk = _Walk(wanted.sort, before or after, backwards, page_size + 1)
    ids = walk.through(found.hits) if found is not None else _ids(session, connection_id, wanted, walk)
    is_more, ids = len(ids) > page_size, ids[:page_size]
    if backwards:
        ids.reverse()
    refunds = loaded(session, ids, with_payload=True)
    has_after = is_more if not backwards else True
    has_before = is_more if backwards else after is not None
    return Page(
        refunds,
        _place(refunds[-1], wanted.sort) if refunds and has_after else None,
        _place(refunds[0], wanted.sort) if refunds and has_before else None,
    )


def find(session: DatabaseSession, connection_id: int, wanted: Wanted) -> Found:
    """What a search finds among the refunds that are wanted. Raises ListError."""
    text = wanted.search.strip()
    if len(text) > MAX_SEARCH_CHARACTERS:
        raise ListError(f"the search has {len(text)} characters; at most {MAX_SEARCH_CHARACTERS} are allowed")
    if "\x00" in text:
        raise ListError("the search holds a character that can't be searched for")
    hits: dict[int, Hit] = {}
    for way in _ways(connection_id, wanted, text):
        rows = session.execute(way.limit(MAX_FOUND + 1))
        hits.update((row_id, Hit(row_id, created_at, amount)) for row_id, created_at, amount in rows)
    return Found(tuple(hits.values())[:MAX_FOUND], is_cut=len(hits) > MAX_FOUND)


def check(wanted: Wanted) -> None:
    """Raises ListError for what can't be wanted."""
    _conditions(0, wanted)
    _order(wanted.sort)


def count(session: DatabaseSession, connection_id: int, wanted: Wanted, found: Found | None = None) -> int:
    """How many refunds are wanted; MAX_COUNTED + 1 stands for more."""
    if found is not None:
        return MAX_COUNTED + 1 if found.is_cut else len(found.hits)
    if wanted.account:
        some = _paid(connection_id, wanted).limit(MAX_COUNTED + 1).subquery()
        return session.scalar(select(func.count()).select_from(some)) or 0
    return session.scalar(select(_bounded(_conditions(connection_id, wanted)))) or 0


def count_by_status(session: DatabaseSession, connection_id: int) -> dict[str, int]:
    """How many refunds stand at each status; MAX_COUNTED + 1 stands for more."""
    each = [
        select(literal(status), _bounded((Refund.connection_id == connection_id, Refund.status == status)))
        for status in STATUSES
    ]
    return {status: number for status, number in session.execute(union_all(*each))}  # noqa: C416


@dataclass(frozen=True)
class _Walk:
    """A way through the list: in its order from a place on, or from a place back; so many refunds."""

    sort: str
    place: Place | None
    backwards: bool
    limit: int

    @property
    def is_falling(self) -> bool:
        """Whether the largest or newest comes first on this way."""
        return _order(self.sort)[1] != self.backwards

    def through(self, hits: Sequence[Hit]) -> list[int]:
        """The ids that this way comes past."""
        places = [hit.place(self.sort) for hit in hits]
        keys = sorted(((place.value, place.row_id) for place in places), reverse=self.is_falling)
        if self.place is not None:
            here = (self.place.value, self.place.row_id)
            keys = [key for key in keys if (key < here if self.is_falling else key > here)]
        return [row_id for _, row_id in keys[: self.limit]]


def _ids(session: DatabaseSession, connection_id: int, wanted: Wanted, walk: _Walk) -> list[int]:
    """The ids that a way comes past in the list, by the index of its order."""
    column = _order(walk.sort)[0]
    row_id: Any = Refund.id
    if wanted.account and _is_seldom_paid_from(session, wanted):
        # The limit keeps the databases from doing otherwise: all that was paid from it first, then its order.
        paid = _paid(connection_id, wanted).limit(MAX_SORTED + 1).subquery()
        query, row_id, column = select(paid.c.id), paid.c.id, paid.c[column.key]
    else:
        query = select(Refund.id).where(*_conditions(connection_id, wanted))
    if walk.place is not None:
        key, here = tuple_(column, row_id), tuple_(literal(walk.place.value, column.type), literal(walk.place.row_id))
        query = query.where(key < here if walk.is_falling else key > here)
    order = (each.desc() if walk.is_falling else each for each in (column, row_id))
    return list(session.scalars(query.order_by(*order).limit(walk.limit)))


def _ways(connection_id: int, wanted: Wanted, text: str) -> list[_Hits]:
    """Each way in which a text may name refunds, every one by an index; of equal ones the newest come first."""
    refunds = select(Refund.id, Refund.created_at, Refund.amount).where(*_conditions(connection_id, wanted))
    ways = [
        refunds.where(*_begins(Refund.order_key, order_key(text))),
        refunds.where(*_begins(Refund.customer_key, search_key(text))),
        refunds.where(*_begins(Refund.customer_turned_key, search_key(text.replace(",", " ")))),
        _of_sale(refunds, connection_id, Refund.sale_ref_number.in_({text, text.upper()})),
        _with_document(refunds, Document.ref_number == text.upper()),
    ]
    amount = text.lstrip("$€£ ").replace(",", "")
    if _AMOUNT.fullmatch(amount):
        ways.append(refunds.where(Refund.amount == Decimal(amount)).order_by(Refund.id.desc()))
    txn_id = text.upper()
    if _TXN_ID.fullmatch(txn_id):
        ways += [
            _of_sale(refunds, connection_id, Refund.sale_txn_id == txn_id),
            _with_document(refunds, Document.txn_id == txn_id),
        ]
    return ways


def _begins(column: Any, key: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return column >= key if key else column > "", column < key + LAST


def _of_sale(refunds: _Hits, connection_id: int, condition: ColumnElement[bool]) -> _Hits:
    """Those of one sale, which are few; looked up first by a query of their own."""
    few = select(Refund.id).where(Refund.connection_id == connection_id, condition).limit(MAX_FOUND + 1).subquery()
    return refunds.join(few, few.c.id == Refund.id)


def _with_document(refunds: _Hits, condition: ColumnElement[bool]) -> _Hits:
    return refunds.join(Document, Document.refund_id == Refund.id).where(condition)


def _conditions(connection_id: int, wanted: Wanted) -> tuple[ColumnElement[bool], ...]:
    conditions = [Refund.connection_id == connection_id]
    if wanted.status:
        if wanted.status not in STATUSES:
            raise ListError(f"there is no status {wanted.status!r}; there are {', '.join(STATUSES)}")
        # Of the refunds of one reason most have one status, but of those of a status few have that reason.
        status = not_by_index(Refund.status) if wanted.reason else Refund.status
        conditions.append(status == wanted.status)
    if wanted.reason:
        if wanted.reason not in REASONS:
            raise ListError(f"there is no reason {wanted.reason!r}")
        conditions.append(Refund.reason_code == wanted.reason)
    if wanted.since is not None:
        conditions.append(Refund.created_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(Refund.created_at < wanted.until)
    if wanted.account:
        # Counted rather than asked whether there is one, so that only those of the refund can be looked through.
        payouts = select(func.sum(case((_is_payout(wanted), 1), else_=0))).where(
            Document.refund_id == Refund.id, Document.generation == Refund.generation
        )
        conditions.append(payouts.correlate(Refund).scalar_subquery() > 0)
    return tuple(conditions)


def _is_payout(wanted: Wanted) -> ColumnElement[bool]:
    """Whether a document is a payout from the wanted account, entered when that is wanted."""
    payout = and_(Document.account == wanted.account, Document.role == Role.PAYOUT.value, Document.state == "posted")
    return payout if wanted.entered_since is None else and_(payout, Document.posted_at >= wanted.entered_since)


def _paid(connection_id: int, wanted: Wanted) -> _Hits:
    """The refunds that are wanted, by way of the payouts from the wanted account."""
    return (
        select(Refund.id, Refund.created_at, Refund.amount)
        .distinct()
        .join(Document, and_(Document.refund_id == Refund.id, Document.generation == Refund.generation))
        .where(_is_payout(wanted), *_conditions(connection_id, replace(wanted, account="")))
    )


def _is_seldom_paid_from(session: DatabaseSession, wanted: Wanted) -> bool:
    some = select(literal(1)).select_from(Document).where(_is_payout(wanted)).limit(MAX_SORTED + 1).subquery()
    return (session.scalar(select(func.count()).select_from(some)) or 0) <= MAX_SORTED


def _bounded(conditions: Sequence[ColumnElement[bool]]) -> Any:
    some = select(literal(1)).select_from(Refund).where(*conditions).limit(MAX_COUNTED + 1).subquery()
    return select(func.count()).select_from(some).scalar_subquery()


def _order(sort: str) -> tuple[Any, bool]:
    """The column that a list is sorted by, and whether it falls."""
    orders: dict[str, tuple[Any, bool]] = {
        NEWEST: (Refund.created_at, True),
        OLDEST: (Refund.created_at, False),
        LARGEST: (Refund.amount, True),
        SMALLEST: (Refund.amount, False),
    }
    if sort not in orders:
        raise ListError(f"there is no order {sort!r}; there are {', '.join(SORTS)}")
    return orders[sort]


def _place(refund: Refund, sort: str) -> Place:
    return Place(refund.amount if sort in (LARGEST, SMALLEST) else refund.created_at, refund.id)


def loaded(session: DatabaseSession, ids: Sequence[int], *, with_payload: bool = False) -> tuple[Refund, ...]:
    """These refunds, in this order, with their documents but without what only the conversation needs; with what the
    shop sent, which tells the customer, where that is asked for."""
    if not ids:
        return ()
    query = (
        select(Refund)
        .where(Refund.id.in_(ids))
        .options(
            undefer(Refund.payload) if with_payload else defer(Refund.payload),
            defer(Refund.findings),
            defer(Refund.shares),
            selectinload(Refund.documents).defer(Document.request),
        )
    )
    by_id = {refund.id: refund for refund in session.scalars(query)}
    return tuple(by_id[row_id] for row_id in ids if row_id in by_id)
