"""The formats that are offered, a line each, and the one function that reads a file in any of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo

from qbwc_server.sources import connex_json, csv_file, shopify
from qbwc_server.sources.document import Document
from qbwc_server.sources.reading import Reading, UnreadableFile


@dataclass(frozen=True)
class _Format:
    name: str
    recognises: Callable[[Document], bool]
    read: Callable[[Document, str, tzinfo], Reading]  # document, the connection's shop, the connection's time zone


_FORMATS = (
    _Format("shopify", shopify.recognises, shopify.read),
    _Format("csv", csv_file.recognises, csv_file.read),
    _Format("json", connex_json.recognises, connex_json.read),
)

# Formats that are known and can't be read yet, with fields that only their orders have.
_NOT_OFFERED_YET = {"woocommerce": frozenset({"date_created", "order_key", "view_order_url"})}

FORMATS: tuple[str, ...] = tuple(entry.name for entry in _FORMATS)


def read_orders(data: bytes, *, format: str | None, shop: str, time_zone: tzinfo) -> Reading:
    """The refunds in a file of orders, with what was refused and why.

    `format` is one of FORMATS, or None to tell it from the content. `shop` is the connection's, for files that have
    a column for it and leave it empty; `time_zone` the connection's, for dates without an offset.
    Raises UnreadableFile where nothing could be read; a single bad record never raises, it is in `refused`.
    """
    entry = None if format is None else _named(format)
    document = Document(data)
    return (entry or _recognised(document)).read(document, shop, time_zone)


def _named(name: str) -> _Format:
    for entry in _FORMATS:
        if entry.name == name:
            return entry
    if name in _NOT_OFFERED_YET:
        raise _not_offered_yet(name)
    raise UnreadableFile(f"there is no format {name!r}; use one of {', '.join(FORMATS)}")


def _not_offered_yet(name: str) -> UnreadableFile:
    return UnreadableFile(f"the format {name} is not offered yet; use one of {', '.join(FORMATS)}")


def _recognised(document: Document) -> _Format:
    fields = _fields_of_first_order(document)
    for name, own_fields in _NOT_OFFERED_YET.items():
        if own_fields & fields:
            raise _not_offered_yet(name)
    for entry in _FORMATS:
        if entry.recognises(document):
            return entry
    raise UnreadableFile(
        "the file is none that is known: expected Shopify orders as JSON, a JSON object with a list of refunds, "
        f"or CSV with a header; name the format ({', '.join(FORMATS)}) if it is one of them"
    )


def _fields_of_first_order(document: Document) -> frozenset[str]:
    if not document.looks_like_json:
        return frozenset()
    data = document.json
    if isinstance(data, dict):
        data = data.get("orders") or data.get("order") or data
    if isinstance(data, list):
        data = data[0] if data else None
    return frozenset(data) if isinstance(data, dict) else frozenset()
