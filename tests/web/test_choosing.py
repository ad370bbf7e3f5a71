"""A bookkeeper says on a refund's page which sale it is of."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask

from qbwc_server.refunds.chosen import ChosenSale
from qbwc_server.refunds.codec import encode
from qbwc_server.refunds.sale import SaleType
from qbwc_server.store.database import Database
from qbwc_server.store.refunds import chosen_sale_of
from qbwc_server.store.tables import Refund
from tests.web.builders import add_connection, add_refund
from tests.web.conftest import Visitor

SHOWN = [
    {
        "type": kind,
        "txn_id": txn_id,
        "ref_number": "1001",
        "date": "2024-03-01",
        "amount": "1043.30",
        "customer_id": customer_id,
        "customer": customer,
    }
    for kind, txn_id, customer_id, customer in (
        ("SalesReceipt", "5F-1", "8-1", "Ann <Other>"),
        ("Invoice", "60-1", "8-2", "Bea Buyer"),
    )
]


def stopped(database: Database, code: str, **changes: Any) -> str:
    """The page of a refund that stopped for a reason."""
    status = "skipped" if code == "order_not_found" else "review"
    with database.transaction() as session:
        why = {"code": code, "message": "Why it stopped."}
        row = add_refund(session, add_connection(session), "#1001", status=status, reason=why, **changes)
        return f"/refunds/{row.id}"


def chosen(database: Database, page: str) -> ChosenSale | None:
    with database.reading() as session:
        return chosen_sale_of(session.get_one(Refund, int(page.rpartition("/")[2])))


def choose(visitor: Visitor, page: str, **form: str) -> Any:
    version = re.findall(r'name="version" value="(\d+)"', visitor.get(page).text)[0]
    told = {"act": "choose-sale", "version": version, "note": "Bea called", **form}
    return visitor.post(f"{page}/decide", told, form_on=page)


def test_the_bookkeeper_sees_whose_the_sales_are_and_chooses_one(ada: Visitor, database: Database) -> None:
    page = stopped(database, "ambiguous_sale", candidates=SHOWN)
    seen = ada.get(page).text
    assert "Which sale was refunded?" in seen
    words = " ".join(re.sub(r"<[^>]+>", " ", seen).split())
    assert "Sales receipt 1001 of Mar 1, 2024 over 1,043.30 , Ann &lt;Other&gt; TxnID 5F-1" in words
    assert "Invoice 1001 of Mar 1, 2024 over 1,043.30 , Bea Buyer TxnID 60-1" in words
    assert re.findall(r'type="radio" id="[\w-]+" name="txn_id" value="([^"]*)"', seen) == ["5F-1", "60-1", ""]
    assert "What stands in QuickBooks and may be this refund" not in seen

    assert choose(ada, page, txn_id="60-1", sale_type="SalesReceipt", sale_number="").status_code == 302
    assert chosen(database, page) == ChosenSale("60-1", SaleType.INVOICE, "1001", "8-2", "Ada")
    after = ada.get(page).text
    assert "Done: Use this sale." in after
    assert "Ada chose it: invoice 1001 (TxnID 60-1)." in after
    assert "Ada chose the sale that was refunded, invoice 1001 (TxnID 60-1): Bea called." in after


def test_for_an_order_that_was_not_found_the_number_of_its_sale_is_typed(ada: Visitor, database: Database) -> None:
    page = stopped(database, "order_not_found")
    assert 'type="radio"' not in ada.get(page).text
    assert choose(ada, page, sale_type="SalesOrder", sale_number=" W-77 ").status_code == 302
    assert chosen(database, page) == ChosenSale(type=SaleType.SALES_ORDER, ref_number="W-77", by="Ada")


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"txn_id": "60-1", "sale_type": "Invoice", "sale_number": "77"}, "do one of both"),
        ({"txn_id": "", "sale_type": "Invoice", "sale_number": " "}, "give the number of the invoice"),
        ({"sale_type": "Invoice", "sale_number": "123456789012"}, "at most 11"),
        ({"sale_type": "CreditMemo", "sale_number": "77"}, "choose a sale, or give the kind and the number"),
        ({"txn_id": "<script>"}, "is no TxnID of QuickBooks"),
        ({"txn_id": "60-1", "note": " "}, "needs a note"),
        ({"txn_id": "60-1", "version": "999"}, "has changed since you looked at it"),
        ({"txn_id": "60-1", "csrf_token": ""}, ""),
    ],
)
def test_a_choice_that_can_not_be_understood_changes_nothing_and_says_why(
    ada: Visitor, database: Database, form: dict[str, str], sentence: str
) -> None:
    page = stopped(database, "ambiguous_sale", candidates=SHOWN)
    answer = choose(ada, page, **form)
    assert answer.status_code == 400
    assert sentence in answer.text
    assert chosen(database, page) is None


def test_the_wrong_sale_is_replaced_and_a_choice_taken_back(ada: Visitor, database: Database) -> None:
    choice = encode(ChosenSale("60-1", SaleType.INVOICE, "1001", "8-2", "Vera"))
    page = stopped(database, "line_not_in_sale", decided={"sale": choice})
    seen = ada.get(page).text
    assert "<summary>It is the refund of another sale</summary>" in seen
    assert "Which sale was refunded?" not in seen
    assert "Vera chose it: invoice 1001 (TxnID 60-1)." in seen
    assert choose(ada, page, act="forget-sale").status_code == 302
    assert chosen(database, page) is None
    assert "forget-sale" not in ada.get(page).text


def test_who_may_only_look_chooses_nothing(web: Flask, database: Database) -> None:
    page = stopped(database, "ambiguous_sale", candidates=SHOWN)
    vera = Visitor(web.test_client())
    vera.sign_in("Vera")
    assert "Which sale was refunded?" not in vera.get(page).text
    form = {"act": "choose-sale", "txn_id": "60-1", "version": "1", "note": "mine"}
    assert vera.post(f"{page}/decide", form, form_on="/account").status_code == 403
    assert chosen(database, page) is None
