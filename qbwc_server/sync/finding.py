"""The answers about sales: which one a refund belongs to, and what is linked to it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

from qbwc_server.refunds.codec import decode, encode
from qbwc_server.refunds.model import Refund as RefundData
from qbwc_server.refunds.planning import choose_sale
from qbwc_server.refunds.reasons import Skip
from qbwc_server.refunds.sale import Known, Sale, SaleType
from qbwc_server.store.connections import settings_of
from qbwc_server.store.refunds import data_of, note
from qbwc_server.store.tables import MessageSet, Refund
from qbwc_server.sync.books import (
    FoundDocument,
    RecordError,
    company_facts,
    found_document,
    payment_of,
    sale_of,
)
from qbwc_server.sync.plans import (
    Findings,
    carry_out,
    stop,
)
from qbwc_server.sync.taking import Taking, halve, learn, look_up_failed, records_of, refunds_of, stop_writing
from qbxml import (
    Answer,
    ARRefundCreditCardRet,
    CheckRet,
    CreditMemoRet,
    InvoiceRet,
    Outcome,
    ReceivePaymentRet,
    Response,
    SalesOrderRet,
    SalesReceiptRet,
    Status,
)

# An edition without sales orders answers with one of these instead of an empty list (FACTS.md 10).
NOT_OFFERED = frozenset({1030, 3100, 3250})


def take_find(taking: Taking, sent: MessageSet, answer: Answer) -> None:
    asked = set(sent.context["orders"])  # a refund that the shop has changed since is asked for anew
    rows = [row for row in _still_at(taking, sent, "find") if row.order_number in asked]
    by_id = answer.by_request_id
    _forget_sales_orders_where_not_offered(taking, by_id)
    failed = failed_question(by_id)
    if failed is not None:
        _question_failed(taking, rows, failed)
        return
    sales, broken = _sales_by_number(by_id)
    documents = documents_in(by_id[name] for name in ("memos", "cards", "checks") if name in by_id)
    for row in rows:
        _clear_attempts(row)
        number = row.order_number.casefold()
        if number in broken:
            facts = {"order": row.order_number, "reason": broken[number]}
            stop(row, Skip("answer_unreadable", facts), taking.now)
            continue
        sale = choose_sale(data_of(row), sales.get(number, ()))
        if isinstance(sale, Skip):
            stop(row, sale, taking.now)
            continue
        note(row, taking.now, _found_text(sale), sent.id)
        _wait_for_more(row, _wants(sale, documents))


def _still_at(taking: Taking, sent: MessageSet, stage: str) -> list[Refund]:
    """The refunds of a question that still wait for its answer; the shop or a person may have changed others."""
    return [row for row in refunds_of(taking.database, sent.context["refunds"]) if row.stage == stage]


def _forget_sales_orders_where_not_offered(taking: Taking, by_id: dict[str, Response]) -> None:
    orders = by_id.get("orders")
    if orders is not None and orders.status.code in NOT_OFFERED:
        learn(taking.company, "sales_orders", Known.NO)
        del by_id["orders"]


def _found_text(sale: Sale) -> str:
    return f"Found as {sale.type.words} {sale.ref_number} over {sale.total} for {sale.customer}."


def _wants(sale: Sale, documents: tuple[FoundDocument, ...]) -> Findings:
    """What has to be read beside the sale itself."""
    return Findings(
        sale=sale,
        wants_payments=tuple(p.txn_id for p in sale.payments) if sale.type is SaleType.INVOICE else (),
        wants_invoices=sale.invoices if sale.type is SaleType.SALES_ORDER else (),
        wants_open_payments=sale.type is SaleType.SALES_ORDER and not sale.invoices,
        documents=documents,
    )


def _wait_for_more(row: Refund, findings: Findings) -> None:
    row.findings = encode(findings)
    row.stage = "follow"


def take_follow(taking: Taking, sent: MessageSet, answer: Answer) -> None:
    rows = _still_at(taking, sent, "follow")
    by_id = answer.by_request_id
    failed = failed_question(by_id)
    if failed is not None:
        _question_failed(taking, rows, failed)
        return
    payments = {r.txn_id: r for r in records_of(by_id, "payments", ReceivePaymentRet) if r.txn_id}
    open_payments = records_of(by_id, "open_payments", ReceivePaymentRet)
    invoices = {r.txn_id: r for r in records_of(by_id, "invoices", InvoiceRet) if r.txn_id}
    own = documents_in([by_id["own_memos"]] if "own_memos" in by_id else [])
    settings = settings_of(taking.connection)
    facts = company_facts(taking.company, settings, taking.server_zone)
    for row in rows:
        _clear_attempts(row)
        findings = decode(Findings, row.findings)
        try:
            outcome = _followed(findings, payments, open_payments, invoices, own, data_of(row))
        except RecordError as error:
            outcome = Skip("answer_unreadable", {"order": row.order_number, "reason": str(error)})
        if isinstance(outcome, Skip):
            stop(row, outcome, taking.now)
        elif outcome.complete:
            carry_out(taking.database, row, outcome, settings, facts, taking.now)
        else:
            _wait_for_more(row, outcome)


def _followed(
    findings: Findings,
    payments: dict[str, Any],
    open_payments: Sequence[ReceivePaymentRet],
    invoices: dict[str, InvoiceRet],
    own: tuple[FoundDocument, ...],
    refund: RefundData,
) -> Findings | Skip:
    """What is known of a refund's sale after another round of reading."""
    sale = findings.sale
    if findings.wants_invoices:
        invoiced = [sale_of(invoices[txn_id]) for txn_id in findings.wants_invoices if txn_id in invoices]
        chosen = choose_sale(refund, (sale, *invoiced))
        if isinstance(chosen, Skip):
            return chosen
        if chosen.type is SaleType.SALES_ORDER:  # none of its invoices is there any more
            return Skip("several_invoices", {"order": sale.ref_number, "invoices": ", ".join(sale.invoices)})
        return dataclasses.replace(_wants(chosen, _merged(findings.documents, own)), looked_through=True)
    if findings.wants_payments:
        sale = dataclasses.replace(
            sale,
            payments=tuple(
                dataclasses.replace(payment_of(payments[p.txn_id]), amount=p.amount) if p.txn_id in payments else p
                for p in sale.payments
            ),
        )
    if findings.wants_open_payments:
        mine = [
            payment_of(r) for r in open_payments if r.customer_ref is not None and sale.customer.same_as(r.customer_ref)
        ]
        sale = dataclasses.replace(sale, open_payments=tuple(p for p in mine if p.unused > 0))
    return Findings(sale=sale, looked_through=True, documents=_merged(findings.documents, own))


def _merged(first: Iterable[FoundDocument], second: Iterable[FoundDocument]) -> tuple[FoundDocument, ...]:
    return tuple({document.txn_id: document for document in (*first, *second)}.values())


def _sales_by_number(by_id: dict[str, Response]) -> tuple[dict[str, list[Sale]], dict[str, str]]:
    """The sales by their number, and the numbers of records that could not be understood, with the reason."""
    sales: dict[str, list[Sale]] = {}
    broken: dict[str, str] = {}
    for name in ("receipts", "invoices", "orders"):
        for record in by_id[name].records if name in by_id else ():
            if not isinstance(record, (SalesReceiptRet, InvoiceRet, SalesOrderRet)):
                continue
            number = (record.ref_number or "").casefold()
            try:
                sales.setdefault(number, []).append(sale_of(record))
            except RecordError as error:
                broken[number] = str(error)
    return sales, broken


def documents_in(responses: Iterable[Response]) -> tuple[FoundDocument, ...]:
    kinds = (CreditMemoRet, CheckRet, ARRefundCreditCardRet, ReceivePaymentRet)
    return tuple(
        found_document(record)
        for response in responses
        for record in response.records
        if isinstance(record, kinds) and record.txn_id
    )


def failed_question(by_id: dict[str, Response]) -> Status | None:
    """The first status that is neither an answer nor "nothing found": a refusal is never taken for an empty list."""
    fine = (Outcome.DONE, Outcome.NOTHING_FOUND, Outcome.PARTLY_FOUND)
    return next((r.status for r in by_id.values() if r.status.outcome not in fine), None)


def _question_failed(taking: Taking, rows: Sequence[Refund], status: Status) -> None:
    if status.outcome is Outcome.STOP:
        stop_writing(taking.company, "permission_missing", status.explanation)
        return
    if status.outcome is not Outcome.RETRY_LATER and len(rows) > 1:
        halve(rows)  # one of them is to blame
        return
    for row in rows:
        look_up_failed(row, status.explanation, taking.now)


def _clear_attempts(row: Refund) -> None:
    row.attempts, row.not_before, row.batch_limit = 0, None, None
