"""Which format a file is taken for, what can't be read at all, and that nothing else is ever raised."""

from __future__ import annotations

import json
import re
from datetime import timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qbwc_server.refunds.codec import encode
from qbwc_server.sources import FORMATS, MAX_FILE_BYTES, UnreadableFile, read_orders
from qbwc_server.sources.csv_file.table import COLUMNS
from tests.shared import PROJECT
from tests.sources.payloads import only, order, read, refund
from tests.sources.test_connex_json import REFUND
from tests.sources.test_csv_file import good, short
from tests.sources.woocommerce_payloads import pair, woo_refund


def test_four_formats_are_offered() -> None:
    assert sorted(FORMATS) == ["csv", "json", "shopify", "woocommerce"]


@pytest.mark.parametrize(
    ("data", "source"),
    [
        ({"orders": [order(refund())]}, "shopify"),
        (pair(woo_refund()), "woocommerce"),
        ({"refunds": [encode(REFUND)]}, "myshop"),
        (short(good(1)), "myshop"),
    ],
)
def test_the_format_is_told_from_the_content(data: Any, source: str) -> None:
    assert [found.source for found in read(data).refunds] == [source]


def test_every_example_of_the_documentation_reads_as_it_says() -> None:
    documentation = PROJECT.joinpath("docs", "import.md").read_text(encoding="utf-8")
    examples = re.findall(r"```(?:json|csv)\n(.*?)```", documentation, re.DOTALL)
    found = [only(example) for example in examples]
    assert [(one.source, one.external_id, str(one.value), str(one.money_back)) for one in found] == [
        ("shopify", "901", "21.60", "21.60"),
        ("woocommerce", "901", "21.60", "21.60"),
        ("myshop", "R1", "26.60", "26.60"),
        ("myshop", "R1", "26.60", "26.60"),
    ]


def test_a_byte_order_mark_and_white_space_do_not_hide_the_format() -> None:
    text = "\ufeff \n" + json.dumps(order(refund()))
    assert len(read(text).refunds) == 1


def test_an_unknown_format_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UnreadableFile, match="use one of woocommerce, shopify, csv, json"):
        read({}, "xml")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b" \r\n", "is empty"),
        (b'{"orders": [', "not JSON.*line 1"),
        (b'{"orders": []} more', "not JSON"),
        (b'{"orders": [{"id": 1, "id": 2}]}', "'id' twice"),
        (b'{"orders": [NaN]}', "NaN"),
        (b'{"orders": [-Infinity]}', "-Infinity"),
        (b'{"orders": ["\xff"]}', "not UTF-8 .byte 13."),
        ('{"orders": []}'.encode("utf-16"), "UTF-16"),
        (b'{"products": []}', "is none that is known"),
        (b"[1]", "is none that is known"),
        (b"[" * 65 + b"]" * 65, "deeper than 64"),
        (b"[" * 200_000 + b"]" * 200_000, "deeper than 64"),
        (b'{"orders":' * 100_000, "deeper than 64|not JSON"),
    ],
)
def test_a_file_of_which_nothing_can_be_read_says_why(data: bytes, words: str) -> None:
    with pytest.raises(UnreadableFile, match=words):
        read_orders(data, format=None, shop="", time_zone=timezone.utc)


@pytest.mark.parametrize("answer", [{"orders": []}, [], {"refunds": []}])
def test_a_shops_answer_for_a_day_without_orders_is_read_as_none(answer: Any) -> None:
    reading = read(answer)
    assert (reading.refunds, reading.refused, reading.orders) == ((), (), 0)


def test_a_file_over_the_bound_is_not_looked_at() -> None:
    with pytest.raises(UnreadableFile, match="export fewer orders at a time"):
        read_orders(bytes(MAX_FILE_BYTES + 1), format=None, shop="", time_zone=timezone.utc)


def test_nesting_up_to_the_bound_is_read() -> None:
    deep = order(refund())
    deep["note_attributes"] = json.loads("[" * 63 + "]" * 63)
    assert len(read(deep).refunds) == 1
    deep["note_attributes"] = json.loads("[" * 64 + "]" * 64)
    with pytest.raises(UnreadableFile, match="deeper than 64"):
        read(deep)


@pytest.mark.parametrize(
    "number", ["9" * 5000, "1e999999999999999999999", "-1E+999999", "1e-999999999", "0.1" + "0" * 5000]
)
def test_monstrous_numbers_are_refused_where_they_count_and_no_matter_elsewhere(number: str) -> None:
    elsewhere = json.dumps(order(refund(), app_id="X")).replace('"X"', number)
    assert len(read(elsewhere).refunds) == 1
    counting = json.dumps(order(refund(), total_price="X")).replace('"X"', number)
    reading = read(counting)
    assert len(reading.refunds) + len(reading.refused) == 1


_scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=True)
    | st.text(max_size=12)
    | st.sampled_from(["1.00", "2024-03-01T00:00:00Z", "USD", "refund", "success", "shipping_refund", "901", "-1"])
)
_names = st.sampled_from(
    sorted(
        {"orders", "order", "refund", "subtotal_set", "shop_money", "external_id", *order(), *refund(), *encode(REFUND)}
    )
) | st.text(max_size=5)
_garbage = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_names, inner, max_size=6),
    max_leaves=25,
)


def _reads_or_says_why(data: bytes, format: str | None) -> None:
    try:
        reading = read_orders(data, format=format, shop="", time_zone=timezone.utc)
    except UnreadableFile:
        return
    assert all(entry.place and entry.reason for entry in reading.refused)
    for found in reading.refunds:
        assert found.value == found.value.quantize(found.value)
        json.dumps(encode(found), ensure_ascii=False).encode()
    for entry in reading.refused:
        f"{entry.place} {entry.reason}".encode()


@settings(deadline=None, max_examples=200)
@given(data=_garbage, format=st.sampled_from([None, *FORMATS]))
def test_no_json_raises_anything_but_that_it_cannot_be_read(data: Any, format: str | None) -> None:
    _reads_or_says_why(json.dumps(data).encode(), format)


@settings(deadline=None, max_examples=200)
@given(data=st.binary(max_size=60), format=st.sampled_from([None, *FORMATS]))
def test_no_bytes_raise_anything_but_that_they_cannot_be_read(data: bytes, format: str | None) -> None:
    _reads_or_says_why(data, format)


def _paths(data: Any) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        found.append((key,))
        found.extend((key, *path) for path in _paths(value))
    return found


_WHOLE = {
    "orders": [order(refund(), refund(id=902, order_adjustments=[{"kind": "shipping_refund", "amount": "-1.00"}]))]
}


@settings(deadline=None, max_examples=300)
@given(path=st.sampled_from(_paths(_WHOLE)), value=_garbage)
def test_an_order_with_any_one_field_spoilt_is_read_or_refused(path: tuple[Any, ...], value: Any) -> None:
    spoilt = json.loads(json.dumps(_WHOLE))
    holder = spoilt
    for part in path[:-1]:
        holder = holder[part]
    holder[path[-1]] = value
    _reads_or_says_why(json.dumps(spoilt).encode(), "shopify")


@settings(deadline=None, max_examples=200)
@given(
    rows=st.lists(
        st.lists(
            st.sampled_from(["", "line", "money", "1.00", "USD", "R1", "2024-03-01", "x,y", "yes", "\n"])
            | st.text(max_size=5)
        ),
        max_size=4,
    )
)
def test_a_table_with_any_rows_is_read_or_refused(rows: list[list[str]]) -> None:
    lines = [",".join(COLUMNS), *(",".join('"' + field.replace('"', '""') + '"' for field in row) for row in rows)]
    _reads_or_says_why("\n".join(lines).encode("utf-8", "surrogatepass"), "csv")
