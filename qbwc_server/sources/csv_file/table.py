"""The table itself: delimiter, header and rows, each row with the line of the file it begins on."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field

from qbwc_server.sources.reading import UnreadableFile

COLUMNS = (
    "source",
    "shop",
    "order_number",
    "order_id",
    "refund_id",
    "refund_date",
    "currency",
    "kind",
    "sku",
    "title",
    "quantity",
    "amount",
    "tax",
    "restocked",
    "gateway",
    "transaction_id",
    "customer_name",
    "customer_email",
    "order_total",
)
REQUIRED_COLUMNS = ("source", "order_number", "refund_id", "refund_date", "currency", "kind", "amount")
DELIMITERS = ",;\t"
MAX_ROWS = 1_000_000
MAX_HEADER_CHARACTERS = 10_000


@dataclass(frozen=True)
class Row:
    """One row; a column that the table doesn't have reads as empty."""

    line: int
    values: dict[str, str] = field(default_factory=dict)
    problem: str = ""  # why the row has no values

    @property
    def place(self) -> str:
        """Where the row begins, for messages."""
        return f"line {self.line}"

    def __getitem__(self, column: str) -> str:
        return self.values.get(column, "")


def read_table(text: str) -> list[Row]:
    """The rows below the header, blank ones left out.

    Raises UnreadableFile where the header is not that of refunds, or where quotes are broken, since from there on no
    row can be told from the next.
    """
    records = _records(text, _delimiter(text))
    _, header = next(records, (1, []))
    columns = _checked_header(header)
    rows: list[Row] = []
    for line, values in records:
        if not any(value.strip() for value in values):
            continue
        if len(rows) == MAX_ROWS:
            raise UnreadableFile(f"the table has more than {MAX_ROWS} rows; split it, keeping each refund in one part")
        rows.append(_row(line, values, columns))
    return rows


def _row(line: int, values: list[str], columns: list[str]) -> Row:
    if len(values) != len(columns):
        return Row(
            line,
            problem=f"has {len(values)} fields where the header has {len(columns)}; "
            "put fields that hold the delimiter in double quotes",
        )
    return Row(line, {column: value.strip() for column, value in zip(columns, values, strict=True)})


def _records(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line it begins on."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise UnreadableFile(
                f"the table breaks off at line {line}: {error}; check the double quotes there and save it again"
            ) from None
        yield line, values


def _delimiter(text: str) -> str:
    """The delimiter by which the header has the most columns that are known."""

    def known(delimiter: str) -> int:
        try:
            _, header = next(_records(text[:MAX_HEADER_CHARACTERS], delimiter), (1, []))
        except UnreadableFile:  # quotes that make no sense with this delimiter
            return 0
        return len({_column(name) for name in header} & set(COLUMNS))

    return max(DELIMITERS, key=known)


def _checked_header(header: list[str]) -> list[str]:
    columns = [_column(name) for name in header]
    unknown = [name for name, column in zip(header, columns, strict=True) if column not in COLUMNS]
    if unknown:
        raise UnreadableFile(
            f"line 1: there is no column {unknown[0][:60]!r}; the header's columns are {', '.join(COLUMNS)}"
        )
    doubled = [column for column in COLUMNS if columns.count(column) > 1]
    if doubled:
        raise UnreadableFile(f"line 1: the column {doubled[0]} stands twice in the header; leave one of them out")
    missing = [column for column in REQUIRED_COLUMNS if column not in columns]
    if missing:
        raise UnreadableFile(f"line 1: the header has no column {', '.join(missing)}; see docs/import.md")
    return columns


def _column(name: str) -> str:
    return name.strip().lower()
