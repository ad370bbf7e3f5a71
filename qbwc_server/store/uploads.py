"""Files of orders that somebody sent to a page: kept until they are taken in, and tried before that.

What would become of a file is found by taking it in and undoing that at once, so that the preview and the import can
never differ.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, tuple_
from sqlalchemy.orm import Session as DatabaseSession

from qbwc_server.refunds.model import OrderTold
from qbwc_server.refunds.model import Refund as RefundData
from qbwc_server.store.refunds import Imported, data_of, take_in
from qbwc_server.store.tables import Connection, Refund, Upload

MAX_UPLOAD_BYTES = 32 * 1024 * 1024  # of one file
MAX_UPLOADS = 5  # of one connection that wait; the oldest gives way
KEPT_FOR = timedelta(hours=2)
MAX_FILE_NAME_CHARACTERS = 200
ROWS_AT_ONCE = 200  # refunds looked up in one query


class UploadProblem(ValueError):
    """A file that can't be kept; says why and what to do."""


@dataclass(frozen=True)
class Tried:
    """What taking refunds in would do: the counts, and for each refund `new`, `changed` or `known`, in their order."""

    counts: Imported
    each: tuple[str, ...]


def keep(
    session: DatabaseSession,
    connection: Connection,
    content: bytes,
    *,
    file_name: str,
    file_format: str,
    who: str,
    now: datetime,
) -> Upload:
    """Keeps a file until its preview is confirmed; files that nobody came back for go. Raises UploadProblem."""
    if not content:
        raise UploadProblem("the file is empty, or none was chosen; choose the file that your shop exported")
    if len(content) > MAX_UPLOAD_BYTES:
        raise UploadProblem(
            f"the file has {len(content)} bytes; a page takes {MAX_UPLOAD_BYTES} at most, and the command "
            f"connex import {connection.name} FILE takes larger ones"
        )
    session.execute(delete(Upload).where(Upload.at < now - KEPT_FOR))
    waiting = session.scalars(
        select(Upload.id).where(Upload.connection_id == connection.id).order_by(Upload.id.desc())
    ).all()
    session.execute(delete(Upload).where(Upload.id.in_(waiting[MAX_UPLOADS - 1 :])))
    printable = "".join(character for character in file_name if character.isprintable())
    upload = Upload(
        connection_id=connection.id,
        who=who,
        at=now,
        file_name=printable[-MAX_FILE_NAME_CHARACTERS:] or "file",
        file_format=file_format,
        content=zlib.compress(content),
    )
    session.add(upload)
    session.flush()
    return upload


def find(
    session: DatabaseSession, connection: Connection, upload_id: int, *, who: str, now: datetime
) -> tuple[Upload, bytes] | None:
    """A file that this person sent, with its content; None where it is not there any more."""
    upload = session.get(Upload, upload_id)
    if upload is None or upload.connection_id != connection.id or upload.who != who or upload.at < now - KEPT_FOR:
        return None
    return upload, zlib.decompress(upload.content)


def drop(session: DatabaseSession, upload: Upload) -> None:
    """Forgets a file."""
    session.delete(upload)
    session.flush()


def attempt(
    session: DatabaseSession,
    connection: Connection,
    refunds: Sequence[RefundData],
    now: datetime,
    told: Sequence[OrderTold] = (),
) -> Tried:
    """What taking these refunds in would do; nothing is changed."""
    each = _compared(session, connection, refunds)
    with session.begin_nested() as trial:
        counts = take_in(session, connection, refunds, now, told=told)
        trial.rollback()
    session.expire_all()
    return Tried(counts, each)


def _compared(session: DatabaseSession, connection: Connection, refunds: Sequence[RefundData]) -> tuple[str, ...]:
    known: dict[tuple[str, str, str], RefundData] = {}
    keys = [(data.source, data.shop, data.external_id) for data in refunds]
    for start in range(0, len(keys), ROWS_AT_ONCE):
        some = tuple_(Refund.source, Refund.shop, Refund.external_id).in_(keys[start : start + ROWS_AT_ONCE])
        for row in session.scalars(select(Refund).where(Refund.connection_id == connection.id, some)):
            known[row.source, row.shop, row.external_id] = data_of(row)
    found = []
    for key, data in zip(keys, refunds, strict=True):
        found.append("new" if key not in known else "known" if known[key] == data else "changed")
        known[key] = data
    return tuple(found)
