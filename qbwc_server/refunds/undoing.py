"""Undoing what was entered: in which order, and by which request (FACTS.md 1, TxnDelRq and TxnVoid).

The payout goes first, since it holds the memo; then what applied the memo to an invoice; then the memo, and last
a payment that was received for it. A void leaves
the transaction in the books with zero, which auditors prefer; a payment received knows no void and is deleted.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from qbwc_server.refunds.naming import Role
from qbwc_server.refunds.reasons import Skip
from qbwc_server.refunds.settings import Undo
from qbxml import TxnDel, TxnVoid

ORDER = (Role.PAYOUT, Role.APPLICATION, Role.MEMO, Role.PAYMENT)
VOIDABLE = frozenset({"CreditMemo", "Check", "ARRefundCreditCard"})
# What is known of QuickBooks' reasons; that each of them refuses a void is a guess that its users share.
ADVICE = (
    "If it was deposited, reconciled or lies in closed books, take it out of the deposit, undo the reconciliation or "
    "reopen the books in QuickBooks, then undo it again; or void it there by hand and say that it is done."
)


def undo_request(request_type: str, txn_id: str, way: Undo) -> TxnVoid | TxnDel | None:
    """The request that undoes what an Add of this type entered; None where there is no transaction of its own, since a
    credit that was only set goes with its memo (FACTS.md 5).

    >>> undo_request("ReceivePaymentAdd", "1-2", Undo.VOID)
    TxnDel(undeclared=(), txn_del_type='ReceivePayment', txn_id='1-2')
    """
    kind = request_type.removesuffix("Add")
    if not txn_id:
        return None
    if way is Undo.VOID and kind in VOIDABLE:
        return TxnVoid(txn_void_type=kind, txn_id=txn_id)
    return TxnDel(txn_del_type=kind, txn_id=txn_id)


def in_closed_books(dated: Iterable[tuple[str, date]], first_open: date | None) -> Skip | None:
    """Why a posting can't be undone: one of its documents, by number, lies before the first day that is open."""
    for ref_number, day in dated:
        if first_open is not None and day < first_open:
            facts = {
                "document": "transaction",
                "ref_number": ref_number,
                "message": f"it is dated {day.isoformat()}, and the books are open from {first_open.isoformat()} on.",
                "advice": ADVICE,
            }
            return Skip("undo_refused", facts)
    return None
