"""The query requests: about the program and the company, about lists, about transactions, about what was deleted.

Order and choices from FACTS.md 1; which queries know an iterator is stated there too.
"""

from __future__ import annotations

from qbsim.grammar import types
from qbsim.grammar.common import (
    INCLUDE_RET_ELEMENTS,
    NAME_OF_CURRENCY,
    OWNER_ID,
    PAYMENT_METHOD_TYPE,
    amount,
    date,
    flag,
    identity,
    moment,
    text,
    word,
)
from qbsim.grammar.lists import ACCOUNT_TYPE, ASSIGN_TO_OBJECTS, LIST_DEL_TYPE
from qbsim.grammar.model import (
    Element,
    Particle,
    Sequence,
    aggregate,
    any_number,
    at_least_one,
    choice,
    leaf,
    optional,
    seq,
)
from qbsim.grammar.transactions import TXN_DEL_TYPE
from qbsim.grammar.types import FIRST_VERSION, ValueType, Version

REQUEST_ID = {"requestID": types.STRTYPE}
META_DATA = {**REQUEST_ID, "metaData": types.one_of("NoMetaData MetaDataOnly MetaDataAndResponseData")}
ITERATOR = {**META_DATA, "iterator": types.one_of("Start Continue Stop"), "iteratorID": types.STRTYPE}


def _query(name: str, *parts: Particle, attributes: dict[str, ValueType], since: Version = FIRST_VERSION) -> Element:
    return aggregate(f"{name}QueryRq", *parts, attributes=attributes, since=since)


_OWNER_IDS = any_number(leaf("OwnerID", types.GUIDTYPE, since=(2, 0)))
_MAX_RETURNED = leaf("MaxReturned", types.whole_number(lowest=1))
_MATCH_CRITERION = word("MatchCriterion", "StartsWith Contains EndsWith")


def _named_entries(name: str, *, since: Version = FIRST_VERSION) -> Element:
    """A filter by list entries: by several of them, or by one with all that stand below it."""
    return aggregate(
        name,
        choice(
            at_least_one(leaf("ListID", types.IDTYPE, since=(2, 0))),
            at_least_one(text("FullName")),
            leaf("ListIDWithChildren", types.IDTYPE, since=(2, 0)),
            text("FullNameWithChildren"),
        ),
        since=since,
    )


def _currency_filter(since: Version) -> Element:
    return aggregate(
        "CurrencyFilter",
        choice(at_least_one(identity("ListID")), at_least_one(text("FullName", NAME_OF_CURRENCY))),
        since=since,
    )


# Lists: by ListIDs, by FullNames, or by a filter.

_FILTER_OF_SITES = optional(
    word("ActiveStatus", "ActiveOnly InactiveOnly All"),
    moment("FromModifiedDate"),
    moment("ToModifiedDate"),
    choice(
        aggregate("NameFilter", _MATCH_CRITERION, text("Name")),
        aggregate("NameRangeFilter", optional(text("FromName"), text("ToName"))),
    ),
)
_LIST_FILTER = seq(optional(_MAX_RETURNED), _FILTER_OF_SITES)
_CLASS_FILTER = _named_entries("ClassFilter", since=(12, 0))
_TOTAL_BALANCE_FILTER = aggregate(
    "TotalBalanceFilter",
    word("Operator", "LessThan LessThanEqual Equal GreaterThan GreaterThanEqual"),
    amount("Amount"),
)


def _entries(*more_filters: Particle, base: Sequence = _LIST_FILTER) -> Sequence:
    return optional(
        choice(
            at_least_one(identity("ListID")),
            at_least_one(text("FullName")),
            seq(base, *more_filters),
        )
    )


def _list_query(
    name: str,
    *more_filters: Particle,
    base: Sequence = _LIST_FILTER,
    data: bool = False,
    iterates: bool = False,
    since: Version = FIRST_VERSION,
) -> Element:
    """`data`: it can show private data by OwnerID."""
    return _query(
        name,
        _entries(*more_filters, base=base),
        INCLUDE_RET_ELEMENTS,
        *((_OWNER_IDS,) if data else ()),
        attributes=ITERATOR if iterates else META_DATA,
        since=since,
    )


_ITEMS_WITHOUT_CLASS = ("Item", "ItemSubtotal", "ItemGroup", "ItemSalesTaxGroup")
_ITEMS_WITH_CLASS = (
    *("ItemService", "ItemNonInventory", "ItemOtherCharge", "ItemInventory", "ItemInventoryAssembly"),
    *("ItemDiscount", "ItemPayment", "ItemSalesTax"),
)
_PLAIN_LISTS = (
    *("Class", "SalesTaxCode", "Terms", "StandardTerms", "DateDrivenTerms", "ShipMethod", "SalesRep", "CustomerMsg"),
    *("CustomerType", "VendorType", "JobType"),
)

_LIST_QUERIES = (
    _list_query("Account", any_number(ACCOUNT_TYPE), optional(_currency_filter((8, 0))), data=True),
    *(
        _list_query(
            name,
            optional(_TOTAL_BALANCE_FILTER, _currency_filter((8, 0)), _CLASS_FILTER),
            data=True,
            iterates=True,
        )
        for name in ("Customer", "Vendor")
    ),
    _list_query("Employee", data=True),
    _list_query("OtherName", data=True),
    _list_query("Entity", iterates=True),
    *(_list_query(name, data=True, iterates=True) for name in _ITEMS_WITHOUT_CLASS),
    *(_list_query(name, optional(_CLASS_FILTER), data=True, iterates=True) for name in _ITEMS_WITH_CLASS),
    _list_query("PaymentMethod", any_number(PAYMENT_METHOD_TYPE)),
    *(_list_query(name) for name in _PLAIN_LISTS),
    _list_query("Currency", since=(8, 0)),
    _list_query("InventorySite", base=_FILTER_OF_SITES, since=(10, 0)),
    _query("Template", INCLUDE_RET_ELEMENTS, attributes=META_DATA, since=(3, 0)),
    _query(
        "DataExtDef",
        optional(choice(any_number(OWNER_ID), ASSIGN_TO_OBJECTS)),
        INCLUDE_RET_ELEMENTS,
        attributes=META_DATA,
    ),
)


# Transactions: by TxnIDs, by RefNumbers, or by a filter.

_DATE_MACROS = (
    "All Today ThisWeek ThisWeekToDate ThisMonth ThisMonthToDate ThisCalendarQuarter ThisCalendarQuarterToDate "
    "ThisFiscalQuarter ThisFiscalQuarterToDate ThisCalendarYear ThisCalendarYearToDate ThisFiscalYear "
    "ThisFiscalYearToDate Yesterday LastWeek LastWeekToDate LastMonth LastMonthToDate LastCalendarQuarter "
    "LastCalendarQuarterToDate LastFiscalQuarter LastFiscalQuarterToDate LastCalendarYear LastCalendarYearToDate "
    "LastFiscalYear LastFiscalYearToDate NextWeek NextFourWeeks NextMonth NextCalendarQuarter NextCalendarYear "
    "NextFiscalQuarter NextFiscalYear"
)
_BY_DATE = choice(
    aggregate(
        "ModifiedDateRangeFilter",
        optional(moment("FromModifiedDate"), moment("ToModifiedDate")),
    ),
    aggregate(
        "TxnDateRangeFilter",
        choice(optional(date("FromTxnDate"), date("ToTxnDate")), word("DateMacro", _DATE_MACROS)),
    ),
)
_BY_REF_NUMBER = choice(
    aggregate("RefNumberFilter", _MATCH_CRITERION, text("RefNumber")),
    aggregate("RefNumberRangeFilter", optional(text("FromRefNumber"), text("ToRefNumber"))),
)


_REF_NUMBERS = (text("RefNumber"), text("RefNumberCaseSensitive", since=(4, 0)))


def _transactions(
    *,
    by_ref_number: bool = True,
    by_account: bool = True,
    currency_since: Version = (8, 0),
    paid_status: bool = False,
) -> Sequence:
    account_filter = (_named_entries("AccountFilter"),) if by_account else ()
    paid_status_filter = (word("PaidStatus", "All PaidOnly NotPaidOnly"),) if paid_status else ()
    return optional(
        choice(
            at_least_one(identity("TxnID")),
            *((at_least_one(name) for name in _REF_NUMBERS) if by_ref_number else ()),
            optional(
                _MAX_RETURNED,
                _BY_DATE,
                _named_entries("EntityFilter"),
                *account_filter,
                *((_BY_REF_NUMBER,) if by_ref_number else ()),
                _currency_filter(currency_since),
                *paid_status_filter,
            ),
        )
    )


def _transaction_query(
    name: str,
    which: Particle,
    *,
    linked_since: Version | None = None,
    since: Version = FIRST_VERSION,
) -> Element:
    """`linked_since`: the version from which IncludeLinkedTxns is known; None: this query never has it."""
    linked = () if linked_since is None else (flag("IncludeLinkedTxns", since=linked_since),)
    return _query(
        name,
        which,
        optional(flag("IncludeLineItems"), *linked),
        INCLUDE_RET_ELEMENTS,
        _OWNER_IDS,
        attributes=ITERATOR,
        since=since,
    )


_TRANSACTION_QUERIES = (
    _transaction_query(
        "Invoice",
        _transactions(paid_status=True),
        linked_since=(1, 1),
    ),
    _transaction_query("SalesReceipt", _transactions()),
    _transaction_query("SalesOrder", _transactions(by_account=False), linked_since=(2, 0), since=(2, 1)),
    _transaction_query("CreditMemo", _transactions(), linked_since=(1, 1)),
    _transaction_query("Check", _transactions(), linked_since=(7, 0)),
    _transaction_query("ARRefundCreditCard", _transactions(currency_since=(9, 0)), since=(5, 0)),
    _transaction_query("ReceivePayment", _transactions(), since=(1, 1)),
    _transaction_query("Deposit", _transactions(by_ref_number=False), since=(2, 0)),
    _transaction_query("JournalEntry", _transactions()),
)


# What was deleted, and the program and the company themselves.


def _deleted_query(name: str, kind: Element, *, since: Version = FIRST_VERSION) -> Element:
    return _query(
        name,
        at_least_one(kind),
        optional(
            aggregate(
                "DeletedDateRangeFilter",
                optional(moment("FromDeletedDate"), moment("ToDeletedDate")),
            )
        ),
        INCLUDE_RET_ELEMENTS,
        attributes=META_DATA,
        since=since,
    )


QUERIES = (
    _query(
        "Host",
        optional(aggregate("IncludeListMetaData", flag("IncludeMaxCapacity"), since=(6, 0))),
        INCLUDE_RET_ELEMENTS,
        attributes=REQUEST_ID,
    ),
    _query("Company", INCLUDE_RET_ELEMENTS, _OWNER_IDS, attributes=REQUEST_ID),
    _query("Preferences", INCLUDE_RET_ELEMENTS, attributes=REQUEST_ID, since=(1, 1)),
    *_LIST_QUERIES,
    *_TRANSACTION_QUERIES,
    _deleted_query("TxnDeleted", TXN_DEL_TYPE, since=(2, 0)),
    _deleted_query("ListDeleted", LIST_DEL_TYPE),
)
"""All query requests."""
