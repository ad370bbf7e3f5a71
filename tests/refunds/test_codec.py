"""What is kept as JSON comes back as it was, and what is not of the form is refused with its place."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbwc_server.refunds.codec import DecodeError, decode, encode
from qbwc_server.refunds.model import Adjustment, AdjustmentKind, MoneyBack, Order, OrderLine, Refund, RefundLine
from qbwc_server.refunds.sale import Sale, Taken
from tests.refunds.builders import (
    adjusted,
    back,
    bundle,
    by,
    invoice,
    open_payment,
    posted,
    ref,
    refund_of,
    sold,
    taken_by,
)

TEXT = st.text(max_size=20)
NUMBERS = st.decimals(min_value=-(10**12), max_value=10**12, places=2)
MOMENTS = st.datetimes(timezones=st.just(timezone(timedelta(hours=-5))))
REFUNDS = st.builds(
    Refund,
    source=TEXT,
    shop=TEXT,
    external_id=TEXT,
    order=st.builds(
        Order,
        order_id=TEXT,
        number=TEXT,
        created_at=st.none() | MOMENTS,
        lines=st.lists(st.builds(OrderLine, TEXT, TEXT, TEXT, NUMBERS, NUMBERS), max_size=2).map(tuple),
        total=st.none() | NUMBERS,
    ),
    created_at=MOMENTS,
    currency=TEXT,
    lines=st.lists(st.builds(RefundLine, TEXT, TEXT, TEXT, NUMBERS, NUMBERS, NUMBERS, st.booleans()), max_size=2).map(
        tuple
    ),
    adjustments=st.lists(st.builds(Adjustment, st.sampled_from(AdjustmentKind), NUMBERS), max_size=2).map(tuple),
    money=st.lists(st.builds(MoneyBack, NUMBERS, TEXT), max_size=2).map(tuple),
)


@given(REFUNDS)
def test_any_refund_comes_back_as_it_was(refund: Refund) -> None:
    assert decode(Refund, json.loads(json.dumps(encode(refund)))) == refund


def test_a_sale_with_everything_on_it_comes_back_as_it_was() -> None:
    hat = sold("HAT", 2, "50.00", class_ref=ref("Online"), inventory_site=ref("Main"))
    sale = invoice(hat, bundle("SET", 1, sold("CUP", 2, "5.00")), tax="8", open_payments=(open_payment("5.00"),))
    assert decode(Sale, json.loads(json.dumps(encode(sale)))) == sale
    taken = taken_by(posted(refund_of(back("HAT", 1, "50.00", tax="4.00")), sale))
    assert decode(Taken, json.loads(json.dumps(encode(taken)))) == taken


def test_amounts_are_texts_and_times_carry_their_offset() -> None:
    refund = refund_of(back("HAT", 1, "50.00"), adjusted("1E+2"), money=(by("card", "50.00"),))
    data = encode(refund)
    assert data["lines"][0]["amount"] == "50.00"
    assert data["adjustments"][0]["amount"] == "100"
    assert data["created_at"] == "2024-03-04T15:30:00-05:00"
    assert data["adjustments"][0]["kind"] == "discrepancy"


def test_what_has_no_json_form_is_refused() -> None:
    with pytest.raises(TypeError, match="a float has no JSON form"):
        encode({"rate": 1.5})


class Size(Enum):
    SMALL = "small"
    LARGE = "large"


@dataclass(frozen=True)
class Box:
    name: str
    size: Size = Size.SMALL
    weight: Decimal = Decimal(0)
    count: int = 0
    open: bool = False
    made: date | None = None
    sealed: datetime | None = None
    inner: tuple[Box, ...] = ()
    marks: dict[str, Decimal] = field(default_factory=dict)


def test_what_is_left_out_has_its_default_and_z_is_utc() -> None:
    assert decode(Box, {"name": "a"}) == Box("a")
    sealed = decode(Box, {"name": "a", "sealed": "2024-03-01T14:05:00Z", "made": "2024-03-01"})
    assert sealed == Box("a", sealed=datetime(2024, 3, 1, 14, 5, tzinfo=timezone.utc), made=date(2024, 3, 1))
    assert decode(Box, {"name": "a", "weight": 7}) == Box("a", weight=Decimal(7))


@pytest.mark.parametrize(
    ("change", "place", "reason"),
    [
        ({"colour": "red"}, "colour", "no such field; allowed are name, size"),
        ({"name": 7}, "name", "expected text, found 7"),
        ({"name": None}, "name", "expected text"),
        ({"size": "huge"}, "size", "'huge' is not one of small, large"),
        ({"size": []}, "size", "not one of"),
        ({"weight": 1.5}, "weight", 'expected a number as text such as "12.50"'),
        ({"weight": True}, "weight", "expected a number"),
        ({"weight": "NaN"}, "weight", "expected a number"),
        ({"weight": "1e5"}, "weight", "expected a number"),
        ({"weight": "1e999999"}, "weight", "expected a number"),
        ({"weight": "1_000"}, "weight", "expected a number"),
        ({"weight": "\u0663"}, "weight", "expected a number"),
        ({"weight": " 5"}, "weight", "expected a number"),
        ({"weight": ""}, "weight", "expected a number"),
        ({"weight": "9" * 41}, "weight", "expected a number"),
        ({"weight": 10**40}, "weight", "expected a number"),
        ({"weight": Decimal("1E+100")}, "weight", "expected a number"),
        ({"count": "7"}, "count", "expected a whole number"),
        ({"count": True}, "count", "expected a whole number"),
        ({"open": "true"}, "open", "expected true or false"),
        ({"made": "yesterday"}, "made", "expected a date such as 2024-03-01"),
        ({"made": 5}, "made", "expected a date"),
        ({"sealed": "2024-03-01T14:05:00"}, "sealed", "expected a time with its offset"),
        ({"sealed": 5}, "sealed", "expected a time"),
        ({"sealed": "noon"}, "sealed", "expected a time"),
        ({"inner": "abc"}, "inner", "expected a list"),
        ({"inner": {}}, "inner", "expected a list"),
        ({"inner": [{"name": "b"}, {"name": "c", "weight": "x"}]}, "inner[1].weight", "expected a number"),
        ({"inner": [{}]}, "inner[0].name", "is missing"),
        ({"inner": [7]}, "inner[0]", "expected an object with named fields, found 7"),
        ({"marks": []}, "marks", "expected an object"),
        ({"marks": {"a": "x"}}, "marks.a", "expected a number"),
    ],
)
def test_what_is_not_of_the_form_is_refused_with_its_place(change: dict[str, Any], place: str, reason: str) -> None:
    with pytest.raises(DecodeError) as caught:
        decode(Box, {"name": "a", **change})
    assert caught.value.place == place
    assert reason in caught.value.reason
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize("data", [None, 7, "text", []])
def test_what_is_no_object_at_all_is_refused(data: object) -> None:
    with pytest.raises(DecodeError, match="the record: expected an object"):
        decode(Box, data)


def test_a_number_that_was_read_can_be_written_and_read_again() -> None:
    longest = "-" + "9" * 30 + ".99"
    assert encode(decode(Box, {"name": "a", "weight": longest}))["weight"] == longest
    assert decode(Box, {"name": "a", "weight": Decimal("1E+5")}) == replace(Box("a"), weight=Decimal(100000))
