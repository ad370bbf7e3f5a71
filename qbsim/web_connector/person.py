"""What happens at QuickBooks itself while the Web Connector is at work: a person's changes, a backup put back, a crash.

How a person's deletion or a restored backup shows itself to an application is not told by any source; here it is what
the company file is afterwards.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from qbsim.company import Company
from qbsim.processor import QuickBooks, QuickBooksCrashed
from qbsim.web_connector.faults import FaultKind

if TYPE_CHECKING:
    from qbsim.transactions import Transaction

EDITED_MEMO = "Changed by hand"
EDITED_REF_NUMBER = "BY HAND"


class Person:
    """Someone who works with the same QuickBooks. `changed` has the TxnIDs of what was changed, in their order."""

    def __init__(self, quickbooks: QuickBooks) -> None:
        self.quickbooks = quickbooks
        self.changed: list[str] = []
        self._backup: dict[str, Any] | None = None

    def back_up(self) -> None:
        """Keeps the company file as it is now; of several backups the last counts."""
        self._backup = self.quickbooks.company.to_json()

    def restore(self) -> None:
        """Puts the backup in the company file's place: QuickBooks goes on with a new Company."""
        if self._backup is None:
            raise ValueError("there is no backup to restore; call back_up() first")
        self.quickbooks.company = Company.from_json(self._backup, self.quickbooks.company.clock)

    def change(self, kind: FaultKind, carrying: str | None) -> str:
        """Deletes, voids, edits or renumbers a transaction; gives its TxnID, an empty text where there is none.

        `carrying` is its RefNumber, or a part of its Memo; of several the last made is meant, and so it is without it.
        What a deposit has taken is neither deleted nor voided, as by request.
        """
        transaction = self._named(carrying)
        if transaction is None:
            return ""
        takes_away = kind in (FaultKind.USER_DELETES, FaultKind.USER_VOIDS)
        if takes_away and self.quickbooks.company.deposit_of(transaction.txn_id) is not None:
            return ""
        self._change(kind, transaction)
        self.changed.append(transaction.txn_id)
        return transaction.txn_id

    def crash(self, request: str, requests_worked: int) -> None:
        """QuickBooks goes down when so many requests of the set are worked."""
        with suppress(QuickBooksCrashed):
            self.quickbooks.process(request, crash_after=requests_worked)

    def _named(self, carrying: str | None) -> Transaction | None:
        every = reversed(self.quickbooks.company.every_transaction())
        return next((each for each in every if carrying is None or _carries(each, carrying)), None)

    def _change(self, kind: FaultKind, transaction: Transaction) -> None:
        company = self.quickbooks.company
        if kind is FaultKind.USER_DELETES:
            company.delete(transaction)
        elif kind is FaultKind.USER_VOIDS:
            company.void(transaction)
        elif kind is FaultKind.USER_EDITS:
            transaction.memo = EDITED_MEMO
            company.touch(transaction.stamp)
        elif kind is FaultKind.USER_RENUMBERS:
            company.renumber(transaction, EDITED_REF_NUMBER)
            company.touch(transaction.stamp)
        else:
            raise ValueError(f"{kind.name} is nothing that a person does to a transaction")


def _carries(transaction: Transaction, carrying: str) -> bool:
    is_number = (transaction.ref_number or "").casefold() == carrying.casefold()
    return is_number or carrying in (transaction.memo or "")
