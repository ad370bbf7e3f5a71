"""Shopify's orders: what their refunds come to, and what is refused."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from qbwc_server.refunds.model import ZERO, Adjustment, AdjustmentKind, MoneyBack, RefundLine
from qbwc_server.sources import Document, UnreadableFile, read_orders
from tests.shared import shared_path
from tests.sources.payloads import only, order, read, refund, refused, transaction


def test_a_refund_has_its_lines_its_money_and_its_order() -> None:
    found = only({"orders": [order(refund())]})
    assert (found.source, found.shop, found.external_id, found.currency) == ("shopify", "", "901", "USD")
    assert found.created_at.isoformat() == "2024-03-04T09:30:00-05:00"
    assert found.note == "too large"
    assert found.lines == (
        RefundLine("12", "POSTER", "Poster", Decimal(1), Decimal("20.00"), Decimal("1.60"), restocked=True),
    )
    assert found.money == (MoneyBack(Decimal("21.60"), "shopify_payments", "7001"),)
    assert (found.value, found.tax, found.money_back) == (Decimal("21.60"), Decimal("1.60"), Decimal("21.60"))


def test_the_order_says_what_was_sold_and_to_whom() -> None:
    found = only(order(refund())).order
    assert (found.order_id, found.number) == ("5001", "#1001")
    assert (found.customer_name, found.customer_email) == ("Ann Lee", "ann@example.com")
    assert [(line.sku, line.quantity, line.amount, line.tax) for line in found.lines] == [
        ("MUG", Decimal(3), Decimal("28.00"), Decimal("2.24")),
        ("POSTER", Decimal(1), Decimal("20.00"), Decimal("1.60")),
    ]
    assert (found.shipping, found.tax, found.total) == (Decimal("5.00"), Decimal("3.84"), Decimal("56.84"))


@pytest.mark.parametrize(
    ("changes", "paid"),
    [
        ({"financial_status": "refunded", "payment_gateway_names": ["paypal"]}, True),
        (
            {"financial_status": "partially_refunded", "payment_gateway_names": ["paypal"], "total_outstanding": "0"},
            True,
        ),
        ({"financial_status": "refunded", "payment_gateway_names": ["gift_card", "paypal"]}, False),
        ({"financial_status": "paid", "payment_gateway_names": ["paypal"], "total_outstanding": "5.00"}, False),
        ({"financial_status": "partially_paid", "payment_gateway_names": ["paypal"]}, False),
        ({"financial_status": "voided"}, False),
        ({"financial_status": "refunded"}, None),
        ({"payment_gateway_names": ["paypal"]}, None),
    ],
)
def test_whether_an_order_was_paid_in_money_is_told_or_unknown(changes: dict[str, Any], paid: bool | None) -> None:
    told = {key: value for key, value in order(refund()).items() if key != "financial_status"}
    assert only({**told, **changes}).order.paid is paid


def test_a_tip_duties_and_gift_cards_of_the_order_are_told_apart() -> None:
    told = order(refund(), total_tip_received="3.00", original_total_duties_set={"shop_money": {"amount": "7.00"}})
    told["line_items"][0]["gift_card"] = True
    found = only(told).order
    assert found.extras == (
        Adjustment(AdjustmentKind.TIP, Decimal("3.00")),
        Adjustment(AdjustmentKind.DUTY, Decimal("7.00")),
    )
    assert [line.gift_card for line in found.lines] == [True, False]


def test_what_an_order_does_not_say_is_unknown_and_not_zero() -> None:
    bare = order(refund())
    for name in ("total_tax", "total_price", "shipping_lines", "customer", "email"):
        del bare[name]
    found = only(bare).order
    assert (found.shipping, found.tax, found.total) == (None, None, None)
    assert (found.customer_name, found.customer_email) == ("", "")


@pytest.mark.parametrize(
    "wrap",
    [
        lambda one: {"orders": [one]},
        lambda one: {"order": one},
        lambda one: one,
        lambda one: [one],
    ],
)
def test_orders_come_alone_in_a_list_or_under_their_name(wrap: Any) -> None:
    reading = read(wrap(order(refund())))
    assert [found.external_id for found in reading.refunds] == ["901"]
    assert reading.orders == 1


def test_an_order_without_refunds_is_seen_and_gives_nothing() -> None:
    reading = read({"orders": [order(financial_status="paid"), order(refund(), id=5002)]})
    assert (reading.orders, len(reading.refunds), reading.refused) == (2, 1, ())


def test_prices_that_contain_the_tax_are_given_without_it() -> None:
    found = only(order(refund(), taxes_included=True))
    assert (found.lines[0].amount, found.lines[0].tax) == (Decimal("18.40"), Decimal("1.60"))
    assert found.value == Decimal("20.00")
    assert [(line.amount, line.tax) for line in found.order.lines] == [
        (Decimal("25.76"), Decimal("2.24")),
        (Decimal("18.40"), Decimal("1.60")),
    ]


def _mugs(count: int, **changes: Any) -> dict[str, Any]:
    return {"line_item_id": 11, "quantity": count, "restock_type": "return", **changes}


def test_amounts_that_a_refund_leaves_out_are_the_lines_share_and_sum_to_the_whole() -> None:
    refunds = [refund(id=900 + n, refund_line_items=[_mugs(1)], transactions=[]) for n in range(3)]
    reading = read(order(*refunds))
    assert reading.refused == ()
    lines = [found.lines[0] for found in reading.refunds]
    assert [line.amount for line in lines] == [Decimal("9.33"), Decimal("9.34"), Decimal("9.33")]
    assert [line.tax for line in lines] == [Decimal("0.75"), Decimal("0.74"), Decimal("0.75")]
    assert sum(line.amount for line in lines) == Decimal("28.00")
    assert sum(line.tax for line in lines) == Decimal("2.24")


def test_a_share_of_a_price_with_tax_is_given_without_the_tax() -> None:
    found = only(order(refund(refund_line_items=[_mugs(3)]), taxes_included=True))
    assert (found.lines[0].amount, found.lines[0].tax) == (Decimal("25.76"), Decimal("2.24"))


def test_no_more_units_come_back_than_were_ordered() -> None:
    assert refused(order(refund(refund_line_items=[_mugs(2), _mugs(2)]))) == [
        ("refunds[0].refund_line_items[1].quantity", "4 given back in all, but only 3 were ordered")
    ]


def test_a_share_is_not_guessed_behind_a_refund_that_cannot_be_read() -> None:
    reading = read(
        order(refund(refund_line_items=[{"line_item_id": 11}]), refund(id=902, refund_line_items=[_mugs(1)]))
    )
    assert [entry.place for entry in reading.refused] == [
        "refunds[0].refund_line_items[0].quantity",
        "refunds[1].refund_line_items[0].total_tax",
    ]


@pytest.mark.parametrize(
    ("line", "refund_says", "restocked"),
    [
        ({"restock_type": "no_restock"}, True, False),
        ({"restock_type": "cancel"}, False, True),
        ({"restock_type": "return"}, False, True),
        ({"restock_type": "legacy_restock"}, False, True),
        ({"restock_type": None}, False, False),
        ({}, True, True),
        ({}, None, True),
    ],
)
def test_whether_goods_came_back_into_stock_is_the_lines_word_then_the_refunds(
    line: dict[str, Any], refund_says: bool | None, restocked: bool
) -> None:
    item = {"line_item_id": 12, "quantity": 1, "subtotal": "20.00", "total_tax": "1.60", **line}
    assert only(order(refund(refund_line_items=[item], restock=refund_says))).lines[0].restocked is restocked


def test_a_line_that_the_order_no_longer_has_is_told_from_its_copy_in_the_refund() -> None:
    copy = {"id": 99, "sku": "CARD-50", "title": "Gift card", "gift_card": True}
    item = {"line_item_id": 99, "quantity": 1, "subtotal": "50.00", "total_tax": "0.00", "line_item": copy}
    line = only(order(refund(refund_line_items=[item]))).lines[0]
    assert (line.line_id, line.sku, line.title, line.gift_card) == ("99", "CARD-50", "Gift card", True)


def test_shipping_given_back_is_positive() -> None:
    wire = {"kind": "shipping_refund", "amount": "-5.00", "tax_amount": "-0.40", "reason": "Shipping refund"}
    found = only(order(refund(order_adjustments=[wire], refund_line_items=[])))
    assert found.adjustments == (
        Adjustment(AdjustmentKind.SHIPPING, Decimal("5.00"), Decimal("0.40"), "Shipping refund"),
    )


@pytest.mark.parametrize("named", [{"kind": "refund_discrepancy"}, {"reason": "Refund discrepancy"}])
@pytest.mark.parametrize(("wire", "given"), [("3.00", Decimal("-3.00")), ("-3.00", Decimal("3.00"))])
def test_a_discrepancy_is_positive_where_more_was_given_back(named: dict[str, str], wire: str, given: Decimal) -> None:
    found = only(order(refund(order_adjustments=[{"amount": wire, "tax_amount": "0.00", **named}])))
    assert [(item.kind, item.amount) for item in found.adjustments] == [(AdjustmentKind.DISCREPANCY, given)]


def _shipping_line(**changes: Any) -> dict[str, Any]:
    sold = {"price": "5.00", "discounted_price": "4.00", "tax_lines": [{"price": "0.40"}]}
    money = {"shop_money": {"amount": "2.00", "currency_code": "USD"}}
    return {"subtotal_amount_set": money, "shipping_line": sold, **changes}


@pytest.mark.parametrize(("taxes_included", "amount"), [(False, "2.00"), (True, "1.80")])
def test_shipping_lines_of_the_newer_api_count_with_their_share_of_the_tax(taxes_included: bool, amount: str) -> None:
    found = only(order(refund(refund_shipping_lines=[_shipping_line()]), taxes_included=taxes_included))
    assert [(item.kind, item.amount, item.tax) for item in found.adjustments] == [
        (AdjustmentKind.SHIPPING, Decimal(amount), Decimal("0.20"))
    ]


def test_shipping_said_twice_counts_once() -> None:
    wire = {"kind": "shipping_refund", "amount": "-2.00", "tax_amount": "0.00"}
    found = only(order(refund(refund_shipping_lines=[_shipping_line()], order_adjustments=[wire])))
    assert [item.total for item in found.adjustments] == [Decimal("2.00")]


def test_duties_and_fees_that_were_given_back_count() -> None:
    def of(amount: str) -> dict[str, Any]:
        return {"shop_money": {"amount": amount, "currency_code": "USD"}}

    found = only(order(refund(total_duties_set=of("4.00"), total_additional_fees_set=of("1.50"))))
    assert [(item.kind, item.amount) for item in found.adjustments] == [
        (AdjustmentKind.DUTY, Decimal("4.00")),
        (AdjustmentKind.FEE, Decimal("1.50")),
    ]


def test_money_back_is_the_successful_refund_transactions_and_nothing_else() -> None:
    found = only(
        order(
            refund(
                transactions=[
                    transaction(amount="15.00"),
                    transaction(id=7002, amount="6.60", gateway="paypal"),
                    transaction(id=7003, status="failure", amount="99.00"),
                    transaction(id=7004, status="error", amount="99.00"),
                    transaction(id=7005, kind="void", amount="99.00"),
                    transaction(id=7006, amount="0.00"),
                ]
            )
        )
    )
    assert [(money.gateway, money.amount, money.transaction_id) for money in found.money] == [
        ("shopify_payments", Decimal("15.00"), "7001"),
        ("paypal", Decimal("6.60"), "7002"),
    ]


@pytest.mark.parametrize("gateway", ["gift_card", "shopify_store_credit", "store_credit"])
def test_what_the_shop_keeps_as_credit_is_no_money(gateway: str) -> None:
    found = only(order(refund(transactions=[transaction(gateway=gateway)])))
    assert (found.money_back, found.store_credit) == (ZERO, Decimal("21.60"))


def test_test_transactions_are_taken_as_they_come() -> None:
    assert only(order(refund(transactions=[transaction(test=True)]))).money_back == Decimal("21.60")


@pytest.mark.parametrize("status", ["pending", "awaiting_response", "unknown"])
def test_a_refund_that_is_not_settled_waits_for_the_next_import(status: str) -> None:
    [(place, reason)] = refused(order(refund(transactions=[transaction(), transaction(status=status)])))
    assert place == "refunds[0].transactions[1].status"
    assert "import it again once" in reason


def test_the_shops_money_counts_and_not_the_customers() -> None:
    both = {
        "shop_money": {"amount": "21.60", "currency_code": "USD"},
        "presentment_money": {"amount": "19.90", "currency_code": "EUR"},
    }
    found = only(order(refund(transactions=[transaction(amount="19.90", currency="EUR", amount_set=both)])))
    assert found.money_back == Decimal("21.60")


def test_money_in_another_currency_alone_is_refused() -> None:
    [(place, reason)] = refused(order(refund(transactions=[transaction(currency="EUR")])))
    assert place == "refunds[0].transactions[0].currency"
    assert "'EUR'" in reason
    assert "USD" in reason


def test_an_amount_given_back_for_no_line_is_worth_what_it_is() -> None:
    found = only(order(refund(refund_line_items=[])))
    assert [(item.kind, item.amount) for item in found.adjustments] == [(AdjustmentKind.DISCREPANCY, Decimal("21.60"))]
    assert found.value == found.money_back


def test_a_refund_of_nothing_is_refused() -> None:
    assert refused(order(refund(refund_line_items=[], transactions=[]))) == [
        ("refunds[0]", "the refund has no lines, no adjustments and no money: there is nothing to record")
    ]


CANCELLED = "2024-03-02T08:00:00-05:00"


@pytest.mark.parametrize("status", ["pending", "authorized", "voided", "expired"])
def test_an_order_cancelled_before_it_was_paid_comes_back_whole_without_money(status: str) -> None:
    found = only(order(cancelled_at=CANCELLED, financial_status=status))
    assert found.external_id == "cancel-5001"
    assert found.created_at == datetime(2024, 3, 2, 13, tzinfo=timezone.utc)
    assert [(line.sku, line.quantity, line.total, line.restocked) for line in found.lines] == [
        ("MUG", Decimal(3), Decimal("30.24"), True),
        ("POSTER", Decimal(1), Decimal("21.60"), True),
    ]
    assert [(item.kind, item.total) for item in found.adjustments] == [(AdjustmentKind.SHIPPING, Decimal("5.00"))]
    assert found.value == found.order.total == Decimal("56.84")
    assert found.money == ()
    assert found.order.cancelled_at == found.created_at


def test_a_cancelled_order_gives_back_only_what_was_left_of_it() -> None:
    cancelled = order(cancelled_at=CANCELLED, financial_status="voided")
    cancelled["line_items"][0]["current_quantity"] = 2
    cancelled["line_items"][1]["current_quantity"] = 0
    found = only(cancelled)
    assert [(line.sku, line.quantity, line.amount, line.tax) for line in found.lines] == [
        ("MUG", Decimal(2), Decimal("18.67"), Decimal("1.49"))
    ]


def test_a_cancelled_order_that_was_paid_is_no_refund_until_shopify_has_one() -> None:
    assert read(order(cancelled_at=CANCELLED, financial_status="paid")).refunds == ()
    found = only(order(refund(), cancelled_at=CANCELLED, financial_status="refunded"))
    assert found.external_id == "901"


def test_a_cancelled_order_that_does_not_say_whether_it_was_paid_is_refused() -> None:
    assert [place for place, _ in refused(order(cancelled_at=CANCELLED, financial_status=None))] == ["financial_status"]


def test_a_refund_without_its_order_is_refused_and_the_order_asked_for() -> None:
    for data, place in (
        ({"refund": refund()}, "refund"),
        (refund(), "refund"),
        ([refund()], "[0]"),
        ({"refunds": [refund(order_id=5001)]}, "refunds[0]"),
    ):
        assert refused(data) == [
            (place, "is a refund without its order; give the whole order, which has its refunds within it")
        ]


@pytest.mark.parametrize(
    ("broken", "place"),
    [
        (order(refund(), currency=None), "orders[1].currency"),
        (order(refund(), currency="usd"), "orders[1].currency"),
        (order(refund(), name=None), "orders[1].order_number"),
        (order(refund(), id=True), "orders[1].id"),
        (order(refund(), line_items={}), "orders[1].line_items"),
        (order(refund(), line_items=[{"id": 1, "quantity": 1}]), "orders[1].line_items[0].price"),
        (order(refund(), refunds=None), "orders[1].refunds"),
        (order(refund(), refunds="none"), "orders[1].refunds"),
        (order(refund(), created_at="yesterday"), "orders[1].created_at"),
        (order(refund(), customer=["Ann"]), "orders[1].customer"),
        (order("refunded"), "orders[1].refunds[0]"),
        (order(refund(id=None)), "orders[1].refunds[0].id"),
        (order(refund(id="")), "orders[1].refunds[0].id"),
        (order(refund(processed_at="2024-02-30T00:00:00Z")), "orders[1].refunds[0].processed_at"),
        (order(refund(processed_at="1789-07-14T00:00:00Z")), "orders[1].refunds[0].processed_at"),
        (order(refund(transactions=[transaction(amount="21.605")])), "orders[1].refunds[0].transactions[0].amount"),
        (order(refund(transactions=[transaction(amount="-1.00")])), "orders[1].refunds[0].transactions[0].amount"),
        (order(refund(transactions=[transaction(amount=None)])), "orders[1].refunds[0].transactions[0].amount"),
        (order(refund(transactions=[transaction(status="odd")])), "orders[1].refunds[0].transactions[0].status"),
        (
            order(refund(refund_line_items=[{"line_item_id": 77, "quantity": 1}])),
            "orders[1].refunds[0].refund_line_items[0].line_item_id",
        ),
        (
            order(refund(order_adjustments=[{"kind": "gift", "amount": "1.00"}])),
            "orders[1].refunds[0].order_adjustments[0].kind",
        ),
        (17, "orders[1]"),
    ],
)
def test_a_broken_record_is_refused_at_its_place_and_the_good_ones_go_in(broken: Any, place: str) -> None:
    reading = read({"orders": [order(refund(id=1)), broken, order(refund(id=3))]})
    assert [found.external_id for found in reading.refunds] == ["1", "3"]
    assert [entry.place for entry in reading.refused] == [place]
    assert reading.refused[0].reason
    assert reading.orders == 3


def test_the_good_refunds_of_an_order_go_in_beside_a_broken_one() -> None:
    reading = read(order(refund(id=1), refund(id=2, created_at=None, processed_at=None), refund(id=3)))
    assert [found.external_id for found in reading.refunds] == ["1", "3"]
    assert [(entry.place, entry.reason) for entry in reading.refused] == [("refunds[1].created_at", "is missing")]


def test_the_same_order_twice_gives_its_refunds_once() -> None:
    reading = read([order(refund()), order(refund())])
    assert (len(reading.refunds), reading.refused) == (1, ())


def test_a_refund_that_says_two_different_things_is_refused_the_second_time() -> None:
    reading = read([order(refund()), order(refund(note="other"))])
    assert [found.note for found in reading.refunds] == ["too large"]
    assert [entry.place for entry in reading.refused] == ["[1].refunds[0]"]


def test_titles_lose_control_characters_and_ids_with_them_are_refused() -> None:
    titled = order(refund())
    titled["line_items"][1]["title"] = "Poster\nA\x00B \ud800"
    assert only(titled).lines[0].title == "Poster A B"
    [(place, reason)] = refused(order(refund(id="90\x001")))
    assert place == "refunds[0].id"
    assert "control character" in reason


def test_a_file_without_orders_of_shopify_is_unreadable() -> None:
    with pytest.raises(UnreadableFile, match="no order of Shopify"):
        read({"transaction": transaction()}, "shopify")


def test_no_orders_at_all_is_an_empty_reading() -> None:
    reading = read({"orders": []}, "shopify")
    assert (reading.refunds, reading.refused, reading.orders) == ((), (), 0)


def _published_orders() -> list[Path]:
    return sorted(
        path
        for path in shared_path("orders", "shopify").glob("rest_*.json")
        if any(f'"{name}"' in path.read_text(encoding="utf-8")[:20] for name in ("order", "orders"))
    )


def test_every_published_order_gives_refunds_or_reasons() -> None:
    paths = _published_orders()
    assert len(paths) > 20
    found = {}
    for path in paths:
        reading = read_orders(path.read_bytes(), format=None, shop="", time_zone=timezone.utc)
        assert reading.orders == 1, path.name
        assert all(entry.place and entry.reason for entry in reading.refused)
        data = json.loads(path.read_bytes())
        one = data["orders"][0] if "orders" in data else data["order"]
        found[path.name] = (len(reading.refunds), len(reading.refused))
        if "refunds" in one:
            assert found[path.name] == (len(one["refunds"]), 0), path.name
    assert found["rest_2026_07_order_14.json"] == (1, 0)
    assert found["rest_2026_07_order_06.json"] == (0, 1)
    assert found["rest_orders.json"] == (0, 1)


def test_every_published_payload_is_read_or_refused_with_place_and_reason() -> None:
    seen = 0
    for path in sorted(shared_path("orders", "shopify").glob("*.json")):
        seen += 1
        try:
            reading = read_orders(path.read_bytes(), format=None, shop="", time_zone=timezone.utc)
        except UnreadableFile as error:  # a transaction, a schema
            said = str(error)
        else:
            said = "".join(entry.reason for entry in reading.refused if entry.place) or "read"
        assert said, path.name
    assert seen > 40


def test_a_refund_that_waited_for_its_order_is_read_with_it_once() -> None:
    waited = Document(json.dumps({**refund(), "order_id": 5001}).encode()).json
    for within in ([], [refund()]):
        data = json.dumps({"orders": [order(*within), order(id=5002, name="#1002")]}).encode()
        reading = read_orders(
            data,
            format=None,
            shop="",
            time_zone=timezone.utc,
            refunds_of=lambda order_id: [waited] if order_id == "5001" else [],
        )
        assert [found.external_id for found in reading.refunds] == ["901"]


def test_the_published_cancellation_is_worth_its_money_and_its_gift_card() -> None:
    data = shared_path("orders", "shopify", "rest_2026_07_order_14.json").read_bytes()
    [found] = read_orders(data, format=None, shop="", time_zone=timezone.utc).refunds
    assert (found.value, found.money_back, found.store_credit) == (Decimal("110.00"), Decimal(10), Decimal(100))
    assert [(item.kind, item.amount) for item in found.adjustments] == [(AdjustmentKind.DISCREPANCY, Decimal("-89.64"))]


def test_the_published_refund_of_two_lines_keeps_money_and_lines_apart() -> None:
    data = shared_path("orders", "shopify", "rest_2024_01_order_07.json").read_bytes()
    [found] = read_orders(data, format=None, shop="", time_zone=timezone.utc).refunds
    assert (found.value, found.tax, found.money_back) == (Decimal("399.29"), Decimal("7.96"), Decimal("209.00"))
