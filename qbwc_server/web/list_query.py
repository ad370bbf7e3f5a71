"""The list of refunds as its address asks for it: read, checked, and written back into addresses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from qbwc_server.store.overview import start_of
from qbwc_server.store.refund_list import NEWEST, ListError, Place, Wanted

KEYS = ("status", "reason", "search", "since", "until", "account", "entered", "sort")
MAX_ACCOUNT_CHARACTERS = 159
FIRST_YEAR, LAST_YEAR = 1990, 2200


@dataclass(frozen=True)
class ListQuery:
    """What is asked for, as texts to show and as the store takes it."""

    texts: Mapping[str, str]  # those of KEYS that are given
    wanted: Wanted
    after: Place | None
    before: Place | None


def read(arguments: Mapping[str, str], zone: tzinfo | None) -> ListQuery:
    """The list that an address asks for; days are those of the connection's zone. Raises ListError."""
    texts = {key: arguments.get(key, "").strip() for key in KEYS}
    sort = texts["sort"] or NEWEST
    if len(texts["account"]) > MAX_ACCOUNT_CHARACTERS or "\x00" in texts["account"]:
        raise ListError("there is no such account")
    since, until = _day(texts["since"], "from"), _day(texts["until"], "to")
    entered = _day(texts["entered"], "entered")
    wanted = Wanted(
        status=texts["status"],
        reason=texts["reason"],
        search=texts["search"],
        since=_moment(since, zone),
        until=_moment(until + timedelta(days=1) if until else None, zone),
        account=texts["account"],
        entered_since=_moment(entered, zone),
        sort=sort,
    )
    after, before = arguments.get("after", ""), arguments.get("before", "")
    return ListQuery(
        texts={key: text for key, text in texts.items() if text},
        wanted=wanted,
        after=Place.read(after, sort) if after else None,
        before=Place.read(before, sort) if before and not after else None,
    )


def _day(text: str, name: str) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ListError(f"the day {name!r} is not written like 2024-03-01") from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ListError(f"the day {name!r} is not between {FIRST_YEAR} and {LAST_YEAR}")
    return day


def _moment(day: date | None, zone: tzinfo | None) -> datetime | None:
    return None if day is None else start_of(day, zone)
