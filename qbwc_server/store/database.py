"""The database: opened with the guarantees that exactly-once rests on, and brought up to date by itself.

SQLite runs in WAL mode with `synchronous=FULL` and foreign keys; every transaction that may write takes its lock when
it begins, so that what it read still holds when it writes. PostgreSQL locks the connection's row for the same end.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection as SQLConnection
from sqlalchemy import Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DatabaseError
from sqlalchemy.orm import Session as DatabaseSession
from sqlalchemy.orm import sessionmaker

SQLITE_BUSY_MILLISECONDS = 30_000
POSTGRESQL_POOL_SIZE = 20
NEWEST_REVISION = "0012"  # of the migrations; a test holds it against their folder
MIGRATION_LOCK = 7_265_001  # PostgreSQL advisory lock: two processes that start together migrate once


URL_ADVICE = "give sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE"


class DatabaseURLError(ValueError):
    """A database URL that can't be used; says why and what is allowed."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"{reason}; {URL_ADVICE}")


class OtherVersionError(RuntimeError):
    """A database whose tables another version of Connex made, which this one does not know."""


OPENING_ERRORS = (DatabaseError, OtherVersionError)  # what opening a database may raise, beside a bad URL


class Database:
    """One database and the transactions on it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = _engine(url)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a SQLite file."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def transaction(self) -> Iterator[DatabaseSession]:
        """One transaction that may write; committed at the end, rolled back on an exception."""
        with self._sessions() as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[DatabaseSession]:
        """One transaction that only reads, and so waits for nobody."""
        with self._sessions() as session:
            session.connection(execution_options={"connex_read_only": True})
            yield session

    @contextmanager
    def snapshot(self) -> Iterator[SQLConnection]:
        """One connection that sees the database as it is now, however long it reads and whatever others write."""
        options: dict[str, Any] = {"connex_read_only": True}
        if not self.is_sqlite:  # SQLite's transactions are snapshots always
            options["isolation_level"] = "REPEATABLE READ"
        with self.engine.connect().execution_options(**options) as connection:
            yield connection

    def migrate(self) -> None:
        """Brings the tables up to date; safe to be called by several processes at once.

        Raises OtherVersionError where another version of Connex made them.
        """
        if self._is_up_to_date():
            return
        with self.engine.connect() as connection:
            if self.is_sqlite:
                connection.begin()  # before Alembic looks: it would commit after each migration of several
                upgrade(connection)
                connection.commit()
                return
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
            upgrade(connection)
            connection.commit()

    def _is_up_to_date(self) -> bool:
        """Told from the one row that the migrations leave, so that an ordinary start loads none of them."""
        try:
            with self.reading() as session:
                return bool(session.scalar(text("SELECT version_num FROM alembic_version")) == NEWEST_REVISION)
        except DatabaseError:
            return False  # there are no tables yet; where something else is wrong, migrating says so

    def close(self) -> None:
        """Gives all database connections back."""
        self.engine.dispose()


def open_database(url: str) -> Database:
    """The database of this URL, brought up to date."""
    database = Database(url)
    database.migrate()
    return database


def sqlite_url(path: Path) -> str:
    """The URL of a SQLite file."""
    return f"sqlite:///{path}"


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # the latter of a port that is no number
        raise DatabaseURLError("it is no address of a database") from None
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
        return create_engine(parsed, pool_pre_ping=True, pool_size=POSTGRESQL_POOL_SIZE, hide_parameters=True)
    if backend != "sqlite":
        raise DatabaseURLError(f"databases of the kind {backend} are not supported; SQLite and PostgreSQL are")
    engine = create_engine(parsed, connect_args={"timeout": SQLITE_BUSY_MILLISECONDS / 1000}, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, record: Any) -> None:  # noqa: ARG001  SQLAlchemy's signature
    connection.isolation_level = None  # transactions begin where we say, not where the driver guesses
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={SQLITE_BUSY_MILLISECONDS}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    read_only = connection.get_execution_options().get("connex_read_only")
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


def upgrade(connection: SQLConnection, revision: str = "head") -> None:
    """Brings the tables to a revision, in the connection's transaction, which the caller commits.

    Raises OtherVersionError where another version of Connex made them, or the revision is one of a newer Connex.
    """
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    if not connection.in_transaction():
        connection.begin()  # before Alembic looks, which would else commit each migration by itself
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, revision)
    except CommandError as error:
        raise OtherVersionError(str(error)) from None
