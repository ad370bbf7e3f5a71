"""The mapping of SKUs to items is kept for each connection, all of a table or nothing."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from sqlalchemy.orm import Session

from qbwc_server.refunds.gateways import Gateway
from qbwc_server.refunds.settings import RefundMethod
from qbwc_server.store.connections import add_connection
from qbwc_server.store.database import Database
from qbwc_server.store.mappings import (
    MappingProblem,
    gateway_mappings,
    item_mappings,
    read_gateway_table,
    read_table,
    remove_gateway,
    remove_item,
    set_gateways,
    set_items,
    written_gateway_table,
    written_table,
)
from qbwc_server.store.tables import Connection

NOW = datetime(2024, 5, 6, tzinfo=timezone.utc)


def made(session: Session, name: str = "shop") -> Connection:
    return add_connection(session, name, name, "hash", {}, NOW, "test")


def test_a_mapping_is_of_one_connection_and_the_same_whatever_the_case(database: Database) -> None:
    with database.transaction() as session:
        shop, other = made(session), made(session, "other")
        assert set_items(session, shop, {"W-1": "Apparel:Hat", " w-2 ": "Scarf"}, NOW, "test") == 2
        assert set_items(session, shop, {"w-1": "Cap"}, NOW, "test") == 1
        assert set_items(session, shop, {"W-1": "Cap"}, NOW, "test") == 0
        assert item_mappings(session, shop.id) == {"W-1": "Cap", "w-2": "Scarf"}
        assert item_mappings(session, other.id) == {}


def test_a_mapping_is_removed_by_its_sku(database: Database) -> None:
    with database.transaction() as session:
        shop = made(session)
        set_items(session, shop, {"W-1": "Hat"}, NOW, "test")
        remove_item(session, shop, "w-1", NOW, "test")
        assert item_mappings(session, shop.id) == {}
        with pytest.raises(MappingProblem, match="'W-1' is not mapped"):
            remove_item(session, shop, "W-1", NOW, "test")


def test_a_changed_mapping_makes_the_lists_be_read_anew(database: Database) -> None:
    with database.transaction() as session:
        shop = made(session)
        shop.company.lists_read_at = NOW
        set_items(session, shop, {"W-1": "Hat"}, NOW, "test")
        assert shop.company.lists_read_at is None


@pytest.mark.parametrize(
    ("items", "reason"),
    [
        ({"W-1": "Hat", "": "Cap"}, "the SKU '' of ''"),
        ({"W-1": "Hat", "W-2": " "}, "the item '' of 'W-2'"),
        ({"W-1": "Hat", "w-1": "Cap"}, "twice, but for its case"),
        ({"W-1": "Hat", "W-2": "x" * 160}, "1 to 159 printable"),
        ({f"W-{number}": "Hat" for number in range(5001)}, "at most 5000"),
    ],
)
def test_a_mapping_that_cannot_be_leaves_all_as_it_was(database: Database, items: dict[str, str], reason: str) -> None:
    with database.transaction() as session:
        shop = made(session)
        with pytest.raises(MappingProblem, match=reason):
            set_items(session, shop, items, NOW, "test")
        assert item_mappings(session, shop.id) == {}


def test_tables_are_safe_to_open_in_a_spreadsheet_and_come_back_as_they_were() -> None:
    items = {"=1+1": "@Hat", "-W": "Cap", "'s": "'=2"}
    written = written_table(items)
    assert written == b"sku,item\n'=1+1,'@Hat\n'-W,Cap\n's,''=2\n"
    assert read_table(written) == items
    gateways = {"+card": Gateway("=Bank")}
    assert written_gateway_table(gateways).splitlines()[1] == b"'+card,'=Bank,,"
    assert read_gateway_table(written_gateway_table(gateways)) == gateways


def test_a_table_is_read_as_it_was_written() -> None:
    items = {"W-1": 'Apparel:"Hat", large', "Ü;2": "Scarf"}
    assert read_table(written_table(items)) == items
    assert read_table(b"\xef\xbb\xbfsku,item\r\nW-1,Hat\r\n") == {"W-1": "Hat"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "line 1: expected the columns sku,item"),
        (b"item,sku\nHat,W-1\n", "line 1: expected the columns sku,item"),
        (b"sku,item\nW-1,Hat\nW-2\n", "line 3: has not 2 fields"),
        (b"sku,item\nW-1,Hat,1\n", "line 2: has not 2 fields"),
        (b"sku,item\nW-1,Hat\nW-1,Cap\n", "line 3: the SKU 'W-1' stands there twice"),
        (b'sku,item\nW-1,"Hat\n', "no table"),
        (b"sku,item\nW-1,H\xfct\n", "not UTF-8"),
    ],
)
def test_a_table_that_cannot_be_read_says_where_and_why(content: bytes, reason: str) -> None:
    with pytest.raises(MappingProblem, match=reason):
        read_table(content)


PAYPAL = Gateway("Banks:PayPal", "PayPal")
MANUAL = Gateway("Petty Cash", refund_method=RefundMethod.CHECK)


def test_gateways_are_mapped_for_one_connection_and_are_the_same_whatever_their_case(database: Database) -> None:
    with database.transaction() as session:
        shop, other = made(session), made(session, "other")
        shop.company.lists_read_at = NOW
        assert set_gateways(session, shop, {"paypal": Gateway("Checking"), "manual": MANUAL}, NOW, "test") == 2
        assert shop.company.lists_read_at is None
        assert set_gateways(session, shop, {"PayPal": PAYPAL, "manual": MANUAL}, NOW, "test") == 1
        assert gateway_mappings(session, shop.id) == {"manual": MANUAL, "paypal": PAYPAL}
        remove_gateway(session, shop, "PAYPAL", NOW, "test")
        assert gateway_mappings(session, shop.id) == {"manual": MANUAL}
        assert gateway_mappings(session, other.id) == {}


@pytest.mark.parametrize(
    ("gateways", "reason"),
    [
        ({"manual": MANUAL, "": PAYPAL}, "the gateway '' of ''"),
        ({"manual": MANUAL, "paypal": Gateway()}, "neither account nor payment method nor refund method"),
        ({"paypal": PAYPAL, "PayPal": PAYPAL}, "twice, but for its case"),
        ({"paypal": Gateway("x" * 160)}, "0 to 159 printable"),
        ({"paypal": Gateway("PayPal", "x" * 32)}, "0 to 31 printable"),
        ({f"g{number}": PAYPAL for number in range(201)}, "at most 200"),
    ],
)
def test_gateways_that_cannot_be_mapped_leave_all_as_it_was(
    database: Database, gateways: dict[str, Gateway], reason: str
) -> None:
    with database.transaction() as session:
        shop = made(session)
        with pytest.raises(MappingProblem, match=reason):
            set_gateways(session, shop, gateways, NOW, "test")
        assert gateway_mappings(session, shop.id) == {}


def test_a_table_of_gateways_is_read_as_it_was_written() -> None:
    gateways = {"paypal": PAYPAL, "manual": MANUAL}
    assert read_gateway_table(written_gateway_table(gateways)) == gateways


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("manual,Till,,cash", "line 2: the refund method 'cash' is not one of credit_card, check, none"),
        ("manual,Till\n", "line 2: has not 4 fields"),
        ("manual,Till,,\nmanual,Bank,,", "line 3: the gateway 'manual' stands there twice"),
    ],
)
def test_a_table_of_gateways_that_cannot_be_read_says_where_and_why(row: str, reason: str) -> None:
    with pytest.raises(MappingProblem, match=reason):
        read_gateway_table(f"gateway,account,payment_method,refund_method\n{row}".encode())
