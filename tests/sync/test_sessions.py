"""What each operation answers in each situation, in order and out of it."""

from __future__ import annotations

import pytest

from qbsim import Behaviour
from qbwc_server.store.database import Database
from tests.sync.driver import IN_FLIGHT, PASSWORD, Driver, Exchange, Fault, Played, judge, open_shop, receipts, refund

NO_TICKET = "This session is over. The next run of the Web Connector starts a new one."


def ready(database: Database, *orders: str, behaviour: Behaviour | None = None) -> Driver:
    """A shop that has entered a refund before, with one refund for each of these orders waiting."""
    driver = open_shop(database, receipts("1000", *orders), behaviour=behaviour)
    driver.bring_in(refund("r0", "1000"))
    driver.drain()
    driver.bring_in(*[refund(f"r{order}", order) for order in orders])
    return driver


def up_to(driver: Driver, kind: str, *, address: str = "10.0.0.1") -> tuple[Played, Exchange]:
    """A session played until its first set of a kind has been sent."""
    played = driver.begin(address)
    while True:
        exchange = driver.next_set(played)
        assert exchange is not None, played.error
        if exchange.kind == kind:
            return played, exchange
        driver.work(exchange)
        assert driver.answer(exchange) < 100


def finish(driver: Driver, played: Played) -> int:
    """Plays a session to its end; the last figure."""
    while True:
        exchange = driver.next_set(played)
        assert exchange is not None, played.error
        driver.work(exchange)
        percent = driver.answer(exchange)
        if not 0 <= percent < 100:
            return percent


def test_an_unknown_user_and_a_wrong_password_are_both_refused(memory: Database) -> None:
    driver = ready(memory, "1001")
    wrong = [
        driver.conversation.authenticate("shop", "wrong", "10.0.0.1"),
        driver.conversation.authenticate("nobody", PASSWORD, "10.0.0.1"),
    ]
    assert [code for _, code in wrong] == ["nvu", "nvu"]
    assert driver.conversation.send_request_xml(wrong[0][0], "", "", "US", 16, 0) == ""


def test_a_new_connection_reads_its_accounts_before_the_first_refund(memory: Database) -> None:
    driver = open_shop(memory, receipts("1001"))

    played = driver.run_session()

    assert played.kinds == ["lists"]
    assert {account["full_name"] for account in driver.company_file().accounts} >= {"Checking", "PayPal"}
    assert driver.authenticate()[1] == "none"


def test_nothing_to_do_is_answered_with_none_and_a_refund_later_with_work(memory: Database) -> None:
    driver = ready(memory)
    assert driver.authenticate()[1] == "none"
    driver.bring_in(refund("r9", "1000"))
    assert driver.authenticate()[1] == ""


def test_a_set_that_writes_makes_the_connection_busy_until_it_can_no_longer_be_on_its_way(memory: Database) -> None:
    driver = ready(memory, "1001")
    _, exchange = up_to(driver, "post")

    assert driver.authenticate()[1] == "busy"
    driver.wait(int(IN_FLIGHT.total_seconds()) - 1)
    assert driver.authenticate()[1] == "busy"
    driver.work(exchange)
    driver.answer(exchange)  # busy has not ended the session
    assert driver.authenticate()[1] == "none"
    judge(driver, review=False)


def test_a_question_on_its_way_makes_nobody_wait(memory: Database) -> None:
    driver = ready(memory, "1001")
    up_to(driver, "find")
    assert driver.authenticate()[1] == ""


def test_a_newer_session_ends_the_older_whose_late_answer_still_counts(memory: Database) -> None:
    driver = ready(memory, "1001")
    old, exchange = up_to(driver, "post")
    driver.work(exchange)
    driver.wait()
    new = driver.begin()
    assert driver.next_set(new).kind == "lists"

    assert driver.answer(exchange) < 0
    assert driver.next_set(old) is None
    assert "newer session" in old.error
    assert driver.statuses()["r1001"] == "posted"
    driver.drain()
    judge(driver, review=False)


def test_the_late_answer_to_a_set_that_was_given_to_a_person_is_taken(memory: Database) -> None:
    driver = ready(memory, "1001", behaviour=Behaviour(may_change_other_names=False))
    driver.set(web_connectors="several")
    driver.run_session({3: Fault.HANGS})
    driver.drain()
    assert driver.statuses()["r1001"] == "review: in_doubt"

    driver.work_late()

    judge(driver, review=False)
    assert driver.statuses()["r1001"] == "posted"


def test_a_late_answer_to_a_question_is_not_taken_for_another(memory: Database) -> None:
    driver = ready(memory, "1001")
    _, exchange = up_to(driver, "find")
    driver.work(exchange)
    driver.run_session()

    assert driver.answer(exchange) < 0
    judge(driver, review=False)
    assert driver.statuses()["r1001"] == "posted"


def test_an_unknown_ticket_is_told_that_its_session_is_over(memory: Database) -> None:
    driver = ready(memory, "1001")
    for ticket in ("", "nonsense", "\udcff", "x" * 5000):
        assert driver.conversation.send_request_xml(ticket, "", "", "US", 16, 0) == ""
        assert driver.conversation.receive_response_xml(ticket, "<QBXML/>", "", "") < 0
        assert driver.conversation.get_last_error(ticket) == NO_TICKET
        assert driver.conversation.connection_error(ticket, "0x80040408", "no") == "done"
        assert driver.conversation.close_connection(ticket) == "OK"


def test_asking_twice_for_a_question_sends_it_again_and_for_a_posting_ends_the_session(memory: Database) -> None:
    driver = ready(memory, "1001")
    played, first = up_to(driver, "find")
    again = driver.next_set(played)
    assert again.request == first.request
    driver.work(again)
    driver.answer(again)
    while (exchange := driver.next_set(played)).kind != "post":
        driver.work(exchange)
        driver.answer(exchange)

    assert driver.next_set(played) is None
    assert "did not arrive" in played.error
    driver.drain()
    judge(driver, review=False)
    assert driver.statuses()["r1001"] == "posted"


@pytest.mark.parametrize("kind", ["find", "follow", "post"])
def test_the_same_answer_twice_changes_nothing(database: Database, kind: str) -> None:
    driver = ready(database, "1001", "1002")
    played, exchange = up_to(driver, kind)
    driver.work(exchange)
    first = driver.answer(exchange)
    before = driver.statuses()

    assert driver.answer(exchange) == first
    assert driver.statuses() == before
    if first < 100:
        assert finish(driver, played) == 100
    judge(driver, review=False)


def test_an_answer_over_another_connections_ticket_is_not_taken(memory: Database) -> None:
    driver = ready(memory, "1001")
    other = open_other(driver)
    _, exchange = up_to(driver, "post")
    driver.work(exchange)
    theirs = other.begin()

    refused = other.conversation.receive_response_xml(theirs.ticket, exchange.answer.response, "", "")

    assert refused < 0
    assert "was not asked for" in other.conversation.get_last_error(theirs.ticket)
    assert driver.statuses()["r1001"] == "posting"
    driver.answer(exchange)
    judge(driver, review=False)


def open_other(driver: Driver) -> Driver:
    """A second connection of the same server, with a company of its own."""
    from tests.sync.driver import builder

    return Driver(driver.database, builder(driver.clock).company, driver.clock, name="other")


def test_an_answer_before_any_question_ends_the_session(memory: Database) -> None:
    driver = ready(memory, "1001")
    played = driver.begin()

    assert driver.conversation.receive_response_xml(played.ticket, "<QBXML><QBXMLMsgsRs/></QBXML>", "", "") < 0
    assert "was not asked for" in driver.conversation.get_last_error(played.ticket)
    driver.drain()
    judge(driver, review=False)


def test_closing_with_a_posting_unanswered_leaves_it_in_doubt_and_it_is_settled(memory: Database) -> None:
    driver = ready(memory, "1001")
    played, exchange = up_to(driver, "post")
    driver.work(exchange)
    assert driver.conversation.close_connection(played.ticket) == "OK"

    driver.drain()

    judge(driver, review=False)
    assert [notice["code"] for notice in driver.row("r1001").notices] == ["posted_after_doubt"]


@pytest.mark.parametrize(
    ("hresult", "said"),
    [
        ("0x80040414", "A dialog is open in QuickBooks. Close the dialog in QuickBooks."),
        ("0x80040401", "QuickBooks could not be reached. Start QuickBooks and open the company file."),
        ("0x80004005", "whose meaning is not known"),
        ("", "(none)"),
    ],
)
def test_a_connection_error_ends_the_session_and_says_what_to_do(memory: Database, hresult: str, said: str) -> None:
    driver = ready(memory, "1001")
    played = driver.begin()

    assert driver.conversation.connection_error(played.ticket, hresult, "Windows says so.") == "done"

    error = driver.conversation.get_last_error(played.ticket)
    assert said in error
    assert "Windows says so." in error
    assert driver.conversation.send_request_xml(played.ticket, "", "", "US", 16, 0) == ""
    assert said in driver.conversation.close_connection(played.ticket)


def test_a_failure_of_the_com_connection_says_what_to_do_and_the_next_run_goes_on(memory: Database) -> None:
    driver = ready(memory, "1001")

    played = driver.run_session({1: Fault.COM_BEFORE})

    assert "Restart QuickBooks and try again." in played.error
    driver.drain()
    judge(driver, review=False)
    assert driver.statuses()["r1001"] == "posted"


@pytest.mark.parametrize("response", ["", "<QBXML>", "<!DOCTYPE a><QBXML/>"])
@pytest.mark.parametrize("kind", ["lists", "find", "post"])
def test_an_answer_that_can_not_be_read_ends_the_session_and_nothing_is_lost(
    memory: Database, kind: str, response: str
) -> None:
    driver = ready(memory, "1001")
    played, exchange = up_to(driver, kind)
    driver.work(exchange)

    assert driver.conversation.receive_response_xml(played.ticket, response, "", "") < 0
    assert "could not be read" in driver.conversation.get_last_error(played.ticket)
    driver.drain()

    judge(driver, review=False)
    assert driver.statuses()["r1001"] == "posted"


def test_the_percentage_is_progress_and_100_comes_only_at_the_end(memory: Database) -> None:
    orders = [str(number) for number in range(2001, 2061)]
    driver = open_shop(memory, receipts(*orders))
    driver.bring_in(*[refund(f"r{order}", order) for order in orders])

    played = driver.run_session()

    figures = [exchange.percent for exchange in played.exchanges]
    assert figures == sorted(figures)
    assert figures[-1] == 100
    assert 100 not in figures[:-1]
    assert any(20 < figure < 80 for figure in figures)
    assert set(driver.statuses().values()) == {"posted"}


def test_a_session_that_was_silent_for_long_is_over(memory: Database) -> None:
    driver = ready(memory, "1001")
    played, exchange = up_to(driver, "find")
    driver.work(exchange)
    driver.answer(exchange)
    driver.wait(2 * 3600)

    assert driver.next_set(played) is None
    assert played.error == NO_TICKET
    driver.drain()
    judge(driver, review=False)


def test_work_that_comes_during_a_session_is_done_in_it(memory: Database) -> None:
    driver = ready(memory, "1001", "1002")
    driver.bring_in(refund("r3", "1000"))

    def more(exchange: Exchange) -> None:
        if exchange.kind == "post":
            driver.bring_in(refund("r4", "1001"))

    played = driver.run_session(on_set=more)

    assert played.exchanges[-1].percent == 100
    judge(driver, review=False)
    assert set(driver.statuses().values()) == {"posted"}


def test_a_refund_that_the_shop_changes_while_it_is_asked_about_is_taken_up_anew(memory: Database) -> None:
    driver = ready(memory, "1001", "1002")
    for kind in ("find", "follow"):
        played, exchange = up_to(driver, kind)
        driver.bring_in(refund("r1001", "1002" if kind == "find" else "1001", shipping=None))
        driver.work(exchange)
        assert driver.answer(exchange) >= 0
        assert driver.statuses()["r1001"] == "waiting"
        driver.conversation.close_connection(played.ticket)

    driver.drain()
    judge(driver, review=False)
    assert driver.row("r1001").sale_ref_number == "1001"


def test_the_operations_for_interactive_mode_are_answered_and_versions_told(memory: Database) -> None:
    conversation = open_shop(memory, receipts()).conversation
    assert conversation.server_version() == "Connex 0.0"
    assert conversation.client_version("2.3.0.20", "192.0.2.1") == ""
    assert conversation.get_interactive_url("t", "s") == ""
    assert conversation.interactive_done("t") == "Done"
    assert conversation.interactive_rejected("t", "no") == "Done"
