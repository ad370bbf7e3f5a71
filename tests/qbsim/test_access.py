"""What keeps a change out: a closed time, an Accountant's Copy, other users' locks, read-only access, no file."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from qbsim import Behaviour, ConnectionFailed, Line, OpeningFailure, QuickBooks
from qbsim.access import UnknownLockError
from tests.qbsim.shop import CREDIT_MEMO, Shop, add, card_refund_add, status, values

CLOSED, OPEN = date(2024, 2, 29), date(2024, 3, 1)
MEMO_IN_FEBRUARY = CREDIT_MEMO.replace("<RefNumber>", "<TxnDate>2024-02-29</TxnDate><RefNumber>")


def removal(verb: str, txn_id: str, kind: str = "CreditMemo") -> str:
    return f"<Txn{verb}Rq><Txn{verb}Type>{kind}</Txn{verb}Type><TxnID>{txn_id}</TxnID></Txn{verb}Rq>"


def order_change(shop: Shop, txn_id: str, fields: str) -> str:
    order = shop.company.transaction(txn_id)
    assert order is not None
    sequence = order.stamp.edit_sequence
    inside = f"<TxnID>{txn_id}</TxnID><EditSequence>{sequence}</EditSequence>{fields}"
    return f"<SalesOrderModRq><SalesOrderMod>{inside}</SalesOrderMod></SalesOrderModRq>"


@pytest.fixture
def closed(shop: Shop) -> Shop:
    shop.company.preferences.closing_date = CLOSED
    shop.company.preferences.closing_date_has_password = True
    return shop


def test_nothing_is_entered_on_or_before_the_closing_date(closed: Shop) -> None:
    response = closed.one(add("CreditMemo", MEMO_IN_FEBRUARY))
    assert status(response) == (3180, "Error")
    assert "closing date" in response.get("statusMessage", "")
    assert status(closed.one(add("CreditMemo", CREDIT_MEMO)))[0] == 0
    assert len(closed.company.transactions("CreditMemo")) == 1


@pytest.mark.parametrize(("verb", "code"), [("Del", 3161), ("Void", 3171)])
def test_what_is_closed_is_neither_deleted_nor_voided(closed: Shop, verb: str, code: int) -> None:
    memo = closed.builder.credit_memo("Ada", [Line("Engraving")], txn_date=CLOSED)
    assert status(closed.one(removal(verb, memo.txn_id))) == (code, "Error")
    assert closed.company.transaction(memo.txn_id) is memo
    assert not memo.is_voided


@pytest.mark.parametrize(("was", "becomes"), [(CLOSED, OPEN), (OPEN, CLOSED)])
def test_a_change_neither_leaves_nor_enters_the_closed_time(closed: Shop, was: date, becomes: date) -> None:
    order = closed.builder.sales_order("Ada", [Line("Engraving")], txn_date=was)
    response = closed.one(order_change(closed, order.txn_id, f"<TxnDate>{becomes.isoformat()}</TxnDate>"))
    assert status(response) == (3171, "Error")
    assert order.txn_date == was


def test_a_credit_from_the_closed_time_can_still_be_refunded(closed: Shop) -> None:
    memo = closed.builder.credit_memo("Ada", [Line("Engraving")], txn_date=CLOSED)
    refund = add("ARRefundCreditCard", card_refund_add(f"<TxnID>{memo.txn_id}</TxnID>", "12.50"))
    assert status(closed.one(refund)) == (0, "Info")


def test_a_closing_date_without_a_password_may_only_warn_at_the_screen(closed: Shop) -> None:
    closed.company.preferences.closing_date_has_password = False
    assert status(closed.one(add("CreditMemo", MEMO_IN_FEBRUARY)))[0] == 3180
    closed.quickbooks.behaviour = Behaviour(keeps_closing_date_without_password=False)
    assert status(closed.one(add("CreditMemo", MEMO_IN_FEBRUARY)))[0] == 0
    closed.company.preferences.closing_date_has_password = True
    assert status(closed.one(add("CreditMemo", MEMO_IN_FEBRUARY)))[0] == 3180


def test_the_preferences_tell_the_closing_date_but_no_password(closed: Shop) -> None:
    accounting = closed.query("Preferences")[0].find("AccountingPreferences")
    assert accounting is not None
    assert accounting.findtext("ClosingDate") == "2024-02-29"
    assert [each.tag for each in accounting.iter() if "Password" in str(each.tag)] == []


@pytest.mark.parametrize(("verb", "code"), [("Del", 3160), ("Void", 3185)])
def test_an_accountants_copy_stops_deletions_and_voids_too(shop: Shop, verb: str, code: int) -> None:
    memo = shop.builder.credit_memo("Ada", [Line("Engraving")], txn_date=CLOSED)
    shop.company.preferences.accountant_copy_dividing_date = CLOSED
    response = shop.one(removal(verb, memo.txn_id))
    assert status(response) == (code, "Error")
    assert "Accountant's Copy" in response.get("statusMessage", "")


def test_a_locked_transaction_is_refused_for_as_many_requests_as_the_lock_holds(shop: Shop) -> None:
    memo = shop.memo()
    shop.quickbooks.locks.lock(memo, requests=2)
    assert status(shop.one(removal("Del", memo))) == (3175, "Error")
    response = shop.one(removal("Void", memo))
    assert status(response) == (3185, "Error")
    assert response.get("statusMessage", "").endswith("could not be locked.  It is in use by another user.")
    assert status(shop.one(removal("Del", memo)))[0] == 0


def test_a_request_that_refers_to_what_is_locked_is_refused_and_leaves_no_trace(shop: Shop) -> None:
    memo = shop.memo()
    before = shop.company.to_json()
    refund = add("ARRefundCreditCard", card_refund_add(f"<TxnID>{memo}</TxnID>", "10.00"))
    for held in (memo, shop.ada.list_id):
        shop.quickbooks.locks.lock(held)
        response = shop.one(refund)
        assert status(response) == (3176, "Error")
        assert response.get("statusMessage") == (
            f"There was an error adding, modifying or deleting {held} because it is already in use.  "
            "QuickBooks error message: The application failed to acquire the lock."
        )
        assert shop.company.to_json() == before
    assert status(shop.one(refund))[0] == 0


@pytest.mark.parametrize("code", [3170, 3175, 3176, 3180])
def test_a_lock_can_be_answered_by_each_of_the_codes_that_were_seen(shop: Shop, code: int) -> None:
    shop.quickbooks.locks.lock(shop.shirt.list_id, code=code)
    assert status(shop.one(add("CreditMemo", CREDIT_MEMO))) == (code, "Error")


def test_a_macro_leads_to_the_locked_transaction(shop: Shop) -> None:
    shop.quickbooks.begin_session()
    made = shop.one(add("CreditMemo", CREDIT_MEMO, macro="M"))[0].findtext("TxnID")
    shop.quickbooks.locks.lock(made or "")
    refund = add("ARRefundCreditCard", card_refund_add('<TxnID useMacro="TxnID:M"/>', "10.00"))
    assert status(shop.one(refund)) == (3176, "Error")


def test_queries_go_past_locks_and_a_released_lock_is_gone(shop: Shop) -> None:
    memo = shop.memo()
    shop.quickbooks.locks.lock(memo)
    assert status(shop.query("CreditMemo", f"<TxnID>{memo}</TxnID>"))[0] == 0
    shop.quickbooks.locks.release(memo)
    assert status(shop.one(removal("Del", memo)))[0] == 0


def test_a_code_that_no_lock_has_is_refused_by_name(shop: Shop) -> None:
    with pytest.raises(UnknownLockError, match="no lock is answered by 3100; give one of 3170, 3175, 3176, 3180"):
        shop.quickbooks.locks.lock("1-1", code=3100)


def test_read_only_access_reads_and_changes_nothing(shop: Shop) -> None:
    shop.quickbooks.behaviour = Behaviour(is_read_only=True)
    assert status(shop.query("Customer"))[0] == 0
    memo = shop.memo()
    for body in (add("CreditMemo", CREDIT_MEMO), removal("Del", memo), add("Customer", "<Name>Eve</Name>")):
        assert status(shop.one(body)) == (3260, "Error")
    assert [each.txn_id for each in shop.company.transactions("CreditMemo")] == [memo]


def test_a_user_without_the_right_to_other_names_reads_them_and_changes_everything_else(shop: Shop) -> None:
    shop.quickbooks.behaviour = Behaviour(may_change_other_names=False)
    assert status(shop.query("OtherName"))[0] == 1  # there is none
    assert status(shop.one(add("OtherName", "<Name>Eve</Name>"))) == (3260, "Error")
    assert status(shop.one(add("Customer", "<Name>Eve</Name>")))[0] == 0


@pytest.mark.parametrize("mode", ["SingleUser", "MultiUser"])
def test_the_host_tells_the_mode_of_the_file(shop: Shop, mode: str) -> None:
    shop.quickbooks.behaviour = replace(shop.quickbooks.behaviour, file_mode=mode)
    assert values(shop.query("Host")[0], "QBFileMode") == [mode]


def test_a_file_that_is_busy_does_not_open_and_opens_later(shop: Shop) -> None:
    behaviour = Behaviour(fails_to_open=OpeningFailure.DIALOG_OPEN, failed_openings=2)
    quickbooks = QuickBooks(shop.company, behaviour)
    for _ in range(2):
        with pytest.raises(ConnectionFailed) as failed:
            quickbooks.begin_session()
        assert failed.value.hresult == "0x80040414"
    quickbooks.begin_session()


def test_without_a_number_it_never_opens(shop: Shop) -> None:
    quickbooks = QuickBooks(shop.company, Behaviour(fails_to_open=OpeningFailure.OTHER_APPLICATION))
    for _ in range(4):
        with pytest.raises(ConnectionFailed, match="0x80040422"):
            quickbooks.begin_session()
