"""The doors by which bytes of strangers come in, each as one function that any bytes may be given to.

A door refuses what it can't take with its own error, which it may raise; anything else that is raised is a bug. What it
does take, it must be able to show and to keep.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timezone

from qbwc_server.refunds.codec import decode, encode
from qbwc_server.refunds.model import Refund
from qbwc_server.soap.envelope import BadEnvelope, open_envelope
from qbwc_server.soap.service import make_soap_application
from qbwc_server.sources import FORMATS, Reading, UnreadableFile, read_orders
from qbwc_server.store import mappings
from qbxml import Aggregate, AnswerError, leaves, read_answer
from tests.soap.serving import RecordingConversation, dotnet_body, elements
from tests.sources import payloads
from tests.sources.test_csv_file import good, short
from tests.sources.woocommerce_payloads import pair, woo_refund

MAX_BYTES = 20_000  # of what a fuzzer gives; larger is the business of the bounds' own tests


@dataclass(frozen=True)
class Door:
    """What takes the bytes, what a sound delivery looks like, and words that get a fuzzer past the first checks."""

    take: Callable[[bytes], None]
    sound: tuple[bytes, ...]
    words: tuple[bytes, ...]


def envelope(data: bytes) -> None:
    """The body of a SOAP call, before anybody knows who calls."""
    with suppress(BadEnvelope):
        open_envelope(data)


def service(data: bytes) -> None:
    """The same through the whole service, whose answer is always one of SOAP and never a traceback."""
    conversation = RecordingConversation(dict.fromkeys(_OPERATIONS, "") | {"authenticate": ("", "nvu")})
    conversation.answers["receive_response_xml"] = 100
    said: list[str] = []
    environment = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/qbwc",
        "SCRIPT_NAME": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "192.0.2.1",
        "CONTENT_TYPE": "text/xml; charset=utf-8",
        "CONTENT_LENGTH": str(len(data)),
        "HTTP_SOAPACTION": "",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(data),
        "wsgi.errors": io.StringIO(),
    }
    answer = b"".join(make_soap_application(conversation)(environment, lambda status, *_: said.append(status)))
    assert said[0][:3] in ("200", "400", "413", "415", "500"), said
    assert b"Envelope>" in answer
    assert b"Traceback" not in answer


def quickbooks_answer(data: bytes) -> None:
    """An answer of QuickBooks, read record by record."""
    for given in (data, data.decode("utf-8", "replace")):
        try:
            answer = read_answer(given)
        except AnswerError:
            continue
        for response in answer.responses:
            str(response.status.explanation)
            for record in response.records:
                assert isinstance(record, Aggregate)
                leaves(record)


def order_file(data: bytes) -> None:
    """A file of orders: in the format that it looks like, and in each that somebody may say it is."""
    for named in (None, *FORMATS):
        try:
            reading = read_orders(data, format=named, shop="", time_zone=timezone.utc)
        except UnreadableFile:
            continue
        _kept(reading)


def mapping_tables(data: bytes) -> None:
    """Tables of SKUs and of gateways."""
    with suppress(mappings.MappingProblem):
        items = mappings.read_table(data)
        assert mappings.read_table(mappings.written_table(items)) == items
    with suppress(mappings.MappingProblem):
        gateways = mappings.read_gateway_table(data)
        assert mappings.read_gateway_table(mappings.written_gateway_table(gateways)) == gateways


def _kept(reading: Reading) -> None:
    for refused in reading.refused:
        assert refused.place
        assert refused.reason
    for refund in reading.refunds:
        kept = json.loads(json.dumps(encode(refund)))
        assert decode(Refund, kept) == refund
        kept_text = json.dumps(kept, ensure_ascii=False)
        assert "\x00" not in kept_text  # which PostgreSQL does not take
        kept_text.encode("utf-8")


_OPERATIONS: Mapping[str, str] = {
    "server_version": "serverVersion",
    "client_version": "clientVersion",
    "send_request_xml": "sendRequestXML",
    "get_last_error": "getLastError",
    "connection_error": "connectionError",
    "close_connection": "closeConnection",
    "get_interactive_url": "getInteractiveURL",
    "interactive_done": "interactiveDone",
    "interactive_rejected": "interactiveRejected",
}
_CALLS = (
    dotnet_body("serverVersion"),
    dotnet_body("authenticate", elements(strUserName="shop", strPassword="secret")),
    dotnet_body("sendRequestXML", elements(
        ticket="t", strHCPResponse="", strCompanyFileName="C:\\shop.qbw", qbXMLCountry="US", qbXMLMajorVers=16,
        qbXMLMinorVers=0,
    )),
    dotnet_body("receiveResponseXML", elements(ticket="t", response="<QBXML/>", hresult="", message="")),
)  # fmt: skip
_ANSWER = b"""<?xml version="1.0" ?>
<QBXML><QBXMLMsgsRs messageSetStatusCode="0"><SalesReceiptQueryRs requestID="receipts" statusCode="0"
statusSeverity="Info" statusMessage="Status OK"><SalesReceiptRet><TxnID>1-2</TxnID>
<TimeCreated>2024-05-06T08:00:00-08:00</TimeCreated><EditSequence>9</EditSequence><CustomerRef><ListID>8-1</ListID><FullName>Ada</FullName></CustomerRef>
<TxnDate>2024-05-06</TxnDate><RefNumber>1001</RefNumber><Subtotal>20.00</Subtotal><TotalAmount>21.65</TotalAmount>
<SalesReceiptLineRet><TxnLineID>3-4</TxnLineID><ItemRef><FullName>Hat</FullName></ItemRef><Quantity>1</Quantity>
<Amount>20.00</Amount></SalesReceiptLineRet></SalesReceiptRet></SalesReceiptQueryRs><CreditMemoAddRs requestID="memo"
statusCode="3180" statusSeverity="Error" statusMessage="no"/></QBXMLMsgsRs></QBXML>"""


def _json(data: object) -> bytes:
    return json.dumps(data).encode()


def _csv(*rows: tuple[str, ...]) -> bytes:
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    return written.getvalue().encode()


DOORS: Mapping[str, Door] = {
    "envelope": Door(envelope, _CALLS, (b"<!DOCTYPE x>", b"&#0;", b"<![CDATA[", b"encoding=", b"soap:Fault")),
    "service": Door(service, _CALLS, (b"<ticket>", b"&#x1F;", b"xsi:nil=", b"<!--")),
    "quickbooks_answer": Door(
        quickbooks_answer,
        (_ANSWER,),
        (b"<ErrorRecovery>", b"<DataExtRet>", b"<LinkedTxn>", b"requestID=", b"<TotalAmount>-1e9</TotalAmount>"),
    ),
    "order_file": Door(
        order_file,
        (
            _json({"orders": [payloads.order(payloads.refund())]}),
            _json(pair(woo_refund())),
            short(good(1)).encode(),
            codecs.BOM_UTF8 + short(good(2)).encode(),
        ),
        (b"1e400", b'"amount"', b'"refunds"', b"9999999999999999999", b"2024-02-30", b"\\ud800", b"\\u0000", b"-0.001"),
    ),
    "mapping_tables": Door(
        mapping_tables,
        (
            _csv(("sku", "item"), ("HAT", "Apparel:Hat")),
            _csv(mappings.GATEWAY_COLUMNS, ("paypal", "Banks:PayPal", "PayPal", "credit_card")),
        ),
        (b'"', b";", b"\r", b"\x00", b"=1+1"),
    ),
}
