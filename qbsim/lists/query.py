"""Queries for list elements: by ListID, by full name, or by filters that all have to match."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from lxml.etree import _Element as Element

from qbsim import reading
from qbsim.context import Context, Outcome
from qbsim.lists.element import ListElement
from qbsim.lists.kind import ListKind
from qbsim.lists.references import currencies_of_filter, filtered_ids
from qbsim.lists.table import ListTable
from qbsim.lists.view import View
from qbsim.nodes import Nodes
from qbsim.numbers import ZERO
from qbsim.paging import answer, between, iterate, limited, matcher, within_dates

if TYPE_CHECKING:
    from qbsim.company import Company

_OPERATORS: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "LessThan": lambda one, other: one < other,
    "LessThanEqual": lambda one, other: one <= other,
    "Equal": lambda one, other: one == other,
    "GreaterThan": lambda one, other: one > other,
    "GreaterThanEqual": lambda one, other: one >= other,
}

Test = Callable[[Any], bool]


def querying(kinds: tuple[ListKind, ...]) -> Callable[[Context, Element], Outcome]:
    """The handler of a query that tells of elements of these kinds."""

    def work(context: Context, request: Element) -> Outcome:
        view = View.of(context, request)
        entries = _Entries(context.company, kinds)

        def ret(record: Any) -> tuple[str, Nodes]:
            kind = entries.kind(record)
            return f"{kind.name}Ret", kind.ret(view, record)

        if request.get("iterator") is not None:
            return iterate(
                context,
                request,
                lambda: ((each.list_id, each) for each in _matching(context, view, request, entries)),
                entries.get,
                ret,
            )
        wanted = {name: reading.texts(request, name) for name in ("ListID", "FullName")}
        if any(wanted.values()):
            pairs = [(value, entries.get(reading.object_id(value, "ListID"))) for value in wanted["ListID"]]
            pairs += [(value, entries.find(value)) for value in wanted["FullName"]]
            missing = next((value for value, record in pairs if record is None), None)
            return answer(request, [record for _, record in pairs if record is not None], ret, missing)
        return answer(request, limited(request, _matching(context, view, request, entries)), ret)

    return work


class _Entries:
    """All elements of some kinds, in whichever tables they stand."""

    def __init__(self, company: Company, kinds: tuple[ListKind, ...]) -> None:
        self.kinds = kinds
        self._tables: dict[str, ListTable[Any]] = {kind.table: kind.table_of(company) for kind in kinds}

    def __iter__(self) -> Iterator[Any]:
        return (each for table in self._tables.values() for each in table if self._is_asked_for(each))

    def kind(self, record: Any) -> ListKind:
        """The kind that the element is of."""
        return next(kind for kind in self.kinds if self._stands(record, kind))

    def get(self, list_id: str) -> Any:
        """The element with that ListID, None where there is none of these kinds."""
        return self._first(table.get(list_id) for table in self._tables.values())

    def find(self, full_name: str) -> Any:
        """The element with that full name, None where there is none of these kinds."""
        return self._first(table.find(full_name) for table in self._tables.values())

    def _first(self, found: Iterable[Any]) -> Any:
        return next((each for each in found if each is not None and self._is_asked_for(each)), None)

    def _is_asked_for(self, record: Any) -> bool:
        return any(self._stands(record, kind) for kind in self.kinds)

    def _stands(self, record: Any, kind: ListKind) -> bool:
        table = self._tables[kind.table]
        found: ListElement | None = table.get(record.list_id)
        return found is not None and found is record and kind.has(found)


def _matching(context: Context, view: View, request: Element, entries: _Entries) -> list[Any]:
    tests: list[Test] = [_named(request), _dated(context, request)]
    for name, make in _FILTERS.items():
        if request.find(name) is not None:
            tests.append(make(view, request))
    active = reading.text(request, "ActiveStatus") or ("All" if request.tag == "TemplateQueryRq" else "ActiveOnly")
    if active != "All":
        tests.append(lambda record: bool(record.is_active == (active == "ActiveOnly")))
    return [each for each in entries if all(test(each) for test in tests)]


def _named(request: Element) -> Test:
    fits = matcher(request.find("NameFilter"), "Name")
    span = request.find("NameRangeFilter")
    low = reading.text(span, "FromName") if span is not None else None
    high = reading.text(span, "ToName") if span is not None else None
    within = between(low, high, "NameRangeFilter")
    return lambda record: fits(record.name) and within(record.name)


def _dated(context: Context, request: Element) -> Test:
    fits = within_dates(context, request, "FromModifiedDate", "ToModifiedDate")
    return lambda record: fits(record.stamp.time_modified)


def _of_account_types(_view: View, request: Element) -> Test:
    kinds = set(reading.texts(request, "AccountType"))
    return lambda account: account.account_type in kinds


def _of_payment_types(_view: View, request: Element) -> Test:
    kinds = set(reading.texts(request, "PaymentMethodType"))
    return lambda method: method.payment_method_type in kinds


def _owing(view: View, request: Element) -> Test:
    element = request.find("TotalBalanceFilter")
    if element is None:
        return lambda _record: True
    compare = _OPERATORS[reading.text(element, "Operator") or "Equal"]
    wanted = reading.amount(element, "Amount") or ZERO
    return lambda record: compare(view.total_balance(record.list_id), wanted)


def _of_classes(view: View, request: Element) -> Test:
    place = str(request.tag).removesuffix("Rq")
    wanted = filtered_ids(view.company.lists.classes, request.find("ClassFilter"), "Class", place) or set()
    return lambda record: record.class_id in wanted


def _of_currencies(view: View, request: Element) -> Test:
    """Without several currencies there is no currency list to filter by (3250: status_codes.csv)."""
    wanted = currencies_of_filter(view.company, request, str(request.tag).removesuffix("Rq"))
    home = view.company.preferences.home_currency_id
    return lambda record: wanted is None or (record.currency_id or home) in wanted


_FILTERS: dict[str, Callable[[View, Element], Test]] = {
    "AccountType": _of_account_types,
    "PaymentMethodType": _of_payment_types,
    "TotalBalanceFilter": _owing,
    "ClassFilter": _of_classes,
    "CurrencyFilter": _of_currencies,
}
