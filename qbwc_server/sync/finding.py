"""The answers about sales: which one a refund belongs to, and what is linked to it."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence

from qbwc_server.refunds.by_hand import names_sale
from qbwc_server.refunds.choosing import Rivals, as_candidates, choose_invoice, choose_sale, not_found
from qbwc_server.refunds.chosen import find_chosen, not_there
from qbwc_server.refunds.codec import decode, encode
from qbwc_server.refunds.matching import items_to_look_at
from qbwc_server.refunds.missing import not_created
from qbwc_server.refunds.model import Refund as RefundData
from qbwc_server.refunds.naming import ref_number
from qbwc_server.refunds.open_orders import with_order_behind
from qbwc_server.refunds.planning import may_be_voided
from qbwc_server.refunds.reasons import Skip
from qbwc_server.refunds.sale import Payment, Sale, SaleType
from qbwc_server.refunds.sale_numbers import looked_for, names_of_order
from qbwc_server.refunds.settings import Settings
from qbwc_server.store.connections import settings_of
from qbwc_server.store.mappings import gateway_mappings, item_mappings
from qbwc_server.store.orders import order_of, sales_created, standing
from qbwc_server.store.planned import words_of
from qbwc_server.store.refunds import CHOSEN_SALE, data_of, look_again_later, note
from qbwc_server.store.tables import Document, MessageSet, Refund
from qbwc_server.sync import creating
from qbwc_server.sync.books import (
    FoundDocument,
    RecordError,
    SaleRecord,
    company_facts,
    documents_in,
    hand_memo,
    payment_of,
    sale_of,
    told_more,
)
from qbwc_server.sync.looking import MAX_CANDIDATES, Carrier, Look, carriers_in, located_in, look_of
from qbwc_server.sync.plans import (
    Findings,
    carry_out,
    forget_plan,
    stop,
)
from qbwc_server.sync.questions import CREATED_PREFIX, DATED_PREFIX, LOCATED_PREFIX, MAX_DATED, MAX_OWN_MEMOS, SALES
from qbwc_server.sync.taking import (
    Taking,
    clear_attempts,
    failed_question,
    forget_sales_orders_where_not_offered,
    halve,
    question_failed,
    records_of,
    still_at,
)
from qbxml import (
    Answer,
    CreditMemoRet,
    CustomerRet,
    InvoiceRet,
    ItemRecord,
    Outcome,
    ReceivePaymentRet,
    Response,
    SalesOrderRet,
    SalesReceiptRet,
)

OWN = ("own_memos", "own_checks")  # the questions about the customers' documents among which ours may be


def take_find(taking: Taking, sent: MessageSet, answer: Answer) -> None:
    settings = settings_of(taking.connection)
    asked = sent.context.get("asked", {})
    waiting = still_at(taking, sent, "find")
    looks = {row.id: look_of(row, settings) for row in waiting}
    # A refund that the shop has changed since is asked for anew, and all of them are where the settings have changed.
    rows = [row for row in waiting if encode(looks[row.id]) == asked.get(str(row.id))]
    by_id = answer.by_request_id
    forget_sales_orders_where_not_offered(taking, by_id)
    failed = failed_question(by_id)
    if failed is not None:
        choice = looks[rows[0].id].choice if len(rows) == 1 else None
        if choice is not None and failed.outcome is Outcome.FIX_DATA:  # the TxnID is all that can be wrong with it
            _stop_finding(taking, rows[0], not_there(choice))
            return
        question_failed(taking, rows, failed)
        return
    found = _FoundSales.of(by_id)
    created = _sales_created(taking, rows)
    documents = documents_in(by_id[name] for name in ("memos", "cards", "checks") if name in by_id)
    among_many = [row for row in rows if looks[row.id].is_among_many]
    if found.is_cut:
        _too_many_sales(taking, among_many, settings)
    else:
        carriers = carriers_in(found.dated, settings.order_number_field, settings.order_number_custom_field)
        for row in among_many:
            _take_located(taking, row, looks[row.id], carriers, settings)
    for row in rows:
        if not looks[row.id].is_among_many:
            _take_sales(taking, sent, row, looks[row.id], found, documents, created.get(row.id))


def _take_located(taking: Taking, row: Refund, look: Look, carriers: Sequence[Carrier], settings: Settings) -> None:
    """What carries the order's number in another field is read in full next."""
    clear_attempts(row)
    row.candidates = None
    located = located_in(look, carriers)
    if not located:
        _not_found(taking, row, not_found(data_of(row), settings), None, settings)
    elif len(located) > MAX_CANDIDATES:
        facts = {"looked_for": looked_for(data_of(row), settings), "sales": f"{len(located)} sales"}
        _stop_finding(taking, row, Skip("ambiguous_sale", facts))
    else:
        row.findings = encode(dataclasses.replace(look, located=located))


def _take_sales(
    taking: Taking,
    sent: MessageSet,
    row: Refund,
    look: Look,
    found: _FoundSales,
    documents: tuple[FoundDocument, ...],
    created: Document | None,
) -> None:
    settings = settings_of(taking.connection)
    clear_attempts(row)
    row.candidates = None
    sales = found.of_look(look)
    if look.choice is None:
        sales = _with_created(sales, created, found)
    if isinstance(sales, RecordError):
        _stop_finding(taking, row, Skip("answer_unreadable", {"order": row.order_number, "reason": str(sales)}))
        return
    chosen = _sale_among(sales, look, data_of(row), settings)
    if isinstance(chosen, Skip):
        _not_found(taking, row, chosen, created, settings)
    elif isinstance(chosen, Rivals):
        _wait_for_more(row, _wants_emails(chosen, documents))
    elif creating.waits_for_payment(taking, row, created):
        pass
    elif not creating.goes_on_with_payment(row, chosen, taking.database, taking.now):
        if look.choice is not None:  # from now on it is known by its TxnID
            row.decided = row.decided | {CHOSEN_SALE: encode(look.choice.found_as(chosen))}
        note(row, taking.now, _found_text(chosen), sent.id)
        _wait_for_more(row, _wants(chosen, documents, data_of(row), settings))


def _sale_among(sales: Sequence[Sale], look: Look, refund: RefundData, settings: Settings) -> Sale | Rivals | Skip:
    if look.choice is not None:
        return find_chosen(look.choice, sales)
    chosen = choose_sale(refund, sales, settings)
    return chosen if isinstance(chosen, Rivals) else with_order_behind(refund, chosen, sales)


def _stop_finding(taking: Taking, row: Refund, skip: Skip) -> None:
    """Ends it with a reason, and keeps the sales that a person is to choose from. What was planned before takes nothing
    out of the sale that was found then."""
    forget_plan(taking.database, row)
    stop(row, skip, taking.now)
    row.candidates = as_candidates(skip)


def _too_many_sales(taking: Taking, rows: Sequence[Refund], settings: Settings) -> None:
    """Not all sales of the days were shown, so the one may be among the others: fewer refunds at a time have fewer
    days, and what can't be told of a single one is for a person."""
    if len(rows) > 1:
        halve(rows)
        return
    for row in rows:
        facts = {"looked_for": looked_for(data_of(row), settings), "most": str(MAX_DATED)}
        _stop_finding(taking, row, Skip("too_many_sales_to_look_through", facts))


def _sales_created(taking: Taking, rows: Sequence[Refund]) -> dict[int, Document]:
    """The order that Connex created, for whichever refund of it, by the refund's id."""
    found = sales_created(taking.database, taking.connection.id, map(order_of, rows))
    posted = {key: standing(documents) for key, documents in found.items()}
    return {row.id: posted[order_of(row)][-1] for row in rows if posted.get(order_of(row))}


def _with_created(
    sales: Sequence[Sale] | RecordError, created: Document | None, found: _FoundSales
) -> Sequence[Sale] | RecordError:
    """The sales that an order may be, and the one that Connex created for it, whatever number that carries by now."""
    if created is None or isinstance(sales, RecordError) or any(sale.txn_id == created.txn_id for sale in sales):
        return sales
    sale = found.created.get(created.txn_id)
    if sale is None:
        if sales:
            created.state = "failed"  # somebody took it out of the books and entered the order anew
        return sales
    return sale if isinstance(sale, RecordError) else (*sales, sale)


def _not_found(taking: Taking, row: Refund, skip: Skip, created: Document | None, settings: Settings) -> None:
    """A refund without its sale stops, or its order is created first where the settings say so."""
    if skip.reason == "order_not_found" and created is not None:
        facts = {"order": row.order_number, "document": words_of(created), "txn_id": created.txn_id}
        skip = Skip("created_sale_gone", facts)
    elif skip.reason == "order_not_found" and settings.sync_missing_orders:
        mapping = item_mappings(taking.database, taking.connection.id)
        facts_of_company = company_facts(taking.company, settings, taking.server_zone, mapping)
        refused = not_created(data_of(row), settings, facts_of_company)
        if refused is None:
            creating.begin(row, taking.now)
            return
        skip = refused
    _stop_finding(taking, row, skip)
    look_again_later(row, settings, taking.now)


def _found_text(sale: Sale) -> str:
    return f"Found as {sale.type.words} {sale.ref_number} over {sale.total} for {sale.customer}."


def _wants(sale: Sale, documents: tuple[FoundDocument, ...], refund: RefundData, settings: Settings) -> Findings:
    """What has to be read beside the sale itself."""
    return Findings(
        sale=sale,
        wants_payments=tuple(p.txn_id for p in sale.payments) if sale.type is SaleType.INVOICE else (),
        wants_invoices=sale.invoices if sale.type is SaleType.SALES_ORDER else (),
        wants_open_payments=(sale.type is SaleType.SALES_ORDER and not sale.invoices) or sale.behind is not None,
        wants_items=items_to_look_at(refund, sale, settings) if sale.type is not SaleType.SALES_ORDER else (),
        documents=documents,
    )


def _wants_emails(rivals: Rivals, documents: tuple[FoundDocument, ...]) -> Findings:
    """What is read before it is known which of several sales was refunded; all else waits for that."""
    return Findings(
        sale=rivals.sales[0],
        rivals=rivals.sales,
        wants_emails=rivals.customers,
        looked_through=True,
        looked_for_memos=True,
        documents=documents,
    )


def _wait_for_more(row: Refund, findings: Findings) -> None:
    row.findings = encode(findings)
    row.stage = "follow"


def take_follow(taking: Taking, sent: MessageSet, answer: Answer) -> None:
    rows = still_at(taking, sent, "follow")
    by_id = answer.by_request_id
    failed = failed_question(by_id)
    if failed is not None:
        question_failed(taking, rows, failed)
        return
    read = _Read.of(by_id)
    if any(len(by_id[name].records) >= MAX_OWN_MEMOS for name in OWN if name in by_id):
        _too_many(taking, rows)
        return
    settings = settings_of(taking.connection)
    mapping = item_mappings(taking.database, taking.connection.id)
    gateways = gateway_mappings(taking.database, taking.connection.id)
    facts = company_facts(taking.company, settings, taking.server_zone, mapping, gateways)
    for row in rows:
        clear_attempts(row)
        findings = decode(Findings, row.findings)
        try:
            outcome = _followed(findings, read, data_of(row), settings)
        except RecordError as error:
            outcome = Skip("answer_unreadable", {"order": row.order_number, "reason": str(error)})
        if isinstance(outcome, Skip):
            _stop_finding(taking, row, outcome)
        elif outcome is None:
            row.stage, row.findings = "find", None
        elif outcome.complete:
            carry_out(taking.database, row, outcome, settings, facts, taking.now)
        else:
            _wait_for_more(row, outcome)


@dataclasses.dataclass(frozen=True)
class _Read:
    """What another round of reading brought, for all refunds of a batch."""

    payments: Mapping[str, ReceivePaymentRet]
    open_payments: Sequence[ReceivePaymentRet]
    invoices: Mapping[str, InvoiceRet]
    own: tuple[FoundDocument, ...]
    hand_memos: tuple[FoundDocument, ...]  # of the customers, whoever entered them
    hand_payouts: tuple[FoundDocument, ...]  # likewise, near the refunds' dates
    memos: Mapping[str, CreditMemoRet]  # with their lines
    items: Mapping[str, ItemRecord]
    emails: Mapping[str, tuple[str, ...]]  # of customers, by ListID

    @classmethod
    def of(cls, by_id: dict[str, Response]) -> _Read:
        """The records of the answer, by the question that they answer."""
        items = by_id["items"].records if "items" in by_id else ()
        return cls(
            payments={r.txn_id: r for r in records_of(by_id, "payments", ReceivePaymentRet) if r.txn_id},
            open_payments=records_of(by_id, "open_payments", ReceivePaymentRet),
            invoices={r.txn_id: r for r in records_of(by_id, "invoices", InvoiceRet) if r.txn_id},
            own=documents_in(by_id[name] for name in OWN if name in by_id),
            hand_memos=documents_in([by_id["hand_memos"]] if "hand_memos" in by_id else []),
            hand_payouts=documents_in(by_id[name] for name in ("hand_cards", "hand_checks") if name in by_id),
            memos={r.txn_id: r for r in records_of(by_id, "memos", CreditMemoRet) if r.txn_id},
            items={r.list_id: r for r in items if isinstance(r, ItemRecord) and r.list_id},
            emails={
                r.list_id: tuple(re.split(r"[,;\s]+", r.email or ""))
                for r in records_of(by_id, "customers", CustomerRet)
                if r.list_id
            },
        )


def _too_many(taking: Taking, rows: Sequence[Refund]) -> None:
    """Not all of the customers' memos were shown, so one of ours may be among the others: fewer customers at a time,
    and what can't be told of a single one is for a person."""
    if len(rows) > 1:
        halve(rows)
        return
    for row in rows:
        facts = {
            "customer": str(decode(Findings, row.findings).sale.customer),
            "most": str(MAX_OWN_MEMOS),
            "what": "credit memos or checks since this refund",
            "ref_number": ref_number(data_of(row)),
        }
        _stop_finding(taking, row, Skip("too_many_to_look_through", facts))


def _followed(findings: Findings, read: _Read, refund: RefundData, settings: Settings) -> Findings | Skip | None:
    """What is known of a refund's sale after another round of reading; None where it has to be looked for anew."""
    if findings.rivals:
        rival = choose_sale(refund, findings.rivals, settings, read.emails)
        if isinstance(rival, Rivals):
            raise TypeError("with the e-mail addresses read, none are wanted any more")
        rival = with_order_behind(refund, rival, findings.rivals)
        return rival if isinstance(rival, Skip) else _wants(rival, findings.documents, refund, settings)
    if findings.wants_sale:
        return _read_again(findings, read)
    found = _read_further(findings, read, refund, settings)
    if isinstance(found, Findings) and found.complete and may_be_voided(refund, found.sale, settings):
        return dataclasses.replace(found, wants_sale=(found.sale.txn_id,))
    return found


def _read_again(findings: Findings, read: _Read) -> Findings | None:
    """A void names no EditSequence (FACTS.md 1), so the invoice is read right before: None where it is not as it was
    found."""
    sale = findings.sale
    record = read.invoices.get(sale.txn_id)
    now = sale_of(record) if record is not None else None
    if now is None or (now.edit_sequence, now.linked) != (sale.edit_sequence, sale.linked):
        return None
    return dataclasses.replace(findings, wants_sale=())


def _read_further(findings: Findings, read: _Read, refund: RefundData, settings: Settings) -> Findings | Skip:
    sale = findings.sale
    whoever = (d for d in (*read.hand_memos, *read.hand_payouts) if sale.customer.same_as(d.customer))
    documents = _merged(findings.documents, (*read.own, *whoever))
    if findings.wants_invoices:
        invoiced = [sale_of(read.invoices[txn_id]) for txn_id in findings.wants_invoices if txn_id in read.invoices]
        if not invoiced:  # none of them is there any more
            return Skip("several_invoices", {"order": sale.ref_number, "invoices": ", ".join(sale.invoices)})
        chosen = with_order_behind(refund, choose_invoice(refund, invoiced), (sale, *invoiced))
        if isinstance(chosen, Skip):
            return chosen
        if chosen.type is SaleType.SALES_ORDER:  # none of its invoices is concerned
            further = _wants(chosen, documents, refund, settings)
            return dataclasses.replace(further, wants_invoices=(), wants_open_payments=True, looked_through=True)
        return dataclasses.replace(_wants(chosen, documents, refund, settings), looked_through=True)
    if findings.wants_payments:
        sale = dataclasses.replace(sale, payments=tuple(_payment_read(p, read.payments) for p in sale.payments))
    if findings.wants_open_payments:
        mine = [
            payment_of(r)
            for r in read.open_payments
            if r.customer_ref is not None and sale.customer.same_as(r.customer_ref)
        ]
        sale = dataclasses.replace(sale, open_payments=tuple(p for p in mine if p.unused > 0))
    if findings.wants_items:
        sale = told_more(sale, read.items)
    naming = () if findings.looked_for_memos else tuple(m for m in read.hand_memos if _names(m, sale, refund, settings))
    return Findings(
        sale=sale,
        wants_memos=tuple(memo.txn_id for memo in naming),
        looked_through=True,
        looked_for_memos=True,
        by_hand=tuple(hand_memo(read.memos[txn_id]) for txn_id in findings.wants_memos if txn_id in read.memos),
        documents=documents,
    )


def _payment_read(payment: Payment, read: Mapping[str, ReceivePaymentRet]) -> Payment:
    """A payment of an invoice with all that is known of it; its amount is what it paid of the invoice."""
    record = read.get(payment.txn_id)
    return payment if record is None else dataclasses.replace(payment_of(record), amount=payment.amount)


def _names(memo: FoundDocument, sale: Sale, refund: RefundData, settings: Settings) -> bool:
    """Whether a credit memo without a mark of ours is about the sale."""
    return (
        not memo.external_guid
        and sale.customer.same_as(memo.customer)
        and names_sale(
            sale,
            names_of_order(refund.order.number, settings),
            ref_number=memo.ref_number,
            memo=memo.memo,
            links=[link.txn_id for link in memo.links],
        )
    )


def _merged(first: Iterable[FoundDocument], second: Iterable[FoundDocument]) -> tuple[FoundDocument, ...]:
    return tuple({document.txn_id: document for document in (*first, *second)}.values())


@dataclasses.dataclass(frozen=True)
class _FoundSales:
    """The sales of an answer; of a record that could not be understood, the error with its reason."""

    by_number: Mapping[str, Sequence[Sale | RecordError]]  # those asked for by RefNumber, by it, casefolded
    by_txn_id: Mapping[str, Sale | RecordError]  # those asked for by TxnID
    created: Mapping[str, Sale | RecordError]  # those that Connex created, by TxnID
    dated: Sequence[SaleRecord]  # all of some days, with little of each
    is_cut: bool  # there are more of these days

    @classmethod
    def of(cls, by_id: Mapping[str, Response]) -> _FoundSales:
        by_number: dict[str, list[Sale | RecordError]] = {}
        for record in _sale_records(by_id, ""):
            by_number.setdefault((record.ref_number or "").casefold(), []).append(_read_sale(record))
        return cls(
            by_number=by_number,
            by_txn_id={r.txn_id: _read_sale(r) for r in _sale_records(by_id, LOCATED_PREFIX) if r.txn_id},
            created={r.txn_id: _read_sale(r) for r in _sale_records(by_id, CREATED_PREFIX) if r.txn_id},
            dated=_sale_records(by_id, DATED_PREFIX),
            is_cut=any(
                len(by_id[name].records) >= MAX_DATED
                for name in (f"{DATED_PREFIX}{kind}" for kind in SALES.values())
                if name in by_id
            ),
        )

    def of_look(self, look: Look) -> Sequence[Sale] | RecordError:
        """The sales that were asked for, each once; an error where one of them could not be understood."""
        if look.located:
            ids = dict.fromkeys(each.txn_id for each in look.located)
            found = [self.by_txn_id[txn_id] for txn_id in ids if txn_id in self.by_txn_id]
        else:
            numbers = dict.fromkeys(number.casefold() for number in look.numbers)
            found = [sale for number in numbers for sale in self.by_number.get(number, ())]
        error = next((each for each in found if isinstance(each, RecordError)), None)
        return error if error is not None else [each for each in found if isinstance(each, Sale)]


def _sale_records(by_id: Mapping[str, Response], prefix: str) -> list[SaleRecord]:
    responses = (by_id[name] for name in (f"{prefix}{kind}" for kind in SALES.values()) if name in by_id)
    kinds = (SalesReceiptRet, InvoiceRet, SalesOrderRet)
    return [record for response in responses for record in response.records if isinstance(record, kinds)]


def _read_sale(record: SaleRecord) -> Sale | RecordError:
    try:
        return sale_of(record)
    except RecordError as error:
        return error
