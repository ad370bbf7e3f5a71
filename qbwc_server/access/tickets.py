"""Tickets: what names a Web Connector session. The database keeps only their digests, so that a copy opens nothing."""

from __future__ import annotations

import hashlib
import secrets

TICKET_BYTES = 32


def new_ticket() -> str:
    """A ticket of 256 random bits, in characters that go unchanged through XML and URLs."""
    return secrets.token_urlsafe(TICKET_BYTES)


def ticket_digest(ticket: str) -> str:
    """What the database keeps of a ticket: SHA-256 in hex, 64 characters, for any text that a caller may send."""
    return hashlib.sha256(ticket.encode("utf-8", "surrogatepass")).hexdigest()
