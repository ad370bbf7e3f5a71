"""Which site an order is of: every site numbers its orders and refunds anew, so the site is part of a refund.

The address stands in the links that the REST API adds to whatever it gives; its scheme says nothing of the shop.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from qbwc_server.sources import checks
from qbwc_server.sources.fields import Record
from qbwc_server.sources.reading import RecordRefused

_PLAIN_LINKS = "rest_route="  # how addresses of the API look on a site without readable ones
_ORDER_IN_LINK = re.compile(r"/orders/([0-9]+)(?:/|$)", re.ASCII)


def site_of(order: Record, shop: str) -> str:
    """The site's address, from the order's links, else the connection's setting `shop`.

    Raises RecordRefused where neither tells it.
    """
    address = _address(_link(order, "self") or _link(order, "collection")) or _address(shop)
    if not address:
        raise RecordRefused(
            order.at("_links"),
            "tells no site, and refunds of two sites can have the same number; "
            "set the site's address: connex connection set NAME shop=ADDRESS",
        )
    return address


def order_in_link(refund: Record) -> str | None:
    """The id of the order that a refund says it belongs to."""
    found = _ORDER_IN_LINK.search(_link(refund, "up"))
    return found[1] if found else None


def _address(link: str) -> str:
    """The site's part of an address.

    >>> _address("https://Shop.example/en/wp-json/wc/v3/orders/7"), _address("shop.example/")
    ('shop.example/en', 'shop.example')
    """
    try:
        parts = urlsplit(link if "//" in link else f"//{link}")
        host = (parts.hostname or "") + (f":{parts.port}" if parts.port not in (None, 80, 443) else "")
    except ValueError:
        return ""
    path = "" if _PLAIN_LINKS in parts.query and not parts.path.strip("/") else parts.path
    path = path.partition("/wp-json")[0].removesuffix("/").removesuffix("/index.php").rstrip("/")
    return checks.text(host + path) if host else ""


def _link(record: Record, name: str) -> str:
    links = record.record("_links")
    targets = links.records(name) if links is not None else []
    return targets[0].text("href") if targets else ""
