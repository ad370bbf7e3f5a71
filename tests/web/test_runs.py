"""A session's log, and how the connection is: what went wrong last, and how it is mended."""

from __future__ import annotations

import csv

import pytest
from flask import Flask

from qbwc_server.store.connections import connection_named
from qbwc_server.store.database import Database
from qbwc_server.store.tables import Reconciliation, ReconciliationFinding
from qbwc_server.sync.steps import Kind
from qbwc_server.web.runs import HOW_TO_MEND
from qbwc_server.web.showing import MESSAGE_WORDS
from qbwc_server.web.status_help import STATUS_HELP, status_help
from qbxml import KNOWN_HRESULTS
from tests.shared import PROJECT, shared_path
from tests.web.builders import NOON, add_connection, add_posted_refund, add_session, add_set
from tests.web.conftest import Visitor


@pytest.fixture(autouse=True)
def connection(database: Database) -> None:
    """A connection called main."""
    with database.transaction() as session:
        add_posted_refund(session, add_connection(session))


def test_a_session_shows_what_was_sent_what_was_answered_and_what_it_means(ada: Visitor, database: Database) -> None:
    with database.transaction() as session:
        run = add_session(session, connection_named(session, "main"))
        add_set(
            session,
            run,
            "<QBXML><QBXMLMsgsRq/></QBXML>",
            "<QBXML><QBXMLMsgsRs><SalesReceiptQueryRs requestID='0' statusCode='540' statusSeverity='Warn' "
            "statusMessage='Too many &lt;b&gt;'/></QBXMLMsgsRs></QBXML>",
        )
        add_set(session, run, "<QBXML/>", None).hresult = "0x80040414"
        number = run.id
    page = ada.get(f"/connections/main/sessions/{number}").text
    assert "There were more matches than QuickBooks returns at once." in page
    assert "Too many &lt;b&gt;" in page
    assert "Close the dialog in QuickBooks." in page
    assert f'href="/connections/main/sessions/{number}"' in ada.get("/connections/main/sessions").text


def test_a_long_session_comes_page_by_page(ada: Visitor, database: Database) -> None:
    with database.transaction() as session:
        run = add_session(session, connection_named(session, "main"))
        sets = [add_set(session, run, f"<QBXML n='{number}'/>", None).id for number in range(26)]
        number = run.id
    page = ada.get(f"/connections/main/sessions/{number}").text
    assert f"?before={sets[1]}" in page
    assert f'id="set-{sets[0]}"' not in page
    earlier = ada.get(f"/connections/main/sessions/{number}", {"before": str(sets[1])}).text
    assert f'id="set-{sets[0]}"' in earlier
    assert "Earlier messages" not in earlier


def test_a_session_of_another_connection_is_not_shown(ada: Visitor, database: Database) -> None:
    with database.transaction() as session:
        number = add_session(session, add_connection(session, "second")).id
    assert ada.get(f"/connections/main/sessions/{number}").status_code == 404
    assert ada.get("/connections/main/sessions/99999").status_code == 404


def test_health_says_what_went_wrong_last_and_how_it_is_mended(ada: Visitor, database: Database) -> None:
    assert "All is well" in ada.get("/connections/main/health").text
    with database.transaction() as session:
        run = add_session(session, connection_named(session, "main"), last_error="A dialog is open in QuickBooks.")
        add_set(session, run, "<QBXML/>", None).hresult = "0x80040414"
    page = ada.get("/connections/main/health").text
    assert "The last session ended with an error" in page
    assert "Close the dialog in QuickBooks." in page
    with database.transaction() as session:
        add_session(session, connection_named(session, "main"))
    assert "later ones went well" in ada.get("/connections/main/health").text


def test_health_explains_every_failure_and_status_that_is_known(ada: Visitor) -> None:
    page = ada.get("/connections/main/health").text
    assert [each.code for each in KNOWN_HRESULTS if f"<code>{each.code}</code>" not in page] == []
    assert [code for code in STATUS_HELP if f"<code>{code}</code>" not in page] == []


def test_every_status_code_that_is_no_success_has_a_meaning_and_a_remedy_and_no_other_has() -> None:
    with shared_path("qbxml", "status_codes.csv").open(encoding="utf-8", newline="") as file:
        bounds = [row["statusCode"].partition("-") for row in csv.DictReader(file)]
    known = {code for first, _, last in bounds for code in range(int(first), int(last or first) + 1)} - {0, 1}
    assert len(known) > 150
    assert {code for code in range(10_000) if status_help(code) is not None} == known
    assert [code for code in sorted(known) if not all(words.endswith(".") for words in status_help(code) or ())] == []


def test_every_reason_that_stops_a_company_file_has_its_mending() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (PROJECT / "qbwc_server" / "sync").glob("*.py"))
    calls = source.split("stop_writing(")[1:]
    assert calls
    assert [call[:80] for call in calls if not _is_named(call)] == []


def _is_named(call: str) -> bool:
    """Whether a call, or the definition of the function, uses a code that has its mending."""
    return call.startswith("company: ") or any(
        f'"{code}"' in call[:200] or code.upper() in call[:200]
        for code in (*HOW_TO_MEND, "gone", "foreign", "unreadable")
    )


def test_a_stopped_company_file_is_looked_at_again_on_request(ada: Visitor, database: Database) -> None:
    with database.transaction() as session:
        main = connection_named(session, "main")
        main.company.stopped = {"code": "permission_missing", "message": "May not read."}
    assert "Give the QuickBooks user" in ada.get("/connections/main/health").text
    ada.post("/connections/main/health", {"what": "look"})
    with database.reading() as session:
        assert connection_named(session, "main").company.lists_read_at is None


def test_a_claim_is_taken_over_only_by_who_is_sure(ada: Visitor, database: Database) -> None:
    with database.transaction() as session:
        company = connection_named(session, "main").company
        company.stopped = {"code": "foreign_claim", "message": "Another installation."}
        company.claim, company.claim_holder = "foreign", "office-pc"
    assert ada.post("/connections/main/health", {"what": "take-over"}).status_code == 400
    ada.post("/connections/main/health", {"what": "take-over", "sure": "yes"})
    with database.reading() as session:
        takeover = connection_named(session, "main").company.takeover
        assert takeover is not None
        assert (takeover["holder"], takeover["who"]) == ("office-pc", "Ada")


def test_a_viewer_mends_nothing(web: Flask, database: Database) -> None:
    vera = Visitor(web.test_client())
    vera.sign_in("Vera")
    assert vera.post("/connections/main/health", {"what": "look"}, form_on="/account").status_code == 403


def test_a_comparison_is_asked_for_on_the_page_and_its_findings_lead_to_the_refunds(
    ada: Visitor, database: Database
) -> None:
    at = "/connections/main/reconcile"
    assert "Nothing was compared yet." in ada.get(at).text
    ada.post(at)
    assert "The next comparison was asked for" in ada.get(at).text
    with database.transaction() as session:
        asked = session.query(Reconciliation).one()
        assert asked.asked_by == "Ada"
        asked.state, asked.finished_at, asked.checked = "done", NOON, 2
        finding = ReconciliationFinding(
            reconciliation_id=asked.id,
            refund_id=1,
            kind="gone",
            txn_type="Check",
            txn_id="1A",
            ref_number="",
            message="",
        )
        finding.message = "The check is <gone>."
        session.add(finding)
    page = ada.get(at).text
    assert "1 difference was found." in page
    assert "The check is &lt;gone&gt;." in page
    assert 'href="/refunds/1"' in page


def test_every_kind_of_message_has_words_that_a_bookkeeper_reads() -> None:
    assert {kind.value for kind in Kind} <= set(MESSAGE_WORDS)
