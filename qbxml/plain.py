"""qbXML as plain data that people and JSON see: the stored conversation on the pages, `--json`, test fixtures."""

from __future__ import annotations

import re
from typing import Any

import xmltodict
from lxml import etree

MAX_SHOWN_BYTES = 2 * 1024 * 1024
MAX_SHOWN_DEPTH = 100  # elements within each other; dictionaries nested deeper make trouble as JSON


def as_plain(document: bytes | str) -> dict[str, Any]:
    """The document as nested dictionaries; attributes carry an `@`, a repeated element is a list.

    Raises ValueError where it is not well-formed, holds a DTD, is too large to be shown or nests too deeply.

    >>> as_plain("<QBXML><TxnID>1-2</TxnID></QBXML>")
    {'QBXML': {'TxnID': '1-2'}}
    """
    root = _parsed(document)
    return dict(xmltodict.parse(etree.tostring(root), disable_entities=True))


def pretty(document: bytes | str) -> str:
    """The document with one element a line, for reading; as it is where `as_plain` would refuse it."""
    try:
        root = _parsed(document)
    except ValueError:
        return document if isinstance(document, str) else document.decode("utf-8", errors="replace")
    return etree.tostring(root, pretty_print=True, encoding="unicode")


def _parsed(document: bytes | str) -> etree._Element:
    raw = _utf8(document) if isinstance(document, str) else document
    if len(raw) > MAX_SHOWN_BYTES:
        raise ValueError(f"the document has {len(raw)} bytes; at most {MAX_SHOWN_BYTES} are shown")
    parser = etree.XMLParser(remove_blank_text=True, resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(raw, parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(f"the document is not well-formed XML: {error.msg}") from None
    if root.getroottree().docinfo.doctype:
        raise ValueError("the document holds a DTD, which qbXML never does")
    depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > MAX_SHOWN_DEPTH:
            raise ValueError(f"the document has more than {MAX_SHOWN_DEPTH} elements within each other")
    return root


def _utf8(text: str) -> bytes:
    """Without its XML declaration, whose encoding no longer holds."""
    return re.sub(r"^\ufeff?\s*<\?xml\s[^>]*\?>", "", text, count=1).encode("utf-8", errors="replace")
