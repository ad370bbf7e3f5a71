"""Sales orders: closed by hand, and only by who has seen their present state."""

from __future__ import annotations

from qbsim import Behaviour, Line
from tests.qbsim.shop import Shop, status, values


def close(txn_id: str, edit_sequence: str) -> str:
    return (
        f'<SalesOrderModRq requestID="1"><SalesOrderMod><TxnID>{txn_id}</TxnID><EditSequence>{edit_sequence}'
        "</EditSequence><IsManuallyClosed>true</IsManuallyClosed></SalesOrderMod></SalesOrderModRq>"
    )


def test_it_is_closed_and_gets_a_new_edit_sequence(shop: Shop) -> None:
    order = shop.builder.sales_order("Ada", [Line(shop.shirt, quantity=3)], ref_number="1003")
    was = order.stamp.edit_sequence
    shown = shop.one(close(order.txn_id, was))[0]
    assert values(shown, "IsManuallyClosed", "EditSequence") == ["true", str(int(was) + 1)]


def test_a_stale_edit_sequence_is_refused_with_the_present_state(shop: Shop) -> None:
    order = shop.builder.sales_order("Ada", [Line(shop.shirt, quantity=3)], ref_number="1003")
    was = order.stamp.edit_sequence
    shop.one(close(order.txn_id, was))
    response = shop.one(close(order.txn_id, was))
    assert status(response) == (3200, "Error")
    assert response.get("statusMessage") == f'The provided edit sequence "{was}" is out-of-date. '
    assert response.findtext("SalesOrderRet/EditSequence") == order.stamp.edit_sequence


def test_lines_are_closed_one_by_one_in_their_order(shop: Shop) -> None:
    order = shop.builder.sales_order("Ada", [Line(shop.shirt, quantity=3), Line(shop.engraving)])
    first, second = (line.txn_line_id for line in order.lines)

    def lines(*ids: str) -> str:
        parts = "".join(
            f"<SalesOrderLineMod><TxnLineID>{line}</TxnLineID><IsManuallyClosed>true</IsManuallyClosed></SalesOrderLineMod>"
            for line in ids
        )
        return (
            f"<SalesOrderModRq><SalesOrderMod><TxnID>{order.txn_id}</TxnID><EditSequence>{order.stamp.edit_sequence}"
            f"</EditSequence>{parts}</SalesOrderMod></SalesOrderModRq>"
        )

    assert status(shop.one(lines(second, first))) == (3290, "Error")
    assert status(shop.one(lines(first, second))) == (0, "Info")
    assert [line.is_manually_closed for line in order.lines] == [True, True]


def test_ordered_quantities_are_shown_with_the_item(shop: Shop) -> None:
    order = shop.builder.sales_order("Ada", [Line(shop.shirt, quantity=3)])
    shop.builder.invoice_from_sales_order(order, {order.lines[0].txn_line_id: 1})
    assert values(shop.query("ItemInventory")[0], "QuantityOnSalesOrder", "QuantityOnHand") == ["2", "99"]


def test_an_edition_without_sales_orders_says_so() -> None:
    shop = Shop(Behaviour(has_sales_orders=False))
    assert status(shop.query("SalesOrder")) == (3250, "Error")
