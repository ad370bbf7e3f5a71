"""Orders of WooCommerce: what their refunds become, and what is refused because it would have to be guessed."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qbwc_server.refunds.model import Adjustment, AdjustmentKind, MoneyBack, RefundLine
from qbwc_server.sources import UnreadableFile, read_orders
from tests.shared import shared_path
from tests.sources.payloads import only, order, read, refund, refused
from tests.sources.woocommerce_payloads import LINKS, pair, summary, woo_line, woo_order, woo_refund


def meta(**values: Any) -> list[dict[str, Any]]:
    return [{"id": number, "key": key, "value": value} for number, (key, value) in enumerate(values.items())]


def test_a_refund_beside_its_order_is_told_whole() -> None:
    found = only(pair(woo_refund()))
    assert (found.source, found.shop, found.external_id) == ("woocommerce", "shop.example", "901")
    assert found.created_at == datetime(2024, 3, 4, 14, 30, tzinfo=timezone.utc)
    assert (found.currency, found.note) == ("USD", "too large")
    assert found.lines == (RefundLine("12", "POSTER", "Poster", Decimal(1), Decimal("20.00"), Decimal("1.60")),)
    assert found.adjustments == ()
    assert found.money == (MoneyBack(Decimal("21.60"), "stripe"),)
    assert (found.order.order_id, found.order.number, found.order.customer_name) == ("723", "1001", "Ann Lee")
    assert [(line.sku, line.title, line.amount) for line in found.order.lines] == [
        ("MUG", "Mug – Blue", Decimal("28.00")),
        ("POSTER", "Poster", Decimal("20.00")),
    ]
    assert (found.order.shipping, found.order.tax, found.order.total) == (
        Decimal("5.00"),
        Decimal("3.84"),
        Decimal("56.84"),
    )
    assert (found.order.paid, found.order.extras) == (True, ())


def test_fees_of_the_order_stand_beside_its_lines() -> None:
    fees = [{"name": "Gift wrap", "total": "2.00", "total_tax": "0.16"}]
    found = only(pair(woo_refund(), fee_lines=fees)).order
    assert found.extras == (Adjustment(AdjustmentKind.FEE, Decimal("2.00"), Decimal("0.16"), "Gift wrap"),)


@pytest.mark.parametrize(
    "data",
    [
        [pair(woo_refund())],
        {"orders": [woo_order(woo_refund())]},
        {"order": woo_order(woo_refund())},
        woo_order(woo_refund()),
        [woo_order(woo_refund())],
        pair(woo_refund(), refunds=[summary()]),
    ],
)
def test_every_form_tells_the_same_refund(data: Any) -> None:
    assert only(data) == only(pair(woo_refund()))


def test_money_that_was_paid_back_by_hand_is_told_from_that_of_the_gateway() -> None:
    assert only(pair(woo_refund(refunded_payment=False))).money == (MoneyBack(Decimal("21.60"), "manual"),)


def test_no_money_goes_back_by_hand_for_an_order_that_was_never_paid() -> None:
    found = only(pair(woo_refund(refunded_payment=False), date_paid_gmt=None))
    assert (found.money, found.value) == ((), Decimal("21.60"))


def test_an_order_that_does_not_say_whether_it_was_paid_is_refused() -> None:
    without = woo_order(woo_refund())
    del without["date_paid_gmt"]
    [(place, reason)] = refused(without)
    assert place == "date_paid"
    assert "whether money came in" in reason


def test_shipping_fees_and_tips_that_come_back_are_adjustments() -> None:
    given_back = woo_refund(
        amount="32.10",
        shipping_lines=[{"method_title": "Flat rate", "total": "-5.00", "total_tax": "-0.40"}],
        fee_lines=[
            {"name": "Gift wrap", "total": "-3.00", "total_tax": "-0.10"},
            {"name": "Tip for the crew", "total": "-2.00", "total_tax": "0.00"},
        ],
    )
    assert only(pair(given_back)).adjustments == (
        Adjustment(AdjustmentKind.SHIPPING, Decimal("5.00"), Decimal("0.40"), "Flat rate"),
        Adjustment(AdjustmentKind.FEE, Decimal("3.00"), Decimal("0.10"), "Gift wrap"),
        Adjustment(AdjustmentKind.TIP, Decimal("2.00"), Decimal("0.00"), "Tip for the crew"),
    )


def test_an_amount_without_lines_is_one_adjustment_where_the_refund_itself_says_so() -> None:
    found = only(pair(woo_refund(amount="10.00", line_items=[])))
    [adjustment] = found.adjustments
    assert (adjustment.kind, adjustment.amount, found.lines) == (AdjustmentKind.DISCREPANCY, Decimal("10.00"), ())


@pytest.mark.parametrize(("amount", "difference"), [("19.60", "-2.00"), ("25.00", "3.40"), ("21.63", "0.03")])
def test_an_amount_that_differs_from_the_lines_leaves_the_difference_as_an_adjustment(
    amount: str, difference: str
) -> None:
    found = only(pair(woo_refund(amount=amount)))
    [adjustment] = found.adjustments
    assert (adjustment.kind, adjustment.amount) == (AdjustmentKind.DISCREPANCY, Decimal(difference))
    assert found.value == found.money_back == Decimal(amount)


@given(net=st.integers(1, 10**8), rate=st.sampled_from([5, 7, 8, 19, 20, 25]), units=st.integers(1, 4))
def test_cents_that_rounding_of_prices_with_tax_moved_come_out_as_the_money(net: int, rate: int, units: int) -> None:
    gross = Decimal(net) / 100
    tax = gross * units * rate / (100 + rate)
    without_tax = gross * units - tax
    line = woo_line(quantity=-units, total=f"{-without_tax:.2f}", total_tax=f"{-tax:.2f}")
    found = only(pair(woo_refund(amount=f"{gross * units:.2f}", line_items=[line]), prices_include_tax=True))
    assert found.adjustments == ()
    assert found.value == found.money_back == gross * units
    assert abs(found.lines[0].amount - without_tax) <= Decimal("0.02")


def test_a_refund_that_only_its_order_tells_is_the_whole_order_where_it_is_all_of_its_money() -> None:
    reading = read(woo_order(summary(total="-56.84"), status="refunded"))
    [found] = reading.refunds
    assert [(line.line_id, line.quantity, line.total) for line in found.lines] == [
        ("11", Decimal(3), Decimal("30.24")),
        ("12", Decimal(1), Decimal("21.60")),
    ]
    assert found.adjustments == (Adjustment(AdjustmentKind.SHIPPING, Decimal("5.00"), reason="Flat rate"),)
    assert (found.money_back, found.value) == (Decimal("56.84"), Decimal("56.84"))
    assert found.created_at == datetime(2024, 3, 6, 15, tzinfo=timezone.utc)
    assert reading.provisional == {("woocommerce", "shop.example", "901")}


def test_what_a_status_changed_to_refunded_makes_is_the_whole_order_too() -> None:
    found = only(pair(woo_refund(amount="56.84", line_items=[], refunded_payment=False), status="refunded"))
    assert [line.sku for line in found.lines] == ["MUG", "POSTER"]
    assert found.money == (MoneyBack(Decimal("56.84"), "manual"),)


@pytest.mark.parametrize(
    ("refunds", "count"), [([summary()], 1), ([summary(901, "-26.84"), summary(902, "-30.00")], 2)]
)
def test_a_part_that_only_the_order_tells_is_refused_with_what_to_do(refunds: list[Any], count: int) -> None:
    found = refused(woo_order(*refunds))
    assert [place for place, _ in found] == [f"refunds[{index}]" for index in range(count)]
    assert all("not what came back" in reason and "/orders/ID/refunds" in reason for _, reason in found)


def test_of_two_refunds_the_one_that_is_given_is_read_and_the_other_refused() -> None:
    reading = read(pair(woo_refund(), refunds=[summary(), summary(902, "-35.24")]))
    assert [found.external_id for found in reading.refunds] == ["901"]
    assert [entry.place for entry in reading.refused] == ["order.refunds[1]"]
    assert reading.provisional == frozenset()


def test_an_order_whose_parts_do_not_come_to_its_total_is_not_given_back_as_a_whole() -> None:
    [(place, reason)] = refused(woo_order(summary(total="-70.00"), total="70.00"))
    assert place == "refunds[0]"
    assert "70.00" in reason
    assert "56.84" in reason


@pytest.mark.parametrize(
    ("on_the_order_line", "restocked"),
    [
        ({}, True),  # stock is not managed
        ({"_reduced_stock": "1"}, False),
        ({"_reduced_stock": "0", "_restock_refunded_items": "1"}, True),
        ({"_reduced_stock": "1", "_restock_refunded_items": "0"}, False),
    ],
)
def test_whether_goods_came_back_into_stock_is_what_the_orders_line_says(
    on_the_order_line: dict[str, str], restocked: bool
) -> None:
    data = pair(woo_refund())
    data["order"]["line_items"][1]["meta_data"] = meta(**on_the_order_line)
    assert only(data).lines[0].restocked is restocked


def test_a_line_without_its_number_is_the_only_one_of_its_product() -> None:
    assert only(pair(woo_refund(line_items=[woo_line(meta_data=[])]))).lines[0].line_id == "12"
    twice = pair(woo_refund(line_items=[woo_line(meta_data=[])]))
    twice["order"]["line_items"][0].update(product_id=88, variation_id=0)
    assert only(twice).lines[0].line_id == ""


def test_a_line_that_takes_instead_of_giving_is_refused() -> None:
    [(place, reason)] = refused(pair(woo_refund(line_items=[woo_line(total="20.00")])))
    assert place == "refunds[0].line_items[0].total"
    assert "negative" in reason


def test_an_order_cancelled_before_it_was_paid_gives_everything_back_and_no_money() -> None:
    reading = read(woo_order(status="cancelled", date_paid_gmt=None))
    [found] = reading.refunds
    assert (found.external_id, found.value, found.money) == ("cancel-723", Decimal("56.84"), ())
    assert all(line.restocked for line in found.lines)
    assert found.created_at == datetime(2024, 3, 6, 15, tzinfo=timezone.utc)
    assert reading.provisional


def test_an_order_cancelled_after_it_was_paid_gives_nothing_until_it_is_refunded() -> None:
    reading = read(woo_order(status="cancelled"))
    assert (reading.refunds, reading.refused) == ((), ())


def test_an_order_tells_which_refunds_it_has_so_that_a_deleted_one_is_noticed() -> None:
    [told] = read(woo_order(summary(total="-56.84"))).told
    assert (told.shop, told.order_id, told.number) == ("shop.example", "723", "1001")
    assert (told.as_of, told.refunds) == (datetime(2024, 3, 6, 15, tzinfo=timezone.utc), {"901"})
    assert [order.refunds for order in read(woo_order()).told] == [frozenset()]
    assert [order.refunds for order in read(woo_order(status="cancelled", date_paid_gmt=None)).told] == [{"cancel-723"}]


def test_an_order_that_does_not_say_when_or_which_it_is_tells_nothing_of_its_refunds() -> None:
    without_list = pair(woo_refund())
    del without_list["order"]["refunds"]
    assert read(without_list).told == ()
    assert read(woo_order(date_modified_gmt=None)).told == ()
    reading = read_orders(
        json.dumps(woo_order(_links={"self": [{"href": ""}]})).encode(), format=None, shop="", time_zone=timezone.utc
    )
    assert (reading.told, reading.refused) == ((), ())


@pytest.mark.parametrize(
    ("link", "shop"),
    [
        ("https://shop.example/wp-json/wc/v3/orders/7", "shop.example"),
        ("http://SHOP.example:8080/en/wp-json/wc/v3/orders/7", "shop.example:8080/en"),
        ("https://shop.example/index.php/wp-json/wc/v3/orders/7", "shop.example"),
        ("https://shop.example/?rest_route=/wc/v3/orders/7", "shop.example"),
        ("", "other.example"),
    ],
)
def test_the_shop_is_the_sites_address_else_the_connections(link: str, shop: str) -> None:
    data = json.dumps(pair(woo_refund(), _links={"self": [{"href": link}]})).encode()
    reading = read_orders(data, format=None, shop="https://other.example/", time_zone=timezone.utc)
    assert [found.shop for found in reading.refunds] == [shop]


def test_a_refund_of_no_known_site_is_refused_since_two_sites_number_alike() -> None:
    [(place, reason)] = refused(pair(woo_refund(), _links=None))
    assert place == "order._links"
    assert "shop=ADDRESS" in reason


def test_a_refund_of_another_order_is_refused() -> None:
    other = woo_refund(_links={"up": [{"href": "https://shop.example/wp-json/wc/v3/orders/724"}]})
    assert refused(pair(other)) == [("refunds[0]._links", "is a refund of the order 724, not of 723")]


def test_a_time_without_gmt_is_in_the_connections_zone() -> None:
    data = json.dumps(pair(woo_refund(date_created_gmt=None))).encode()
    reading = read_orders(data, format=None, shop="", time_zone=ZoneInfo("America/New_York"))
    assert reading.refunds[0].created_at == datetime(2024, 3, 4, 14, 30, tzinfo=timezone.utc)


def test_the_old_api_is_read_as_far_as_it_tells_refunds() -> None:
    old = json.loads(shared_path("orders", "woocommerce", "v3_orders_01.json").read_bytes())
    refunds = json.loads(shared_path("orders", "woocommerce", "v3_order-refunds_02.json").read_bytes())
    assert [place for place, _ in refused(old)] == ["order.refunds"]
    reading = read({**old, **refunds}, shop="shop.example")
    assert reading.refused == ()
    assert [(found.external_id, str(found.value), len(found.lines)) for found in reading.refunds] == [
        ("649", "10.00", 0),
        ("647", "21.99", 1),
    ]
    assert {found.order.number for found in reading.refunds} == {"645"}


def test_orders_of_shopify_are_not_taken_for_those_of_woocommerce() -> None:
    assert only({"orders": [order(refund())]}).source == "shopify"


# What each published payload gives: refunds and refusals, or None where it is no order and no refund.
PUBLISHED = {
    "v3_order-refunds_02.json": (0, 2),
    "v3_orders_00.json": (0, 1),
    "v3_orders_01.json": (0, 1),
    "v3_orders_02.json": (0, 1),
    "v3_orders_03.json": (0, 1),
    "v3_orders_04.json": (0, 1),
    "wp-api-v3_order-refunds_00.json": (0, 1),
    "wp-api-v3_order-refunds_01.json": (0, 1),
    "wp-api-v3_order-refunds_02.json": (0, 2),
    "wp-api-v3_order-refunds_03.json": (0, 1),
    "wp-api-v3_orders_00.json": (0, 0),
    "wp-api-v3_orders_01.json": (0, 0),
    "wp-api-v3_orders_02.json": (0, 2),
    "wp-api-v3_orders_03.json": (0, 0),
    "wp-api-v3_orders_04.json": (0, 0),
}


def test_every_published_payload_is_read_or_refused_with_place_and_reason() -> None:
    found: dict[str, tuple[int, int]] = {}
    for path in sorted(shared_path("orders", "woocommerce").glob("*.json")):
        try:
            reading = read_orders(path.read_bytes(), format=None, shop="shop.example", time_zone=timezone.utc)
        except UnreadableFile:  # a webhook's definition, or a batch
            continue
        assert all(entry.place and entry.reason for entry in reading.refused)
        found[path.name] = (len(reading.refunds), len(reading.refused))
    assert found == PUBLISHED


def test_the_published_refunds_are_read_beside_their_published_order() -> None:
    orders = json.loads(shared_path("orders", "woocommerce", "wp-api-v3_orders_02.json").read_bytes())
    refunds = json.loads(shared_path("orders", "woocommerce", "wp-api-v3_order-refunds_02.json").read_bytes())
    reading = read([{"order": orders[0]}, {"order": orders[1], "refunds": refunds}])
    assert reading.refused == ()
    assert [(found.external_id, found.shop, str(found.value), len(found.lines)) for found in reading.refunds] == [
        ("726", "example.com", "10.00", 0),
        ("724", "example.com", "9.00", 1),
    ]


_WHOLE = [pair(woo_refund(), woo_refund(id=902), refunds=[summary()]), woo_order(summary(total="-56.84"))]
_scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["-1.00", "1e9", "USD"])
_garbage = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


def _paths(data: Any) -> list[tuple[Any, ...]]:
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [path for key, value in items for path in ((key,), *((key, *rest) for rest in _paths(value)))]


@settings(deadline=None, max_examples=300)
@given(path=st.sampled_from(_paths(_WHOLE)), value=_garbage)
def test_an_order_with_any_one_field_spoilt_is_read_or_refused(path: tuple[Any, ...], value: Any) -> None:
    spoilt = json.loads(json.dumps(_WHOLE))
    holder = spoilt
    for part in path[:-1]:
        holder = holder[part]
    holder[path[-1]] = value
    reading = read(spoilt, "woocommerce")
    assert all(entry.place and entry.reason for entry in reading.refused)


@pytest.mark.parametrize("number", ["1e999999999999999", "-1E+999999", "9" * 5000, "1e-999999999"])
@pytest.mark.parametrize("name", ["quantity", "total", "total_tax"])
def test_monstrous_numbers_are_refused(name: str, number: str) -> None:
    text = json.dumps(pair(woo_refund(line_items=[woo_line(**{name: "X"})]))).replace('"X"', number)
    reading = read(text)
    assert (len(reading.refunds), len(reading.refused)) == (0, 1)


def test_links_of_the_payloads_name_the_shop() -> None:
    assert only(woo_order(woo_refund(), _links=LINKS)).shop == "shop.example"
