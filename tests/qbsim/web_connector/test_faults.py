"""Faults: that a plan says what it means, and that each breaks the session where it says, over real HTTP."""

from __future__ import annotations

import json
import re
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbsim import Line
from qbsim.web_connector import (
    ConnectionFailed,
    Fault,
    FaultKind,
    FaultPlanError,
    Faults,
    Person,
    WebConnector,
)
from tests.qbsim.shop import CREDIT_MEMO, Shop, add, message_set
from tests.qbsim.web_connector.scenes import FULL_SESSION, PASSWORD, PATH, Books, scene


@dataclass
class NotingPerson:
    """A person who notes what they were asked to do."""

    did: list[str] = field(default_factory=list)

    def back_up(self) -> None:
        self.did.append("back up")

    def restore(self) -> None:
        self.did.append("restore")

    def change(self, kind: FaultKind, carrying: str | None) -> str:
        self.did.append(kind.name)
        return "1-2"


PERSONS_DEEDS: dict[FaultKind, list[str]] = {
    FaultKind.USER_DELETES: ["USER_DELETES"],
    FaultKind.USER_VOIDS: ["USER_VOIDS"],
    FaultKind.USER_EDITS: ["USER_EDITS"],
    FaultKind.USER_RENUMBERS: ["USER_RENUMBERS"],
    FaultKind.BACKUP_RESTORED: ["back up", "restore"],
}


# kind, what QuickBooks works, calls after authenticate, outcome
FAULTS: list[tuple[FaultKind, list[str], list[str], str]] = [
    (FaultKind.CUT_BEFORE_WORK, [], FULL_SESSION[3:4], "error"),
    (FaultKind.DELIVER_LATE, [], FULL_SESSION[3:4], "error"),
    (FaultKind.LOSE_ANSWER, ["one"], FULL_SESSION[3:4], "error"),
    (FaultKind.LOSE_REPLY, ["one"], FULL_SESSION[3:5], "error"),
    (FaultKind.KILL_BEFORE_ANSWER, ["one"], FULL_SESSION[3:4], "killed"),
    (FaultKind.KILL_AFTER_ANSWER, ["one"], FULL_SESSION[3:5], "killed"),
    (FaultKind.ANSWER_TWICE, ["one"], [*FULL_SESSION[3:5], "receive_response_xml", "close_connection"], "completed"),
    (FaultKind.COM_FAILURE_AFTER_WORK, ["one", "two"], FULL_SESSION[3:], "completed"),
    (FaultKind.COM_FAILURE_BEFORE_WORK, ["two"], FULL_SESSION[3:], "completed"),
    (FaultKind.CRASH_DURING_WORK, ["1 of one", "two"], FULL_SESSION[3:], "completed"),
    (FaultKind.CUT_IN_REQUEST, [], FULL_SESSION[3:4], "error"),
    (FaultKind.CUT_IN_ANSWER, ["one"], FULL_SESSION[3:4], "error"),
    (FaultKind.SERVER_GONE, ["one"], FULL_SESSION[3:4], "error"),
    (FaultKind.SLOW_QUICKBOOKS, ["one", "two"], FULL_SESSION[3:], "completed"),
    (FaultKind.PC_ASLEEP, ["one", "two"], FULL_SESSION[3:], "completed"),
    (FaultKind.PC_ASLEEP_SESSION_OVER, [], FULL_SESSION[3:4], "error"),
    (FaultKind.USER_DELETES, ["one", "two"], FULL_SESSION[3:], "completed"),
    (FaultKind.USER_VOIDS, ["one", "two"], FULL_SESSION[3:], "completed"),
    (FaultKind.USER_EDITS, ["one", "two"], FULL_SESSION[3:], "completed"),
    (FaultKind.USER_RENUMBERS, ["one", "two"], FULL_SESSION[3:], "completed"),
    (FaultKind.DIALOG_OPEN, [], ["connection_error", "close_connection"], "no_quickbooks"),
    (FaultKind.BACKUP_RESTORED, ["one", "two"], FULL_SESSION[3:], "completed"),
]
MEASURES: dict[FaultKind, dict[str, int]] = {
    FaultKind.CRASH_DURING_WORK: {"crash_after": 1},
    FaultKind.SERVER_GONE: {"calls": 1},
    FaultKind.SLOW_QUICKBOOKS: {"seconds": 90},
    FaultKind.PC_ASLEEP: {"seconds": 8 * 3600},
    FaultKind.PC_ASLEEP_SESSION_OVER: {"seconds": 8 * 3600},
}


@pytest.mark.parametrize(("kind", "worked", "calls", "outcome"), FAULTS, ids=[fault[0].name for fault in FAULTS])
def test_each_fault_breaks_the_session_where_it_says(
    kind: FaultKind, worked: list[str], calls: list[str], outcome: str
) -> None:
    is_restored = kind is FaultKind.BACKUP_RESTORED
    set_number = 0 if kind in (FaultKind.DIALOG_OPEN, FaultKind.BACKUP_RESTORED) else 1
    fault = Fault(kind, set_number, 2 if is_restored else 1, **MEASURES.get(kind, {}))
    person = NotingPerson()
    with scene() as at:
        connector = at.connector(
            faults=Faults((fault,)),
            crash=lambda request, after: at.books.events.append(f"{after} of {request}"),
            person=person,
        )
        if is_restored:
            connector.sessions_run, person.did = 1, ["back up"]
        result = connector.run_session()
    assert person.did == PERSONS_DEEDS.get(kind, [])
    assert at.slept == [seconds for name, seconds in MEASURES.get(kind, {}).items() if name == "seconds"]
    assert at.books.worked == worked
    assert at.conversation.names[3:] == calls
    assert result.outcome == outcome
    assert at.books.events.count("begin") == at.books.events.count("end")


def test_every_kind_of_fault_is_tried_here() -> None:
    assert {fault[0] for fault in FAULTS} == set(FaultKind)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(FaultKind.COM_FAILURE_AFTER_WORK, 1),
        Fault(FaultKind.COM_FAILURE_BEFORE_WORK, 1),
        Fault(FaultKind.CRASH_DURING_WORK, 1, crash_after=0),
    ],
)
def test_a_com_failure_is_answered_with_its_hresult_and_no_response(fault: Fault) -> None:
    with scene() as at:
        at.run(faults=Faults((fault,)), crash=lambda request, after: at.books.events.append(f"{after} of {request}"))
    assert at.conversation.calls[4][2:4] == ("", "0x80010105")


def test_a_fault_comes_at_its_set_of_its_session_only() -> None:
    faults = Faults((Fault(FaultKind.LOSE_ANSWER, set_number=2, session_number=2),))
    with scene(send_request_xml="one", receive_response_xml=deque([50, 100, 50, 50, 100])) as at:
        connector = at.connector(faults=faults)
        results = [connector.run_session() for _ in range(3)]
    assert [(result.outcome, result.round_trips) for result in results] == [
        ("completed", 2),
        ("error", 2),
        ("completed", 2),
    ]


def test_a_set_that_hangs_is_worked_when_released_and_answered_under_its_old_ticket() -> None:
    faults = Faults((Fault(FaultKind.DELIVER_LATE, set_number=1),))
    with scene(authenticate=deque([("ticket-1", ""), ("ticket-2", "")]), send_request_xml=deque(["late", "new"])) as at:
        at.conversation.answers["receive_response_xml"] = deque([100, 7])
        connector = at.connector(faults=faults)
        assert connector.run_session().outcome == "error"
        assert connector.run_session().outcome == "completed"
        assert [late.request for late in connector.late_sets] == ["late"]
        deliveries = connector.release()
        assert at.books.worked == ["new", "late"]
        assert at.books.events[-3:] == ["begin", "late", "end"]
        assert at.conversation.calls[-1] == ("receive_response_xml", "ticket-1", "<QBXML>worked late</QBXML>", "", "")
    assert [(delivery.late_set.ticket, delivery.percent) for delivery in deliveries] == [("ticket-1", 7)]
    assert connector.late_sets == []


def test_a_late_answer_can_be_kept_back_and_may_be_refused() -> None:
    faults = Faults((Fault(FaultKind.DELIVER_LATE, 1), Fault(FaultKind.DELIVER_LATE, 1, 2)))
    with scene(send_request_xml="late", receive_response_xml=LookupError()) as at:
        connector = at.connector(faults=faults)
        connector.run_session()
        assert [delivery.percent for delivery in connector.release(send_answers=False)] == [None]
        assert "receive_response_xml" not in at.conversation.names
        connector.run_session()
        assert [delivery.percent for delivery in connector.release()] == [None]
        assert at.conversation.names[-1] == "receive_response_xml"


def test_late_sets_are_kept_while_quickbooks_can_not_be_opened() -> None:
    with scene() as at:
        connector = at.connector(faults=Faults((Fault(FaultKind.DELIVER_LATE, 1),)))
        connector.run_session()
        at.books.failures = [ConnectionFailed("0x80040408", "no")]
        with pytest.raises(ConnectionFailed):
            connector.release()
        assert len(connector.late_sets) == 1
        assert len(connector.release()) == 1


def test_a_schedule_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(ValueError, match="same set"):
        Faults((Fault(FaultKind.LOSE_ANSWER, 1), Fault(FaultKind.ANSWER_TWICE, 1)))
    with pytest.raises(ValueError, match="counted from 1"):
        Fault(FaultKind.LOSE_ANSWER, 0)
    with pytest.raises(ValueError, match="CRASH_DURING_WORK"):
        Fault(FaultKind.LOSE_ANSWER, 1, crash_after=1)
    with pytest.raises(ValueError, match="CRASH_DURING_WORK"):
        Fault(FaultKind.CRASH_DURING_WORK, 1)
    with pytest.raises(ValueError, match="number from 0"):
        Fault(FaultKind.CRASH_DURING_WORK, 1, crash_after=-1)


def test_a_planned_crash_needs_a_way_to_crash() -> None:
    faults = Faults((Fault(FaultKind.CRASH_DURING_WORK, 1, crash_after=1),))
    with pytest.raises(ValueError, match="crash"):
        WebConnector("http://localhost/qbwc", "anna", PASSWORD, Books(), company_path=PATH, faults=faults)


# --- the line, seen from both ends


def test_a_server_that_is_gone_refuses_so_many_calls_and_is_there_again() -> None:
    """The answer of session 1, then serverVersion, clientVersion and authenticate of session 2."""
    faults = Faults((Fault(FaultKind.SERVER_GONE, 1, calls=4),))
    with scene(send_request_xml="one", receive_response_xml=100) as at:
        connector = at.connector(faults=faults)
        results = [connector.run_session() for _ in range(3)]
    assert [(result.outcome, result.error_code) for result in results] == [
        *(("error", "QBWC1042"), ("error", "QBWC1012"), ("completed", ""))
    ]
    assert "ConnectionRefusedError" in results[0].last_error
    assert at.conversation.names == [*FULL_SESSION[:4], *FULL_SESSION[:5], "close_connection"]


def test_a_server_that_is_gone_before_the_session_is_not_signed_in_to() -> None:
    with scene() as at:
        result = at.run(faults=Faults((Fault(FaultKind.SERVER_GONE, 0, calls=3),)))
    assert (result.outcome, result.error_code) == ("error", "QBWC1012")
    assert at.conversation.calls == []


def test_an_answer_that_is_cut_in_its_body_never_reaches_the_application() -> None:
    with scene(send_request_xml=deque(["one", "two", "three"])) as at:
        result = at.run(faults=Faults((Fault(FaultKind.CUT_IN_ANSWER, 1),)))
        again = at.run()
    assert (result.error_code, "middle of the request" in result.last_error) == ("QBWC1042", True)
    assert again.outcome == "completed"
    received = [call[2] for call in at.conversation.calls if call[0] == "receive_response_xml"]
    assert received == ["<QBXML>worked two</QBXML>", "<QBXML>worked three</QBXML>"]


def test_a_set_that_is_cut_in_its_body_was_given_out_and_never_worked() -> None:
    with scene() as at:
        result = at.run(faults=Faults((Fault(FaultKind.CUT_IN_REQUEST, 1),)))
    assert (result.error_code, "middle of the answer" in result.last_error) == ("QBWC1041", True)
    assert at.conversation.names[-1] == "send_request_xml"
    assert at.books.worked == []


def test_a_slow_quickbooks_takes_its_seconds_for_every_set_of_the_session() -> None:
    with scene() as at:
        at.run(faults=Faults((Fault(FaultKind.SLOW_QUICKBOOKS, 0, seconds=30),)))
    assert at.slept == [30, 30]


def test_after_a_pcs_sleep_the_same_session_goes_on_under_its_ticket() -> None:
    with scene() as at:
        result = at.run(faults=Faults((Fault(FaultKind.PC_ASLEEP, 1, seconds=3600),)))
    assert (result.outcome, at.slept) == ("completed", [3600])
    assert at.conversation.calls[4][:2] == ("receive_response_xml", "ticket-1")
    before, after = set(at.ports[:4]), set(at.ports[4:])
    assert (len(before), len(after), before & after) == (1, 1, set()), "a connection does not outlast a sleep"


def test_an_open_dialog_is_told_by_its_hresult() -> None:
    with scene() as at:
        at.run(faults=Faults((Fault(FaultKind.DIALOG_OPEN, 0),)))
        assert at.run().outcome == "completed"
    assert at.conversation.calls[3][:3] == ("connection_error", "ticket-1", "0x80040414")


def test_the_backup_is_of_before_the_last_session() -> None:
    person = NotingPerson()
    faults = Faults((Fault(FaultKind.BACKUP_RESTORED, 0, 3), Fault(FaultKind.BACKUP_RESTORED, 0, 4)))
    with scene(authenticate=("ticket-1", "none")) as at:
        connector = at.connector(faults=faults, person=person)
        seen = []
        for _ in range(4):
            connector.run_session()
            seen.append(len(person.did))
    assert person.did == ["back up", "restore", "back up", "restore"]
    assert seen == [0, 1, 3, 4]


# --- a person at QuickBooks


def test_a_person_changes_the_transaction_that_carries_the_text(shop: Shop) -> None:
    shop.one(add("CreditMemo", CREDIT_MEMO))
    other = shop.builder.credit_memo(shop.ada, [Line(shop.engraving, quantity=1)], ref_number="2002")
    person = Person(shop.quickbooks)
    memo = shop.company.by_ref_number("CreditMemo", "1001-R1")[0]
    before = memo.stamp.edit_sequence
    shop.clock.advance(seconds=60)
    assert person.change(FaultKind.USER_EDITS, "refund of nothing") == ""
    assert person.change(FaultKind.USER_EDITS, "Refund of 1001") == memo.txn_id
    assert (memo.memo, memo.stamp.edit_sequence != before) == ("Changed by hand", True)
    assert person.change(FaultKind.USER_RENUMBERS, "1001-r1") == memo.txn_id
    assert shop.company.by_ref_number("CreditMemo", "1001-R1") == []
    assert person.change(FaultKind.USER_VOIDS, "BY HAND") == memo.txn_id
    assert (memo.is_voided, sum(shop.company.trial_balance().values())) == (True, 0)
    assert person.change(FaultKind.USER_DELETES, None) == other.txn_id
    assert shop.company.transaction(other.txn_id) is None
    assert shop.query("TxnDeleted", "<TxnDelType>CreditMemo</TxnDelType>")[0].findtext("TxnID") == other.txn_id
    assert person.changed == [memo.txn_id, memo.txn_id, memo.txn_id, other.txn_id]


def test_what_a_deposit_has_taken_is_neither_deleted_nor_voided(shop: Shop) -> None:
    receipt = shop.builder.sales_receipt(shop.ada, [Line(shop.engraving, quantity=1)], ref_number="3003")
    shop.builder.deposit([receipt])
    person, before = Person(shop.quickbooks), shop.company.to_json()
    for kind in (FaultKind.USER_DELETES, FaultKind.USER_VOIDS):
        assert person.change(kind, "3003") == ""
    assert (shop.company.to_json(), person.changed) == (before, [])


ADD_MEMO = message_set(add("CreditMemo", CREDIT_MEMO))
FIND_MEMO = message_set("<CreditMemoQueryRq><RefNumber>1001-R1</RefNumber></CreditMemoQueryRq>")


@pytest.mark.parametrize(
    ("fault", "statuses"),
    [
        (Fault(FaultKind.USER_EDITS, 1, 2, carrying="1001-R1"), ["0", "0"]),
        (Fault(FaultKind.USER_DELETES, 1, 2, carrying="Refund of 1001"), ["0", "1"]),
        (Fault(FaultKind.USER_RENUMBERS, 1, 2, carrying="1001-R1"), ["0", "1"]),
        (Fault(FaultKind.BACKUP_RESTORED, 0, 2), ["0", "1"]),
    ],
)
def test_the_application_finds_what_a_person_or_a_backup_has_left(
    shop: Shop, fault: Fault, statuses: list[str]
) -> None:
    saved: list[int] = []
    with scene(send_request_xml=deque([ADD_MEMO, FIND_MEMO]), receive_response_xml=100) as at:
        connector = at.connector(
            quickbooks=shop.quickbooks,
            faults=Faults((fault,)),
            person=Person(shop.quickbooks),
            after_set=lambda: saved.append(len(shop.quickbooks.company.transactions("CreditMemo"))),
        )
        assert [connector.run_session().outcome for _ in range(2)] == ["completed", "completed"]
    answers = [call[2] for call in at.conversation.calls if call[0] == "receive_response_xml"]
    assert [re.findall(r'statusCode="(\d+)"', answer) for answer in answers] == [[status] for status in statuses]
    assert saved[0] == 1
    assert saved[-1] == (0 if fault.kind in (FaultKind.USER_DELETES, FaultKind.BACKUP_RESTORED) else 1)


def test_a_restored_backup_knows_nothing_of_what_came_after_it(shop: Shop) -> None:
    person = Person(shop.quickbooks)
    with pytest.raises(ValueError, match="back_up"):
        person.restore()
    person.back_up()
    before = shop.company.to_json()
    request = message_set(add("CreditMemo", CREDIT_MEMO), newMessageSetID="set-1")
    assert "statusCode" in shop.quickbooks.process(request).response
    person.restore()
    assert shop.quickbooks.company.to_json() == before
    check = message_set("", newMessageSetID="set-1", oldMessageSetID="set-1")
    assert 'messageSetStatusCode="9002"' in shop.quickbooks.process(check).response


def test_a_person_crashes_quickbooks_after_so_many_requests(shop: Shop) -> None:
    Person(shop.quickbooks).crash(message_set(add("CreditMemo", CREDIT_MEMO) * 2), 1)
    assert len(shop.company.by_ref_number("CreditMemo", "1001-R1")) == 1


# --- plans


@given(seed=st.integers(), count=st.integers(0, 40))
def test_a_drawn_plan_is_the_same_for_the_same_seed_and_survives_as_data(seed: int, count: int) -> None:
    plan = Faults.drawn(seed, count)
    assert len(plan.planned) == count
    assert Faults.drawn(seed, count) == plan
    assert Faults.from_data(json.loads(json.dumps(plan.to_data()))) == plan
    assert plan.last_session <= 10


def test_every_kind_is_drawn_some_day_and_only_those_wanted() -> None:
    drawn = {fault.kind for seed in range(30) for fault in Faults.drawn(seed, 20).planned}
    assert drawn == set(FaultKind)
    wanted = (FaultKind.DIALOG_OPEN,)
    assert {fault.kind for fault in Faults.drawn(1, 5, kinds=wanted).planned} == set(wanted)
    with pytest.raises(FaultPlanError, match="11 faults don't fit into 10 places"):
        Faults.drawn(1, 11, kinds=wanted)
    with pytest.raises(FaultPlanError, match="0 to 1000"):
        Faults.drawn(1, -1)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("LOSE_ANSWER", "a plan is a list"),
        ([{"kind": "LOSE_ANSWER"}], "fault 1: an object with kind and set_number"),
        ([{"kind": "LOSE_ANSWER", "set_number": 1}, {"kind": "LOSE_ANSER", "set_number": 1}], "fault 2: 'LOSE_ANSER'"),
        ([{"kind": "LOSE_ANSWER", "set_number": "1"}], "set_number is '1', which is no int"),
        ([{"kind": "LOSE_ANSWER", "set_number": True}], "set_number is True"),
        ([{"kind": "LOSE_ANSWER", "set_number": 1, "when": 2}], "'when' is not one of kind, set_number"),
        ([{"kind": "LOSE_ANSWER", "set_number": 0}], "LOSE_ANSWER is 1 or more"),
        ([{"kind": "DIALOG_OPEN", "set_number": 1}], "DIALOG_OPEN is 0, the whole session"),
        ([{"kind": "BACKUP_RESTORED", "set_number": 0}], "session 1 has no session before it"),
        ([{"kind": "SERVER_GONE", "set_number": 1, "calls": 0}], "number from 1 to 1000"),
        ([{"kind": "SERVER_GONE", "set_number": 1, "seconds": 5, "calls": 1}], "seconds belongs to SLOW_QUICKBOOKS"),
        ([{"kind": "LOSE_ANSWER", "set_number": 1, "carrying": "1001"}], "carrying is a text"),
    ],
)
def test_a_plan_that_can_not_be_meant_says_which_fault_and_why(data: Any, words: str) -> None:
    with pytest.raises(FaultPlanError) as refused:
        Faults.from_data(data)
    assert words in str(refused.value)


def test_planned_deeds_of_a_person_need_a_person() -> None:
    faults = Faults((Fault(FaultKind.USER_VOIDS, 1),))
    with pytest.raises(ValueError, match="person"):
        WebConnector("http://localhost/qbwc", "anna", PASSWORD, Books(), company_path=PATH, faults=faults)
