"""What `connex doctor` looks at: each finding says what is and, where it is not well, what to do."""

from __future__ import annotations

import platform
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import Enum

from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from qbwc_server.access.sealing import SealBroken, Sealing
from qbwc_server.app import version
from qbwc_server.config import Config, ConfigError
from qbwc_server.refunds.payout import PAYOUT_ACCOUNT_TYPES
from qbwc_server.refunds.sale import Account, CompanyFacts
from qbwc_server.store import people, webhooks
from qbwc_server.store.connections import all_connections, settings_of
from qbwc_server.store.database import OPENING_ERRORS, Database, DatabaseURLError, open_database
from qbwc_server.store.latch import latch_of, words_of_latch
from qbwc_server.store.tables import Connection
from qbwc_server.sync.books import company_facts

OLDEST_SQLITE = (3, 35, 0)  # with RETURNING and fixes of WAL mode that we rest on
SILENT_FOR = timedelta(days=2)  # a Web Connector that has not called for so long is remarked on
EARLIEST_YEAR, LATEST_YEAR = 2024, 2100  # outside of these the machine's clock is wrong


class Level(Enum):
    """How a finding is to be taken."""

    FINE = "ok"
    REMARK = "note"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    level: Level
    what: str
    advice: str = ""

    def as_dict(self) -> dict[str, str]:
        """For --json."""
        return {"level": self.level.value, "what": self.what, "advice": self.advice}


def examine(environ: Mapping[str, str]) -> list[Finding]:
    """Looks at the whole installation, as far as it can be looked at."""
    findings = []
    try:
        for finding in _everything(environ):
            findings.append(finding)  # one by one: kept also where the next look fails
    except (ConfigError, DatabaseURLError) as error:
        findings.append(Finding(Level.PROBLEM, "The configuration can't be used.", str(error)))
    except OPENING_ERRORS as error:
        findings.append(database_trouble(error))
    return findings


def database_trouble(error: Exception) -> Finding:
    """What is wrong with the database, by one of OPENING_ERRORS."""
    if not isinstance(error, DatabaseError):
        advice = "Run the version that has used it last, or name another database in CONNEX_DATABASE_URL."
        return Finding(Level.PROBLEM, "The database was made by another version of Connex.", f"{error}. {advice}")
    lines = (" ".join(line.split()).rstrip(".") for line in str(error.orig).splitlines())
    reason = ". ".join(line for line in lines if line)
    reason += "" if reason.endswith((".", "?", "!")) else "."
    if isinstance(error.orig, sqlite3.Error):
        advice = "Check CONNEX_DATABASE_URL or CONNEX_DATA_DIR, and that this user may write there."
    else:
        advice = "Check CONNEX_DATABASE_URL, and that the database server is running."
    return Finding(Level.PROBLEM, "The database can't be used.", f"{reason} {advice}")


def _everything(environ: Mapping[str, str]) -> Iterator[Finding]:
    yield from _machine()
    config = Config.from_environment(environ)
    database = open_database(config.database_url)
    try:
        yield from _configuration(config, database)
        yield from _connections(config, database)
        yield from _webhooks(config, database)
    finally:
        database.close()


def _machine() -> Iterator[Finding]:
    yield Finding(
        Level.FINE,
        f"Connex {version()} on Python {platform.python_version()}, {platform.system()}.",
    )
    now = datetime.now(timezone.utc)
    if EARLIEST_YEAR <= now.year <= LATEST_YEAR:
        yield Finding(Level.FINE, f"The clock says {now:%Y-%m-%d %H:%M} UTC.")
    else:
        yield Finding(Level.PROBLEM, f"The clock says {now:%Y-%m-%d}.", "Set the machine's clock; use NTP.")


def _configuration(config: Config, database: Database) -> Iterator[Finding]:
    yield Finding(Level.FINE, f"Data folder {config.data_dir}, time zone {config.time_zone}.")
    with database.transaction() as session:  # changes nothing, and fails where writing would
        session.execute(text("UPDATE alembic_version SET version_num = version_num WHERE version_num = ''"))
    if database.is_sqlite:
        yield Finding(Level.FINE, f"The database is a SQLite file (SQLite {sqlite3.sqlite_version}), up to date.")
        if sqlite3.sqlite_version_info < OLDEST_SQLITE:
            oldest = ".".join(map(str, OLDEST_SQLITE))
            yield Finding(Level.PROBLEM, "SQLite is too old.", f"Install SQLite {oldest} or newer, or use PostgreSQL.")
    else:
        yield Finding(Level.FINE, "The database is PostgreSQL, up to date.")
    with database.reading() as session:
        if people.count(session):
            yield Finding(Level.FINE, "Somebody can sign in to the pages.")
        else:
            yield Finding(Level.REMARK, "Nobody can sign in to the pages.", "Run: connex person add NAME")
    yield Finding(
        Level.REMARK,
        "TLS is up to the web server in front of Connex.",
        "The Web Connector accepts http for localhost only; for any other address put a reverse proxy with a "
        "certificate that Windows trusts in front.",
    )


def _connections(config: Config, database: Database) -> Iterator[Finding]:
    with database.reading() as session:
        connections = all_connections(session)
        if not connections:
            yield Finding(Level.REMARK, "There are no connections yet.", "Run: connex connection add NAME")
        for connection in connections:
            yield from _connection(config, connection)


def _webhooks(config: Config, database: Database) -> Iterator[Finding]:
    sealing = Sealing(config.secret_key)
    with database.reading() as session:
        for name, source, sealed in webhooks.sealed_secrets(session):
            try:
                sealing.opened(sealed)
            except SealBroken as error:
                what = f"{name}: the secret of its {source} webhook can't be read: {error}. Deliveries are refused."
                advice = f"Set it anew, here and in the shop: connex webhook {name} {source}"
                yield Finding(Level.PROBLEM, what, advice)


def _connection(config: Config, connection: Connection) -> Iterator[Finding]:
    name, company = connection.name, connection.company
    if connection.last_seen_at is None:
        advice = f"Run: connex qwc {name} -o {name}.qwc, and open that file on the PC with QuickBooks."
        yield Finding(Level.REMARK, f"{name}: no Web Connector has called yet.", advice)
        return
    silent = datetime.now(timezone.utc) - connection.last_seen_at
    if silent > SILENT_FOR:
        advice = "Is the PC on, the Web Connector running, and its Auto-Run ticked?"
        yield Finding(Level.REMARK, f"{name}: the Web Connector has not called for {silent.days} days.", advice)
    if company.stopped is not None:
        yield Finding(Level.PROBLEM, f"{name}: nothing is entered.", company.stopped["message"])
    if company.accounts is None:
        yield Finding(Level.REMARK, f"{name}: the chart of accounts is not known yet.", "Let the Web Connector run.")
        return
    if latch_of(company).is_refused:
        yield Finding(Level.REMARK, f"{name}: postings have no guard against double entries.", words_of_latch(company))
    settings = settings_of(connection)
    yield from _accounts(name, settings.refund_account, company_facts(company, settings, config.time_zone))


def _accounts(name: str, refund_account: str, facts: CompanyFacts) -> Iterator[Finding]:
    if facts.receivables is None:
        yield Finding(
            Level.PROBLEM, f"{name}: the company file has no accounts receivable account.", "Make one in QuickBooks."
        )
    if not refund_account:
        if facts.undeposited_funds is None:
            yield Finding(
                Level.REMARK,
                f"{name}: the company file has no Undeposited Funds account.",
                "Refunds of orders without a deposit account wait for review; choose a refund deposit account.",
            )
        else:
            yield Finding(Level.FINE, f"{name}: {len(facts.accounts)} accounts known.")
        return
    account: Account | None = facts.account_named(refund_account)
    if account is None:
        advice = f"Correct it with: connex connection set {name} refund_account=..."
        yield Finding(Level.PROBLEM, f"{name}: QuickBooks has no active account {refund_account!r}.", advice)
    elif account.account_type not in PAYOUT_ACCOUNT_TYPES:
        yield Finding(
            Level.PROBLEM,
            f"{name}: the refund deposit account {refund_account!r} is of type {account.account_type}.",
            "Choose a bank or asset account.",
        )
    else:
        yield Finding(Level.FINE, f"{name}: refunds are drawn from {account.full_name}.")
