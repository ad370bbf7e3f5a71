"""Lines with a TxnLineID, and how a Mod names them: kept or changed by their ID, new with -1, gone where left out.

They stand in the order of the transaction, else QuickBooks answers 3290 (FACTS.md 5, seen with CreditMemoMod; that the
other kinds do the same is taken for granted).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from lxml.etree import _Element as Element

from qbsim import reading, status
from qbsim.macros import Macros
from qbsim.status import refusal

if TYPE_CHECKING:
    from qbsim.company import Company

#: The TxnLineID of a line that a Mod adds.
NEW_LINE = "-1"


@dataclass(kw_only=True)
class Numbered:
    """A line; its TxnLineID is empty until the line is entered."""

    txn_line_id: str = ""


AnyLine = TypeVar("AnyLine", bound=Numbered)


def number_lines(company: Company, lines: Iterable[Numbered]) -> None:
    """Gives a TxnLineID to each line that has none."""
    now = company.now()
    for line in lines:
        if not line.txn_line_id:
            line.txn_line_id = company.counters.line_id(now)


def kept_lines(
    stored: Sequence[AnyLine], given: Iterable[Element], macros: Macros
) -> list[tuple[Element, AnyLine | None]]:
    """The line elements of a Mod, each with the line that it names, None for a new one.

    Refused as 3120 where the transaction has no such line, as 3290 where they are not in its order.
    """
    places = {line.txn_line_id: place for place, line in enumerate(stored)}
    found: list[tuple[Element, AnyLine | None]] = []
    last = -1
    for element in given:
        line_id = _line_id(element, macros)
        if line_id is None:
            found.append((element, None))
            continue
        place = places.get(line_id)
        if place is None:
            raise refusal(status.NOT_FOUND, value=line_id)
        if place <= last:
            raise refusal(status.WRONG_ORDER, value=line_id)
        last = place
        found.append((element, stored[place]))
    return found


def _line_id(element: Element, macros: Macros) -> str | None:
    named = element.find("TxnLineID")
    if named is None:
        raise refusal(status.MISSING_ELEMENT, field="TxnLineID")
    if named.get("useMacro") is not None:
        return macros.txn_id(named, takes_macro=True)
    value = (named.text or "").strip()
    return None if value == NEW_LINE else reading.object_id(value, "TxnLineID")
