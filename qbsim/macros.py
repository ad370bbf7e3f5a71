"""Macros: names for the TxnIDs of transactions that are added in the same session (FACTS.md 2).

The codes lie between 9100 and 9199; which of them is which is guessed.
"""

from __future__ import annotations

from lxml.etree import _Element as Element

from qbsim import reading, status
from qbsim.status import refusal


class Macros:
    """The macros of one session."""

    def __init__(self) -> None:
        self._txn_ids: dict[str, str] = {}

    def find(self, name: str) -> str | None:
        """The TxnID that is kept under a name."""
        return self._txn_ids.get(name)

    def check_new(self, add: Element, *, may_be_redefined: bool) -> None:
        """Refuses the Add as 9102 where its defMacro is taken and must not be given twice."""
        name = add.get("defMacro")
        if name in self._txn_ids and not may_be_redefined:
            raise refusal(status.MACRO_DEFINED_TWICE, value=name)

    def define(self, add: Element, txn_id: str) -> None:
        """Keeps the TxnID under the Add's defMacro, if it has one."""
        name = add.get("defMacro")
        if name is not None:
            self._txn_ids[name] = txn_id

    def txn_id(self, element: Element, *, takes_macro: bool) -> str:
        """The TxnID that an element gives, as text or by useMacro.

        Refused as 3000 where the ID is malformed, as 9101 where the macro is unknown, as 9103 where this QuickBooks
        takes no macro here, as 3150 where there is neither.
        """
        field = str(element.tag)
        name = element.get("useMacro")
        if name is None:
            if not (element.text or "").strip():
                raise refusal(status.MISSING_ELEMENT, field=field)
            return reading.object_id(element.text or "", field)
        if not takes_macro:
            raise refusal(status.MACRO_NOT_TAKEN_HERE, value=name, field=field)
        if name not in self._txn_ids:
            raise refusal(status.MACRO_UNKNOWN, value=name, field=field)
        return self._txn_ids[name]
