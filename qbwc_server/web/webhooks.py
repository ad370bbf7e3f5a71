"""Signed webhooks: refunds that an order system, or a program, sends as they happen.

A delivery is believed by its signature alone, an HMAC-SHA256 of the raw body under the secret that this connection's
webhook of this source has: Shopify's and WooCommerce's in base64, as their headers give it, and Connex's own with the
time in it, so that an old one can't be sent again. 200 is answered when what it brought is committed.

What an order system sent and could not be taken is answered with 200, too, and put on record: both order systems switch
a webhook off that fails a few times in a row, and all later refunds would be lost with it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import logging
import re
import zoneinfo
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from flask import Blueprint, Flask, Response, g, jsonify, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf.csrf import CSRFProtect
from sqlalchemy.orm import Session as DatabaseSession
from werkzeug.datastructures import Headers
from werkzeug.exceptions import BadRequest, HTTPException, NotFound, Unauthorized, UnsupportedMediaType
from werkzeug.wsgi import get_input_stream

from qbwc_server.access.sealing import SealBroken
from qbwc_server.sources import Document, Reading, UnreadableFile, read_orders
from qbwc_server.sources.checks import identifier, text
from qbwc_server.sources.reading import RecordRefused
from qbwc_server.store import webhooks
from qbwc_server.store.connections import connection_named, settings_of
from qbwc_server.store.refunds import Imported, take_in
from qbwc_server.store.tables import Connection
from qbwc_server.store.webhooks import Apart, Refusal, Waiting
from qbwc_server.web.site import Site, open_to_everybody, site

MAX_WEBHOOK_BYTES = 5 * 1024 * 1024  # of one body; an order of a few hundred lines has about one
DELIVERIES_PER_ADDRESS = "1200 per minute"
WRONG_SIGNATURES_PER_ADDRESS = "30 per minute"
SIGNATURE_GOOD_FOR_SECONDS = 300  # of our own, before and after the time that it names
MAX_REFUSED_SHOWN = 20  # of one delivery, in the answer

_JSON, _FORM = "application/json", "application/x-www-form-urlencoded"
_PING = re.compile(rb"webhook_id=[0-9]{1,20}")  # what WooCommerce sends, unsigned, when a webhook is made
_OWN_SIGNATURE = re.compile(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})", re.ASCII)
_WAITING_WORDS = {Waiting.WAITS: "1 refund, which waits for its order", Waiting.KNOWN: "1 known already"}
_NO_SECRET = "no connection has this for a secret"  # noqa: S105  so that an unknown name costs what a known one does

_log = logging.getLogger(__name__)

pages = Blueprint("webhooks", __name__, url_prefix="/webhooks")


@dataclass(frozen=True)
class _Door:
    """How one kind of sender signs, and what its topics bring."""

    is_signed: Callable[[str, bytes, Headers, datetime], bool]  # secret, body, headers, now
    topic_header: str  # empty: there are no topics
    format: str  # of sources.FORMATS
    orders: Callable[[str], bool]  # whether a topic brings whole orders
    refunds_apart: frozenset[str]  # topics that bring a refund without its order
    refused_is_answered: int  # the status where a record of a readable delivery was refused


def install(app: Flask, csrf: CSRFProtect) -> None:
    """Adds the webhooks, which need neither a sign-in nor a form's token, and limits their callers."""
    csrf.exempt(pages)
    app.register_blueprint(pages)
    limiter = Limiter(get_remote_address, app=app, storage_uri="memory://")
    name = "webhooks.deliver"
    every: Any = limiter.limit(DELIVERIES_PER_ADDRESS)
    wrong: Any = limiter.limit(WRONG_SIGNATURES_PER_ADDRESS, deduct_when=lambda answer: answer.status_code == 401)
    app.view_functions[name] = open_to_everybody(every(wrong(app.view_functions[name])))


def _secret_of(session: DatabaseSession, name: str, source: str) -> str | None:
    """None also where another key than this server's sealed it: nothing is signed with it as far as we know."""
    try:
        return webhooks.secret_of(session, name, source, site().sealing.opened)
    except SealBroken as error:
        _log.error("the secret of the %s webhook of %r can't be read, set it anew: %s", source, name, error)
        return None


@pages.post("/<source>/<name>")
@open_to_everybody
def deliver(source: str, name: str) -> Response | tuple[dict[str, Any], int]:
    """Takes one delivery."""
    door = _DOORS.get(source)
    if door is None:
        raise NotFound(f"there are webhooks of {', '.join(_DOORS)}")
    body = _body(source)
    if source == "woocommerce" and _PING.fullmatch(body):
        return {"status": "pong"}, 200
    with site().database.reading() as session:
        secret = _secret_of(session, name, source)
    signed = door.is_signed(secret or _NO_SECRET, body, request.headers, site().clock())
    if secret is None or not signed:
        g.badly_signed = name, source
        raise Unauthorized("the signature is not the one that this address asks for")
    if request.mimetype != _JSON:
        raise UnsupportedMediaType(f"send {_JSON}")
    topic = text(request.headers.get(door.topic_header, ""), 100) if door.topic_header else ""
    if door.topic_header and not topic:
        return _refuse(name, source, "", [Refusal(door.topic_header, "the header is missing")], 400)
    if topic in door.refunds_apart:
        return _take_refund_apart(name, source, topic, body)
    if not door.orders(topic):
        return _ignore(name, source, topic)
    return _take_orders(door, name, source, topic, body)


@pages.errorhandler(HTTPException)
def explain(error: HTTPException) -> tuple[Response, int]:
    """Programs read JSON."""
    answer = jsonify({"status": "refused", "place": "", "reason": text(str(error.description or error.name))})
    if "badly_signed" in g:
        # After the answer has left: it must not take longer where there is such a connection.
        answer.call_on_close(partial(_note_bad_signature, site(), *g.badly_signed))
    return answer, error.code or 500


def _note_bad_signature(at: Site, name: str, source: str) -> None:
    with at.database.transaction() as session:
        webhooks.note_bad_signature(session, name, source, at.clock())


def _body(source: str) -> bytes:
    """The raw body, bounded. Raises RequestEntityTooLarge and UnsupportedMediaType."""
    if request.mimetype not in ((_JSON, _FORM) if source == "woocommerce" else (_JSON,)):
        raise UnsupportedMediaType(f"send {_JSON}")
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise UnsupportedMediaType("send the body as it is, without Content-Encoding")
    return get_input_stream(request.environ, max_content_length=MAX_WEBHOOK_BYTES).read()


def _take_orders(door: _Door, name: str, source: str, topic: str, body: bytes) -> Response | tuple[dict[str, Any], int]:
    try:
        document = Document(body)
        _ = document.json  # parsed before the database is held
        with site().database.transaction() as session:
            connection = connection_named(session, name)
            now = site().clock()
            reading = _read(session, connection, document, door.format)
            taken = take_in(
                session, connection, reading.refunds, now, keep_known=reading.provisional, told=reading.told
            )
            refusals = [Refusal(entry.place, entry.reason) for entry in reading.refused]
            if refusals:
                webhooks.note_refusals(session, connection, source, topic, refusals, now)
            webhooks.note_delivery(session, connection, source, topic, _in_words(taken, refusals), now)
    except UnreadableFile as error:
        return _refuse(name, source, topic, [Refusal("the body", str(error))], 400)
    answer = {"status": "taken", **_counts(taken), **_shown(refusals)}
    return answer, door.refused_is_answered if refusals else 200


def _read(session: DatabaseSession, connection: Connection, document: Document, format: str) -> Reading:
    settings = settings_of(connection)

    def refunds_of(order_id: str) -> Sequence[Any]:
        bodies = webhooks.waiting_bodies(session, connection, format, order_id)
        return [Document(body).json for body in bodies]

    return read_orders(
        document,
        format=format,
        shop=settings.shop,
        time_zone=zoneinfo.ZoneInfo(settings.time_zone or site().server_zone),
        refunds_of=refunds_of,
    )


def _take_refund_apart(name: str, source: str, topic: str, body: bytes) -> Response | tuple[dict[str, Any], int]:
    """A refund without its order, which alone says its number and what was sold: it waits until the order comes."""
    try:
        data = Document(body).json
        if not isinstance(data, dict):
            raise RecordRefused("the body", "is no refund")
        refund_id, order_id = identifier(data.get("id"), "id"), identifier(data.get("order_id"), "order_id")
        apart = Apart(source, refund_id, order_id, body)
    except UnreadableFile as error:
        return _refuse(name, source, topic, [Refusal("the body", str(error))], 400)
    except RecordRefused as error:
        return _refuse(name, source, topic, [Refusal(error.place, error.reason)], 400)
    with site().database.transaction() as session:
        connection = connection_named(session, name)
        now = site().clock()
        became = webhooks.keep_waiting(session, connection, apart, now)
        if became is not Waiting.TOO_MANY:  # that is put on record as refused
            webhooks.note_delivery(session, connection, source, topic, _WAITING_WORDS[became], now)
    if became is Waiting.TOO_MANY:
        why = f"{webhooks.MAX_WAITING} refunds wait for their orders; let the shop send orders/updated, or import them"
        return _refuse(name, source, topic, [Refusal("order_id", why)], 429)
    if became is Waiting.KNOWN:
        return {"status": "taken", **_counts(Imported(unchanged=1)), **_shown([])}, 200
    return {"status": "waiting", "reason": f"the order {order_id} is waited for"}, 200


def _ignore(name: str, source: str, topic: str) -> tuple[dict[str, Any], int]:
    with site().database.transaction() as session:
        connection = connection_named(session, name)
        webhooks.note_delivery(
            session, connection, source, topic, "brings no whole order, so it was ignored", site().clock()
        )
    return {"status": "ignored", "reason": f"{topic} brings no whole order"}, 200


def _refuse(name: str, source: str, topic: str, refusals: Sequence[Refusal], status: int) -> tuple[dict[str, Any], int]:
    with site().database.transaction() as session:
        connection = connection_named(session, name)
        now = site().clock()
        webhooks.note_refusals(session, connection, source, topic, refusals, now)
        webhooks.note_delivery(session, connection, source, topic, "refused", now)
    return {"status": "refused", **_shown(refusals)}, status


def _in_words(taken: Imported, refusals: Sequence[Refusal]) -> str:
    """What became of the refunds of a delivery, for a person."""
    counts = (
        (taken.added, "new"),
        (taken.unchanged, "known already"),
        (taken.changed, "changed"),
        (taken.changed_too_late, "changed after they were entered"),
        (len(refusals), "refused"),
    )
    return ", ".join(f"{number} {words}" for number, words in counts if number) or "no refund in it"


def _counts(taken: Imported) -> dict[str, int]:
    return {
        "new": taken.added,
        "unchanged": taken.unchanged,
        "changed": taken.changed,
        "changed_too_late": taken.changed_too_late,
    }


def _shown(refusals: Sequence[Refusal]) -> dict[str, Any]:
    """The refusals, and the first one's place and reason."""
    listed = [{"place": refusal.place, "reason": refusal.reason} for refusal in refusals[:MAX_REFUSED_SHOWN]]
    return {**(listed[0] if listed else {}), "refused": listed}


# --- signatures


def _signed_in_base64(header: str) -> Callable[[str, bytes, Headers, datetime], bool]:
    def is_signed(secret: str, body: bytes, headers: Headers, now: datetime) -> bool:  # noqa: ARG001
        right = hmac.digest(secret.encode(), body, hashlib.sha256)
        try:
            given = base64.b64decode(headers.get(header, "").encode("latin-1", "replace"), validate=True)
        except binascii.Error:
            given = b""
        return hmac.compare_digest(right, given)

    return is_signed


def own_signature(secret: str, body: bytes, at: int) -> str:
    """What Connex's own header X-Connex-Signature holds for a body that is sent at a time, in seconds since 1970."""
    signed = hmac.digest(secret.encode(), f"{at}.".encode() + body, hashlib.sha256)
    return f"t={at},v1={signed.hex()}"


def _signed_with_time(secret: str, body: bytes, headers: Headers, now: datetime) -> bool:
    given = _OWN_SIGNATURE.fullmatch(headers.get("X-Connex-Signature", ""))
    at = int(given[1]) if given else 0
    right = own_signature(secret, body, at)
    same = hmac.compare_digest(right.encode(), given[0].encode() if given else b"")
    return same and abs(now.timestamp() - at) <= SIGNATURE_GOOD_FOR_SECONDS


_DOORS = {
    "shopify": _Door(
        is_signed=_signed_in_base64("X-Shopify-Hmac-SHA256"),
        topic_header="X-Shopify-Topic",
        format="shopify",
        orders=frozenset(
            {
                *("orders/create", "orders/updated", "orders/paid", "orders/cancelled"),
                *("orders/fulfilled", "orders/partially_fulfilled"),
            }
        ).__contains__,
        refunds_apart=frozenset({"refunds/create"}),
        refused_is_answered=200,
    ),
    "woocommerce": _Door(
        is_signed=_signed_in_base64("X-WC-Webhook-Signature"),
        topic_header="X-WC-Webhook-Topic",
        format="woocommerce",
        orders=lambda topic: topic.startswith("order.") and topic != "order.deleted",
        refunds_apart=frozenset(),
        refused_is_answered=200,
    ),
    "refunds": _Door(
        is_signed=_signed_with_time,
        topic_header="",
        format="json",
        orders=lambda topic: not topic,
        refunds_apart=frozenset(),
        refused_is_answered=BadRequest.code,
    ),
}
