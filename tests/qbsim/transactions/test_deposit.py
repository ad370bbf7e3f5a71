"""Deposits take money out of Undeposited Funds, and hold what they took."""

from __future__ import annotations

from decimal import Decimal

import pytest

from qbsim import Line
from qbsim.transactions import Deposit, SalesReceipt
from tests.qbsim.shop import Shop, add, card_refund_add, status, values

TO_CHECKING = "<DepositToAccountRef><FullName>Checking</FullName></DepositToAccountRef>"


def receipt(shop: Shop, amount: str = "60.00") -> SalesReceipt:
    return shop.builder.sales_receipt("Ada", [Line(shop.engraving, quantity=1, rate=amount)])


def taking(*txn_ids: str) -> str:
    return "".join(f"<DepositLineAdd><PaymentTxnID>{each}</PaymentTxnID></DepositLineAdd>" for each in txn_ids)


def plain(account: str, amount: str, customer: str = "") -> str:
    entity = f"<EntityRef><FullName>{customer}</FullName></EntityRef>" if customer else ""
    return (
        f"<DepositLineAdd>{entity}<AccountRef><FullName>{account}</FullName></AccountRef>"
        f"<Amount>{amount}</Amount></DepositLineAdd>"
    )


def cash_back(amount: str, account: str = "PayPal") -> str:
    account_ref = f"<AccountRef><FullName>{account}</FullName></AccountRef>"
    return f"<CashBackInfoAdd>{account_ref}<Amount>{amount}</Amount></CashBackInfoAdd>"


def delete(kind: str, txn_id: str) -> str:
    return f"<TxnDelRq><TxnDelType>{kind}</TxnDelType><TxnID>{txn_id}</TxnID></TxnDelRq>"


def void(kind: str, txn_id: str) -> str:
    return f"<TxnVoidRq><TxnVoidType>{kind}</TxnVoidType><TxnID>{txn_id}</TxnID></TxnVoidRq>"


def test_payments_receipts_and_card_refunds_go_to_the_bank_together(shop: Shop) -> None:
    sale = receipt(shop)
    payment = shop.builder.prepayment("Ada", 40, ref_number="A number of 20 chars")
    refund = shop.builder.refund_by_card(payment, 15)
    answer = shop.one(add("Deposit", TO_CHECKING + taking(sale.txn_id, payment.txn_id, refund.txn_id)))
    assert status(answer) == (0, "Info")
    assert [line.findtext("Amount") for line in answer.iter("DepositLineRet")] == ["60.00", "40.00", "-15.00"]
    assert values(answer[0], "DepositTotal", "DepositLineRet/TxnType") == ["85.00", "SalesReceipt"]
    assert shop.company.balance_of("*Undeposited Funds") == 0
    assert shop.company.balance_of("Checking") == Decimal("85.00")


def test_cash_back_and_amounts_from_other_accounts_are_part_of_a_deposit(shop: Shop) -> None:
    sale = receipt(shop)
    body = TO_CHECKING + cash_back("20.00") + taking(sale.txn_id) + plain("Sales", "5.00")
    answer = shop.one(add("Deposit", body))
    assert values(answer[0], "DepositTotal", "CashBackInfoRet/Amount") == ["45.00", "20.00"]
    assert shop.moved() == {
        "Checking": Decimal("45.00"),
        "PayPal": Decimal("20.00"),
        "Sales": Decimal("-65.00"),
    }


def test_a_payment_is_deposited_once(shop: Shop) -> None:
    sale = receipt(shop)
    assert status(shop.one(add("Deposit", TO_CHECKING + taking(sale.txn_id, sale.txn_id))))[0] == 3210
    shop.builder.deposit([sale])
    before = shop.company.to_json()
    assert status(shop.one(add("Deposit", TO_CHECKING + taking(sale.txn_id))))[0] == 3210
    assert shop.company.to_json() == before


def test_what_has_no_undeposited_money_cannot_be_deposited(shop: Shop) -> None:
    to_bank = shop.builder.sales_receipt("Ada", [Line(shop.shirt, quantity=1)], deposit_to="Checking")
    assert status(shop.one(add("Deposit", TO_CHECKING + taking(to_bank.txn_id))))[0] == 3210
    assert status(shop.one(add("Deposit", TO_CHECKING + taking("FFFF-1"))))[0] == 3120


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (TO_CHECKING, 3150),
        (TO_CHECKING + plain("Sales", "-5.00"), 3180),
        (TO_CHECKING + plain("Accounts Receivable", "5.00"), 3180),
        ("<DepositToAccountRef><FullName>Sales</FullName></DepositToAccountRef>" + plain("Sales", "5.00"), 3210),
        (TO_CHECKING + cash_back("-1.00") + plain("Sales", "5.00"), 3210),
    ],
)
def test_a_deposit_that_makes_no_sense_is_refused_and_leaves_no_trace(shop: Shop, body: str, code: int) -> None:
    before = shop.company.to_json()
    assert status(shop.one(add("Deposit", body)))[0] == code
    assert shop.company.to_json() == before


@pytest.mark.parametrize(("request_of", "code"), [(delete, 3160), (void, 3185)])
def test_what_was_deposited_can_be_neither_deleted_nor_voided_until_the_deposit_is_gone(
    shop: Shop, request_of: object, code: int
) -> None:
    assert callable(request_of)
    sale = receipt(shop)
    deposit = shop.builder.deposit([sale])
    answer = shop.one(request_of("SalesReceipt", sale.txn_id))
    assert status(answer)[0] == code
    assert "deposited" in answer.get("statusMessage", "")
    assert status(shop.one(delete("Deposit", deposit.txn_id)))[0] == 0
    assert shop.company.balance_of("*Undeposited Funds") == Decimal("60.00")
    assert status(shop.one(request_of("SalesReceipt", sale.txn_id)))[0] == 0


def test_a_voided_deposit_gives_its_payments_back(shop: Shop) -> None:
    sale = receipt(shop)
    deposit = shop.builder.deposit([sale])
    assert status(shop.one(void("Deposit", deposit.txn_id)))[0] == 0
    assert shop.company.balance_of("Checking") == 0
    assert shop.company.balance_of("*Undeposited Funds") == Decimal("60.00")
    assert shop.builder.deposit([sale]).total == Decimal("60.00")


def test_a_deposit_on_a_receivable_account_is_the_customers_credit(shop: Shop) -> None:
    invoice = shop.builder.invoice("Ada", [Line(shop.engraving, quantity=1, rate="30.00")])
    body = TO_CHECKING + plain("Accounts Receivable", "50.00", "Ada")
    txn_id = shop.one(add("Deposit", body))[0].findtext("TxnID") or ""
    deposit = shop.company.transaction(txn_id)
    assert isinstance(deposit, Deposit)
    shop.builder.apply_credit(deposit, invoice, 30)
    assert (invoice.open_debt, deposit.open_credit) == (0, Decimal("20.00"))
    refund = shop.one(add("ARRefundCreditCard", card_refund_add(f"<TxnID>{txn_id}</TxnID>", "20.00", "Checking")))
    assert status(refund)[0] == 0
    assert shop.company.customer_balance("Ada") == 0


def mod(deposit: Deposit, inside: str) -> str:
    core = f"<TxnID>{deposit.txn_id}</TxnID><EditSequence>{deposit.stamp.edit_sequence}</EditSequence>"
    return f"<DepositModRq><DepositMod>{core}{inside}</DepositMod></DepositModRq>"


def test_a_line_that_a_mod_leaves_out_gives_its_payment_back(shop: Shop) -> None:
    first, second = receipt(shop), receipt(shop, "7.00")
    deposit = shop.builder.deposit([first, second])
    line_id = deposit.lines[1].txn_line_id
    answer = shop.one(mod(deposit, f"<DepositLineMod><TxnLineID>{line_id}</TxnLineID></DepositLineMod>"))
    assert values(answer[0], "DepositTotal", "DepositLineRet/TxnID") == ["7.00", second.txn_id]
    assert shop.company.balance_of("*Undeposited Funds") == Decimal("60.00")
    assert shop.company.deposit_of(first.txn_id) is None
    assert status(shop.one(delete("SalesReceipt", first.txn_id)))[0] == 0


def test_a_mod_can_add_a_payment_and_change_account_and_memo(shop: Shop) -> None:
    first, second = receipt(shop), receipt(shop, "7.00")
    deposit = shop.builder.deposit([first])
    kept = f"<DepositLineMod><TxnLineID>{deposit.lines[0].txn_line_id}</TxnLineID></DepositLineMod>"
    new = f"<DepositLineMod><TxnLineID>-1</TxnLineID><PaymentTxnID>{second.txn_id}</PaymentTxnID></DepositLineMod>"
    account = "<DepositToAccountRef><FullName>PayPal</FullName></DepositToAccountRef><Memo>Friday</Memo>"
    answer = shop.one(mod(deposit, account + kept + new))
    assert values(answer[0], "DepositTotal", "Memo", "DepositToAccountRef/FullName") == ["67.00", "Friday", "PayPal"]
    assert (shop.company.balance_of("PayPal"), shop.company.balance_of("Checking")) == (Decimal("67.00"), 0)


def test_the_amount_of_a_payment_cannot_be_changed_in_its_deposit(shop: Shop) -> None:
    deposit = shop.builder.deposit([receipt(shop)])
    line = f"<TxnLineID>{deposit.lines[0].txn_line_id}</TxnLineID><Amount>1.00</Amount>"
    assert status(shop.one(mod(deposit, f"<DepositLineMod>{line}</DepositLineMod>")))[0] == 3210


def test_deposits_are_found_by_the_customers_whose_money_they_took(shop: Shop) -> None:
    deposit = shop.builder.deposit([receipt(shop)])
    asked = "<EntityFilter><FullName>Ada</FullName></EntityFilter><IncludeLineItems>true</IncludeLineItems>"
    found = shop.query("Deposit", asked)
    assert values(found[0], "TxnID", "DepositLineRet/EntityRef/FullName") == [deposit.txn_id, "Ada"]
    assert status(shop.query("Deposit", "<EntityFilter><FullName>Bob</FullName></EntityFilter>"))[0] == 1
