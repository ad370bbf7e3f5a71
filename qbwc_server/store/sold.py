"""The sale that a refund belongs to, as QuickBooks answered it: read from the stored conversation, for a person, and
set beside the credit memo."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session as DatabaseSession

from qbwc_server.refunds.naming import Role
from qbwc_server.store.planned import DOCUMENT_WORDS, SALES_TAX, PlannedRow, planned_rows
from qbwc_server.store.reports import MAX_STORY_SETS, MAX_UNPACKED_BYTES, story_set_ids
from qbwc_server.store.tables import MessageSet, Refund
from qbxml import AnswerError, InvoiceRet, LineGroupRet, LineRet, SalesOrderRet, SalesReceiptRet, read_answer

MAX_LINES = 500  # shown of one sale
SaleRecord = SalesReceiptRet | InvoiceRet | SalesOrderRet


@dataclass(frozen=True)
class SoldLine:
    """One line of the sale, as QuickBooks has it; of a bundle the head, then its parts."""

    txn_line_id: str
    is_part: bool  # of the bundle above it
    item: str
    description: str
    quantity: Decimal | None
    rate: Decimal | None
    amount: Decimal | None


@dataclass(frozen=True)
class Sold:
    """The sale as it stood when it was found."""

    txn_date: date | None
    customer: str
    tax: Decimal | None
    total: Decimal | None
    lines: tuple[SoldLine, ...]
    lines_left_out: int


@dataclass(frozen=True)
class Side:
    """A line of the sale beside the lines of the credit memo that take something out of it; either can be missing."""

    sold: SoldLine | None
    entered: tuple[PlannedRow, ...]


def side_by_side(sold: Sold | None, refund: Refund) -> tuple[Side, ...]:
    """The sale and the credit memo of a refund, line beside line; what is on one of them alone stands by itself."""
    memo = [row for row in planned_rows(refund.documents) if row.document == DOCUMENT_WORDS[Role.MEMO.value]]
    of_line: dict[str, list[PlannedRow]] = {}
    rows = iter(memo)
    row = next(rows, None)
    for share in refund.shares or ():  # in the order of the memo's lines, which begin with them
        if row is not None and row.amount == Decimal(share["amount"]):
            of_line.setdefault(share["txn_line_id"], []).append(row)
            row = next(rows, None)
    others = [*of_line.pop("", ()), *([row] if row is not None else ()), *rows]
    sides = []
    for line in sold.lines if sold is not None else ():
        back = [each for each in others if each.item and each.item == line.item and not each.amount]  # goods at 0.00
        others = [each for each in others if each not in back]
        sides.append(Side(line, (*of_line.pop(line.txn_line_id, ()), *back)))
    sides += [Side(None, tuple(left)) for left in of_line.values()]  # of lines that are not shown
    tax = tuple(each for each in others if each.item.startswith(SALES_TAX))
    sides += [Side(None, (left,)) for left in others if left not in tax]
    if tax or (sold is not None and sold.tax):
        of_sale = SoldLine("", False, SALES_TAX, "", None, None, sold.tax) if sold is not None and sold.tax else None
        sides.append(Side(of_sale, tax))
    return tuple(sides)


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
            return _sold(record)
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


def _sold(record: SaleRecord) -> Sold:
    every = tuple(_flat(record))
    return Sold(
        txn_date=record.txn_date,
        customer=(record.customer_ref.full_name or "") if record.customer_ref else "",
        tax=record.sales_tax_total,
        total=_total(record),
        lines=every[:MAX_LINES],
        lines_left_out=max(len(every) - MAX_LINES, 0),
    )


def _flat(record: SaleRecord) -> Iterator[SoldLine]:
    for line in record.lines:
        yield _line(line, is_part=False)
        for part in getattr(line, "lines", ()):  # those of a bundle
            yield _line(part, is_part=True)


def _line(line: LineRet | LineGroupRet, *, is_part: bool) -> SoldLine:
    reference = line.item_group_ref if isinstance(line, LineGroupRet) else line.item_ref
    return SoldLine(
        txn_line_id=line.txn_line_id or "",
        is_part=is_part,
        item=(reference.full_name or "") if reference else "",
        description=line.desc or "",
        quantity=line.quantity,
        rate=None if isinstance(line, LineGroupRet) else line.rate,
        amount=line.total_amount if isinstance(line, LineGroupRet) else line.amount,
    )


def _total(record: SaleRecord) -> Decimal | None:
    if isinstance(record, InvoiceRet):
        return (record.subtotal or Decimal(0)) + (record.sales_tax_total or Decimal(0))
    return record.total_amount
