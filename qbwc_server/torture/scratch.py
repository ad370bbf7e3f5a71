"""A database of torture's own, emptied for every schedule, that can be locked, cut off and filled up.

SQLite: a file in a temporary folder. PostgreSQL: a schema of its own in the database whose URL is given, dropped at
the end; nothing else in that database is touched.
"""

from __future__ import annotations

import secrets
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

import psycopg
from sqlalchemy import event, make_url

from qbwc_server.store.database import Database, DatabaseURLError, sqlite_url
from qbwc_server.store.tables import Base

_BUSY_MILLISECONDS = 5  # a call waits no longer for a lock: a schedule must not take half a minute
_NO_LIMIT_PAGES = 1_073_741_823
_RESETS_TO_TRUNCATE = 100  # deleting is quicker than truncating, and leaves dead rows behind
_ROLE = "connex-torture-server"  # the application_name by which connections to be cut are told


class Scratch(Protocol):
    """What schedules are played on."""

    @property
    def url(self) -> str:
        """For a server of its own."""
        ...

    @property
    def database(self) -> Database:
        """Opened."""
        ...

    def reset(self) -> None:
        """Empties all tables, and closes every connection."""
        ...

    def hang_up(self) -> None:
        """Closes every connection of this process, as its death would."""
        ...

    def away(self) -> AbstractContextManager[None]:
        """A context in which calls can't use the database: it is locked, or has cut their connections."""
        ...

    def full(self) -> AbstractContextManager[None]:
        """A context in which nothing more can be written."""
        ...

    def cut(self) -> None:
        """Cuts connections that are in use, where the database has any."""
        ...

    def close(self) -> None:
        """Leaves nothing behind."""
        ...


@contextmanager
def scratch_database(url: str | None, folder: Path) -> Iterator[Scratch]:
    """A scratch database: SQLite in `folder`, or in the PostgreSQL database of the URL. Raises DatabaseURLError."""
    scratch: Scratch = SQLiteScratch(folder) if url is None else PostgreSQLScratch(url)
    try:
        yield scratch
    finally:
        scratch.close()


class SQLiteScratch:
    """A file with the product's own settings, except that a call does not wait long for a lock."""

    def __init__(self, folder: Path) -> None:
        self._file, self._empty = folder / "torture.sqlite3", folder / "empty.sqlite3"
        self.url = sqlite_url(self._file)
        made = Database(sqlite_url(self._empty))
        made.migrate()
        made.close()
        self.database = Database(self.url)
        self._is_full = False
        event.listen(self.database.engine, "connect", _wait_briefly)
        event.listen(self.database.engine, "checkout", self._limit)
        self.reset()

    def reset(self) -> None:
        self.hang_up()
        for suffix in ("-wal", "-shm"):
            Path(f"{self._file}{suffix}").unlink(missing_ok=True)
        shutil.copyfile(self._empty, self._file)

    def hang_up(self) -> None:
        self.database.engine.dispose()

    @contextmanager
    def away(self) -> Iterator[None]:
        other = sqlite3.connect(self._file, isolation_level=None)
        try:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")
        finally:
            other.close()

    @contextmanager
    def full(self) -> Iterator[None]:
        self._is_full = True
        try:
            yield
        finally:
            self._is_full = False

    def cut(self) -> None:
        """A file has no connections to cut: `away` locks it."""

    def close(self) -> None:
        self.database.close()

    def _limit(self, connection: Any, record: Any, proxy: Any) -> None:  # noqa: ARG002  SQLAlchemy's signature
        """A file that may not grow is what a full disk is to SQLite. Below its present size no limit goes."""
        if self._is_full:
            connection.execute("PRAGMA max_page_count = 1")
            record.info["limited"] = True
        elif record.info.pop("limited", False):
            connection.execute(f"PRAGMA max_page_count = {_NO_LIMIT_PAGES}")


def _wait_briefly(connection: Any, record: Any) -> None:  # noqa: ARG001  SQLAlchemy's signature
    connection.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
    connection.execute("PRAGMA synchronous = OFF")  # a death in this process is no power cut: nothing is lost by it


class PostgreSQLScratch:
    """A schema of its own in a PostgreSQL database."""

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        if parsed.get_backend_name() != "postgresql":
            raise DatabaseURLError(
                "torture takes a PostgreSQL database, postgresql://USER:PASSWORD@HOST/DATABASE; "
                "without one it makes a SQLite file of its own"
            )
        self._schema = f"connex_torture_{secrets.token_hex(6)}"
        self._admin = psycopg.connect(
            parsed.set(drivername="postgresql").render_as_string(hide_password=False), autocommit=True
        )
        self._do(f"CREATE SCHEMA {self._schema}")
        options = {"options": f"-csearch_path={self._schema}", "application_name": _ROLE + self._schema[-12:]}
        self._role = options["application_name"]
        self.url = parsed.update_query_dict(options).render_as_string(hide_password=False)
        self.database = Database(self.url)
        self.database.migrate()
        self._tables = [table.name for table in reversed(Base.metadata.sorted_tables)]
        self._resets = 0
        self._do(
            f"CREATE FUNCTION {self._schema}.refuse() RETURNS trigger LANGUAGE plpgsql AS "
            "$$BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END$$"
        )

    def reset(self) -> None:
        self.hang_up()
        self._resets += 1
        if self._resets % _RESETS_TO_TRUNCATE == 0:
            self._do(f"TRUNCATE {', '.join(f'{self._schema}.{name}' for name in self._tables)} CASCADE")
        else:
            self._do("; ".join(f"DELETE FROM {self._schema}.{name}" for name in self._tables))  # noqa: S608

    def hang_up(self) -> None:
        self.database.engine.dispose()

    @contextmanager
    def away(self) -> Iterator[None]:
        """Its connections are cut by `cut` in the midst of a call, and before it."""
        self.cut()
        yield

    @contextmanager
    def full(self) -> Iterator[None]:
        """Commits of what writes a message set or a session fail, as those of a full disk do."""
        for table in ("message_sets", "sessions"):
            self._do(
                f"CREATE CONSTRAINT TRIGGER full_{table} AFTER INSERT OR UPDATE ON {self._schema}.{table} "
                f"DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION {self._schema}.refuse()"
            )
        try:
            yield
        finally:
            for table in ("message_sets", "sessions"):
                self._do(f"DROP TRIGGER full_{table} ON {self._schema}.{table}")

    def cut(self) -> None:
        cutting = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s"
        self._admin.execute(cutting, (self._role,))

    def close(self) -> None:
        self.database.close()
        self._do(f"DROP SCHEMA {self._schema} CASCADE")
        self._admin.close()

    def _do(self, statement: str) -> None:
        self._admin.execute(statement.encode())
