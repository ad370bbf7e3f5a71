"""Voiding and deleting transactions (FACTS.md 1). Their answers name type and TxnID without a record around them."""

from __future__ import annotations

from typing import Annotated

from qbxml.aggregate import aggregate
from qbxml.requests import Request
from qbxml.types import ID, OneOf

_VOIDABLE = ("ARRefundCreditCard", "Check", "CreditMemo", "Invoice", "SalesReceipt")
_DELETABLE = (*_VOIDABLE, "ReceivePayment", "SalesOrder")


@aggregate
class TxnVoid(Request, rets=(), writes=True):
    """Sets a transaction to zero and leaves it in the books; neither sales orders nor payments know it."""

    txn_void_type: Annotated[str, OneOf(_VOIDABLE)]
    txn_id: ID


@aggregate
class TxnDel(Request, rets=(), writes=True):
    """Takes a transaction out of the books."""

    txn_del_type: Annotated[str, OneOf(_DELETABLE)]
    txn_id: ID
