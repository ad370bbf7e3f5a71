"""What a schedule remembers of each set that was worked, so that a refund that is there twice is excused only where no
server could have prevented it (docs/reliability.md, "What is not promised").

Excused is this alone: QuickBooks does not let Connex have its entry in the list of other names, keeps records and
recognises repeats; a set was handed out again, byte for byte, while nothing of it was in the books; and then QuickBooks
worked both copies, since its record of the one was lost, or not yet made, when the other came. A record that the server
itself had dropped is the server's fault.
"""

from __future__ import annotations

import copy
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from qbsim import Behaviour, Company
from qbwc_server.torture.oracle import Finding, Verdict, told_sale, told_txn_ids

_EXTERNAL_GUID = re.compile(r"<ExternalGUID>([^<]*)<")
_POSTED = ("SalesReceipt", "Invoice", "CreditMemo", "Check", "ARRefundCreditCard", "ReceivePayment")


class Witness:
    """Sees every set that is handed out, and every time that QuickBooks works one."""

    def __init__(self, company: Company, behaviour: Behaviour) -> None:
        self._company = company
        may_be_repeated = behaviour.keeps_recovery_records and behaviour.recognises_repeats
        self._may_be_repeated = may_be_repeated and not behaviour.may_change_other_names
        self._handed_out: Counter[str] = Counter()  # by message set ID
        self._fairly_repeated: set[str] = set()  # IDs of sets that were handed out again with nothing in the books
        self._dropped: set[str] = set()  # IDs of sets whose record the server has told QuickBooks to drop
        self._entered_by: dict[str, list[str]] = {}  # by GUID: the ID of the set of each copy

    def handed_out(self, request: str, set_id: str, old_id: str | None) -> None:
        """A set that writes leaves the server; `old_id` is that of the record that QuickBooks is to drop."""
        self._handed_out[set_id] += 1
        if self._handed_out[set_id] > 1 and not any(self._copies(guid) for guid in external_guids(request)):
            self._fairly_repeated.add(set_id)
        if old_id:
            self._dropped.add(old_id)

    @contextmanager
    def of(self, set_id: str) -> Iterator[None]:
        """While QuickBooks works the set of this ID."""
        if not set_id:  # a question
            yield
            return
        before = self._all()
        try:
            yield
        finally:
            for txn_id, guid in self._all().items():
                if txn_id not in before:
                    self._entered_by.setdefault(guid, []).append(set_id)

    def excuses(self, finding: Finding) -> bool:
        """Whether a transaction is there too often by what nobody could have prevented."""
        if finding.verdict is not Verdict.DOUBLED or not finding.guid or not self._may_be_repeated:
            return False
        sets = self._entered_by.get(finding.guid.casefold(), [])
        if len(set(sets)) != 1:  # copies of several sets: the server has sent it anew
            return False
        set_id = sets[0]
        is_fair = set_id in self._fairly_repeated and set_id not in self._dropped
        return is_fair and len(sets) <= self._handed_out[set_id]

    def without_copies(self, refunds: Iterable[Mapping[str, Any]], excused: Iterable[Finding]) -> Company:
        """The company without the copies of these findings, but for one of each: the one that is told of, if any is."""
        told = {txn_id for row in refunds for txn_id in (*told_txn_ids(row), told_sale(row))}
        guids = {finding.guid.casefold() for finding in excused}
        company = copy.deepcopy(self._company)
        for kind in reversed(_POSTED):  # what holds a memo or an invoice goes before it
            seen: set[str] = set()
            copies = [t for t in company.transactions(kind) if (t.external_guid or "").casefold() in guids]
            for each in sorted(copies, key=lambda t: t.txn_id not in told):
                guid = (each.external_guid or "").casefold()
                if guid in seen:
                    company.delete(each)
                seen.add(guid)
        return company

    def _copies(self, guid: str) -> bool:
        return bool(self._company.by_external_guid(guid))

    def _all(self) -> dict[str, str]:
        every = (each for kind in _POSTED for each in self._company.transactions(kind))
        return {each.txn_id: each.external_guid.casefold() for each in every if each.external_guid}


def external_guids(request: str) -> set[str]:
    """The ExternalGUIDs of the documents that a set enters."""
    return set(_EXTERNAL_GUID.findall(request))
