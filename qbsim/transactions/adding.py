"""Add, Mod, Del and Void of transactions, and TxnDeletedQuery: what is the same for every type."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import TYPE_CHECKING

from lxml.etree import _Element as Element

from qbsim import reading, status
from qbsim.context import Context, Outcome
from qbsim.editions import unknown_fields
from qbsim.nodes import Nodes
from qbsim.paging import answer, only_elements
from qbsim.status import RequestRefused, message, refusal
from qbsim.transactions.kinds import Kind
from qbsim.transactions.rets import Shown
from qbsim.transactions.settling import DEPOSITED
from qbsim.transactions.transaction import Transaction

if TYPE_CHECKING:
    from qbsim.company import DeletedTransaction

#: Fields that are passed over with a warning: those of the dead Online Edition (FACTS.md 8), and those of features that
#: this company has not switched on; beside them those of other countries. That they all give 530 is a guess.
_PASSED_OVER = frozenset(
    {
        *("IsTaxable", "DiscountLineAdd", "SalesTaxLineAdd"),
        *("ShippingLineAdd", "InventorySiteRef", "InventorySiteLocationRef", "SerialNumber", "LotNumber"),
        *("UnitOfMeasure", "PriceLevelRef", "CreditCardTxnInfo", "TxnLineDetail", "DataExt", "Override"),
        *("OverrideUOMSetRef", "OptionForPriceRuleConflict", "CreditCardTxnInfoMod", "SOChannel", "StoreName"),
        *("StoreType", "IsHomeCurrencyAdjustment", "IsAmountsEnteredInHomeCurrency"),
    }
)


def adding(kind: Kind) -> Callable[[Context, Element], Outcome]:
    """The handler of the type's Add request."""

    def work(context: Context, request: Element) -> Outcome:
        element = request.find(f"{kind.name}Add")
        if element is None:
            raise refusal(status.MISSING_ELEMENT, field=f"{kind.name}Add")
        behaviour, macros = context.behaviour, context.session.macros
        _check_edition(context, kind.name)
        macros.check_new(element, may_be_redefined=behaviour.allows_macro_to_be_redefined)
        _check_external_guid(context, element, kind.name)
        transaction: Transaction = kind.add(context, element)
        if context.company.transaction(transaction.txn_id) is not None:
            macros.define(element, transaction.txn_id)
        return _changed(context, kind, transaction, request, _unsupported(context, kind, element))

    return work


def modifying(kind: Kind) -> Callable[[Context, Element], Outcome]:
    """The handler of the type's Mod request. Refused as 3120 where there is no such transaction, as 3200 with the
    present Ret where the EditSequence is not that of the transaction as it stands.
    """

    def work(context: Context, request: Element) -> Outcome:
        _check_edition(context, kind.name)
        element = request.find(f"{kind.name}Mod")
        if element is None or kind.modify is None:
            raise refusal(status.MISSING_ELEMENT, field=f"{kind.name}Mod")
        named = element.find("TxnID")
        txn_id = "" if named is None else context.session.macros.txn_id(named, takes_macro=True)
        transaction = context.company.transaction(txn_id)
        if transaction is None or kind.name != transaction.TYPE:
            raise refusal(status.NOT_FOUND, value=txn_id)
        edit_sequence = reading.text(element, "EditSequence") or ""
        if edit_sequence != transaction.stamp.edit_sequence:
            shown = Shown(external_guid=context.behaviour.shows_external_guid)
            stale = message(status.STALE_EDIT_SEQUENCE, value=edit_sequence)
            nodes: Nodes = [(f"{kind.name}Ret", kind.ret(context.company, transaction, shown))]
            raise RequestRefused(status.STALE_EDIT_SEQUENCE, stale, nodes)
        changed: Transaction = kind.modify(context, element, transaction)
        return _changed(context, kind, changed, request, _unsupported(context, kind, element))

    return work


def delete(context: Context, request: Element) -> Outcome:
    """Works TxnDelRq; what was linked is open again. Refused as 3120 where there is no such transaction, as 3160
    where a deposit has taken it.
    """
    transaction = _named(context, request, "TxnDelType")
    if context.company.deposit_of(transaction.txn_id) is not None:
        raise refusal(status.CANNOT_DELETE, value=transaction.txn_id, reason=DEPOSITED)
    gone = context.company.delete(transaction)
    nodes: Nodes = [
        ("TxnDelType", gone.txn_type),
        ("TxnID", gone.txn_id),
        ("TimeDeleted", gone.time_deleted.isoformat()),
    ]
    if gone.ref_number is not None:
        nodes.append(("RefNumber", gone.ref_number))
    return Outcome(nodes, recovery=_recovery(transaction))


def void(context: Context, request: Element) -> Outcome:
    """Works TxnVoidRq. Refused as 3120 where there is no such transaction, as 3185 where a deposit has taken it."""
    transaction = _named(context, request, "TxnVoidType")
    if context.company.deposit_of(transaction.txn_id) is not None:
        raise refusal(status.CANNOT_VOID, value=transaction.txn_id, reason=DEPOSITED)
    context.company.void(transaction)
    nodes: Nodes = [
        ("TxnVoidType", transaction.TYPE),
        ("TxnID", transaction.txn_id),
        ("TimeCreated", transaction.stamp.time_created.isoformat()),
        ("TimeModified", transaction.stamp.time_modified.isoformat()),
    ]
    if transaction.ref_number is not None:
        nodes.append(("RefNumber", transaction.ref_number))
    return Outcome(nodes, recovery=_recovery(transaction))


def query_deleted(context: Context, request: Element) -> Outcome:
    """Works TxnDeletedQueryRq."""
    kinds = set(reading.texts(request, "TxnDelType"))
    span = request.find("DeletedDateRangeFilter")
    zone = context.company.now().tzinfo
    start = reading.moment(span, "FromDeletedDate", zone) if span is not None else None
    end = reading.moment(span, "ToDeletedDate", zone, end_of_day=True) if span is not None else None
    if start is not None and end is not None and start > end:
        raise refusal(status.BAD_DATE_RANGE)
    found = [
        gone
        for gone in context.company.deleted
        if gone.txn_type in kinds
        and (start is None or gone.time_deleted >= start)
        and (end is None or gone.time_deleted <= end)
    ]
    return answer(request, found, _deleted_ret)


def _changed(
    context: Context, kind: Kind, transaction: Transaction, request: Element, unsupported: str | None
) -> Outcome:
    inside = kind.ret(context.company, transaction, Shown(external_guid=context.behaviour.shows_external_guid))
    outcome = Outcome([(f"{kind.name}Ret", only_elements(inside, request))])
    is_recorded = context.company.transaction(transaction.txn_id) is not None
    outcome.recovery = _recovery(transaction) if is_recorded else []
    if unsupported is not None:
        outcome.code = status.FIELD_NOT_SUPPORTED
        outcome.message = message(status.FIELD_NOT_SUPPORTED, field=unsupported)
    return outcome


def _recovery(transaction: Transaction) -> Nodes:
    nodes: Nodes = [
        ("TxnID", transaction.txn_id),
        ("TxnNumber", str(transaction.txn_number)),
        ("EditSequence", transaction.stamp.edit_sequence),
    ]
    if transaction.external_guid is not None:
        nodes.append(("ExternalGUID", transaction.external_guid))
    return nodes


def _check_edition(context: Context, name: str) -> None:
    if name == "SalesOrder" and not context.behaviour.has_sales_orders:
        raise refusal(status.FEATURE_OFF)


def _check_external_guid(context: Context, element: Element, name: str) -> None:
    external_guid = reading.text(element, "ExternalGUID")
    if external_guid is None or not context.behaviour.refuses_repeated_external_guid:
        return
    if context.company.by_external_guid(external_guid):
        raise refusal(status.SAVE_FAILED, object=name, reason="The external GUID is already in use.")


def _unsupported(context: Context, kind: Kind, element: Element) -> str | None:
    preferences = context.company.preferences
    passed_over = _PASSED_OVER | unknown_fields(preferences.country, kind.name)
    if not preferences.multi_currency:
        passed_over |= {"CurrencyRef", "ExchangeRate"}
    of_kind = (part for path in kind.passed_over for part in element.findall(path))
    every = (part for part in element.iter("*") if part.tag in passed_over)
    return next((str(part.tag) for part in chain(of_kind, every)), None)


def _named(context: Context, request: Element, type_field: str) -> Transaction:
    txn_id = reading.object_id(reading.text(request, "TxnID") or "", "TxnID")
    transaction = context.company.transaction(txn_id)
    if transaction is None or reading.text(request, type_field) != transaction.TYPE:
        raise refusal(status.NOT_FOUND, value=txn_id)
    return transaction


def _deleted_ret(gone: DeletedTransaction) -> tuple[str, Nodes]:
    nodes: Nodes = [
        ("TxnDelType", gone.txn_type),
        ("TxnID", gone.txn_id),
        ("TimeCreated", gone.time_created.isoformat()),
        ("TimeDeleted", gone.time_deleted.isoformat()),
    ]
    if gone.ref_number is not None:
        nodes.append(("RefNumber", gone.ref_number))
    return "TxnDeletedRet", nodes
