"""The reconcile, from being asked for to its report: it only reads, it goes on where it broke off, it tells all."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from qbsim import Behaviour
from qbwc_server.store import reconciliations
from qbwc_server.store.connections import connection_named
from qbwc_server.store.database import Database
from qbwc_server.sync import reconcile
from tests.sync.driver import START, Driver, Fault, Refusal, copied, judge, open_shop, receipts, refund
from tests.sync.test_restored import story
from tests.sync.test_sales import REFUNDS, one_of_each

ORDERS = ("1001", "1002", "1003", "1004")


@pytest.fixture(params=[Behaviour(), Behaviour(shows_external_guid=False)], ids=["likely", "GUIDs not shown"])
def entered(memory: Database, request: pytest.FixtureRequest) -> Driver:
    driver = open_shop(memory, receipts(*ORDERS), behaviour=request.param)
    driver.bring_in(*[refund(f"r{order}", order) for order in ORDERS])
    driver.drain()
    return driver


def ask(driver: Driver) -> None:
    with driver.database.transaction() as session:
        reconciliations.ask(session, connection_named(session, driver.name), driver.clock(), "Ann")


def report(driver: Driver) -> dict[str, Any]:
    with driver.database.reading() as session:
        found = reconciliations.newest_report(session, connection_named(session, driver.name))
        assert found is not None
        return reconciliations.report_as_dict(found) | {"csv": reconciliations.findings_as_csv(found.findings)}


def reconciled(driver: Driver) -> list[tuple[str, str | None]]:
    ask(driver)
    driver.run_session()
    made = report(driver)
    assert made["state"] == "done"
    return sorted((finding["kind"], finding["order_number"]) for finding in made["findings"])


def test_books_as_they_were_entered_give_no_finding_and_are_not_touched(memory: Database) -> None:
    driver = open_shop(memory, one_of_each)
    driver.bring_in(*REFUNDS)
    driver.drain()
    before = copied(driver.company)

    assert reconciled(driver) == []

    assert driver.company == before
    assert set(driver.sessions[-1].kinds) == {"lists", "reconcile"}
    assert report(driver)["checked"] == sum(
        bool(d.txn_id) and d.role != "closing" for r in driver.rows() for d in r.documents
    )
    assert driver.authenticate()[1] == "none"


def test_whatever_people_changed_is_told_and_written_into_the_refunds_story(entered: Driver) -> None:
    company = entered.company
    memos, cards = company.transactions("CreditMemo"), company.transactions("ARRefundCreditCard")
    memos[0].txn_date = START.date().replace(day=1)
    company.delete(cards[1])  # its memo is open again
    company.void(memos[2])
    company.delete(cards[3])
    company.delete(memos[3])

    found = reconciled(entered)

    assert ("changed_date", "1001") in found
    assert {("deleted", "1002"), ("link_released", "1002")} <= set(found)
    assert ("voided", "1003") in found
    assert found.count(("deleted", "1004")) == 2
    assert "Reconciled: The credit memo" in story(entered, "r1001")
    assert entered.statuses() == {
        "r1001": "posted",
        "r1002": "review: deleted_in_quickbooks",
        "r1003": "review: voided_in_quickbooks",
        "r1004": "review: deleted_in_quickbooks",
    }


def test_a_copy_that_somebody_entered_is_told_as_there_twice(entered: Driver) -> None:
    company = entered.company
    ours = company.transactions("CreditMemo")[0]
    copy = type(ours)(**{**vars(ours), "stamp": company.list_stamp(), "links": [], "stock": [], "entries": []})
    company._index.add(copy)

    assert reconciled(entered) == [("there_twice", "1001")]
    assert "more than once" in story(entered, "r1001")


def test_what_another_database_entered_is_told_as_not_known(memory: Database) -> None:
    driver = open_shop(memory, receipts(*ORDERS))
    driver.bring_in(refund("r1001", "1001"))
    driver.drain()
    other = Database("sqlite://")
    other.migrate()
    stranger = Driver(other, driver.company, driver.clock)
    driver.company.private_data.company_values[0].value = "{00000000-0000-0000-0000-000000000000} gone"
    driver.company.private_data.company_values.clear()
    stranger.bring_in(refund("r1002", "1002"))
    stranger.drain()
    driver.company.private_data.company_values.clear()
    driver.company.private_data.definitions.clear()
    with driver.database.transaction() as session:
        connection_named(session, "shop").company.claim = "unknown"

    assert reconciled(driver) == [("unknown_posting", None), ("unknown_posting", None)]
    other.close()


def test_it_comes_by_itself_once_a_day_and_asks_only_for_what_changed_since(entered: Driver) -> None:
    entered.wait(90_000)
    assert entered.run_session().kinds[0] == "lists"
    assert report(entered)["asked_by"] == "daily"
    first = report(entered)["id"]
    assert entered.authenticate()[1] == "none"
    entered.wait(90_000)
    entered.run_session()
    assert report(entered)["id"] > first
    assert report(entered)["looked_through"] <= 8


@pytest.mark.parametrize("fault", [Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.COM_BEFORE, Fault.ANSWERED_TWICE])
@pytest.mark.parametrize("number", [1, 2])
def test_it_goes_on_where_it_broke_off(entered: Driver, number: int, fault: Fault) -> None:
    entered.company.void(entered.company.transactions("CreditMemo")[0])
    ask(entered)
    entered.run_session({number: fault})
    entered.run_session()
    assert [f["kind"] for f in report(entered)["findings"]].count("voided") == 1
    assert report(entered)["state"] == "done"


def test_many_postings_are_asked_for_in_batches_and_crowded_days_in_shorter_stretches(
    entered: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconcile, "BATCH", 3)
    monkeypatch.setattr(reconcile, "MAX_CHANGED", 3)
    monkeypatch.setattr("qbwc_server.sync.questions.MAX_CHANGED", 3)

    found = reconciled(entered)

    assert report(entered)["checked"] == 8
    assert entered.sessions[-1].kinds.count("reconcile") > 4
    assert {kind for kind, _ in found} <= {"not_all_seen"}


def test_a_question_that_quickbooks_refuses_ends_it_with_the_reason(entered: Driver) -> None:
    entered.refusals.append(Refusal("<ModifiedDateRangeFilter", 3260, "Insufficient permission."))
    ask(entered)
    entered.run_session()
    assert report(entered)["state"] == "failed"
    assert "refused the question" in report(entered)["message"]
    assert entered.authenticate()[1] == "none"


def test_a_question_that_is_never_answered_is_not_asked_for_ever(entered: Driver) -> None:
    ask(entered)
    for _ in range(reconcile.MAX_TRIES + 2):
        entered.run_session({1: Fault.LOST_BEFORE})
        entered.wait()
    assert report(entered)["state"] == "failed"
    assert entered.authenticate()[1] == "none"


def test_refunds_that_wait_go_before_it(entered: Driver) -> None:
    entered.bring_in(refund("r5", "1001"))
    ask(entered)
    kinds = entered.run_session().kinds
    assert kinds.index("post") < kinds.index("reconcile")
    judge(entered, review=False)


def test_the_table_of_findings_holds_no_formula(entered: Driver) -> None:
    entered.company.void(entered.company.transactions("CreditMemo")[0])
    reconciled(entered)
    with entered.database.transaction() as session:
        found = reconciliations.newest_report(session, connection_named(session, "shop"))
        assert found is not None
        found.findings[0].message = "=HYPERLINK(1)"
    rows = list(csv.reader(io.StringIO(report(entered)["csv"])))
    assert rows[0] == list(reconciliations.CSV_COLUMNS)
    assert rows[1][-1] == "'=HYPERLINK(1)"


def test_only_the_newest_reports_are_kept(entered: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconciliations, "KEPT", 1)
    entered.company.void(entered.company.transactions("CreditMemo")[0])
    reconciled(entered)
    first = report(entered)["id"]
    entered.wait()
    reconciled(entered)
    assert report(entered)["id"] > first
    with entered.database.reading() as session:
        assert session.get(reconciliations.Reconciliation, first) is None
