"""What can't be planned or sent at all: refunds with impossible figures, and documents that QuickBooks would refuse for
the form of a value (FACTS.md 1, Value types). Both end as `unfit_data`, never as an error in the middle of the work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import tzinfo
from decimal import Decimal

from qbwc_server.refunds.model import Refund
from qbwc_server.refunds.posting import Document
from qbwc_server.refunds.reasons import Skip
from qbxml import FieldError, write_request

MAX_AMOUNT = Decimal(10) ** 13  # in the refund's currency; AMTTYPE has 13 digits before the point
MAX_QUANTITY = Decimal(10) ** 10  # QUANTYPE has 10
AMOUNT_DECIMALS, QUANTITY_DECIMALS = 2, 5


def unfit_refund(refund: Refund, time_zone: tzinfo) -> Skip | None:
    """Why a refund can't be a refund: a figure that is no amount, the wrong sign, a time that no day belongs to."""
    for place, reason in _problems(refund, time_zone):
        return Skip("unfit_data", {"place": f"{place} of the refund", "reason": reason})
    return None


def unfit_documents(documents: Iterable[Document]) -> Skip | None:
    """Why QuickBooks would refuse a value of the documents, as qbxml finds on writing them."""
    for document in documents:
        try:
            write_request(document.request)
        except FieldError as error:
            return Skip("unfit_data", {"place": error.place, "reason": error.reason})
    return None


def _problems(refund: Refund, time_zone: tzinfo) -> Iterator[tuple[str, str]]:
    try:
        refund.created_at.astimezone(time_zone)
    except OverflowError:
        yield "time", f"{refund.created_at.isoformat()} is no day in the shop's time zone"
    for index, line in enumerate(refund.lines):
        yield from _amount_problem(f"lines[{index}].amount", line.amount, signed=False)
        yield from _amount_problem(f"lines[{index}].tax", line.tax, signed=False)
        yield from _figure_problem(f"lines[{index}].quantity", line.quantity, MAX_QUANTITY, QUANTITY_DECIMALS)
        if line.quantity.is_finite() and line.quantity < 0:
            yield f"lines[{index}].quantity", f"{line.quantity} is negative"
    for index, adjustment in enumerate(refund.adjustments):
        yield from _amount_problem(f"adjustments[{index}].amount", adjustment.amount, signed=True)
        yield from _amount_problem(f"adjustments[{index}].tax", adjustment.tax, signed=True)
    for index, money in enumerate(refund.money):
        yield from _amount_problem(f"money[{index}].amount", money.amount, signed=False)


def _amount_problem(place: str, amount: Decimal, *, signed: bool) -> Iterator[tuple[str, str]]:
    yield from _figure_problem(place, amount, MAX_AMOUNT, AMOUNT_DECIMALS)
    if not signed and amount.is_finite() and amount < 0:
        yield place, f"{amount} is negative"


def _figure_problem(place: str, figure: Decimal, limit: Decimal, decimals: int) -> Iterator[tuple[str, str]]:
    if not figure.is_finite():
        yield place, f"{figure} is no number"
    elif abs(figure) >= limit:
        yield place, f"{figure} is {limit:,f} or more"
    elif figure != figure.quantize(Decimal(1).scaleb(-decimals)):
        yield place, f"{figure} has more than {decimals} decimals"
