"""Who did what: every change of settings, people and refunds, the newest first."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request

from qbwc_server.access.rights import Right
from qbwc_server.refunds import settings as declared
from qbwc_server.store import audit as stored
from qbwc_server.store import connections, people
from qbwc_server.store.tables import AuditEntry
from qbwc_server.web.errors import UnusableRequestError
from qbwc_server.web.security import MAX_ROW_ID
from qbwc_server.web.site import needs, site

MAX_MAPPED = 5  # names of one entry that are shown

pages = Blueprint("audit", __name__)


@pages.get("/audit")
@needs(Right.AUDIT)
def listing() -> str:
    """A page of what was done, by one person and for one connection, or by and for all."""
    who = request.args.get("who", "")[: people.MAX_NAME_CHARACTERS]
    name = request.args.get("connection", "")
    with site().database.reading() as session:
        known = {each.name: each.id for each in connections.all_connections(session)}
        if name and name not in known:
            raise UnusableRequestError("The list can't be shown: there is no such connection.")
        found = stored.page(
            session, who=who, connection_id=known.get(name), before=_row_id("before"), after=_row_id("after")
        )
        return render_template(
            "audit.html",
            found=found,
            changes={entry.id: _changes(entry) for entry in found.entries},
            mapped={entry.id: _mapped(entry) for entry in found.entries},
            most=MAX_MAPPED,
            who=who,
            connection=name,
            names=stored.names(session),
            connections=tuple(known),
        )


def _row_id(key: str) -> int | None:
    text = request.args.get(key, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MAX_ROW_ID))) or int(text) > MAX_ROW_ID:
        raise UnusableRequestError("The list can't be shown: its page is not a number.")
    return int(text)


def _changes(entry: AuditEntry) -> list[tuple[str, str, str]]:
    """What was changed, before and after, in words."""
    before, after = entry.details.get("before"), entry.details.get("after")
    if not (isinstance(before, dict) and isinstance(after, dict)):
        return []
    return [(_label(key), _shown(before.get(key)), _shown(after[key])) for key in after]


def _mapped(entry: AuditEntry) -> list[tuple[str, str]]:
    """What SKUs or gateways were mapped to, or had been."""
    items = entry.details.get("items")
    return [(str(name), str(value)) for name, value in items.items()] if isinstance(items, dict) else []


def _label(key: str) -> str:
    return declared.label(key) if key in declared.KEYS else key.replace("_", " ").capitalize()


def _shown(value: Any) -> str:
    return "empty" if value in ("", None) else str(value)
