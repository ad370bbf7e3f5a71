"""Webhooks as a connection's page: the address to give to the shop, the secret, what came last, what was refused and
what waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from qbwc_server.access.rights import Right
from qbwc_server.store import connections as stored
from qbwc_server.store import webhooks
from qbwc_server.store.tables import WebhookSecret
from qbwc_server.store.webhooks import MAX_SECRET_CHARACTERS, MIN_SECRET_CHARACTERS, BadWebhookSecret
from qbwc_server.web.connections import connection_or_404
from qbwc_server.web.showing import zone_of
from qbwc_server.web.site import needs, site

MAX_SHOWN = 50  # refusals, and refunds that wait
ONLY_HERE = frozenset({"localhost", "127.0.0.1", "::1"})  # hosts that nobody but this machine reaches
SOURCE_WORDS = {"shopify": "Shopify", "woocommerce": "WooCommerce", "refunds": "A program of your own"}

pages = Blueprint("webhook_settings", __name__)


@dataclass(frozen=True)
class Door:
    """The webhook of one source as the page shows it."""

    source: str
    words: str
    address: str
    is_on: bool
    since: datetime | None  # when its secret was set
    delivered_at: datetime | None
    delivered: str  # what became of the last delivery
    badly_signed_at: datetime | None  # after the last one that was signed well

    @property
    def makes_secret(self) -> bool:
        """Whether the secret is made here; that of Shopify is made there."""
        return self.source != "shopify"


@pages.get("/connections/<name>/webhooks")
@needs(Right.READ)
def show(name: str) -> str:
    """The webhooks of a connection."""
    return _page(name)


@pages.post("/connections/<name>/webhooks/<source>")
@needs(Right.SETTINGS)
def change(name: str, source: str) -> AnyResponse | str | tuple[str, int]:
    """Takes the secret that the shop gives, makes one, which is shown this once, or forgets it."""
    if source not in webhooks.SOURCES:
        abort(404)
    what = request.form.get("what", "")
    if what == "off":
        return _switch_off(name, source)
    if what not in ("take", "make"):
        abort(400)
    secret = webhooks.make_secret() if what == "make" else request.form.get("secret", "").strip()
    try:
        with site().database.transaction() as session:
            connection = connection_or_404(session, name)
            webhooks.switch_on(
                session, connection, source, secret, site().sealing.sealed, site().clock(), current_user.name
            )
    except BadWebhookSecret as error:
        return _page(name, wrong=source, error=f"Nothing was changed: {error}."), 422
    if what == "make":
        return _page(name, made=source, secret=secret)
    flash(f"The secret of {SOURCE_WORDS[source]} is set: what is signed with it is taken from now on.")
    return redirect(url_for("webhook_settings.show", name=name))


def _switch_off(name: str, source: str) -> AnyResponse:
    with site().database.transaction() as session:
        connection = connection_or_404(session, name)
        was_on = webhooks.switch_off(session, connection, source, site().clock(), current_user.name)
    words = SOURCE_WORDS[source]
    flash(f"{words} is off now: what it sends is refused." if was_on else f"{words} was off already.")
    return redirect(url_for("webhook_settings.show", name=name))


def _page(name: str, *, made: str = "", secret: str = "", wrong: str = "", error: str = "") -> str:
    with site().database.reading() as session:
        connection = connection_or_404(session, name)
        report = webhooks.report(session, connection)
        on = {door.source: door for door in report.doors}
        return render_template(
            "webhooks.html",
            connection=connection,
            zone=zone_of(stored.settings_of(connection)),
            doors=[_door(name, source, on.get(source)) for source in webhooks.SOURCES],
            source_words=SOURCE_WORDS,
            is_only_here=urlsplit(request.host_url).hostname in ONLY_HERE,
            waiting=report.waiting[:MAX_SHOWN],
            waiting_left_out=max(len(report.waiting) - MAX_SHOWN, 0),
            refusals=report.refusals[:MAX_SHOWN],
            refusals_left_out=max(len(report.refusals) - MAX_SHOWN, 0),
            made=made,
            secret=secret,
            wrong=wrong,
            error=error,
            least=MIN_SECRET_CHARACTERS,
            most=MAX_SECRET_CHARACTERS,
            may_change=current_user.may(Right.SETTINGS),
        )


def _door(name: str, source: str, row: WebhookSecret | None) -> Door:
    delivered_at = row.delivered_at if row else None
    badly_signed_at = row.badly_signed_at if row else None
    if badly_signed_at and delivered_at and delivered_at >= badly_signed_at:
        badly_signed_at = None  # that is over
    return Door(
        source=source,
        words=SOURCE_WORDS[source],
        address=url_for("webhooks.deliver", source=source, name=name, _external=True),
        is_on=row is not None,
        since=row.created_at if row else None,
        delivered_at=delivered_at,
        delivered=row.delivered if row else "",
        badly_signed_at=badly_signed_at,
    )
