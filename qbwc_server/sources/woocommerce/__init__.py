"""Orders of WooCommerce as its REST API (wc/v3, and the old v3) and its webhooks give them, with their refunds.

An order tells of its refunds only number, reason and amount; what came back stands in the refunds themselves. So the
fullest form is `{"order": {...}, "refunds": [...]}`, the answers of /orders/ID and /orders/ID/refunds, or a list of
such. Taken are also orders alone, `{"orders": [...]}` and `{"order": {...}}`, as far as they tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from qbwc_server.sources.document import Document
from qbwc_server.sources.gathering import Gathering
from qbwc_server.sources.reading import Beside, Reading, UnreadableFile
from qbwc_server.sources.woocommerce.orders import Told, read_order

_ORDER_FIELDS = frozenset({"order_key", "prices_include_tax", "payment_method", "view_order_url"})
_REFUND_FIELDS = frozenset({"refunded_payment", "refunded_by"})
_REFUND_LISTS = ("refunds", "order_refunds")  # the second in the old API


def recognises(document: Document) -> bool:
    """Whether there is an order or a refund of WooCommerce in it."""
    if not document.looks_like_json:
        return False
    data = document.json
    return any(_has_one_of(_ORDER_FIELDS, told.order) for told in _orders(data)) or any(
        _has_one_of(_REFUND_FIELDS, refund) or place.startswith("order_refund") for place, refund in _alone(data)
    )


def read(document: Document, beside: Beside) -> Reading:
    """The refunds of all orders; what is `beside` is for orders that tell neither their site nor GMT.

    Raises UnreadableFile where there is neither an order nor a refund.
    """
    orders, alone = list(_orders(document.json)), list(_alone(document.json))
    if not orders and not alone and not _is_empty(document.json):
        raise UnreadableFile(
            "no order of WooCommerce is in it; expected an order, a list of them, or "
            '{"order": {...}, "refunds": [...]} as /orders/ID and /orders/ID/refunds give them'
        )
    gathering = Gathering()
    for told in orders:
        with gathering.of_an_order():
            read_order(told, beside.shop, beside.time_zone, gathering)
    for place, _ in alone:
        gathering.refuse(
            place, 'is a refund without its order; give both, as {"order": {...}, "refunds": [...]}, or a list of such'
        )
    return gathering.reading(len(orders))


def _orders(data: Any) -> Iterator[Told]:
    if isinstance(data, list):
        yield from (_told(item, f"[{index}]") for index, item in enumerate(data) if not _is_refund(item))
    elif isinstance(data, dict):
        if isinstance(data.get("orders"), list):
            yield from (_told(item, f"orders[{index}]") for index, item in enumerate(data["orders"]))
        elif "order" in data or ("id" in data and _has_one_of(_ORDER_FIELDS, data) and not _is_refund(data)):
            yield _told(data, "")


def _told(item: Any, place: str) -> Told:
    """An order, or an order beside its refunds."""
    if not isinstance(item, dict) or "order" not in item:
        return Told(item, place, (), "")
    for name in _REFUND_LISTS:
        if name in item:
            return Told(item["order"], _below(place, "order"), item[name], _below(place, name))
    return Told(item["order"], _below(place, "order"), (), "")


def _alone(data: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(data, list):
        yield from ((f"[{index}]", item) for index, item in enumerate(data) if _is_refund(item))
    elif isinstance(data, dict) and "order" not in data:
        for name in _REFUND_LISTS:
            if isinstance(data.get(name), list) and "id" not in data:
                yield from ((f"{name}[{index}]", item) for index, item in enumerate(data[name]))
        if "order_refund" in data:
            yield "order_refund", data["order_refund"]
        elif _is_refund(data):
            yield "the refund", data


def _is_refund(data: Any) -> bool:
    return _has_one_of(_REFUND_FIELDS, data)


def _is_empty(data: Any) -> bool:
    return data == [] or (isinstance(data, dict) and data.get("orders") == [])


def _has_one_of(fields: frozenset[str], data: Any) -> bool:
    return isinstance(data, dict) and bool(fields & data.keys())


def _below(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name
