"""The table of refunds: how its rows become refunds, and what is refused."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from qbwc_server.refunds.model import Adjustment, AdjustmentKind, MoneyBack, RefundLine
from qbwc_server.sources import Reading, UnreadableFile, read_orders
from qbwc_server.sources.csv_file.table import COLUMNS
from tests.shared import PROJECT
from tests.sources.payloads import only, read, refused

HEADER = (
    "source,shop,order_number,order_id,refund_id,refund_date,currency,kind,sku,title,quantity,amount,tax,restocked,"
    "gateway,transaction_id,customer_name,customer_email,order_total\n"
)
SHORT = "source,order_number,refund_id,refund_date,currency,kind,sku,quantity,amount\n"


def short(*rows: str) -> str:
    return SHORT + "\n".join(rows) + "\n"


def good(number: int) -> str:
    return f"myshop,{number},R{number},2024-03-01,USD,line,MUG,1,10.00"


def test_rows_of_one_refund_become_its_lines_adjustments_and_money() -> None:
    table = HEADER + (
        "myshop,shop.example,1001,5001,R1,2024-03-01T10:00:00-05:00,USD,line,MUG,Mug,2,20.00,1.60,no,,,Ann,a@x.org,60.00\n"
        "myshop,shop.example,1001,,R1,,,shipping,,,,5.00,0.40,,,,,,\n"
        "myshop,shop.example,1001,,R1,,,adjustment,,Kept for wear,,-2.00,,,,,,,\n"
        "myshop,shop.example,1001,,R1,,,money,,,,15.00,,,paypal,T1,,,\n"
        "myshop,shop.example,1001,,R1,,,money,,,,10.00,,,gift_card,T2,,,\n"
    )
    found = only(table)
    assert (found.source, found.shop, found.external_id, found.currency) == ("myshop", "shop.example", "R1", "USD")
    assert found.lines == (
        RefundLine("", "MUG", "Mug", Decimal(2), Decimal("20.00"), Decimal("1.60"), restocked=False),
    )
    assert found.adjustments == (
        Adjustment(AdjustmentKind.SHIPPING, Decimal("5.00"), Decimal("0.40")),
        Adjustment(AdjustmentKind.DISCREPANCY, Decimal("-2.00"), reason="Kept for wear"),
    )
    assert found.money == (
        MoneyBack(Decimal("15.00"), "paypal", "T1"),
        MoneyBack(Decimal("10.00"), "gift_card", "T2", store_credit=True),
    )
    assert (found.order.number, found.order.order_id) == ("1001", "5001")
    assert (found.order.customer_name, found.order.customer_email) == ("Ann", "a@x.org")
    assert found.order.total == Decimal("60.00")
    assert found.value == found.money_back + found.store_credit


def test_the_rows_of_a_refund_need_not_stand_together() -> None:
    reading = read(short(good(1), good(2), "myshop,1,R1,,,line,CUP,1,4.00"))
    assert [(found.external_id, len(found.lines)) for found in reading.refunds] == [("R1", 2), ("R2", 1)]
    assert reading.orders == 2


def test_money_without_lines_is_worth_what_it_is() -> None:
    found = only(short("myshop,1001,R1,2024-03-01,USD,money,,,12.00"))
    assert found.value == found.money_back == Decimal("12.00")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_delimiters_line_ends_and_byte_order_marks_make_no_difference(delimiter: str, newline: str, mark: str) -> None:
    table = short(good(1)).replace(",", delimiter).replace("\n", newline)
    assert only(mark + table) == only(short(good(1)))


def test_quoted_fields_hold_delimiters_quotes_and_line_ends() -> None:
    table = HEADER.replace("title,", "title,") + (
        'myshop,,1,,R1,2024-03-01,USD,line,,"Mug, 2"" high\nblue",1,10.00,,,,,,,\n'
        + "myshop,,2,,R2,x,USD,line,A,,1,1.00,,,,,,,\n"
    )
    reading = read(table)
    assert reading.refunds[0].lines[0].title == 'Mug, 2" high blue'
    assert [entry.place for entry in reading.refused] == ["line 4"]


def test_text_that_looks_like_a_formula_stays_text() -> None:
    table = HEADER + "myshop,,1,,R1,2024-03-01,USD,line,=1+1,@SUM(A1),1,10.00,,,,,-Ann,,\n"
    found = only(table)
    assert (found.lines[0].sku, found.lines[0].title, found.order.customer_name) == ("=1+1", "@SUM(A1)", "-Ann")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2024-03-01", "2024-03-01T00:00:00-05:00"),
        ("2024-07-01 09:30", "2024-07-01T09:30:00-04:00"),
        ("2024-07-01T09:30:15", "2024-07-01T09:30:15-04:00"),
        ("2024-03-01T10:00:00+01:00", "2024-03-01T10:00:00+01:00"),
        ("2024-03-01T10:00:00.250Z", "2024-03-01T10:00:00.250000+00:00"),
    ],
)
def test_dates_without_an_offset_are_the_connections(written: str, meant: str) -> None:
    table = short(good(1).replace("2024-03-01", written)).encode()
    reading = read_orders(table, format="csv", shop="", time_zone=ZoneInfo("America/New_York"))
    assert reading.refused == ()
    moment = reading.refunds[0].created_at
    assert moment.isoformat() == meant
    assert moment - datetime.fromisoformat(meant) == timedelta(0)


def test_the_connections_shop_fills_an_empty_column_but_is_no_part_of_shopifys_ids() -> None:
    table = short(good(1), good(2).replace("myshop", "Shopify"))
    own, shopify = read(table, shop="shop.example").refunds
    assert (own.source, own.shop) == ("myshop", "shop.example")
    assert (shopify.source, shopify.shop) == ("shopify", "")


def test_a_row_names_the_shop_and_the_next_leaves_it_to_the_connection() -> None:
    header = SHORT.replace("source,", "source,shop,")
    rows = "myshop,a.example,1,R1,2024-03-01,USD,line,MUG,1,10.00\nmyshop,,1,R1,,,line,CUP,1,4.00\n"
    assert [len(found.lines) for found in read(header + rows, shop="a.example").refunds] == [2]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ('myshop,1,R1,2024-03-01,USD,line,MUG,1,"1,234.50"', "thousands separators"),
        ("myshop,1,R1,2024-03-01,USD,line,MUG,1,1.005", "amount: '1.005' has more than 2 decimals"),
        ("myshop,1,R1,2024-03-01,USD,line,MUG,1,-1.00", "amount: -1.00 is negative"),
        ("myshop,1,R1,2024-03-01,USD,line,MUG,1,", "amount: is missing"),
        ("myshop,1,R1,2024-03-01,USD,line,MUG,1,1e3", "amount: expected a number"),
        ("myshop,1,R1,2024-03-01,USD,line,MUG,1,1_000", "amount: expected a number"),
        ("myshop,1,R1,2024-03-01,USD,line,MUG,1,$5.00", "amount: expected a number"),
        ("myshop,1,R1,2024-03-01,USD,line,MUG,1,1000000000.00", "amount: '1000000000.00' is beyond"),
        ("myshop,1,R1,2024-03-01,USD,line,MUG,,1.00", "quantity: is missing"),
        ("myshop,1,R1,2024-03-01,USD,line,MUG,-1,1.00", "quantity: -1 is negative"),
        ("myshop,1,R1,2024-03-01,USD,line,MUG,0.000001,1.00", "quantity: '0.000001' has more than 5 decimals"),
        ("myshop,1,R1,2024-03-01,USD,line,,1,1.00", "sku: is empty"),
        ("myshop,1,R1,2024-03-01,USD,gift,MUG,1,1.00", "kind: 'gift' is not one of line, shipping"),
        ("myshop,1,R1,2024-03-01,USD,money,,1,1.00", "quantity: must be empty on a row of the kind money"),
        ("myshop,1,R1,2024-03-01,USD,money,,,-1.00", "amount: -1.00 is negative"),
        ("myshop,1,R1,2024-03-01,US,line,MUG,1,1.00", "currency: expected three capital letters"),
        ("myshop,1,R1,,USD,line,MUG,1,1.00", "refund_date: is empty on every row"),
        ("myshop,1,R1,03/01/2024,USD,line,MUG,1,1.00", "refund_date: expected a time"),
        ("myshop,1,R1,2024-13-01,USD,line,MUG,1,1.00", "refund_date: '2024-13-01' is no date"),
        ("myshop,,R1,2024-03-01,USD,line,MUG,1,1.00", "order_number: is empty on every row"),
        ("my shop,1,R1,2024-03-01,USD,line,MUG,1,1.00", "source: expected an order system's name"),
        ("myshop,1,9.29E+08,2024-03-01,USD,line,MUG,1,1.00", "refund_id: '9.29E+08' was shortened by a spreadsheet"),
        (f"myshop,1,{'9' * 101},2024-03-01,USD,line,MUG,1,1.00", "refund_id: has 101 characters"),
    ],
)
def test_a_bad_row_is_refused_with_its_line_and_the_good_refunds_go_in(row: str, words: str) -> None:
    reading = read(short(good(7), row, good(8)))
    assert [found.external_id for found in reading.refunds] == ["R7", "R8"]
    assert [entry.place for entry in reading.refused] == ["line 3"]
    assert words in reading.refused[0].reason


def test_a_refund_with_one_bad_row_is_refused_whole() -> None:
    reading = read(short(good(1), good(2), "myshop,1,R1,,,money,,,ten"))
    assert [found.external_id for found in reading.refunds] == ["R2"]
    assert [entry.place for entry in reading.refused] == ["line 4"]


def test_rows_that_contradict_each_other_are_refused() -> None:
    assert refused(short(good(1), "myshop,1,R1,2024-03-02,USD,line,CUP,1,4.00")) == [
        ("line 3", "refund_date: differs from line 2 of the same refund")
    ]


def _places(reading: Reading) -> list[str]:
    return [entry.place for entry in reading.refused]


def test_a_row_without_its_refund_takes_along_the_refunds_that_it_may_belong_to() -> None:
    reading = read(short(good(1), good(2), good(3), "myshop,1,,,,line,CUP,1,4.00"))
    assert [found.external_id for found in reading.refunds] == ["R2"]
    assert sorted(_places(reading)) == ["line 2", "line 4", "line 5"]


def test_a_row_without_its_source_takes_along_the_refund_of_its_id() -> None:
    reading = read(short(good(1), good(2), good(3), good(4), ",,R1,,,line,CUP,1,4.00"))
    assert [found.external_id for found in reading.refunds] == ["R2", "R3"]


def test_a_row_with_too_many_or_too_few_fields_takes_along_its_neighbours() -> None:
    reading = read(short(good(1), good(2) + ",more", good(3), good(4), "myshop,5"))
    assert reading.refunds == ()
    assert sorted(_places(reading)) == ["line 2", "line 3", "line 4", "line 5", "line 6"]
    assert "10 fields where the header has 9" in reading.refused[0].reason


def test_blank_rows_are_no_rows() -> None:
    assert len(read(short(good(1), "", ",,,,,,,,", good(2))).refunds) == 2


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (SHORT.replace("sku", "colour") + good(1), "no column 'colour'; the header's columns are source, shop"),
        (SHORT.replace("sku", "kind") + good(1), "the column kind stands twice"),
        (SHORT.replace("refund_id,", "") + good(1), "the header has no column refund_id"),
        ("just some words", "no column 'just some words'"),
        (short(good(1).replace("MUG", '"MU"G')), "the table breaks off at line 2"),
        (short(good(1).replace("MUG", '"MUG')), "the table breaks off at line 2"),
    ],
)
def test_a_table_that_cannot_be_told_apart_is_unreadable(table: str, words: str) -> None:
    with pytest.raises(UnreadableFile, match=words):
        read(table, "csv")


def test_a_header_alone_is_a_table_with_nothing_in_it() -> None:
    reading = read(SHORT)
    assert (reading.refunds, reading.refused, reading.orders) == ((), (), 0)


def test_a_restocked_column_says_yes_or_no() -> None:
    header = SHORT.replace("amount", "amount,restocked")
    for written, restocked in (("", True), ("yes", True), ("TRUE", True), ("no", False), ("0", False)):
        assert only(header + good(1) + f",{written}\n").lines[0].restocked is restocked
    assert [place for place, _ in refused(header + good(1) + ",maybe\n")] == ["line 2"]


def test_the_documentation_names_every_column() -> None:
    documented = PROJECT.joinpath("docs", "import.md").read_text(encoding="utf-8")
    assert [column for column in COLUMNS if f"`{column}`" not in documented] == []


def test_times_are_aware_whatever_the_zone() -> None:
    zone = timezone(timedelta(hours=9))
    [found] = read_orders(short(good(1)).encode(), format=None, shop="", time_zone=zone).refunds
    assert found.created_at == datetime(2024, 3, 1, tzinfo=zone)
