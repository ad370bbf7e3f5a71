"""What QuickBooks tells of its records becomes what planning reads, and an amount that can't be read is never zero."""

from __future__ import annotations

from decimal import Decimal

import pytest

import qbxml
from qbwc_server.sync.books import RecordError, found_document, payment_of, sale_of

INVOICE = """<QBXML><QBXMLMsgsRs><InvoiceQueryRs statusCode="0" statusSeverity="Info"><InvoiceRet>
<TxnID>1-2</TxnID><EditSequence>3</EditSequence>
<CustomerRef><ListID>8-1</ListID><FullName>Ann</FullName></CustomerRef>
<TxnDate>2026-11-01</TxnDate><RefNumber>1001</RefNumber><Subtotal>20.00</Subtotal>
<SalesTaxTotal>1.65</SalesTaxTotal><BalanceRemaining>11.65</BalanceRemaining>
<LinkedTxn><TxnID>4-5</TxnID><TxnType>ReceivePayment</TxnType><TxnDate>2026-11-02</TxnDate><Amount>-10.00</Amount>
</LinkedTxn>
<InvoiceLineRet><TxnLineID>6-7</TxnLineID><Amount>20.00</Amount></InvoiceLineRet>
</InvoiceRet></InvoiceQueryRs></QBXMLMsgsRs></QBXML>"""


def invoice(text: str = INVOICE) -> qbxml.InvoiceRet:
    [record] = qbxml.read_answer(text).responses[0].records
    assert isinstance(record, qbxml.InvoiceRet)
    return record


def test_an_invoice_with_a_payment_is_read_with_what_is_paid_and_what_is_open() -> None:
    sale = sale_of(invoice())
    assert (sale.total, sale.tax, sale.open_balance) == (Decimal("21.65"), Decimal("1.65"), Decimal("11.65"))
    assert [(payment.txn_id, payment.amount) for payment in sale.payments] == [("4-5", Decimal("10.00"))]


@pytest.mark.parametrize(
    ("element", "amount"),
    [("SalesTaxTotal", "1.65"), ("BalanceRemaining", "11.65"), ("Amount", "-10.00"), ("Amount", "20.00")],
)
def test_an_amount_that_cannot_be_read_stops_the_refund_instead_of_counting_as_zero(element: str, amount: str) -> None:
    spoilt = INVOICE.replace(f"<{element}>{amount}<", f"<{element}>1,1,1<")
    with pytest.raises(RecordError, match=element):
        sale_of(invoice(spoilt))


def test_an_amount_that_is_left_out_is_zero() -> None:
    sale = sale_of(invoice(INVOICE.replace("<SalesTaxTotal>1.65</SalesTaxTotal>", "")))
    assert (sale.total, sale.tax) == (Decimal("20.00"), Decimal("0.00"))


VOIDED = (
    INVOICE.replace("20.00", "0.00")
    .replace("<SalesTaxTotal>1.65</SalesTaxTotal><BalanceRemaining>11.65</BalanceRemaining>", "")
    .replace("<InvoiceLineRet>", "<Memo>VOID: Web order 1001</Memo><InvoiceLineRet>")
)
LINE = "<InvoiceLineRet><TxnLineID>6-7</TxnLineID><Amount>0.00</Amount></InvoiceLineRet>"


def test_a_sale_that_quickbooks_voided_is_known_by_its_memo_and_its_zeroes() -> None:
    assert sale_of(invoice(VOIDED)).is_void
    assert not sale_of(invoice(VOIDED.replace("VOID: ", ""))).is_void
    assert not sale_of(invoice(VOIDED.replace("VOID: ", "Voidable: "))).is_void


def test_a_sale_that_a_discount_brings_to_zero_is_no_void_whatever_its_memo_says() -> None:
    assert LINE in VOIDED
    given_away = VOIDED.replace(LINE, LINE.replace("0.00", "20.00") + LINE.replace("0.00", "-20.00"))
    assert not sale_of(invoice(given_away)).is_void


def test_a_payment_whose_unused_part_cannot_be_read_stops_the_refund() -> None:
    text = (
        '<QBXML><QBXMLMsgsRs><ReceivePaymentQueryRs statusCode="0" statusSeverity="Info"><ReceivePaymentRet>'
        "<TxnID>1-2</TxnID><TotalAmount>5.00</TotalAmount><UnusedPayment>five</UnusedPayment>"
        "</ReceivePaymentRet></ReceivePaymentQueryRs></QBXMLMsgsRs></QBXML>"
    )
    [record] = qbxml.read_answer(text).responses[0].records
    assert isinstance(record, qbxml.ReceivePaymentRet)
    with pytest.raises(RecordError, match="UnusedPayment"):
        payment_of(record)


def test_a_memo_whose_total_cannot_be_read_is_like_no_planned_one() -> None:
    text = (
        '<QBXML><QBXMLMsgsRs><CreditMemoQueryRs statusCode="0" statusSeverity="Info"><CreditMemoRet>'
        "<TxnID>1-2</TxnID><TotalAmount>x</TotalAmount></CreditMemoRet></CreditMemoQueryRs></QBXMLMsgsRs></QBXML>"
    )
    [record] = qbxml.read_answer(text).responses[0].records
    assert isinstance(record, qbxml.CreditMemoRet)
    assert found_document(record).total is None
