"""Webhooks on their page: switched on and off, and what came of the deliveries."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
from werkzeug.test import TestResponse

from qbwc_server.store import webhooks
from qbwc_server.store.connections import connection_named
from qbwc_server.store.database import Database
from tests.sources.payloads import order, refund
from tests.sources.woocommerce_payloads import summary, woo_order
from tests.web.builders import add_connection
from tests.web.conftest import SEALING, Visitor
from tests.web.test_webhooks import signature

AT = "/connections/main/webhooks"
SECRET = "a secret that Shopify gave us"


@pytest.fixture(autouse=True)
def connection(database: Database) -> None:
    """A connection whose webhooks are all off."""
    with database.transaction() as session:
        add_connection(session, settings={"time_zone": "UTC"})


def deliver(visitor: Visitor, source: str, data: Any, secret: str, topic: str) -> TestResponse:
    """What the shop sends."""
    body = json.dumps(data).encode()
    names = {
        "shopify": ("X-Shopify-Topic", "X-Shopify-Hmac-SHA256"),
        "woocommerce": ("X-WC-Webhook-Topic", "X-WC-Webhook-Signature"),
    }[source]
    headers: Mapping[str, str] = {names[0]: topic, names[1]: signature(body, secret)}
    answer = visitor.client.post(
        f"/webhooks/{source}/main", data=body, content_type="application/json", headers=headers
    )
    answer.close()
    return answer


def shown(visitor: Visitor, source: str) -> str:
    """What a person reads in the part of one source."""
    part = re.search(rf'<section class="card" id="{source}".*?</section>', visitor.get(AT).text, re.DOTALL)
    assert part
    return " ".join(re.sub(r"<[^>]+>", " ", part[0]).split())


def secret_of(database: Database, source: str) -> str | None:
    with database.reading() as session:
        return webhooks.secret_of(session, "main", source, SEALING.opened)


def test_the_secret_of_shopify_is_set_and_its_deliveries_are_told(ada: Visitor, database: Database) -> None:
    assert "http://localhost/webhooks/shopify/main" in shown(ada, "shopify")
    assert "None: what it sends is refused" in shown(ada, "shopify")
    ada.post(f"{AT}/shopify", {"what": "take", "secret": f" {SECRET} "}, form_on=AT)
    assert secret_of(database, "shopify") == SECRET
    assert "Last delivery None yet" in shown(ada, "shopify")
    assert SECRET not in ada.get(AT).text
    assert deliver(ada, "shopify", order(refund()), SECRET, "orders/updated").status_code == 200
    assert "orders/updated: 1 new" in shown(ada, "shopify")
    deliver(ada, "shopify", order(refund()), SECRET, "orders/updated")
    assert "orders/updated: 1 known already" in shown(ada, "shopify")
    deliver(ada, "shopify", {}, SECRET, "orders/edited")
    assert "orders/edited: brings no whole order" in shown(ada, "shopify")
    assert "switched the shopify webhook on" in ada.get("/audit").text


def test_a_secret_that_is_made_here_is_shown_once(ada: Visitor, database: Database) -> None:
    page = ada.post(f"{AT}/woocommerce", {"what": "make"}, form_on=AT)
    made = secret_of(database, "woocommerce")
    assert made
    assert page.text.count(made) == 1
    assert page.headers["Cache-Control"] == "no-store"
    assert made not in ada.get(AT).text
    ada.post(f"{AT}/woocommerce", {"what": "make"}, form_on=AT)
    assert secret_of(database, "woocommerce") not in (made, None)
    ada.post(f"{AT}/woocommerce", {"what": "off"}, form_on=AT)
    assert secret_of(database, "woocommerce") is None
    assert deliver(ada, "woocommerce", woo_order(), made, "order.updated").status_code == 401


def test_a_delivery_with_another_secret_is_told_until_one_with_the_right_one_comes(ada: Visitor) -> None:
    ada.post(f"{AT}/shopify", {"what": "take", "secret": SECRET}, form_on=AT)
    assert deliver(ada, "shopify", order(refund()), "another secret of the shop", "orders/updated").status_code == 401
    assert "not signed with this secret" in shown(ada, "shopify")
    assert "not signed" not in shown(ada, "woocommerce")
    deliver(ada, "shopify", order(refund()), SECRET, "orders/updated")
    assert "not signed with this secret" not in shown(ada, "shopify")


def test_what_was_refused_stands_there_with_its_reason_and_what_waits_with_its_order(ada: Visitor) -> None:
    for source in ("shopify", "woocommerce"):
        ada.post(f"{AT}/{source}", {"what": "take", "secret": SECRET}, form_on=AT)
    deliver(ada, "woocommerce", woo_order(summary()), SECRET, "order.updated")
    deliver(ada, "shopify", {"id": 77, "order_id": 55}, SECRET, "refunds/create")
    page = " ".join(re.sub(r"<[^>]+>", " ", ada.get(AT).text).split())
    assert "refunds[0]" in page
    assert "order.updated" in page
    assert "77 55 Shopify" in page
    assert "1 refused" in shown(ada, "woocommerce")
    assert "1 refund, which waits for its order" in shown(ada, "shopify")


@pytest.mark.parametrize("secret", ["", "too short", "x" * 201, "a secret with an ümlaut"])
def test_a_secret_that_can_not_sign_is_refused(ada: Visitor, database: Database, secret: str) -> None:
    answer = ada.post(f"{AT}/shopify", {"what": "take", "secret": secret}, form_on=AT)
    assert answer.status_code == 422
    assert "give 16 to 200 printable ASCII characters" in answer.text
    assert secret_of(database, "shopify") is None


def test_who_may_only_look_sees_the_webhooks_and_changes_none(stranger: Visitor, database: Database) -> None:
    stranger.sign_in("Vera")
    page = stranger.get(AT).text
    assert "/webhooks/shopify/main" in page
    assert 'name="what"' not in page
    assert stranger.post(f"{AT}/refunds", {"what": "make"}, form_on="/account").status_code == 403
    assert secret_of(database, "refunds") is None


def test_what_is_no_webhook_is_not_switched(ada: Visitor, database: Database) -> None:
    assert ada.post(f"{AT}/etsy", {"what": "make"}, form_on=AT).status_code == 404
    assert ada.post(f"{AT}/refunds", {"what": "sell"}, form_on=AT).status_code == 400
    with database.reading() as session:
        assert webhooks.report(session, connection_named(session, "main")).on == []
