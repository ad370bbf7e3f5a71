"""From requests to the bytes of a message set: pure ASCII, in QuickBooks' order, checked before they leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from lxml import etree

from qbxml.aggregate import Aggregate, Attribute, Content, FieldSpec, specs
from qbxml.common import MacroID, Ref
from qbxml.requests import Request
from qbxml.types import Text

FLOOR = (13, 0)  # QuickBooks 2014; every newer one accepts it (FACTS.md 8)
MAX_REQUESTS_IN_A_SET = 2000
MAX_MESSAGE_SET_ID_CHARACTERS = 20  # sources tell of 23 and of 24 (FACTS.md 3)
MAX_REQUEST_ID_CHARACTERS = 50  # status code 1060


class FieldError(ValueError):
    """A value that QuickBooks would refuse; `place` is a path such as CreditMemoAdd.RefNumber."""

    def __init__(self, place: str, reason: str) -> None:
        self.place = place
        self.reason = reason
        super().__init__(f"{place}: {reason}")


@dataclass(frozen=True)
class Call:
    """One request of a set, under the name that its answer will carry; written already, or still to be written."""

    request_id: str
    request: Request | bytes


OnError = Literal["continueOnError", "stopOnError"]  # rollbackOnError is in the schema alone (FACTS.md 4)


@dataclass(frozen=True)
class MessageSet:
    """Requests that QuickBooks works one after the other; with an ID, it keeps the outcome (FACTS.md 3)."""

    calls: tuple[Call, ...] = ()
    on_error: OnError = "continueOnError"
    new_message_set_id: str | None = None
    old_message_set_id: str | None = None
    version: tuple[int, int] = FLOOR


def write_message_set(message_set: MessageSet) -> bytes:
    """The bytes of a message set, ready for the Web Connector.

    Raises FieldError, naming the field and the reason, where QuickBooks would refuse a value.

    >>> from qbxml import HostQuery
    >>> print(write_message_set(MessageSet((Call("1", HostQuery()),))).decode())
    <?xml version="1.0" encoding="utf-8"?>
    <?qbxml version="13.0"?>
    <QBXML><QBXMLMsgsRq onError="continueOnError"><HostQueryRq requestID="1"/></QBXMLMsgsRq></QBXML>
    """
    _check_set(message_set)
    root = etree.Element("QBXML")
    body = etree.SubElement(root, "QBXMLMsgsRq")
    for name, value in (
        ("newMessageSetID", message_set.new_message_set_id),
        ("oldMessageSetID", message_set.old_message_set_id),
        ("onError", message_set.on_error),
    ):
        if value is not None:
            body.set(name, value)
    for call in message_set.calls:
        _write_call(body, call, message_set.version)
    major, minor = message_set.version
    prolog = f'<?xml version="1.0" encoding="utf-8"?>\n<?qbxml version="{major}.{minor}"?>\n'
    return prolog.encode("ascii") + etree.tostring(root, encoding="us-ascii", xml_declaration=False)


def write_request(request: Request) -> bytes:
    """One request as it will stand in a set, to be kept until then: the bytes of its Rq element."""
    holder = etree.Element("QBXMLMsgsRq")
    _write_call(holder, Call("", request), FLOOR)
    return etree.tostring(holder[0], encoding="us-ascii", xml_declaration=False)


def with_txn_ids(request: bytes, txn_ids: Mapping[str, str]) -> bytes:
    """A written request that names transactions by their TxnIDs where it named them by these macros.

    >>> with_txn_ids(b'<R><TxnID useMacro="TxnID:A"/></R>', {"TxnID:A": "1-2"})
    b'<R><TxnID>1-2</TxnID></R>'
    """
    root = _parsed(request)
    for element in root.iter(etree.Element):
        macro = element.get("useMacro", "")
        if macro in txn_ids:
            del element.attrib["useMacro"]
            element.text = txn_ids[macro]
    return etree.tostring(root, encoding="us-ascii", xml_declaration=False)


def written_value(request: bytes, path: str) -> str:
    """The text of an element of a written request, by its path below the Rq element; empty where it has none.

    >>> written_value(b"<Rq><CheckAdd><TxnDate>2024-05-06</TxnDate></CheckAdd></Rq>", "CheckAdd/TxnDate")
    '2024-05-06'
    """
    return _parsed(request).findtext(path) or ""


def _parsed(request: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(request, parser)
    except etree.XMLSyntaxError as error:
        raise FieldError("the written request", f"is not well-formed XML: {error.msg}") from None
    if root.getroottree().docinfo.doctype:
        raise FieldError("the written request", "holds a DTD, which no request has")
    return root


def _check_set(message_set: MessageSet) -> None:
    if len(message_set.calls) > MAX_REQUESTS_IN_A_SET:
        raise FieldError("QBXMLMsgsRq", f"{len(message_set.calls)} requests; at most {MAX_REQUESTS_IN_A_SET} go in one")
    if message_set.on_error not in get_args(OnError):
        raise FieldError(
            "QBXMLMsgsRq.onError", f"{message_set.on_error!r} is not one of {', '.join(get_args(OnError))}"
        )
    for name in ("new_message_set_id", "old_message_set_id"):
        value = getattr(message_set, name)
        if value is not None and not (0 < len(value) <= MAX_MESSAGE_SET_ID_CHARACTERS and _is_printable_ascii(value)):
            raise FieldError(
                f"QBXMLMsgsRq.{name}", f"{value!r} is not 1 to {MAX_MESSAGE_SET_ID_CHARACTERS} printable characters"
            )
    seen: set[str] = set()
    for call in message_set.calls:
        name = call.request_id
        if len(name) > MAX_REQUEST_ID_CHARACTERS or not _is_printable_ascii(name) or name in seen:
            raise FieldError(
                "requestID",
                f"{name!r} has over {MAX_REQUEST_ID_CHARACTERS} characters, or unprintable ones, or stands twice",
            )
        seen.add(name)


def _is_printable_ascii(text: str) -> bool:
    return text.isascii() and (text.isprintable() or not text)


def _write_call(body: etree._Element, call: Call, version: tuple[int, int]) -> None:
    if isinstance(call.request, bytes):
        written = _parsed(call.request)
        if call.request_id:
            written.set("requestID", call.request_id)
        body.append(written)
        return
    name = type(call.request).__name__
    outer = etree.SubElement(body, name + "Rq")
    if call.request_id:
        outer.set("requestID", call.request_id)
    target = etree.SubElement(outer, name) if call.request.wrapped else outer
    _write_fields(target, call.request, name, version)


def _write_fields(element: etree._Element, value: Aggregate, place: str, version: tuple[int, int]) -> None:
    for group in value.one_of:
        given = [name for name in group if getattr(value, name) not in (None, ())]
        if len(given) > 1:
            raise FieldError(place, f"only one of {', '.join(group)} may be given, not {' and '.join(given)}")
    for spec in specs(type(value)):
        content = getattr(value, spec.attribute)
        here = f"{place}.{spec.name}"
        if content is None or content == ():
            if spec.required:
                raise FieldError(here, "is missing, and QuickBooks demands it")
            continue
        if spec.since > version:
            raise FieldError(here, f"is known from qbXML {spec.since[0]}.{spec.since[1]} on only")
        if spec.repeated and not isinstance(content, (tuple, list)):
            raise FieldError(here, f"is {content!r}, where several values belong; give a tuple of them")
        for item in content if spec.repeated else (content,):
            _write_field(element, spec, item, here, version)


def _write_field(element: etree._Element, spec: FieldSpec, item: object, here: str, version: tuple[int, int]) -> None:
    if not isinstance(item, spec.aggregates or object) or (isinstance(item, Aggregate) and not spec.aggregates):
        wanted = " or ".join(kind.__name__ for kind in spec.aggregates) or "a plain value"
        raise FieldError(here, f"is a {type(item).__name__}, where {wanted} belongs")
    if isinstance(item, Aggregate):
        child = etree.SubElement(element, type(item).__name__ if spec.repeated else spec.name)
        _check_reference(item, spec, here)
        _write_fields(child, item, here, version)
        return
    try:
        text = (spec.rule or Text()).write(item)
    except ValueError as error:
        raise FieldError(here, str(error)) from None
    if spec.place is Attribute:
        element.set(spec.name, text)
    elif spec.place is Content:
        element.text = text
    else:
        etree.SubElement(element, spec.name).text = text


def _check_reference(item: Aggregate, spec: FieldSpec, here: str) -> None:
    if isinstance(item, MacroID) and bool(item.txn_id) == bool(item.use_macro):
        raise FieldError(here, "must name one transaction, either by its TxnID or by a macro")
    if not isinstance(item, Ref):
        return
    if not item.list_id and not item.full_name:
        raise FieldError(here, "names nothing: neither ListID nor FullName is given")
    limit = spec.full_name_length
    if limit is not None and item.full_name is not None and len(item.full_name) > limit:
        raise FieldError(f"{here}.FullName", f"has {len(item.full_name)} characters, QuickBooks takes {limit}")
