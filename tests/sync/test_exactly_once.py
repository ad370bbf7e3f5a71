"""No refund is entered twice, none is lost, none is stuck: after every fault at every message, and after two.

Each history begins at the same moment, two refunds with a payout and one that is applied to an invoice waiting, and
ends with quiet sessions. What is found in the books is counted by ExternalGUID, by customer, kind and amount, and held
against what the database says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from qbsim import Behaviour, SettableClock
from tests.sync.driver import START, Driver, Exchange, Fault, World, builder, hats, judge, refund

BEHAVIOURS = {
    "likely": Behaviour(),
    "no records": Behaviour(keeps_recovery_records=False),
    "no partial records": Behaviour(keeps_partial_records=False),
    "repeats not recognised": Behaviour(recognises_repeats=False),
    "GUIDs not shown": Behaviour(shows_external_guid=False),
    "company not marked": Behaviour(takes_private_data=False),
    "repeated GUIDs refused": Behaviour(refuses_repeated_external_guid=True, records_credit_only_payments=True),
    "macros refused": Behaviour(
        resolves_macro_in_check=False, resolves_macro_in_card_refund=False, resolves_macro_in_set_credit=False
    ),
    # Postings do not begin with the latch there (test_latch.py): what was lost is repeated, or waits for a person.
    "no latch": Behaviour(may_change_other_names=False),
    "no latch, no partial records": Behaviour(may_change_other_names=False, keeps_partial_records=False),
}
MOST_TELLING = (Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.CRASH_1, Fault.CRASH_3)
POST = 3  # lists, find, follow, post


@pytest.fixture(scope="module")
def worlds() -> Iterator[Callable[[str], World]]:
    """The beginning with each QuickBooks, made when it is first asked for."""
    made: dict[str, World] = {}

    def world(name: str) -> World:
        if name not in made:
            made[name] = beginning(BEHAVIOURS[name])
        return made[name]

    yield world
    for each in made.values():
        each.close()


def beginning(behaviour: Behaviour, *, orders: tuple[str, ...] = ("1002", "1003"), application: bool = True) -> World:
    """A company into which refunds were entered before, and refunds that wait."""
    clock = SettableClock(START - timedelta(days=3))
    made = builder(clock)
    for order in ("1001", *orders):
        made.sales_receipt(made.customer(f"Customer {order}"), hats(2), ref_number=order, deposit_to="PayPal")
    for order in ("1008", "1009"):
        made.invoice(made.customer(f"Customer {order}"), hats(1), ref_number=order)
    clock.set(START)
    world = World(made.company, clock, behaviour=behaviour)
    world.driver.bring_in(refund("r1001", "1001"), refund("r1008", "1008", money="0"))
    world.driver.drain()
    world.driver.bring_in(*[refund(f"r{order}", order) for order in orders])
    if application:
        world.driver.bring_in(refund("r1009", "1009", money="0"))
    world.keep()
    return world


def all_posted(driver: Driver) -> bool:
    return set(driver.statuses().values()) == {"posted"}


@pytest.mark.parametrize("number", range(POST))
def test_a_fault_while_questions_are_asked_costs_nothing(worlds: Callable[[str], World], number: int) -> None:
    for fault in (
        *(Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.ANSWERED_TWICE, Fault.ANSWERED_LATE),
        *(Fault.COM_BEFORE, Fault.NOT_READABLE, Fault.CRASH_0),
    ):
        if number == 0 and fault is Fault.NOT_READABLE:
            continue  # that stops the connection with a message: test_first_contact
        driver = worlds("likely").again()
        driver.run_session({number: fault})
        driver.work_late()
        driver.answer_late()
        driver.drain()
        judge(driver, review=False)
        assert all_posted(driver), (fault, driver.statuses())


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_a_fault_while_refunds_are_entered_doubles_nothing_and_loses_nothing(
    worlds: Callable[[str], World], name: str
) -> None:
    for fault in Fault if name in ("likely", "no latch") else MOST_TELLING:
        driver = worlds(name).again()
        driver.run_session({POST: fault})
        driver.drain()
        judge(driver, review=False)
        assert all_posted(driver), (fault, driver.statuses())


def hang_and_come_late(driver: Driver, moment: str, *, answered: bool) -> None:
    """A set that posts hangs in a Web Connector and is worked at a moment of the sessions that follow: while a set of
    that kind is on its way, between two sessions, or at the end of all."""
    driver.run_session({POST: Fault.HANGS})

    def late(exchange: Exchange) -> None:
        if exchange.kind == moment:
            driver.work_late(answered=answered)

    driver.wait()
    if moment == "next session":
        driver.work_late(answered=answered)
    driver.run_session(on_set=late)
    if moment == "second session":
        driver.work_late(answered=answered)
    driver.wait()
    driver.run_session(on_set=late)
    driver.drain()
    if driver.hanging:
        driver.work_late(answered=answered)
        driver.drain()


@pytest.mark.parametrize(
    ("name", "moment", "answered"),
    [
        *[("no latch", moment, True) for moment in ("next session", "scan", "repeat", "second session", "end")],
        *[("no latch", moment, False) for moment in ("next session", "scan", "repeat", "second session", "end")],
        *[("likely", moment, False) for moment in ("next session", "scan", "shut_out", "second session", "end")],
        *[("repeats not recognised", moment, False) for moment in ("next session", "scan", "end")],
        ("no latch, no partial records", "repeat", False),
        ("no latch, no partial records", "end", False),
        ("no partial records", "end", False),
        ("no records", "scan", True),
        ("no records", "end", False),
        ("GUIDs not shown", "end", False),
        ("company not marked", "end", True),
        ("repeated GUIDs refused", "post", True),
    ],
)
def test_a_set_that_is_worked_late_is_not_entered_twice(
    worlds: Callable[[str], World], name: str, moment: str, answered: bool
) -> None:
    driver = worlds(name).again()
    hang_and_come_late(driver, moment, answered=answered)
    judge(driver)


def test_a_repeat_is_sent_in_the_second_quiet_session_and_at_most_three_times(
    worlds: Callable[[str], World],
) -> None:
    driver = worlds("no latch").again()
    driver.run_session({POST: Fault.LOST_BEFORE})
    kinds = []
    for _ in range(9):
        driver.wait()
        kinds.append(driver.run_session({4: Fault.LOST_BEFORE}).kinds)

    asked = ["lists", "scan", "recover"]
    assert kinds[:5] == [asked, [*asked, "proof", "repeat"], asked, [*asked, "proof", "repeat"], asked]
    driver.drain()
    judge(driver, review=True)
    assert "3 times" in driver.row("r1002").reason["message"]


def test_nothing_is_repeated_where_there_may_be_a_second_web_connector(worlds: Callable[[str], World]) -> None:
    for several in ("setting", "address"):
        driver = worlds("no latch").again()
        if several == "setting":
            driver.set(web_connectors="several")
        driver.run_session({POST: Fault.HANGS})
        for _ in range(3):
            driver.wait()
            driver.run_session(address="10.0.0.2" if several == "address" else "10.0.0.1")
        assert driver.statuses()["r1002"] == "review: in_doubt"
        assert "close every other one" in driver.row("r1002").reason["message"]
        driver.work_late()
        judge(driver, review=False)
        assert all_posted(driver)


@pytest.mark.parametrize("several", ["setting", "address"])
def test_with_the_latch_several_web_connectors_need_no_person(worlds: Callable[[str], World], several: str) -> None:
    driver = worlds("likely").again()
    if several == "setting":
        driver.set(web_connectors="several")
    driver.run_session({POST: Fault.HANGS})
    driver.wait()
    driver.run_session(address="10.0.0.2" if several == "address" else "10.0.0.1")
    driver.work_late()
    driver.drain()
    judge(driver, review=False)
    assert all_posted(driver)


def test_nothing_is_repeated_where_quickbooks_keeps_so_few_records_that_it_would_forget_the_repeat() -> None:
    world = beginning(Behaviour(may_change_other_names=False, recovery_records_kept=1))
    driver = world.again()
    driver.run_session({POST: Fault.HANGS})
    driver.drain()
    assert driver.statuses()["r1002"] == "review: in_doubt"
    driver.bring_in(refund("r5", "1001"))
    driver.drain()
    driver.work_late()
    judge(driver, review=False)
    world.close()


def test_review_frees_the_connection_for_other_refunds(worlds: Callable[[str], World]) -> None:
    driver = worlds("no latch").again()
    driver.set(web_connectors="several")
    driver.run_session({POST: Fault.LOST_BEFORE})
    driver.bring_in(refund("r5", "1001"))

    driver.drain()

    judge(driver, review=True)
    assert driver.statuses()["r5"] == "posted"


def test_what_a_person_changed_meanwhile_is_adopted_or_shown(worlds: Callable[[str], World]) -> None:
    def renumber(driver: Driver) -> None:
        for kind in ("CreditMemo", "ARRefundCreditCard"):
            for transaction in driver.company.transactions(kind):
                driver.company.renumber(transaction, "EDITED")

    def void(driver: Driver) -> None:
        driver.company.void(driver.company.transactions("CreditMemo")[-1])

    for name in ("likely", "no records"):
        driver = worlds(name).again()
        driver.run_session({POST: Fault.LOST_AFTER})
        renumber(driver)
        driver.drain()
        judge(driver, review=False)

    driver = worlds("no records").again()
    driver.run_session({POST: Fault.LOST_AFTER})
    void(driver)
    driver.drain()
    assert "review: changed_in_quickbooks" in driver.statuses().values()


def test_a_message_set_id_that_quickbooks_knows_with_other_bytes_is_never_used_again(
    worlds: Callable[[str], World],
) -> None:
    driver = worlds("likely").again()

    driver.run_session({POST: Fault.LOST_BEFORE})
    driver.wait()
    played = driver.begin()
    while (exchange := driver.next_set(played)).kind != "recover":
        driver.work(exchange)
        driver.answer(exchange)
    answer = driver.work(exchange)
    exchange.answer = replace(answer, response=answer.response.replace('StatusCode="9002"', 'StatusCode="9001"'))
    driver.answer(exchange)
    driver.drain()
    judge(driver, review=True)
    assert "something else" in driver.row("r1002").reason["message"]


def test_a_customer_that_can_not_be_looked_through_does_not_hold_the_session_up_for_ever(
    worlds: Callable[[str], World],
) -> None:
    """As after two customers were merged in QuickBooks: the scan is refused."""
    driver = worlds("no records").again()
    driver.run_session({POST: Fault.LOST_AFTER})
    table = driver.company.lists.customers
    gone = table._by_id.pop(table.find("Customer 1002").list_id)
    kinds = []
    for _ in range(3):
        driver.wait()
        kinds.append(driver.run_session().kinds)
    assert kinds == [["lists", "scan", "recover"]] * 3
    driver.drain(20)
    assert "review: in_doubt" in driver.statuses().values()
    table._by_id[gone.list_id] = gone
    judge(driver, review=True)


def test_records_are_cleared_only_after_another_session_and_not_at_all_after_a_repeat(
    worlds: Callable[[str], World],
) -> None:
    driver = worlds("no latch").again()
    driver.run_session({POST: Fault.LOST_BEFORE})
    driver.wait()
    driver.run_session()
    driver.wait()
    repeated = next(e for e in driver.run_session().exchanges if e.kind == "repeat")
    set_id = repeated.request.partition('newMessageSetID="')[2].partition('"')[0]
    judge(driver, review=False)
    for number in range(3):
        driver.bring_in(refund(f"n{number}", "4711"), refund(f"m{number}", "1001", 0, money="0", shipping="1.00"))
        driver.drain()
    driver.bring_in(refund("r6", "1002"))
    driver.drain()
    assert driver.company.recovery.find(set_id) is not None


# --- two faults

SHARES = 130  # of the histories, one in so many


@dataclass(frozen=True)
class History:
    """What happens after a fault in the posting: a second fault, and what people and the hung set do meanwhile."""

    first: Fault
    session: int  # which of the next sessions the second fault is in
    number: int  # at which of its sets
    second: Fault
    act: str  # what somebody does before that session
    late: str  # when the hung set is worked


def histories() -> list[History]:
    """All of them."""
    found = []
    for first in (Fault.HANGS, Fault.LOST_AFTER, Fault.CRASH_1, Fault.CRASH_2, Fault.ANSWERED_LATE):
        for session, number in [(1, 1), (1, 2), (1, 3), (1, 4), (2, 0), (2, 2), (2, 3), (2, 4)]:
            seconds = [Fault.LOST_BEFORE, Fault.LOST_AFTER]
            if number >= 3:  # the shutting out and the posting; the proof and the repeat; or the rest of a set in part
                seconds += [Fault.HANGS, Fault.CRASH_1, Fault.COM_AFTER]
            for second in seconds:
                for act in ("nothing", "a RefNumber is edited", "the records are gone"):
                    for late in ("never", "before", "after", "end") if first is Fault.HANGS else ("end",):
                        found.append(History(first, session, number, second, act, late))
    return found


def play(driver: Driver, history: History) -> None:
    """Plays a history and the quiet sessions after it."""
    driver.run_session({POST: history.first})
    for session in (1, 2):
        driver.wait()
        if session == history.session:
            _act(driver, history.act)
            if history.late == "before":
                driver.work_late()
        driver.run_session({history.number: history.second} if session == history.session else None)
        if session == history.session and history.late == "after":
            driver.work_late()
    driver.drain(16)
    if history.late != "never":
        driver.work_late(answered=False)
    driver.answer_late()
    driver.drain(16)


def _act(driver: Driver, act: str) -> None:
    if act == "a RefNumber is edited":
        for kind in ("CreditMemo", "ARRefundCreditCard"):
            for transaction in driver.company.transactions(kind):
                driver.company.renumber(transaction, "EDITED")
    elif act == "the records are gone":
        driver.company.recovery.records.clear()


def small(name: str) -> World:
    """The small model: one refund with its payout."""
    return beginning(BEHAVIOURS[name], orders=("1002",), application=False)


@pytest.mark.parametrize("share", range(4))
@pytest.mark.parametrize("name", ["likely", "repeats not recognised", "no latch"])
def test_two_faults_in_a_row_double_nothing_and_lose_nothing(name: str, share: int) -> None:
    """A fixed share of the histories; all of them take minutes for each QuickBooks, and come out as these."""
    world = small(name)
    chosen = histories()[share :: SHARES if name == "no latch" else SHARES + 20]
    assert len(chosen) > 3
    for history in chosen:
        driver = world.again()
        play(driver, history)
        judge(driver)
    world.close()


@pytest.mark.parametrize("late", ["before", "after"])
def test_what_nobody_can_prevent_is_at_least_shown_to_a_person(late: str) -> None:
    """The first copy hangs, QuickBooks crashes in the midst of the repeat and writes no record of what it worked, and
    the first copy is worked after all. The second copy was beyond recall when the crash came."""
    world = small("no latch, no partial records")
    driver = world.again()
    play(driver, History(Fault.HANGS, 2, 4, Fault.CRASH_1, "nothing", "after" if late == "after" else "never"))
    if late == "before":
        judge(driver)
        assert driver.statuses()["r1002"] == "review: in_doubt"  # sent twice, and there only in part
    else:
        assert len(driver.company.transactions("CreditMemo")) > len(driver.before.transactions("CreditMemo")) + 3
        assert driver.statuses()["r1002"] == "review: changed_in_quickbooks"
        assert "2 times" in driver.row("r1002").reason["message"]
    world.close()


@pytest.mark.parametrize("late", ["after", "end"])
@pytest.mark.parametrize("number", [3, 4])
@pytest.mark.parametrize("crash", [Fault.CRASH_0, Fault.CRASH_1, Fault.CRASH_2])
def test_with_the_latch_the_same_is_prevented(late: str, number: int, crash: Fault) -> None:
    """The set that is worked last finds the entry changed."""
    world = small("no partial records")
    driver = world.again()
    play(driver, History(Fault.HANGS, 1, number, crash, "the records are gone", late))
    judge(driver, review=False)
    assert all_posted(driver)
    world.close()
