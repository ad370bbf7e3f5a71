"""Webhooks of a connection: which are on, what waits for its order, and what was refused, each bounded."""

from __future__ import annotations

import secrets
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session as DatabaseSession
from sqlalchemy.orm import defer

from qbwc_server.store.connections import ConnectionProblem
from qbwc_server.store.holding import hold
from qbwc_server.store.tables import (
    AuditEntry,
    Connection,
    Refund,
    WaitingRefund,
    WebhookRefusal,
    WebhookSecret,
)

SOURCES = ("shopify", "woocommerce", "refunds")
"""Who sends: the two order systems, and programs that write refunds in Connex's own form."""

Seal = Callable[[str], str]
"""Encrypts a text, or decrypts it, with the server's key."""

MIN_SECRET_CHARACTERS, MAX_SECRET_CHARACTERS = 16, 200
MAX_WAITING = 1000  # refunds of one connection that wait for their orders
MAX_REFUSALS = 200  # of one connection that are kept, the newest
MAX_REFUSALS_AT_ONCE = 20  # of one delivery that are kept
BAD_SIGNATURES_NOTED_EVERY = timedelta(minutes=1)
MAX_TEXT = 1000  # characters of a place or a reason


class BadWebhookSecret(ConnectionProblem):
    """A secret that can't sign deliveries."""


class Waiting(Enum):
    """What becomes of a refund that came without its order."""

    WAITS = "waits"
    KNOWN = "known"  # its order brought it before
    TOO_MANY = "too many"


@dataclass(frozen=True)
class Refusal:
    """Something that a delivery brought and that was not taken."""

    place: str
    reason: str


@dataclass(frozen=True)
class Report:
    """How a connection's webhooks stand."""

    doors: Sequence[WebhookSecret]  # those that are on, without their secrets
    waiting: Sequence[WaitingRefund]  # without their bodies, the oldest first
    refusals: Sequence[WebhookRefusal]  # the newest first

    @property
    def on(self) -> list[str]:
        """The sources whose webhooks are on."""
        return [door.source for door in self.doors]


def make_secret() -> str:
    """A new secret of 256 random bits."""
    return secrets.token_urlsafe(32)


def switch_on(
    session: DatabaseSession, connection: Connection, source: str, secret: str, seal: Seal, now: datetime, who: str
) -> None:
    """Sets the secret of a webhook; deliveries that are signed with an earlier one are refused from now on.

    `seal` is what encrypts it. Raises BadWebhookSecret.
    """
    if not (
        MIN_SECRET_CHARACTERS <= len(secret) <= MAX_SECRET_CHARACTERS and secret.isascii() and secret.isprintable()
    ):
        raise BadWebhookSecret(
            f"the secret has {len(secret)} characters; give {MIN_SECRET_CHARACTERS} to {MAX_SECRET_CHARACTERS} "
            "printable ASCII characters"
        )
    found = _secret_row(session, connection.id, source)
    if found is None:
        found = WebhookSecret(connection_id=connection.id, source=source)
        session.add(found)
    found.secret, found.is_sealed = seal(secret), True
    found.created_at, found.badly_signed_at = now, None
    _record(session, connection, f"switched the {source} webhook on", now, who)


def switch_off(session: DatabaseSession, connection: Connection, source: str, now: datetime, who: str) -> bool:
    """Forgets the secret of a webhook, so that its deliveries are refused; false where it was off."""
    found = _secret_row(session, connection.id, source)
    if found is None:
        return False
    session.delete(found)
    _record(session, connection, f"switched the {source} webhook off", now, who)
    return True


def secret_of(session: DatabaseSession, name: str, source: str, unseal: Seal) -> str | None:
    """The secret of a connection's webhook; None where it is off, or there is no such connection, by the same way.

    `unseal` decrypts it, and what it raises goes through.
    """
    found = session.execute(
        select(WebhookSecret.secret, WebhookSecret.is_sealed)
        .join(Connection, Connection.id == WebhookSecret.connection_id)
        .where(Connection.name == _askable(name), WebhookSecret.source == source)
    ).one_or_none()
    return None if found is None else unseal(found.secret) if found.is_sealed else found.secret


def seal_all(session: DatabaseSession, seal: Seal) -> None:
    """Encrypts the secrets that an earlier version kept as they were given."""
    for row in session.scalars(select(WebhookSecret).where(WebhookSecret.is_sealed.is_(False))):
        row.secret, row.is_sealed = seal(row.secret), True


def sealed_secrets(session: DatabaseSession) -> list[tuple[str, str, str]]:
    """Connection, source and encrypted secret of each webhook that is on."""
    rows = session.execute(
        select(Connection.name, WebhookSecret.source, WebhookSecret.secret)
        .join(Connection, Connection.id == WebhookSecret.connection_id)
        .where(WebhookSecret.is_sealed)
        .order_by(Connection.name, WebhookSecret.source)
    )
    return [(name, source, secret) for name, source, secret in rows]


@dataclass(frozen=True)
class Apart:
    """A refund that came without its order."""

    source: str
    external_id: str
    order_id: str
    body: bytes  # as it came


def keep_waiting(session: DatabaseSession, connection: Connection, apart: Apart, now: datetime) -> Waiting:
    """Keeps a refund that came without its order until the order comes by any door."""
    hold(session, connection.id)
    known = select(Refund.id).where(
        Refund.connection_id == connection.id,
        Refund.source == apart.source,
        Refund.external_id == apart.external_id,
    )
    if session.scalar(known.limit(1)) is not None:
        return Waiting.KNOWN
    waits = session.scalar(
        select(WaitingRefund).where(
            WaitingRefund.connection_id == connection.id,
            WaitingRefund.source == apart.source,
            WaitingRefund.external_id == apart.external_id,
        )
    )
    if waits is not None:
        waits.order_id, waits.body = apart.order_id, zlib.compress(apart.body)
        return Waiting.WAITS
    of_connection = select(func.count()).where(WaitingRefund.connection_id == connection.id)
    if (session.scalar(of_connection) or 0) >= MAX_WAITING:
        return Waiting.TOO_MANY
    session.add(
        WaitingRefund(
            connection_id=connection.id,
            source=apart.source,
            external_id=apart.external_id,
            order_id=apart.order_id,
            body=zlib.compress(apart.body),
            received_at=now,
        )
    )
    return Waiting.WAITS


def waiting_bodies(session: DatabaseSession, connection: Connection, source: str, order_id: str) -> list[bytes]:
    """The refunds that wait for an order, as they came, the oldest first."""
    bodies = session.scalars(
        select(WaitingRefund.body)
        .where(
            WaitingRefund.connection_id == connection.id,
            WaitingRefund.source == source,
            WaitingRefund.order_id == order_id,
        )
        .order_by(WaitingRefund.id)
    )
    return [zlib.decompress(body) for body in bodies]


def note_refusals(
    session: DatabaseSession,
    connection: Connection,
    source: str,
    topic: str,
    refusals: Iterable[Refusal],
    now: datetime,
) -> None:
    """Puts on record what was refused, for a person to see; the oldest entries give way."""
    session.add_all(
        WebhookRefusal(
            connection_id=connection.id,
            at=now,
            source=source,
            topic=topic[:100],
            place=refusal.place[:MAX_TEXT],
            reason=refusal.reason[:MAX_TEXT],
        )
        for refusal in list(refusals)[:MAX_REFUSALS_AT_ONCE]
    )
    session.flush()
    newest = (
        select(WebhookRefusal.id)
        .where(WebhookRefusal.connection_id == connection.id)
        .order_by(WebhookRefusal.id.desc())
        .limit(1)
        .offset(MAX_REFUSALS)
    )
    last_to_go = session.scalar(newest)
    if last_to_go is not None:
        session.execute(
            delete(WebhookRefusal).where(WebhookRefusal.connection_id == connection.id, WebhookRefusal.id <= last_to_go)
        )


def note_delivery(
    session: DatabaseSession, connection: Connection, source: str, topic: str, became: str, now: datetime
) -> None:
    """Puts on record that a delivery came that was signed as it has to be, and what became of it, in words."""
    session.execute(
        update(WebhookSecret)
        .where(WebhookSecret.connection_id == connection.id, WebhookSecret.source == source)
        .values(delivered_at=now, delivered=f"{topic}: {became}"[:MAX_TEXT] if topic else became[:MAX_TEXT])
    )


def note_bad_signature(session: DatabaseSession, name: str, source: str, now: datetime) -> None:
    """Puts on record that a delivery came that was not signed with the secret; once a minute at most."""
    of_name = select(Connection.id).where(Connection.name == _askable(name)).scalar_subquery()
    session.execute(
        update(WebhookSecret)
        .where(
            WebhookSecret.connection_id == of_name,
            WebhookSecret.source == source,
            or_(
                WebhookSecret.badly_signed_at.is_(None),
                WebhookSecret.badly_signed_at < now - BAD_SIGNATURES_NOTED_EVERY,
            ),
        )
        .values(badly_signed_at=now)
    )


def report(session: DatabaseSession, connection: Connection) -> Report:
    """How the connection's webhooks stand."""
    return Report(
        doors=session.scalars(
            select(WebhookSecret)
            .where(WebhookSecret.connection_id == connection.id)
            .order_by(WebhookSecret.source)
            .options(defer(WebhookSecret.secret, raiseload=True))
        ).all(),
        waiting=session.scalars(
            select(WaitingRefund)
            .where(WaitingRefund.connection_id == connection.id)
            .order_by(WaitingRefund.id)
            .options(defer(WaitingRefund.body))
        ).all(),
        refusals=session.scalars(
            select(WebhookRefusal)
            .where(WebhookRefusal.connection_id == connection.id)
            .order_by(WebhookRefusal.id.desc())
        ).all(),
    )


def _askable(name: str) -> str:
    """A name as every database takes it."""
    return name if name.isascii() and name.isprintable() else ""


def _secret_row(session: DatabaseSession, connection_id: int, source: str) -> WebhookSecret | None:
    return session.scalar(
        select(WebhookSecret).where(WebhookSecret.connection_id == connection_id, WebhookSecret.source == source)
    )


def _record(session: DatabaseSession, connection: Connection, what: str, now: datetime, who: str) -> None:
    session.add(AuditEntry(at=now, who=who, what=what, connection_id=connection.id, details={}))
    session.flush()
