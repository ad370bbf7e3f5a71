"""The formats that are offered, a line each, and the one function that reads a file in any of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from qbwc_server.sources import connex_json, csv_file, shopify, woocommerce
from qbwc_server.sources.document import Document
from qbwc_server.sources.reading import Beside, Reading, UnreadableFile, no_refunds


@dataclass(frozen=True)
class _Format:
    name: str
    recognises: Callable[[Document], bool]
    read: Callable[[Document, Beside], Reading]


# In this order a file is held against them: Shopify's orders have no field that those of WooCommerce can't have.
_FORMATS = (
    _Format("woocommerce", woocommerce.recognises, woocommerce.read),
    _Format("shopify", shopify.recognises, shopify.read),
    _Format("csv", csv_file.recognises, csv_file.read),
    _Format("json", connex_json.recognises, connex_json.read),
)

FORMATS: tuple[str, ...] = tuple(entry.name for entry in _FORMATS)


def read_orders(
    data: bytes | Document,
    *,
    format: str | None,
    shop: str,
    time_zone: tzinfo,
    refunds_of: Callable[[str], Sequence[Any]] = no_refunds,
) -> Reading:
    """The refunds in a file of orders, with what was refused and why.

    `format` is one of FORMATS, or None to tell it from the content. `shop` is the connection's, for files that have
    a column for it and leave it empty; `time_zone` the connection's, for dates without an offset; `refunds_of` gives
    what came earlier of an order, by its id, as JSON data: refunds that were waiting for it.
    Raises UnreadableFile where nothing could be read; a single bad record never raises, it is in `refused`.
    """
    entry = None if format is None else _named(format)
    document = data if isinstance(data, Document) else Document(data)
    return (entry or _recognised(document)).read(document, Beside(shop, time_zone, refunds_of))


def _named(name: str) -> _Format:
    for entry in _FORMATS:
        if entry.name == name:
            return entry
    raise UnreadableFile(f"there is no format {name!r}; use one of {', '.join(FORMATS)}")


def _recognised(document: Document) -> _Format:
    for entry in _FORMATS:
        if entry.recognises(document):
            return entry
    raise UnreadableFile(
        "the file is none that is known: expected orders of Shopify or WooCommerce as JSON, a JSON object with a list "
        f"of refunds, or CSV with a header; name the format ({', '.join(FORMATS)}) if it is one of them"
    )
