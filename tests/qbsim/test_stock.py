"""Stock at average cost: what goods that come in at another cost, come back or are sold below zero do to the books."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qbsim import Company, CompanyBuilder, Line, SettableClock
from qbsim.lists import Item
from qbsim.status import RequestRefused
from tests.qbsim.shop import START, Shop


def books(shop: Shop) -> tuple[Decimal, Decimal]:
    return shop.company.balance_of("Inventory Asset"), shop.company.balance_of("Cost of Goods Sold")


def test_goods_at_another_cost_move_the_average_and_the_next_sale_leaves_at_it(shop: Shop) -> None:
    shop.builder.adjust_stock("Shirt", 50, value=450)
    assert (shop.shirt.quantity_on_hand, shop.shirt.average_cost) == (Decimal(150), Decimal("8.00000"))
    shop.builder.sales_receipt("Ada", [Line("Shirt", quantity=10)])
    assert books(shop) == (Decimal("1120.00"), Decimal("80.00"))
    item = shop.query("ItemInventory", "<FullName>Shirt</FullName>")[0]
    assert item.findtext("AverageCost") == "8.00"


def test_goods_come_back_at_the_average_of_today_not_of_their_sale(shop: Shop) -> None:
    shop.builder.sales_receipt("Ada", [Line("Shirt", quantity=50)])
    shop.builder.adjust_stock("Shirt", 50, value=625)
    shop.builder.credit_memo("Ada", [Line("Shirt", quantity=50)])
    assert books(shop) == (Decimal("1500.00"), Decimal("-125.00"))


def test_the_last_piece_takes_what_is_left(shop: Shop) -> None:
    cup = shop.builder.inventory_item("Cup", price=9, cost="3.33333", on_hand=3)
    assert shop.company.balance_of("Inventory Asset") == Decimal("760.00")
    for _ in range(3):
        shop.builder.sales_receipt("Ada", [Line("Cup")])
    assert (cup.quantity_on_hand, cup.asset_value) == (0, 0)
    assert books(shop) == (Decimal("750.00"), Decimal("10.00"))


def test_lines_of_one_item_count_one_after_the_other_and_the_last_takes_the_odd_cent(shop: Shop) -> None:
    shop.builder.inventory_item("Cup", price=9, cost="3.33333", on_hand=3)
    shop.builder.sales_receipt("Ada", [Line("Cup", quantity=1)] * 3)
    assert books(shop) == (Decimal("750.00"), Decimal("10.00"))


def test_stock_below_zero_is_sold_at_the_average_and_corrected_when_goods_come_in(shop: Shop) -> None:
    shop.builder.sales_receipt("Ada", [Line("Shirt", quantity=102)])
    assert books(shop) == (Decimal("-15.00"), Decimal("765.00"))
    shop.builder.adjust_stock("Shirt", 10, value=80)
    assert (shop.shirt.quantity_on_hand, shop.shirt.average_cost) == (Decimal(8), Decimal("8.00000"))
    assert books(shop) == (Decimal("64.00"), Decimal("766.00"))


def test_deleting_takes_back_the_very_amounts(shop: Shop) -> None:
    receipt = shop.builder.sales_receipt("Ada", [Line("Shirt", quantity=10)])
    shop.builder.adjust_stock("Shirt", 10, value=200)
    shop.company.delete(receipt)
    assert (shop.shirt.quantity_on_hand, shop.shirt.asset_value) == (Decimal(110), Decimal("950.00"))
    assert books(shop) == (Decimal("950.00"), Decimal(0))


def test_only_what_is_kept_in_stock_can_be_adjusted(shop: Shop) -> None:
    with pytest.raises(RequestRefused, match="3140"):
        shop.builder.adjust_stock("Engraving", 1)


def test_a_file_that_did_not_keep_what_stock_is_worth_is_read(shop: Shop) -> None:
    data = shop.company.to_json()
    for item in data["lists"]["items"]:
        del item["asset_value"]
    assert Company.from_json(data).lists.items.find("Shirt") == shop.shirt


MOVES = st.lists(
    st.tuples(st.sampled_from(["sell", "take back", "buy", "delete"]), st.integers(1, 9), st.integers(1, 5000)),
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(moves=MOVES)
def test_the_asset_account_is_always_the_worth_of_the_items(moves: list[tuple[str, int, int]]) -> None:
    builder = CompanyBuilder(clock=SettableClock(START))
    builder.customer("Ada")
    cup: Item = builder.inventory_item("Cup", price=9, cost="3.33333", on_hand=3)
    mug = builder.inventory_item("Mug", price=9, cost="0.01", on_hand=1)
    has_deleted = False
    for kind, count, cents in moves:
        if kind == "buy":
            builder.adjust_stock("Cup", count, value=Decimal(cents) / 100)
        elif kind == "sell":
            builder.sales_receipt("Ada", [Line("Cup", quantity=count), Line("Mug"), Line("Cup", quantity=1)])
        elif kind == "take back":
            builder.credit_memo("Ada", [Line("Cup", quantity=count), Line("Mug")])
        else:
            for receipt in builder.company.transactions("SalesReceipt")[-1:]:
                builder.company.delete(receipt)
                has_deleted = True
        assert builder.company.balance_of("Inventory Asset") == cup.asset_value + mug.asset_value
        assert sum(builder.company.trial_balance().values()) == 0
        if cup.quantity_on_hand > 0 and cup.asset_value > 0:
            assert abs(cup.quantity_on_hand * cup.average_cost - cup.asset_value) < Decimal("0.01")
        if cup.quantity_on_hand == 0 and not has_deleted:
            assert cup.asset_value == 0
