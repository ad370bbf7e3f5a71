"""What QuickBooks' status codes and hresults mean for us: done, nothing found, try again later, mend the data, stop.

Codes and meanings are from FACTS.md 9 and its tables; `sure` is False where the code was only recalled, not documented
or seen in a published log.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Outcome(Enum):
    """What to do after an answer."""

    DONE = "done"
    NOTHING_FOUND = "nothing_found"  # a query matched nothing; no fault
    PARTLY_FOUND = "partly_found"  # a query by a list: some of it is not there
    RETRY_LATER = "retry_later"  # a lock, a busy file: the same request can succeed later
    FIX_DATA = "fix_data"  # the request, or what it refers to, is wrong; repeating can't help
    MACRO = "macro"  # a macro was not resolved
    STOP = "stop"  # nothing will work until a person has acted


@dataclass(frozen=True)
class Status:
    """The status of one answer."""

    code: int
    severity: str
    message: str

    @property
    def outcome(self) -> Outcome:
        """What it means for us.

        >>> Status(3175, "Error", "The list element is in use.").outcome
        <Outcome.RETRY_LATER: 'retry_later'>
        """
        if self.code in _BY_CODE:
            return _by_wording(self, _BY_CODE[self.code].outcome)
        if 9100 <= self.code <= 9199:
            return Outcome.MACRO
        if self.severity in ("Info", "Warn"):
            return Outcome.DONE
        return Outcome.FIX_DATA

    @property
    def explanation(self) -> str:
        """What a bookkeeper should know or do, where it is known; else QuickBooks' own words."""
        known = _BY_CODE.get(self.code)
        return known.advice if known and known.advice else self.message

    @property
    def is_sure(self) -> bool:
        """Whether the meaning of the code is documented or was seen; else it is recalled, or the code is unknown."""
        known = _BY_CODE.get(self.code)
        return known is not None and known.sure


@dataclass(frozen=True)
class Meaning:
    """What one code says and what to do about it."""

    outcome: Outcome
    advice: str = ""
    sure: bool = True


_LOCK_WORDINGS = (
    "modified by another user",
    "could not be locked",
    "failed to acquire the lock",
    "is in use",
    "in use by another user",
)

_CLOSED_BOOKS = "The date lies on or before the closing date of the books."
_ONLINE_ONLY = "QuickBooks refused the sign-on; this code belongs to QuickBooks Online."
_SET_ID = "The state that QuickBooks kept under the ID of the message set"

_BY_CODE: dict[int, Meaning] = {
    0: Meaning(Outcome.DONE),
    1: Meaning(Outcome.NOTHING_FOUND),
    500: Meaning(Outcome.PARTLY_FOUND),
    501: Meaning(Outcome.DONE),
    510: Meaning(Outcome.DONE),
    530: Meaning(Outcome.DONE, "QuickBooks left out a field that this edition does not have."),
    531: Meaning(Outcome.DONE, "QuickBooks left out a value that this edition does not know."),
    540: Meaning(Outcome.PARTLY_FOUND, "There were more matches than QuickBooks returns at once."),
    550: Meaning(Outcome.DONE),
    560: Meaning(Outcome.DONE),
    570: Meaning(Outcome.DONE, "The transaction to link to was already closed; the link was left out."),
    600: Meaning(Outcome.DONE, f"{_SET_ID} was not there; nothing was cleared."),
    1000: Meaning(Outcome.RETRY_LATER, "QuickBooks reported an internal error."),
    1010: Meaning(Outcome.RETRY_LATER, "QuickBooks was not available."),
    1030: Meaning(Outcome.FIX_DATA, "This QuickBooks does not know the request; a newer release may be needed."),
    1060: Meaning(Outcome.FIX_DATA),
    2000: Meaning(Outcome.STOP, _ONLINE_ONLY),
    2010: Meaning(Outcome.STOP, _ONLINE_ONLY),
    2020: Meaning(Outcome.STOP, _ONLINE_ONLY),
    2030: Meaning(Outcome.STOP, _ONLINE_ONLY),
    2040: Meaning(Outcome.STOP, _ONLINE_ONLY),
    3000: Meaning(Outcome.FIX_DATA),
    3010: Meaning(Outcome.FIX_DATA),
    3020: Meaning(Outcome.FIX_DATA),
    3030: Meaning(Outcome.FIX_DATA),
    3031: Meaning(Outcome.FIX_DATA),
    3035: Meaning(Outcome.FIX_DATA),
    3040: Meaning(Outcome.FIX_DATA, sure=False),
    3045: Meaning(Outcome.FIX_DATA),
    3050: Meaning(Outcome.FIX_DATA, sure=False),
    3060: Meaning(Outcome.FIX_DATA, sure=False),
    3065: Meaning(Outcome.FIX_DATA, sure=False),
    3070: Meaning(Outcome.FIX_DATA),
    3080: Meaning(Outcome.FIX_DATA, sure=False),
    3085: Meaning(Outcome.FIX_DATA, sure=False),
    3090: Meaning(Outcome.FIX_DATA, sure=False),
    3100: Meaning(Outcome.FIX_DATA, "The name is already in use in QuickBooks."),
    3110: Meaning(Outcome.FIX_DATA, sure=False),
    3120: Meaning(Outcome.FIX_DATA, "QuickBooks no longer has the transaction or list element that was named."),
    3130: Meaning(Outcome.FIX_DATA, sure=False),
    3140: Meaning(Outcome.FIX_DATA, "QuickBooks has no list element of the name given; check the settings."),
    3150: Meaning(Outcome.FIX_DATA),
    3151: Meaning(Outcome.FIX_DATA, sure=False),
    3153: Meaning(Outcome.FIX_DATA, sure=False),
    3160: Meaning(Outcome.FIX_DATA, sure=False),
    3161: Meaning(Outcome.FIX_DATA, _CLOSED_BOOKS, sure=False),
    3162: Meaning(Outcome.RETRY_LATER, "QuickBooks must be in single-user mode for this.", sure=False),
    3170: Meaning(Outcome.FIX_DATA),  # as with 3180
    3171: Meaning(Outcome.FIX_DATA, _CLOSED_BOOKS, sure=False),
    3175: Meaning(Outcome.RETRY_LATER, "Somebody was using the same record in QuickBooks."),
    3176: Meaning(Outcome.RETRY_LATER, "Somebody was using a related record in QuickBooks."),
    3180: Meaning(Outcome.FIX_DATA),  # a passing lock or an Accountant's Copy: the wording tells
    3185: Meaning(Outcome.FIX_DATA, sure=False),
    3190: Meaning(Outcome.FIX_DATA, sure=False),
    3200: Meaning(Outcome.RETRY_LATER, "The record was changed in QuickBooks since it was read."),
    3205: Meaning(Outcome.FIX_DATA, sure=False),
    3210: Meaning(Outcome.FIX_DATA),
    3220: Meaning(Outcome.FIX_DATA, sure=False),
    3230: Meaning(Outcome.RETRY_LATER, "Another request of the same set failed, so this one was undone.", sure=False),
    3231: Meaning(Outcome.RETRY_LATER, "Another request of the same set failed, so this one was left out.", sure=False),
    3240: Meaning(Outcome.FIX_DATA, sure=False),
    3250: Meaning(Outcome.FIX_DATA, "This edition of QuickBooks lacks the feature, or it is switched off."),
    3260: Meaning(Outcome.STOP, "The QuickBooks user that the Web Connector signs in as lacks the right for this."),
    3261: Meaning(Outcome.STOP, "The application may not see personal data; grant it in Integrated Applications."),
    3270: Meaning(Outcome.FIX_DATA, sure=False),
    3280: Meaning(Outcome.FIX_DATA, sure=False),
    3290: Meaning(Outcome.FIX_DATA),
    9001: Meaning(Outcome.FIX_DATA, f"{_SET_ID} belongs to other requests."),
    9002: Meaning(Outcome.FIX_DATA, f"{_SET_ID} is not there."),
    9003: Meaning(Outcome.FIX_DATA),
    9004: Meaning(Outcome.FIX_DATA, "The ID of the message set is too long."),
    9005: Meaning(Outcome.FIX_DATA, f"{_SET_ID} could not be stored."),
}

# Of the answer as a whole, where a message set ID was sent (FACTS.md 3).
NO_STORED_RESPONSE = (9002, 9005)
BURNT_MESSAGE_SET_ID = 9001
NAME_IN_USE = 3100
NOT_THERE = 3120  # what a request names was deleted
OUT_OF_DATE = 3200  # the EditSequence
LEFT_OUT = 3231  # a request after one that failed, in a set that stops there
MESSAGE_SET_ID_TOO_LONG = 9004
UNKNOWN_OLD_MESSAGE_SET = 600

PARSE_ERROR = "0x80040400"  # the whole set was refused, and nothing of it was worked


_TOLD_BY_WORDING = (3120, 3140, 3160, 3170, 3180, 3185)


def _by_wording(status: Status, outcome: Outcome) -> Outcome:
    """3170, 3180 and their like are a lock or a lasting refusal; only the wording tells (FACTS.md 10)."""
    if outcome is Outcome.FIX_DATA and status.code in _TOLD_BY_WORDING:
        message = status.message.lower()
        if any(wording in message for wording in _LOCK_WORDINGS):
            return Outcome.RETRY_LATER
    return outcome


@dataclass(frozen=True)
class HResult:
    """A failure of the connection to QuickBooks, as the Web Connector reports it, and what to do about it."""

    code: str
    meaning: str
    advice: str


_HRESULTS: dict[str, HResult] = {
    row.code: row
    for row in (
        HResult(PARSE_ERROR, "QuickBooks could not read the request.", "Report this with the session's log."),
        HResult("0x80040401", "QuickBooks could not be reached.", "Start QuickBooks and open the company file."),
        HResult("0x80040402", "QuickBooks failed for a reason it did not name.", "Restart QuickBooks and try again."),
        HResult("0x80040403", "The company file could not be opened.", "Check the path of the company file."),
        HResult("0x80040407", "QuickBooks is not completely installed.", "Repair the installation of QuickBooks."),
        HResult("0x80040408", "QuickBooks could not be started.", "Start QuickBooks by hand, then try again."),
        HResult("0x8004040A", "Another company file is open.", "Open the company file of this connection."),
        HResult("0x8004040D", "QuickBooks dropped the session.", "The next run continues; nothing is to be done."),
        HResult("0x80040410", "The company file is open in another mode.", "Switch it to single or multi-user mode."),
        HResult("0x80040414", "A dialog is open in QuickBooks.", "Close the dialog in QuickBooks."),
        HResult("0x80040416", "QuickBooks is closed and no company file was named.", "Open the company file."),
        HResult("0x8004041A", "Connex may not use this company file.", "Allow it under Integrated Applications."),
        HResult("0x80040420", "The QuickBooks user denied access.", "Allow it under Integrated Applications."),
        HResult("0x80040421", "QuickBooks gave a message of its own.", "Read the message that came with it."),
        HResult("0x80040422", "Another application holds the file in single-user mode.", "Close that application."),
        HResult("0x80040424", "QuickBooks was still starting.", "The next run continues; nothing is to be done."),
        HResult("0x80040427", "QuickBooks is not registered.", "Register QuickBooks."),
        HResult("0x80040154", "Parts of the QuickBooks SDK are missing.", "Reinstall the Web Connector."),
        HResult("0x80010105", "QuickBooks crashed.", "Restart QuickBooks; the next run continues."),
    )
}


def explain_hresult(code: str) -> HResult:
    """What an hresult means and what to do; one that is not known is said to be so.

    >>> explain_hresult("0x80040414").advice
    'Close the dialog in QuickBooks.'
    """
    code = code.strip()
    normal = "0x" + code[2:].upper() if code[:2].lower() == "0x" else code
    unknown = f"QuickBooks failed with the code {normal or '(none)'}, whose meaning is not known."
    return _HRESULTS.get(normal) or HResult(normal, unknown, "See the Web Connector's log.")


KNOWN_HRESULTS = tuple(_HRESULTS.values())
"""Every failure of the connection whose meaning is known."""
