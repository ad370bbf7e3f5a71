"""Orders of Shopify as its Admin REST API and its webhooks give them: each entry of an order's `refunds` is a Refund.

Taken are `{"orders": [...]}`, `{"order": {...}}`, an order alone and a list of orders. A refund without its order
says neither the order's number nor what was sold, so it is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from qbwc_server.sources.document import Document
from qbwc_server.sources.gathering import Gathering
from qbwc_server.sources.reading import Beside, Reading, UnreadableFile
from qbwc_server.sources.shopify.orders import read_order

_ORDER_FIELDS = frozenset({"line_items", "refunds", "financial_status"})
_REFUND_FIELDS = frozenset({"refund_line_items", "order_adjustments"})


def recognises(document: Document) -> bool:
    """Whether there is an order or a refund of Shopify in it, or a list without any order, whoever's."""
    if not document.looks_like_json:
        return False
    if _is_empty(document.json):
        return True
    orders, alone = _orders(document.json), _refunds_alone(document.json)
    return any(_has_one_of(_ORDER_FIELDS, order) for _, order in orders) or any(
        _has_one_of(_REFUND_FIELDS | {"order_id"}, refund) for _, refund in alone
    )


def read(document: Document, beside: Beside) -> Reading:
    """The refunds of all orders. Raises UnreadableFile where there is neither an order nor a refund."""
    orders = list(_orders(document.json))
    alone = list(_refunds_alone(document.json))
    if not orders and not alone and not _is_empty(document.json):
        raise UnreadableFile(
            'no order of Shopify is in it; expected {"orders": [...]}, {"order": {...}}, an order or a list of them'
        )
    gathering = Gathering()
    for place, order in orders:
        with gathering.of_an_order():
            read_order(_with_refunds(order, beside), place, gathering)
    for place, _ in alone:
        gathering.refuse(place, "is a refund without its order; give the whole order, which has its refunds within it")
    return gathering.reading(len(orders))


def _with_refunds(order: Any, beside: Beside) -> Any:
    """The order with those refunds that came before it and are not in it, as from a webhook that overtook another."""
    if not isinstance(order, dict) or "id" not in order:
        return order
    within = order["refunds"] if isinstance(order.get("refunds"), list) else []
    there = {str(refund.get("id")) for refund in within if isinstance(refund, dict)}
    missing = [refund for refund in beside.refunds_of(str(order["id"])) if str(refund.get("id")) not in there]
    return {**order, "refunds": [*within, *missing]} if missing else order


def _orders(data: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(data, list):
        yield from ((f"[{index}]", item) for index, item in enumerate(data) if not _is_refund(item))
    elif isinstance(data, dict):
        if isinstance(data.get("orders"), list):
            yield from ((f"orders[{index}]", item) for index, item in enumerate(data["orders"]))
        elif "order" in data:
            yield "order", data["order"]
        elif "id" in data and _ORDER_FIELDS & data.keys():
            yield "", data


def _refunds_alone(data: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(data, list):
        yield from ((f"[{index}]", item) for index, item in enumerate(data) if _is_refund(item))
    elif isinstance(data, dict):
        if isinstance(data.get("refunds"), list) and "id" not in data:
            yield from ((f"refunds[{index}]", item) for index, item in enumerate(data["refunds"]))
        elif "refund" in data:
            yield "refund", data["refund"]
        elif _is_refund(data):
            yield "refund", data


def _is_refund(data: Any) -> bool:
    return _has_one_of(_REFUND_FIELDS, data)


def _is_empty(data: Any) -> bool:
    return data == [] or (isinstance(data, dict) and data.get("orders") == [])


def _has_one_of(fields: frozenset[str], data: Any) -> bool:
    return isinstance(data, dict) and bool(fields & data.keys())
