"""An answer that leaves out a request says nothing of it: it may have been worked, and is looked for first."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from qbsim import Answer, Behaviour
from qbwc_server.store.database import Database
from tests.sync.driver import Driver, Exchange, Fault, World, judge, open_shop
from tests.sync.test_exactly_once import POST, beginning
from tests.sync.test_sales import REFUNDS, one_of_each

PROLOG = '<?xml version="1.0" ?>\n'
FOUR = REFUNDS[:4]
MAX_QUIET_SESSIONS = 30
BEHAVIOURS = [
    Behaviour(),
    Behaviour(keeps_recovery_records=False),
    Behaviour(keeps_recovery_records=False, tells_of_records_not_kept=True),
]


def changed(answer: Answer, change: Callable[[etree._Element], None]) -> Answer:
    """The answer with something else in it."""
    root = etree.fromstring(answer.response.encode())
    messages = root.find("QBXMLMsgsRs")
    assert messages is not None
    change(messages)
    return Answer(PROLOG + etree.tostring(root, encoding="unicode"), answer.hresult, answer.message)


def session_with_a_changed_answer(
    driver: Driver, which: Callable[[Exchange], bool], change: Callable[[etree._Element], None]
) -> bool:
    """A session in which the answers to those sets arrive changed; whether there was one."""
    played, found, percent = driver.begin(), False, 0
    if played.code:
        return False
    while 0 <= percent < 100:
        exchange = driver.next_set(played)
        if exchange is None:
            break
        answer = driver.work(exchange)
        if which(exchange):
            exchange.answer, found = changed(answer, change), True
        percent = driver.answer(exchange)
    driver.conversation.close_connection(played.ticket)
    driver.quickbooks.end_session()
    return found


def posts(exchange: Exchange) -> bool:
    return exchange.kind == "post" and "CreditMemoAddRq" in exchange.request


def without(number: int) -> Callable[[etree._Element], None]:
    """Leaves out one response to what is entered, counted from the first."""

    def change(messages: etree._Element) -> None:
        entered = [response for response in messages if response.tag != "OtherNameModRs"]
        left_out = entered[number % len(entered)]
        messages.remove(left_out)

    return change


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
@pytest.mark.parametrize("number", range(2))
def test_a_request_that_the_answer_does_not_mention_is_entered_once(
    memory: Database, number: int, behaviour: Behaviour
) -> None:
    driver = open_shop(memory, one_of_each, behaviour=behaviour)
    driver.bring_in(FOUR[0])

    assert session_with_a_changed_answer(driver, posts, without(number))
    assert driver.open_sets() == ["post"]
    driver.drain()

    judge(driver, review=False)
    assert driver.statuses() == {"r1": "posted"}


def spoil(data: st.DataObject) -> Callable[[etree._Element], None]:
    """Leaves out, doubles or moves elements anywhere in an answer; values stay as they are."""

    def change(messages: etree._Element) -> None:
        for _ in range(data.draw(st.integers(1, 3), label="changes")):
            elements = [element for element in messages.iter() if element is not messages]
            if not elements:
                return
            chosen = elements[data.draw(st.integers(0, len(elements) - 1), label="element")]
            parent = chosen.getparent()
            assert parent is not None
            how = data.draw(st.sampled_from(["leave out", "double", "move"]), label="how")
            if how == "double":
                parent.append(etree.fromstring(etree.tostring(chosen)))
                continue
            parent.remove(chosen)
            if how == "move":
                parent.insert(0, chosen)

    return change


@pytest.fixture(scope="module")
def worlds() -> Iterator[list[World]]:
    """Refunds that wait, in a company file that is known: where QuickBooks recognises repeats, and where not."""
    made = [beginning(Behaviour()), beginning(Behaviour(keeps_recovery_records=False))]
    yield made
    for world in made:
        world.close()


@given(st.data())
@settings(max_examples=60, deadline=None, derandomize=True)
def test_whatever_an_answer_leaves_out_nothing_is_entered_twice(worlds: list[World], data: st.DataObject) -> None:
    driver = worlds[data.draw(st.integers(0, 1), label="world")].again()
    kind = data.draw(st.sampled_from(["lists", "find", "follow", "post", "scan", "shut_out"]), label="set")
    if kind in ("scan", "shut_out"):
        driver.run_session({POST: Fault.HANGS})
        driver.wait()

    session_with_a_changed_answer(driver, lambda exchange: exchange.kind == kind, spoil(data))
    for _ in range(MAX_QUIET_SESSIONS):
        driver.wait(3700)
        if driver.run_session().code == "none":
            break
    driver.work_late()

    assert sum(driver.company.trial_balance().values()) == 0
    entered = [memo.ref_number for memo in driver.company.transactions("CreditMemo")]
    assert len(entered) == len(set(entered)), "a credit memo is there twice"
    for memo in driver.company.transactions("CreditMemo"):
        assert memo.open_credit >= 0
    assert {row.status for row in driver.rows()} <= {"posted", "review", "failed", "skipped"}, driver.statuses()
