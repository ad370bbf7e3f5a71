"""What every refund must satisfy, whatever it was read from.

The functions for single values take the value as the file has it and its place, and raise RecordRefused with place
and reason; `checked` holds a whole Refund against the same rules and gives it in its settled form.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import TypeVar

from qbwc_server.refunds.model import (
    WORLDWIDE_SOURCES,
    ZERO,
    Adjustment,
    AdjustmentKind,
    MoneyBack,
    Order,
    OrderLine,
    Refund,
    RefundLine,
)
from qbwc_server.sources.reading import RecordRefused

MAX_ID_CHARACTERS = 100
MAX_TEXT_CHARACTERS = 1000  # longer texts are cut: they are read by people, nothing is found by them
MAX_LINES = 2000  # of one refund or order, and the same of its adjustments and of its transactions
MAX_AMOUNT = Decimal("999999999.99")  # in the currency of the refund
MAX_QUANTITY = Decimal(10_000_000)
AMOUNT_DECIMALS = 2
QUANTITY_DECIMALS = 5  # what QuickBooks keeps of a quantity
FIRST_YEAR, LAST_YEAR = 1990, 2100

STORE_CREDIT_GATEWAYS = frozenset({"gift_card", "shopify_store_credit", "store_credit"})
"""Gateways by which the shop itself keeps the money for the customer: no money moved."""

T = TypeVar("T")

_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?", re.ASCII)
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_SOURCE = re.compile(r"[a-z][a-z0-9_]{0,31}", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d)?(?:\.(\d{1,6})\d*)?(?: ?(Z|z|[+-]\d\d:?\d\d))?)?", re.ASCII
)


def amount(value: object, place: str) -> Decimal:
    """An amount of money, to the cent, of either sign, from text, int or Decimal, with at most two decimals."""
    return _number(value, place, AMOUNT_DECIMALS, MAX_AMOUNT).quantize(ZERO) + ZERO


def amount_given(value: object, place: str) -> Decimal:
    """An amount that may not be negative."""
    return _not_negative(amount(value, place), place)


def quantity(value: object, place: str) -> Decimal:
    """A quantity, never negative, with at most five decimals."""
    number = _not_negative(_number(value, place, QUANTITY_DECIMALS, MAX_QUANTITY), place)
    whole = number.to_integral_value()
    return whole if number == whole else number.normalize()


def identifier(value: object, place: str) -> str:
    """An id or a number of an order system: a text with something in it, short and printable, or a whole number."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise RecordRefused(place, f"expected an id, found {shown(value)}")
    value = value.strip()
    if not value:
        raise RecordRefused(place, "is empty, and without it the refund can't be told from others")
    return _short_and_printable(value, place)


def optional_identifier(value: str, place: str) -> str:
    """An id that may be empty."""
    return _short_and_printable(value.strip(), place)


def text(value: str, maximum: int = MAX_TEXT_CHARACTERS) -> str:
    """A text for people to read: control characters become spaces, and what is over the maximum is cut off."""
    return _UNPRINTABLE.sub(" ", value[:maximum]).strip()


def currency(value: object, place: str) -> str:
    """An ISO 4217 code."""
    if not isinstance(value, str) or not _CURRENCY.fullmatch(value):
        raise RecordRefused(place, f"expected three capital letters such as USD, found {shown(value)}")
    return value


def source(value: str, place: str) -> str:
    """The order system's name, in lower case."""
    name = value.strip().lower()
    if not _SOURCE.fullmatch(name):
        raise RecordRefused(
            place,
            f"expected an order system's name such as shopify (letters, digits and _), found {shown(value)}",
        )
    return name


def moment(value: object, place: str, time_zone: tzinfo | None = None) -> datetime:
    """A time with its offset; a plain date or time is taken in `time_zone` where there is one."""
    match = _MOMENT.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise RecordRefused(place, f"expected a time such as 2024-03-01T14:05:00-05:00, found {shown(value)}")
    day, clock, seconds, fraction, offset = match.groups()
    try:
        plain = datetime.fromisoformat(f"{day}T{clock or '00:00'}{seconds or ':00'}.{(fraction or '0').ljust(6, '0')}")
        zone = _zone(offset) if offset else time_zone
    except ValueError as error:
        raise RecordRefused(place, f"{shown(value)} is no date or time: {error}") from None
    if zone is None:
        raise RecordRefused(place, f"expected a time with its offset such as 14:05:00-05:00, found {shown(value)}")
    return settled_moment(plain.replace(tzinfo=zone), place)


def settled_moment(value: datetime, place: str) -> datetime:
    """An aware time within the years that an order can have."""
    if value.tzinfo is None:
        raise RecordRefused(place, f"{value.isoformat()} has no offset")
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise RecordRefused(place, f"the year {value.year} is not between {FIRST_YEAR} and {LAST_YEAR}")
    return value


def adjustments_or_amount(
    lines: tuple[RefundLine, ...], adjustments: tuple[Adjustment, ...], money: tuple[MoneyBack, ...]
) -> tuple[Adjustment, ...]:
    """The adjustments; where money went back for no line and no adjustment, one that makes the value what went back."""
    given = sum((transaction.amount for transaction in money), ZERO)
    if lines or adjustments or not given:
        return adjustments
    return (Adjustment(AdjustmentKind.DISCREPANCY, given, reason="Amount refunded without lines"),)


def checked(refund: Refund, shop: str = "") -> Refund:
    """The refund in its settled form: amounts to the cent, texts printable, `shop` where it has none of its own.

    Raises RecordRefused with the field, such as `lines[2].quantity`, and the reason.
    """
    name = source(refund.source, "source")
    own_shop = optional_identifier(refund.shop, "shop") or optional_identifier(shop, "shop")
    settled = replace(
        refund,
        source=name,
        shop="" if name in WORLDWIDE_SOURCES else own_shop,
        external_id=identifier(refund.external_id, "external_id"),
        order=_checked_order(refund.order),
        created_at=settled_moment(refund.created_at, "created_at"),
        currency=currency(refund.currency, "currency"),
        lines=tuple(_checked_line(line, place) for line, place in _each(refund.lines, "lines")),
        adjustments=tuple(_checked_adjustment(item, place) for item, place in _each(refund.adjustments, "adjustments")),
        money=tuple(_checked_money(item, place) for item, place in _each(refund.money, "money") if item.amount != 0),
        note=text(refund.note),
        channel_tax=amount_given(refund.channel_tax, "channel_tax"),
        exchanged_for=tuple(
            _checked_order_line(line, place) for line, place in _each(refund.exchanged_for, "exchanged_for")
        ),
    )
    if not (settled.lines or settled.adjustments or settled.money):
        raise RecordRefused("", "the refund has no lines, no adjustments and no money: there is nothing to record")
    return settled


def shown(value: object) -> str:
    """A value as a message shows it: short."""
    described = repr(value[:60]) if isinstance(value, str) else _described(value)
    return described if len(described) <= 60 else described[:57] + "..."


def _described(value: object) -> str:
    names = {dict: "an object", list: "a list", type(None): "nothing"}
    return names.get(type(value)) or str(value)


def _number(value: object, place: str, decimals: int, maximum: Decimal) -> Decimal:
    number: Decimal | None = None
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        number = Decimal(value.strip())
    elif isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        number = Decimal(value)
    if number is None or not number.is_finite():
        raise RecordRefused(place, _why_no_number(value))
    if number.copy_abs() > maximum:
        raise RecordRefused(place, f"{shown(value)} is beyond {maximum}")
    if number != number.quantize(Decimal(1).scaleb(-decimals)):
        raise RecordRefused(place, f"{shown(value)} has more than {decimals} decimals")
    return number


def _why_no_number(value: object) -> str:
    if isinstance(value, str) and "," in value:
        return (
            f"{shown(value)} has a comma; write amounts with a point and without thousands separators, such as 1234.50"
        )
    if value is None or (isinstance(value, str) and not value.strip()):
        return "is missing"
    return f"expected a number such as 12.50, found {shown(value)}"


def _not_negative(number: Decimal, place: str) -> Decimal:
    if number < 0:
        raise RecordRefused(place, f"{number} is negative; what comes back to the customer is given as positive")
    return number


def _short_and_printable(value: str, place: str) -> str:
    if len(value) > MAX_ID_CHARACTERS:
        raise RecordRefused(place, f"has {len(value)} characters, at most {MAX_ID_CHARACTERS} are taken")
    if _UNPRINTABLE.search(value):
        raise RecordRefused(place, f"{shown(value)} holds a control character")
    return value


def _zone(offset: str) -> timezone:
    if offset in ("Z", "z"):
        return timezone.utc
    hours, minutes = int(offset[1:3]), int(offset[-2:])
    if minutes > 59:
        raise ValueError(f"the offset {offset} has more than 59 minutes")
    length = timedelta(hours=hours, minutes=minutes)
    return timezone(-length if offset[0] == "-" else length)


def _each(items: tuple[T, ...], name: str) -> list[tuple[T, str]]:
    if len(items) > MAX_LINES:
        raise RecordRefused(name, f"has {len(items)} entries, at most {MAX_LINES} are taken")
    return [(item, f"{name}[{index}]") for index, item in enumerate(items)]


def _checked_order(order: Order) -> Order:
    def given(value: Decimal | None, name: str) -> Decimal | None:
        return None if value is None else amount(value, f"order.{name}")

    def time(value: datetime | None, name: str) -> datetime | None:
        return None if value is None else settled_moment(value, f"order.{name}")

    return replace(
        order,
        order_id=identifier(order.order_id, "order.order_id"),
        number=identifier(order.number, "order.number"),
        created_at=time(order.created_at, "created_at"),
        cancelled_at=time(order.cancelled_at, "cancelled_at"),
        customer_name=text(order.customer_name),
        customer_email=text(order.customer_email),
        lines=tuple(_checked_order_line(line, place) for line, place in _each(order.lines, "order.lines")),
        shipping=given(order.shipping, "shipping"),
        tax=given(order.tax, "tax"),
        total=given(order.total, "total"),
    )


def _checked_order_line(line: OrderLine, place: str) -> OrderLine:
    return replace(
        line,
        line_id=optional_identifier(line.line_id, f"{place}.line_id"),
        sku=text(line.sku),
        title=text(line.title),
        quantity=quantity(line.quantity, f"{place}.quantity"),
        amount=amount(line.amount, f"{place}.amount"),
        tax=amount(line.tax, f"{place}.tax"),
    )


def _checked_line(line: RefundLine, place: str) -> RefundLine:
    return replace(
        line,
        line_id=optional_identifier(line.line_id, f"{place}.line_id"),
        sku=text(line.sku),
        title=text(line.title),
        quantity=quantity(line.quantity, f"{place}.quantity"),
        amount=amount_given(line.amount, f"{place}.amount"),
        tax=amount_given(line.tax, f"{place}.tax"),
    )


def _checked_adjustment(adjustment: Adjustment, place: str) -> Adjustment:
    return replace(
        adjustment,
        amount=amount(adjustment.amount, f"{place}.amount"),
        tax=amount(adjustment.tax, f"{place}.tax"),
        reason=text(adjustment.reason),
    )


def _checked_money(money: MoneyBack, place: str) -> MoneyBack:
    return replace(
        money,
        amount=amount_given(money.amount, f"{place}.amount"),
        gateway=text(money.gateway, MAX_ID_CHARACTERS),
        transaction_id=optional_identifier(money.transaction_id, f"{place}.transaction_id"),
    )
