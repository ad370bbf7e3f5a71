"""The sample shop's orders in the form in which Shopify's Admin REST API gives them.

What Shopify says of an order is worked out from the shop's records alone; `ids` numbers the parts as they are written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from qbwc_server.demo.shop import TAX_ITEM, TAX_PERCENT, ZERO, GivenBack, Order, Refund, Return, SoldLine


def order_json(
    order: Order,
    refunds: Sequence[Refund],
    written: list[dict[str, Any]],
    *,
    ids: Iterator[int],
    cancelled_at: datetime | None = None,
) -> dict[str, Any]:
    """The order with its refunds, which refund_json has `written`. `cancelled_at` is that of an order never paid."""
    given_backs = [refund.given_back for refund in refunds]
    status = "voided" if cancelled_at else _financial_status(order, refunds)
    return {
        **_heading(order, status, cancelled_at),
        **_buyer(order),
        **_totals(order, given_backs),
        "line_items": [_line_json(order, index, given_backs) for index in range(len(order.lines))],
        "shipping_lines": [_shipping_json(order, next(ids))] if order.shipping else [],
        "refunds": written,
    }


def refund_json(order: Order, refund: Refund, refund_id: int, moment: datetime, ids: Iterator[int]) -> dict[str, Any]:
    """One refund of the order, made at `moment` (aware)."""
    given_back = refund.given_back
    adjustments = (("shipping_refund", given_back.shipping), ("refund_discrepancy", refund.discrepancy))
    return {
        "id": refund_id,
        "admin_graphql_api_id": f"gid://shopify/Refund/{refund_id}",
        "order_id": order.order_id,
        "created_at": moment.isoformat(),
        "processed_at": moment.isoformat(),
        "note": "",
        "restock": refund.restock != "no_restock",
        "refund_line_items": [_refund_line_json(order, refund, each, next(ids)) for each in given_back.returns],
        "order_adjustments": [
            _adjustment_json(order, refund_id, kind, amount, next(ids)) for kind, amount in adjustments if amount
        ],
        "transactions": _transactions(order, refund, moment, ids),
    }


def _financial_status(order: Order, refunds: Sequence[Refund]) -> str:
    if not refunds:
        return "paid"
    money = sum((refund.money for refund in refunds), ZERO)
    is_all = refunds[-1].given_back.value and money >= order.total
    return "refunded" if is_all else "partially_refunded"


def _heading(order: Order, financial_status: str, cancelled_at: datetime | None) -> dict[str, Any]:
    return {
        "id": order.order_id,
        "admin_graphql_api_id": f"gid://shopify/Order/{order.order_id}",
        "name": order.name,
        "number": order.number - 1000,
        "order_number": order.number,
        "created_at": order.created_at.isoformat(),
        "processed_at": order.created_at.isoformat(),
        "cancelled_at": cancelled_at.isoformat() if cancelled_at else None,
        "cancel_reason": "customer" if cancelled_at else None,
        "currency": "USD",
        "presentment_currency": "USD",
        "financial_status": financial_status,
        "taxes_included": False,
        "test": False,
    }


def _buyer(order: Order) -> dict[str, Any]:
    customer = order.customer
    return {
        "email": customer.email,
        "contact_email": customer.email,
        "customer": {"first_name": customer.first_name, "last_name": customer.last_name, "email": customer.email},
        "billing_address": {"name": f"{customer.first_name} {customer.last_name}", "country_code": "US"},
        "payment_gateway_names": [order.paid_by.gateway],
    }


def _totals(order: Order, given_backs: Sequence[GivenBack]) -> dict[str, Any]:
    whole = order.all_of_it
    back = sum((given_back.value for given_back in given_backs), ZERO)
    return {
        **_priced("total_line_items_price", sum((line.gross for line in order.lines), ZERO)),
        **_priced("total_discounts", order.discount),
        **_priced("subtotal_price", sum((line.net for line in order.lines), ZERO)),
        **_priced("total_tax", whole.tax),
        **_priced("total_price", whole.value),
        **_priced("current_total_price", whole.value - back),
        "total_shipping_price_set": _money_set(order.shipping),
        "tax_lines": _tax_lines(whole.tax),
        "discount_codes": [{"code": "RIVER", "amount": str(order.discount)}] if order.discount else [],
    }


def _line_json(order: Order, index: int, given_backs: Sequence[GivenBack]) -> dict[str, Any]:
    line = order.lines[index]
    returned = sum(each.count for back in given_backs for each in back.returns if each.line == line)
    allocations = [{**_priced("amount", line.discount), "discount_application_index": 0}] if line.discount else []
    return {
        "id": _line_id(order, line),
        "sku": line.product.sku,
        "title": line.product.title,
        "name": line.product.title,
        "quantity": line.quantity,
        "current_quantity": line.quantity - returned,
        **_priced("price", line.product.price),
        **_priced("total_discount", ZERO),
        "discount_allocations": allocations,
        "taxable": line.product.taxable,
        "tax_lines": _tax_lines(line.tax),
        "gift_card": False,
        "requires_shipping": line.product.taxable,
    }


def _line_id(order: Order, line: SoldLine) -> int:
    return order.order_id * 10 + order.lines.index(line)


def _shipping_json(order: Order, shipping_id: int) -> dict[str, Any]:
    return {
        "id": shipping_id,
        "title": "Standard",
        "code": "Standard",
        **_priced("price", order.shipping),
        **_priced("discounted_price", order.shipping),
        "tax_lines": [],
        "discount_allocations": [],
    }


def _refund_line_json(order: Order, refund: Refund, returned: Return, own_id: int) -> dict[str, Any]:
    return {
        "id": own_id,
        "line_item_id": _line_id(order, returned.line),
        "quantity": returned.count,
        "restock_type": refund.restock,
        **_priced("subtotal", returned.net),
        **_priced("total_tax", returned.tax),
    }


def _adjustment_json(order: Order, refund_id: int, kind: str, amount: Decimal, own_id: int) -> dict[str, Any]:
    """What is given back to the customer is negative on the wire."""
    return {
        "id": own_id,
        "order_id": order.order_id,
        "refund_id": refund_id,
        "kind": kind,
        "reason": kind.replace("_", " ").capitalize(),
        **_priced("amount", -amount),
        **_priced("tax_amount", ZERO),
    }


def _transactions(order: Order, refund: Refund, moment: datetime, ids: Iterator[int]) -> list[dict[str, Any]]:
    if not refund.money:
        return []
    statuses = ("failure", "success") if refund.fails_first else ("success",)
    return [
        {
            "id": next(ids),
            "order_id": order.order_id,
            "kind": "refund",
            "status": status,
            "gateway": order.paid_by.gateway,
            "amount": str(refund.money),
            "currency": "USD",
            "created_at": moment.isoformat(),
            "processed_at": moment.isoformat(),
            "test": False,
        }
        for status in statuses
    ]


def _priced(name: str, amount: Decimal) -> dict[str, Any]:
    return {name: str(amount), f"{name}_set": _money_set(amount)}


def _money_set(amount: Decimal) -> dict[str, Any]:
    money = {"amount": str(amount), "currency_code": "USD"}
    return {"shop_money": money, "presentment_money": dict(money)}


def _tax_lines(tax: Decimal) -> list[dict[str, Any]]:
    rate = str(TAX_PERCENT / 100)
    return [{"title": TAX_ITEM, "rate": rate, **_priced("price", tax)}] if tax else []
