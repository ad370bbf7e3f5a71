"""Reads a message set of requests as QuickBooks does: all of it is in order, or all of it is refused.

The prolog, ASCII and the versions are from FACTS.md 7 and 8, the rules for empty sets from FACTS.md 3, onError from
FACTS.md 4. QuickBooks itself names neither place nor reason of a fault; `ParseFault` has both, for whoever seeks it.
"""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from lxml import etree

from qbsim.grammar.messages import MESSAGE_SET_ATTRIBUTES, REQUESTS
from qbsim.grammar.model import ElementFault, check
from qbsim.grammar.types import XML_WHITE_SPACE, Version

PARSE_ERROR = "0x80040400"
"""QuickBooks' HRESULT for a request text that it cannot read (hresults.csv)."""

MAX_MESSAGE_SET_BYTES = 8_000_000
"""The largest message set that is read, in bytes; below the limit of the XML library for one text."""

QBXML_VERSIONS: tuple[Version, ...] = (
    *((1, 0), (1, 1), (2, 0), (2, 1), (3, 0), (4, 0), (4, 1)),
    *((major, 0) for major in range(5, 17)),
)
"""The versions of qbXML up to QuickBooks 2023; every release accepts its own and all older ones."""


class ParseFault(Exception):
    """The message set is refused as a whole, nothing of it is done: `reason` at `place`, reported as `hresult`."""

    hresult: str = PARSE_ERROR

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"{place}: {reason}")
        self.place = place
        self.reason = reason


@dataclass(frozen=True)
class Request:
    """One request of a set, already held against the grammar."""

    name: str
    """As in the set: "CreditMemoAddRq"."""
    request_id: str | None
    attributes: Mapping[str, str]
    """All attributes: requestID, metaData, iterator, iteratorID."""
    element: etree._Element


@dataclass(frozen=True)
class MessageSet:
    """A valid message set."""

    version: Version
    on_error: str
    """stopOnError or continueOnError."""
    new_message_set_id: str | None
    old_message_set_id: str | None
    requests: tuple[Request, ...]
    digest: str
    """SHA-256 of what is asked for, whatever the layout: the checksum of error recovery."""
    response_data: str = "includeAll"
    """includeAll or includeNone: whether the answers carry the records."""


def versions_up_to(newest: Version) -> tuple[Version, ...]:
    """What a QuickBooks whose own version is `newest` supports.

    >>> versions_up_to((3, 0))
    ((1, 0), (1, 1), (2, 0), (2, 1), (3, 0))
    """
    return tuple(version for version in QBXML_VERSIONS if version <= newest)


def read_message_set(data: bytes | str, *, supported_versions: Sequence[Version] = QBXML_VERSIONS) -> MessageSet:
    """Read one whole document and hold it against the grammar. ParseFault: the first thing that is wrong with it."""
    raw = _as_bytes(data)
    version = _version(raw, supported_versions)
    message_set = _message_set_element(_parsed(raw))
    attributes = _attributes(message_set, version)
    requests = tuple(_requests(message_set, version))
    new_id, old_id = attributes.get("newMessageSetID"), attributes.get("oldMessageSetID")
    if not requests and (old_id is None or new_id not in (None, old_id)):
        raise ParseFault(
            "QBXMLMsgsRq",
            "holds no request; without one, a set must clear (oldMessageSetID alone) "
            "or ask for a status (oldMessageSetID and newMessageSetID, both the same)",
        )
    return MessageSet(
        version=version,
        on_error=attributes["onError"],
        new_message_set_id=new_id,
        old_message_set_id=old_id,
        requests=requests,
        digest=_digest(request.element for request in requests),
        response_data=attributes.get("responseData", "includeAll"),
    )


_PROLOG = "the start of the document"
_SPACE_AND_COMMENTS = rb"(?:[ \t\r\n]|<!--(?:(?!--).)*-->)*"
_XML_DECLARATION = re.compile(
    rb"<\?xml[ \t\r\n]+version[ \t\r\n]*=[ \t\r\n]*[\"']1\.[0-9]+[\"']"
    rb"(?:[ \t\r\n]+encoding[ \t\r\n]*=[ \t\r\n]*[\"'](?P<encoding>[A-Za-z][A-Za-z0-9._-]*)[\"'])?"
    rb"(?:[ \t\r\n]+standalone[ \t\r\n]*=[ \t\r\n]*[\"'](?:yes|no)[\"'])?[ \t\r\n]*\?>"
)
_DOCTYPE = re.compile(_SPACE_AND_COMMENTS + rb"(?:<\?[^?]*\?>" + _SPACE_AND_COMMENTS + rb")*<!DOCTYPE", re.DOTALL)
_VERSION_AND_ROOT = re.compile(
    _SPACE_AND_COMMENTS
    + rb"<\?qbxml[ \t\r\n]+version[ \t\r\n]*=[ \t\r\n]*[\"'](?P<version>[^\"']*)[\"'][ \t\r\n]*\?>"
    + rb"[ \t\r\n]*<QBXML[ \t\r\n>/]",
    re.DOTALL,
)
_VERSION = re.compile(rb"([0-9]{1,2})\.([0-9])")
_ASCII_ENCODINGS = frozenset({"utf-8", "ascii"})
_ONE_BYTE_ENCODINGS = frozenset({"iso8859-1", "cp1252"})


def _as_bytes(data: bytes | str) -> bytes:
    """The document as bytes of the encoding that it names, ASCII where that is UTF-8."""
    start = data[:200] if isinstance(data, bytes) else data[:200].encode("ascii", "replace")
    declaration = _XML_DECLARATION.match(start)
    if declaration is None:
        raise ParseFault(_PROLOG, 'must be the XML declaration, <?xml version="1.0" encoding="utf-8"?>')
    encoding = _known_encoding((declaration["encoding"] or b"utf-8").decode("ascii"))
    if encoding in _ASCII_ENCODINGS:
        encoding = "ascii"
    try:
        raw = data if isinstance(data, bytes) else data.encode(encoding)
        raw.decode(encoding)
    except UnicodeError as error:
        raise ParseFault(
            f"character {getattr(error, 'start', 0) + 1}",
            f"is not {encoding}; write letters outside ASCII as numeric references such as &#233;",
        ) from None
    if len(raw) > MAX_MESSAGE_SET_BYTES:
        raise ParseFault(
            "the document", f"has {len(raw)} bytes, at most {MAX_MESSAGE_SET_BYTES} are read: send smaller sets"
        )
    return raw


def _known_encoding(name: str) -> str:
    try:
        encoding = codecs.lookup(name).name
    except LookupError:
        encoding = ""
    if encoding not in _ASCII_ENCODINGS | _ONE_BYTE_ENCODINGS:
        raise ParseFault(_PROLOG, f"the encoding {name} is not read; write utf-8")
    return encoding


def _version(raw: bytes, supported_versions: Sequence[Version]) -> Version:
    declaration = _XML_DECLARATION.match(raw)
    end = declaration.end() if declaration else 0
    if _DOCTYPE.match(raw, end):
        raise ParseFault(_PROLOG, "a document type (DOCTYPE) is not allowed")
    found = _VERSION_AND_ROOT.match(raw, end)
    if found is None:
        raise ParseFault(_PROLOG, '<?qbxml version="13.0"?> must stand directly before the root QBXML')
    numbers = _VERSION.fullmatch(found["version"])
    version = (int(numbers[1]), int(numbers[2])) if numbers else None
    if version is None or version not in supported_versions:
        asked, newest = found["version"].decode("ascii", "replace"), max(supported_versions)
        raise ParseFault(_PROLOG, f"qbXML {asked} is not supported, the newest is {newest[0]}.{newest[1]}")
    return version


def _parsed(raw: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        return etree.fromstring(raw, parser)
    except etree.XMLSyntaxError as error:
        raise ParseFault(f"line {error.lineno}", f"is not well-formed XML: {error.msg}") from None


def _message_set_element(root: etree._Element) -> etree._Element:
    if root.attrib:
        raise ParseFault("QBXML", f"has no attribute {next(iter(root.attrib))!s}")
    children = [child for child in root if isinstance(child.tag, str)]
    texts = [root.text, *(child.tail for child in root)]
    if [child.tag for child in children] != ["QBXMLMsgsRq"] or any(
        text and text.strip(XML_WHITE_SPACE) for text in texts
    ):
        raise ParseFault("QBXML", "must hold exactly one QBXMLMsgsRq and nothing else")
    return children[0]


def _attributes(message_set: etree._Element, version: Version) -> dict[str, str]:
    given = {str(name): str(value) for name, value in message_set.attrib.items()}
    if "onError" not in given:
        raise ParseFault("QBXMLMsgsRq", "the attribute onError is missing")
    for name, value in given.items():
        value_type = MESSAGE_SET_ATTRIBUTES.get(name)
        if value_type is None:
            raise ParseFault("QBXMLMsgsRq", f"has no attribute {name}")
        reason = value_type.fault(value, version)
        if reason is None and name.endswith("MessageSetID") and not value:
            reason = "is empty"
        if reason is not None:
            raise ParseFault("QBXMLMsgsRq", f"attribute {name}: {reason}")
    return given


def _requests(message_set: etree._Element, version: Version) -> Iterable[Request]:
    _refuse_text(message_set, message_set.text)
    for element in message_set:
        _refuse_text(message_set, element.tail)
        name = element.tag
        if not isinstance(name, str):
            continue  # a processing instruction
        declared = REQUESTS.get(name)
        if declared is None:
            raise ParseFault(_place(element), "is not a request that this QuickBooks knows")
        if declared.since > version:
            raise ParseFault(_place(element), f"exists from qbXML {declared.since[0]}.{declared.since[1]} on only")
        try:
            check(element, declared, version)
        except ElementFault as fault:
            raise ParseFault(_place(fault.element), fault.reason) from None
        attributes = {str(key): str(value) for key, value in element.attrib.items()}
        yield Request(name, attributes.get("requestID"), MappingProxyType(attributes), element)


def _refuse_text(message_set: etree._Element, text: str | None) -> None:
    if text is not None and text.strip(XML_WHITE_SPACE):
        raise ParseFault(_place(message_set), "holds requests, not text")


def _place(element: etree._Element) -> str:
    """Where an element stands: its names from the request on, the number of the request in the set, the line.

    For example "CreditMemoAddRq[2]/CreditMemoAdd/RefNumber, line 9".
    """
    names: list[str] = []
    current: etree._Element | None = element
    while current is not None and current.tag not in ("QBXMLMsgsRq", "QBXML"):
        name = str(current.tag)
        parent = current.getparent()
        if parent is not None and parent.tag == "QBXMLMsgsRq":
            before = sum(1 for sibling in current.itersiblings(preceding=True) if isinstance(sibling.tag, str))
            name = f"{name}[{before + 1}]"
        names.append(name)
        current = parent
    path = "/".join(reversed(names)) or str(element.tag)
    return f"{path}, line {element.sourceline}"


def _digest(elements: Iterable[etree._Element]) -> str:
    """Names, attributes and texts in order; white space between elements and the order of attributes do not count."""
    content = hashlib.sha256()
    for element in elements:
        pieces: list[str] = []
        _canonical(element, pieces)
        content.update("".join(pieces).encode())
    return content.hexdigest()


def _canonical(element: etree._Element, pieces: list[str]) -> None:
    attributes = sorted((str(name), str(value)) for name, value in element.attrib.items())
    pieces.append(f"<{element.tag!s}{attributes if attributes else ''}>")
    children = [child for child in element if isinstance(child.tag, str)]
    if children:
        for child in children:
            _canonical(child, pieces)
    else:
        texts = [element.text or "", *(child.tail or "" for child in element)]
        value = "".join(texts)
        pieces.append(repr(value) if value.strip(XML_WHITE_SPACE) else "")
    pieces.append(">")
