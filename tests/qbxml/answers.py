"""Answers of any size, in the shape that QuickBooks gives them."""

from __future__ import annotations

import io

LINES_OF_AN_INVOICE = 4

_LINE = """<InvoiceLineRet>
<TxnLineID>{number:X}-{line}</TxnLineID>
<ItemRef>
<ListID>8000000{line}-1500000000</ListID>
<FullName>Hats:Hat {line}</FullName>
</ItemRef>
<Desc>A hat of felt &amp; wool, number {line}</Desc>
<Quantity>2</Quantity>
<Rate>12.50</Rate>
<Amount>25.00</Amount>
<SalesTaxCodeRef>
<ListID>80000001-1500000000</ListID>
<FullName>Tax</FullName>
</SalesTaxCodeRef>
</InvoiceLineRet>
"""

_INVOICE = """<InvoiceRet>
<TxnID>{number:X}-1500000000</TxnID>
<TimeCreated>2024-02-29T12:30:00-05:00</TimeCreated>
<TimeModified>2024-02-29T12:30:00-05:00</TimeModified>
<EditSequence>1500000000</EditSequence>
<TxnNumber>{number}</TxnNumber>
<CustomerRef>
<ListID>80000001-1500000000</ListID>
<FullName>Ann Example</FullName>
</CustomerRef>
<TxnDate>2024-02-29</TxnDate>
<RefNumber>{number}</RefNumber>
<BillAddress>
<Addr1>Ann Example</Addr1>
<Addr2>1 Main Street</Addr2>
<City>Springfield</City>
<State>IL</State>
<PostalCode>62701</PostalCode>
</BillAddress>
<IsPending>false</IsPending>
<Subtotal>100.00</Subtotal>
<SalesTaxPercentage>8.25</SalesTaxPercentage>
<SalesTaxTotal>8.25</SalesTaxTotal>
<AppliedAmount>0.00</AppliedAmount>
<BalanceRemaining>108.25</BalanceRemaining>
<Memo>web order {number}</Memo>
<IsPaid>false</IsPaid>
{lines}</InvoiceRet>
"""


def invoice(number: int) -> str:
    """One InvoiceRet with its lines."""
    lines = "".join(_LINE.format(number=number, line=line) for line in range(LINES_OF_AN_INVOICE))
    return _INVOICE.format(number=number, lines=lines)


def big_answer(size: int) -> bytes:
    """The answer to an InvoiceQuery with as many invoices as fill `size` bytes."""
    count = size // len(invoice(100_000)) + 1
    head = '<?xml version="1.0" ?>\n<QBXML>\n<QBXMLMsgsRs>\n<InvoiceQueryRs requestID="1" statusCode="0" '
    status = 'statusSeverity="Info" statusMessage="Status OK">\n'
    document = io.BytesIO()  # gives its bytes away without a copy, so that a reader's memory can be measured
    document.write(f"{head}{status}".encode("ascii"))
    for number in range(count):
        document.write(invoice(100_000 + number).encode("ascii"))
    document.write(b"</InvoiceQueryRs>\n</QBXMLMsgsRs>\n</QBXML>\n")
    return document.getvalue()
