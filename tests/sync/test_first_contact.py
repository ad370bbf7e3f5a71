"""The first session with a company file, and what stops us from writing to one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from qbsim import Behaviour, CompanyBuilder, QuickBooks, SettableClock
from qbwc_server.store.database import Database
from tests.sync.driver import Driver, Exchange, Fault, Refusal, builder, judge, open_shop, receipts, refund

CLAIM = "ConnexInstallation"
CLAIM_FAULTS = (
    Fault.LOST_BEFORE,
    Fault.LOST_AFTER,
    Fault.HANGS,
    Fault.ANSWERED_LATE,
    Fault.NOT_READABLE,
    Fault.CRASH_1,
)


@pytest.fixture
def second_database() -> Database:
    """That of another installation."""
    opened = Database("sqlite://")
    opened.migrate()
    return opened


def beside(driver: Driver, database: Database, name: str = "shop") -> Driver:
    """Another installation with the same company file open."""
    other = Driver(database, driver.company, driver.clock, name=name)
    other.quickbooks = driver.quickbooks
    return other


def test_what_the_web_connector_does_not_tell_is_asked_for(memory: Database) -> None:
    driver = open_shop(memory, receipts("1001"))
    driver.bring_in(refund("r1", "1001"))
    played = driver.begin()

    exchange = driver.next_set(played, hcp=False)

    assert {"HostQueryRq", "PreferencesQueryRq", "CompanyQueryRq", "AccountQueryRq"} <= set(exchange.names)
    while exchange is not None:
        driver.work(exchange)
        if driver.answer(exchange) == 100:
            break
        exchange = driver.next_set(played, hcp=False)
    judge(driver, review=False)
    assert driver.company_file().host["product_name"] == "QuickBooks Premier Edition 2023"


def test_an_answer_about_the_host_that_can_not_be_read_is_no_hindrance(memory: Database) -> None:
    driver = open_shop(memory, receipts("1001"))
    driver.bring_in(refund("r1", "1001"))
    played = driver.begin()
    request = driver.conversation.send_request_xml(played.ticket, "<QBXML", "C:\\a.qbw", "US", 16, 0)
    assert "HostQueryRq" in request


@pytest.mark.parametrize("told", ["by the host", "by the version"])
def test_a_quickbooks_that_is_too_old_is_refused_with_what_is_needed(memory: Database, told: str) -> None:
    old = Behaviour(supported_versions=((11, 0), (12, 0)), product_name="QuickBooks Pro 2013")
    driver = open_shop(memory, receipts("1001"), behaviour=old)
    driver.bring_in(refund("r1", "1001"))
    played = driver.begin()
    described = ""
    if told == "by the host":
        described = (
            QuickBooks(driver.company, old)
            .process(
                '<?xml version="1.0"?><?qbxml version="12.0"?><QBXML><QBXMLMsgsRq onError="continueOnError">'
                '<HostQueryRq requestID="0"/></QBXMLMsgsRq></QBXML>'
            )
            .response
        )
    version = (12, 0) if told == "by the version" else (16, 0)

    assert driver.conversation.send_request_xml(played.ticket, described, "C:\\a.qbw", "US", *version) == ""

    error = driver.conversation.get_last_error(played.ticket)
    assert "QuickBooks 2014" in error
    assert driver.statuses()["r1"] == "waiting"


def test_the_claim_is_on_the_company_file_before_the_first_posting(memory: Database) -> None:
    driver = open_shop(memory, receipts("1001"))
    driver.bring_in(refund("r1", "1001"))
    claimed = []

    played = driver.run_session(
        on_set=lambda exchange: claimed.append((exchange.kind, len(driver.company.private_data.company_values)))
    )

    assert dict(claimed)["post"] == 1
    assert played.kinds == ["lists", "find", "follow", "claim", "proof", "read_claim", *["latch"] * 3, "post"]
    assert driver.company_file().claim == "stands"


def test_a_foreign_claim_stops_writing_says_whose_it_is_and_is_looked_at_again(
    memory: Database, second_database: Database
) -> None:
    first = open_shop(memory, receipts("1001", "1002"))
    first.bring_in(refund("r1", "1001"))
    first.drain()
    holder = first.company.private_data.company_values[0].value
    second = beside(first, second_database)
    second.bring_in(refund("r2", "1002"))

    played = second.run_session()

    assert played.kinds == ["lists"]
    assert holder in played.error
    assert second.company_file().stopped["code"] == "foreign_claim"
    assert second.statuses() == {"r2": "waiting"}
    assert second.authenticate()[1] == "none"
    second.clock.advance(seconds=3700)
    first.company.private_data.company_values.clear()
    second.drain()
    assert second.statuses() == {"r2": "posted"}
    judge(second)


def test_two_installations_that_claim_at_the_same_time_do_not_both_write(
    memory: Database, second_database: Database
) -> None:
    first = open_shop(memory, receipts("1001", "1002"))
    second = beside(first, second_database)
    first.bring_in(refund("r1", "1001"))
    second.bring_in(refund("r2", "1002"))

    def the_other_is_faster(exchange: Exchange) -> None:
        if exchange.kind == "claim":
            second.run_session()

    played = first.run_session(on_set=the_other_is_faster)

    assert second.statuses() == {"r2": "posted"}
    assert first.statuses() == {"r1": "posting"}
    assert first.company_file().claim == "foreign"
    assert "Another Connex installation" in played.error
    assert len(first.company.transactions("CreditMemo")) == 1


def test_a_claim_that_is_gone_stops_writing(memory: Database) -> None:
    driver = open_shop(memory, receipts("1001", "1002"))
    driver.bring_in(refund("r1", "1001"))
    driver.drain()
    driver.company.private_data.company_values.clear()
    driver.bring_in(refund("r2", "1002"))

    played = driver.run_session()

    assert "does not carry this connection's mark" in played.error
    assert driver.statuses()["r2"] == "waiting"
    assert driver.company_file().stopped["code"] == "claim_gone"


def test_another_company_file_is_not_written_to(memory: Database) -> None:
    driver = open_shop(memory, receipts("1001", "1002"))
    driver.bring_in(refund("r1", "1001"))
    driver.drain()
    driver.bring_in(refund("r2", "1002"))
    right = driver.quickbooks
    wrong = builder(SettableClock(driver.clock() - timedelta(days=9)))
    receipts("1002")(wrong)
    driver.quickbooks = QuickBooks(wrong.company)

    played = driver.run_session()

    assert "another company file is open" in played.error
    assert not wrong.company.transactions("CreditMemo")
    driver.quickbooks = right
    driver.clock.advance(seconds=3700)
    driver.drain()
    judge(driver, review=False)
    assert driver.statuses()["r2"] == "posted"


def test_a_refused_question_about_the_claim_is_not_taken_for_a_claim_that_is_gone(memory: Database) -> None:
    driver = open_shop(memory, receipts("1001", "1002"))
    driver.bring_in(refund("r1", "1001"))
    driver.drain()
    driver.bring_in(refund("r2", "1002"))
    driver.refusals.append(Refusal("<CompanyQueryRq", 3180, "The internals could not be locked.", times=1))

    played = driver.run_session()

    assert "did not tell whose mark" in played.error
    assert driver.statuses()["r2"] == "waiting"
    driver.clock.advance(seconds=3700)
    driver.drain()
    judge(driver, review=False)


@pytest.mark.parametrize("fault", CLAIM_FAULTS)
@pytest.mark.parametrize(
    "place", [*[(kind, 1) for kind in ("claim", "proof", "read_claim")], *[("latch", which) for which in (1, 2, 3)]]
)
def test_a_fault_while_the_claim_or_the_latch_is_made_is_got_over(
    memory: Database, place: tuple[str, int], fault: Fault
) -> None:
    driver = open_shop(memory, receipts("1001"))
    driver.bring_in(refund("r1", "1001"))

    driver.run_session({place: fault})
    driver.work_late()
    driver.answer_late()
    driver.drain()
    driver.clock.advance(seconds=3700)
    driver.drain()

    judge(driver, review=False)
    assert driver.statuses() == {"r1": "posted"}
    assert [value.name for value in driver.company.private_data.company_values] in ([CLAIM], [])


def test_accounts_that_can_not_be_read_stop_the_session_with_a_reason(memory: Database) -> None:
    driver = open_shop(memory, receipts("1001"))
    driver.bring_in(refund("r1", "1001"))
    driver.refusals.append(Refusal("<AccountQueryRq", 3260, "Insufficient permission.", times=1))

    played = driver.run_session()

    assert "chart of accounts" in played.error
    assert driver.statuses() == {"r1": "waiting"}
    driver.drain()
    judge(driver, review=False)


def test_a_question_about_the_lists_that_quickbooks_can_not_read_stops_with_a_message(memory: Database) -> None:
    driver = open_shop(memory, receipts("1001"))
    driver.bring_in(refund("r1", "1001"))

    played = driver.run_session({0: Fault.NOT_READABLE})

    assert "could not read a request" in played.error
    driver.drain()
    judge(driver, review=False)
    assert driver.statuses() == {"r1": "posted"}


def test_a_permission_that_is_missing_stops_writing_and_is_tried_again_later(memory: Database) -> None:
    def fill(made: CompanyBuilder) -> None:
        receipts("1001")(made)

    driver = open_shop(memory, fill)
    driver.bring_in(refund("r1", "1001"))
    driver.refusals.append(Refusal("<CreditMemoAddRq", 3260, "Insufficient permission level.", times=1))

    played = driver.run_session()

    assert "lacks the right" in played.error
    driver.clock.advance(seconds=3700)
    driver.drain()
    judge(driver, review=False)
    assert driver.statuses() == {"r1": "posted"}
