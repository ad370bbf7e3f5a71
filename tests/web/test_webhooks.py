"""Signed webhooks, over real HTTP: what is believed, what becomes of it, and that nothing is lost or doubled."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import itertools
import json
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from qbwc_server.access.passwords import Passwords
from qbwc_server.access.sealing import Sealing
from qbwc_server.app import Server
from qbwc_server.config import Config
from qbwc_server.store import webhooks
from qbwc_server.store.connections import connection_named
from qbwc_server.store.database import Database
from qbwc_server.store.tables import Refund, WaitingRefund, WebhookRefusal
from qbwc_server.web.webhooks import MAX_WEBHOOK_BYTES, SIGNATURE_GOOD_FOR_SECONDS, own_signature
from tests.sources.payloads import order, refund
from tests.sources.test_connex_json import REFUND
from tests.sources.woocommerce_payloads import summary, woo_order
from tests.test_app import AUTHENTICATE, PASSWORD, ask, listening
from tests.web import builders

SECRET = "a secret of a shop for the tests"
JSON = {"Content-Type": "application/json"}
NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
KEY = b"k" * 32
SEALING = Sealing(KEY)


@contextmanager
def served(database: Database, folder: Path, *, behind_proxy: bool = False) -> Iterator[Server]:
    """A server with the connection `shop`, whose webhooks are all on."""
    config = Config(database_url=database.url, data_dir=folder, secret_key=KEY, in_flight_seconds=120, time_zone="UTC")
    with database.transaction() as session:
        hashed = Passwords(KEY).hash(PASSWORD)
        connection = builders.add_connection(session, "shop", user_name="connex-1", password_hash=hashed)
        for source in webhooks.SOURCES:
            webhooks.switch_on(session, connection, source, SECRET, SEALING.sealed, NOW, "test")
    with listening(config, database, behind_proxy=behind_proxy) as server:
        yield server


@pytest.fixture
def server(sqlite_database: Database, tmp_path: Path) -> Iterator[Server]:
    with served(sqlite_database, tmp_path) as running:
        yield running


@pytest.fixture
def proxied(sqlite_database: Database, tmp_path: Path) -> Iterator[Server]:
    """One that believes what is said of the caller's address, so that a limit on one address stops no other."""
    with served(sqlite_database, tmp_path, behind_proxy=True) as running:
        yield running


def signature(body: bytes, secret: str = SECRET) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()


def send(server: Server, path: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        connection.request("POST", path, body, {**JSON, **headers})
        answer = connection.getresponse()
        content = answer.read()
        return answer.status, json.loads(content)
    finally:
        connection.close()


def from_shopify(server: Server, data: Any, topic: str = "orders/updated") -> tuple[int, dict[str, Any]]:
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    headers = {"X-Shopify-Topic": topic, "X-Shopify-Hmac-SHA256": signature(body)}
    return send(server, "/webhooks/shopify/shop", body, headers)


def from_woocommerce(server: Server, data: Any, topic: str = "order.updated") -> tuple[int, dict[str, Any]]:
    body = json.dumps(data).encode()
    headers = {"X-WC-Webhook-Topic": topic, "X-WC-Webhook-Signature": signature(body)}
    return send(server, "/webhooks/woocommerce/shop", body, headers)


def from_a_program(server: Server, data: Any, late: int = 0) -> tuple[int, dict[str, Any]]:
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    at = int(datetime.now(timezone.utc).timestamp()) - late
    return send(server, "/webhooks/refunds/shop", body, {"X-Connex-Signature": own_signature(SECRET, body, at)})


def ids(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(Refund.external_id).order_by(Refund.id)))


def own(data: Any = REFUND) -> dict[str, Any]:
    from qbwc_server.refunds.codec import encode

    return {"refunds": [encode(data)]}


def test_each_source_brings_its_refunds_and_the_same_again_changes_nothing(
    server: Server, sqlite_database: Database
) -> None:
    for deliver in (
        lambda: from_shopify(server, order(refund())),
        lambda: from_woocommerce(server, woo_order(summary(902, "-56.84"))),
        lambda: from_a_program(server, own()),
    ):
        status, answer = deliver()
        assert (status, answer["status"], answer["new"], answer["refused"]) == (200, "taken", 1, [])
        status, answer = deliver()
        assert (status, answer["new"], answer["unchanged"], answer["changed"]) == (200, 0, 1, 0)
    assert ids(sqlite_database) == ["901", "902", REFUND.external_id]


def test_what_a_later_delivery_only_summarises_leaves_the_refund_as_it_is(
    server: Server, sqlite_database: Database
) -> None:
    from_woocommerce(server, woo_order(summary(total="-56.84")))
    later = woo_order(summary(total="-56.84"), date_modified_gmt="2024-04-09T00:00:00")
    assert from_woocommerce(server, later)[1]["unchanged"] == 1
    with sqlite_database.reading() as session:
        assert session.scalars(select(Refund.created_at)).one() == datetime(2024, 3, 6, 15, tzinfo=timezone.utc)


def test_a_refund_that_somebody_deleted_in_woocommerce_is_not_entered(
    server: Server, sqlite_database: Database
) -> None:
    from_woocommerce(server, woo_order(summary(total="-56.84")))
    earlier = woo_order(date_modified_gmt="2024-03-06T14:59:59")
    assert from_woocommerce(server, earlier)[1]["changed"] == 0
    later = woo_order(date_modified_gmt="2024-04-09T00:00:00")
    assert from_woocommerce(server, later)[1]["changed"] == 1
    with sqlite_database.reading() as session:
        [row] = session.scalars(select(Refund))
        assert (row.status, (row.reason or {})["code"]) == ("skipped", "withdrawn")


def test_a_refund_that_comes_before_its_order_waits_for_it(server: Server, sqlite_database: Database) -> None:
    alone = {**refund(), "order_id": 5001}
    status, answer = from_shopify(server, alone, "refunds/create")
    assert (status, answer["status"]) == (200, "waiting")
    assert "5001" in answer["reason"]
    assert ids(sqlite_database) == []
    assert from_shopify(server, order(id=5002))[1]["new"] == 0  # another order
    assert from_shopify(server, order(financial_status="paid"))[1]["new"] == 1  # as it was before the refund
    assert ids(sqlite_database) == ["901"]
    with sqlite_database.reading() as session:
        assert session.scalar(select(func.count(WaitingRefund.id))) == 0
    assert from_shopify(server, alone, "refunds/create")[1]["unchanged"] == 1
    assert from_shopify(server, order(refund()))[1]["unchanged"] == 1


def test_no_more_refunds_wait_than_the_bound_and_the_sender_is_told(
    server: Server, sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "MAX_WAITING", 2)
    answers = [from_shopify(server, {"id": number, "order_id": 1}, "refunds/create")[0] for number in (1, 2, 2, 3)]
    assert answers == [200, 200, 200, 429]


@pytest.mark.parametrize("topic", ["orders/edited", "orders/delete", "customers/redact"])
def test_a_topic_that_brings_no_order_is_thanked_for(server: Server, topic: str) -> None:
    status, answer = from_shopify(server, {"id": 1}, topic)
    assert (status, answer["status"]) == (200, "ignored")


def test_what_woocommerce_sends_to_try_the_address_is_answered_with_200(server: Server) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for name in ("shop", "nowhere"):
        assert send(server, f"/webhooks/woocommerce/{name}", b"webhook_id=12", form)[0] == 200
    assert send(server, "/webhooks/woocommerce/shop", b"webhook_id=12&x=1", form)[0] == 401


@pytest.mark.parametrize(
    ("path", "header"),
    [
        ("/webhooks/shopify/shop", "X-Shopify-Hmac-SHA256"),
        ("/webhooks/woocommerce/shop", "X-WC-Webhook-Signature"),
        ("/webhooks/refunds/shop", "X-Connex-Signature"),
    ],
)
def test_what_is_not_signed_with_the_secret_is_not_taken(
    server: Server, sqlite_database: Database, path: str, header: str
) -> None:
    body = json.dumps(order(refund())).encode()
    topics = {"X-Shopify-Topic": "orders/updated", "X-WC-Webhook-Topic": "order.updated"}
    answers = [
        send(server, path, body, {**topics, header: given})
        for given in (
            "",
            "x",
            signature(body, "another secret of a shop"),
            signature(body + b" "),
            "t=1,v1=" + "0" * 64,
        )
    ]
    right = {**topics, header: signature(body)}
    answers.append(send(server, path.replace("shop", "nowhere") + "x", body, right))
    assert {status for status, _ in answers} <= {401, 404}
    assert len({json.dumps(answer) for status, answer in answers if status == 401}) == 1
    assert ids(sqlite_database) == []


def test_a_webhook_that_is_off_takes_nothing(server: Server, sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session:
        assert webhooks.switch_off(session, connection_named(session, "shop"), "shopify", NOW, "test")
    assert from_shopify(server, order(refund()))[0] == 401


@pytest.mark.parametrize("late", [SIGNATURE_GOOD_FOR_SECONDS + 30, -SIGNATURE_GOOD_FOR_SECONDS - 30])
def test_a_delivery_of_another_time_is_not_taken(server: Server, late: int) -> None:
    assert from_a_program(server, own(), late=late)[0] == 401


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "not JSON"),
        (b"", "is empty"),
        (b'{"id": 1}', "no order of Shopify"),
        (b"[" * 100 + b"]" * 100, "deeper"),
    ],
)
def test_a_body_that_can_not_be_read_is_refused_with_place_and_reason_and_kept_on_record(
    server: Server, sqlite_database: Database, body: bytes, words: str
) -> None:
    status, answer = from_shopify(server, body)
    assert (status, answer["status"], answer["place"]) == (400, "refused", "the body")
    assert words in answer["reason"]
    with sqlite_database.reading() as session:
        [kept] = session.scalars(select(WebhookRefusal)).all()
    assert (kept.source, kept.topic, kept.reason) == ("shopify", "orders/updated", answer["reason"])


def test_a_part_that_a_shop_can_not_tell_is_on_record_and_its_webhook_stays_alive(
    server: Server, sqlite_database: Database
) -> None:
    status, answer = from_woocommerce(server, woo_order(summary()))
    assert status == 200  # WooCommerce switches webhooks off that are refused
    assert [entry["place"] for entry in answer["refused"]] == ["refunds[0]"]
    with sqlite_database.reading() as session:
        assert [kept.place for kept in session.scalars(select(WebhookRefusal))] == ["refunds[0]"]


def test_a_program_is_told_with_400_what_of_its_refunds_is_wrong(server: Server, sqlite_database: Database) -> None:
    data = own()
    data["refunds"].append({**data["refunds"][0], "external_id": "R2", "currency": "dollars"})
    status, answer = from_a_program(server, data)
    assert (status, answer["new"], answer["place"]) == (400, 1, "refunds[1].currency")
    assert ids(sqlite_database) == [REFUND.external_id]


def test_the_record_of_refusals_is_bounded(server: Server, sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session:
        connection = connection_named(session, "shop")
        for number in range(webhooks.MAX_REFUSALS + 30):
            refusals = [webhooks.Refusal("place", f"reason {number}")]
            webhooks.note_refusals(session, connection, "shopify", "", refusals, NOW)
        kept = webhooks.report(session, connection).refusals
        assert len(kept) == webhooks.MAX_REFUSALS
        assert kept[0].reason == f"reason {webhooks.MAX_REFUSALS + 29}"


def test_a_body_over_the_bound_is_refused_and_one_below_is_read(server: Server) -> None:
    padded = {**order(refund()), "note": "x" * (MAX_WEBHOOK_BYTES - 20_000)}
    assert from_shopify(server, padded)[0] == 200
    status, answer = from_shopify(server, b" " * (MAX_WEBHOOK_BYTES + 1))
    assert (status, answer["status"]) == (413, "refused")


@pytest.mark.parametrize("headers", [{"Content-Type": "text/xml"}, {"Content-Type": ""}, {"Content-Encoding": "gzip"}])
def test_only_plain_json_is_taken(server: Server, headers: dict[str, str]) -> None:
    assert send(server, "/webhooks/shopify/shop", b"{}", headers)[0] == 415


def test_who_guesses_signatures_is_limited(server: Server) -> None:
    answers = [send(server, "/webhooks/shopify/shop", b"{}", {"X-Shopify-Topic": "a"})[0] for _ in range(40)]
    assert answers[:30] == [401] * 30
    assert set(answers[30:]) == {429}


def test_a_page_that_there_is_not_is_said_in_json(server: Server) -> None:
    assert send(server, "/webhooks/amazon/shop", b"{}", {}) == (
        404,
        {"status": "refused", "place": "", "reason": "there are webhooks of shopify, woocommerce, refunds"},
    )


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_same_delivery_twenty_times_at_once_is_one_refund(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    database: Database = request.getfixturevalue(f"{kind}_database")
    start = threading.Barrier(20)

    def deliver(_: int) -> tuple[int, int]:
        start.wait(timeout=60)
        status, answer = from_shopify(server, order(refund()))
        return status, answer["new"]

    with served(database, tmp_path) as server, ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(deliver, range(20)))
    assert sorted(answers) == [(200, 0)] * 19 + [(200, 1)]
    assert ids(database) == ["901"]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_delivery_beside_a_web_connector_that_signs_in_is_seen_by_the_next(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    database: Database = request.getfixturevalue(f"{kind}_database")
    xml = {"Content-Type": "text/xml; charset=utf-8"}

    def has_work(server: Server) -> bool:
        status, _, answer = ask(server, "POST", "/qbwc", AUTHENTICATE, xml)
        assert status == 200
        return ">none<" not in answer

    with served(database, tmp_path) as server, ThreadPoolExecutor(2) as pool:
        assert not has_work(server)
        for number in range(6):
            start = threading.Barrier(2)

            def deliver(number: int = number, start: threading.Barrier = start) -> int:
                start.wait(timeout=60)
                data = order(refund(id=100 + number), id=number + 1, name=f"#{number + 1}")
                return from_shopify(server, data)[0]

            def sign_in(start: threading.Barrier = start) -> bool:
                start.wait(timeout=60)
                return has_work(server)

            delivered, signed_in = pool.submit(deliver), pool.submit(sign_in)
            assert delivered.result(timeout=120) == 200
            signed_in.result(timeout=120)
            assert has_work(server)
    assert sorted(ids(database)) == [str(100 + number) for number in range(6)]


_bodies = (
    st.binary(max_size=200)
    | st.builds(
        lambda data: json.dumps(data).encode(),
        st.recursive(
            st.none() | st.integers() | st.text(max_size=8),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(sorted({*order(), *refund(), *woo_order(), "refunds", "order"})), inner, max_size=5
                )
            ),
            max_leaves=12,
        ),
    )
    | st.sampled_from([b"webhook_id=", b"\xef\xbb\xbf{}", b'{"id":' * 2000, b"9" * 100_000])
)
_header = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40)


_callers = itertools.count()


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    source=st.sampled_from(["shopify", "woocommerce", "refunds", "x", "%00"]),
    name=st.sampled_from(["shop", "%00", "%F0%9F", "a" * 300, "shop%2F", "'"]),
    body=_bodies,
    topic=_header | st.sampled_from(["orders/updated", "refunds/create", "order.updated"]),
    forged=_header,
    signed=st.booleans(),
    kind=st.sampled_from(["application/json", "application/x-www-form-urlencoded", "text/plain; charset=x", ";"]),
)
def test_no_delivery_whatever_it_holds_breaks_the_server(
    proxied: Server, source: str, name: str, body: bytes, topic: str, forged: str, signed: bool, kind: str
) -> None:
    at = int(datetime.now(timezone.utc).timestamp())
    headers = {
        "X-Forwarded-For": f"192.0.2.{next(_callers) % 250}, 198.51.100.{next(_callers) % 250}",
        "Content-Type": kind,
        "X-Shopify-Topic": topic,
        "X-WC-Webhook-Topic": topic,
        "X-Shopify-Hmac-SHA256": signature(body) if signed else forged,
        "X-WC-Webhook-Signature": signature(body) if signed else forged,
        "X-Connex-Signature": own_signature(SECRET, body, at) if signed else forged,
    }
    connection = http.client.HTTPConnection("127.0.0.1", proxied.port, timeout=20)
    try:
        connection.request("POST", f"/webhooks/{source}/{name}", body, headers)
        answer = connection.getresponse()
        content = answer.read().decode()
    finally:
        connection.close()
    assert answer.status < 500
    assert "Traceback" not in content
    assert answer.status == 200 or 400 <= answer.status < 500
    assert answer.status != 429
    assert answer.status != 200 or signed or body.startswith(b"webhook_id=")
