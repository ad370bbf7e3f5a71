"""What was entered is undone by the request that QuickBooks has for it, and never in closed books."""

from __future__ import annotations

from datetime import date

import pytest

from qbwc_server.refunds.settings import Undo
from qbwc_server.refunds.undoing import in_closed_books, undo_request
from qbxml import TxnDel, TxnVoid


@pytest.mark.parametrize("kind", ["CreditMemo", "Check", "ARRefundCreditCard"])
def test_a_void_or_a_deletion_as_the_setting_says(kind: str) -> None:
    assert undo_request(f"{kind}Add", "1-2", Undo.VOID) == TxnVoid(txn_void_type=kind, txn_id="1-2")
    assert undo_request(f"{kind}Add", "1-2", Undo.DELETE) == TxnDel(txn_del_type=kind, txn_id="1-2")


def test_a_payment_is_deleted_either_way_and_a_mere_credit_goes_with_its_memo() -> None:
    for way in Undo:
        deleted = TxnDel(txn_del_type="ReceivePayment", txn_id="1-2")
        assert undo_request("ReceivePaymentAdd", "1-2", way) == deleted
        assert undo_request("ReceivePaymentAdd", "", way) is None


def test_what_lies_before_the_first_open_day_is_left_alone() -> None:
    dated = [("1001-ABC", date(2024, 3, 31))]
    assert in_closed_books(dated, None) is None
    assert in_closed_books(dated, date(2024, 3, 31)) is None
    closed = in_closed_books(dated, date(2024, 4, 1))
    assert closed is not None
    assert (closed.reason, "1001-ABC" in closed.message, "2024-04-01" in closed.message) == ("undo_refused", True, True)
