"""The latch: an entry in the company file's list of other names that a set which posts must find as it was.

A set of which nothing is found in the books may still hang in a Web Connector, and be worked late. So each set that
posts begins by changing this entry under the EditSequence that it had when the set was written: QuickBooks refuses the
change where the entry was changed since (FACTS.md, status 3200), and the set ends there (stopOnError, FACTS.md 4). A
set can then be worked once at most, whatever QuickBooks remembers of it; and changing the entry once more shuts out for
good one that has not begun.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session as DatabaseSession

from qbwc_server.store.connections import installation
from qbwc_server.store.latch import ForeignEntry, Latch, keep_latch, latch_of
from qbwc_server.store.tables import CompanyFile, MessageSet, Session
from qbwc_server.sync.settling import LatchSeen
from qbwc_server.sync.taking import Taking
from qbxml import (
    NAME_IN_USE,
    NOT_THERE,
    OUT_OF_DATE,
    Answer,
    Call,
    NameFilter,
    OtherNameAdd,
    OtherNameMod,
    OtherNameQuery,
    OtherNameRet,
    Outcome,
    Response,
)

MAX_SESSIONS_WITHOUT_LATCH = 8  # tries, mostly one a session, in which it could not be had; then a day is done without
MAX_OTHERS = 50  # entries of other installations that are changed by one set
TRIED_AGAIN_AFTER = timedelta(days=1)
QUESTION = "latch"  # the name of the question, and of the change that a set begins with
_STALE, _BEFORE, _OTHER = "latch_stale", "latch_before", "latch_other_"
_PREFIX = "Connex "  # of an entry's name; then come characters of the installation's GUID
_NOT_NOW = (NAME_IN_USE, NOT_THERE)  # the name has been taken, or the entry deleted, since it was asked for
_ANOTHER_TIME = (Outcome.DONE, Outcome.RETRY_LATER)  # done, but not told in full; or locked, or changed meanwhile
_NEVER_CURRENT = "1"  # an EditSequence is a time in Unix seconds (FACTS.md 1)
_ENTRY = (
    "Connex notes here which posting it begins, so that none can be entered twice. "
    "Please leave this entry as it is; it is no person and no company."
)
_TAKEN_OVER = "Another installation has taken the company file over."
_HOLDS_NOTHING = "QuickBooks changed the entry where it should have refused to."
_READ = ("ListID", "TimeModified", "EditSequence", "Name", "Notes")


def is_wanted(company: CompanyFile) -> bool:
    """Whether sets that post to this company file begin with the latch: wherever QuickBooks takes it."""
    return company.claim in ("stands", "unwritable") and not latch_of(company).is_refused


def is_due(company: CompanyFile, session: Session) -> bool:
    """Whether it has to be read, added or proved before anything is looked for and posted."""
    latch = latch_of(company)
    ready = latch.is_proved and latch.edit_sequence and not latch.others
    return is_wanted(company) and not ready and latch.failed_in != session.id


def holds_back(company: CompanyFile, session: Session) -> bool:
    """Whether nothing is posted in this session, since the latch could not be had, even if it is done without from the
    next one on: what is posted then is looked for before. As long as there has never been an entry, postings go without
    it, but not while a set of another installation may hang."""
    latch = latch_of(company)
    return bool(latch.is_proved or latch.list_id or latch.others) and latch.failed_in == session.id


def calls_to_prepare(database: DatabaseSession, company: CompanyFile, now: datetime) -> tuple[Call, ...]:
    """What is still to be done until the latch can be used, one thing at a time."""
    latch = latch_of(company)
    if latch.others:
        return tuple(
            Call(
                f"{_OTHER}{number}",
                OtherNameMod(list_id=other.list_id, edit_sequence=other.edit_sequence, notes=f"{_ENTRY} {_TAKEN_OVER}"),
            )
            for number, other in enumerate(latch.others)
        )
    if latch.is_absent:
        return (Call(QUESTION, OtherNameAdd(name=_name(database, now), is_active=False, notes=_ENTRY)),)
    if not latch.list_id:
        entries = NameFilter(match_criterion="StartsWith", name=_PREFIX)
        every = OtherNameQuery(name_filter=entries, active_status="All", include_ret_elements=_READ)
        return (Call(QUESTION, every),)
    if not latch.edit_sequence:
        return question(latch.list_id)
    return (
        Call(_STALE, _change(replace(latch, edit_sequence=_NEVER_CURRENT), "")),
        Call(QUESTION, _change(latch, "")),
    )


def question(list_id: str, request_id: str = QUESTION) -> tuple[Call, ...]:
    """How does the entry stand?"""
    return (Call(request_id, OtherNameQuery(list_ids=(list_id,), include_ret_elements=_READ)),)


def take_prepared(taking: Taking, answer: Answer) -> bool:
    """The answer to what was asked, added or changed; True where the entry was found as it stands, or those of others
    were changed: what was looked for before in this session has to be looked for again, since a set of another life of
    the database, or of another installation, may have begun."""
    company, by_id = taking.company, answer.by_request_id
    latch, response = latch_of(company), by_id.get(QUESTION)
    if latch.others:
        return _take_others(taking, latch, by_id)
    if not latch.list_id and not latch.is_absent:
        return _take_found(taking, latch, response)
    stale = by_id.get(_STALE)
    if stale is not None and stale.status.outcome is Outcome.DONE:
        does_not_hold(company)  # then no EditSequence shuts anything out
        return False
    entry = _entry(response)
    if entry is not None and _is_hidden(entry):
        keep_latch(company, replace(latch, list_id="", edit_sequence=""))
        return False
    if entry is not None and _is_taken_over(company, entry):
        _failed(taking, replace(latch, list_id=""))  # whose mark the company file carries is read again before
        return False
    if entry is not None and (stale is None or stale.status.code == OUT_OF_DATE):
        list_id, sequence = entry.list_id or "", entry.edit_sequence or ""
        proved = latch.is_proved or stale is not None
        keep_latch(company, replace(latch, list_id=list_id, edit_sequence=sequence, is_absent=False, is_proved=proved))
        return stale is None and not latch.is_absent
    if _is_gone(response):
        keep_latch(company, replace(latch, list_id="", edit_sequence="", is_absent=True))
    else:
        _not_had(taking, latch, response)
    return False


def _not_had(taking: Taking, latch: Latch, response: Response | None) -> None:
    refusal = _refusal(response)
    if refusal:
        refused(taking.company, taking.now, refusal)
    else:
        _failed(taking, replace(latch, is_absent=False))


def _refusal(response: Response | None) -> str:
    """Why QuickBooks does not take the entry, for a person; empty where it may another time."""
    if response is None or response.status.code in _NOT_NOW or response.status.outcome in _ANOTHER_TIME:
        return ""
    return f"QuickBooks refused it ({response.status.code}: {response.status.message.strip()})."


def _take_found(taking: Taking, latch: Latch, response: Response | None) -> bool:
    """Our entry among those that there are, and those of installations that were here before: a set of theirs may still
    hang in a Web Connector."""
    name, company = _name(taking.database, taking.now), taking.company
    entries = {(entry.name or "").casefold(): entry for entry in _entries(response)}  # QuickBooks takes no second one
    ours = entries.pop(name.casefold(), None)
    others = tuple(
        ForeignEntry(entry.list_id or "", entry.edit_sequence or "")
        for entry in entries.values()
        if (entry.notes or "").startswith(_ENTRY)  # else somebody's customer or the like is called so
        and not (entry.notes or "").endswith(_TAKEN_OVER)  # nothing has begun under it since it was changed before
    )[:MAX_OTHERS]
    if ours is not None:
        found = replace(latch, list_id=ours.list_id or "", edit_sequence=ours.edit_sequence or "", others=others)
        if (ours.notes or "").endswith(_TAKEN_OVER):  # it is proved anew, so that it no longer tells that nothing of
            found = replace(found, is_proved=False)  # ours can hang, to whoever takes over after us
        keep_latch(company, found)
        return True
    if _is_gone(response) or entries:
        keep_latch(company, replace(latch, is_absent=True, others=others))
        return bool(others)
    _not_had(taking, latch, response)
    return False


def _take_others(taking: Taking, latch: Latch, by_id: Mapping[str, Response]) -> bool:
    """Whether the entries of others were changed, so that no set of theirs can begin any more. Those that stand
    differently by now are looked for again; those that are locked, or were changed within the second of the change
    before, are changed in another session."""
    left, is_looked_for_again, refusal = [], len(latch.others) == MAX_OTHERS, ""
    for number, other in enumerate(latch.others):
        response = by_id.get(f"{_OTHER}{number}")
        entry, code = _entry(response), response.status.code if response is not None else None
        if entry is not None and entry.edit_sequence != other.edit_sequence:
            continue
        if code in (OUT_OF_DATE, NOT_THERE) or _is_gone(response):
            is_looked_for_again = True
        else:
            left.append(other)
            refusal = refusal or _refusal(response)
    if refusal:
        refused(taking.company, taking.now, refusal)
    elif left:
        _failed(taking, replace(latch, others=tuple(left)))
    elif is_looked_for_again:
        again = replace(latch, others=(), list_id="", is_absent=False)
        _failed(taking, again, is_tried_at_once=True)
    else:
        keep_latch(taking.company, replace(latch, others=()))
    return not left and not is_looked_for_again


def forget(company: CompanyFile) -> None:
    """All entries are looked for again: the company file was another installation's meanwhile. That is done at once,
    even where the latch was to be tried again later, since sets of that installation may hang."""
    keep_latch(company, replace(latch_of(company), list_id="", edit_sequence="", is_absent=False, others=()))
    _take_up_again(company)


def _name(database: DatabaseSession, now: datetime) -> str:
    return f"{_PREFIX}{installation(database, now).guid.strip('{}')[:8]}"


def does_not_hold(company: CompanyFile) -> None:
    """QuickBooks changes an entry under an EditSequence that is not the current one, or goes on after an error: then
    the latch keeps nothing out, and is given up for good."""
    keep_latch(company, replace(latch_of(company), is_refused=True, tried_again_at="", refusal=_HOLDS_NOTHING))


def refused(company: CompanyFile, now: datetime, why: str) -> None:
    """QuickBooks does not take the entry; it is tried again a day later, since somebody may give the right to it."""
    again = (now + TRIED_AGAIN_AFTER).isoformat()
    keep_latch(company, replace(latch_of(company), is_refused=True, tried_again_at=again, refusal=why))


def try_again(company: CompanyFile, now: datetime) -> None:
    """Takes the latch up again that was refused, or failed for too long: somebody may just have had the entry open."""
    latch = latch_of(company)
    if latch.tried_again_at and datetime.fromisoformat(latch.tried_again_at) <= now:
        _take_up_again(company)


def _take_up_again(company: CompanyFile) -> None:
    latch = latch_of(company)
    if latch.is_refused and latch.tried_again_at:  # else it does not hold, for good
        keep_latch(
            company, replace(latch, is_refused=False, is_absent=False, failures=0, tried_again_at="", refusal="")
        )


def read_anew(company: CompanyFile) -> None:
    """How it stands is not known, since an answer was lost."""
    keep_latch(company, replace(latch_of(company), edit_sequence="", is_absent=False))


def to_begin(company: CompanyFile, message_set_id: str) -> Call | None:
    """The change that a set which posts begins with; None where it does without."""
    latch = latch_of(company)
    if not (is_wanted(company) and latch.is_proved and latch.edit_sequence):
        return None
    return Call(QUESTION, _change(latch, _begun(message_set_id)))


def to_shut_out(target: MessageSet) -> tuple[Call, ...]:
    """The change that shuts out a set in doubt which has not begun; refused where it has. The note is read just before,
    since a set that begins in the very second of the change before it (by a clock that was set back) leaves an
    EditSequence of whole seconds as it was."""
    then = Latch(**target.context["latch"])
    change = Call(QUESTION, _change(then, _given_up(target.message_set_id or "")))
    return (*question(then.list_id, _BEFORE), change)


def context_of(company: CompanyFile) -> Mapping[str, str]:
    """How it stood when a set was written."""
    latch = latch_of(company)
    return {"list_id": latch.list_id, "edit_sequence": latch.edit_sequence}


def take_begun(taking: Taking, sent: MessageSet, by_id: Mapping[str, Response]) -> bool:
    """The answer to the change that a set began with; False where it was refused, and nothing of the set worked."""
    response = by_id.get(QUESTION)
    if "latch" not in sent.context:
        return True
    if response is None:
        read_anew(taking.company)
        return True
    if response.status.outcome is Outcome.DONE:
        _keep(taking.company, _entry(response))
        return True
    if any(other.status.outcome is Outcome.DONE for other in by_id.values()):
        does_not_hold(taking.company)  # the set went on all the same
        return True
    if response.status.outcome is Outcome.STOP:
        refused(taking.company, taking.now, _refusal(response))  # the right to it was taken away
    else:
        _failed(taking, latch_of(taking.company))
    return False


def take_shut_out(taking: Taking, target: MessageSet, answer: Answer) -> bool:
    """Whether a set in doubt is shut out for good."""
    by_id = answer.by_request_id
    before, entry = _entry(by_id.get(_BEFORE)), _entry(by_id.get(QUESTION))
    if before is not None and _begun(target.message_set_id or "") in (before.notes or ""):
        target.context = target.context | {"has_begun": True}
        return False
    if before is None or entry is None:
        return False
    _keep(taking.company, entry)
    return bool(entry.edit_sequence != target.context["latch"]["edit_sequence"])


def time_of(target: MessageSet) -> datetime | None:
    """When the entry was last changed by the time a set in doubt was last looked for, by QuickBooks' own clock, which
    may be years behind: what a set left that has begun is no older. None where that was not seen."""
    changed_at = target.context.get("latch_changed_at")
    return datetime.fromisoformat(changed_at) if changed_at else None


def look(taking: Taking, target: MessageSet, by_id: Mapping[str, Response]) -> LatchSeen:
    """How the entry stands, seen from a set in doubt."""
    then, response = target.context.get("latch"), by_id.get(QUESTION)
    if then is None or response is None or latch_of(taking.company).refusal == _HOLDS_NOTHING:
        return LatchSeen.NONE
    if _is_gone(response):
        return LatchSeen.MOVED  # it was deleted, and a change under its ListID can't be worked any more
    entry = _entry(response)
    if entry is None:
        return LatchSeen.NONE
    _keep(taking.company, entry)
    if entry.time_modified is not None:
        target.context = target.context | {"latch_changed_at": entry.time_modified.isoformat()}
    notes, set_id = entry.notes or "", target.message_set_id or ""
    if _begun(set_id) in notes or target.context.get("has_begun"):
        return LatchSeen.BEGUN
    if entry.edit_sequence == then["edit_sequence"]:
        return LatchSeen.UNTOUCHED
    return LatchSeen.SHUT_OUT if _given_up(set_id) in notes else LatchSeen.MOVED


def _keep(company: CompanyFile, entry: OtherNameRet | None) -> None:
    latch = latch_of(company)
    if entry is not None and entry.list_id != latch.list_id:
        return  # another has taken its place since
    is_known = entry is not None and not _is_hidden(entry) and not _is_taken_over(company, entry)
    sequence = (entry.edit_sequence or "") if entry is not None and is_known else ""  # else it is read before a posting
    keep_latch(company, replace(latch, edit_sequence=sequence, failures=0, failed_in=0))


def _is_hidden(entry: OtherNameRet) -> bool:
    """Whether somebody gave our entry a name under which an installation that takes over would not find it, to shut out
    what hangs of ours: then it is done with, and there is another."""
    return entry.name is not None and not entry.name.casefold().startswith(_PREFIX.casefold())


def _is_taken_over(company: CompanyFile, entry: OtherNameRet) -> bool:
    """Whether another installation has changed our entry since we last knew the company file as ours: its mark may
    have been written after ours was read. Where no marks are taken, both go on, and nothing is to be read again."""
    return company.claim == "stands" and _TAKEN_OVER in (entry.notes or "")


def _failed(taking: Taking, latch: Latch, *, is_tried_at_once: bool = False) -> None:
    failures, failed_in = latch.failures + 1, 0 if is_tried_at_once else taking.session.id
    keep_latch(taking.company, replace(latch, edit_sequence="", failures=failures, failed_in=failed_in))
    if failures >= MAX_SESSIONS_WITHOUT_LATCH:
        refused(taking.company, taking.now, f"The entry could not be had in {failures} tries.")


def _entry(response: Response | None) -> OtherNameRet | None:
    """The entry in an answer, where it tells what identifies it and its state."""
    return next(iter(_entries(response)), None)


def _entries(response: Response | None) -> list[OtherNameRet]:
    records = response.records if response is not None and response.status.outcome is Outcome.DONE else ()
    return [r for r in records if isinstance(r, OtherNameRet) and r.list_id and r.edit_sequence]


def _is_gone(response: Response | None) -> bool:
    return response is not None and response.status.outcome in (Outcome.NOTHING_FOUND, Outcome.PARTLY_FOUND)


def _change(latch: Latch, remark: str) -> OtherNameMod:
    return OtherNameMod(list_id=latch.list_id, edit_sequence=latch.edit_sequence, notes=f"{_ENTRY} {remark}".strip())


def _begun(message_set_id: str) -> str:
    return f"Begun: {message_set_id}."


def _given_up(message_set_id: str) -> str:
    return f"Given up: {message_set_id}."
