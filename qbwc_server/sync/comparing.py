"""What was posted against what QuickBooks shows: pure comparison, frozen data in, findings out.

Used where a session begins (are our newest postings there?), where books were restored (how far back are they gone?)
and for the daily reconcile (is everything as we entered it, and is nothing there that we do not know?).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum

from qbwc_server.refunds.model import ZERO
from qbwc_server.refunds.naming import is_our_memo

KINDS = {
    "changed_amount": "{document} {ref_number} is over {found} in QuickBooks; Connex entered {entered}.",
    "changed_customer": "{document} {ref_number} is on the customer {found} in QuickBooks; Connex entered another one.",
    "changed_date": "{document} {ref_number} is dated {found} in QuickBooks; Connex entered {entered}.",
    "changed_account": "{document} {ref_number} is on the account {found} in QuickBooks; Connex entered {entered}.",
    "link_released": "{found} of {document} {ref_number} is open in QuickBooks again; Connex left {entered} open.",
    "voided": "{document} {ref_number} was voided in QuickBooks.",
    "deleted": "{document} {ref_number} was deleted in QuickBooks.",
    "not_found": "{document} {ref_number} (TxnID {txn_id}) is not in QuickBooks, nor among what was deleted there.",
    "there_twice": "{document} {ref_number} is in QuickBooks more than once: {found}.",
    "not_known_as_entered": "{found} is in QuickBooks, though its refund counts as not entered.",
    "unknown_posting": "{found} carries the marks of Connex, and this installation does not know it.",
    "not_all_seen": "QuickBooks has too many transactions changed between {found} to look through all of them.",
}
"""The kinds of findings with their sentences."""


class Fate(Enum):
    """What has become of something that was posted."""

    THERE = "there"
    VOIDED = "voided"
    DELETED = "deleted"
    MISSING = "missing"


@dataclass(frozen=True)
class Posted:
    """A document as it was entered."""

    document_id: int
    refund_id: int
    words: str  # "credit memo"
    type: str  # CreditMemo, Check, ARRefundCreditCard, ReceivePayment
    txn_id: str
    external_guid: str
    ref_number: str
    customer_id: str
    amount: Decimal | None  # None where the transaction's own amount says nothing, as of an application
    txn_date: date | None = None
    account_id: str = ""
    account: str = ""
    open_credit: Decimal | None = None  # of a memo: what its payouts and applications left of it
    memo: str = ""


@dataclass(frozen=True)
class Seen:
    """A transaction as QuickBooks shows it."""

    type: str
    txn_id: str
    external_guid: str = ""
    ref_number: str = ""
    customer_id: str = ""
    customer: str = ""
    amount: Decimal | None = None  # None where it could not be read
    txn_date: date | None = None
    account_id: str = ""
    account: str = ""
    open_credit: Decimal | None = None
    memo: str = ""

    @property
    def described(self) -> str:
        """For a person to find it."""
        number = self.ref_number or "without a number"
        return f"{self.type} {number} over {self.amount} for {self.customer or 'nobody'} (TxnID {self.txn_id})"


@dataclass(frozen=True)
class Finding:
    """One thing in which QuickBooks and our records differ; `kind` is one of KINDS."""

    kind: str
    message: str
    type: str = ""
    txn_id: str = ""
    ref_number: str = ""
    document_id: int | None = None
    refund_id: int | None = None


def fate_of(posted: Posted, seen: Mapping[str, Seen], deleted: Collection[str]) -> Fate:
    """What has become of a posting; a transaction of its TxnID that carries another GUID is that of another file."""
    found = seen.get(posted.txn_id)
    if found is None or not _is_the_same(posted, found):
        return Fate.DELETED if posted.txn_id in deleted else Fate.MISSING
    if posted.amount and found.amount == ZERO:
        return Fate.VOIDED
    return Fate.THERE


def compare(posted: Posted, seen: Mapping[str, Seen], deleted: Collection[str]) -> tuple[Finding, ...]:
    """What is not as it was entered; nothing where all is."""
    fate = fate_of(posted, seen, deleted)
    if fate is Fate.MISSING:
        return (_about(posted, "not_found"),)
    if fate is not Fate.THERE:
        return (_about(posted, fate.value),)
    found = seen[posted.txn_id]
    findings = []
    if posted.amount is not None and found.amount != posted.amount:
        shown = "an amount that could not be read" if found.amount is None else f"{found.amount}"
        findings.append(_about(posted, "changed_amount", shown, f"{posted.amount}"))
    if found.customer_id != posted.customer_id:
        findings.append(_about(posted, "changed_customer", found.customer or "(none)"))
    if posted.txn_date is not None and found.txn_date is not None and found.txn_date != posted.txn_date:
        findings.append(_about(posted, "changed_date", f"{found.txn_date}", f"{posted.txn_date}"))
    if not _same_account(posted, found):
        findings.append(_about(posted, "changed_account", found.account, posted.account or posted.account_id))
    if posted.open_credit is not None and found.open_credit is not None and found.open_credit > posted.open_credit:
        findings.append(_about(posted, "link_released", f"{found.open_credit}", f"{posted.open_credit}"))
    return tuple(findings)


def not_ours(
    seen: Iterable[Seen], ours: Collection[str], by_guid: Mapping[str, Posted], by_name: Sequence[Posted]
) -> tuple[Finding, ...]:
    """What stands in QuickBooks beside our postings and looks like one of them.

    `ours` are the TxnIDs of all documents of ours, `by_guid` and `by_number` the documents whose GUID or number one of
    `seen` carries; such a document that has no TxnID counts as not entered.
    """
    strangers = [each for each in seen if each.txn_id not in ours and each.amount != ZERO]
    findings: list[Finding] = []
    for each in strangers:
        twin = by_guid.get(each.external_guid.upper()) if each.external_guid else None
        twin = twin or next((posted for posted in by_name if _looks_the_same(posted, each)), None)
        if twin is not None and twin.txn_id:
            both = f"as TxnID {twin.txn_id}, and as {each.described}"
            findings.append(_about(twin, "there_twice", both, txn_id=each.txn_id))
        elif twin is not None:
            findings.append(_about(twin, "not_known_as_entered", each.described, txn_id=each.txn_id))
        elif is_our_memo(each.memo):
            message = KINDS["unknown_posting"].format(found=each.described)
            findings.append(Finding("unknown_posting", message, each.type, each.txn_id, each.ref_number))
    return tuple(findings)


def not_all_seen(start: object, end: object) -> Finding:
    """That a stretch of time held more than could be looked through."""
    return Finding("not_all_seen", KINDS["not_all_seen"].format(found=f"{start} and {end}"))


def _is_the_same(posted: Posted, found: Seen) -> bool:
    guids_differ = posted.external_guid and found.external_guid and not _same_guid(posted, found)
    return found.type == posted.type and not guids_differ


def _same_guid(posted: Posted, found: Seen) -> bool:
    return found.external_guid.upper() == posted.external_guid.upper()


def _looks_the_same(posted: Posted, found: Seen) -> bool:
    """By customer, amount and number, or Memo where it has no number, and where no GUID speaks against it."""
    if posted.ref_number:
        has_its_name = found.ref_number.casefold() == posted.ref_number.casefold()
    else:
        has_its_name = bool(posted.memo) and found.memo == posted.memo
    return (
        _is_the_same(posted, found)
        and has_its_name
        and found.customer_id == posted.customer_id
        and found.amount == posted.amount
    )


def _same_account(posted: Posted, found: Seen) -> bool:
    if posted.account_id and found.account_id:
        return posted.account_id == found.account_id
    if posted.account and found.account:
        return posted.account.casefold() == found.account.casefold()
    return True


def _about(posted: Posted, kind: str, found: str = "", entered: str = "", *, txn_id: str = "") -> Finding:
    facts = {
        "document": f"The {posted.words}",
        "ref_number": posted.ref_number or "(without a number)",
        "txn_id": posted.txn_id,
        "found": found,
        "entered": entered,
    }
    message = KINDS[kind].format_map(facts)
    return Finding(
        kind,
        message,
        posted.type,
        txn_id or posted.txn_id,
        posted.ref_number,
        posted.document_id,
        posted.refund_id,
    )
