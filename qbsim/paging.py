"""What all queries share: MaxReturned, iterators, metaData, IncludeRetElement and the statuses of what is missing.

A query by names or IDs of which some are missing answers 500 with those it found; a filter that matches nothing
answers 1 (FACTS.md 9). That a list of RefNumbers of which none exists answers 1 as well is uncertain.
"""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import islice
from typing import TypeVar

from lxml.etree import _Element as Element

from qbsim import reading, status
from qbsim.context import Context, Iterator, Outcome
from qbsim.nodes import Nodes
from qbsim.status import message, refusal

Record = TypeVar("Record")


#: What no Ret may lack by the schema; only the definition of a custom field has such elements.
_ALWAYS_SHOWN = frozenset({"DataExtID", "DataExtListRequire", "DataExtTxnRequire", "DataExtFormatString"})


def only_elements(nodes: Nodes, request: Element) -> Nodes:
    """A Ret with only the elements that IncludeRetElement names, all without it."""
    wanted = set(reading.texts(request, "IncludeRetElement"))
    return [node for node in nodes if node[0] in wanted | _ALWAYS_SHOWN] if wanted else nodes


def answer(
    request: Element,
    found: Sequence[Record],
    ret: Callable[[Record], tuple[str, Nodes]],
    missing: str | None = None,
) -> Outcome:
    """The outcome of a query without an iterator: `found` in full, `missing` the first value that was not there."""
    outcome = Outcome()
    wants = request.get("metaData", "NoMetaData")
    if wants != "NoMetaData":
        outcome.attributes["retCount"] = str(len(found))
    if wants != "MetaDataOnly":
        outcome.nodes = _rets(request, found, ret)
    if missing is not None:
        outcome.code, outcome.message = status.PARTLY_FOUND, message(status.PARTLY_FOUND, value=missing)
    elif not found:
        outcome.code, outcome.message = status.NO_MATCH, message(status.NO_MATCH)
    return outcome


def iterate(
    context: Context,
    request: Element,
    match: Callable[[], Iterable[tuple[str, Record]]],
    fetch: Callable[[str], Record | None],
    ret: Callable[[Record], tuple[str, Nodes]],
) -> Outcome:
    """The outcome of a query with an iterator. `match` gives IDs and records of the first page's filter, later pages
    fetch by ID what has not been deleted since.

    Refused as 3150 without MaxReturned, as 3000 for an iteratorID that this session does not know (a guess).
    """
    step, session = request.get("iterator"), context.session
    identifier = request.get("iteratorID", "")
    if step == "Stop":
        _known(context, request, identifier)
        del session.iterators[identifier]
        return Outcome()
    limit = _max_returned(request)
    if limit is None:
        raise refusal(status.MISSING_ELEMENT, field="MaxReturned")
    if step == "Start":
        identifier = f"{{{uuid.uuid4()}}}"
        session.iterators[identifier] = Iterator(str(request.tag), deque(each for each, _ in match()))
    iterator = _known(context, request, identifier)
    page: list[Record] = []
    is_empty = step == "Start" and not iterator.remaining
    while iterator.remaining and len(page) < limit:
        record = fetch(iterator.remaining.popleft())
        if record is not None:
            page.append(record)
    outcome = answer(request, page, ret)
    if not is_empty:
        outcome.code, outcome.message = status.OK, message(status.OK)
    outcome.attributes["iteratorRemainingCount"] = str(len(iterator.remaining))
    outcome.attributes["iteratorID"] = identifier
    if not iterator.remaining:
        del session.iterators[identifier]
    return outcome


def limited(request: Element, found: Iterable[Record]) -> list[Record]:
    """The first MaxReturned records."""
    limit = _max_returned(request)
    return list(islice(found, limit))


def matcher(element: Element | None, field: str) -> Callable[[str], bool]:
    """The test of a NameFilter or RefNumberFilter: StartsWith, Contains or EndsWith, capital letters aside."""
    if element is None:
        return lambda _value: True
    wanted = (reading.text(element, field) or "").casefold()
    tests: dict[str, Callable[[str], bool]] = {
        "StartsWith": lambda value: value.casefold().startswith(wanted),
        "Contains": lambda value: wanted in value.casefold(),
        "EndsWith": lambda value: value.casefold().endswith(wanted),
    }
    return tests[reading.text(element, "MatchCriterion") or "StartsWith"]


def between(low: str | None, high: str | None, field: str) -> Callable[[str], bool]:
    """The test of a NameRangeFilter or RefNumberRangeFilter: by number where all are numbers, else by letters.

    Refused as 3031 where the range is upside down.
    """
    ends = [end for end in (low, high) if end is not None]
    by_number = all(end.isascii() and end.isdigit() for end in ends)
    if low is not None and high is not None:
        upside_down = int(low) > int(high) if by_number else low.casefold() > high.casefold()
        if upside_down:
            raise refusal(status.BAD_RANGE, field=field)

    def test(value: str) -> bool:
        if by_number and value.isascii() and value.isdigit():
            return (low is None or int(value) >= int(low)) and (high is None or int(value) <= int(high))
        key = value.casefold()
        return (low is None or key >= low.casefold()) and (high is None or key <= high.casefold())

    return test


def within_dates(context: Context, element: Element | None, low: str, high: str) -> Callable[[datetime], bool]:
    """The test of a span of times, given by two children of the element; none passes all.

    Refused as 3030 where the span is upside down.
    """
    zone = context.company.now().tzinfo
    start = reading.moment(element, low, zone) if element is not None else None
    end = reading.moment(element, high, zone, end_of_day=True) if element is not None else None
    if start is not None and end is not None and start > end:
        raise refusal(status.BAD_DATE_RANGE)
    return lambda moment: (start is None or moment >= start) and (end is None or moment <= end)


def _rets(request: Element, found: Iterable[Record], ret: Callable[[Record], tuple[str, Nodes]]) -> Nodes:
    nodes: Nodes = []
    for record in found:
        name, inside = ret(record)
        nodes.append((name, only_elements(inside, request)))
    return nodes


def _max_returned(request: Element) -> int | None:
    value = reading.text(request, "MaxReturned")
    return None if value is None else max(0, int(value))


def _known(context: Context, request: Element, identifier: str) -> Iterator:
    iterator = context.session.iterators.get(identifier)
    if iterator is None or iterator.query != request.tag:
        raise refusal(status.BAD_ID, value=identifier, field="iteratorID")
    return iterator
