"""Refunds as a table: one row for each line, shipping, adjustment or transaction of a refund (docs/import.md).

Rows of the same source, shop and refund are one refund, wherever they stand. A refund with a bad row is refused whole:
half a refund in the books is worse than none.
"""

from __future__ import annotations

from qbwc_server.refunds.model import WORLDWIDE_SOURCES
from qbwc_server.sources.csv_file.refunds import refund_of
from qbwc_server.sources.csv_file.table import Row, read_table
from qbwc_server.sources.document import Document
from qbwc_server.sources.gathering import Gathering
from qbwc_server.sources.reading import Beside, Reading, RecordRefused

_NAMING_COLUMNS = ("order_number", "refund_id")


def recognises(document: Document) -> bool:
    """Whatever does not begin as JSON; what is no table of refunds is refused with its header named."""
    return not document.looks_like_json


def read(document: Document, beside: Beside) -> Reading:
    """The refunds of the table. Raises UnreadableFile where the header or the quoting is wrong."""
    gathering = Gathering(beside.shop)
    rows = read_table(document.text)
    refunds: dict[tuple[str, str, str], list[Row]] = {}
    doubtful = []  # rows of which it can't be told what refund they belong to
    for index, row in enumerate(rows):
        if row.problem or not row["refund_id"] or not row["source"]:
            doubtful.append(index)
        else:
            refunds.setdefault(_key(row, beside.shop), []).append(row)
    tainted = _refunds_beside(doubtful, rows, beside.shop)
    for index in doubtful:
        gathering.refuse(rows[index].place, rows[index].problem or "has no refund_id or no source")
    for key, its_rows in refunds.items():
        if key in tainted:
            gathering.refuse(
                its_rows[0].place, f"{tainted[key]} may belong to this refund and can't be read; put it right first"
            )
            continue
        try:
            refund = refund_of(its_rows, beside.time_zone)
        except RecordRefused as error:
            gathering.refuse(error.place, error.reason)
            continue
        gathering.add(refund, its_rows[0].place)
    return gathering.reading(len({(*key[:2], rows_of[0]["order_number"]) for key, rows_of in refunds.items()}))


def _key(row: Row, shop: str) -> tuple[str, str, str]:
    source = row["source"].lower()
    return source, "" if source in WORLDWIDE_SOURCES else row["shop"] or shop, row["refund_id"]


def _refunds_beside(doubtful: list[int], rows: list[Row], shop: str) -> dict[tuple[str, str, str], str]:
    """The refunds that a doubtful row may belong to, with its place: its neighbours', and those it names a part of."""
    tainted: dict[tuple[str, str, str], str] = {}
    named: dict[tuple[str, str], str] = {}  # column and value to the place of the first doubtful row that has them
    for index in doubtful:
        for neighbour in rows[max(index - 1, 0) : index + 2]:
            tainted.setdefault(_key(neighbour, shop), rows[index].place)
        for column in _NAMING_COLUMNS:
            if rows[index][column]:
                named.setdefault((column, rows[index][column]), rows[index].place)
    for row in rows:
        for column in _NAMING_COLUMNS:
            if (column, row[column]) in named:
                tainted.setdefault(_key(row, shop), named[column, row[column]])
    return tainted
