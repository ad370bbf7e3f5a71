"""The sale that a refund belongs to, as QuickBooks answered it: read from the stored conversation, for a person."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session as DatabaseSession

from qbwc_server.store.reports import MAX_STORY_SETS, MAX_UNPACKED_BYTES, story_set_ids
from qbwc_server.store.tables import MessageSet, Refund
from qbxml import AnswerError, InvoiceRet, LineGroupRet, LineRet, SalesOrderRet, SalesReceiptRet, read_answer

MAX_LINES = 500  # shown of one sale
SaleRecord = SalesReceiptRet | InvoiceRet | SalesOrderRet


@dataclass(frozen=True)
class SoldLine:
    """One line of the sale, with what this refund takes out of it."""

    item: str
    description: str
    quantity: Decimal | None
    rate: Decimal | None
    amount: Decimal | None
    taken_quantity: Decimal | None  # None where nothing of the line is refunded
    taken_amount: Decimal | None


@dataclass(frozen=True)
class Sold:
    """The sale as it stood when it was found."""

    txn_date: date | None
    customer: str
    tax: Decimal | None
    total: Decimal | None
    lines: tuple[SoldLine, ...]
    lines_left_out: int


def sale_of_refund(session: DatabaseSession, refund: Refund) -> Sold | None:
    """The sale of a refund, from the newest answer that holds it; None where none does, or it can't be read."""
    if not refund.sale_txn_id:
        return None
    set_ids = story_set_ids(session, refund.id)[-MAX_STORY_SETS:]
    responses = session.scalars(
        select(MessageSet.response)
        .where(MessageSet.id.in_(set_ids), MessageSet.response.is_not(None), MessageSet.writes.is_(False))
        .order_by(MessageSet.id.desc())
    )
    for response in responses:
        record = _record(response, refund.sale_txn_id) if response else None
        if record is not None:
            return _sold(record, refund)
    return None


def _record(compressed: bytes, txn_id: str) -> SaleRecord | None:
    unpacker = zlib.decompressobj()
    try:
        raw = unpacker.decompress(compressed, MAX_UNPACKED_BYTES)
        answer = read_answer(raw) if unpacker.eof else None
    except (zlib.error, AnswerError):
        return None  # the page shows the stored message itself, with what is wrong with it
    records = (record for response in answer.responses for record in response.records) if answer else ()
    return next((each for each in records if isinstance(each, SaleRecord) and each.txn_id == txn_id), None)


def _sold(record: SaleRecord, refund: Refund) -> Sold:
    taken = {share["txn_line_id"]: share for share in refund.shares or ()}
    lines = tuple(_line(line, taken) for line in record.lines[:MAX_LINES])
    return Sold(
        txn_date=record.txn_date,
        customer=(record.customer_ref.full_name or "") if record.customer_ref else "",
        tax=record.sales_tax_total,
        total=_total(record),
        lines=lines,
        lines_left_out=len(record.lines) - len(lines),
    )


def _line(line: LineRet | LineGroupRet, taken: dict[str, dict[str, str]]) -> SoldLine:
    share = taken.get(line.txn_line_id or "")
    is_group = isinstance(line, LineGroupRet)
    reference = line.item_group_ref if isinstance(line, LineGroupRet) else line.item_ref
    return SoldLine(
        item=(reference.full_name or "") if reference else "",
        description=line.desc or "",
        quantity=line.quantity,
        rate=None if isinstance(line, LineGroupRet) else line.rate,
        amount=line.total_amount if isinstance(line, LineGroupRet) else line.amount,
        taken_quantity=Decimal(share["quantity"]) if share else None,
        taken_amount=Decimal(share["amount"]) if share and not is_group else None,
    )


def _total(record: SaleRecord) -> Decimal | None:
    if isinstance(record, InvoiceRet):
        return (record.subtotal or Decimal(0)) + (record.sales_tax_total or Decimal(0))
    return record.total_amount
