"""The sale and the credit memo of a refund, line beside line."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy.orm import Session as DatabaseSession

from qbwc_server.store.database import Database
from qbwc_server.store.sold import Side, Sold, SoldLine, side_by_side
from qbwc_server.store.tables import Refund
from tests.web.builders import add_connection, add_document, add_refund


def sold(*lines: tuple[str, str, str], tax: str = "3.04") -> Sold:
    """A sale with lines of (TxnLineID, item, amount)."""
    return Sold(
        txn_date=None,
        customer="Jo Bloggs",
        tax=Decimal(tax),
        total=None,
        lines=tuple(SoldLine(line_id, False, item, "", None, None, Decimal(amount)) for line_id, item, amount in lines),
        lines_left_out=0,
    )


def refund(session: DatabaseSession, memo: list[tuple[str, str]], shares: list[tuple[str, str]], total: str) -> Refund:
    """A refund with a memo of (item, amount) that takes (TxnLineID, amount) out of its sale."""
    row = add_refund(session, add_connection(session), status="posting")
    lines = "".join(
        f"<CreditMemoLineAdd><ItemRef><FullName>{item}</FullName></ItemRef><Amount>{amount}</Amount></CreditMemoLineAdd>"
        for item, amount in memo
    )
    request = f"<CreditMemoAddRq><CreditMemoAdd>{lines}</CreditMemoAdd></CreditMemoAddRq>".encode()
    add_document(session, row, "memo", request=request, amount=Decimal(total), state="planned")
    row.shares = [{"txn_line_id": line_id, "quantity": "1", "amount": amount} for line_id, amount in shares]
    session.flush()
    session.refresh(row)
    return row


def told(sides: tuple[Side, ...]) -> list[tuple[str, list[tuple[str, str]]]]:
    """The sale's item of each, with item and amount of what is entered beside it."""
    return [
        (side.sold.item if side.sold else "", [(row.item, str(row.amount)) for row in side.entered]) for side in sides
    ]


def test_each_line_of_the_memo_stands_beside_the_line_that_it_takes_back(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session:
        row = refund(
            session,
            memo=[("Hat", "20.00"), ("No Restock", "20.00"), ("Allowance", "5.00")],
            shares=[("L2", "20.00"), ("L2", "20.00"), ("", "5.00")],
            total="48.60",
        )
        sale = sold(("L1", "Cap", "10.00"), ("L2", "Hat", "40.00"))
        assert told(side_by_side(sale, row)) == [
            ("Cap", []),
            ("Hat", [("Hat", "20.00"), ("No Restock", "20.00")]),
            ("", [("Allowance", "5.00")]),
            ("Sales tax", [("Sales tax", "3.60")]),
        ]


def test_goods_that_come_back_at_nothing_stand_beside_their_line_below_the_refund_item(
    sqlite_database: Database,
) -> None:
    with sqlite_database.transaction() as session:
        row = refund(session, [("Web Refunds", "20.00"), ("Hat", "0.00")], [("L1", "20.00")], "20.00")
        sale = sold(("L1", "Hat", "20.00"), tax="0.00")
        assert told(side_by_side(sale, row)) == [("Hat", [("Web Refunds", "20.00"), ("Hat", "0.00")])]


def test_a_share_that_the_memo_does_not_show_moves_nothing_beside_another_line(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session:
        row = refund(session, [("Hat", "20.00")], [("L1", "0.00"), ("L2", "20.00")], "20.00")
        sale = sold(("L1", "Gift", "0.00"), ("L2", "Hat", "20.00"), tax="0.00")
        assert told(side_by_side(sale, row)) == [("Gift", []), ("Hat", [("Hat", "20.00")])]


def test_what_the_memo_says_is_shown_where_the_sale_is_not_on_record_any_more(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session:
        row = refund(session, [("Hat", "20.00")], [("L1", "20.00")], "21.60")
        assert told(side_by_side(None, row)) == [("", [("Hat", "20.00")]), ("", [("Sales tax", "1.60")])]
