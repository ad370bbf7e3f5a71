"""The questions that are asked of QuickBooks, each as the requests of one message set."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from qbxml import (
    AccountQuery,
    ARRefundCreditCardQuery,
    Call,
    CheckQuery,
    CompanyQuery,
    CreditMemoQuery,
    DataExtAdd,
    DataExtDefAdd,
    DataExtMod,
    DeletedDateRangeFilter,
    EntityFilter,
    HostQuery,
    InvoiceQuery,
    ItemQuery,
    ModifiedDateRangeFilter,
    PaymentMethodQuery,
    PreferencesQuery,
    ReceivePaymentQuery,
    Request,
    SalesOrderQuery,
    SalesReceiptQuery,
    TxnDateRangeFilter,
    TxnDeletedQuery,
)

MAX_FOUND_PER_CUSTOMERS = 2000  # transactions that a look through customers' own may return; more is "not all seen"
CLOCK_MARGIN = timedelta(days=1)  # the times in QuickBooks are a workstation's (FACTS.md 10)
OPEN_PAYMENT_DAYS = timedelta(days=92)  # before the order, how far back an open payment is looked for
CLAIM_NAME = "ConnexInstallation"
MAX_OWN_MEMOS = 10_000  # credit memos of one customer that may be looked through for ours
MAX_CHANGED = 2000  # transactions of one type in one stretch of time; more, and the stretch is made shorter
POSTED_PREFIX = "posted_"  # of the names of the questions for our postings
CHANGED_PREFIX = "changed_"  # of those for what was changed in a stretch of time
DELETED = "deleted"
CLAIM_OWNER_ID = "{8D2B6C1E-54A0-4C7E-9C53-0B7E2F1A6D94}"  # Connex as the owner of its private data

_DOCUMENT_ELEMENTS = (
    "TxnID", "TimeModified", "EditSequence", "CustomerRef", "PayeeEntityRef", "TxnDate", "RefNumber", "TotalAmount",
    "Amount", "CreditRemaining", "ExternalGUID", "LinkedTxn",
)  # fmt: skip
_POSTED_ELEMENTS = (
    "TxnID", "TimeModified", "EditSequence", "CustomerRef", "PayeeEntityRef", "AccountRef", "RefundFromAccountRef",
    "TxnDate", "RefNumber", "TotalAmount", "Amount", "CreditRemaining", "Memo", "ExternalGUID",
)  # fmt: skip
_QUERIES: dict[str, Callable[..., Request]] = {
    "CreditMemo": CreditMemoQuery,
    "ARRefundCreditCard": ARRefundCreditCardQuery,
    "Check": CheckQuery,
    "ReceivePayment": ReceivePaymentQuery,
}


@dataclass(frozen=True)
class Wanted:
    """What is still to be read about some refunds' sales."""

    payments: tuple[str, ...] = ()  # TxnIDs
    invoices: tuple[str, ...] = ()  # TxnIDs
    open_payments_of: tuple[str, ...] = ()  # customers' ListIDs
    open_payments_since: date | None = None
    customers: tuple[str, ...] = ()  # whose own documents are looked through for ours
    since: datetime | None = None
    memo_customers: tuple[str, ...] = ()  # whose credit memos are looked through for those entered by hand
    memos_since: date | None = None  # the first of the sales
    memos: tuple[str, ...] = ()  # TxnIDs, with their lines
    items: tuple[str, ...] = ()  # ListIDs
    entered_from: date | None = None  # between which days somebody may have entered the refunds by hand
    entered_to: date | None = None


def lists(
    items: Sequence[str], *, with_company: bool, posted: Mapping[str, Sequence[str]] | None = None
) -> tuple[Call, ...]:
    """The chart of accounts, the payment methods, the items that settings name, the claim on the company file, and our
    newest postings (TxnIDs by type)."""
    requests: dict[str, Request] = {
        "accounts": AccountQuery(active_status="All"),
        "methods": PaymentMethodQuery(active_status="ActiveOnly"),
        "claim": CompanyQuery(owner_ids=(CLAIM_OWNER_ID,)),
    }
    if items:
        requests["items"] = ItemQuery(full_names=tuple(items))
    if with_company:
        requests["host"] = HostQuery()
        requests["preferences"] = PreferencesQuery()
    return _calls(requests | _by_txn_id(posted or {}))


def postings(posted: Mapping[str, Sequence[str]], deleted_since: datetime | None = None) -> tuple[Call, ...]:
    """Our postings by their TxnIDs, and with `deleted_since` what was deleted of those types from a day before it on.

    Deletions that are older can't be of these postings.
    """
    requests = _by_txn_id(posted)
    if deleted_since is not None:
        requests[DELETED] = _deleted(tuple(_QUERIES), deleted_since)
    return _calls(requests)


def deleted(since: datetime) -> tuple[Call, ...]:
    """What was deleted of the types that we enter, from a day before `since` on."""
    return _calls({DELETED: _deleted(tuple(_QUERIES), since)})


def changed(start: datetime, end: datetime) -> tuple[Call, ...]:
    """Every transaction of the types that we enter that was entered or changed in a stretch of time."""
    window = ModifiedDateRangeFilter(from_modified_date=start, to_modified_date=end)
    return _calls(
        {
            f"{CHANGED_PREFIX}{name}": query(
                max_returned=MAX_CHANGED, modified_date_range_filter=window, include_ret_elements=_POSTED_ELEMENTS
            )
            for name, query in _QUERIES.items()
        }
    )


def claim_read() -> tuple[Call, ...]:
    """Whose claim stands on the company file?"""
    return _calls({"claim": CompanyQuery(owner_ids=(CLAIM_OWNER_ID,))})


def claim_write(installation: str, *, over: bool, message_set_id: str) -> tuple[Call, ...]:
    """Puts our claim on the company file, `over` the one that stands there; defining the field twice does no harm.

    Over another's claim the field is defined already, so the set defines one more, named by its ID: that is what its
    repeat shows by (company.take_proof).
    """
    requests: dict[str, Request] = {"define": _define(CLAIM_NAME)}
    if over:
        requests["proof"] = _define(f"Connex{message_set_id}")
        requests["claim"] = DataExtMod(
            owner_id=CLAIM_OWNER_ID,
            data_ext_name=CLAIM_NAME,
            other_data_ext_type="Company",
            data_ext_value=installation,
        )
    else:
        requests["claim"] = DataExtAdd(
            owner_id=CLAIM_OWNER_ID,
            data_ext_name=CLAIM_NAME,
            other_data_ext_type="Company",
            data_ext_value=installation,
        )
    return _calls(requests)


def find(order_numbers: Iterable[str], our_numbers: Iterable[str], *, sales_orders: bool) -> tuple[Call, ...]:
    """The sales that carry these numbers, and documents that carry those of ours."""
    orders, ours = _unique(order_numbers), _unique(our_numbers)
    requests: dict[str, Request] = {
        "receipts": SalesReceiptQuery(ref_numbers=orders, include_line_items=True),
        "invoices": InvoiceQuery(ref_numbers=orders, include_line_items=True, include_linked_txns=True),
    }
    if sales_orders:
        requests["orders"] = SalesOrderQuery(ref_numbers=orders, include_line_items=True, include_linked_txns=True)
    requests["memos"] = CreditMemoQuery(
        ref_numbers=ours, include_linked_txns=True, include_ret_elements=_DOCUMENT_ELEMENTS
    )
    requests["cards"] = ARRefundCreditCardQuery(ref_numbers=ours)
    requests["checks"] = CheckQuery(ref_numbers=ours, include_linked_txns=True)
    return _calls(requests)


def follow(wanted: Wanted) -> tuple[Call, ...]:
    """What the sales are linked to, and the customers' own documents, among which ours may be."""
    requests: dict[str, Request] = {}
    if wanted.payments:
        requests["payments"] = ReceivePaymentQuery(txn_ids=_unique(wanted.payments))
    if wanted.invoices:
        requests["invoices"] = InvoiceQuery(
            txn_ids=_unique(wanted.invoices), include_line_items=True, include_linked_txns=True
        )
    if wanted.open_payments_of:
        since = wanted.open_payments_since or date.today()  # noqa: DTZ011  only where nothing asks for open payments
        requests["open_payments"] = ReceivePaymentQuery(
            max_returned=MAX_FOUND_PER_CUSTOMERS,
            txn_date_range_filter=TxnDateRangeFilter(from_txn_date=since - OPEN_PAYMENT_DAYS),
            entity_filter=EntityFilter(list_ids=_unique(wanted.open_payments_of)),
        )
    if wanted.customers and wanted.since is not None:
        requests["own_memos"] = CreditMemoQuery(
            max_returned=MAX_OWN_MEMOS,
            modified_date_range_filter=ModifiedDateRangeFilter(from_modified_date=wanted.since - CLOCK_MARGIN),
            entity_filter=EntityFilter(list_ids=_unique(wanted.customers)),
            include_linked_txns=True,
            include_ret_elements=_DOCUMENT_ELEMENTS,
        )
    if wanted.memo_customers and wanted.memos_since is not None:
        requests["hand_memos"] = CreditMemoQuery(
            max_returned=MAX_FOUND_PER_CUSTOMERS,
            txn_date_range_filter=TxnDateRangeFilter(from_txn_date=wanted.memos_since),
            entity_filter=EntityFilter(list_ids=_unique(wanted.memo_customers)),
            include_linked_txns=True,
            include_ret_elements=(*_DOCUMENT_ELEMENTS, "Memo"),
        )
    if wanted.memos:
        requests["memos"] = CreditMemoQuery(txn_ids=_unique(wanted.memos), include_line_items=True)
    if wanted.items:
        requests["items"] = ItemQuery(list_ids=_unique(wanted.items))
    if wanted.customers and wanted.entered_from is not None:
        requests |= _hand_payouts(wanted)
    return _calls(requests)


def _hand_payouts(wanted: Wanted) -> dict[str, Request]:
    """The customers' card refunds and checks of some days, whoever entered them."""
    days = TxnDateRangeFilter(from_txn_date=wanted.entered_from, to_txn_date=wanted.entered_to)
    entities = EntityFilter(list_ids=_unique(wanted.customers))
    return {
        "hand_cards": ARRefundCreditCardQuery(
            max_returned=MAX_FOUND_PER_CUSTOMERS, txn_date_range_filter=days, entity_filter=entities
        ),
        "hand_checks": CheckQuery(
            max_returned=MAX_FOUND_PER_CUSTOMERS,
            txn_date_range_filter=days,
            entity_filter=entities,
            include_line_items=True,
            include_linked_txns=True,
        ),
    }


def scan(customers: Iterable[str], closing: Iterable[str], since: datetime) -> tuple[Call, ...]:
    """Everything that a posting in doubt may have left with its customers, whatever number it carries by now."""
    window = ModifiedDateRangeFilter(from_modified_date=since - CLOCK_MARGIN)
    entities = EntityFilter(list_ids=_unique(customers))
    requests: dict[str, Request] = {}
    if entities.list_ids:
        requests["memos"] = CreditMemoQuery(
            max_returned=MAX_FOUND_PER_CUSTOMERS,
            modified_date_range_filter=window,
            entity_filter=entities,
            include_linked_txns=True,
        )
        requests["cards"] = ARRefundCreditCardQuery(
            max_returned=MAX_FOUND_PER_CUSTOMERS, modified_date_range_filter=window, entity_filter=entities
        )
        requests["checks"] = CheckQuery(
            max_returned=MAX_FOUND_PER_CUSTOMERS,
            modified_date_range_filter=window,
            entity_filter=entities,
            include_linked_txns=True,
        )
        requests["payments"] = ReceivePaymentQuery(
            max_returned=MAX_FOUND_PER_CUSTOMERS, modified_date_range_filter=window, entity_filter=entities
        )
    orders = _unique(closing)
    if orders:
        requests["orders"] = SalesOrderQuery(txn_ids=orders)
    return _calls(requests)


def _define(name: str) -> DataExtDefAdd:
    return DataExtDefAdd(
        owner_id=CLAIM_OWNER_ID, data_ext_name=name, data_ext_type="STR255TYPE", assign_to_objects=("Company",)
    )


def _by_txn_id(posted: Mapping[str, Sequence[str]]) -> dict[str, Request]:
    return {
        f"{POSTED_PREFIX}{name}": _QUERIES[name](txn_ids=_unique(ids), include_ret_elements=_POSTED_ELEMENTS)
        for name, ids in posted.items()
    }


def _deleted(types: tuple[str, ...], since: datetime) -> TxnDeletedQuery:
    return TxnDeletedQuery(
        txn_del_types=types,
        deleted_date_range_filter=DeletedDateRangeFilter(from_deleted_date=since - CLOCK_MARGIN),
    )


def _calls(requests: dict[str, Request]) -> tuple[Call, ...]:
    return tuple(Call(name, request) for name, request in requests.items())


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))
