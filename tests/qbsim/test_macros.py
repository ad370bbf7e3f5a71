"""Macros: a payout names its memo before the memo has a TxnID."""

from __future__ import annotations

import pytest

from qbsim import Behaviour, Line
from tests.qbsim.shop import CREDIT_MEMO, Shop, add, card_refund_add, check_add, status

MACRO = '<TxnID useMacro="TxnID:M1"></TxnID>'
MEMO = add("CreditMemo", CREDIT_MEMO, macro="M1")
CHECK = add("Check", check_add(MACRO, "44.00"), "2")
CARD = add("ARRefundCreditCard", card_refund_add(MACRO, "44.00"), "2")


@pytest.mark.parametrize("payout", [CHECK, CARD])
def test_a_memo_and_its_payout_go_in_one_set(shop: Shop, payout: str) -> None:
    assert [status(each) for each in shop.ask(MEMO + payout)] == [(0, "Info"), (0, "Info")]
    assert shop.query("CreditMemo")[0].findtext("CreditRemaining") == "0.00"


def test_a_macro_lives_on_in_later_sets_of_its_session_only(shop: Shop) -> None:
    shop.quickbooks.begin_session()
    shop.ask(MEMO)
    half = add("Check", check_add(MACRO, "22.00"))
    assert status(shop.one(half)) == (0, "Info")
    shop.quickbooks.end_session()
    assert status(shop.one(half)) == (9101, "Error")


def test_a_memo_that_failed_defines_nothing(shop: Shop) -> None:
    failed = add("CreditMemo", CREDIT_MEMO.replace("Shirt", "Hat"), macro="M1")
    answers = shop.ask(failed + CHECK, onError="continueOnError")
    assert [status(each)[0] for each in answers] == [3140, 9101]
    assert shop.company.transactions("Check") == []


@pytest.mark.parametrize(
    ("behaviour", "payout"),
    [(Behaviour(resolves_macro_in_check=False), CHECK), (Behaviour(resolves_macro_in_card_refund=False), CARD)],
)
def test_where_macros_are_not_taken_the_memo_goes_in_alone(behaviour: Behaviour, payout: str) -> None:
    shop = Shop(behaviour)
    assert [status(each)[0] for each in shop.ask(MEMO + payout, onError="continueOnError")] == [0, 9103]
    assert shop.query("CreditMemo")[0].findtext("CreditRemaining") == "44.00"


@pytest.mark.parametrize(("resolves", "code"), [(True, 0), (False, 9103)])
def test_a_credit_is_set_by_macro(resolves: bool, code: int) -> None:
    shop = Shop(Behaviour(resolves_macro_in_set_credit=resolves))
    invoice = shop.builder.invoice("Ada", [Line(shop.engraving)])
    application = add(
        "ReceivePayment",
        "<CustomerRef><FullName>Ada</FullName></CustomerRef><TotalAmount>0.00</TotalAmount><AppliedToTxnAdd>"
        f"<TxnID>{invoice.txn_id}</TxnID><SetCredit><CreditTxnID useMacro='TxnID:M1'></CreditTxnID>"
        "<AppliedAmount>12.50</AppliedAmount></SetCredit></AppliedToTxnAdd>",
    )
    assert status(shop.ask(MEMO + application)[1])[0] == code
    assert (invoice.open_debt == 0) is resolves


def test_a_macro_given_twice_can_be_refused() -> None:
    shop = Shop(Behaviour(allows_macro_to_be_redefined=False))
    assert [status(each)[0] for each in shop.ask(MEMO + MEMO)] == [0, 9102]
    assert [status(each)[0] for each in Shop().ask(MEMO + MEMO)] == [0, 0]
