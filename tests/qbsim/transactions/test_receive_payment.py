"""Payments: money against invoices, and credits set against invoices."""

from __future__ import annotations

from decimal import Decimal

from qbsim import Behaviour, Line
from tests.qbsim.shop import Shop, add, status, values

ADA = "<CustomerRef><FullName>Ada</FullName></CustomerRef>"


def applied(txn_id: str, amount: str) -> str:
    return f"<AppliedToTxnAdd><TxnID>{txn_id}</TxnID><PaymentAmount>{amount}</PaymentAmount></AppliedToTxnAdd>"


def set_credit(invoice_id: str, credit_id: str, amount: str) -> str:
    return (
        f"{ADA}<TotalAmount>0.00</TotalAmount><AppliedToTxnAdd><TxnID>{invoice_id}</TxnID><SetCredit>"
        f"<CreditTxnID>{credit_id}</CreditTxnID><AppliedAmount>{amount}</AppliedAmount></SetCredit></AppliedToTxnAdd>"
    )


def test_it_debits_undeposited_funds_and_credits_the_customer(shop: Shop) -> None:
    invoice = shop.builder.invoice("Ada", [Line(shop.engraving, quantity=2)])
    response = shop.one(
        add("ReceivePayment", f"{ADA}<TotalAmount>30.00</TotalAmount>{applied(invoice.txn_id, '25.00')}")
    )
    shown = response[0]
    assert values(shown, "TotalAmount", "UnusedPayment", "DepositToAccountRef/FullName") == [
        *("30.00", "5.00", "*Undeposited Funds")
    ]
    assert values(shown, "AppliedToTxnRet/Amount", "AppliedToTxnRet/BalanceRemaining") == ["25.00", "0.00"]
    assert shop.moved() == {
        "*Undeposited Funds": Decimal("30.00"),
        "Sales": Decimal("-25.00"),
        "Accounts Receivable": Decimal("-5.00"),
    }


def test_more_than_the_amount_due_is_refused_in_quickbooks_words(shop: Shop) -> None:
    invoice = shop.builder.invoice("Ada", [Line(shop.engraving)])
    response = shop.one(
        add("ReceivePayment", f"{ADA}<TotalAmount>129.43</TotalAmount>{applied(invoice.txn_id, '129.43')}")
    )
    assert status(response) == (3210, "Error")
    assert response.get("statusMessage") == (
        'The "AppliedToTxnAdd payment amount" field has an invalid value "129.43".  '
        "QuickBooks error message: You cannot pay more than the amount due."
    )


def test_a_payment_pays_the_invoices_of_jobs_but_not_of_others(shop: Shop) -> None:
    job = shop.builder.invoice(shop.job, [Line(shop.engraving)])
    other = shop.builder.invoice(shop.bob, [Line(shop.engraving)])
    codes = [
        status(shop.one(add("ReceivePayment", f"{ADA}{applied(invoice.txn_id, '12.50')}")))[0]
        for invoice in (job, other)
    ]
    assert codes == [0, 3210]


def test_auto_apply_pays_the_oldest_invoices_first(shop: Shop) -> None:
    first = shop.builder.invoice("Ada", [Line(shop.engraving)])
    shop.clock.advance(days=1)
    second = shop.builder.invoice("Ada", [Line(shop.engraving)])
    shop.one(add("ReceivePayment", f"{ADA}<TotalAmount>20.00</TotalAmount><IsAutoApply>true</IsAutoApply>"))
    assert (first.open_debt, second.open_debt) == (0, Decimal("5.00"))


def test_setting_a_credit_links_memo_and_invoice_and_makes_no_transaction(shop: Shop) -> None:
    invoice = shop.builder.invoice("Ada", [Line(shop.engraving)])
    memo_id = shop.memo("10.00")
    books = shop.company.trial_balance()
    shown = shop.one(add("ReceivePayment", set_credit(invoice.txn_id, memo_id, "10.00")))[0]
    assert values(shown, "TxnID", "TotalAmount", "UnusedCredits") == [None, "0.00", "0.00"]
    assert values(shown, "AppliedToTxnRet/BalanceRemaining", "AppliedToTxnRet/LinkedTxn/TxnID") == ["2.50", memo_id]
    assert shop.company.transactions("ReceivePayment") == []
    assert shop.company.trial_balance() == books
    memo = shop.query("CreditMemo", "<IncludeLinkedTxns>true</IncludeLinkedTxns>")[0]
    assert values(memo, "CreditRemaining", "LinkedTxn/TxnType", "LinkedTxn/Amount") == ["0.00", "Invoice", "-10.00"]


def test_setting_a_credit_can_make_a_transaction_of_zero() -> None:
    shop = Shop(Behaviour(records_credit_only_payments=True))
    invoice = shop.builder.invoice("Ada", [Line(shop.engraving)])
    shown = shop.one(add("ReceivePayment", set_credit(invoice.txn_id, shop.memo("10.00"), "10.00")))[0]
    (payment,) = shop.company.transactions("ReceivePayment")
    assert values(shown, "TxnID", "TotalAmount") == [payment.txn_id, "0.00"]


def test_a_credit_gives_no_more_than_is_left_of_it(shop: Shop) -> None:
    invoice = shop.builder.invoice("Ada", [Line(shop.engraving)])
    assert status(shop.one(add("ReceivePayment", set_credit(invoice.txn_id, shop.memo("10.00"), "10.01")))) == (
        *(3210, "Error"),
    )


def test_an_unused_payment_is_a_credit_too(shop: Shop) -> None:
    payment = shop.builder.prepayment("Ada", "20.00")
    invoice = shop.builder.invoice("Ada", [Line(shop.engraving)])
    shop.builder.apply_credit(payment, invoice, "12.50")
    assert (payment.open_credit, invoice.open_debt) == (Decimal("7.50"), 0)
