"""Under which number, in which field and around which day the sale of an order is looked for in QuickBooks."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

from qbwc_server.refunds.model import Refund
from qbwc_server.refunds.naming import REF_NUMBER_CHARACTERS, mentions, order_ref_number
from qbwc_server.refunds.sale import SaleType
from qbwc_server.refunds.settings import SaleField, Settings

ZONE_MARGIN = timedelta(days=1)  # an order's day at the shop is not that of its time in another zone

_CHARACTERS = {  # that a field takes (FACTS.md 1); memos and custom fields take more than any order's number has
    SaleField.REF_NUMBER: REF_NUMBER_CHARACTERS,
    SaleField.PO_NUMBER: 25,
    SaleField.OTHER: 29,
}
_TYPES_WITHOUT_FIELD = {SaleField.PO_NUMBER: frozenset({SaleType.SALES_RECEIPT})}  # sales receipts have no PONumber


def sale_numbers(order_number: str, settings: Settings) -> tuple[str, ...]:
    """The numbers that an order's sale may carry, the likeliest first; none where the order has no number.

    What is to be taken off is taken off, whatever its case, where the order's number has it and more; then comes what
    is to be put on. A number that is longer than the field is cut by whoever entered the sale: no source tells at which
    end, so it is looked for both ways.

    >>> sale_numbers("#1001", Settings())
    ('1001',)
    >>> web = Settings(
    ...     order_number_strip_prefix="EU-", order_number_strip_suffix="-B", order_number_add_prefix="W"
    ... )
    >>> sale_numbers("#EU-1001-B", web)
    ('W1001',)
    >>> sale_numbers("WEB-2024-10001", Settings())
    ('WEB-2024-10', '-2024-10001')
    """
    whole = _whole_number(order_number, settings)
    most = _CHARACTERS.get(settings.order_number_field)
    if most is None or len(whole) <= most:
        return (whole,) if whole else ()
    return tuple(dict.fromkeys(end.strip() for end in (whole[:most], whole[-most:])))


def names_of_order(order_number: str, settings: Settings) -> tuple[str, ...]:
    """The numbers that an order and its sale go by: that of the shop, and that of the sale where nothing is cut off it,
    since another order's could be cut to the same.

    >>> names_of_order("#1001", Settings(order_number_add_prefix="W"))
    ('1001', 'W1001')
    """
    names = (_own_number(order_number), _whole_number(order_number, settings))
    return tuple(dict.fromkeys(name for name in names if name))


def is_shortened(order_number: str, settings: Settings) -> bool:
    """Whether the order's number is too long for the field, so that other orders may have become the same number.

    >>> is_shortened("1001", Settings()), is_shortened("WEB-2024-10001", Settings())
    (False, True)
    """
    most = _CHARACTERS.get(settings.order_number_field)
    return most is not None and len(_whole_number(order_number, settings)) > most


def carries_number(text: str, numbers: Collection[str], field: SaleField) -> bool:
    """Whether what stands in a field of a sale is one of the numbers; a memo has it as a word of its own.

    >>> carries_number("#1001", ["1001"], SaleField.OTHER), carries_number("11001", ["1001"], SaleField.OTHER)
    (True, False)
    >>> [carries_number(text, ["1001"], SaleField.MEMO) for text in ("Web order #1001.", "11001", "1001-2")]
    [True, False, False]
    """
    if field is SaleField.MEMO:
        return any(mentions(text, number) for number in numbers)
    written = {text.strip().casefold(), order_ref_number(text).casefold()}
    return any(number.casefold() in written for number in numbers)


def types_with_field(field: SaleField) -> tuple[SaleType, ...]:
    """The kinds of sale that have the field."""
    return tuple(kind for kind in SaleType if kind not in _TYPES_WITHOUT_FIELD.get(field, ()))


def days_of_sale(refund: Refund, settings: Settings) -> tuple[date, date]:
    """Between which days the sale is dated, where it can't be asked for by its number: around the order's day; around
    the refund's, where that of the order is not known."""
    day = (refund.order.created_at or refund.created_at).date()
    away = timedelta(days=settings.order_number_days) + ZONE_MARGIN
    return max(day, date.min + away) - away, min(day, date.max - away) + away


def looked_for(refund: Refund, settings: Settings) -> str:
    """What was looked for, as the words of a reason: the numbers, the order's own where it is another, the field, and
    the days."""
    numbers = sale_numbers(refund.order.number, settings)
    if not numbers:
        return "the number of this order, which has none"
    own = _own_number(refund.order.number)
    words = _FIELD_WORDS[settings.order_number_field].format(
        numbers=" or ".join(numbers), custom_field=settings.order_number_custom_field
    )
    if numbers != (own,):
        words += f" (order {own})"
    if settings.order_number_field is not SaleField.REF_NUMBER:
        start, end = days_of_sale(refund, settings)
        words += f", dated {start} to {end}"
    return words


_FIELD_WORDS = {
    SaleField.REF_NUMBER: "the number {numbers}",
    SaleField.PO_NUMBER: "the P.O. number {numbers}",
    SaleField.OTHER: "{numbers} in the field Other",
    SaleField.MEMO: "{numbers} in the memo",
    SaleField.CUSTOM_FIELD: "{numbers} in the custom field {custom_field}",
}


def _own_number(order_number: str) -> str:
    """The shop's number, without what can't be printed and so stands in no field of QuickBooks."""
    return order_ref_number("".join(character for character in order_number if character.isprintable()))


def _whole_number(order_number: str, settings: Settings) -> str:
    number = _own_number(order_number)
    prefix = order_ref_number(settings.order_number_strip_prefix)
    suffix = settings.order_number_strip_suffix
    if prefix and len(number) > len(prefix) and number[: len(prefix)].casefold() == prefix.casefold():
        number = number[len(prefix) :].strip()
    if suffix and len(number) > len(suffix) and number[-len(suffix) :].casefold() == suffix.casefold():
        number = number[: -len(suffix)].strip()
    return f"{settings.order_number_add_prefix}{number}{settings.order_number_add_suffix}" if number else ""
