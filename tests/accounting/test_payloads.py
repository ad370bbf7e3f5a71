"""Shopify's and WooCommerce's published payloads go all the way: from the file through the source and the sync to a
company that holds the sale, where each refund is entered, skipped or handed to a person with a reason."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timezone

import pytest

from qbsim import CompanyBuilder, Line, SettableClock
from qbwc_server.refunds.model import Order, Refund
from qbwc_server.refunds.naming import order_ref_number
from qbwc_server.sources import UnreadableFile, read_orders
from qbwc_server.store.database import Database
from tests.shared import shared_path
from tests.sync.driver import START, Driver, judge

ITEMS = ("Goodwill", "No Restock", "Tips", "Fees", "Duties", "Tax Rounding")
SETTINGS = {
    "allowance_item": "Goodwill",
    "no_restock_item": "No Restock",
    "tip_item": "Tips",
    "fee_item": "Fees",
    "duty_item": "Duties",
    "rounding_item": "Tax Rounding",
}


def published_refunds(source: str) -> list[Refund]:
    """The refunds of all payloads, each once for each form in which it stands there."""
    found: list[Refund] = []
    for content in _contents(source):
        try:
            reading = read_orders(content, format=source, shop="shop.example", time_zone=timezone.utc)
        except UnreadableFile:  # a transaction or a webhook alone, or a schema
            continue
        assert all(refused.reason for refused in reading.refused)
        found += [refund for refund in reading.refunds if refund not in found]
    return found


def _contents(source: str) -> Iterator[bytes]:
    """Every file, and WooCommerce's refunds beside the orders of the same answer, which alone tell too little."""
    folder = shared_path("orders", source)
    yield from (path.read_bytes() for path in sorted(folder.glob("*.json")))
    for path in sorted(folder.glob("*_order-refunds_*.json")):
        refunds = json.loads(path.read_bytes())
        for orders in sorted(folder.glob(path.name.replace("_order-refunds_", "_orders_")[:-7] + "*.json")):
            told = json.loads(orders.read_bytes())
            beside = [{"order": order, "refunds": refunds} for order in (told if isinstance(told, list) else [told])]
            yield json.dumps(beside).encode()


def company_of(order: Order, clock: SettableClock) -> CompanyBuilder:
    """A company that has the order as a sales receipt, with its tax as one percentage."""
    made = CompanyBuilder("Published Shop", clock)
    goods = sum((line.amount for line in order.lines), order.shipping or 0)
    made.sales_tax_item("Tax", round((order.tax or 0) * 100 / goods, 5) if goods else 0)
    for name in ITEMS:
        made.other_charge_item(name)
    lines = []
    for line in order.lines:
        name = line.sku or line.title
        if made.company.lists.items.find(name) is None:
            made.inventory_item(name, price="1.00", cost="1.00", on_hand=100)
        lines.append(Line(name, quantity=line.quantity, amount=line.amount))
    if order.shipping:
        made.other_charge_item("Shipping", tax_code="Tax")
        lines.append(Line("Shipping", amount=order.shipping))
    made.sales_receipt(made.customer("Buyer"), lines, ref_number=order_ref_number(order.number), deposit_to="Checking")
    return made


@pytest.mark.parametrize("settings", [{}, SETTINGS], ids=["no items set", "all items set"])
@pytest.mark.parametrize("source", ["shopify", "woocommerce"])
def test_every_published_refund_is_entered_or_has_a_reason(
    source: str, settings: dict[str, str], memory: Database
) -> None:
    refunds = published_refunds(source)
    assert len(refunds) >= 2
    for number, refund in enumerate(refunds):
        clock = SettableClock(START)
        name = f"shop{number}"
        driver = Driver(memory, company_of(refund.order, clock).company, clock, settings=settings, name=name)
        driver.bring_in(refund)

        driver.drain()

        judge(driver)
        [row] = driver.rows()
        assert row.status in ("posted", "skipped", "review"), row.reason
        assert (row.status == "posted") == (row.reason is None)
        assert row.reason is None or "unknown)" not in row.reason["message"]
