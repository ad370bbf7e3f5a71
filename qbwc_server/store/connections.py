"""Connections: made, found, and changed, with what a change of settings means for refunds that stopped."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session as DatabaseSession

from qbwc_server.refunds.model import WORLDWIDE_SOURCES
from qbwc_server.refunds.reasons import Status
from qbwc_server.refunds.settings import Settings, SettingsError, as_texts, change, label
from qbwc_server.store import audit
from qbwc_server.store.holding import hold
from qbwc_server.store.tables import (
    OF_THE_ORDER,
    AuditEntry,
    CompanyFile,
    Connection,
    Document,
    Event,
    Installation,
    Refund,
    SetRequest,
)

CONNEX_OWNER_ID = "{0E7B3F1C-5A94-4C2D-8B60-D1F2A93E74C5}"
"""Connex as an application, the same for every connection and installation: QuickBooks keeps our private data by it."""

START_BATCH_SIZE = 25
"""Refunds a set, until experience with the company file says otherwise."""

MAX_USER_NAME_CHARACTERS = 120

NEVER_TAKEN_UP = frozenset(
    {
        *("in_doubt", "changed_in_quickbooks", "perhaps_posted_already", "undo_refused"),
        *("stopped_by_person", "declined", "done_by_hand", "undone"),
        *("changed_in_shop", "withdrawn_in_shop", "withdrawn"),
        *("order_in_doubt", "created_sale_gone", "created_sale_differs"),
        *("too_many_to_look_through", "deleted_in_quickbooks", "voided_in_quickbooks", "left_out_after_restore"),
    }
)
"""Reasons that no setting answers: QuickBooks may hold something of ours, or a person has decided."""

CHANGED_SETTINGS = "changed the settings"

_INSTALLATION_ID = 1
_ROWS_AT_ONCE = 500  # in one statement, well below what databases take as parameters
_NAME = re.compile(r"[A-Za-z0-9_-]{1,60}")


class ConnectionProblem(ValueError):
    """Something about a connection that can't be; says what and what to do."""


class BadConnectionName(ConnectionProblem):
    """A name that can't stand in addresses and files."""


class BadUserName(ConnectionProblem):
    """A user name that the Web Connector could not sign in with."""


class ConnectionNameTaken(ConnectionProblem):
    """There is a connection of this name, or of one that differs in case only."""


class UserNameTaken(ConnectionProblem):
    """Another connection's Web Connector signs in with this user name."""


class NothingToUndo(ConnectionProblem):
    """No change of the settings stands as it was made."""


class UnknownConnection(ConnectionProblem):
    """There is no connection of this name; the sentence lists those that there are."""


def add_connection(
    session: DatabaseSession,
    name: str,
    user_name: str,
    password_hash: str,
    settings: Mapping[str, str],
    now: datetime,
    who: str,
) -> Connection:
    """Makes a connection; an empty `user_name` stands for the name, `settings` are texts as a command gives them.

    Raises BadConnectionName, BadUserName, ConnectionNameTaken, UserNameTaken and SettingsError.
    """
    user_name = user_name or name
    _check_names(name, user_name)
    chosen = _kept_texts(change(Settings(), settings))
    _check_free(session, name, user_name)
    connection = Connection(
        name=name,
        user_name=user_name,
        password_hash=password_hash,
        owner_id=CONNEX_OWNER_ID,
        file_id=_new_guid(),
        settings=chosen,
        created_at=now,
        company=CompanyFile(batch_size=START_BATCH_SIZE),
    )
    try:
        with session.begin_nested():
            session.add(connection)
    except IntegrityError:  # another process was faster
        _check_free(session, name, user_name)
        raise
    _record(session, connection, "added the connection", {"user_name": user_name, "settings": chosen}, now, who)
    return connection


def connection_named(session: DatabaseSession, name: str) -> Connection:
    """The connection of this name. Raises UnknownConnection."""
    connection = session.scalar(select(Connection).where(Connection.name == name)) if _NAME.fullmatch(name) else None
    if connection is None:
        known = ", ".join(session.scalars(select(Connection.name).order_by(Connection.name)))
        there = f"there are: {known}" if known else "there are none yet; add one with: connex connection add NAME"
        raise UnknownConnection(f"there is no connection {name!r}; {there}")
    return connection


def all_connections(session: DatabaseSession) -> Sequence[Connection]:
    """Every connection, by name."""
    return session.scalars(select(Connection).order_by(Connection.name)).all()


def settings_of(connection: Connection) -> Settings:
    """The settings that are in force."""
    return change(Settings(), connection.settings)


def change_settings(
    session: DatabaseSession, connection: Connection, changes: Mapping[str, str], now: datetime, who: str
) -> Settings:
    """Changes settings, all of them or none, and takes up again the refunds that stopped and may now go on.

    Those are in review or skipped, and nothing of theirs is on its way or in doubt; they are looked for anew, and so
    are the accounts. Raises SettingsError, also for `shop` once anything was sent to QuickBooks.
    """
    lock(session, connection)
    before = settings_of(connection)
    after = change(before, changes)
    if after == before:
        return before
    if after.shop != before.shop and _anything_sent(session, connection):
        raise SettingsError(
            "shop", f"is fixed at {before.shop!r} since the first posting; add another connection for another shop"
        )
    if after.shop != before.shop and _read_for(session, connection, before.shop):
        raise SettingsError(
            "shop",
            f"is fixed at {before.shop!r}: refunds were read for it, and read again for another shop they would be "
            "entered twice; add another connection for another shop",
        )
    old, new = as_texts(before), as_texts(after)
    changed = [key for key in new if new[key] != old[key]]
    connection.settings = _kept_texts(after)
    connection.company.lists_read_at = None
    details = {
        "before": {key: old[key] for key in changed},
        "after": {key: new[key] for key in changed},
        "taken_up_again": _take_up_again(session, connection, now, f"{who} changed {', '.join(map(_quoted, changed))}"),
    }
    _record(session, connection, CHANGED_SETTINGS, details, now, who)
    return after


def lists_changed(session: DatabaseSession, connection: Connection, now: datetime, why: str) -> int:
    """What is known of QuickBooks' lists is to be read anew; refunds that stopped are taken up again: how many."""
    connection.company.lists_read_at = None
    return _take_up_again(session, connection, now, why)


@dataclass(frozen=True)
class LastChange:
    """The newest change of a connection's settings, as it stands on record."""

    at: datetime
    who: str
    before: Mapping[str, str]
    after: Mapping[str, str]
    can_be_undone: bool  # what it set is still set


def last_change(session: DatabaseSession, connection: Connection) -> LastChange | None:
    """The newest change of the settings; None where they are as they were at first."""
    entry = audit.last_entry(session, connection.id, CHANGED_SETTINGS)
    if entry is None:
        return None
    before, after = entry.details["before"], entry.details["after"]
    now = as_texts(settings_of(connection))
    still = all(now.get(key) == text for key, text in after.items())
    return LastChange(entry.at, entry.who, before, after, still)


def undo_last_change(session: DatabaseSession, connection: Connection, now: datetime, who: str) -> LastChange:
    """Takes the newest change of the settings back; this is a change itself, so that it can be taken back, too.

    Raises NothingToUndo, and SettingsError where what was set before can't be set any more.
    """
    lock(session, connection)
    change_on_record = last_change(session, connection)
    if change_on_record is None or not change_on_record.can_be_undone:
        raise NothingToUndo(f"there is no change of the settings of {connection.name} that can be taken back")
    change_settings(session, connection, change_on_record.before, now, who)
    return change_on_record


def set_password(session: DatabaseSession, connection: Connection, password_hash: str, now: datetime, who: str) -> None:
    """Sets the password that the Web Connector signs in with; the old one ends at once."""
    connection.password_hash = password_hash
    _record(session, connection, "changed the password", {}, now, who)


def installation(session: DatabaseSession, now: datetime) -> Installation:
    """This installation, made when it is first asked for; all processes get the same."""
    found = session.get(Installation, _INSTALLATION_ID)
    if found is not None:
        return found
    made = Installation(id=_INSTALLATION_ID, guid=_new_guid(), created_at=now)
    try:
        with session.begin_nested():
            session.add(made)
    except IntegrityError:  # another process was faster
        return session.get_one(Installation, _INSTALLATION_ID)
    return made


def _check_names(name: str, user_name: str) -> None:
    if not _NAME.fullmatch(name):
        raise BadConnectionName(
            f"{name!r} can't name a connection; use 1 to 60 letters (a to z), digits, dashes, underscores"
        )
    if not (len(user_name) <= MAX_USER_NAME_CHARACTERS and user_name.isprintable() and user_name == user_name.strip()):
        raise BadUserName(
            f"{user_name!r} can't be a user name; use 1 to {MAX_USER_NAME_CHARACTERS} printable characters, "
            "without spaces around them"
        )


def _check_free(session: DatabaseSession, name: str, user_name: str) -> None:
    """Names that differ in case only are refused: Windows, where they end up, does not tell them apart."""
    same_name, same_user_name = func.lower(Connection.name) == name.lower(), Connection.user_name == user_name
    # One question, so that another process can't come between two.
    owners = session.scalars(select(Connection.name).where(or_(same_name, same_user_name))).all()
    for taken in owners:
        if taken.lower() == name.lower():
            raise ConnectionNameTaken(f"there is a connection {taken!r} already; choose another name")
    if owners:
        raise UserNameTaken(f"the user name {user_name!r} is that of the connection {owners[0]!r}; choose another one")


def lock(session: DatabaseSession, connection: Connection) -> None:
    """Keeps others from this connection until the transaction ends, and reads it as it stands now."""
    hold(session, connection.id)
    session.refresh(connection)


def _anything_sent(session: DatabaseSession, connection: Connection) -> bool:
    perhaps_there = or_(Document.txn_id != "", Document.state.in_(("sent", "posted", "review")))
    statement = select(Document.id).join(Refund).where(Refund.connection_id == connection.id, perhaps_there).limit(1)
    return session.scalar(statement) is not None


def _read_for(session: DatabaseSession, connection: Connection, shop: str) -> bool:
    """Whether refunds are there whose identity the shop is a part of."""
    statement = select(Refund.id).where(
        Refund.connection_id == connection.id, Refund.shop == shop, Refund.source.not_in(WORLDWIDE_SOURCES)
    )
    return session.scalar(statement.limit(1)) is not None


def _take_up_again(session: DatabaseSession, connection: Connection, now: datetime, why: str) -> int:
    """Puts the refunds that stopped back to their beginning; gives how many."""
    stopped = (
        Refund.connection_id == connection.id,
        Refund.status.in_((Status.REVIEW.value, Status.SKIPPED.value)),
    )
    reasons = session.execute(select(Refund.id, Refund.reason).where(*stopped))
    refund_ids = [refund_id for refund_id, reason in reasons if (reason or {}).get("code") not in NEVER_TAKEN_UP]
    documents: dict[int, list[tuple[str, str]]] = {}
    for refund_id, role, state in session.execute(
        select(Document.refund_id, Document.role, Document.state).join(Refund).where(*stopped)
    ):
        documents.setdefault(refund_id, []).append((role, state))
    taken_up = [refund_id for refund_id in refund_ids if _may_go_on(documents.get(refund_id, ()))]
    for some in _in_blocks(taken_up):
        session.execute(
            delete(Document).where(
                Document.refund_id.in_(some),
                Document.state.in_(("planned", "failed")),
                Document.txn_id == "",
                Document.id.not_in(select(SetRequest.document_id)),  # one that was sent is evidence
            )
        )
        session.execute(
            update(Refund)
            .where(Refund.id.in_(some))
            .values(
                version=Refund.version + 1,
                status=Status.WAITING.value,
                stage="find",
                reason=None,
                reason_code="",
                candidates=None,
                attempts=0,
                not_before=None,
                updated_at=now,
            )
        )
        session.add_all(Event(refund_id=refund_id, at=now, text=f"Taken up again: {why}.") for refund_id in some)
    session.flush()
    return len(taken_up)


def _may_go_on(documents: Iterable[tuple[str, str]]) -> bool:
    """Whether all its documents, (role, state), are unsent or refused, or follow a memo that is on record."""
    states = set(documents)
    memo_posted = ("memo", "posted") in states
    harmless = {"planned", "failed"} | ({"review"} if memo_posted else set())
    may_stand = {"memo", *OF_THE_ORDER}
    return all(state in harmless or (state == "posted" and role in may_stand) for role, state in states)


def _in_blocks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), _ROWS_AT_ONCE):
        yield ids[start : start + _ROWS_AT_ONCE]


def _kept_texts(settings: Settings) -> dict[str, str]:
    """What is stored: only what differs from the defaults."""
    defaults = as_texts(Settings())
    return {key: text for key, text in as_texts(settings).items() if text != defaults[key]}


def _record(
    session: DatabaseSession, connection: Connection, what: str, details: dict[str, object], now: datetime, who: str
) -> None:
    session.add(AuditEntry(at=now, who=who, what=what, connection_id=connection.id, details=details))
    session.flush()


def _new_guid() -> str:
    return "{" + str(uuid.uuid4()).upper() + "}"


def _quoted(key: str) -> str:
    """A setting as the pages call it."""
    return f"“{label(key)}”"
