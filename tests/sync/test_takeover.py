"""Two installations and one company file: one writes at a time, a person says which, and nothing is entered twice."""

from __future__ import annotations

import pytest

from qbsim import Behaviour
from qbwc_server.store.connections import connection_named
from qbwc_server.store.database import Database
from qbwc_server.store.latch import words_of_latch
from qbwc_server.store.restored import NothingToDecide, holder_of, take_over
from tests.sync.driver import Driver, Exchange, Fault, Played, judge, open_shop, receipts, refund
from tests.sync.test_first_contact import beside, second_database  # noqa: F401  a fixture

FAULTS = (Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.COM_BEFORE, Fault.COM_AFTER, Fault.CRASH_1, Fault.ANSWERED_TWICE)
ORDERS = ("1001", "1002", "1003", "1004")


@pytest.fixture
def two(memory: Database, second_database: Database) -> tuple[Driver, Driver]:  # noqa: F811
    """The first installation has entered a refund; the second one found its mark and stopped."""
    first = open_shop(memory, receipts(*ORDERS))
    first.bring_in(refund("r1", "1001"))
    first.drain()
    second = beside(first, second_database)
    second.before = first.before
    second.bring_in(refund("r1", "1001"), refund("r2", "1002"))
    second.run_session()
    assert second.company_file().stopped["code"] == "foreign_claim"
    return first, second


def take(driver: Driver) -> str:
    with driver.database.transaction() as session:
        return take_over(session, connection_named(session, driver.name), driver.clock(), "Ann")


def mark(driver: Driver) -> str:
    (value,) = driver.company.private_data.company_values
    return value.value


def test_the_mark_tells_whose_it_is_and_since_when(two: tuple[Driver, Driver]) -> None:
    _, second = two
    with second.database.reading() as session:
        holder = holder_of(connection_named(session, second.name))
    assert holder == mark(second)
    assert "box since 2024-05-06 15:" in holder
    assert "connex connection takeover" in second.company_file().stopped["message"]


def test_a_person_lets_the_second_installation_take_over_and_the_first_one_stops(two: tuple[Driver, Driver]) -> None:
    first, second = two
    theirs = take(second)

    played = second.run_session()
    second.drain()

    assert played.kinds[:4] == ["lists", "claim", "proof", "read_claim"]
    assert mark(second) != theirs
    assert second.statuses() == {"r1": "posted", "r2": "posted"}
    judge(second, review=False)
    assert len(second.company.transactions("CreditMemo")) == 2  # r1 was taken over, not entered again
    assert second.company_file().known["recognises_repeats"] == "yes"

    first.bring_in(refund("r3", "1003"))
    first.run_session()
    assert first.company_file().stopped["code"] == "foreign_claim"
    assert first.statuses()["r3"] == "waiting"


def test_the_first_installation_can_take_it_back(two: tuple[Driver, Driver]) -> None:
    first, second = two
    take(second)
    second.drain()
    first.bring_in(refund("r2", "1002"), refund("r3", "1003"))
    first.run_session()

    take(first)
    first.drain()

    assert first.statuses() == {"r1": "posted", "r2": "posted", "r3": "posted"}
    assert len(first.company.transactions("CreditMemo")) == 3
    judge(first, review=False)
    second.bring_in(refund("r4", "1004"))
    second.run_session()
    assert second.statuses()["r4"] == "waiting"


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("step", ["lists", "claim", "proof", "read_claim", "latch", "post"])
def test_a_fault_at_any_step_of_the_taking_over_is_got_over(
    two: tuple[Driver, Driver], step: str, fault: Fault
) -> None:
    _, second = two
    take(second)

    second.run_session({(step, 1): fault})
    second.drain()
    second.wait(3700)
    second.drain()

    judge(second, review=False)
    assert second.statuses() == {"r1": "posted", "r2": "posted"}
    assert len(second.company.transactions("CreditMemo")) == 2
    assert second.company_file().takeover is None


@pytest.mark.parametrize("fault", [Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.CRASH_1, Fault.CRASH_3])
def test_a_posting_of_the_first_one_in_doubt_is_found_by_the_second_and_by_the_first_when_it_comes_back(
    two: tuple[Driver, Driver], fault: Fault
) -> None:
    first, second = two
    first.bring_in(refund("r2", "1002"), refund("r3", "1003"))
    first.run_session({3: fault})
    first.wait()
    take(second)
    second.bring_in(refund("r3", "1003"))
    second.drain()
    judge(second, review=False)
    assert len(second.company.transactions("CreditMemo")) == 3

    first.run_session()
    assert first.company_file().stopped["code"] == "foreign_claim"
    take(first)
    first.drain(20)

    judge(first)
    assert len(first.company.transactions("CreditMemo")) == len(first.company.transactions("ARRefundCreditCard")) == 3


@pytest.mark.parametrize("moment", ["lists", "claim", "read_claim", "latch", "find", "post", "end"])
@pytest.mark.parametrize(
    "behaviour", [Behaviour(), Behaviour(keeps_recovery_records=False, edit_sequences_count_up=False)]
)
def test_what_hangs_in_the_first_ones_web_connector_is_entered_once_whenever_it_comes(
    two: tuple[Driver, Driver], moment: str, behaviour: Behaviour
) -> None:
    first, second = two
    for driver in two:
        driver.quickbooks.behaviour = behaviour
    first.bring_in(refund("r2", "1002"), refund("r3", "1003"))
    first.run_session({("post", 1): Fault.HANGS})
    second.wait()
    take(second)
    second.bring_in(refund("r3", "1003"))

    def late(exchange: Exchange) -> None:
        if exchange.kind == moment:
            first.work_late(answered=False)

    second.run_session(on_set=late)
    second.drain()
    first.work_late(answered=False)
    judge(second, review=False)
    assert set(second.statuses().values()) == {"posted"}
    assert len(second.company.transactions("CreditMemo")) == len(second.company.transactions("ARRefundCreditCard")) == 3

    first.wait()
    first.run_session()
    take(first)
    first.drain(20)
    judge(first)
    assert len(first.company.transactions("CreditMemo")) == 3


@pytest.mark.parametrize("trouble", ["it is locked", "its set begins just then", "somebody deletes it"])
def test_nothing_is_posted_before_no_set_of_the_first_one_can_begin(two: tuple[Driver, Driver], trouble: str) -> None:
    first, second = two
    first.bring_in(refund("r2", "1002"))
    first.run_session({("post", 1): Fault.HANGS})
    second.wait()
    take(second)
    (entry,) = second.company.lists.other_names

    def meddle(exchange: Exchange) -> None:
        if "taken the company file over" not in exchange.request:
            return
        if trouble == "it is locked":
            second.quickbooks.locks.lock(entry.list_id)
        elif trouble == "its set begins just then":
            first.work_late(answered=False)
        elif entry in second.company.lists.other_names:
            second.company.delete_list_element(second.company.lists.other_names, entry, "OtherName")

    played = second.run_session(on_set=meddle)
    if trouble == "it is locked":
        assert "post" not in played.kinds
        assert second.statuses()["r2"] in ("waiting", "posting")
    second.drain()
    first.work_late(answered=False)
    judge(second, review=False)
    assert second.statuses() == {"r1": "posted", "r2": "posted"}
    assert len(second.company.transactions("CreditMemo")) == 2


def test_an_entry_of_that_name_that_is_none_of_ours_is_left_alone(two: tuple[Driver, Driver]) -> None:
    _, second = two
    second.quickbooks.process(
        '<?xml version="1.0"?><?qbxml version="13.0"?><QBXML><QBXMLMsgsRq onError="stopOnError"><OtherNameAddRq>'
        "<OtherNameAdd><Name>Connex Ltd</Name><Notes>Our landlord</Notes></OtherNameAdd></OtherNameAddRq>"
        "</QBXMLMsgsRq></QBXML>"
    )
    theirs = second.company.lists.other_names.find("Connex Ltd")
    take(second)
    second.drain()
    assert theirs.notes == "Our landlord"
    assert second.statuses() == {"r1": "posted", "r2": "posted"}
    assert sum("has taken the company file over" in (e.notes or "") for e in second.company.lists.other_names) == 1


def test_an_entry_of_the_first_one_that_somebody_has_open_delays_the_second_and_doubles_nothing(
    two: tuple[Driver, Driver],
) -> None:
    first, second = two
    first.bring_in(refund("r2", "1002"), refund("r3", "1003"))
    first.run_session({("post", 1): Fault.HANGS})
    second.wait()
    take(second)
    second.bring_in(refund("r3", "1003"))
    (entry,) = second.company.lists.other_names
    second.quickbooks.locks.lock(entry.list_id, requests=3)
    for _ in range(3):
        assert "post" not in second.run_session().kinds
        second.wait()
    second.drain()
    first.work_late(answered=False)
    judge(second, review=False)
    assert set(second.statuses().values()) == {"posted"}
    assert len(second.company.transactions("CreditMemo")) == 3


def test_a_set_that_hangs_is_shut_out_though_somebody_gave_the_entry_of_the_first_one_another_name(
    two: tuple[Driver, Driver],
) -> None:
    first, second = two
    (entry,) = first.company.lists.other_names
    first.company.lists.other_names.move(entry, "Petty cash", None)
    first.company.touch(entry.stamp)
    first.bring_in(refund("r2", "1002"), refund("r3", "1003"))
    first.run_session()  # in which the posting is refused
    first.wait()
    first.run_session({("post", 1): Fault.HANGS})
    assert first.hanging
    second.wait()
    take(second)
    second.bring_in(refund("r3", "1003"))
    second.drain()
    first.work_late(answered=False)
    judge(second, review=False)
    assert set(second.statuses().values()) == {"posted"}


def assert_entered_once_though_it_hangs_while_taken_over_again(first: Driver, second: Driver) -> None:
    """The first one has taken the company file back, and has a refund to enter."""
    first.run_session({("post", 1): Fault.HANGS})
    assert first.hanging
    second.wait()
    second.bring_in(refund("r3", "1003"))
    second.run_session()
    take(second)
    second.drain()
    first.work_late(answered=False)
    judge(second, review=False)
    assert second.statuses()["r3"] == "posted"


def test_what_hangs_of_the_first_one_is_shut_out_as_well_the_second_time_it_is_taken_over(
    two: tuple[Driver, Driver],
) -> None:
    first, second = two
    take(second)
    second.drain()
    first.bring_in(refund("r3", "1003"))
    first.run_session()
    take(first)
    assert_entered_once_though_it_hangs_while_taken_over_again(first, second)


def test_who_may_not_change_the_entry_of_the_first_one_is_told_so(two: tuple[Driver, Driver]) -> None:
    _, second = two
    second.quickbooks.behaviour = Behaviour(may_change_other_names=False)
    take(second)
    played = second.run_session()
    assert played.kinds.count("latch") == 2  # it is asked for, and refused
    assert "Insufficient permission level" in words_of_latch(second.company_file())
    second.drain()
    judge(second, review=False)


def test_who_takes_over_shuts_out_what_hangs_though_the_entry_could_not_be_had_before(
    two: tuple[Driver, Driver],
) -> None:
    first, second = two
    first.quickbooks.behaviour = Behaviour(may_change_other_names=False)
    take(second)
    second.drain()
    assert "Insufficient permission level" in words_of_latch(second.company_file())
    first.bring_in(refund("r3", "1003"))
    first.run_session()
    take(first)
    first.quickbooks.behaviour = Behaviour()
    assert_entered_once_though_it_hangs_while_taken_over_again(first, second)


def test_an_entry_of_our_name_in_capitals_is_ours_after_a_takeover(two: tuple[Driver, Driver]) -> None:
    first, second = two
    (entry,) = first.company.lists.other_names
    first.company.lists.other_names.move(entry, entry.name.upper(), None)
    take(second)
    second.drain()
    first.bring_in(refund("r3", "1003"))
    first.run_session()
    take(first)
    first.drain()
    assert first.statuses()["r3"] == "posted"
    assert "each posting begins with" in words_of_latch(first.company_file())


@pytest.mark.parametrize("before", ["its entry was edited", "an answer was lost"])
def test_a_session_that_is_open_while_the_company_file_is_taken_over_enters_nothing_beside_it(
    two: tuple[Driver, Driver], before: str
) -> None:
    """The first installation has read that the mark is its own, and does not know how its entry stands."""
    first, second = two
    first.bring_in(refund("r2", "1002"))
    if before == "its entry was edited":
        (entry,) = first.company.lists.other_names
        first.company.touch(entry.stamp)
    first.run_session({("post", 1): Fault.LOST_AFTER} if before == "an answer was lost" else {})
    first.wait()
    take(second)
    for driver in two:
        driver.bring_in(refund("r3", "1003"))
    played = first.begin()
    lists = first.next_set(played)
    first.work(lists)
    first.answer(lists)
    taking = second.begin()
    posting = go_on(second, taking, until="post")

    assert go_on(first, played) is None
    assert "post" not in played.kinds
    second.work(posting)
    second.answer(posting)
    go_on(second, taking)
    second.drain()
    judge(second, review=False)
    assert len(second.company.transactions("CreditMemo")) == 3
    first.wait()
    first.run_session()
    assert first.company_file().stopped["code"] == "foreign_claim"


def go_on(driver: Driver, played: Played, *, until: str = "") -> Exchange | None:
    """The session to its end, or to a set of a kind that is not worked yet."""
    while (exchange := driver.next_set(played)) is not None and exchange.kind != until:
        driver.work(exchange)
        if not 0 <= driver.answer(exchange) < 100:
            return None
    return exchange


def test_a_third_installation_that_was_faster_is_not_written_over_unasked(two: tuple[Driver, Driver]) -> None:
    _, second = two
    take(second)
    second.company.private_data.company_values[0].value = "{99999999-0000-0000-0000-000000000000} third"

    second.run_session()

    assert mark(second).endswith("third")
    assert "third" in second.company_file().stopped["message"]
    assert second.company_file().takeover is None


def test_a_mark_that_is_written_over_again_meanwhile_stops_and_a_person_is_asked(two: tuple[Driver, Driver]) -> None:
    _, second = two
    theirs = take(second)
    played = second.begin()
    while (exchange := second.next_set(played)).kind != "read_claim":  # type: ignore[union-attr]
        second.work(exchange)
        second.answer(exchange)
    second.company.private_data.company_values[0].value = theirs
    second.work(exchange)
    second.answer(exchange)

    assert second.company_file().stopped["code"] == "foreign_claim"
    assert mark(second) == theirs
    assert len(second.company.transactions("CreditMemo")) == 1


def test_a_mark_that_is_gone_is_put_back_where_a_person_says_that_it_is_the_right_file(memory: Database) -> None:
    driver = open_shop(memory, receipts(*ORDERS))
    driver.bring_in(refund("r1", "1001"))
    driver.drain()
    driver.company.private_data.company_values.clear()
    driver.bring_in(refund("r2", "1002"))
    driver.run_session()
    assert driver.company_file().stopped["code"] == "claim_gone"

    assert take(driver) == ""
    driver.drain()

    judge(driver, review=False)
    assert driver.statuses()["r2"] == "posted"
    assert mark(driver)


@pytest.mark.parametrize("behaviour", [Behaviour(recognises_repeats=False), Behaviour(keeps_recovery_records=False)])
def test_taking_over_shows_again_whether_repeats_are_recognised(
    memory: Database,
    second_database: Database,  # noqa: F811
    behaviour: Behaviour,
) -> None:
    first = open_shop(memory, receipts(*ORDERS), behaviour=behaviour)
    first.bring_in(refund("r1", "1001"))
    first.drain()
    second = beside(first, second_database)
    second.bring_in(refund("r2", "1002"))
    second.run_session()
    take(second)
    second.drain()
    assert second.statuses() == {"r2": "posted"}
    assert second.company_file().known["recognises_repeats"] == "no"


def test_nothing_is_taken_over_where_nobody_else_holds_the_file(memory: Database) -> None:
    driver = open_shop(memory, receipts("1001"))
    with pytest.raises(NothingToDecide, match="nothing to take over"):
        take(driver)
