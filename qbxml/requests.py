"""What every request has in common, and the register of those declared.

A further request type is one class with one decorator: it names the records that come back and whether it changes the
books; the wire form follows from its name (an Add or Mod stands inside its Rq element, a query's filters directly).
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from qbxml.aggregate import Aggregate, Attribute, Named, aggregate
from qbxml.common import (
    AccountFilter,
    CurrencyFilter,
    EntityFilter,
    ModifiedDateRangeFilter,
    NameFilter,
    RefNumberFilter,
    RefNumberRangeFilter,
    TxnDateRangeFilter,
)
from qbxml.types import GUID, ID, AnyText, Bool, Int, OneOf, Text11, Text50

REQUESTS: dict[str, type[Request]] = {}  # by name without Rq: "CreditMemoAdd"
RECORDS: dict[str, type[Aggregate]] = {}  # by element name: "CreditMemoRet"


@aggregate
class Request(Aggregate):
    """Base of all requests."""

    rets: ClassVar[tuple[type[Aggregate], ...]] = ()  # the records an answer may hold
    writes: ClassVar[bool] = False  # it changes the company file
    wrapped: ClassVar[bool] = False  # its body stands in an element of its own inside the Rq

    def __init_subclass__(cls, rets: tuple[type[Aggregate], ...] | None = None, writes: bool = False) -> None:
        super().__init_subclass__()
        if rets is None:  # a part of other declarations, not a request itself
            return
        cls.rets = rets
        cls.writes = writes
        cls.wrapped = cls.__name__.endswith(("Add", "Mod"))
        REQUESTS[cls.__name__] = cls
        RECORDS.update({ret.__name__: ret for ret in rets})


@aggregate
class Query(Request):
    """What a query may say beside its filters."""

    meta_data: Annotated[str | None, Attribute("metaData"),
                         OneOf(("NoMetaData", "MetaDataOnly", "MetaDataAndResponseData"))] = None  # fmt: skip


@aggregate
class PagedQuery(Query):
    """A query whose answer may come in pages; accounts and payment methods have none (FACTS.md 1, Iterators)."""

    iterator: Annotated[str | None, Attribute("iterator"), OneOf(("Start", "Continue", "Stop"))] = None
    iterator_id: Annotated[str | None, Attribute("iteratorID")] = None


def unless_named(*filters: str) -> tuple[str, ...]:
    """The alternatives of a transaction query: transactions by name, or one of these filters."""
    return ("txn_ids", "ref_numbers", "ref_numbers_case_sensitive", *filters)


# The parts of a transaction query. Dataclasses take their fields from the last base to the first, so a query names its
# parts in reverse: `class InvoiceQuery(_Output, _Links, _Lines, _RefNumbers, _Accounts, _Transactions)`.


@aggregate
class TransactionPart(PagedQuery):
    """Which transactions: by ID, by number, or by dates and entity. RefNumbers match whatever their case."""

    one_of: ClassVar[tuple[tuple[str, ...], ...]] = (
        unless_named("max_returned"),
        unless_named("modified_date_range_filter", "txn_date_range_filter"),
        unless_named("entity_filter"),
    )

    txn_ids: Annotated[tuple[ID, ...], Named("TxnID")] = ()
    ref_numbers: Annotated[tuple[Text11, ...], Named("RefNumber")] = ()
    ref_numbers_case_sensitive: Annotated[tuple[Text11, ...], Named("RefNumberCaseSensitive")] = ()
    max_returned: Int | None = None
    modified_date_range_filter: ModifiedDateRangeFilter | None = None
    txn_date_range_filter: TxnDateRangeFilter | None = None
    entity_filter: EntityFilter | None = None


@aggregate
class AccountPart(TransactionPart):
    """Only those on given accounts; sales orders have no such filter."""

    one_of: ClassVar[tuple[tuple[str, ...], ...]] = (unless_named("account_filter"),)

    account_filter: AccountFilter | None = None


@aggregate
class NumberPart(TransactionPart):
    """Only those whose number is like, or between, what is given."""

    one_of: ClassVar[tuple[tuple[str, ...], ...]] = (
        unless_named("ref_number_filter", "ref_number_range_filter"),
        unless_named("currency_filter"),
    )

    ref_number_filter: RefNumberFilter | None = None
    ref_number_range_filter: RefNumberRangeFilter | None = None
    currency_filter: CurrencyFilter | None = None


@aggregate
class LinesPart(TransactionPart):
    """With their lines."""

    include_line_items: Bool | None = None


@aggregate
class LinksPart(TransactionPart):
    """With the transactions they are linked to; sales receipts and card refunds have no such element."""

    include_linked_txns: Bool | None = None


@aggregate
class OutputPart(TransactionPart):
    """Only some elements of each record, and private data of given owners."""

    include_ret_elements: Annotated[tuple[Text50, ...], Named("IncludeRetElement")] = ()
    owner_ids: Annotated[tuple[GUID, ...], Named("OwnerID")] = ()


@aggregate
class ListQuery(Query):
    """Which elements of a list: by ListID, by full name, or all that are active."""

    one_of: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("list_ids", "full_names", "max_returned"),
        ("list_ids", "full_names", "active_status"),
        ("list_ids", "full_names", "name_filter"),
    )

    list_ids: Annotated[tuple[ID, ...], Named("ListID")] = ()
    full_names: Annotated[tuple[AnyText, ...], Named("FullName")] = ()
    max_returned: Int | None = None
    active_status: Annotated[str | None, OneOf(("ActiveOnly", "InactiveOnly", "All"))] = None
    name_filter: NameFilter | None = None
