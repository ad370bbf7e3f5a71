"""The list of refunds as CSV for a spreadsheet: streamed, and safe from texts that a spreadsheet would calculate."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import tzinfo
from typing import Any

from qbwc_server.store import refund_list
from qbwc_server.store.cells import safe_cell
from qbwc_server.store.database import Database
from qbwc_server.store.keys import customer_name
from qbwc_server.store.planned import notices_when_entered
from qbwc_server.store.refund_list import Found, Place, Wanted
from qbwc_server.store.reports import refund_as_dict
from qbwc_server.store.tables import Refund
from qbwc_server.web.showing import SALE_WORDS, STATUS_WORDS

BYTE_ORDER_MARK = "\ufeff"  # by which Excel knows UTF-8
MAX_ROWS = 1_000_000  # refunds; a sheet of Excel holds 1,048,576 rows
ROWS_AT_ONCE = 500  # read from the database at a time
HEADINGS = (
    "Order",
    "Customer",
    "Refund",
    "Source",
    "Refunded at",
    "Amount",
    "Currency",
    "Status",
    "Reason",
    "Sale",
    "Sale RefNumber",
    "Sale TxnID",
    "Credit memo RefNumber",
    "Credit memo TxnID",
    "Credit memo amount",
    "Paid out from",
    "Paid out",
    "Payout TxnID",
    "Notices",
)


def rows(
    database: Database, connection_id: int, wanted: Wanted, zone: tzinfo | None, found: Found | None
) -> Iterator[str]:
    """The lines of the file, a block at a time."""
    yield BYTE_ORDER_MARK + _written([HEADINGS])
    after: Place | None = None
    for _ in range(MAX_ROWS // ROWS_AT_ONCE):
        with database.reading() as session:
            page = refund_list.page(session, connection_id, wanted, after=after, found=found, page_size=ROWS_AT_ONCE)
            block = _written([_row(refund, zone) for refund in page.refunds])
        yield block
        after = page.after
        if after is None:
            return


def _written(lines: list[Any]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(lines)
    return out.getvalue()


def _notices(refund: Refund) -> Iterator[str]:
    """Those of a plan that is not entered yet come last, under a heading of their own."""
    later = notices_when_entered(refund)
    yield from (notice["message"] for notice in refund.notices if notice not in later)
    if later:
        yield "When it is entered:"
    yield from (notice["message"] for notice in later)


def _row(refund: Refund, zone: tzinfo | None) -> list[str]:
    told = refund_as_dict(refund)
    sale, memo, payouts = told["sale"] or {}, told["credit_memo"] or {}, told["payouts"]
    texts = [
        told["order_number"],
        customer_name(refund.payload),
        told["external_id"],
        told["source"],
        f"{refund.created_at.astimezone(zone):%Y-%m-%d %H:%M:%S %Z}",
        None,
        told["currency"],
        STATUS_WORDS[told["status"]],
        told["reason"]["message"] if told["reason"] else "",
        SALE_WORDS.get(sale.get("type", ""), sale.get("type", "")),
        sale.get("ref_number", ""),
        sale.get("txn_id", ""),
        memo.get("ref_number", ""),
        memo.get("txn_id", ""),
        None,
        ", ".join(payout["account"] for payout in payouts),
        None,
        ", ".join(payout["txn_id"] for payout in payouts),
        " ".join(_notices(refund)),
    ]
    # Figures of our own are written as they are, so that a negative one stays a number.
    paid = payouts[0]["amount"] if len(payouts) == 1 else "; ".join(payout["amount"] for payout in payouts)
    figures = iter((told["amount"], memo.get("amount", ""), paid))
    return [next(figures) if text is None else safe_cell(text) for text in texts]
