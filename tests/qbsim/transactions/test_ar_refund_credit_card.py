"""Card refunds of a credit."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.qbsim.shop import Shop, add, card_refund_add, status, values


def test_it_credits_undeposited_funds_debits_the_customer_and_closes_the_memo(shop: Shop) -> None:
    memo_id = shop.memo()
    shown = shop.one(add("ARRefundCreditCard", card_refund_add(f"<TxnID>{memo_id}</TxnID>", "38.95")))[0]
    assert values(shown, "TotalAmount", "RefundFromAccountRef/FullName", "ARAccountRef/FullName", "RefNumber") == [
        *("38.95", "*Undeposited Funds", "Accounts Receivable", "1")
    ]
    assert values(shown, "RefundAppliedToTxnRet/CreditRemaining", "RefundAppliedToTxnRet/RefundAmount") == [
        *("0.00", "38.95")
    ]
    assert shop.moved() == {"*Undeposited Funds": Decimal("-38.95"), "Sales": Decimal("38.95")}
    memo = shop.query("CreditMemo", "<IncludeLinkedTxns>true</IncludeLinkedTxns>")[0]
    assert values(memo, "CreditRemaining", "LinkedTxn/TxnType", "LinkedTxn/Amount") == [
        *("0.00", "ARRefundCreditCard", "-38.95")
    ]


def test_a_part_can_be_refunded_from_the_account_named(shop: Shop) -> None:
    memo_id = shop.memo()
    for _ in range(2):
        inside = card_refund_add(f"<TxnID>{memo_id}</TxnID>", "10.00", account="PayPal")
        assert status(shop.one(add("ARRefundCreditCard", inside))) == (0, "Info")
    assert shop.company.balance_of("PayPal") == Decimal("-20.00")
    assert shop.query("CreditMemo")[0].findtext("CreditRemaining") == "18.95"


@pytest.mark.parametrize(
    ("inside", "code"),
    [
        (card_refund_add("<TxnID>{memo}</TxnID>", "38.96"), 3210),
        (card_refund_add("<TxnID>{memo}</TxnID>", "0.00"), 3210),
        (card_refund_add("<TxnID>{memo}</TxnID>", "38.95", customer="Bob"), 3210),
        (card_refund_add("<TxnID>FF-1</TxnID>", "38.95"), 3120),
        (card_refund_add("<TxnID>cm1</TxnID>", "38.95"), 3000),
        (card_refund_add("<TxnID>{memo}</TxnID>", "38.95", account="Sales"), 3210),
        (card_refund_add("<TxnID>{memo}</TxnID>", "38.95", customer="Eve"), 3140),
    ],
)
def test_what_breaks_a_rule_is_refused_and_leaves_no_trace(shop: Shop, inside: str, code: int) -> None:
    memo_id = shop.memo()
    before = shop.company.to_json()
    response = shop.one(add("ARRefundCreditCard", inside.replace("{memo}", memo_id)))
    assert status(response) == (code, "Error")
    assert shop.company.to_json() == before


def test_an_invoice_is_no_credit(shop: Shop) -> None:
    from qbsim import Line

    invoice = shop.builder.invoice("Ada", [Line(shop.engraving)])
    inside = card_refund_add(f"<TxnID>{invoice.txn_id}</TxnID>", "5.00")
    assert status(shop.one(add("ARRefundCreditCard", inside))) == (3210, "Error")


def test_a_voided_refund_gives_the_credit_back(shop: Shop) -> None:
    memo_id = shop.memo()
    shop.one(add("ARRefundCreditCard", card_refund_add(f"<TxnID>{memo_id}</TxnID>", "38.95")))
    (refund,) = shop.company.transactions("ARRefundCreditCard")
    shop.one(f"<TxnVoidRq><TxnVoidType>ARRefundCreditCard</TxnVoidType><TxnID>{refund.txn_id}</TxnID></TxnVoidRq>")
    shown = shop.query("ARRefundCreditCard", "<IncludeLineItems>true</IncludeLineItems>")[0]
    assert values(shown, "TotalAmount", "RefundAppliedToTxnRet") == ["0.00", None]
    assert shop.query("CreditMemo")[0].findtext("CreditRemaining") == "38.95"
