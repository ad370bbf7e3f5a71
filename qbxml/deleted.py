"""What was deleted: QuickBooks lists it, and so tells it from what was never there (FACTS.md 1)."""

from __future__ import annotations

from typing import Annotated

from qbxml.aggregate import Aggregate, Named, aggregate
from qbxml.requests import Query
from qbxml.types import ID, AnyText, DateTime, OneOf

DELETED_TYPES = ("ARRefundCreditCard", "Check", "CreditMemo", "Invoice", "ReceivePayment", "SalesOrder", "SalesReceipt")


@aggregate
class TxnDeletedRet(Aggregate):
    """A transaction that was deleted."""

    txn_del_type: AnyText | None = None
    txn_id: ID | None = None
    time_created: DateTime | None = None
    time_deleted: DateTime | None = None
    ref_number: AnyText | None = None


@aggregate
class DeletedDateRangeFilter(Aggregate):
    """Deleted between two moments."""

    from_deleted_date: DateTime | None = None
    to_deleted_date: DateTime | None = None


@aggregate
class TxnDeletedQuery(Query, rets=(TxnDeletedRet,)):
    """Which transactions of these types were deleted? There is no iterator and no maximum."""

    txn_del_types: Annotated[tuple[Annotated[str, OneOf(DELETED_TYPES)], ...], Named("TxnDelType")]
    deleted_date_range_filter: DeletedDateRangeFilter | None = None
