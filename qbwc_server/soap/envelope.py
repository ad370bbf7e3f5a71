"""Reads the SOAP 1.1 envelope of a call, and refuses what the Web Connector never sends.

The caller is not known yet when its envelope is read, so what it may cost is bounded first: only UTF-8, no DOCTYPE and
so no entities, few tags, short tags. Text may be as long as the body: QuickBooks' answers come as one text node of tens
of megabytes. The Web Connector writes characters that XML does not allow (a control character in a memo) as numeric
references; they are read as U+FFFD rather than losing QuickBooks' answer.
"""

from __future__ import annotations

import re
from itertools import islice

from lxml import etree

SOAP_11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"

MAX_TAGS = 1000
"""Most tags in one envelope; the Web Connector's have fewer than twenty."""
MAX_TAG_BYTES = 64 * 1024
"""Longest single tag with its attributes."""
MAX_REFERENCES = 200_000
"""Most numeric references gone through for illegal ones, where there are any; line ends are not counted."""

_ENCODINGS = frozenset({"", "utf-8", "utf8", "us-ascii"})
_OTHER_UNICODE = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_DECLARED_ENCODING = re.compile(rb"""\A<\?xml\s[^>]*?\bencoding\s*=\s*["']([^"']*)["']""")
_TAG = re.compile(rb"""<[^"'>]*(?:"[^"]*"[^"'>]*|'[^']*'[^"'>]*)*>""")
_CLOSED_BY = ((b"<?", b"?>"), (b"<!--", b"-->"), (b"<![CDATA[", b"]]>"))
_SUSPECT = re.compile(
    rb"&#(?!xD;|xA;|x9;)(?:x([0-9A-Fa-f]+)|([0-9]+));|[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]"
)
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}".encode()
_LONGEST_REFERENCE = 10


class BadEnvelope(ValueError):
    """The body is not an envelope that this service takes; `code` is the SOAP fault code to answer with."""

    def __init__(self, message: str, code: str = "Client") -> None:
        super().__init__(message)
        self.code = code


def open_envelope(body: bytes, charset: str = "") -> etree._Element:
    """The Envelope element of a SOAP 1.1 call with exactly one element in its Body.

    `charset` is that of the Content-Type header, empty where it names none. Raises BadEnvelope.
    """
    _refuse_other_encodings(body, charset)
    _refuse_costly_markup(body)
    envelope = _parse(body)
    if envelope.tag == f"{{{SOAP_12}}}Envelope":
        raise BadEnvelope("this service speaks SOAP 1.1; the call is SOAP 1.2", "VersionMismatch")
    if envelope.tag != f"{{{SOAP_11}}}Envelope":
        raise BadEnvelope(
            f"the root element is {_shown(envelope.tag)}, not the Envelope of SOAP 1.1", "VersionMismatch"
        )
    bodies = envelope.findall(f"{{{SOAP_11}}}Body")
    if len(bodies) != 1 or len(bodies[0]) != 1:
        raise BadEnvelope("the envelope must have one Body with one element in it, the operation called")
    if bodies[0][0].tag == f"{{{SOAP_11}}}Fault":
        raise BadEnvelope("a Fault was sent where an operation is expected")
    return envelope


def is_xml_character(code: int) -> bool:
    """Whether XML 1.0 allows the character with this number.

    >>> is_xml_character(0x1F), is_xml_character(0x20), is_xml_character(0xD800)
    (False, True, False)
    """
    return code in (0x9, 0xA, 0xD) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or 0x10000 <= code <= 0x10FFFF


def _refuse_other_encodings(body: bytes, charset: str) -> None:
    if charset.lower() not in _ENCODINGS:
        raise BadEnvelope(f"the body must be UTF-8; its Content-Type says {_shown(charset)}")
    if body.startswith(_OTHER_UNICODE) or b"\x00" in body[:4]:
        raise BadEnvelope("the body must be UTF-8; it looks like UTF-16 or UTF-32")
    declared = _DECLARED_ENCODING.match(body.removeprefix(_BYTE_ORDER_MARK)[:MAX_TAG_BYTES])
    if declared and declared[1].decode("latin-1").lower() not in _ENCODINGS:
        raise BadEnvelope(f"the body must be UTF-8; its XML declaration says {_shown(declared[1].decode('latin-1'))}")


def _refuse_costly_markup(body: bytes) -> None:
    """Goes over the tags alone, in one pass; their sense is the parser's business."""
    position = tags = 0
    while (position := body.find(b"<", position)) != -1:
        tags += 1
        if tags > MAX_TAGS:
            raise BadEnvelope(f"the envelope has more than {MAX_TAGS} tags")
        position = _end_of_markup(body, position)


def _end_of_markup(body: bytes, start: int) -> int:
    for opening, closing in _CLOSED_BY:
        if body.startswith(opening, start):
            end = body.find(closing, start + len(opening))
            if end == -1:
                raise BadEnvelope(
                    f"the body is not well-formed XML: {opening.decode()} at byte {start} is never closed"
                )
            return end + len(closing)
    if body.startswith(b"<!", start):
        raise BadEnvelope("a document type declaration (DOCTYPE) is not accepted in a SOAP envelope")
    tag = _TAG.match(body, start, start + MAX_TAG_BYTES)
    if tag is None:
        raise BadEnvelope(f"the tag at byte {start} is not closed within {MAX_TAG_BYTES} bytes")
    return tag.end()


def _parse(body: bytes) -> etree._Element:
    try:
        return etree.fromstring(body, _parser())
    except etree.XMLSyntaxError as error:
        if sum(1 for _ in islice(_SUSPECT.finditer(body), MAX_REFERENCES + 1)) > MAX_REFERENCES:
            raise _not_well_formed(error) from error
        cleaned = _SUSPECT.sub(_without_illegal_character, body)
        if cleaned == body:
            raise _not_well_formed(error) from error
    try:
        return etree.fromstring(cleaned, _parser())
    except etree.XMLSyntaxError as error:
        raise _not_well_formed(error) from error


def _parser() -> etree.XMLParser:
    """A new one for each call: a parser is not shared between threads. `huge_tree` lifts the 10 MB limit on a text."""
    return etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=True,
        remove_comments=True,
        remove_pis=True,
    )


def _without_illegal_character(found: re.Match[bytes]) -> bytes:
    hexadecimal, decimal = found.groups()
    if hexadecimal is None and decimal is None:
        return _REPLACEMENT
    digits = (hexadecimal or decimal).lstrip(b"0") or b"0"
    if len(digits) > _LONGEST_REFERENCE:
        return _REPLACEMENT
    return found[0] if is_xml_character(int(digits, 16 if hexadecimal else 10)) else _REPLACEMENT


def _not_well_formed(error: etree.XMLSyntaxError) -> BadEnvelope:
    line, column = error.position
    return BadEnvelope(f"the body is not well-formed XML, at line {line}, column {column}: {_shown(error.msg or '')}")


def _shown(text: object, longest: int = 200) -> str:
    """What the caller wrote, fit to be shown back to it: short and printable."""
    return "".join(letter if letter.isprintable() else "?" for letter in str(text)[:longest])
