"""The rows of one refund made into it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, tzinfo

from qbwc_server.refunds.model import ZERO, Adjustment, AdjustmentKind, MoneyBack, Order, Refund, RefundLine
from qbwc_server.sources import checks
from qbwc_server.sources.csv_file.table import Row
from qbwc_server.sources.reading import RecordRefused

# What a row of each kind must leave empty: a value there shows that it was meant as another kind.
_EMPTY_IN = {
    "line": ("gateway", "transaction_id"),
    "shipping": ("quantity", "sku", "restocked", "gateway", "transaction_id"),
    "adjustment": ("quantity", "sku", "restocked", "gateway", "transaction_id"),
    "money": ("quantity", "sku", "title", "tax", "restocked"),
}
_ADJUSTMENT_KINDS = {"shipping": AdjustmentKind.SHIPPING, "adjustment": AdjustmentKind.DISCREPANCY}
_RESTOCKED = {"": True, "yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
_SHORTENED = re.compile(r"[0-9]([.,][0-9]+)?E\+?[0-9]+", re.ASCII | re.IGNORECASE)


def refund_of(rows: list[Row], time_zone: tzinfo) -> Refund:
    """The refund that the rows describe together.

    What belongs to the refund or its order (date, currency, customer, ...) must be on one row at least and may be
    empty on the others. Raises RecordRefused with the line and the reason.
    """
    for row in rows:
        _check_kind(row)
    lines = tuple(_line(row) for row in rows if row["kind"].lower() == "line")
    adjustments = tuple(_adjustment(row) for row in rows if row["kind"].lower() in _ADJUSTMENT_KINDS)
    money = tuple(_money(row) for row in rows if row["kind"].lower() == "money")
    number = _agreed(rows, "order_number", _id)
    return Refund(
        source=_value(rows[0], "source", checks.source),
        shop=rows[0]["shop"],
        external_id=_value(rows[0], "refund_id", _id),
        order=Order(
            order_id=_optional(rows, "order_id", _id) or number,
            number=number,
            customer_name=_optional(rows, "customer_name", _text) or "",
            customer_email=_optional(rows, "customer_email", _text) or "",
            total=_optional(rows, "order_total", checks.amount_given),
        ),
        created_at=_agreed(rows, "refund_date", _moment_in(time_zone)),
        currency=_agreed(rows, "currency", checks.currency),
        lines=lines,
        adjustments=checks.adjustments_or_amount(lines, adjustments, money),
        money=money,
    )


def _check_kind(row: Row) -> None:
    kind = row["kind"].lower()
    if kind not in _EMPTY_IN:
        raise RecordRefused(row.place, f"kind: {checks.shown(row['kind'])} is not one of {', '.join(_EMPTY_IN)}")
    filled = [column for column in _EMPTY_IN[kind] if row[column]]
    if filled:
        raise RecordRefused(row.place, f"{filled[0]}: must be empty on a row of the kind {kind}")


def _line(row: Row) -> RefundLine:
    restocked = row["restocked"].lower()
    if restocked not in _RESTOCKED:
        raise RecordRefused(row.place, f"restocked: expected yes or no, found {checks.shown(row['restocked'])}")
    if not row["sku"] and not row["title"]:
        raise RecordRefused(row.place, "sku: is empty, and so is title; one of them must say what came back")
    return RefundLine(
        line_id="",
        sku=row["sku"],
        title=row["title"],
        quantity=_value(row, "quantity", checks.quantity),
        amount=_value(row, "amount", checks.amount_given),
        tax=_value(row, "tax", checks.amount_given) if row["tax"] else ZERO,
        restocked=_RESTOCKED[restocked],
    )


def _adjustment(row: Row) -> Adjustment:
    kind = _ADJUSTMENT_KINDS[row["kind"].lower()]
    take = checks.amount_given if kind is AdjustmentKind.SHIPPING else checks.amount
    tax = _value(row, "tax", take) if row["tax"] else ZERO
    return Adjustment(kind, _value(row, "amount", take), tax, reason=row["title"])


def _money(row: Row) -> MoneyBack:
    return MoneyBack(
        amount=_value(row, "amount", checks.amount_given),
        gateway=row["gateway"],
        transaction_id=_value(row, "transaction_id", _id) if row["transaction_id"] else "",
        store_credit=row["gateway"] in checks.STORE_CREDIT_GATEWAYS,
    )


def _agreed(rows: list[Row], column: str, take: Callable[[str, str], checks.T]) -> checks.T:
    """What the rows that fill the column say alike."""
    value = _optional(rows, column, take)
    if value is None:
        raise RecordRefused(rows[0].place, f"{column}: is empty on every row of the refund")
    return value


def _optional(rows: list[Row], column: str, take: Callable[[str, str], checks.T]) -> checks.T | None:
    filled = [row for row in rows if row[column]]
    values = [_value(row, column, take) for row in filled]
    for row, value in zip(filled, values, strict=True):
        if value != values[0]:
            raise RecordRefused(row.place, f"{column}: differs from {filled[0].place} of the same refund")
    return values[0] if values else None


def _value(row: Row, column: str, take: Callable[[str, str], checks.T]) -> checks.T:
    """The value of one column; the message names line and column."""
    try:
        return take(row[column], column)
    except RecordRefused as error:
        raise RecordRefused(row.place, f"{error.place}: {error.reason}") from None


def _id(value: str, place: str) -> str:
    if _SHORTENED.fullmatch(value):
        raise RecordRefused(
            place,
            f"{checks.shown(value)} was shortened by a spreadsheet; format the column as text and export again",
        )
    return checks.identifier(value, place)


def _text(value: str, place: str) -> str:  # noqa: ARG001 - any text will do
    return checks.text(value)


def _moment_in(time_zone: tzinfo) -> Callable[[str, str], datetime]:
    return lambda value, place: checks.moment(value, place, time_zone)
