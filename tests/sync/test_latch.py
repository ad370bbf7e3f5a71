"""Postings begin with an entry in the list of other names: what was lost is entered without a person, and once,
whatever hangs and whenever it comes, and whatever QuickBooks keeps of message sets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from lxml import etree

from qbsim import Answer, Behaviour, SettableClock
from qbwc_server.store.connections import installation
from qbwc_server.store.database import Database
from qbwc_server.store.latch import words_of_latch
from qbwc_server.sync.latch import MAX_SESSIONS_WITHOUT_LATCH
from qbwc_server.sync.settling import MAX_TIMES_SHUT_OUT
from tests.sync.driver import (
    START,
    Driver,
    Exchange,
    Fault,
    Refusal,
    World,
    builder,
    judge,
    open_shop,
    receipts,
    refund,
)
from tests.sync.test_exactly_once import BEHAVIOURS, POST, all_posted, beginning, hang_and_come_late

KINDS_OF_QUICKBOOKS = {
    name: BEHAVIOURS[name]
    for name in ("likely", "no records", "no partial records", "repeats not recognised", "company not marked")
} | {
    "EditSequences of whole seconds": Behaviour(recognises_repeats=False, edit_sequences_count_up=False),
    "GUIDs not shown": Behaviour(keeps_recovery_records=False, shows_external_guid=False),
}
FORGETFUL = Behaviour(keeps_recovery_records=False)
MOMENTS = ("next session", "scan", "recover", "shut_out", "post", "end")


@pytest.fixture(scope="module")
def worlds() -> Iterator[Callable[[str], World]]:
    made: dict[str, World] = {}

    def world(name: str) -> World:
        if name not in made:
            made[name] = beginning(KINDS_OF_QUICKBOOKS[name])
        return made[name]

    yield world
    for each in made.values():
        each.close()


def entries(driver: Driver) -> list[object]:
    return [entry for entry in driver.company.lists.other_names if entry.name.startswith("Connex ")]


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        *[(name, Fault.LOST_BEFORE) for name in KINDS_OF_QUICKBOOKS],
        *[("no records", fault) for fault in (Fault.COM_BEFORE, Fault.CRASH_0, Fault.CRASH_1, Fault.CRASH_2)],
    ],
)
def test_a_posting_that_was_lost_is_entered_once_and_nobody_has_to_look(
    worlds: Callable[[str], World], name: str, fault: Fault
) -> None:
    driver = worlds(name).again()
    driver.run_session({POST: fault})
    driver.drain()
    judge(driver, review=False)
    assert all_posted(driver)


@pytest.mark.parametrize(
    ("name", "moment", "answered"),
    [
        *[("no records", moment, True) for moment in MOMENTS],
        *[("EditSequences of whole seconds", moment, False) for moment in MOMENTS],
        *[("likely", moment, False) for moment in MOMENTS],
        ("no partial records", "end", True),
        ("repeats not recognised", "end", False),
        ("company not marked", "shut_out", True),
        ("GUIDs not shown", "end", True),
    ],
)
def test_a_set_that_hung_enters_nothing_once_it_was_given_up(
    worlds: Callable[[str], World], name: str, moment: str, answered: bool
) -> None:
    driver = worlds(name).again()
    hang_and_come_late(driver, moment, answered=answered)
    judge(driver, review=False)
    assert all_posted(driver)


def test_what_was_lost_is_shut_out_and_entered_in_the_next_session(worlds: Callable[[str], World]) -> None:
    driver = worlds("no records").again()
    driver.run_session({POST: Fault.LOST_BEFORE})
    driver.wait()
    assert driver.run_session().kinds == ["lists", "scan", "recover", "shut_out", "post"]
    assert all_posted(driver)


@pytest.mark.parametrize("fault", [Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.HANGS, Fault.CRASH_1, Fault.COM_AFTER])
def test_shutting_out_may_be_lost_itself(worlds: Callable[[str], World], fault: Fault) -> None:
    driver = worlds("no records").again()
    driver.run_session({POST: Fault.HANGS})
    driver.wait()
    driver.run_session({3: fault})
    driver.drain()
    driver.work_late()
    driver.drain()
    judge(driver, review=False)
    assert all_posted(driver)


def test_the_company_file_gets_one_entry_which_is_not_active_and_says_what_it_is(memory: Database) -> None:
    driver = open_shop(memory, receipts("1001", "1002"), behaviour=FORGETFUL)
    for order in ("1001", "1002"):
        driver.bring_in(refund(f"r{order}", order))
        driver.drain()
    (entry,) = entries(driver)
    assert not entry.is_active
    assert "Please leave this entry as it is" in entry.notes


def test_a_user_who_may_not_change_that_list_has_refunds_entered_all_the_same(memory: Database) -> None:
    driver = open_shop(memory, receipts("1001", "1002"), behaviour=Behaviour(may_change_other_names=False))
    for order in ("1001", "1002"):
        driver.bring_in(refund(f"r{order}", order))
        driver.drain()
    judge(driver, review=False)
    assert all_posted(driver)
    assert not entries(driver)
    asked = [exchange.names for session in driver.sessions for exchange in session.exchanges]
    assert sum("OtherNameAddRq" in names for names in asked) == 1  # it is not asked for again and again


@pytest.mark.parametrize("number", range(6))
@pytest.mark.parametrize("fault", [Fault.LOST_BEFORE, Fault.LOST_AFTER])
def test_the_first_refund_of_all_survives_a_fault_at_each_set(memory: Database, number: int, fault: Fault) -> None:
    """Claim and proof, and then the entry that is asked for, added and proved, and the posting."""
    driver = open_shop(memory, receipts("1001"), behaviour=FORGETFUL)
    driver.bring_in(refund("r1", "1001"))
    driver.run_session({3 + number: fault})
    driver.drain()
    judge(driver, review=False)
    assert driver.statuses() == {"r1": "posted"}
    assert len(entries(driver)) == 1


@pytest.mark.parametrize("act", ["edits it", "deletes it", "writes it in capitals"])
@pytest.mark.parametrize("when", ["before the posting", "while the posting is in doubt"])
def test_somebody_who_touches_the_entry_delays_a_posting_and_no_more(
    worlds: Callable[[str], World], act: str, when: str
) -> None:
    driver = worlds("no records").again()
    (entry,) = entries(driver)

    def touch() -> None:
        if act == "writes it in capitals":
            driver.company.lists.other_names.move(entry, entry.name.upper(), None)
            driver.company.touch(entry.stamp)
        elif act == "edits it":
            entry.notes = "What is this?"
            driver.company.touch(entry.stamp)
        else:
            driver.company.delete_list_element(driver.company.lists.other_names, entry, "OtherName")

    if when == "before the posting":
        touch()
    else:
        driver.run_session({POST: Fault.HANGS})
        touch()
    driver.drain()
    driver.work_late()
    judge(driver, review=False)
    assert all_posted(driver)
    assert [each.name.casefold().startswith("connex ") for each in driver.company.lists.other_names] == [True]


def test_an_entry_that_is_locked_for_a_while_delays_postings_and_no_more(worlds: Callable[[str], World]) -> None:
    driver = worlds("no records").again()
    driver.refusals.append(Refusal("<OtherNameMod", 3176, "A related object is in use.", times=2))
    driver.drain()
    judge(driver, review=False)
    assert all_posted(driver)


def test_a_quickbooks_that_takes_no_such_entry_is_posted_to_all_the_same(memory: Database) -> None:
    driver = open_shop(memory, receipts("1001", "1002"), behaviour=FORGETFUL)
    driver.refusals.append(Refusal("<OtherNameAdd", 3250, "This feature is not enabled or not available."))
    driver.bring_in(refund("r1", "1001"))
    driver.drain()
    assert driver.statuses() == {"r1": "posted"}
    assert not entries(driver)

    driver.bring_in(refund("r2", "1002"))
    driver.run_session({3: Fault.HANGS})
    driver.drain()
    assert driver.statuses()["r2"] == "review: in_doubt"  # a copy of it may still hang
    driver.work_late()
    judge(driver, review=False)


def test_an_entry_that_can_not_be_read_for_long_is_done_without(memory: Database) -> None:
    driver = open_shop(memory, receipts("1001"), behaviour=FORGETFUL)
    driver.refusals.append(Refusal("<OtherNameQuery", 3176, "A related object is in use."))
    driver.bring_in(refund("r1", "1001"))
    driver.drain(MAX_SESSIONS_WITHOUT_LATCH + 4)
    assert driver.statuses() == {"r1": "posted"}
    assert not entries(driver)


def test_it_is_tried_again_a_day_later(memory: Database) -> None:
    driver = open_shop(memory, receipts("1001", "1002"), behaviour=FORGETFUL)
    driver.refusals.append(Refusal("<OtherNameQuery", 3176, "A related object is in use."))
    driver.bring_in(refund("r1", "1001"))
    driver.drain(MAX_SESSIONS_WITHOUT_LATCH + 4)
    driver.refusals.clear()
    driver.wait(86_400)
    driver.bring_in(refund("r2", "1002"))
    driver.drain()
    judge(driver, review=False)
    assert len(entries(driver)) == 1


def test_the_right_to_the_list_that_is_taken_away_delays_nothing(memory: Database) -> None:
    driver = open_shop(memory, receipts("1001", "1002"))
    driver.bring_in(refund("r1", "1001"))
    driver.drain()
    driver.quickbooks.behaviour = Behaviour(may_change_other_names=False)
    driver.bring_in(refund("r2", "1002"))
    driver.run_session()
    judge(driver, review=False)
    assert driver.statuses() == {"r1": "posted", "r2": "posted"}
    assert "Insufficient permission level" in words_of_latch(driver.company_file())


def test_what_a_kept_record_tells_as_left_out_after_the_entry_costs_no_attempt() -> None:
    """The entry stood differently, so that all was left out; the answer was lost, and QuickBooks kept it."""
    world = beginning(Behaviour(), orders=("1002",), application=False)
    driver = world.again()
    (entry,) = entries(driver)

    def touch(exchange: Exchange) -> None:
        if exchange.kind == "post":
            driver.company.touch(entry.stamp)

    driver.run_session({POST: Fault.LOST_AFTER}, on_set=touch)
    driver.wait()
    driver.run_session()
    assert all_posted(driver)
    judge(driver, review=False)
    assert all_posted(driver)
    world.close()


def test_the_right_to_the_list_that_is_given_later_is_made_use_of_a_day_later(memory: Database) -> None:
    driver = open_shop(memory, receipts("1001", "1002", "1003"), behaviour=Behaviour(may_change_other_names=False))
    driver.bring_in(refund("r1", "1001"))
    driver.drain()
    assert "Insufficient permission level" in words_of_latch(driver.company_file())
    assert "needs the right" in words_of_latch(driver.company_file())

    driver.quickbooks.behaviour = Behaviour()
    driver.bring_in(refund("r2", "1002"))
    driver.drain()
    assert not entries(driver)  # it is not asked for at every posting
    driver.wait(86_400)
    driver.bring_in(refund("r3", "1003"))
    driver.drain()
    assert len(entries(driver)) == 1
    assert "Kept out: each posting" in words_of_latch(driver.company_file())
    judge(driver, review=False)


def test_a_set_that_begins_late_and_is_slow_is_waited_for(worlds: Callable[[str], World]) -> None:
    """It begins just before it is shut out, and QuickBooks is still at its first memo in two sessions that follow."""
    driver = worlds("no records").again()
    driver.run_session({POST: Fault.HANGS})
    (late,) = driver.hanging

    def begins(exchange: Exchange) -> None:
        if exchange.kind == "shut_out":
            driver.quickbooks.process(only(late.request, begin=True))

    driver.wait()
    driver.run_session(on_set=begins)
    for _ in range(2):
        driver.wait(5)
        driver.run_session()
    driver.quickbooks.process(only(late.request, begin=False))
    driver.drain()
    judge(driver, review=False)
    assert all_posted(driver)


def only(request: str, *, begin: bool) -> str:
    """Of a set only the change of the entry, or only what follows it, as QuickBooks works it bit by bit."""
    prolog, _, body = request.partition("<QBXML>")
    root = etree.fromstring(f"<QBXML>{body}")
    del root[0].attrib["newMessageSetID"]
    for number, each in enumerate(list(root[0])):
        if (number == 0) is not begin:
            root[0].remove(each)
    return prolog + etree.tostring(root, encoding="unicode")


def test_a_set_that_can_not_be_shut_out_goes_to_a_person(worlds: Callable[[str], World]) -> None:
    driver = worlds("no records").again()
    driver.run_session({POST: Fault.LOST_BEFORE})
    driver.refusals.append(Refusal("Given up", 3176, "A related object is in use."))
    driver.drain(MAX_TIMES_SHUT_OUT + 6)
    assert driver.statuses()["r1002"] == "review: in_doubt"
    assert "did not let it be stopped" in driver.row("r1002").reason["message"]
    judge(driver, review=True)


def test_one_bad_refund_ends_its_set_and_the_others_go_in_with_the_next(worlds: Callable[[str], World]) -> None:
    driver = worlds("no records").again()
    driver.refusals.append(Refusal("1002-", 3180, "There was an error when saving a Credit Memo.", times=1))
    stopped = []

    def stop_there(exchange: Exchange) -> None:
        if exchange.kind == "post":
            stopped.append(exchange.request)

    driver.run_session(on_set=stop_there)
    assert all('onError="stopOnError"' in request for request in stopped)
    driver.drain()
    judge(driver)
    statuses = driver.statuses()
    assert {statuses[name] for name in ("r1003", "r1009")} == {"posted"}


@pytest.mark.parametrize("answers_all", [True, False], ids=["3231", "no word"])
@pytest.mark.parametrize("which", ["1002", "1003", "1009"])
def test_what_quickbooks_left_out_after_a_bad_refund_goes_in_with_the_next_set_of_the_session(
    which: str, answers_all: bool
) -> None:
    world = beginning(Behaviour(answers_what_is_left_out=answers_all))
    driver = world.again()
    customer = driver.company.lists.customers.find(f"Customer {which}")
    driver.quickbooks.locks.lock(customer.list_id)  # somebody has it open
    played = driver.run_session()
    assert not driver.open_sets()
    statuses = driver.statuses()
    assert [name for name, status in statuses.items() if status != "posted"] == [f"r{which}"]
    assert played.kinds.count("post") == (1 if which == "1009" else 2)
    driver.drain()
    judge(driver, review=False)
    assert all_posted(driver)
    world.close()


def test_where_many_refunds_are_bad_the_sets_get_smaller(memory: Database) -> None:
    """Each ends its set, so that a slow QuickBooks would be sent the last of them again and again."""
    orders = [str(2000 + number) for number in range(16)]
    driver = open_shop(memory, receipts("1001", *orders))
    driver.bring_in(refund("r1001", "1001"))
    driver.drain()
    driver.bring_in(*[refund(f"r{order}", order) for order in orders])
    for order in orders:
        customer = driver.company.lists.customers.find(f"Customer {order}")
        driver.quickbooks.locks.lock(customer.list_id, requests=99)
    sent = [exchange for exchange in driver.run_session().exchanges if exchange.kind == "post"]
    assert len(sent) == len(orders)
    assert sum(exchange.names.count("CreditMemoAddRq") for exchange in sent) <= 16 * 5  # and not 16 + 15 + ... + 1

    for order in orders:
        driver.quickbooks.locks.release(driver.company.lists.customers.find(f"Customer {order}").list_id)
    driver.drain(pause=3700)
    judge(driver, review=False)
    assert all_posted(driver)


def test_a_database_that_was_restored_from_before_a_set_was_sent_enters_it_once(
    worlds: Callable[[str], World],
) -> None:
    world = worlds("no records")
    driver = world.again()
    driver.run_session({POST: Fault.HANGS})
    moment = driver.clock()
    restored = world.again()
    restored.clock.set(moment)
    restored.company, restored.quickbooks, restored.hanging = driver.company, driver.quickbooks, driver.hanging
    restored.drain()
    restored.work_late(answered=False)
    judge(restored, review=False)
    assert all_posted(restored)


def test_a_record_of_the_change_of_the_entry_alone_does_not_pass_for_the_payout_that_follows_it() -> None:
    """QuickBooks crashed twice: between memo and payout, and between the entry and the payout that was left."""
    world = beginning(Behaviour(recognises_repeats=False), orders=("1002",), application=False)
    driver = world.again()
    driver.run_session({POST: Fault.CRASH_2})
    for _ in range(4):
        driver.wait()
        driver.run_session({3: Fault.CRASH_1})  # lists, scan, recover, post
    driver.drain()
    judge(driver, review=False)
    assert len(driver.company.transactions("ARRefundCreditCard")) == 2
    world.close()


@pytest.mark.parametrize("days", [3, 4000])
def test_a_workstation_whose_clock_is_days_behind_hides_nothing_of_a_set_that_has_begun(days: int) -> None:
    """What is looked for is narrowed down by the time of the change, and that is the workstation's."""
    world = beginning(FORGETFUL, orders=("1002",), application=False)
    driver = world.again()
    driver.company.clock = lambda: driver.clock() - timedelta(days=days)
    driver.run_session({POST: Fault.LOST_AFTER})
    driver.drain()
    judge(driver, review=False)
    assert all_posted(driver)
    world.close()


def test_a_database_from_before_its_first_posting_looks_again_once_it_has_found_the_entry() -> None:
    """In a company file that takes no mark, which is tried when the sales have been looked for already; there the set
    that the database has forgotten is worked."""
    clock = SettableClock(START - timedelta(days=3))
    made = builder(clock)
    receipts("1001")(made)
    clock.set(START)
    world = World(made.company, clock, behaviour=Behaviour(takes_private_data=False))
    world.driver.bring_in(refund("r1", "1001"))
    with world.database.transaction() as session:
        installation(session, START)  # another connection has needed its GUID before
    world.keep()
    posting = world.again().run_session().kinds.index("post")
    driver = world.again()
    driver.run_session({posting: Fault.HANGS})
    restored = world.again()
    restored.company, restored.quickbooks, restored.hanging = driver.company, driver.quickbooks, driver.hanging

    def late(exchange: Exchange) -> None:
        if exchange.kind == "read_claim":
            restored.work_late(answered=False)

    restored.run_session(on_set=late)
    restored.drain()
    judge(restored, review=False)
    assert all_posted(restored)
    world.close()


def test_a_quickbooks_that_leaves_out_what_follows_the_entry_is_not_asked_for_ever(
    worlds: Callable[[str], World],
) -> None:
    driver = worlds("no records").again()
    driver.refusals.append(Refusal("<CreditMemoAdd", 3231, "The request has not been processed.", times=2))
    assert driver.run_session().kinds == ["lists", "find", "follow", "post"]
    driver.drain()
    judge(driver, review=False)
    assert all_posted(driver)


def test_a_clock_that_is_set_back_to_the_very_second_of_the_last_change_does_not_hide_that_a_set_has_begun(
    worlds: Callable[[str], World],
) -> None:
    """The set begins when it was looked for already, and leaves the EditSequence of whole seconds as it was."""
    driver = worlds("EditSequences of whole seconds").again()
    clock = driver.company.clock
    driver.run_session({POST: Fault.HANGS})
    (entry,) = entries(driver)
    second = entry.stamp.time_modified

    def back(exchange: Exchange) -> None:
        if exchange.kind == "shut_out":
            driver.company.clock = lambda: second
            driver.work_late(answered=False)
            driver.company.clock = clock

    driver.wait()
    driver.run_session(on_set=back)
    driver.drain()
    judge(driver, review=False)
    assert all_posted(driver)


def test_a_look_of_which_an_answer_is_left_out_finds_nothing_to_be_missing(worlds: Callable[[str], World]) -> None:
    driver = worlds("no records").again()
    driver.run_session({POST: Fault.LOST_AFTER})
    work = driver.work

    def without_memos_and_payouts(exchange: Exchange, **options: object) -> Answer:
        answer = work(exchange)
        if exchange.kind == "scan":
            root = etree.fromstring(answer.response.partition("?>")[2].strip())
            for element in [each for each in root[0] if each.get("requestID") in ("memos", "cards")]:
                root[0].remove(element)
            exchange.answer = Answer(etree.tostring(root, encoding="unicode"))
        return exchange.answer or answer

    driver.work = without_memos_and_payouts  # type: ignore[method-assign]
    for _ in range(3):
        driver.wait()
        driver.run_session()
    del driver.work
    driver.drain()
    judge(driver, review=False)
    assert all_posted(driver)
