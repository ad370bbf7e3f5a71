"""Queries for transactions: by TxnID, by RefNumber, or by filters that all have to match."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, TypeVar

from lxml.etree import _Element as Element

from qbsim import reading, status
from qbsim.context import Context, Outcome
from qbsim.date_macros import span_of
from qbsim.lists.references import currencies_of_filter, filtered_ids
from qbsim.nodes import Nodes
from qbsim.paging import answer, between, iterate, limited, matcher
from qbsim.private_data import on_transaction
from qbsim.status import refusal
from qbsim.transactions.kinds import Kind
from qbsim.transactions.rets import Shown
from qbsim.transactions.transaction import Transaction

if TYPE_CHECKING:
    from qbsim.company import Company

Test = Callable[[Transaction], bool]
Moment = TypeVar("Moment", date, datetime)


def querying(kind: Kind) -> Callable[[Context, Element], Outcome]:
    """The handler of the type's Query request."""

    def work(context: Context, request: Element) -> Outcome:
        if kind.name == "SalesOrder" and not context.behaviour.has_sales_orders:
            raise refusal(status.FEATURE_OFF)
        shown = Shown(
            lines=bool(reading.boolean(request, "IncludeLineItems")),
            links=bool(reading.boolean(request, "IncludeLinkedTxns")),
            external_guid=context.behaviour.shows_external_guid,
        )

        owners = reading.texts(request, "OwnerID")

        def ret(transaction: Transaction) -> tuple[str, Nodes]:
            inside = kind.ret(context.company, transaction, shown)
            return f"{kind.name}Ret", on_transaction(context.company.private_data, transaction.txn_id, owners, inside)

        company = context.company
        if request.get("iterator") is not None:
            return iterate(
                context,
                request,
                lambda: ((each.txn_id, each) for each in _matching(company, kind.name, request)),
                company.transaction,
                ret,
            )
        for name, look_up in _BY_LIST.items():
            wanted = reading.texts(request, name)
            if wanted:
                found, missing = look_up(company, kind.name, wanted)
                return answer(request, found, ret, missing)
        return answer(request, limited(request, _matching(company, kind.name, request)), ret)

    return work


Found = tuple[list[Transaction], "str | None"]


def _by_txn_id(company: Company, txn_type: str, wanted: Sequence[str]) -> Found:
    found, missing = [], None
    for value in wanted:
        transaction = company.transaction(reading.object_id(value, "TxnID"))
        if transaction is not None and txn_type == transaction.TYPE:
            found.append(transaction)
        else:
            missing = missing or value
    return found, missing


def _by_ref_number(company: Company, txn_type: str, wanted: Sequence[str]) -> Found:
    return _by_numbers(wanted, lambda value: company.by_ref_number(txn_type, value))


def _by_exact_ref_number(company: Company, txn_type: str, wanted: Sequence[str]) -> Found:
    def look_up(value: str) -> list[Transaction]:
        return [each for each in company.by_ref_number(txn_type, value) if each.ref_number == value]

    return _by_numbers(wanted, look_up)


def _by_numbers(wanted: Sequence[str], look_up: Callable[[str], list[Transaction]]) -> Found:
    found: dict[str, Transaction] = {}
    missing = None
    for value in wanted:
        matches = look_up(value)
        found.update({each.txn_id: each for each in matches})
        if not matches:
            missing = missing or value
    # Where none is found, nothing matched (1); uncertain: it might be 500 here as well.
    return list(found.values()), missing if found else None


_BY_LIST: dict[str, Callable[[Company, str, Sequence[str]], Found]] = {
    "TxnID": _by_txn_id,
    "RefNumber": _by_ref_number,
    "RefNumberCaseSensitive": _by_exact_ref_number,
}


def _matching(company: Company, txn_type: str, request: Element) -> Iterator[Transaction]:
    """The transactions that pass all filters, one by one, so that MaxReturned stops the search. Every filter of the
    request is read first, and refused if it is wrong.
    """
    place = f"{txn_type} query"
    currencies = currencies_of_filter(company, request, place)
    entities = filtered_ids(company.lists.customers, request.find("EntityFilter"), "Customer", place)
    accounts = filtered_ids(company.lists.accounts, request.find("AccountFilter"), "Account", place)
    modified, dated = _modified_span(company, request), _dated_span(company, request)
    tests: list[Test] = [
        make(element) for name, make in _NUMBER_FILTERS.items() if (element := request.find(name)) is not None
    ]
    if accounts is not None:
        tests.append(lambda each: any(entry.account_id in accounts for entry in each.entries))
    if currencies is not None:
        tests.append(lambda each: each.currency_id in currencies)
    paid = reading.text(request, "PaidStatus")
    if paid in ("PaidOnly", "NotPaidOnly"):
        tests.append(lambda each: (each.open_debt == 0) == (paid == "PaidOnly"))
    candidates: Iterable[Transaction]
    if entities is not None:
        candidates = company.by_entities(txn_type, entities)
        tests.append(lambda each: _within(each.stamp.time_modified, modified) and _within(each.txn_date, dated))
    elif modified is not None:
        candidates = company.modified_between(txn_type, *modified)
    elif dated is not None:
        candidates = company.dated_between(txn_type, *dated)
    else:
        candidates = company.transactions(txn_type)
    return (each for each in candidates if all(test(each) for test in tests))


def _within(value: Moment, span: tuple[Moment | None, Moment | None] | None) -> bool:
    if span is None:
        return True
    start, end = span
    return (start is None or value >= start) and (end is None or value <= end)


def _modified_span(company: Company, request: Element) -> tuple[datetime | None, datetime | None] | None:
    element = request.find("ModifiedDateRangeFilter")
    if element is None:
        return None
    zone = company.now().tzinfo
    start = reading.moment(element, "FromModifiedDate", zone)
    end = reading.moment(element, "ToModifiedDate", zone, end_of_day=True)
    if start is not None and end is not None and start > end:
        raise refusal(status.BAD_DATE_RANGE)
    return start, end


def _dated_span(company: Company, request: Element) -> tuple[date | None, date | None] | None:
    element = request.find("TxnDateRangeFilter")
    if element is None:
        return None
    macro = reading.text(element, "DateMacro")
    if macro is not None:
        return span_of(macro, company.today())
    start, end = reading.day(element, "FromTxnDate"), reading.day(element, "ToTxnDate")
    if start is not None and end is not None and start > end:
        raise refusal(status.BAD_DATE_RANGE)
    return start, end


def _numbered(element: Element) -> Test:
    fits = matcher(element, "RefNumber")
    return lambda each: each.ref_number is not None and fits(each.ref_number)


def _number_range(element: Element) -> Test:
    low, high = reading.text(element, "FromRefNumber"), reading.text(element, "ToRefNumber")
    fits = between(low, high, "RefNumberRangeFilter")
    return lambda each: each.ref_number is not None and fits(each.ref_number)


_NUMBER_FILTERS: dict[str, Callable[[Element], Test]] = {
    "RefNumberFilter": _numbered,
    "RefNumberRangeFilter": _number_range,
}
