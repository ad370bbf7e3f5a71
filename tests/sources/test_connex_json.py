"""Refunds in their own JSON form."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from qbwc_server.refunds.codec import encode
from qbwc_server.refunds.model import Adjustment, AdjustmentKind, MoneyBack, Order, OrderLine, Refund, RefundLine
from qbwc_server.sources import UnreadableFile
from tests.sources.payloads import only, read, refused

REFUND = Refund(
    source="myshop",
    shop="shop.example",
    external_id="R1",
    order=Order(
        order_id="5001",
        number="#1001",
        created_at=datetime(2024, 2, 28, 9, tzinfo=timezone.utc),
        customer_name="Ann Lee",
        lines=(OrderLine("1", "MUG", "Mug", Decimal(3), Decimal("30.00"), Decimal("2.40")),),
        total=Decimal("37.40"),
    ),
    created_at=datetime(2024, 3, 1, 10, 30, tzinfo=timezone(timedelta(hours=-5))),
    currency="USD",
    lines=(RefundLine("1", "MUG", "Mug", Decimal("1.5"), Decimal("15.00"), Decimal("1.20"), restocked=False),),
    adjustments=(Adjustment(AdjustmentKind.FEE, Decimal("-1.00"), reason="Restocking"),),
    money=(MoneyBack(Decimal("15.20"), "paypal", "T1"),),
    note="wrong colour",
)


def changed(path: str, value: Any) -> dict[str, Any]:
    """The refund's JSON with one field changed; the path is of names and indexes."""
    data: dict[str, Any] = encode(REFUND)
    *holders, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    holder: Any = data
    for part in holders:
        holder = holder[part]
    holder[last] = value
    return data


def test_a_refund_comes_out_as_it_went_in() -> None:
    assert only({"refunds": [encode(REFUND)]}) == REFUND


def test_amounts_may_be_numbers_and_are_exact() -> None:
    assert only({"refunds": [changed("money.0.amount", 15.1)]}).money[0].amount == Decimal("15.10")


def test_the_connections_shop_is_for_refunds_without_one() -> None:
    bare = replace(REFUND, shop="")
    own, others, shopify = read(
        {"refunds": [encode(bare), encode(REFUND), encode(replace(REFUND, source="shopify"))]}, shop="b.example"
    ).refunds
    assert (own.shop, others.shop, shopify.shop) == ("b.example", "shop.example", "")


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        ("created_at", "2024-03-01", "refunds[1].created_at"),
        ("created_at", "1900-03-01T00:00:00Z", "refunds[1].created_at"),
        ("currency", "dollars", "refunds[1].currency"),
        ("external_id", "", "refunds[1].external_id"),
        ("external_id", 17, "refunds[1].external_id"),
        ("external_id", "a\x07b", "refunds[1].external_id"),
        ("order.number", " ", "refunds[1].order.number"),
        ("order.total", "1.001", "refunds[1].order.total"),
        ("order.lines.0.quantity", "-1", "refunds[1].order.lines[0].quantity"),
        ("lines.0.quantity", "0.1234567", "refunds[1].lines[0].quantity"),
        ("lines.0.amount", "12.345", "refunds[1].lines[0].amount"),
        ("lines.0.amount", "1E+999999", "refunds[1].lines[0].amount"),
        ("lines.0.amount", 1e30, "refunds[1].lines[0].amount"),
        ("lines.0.tax", "-0.01", "refunds[1].lines[0].tax"),
        ("lines.0.colour", "blue", "refunds[1].lines[0].colour"),
        ("money.0.amount", "-5.00", "refunds[1].money[0].amount"),
        ("adjustments.0.kind", "gift", "refunds[1].adjustments[0].kind"),
        ("order", None, "refunds[1].order"),
        ("source", "", "refunds[1].source"),
    ],
)
def test_a_bad_refund_is_refused_at_its_field_and_the_others_go_in(path: str, value: Any, place: str) -> None:
    first, last = encode(REFUND), encode(replace(REFUND, external_id="R3"))
    reading = read({"refunds": [first, changed(path, value), last]})
    assert [found.external_id for found in reading.refunds] == ["R1", "R3"]
    assert [entry.place for entry in reading.refused] == [place]


def test_a_refund_with_too_many_lines_is_refused() -> None:
    lines = encode(REFUND)["lines"] * 2001
    assert refused({"refunds": [changed("lines", lines)]}) == [
        ("refunds[0].lines", "has 2001 entries, at most 2000 are taken")
    ]


def test_a_record_that_is_no_object_is_refused() -> None:
    assert [place for place, _ in refused({"refunds": ["R1"]}, "json")] == ["refunds[0]"]


def test_overlong_texts_are_cut_and_printable() -> None:
    found = only({"refunds": [changed("note", "a\tb" + "c" * 5000)]})
    assert found.note == "a b" + "c" * 997


@pytest.mark.parametrize("data", [{}, [], {"refunds": {}}, {"orders": []}])
def test_without_a_list_of_refunds_nothing_can_be_read(data: Any) -> None:
    with pytest.raises(UnreadableFile, match="no list of refunds"):
        read(data, "json")


def test_an_empty_list_of_refunds_is_read() -> None:
    assert read({"refunds": []}).orders == 0
