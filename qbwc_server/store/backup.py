"""A copy of everything that Connex knows, in one file, made while the server runs and read back into any database.

The file is a zip with one text file of rows for each table and `manifest.json`, which names the columns with their
kinds, the number of rows and the digest of each. It is the same whether it comes from SQLite or from PostgreSQL, so
that it also moves an installation from one to the other. It holds password hashes and customers' data.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    column,
    func,
    insert,
    select,
    table,
    text,
    update,
)
from sqlalchemy.types import TypeEngine

from qbwc_server.store import tables
from qbwc_server.store.database import NEWEST_REVISION, Database, OtherVersionError, upgrade
from qbwc_server.store.tables import AuditEntry, Base, Installation, Session
from qbwc_server.store.types import Cents, PlainJSON, SearchKey, UTCDateTime

FORM = 1  # of the file; another is refused
MANIFEST = "manifest.json"
ROWS_AT_A_TIME = 500  # rows in memory, while writing and while reading
MAX_MANIFEST_BYTES = 1_000_000
MAX_ROW_BYTES = 256 * 1024 * 1024  # bytes of one row: an answer of QuickBooks at its largest, with room to spare
RESTORED = "ended: the database was restored from a backup"


class BackupError(ValueError):
    """A backup that can't be written or read back; says why and what to do."""


@dataclass(frozen=True)
class Summary:
    """What a backup holds."""

    made_at: datetime
    revision: str  # of the tables
    rows: Mapping[str, int]  # by table


@dataclass(frozen=True)
class _Kind:
    """How the values of one kind of column stand in the file."""

    name: str
    of: tuple[type[TypeEngine[Any]], ...]  # the columns' types
    type: TypeEngine[Any]  # by which they are written to a database
    write: Callable[[Any], Any]
    read: Callable[[Any], Any]


def _as_it_is(value: Any) -> Any:
    return value


# The first that a column's type is among is its kind.
_KINDS = (
    _Kind("time", (UTCDateTime,), UTCDateTime(), datetime.isoformat, datetime.fromisoformat),
    _Kind("cents", (Cents,), Cents(), str, Decimal),
    _Kind("json", (PlainJSON,), PlainJSON(), _as_it_is, _as_it_is),
    _Kind("bytes", (LargeBinary,), LargeBinary(), lambda value: base64.b64encode(value).decode(), base64.b64decode),
    _Kind("truth", (Boolean,), Boolean(), _as_it_is, _as_it_is),
    _Kind("number", (Integer,), BigInteger(), _as_it_is, _as_it_is),
    _Kind("text", (String, SearchKey), Text(), _as_it_is, _as_it_is),
)
_KIND_NAMED = {kind.name: kind for kind in _KINDS}


def write_backup(database: Database, path: Path, now: datetime, *, overwrite: bool = False) -> Summary:
    """Writes a backup of the database as it is at this moment, whole or not at all; only its owner may read the file.

    Raises BackupError where the file is there already, or can't be written.
    """
    if path.exists() and not overwrite:
        raise BackupError(f"{path} is there already; name another file, or say --overwrite")
    try:
        handle, written = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # made with mode 0600
    except OSError as error:
        raise BackupError(
            f"{path} can't be written ({error.strerror}); name a file in a folder that is yours"
        ) from error
    try:
        with os.fdopen(handle, "wb") as file:
            summary = _write(database, file, now)
            file.flush()
            os.fsync(file.fileno())
        os.replace(written, path)
    except OSError as error:
        raise BackupError(f"{path} can't be written ({error.strerror}); nothing is left of it") from error
    finally:
        Path(written).unlink(missing_ok=True)
    return summary


def read_backup(path: Path) -> Summary:
    """What a backup says that it holds. Raises BackupError."""
    with _opened(path) as archive:
        return _summary(_manifest(archive, path))


def restore_backup(
    database: Database, path: Path, now: datetime, *, who: str, replace: bool = False, as_copy: bool = False
) -> Summary:
    """Reads a backup into an empty database, in one transaction: all of it, or nothing has changed.

    `replace` empties a database in use first. `as_copy` makes it an installation of its own, which enters nothing
    into company files that the first one has marked. Sessions that were open end; postings that were on their way are
    looked for before anything is entered. Raises BackupError, and OtherVersionError for a backup of a newer Connex.
    """
    with _opened(path) as archive:
        manifest = _manifest(archive, path)
        with database.engine.connect() as connection:
            _make_room(connection, replace)
            upgrade(connection, manifest["revision"])
            for name, described in manifest["tables"].items():
                _read_table(connection, archive, path, name, described)
            _count_on(connection, database, manifest)
            upgrade(connection, "head")
            _settle_in(connection, now, who, manifest["made_at"], as_copy=as_copy)
            connection.commit()
        return _summary(manifest)


def _write(database: Database, file: IO[bytes], now: datetime) -> Summary:
    described: dict[str, Any] = {}
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive,
        database.snapshot() as connection,
    ):
        found = connection.scalar(text("SELECT version_num FROM alembic_version"))
        if found != NEWEST_REVISION:
            raise OtherVersionError(f"the tables are those of revision {found}, not {NEWEST_REVISION}")
        for each in Base.metadata.sorted_tables:
            described[each.name] = _write_table(connection, archive, each)
        manifest = {"form": FORM, "made_at": now.isoformat(), "revision": NEWEST_REVISION, "tables": described}
        archive.writestr(MANIFEST, json.dumps(manifest, indent=1))
    return _summary(manifest)


def _write_table(connection: Connection, archive: zipfile.ZipFile, written: Table) -> dict[str, Any]:
    kinds = [_kind_of(each) for each in written.columns]
    digest, rows = hashlib.sha256(), 0
    query = select(written).order_by(*written.primary_key.columns).execution_options(yield_per=ROWS_AT_A_TIME)
    with archive.open(_file_of(written.name), "w", force_zip64=True) as target:
        for row in connection.execute(query):
            values = [None if value is None else kind.write(value) for kind, value in zip(kinds, row, strict=True)]
            line = json.dumps(values, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"
            target.write(line)
            digest.update(line)
            rows += 1
    columns = {each.name: kind.name for each, kind in zip(written.columns, kinds, strict=True)}
    return {"rows": rows, "sha256": digest.hexdigest(), "columns": columns}


def _kind_of(described: Column[Any]) -> _Kind:
    return next(kind for kind in _KINDS if isinstance(described.type, kind.of))


def _file_of(name: str) -> str:
    return f"{name}.jsonl"


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        sentence = f"{path} can't be read as a backup ({error}); name a file that connex backup made"
        raise BackupError(sentence) from error


def _manifest(archive: zipfile.ZipFile, path: Path) -> dict[str, Any]:
    try:
        with archive.open(MANIFEST) as file:
            manifest = json.loads(file.read(MAX_MANIFEST_BYTES))
        form, revision, described = manifest["form"], manifest["revision"], manifest["tables"]
        datetime.fromisoformat(manifest["made_at"])
        known = {name: {kind in _KIND_NAMED for kind in each["columns"].values()} for name, each in described.items()}
    except (KeyError, TypeError, ValueError, AttributeError, zipfile.BadZipFile) as error:
        raise BackupError(f"{path} is no backup of Connex: its {MANIFEST} can't be read ({error!r})") from error
    if form != FORM or not isinstance(revision, str) or not all(all(kinds) for kinds in known.values()):
        raise BackupError(
            f"{path} is of a form that this Connex does not know; restore it with the Connex that made it"
        )
    result: dict[str, Any] = manifest
    return result


def _summary(manifest: Mapping[str, Any]) -> Summary:
    rows = {name: described["rows"] for name, described in manifest["tables"].items()}
    return Summary(datetime.fromisoformat(manifest["made_at"]), manifest["revision"], rows)


def _make_room(connection: Connection, replace: bool) -> None:
    """An empty database to read into; one in use is emptied only where that was said."""
    there = MetaData()
    there.reflect(connection)
    in_use = tables.Connection.__tablename__
    if (
        in_use in there.tables
        and connection.scalar(select(func.count()).select_from(there.tables[in_use]))
        and not replace
    ):
        raise BackupError(
            "the database is in use: it holds connections already. Make a backup of it, then say --replace to put "
            "this one in its place"
        )
    there.drop_all(connection)


def _read_table(
    connection: Connection, archive: zipfile.ZipFile, path: Path, name: str, described: Mapping[str, Any]
) -> None:
    kinds = [_KIND_NAMED[kind] for kind in described["columns"].values()]
    columns = [Column(each, kind.type) for each, kind in zip(described["columns"], kinds, strict=True)]
    statement = insert(Table(name, MetaData(), *columns))
    digest, rows = hashlib.sha256(), 0
    try:
        with archive.open(_file_of(name)) as lines:
            for batch in _batches(lines):
                values = []
                for line in batch:
                    digest.update(line)
                    values.append(_row(described["columns"], kinds, line))
                connection.execute(statement, values)
                rows += len(values)
    except (KeyError, ValueError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise BackupError(f"{path} is damaged: {name}, row {rows + 1} or one soon after it ({error})") from error
    if rows != described["rows"] or digest.hexdigest() != described["sha256"]:
        raise BackupError(f"{path} is damaged: the rows of {name} are not those that were written")


def _batches(lines: IO[bytes]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    while line := lines.readline(MAX_ROW_BYTES):
        batch.append(line)
        if len(batch) == ROWS_AT_A_TIME:
            yield batch
            batch = []
    if batch:
        yield batch


def _row(columns: Mapping[str, str], kinds: Sequence[_Kind], line: bytes) -> dict[str, Any]:
    values = json.loads(line)
    return {
        each: None if value is None else kind.read(value)
        for each, kind, value in zip(columns, kinds, values, strict=True)
    }


def _count_on(connection: Connection, database: Database, manifest: Mapping[str, Any]) -> None:
    """New rows get numbers above the restored ones; SQLite does so by itself."""
    if database.is_sqlite:
        return
    for name, described in manifest["tables"].items():
        if "id" in described["columns"] and described["rows"]:
            highest = connection.scalar(select(func.max(column("id"))).select_from(table(name)))
            connection.execute(select(func.setval(func.pg_get_serial_sequence(name, "id"), highest)))


def _settle_in(connection: Connection, now: datetime, who: str, made_at: str, *, as_copy: bool) -> None:
    connection.execute(update(Session).where(Session.ended_at.is_(None)).values(ended_at=now, outcome=RESTORED))
    if as_copy:
        connection.execute(update(Installation).values(guid="{" + str(uuid4()).upper() + "}"))
    connection.execute(
        insert(AuditEntry).values(
            at=now,
            who=who,
            what="restored the database from a backup",
            details={"made_at": made_at, "as_copy": as_copy},
        )
    )
