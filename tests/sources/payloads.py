"""Small orders of Shopify to build the cases from, and short ways to read them."""

from __future__ import annotations

import json
from datetime import timezone
from typing import Any

from qbwc_server.refunds.model import Refund
from qbwc_server.sources import Reading, read_orders


def order(*refunds: Any, **changes: Any) -> dict[str, Any]:
    """Order #1001: 3 mugs at 10.00 with 2.00 off and 2.24 tax, a poster at 20.00 with 1.60 tax, shipping 5.00."""
    return {
        "id": 5001,
        "name": "#1001",
        "created_at": "2024-03-01T10:00:00-05:00",
        "cancelled_at": None,
        "currency": "USD",
        "taxes_included": False,
        "financial_status": "partially_refunded",
        "total_tax": "3.84",
        "total_price": "56.84",
        "email": "ann@example.com",
        "customer": {"first_name": "Ann", "last_name": "Lee"},
        "line_items": [
            {
                "id": 11,
                "sku": "MUG",
                "title": "Mug",
                "quantity": 3,
                "price": "10.00",
                "total_discount": "0.00",
                "discount_allocations": [{"amount": "2.00"}],
                "tax_lines": [{"price": "2.00"}, {"price": "0.24"}],
            },
            {
                "id": 12,
                "sku": "POSTER",
                "title": "Poster",
                "quantity": 1,
                "price": "20.00",
                "gift_card": False,
                "tax_lines": [{"price": "1.60"}],
            },
        ],
        "shipping_lines": [{"price": "5.00", "discounted_price": "5.00", "tax_lines": []}],
        "refunds": list(refunds),
        **changes,
    }


def refund(**changes: Any) -> dict[str, Any]:
    """Refund 901: the poster comes back, and 21.60 with it."""
    return {
        "id": 901,
        "created_at": "2024-03-05T12:00:00-05:00",
        "processed_at": "2024-03-04T09:30:00-05:00",
        "note": "too large",
        "restock": True,
        "refund_line_items": [
            {"line_item_id": 12, "quantity": 1, "subtotal": 20.00, "total_tax": "1.60", "restock_type": "return"}
        ],
        "order_adjustments": [],
        "transactions": [transaction()],
        **changes,
    }


def transaction(**changes: Any) -> dict[str, Any]:
    """A refund transaction that went through."""
    return {
        "id": 7001,
        "kind": "refund",
        "status": "success",
        "amount": "21.60",
        "currency": "USD",
        "gateway": "shopify_payments",
        **changes,
    }


def read(data: Any, format: str | None = None, shop: str = "") -> Reading:
    """What the data reads as: JSON data or text."""
    text = data if isinstance(data, str) else json.dumps(data)
    return read_orders(text.encode(), format=format, shop=shop, time_zone=timezone.utc)


def only(data: Any) -> Refund:
    """The one refund in the data, which must be in order."""
    reading = read(data)
    assert reading.refused == ()
    assert len(reading.refunds) == 1
    return reading.refunds[0]


def refused(data: Any, format: str | None = None) -> list[tuple[str, str]]:
    """Places and reasons of what was refused; nothing else may be in the data."""
    reading = read(data, format)
    assert reading.refunds == ()
    return [(entry.place, entry.reason) for entry in reading.refused]
