"""What an envelope may be made of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from qbwc_server.soap.envelope import MAX_REFERENCES, MAX_TAG_BYTES, MAX_TAGS, BadEnvelope, open_envelope
from tests.soap.serving import dotnet_body

CALL = dotnet_body("serverVersion")
PROLOG = b'<?xml version="1.0" encoding="utf-8"?>'
BOMB = b'<!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]>'


def operation_in(body: bytes, charset: str = "utf-8") -> str:
    return etree.QName(open_envelope(body, charset)[-1][0]).localname


@pytest.mark.parametrize(
    "body",
    [
        CALL,
        b"\xef\xbb\xbf" + CALL,
        CALL.removeprefix(PROLOG),
        CALL.replace(b'"utf-8"', b"'UTF-8'"),
        CALL.replace(PROLOG, PROLOG + b"\r\n<!-- a <!DOCTYPE b> in a comment -->\r\n<?pi <!DOCTYPE b> ?>"),
        CALL.replace(b"<soap:Body>", b"<soap:Header><a:b xmlns:a='c'>d</a:b></soap:Header><soap:Body>"),
        CALL.replace(b"<soap:Body>", b"<soap:Body >\n<!-- c -->").replace(b"</soap:Body>", b"\n</soap:Body>"),
    ],
)
def test_an_envelope_opens_whatever_harmless_stands_around_the_call(body: bytes) -> None:
    assert operation_in(body) == "serverVersion"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (CALL.replace(PROLOG, PROLOG + BOMB), "DOCTYPE"),
        (CALL.replace(PROLOG, PROLOG + b"<!-- x --><?y z?>\n" + BOMB), "DOCTYPE"),
        (CALL.replace(PROLOG, PROLOG + b'<!DOCTYPE a SYSTEM "file:///etc/passwd">'), "DOCTYPE"),
        (CALL.replace(b"<soap:Body>", b"<!DOCTYPE a><soap:Body>"), "DOCTYPE"),
        (b"\xef\xbb\xbf" + BOMB + CALL.removeprefix(PROLOG), "DOCTYPE"),
        ((BOMB.decode() + CALL.removeprefix(PROLOG).decode()).encode("utf-16"), "UTF-16"),
        ((BOMB.decode() + CALL.removeprefix(PROLOG).decode()).encode("utf-16-le"), "UTF-16"),
        ((BOMB.decode() + CALL.removeprefix(PROLOG).decode()).encode("utf-32"), "UTF-16"),
        (CALL.replace(b"utf-8", b"utf-7"), "utf-7"),
        (CALL.replace(b"utf-8", b"ISO-8859-1"), "ISO-8859-1"),
        (CALL.replace(b"utf-8", b"IBM037"), "IBM037"),
        (CALL.decode().encode("cp037"), "well-formed"),
        (CALL.replace(b"serverVersion", b"\xe9"), "well-formed"),
        (CALL[:-1], "not closed"),
        (CALL[:-16], "well-formed"),
        (CALL.replace(b" />", b">&unknown;</serverVersion>"), "well-formed"),
        (CALL.replace(b"<soap:Body>", b"<soap:Body><!-- "), "never closed"),
        (b"hello", "well-formed"),
        (b"<a/>", "not the Envelope"),
        (CALL.replace(b"schemas.xmlsoap.org/soap/envelope/", b"www.w3.org/2003/05/soap-envelope"), "SOAP 1.2"),
        (CALL.replace(b"soap:Body", b"soap:Other"), "one Body"),
        (CALL.replace(b'<serverVersion xmlns="http://developer.intuit.com/" />', b""), "one element"),
        (CALL.replace(b"</soap:Body>", b"<b/></soap:Body>"), "one element"),
        (CALL.replace(b'<serverVersion xmlns="http://developer.intuit.com/" />', b"<soap:Fault/>"), "Fault"),
        (CALL.replace(b" />", b">" + b"<a/>" * MAX_TAGS + b"</serverVersion>"), "more than 1000 tags"),
        (CALL.replace(b" />", b' a="' + b"x" * MAX_TAG_BYTES + b'" />'), "not closed within"),
        (CALL.replace(b" />", b"".join(b' a%d=">"' % n for n in range(20000)) + b" />"), "not closed within"),
    ],
)
def test_an_envelope_that_the_web_connector_never_sends_is_refused_with_the_reason(body: bytes, reason: str) -> None:
    with pytest.raises(BadEnvelope, match=reason):
        open_envelope(body, "utf-8")


def test_another_charset_in_the_content_type_is_refused() -> None:
    with pytest.raises(BadEnvelope, match="utf-16"):
        open_envelope(CALL, "utf-16")


def test_a_flood_of_illegal_references_is_refused() -> None:
    body = dotnet_body("receiveResponseXML", "<response>" + "&#1;" * (MAX_REFERENCES + 1) + "</response>")
    with pytest.raises(BadEnvelope, match="well-formed"):
        open_envelope(body)


def test_a_response_written_as_cdata_is_read_as_text() -> None:
    qbxml = "<QBXML>" + "<TxnID>1</TxnID>" * MAX_TAGS + "</QBXML>"
    body = dotnet_body("receiveResponseXML", f"<response><![CDATA[{qbxml}]]></response>")
    assert open_envelope(body)[0][0][0].text == qbxml


@given(st.binary(max_size=200) | st.text(alphabet="<>!?&;#x/\"' aé[]-\0", max_size=80).map(str.encode))
def test_no_bytes_do_anything_but_open_or_be_refused(noise: bytes) -> None:
    for body in (noise, CALL.replace(b"<soap:Body>", b"<soap:Body>" + noise), CALL.replace(b" />", noise + b" />")):
        assert opens_or_says_why_not(body)


def opens_or_says_why_not(body: bytes) -> bool:
    try:
        return len(open_envelope(body)) >= 1
    except BadEnvelope as refused:
        return str(refused).isprintable()
