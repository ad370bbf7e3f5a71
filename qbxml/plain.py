"""qbXML as plain data that people and JSON see: the stored conversation on the pages, `--json`, test fixtures."""

from __future__ import annotations

import re
from typing import Any

import xmltodict
from lxml import etree

MAX_SHOWN_BYTES = 2 * 1024 * 1024


def as_plain(document: bytes | str) -> dict[str, Any]:
    """The document as nested dictionaries; attributes carry an `@`, a repeated element is a list.

    Raises ValueError where it is not well-formed or too large to be shown.

    >>> as_plain("<QBXML><TxnID>1-2</TxnID></QBXML>")
    {'QBXML': {'TxnID': '1-2'}}
    """
    raw = document.encode("utf-8") if isinstance(document, str) else document
    if len(raw) > MAX_SHOWN_BYTES:
        raise ValueError(f"the document has {len(raw)} bytes; at most {MAX_SHOWN_BYTES} are shown")
    return dict(xmltodict.parse(_without_prolog(raw), disable_entities=True))


def pretty(document: bytes | str) -> str:
    """The document with one element a line, for reading; as it is where it can't be parsed."""
    raw = document.encode("utf-8") if isinstance(document, str) else document
    parser = etree.XMLParser(remove_blank_text=True, resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(_without_prolog(raw), parser)
    except etree.XMLSyntaxError:
        return raw.decode("utf-8", errors="replace")
    return etree.tostring(root, pretty_print=True, encoding="unicode")


def _without_prolog(raw: bytes) -> bytes:
    """Without its XML declaration, whose encoding may no longer hold, and the qbxml instruction."""
    return re.sub(rb"^(\s*<\?(xml|qbxml)[^>]*\?>)+\s*", b"", raw)
