"""Invoices: what the customer owes, and what sales orders become."""

from __future__ import annotations

from decimal import Decimal

from qbsim import Line
from tests.qbsim.shop import Shop, add, status, values


def invoice_of(shop: Shop, ref_number: str) -> list[str | None]:
    response = shop.query("Invoice", f"<RefNumber>{ref_number}</RefNumber><IncludeLinkedTxns>true</IncludeLinkedTxns>")
    return values(response[0], "AppliedAmount", "BalanceRemaining", "IsPaid")


def test_it_debits_the_customer(shop: Shop) -> None:
    shop.builder.invoice("Ada", [Line(shop.shirt, quantity=1)], ref_number="1002")
    assert shop.moved() == {
        "Accounts Receivable": Decimal("22.00"),
        "Sales": Decimal("-20.00"),
        "Sales Tax Payable": Decimal("-2.00"),
        "Inventory Asset": Decimal("-7.50"),
        "Cost of Goods Sold": Decimal("7.50"),
    }
    assert shop.company.customer_balance("Ada") == Decimal("22.00")
    assert invoice_of(shop, "1002") == ["0.00", "22.00", "false"]


def test_a_payment_is_linked_with_a_negative_amount(shop: Shop) -> None:
    invoice = shop.builder.invoice("Ada", [Line(shop.shirt)], ref_number="1002")
    payment = shop.builder.receive_payment(invoice, "15.00", ref_number="P7")
    shown = shop.query("Invoice", f"<TxnID>{invoice.txn_id}</TxnID><IncludeLinkedTxns>true</IncludeLinkedTxns>")[0]
    link = shown.find("LinkedTxn")
    assert values(link, "TxnID", "TxnType", "RefNumber", "LinkType", "Amount") == [
        *(payment.txn_id, "ReceivePayment", "P7", "AMTTYPE", "-15.00")
    ]
    assert values(shown, "AppliedAmount", "BalanceRemaining", "IsPaid") == ["-15.00", "7.00", "false"]
    assert shown.findtext("EditSequence") == invoice.stamp.edit_sequence


def test_a_credit_can_be_set_at_once(shop: Shop) -> None:
    memo_id = shop.memo("30.00")
    inside = (
        "<CustomerRef><FullName>Ada</FullName></CustomerRef>"
        f"<SetCredit><CreditTxnID>{memo_id}</CreditTxnID><AppliedAmount>12.50</AppliedAmount></SetCredit>"
        "<InvoiceLineAdd><ItemRef><FullName>Engraving</FullName></ItemRef></InvoiceLineAdd>"
    )
    response = shop.one(add("Invoice", inside))
    assert values(response[0], "AppliedAmount", "BalanceRemaining", "IsPaid") == ["-12.50", "0.00", "true"]
    memo = shop.query("CreditMemo", f"<TxnID>{memo_id}</TxnID>")[0]
    assert memo.findtext("CreditRemaining") == "17.50"
    before = shop.company.to_json()
    assert status(shop.one(add("Invoice", inside.replace("12.50", "12.51")))) == (3210, "Error")
    assert shop.company.to_json() == before


def test_it_invoices_what_is_open_on_a_sales_order(shop: Shop) -> None:
    order = shop.builder.sales_order("Ada", [Line(shop.shirt, quantity=3), Line(shop.shipping)], ref_number="1003")
    assert shop.moved() == {}
    first = shop.builder.invoice_from_sales_order(order, {order.lines[0].txn_line_id: 1})
    assert (first.subtotal, order.lines[0].invoiced, order.is_fully_invoiced(shop.company)) == (
        Decimal("20.00"),
        1,
        False,
    )
    second = shop.builder.invoice_from_sales_order(order)
    assert second.subtotal == Decimal("45.00")
    shown = shop.query(
        "SalesOrder", "<IncludeLineItems>true</IncludeLineItems><IncludeLinkedTxns>true</IncludeLinkedTxns>"
    )[0]
    assert values(shown, "IsFullyInvoiced", "IsManuallyClosed", "SalesOrderLineRet/Invoiced") == ["true", "false", "3"]
    assert [link.findtext("LinkType") for link in shown.iterfind("LinkedTxn")] == ["QUANTYPE", "QUANTYPE"]


def test_a_deleted_invoice_gives_its_sales_order_back(shop: Shop) -> None:
    order = shop.builder.sales_order("Ada", [Line(shop.shirt, quantity=3)])
    invoice = shop.builder.invoice_from_sales_order(order)
    response = shop.one(
        f'<TxnDelRq requestID="1"><TxnDelType>Invoice</TxnDelType><TxnID>{invoice.txn_id}</TxnID></TxnDelRq>'
    )
    assert status(response) == (0, "Info")
    assert (order.lines[0].invoiced, order.links) == (0, [])
    assert shop.moved() == {}


def test_a_voided_invoice_is_zero_and_its_payment_is_unused(shop: Shop) -> None:
    invoice = shop.builder.invoice("Ada", [Line(shop.shirt)], memo="for Ada")
    payment = shop.builder.receive_payment(invoice)
    shop.clock.advance(seconds=60)
    void = f"<TxnVoidRq><TxnVoidType>Invoice</TxnVoidType><TxnID>{invoice.txn_id}</TxnID></TxnVoidRq>"
    assert status(shop.one(void)) == (0, "Info")
    shown = shop.query("Invoice", "<IncludeLineItems>true</IncludeLineItems>")[0]
    assert values(shown, "Subtotal", "BalanceRemaining", "Memo", "InvoiceLineRet/Amount") == [
        *("0.00", "0.00", "VOID: for Ada", "0.00")
    ]
    assert payment.open_credit == Decimal("22.00")
    assert shop.company.customer_balance("Ada") == Decimal("-22.00")
    assert shop.shirt.quantity_on_hand == 100
