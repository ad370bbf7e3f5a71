"""Orders that QuickBooks does not have: what its lists hold is asked for, what they lack is added, and the order is
written down to be posted like a refund.

The stages are `prepare`, which only asks, and `enlist`, which adds customers and items. A name stands once in a list,
so that adding one twice does no harm and a lost answer is simply looked up anew. The sale itself is a document like any
other and goes by `post`, under the whole exactly-once protocol; when it stands, its refund is looked up again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy.orm import Session as DatabaseSession

from qbwc_server.refunds.codec import decode, encode
from qbwc_server.refunds.currencies import currency_code
from qbwc_server.refunds.missing import (
    CreatedOrder,
    Listed,
    ListedCustomer,
    ListedItem,
    created_order,
    tax_members_wanted,
    wanted_names,
)
from qbwc_server.refunds.naming import Role
from qbwc_server.refunds.reasons import Skip, Status
from qbwc_server.refunds.sale import CompanyFacts, Known, Sale
from qbwc_server.refunds.sale_numbers import sale_numbers
from qbwc_server.refunds.settings import CreatedSale
from qbwc_server.store.connections import settings_of
from qbwc_server.store.mappings import gateway_mappings, item_mappings
from qbwc_server.store.orders import order_of, sales_created, standing, wait_for_another, wake_those_that_wait
from qbwc_server.store.planned import words_of
from qbwc_server.store.refunds import data_of, look_again_later, note, stop
from qbwc_server.store.tables import Connection, Document, MessageSet, Refund
from qbwc_server.sync import plans, questions
from qbwc_server.sync.books import FoundDocument, company_facts, documents_in, known
from qbwc_server.sync.taking import (
    Taking,
    clear_attempts,
    failed_question,
    forget_sales_orders_where_not_offered,
    halve,
    put_off,
    question_failed,
    records_of,
    still_at,
    stop_writing,
)
from qbxml import (
    NAME_IN_USE,
    Answer,
    Call,
    CustomerRet,
    InvoiceRet,
    ItemRecord,
    ItemSalesTaxGroupRet,
    Outcome,
    Ref,
    Response,
    SalesOrderRet,
    SalesReceiptRet,
    write_request,
    written_value,
)
from qbxml import Status as QbxmlStatus

MAX_ENLISTED = 8  # message sets that add to the lists for one refund; then a person is asked
MAX_ROUNDS = 20  # message sets that ask for one refund's order; likewise
_NAMES_IN_USE = "names_in_use"  # that QuickBooks refused for a customer; still so after a person has been asked
_ON_ITS_WAY = (Status.WAITING.value, Status.POSTING.value)


@dataclass(frozen=True)
class Groundwork:
    """What is known so far for creating a refund's order, and what is still to be asked."""

    customer: Ref | None = None
    day: date | None = None  # the customer's sales of this day are looked through
    looked_through: bool = False  # they were, or the customer is new and has none
    by_part_of_name: bool = False  # there are too many customers to ask for all
    by_ending: bool = False  # items are asked for by the last part of their names, too
    tax_members: tuple[str, ...] = ()  # ListIDs of the sales taxes of a group
    additions: tuple[str, ...] = ()  # requests as they are sent
    tries: int = 0  # message sets that added to the lists
    rounds: int = 0  # message sets that asked


def groundwork_of(row: Refund) -> Groundwork:
    """What is known so far for creating a refund's order."""
    return decode(Groundwork, row.findings) if row.findings is not None else Groundwork()


def begin(row: Refund, now: datetime) -> None:
    """A refund whose order is not in QuickBooks and is to be created."""
    row.stage, row.status, row.findings = "prepare", Status.WAITING.value, encode(Groundwork())
    row.updated_at = now
    note(row, now, f"QuickBooks does not have the order {row.order_number}: it is to be created from the shop's data.")


# --- asking


def calls_to_prepare(database: DatabaseSession, connection: Connection, rows: Sequence[Refund]) -> tuple[Call, ...]:
    """The questions for what these refunds' orders need."""
    settings, facts = settings_of(connection), _facts(database, connection, "UTC")
    wanted = []
    for row in rows:
        data, groundwork = data_of(row), groundwork_of(row)
        wanted.append(
            questions.WantedForOrder(
                numbers=sale_numbers(data.order.number, settings),
                names=wanted_names(data, settings, facts),
                customer=(groundwork.customer.list_id or "") if groundwork.customer is not None else "",
                by_part_of_name=groundwork.by_part_of_name,
                by_ending=groundwork.by_ending,
                tax_members=groundwork.tax_members,
                day=groundwork.day,
            )
        )
    with_orders = known(connection.company.known, "sales_orders") is not Known.NO
    with_payments = settings.missing_orders_as is CreatedSale.INVOICE
    return questions.prepare(wanted, sales_orders=with_orders, payments=with_payments)


def take_prepare(taking: Taking, sent: MessageSet, answer: Answer) -> None:
    """The answer to these questions: the orders are planned, or more is asked."""
    rows = still_at(taking, sent, "prepare")
    by_id = answer.by_request_id
    forget_sales_orders_where_not_offered(taking, by_id)
    failed = failed_question(by_id)
    if failed is not None:
        question_failed(taking, rows, failed)
        return
    read = _Read.of(by_id)
    for row in rows:
        clear_attempts(row)
        _prepare(taking, row, read)
        taking.database.flush()


@dataclass(frozen=True)
class _Read:
    """What the lists and the books hold, for all refunds of a batch."""

    numbers: frozenset[str]  # of sales, in small letters
    customers: tuple[ListedCustomer, ...]
    is_long: bool  # there are more customers than were shown
    items: tuple[ListedItem, ...]
    own: tuple[FoundDocument, ...]  # the customers' own sales, and payments, of these days
    own_is_cut: bool

    @classmethod
    def of(cls, by_id: dict[str, Response]) -> _Read:
        sales = [
            record
            for name, kind in (("receipts", SalesReceiptRet), ("invoices", InvoiceRet), ("orders", SalesOrderRet))
            for record in records_of(by_id, name, kind)
        ]
        asked = [name for name in by_id if name.startswith(questions.CUSTOMERS_PREFIX)]
        customers = {r.list_id: r for name in asked for r in records_of(by_id, name, CustomerRet) if r.list_id}
        listing = by_id.get(questions.EVERY_CUSTOMER)
        items = {
            record.list_id: record
            for name in by_id
            if name.startswith(questions.ITEMS_PREFIX)
            for record in records_of(by_id, name, ItemRecord)
            if record.list_id
        }
        own = [by_id[name] for name in by_id if name.startswith(questions.OWN_PREFIX)]
        return cls(
            numbers=frozenset((record.ref_number or "").casefold() for record in sales),
            customers=tuple(_customer(record) for record in customers.values()),
            is_long=listing is not None and len(listing.records) >= questions.MAX_CUSTOMERS,
            items=tuple(_item(record) for record in items.values()),
            own=documents_in(own),
            own_is_cut=any(len(each.records) >= questions.MAX_FOUND_PER_CUSTOMERS for each in own),
        )


def _customer(record: CustomerRet) -> ListedCustomer:
    return ListedCustomer(
        ref=Ref(list_id=record.list_id, full_name=record.full_name or record.name),
        email=record.email or "",
        is_active=record.is_active is not False,
        currency=currency_code(record.currency_ref),
    )


def _item(record: ItemRecord) -> ListedItem:
    members = record.item_sales_tax_refs if isinstance(record, ItemSalesTaxGroupRet) else ()
    return ListedItem(
        ref=Ref(list_id=record.list_id, full_name=record.full_name or record.name),
        kind=type(record).__name__.removesuffix("Ret"),
        is_active=record.is_active is not False,
        tax_rate=record.tax_rate,
        members=tuple(member.list_id for member in members if member.list_id),
    )


def _prepare(taking: Taking, row: Refund, read: _Read) -> None:
    data, settings = data_of(row), settings_of(taking.connection)
    if any(number.casefold() in read.numbers for number in sale_numbers(data.order.number, settings)):
        row.stage, row.findings = "find", None  # the order has come in meanwhile, by whatever way
        return
    if _is_seen_to_elsewhere(taking, row):
        return
    groundwork = groundwork_of(row)
    listed = Listed(read.customers, read.items, tuple(row.decided.get(_NAMES_IN_USE, ())))
    outcome = created_order(data, settings, _facts(taking.database, taking.connection, taking.server_zone), listed)
    more = _asking_more(groundwork, outcome, read, tax_members_wanted(listed, settings))
    if more != groundwork and groundwork.rounds < MAX_ROUNDS:
        row.findings = encode(replace(more, rounds=groundwork.rounds + 1))
        return
    if more != groundwork:
        outcome = _kept_failing(MAX_ROUNDS, "QuickBooks' lists show something else each time")
    if isinstance(outcome, CreatedOrder) and read.own_is_cut:
        outcome = _too_many(row, outcome)
    if isinstance(outcome, Skip):
        if outcome.reason == "customer_name_taken":  # a person frees one of them, and then all are tried anew
            row.decided = {key: value for key, value in row.decided.items() if key != _NAMES_IN_USE}
        stop(row, outcome, taking.now)
        look_again_later(row, settings, taking.now)
        return
    _carry_out(taking, row, outcome, groundwork, read.own)


def _is_seen_to_elsewhere(taking: Taking, row: Refund) -> bool:
    """Whether the order was, or is being, created for another refund of it, and this one has been told so."""
    documents = sales_created(taking.database, taking.connection.id, [order_of(row)]).get(order_of(row), [])
    others = [document for document in documents if document.refund_id != row.id]
    if standing(documents):
        row.stage, row.findings = "find", None  # there it is asked for by its TxnID
        return True
    if any(document.state == "posted" for document in documents) or any(d.state == "review" for d in others):
        stop(row, Skip("order_in_doubt", {"order": row.order_number}), taking.now)
        return True
    if any(d.refund.stage in ("enlist", "post") and d.refund.status in _ON_ITS_WAY for d in others):
        wait_for_another(row, taking.now)
        return True
    return False


def waits_for_payment(taking: Taking, row: Refund, created: Document | None) -> bool:
    """Whether the order stands as an invoice whose payment is still to be received for another refund of it, and this
    one has been told so: on an invoice that seems unpaid it would be another refund."""
    if created is None or created.refund_id == row.id or not created.refund.is_creating_order:
        return False
    other = created.refund
    if all(document.state == "posted" for document in other.order_documents):
        return False
    if other.status in _ON_ITS_WAY:
        wait_for_another(row, taking.now)
    elif other.status in (Status.REVIEW.value, Status.FAILED.value):
        stop(row, Skip("order_in_doubt", {"order": row.order_number}), taking.now)
    else:
        return False
    return True


def _asking_more(
    groundwork: Groundwork, outcome: CreatedOrder | Skip, read: _Read, tax_members: tuple[str, ...]
) -> Groundwork:
    """What else has to be asked before the order can be created, or refused."""
    lacks_items = outcome.reason == "item_not_in_quickbooks" if isinstance(outcome, Skip) else False
    if isinstance(outcome, CreatedOrder):
        lacks_items = any(type(addition).__name__ != "CustomerAdd" for addition in outcome.additions)
    more = replace(
        groundwork,
        by_part_of_name=groundwork.by_part_of_name or read.is_long,
        by_ending=groundwork.by_ending or lacks_items,
        tax_members=groundwork.tax_members or tax_members,
    )
    if isinstance(outcome, CreatedOrder) and outcome.customer.list_id and more == groundwork:
        is_known = groundwork.looked_through and outcome.customer.same_as(groundwork.customer)
        if not is_known:
            more = replace(more, customer=outcome.customer, day=outcome.day, looked_through=True)
    return more


def _kept_failing(attempts: int, message: str) -> Skip:
    return Skip("kept_failing", {"document": "customer or item", "attempts": str(attempts), "message": message})


def _too_many(row: Refund, outcome: CreatedOrder) -> Skip:
    facts = {
        "customer": str(outcome.customer),
        "most": str(questions.MAX_FOUND_PER_CUSTOMERS),
        "what": "sales on the day of the order",
        "ref_number": row.order_number,
    }
    return Skip("too_many_to_look_through", facts)


def _carry_out(
    taking: Taking, row: Refund, outcome: CreatedOrder, groundwork: Groundwork, own: Iterable[FoundDocument]
) -> None:
    """Writes the order's documents down; they go at once, after what is added to the lists, or when a person agrees."""
    database, now = taking.database, taking.now
    plans.write_order_down(database, row, outcome)
    skip = _adopt(database, row, own, now)
    if skip is None and any(document.state != "posted" for document in row.order_documents):
        amount = max(row.amount, outcome.total)
        skip = plans.held_for_approval(row, settings_of(taking.connection), amount)
    if skip is not None:
        stop(row, skip, now)
        return
    if outcome.additions:
        written = tuple(write_request(addition).decode("ascii") for addition in outcome.additions)
        row.stage, row.status, row.findings = (
            "enlist",
            Status.POSTING.value,
            encode(replace(groundwork, additions=written)),
        )
        return
    row.findings = None
    plans.conclude(row, now)


def _adopt(database: DatabaseSession, row: Refund, own: Iterable[FoundDocument], now: datetime) -> Skip | None:
    """Takes over what stands in QuickBooks already under another number; a reason where it is not as it should be."""
    for document in row.order_documents:
        found = next((f for f in own if f.external_guid and f.external_guid == document.external_guid), None)
        if found is None or document.state == "posted":
            continue
        if not plans.matches(document, found):
            facts = {
                "document": words_of(document),
                "ref_number": found.ref_number,
                "found": plans.describe(found),
            }
            return Skip("changed_in_quickbooks", facts)
        plans.take_over(document, found.txn_id, found.edit_sequence, now)
        wake_those_that_wait(database, row, now)
    return None


def _facts(database: DatabaseSession, connection: Connection, server_zone: str) -> CompanyFacts:
    mapping, gateways = item_mappings(database, connection.id), gateway_mappings(database, connection.id)
    return company_facts(connection.company, settings_of(connection), server_zone, mapping, gateways)


# --- adding to the lists


def calls_to_enlist(rows: Sequence[Refund]) -> tuple[tuple[Call, ...], dict[str, list[str]]]:
    """The requests that add what these refunds' orders need, each once, and which of them each refund waits for."""
    ids: dict[tuple[str, str], str] = {}
    calls: list[Call] = []
    waits_for: dict[str, list[str]] = {}
    for row in rows:
        for text in groundwork_of(row).additions:
            request = text.encode("ascii")
            key = (_type_of(text), _name_of(request, text).casefold())
            if key not in ids:
                ids[key] = f"n{len(calls)}"
                calls.append(Call(ids[key], request))
            waits_for.setdefault(str(row.id), []).append(ids[key])
    return tuple(calls), waits_for


def take_enlist(taking: Taking, sent: MessageSet, answer: Answer) -> None:
    """What was added; then the lists are looked at anew."""
    by_id = answer.by_request_id
    for row in still_at(taking, sent, "enlist"):
        groundwork = groundwork_of(row)
        row.batch_limit = None
        ids = sent.context["of"].get(str(row.id), [])
        trouble = None
        for text, request_id in zip(groundwork.additions, ids, strict=False):
            groundwork, skip = _enlisted(taking, row, groundwork, text, by_id.get(request_id))
            trouble = trouble or skip
        _look_anew(row, replace(groundwork, additions=(), tries=groundwork.tries + 1))
        if trouble is None and groundwork.tries + 1 >= MAX_ENLISTED:
            trouble = _kept_failing(MAX_ENLISTED, "QuickBooks does not show what was added to its lists")
        if trouble is not None:
            stop(row, trouble, taking.now)


def _enlisted(
    taking: Taking, row: Refund, groundwork: Groundwork, text: str, response: Response | None
) -> tuple[Groundwork, Skip | None]:
    """What one addition has become; what has no word is looked for."""
    if response is None:
        return groundwork, None
    what, name, status = _words_of(text), _name_of(text.encode("ascii"), text), response.status
    if status.outcome is Outcome.DONE:
        note(row, taking.now, f"The {what} {name} was added.")
        record = next((r for r in response.records if isinstance(r, CustomerRet) and r.list_id), None)
        if record is not None:
            customer = Ref(list_id=record.list_id, full_name=record.full_name or record.name)
            return replace(groundwork, customer=customer, day=None, looked_through=True), None
        return groundwork, None
    if status.code == NAME_IN_USE:
        note(row, taking.now, f"The name {name} is in use in QuickBooks.")
        row.decided = row.decided | {_NAMES_IN_USE: [*row.decided.get(_NAMES_IN_USE, ()), name]}
        return groundwork, None
    return groundwork, _refused(taking, row, f"{what} {name}", status)


def _refused(taking: Taking, row: Refund, what: str, status: QbxmlStatus) -> Skip | None:
    if status.outcome is Outcome.STOP:
        stop_writing(taking.company, "permission_missing", status.explanation)
        return None
    if status.outcome is Outcome.RETRY_LATER:
        row.attempts += 1
        return put_off(row, row.attempts, what, status.explanation, taking.now)
    return Skip("refused_by_quickbooks", {"document": what, "message": status.explanation})


def take_enlist_unreadable(taking: Taking, sent: MessageSet) -> None:
    """QuickBooks could not read the set, so nothing was added: fewer refunds at a time, until one stands alone."""
    rows = still_at(taking, sent, "enlist")
    if len(rows) > 1:
        halve(rows)
        return
    for row in rows:
        facts = {"document": "customer or item of the order", "advice": "Report this with the session's log."}
        stop(row, Skip("request_unreadable", facts), taking.now)


def look_anew(rows: Iterable[Refund]) -> None:
    """Refunds whose additions to the lists were sent and not answered: the lists show what has become of them."""
    for row in rows:
        if row.stage == "enlist":
            _look_anew(row, replace(groundwork_of(row), additions=(), customer=None, day=None, looked_through=False))


def _look_anew(row: Refund, groundwork: Groundwork) -> None:
    row.stage, row.status, row.findings = "prepare", Status.WAITING.value, encode(groundwork)


def _type_of(text: str) -> str:
    return text.removeprefix("<").partition("Rq")[0]


def _name_of(request: bytes, text: str) -> str:
    return written_value(request, f"{_type_of(text)}/Name")


def _words_of(text: str) -> str:
    return "customer" if _type_of(text) == "CustomerAdd" else "item"


# --- the order once it is found


def goes_on_with_payment(row: Refund, sale: Sale, database: DatabaseSession, now: datetime) -> bool:
    """The order was found: what was planned for it is taken over, or no longer holds. True where the payment of an
    invoice that was created is still to be received."""
    for document in row.order_documents:
        if document.role == Role.SALE.value and document.state != "posted" and _is(document, sale):
            plans.take_over(document, sale.txn_id, sale.edit_sequence, now)
            wake_those_that_wait(database, row, now)
    created = next((d for d in row.order_documents if d.role == Role.SALE.value and d.state == "posted"), None)
    payment = next((d for d in row.order_documents if d.role == Role.SALE_PAYMENT.value and d.state != "posted"), None)
    if created is not None and created.txn_id == sale.txn_id and payment is not None:
        if sale.open_balance >= payment.amount > Decimal(0):
            payment.state = "planned"
            row.status, row.stage, row.reason, row.findings = Status.POSTING.value, "post", None, None
            return True
        if not sale.open_balance and len(sale.payments) == 1 and sale.payments[0].amount == payment.amount:
            plans.take_over(payment, sale.payments[0].txn_id, "", now)
            wake_those_that_wait(database, row, now)
    plans.drop_order(database, row)
    return False


def _is(document: Document, sale: Sale) -> bool:
    """Whether a sale is the order as it was planned: by its mark, or, where none is shown, by number, customer and
    total."""
    if sale.external_guid:
        return sale.external_guid == document.external_guid
    same = sale.ref_number.casefold() == document.ref_number.casefold() and sale.total == document.amount
    return same and (sale.customer.list_id or "") == document.customer_id
