"""A message set is read or refused as a whole: prolog, ASCII, version, onError, empty sets, places of faults."""

from __future__ import annotations

import random

import pytest

from qbsim.grammar import (
    MAX_MESSAGE_SET_BYTES,
    QBXML_VERSIONS,
    MessageSet,
    ParseFault,
    read_message_set,
    versions_up_to,
)

HOST_QUERY = '<HostQueryRq requestID="1"/>'
CREDIT_MEMO = (
    '<CreditMemoAddRq requestID="{number}"><CreditMemoAdd defMacro="TxnID:R{number}">'
    "<CustomerRef><ListID>80000001-1500000000</ListID></CustomerRef><TxnDate>2024-03-01</TxnDate>"
    "<RefNumber>R{number}</RefNumber><Memo>Refund of order {number}</Memo>"
    "<CreditMemoLineAdd><ItemRef><ListID>80000002-1500000000</ListID></ItemRef><Desc>Returned</Desc>"
    "<Quantity>1</Quantity><Rate>38.95</Rate><Amount>38.95</Amount>"
    "<SalesTaxCodeRef><FullName>Non</FullName></SalesTaxCodeRef></CreditMemoLineAdd>"
    "</CreditMemoAdd></CreditMemoAddRq>"
)
REFUND = (
    '<ARRefundCreditCardAddRq requestID="p{number}"><ARRefundCreditCardAdd>'
    "<CustomerRef><ListID>80000001-1500000000</ListID></CustomerRef><TxnDate>2024-03-01</TxnDate>"
    '<RefundAppliedToTxnAdd><TxnID useMacro="TxnID:R{number}"></TxnID><RefundAmount>38.95</RefundAmount>'
    "</RefundAppliedToTxnAdd></ARRefundCreditCardAdd></ARRefundCreditCardAddRq>"
)


def document(
    requests: str = HOST_QUERY,
    *,
    attributes: str = 'onError="stopOnError"',
    xml: str = '<?xml version="1.0" encoding="utf-8"?>\n',
    qbxml: str = '<?qbxml version="13.0"?>\n',
    before: str = "",
    after: str = "",
) -> str:
    return f"{xml}{before}{qbxml}<QBXML>\n<QBXMLMsgsRq {attributes}>{requests}</QBXMLMsgsRq>{after}</QBXML>\n"


def read(*args: str, **kwargs: str) -> MessageSet:
    return read_message_set(document(*args, **kwargs).encode())


def test_a_set_is_read_with_its_requests_in_order() -> None:
    requests = (
        HOST_QUERY
        + '<InvoiceQueryRq metaData="MetaDataOnly" iterator="Start"><MaxReturned>5</MaxReturned></InvoiceQueryRq>'
    )
    message_set = read(requests, attributes='newMessageSetID="b" oldMessageSetID="a" onError="continueOnError"')
    assert message_set.version == (13, 0)
    assert message_set.on_error == "continueOnError"
    assert (message_set.new_message_set_id, message_set.old_message_set_id) == ("b", "a")
    assert message_set.response_data == "includeAll"
    host, invoices = message_set.requests
    assert (host.name, host.request_id, dict(host.attributes)) == ("HostQueryRq", "1", {"requestID": "1"})
    assert (invoices.name, invoices.request_id) == ("InvoiceQueryRq", None)
    assert dict(invoices.attributes) == {"metaData": "MetaDataOnly", "iterator": "Start"}
    assert invoices.element.findtext("MaxReturned") == "5"


def test_text_is_read_like_its_bytes() -> None:
    assert read_message_set(document()).digest == read_message_set(document().encode()).digest


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"xml": ""}, "must be the XML declaration"),
        ({"xml": '\n<?xml version="1.0"?>'}, "must be the XML declaration"),
        ({"xml": '\ufeff<?xml version="1.0"?>'}, "must be the XML declaration"),
        ({"xml": '<?xml version="1.0" encoding="utf-16"?>'}, "encoding utf-16 is not read"),
        ({"xml": '<?xml version="1.0" encoding="klingon"?>'}, "encoding klingon is not read"),
        ({"qbxml": ""}, "must stand directly before the root"),
        ({"qbxml": '<?qbxml version="13.0"?><!-- in between -->'}, "must stand directly before the root"),
        ({"qbxml": '<?qbxml version="13.0"?><?other?>'}, "must stand directly before the root"),
        ({"qbxml": "<?qbxml?>"}, "must stand directly before the root"),
        ({"qbxml": '<?qbxml version="13"?>'}, "qbXML 13 is not supported, the newest is 16.0"),
        ({"qbxml": '<?qbxml version="17.0"?>'}, "qbXML 17.0 is not supported"),
        ({"qbxml": '<?qbxml version="13.1"?>'}, "qbXML 13.1 is not supported"),
        ({"qbxml": '<?qbxml version="CA3.0"?>'}, "qbXML CA3.0 is not supported"),
        ({"before": "<!DOCTYPE QBXML>"}, "DOCTYPE"),
        ({"before": '<!-- x --><!DOCTYPE QBXML [<!ENTITY a "b">]>'}, "DOCTYPE"),
        ({"qbxml": '<?qbxml version="13.0"?><!DOCTYPE QBXML SYSTEM "file:///etc/passwd">'}, "DOCTYPE"),
        ({"requests": "<HostQueryRq>&a;</HostQueryRq>"}, "is not well-formed XML"),
        ({"requests": "<HostQueryRq>"}, "is not well-formed XML"),
        ({"after": "<QBXMLMsgsRq onError='stopOnError'/>"}, "exactly one QBXMLMsgsRq"),
        ({"after": "text"}, "exactly one QBXMLMsgsRq"),
        ({"requests": HOST_QUERY + "text"}, "holds requests, not text"),
        ({"requests": "<HostQueryRs/>"}, "is not a request that this QuickBooks knows"),
        ({"requests": "<HostqueryRq/>"}, "is not a request that this QuickBooks knows"),
        ({"attributes": ""}, "onError is missing"),
        ({"attributes": 'onError="rollbackOnError"'}, "none of the allowed words"),
        ({"attributes": 'onError="StopOnError"'}, "none of the allowed words"),
        ({"attributes": 'onerror="stopOnError" onError="stopOnError"'}, "has no attribute onerror"),
        ({"attributes": 'onError="stopOnError" newMessageSetID=""'}, "newMessageSetID: is empty"),
        ({"attributes": 'onError="stopOnError" responseData="none"'}, "none of the allowed words"),
    ],
)
def test_a_set_that_is_not_as_it_must_be_is_refused_with_the_reason(change: dict[str, str], reason: str) -> None:
    with pytest.raises(ParseFault) as caught:
        read(**change)
    assert reason in str(caught.value)
    assert caught.value.hresult == "0x80040400"


@pytest.mark.parametrize(
    "root",
    [
        "<QBXML/>",
        '<QBXML xmlns="urn:x"><QBXMLMsgsRq onError="stopOnError"><HostQueryRq/></QBXMLMsgsRq></QBXML>',
        '<QBXML version="13.0"><QBXMLMsgsRq onError="stopOnError"><HostQueryRq/></QBXMLMsgsRq></QBXML>',
        '<QBXML><QBXMLMsgsRs onError="stopOnError"><HostQueryRq/></QBXMLMsgsRs></QBXML>',
        "<QBXML2><QBXMLMsgsRq/></QBXML2>",
        "",
    ],
)
def test_another_root_or_another_message_set_is_refused(root: str) -> None:
    with pytest.raises(ParseFault):
        read_message_set(f'<?xml version="1.0"?><?qbxml version="13.0"?>{root}')


def test_raw_letters_outside_ascii_are_refused_and_numeric_references_work() -> None:
    query = "<CustomerQueryRq><FullName>Caf{letter}</FullName></CustomerQueryRq>"
    raw = document(query.format(letter="\u00e9"))
    for data in (raw, raw.encode(), document(query.format(letter="\u00e9"), xml='<?xml version="1.0"?>').encode()):
        with pytest.raises(ParseFault, match="numeric references"):
            read_message_set(data)
    read_back = read(query.format(letter="&#233;")).requests[0].element.findtext("FullName")
    assert read_back == "Caf\u00e9"


def test_a_set_that_declares_a_one_byte_encoding_is_read_in_it() -> None:
    text = document(
        "<CustomerQueryRq><FullName>Caf\u00e9</FullName></CustomerQueryRq>",
        xml='<?xml version="1.0" encoding="ISO-8859-1"?>',
    )
    for data in (text, text.encode("iso-8859-1")):
        assert read_message_set(data).requests[0].element.findtext("FullName") == "Caf\u00e9"
    with pytest.raises(ParseFault, match="is not iso8859-1"):
        read_message_set(text.replace("\u00e9", "\u20ac"))


def test_an_older_quickbooks_refuses_the_newer_versions() -> None:
    supported = versions_up_to((13, 0))
    assert (14, 0) in QBXML_VERSIONS
    assert (14, 0) not in supported
    assert read_message_set(document(), supported_versions=supported).version == (13, 0)
    with pytest.raises(ParseFault, match=r"qbXML 14\.0 is not supported, the newest is 13\.0"):
        read_message_set(document(qbxml='<?qbxml version="14.0"?>'), supported_versions=supported)


@pytest.mark.parametrize(
    ("requests", "before", "since"),
    [
        ("<ARRefundCreditCardQueryRq/>", "4.1", "5.0"),
        ("<SalesOrderQueryRq/>", "2.0", "2.1"),
        ("<CheckQueryRq><IncludeLinkedTxns>true</IncludeLinkedTxns></CheckQueryRq>", "6.0", "7.0"),
        ("<HostQueryRq><IncludeRetElement>Country</IncludeRetElement></HostQueryRq>", "3.0", "4.0"),
        (
            "<CheckAddRq><CheckAdd><AccountRef/><ApplyCheckToTxnAdd><TxnID>1-1</TxnID></ApplyCheckToTxnAdd></CheckAdd></CheckAddRq>",
            "6.0",
            "7.0",
        ),
        (
            "<CheckAddRq><CheckAdd><AccountRef/><ExternalGUID>0</ExternalGUID></CheckAdd></CheckAddRq>",
            "8.0",
            "9.0",
        ),
        (
            "<CheckAddRq><CheckAdd><AccountRef/><ExpenseLineAdd><VendorRef/></ExpenseLineAdd></CheckAdd></CheckAddRq>",
            "15.0",
            "16.0",
        ),
        (
            "<TxnDeletedQueryRq><TxnDelType>PayrollPriorPayment</TxnDelType></TxnDeletedQueryRq>",
            "15.0",
            "16.0",
        ),
    ],
)
def test_what_came_with_a_version_is_refused_before_it(requests: str, before: str, since: str) -> None:
    assert len(read(requests, qbxml=f'<?qbxml version="{since}"?>').requests) == 1
    with pytest.raises(ParseFault, match=f"from qbXML {since} on only"):
        read(requests, qbxml=f'<?qbxml version="{before}"?>')


@pytest.mark.parametrize(
    ("attributes", "allowed"),
    [
        ('oldMessageSetID="a"', True),
        ('oldMessageSetID="a" newMessageSetID="a"', True),
        ('oldMessageSetID="a" newMessageSetID="b"', False),
        ('newMessageSetID="a"', False),
        ("", False),
    ],
)
def test_a_set_without_requests_must_clear_or_ask_for_a_status(attributes: str, allowed: bool) -> None:
    attributes += ' onError="stopOnError"'
    if allowed:
        assert read("", attributes=attributes).requests == ()
    else:
        with pytest.raises(ParseFault, match="holds no request"):
            read("", attributes=attributes)


def test_one_bad_request_refuses_the_whole_set_and_is_named_with_its_place() -> None:
    bad = CREDIT_MEMO.format(number=2).replace("<RefNumber>R2<", "\n<RefNumber>R23456789012<")
    with pytest.raises(ParseFault) as caught:
        read(CREDIT_MEMO.format(number=1) + bad)
    assert caught.value.place == "CreditMemoAddRq[2]/CreditMemoAdd/RefNumber, line 5"
    assert caught.value.reason == "12 characters, at most 11 are allowed"


def test_the_digest_does_not_depend_on_layout_but_on_every_value_and_attribute() -> None:
    requests = CREDIT_MEMO.format(number=1) + REFUND.format(number=1)
    digest = read(requests).digest
    assert read(requests.replace("><", ">\n  <")).digest == digest
    assert read(requests, attributes='onError="stopOnError" newMessageSetID="x"').digest == digest
    assert read(requests.replace("<Memo>", "<!-- remark --><Memo>")).digest == digest
    changes = [
        ("38.95</RefundAmount>", "38.96</RefundAmount>"),
        ('requestID="1"', 'requestID="2"'),
        ("R1</RefNumber>", "R2</RefNumber>"),
        ("<Desc>Returned</Desc>", ""),
        ("<Memo>Refund of", "<Memo> Refund of"),
    ]
    others = {read(requests.replace(old, new)).digest for old, new in changes}
    assert len(others | {digest}) == 1 + len(changes)
    assert read(REFUND.format(number=1) + CREDIT_MEMO.format(number=1)).digest not in others | {digest}


def test_damaged_bytes_are_refused_or_read_but_never_end_in_another_error() -> None:
    chance = random.Random("damage")
    whole = document(CREDIT_MEMO.format(number=1) + REFUND.format(number=1)).encode()
    refused = 0
    for _ in range(2000):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 3)):
            place = chance.randrange(len(data))
            piece = chance.choice(
                (b"<", b">", b"&", b'"', b"\x00", b"\xff", b"--", b"<!", b"]]>", b"{http://x}", b"9" * 50, b"")
            )
            data[place : place + chance.randint(0, 4)] = piece
        try:
            read_message_set(bytes(data))
        except ParseFault:
            refused += 1
    assert refused > 1000


def test_a_set_beyond_the_largest_size_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(ParseFault, match=f"at most {MAX_MESSAGE_SET_BYTES} are read"):
        read(HOST_QUERY + " " * MAX_MESSAGE_SET_BYTES)


def test_three_hundred_requests_of_one_set_are_read() -> None:
    requests = "".join(CREDIT_MEMO.format(number=number) + REFUND.format(number=number) for number in range(150))
    assert len(read_message_set(document(requests).encode()).requests) == 300
