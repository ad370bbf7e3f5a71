"""Whether a request may change the company now: read-only access, locks, closing date, Accountant's Copy.

All of it is looked at before the request is worked, so that a refused one has done nothing. The codes are Intuit's;
which sentence QuickBooks appends is observed for locks and the Accountant's Copy, and else a guess (status.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Literal

from lxml.etree import _Element as Element

from qbsim import reading, status
from qbsim.lists.references import named
from qbsim.status import RequestRefused, refusal
from qbsim.transactions import TRANSACTION_TYPES

if TYPE_CHECKING:
    from qbsim.context import Context

Verb = Literal["Add", "Mod", "Del", "Void"]
_VERBS: tuple[Verb, ...] = ("Add", "Mod", "Del", "Void")
#: Refused while others may be at work in the file: QuickBooks wants single-user mode to delete from lists.
_SINGLE_USER = frozenset({"ListDelRq"})
_OTHER_NAMES = frozenset({"OtherNameAdd", "OtherNameMod"})
_CURRENCY_REQUESTS = frozenset({"CurrencyQuery", "CurrencyAdd", "CurrencyMod"})
_LOCKED_TRANSACTION = "The transaction could not be locked."
_LOCKED_ELEMENT = "The list element is in use."
_NO_LOCK = "The application failed to acquire the lock."
_CLOSED = "The transaction's date is on or before the closing date."
_COPY_OUT = "An Accountant's Copy exists. Transactions on or before the dividing date cannot be changed."


class UnknownLockError(ValueError):
    """A lock was to be answered with a code that no lock has; the message names those that there are."""

    def __init__(self, code: int) -> None:
        super().__init__(f"no lock is answered by {code}; give one of {', '.join(map(str, _LOCK_CODES))}, or none")


@dataclass
class _Lock:
    requests: int
    code: int | None


@dataclass
class Locks:
    """What other users hold: list elements by ListID, transactions by TxnID."""

    _held: dict[str, _Lock] = field(default_factory=dict)

    def lock(self, identifier: str, requests: int = 1, code: int | None = None) -> None:
        """Holds an element or a transaction against the next so many requests that would change it or refer to it.

        `code` is the status that they get (3170, 3175, 3176 or 3180); without one, that of the way it is used: 3175
        where it is to be changed or deleted, 3185 to be voided, 3176 where another object refers to it. Raises
        UnknownLockError for a code that is none of these.
        """
        if code is not None and code not in _LOCK_CODES:
            raise UnknownLockError(code)
        self._held[identifier] = _Lock(requests, code)

    def release(self, identifier: str) -> None:
        """Lets an element or a transaction go; nothing where it is not held."""
        self._held.pop(identifier, None)

    def meets(self, identifier: str) -> _Lock | None:
        """The lock that a request meets; it counts as one of the requests."""
        held = self._held.get(identifier)
        if held is not None:
            held.requests -= 1
            if held.requests <= 0:
                del self._held[identifier]
        return held


def check(context: Context, request: Element) -> None:
    """Refuses a changing request that may not be worked now; queries always may, but for those of what is switched off.

    The requests for currencies answer 3250 in a company that has one currency alone.
    """
    name = str(request.tag).removesuffix("Rq")
    if name in _CURRENCY_REQUESTS and not context.company.preferences.multi_currency:
        raise refusal(status.FEATURE_OFF)
    verb = next((verb for verb in _VERBS if name.endswith(verb)), None)
    if verb is None:
        return
    if context.behaviour.is_read_only or (name in _OTHER_NAMES and not context.behaviour.may_change_other_names):
        raise refusal(status.NOT_PERMITTED)
    if context.behaviour.file_mode == "MultiUser" and request.tag in _SINGLE_USER:
        raise refusal(status.NOT_IN_MULTI_USER)
    kind = reading.text(request, f"Txn{verb}Type") or name.removesuffix(verb)
    _check_locks(context, request, verb, kind)
    if kind in TRANSACTION_TYPES:
        _check_dates(context, request, verb, kind)


def _check_locks(context: Context, request: Element, verb: Verb, kind: str) -> None:
    own = _own_id(request, verb)
    for identifier in _named(context, request):
        lock = context.locks.meets(identifier)
        if lock is not None:
            raise _locked(identifier, verb, kind, lock.code, is_own=identifier == own)


def _check_dates(context: Context, request: Element, verb: Verb, kind: str) -> None:
    preferences = context.company.preferences
    dividing, closing = preferences.accountant_copy_dividing_date, preferences.closing_date
    if closing is not None and not (
        preferences.closing_date_has_password or context.behaviour.keeps_closing_date_without_password
    ):
        closing = None
    own = _own_id(request, verb) or ""
    for on in _dates(context, request, verb):
        if closing is not None and on <= closing:
            raise _closed(verb, kind, own)
        if dividing is not None and on <= dividing:
            raise _copy_out(verb, kind, own)


def _dates(context: Context, request: Element, verb: Verb) -> Iterator[date]:
    """The dates that a request touches: the one that is sent, and of a transaction that is there its own."""
    stored = context.company.transaction(_own_id(request, verb) or "")
    if stored is not None:
        yield stored.txn_date
    if verb in ("Add", "Mod"):
        element = next(request.iterchildren("*"), request)
        sent = reading.day(element, "TxnDate")
        if sent is not None or verb == "Add":
            yield sent or context.company.today()


def _own_id(request: Element, verb: Verb) -> str | None:
    """The ID of what the request itself changes; an Add has none."""
    if verb == "Add":
        return None
    holder = request if verb in ("Del", "Void") else next(request.iterchildren("*"), request)
    value = reading.text(holder, "TxnID") or reading.text(holder, "ListID")
    return value.strip().upper() if value is not None else None


def _named(context: Context, request: Element) -> Iterator[str]:
    """The IDs of all transactions and list elements that a request names, by ID, name or macro."""
    for element in request.iter("*"):
        tag = str(element.tag)
        if tag in ("TxnID", "CreditTxnID", "ListID"):
            macro = element.get("useMacro")
            value = context.session.macros.find(macro) if macro is not None else (element.text or "").strip().upper()
            if value:
                yield value
        elif tag.endswith("Ref") and element.find("ListID") is None:
            found = named(context.company.lists, element)
            if found is not None:
                yield found


def _locked(identifier: str, verb: Verb, kind: str, code: int | None, *, is_own: bool) -> RequestRefused:
    if code is None:
        code = status.RELATED_IN_USE if not is_own else status.CANNOT_VOID if verb == "Void" else status.IN_USE
    reason = _LOCK_CODES.get(code)
    if code == status.IN_USE and kind in TRANSACTION_TYPES:
        reason = _LOCKED_TRANSACTION
    if code == status.CANNOT_VOID:
        reason = f"{_LOCKED_TRANSACTION}  It is in use by another user."
    return refusal(code, value=identifier, object=kind, reason=reason or "")


_LOCK_CODES = {
    status.CANNOT_MODIFY: "This list has been modified by another user.",
    status.IN_USE: _LOCKED_ELEMENT,
    status.RELATED_IN_USE: _NO_LOCK,
    status.SAVE_FAILED: "QuickBooks internals could not be locked.  They are in use by another user.",
}


def _closed(verb: Verb, kind: str, identifier: str) -> RequestRefused:
    codes = {"Add": status.SAVE_FAILED, "Del": status.DELETE_IN_CLOSED}
    return refusal(codes.get(verb, status.MODIFY_IN_CLOSED), object=kind, value=identifier, reason=_CLOSED)


def _copy_out(verb: Verb, kind: str, identifier: str) -> RequestRefused:
    codes = {
        "Add": status.SAVE_FAILED,
        "Mod": status.CANNOT_MODIFY,
        "Del": status.CANNOT_DELETE,
        "Void": status.CANNOT_VOID,
    }
    return refusal(codes[verb], object=kind, value=identifier, reason=_COPY_OUT)
