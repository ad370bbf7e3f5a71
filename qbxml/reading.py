"""From the bytes of an answer to typed records, one record at a time, without losing what no declaration names."""

from __future__ import annotations

import io
import re
import typing
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any

from lxml import etree

from qbxml.aggregate import Aggregate, Attribute, Content, FieldSpec, Named, Node, elements, specs
from qbxml.common import ErrorRecovery
from qbxml.requests import RECORDS
from qbxml.status import Status
from qbxml.types import whole

MAX_ANSWER_BYTES = 64 * 1024 * 1024
MAX_DEPTH = 30  # elements within each other; QuickBooks' own stay below 10


class AnswerError(ValueError):
    """An answer that is not qbXML, or not one that we may read; says where and why."""


@dataclass(frozen=True)
class Response:
    """The answer to one request."""

    name: str  # of the request, without Rs: "CreditMemoAdd"
    request_id: str
    status: Status
    records: tuple[Aggregate, ...] = ()
    error_recovery: ErrorRecovery | None = None
    iterator_id: str | None = None
    iterator_remaining_count: int | None = None
    attributes: dict[str, str] = field(default_factory=dict)
    undeclared: tuple[Node, ...] = ()  # records of kinds that no declaration names


@dataclass(frozen=True)
class Answer:
    """The answers to a message set, and the status of the set itself where it had an ID."""

    responses: tuple[Response, ...]
    message_set_status_code: int | None = None
    attributes: dict[str, str] = field(default_factory=dict)

    @property
    def by_request_id(self) -> dict[str, Response]:
        """Each answer under the name of its request, in a dictionary of the caller's own."""
        return {response.request_id: response for response in self.responses}


def read_answer(data: bytes | str) -> Answer:
    """The typed form of an answer.

    Raises AnswerError where it is not well-formed, holds a DTD or entities, is too large or is no QBXML.
    """
    raw = _utf8(data) if isinstance(data, str) else data
    if len(raw) > MAX_ANSWER_BYTES:
        raise AnswerError(f"the answer has {len(raw)} bytes; at most {MAX_ANSWER_BYTES} are read")
    reader = _Reader()
    try:
        for event, element in etree.iterparse(
            io.BytesIO(raw),
            events=("start", "end"),
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            remove_comments=True,
            remove_pis=True,
        ):
            reader.take(event, element)
    except etree.XMLSyntaxError as error:
        raise AnswerError(f"the answer is not well-formed XML: {error.msg}") from None
    return reader.result()


def _utf8(text: str) -> bytes:
    """The bytes of a text, without a declaration whose encoding no longer holds."""
    try:
        return re.sub(r"^\ufeff?\s*<\?xml\s[^>]*\?>", "", text, count=1).encode("utf-8")
    except UnicodeEncodeError as error:
        raise AnswerError(f"the answer holds half a character at position {error.start}") from None


class _Reader:
    """Follows the parser; each record is made and let go as soon as it is complete, so that memory stays small."""

    def __init__(self) -> None:
        self.depth = 0
        self.inside = False  # QBXMLMsgsRs; what may stand beside it, such as a sign-on, is no answer to a request
        self.set_attributes: dict[str, str] | None = None
        self.responses: list[Response] = []
        self.records: list[Aggregate] = []
        self.undeclared: list[Node] = []
        self.error_recovery: ErrorRecovery | None = None

    def take(self, event: str, element: etree._Element) -> None:
        if event == "start":
            self.depth += 1
            if self.depth < 3 or self.depth > MAX_DEPTH:
                self._start(element)
            return
        if self.depth == 4 and self.inside:
            self._record(element)
            element.clear()
        elif self.depth == 3 and self.inside:
            self._response(element)
            element.clear()
        elif self.depth == 2:
            self.inside = False
        self.depth -= 1

    def result(self) -> Answer:
        if self.set_attributes is None:
            raise AnswerError("the answer holds no QBXMLMsgsRs")
        code = self.set_attributes.get("messageSetStatusCode")
        return Answer(tuple(self.responses), _whole(code), self.set_attributes)

    def _start(self, element: etree._Element) -> None:
        if self.depth == 1:
            if element.getroottree().docinfo.doctype:
                raise AnswerError("the answer holds a DTD, which QuickBooks never sends")
            if element.tag != "QBXML":
                raise AnswerError(f"the answer's root is {element.tag!s}, not QBXML")
        elif self.depth == 2 and element.tag == "QBXMLMsgsRs":
            if self.set_attributes is not None:
                raise AnswerError("the answer holds QBXMLMsgsRs twice")
            self.inside = True
            self.set_attributes = _attributes(element)
        elif self.depth > MAX_DEPTH:
            raise AnswerError(f"the answer has more than {MAX_DEPTH} elements within each other")

    def _record(self, element: etree._Element) -> None:
        name = str(element.tag)
        if name == "ErrorRecovery":
            made = _aggregate(ErrorRecovery, element)
            self.error_recovery = made if isinstance(made, ErrorRecovery) else None
            return
        kind = RECORDS.get(name)
        record = _aggregate(kind, element) if kind is not None else None
        if record is None:
            self.undeclared.append(_node(element))
        else:
            self.records.append(record)

    def _response(self, element: etree._Element) -> None:
        attributes = _attributes(element)
        code = _whole(attributes.get("statusCode"))
        if code is None:
            raise AnswerError(f"{element.tag!s} carries no statusCode")
        self.responses.append(
            Response(
                name=str(element.tag).removesuffix("Rs"),
                request_id=attributes.get("requestID", ""),
                status=Status(code, attributes.get("statusSeverity", ""), attributes.get("statusMessage", "")),
                records=tuple(self.records),
                error_recovery=self.error_recovery,
                iterator_id=attributes.get("iteratorID"),
                iterator_remaining_count=_whole(attributes.get("iteratorRemainingCount")),
                attributes=attributes,
                undeclared=tuple(self.undeclared),
            )
        )
        self.records, self.undeclared, self.error_recovery = [], [], None


def _aggregate(kind: type[Aggregate], element: etree._Element) -> Aggregate | None:
    """The typed form of an element; None where a field that its declaration demands is not there."""
    values: dict[str, Any] = {}
    several: dict[str, list[Any]] = {}
    undeclared: list[Node] = []
    known = elements(kind)
    for child in element:
        spec, inner = known.get(str(child.tag), (None, None))
        if spec is None or (not spec.repeated and spec.attribute in values):
            undeclared.append(_node(child))
            continue
        value = _aggregate(inner, child) if inner is not None else _scalar(spec.rule, child)
        if value is None:
            undeclared.append(_node(child))
        elif spec.repeated:
            several.setdefault(spec.attribute, []).append(value)
        else:
            values[spec.attribute] = value
    values.update((attribute, tuple(found)) for attribute, found in several.items())
    for spec in _settled_last(kind):
        if spec.place is Attribute and element.get(spec.name) is not None:
            values[spec.attribute] = element.get(spec.name)
        elif spec.place is Content:
            values[spec.attribute] = element.text
        elif spec.required and spec.attribute not in values:
            return None
    undeclared += _undeclared_attributes(kind, element)
    return kind(undeclared=tuple(undeclared), **values)


def _undeclared_attributes(kind: type[Aggregate], element: etree._Element) -> list[Node]:
    """As nodes whose names begin with an @."""
    declared = {spec.name for spec in _settled_last(kind) if spec.place is Attribute} if element.keys() else set()
    return [Node(f"@{name}", str(element.get(name))) for name in element.keys() if name not in declared]  # noqa: SIM118


def _settled_last(kind: type[Aggregate]) -> tuple[FieldSpec, ...]:
    """The fields that no child element fills, or that must not be missing."""
    return _settled(typing.cast("Any", kind))


@cache
def _settled(kind: Any) -> tuple[FieldSpec, ...]:
    return tuple(spec for spec in specs(kind) if spec.place is not Named or spec.required)


def _scalar(rule: Any, child: etree._Element) -> Any:
    """The value, or None where it is empty or not of its type: then the element is kept as it came."""
    text = child.text
    if not text or len(child):
        return None
    try:
        return rule.read(text)
    except ValueError:
        return None


def _node(element: etree._Element) -> Node:
    return Node(
        name=str(element.tag),
        text=(element.text or "") if not len(element) else "",
        attributes=tuple(sorted(_attributes(element).items())),
        children=tuple(_node(child) for child in element),
    )


def _attributes(element: etree._Element) -> dict[str, str]:
    return {str(name): str(value) for name, value in element.attrib.items()}


def _whole(text: str | None) -> int | None:
    try:
        return whole(text) if text is not None else None
    except ValueError:
        raise AnswerError(f"{text!r} stands where a whole number belongs") from None


def leaves(value: Aggregate, path: str = "") -> list[tuple[str, str]]:
    """Every value of a record with its path in Intuit's names, declared or not: what a lossless reading must hold."""
    found: list[tuple[str, str]] = []
    for spec in specs(type(value)):
        content = getattr(value, spec.attribute)
        for item in () if content is None else content if spec.repeated else (content,):
            here = f"{path}/{type(item).__name__ if isinstance(item, Aggregate) and spec.repeated else spec.name}"
            if isinstance(item, Aggregate):
                found += leaves(item, here)
            else:
                found.append((here, format(item, "f") if isinstance(item, Decimal) else str(item)))
    for node in value.undeclared:
        found += _node_leaves(node, path)
    return found


def _node_leaves(node: Node, path: str) -> list[tuple[str, str]]:
    here = f"{path}/{node.name}"
    inner = [leaf for child in node.children for leaf in _node_leaves(child, here)]
    return inner or [(here, node.text)]
