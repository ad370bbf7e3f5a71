"""Gateways on their page: picked from QuickBooks' own accounts and methods, and as a table."""

from __future__ import annotations

import io

import pytest

from qbwc_server.refunds.gateways import Gateway
from qbwc_server.refunds.settings import RefundMethod
from qbwc_server.store.connections import connection_named
from qbwc_server.store.database import Database
from qbwc_server.store.mappings import gateway_mappings
from tests.web.builders import add_connection, add_posted_refund
from tests.web.conftest import Visitor

AT = "/connections/main/gateways"
PAYPAL = {"gateway": "PayPal", "account": "Checking", "payment_method": "Visa", "refund_method": "check"}


@pytest.fixture(autouse=True)
def connection(database: Database) -> None:
    """A connection whose QuickBooks knows the payment method Visa."""
    with database.transaction() as session:
        add_connection(session, payment_methods=[{"list_id": "1", "full_name": "Visa"}])


def mapped(database: Database) -> dict[str, Gateway]:
    with database.reading() as session:
        return gateway_mappings(session, connection_named(session, "main").id)


def test_a_gateway_is_mapped_searched_changed_and_removed(ada: Visitor, database: Database) -> None:
    page = ada.get(AT).text
    assert '<option value="Shopify Clearing"' in page
    assert '<option value="Visa"' in page
    assert '<option value="Sales"' not in page  # nothing is paid out of income
    assert ada.post(AT, PAYPAL).status_code == 302
    ada.post(AT, {"gateway": "manual", "refund_method": "none"})
    assert mapped(database) == {
        "PayPal": Gateway("Checking", "Visa", RefundMethod.CHECK),
        "manual": Gateway("", "", RefundMethod.NONE),
    }
    assert "1 of 2 gateways" in ada.get(AT, {"search": "check"}).text
    to_change = ada.get(AT, {"gateway": "paypal"}).text
    assert "Change a gateway" in to_change
    assert '<option value="Checking" selected>' in to_change
    ada.post(AT, {**PAYPAL, "gateway": "paypal", "account": "Shopify Clearing"})
    assert mapped(database)["PayPal"].account == "Shopify Clearing"
    ada.post(AT + "/remove", {"gateway": "PayPal"}, form_on=AT)
    assert list(mapped(database)) == ["manual"]
    assert (
        "was not mapped any more"
        in ada.client.get(ada.post(AT + "/remove", {"gateway": "x"}, form_on=AT).location).text
    )
    audit = ada.get("/audit").text
    assert "mapped gateways" in audit
    assert "removed the mapping of a gateway" in audit


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"account": "Sales"}, "no active bank or asset account of this company file"),
        ({"account": "Old Savings"}, "no active bank or asset account of this company file"),
        ({"payment_method": "Cowries"}, "no active payment method of this company file"),
        ({"refund_method": "cash"}, "not one of credit_card, check, none"),
        ({"gateway": " "}, "is not 1 to 255 printable characters"),
        ({"account": "", "payment_method": "", "refund_method": ""}, "neither account nor payment method"),
    ],
)
def test_what_quickbooks_does_not_know_is_refused_and_what_was_typed_stays(
    ada: Visitor, database: Database, wrong: dict[str, str], why: str
) -> None:
    answer = ada.post(AT, {**PAYPAL, **wrong})
    assert answer.status_code == 422
    assert why in answer.text
    assert f'value="{wrong.get("gateway", "PayPal")}"' in answer.text
    assert mapped(database) == {}


def test_a_gateway_that_refunds_name_is_offered_until_it_is_mapped(ada: Visitor, database: Database) -> None:
    with database.transaction() as session:
        add_posted_refund(session, connection_named(session, "main"))
    assert "Seen in refunds" in ada.get(AT).text
    assert f'{AT}?gateway=shopify_payments"' in ada.get(AT).text
    ada.post(AT, {**PAYPAL, "gateway": "Shopify_Payments"})
    assert "Seen in refunds" not in ada.get(AT).text


def test_a_table_of_gateways_goes_out_without_formulas_and_comes_back_the_same(ada: Visitor) -> None:
    ada.post(AT, {**PAYPAL, "gateway": "=1+1"})
    ada.post(AT, PAYPAL)
    table = ada.get(AT + ".csv").data
    assert b"'=1+1,Checking,Visa,check" in table
    for gateway in ("=1+1", "PayPal"):
        ada.post(AT + "/remove", {"gateway": gateway}, form_on=AT)
    assert ada.post(AT + "/table", {"file": (io.BytesIO(table), "gateways.csv")}, form_on=AT).status_code == 302
    assert ada.get(AT + ".csv").data == table


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (b"A,Sales,,", "A: &#39;Sales&#39; is no active bank"),
        (b"A,,,\n", "neither account"),
        (b"A,,,cash", "line 2: the refund method"),
    ],
)
def test_a_table_that_is_wrong_changes_nothing(ada: Visitor, database: Database, row: bytes, why: str) -> None:
    content = b"gateway,account,payment_method,refund_method\n" + row
    answer = ada.post(AT + "/table", {"file": (io.BytesIO(content), "gateways.csv")}, form_on=AT)
    assert answer.status_code == 422
    assert why in answer.text
    assert mapped(database) == {}


def test_who_may_only_look_sees_the_gateways_and_changes_none(
    ada: Visitor, stranger: Visitor, database: Database
) -> None:
    ada.post(AT, PAYPAL)
    stranger.sign_in("Vera")
    page = stranger.get(AT).text
    assert "PayPal" in page
    assert "Map a gateway" not in page
    assert stranger.post(AT, {**PAYPAL, "gateway": "other"}, form_on="/account").status_code == 403
    assert list(mapped(database)) == ["PayPal"]
