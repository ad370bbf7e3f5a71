"""The questions that are asked of QuickBooks, each as the requests of one message set."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from qbwc_server.refunds.missing import WantedNames
from qbxml import (
    AccountQuery,
    ARRefundCreditCardQuery,
    Call,
    CheckQuery,
    CompanyQuery,
    CreditMemoQuery,
    CustomerQuery,
    DataExtAdd,
    DataExtDefAdd,
    DataExtMod,
    DeletedDateRangeFilter,
    EntityFilter,
    HostQuery,
    InvoiceQuery,
    ItemQuery,
    ItemSalesTaxGroupQuery,
    ItemSalesTaxQuery,
    ModifiedDateRangeFilter,
    NameFilter,
    PaymentMethodQuery,
    PreferencesQuery,
    ReceivePaymentQuery,
    Request,
    SalesOrderQuery,
    SalesReceiptQuery,
    SalesTaxCodeQuery,
    TemplateQuery,
    TxnDateRangeFilter,
    TxnDeletedQuery,
)

MAX_FOUND_PER_CUSTOMERS = 2000  # transactions that a look through customers' own may return; more is "not all seen"
CLOCK_MARGIN = timedelta(days=1)  # the times in QuickBooks are a workstation's (FACTS.md 10)
OPEN_PAYMENT_DAYS = timedelta(days=92)  # before the order, how far back an open payment is looked for
CLAIM_NAME = "ConnexInstallation"
MAX_OWN_MEMOS = 10_000  # credit memos, and checks, of one customer that may be looked through for ours
MAX_CHANGED = 2000  # transactions of one type in one stretch of time; more, and the stretch is made shorter
POSTED_PREFIX = "posted_"  # of the names of the questions for our postings
CHANGED_PREFIX = "changed_"  # of those for what was changed in a stretch of time
DELETED = "deleted"
MAX_DATED = 10_000  # sales of one type that are looked through for an order's number in another field
SALES = {"SalesReceipt": "receipts", "Invoice": "invoices", "SalesOrder": "orders"}  # the names of the questions
LOCATED_PREFIX = "located_"  # of those for sales by TxnID
DATED_PREFIX = "dated_"  # of those for all sales of some days
CREATED_PREFIX = "created_"  # of those for orders that were created, and in a scan for what may be one
MAX_CUSTOMERS = 10_000  # that are looked through for an e-mail address; of more only those with a part of the name
MAX_NAMED_ALIKE = 500  # customers or items that a part of a name may bring
CUSTOMERS_PREFIX, ITEMS_PREFIX, OWN_PREFIX = "customers_", "items_", "own_"  # of the names of questions for an order
EVERY_CUSTOMER = f"{CUSTOMERS_PREFIX}all"
CLAIM_OWNER_ID = "{8D2B6C1E-54A0-4C7E-9C53-0B7E2F1A6D94}"  # Connex as the owner of its private data

_DOCUMENT_ELEMENTS = (
    "TxnID", "TimeModified", "EditSequence", "CustomerRef", "PayeeEntityRef", "TxnDate", "RefNumber", "TotalAmount",
    "Amount", "CreditRemaining", "Memo", "ExternalGUID", "LinkedTxn",
)  # fmt: skip
_POSTED_ELEMENTS = (
    "TxnID", "TimeModified", "EditSequence", "CustomerRef", "PayeeEntityRef", "AccountRef", "RefundFromAccountRef",
    "TxnDate", "RefNumber", "TotalAmount", "Amount", "CreditRemaining", "Memo", "ExternalGUID",
    "DepositToAccountRef", "Subtotal", "SalesTaxTotal",
)  # fmt: skip
_CUSTOMER_ELEMENTS = ("ListID", "Name", "FullName", "IsActive", "Email", "CurrencyRef")
_OWN_SALE_ELEMENTS = (
    "TxnID", "EditSequence", "CustomerRef", "TxnDate", "RefNumber", "TotalAmount", "Subtotal", "SalesTaxTotal",
    "ExternalGUID",
)  # fmt: skip
_SALE_QUERIES: dict[str, Callable[..., Request]] = {
    "SalesReceipt": SalesReceiptQuery,
    "Invoice": InvoiceQuery,
    "SalesOrder": SalesOrderQuery,
}
_QUERIES: dict[str, Callable[..., Request]] = {
    "CreditMemo": CreditMemoQuery,
    "ARRefundCreditCard": ARRefundCreditCardQuery,
    "Check": CheckQuery,
    "ReceivePayment": ReceivePaymentQuery,
    "SalesReceipt": SalesReceiptQuery,
    "Invoice": InvoiceQuery,
}
# What is searched for our marks: sales would be all that the shop sold, and only those that we created carry them.
_MARKED = ("CreditMemo", "ARRefundCreditCard", "Check", "ReceivePayment")


@dataclass(frozen=True)
class SalesWanted:
    """The sales that some refunds are of: those with a number, those known by TxnID, and, where the order's number
    stands in another field, all of some days with that field alone."""

    numbers: tuple[str, ...] = ()  # RefNumbers
    txn_ids: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by type
    dated: tuple[str, str] | None = None  # the first and the last day, as ISO 8601 has them
    types: tuple[str, ...] = ()  # of the sales of these days
    element: str = ""  # that is read of them
    owner_id: str = ""  # of the custom field that is read of them


@dataclass(frozen=True)
class Wanted:
    """What is still to be read about some refunds' sales."""

    payments: tuple[str, ...] = ()  # TxnIDs
    invoices: tuple[str, ...] = ()  # TxnIDs
    open_payments_of: tuple[str, ...] = ()  # customers' ListIDs
    open_payments_since: date | None = None
    customers: tuple[str, ...] = ()  # whose own documents are looked through for ours
    since: datetime | None = None
    own_checks: bool = False  # also their checks: those to be printed have no number by which they could be asked for
    memo_customers: tuple[str, ...] = ()  # whose credit memos are looked through for those entered by hand
    memos_since: date | None = None  # the first of the sales
    memos: tuple[str, ...] = ()  # TxnIDs, with their lines
    items: tuple[str, ...] = ()  # ListIDs
    emails_of: tuple[str, ...] = ()  # customers' ListIDs
    entered_from: date | None = None  # between which days somebody may have entered the refunds by hand
    entered_to: date | None = None


def lists(
    items: Sequence[str],
    *,
    with_company: bool,
    with_tax_codes: bool = False,
    posted: Mapping[str, Sequence[str]] | None = None,
) -> tuple[Call, ...]:
    """The chart of accounts, the payment methods, the templates, the items that settings name, the claim on the company
    file, and our newest postings (TxnIDs by type); with `with_tax_codes` also what each sales tax code bears."""
    requests: dict[str, Request] = {
        "accounts": AccountQuery(active_status="All"),
        "methods": PaymentMethodQuery(active_status="ActiveOnly"),
        "templates": TemplateQuery(),
        "claim": CompanyQuery(owner_ids=(CLAIM_OWNER_ID,)),
    }
    if with_tax_codes:
        requests["tax_codes"] = SalesTaxCodeQuery(active_status="All")
        requests["taxes"] = ItemSalesTaxQuery(active_status="All")
        requests["tax_groups"] = ItemSalesTaxGroupQuery(active_status="All")
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
    """Every transaction of a refund's types that was entered or changed in a stretch of time."""
    window = ModifiedDateRangeFilter(from_modified_date=start, to_modified_date=end)
    return _calls(
        {
            f"{CHANGED_PREFIX}{name}": query(
                max_returned=MAX_CHANGED, modified_date_range_filter=window, include_ret_elements=_POSTED_ELEMENTS
            )
            for name, query in ((name, _QUERIES[name]) for name in _MARKED)
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


def find(
    sales: SalesWanted,
    our_numbers: Iterable[str],
    *,
    sales_orders: bool,
    created: Mapping[str, Sequence[str]],
) -> tuple[Call, ...]:
    """The sales that are wanted, and documents that carry numbers of ours; orders that were `created` are asked for by
    their TxnIDs (by type), too, since somebody may have changed their numbers."""
    requests: dict[str, Request] = {}
    numbers, ours = _unique(sales.numbers), _unique(our_numbers)
    for kind, name in SALES.items():
        if kind == "SalesOrder" and not sales_orders:
            continue
        ids = _unique(sales.txn_ids.get(kind, ()))
        ours_of_kind = _unique(created.get(kind, ()))
        if numbers:
            requests[name] = _sales_in_full(kind, ref_numbers=numbers)
        if ids:
            requests[f"{LOCATED_PREFIX}{name}"] = _sales_in_full(kind, txn_ids=ids)
        if ours_of_kind:
            requests[f"{CREATED_PREFIX}{name}"] = _sales_in_full(kind, txn_ids=ours_of_kind)
        if sales.dated is not None and kind in sales.types:
            start, end = (date.fromisoformat(day) for day in sales.dated)
            requests[f"{DATED_PREFIX}{name}"] = _SALE_QUERIES[kind](
                max_returned=MAX_DATED,
                txn_date_range_filter=TxnDateRangeFilter(from_txn_date=start, to_txn_date=end),
                include_ret_elements=("TxnID", sales.element),
                owner_ids=(sales.owner_id,) if sales.owner_id else (),
            )
    if ours:
        requests["memos"] = CreditMemoQuery(
            ref_numbers=ours, include_linked_txns=True, include_ret_elements=_DOCUMENT_ELEMENTS
        )
        requests["cards"] = ARRefundCreditCardQuery(ref_numbers=ours)
        requests["checks"] = CheckQuery(ref_numbers=ours, include_linked_txns=True)
    return _calls(requests)


def _sales_in_full(kind: str, **named: tuple[str, ...]) -> Request:
    """Sales with their lines, and what they are linked to; of a sales receipt QuickBooks tells no links."""
    links = {} if kind == "SalesReceipt" else {"include_linked_txns": True}
    return _SALE_QUERIES[kind](**named, include_line_items=True, **links)


@dataclass(frozen=True)
class WantedForOrder:
    """What is to be asked for an order before it is created."""

    numbers: tuple[str, ...]  # that its sale may carry
    names: WantedNames
    customer: str  # ListID, where it is known; else empty
    by_part_of_name: bool  # customers, since there are too many for all of them
    by_ending: bool  # items, by the last part of their names
    tax_members: tuple[str, ...]  # ListIDs
    day: date | None  # on which the customer's own sales are looked through


def prepare(wanted: Sequence[WantedForOrder], *, sales_orders: bool, payments: bool) -> tuple[Call, ...]:
    """Whether the orders are in QuickBooks by now, and what its lists hold of what they name.

    QuickBooks has no question for an e-mail address (FACTS.md 1), so that all customers are looked through for it.
    """
    numbers = _unique(number for order in wanted for number in order.numbers)
    requests: dict[str, Request] = {
        "receipts": SalesReceiptQuery(ref_numbers=numbers, include_ret_elements=("TxnID", "RefNumber")),
        "invoices": InvoiceQuery(ref_numbers=numbers, include_ret_elements=("TxnID", "RefNumber")),
    }
    if sales_orders:
        requests["orders"] = SalesOrderQuery(ref_numbers=numbers, include_ret_elements=("TxnID", "RefNumber"))
    requests |= _customers_wanted(wanted)
    items = _unique(name for order in wanted for name in order.names.items)
    if items:
        requests[f"{ITEMS_PREFIX}named"] = ItemQuery(full_names=items)
    endings = _unique(name for order in wanted if order.by_ending for name in order.names.item_endings)
    for index, ending in enumerate(endings):
        requests[f"{ITEMS_PREFIX}{index}"] = ItemQuery(
            max_returned=MAX_NAMED_ALIKE, name_filter=NameFilter(match_criterion="EndsWith", name=ending)
        )
    members = _unique(member for order in wanted for member in order.tax_members)
    if members:
        requests[f"{ITEMS_PREFIX}taxes"] = ItemQuery(list_ids=members)
    return _calls(requests | _own_sales(wanted, payments=payments))


def _customers_wanted(wanted: Sequence[WantedForOrder]) -> dict[str, Request]:
    requests: dict[str, Request] = {}
    known = _unique(order.customer for order in wanted if order.customer)
    if known:
        requests[f"{CUSTOMERS_PREFIX}known"] = CustomerQuery(list_ids=known, include_ret_elements=_CUSTOMER_ELEMENTS)
    names = _unique(name for order in wanted for name in order.names.customers)
    if names:
        requests[f"{CUSTOMERS_PREFIX}named"] = CustomerQuery(full_names=names, include_ret_elements=_CUSTOMER_ELEMENTS)
    unknown = [order for order in wanted if order.names.email and not order.customer]
    if any(not order.by_part_of_name for order in unknown):
        requests[EVERY_CUSTOMER] = CustomerQuery(
            max_returned=MAX_CUSTOMERS, active_status="ActiveOnly", include_ret_elements=_CUSTOMER_ELEMENTS
        )
    parts = _unique(order.names.customers[0].split()[-1] for order in unknown if order.by_part_of_name)
    for index, part in enumerate(parts):
        requests[f"{CUSTOMERS_PREFIX}{index}"] = CustomerQuery(
            max_returned=MAX_NAMED_ALIKE,
            active_status="ActiveOnly",
            name_filter=NameFilter(match_criterion="Contains", name=part),
            include_ret_elements=_CUSTOMER_ELEMENTS,
        )
    return requests


def _own_sales(wanted: Sequence[WantedForOrder], *, payments: bool) -> dict[str, Request]:
    """The customers' own sales of the days of the orders, whatever numbers they carry: ours may be among them."""
    looking = [order for order in wanted if order.customer and order.day is not None]
    days = [order.day for order in looking if order.day is not None]
    if not days:
        return {}
    window = TxnDateRangeFilter(from_txn_date=min(days), to_txn_date=max(days))
    entities = EntityFilter(list_ids=_unique(order.customer for order in looking))
    asked: dict[str, Callable[..., Request]] = {"receipts": SalesReceiptQuery, "invoices": InvoiceQuery}
    if payments:
        asked["payments"] = ReceivePaymentQuery
    return {
        f"{OWN_PREFIX}{name}": query(
            max_returned=MAX_FOUND_PER_CUSTOMERS,
            txn_date_range_filter=window,
            entity_filter=entities,
            include_ret_elements=_OWN_SALE_ELEMENTS,
        )
        for name, query in asked.items()
    }


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
        if wanted.own_checks:
            requests["own_checks"] = CheckQuery(
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
            include_ret_elements=_DOCUMENT_ELEMENTS,
        )
    if wanted.memos:
        requests["memos"] = CreditMemoQuery(txn_ids=_unique(wanted.memos), include_line_items=True)
    if wanted.items:
        requests["items"] = ItemQuery(list_ids=_unique(wanted.items))
    if wanted.emails_of:
        requests["customers"] = CustomerQuery(
            list_ids=_unique(wanted.emails_of), include_ret_elements=("ListID", "Email")
        )
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


def scan(
    customers: Iterable[str],
    closing: Iterable[str],
    voiding: Iterable[str],
    since: datetime,
    *,
    sales: bool = False,
) -> tuple[Call, ...]:
    """Everything that a posting in doubt may have left with its customers, whatever number it carries by now, and the
    sales orders and invoices that it would have closed and voided; `sales` too, where an order was created."""
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
    if entities.list_ids and sales:
        requests["created_receipts"] = SalesReceiptQuery(
            max_returned=MAX_FOUND_PER_CUSTOMERS, modified_date_range_filter=window, entity_filter=entities
        )
        requests["created_invoices"] = InvoiceQuery(
            max_returned=MAX_FOUND_PER_CUSTOMERS, modified_date_range_filter=window, entity_filter=entities
        )
    orders = _unique(closing)
    if orders:
        requests["orders"] = SalesOrderQuery(txn_ids=orders)
    invoices = _unique(voiding)
    if invoices:
        requests["invoices"] = InvoiceQuery(txn_ids=invoices)
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
