"""Each transaction type with how it is added and shown: one row makes its Add and Query requests known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lxml.etree import _Element as Element

from qbsim.nodes import Nodes
from qbsim.transactions import (
    ar_refund_credit_card,
    check,
    credit_memo,
    invoice,
    receive_payment,
    sales_order,
    sales_receipt,
)
from qbsim.transactions.rets import Shown

if TYPE_CHECKING:
    from qbsim.company import Company
    from qbsim.context import Context


@dataclass(frozen=True)
class Kind:
    """`add` works an Add element and gives the transaction; `ret` gives the inside of its Ret."""

    name: str
    add: Callable[[Context, Element], Any]
    ret: Callable[[Company, Any, Shown], Nodes]


KINDS = (
    Kind("SalesReceipt", sales_receipt.add, sales_receipt.ret),
    Kind("Invoice", invoice.add, invoice.ret),
    Kind("SalesOrder", sales_order.add, sales_order.ret),
    Kind("CreditMemo", credit_memo.add, credit_memo.ret),
    Kind("Check", check.add, check.ret),
    Kind("ARRefundCreditCard", ar_refund_credit_card.add, ar_refund_credit_card.ret),
    Kind("ReceivePayment", receive_payment.add, receive_payment.ret),
)
