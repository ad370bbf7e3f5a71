"""Two threads of the server with calls for the same session: one answer, one posting."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from qbwc_server.store.database import Database
from tests.sync.driver import judge, open_shop, receipts, refund
from tests.sync.test_sessions import up_to


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """What the calls give when they start together."""
    start = threading.Barrier(len(calls))
    results: list[Any] = [None] * len(calls)

    def run(number: int, call: Callable[[], Any]) -> None:
        start.wait()
        results[number] = call()

    threads = [threading.Thread(target=run, args=item) for item in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.parametrize("kind", ["find", "post"])
def test_the_same_answer_from_two_threads_is_taken_once(database: Database, kind: str) -> None:
    driver = open_shop(database, receipts("1001", "1002"))
    driver.bring_in(refund("r1", "1001"), refund("r2", "1002"))
    _, exchange = up_to(driver, kind)
    driver.work(exchange)

    first, second = at_once(lambda: driver.answer(exchange), lambda: driver.answer(exchange))

    assert first == second >= 0
    driver.drain()
    judge(driver, review=False)
    assert driver.statuses() == {"r1": "posted", "r2": "posted"}


def test_two_threads_that_ask_for_the_next_set_get_one_posting(database: Database) -> None:
    driver = open_shop(database, receipts("1001"))
    driver.bring_in(refund("r1", "1001"))
    played, exchange = up_to(driver, "read_claim")
    driver.work(exchange)
    driver.answer(exchange)

    def ask() -> str:
        return driver.conversation.send_request_xml(played.ticket, "", "C:\\a.qbw", "US", 16, 0)

    requests = [request for request in at_once(ask, ask) if request]

    assert len(requests) == 1
    driver.quickbooks.process(requests[0])
    driver.drain()
    judge(driver, review=False)
    assert len(driver.company.transactions("CreditMemo")) == 1


def test_two_sessions_that_begin_at_once_leave_one_open(database: Database) -> None:
    driver = open_shop(database, receipts("1001"))
    driver.bring_in(refund("r1", "1001"))

    tickets = at_once(driver.authenticate, driver.authenticate)

    assert [code for _, code in tickets] == ["", ""]
    answered = [driver.conversation.send_request_xml(ticket, "", "", "US", 16, 0) != "" for ticket, _ in tickets]
    assert sorted(answered) == [False, True]
