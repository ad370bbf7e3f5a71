"""The transactions of a company file, one module for each type: its state, its rules, its Ret."""

from __future__ import annotations

from qbsim.transactions.ar_refund_credit_card import ARRefundCreditCard
from qbsim.transactions.check import Check
from qbsim.transactions.credit_memo import CreditMemo
from qbsim.transactions.deposit import Deposit
from qbsim.transactions.inventory_adjustment import InventoryAdjustment
from qbsim.transactions.invoice import Invoice
from qbsim.transactions.journal_entry import JournalEntry
from qbsim.transactions.receive_payment import ReceivePayment
from qbsim.transactions.sales_order import SalesOrder
from qbsim.transactions.sales_receipt import SalesReceipt
from qbsim.transactions.transaction import Link, Transaction

#: All types by their name in qbXML.
TRANSACTION_TYPES: dict[str, type[Transaction]] = {
    kind.TYPE: kind
    for kind in (
        *(SalesReceipt, Invoice, SalesOrder, CreditMemo, Check, ARRefundCreditCard),
        *(ReceivePayment, Deposit, InventoryAdjustment, JournalEntry),
    )
}

__all__ = [
    "TRANSACTION_TYPES",
    "ARRefundCreditCard",
    "Check",
    "CreditMemo",
    "Deposit",
    "InventoryAdjustment",
    "Invoice",
    "JournalEntry",
    "Link",
    "ReceivePayment",
    "SalesOrder",
    "SalesReceipt",
    "Transaction",
]
