"""What is known of the entry in a company file's list of other names that postings begin with (sync/latch.py)."""

from __future__ import annotations

from dataclasses import dataclass

from qbwc_server.refunds.codec import decode, encode
from qbwc_server.store.tables import CompanyFile

_RIGHT = (
    "The QuickBooks user that the Web Connector signs in as needs the right to change the list of other names; with "
    "it, this mends itself within a day."
)


@dataclass(frozen=True)
class ForeignEntry:
    """The entry of another installation that has entered refunds into the company file."""

    list_id: str
    edit_sequence: str


@dataclass(frozen=True)
class Latch:
    """How the entry stands."""

    list_id: str = ""
    edit_sequence: str = ""  # empty: to be read before the next posting
    is_absent: bool = False  # QuickBooks was asked, and has no entry of that name
    is_proved: bool = False  # QuickBooks has refused a change under a wrong EditSequence
    is_refused: bool = False  # QuickBooks does not take it, so it is done without
    refusal: str = ""  # why it is done without, for a person
    others: tuple[ForeignEntry, ...] = ()  # of installations before this one: changed before anything is posted
    failures: int = 0  # tries in which it could not be read or changed, one after the other
    failed_in: int = 0  # the session of the last of them; 0 where it is tried again in the same one
    tried_again_at: str = ""  # when it is tried again where it is done without, as ISO 8601 has it; else it is not


def latch_of(company: CompanyFile) -> Latch:
    """The latch as it is known."""
    return decode(Latch, company.latch) if company.latch else Latch()


def keep_latch(company: CompanyFile, latch: Latch) -> None:
    """Writes down how it stands."""
    company.latch = encode(latch)


def words_of_latch(company: CompanyFile) -> str:
    """What it does for this company file, or why it is done without, and what to do: for a person."""
    latch = latch_of(company)
    if latch.is_refused:
        lost = "Refunds are entered all the same, but one whose answer is lost may wait for a person."
        return f"Not guarded against: {latch.refusal} {lost} {_RIGHT if latch.tried_again_at else ''}".strip()
    if not latch.is_proved:
        return "The guard is made before the first refund is entered."
    return "Kept out: each posting begins with Connex' entry in the list of other names."
