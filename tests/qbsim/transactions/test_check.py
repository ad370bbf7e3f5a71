"""Checks that pay out a credit."""

from __future__ import annotations

from decimal import Decimal

import pytest

from qbsim import Behaviour, Line
from tests.qbsim.shop import Shop, add, card_refund_add, check_add, status, values


def test_it_credits_the_bank_debits_the_customer_and_closes_the_memo(shop: Shop) -> None:
    memo_id = shop.memo()
    response = shop.one(add("Check", check_add(f"<TxnID>{memo_id}</TxnID>", "38.95")))
    assert status(response) == (0, "Info")
    assert values(response[0], "Amount", "RefNumber", "LinkedTxn/TxnType", "ExpenseLineRet/Amount") == [
        *("38.95", "501", "CreditMemo", "38.95")
    ]
    assert shop.moved() == {"Checking": Decimal("-38.95"), "Sales": Decimal("38.95")}
    assert shop.company.customer_balance("Ada") == 0
    memo = shop.query("CreditMemo", "<IncludeLinkedTxns>true</IncludeLinkedTxns>")[0]
    assert values(memo, "CreditRemaining", "LinkedTxn/TxnType", "LinkedTxn/RefNumber", "LinkedTxn/Amount") == [
        *("0.00", "Check", "501", "-38.95")
    ]


@pytest.mark.parametrize(
    ("inside", "code"),
    [
        (check_add("<TxnID>{memo}</TxnID>", "38.96"), 3210),
        (check_add("<TxnID>{memo}</TxnID>", "30.00", line="38.95"), 3210),
        (check_add("<TxnID>{memo}</TxnID>", "38.95", payee="Bob"), 3210),
        (check_add("<TxnID>FF-1</TxnID>", "38.95"), 3120),
        (check_add("<TxnID>memo</TxnID>", "38.95"), 3000),
        (check_add("<TxnID>{memo}</TxnID>", "38.95", account="Sales"), 3210),
        (check_add("<TxnID>{memo}</TxnID>", "38.95", account="Savings"), 3140),
        (check_add("<TxnID>{memo}</TxnID>", "38.95").replace("Accounts Receivable", "Sales Returns"), 3210),
    ],
)
def test_what_breaks_a_rule_is_refused_and_leaves_no_trace(shop: Shop, inside: str, code: int) -> None:
    memo_id = shop.memo()
    before = shop.company.to_json()
    assert status(shop.one(add("Check", inside.replace("{memo}", memo_id)))) == (code, "Error")
    assert shop.company.to_json() == before


@pytest.mark.parametrize("kind", ["Check", "ARRefundCreditCard"])
def test_memo_and_payout_have_to_be_on_the_same_receivable_account(shop: Shop, kind: str) -> None:
    shop.builder.account("Web Receivables", "AccountsReceivable")
    memo = shop.builder.credit_memo("Ada", [Line(shop.engraving)], account="Web Receivables")
    target = f"<TxnID>{memo.txn_id}</TxnID>"
    inside = check_add(target, "12.50") if kind == "Check" else card_refund_add(target, "12.50")
    assert status(shop.one(add(kind, inside))) == (3210, "Error")
    if kind == "Check":
        right = inside.replace("Accounts Receivable", "Web Receivables")
    else:
        named = "<ARAccountRef><FullName>Web Receivables</FullName></ARAccountRef>"
        right = inside.replace("<RefundAppliedToTxnAdd>", f"{named}<RefundAppliedToTxnAdd>")
    assert status(shop.one(add(kind, right))) == (0, "Info")
    assert shop.company.balance_of("Web Receivables") == 0


def test_it_can_come_from_undeposited_funds_or_be_refused_there() -> None:
    inside = check_add("<TxnID>{memo}</TxnID>", "38.95", account="*Undeposited Funds")
    codes = []
    for allowed in (True, False):
        shop = Shop(Behaviour(check_from_undeposited_funds=allowed))
        codes.append(status(shop.one(add("Check", inside.replace("{memo}", shop.memo()))))[0])
    assert codes == [0, 3210]


def test_one_check_pays_out_several_credits(shop: Shop) -> None:
    first, second = shop.memo("10.00"), shop.memo("20.00")
    target = (
        f"<TxnID>{first}</TxnID><Amount>10.00</Amount></ApplyCheckToTxnAdd><ApplyCheckToTxnAdd><TxnID>{second}</TxnID>"
    )
    response = shop.one(add("Check", check_add(target, "15.00", line="25.00")))
    assert status(response) == (0, "Info")
    assert [shop.company.transaction(each).open_credit for each in (first, second)] == [0, Decimal("5.00")]  # type: ignore[union-attr]


def test_without_an_amount_the_rest_of_the_credit_is_taken(shop: Shop) -> None:
    inside = check_add(f"<TxnID>{shop.memo()}</TxnID>", "38.95").replace("</TxnID><Amount>38.95</Amount>", "</TxnID>")
    assert status(shop.one(add("Check", inside))) == (0, "Info")


def test_an_overpayment_can_be_paid_out(shop: Shop) -> None:
    payment = shop.builder.prepayment("Ada", "20.00")
    assert status(shop.one(add("Check", check_add(f"<TxnID>{payment.txn_id}</TxnID>", "20.00")))) == (0, "Info")
    assert payment.open_credit == 0


def test_a_check_to_be_printed_has_no_number(shop: Shop) -> None:
    inside = check_add(f"<TxnID>{shop.memo()}</TxnID>", "38.95")
    inside = inside.replace("<ApplyCheckToTxnAdd>", "<IsToBePrinted>true</IsToBePrinted><ApplyCheckToTxnAdd>")
    assert values(shop.one(add("Check", inside))[0], "RefNumber", "IsToBePrinted") == [None, "true"]


def test_deleting_the_check_opens_the_memo_again(shop: Shop) -> None:
    memo_id = shop.memo()
    shop.one(add("Check", check_add(f"<TxnID>{memo_id}</TxnID>", "38.95")))
    (check,) = shop.company.transactions("Check")
    shop.one(f"<TxnDelRq><TxnDelType>Check</TxnDelType><TxnID>{check.txn_id}</TxnID></TxnDelRq>")
    memo = shop.query("CreditMemo", "<IncludeLinkedTxns>true</IncludeLinkedTxns>")[0]
    assert values(memo, "CreditRemaining", "LinkedTxn") == ["38.95", None]


def test_an_ordinary_check_is_an_expense(shop: Shop) -> None:
    inside = (
        "<AccountRef><FullName>Checking</FullName></AccountRef><ExpenseLineAdd><AccountRef>"
        "<FullName>Bank Service Charges</FullName></AccountRef><Amount>3.00</Amount></ExpenseLineAdd>"
    )
    assert status(shop.one(add("Check", inside))) == (0, "Info")
    assert shop.moved() == {"Checking": Decimal("-3.00"), "Bank Service Charges": Decimal("3.00")}


def test_the_builder_refunds_by_the_same_rules(shop: Shop) -> None:
    memo = shop.builder.credit_memo("Ada", [Line(shop.shirt)])
    check = shop.builder.refund_by_check(memo, memo.total)
    assert (check.amount, memo.open_credit) == (Decimal("22.00"), 0)
