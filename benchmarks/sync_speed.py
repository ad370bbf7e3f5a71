"""How fast refunds go through the whole conversation, without the wire: `python benchmarks/sync_speed.py [REFUNDS]`.

Prints the seconds that the server and the simulated QuickBooks take, and the round trips for each hundred refunds.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

from qbsim import QuickBooks
from qbwc_server.access.attempts import Attempts
from qbwc_server.access.passwords import Passwords
from qbwc_server.access.sign_in import SignIn
from qbwc_server.demo.world import make_world
from qbwc_server.sources import read_orders
from qbwc_server.store.connections import add_connection, connection_named
from qbwc_server.store.database import open_database, sqlite_url
from qbwc_server.store.refunds import take_in
from qbwc_server.sync.conversation import SyncConversation

REFUNDS = 1000


def main(refunds: int) -> None:
    """Enters so many refunds and tells the time of each side."""
    now = datetime.now(timezone.utc)
    world = make_world(refunds=refunds, seed=1, now=now)
    quickbooks = QuickBooks(world.company)
    quickbooks.begin_session()
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(sqlite_url(Path(folder) / "connex.sqlite3"))
        passwords = Passwords(b"benchmark" * 4)
        conversation = SyncConversation(
            database,
            SignIn(database, passwords, Attempts()),
            in_flight=timedelta(minutes=2),
            server_zone="UTC",
            host_name="benchmark",
            version="0",
        )
        orders = json.dumps({"orders": world.orders}).encode()
        with database.transaction() as session:
            add_connection(session, "shop", "shop", passwords.hash("x"), {}, now, "benchmark")
            started = time.perf_counter()
            reading = read_orders(orders, format="shopify", shop="", time_zone=timezone.utc)
            take_in(session, connection_named(session, "shop"), reading.refunds, now)
        print(f"reading and storing {refunds} refunds: {time.perf_counter() - started:.1f} s")
        ticket, _ = conversation.authenticate("shop", "x", "127.0.0.1")
        server = simulator = 0.0
        round_trips = percent = 0
        while percent < 100:
            started = time.perf_counter()
            request = conversation.send_request_xml(ticket, "", "C:\\Books\\Shop.qbw", "US", 16, 0)
            server += time.perf_counter() - started
            started = time.perf_counter()
            answer = quickbooks.process(request)
            simulator += time.perf_counter() - started
            started = time.perf_counter()
            percent = conversation.receive_response_xml(ticket, answer.response, answer.hresult, answer.message)
            server += time.perf_counter() - started
            round_trips += 1
        started = time.perf_counter()
        polls = 200
        for _ in range(polls):
            conversation.authenticate("shop", "x", "127.0.0.1")
        idle = (time.perf_counter() - started) / polls
        database.close()
    print(f"server: {server:.1f} s, {1000 * server / refunds:.1f} ms a refund; simulated QuickBooks: {simulator:.1f} s")
    print(f"round trips: {round_trips}, {100 * round_trips / refunds:.1f} for each hundred refunds")
    print(f"an idle poll: {1000 * idle:.1f} ms")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else REFUNDS)
