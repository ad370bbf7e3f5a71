"""Which of the sale's items have to be asked about before a refund can be planned."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qbwc_server.refunds.matching import items_to_look_at
from qbwc_server.refunds.settings import Restock, Settings
from tests.refunds.builders import adjusted, back, ref, refund_of, sales_receipt, sold

SALE = sales_receipt(sold("HAT", 2, "50.00"), sold("HAT", 1, "40.00"), sold("TEE", 3, "10.00"))
BOTH = (ref("HAT").list_id, ref("TEE").list_id)
HAT = back("HAT", 1, "50.00")


@pytest.mark.parametrize(
    ("lines", "settings", "asked"),
    [
        ((HAT,), Settings(), False),
        ((replace(HAT, sku="4006381333931"),), Settings(), True),
        ((replace(HAT, restocked=False),), Settings(), True),
        ((replace(HAT, restocked=False),), Settings(restock=Restock.ALWAYS), False),
        ((HAT,), Settings(restock=Restock.NEVER), True),
        ((HAT,), Settings(refund_item="Refunds", refund_item_restock=True), True),
        ((adjusted("5.00"),), Settings(), True),
    ],
)
def test_items_are_asked_about_only_where_it_matters(lines: tuple, settings: Settings, asked: bool) -> None:  # type: ignore[type-arg]
    assert items_to_look_at(refund_of(*lines), SALE, settings) == (BOTH if asked else ())
