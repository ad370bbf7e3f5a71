"""What QuickBooks' answers mean: each is taken in one transaction with the set that it answers, request by request.

Taking the same answer twice changes nothing; one that comes late is taken, too.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as DatabaseSession
from sqlalchemy.orm import selectinload

from qbwc_server.refunds.codec import decode, encode
from qbwc_server.refunds.naming import Role, order_ref_number
from qbwc_server.refunds.planning import choose_sale
from qbwc_server.refunds.reasons import Notice, Skip
from qbwc_server.refunds.sale import Known, Sale, SaleType
from qbwc_server.store.connections import settings_of
from qbwc_server.store.refunds import data_of, note
from qbwc_server.store.tables import CompanyFile, Connection, Document, MessageSet, Refund, Session, SetRequest
from qbwc_server.sync.books import (
    FoundDocument,
    RecordError,
    SaleRecord,
    account_of,
    company_facts,
    found_document,
    known,
    payment_of,
    sale_of,
)
from qbwc_server.sync.plans import (
    DOCUMENT_WORDS,
    Findings,
    add_notice,
    carry_out,
    conclude,
    describe,
    mark_posted,
    matches,
    stop,
)
from qbwc_server.sync.questions import CLAIM_NAME, CLAIM_OWNER_ID, MAX_FOUND_PER_CUSTOMERS
from qbwc_server.sync.settling import Action, Doubt, Evidence, Sighting, Verdict, settle
from qbwc_server.sync.steps import MACRO_FACTS, Kind
from qbxml import (
    FLOOR,
    AccountRet,
    Answer,
    ARRefundCreditCardRet,
    CheckRet,
    CompanyRet,
    CreditMemoRet,
    DataExtRet,
    HostRet,
    InvoiceRet,
    ItemRecord,
    Outcome,
    PaymentMethodRet,
    PreferencesRet,
    ReceivePaymentRet,
    Ref,
    Response,
    SalesOrderRet,
    SalesReceiptRet,
    Status,
    TransactionRecord,
)

MAX_ATTEMPTS = 8  # of one document or look-up
FIRST_RETRY, LONGEST_RETRY = timedelta(minutes=1), timedelta(hours=1)
# An edition without sales orders answers with one of these instead of an empty list (FACTS.md 10).
NOT_OFFERED = frozenset({1030, 3100, 3250})


@dataclass(frozen=True)
class Taking:
    """Everything that taking an answer needs."""

    database: DatabaseSession
    connection: Connection
    session: Session
    installation: str
    server_zone: str
    in_flight: timedelta
    now: datetime

    @property
    def company(self) -> CompanyFile:
        """What is known of the company file."""
        return self.connection.company


def take_company(taking: Taking, answer: Answer) -> None:
    """What QuickBooks tells of itself: the host, the company, its preferences."""
    company = taking.company
    for record in (record for response in answer.responses for record in response.records):
        if isinstance(record, HostRet):
            company.host = encode(record)
            _check_version(company, record)
        elif isinstance(record, CompanyRet):
            company.company = encode(record)
        elif isinstance(record, PreferencesRet):
            company.preferences = encode(record)


def take(taking: Taking, sent: MessageSet, answer: Answer) -> None:
    """Takes the answer to a message set."""
    kind = Kind(sent.kind)
    sent.state = "answered"
    sent.answered_at = taking.now
    if kind is Kind.LISTS:
        _take_lists(taking, answer)
    elif kind is Kind.READ_CLAIM:
        _take_claim(taking, answer)
    elif kind is Kind.CLAIM:
        _take_claim_written(taking, answer)
    elif kind is Kind.PROOF:
        _take_proof(taking, answer)
    elif kind is Kind.FIND:
        _take_find(taking, sent, answer)
    elif kind is Kind.FOLLOW:
        _take_follow(taking, sent, answer)
    elif kind is Kind.POST:
        _take_post(taking, sent, answer)
    elif kind is Kind.SCAN:
        _take_scan(taking, sent, answer)
    else:
        _take_recovery(taking, sent, answer)


def take_refusal(taking: Taking, sent: MessageSet) -> None:
    """QuickBooks could not read a set, so nothing of it was worked: it is halved until the culprit stands alone."""
    sent.state = "answered"
    sent.answered_at = taking.now
    kind = Kind(sent.kind)
    if kind in (Kind.POST, Kind.FIND, Kind.FOLLOW):
        rows = _refunds(taking.database, sent.context["refunds"])
        if kind is Kind.POST:
            _back_to_planned(sent.requests)
        if len(rows) > 1:
            for row in rows:
                row.batch_limit = (len(rows) + 1) // 2
        elif rows:
            _refused_alone(taking, sent, rows[0], kind)
    elif kind is Kind.CLAIM:
        taking.company.claim = "unwritable"
    elif kind is Kind.PROOF:
        taking.company.claim = "proved"
    elif kind is Kind.RECOVER:
        _record_evidence(taking, sent, recovered=True)
    else:
        taking.company.stopped = {
            "code": "request_refused",
            "message": "QuickBooks could not read a request of Connex. Report this with the session's log.",
        }


# --- lists and claim


def _take_lists(taking: Taking, answer: Answer) -> None:
    company = taking.company
    company.stopped = None
    take_company(taking, answer)
    by_id = {response.request_id: response for response in answer.responses}
    accounts = by_id.get("accounts")
    if accounts is None or accounts.status.outcome not in (Outcome.DONE, Outcome.NOTHING_FOUND):
        _stop_writing(taking, "accounts_unreadable", accounts.status if accounts is not None else None)
    else:
        found = [account_of(record) for record in accounts.records if isinstance(record, AccountRet)]
        company.accounts = [encode(account) for account in found if account is not None]
    methods = by_id.get("methods")
    if methods is not None and methods.status.outcome in (Outcome.DONE, Outcome.NOTHING_FOUND):
        company.payment_methods = [
            encode(Ref(list_id=record.list_id, full_name=record.name))
            for record in methods.records
            if isinstance(record, PaymentMethodRet)
        ]
    company.items = _items(taking.connection, by_id.get("items"))
    company.lists_read_at = taking.now
    taking.session.lists_read = True
    _take_claim(taking, answer)


def _items(connection: Connection, response: Response | None) -> dict[str, Any]:
    """The items that settings name, under the name they are set by."""
    records = [record for record in response.records if isinstance(record, ItemRecord)] if response else []
    by_name = {(record.full_name or record.name or "").casefold(): record for record in records}
    found: dict[str, Any] = {}
    for key in ("refund_item", "shipping_item", "allowance_item"):
        name = connection.settings.get(key)
        record = by_name.get(name.casefold()) if name else None
        if record is not None and record.is_active is not False:
            found[str(name)] = encode(Ref(list_id=record.list_id, full_name=record.full_name or record.name))
    return found


def _take_claim(taking: Taking, answer: Answer) -> None:
    """Whose claim stands on the company file: ours, none, or that of another installation."""
    company = taking.company
    values = [
        extension.data_ext_value
        for response in answer.responses
        for record in response.records
        if isinstance(record, CompanyRet)
        for extension in record.data_ext_rets
        if _is_claim(extension)
    ]
    if not values:
        if company.claim == "proved":
            company.claim = "unwritable"  # it was written and proved, and yet it can't be read back
        elif company.claim in ("written", "foreign"):
            company.claim = "unknown"
        elif company.claim == "stands":
            company.stopped = {
                "code": "claim_gone",
                "message": "The company file that is open does not carry this connection's mark any more: another "
                "company file is open, or it was restored from a backup. Nothing is entered until this is cleared up.",
            }
        return
    company.claim_holder = values[0]
    if values[0].split(" ", 1)[0].upper() != taking.installation.split(" ", 1)[0].upper():
        company.claim = "foreign"
        company.stopped = {
            "code": "foreign_claim",
            "message": f"Another Connex installation ({values[0]}) enters refunds into this company file. "
            "Two would enter them twice, so this one enters nothing.",
        }
    elif company.claim in ("unknown", "written") and company.claim_set_id and not _records_known(company):
        company.claim = "written"
    else:
        company.claim = "stands"


def _is_claim(extension: DataExtRet) -> bool:
    owner = (extension.owner_id or "").upper()
    return owner == CLAIM_OWNER_ID.upper() and extension.data_ext_name == CLAIM_NAME


def _take_claim_written(taking: Taking, answer: Answer) -> None:
    by_id = {response.request_id: response for response in answer.responses}
    claim = by_id.get("claim")
    if claim is None or claim.status.outcome is not Outcome.DONE:
        taking.company.claim = "unwritable"  # then a set in doubt is never repeated (rule 7)


def _take_proof(taking: Taking, answer: Answer) -> None:
    """A stored outcome of the claim's set shows that this company file keeps records."""
    kept = any(response.name in ("DataExtAdd", "DataExtDefAdd") for response in answer.responses)
    _learn(taking.company, "keeps_records", Known.YES if kept else Known.NO)
    taking.company.claim = "proved"


def _records_known(company: CompanyFile) -> bool:
    return known(company.known, "keeps_records") is not Known.UNKNOWN


def _check_version(company: CompanyFile, host: HostRet) -> None:
    floor = f"{FLOOR[0]}.{FLOOR[1]}"
    if host.supported_qbxml_versions and floor not in host.supported_qbxml_versions:
        company.stopped = {
            "code": "quickbooks_too_old",
            "message": f"{host.product_name or 'This QuickBooks'} does not speak qbXML {floor}. "
            "Connex needs QuickBooks 2014 or newer.",
        }


def _stop_writing(taking: Taking, code: str, status: Status | None) -> None:
    said = status.explanation if status is not None else "it gave no answer"
    taking.company.stopped = {"code": code, "message": f"QuickBooks did not show its chart of accounts: {said}"}


# --- finding sales


def _take_find(taking: Taking, sent: MessageSet, answer: Answer) -> None:
    rows = _refunds(taking.database, sent.context["refunds"])
    by_id = {response.request_id: response for response in answer.responses}
    _forget_sales_orders_where_not_offered(taking, by_id)
    failed = _failed_question(by_id)
    if failed is not None:
        _question_failed(taking, rows, failed)
        return
    sales, broken = _sales_by_number(by_id)
    documents = _documents(by_id[name] for name in ("memos", "cards", "checks") if name in by_id)
    for row in rows:
        _clear_attempts(row)
        number = row.order_number.casefold()
        if number in broken:
            facts = {"order": row.order_number, "reason": broken[number]}
            stop(taking.database, row, Skip("answer_unreadable", facts), taking.now)
            continue
        sale = choose_sale(data_of(row), sales.get(number, ()))
        if isinstance(sale, Skip):
            stop(taking.database, row, sale, taking.now)
            continue
        note(taking.database, row, taking.now, _found_text(sale), sent.id)
        _wait_for_more(row, _wants(sale, documents))


def _forget_sales_orders_where_not_offered(taking: Taking, by_id: dict[str, Response]) -> None:
    orders = by_id.get("orders")
    if orders is not None and orders.status.code in NOT_OFFERED:
        _learn(taking.company, "sales_orders", Known.NO)
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


def _take_follow(taking: Taking, sent: MessageSet, answer: Answer) -> None:
    rows = _refunds(taking.database, sent.context["refunds"])
    by_id = {response.request_id: response for response in answer.responses}
    failed = _failed_question(by_id)
    if failed is not None:
        _question_failed(taking, rows, failed)
        return
    payments = {r.txn_id: payment_of(r) for r in _records(by_id, "payments", ReceivePaymentRet) if r.txn_id}
    open_payments = _records(by_id, "open_payments", ReceivePaymentRet)
    invoices = {r.txn_id: r for r in _records(by_id, "invoices", InvoiceRet) if r.txn_id}
    own = _documents([by_id["own_memos"]] if "own_memos" in by_id else [])
    settings = settings_of(taking.connection)
    facts = company_facts(taking.company, settings, taking.server_zone)
    for row in rows:
        _clear_attempts(row)
        findings = decode(Findings, row.findings)
        try:
            outcome = _followed(findings, payments, open_payments, invoices, own, data_of(row).order.number)
        except RecordError as error:
            outcome = Skip("answer_unreadable", {"order": row.order_number, "reason": str(error)})
        if isinstance(outcome, Skip):
            stop(taking.database, row, outcome, taking.now)
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
    order_number: str,
) -> Findings | Skip:
    """What is known of a refund's sale after another round of reading."""
    sale = findings.sale
    if findings.wants_invoices:
        wanted = [sale_of(invoices[txn_id]) for txn_id in findings.wants_invoices if txn_id in invoices]
        if len(wanted) != 1:
            described = ", ".join(f"{invoice.ref_number} over {invoice.total}" for invoice in wanted)
            return Skip("several_invoices", {"order": order_ref_number(order_number), "invoices": described})
        known_so_far = dataclasses.replace(findings, documents=findings.documents + own)
        return dataclasses.replace(_wants(wanted[0], known_so_far.documents), looked_through=True)
    if findings.wants_payments:
        sale = dataclasses.replace(
            sale,
            payments=tuple(
                dataclasses.replace(payments[p.txn_id], amount=p.amount) if p.txn_id in payments else p
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
                sales.setdefault(number, []).append(_readable(record))
            except RecordError as error:
                broken[number] = str(error)
    return sales, broken


def _readable(record: SaleRecord) -> Sale:
    return sale_of(record)


def _documents(responses: Iterable[Response]) -> tuple[FoundDocument, ...]:
    kinds = (CreditMemoRet, CheckRet, ARRefundCreditCardRet, ReceivePaymentRet)
    return tuple(
        found_document(record)
        for response in responses
        for record in response.records
        if isinstance(record, kinds) and record.txn_id
    )


def _failed_question(by_id: dict[str, Response]) -> Status | None:
    """The first status that is neither an answer nor "nothing found": a refusal is never taken for an empty list."""
    fine = (Outcome.DONE, Outcome.NOTHING_FOUND, Outcome.PARTLY_FOUND)
    return next((r.status for r in by_id.values() if r.status.outcome not in fine), None)


def _question_failed(taking: Taking, rows: Sequence[Refund], status: Status) -> None:
    if status.outcome is Outcome.STOP:
        _stop_writing(taking, "permission_missing", status)
        return
    for row in rows:
        _try_again_later(taking, row, "look-up of the order", status)


# --- posting


def _take_post(taking: Taking, sent: MessageSet, answer: Answer) -> None:
    by_id = {response.request_id: response for response in answer.responses}
    if answer.message_set_status_code is not None and not answer.responses:
        sent.state = "sent"  # QuickBooks refused the ID and worked nothing that it tells of: settle it
        return
    take_outcomes(taking, sent, by_id)


def take_outcomes(taking: Taking, sent: MessageSet, by_id: dict[str, Response]) -> None:
    """The outcome of each request of a set that posted, whether just answered or kept by QuickBooks."""
    sent.state = "answered"
    sent.answered_at = sent.answered_at or taking.now
    rows: dict[int, Refund] = {}
    troubles: dict[int, Skip] = {}
    for request in sent.requests:
        document = request.document
        row = document.refund
        rows[row.id] = row
        if document.state == "posted":
            continue
        response = by_id.get(request.request_id)
        if response is None:
            document.state = "planned"  # no word of it: not done, and it goes out again under a new ID
        elif response.status.outcome is Outcome.DONE:
            _posted(taking, document, response, request.used_macro)
        else:
            trouble = _refused(taking, document, response.status, request.used_macro)
            if trouble is not None:
                troubles.setdefault(row.id, trouble)
    for row in rows.values():
        row.batch_limit = None
        _compare_totals(row)
        if row.id in troubles:
            stop(taking.database, row, troubles[row.id], taking.now)
        else:
            conclude(taking.database, row, taking.now)


def _posted(taking: Taking, document: Document, response: Response, used_macro: bool) -> None:
    txn_id, edit_sequence, total, guid = "", "", None, None
    for record in response.records:
        if isinstance(record, TransactionRecord):
            txn_id, edit_sequence = record.txn_id or "", record.edit_sequence or ""
            guid = getattr(record, "external_guid", None)
            total = _total_of(record, document)
    if not txn_id and response.error_recovery is not None:
        txn_id = response.error_recovery.txn_id or ""
        edit_sequence = response.error_recovery.edit_sequence or ""
    mark_posted(document, txn_id=txn_id, edit_sequence=edit_sequence, amount=total, now=taking.now)
    document.attempts = 0
    if response.status.code not in (0, 1):
        facts = {"document": DOCUMENT_WORDS[document.role], "message": response.status.explanation}
        add_notice(document.refund, Notice("quickbooks_said", facts))
    if response.records and document.external_guid:
        _learn(taking.company, "shows_guids", Known.YES if guid else Known.NO)
    fact = MACRO_FACTS.get(document.request_type)
    if fact and used_macro:
        _learn(taking.company, fact, Known.YES)
    elif fact and document.by_txn_id:
        _learn(taking.company, fact, Known.NO)  # it went in by TxnID where it was refused by macro
        add_notice(document.refund, Notice("payout_by_txn_id"))
    if document.alone:
        _learn(taking.company, "check_from_undeposited_funds", Known.YES)


def _total_of(record: TransactionRecord, document: Document) -> Decimal | None:
    if isinstance(record, CheckRet):
        return record.amount
    if document.role in (Role.APPLICATION.value, Role.CLOSING.value):
        return document.amount
    total: Decimal | None = getattr(record, "total_amount", None)
    return total


def _compare_totals(row: Refund) -> None:
    """QuickBooks works out the memo's total itself; where it is not the planned one, that is said."""
    memo = next((d for d in row.documents if d.role == Role.MEMO.value and d.state == "posted"), None)
    if memo is not None and memo.posted_amount is not None and memo.posted_amount != memo.amount:
        facts = {"actual": str(memo.posted_amount), "planned": str(memo.amount)}
        add_notice(row, Notice("memo_total_differs", facts))


def _refused(taking: Taking, document: Document, status: Status, used_macro: bool) -> Skip | None:
    """A request that QuickBooks did not work: back to planned where trying again can help, else the reason."""
    document.state = "planned"
    document.status_code, document.status_message = status.code, status.message
    row = document.refund
    memo = next((d for d in row.documents if d.role == Role.MEMO.value), None)
    if used_macro and memo is not None:
        if memo.state == "posted":
            document.by_txn_id = True  # perhaps only the macro was refused: it goes next by the memo's TxnID
        return None  # else it shares the memo's fate
    if status.outcome is Outcome.RETRY_LATER:
        return _retry_document(taking, document, status)
    if status.outcome is Outcome.STOP:
        taking.company.stopped = {"code": "permission_missing", "message": status.explanation}
        return None
    document.state = "failed"
    facts = {
        "document": DOCUMENT_WORDS[document.role],
        "message": status.explanation,
        "ref_number": document.ref_number,
        "account": document.account,
    }
    if document.role in (Role.MEMO.value, Role.CLOSING.value):
        return Skip("refused_by_quickbooks", facts)
    document.state = "review"
    if document.alone:
        _learn(taking.company, "check_from_undeposited_funds", Known.NO)
        _hold_back_checks(taking, document)
        return Skip("payout_account_refused", facts)
    return Skip("payout_link_refused", facts)


def _hold_back_checks(taking: Taking, refused: Document) -> None:
    """Further checks from an account that QuickBooks refused wait for a person before their memo is entered."""
    waiting = taking.database.scalars(
        select(Document)
        .join(Refund)
        .where(
            Refund.connection_id == taking.connection.id,
            Document.alone,
            Document.state == "planned",
            Document.refund_id != refused.refund_id,
        )
        .options(selectinload(Document.refund))
    ).all()
    for document in waiting:
        skip = Skip("payout_account_refused", {"account": document.account})
        stop(taking.database, document.refund, skip, taking.now)


def _retry_document(taking: Taking, document: Document, status: Status) -> Skip | None:
    row = document.refund
    document.attempts += 1
    if document.attempts >= MAX_ATTEMPTS:
        document.state = "failed"
        facts = {
            "document": DOCUMENT_WORDS[document.role],
            "attempts": str(document.attempts),
            "message": status.explanation,
        }
        return Skip("kept_failing", facts)
    row.not_before = taking.now + _pause(document.attempts)
    if document.role == Role.CLOSING.value:
        row.stage = "find"  # its EditSequence has to be read anew
    note(taking.database, row, taking.now, f"QuickBooks was not ready: {status.explanation} It is tried again.")
    return None


def _try_again_later(taking: Taking, row: Refund, what: str, status: Status) -> None:
    row.attempts += 1
    if row.attempts >= MAX_ATTEMPTS:
        facts = {"document": what, "attempts": str(row.attempts), "message": status.explanation}
        stop(taking.database, row, Skip("kept_failing", facts), taking.now)
        return
    row.not_before = taking.now + _pause(row.attempts)
    note(taking.database, row, taking.now, f"QuickBooks was not ready: {status.explanation} It is tried again.")


def _pause(attempts: int) -> timedelta:
    doubled: timedelta = FIRST_RETRY * 2 ** (attempts - 1)
    return min(doubled, LONGEST_RETRY)


def _clear_attempts(row: Refund) -> None:
    row.attempts, row.not_before, row.batch_limit = 0, None, None


def _back_to_planned(requests: Iterable[SetRequest]) -> None:
    for request in requests:
        if request.document.state == "sent":
            request.document.state = "planned"


def _refused_alone(taking: Taking, sent: MessageSet, row: Refund, kind: Kind) -> None:
    """The culprit of a refused set stands alone: without its macros it may go in; else it is failed."""
    with_macros = [request.document for request in sent.requests if request.used_macro]
    if with_macros:
        for document in with_macros:
            document.by_txn_id = True
        row.batch_limit = 1
        return
    what = DOCUMENT_WORDS["memo"] if kind is Kind.POST else "look-up of the order"
    for request in sent.requests:
        request.document.state = "failed"
    posted_memo = any(d.role == Role.MEMO.value and d.state == "posted" for d in row.documents)
    if posted_memo:
        facts = {"ref_number": row.documents[0].ref_number, "message": "it could not read the request"}
        stop(taking.database, row, Skip("payout_link_refused", facts), taking.now)
        return
    facts = {"document": what, "advice": "Report this with the session's log."}
    stop(taking.database, row, Skip("request_unreadable", facts), taking.now)


# --- sets in doubt


def _take_scan(taking: Taking, sent: MessageSet, answer: Answer) -> None:
    target = taking.database.get_one(MessageSet, sent.context["target"])
    by_id = {response.request_id: response for response in answer.responses}
    if _failed_question(by_id) is not None or target.state != "sent":
        return
    found = _documents(by_id[name] for name in ("memos", "cards", "checks", "payments") if name in by_id)
    closed = {
        record.txn_id
        for record in _records(by_id, "orders", SalesOrderRet)
        if record.is_manually_closed and record.txn_id
    }
    all_seen = all(
        len(by_id[name].records) < MAX_FOUND_PER_CUSTOMERS
        for name in ("memos", "cards", "checks", "payments")
        if name in by_id
    )
    if any(document.external_guid for document in found):
        _learn(taking.company, "shows_guids", Known.YES)
    sightings = [
        sighting for request in target.requests if (sighting := _sighting(request.document, found, closed)) is not None
    ]
    _record_evidence(
        taking, sent, scanned=True, all_seen=all_seen, sightings=[encode(sighting) for sighting in sightings]
    )


def _sighting(document: Document, found: Sequence[FoundDocument], closed: set[str]) -> Sighting | None:
    if document.role == Role.CLOSING.value:
        sale = document.refund.sale_txn_id
        return Sighting(document.id, "SalesOrder", sale, "", True, "closed") if sale in closed else None
    wanted = document.request_type.removesuffix("Add")
    candidates = [item for item in found if item.type == wanted]
    by_guid = next((f for f in candidates if f.external_guid and f.external_guid == document.external_guid), None)
    by_number = next(
        (f for f in candidates if not f.external_guid and f.ref_number == document.ref_number and matches(document, f)),
        None,
    )
    seen = by_guid or by_number
    if seen is None:
        return None
    return Sighting(document.id, seen.type, seen.txn_id, seen.edit_sequence, matches(document, seen), describe(seen))


def _take_recovery(taking: Taking, sent: MessageSet, answer: Answer) -> None:
    target = taking.database.get_one(MessageSet, sent.context["target"])
    if target.state != "sent":
        return
    wanted = {request.request_id for request in target.requests}
    by_id = {r.request_id: r for r in answer.responses if r.request_id in wanted}
    if not by_id and len(answer.responses) == len(target.requests):
        by_id = {request.request_id: r for request, r in zip(target.requests, answer.responses, strict=True)}
    _record_evidence(
        taking, sent, recovered=True, recovery_code=answer.message_set_status_code, has_stored_outcome=bool(by_id)
    )
    _carry_out_verdict(taking, target, by_id)


def _record_evidence(taking: Taking, sent: MessageSet, **facts: Any) -> None:
    """Adds to what this session has found out about the set in doubt."""
    target = taking.database.get_one(MessageSet, sent.context["target"])
    mine = next((item for item in target.evidence if item["session_id"] == taking.session.id), None)
    base = mine or encode(Evidence(session_id=taking.session.id, started_at=taking.session.started_at))
    others = [item for item in target.evidence if item["session_id"] != taking.session.id]
    target.evidence = [*others, base | facts]


def _carry_out_verdict(taking: Taking, target: MessageSet, by_id: dict[str, Response]) -> None:
    verdict = settle(
        Doubt(
            document_ids=tuple(request.document_id for request in target.requests),
            times_sent=target.times_sent,
            last_sent_at=target.last_sent_at,
            in_flight=taking.in_flight,
            keeps_records=known(taking.company.known, "keeps_records"),
            shows_guids=known(taking.company.known, "shows_guids"),
            one_web_connector=_one_web_connector(taking, target),
        ),
        [decode(Evidence, item) for item in target.evidence],
    )
    if verdict.action is Action.TAKE_STORED:
        take_outcomes(taking, target, by_id)
        for row in {request.document.refund for request in target.requests}:
            add_notice(row, Notice("posted_after_doubt"))
    elif verdict.action is Action.REPEAT:
        target.context = target.context | {"repeat_in": taking.session.id}
    elif verdict.action in (Action.CLOSE, Action.REVIEW):
        _close(taking, target, verdict)


def _close(taking: Taking, target: MessageSet, verdict: Verdict) -> None:
    """Adopts what was found; the rest goes out anew, or to a person."""
    target.state = "settled"
    rows: dict[int, Refund] = {}
    troubles: dict[int, Skip] = {}
    for request in target.requests:
        document = request.document
        rows[document.refund_id] = document.refund
        if document.state == "posted":
            continue
        sighting = verdict.found.get(document.id)
        names = {"document": DOCUMENT_WORDS[document.role], "ref_number": document.ref_number}
        if sighting is not None and sighting.same:
            mark_posted(
                document,
                txn_id=sighting.txn_id,
                edit_sequence=sighting.edit_sequence,
                amount=document.amount,
                now=taking.now,
            )
            add_notice(document.refund, Notice("posted_after_doubt"))
        elif sighting is not None:
            document.state = "review"
            skip = Skip("changed_in_quickbooks", names | {"found": sighting.described})
            troubles.setdefault(document.refund_id, skip)
        elif verdict.action is Action.REVIEW:
            document.state = "review"
            troubles.setdefault(document.refund_id, Skip("in_doubt", names | {"why": verdict.why}))
        else:
            document.state = "planned"
    for row in rows.values():
        if row.id in troubles:
            stop(taking.database, row, troubles[row.id], taking.now)
        else:
            conclude(taking.database, row, taking.now)


def _one_web_connector(taking: Taking, target: MessageSet) -> bool:
    """By the setting, and by the addresses that were seen since the set was first sent."""
    if settings_of(taking.connection).web_connectors.value != "one":
        return False
    first = taking.database.get_one(Session, target.context.get("sessions", [target.session_id])[0])
    others = taking.database.scalar(
        select(Session.id)
        .where(
            Session.connection_id == taking.connection.id,
            Session.started_at >= first.started_at,
            Session.remote_address != first.remote_address,
        )
        .limit(1)
    )
    return others is None


# --- shared


def _refunds(database: DatabaseSession, ids: Sequence[int]) -> list[Refund]:
    rows = database.scalars(select(Refund).where(Refund.id.in_(ids)).options(selectinload(Refund.documents)))
    return sorted(rows, key=lambda row: row.id)


def _records(by_id: dict[str, Response], name: str, kind: type[Any]) -> list[Any]:
    return [record for record in by_id[name].records if isinstance(record, kind)] if name in by_id else []


def _learn(company: CompanyFile, fact: str, value: Known) -> None:
    if company.known.get(fact) != value.value:
        company.known = company.known | {fact: value.value}
