"""The questions that are asked of QuickBooks, each as the requests of one message set."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
)

MAX_FOUND_PER_CUSTOMERS = 2000  # transactions that a look through customers' own may return; more is "not all seen"
CLOCK_MARGIN = timedelta(days=1)  # the times in QuickBooks are a workstation's (FACTS.md 10)
OPEN_PAYMENT_DAYS = timedelta(days=92)  # before the order, how far back an open payment is looked for
CLAIM_NAME = "ConnexInstallation"
CLAIM_OWNER_ID = "{8D2B6C1E-54A0-4C7E-9C53-0B7E2F1A6D94}"  # Connex as the owner of its private data

_DOCUMENT_ELEMENTS = (
    "TxnID", "TimeModified", "EditSequence", "CustomerRef", "PayeeEntityRef", "RefNumber", "TotalAmount", "Amount",
    "CreditRemaining", "ExternalGUID", "LinkedTxn",
)  # fmt: skip


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


def lists(items: Sequence[str], *, with_company: bool) -> tuple[Call, ...]:
    """The chart of accounts, the payment methods, the items that settings name, and the claim on the company file."""
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
    return _calls(requests)


def claim_read() -> tuple[Call, ...]:
    """Whose claim stands on the company file?"""
    return _calls({"claim": CompanyQuery(owner_ids=(CLAIM_OWNER_ID,))})


def claim_write(installation: str) -> tuple[Call, ...]:
    """Puts our claim on the company file; defining the field twice does no harm."""
    return _calls(
        {
            "define": DataExtDefAdd(
                owner_id=CLAIM_OWNER_ID,
                data_ext_name=CLAIM_NAME,
                data_ext_type="STR255TYPE",
                assign_to_objects=("Company",),
            ),
            "claim": DataExtAdd(
                owner_id=CLAIM_OWNER_ID,
                data_ext_name=CLAIM_NAME,
                other_data_ext_type="Company",
                data_ext_value=installation,
            ),
        }
    )


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
            max_returned=MAX_FOUND_PER_CUSTOMERS,
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
    return _calls(requests)


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


def _calls(requests: dict[str, Request]) -> tuple[Call, ...]:
    return tuple(Call(name, request) for name, request in requests.items())


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))
