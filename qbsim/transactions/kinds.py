"""Each transaction type with how it is added and shown: one row makes its Add, Mod and Query requests known."""

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
    deposit,
    invoice,
    journal_entry,
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
    """`add` works an Add element and gives the transaction; `ret` gives the inside of its Ret; `modify` works a Mod
    element on the transaction that it names. `passed_over` are fields that only QuickBooks of other countries or the
    Online Edition take, as paths below the Add.
    """

    name: str
    add: Callable[[Context, Element], Any]
    ret: Callable[[Company, Any, Shown], Nodes]
    modify: Callable[[Context, Element, Any], Any] | None = None
    passed_over: tuple[str, ...] = ()


KINDS = (
    Kind("SalesReceipt", sales_receipt.add, sales_receipt.ret, sales_receipt.modify),
    Kind("Invoice", invoice.add, invoice.ret, invoice.modify),
    Kind("SalesOrder", sales_order.add, sales_order.ret, sales_order.modify),
    Kind("CreditMemo", credit_memo.add, credit_memo.ret, credit_memo.modify),
    Kind("Check", check.add, check.ret, check.modify),
    Kind("ARRefundCreditCard", ar_refund_credit_card.add, ar_refund_credit_card.ret),
    Kind("ReceivePayment", receive_payment.add, receive_payment.ret, receive_payment.modify),
    Kind("Deposit", deposit.add, deposit.ret, deposit.modify),
    Kind(
        "JournalEntry",
        journal_entry.add,
        journal_entry.ret,
        journal_entry.modify,
        passed_over=("Memo", *(f"{line}/ItemSalesTaxRef" for line in journal_entry.LINE_NAMES)),
    ),
)
