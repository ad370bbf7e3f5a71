"""Mods: the EditSequence, the lines that stay, change, come and go, and what stands in their way."""

from __future__ import annotations

from decimal import Decimal

import pytest
from lxml import etree

from qbsim import Line
from qbsim.transactions import Transaction
from qbsim.transactions.sales_document import SalesDocument
from tests.qbsim.shop import Shop, add, check_add, message_set, status, values

SHIRT = "<ItemRef><FullName>Shirt</FullName></ItemRef>"
SALES = ("SalesReceipt", "Invoice", "SalesOrder", "CreditMemo")


def make(shop: Shop, kind: str, lines: list[Line] | None = None) -> SalesDocument:
    name = {"SalesReceipt": "sales_receipt", "SalesOrder": "sales_order", "CreditMemo": "credit_memo"}
    lines = lines or [Line(shop.shirt, quantity=2), Line(shop.engraving, quantity=1), Line(shop.shipping, quantity=1)]
    made = getattr(shop.builder, name.get(kind, kind.lower()))("Ada", lines, ref_number="77", memo="Web order")
    assert isinstance(made, SalesDocument)
    return made


def mod(transaction: Transaction, inside: str, edit_sequence: str | None = None) -> str:
    kind, sequence = transaction.TYPE, edit_sequence or transaction.stamp.edit_sequence
    core = f"<TxnID>{transaction.txn_id}</TxnID><EditSequence>{sequence}</EditSequence>"
    return f"<{kind}ModRq><{kind}Mod>{core}{inside}</{kind}Mod></{kind}ModRq>"


def line_mod(document: SalesDocument, line_id: str, inside: str = "") -> str:
    name = f"{document.TYPE}LineMod"
    return f"<{name}><TxnLineID>{line_id}</TxnLineID>{inside}</{name}>"


def kept(document: SalesDocument, *places: int) -> str:
    return "".join(line_mod(document, document.lines[place].txn_line_id) for place in places)


def changed(shop: Shop, document: SalesDocument, inside: str) -> etree._Element:
    answer = shop.one(mod(document, inside))
    assert status(answer) == (0, "Info"), answer.get("statusMessage")
    return answer[0]


@pytest.mark.parametrize("kind", SALES)
def test_a_mod_needs_the_present_edit_sequence_and_shows_the_present_record(shop: Shop, kind: str) -> None:
    document = make(shop, kind)
    first = document.stamp.edit_sequence
    ret = changed(shop, document, "<Memo>Changed</Memo>")
    assert int(ret.findtext("EditSequence") or "") > int(first)
    answer = shop.one(mod(document, "<Memo>Late</Memo>", first))
    assert status(answer) == (3200, "Error")
    assert values(answer[0], "EditSequence", "Memo") == [document.stamp.edit_sequence, "Changed"]


@pytest.mark.parametrize("kind", SALES)
def test_without_lines_a_mod_leaves_them_and_the_amounts_as_they_are(shop: Shop, kind: str) -> None:
    document = make(shop, kind)
    total, lines, moved = document.total, list(document.lines), shop.moved()
    address = "<BillAddress><Addr1>1 Main St</Addr1></BillAddress>"
    ret = changed(shop, document, f"<TxnDate>2024-02-01</TxnDate><RefNumber>78</RefNumber>{address}<Memo></Memo>")
    found = values(ret, "TxnDate", "RefNumber", "Memo", "BillAddress/Addr1")
    assert found == ["2024-02-01", "78", None, "1 Main St"]
    assert (document.total, document.lines) == (total, lines)
    assert shop.moved() == moved
    assert [each.txn_id for each in shop.company.by_ref_number(kind, "78")] == [document.txn_id]
    assert shop.company.by_ref_number(kind, "77") == []


@pytest.mark.parametrize("kind", SALES)
def test_lines_stay_change_come_and_go(shop: Shop, kind: str) -> None:
    document = make(shop, kind)
    shirt, engraving, _ = (line.txn_line_id for line in document.lines)
    new = line_mod(document, "-1", "<ItemRef><FullName>Shipping</FullName></ItemRef><Rate>9.00</Rate>")
    ret = changed(shop, document, line_mod(document, shirt, "<Quantity>1</Quantity>") + new)
    assert [line.findtext("Amount") for line in ret.iter(f"{kind}LineRet")] == ["20.00", "9.00"]
    ids = [line.findtext("TxnLineID") for line in ret.iter(f"{kind}LineRet")]
    assert ids[0] == shirt
    assert engraving not in ids
    assert document.total == Decimal("31.00")  # 20.00 and its tax of 10 percent, 9.00 untaxed


def test_ledger_and_stock_follow_a_changed_receipt(shop: Shop) -> None:
    receipt = make(shop, "SalesReceipt")
    changed(shop, receipt, line_mod(receipt, receipt.lines[0].txn_line_id, "<Quantity>1</Quantity>"))
    assert shop.shirt.quantity_on_hand == 99
    assert shop.moved() == {
        "*Undeposited Funds": Decimal("22.00"),
        "Sales": Decimal("-20.00"),
        "Sales Tax Payable": Decimal("-2.00"),
        "Cost of Goods Sold": Decimal("7.50"),
        "Inventory Asset": Decimal("-7.50"),
    }


@pytest.mark.parametrize("kind", SALES)
def test_lines_out_of_order_are_refused(shop: Shop, kind: str) -> None:
    document = make(shop, kind)
    before = shop.company.to_json()
    assert status(shop.one(mod(document, kept(document, 1, 0))))[0] == 3290
    assert status(shop.one(mod(document, kept(document, 1, 1))))[0] == 3290
    assert status(shop.one(mod(document, line_mod(document, "FFFF-1"))))[0] == 3120
    assert shop.company.to_json() == before


def test_a_line_takes_price_text_and_tax_code_of_its_new_item(shop: Shop) -> None:
    memo = make(shop, "CreditMemo", [Line(shop.shirt, quantity=2)])
    inside = "<ItemRef><FullName>Engraving</FullName></ItemRef>"
    ret = changed(shop, memo, line_mod(memo, memo.lines[0].txn_line_id, inside))
    found = values(ret, "CreditMemoLineRet/Rate", "CreditMemoLineRet/Amount", "SalesTaxTotal", "TotalAmount")
    assert found == ["12.50", "25.00", "0.00", "25.00"]
    assert shop.shirt.quantity_on_hand == 100


def test_a_rate_or_an_amount_prices_a_line_anew(shop: Shop) -> None:
    memo = make(shop, "CreditMemo", [Line(shop.engraving, quantity=2)])
    line_id = memo.lines[0].txn_line_id
    assert changed(shop, memo, line_mod(memo, line_id, "<Rate>3.00</Rate>")).findtext("TotalAmount") == "6.00"
    ret = changed(shop, memo, line_mod(memo, line_id, "<Amount>5.00</Amount>"))
    assert values(ret, "CreditMemoLineRet/Rate", "TotalAmount") == ["2.50", "5.00"]


def test_the_lines_of_an_item_group_change_by_their_own_ids(shop: Shop) -> None:
    shop.builder.group_item("Set", [("Engraving", 1), ("Shipping", 2)])
    invoice = make(shop, "Invoice", [Line("Set", quantity=1)])
    group = invoice.lines[0]
    inner = line_mod(invoice, group.members[0].txn_line_id, "<Rate>1.00</Rate>")
    name = "InvoiceLineGroupMod"
    ret = changed(shop, invoice, f"<{name}><TxnLineID>{group.txn_line_id}</TxnLineID>{inner}</{name}>")
    assert values(ret, "InvoiceLineGroupRet/TotalAmount", "Subtotal") == ["1.00", "1.00"]
    more = f"<{name}><TxnLineID>{group.txn_line_id}</TxnLineID><Quantity>2</Quantity></{name}>"
    assert changed(shop, invoice, more).findtext("Subtotal") == "45.00"
    same = f"<{name}><TxnLineID>{invoice.lines[0].txn_line_id}</TxnLineID></{name}>"
    assert changed(shop, invoice, same).findtext("Subtotal") == "45.00"


def test_a_memo_cannot_be_worth_less_than_was_refunded_of_it(shop: Shop) -> None:
    memo = make(shop, "CreditMemo")
    shop.builder.refund_by_check(memo, 50)
    before = shop.company.to_json()
    answer = shop.one(mod(memo, kept(memo, 0)))
    assert status(answer)[0] == 3210
    assert "already applied" in answer.get("statusMessage", "")
    bob = "<CustomerRef><FullName>Bob</FullName></CustomerRef>"
    assert status(shop.one(mod(memo, bob)))[0] == 3210
    assert status(shop.one(mod(memo, "<IsPending>true</IsPending>")))[0] == 3210
    assert shop.company.to_json() == before
    ret = changed(shop, memo, kept(memo, 0, 1))
    assert values(ret, "TotalAmount", "CreditRemaining", "LinkedTxn/TxnType") == ["56.50", "6.50", "Check"]


def test_an_invoice_cannot_be_worth_less_than_was_paid_and_takes_further_credits(shop: Shop) -> None:
    invoice = make(shop, "Invoice")
    shop.builder.receive_payment(invoice, 50)
    memo = shop.memo("5.00")
    assert status(shop.one(mod(invoice, kept(invoice, 0))))[0] == 3210
    credit = f"<SetCredit><CreditTxnID>{memo}</CreditTxnID><AppliedAmount>5.00</AppliedAmount></SetCredit>"
    ret = changed(shop, invoice, credit)
    assert values(ret, "AppliedAmount", "BalanceRemaining") == ["-55.00", "6.50"]
    assert status(shop.one(mod(invoice, credit)))[0] == 3210


def test_a_mod_of_an_invoice_counts_anew_what_it_invoiced_of_an_order(shop: Shop) -> None:
    order = shop.builder.sales_order("Ada", [Line(shop.shirt, quantity=5)])
    invoice = shop.builder.invoice_from_sales_order(order, {order.lines[0].txn_line_id: 4})
    changed(shop, invoice, line_mod(invoice, invoice.lines[0].txn_line_id, "<Quantity>1</Quantity>"))
    assert order.lines[0].invoiced == 1
    assert [link.amount for link in order.links] == [link.amount for link in invoice.links] == [Decimal("-20.00")]
    assert (
        status(shop.one(mod(order, line_mod(order, order.lines[0].txn_line_id, "<Quantity>0</Quantity>"))))[0] == 3210
    )
    changed(shop, order, line_mod(order, order.lines[0].txn_line_id, "<Quantity>1</Quantity>"))
    assert order.is_fully_invoiced(shop.company)


def test_the_money_of_a_deposited_receipt_stands(shop: Shop) -> None:
    receipt = make(shop, "SalesReceipt")
    shop.builder.deposit([receipt])
    answer = shop.one(mod(receipt, kept(receipt, 0)))
    assert status(answer)[0] == 3170
    assert "deposited" in answer.get("statusMessage", "")
    account = "<DepositToAccountRef><FullName>Checking</FullName></DepositToAccountRef>"
    assert status(shop.one(mod(receipt, account)))[0] == 3170
    changed(shop, receipt, "<Memo>Only words</Memo>")


def test_fields_of_features_that_are_off_are_passed_over_with_a_warning(shop: Shop) -> None:
    memo = make(shop, "CreditMemo")
    inside = line_mod(memo, memo.lines[0].txn_line_id, "<UnitOfMeasure>box</UnitOfMeasure>")
    assert status(shop.one(mod(memo, inside))) == (530, "Warn")


def test_a_pending_memo_counts_when_a_mod_makes_it_final(shop: Shop) -> None:
    memo = make(shop, "CreditMemo")
    changed(shop, memo, "<IsPending>true</IsPending>")
    assert (shop.moved(), memo.open_credit, shop.shirt.quantity_on_hand) == ({}, 0, 100)
    changed(shop, memo, "<IsPending>false</IsPending>")
    assert (memo.open_credit, shop.shirt.quantity_on_hand) == (memo.total, 102)


def test_a_receipt_of_the_same_set_is_changed_by_its_macro(shop: Shop) -> None:
    lines = f"<SalesReceiptLineAdd>{SHIRT}</SalesReceiptLineAdd>"
    body = f"<CustomerRef><FullName>Ada</FullName></CustomerRef>{lines}"
    sequence = str(int(shop.clock().timestamp()))
    core = f'<TxnID useMacro="TxnID:S"></TxnID><EditSequence>{sequence}</EditSequence><Memo>Later</Memo>'
    change = f"<SalesReceiptModRq><SalesReceiptMod>{core}</SalesReceiptMod></SalesReceiptModRq>"
    made, after = shop.ask(add("SalesReceipt", body, macro="S") + change)
    assert status(after) == (0, "Info")
    assert (after[0].findtext("TxnID"), after[0].findtext("Memo")) == (made[0].findtext("TxnID"), "Later")


def test_a_voided_sale_that_only_changes_its_words_stays_void(shop: Shop) -> None:
    invoice = make(shop, "Invoice")
    shop.company.void(invoice)
    changed(shop, invoice, "<PONumber>5</PONumber>")
    shop.company.void(invoice)
    assert (invoice.memo, invoice.total, shop.moved()) == ("VOID: Web order", 0, {})


@pytest.mark.parametrize(
    "body",
    [
        "<ARRefundCreditCardModRq/>",
        "<TxnVoidRq><TxnVoidType>SalesOrder</TxnVoidType><TxnID>1-1</TxnID></TxnVoidRq>",
        "<TxnVoidRq><TxnVoidType>ReceivePayment</TxnVoidType><TxnID>1-1</TxnID></TxnVoidRq>",
    ],
)
def test_what_the_schema_has_no_change_or_void_for_is_refused_with_its_set(shop: Shop, body: str) -> None:
    answer = shop.quickbooks.process(message_set(body))
    assert (answer.response, answer.hresult) == ("", "0x80040400")


# Checks


def expense(line_id: str, inside: str = "") -> str:
    return f"<ExpenseLineMod><TxnLineID>{line_id}</TxnLineID>{inside}</ExpenseLineMod>"


def test_a_refund_check_changes_together_with_what_it_pays_out(shop: Shop) -> None:
    memo = shop.company.transaction(shop.memo("38.95"))
    assert memo is not None
    check = shop.builder.refund_by_check(memo, "38.95")
    less = expense(check.lines[0].txn_line_id, "<Amount>30.00</Amount>")
    assert status(shop.one(mod(check, less)))[0] == 3210
    apply = f"<ApplyCheckToTxnMod><TxnID>{memo.txn_id}</TxnID><Amount>30.00</Amount></ApplyCheckToTxnMod>"
    answer = shop.one(mod(check, f"<RefNumber>502</RefNumber><Memo>Less</Memo>{apply}{less}"))
    assert values(answer[0], "Amount", "RefNumber", "LinkedTxn/Amount") == ["30.00", "502", "-30.00"]
    assert memo.open_credit == Decimal("8.95")
    assert shop.company.customer_balance("Ada") == Decimal("-8.95")


def test_a_check_keeps_its_links_where_a_mod_does_not_touch_them(shop: Shop) -> None:
    memo = shop.company.transaction(shop.memo("38.95"))
    assert memo is not None
    check = shop.builder.refund_by_check(memo, "38.95")
    account = "<AccountRef><FullName>PayPal</FullName></AccountRef>"
    answer = shop.one(mod(check, account))
    assert values(answer[0], "LinkedTxn/TxnID", "AccountRef/FullName") == [memo.txn_id, "PayPal"]
    assert (memo.open_credit, shop.company.balance_of("PayPal")) == (0, Decimal("-38.95"))
    assert status(shop.one(mod(check, "<ClearExpenseLines>true</ClearExpenseLines>")))[0] == 3150


def test_item_lines_of_a_check_are_not_simulated(shop: Shop) -> None:
    made = shop.one(add("Check", check_add(f"<TxnID>{shop.memo()}</TxnID>", "38.95")))[0]
    check = shop.company.transaction(made.findtext("TxnID") or "")
    assert check is not None
    assert status(shop.one(mod(check, "<ItemLineMod><TxnLineID>-1</TxnLineID></ItemLineMod>")))[0] == 1030


# Payments


def applied(txn_id: str, inside: str = "") -> str:
    return f"<AppliedToTxnMod><TxnID>{txn_id}</TxnID>{inside}</AppliedToTxnMod>"


def test_a_payment_moves_from_one_invoice_to_another(shop: Shop) -> None:
    first, second = (shop.builder.invoice("Ada", [Line(shop.engraving, quantity=4)]) for _ in range(2))
    payment = shop.builder.receive_payment(first, 30)
    answer = shop.one(mod(payment, applied(second.txn_id, "<PaymentAmount>20.00</PaymentAmount>")))
    assert values(answer[0], "UnusedPayment", "AppliedToTxnRet/TxnID") == ["10.00", second.txn_id]
    assert (first.open_debt, second.open_debt) == (Decimal("50.00"), Decimal("30.00"))
    assert first.links == []


def test_a_payment_keeps_its_invoices_where_a_mod_names_none(shop: Shop) -> None:
    invoice = shop.builder.invoice("Ada", [Line(shop.engraving, quantity=4)])
    payment = shop.builder.receive_payment(invoice, 30)
    answer = shop.one(mod(payment, "<TotalAmount>35.00</TotalAmount><Memo>Check found</Memo>"))
    assert values(answer[0], "TotalAmount", "UnusedPayment", "AppliedToTxnRet/Amount") == ["35.00", "5.00", "30.00"]
    assert status(shop.one(mod(payment, "<TotalAmount>29.00</TotalAmount>")))[0] == 3210
    answer = shop.one(mod(payment, applied(invoice.txn_id, "<PaymentAmount>35.00</PaymentAmount>")))
    assert values(answer[0], "UnusedPayment", "AppliedToTxnRet/BalanceRemaining") == ["0.00", "15.00"]


def test_a_payment_cannot_fall_below_what_was_refunded_of_it(shop: Shop) -> None:
    payment = shop.builder.prepayment("Ada", 40)
    shop.builder.refund_by_card(payment, 15)
    assert status(shop.one(mod(payment, "<TotalAmount>14.99</TotalAmount>")))[0] == 3210
    answer = shop.one(mod(payment, "<TotalAmount>15.00</TotalAmount>"))
    assert values(answer[0], "UnusedPayment") == ["0.00"]


def test_a_deposited_payment_keeps_its_amount_but_can_be_applied(shop: Shop) -> None:
    invoice = shop.builder.invoice("Ada", [Line(shop.engraving, quantity=4)])
    payment = shop.builder.prepayment("Ada", 40)
    shop.builder.deposit([payment])
    assert status(shop.one(mod(payment, "<TotalAmount>41.00</TotalAmount>")))[0] == 3170
    assert status(shop.one(mod(payment, applied(invoice.txn_id, "<PaymentAmount>40.00</PaymentAmount>"))))[0] == 0
    assert invoice.open_debt == Decimal("10.00")


# Discounts of payments


def discounted(invoice: str, paid: str, discount: str, account: str = "Discounts") -> str:
    account_ref = f"<DiscountAccountRef><FullName>{account}</FullName></DiscountAccountRef>" if account else ""
    return add(
        "ReceivePayment",
        "<CustomerRef><FullName>Ada</FullName></CustomerRef>"
        f"<AppliedToTxnAdd><TxnID>{invoice}</TxnID><PaymentAmount>{paid}</PaymentAmount>"
        f"<DiscountAmount>{discount}</DiscountAmount>{account_ref}</AppliedToTxnAdd>",
    )


def test_a_discount_settles_an_invoice_together_with_the_money(shop: Shop) -> None:
    invoice = shop.builder.invoice("Ada", [Line(shop.engraving, quantity=4)])
    opened = shop.company.balance_of("Discounts")
    assert status(shop.one(discounted(invoice.txn_id, "49.00", "1.00", "")))[0] == 3150
    assert status(shop.one(discounted(invoice.txn_id, "49.00", "1.01")))[0] == 3210
    answer = shop.one(discounted(invoice.txn_id, "49.00", "1.00"))
    found = values(answer[0], "TotalAmount", "UnusedPayment", "AppliedToTxnRet/DiscountAmount")
    assert found == ["49.00", "0.00", "1.00"]
    assert (invoice.open_debt, shop.company.customer_balance("Ada")) == (0, 0)
    assert shop.company.balance_of("Discounts") - opened == Decimal("1.00")


def test_a_discount_becomes_unused_payment_when_its_invoice_is_voided(shop: Shop) -> None:
    invoice = shop.builder.invoice("Ada", [Line(shop.engraving, quantity=4)])
    txn_id = shop.one(discounted(invoice.txn_id, "49.00", "1.00"))[0].findtext("TxnID") or ""
    shop.one(f"<TxnVoidRq><TxnVoidType>Invoice</TxnVoidType><TxnID>{invoice.txn_id}</TxnID></TxnVoidRq>")
    payment = shop.company.transaction(txn_id)
    assert payment is not None
    assert payment.open_credit == -shop.company.customer_balance("Ada") == Decimal("50.00")
    answer = shop.one(mod(payment, "<Memo>Still there</Memo>"))
    assert values(answer[0], "UnusedPayment") == ["50.00"]
