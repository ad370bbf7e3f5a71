"""A small order of WooCommerce to build the cases from."""

from __future__ import annotations

from typing import Any

LINKS = {"self": [{"href": "https://Shop.example/wp-json/wc/v3/orders/723"}]}


def woo_order(*refunds: Any, **changes: Any) -> dict[str, Any]:
    """Order 723: 3 mugs at 10.00 less 2.00 by coupon with 2.24 tax, a poster at 20.00 with 1.60 tax, shipping 5.00."""
    return {
        "id": 723,
        "number": "1001",
        "order_key": "wc_order_x",
        "status": "completed",
        "currency": "USD",
        "date_created": "2024-03-01T10:00:00",
        "date_created_gmt": "2024-03-01T15:00:00",
        "date_modified_gmt": "2024-03-06T15:00:00",
        "date_paid_gmt": "2024-03-01T15:01:00",
        "total": "56.84",
        "total_tax": "3.84",
        "prices_include_tax": False,
        "payment_method": "stripe",
        "billing": {"first_name": "Ann", "last_name": "Lee", "email": "ann@example.com"},
        "line_items": [
            {
                "id": 11,
                "name": "Mug &ndash; Blue",
                "product_id": 87,
                "variation_id": 5,
                "quantity": 3,
                "subtotal": "30.00",
                "total": "28.00",
                "total_tax": "2.24",
                "sku": "MUG",
            },
            {
                "id": 12,
                "name": "Poster",
                "product_id": 88,
                "variation_id": 0,
                "quantity": 1,
                "total": "20.00",
                "total_tax": "1.60",
                "sku": "POSTER",
            },
        ],
        "shipping_lines": [{"id": 13, "method_title": "Flat rate", "total": "5.00", "total_tax": "0.00"}],
        "fee_lines": [],
        "refunds": list(refunds),
        "_links": LINKS,
        **changes,
    }


def woo_refund(**changes: Any) -> dict[str, Any]:
    """Refund 901: the poster comes back through the gateway, and 21.60 with it."""
    return {
        "id": 901,
        "date_created": "2024-03-04T09:30:00",
        "date_created_gmt": "2024-03-04T14:30:00",
        "amount": "21.60",
        "reason": "too large",
        "refunded_by": 1,
        "refunded_payment": True,
        "line_items": [woo_line()],
        "shipping_lines": [],
        "fee_lines": [],
        **changes,
    }


def woo_line(**changes: Any) -> dict[str, Any]:
    """The poster, given back."""
    return {
        "id": 31,
        "name": "Poster",
        "product_id": 88,
        "variation_id": 0,
        "quantity": -1,
        "total": "-20.00",
        "total_tax": "-1.60",
        "sku": "POSTER",
        "meta_data": [{"id": 1, "key": "_refunded_item_id", "value": "12"}],
        **changes,
    }


def summary(refund_id: int = 901, total: str = "-21.60") -> dict[str, Any]:
    """What an order tells of a refund."""
    return {"id": refund_id, "reason": "too large", "total": total}


def pair(*refunds: Any, **changes: Any) -> dict[str, Any]:
    """The order beside its refunds."""
    return {"order": woo_order(**changes), "refunds": list(refunds)}
