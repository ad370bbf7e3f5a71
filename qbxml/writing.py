"""From requests to the bytes of a message set: pure ASCII, in QuickBooks' order, checked before they leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from lxml import etree

from qbxml.aggregate import Aggregate, Attribute, Content, FieldSpec, specs
from qbxml.common import Ref
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


@dataclass(frozen=True)
class MessageSet:
    """Requests that QuickBooks works one after the other; with an ID, it keeps the outcome (FACTS.md 3)."""

    calls: tuple[Call, ...] = ()
    on_error: Literal["continueOnError", "stopOnError"] = "continueOnError"
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
    root = etree.fromstring(request, _parser())
    for element in root.iter():
        macro = element.get("useMacro", "")
        if macro in txn_ids:
            del element.attrib["useMacro"]
            element.text = txn_ids[macro]
    return etree.tostring(root, encoding="us-ascii", xml_declaration=False)


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)


def _check_set(message_set: MessageSet) -> None:
    if len(message_set.calls) > MAX_REQUESTS_IN_A_SET:
        raise FieldError("QBXMLMsgsRq", f"{len(message_set.calls)} requests; at most {MAX_REQUESTS_IN_A_SET} go in one")
    for name in ("new_message_set_id", "old_message_set_id"):
        value = getattr(message_set, name)
        if value is not None and not (0 < len(value) <= MAX_MESSAGE_SET_ID_CHARACTERS and value.isascii()):
            raise FieldError(f"QBXMLMsgsRq.{name}", f"{value!r} is not 1 to {MAX_MESSAGE_SET_ID_CHARACTERS} characters")
    seen = set()
    for call in message_set.calls:
        if len(call.request_id) > MAX_REQUEST_ID_CHARACTERS or call.request_id in seen:
            raise FieldError("requestID", f"{call.request_id!r} is too long or stands twice in the set")
        seen.add(call.request_id)


def _write_call(body: etree._Element, call: Call, version: tuple[int, int]) -> None:
    if isinstance(call.request, bytes):
        written = etree.fromstring(call.request, _parser())
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
        for item in content if spec.repeated else (content,):
            _write_field(element, spec, item, here, version)


def _write_field(element: etree._Element, spec: FieldSpec, item: object, here: str, version: tuple[int, int]) -> None:
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
    if not isinstance(item, Ref):
        return
    if not item.list_id and not item.full_name:
        raise FieldError(here, "names nothing: neither ListID nor FullName is given")
    limit = spec.full_name_length
    if limit is not None and item.full_name is not None and len(item.full_name) > limit:
        raise FieldError(f"{here}.FullName", f"has {len(item.full_name)} characters, QuickBooks takes {limit}")
