"""Several applications in one Web Connector: how they are added, and when each is run."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from qbsim import Behaviour, SettableClock
from qbsim.web_connector import Applications, ConnectionFailed, WebConnectorRefusal, Workstation
from qbsim.web_connector.applications import support_status
from tests.qbsim.shop import GUID, Shop, values
from tests.qbsim.web_connector.scenes import NOW, PASSWORD, PATH, Books, scene
from tests.qbsim.web_connector.test_qwc import qwc
from tests.soap.serving import serving

FILE_ID = "{90A44FB5-33D9-4815-AC85-BC87A7E7D1EB}"


class Desk:
    """A PC with a clock that waiting moves."""

    def __init__(self, books: Any = None, **settings: Any) -> None:
        self.clock = SettableClock(NOW)
        self.books = books or Books()
        self.asked: list[str] = []
        self.answers = deque[Any]()
        settings.setdefault("timeout_seconds", 20.0)
        workstation = settings.pop("workstation", None) or Workstation({PATH: self.books}, PATH)
        self.applications = Applications(
            workstation, ask_support=self.support, sleep=self.wait, now=self.clock, **settings
        )

    def support(self, url: str) -> int:
        self.asked.append(url)
        answer = self.answers.popleft() if self.answers else 200
        if isinstance(answer, OSError):
            raise answer
        return int(answer)

    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds=int(seconds))

    def minutes_after(self, run: Callable[[], Any]) -> float:
        start = self.clock()
        run()
        return (self.clock() - start) / timedelta(minutes=1)


def at(url: str, name: str = "Corner Shop", minutes: int | None = 5, **changes: str | None) -> bytes:
    """A .qwc file for the server at a URL; localhost is how the Web Connector wants this machine named."""
    address = url.replace("127.0.0.1", "localhost")
    schedule = f"<Scheduler><RunEveryNMinutes>{minutes}</RunEveryNMinutes></Scheduler>" if minutes else ""
    addresses = {"AppURL": address, "AppSupport": "http://localhost/support"}
    return qwc(schedule, **{"AppName": name, **addresses, **changes})


HERE = "http://localhost:9/qbwc"


def test_an_application_signs_in_with_its_files_user_and_its_own_password() -> None:
    with scene() as server:
        desk = Desk()
        desk.applications.add(at(server.url), PASSWORD)
        (result,) = desk.applications.update_selected(["Corner Shop"])
    assert result.outcome == "completed"
    assert server.conversation.calls[2][:3] == ("authenticate", "anna", PASSWORD)
    assert desk.asked == ["http://localhost/support"]
    assert desk.applications.entry("Corner Shop").last_result == "OK"
    assert any("AppName: Corner Shop" in line for line in result.log_lines)


def test_applications_are_run_one_after_another_in_the_order_of_the_list() -> None:
    with scene(authenticate=("t", "none")) as server:
        desk = Desk()
        for name in ("One", "Two", "Three"):
            desk.applications.add(at(server.url, name, UserName=name.lower()), PASSWORD)
        desk.applications.update_selected(["Three", "One"])
    users = [call[1] for call in server.conversation.calls if call[0] == "authenticate"]
    assert users == ["one", "three"]
    assert server.conversation.names[3] == "close_connection"


@pytest.mark.parametrize(("answer", "code"), [(200, ""), (202, ""), (404, "QBWC1003"), (OSError("gone"), "QBWC1004")])
def test_the_support_page_must_answer_when_an_application_is_added(answer: Any, code: str) -> None:
    desk = Desk()
    desk.answers.append(answer)
    if not code:
        assert desk.applications.add(at(HERE), PASSWORD).application.name == "Corner Shop"
        return
    with pytest.raises(WebConnectorRefusal) as refused:
        desk.applications.add(at(HERE), PASSWORD)
    assert refused.value.code == code
    assert desk.applications.entries == []


@pytest.mark.parametrize("status", ["200 OK", "202 Accepted", "404 Not Found", "500 Oops"])
def test_the_support_page_is_asked_over_http(status: str) -> None:
    def page(environ: Any, start_response: Any) -> list[bytes]:
        start_response(status, [("Content-Type", "text/html")])
        return [environ["REQUEST_METHOD"].encode()]

    with serving(page) as url:
        assert support_status(url) == int(status[:3])
    with pytest.raises(OSError, match="refused"):
        support_status(url)


def test_the_file_id_is_kept_on_the_company_and_told_with_the_first_request(shop: Shop) -> None:
    desk = Desk(shop.quickbooks)
    with scene() as server:
        desk.applications.add(at(server.url, OwnerID=GUID, AppUniqueName="shop"), PASSWORD)
        desk.applications.add(at(server.url, OwnerID=GUID, AppUniqueName="shop"), PASSWORD)
        desk.applications.update_selected(["Corner Shop"])
    kept = shop.query("Company", f"<OwnerID>{GUID}</OwnerID>")[0].findall("DataExtRet")
    assert [values(each, "DataExtName", "DataExtValue") for each in kept] == [["FileID", FILE_ID]]
    assert FILE_ID in server.conversation.calls[3][2]


def test_a_quickbooks_that_keeps_no_private_data_is_synced_all_the_same() -> None:
    desk = Desk(Shop(Behaviour(takes_private_data=False)).quickbooks)
    assert desk.applications.add(at(HERE), PASSWORD)


def test_a_quickbooks_that_can_not_be_reached_is_tried_twice_when_adding() -> None:
    desk = Desk(Books(failures=[ConnectionFailed("0x80040408", "Could not start QuickBooks.")]))
    desk.applications.add(at(HERE), PASSWORD)
    desk.books.failures = [ConnectionFailed("0x80040408", "Could not start QuickBooks.") for _ in range(2)]
    with pytest.raises(WebConnectorRefusal, match="QBWC1023"):
        desk.applications.add(at(HERE, "Other"), PASSWORD)
    assert desk.books.events.count("begin") == desk.books.events.count("end")


def test_the_same_application_is_replaced_by_its_unique_name_or_when_the_user_says_so() -> None:
    applications = Desk().applications
    applications.add(at(HERE, UserName="one"), PASSWORD)
    with pytest.raises(WebConnectorRefusal, match="replace it"):
        applications.add(at(HERE, UserName="two"), PASSWORD)
    applications.add(at(HERE, UserName="three", AppUniqueName="shop"), PASSWORD, replace=True)
    applications.add(at(HERE, "Renamed", UserName="four", AppUniqueName="shop"), PASSWORD)
    assert [entry.application.user_name for entry in applications.entries] == ["four"]


def test_what_a_user_forgets_is_told_by_its_code() -> None:
    applications = Desk().applications
    applications.add(at(HERE, "No password"), "")
    applications.add(at(HERE, "No schedule", minutes=None), PASSWORD)
    for code, run in (
        ("QBWC1016", lambda: applications.update_selected([])),
        ("QBWC1032", lambda: applications.update_selected(["Nobody"])),
        ("QBWC1030", lambda: applications.update_selected(["No password"])),
        ("", lambda: applications.set_auto_run("No schedule", True)),
    ):
        with pytest.raises(WebConnectorRefusal) as refused:
            run()
        assert refused.value.code == code


def test_auto_run_runs_each_by_its_own_schedule_until_it_is_cleared() -> None:
    with scene(authenticate=("t", "none")) as server:
        desk = Desk()
        for name, minutes in (("Five", 5), ("Seven", 7), ("Off", 1)):
            desk.applications.add(at(server.url, name, minutes), PASSWORD)
        desk.applications.set_auto_run("Five", True)
        desk.applications.set_auto_run("Seven", True)
        done = desk.applications.run_until(NOW + timedelta(minutes=15))
        assert [name for name, _ in done] == ["Five", "Seven", "Five", "Seven", "Five"]
        desk.applications.set_auto_run("Five", False)
        desk.applications.set_auto_run("Seven", True, run_every=timedelta(hours=1))
        assert desk.applications.next_due == desk.clock() + timedelta(hours=1)


@pytest.mark.parametrize(
    ("postpone", "minimum", "minutes"),
    [("", "", 5), ("0", "60", 5), ("", "1800", 30), ("7200", "", 120), ("7200", "10800", 120)],
)
def test_the_server_may_postpone_a_run_and_set_a_least_interval(postpone: str, minimum: str, minutes: int) -> None:
    with scene(authenticate=("t", "", postpone, minimum), send_request_xml="one", receive_response_xml=100) as server:
        desk = Desk()
        desk.applications.add(at(server.url), PASSWORD)
        desk.applications.set_auto_run("Corner Shop", True)
        ((_, result),) = desk.applications.run_until(NOW + timedelta(minutes=5))
    assert result.outcome == ("postponed" if postpone not in ("", "0") else "completed")
    due = desk.applications.next_due
    assert due is not None
    assert due - desk.clock() == timedelta(minutes=minutes)


def test_a_pc_that_slept_makes_up_its_runs_by_one() -> None:
    with scene(authenticate=("t", "none")) as server:
        desk = Desk()
        desk.applications.add(at(server.url), PASSWORD)
        desk.applications.set_auto_run("Corner Shop", True)
        desk.clock.advance(days=1)
        assert len(desk.applications.run_due()) == 1
        assert desk.applications.run_due() == []


# --- company files


def workstation(open_path: str | None) -> tuple[Workstation, Books, Books]:
    one, two = Books(), Books()
    return Workstation({PATH: one, "D:\\Two.qbw": two}, open_path), one, two


@pytest.mark.parametrize(
    ("open_path", "wanted", "hresult", "told"),
    [
        (PATH, "", "", PATH),
        (PATH, "c:/books/demo.QBW", "", "c:/books/demo.QBW"),
        (PATH, "D:\\Two.qbw", "0x8004040A", ""),
        (None, "D:\\Two.qbw", "", "D:\\Two.qbw"),
        (None, "", "0x80040416", ""),
        (None, "E:\\None.qbw", "0x80040403", ""),
    ],
)
def test_a_company_file_is_opened_by_its_path_or_as_the_one_that_is_open(
    open_path: str | None, wanted: str, hresult: str, told: str
) -> None:
    pc, one, two = workstation(open_path)
    with scene(authenticate=("ticket-1", wanted)) as server:
        result = server.connector(quickbooks=pc).run_session()
    assert (result.outcome == "completed") is (hresult == "")
    call = server.conversation.calls[3]
    assert (call[3] if call[0] == "send_request_xml" else call[2]) == (told or hresult)
    assert len(one.worked + two.worked) == (2 if told else 0)
    if wanted.startswith("D:") and told:
        assert one.worked == []


def test_applications_of_several_companies_take_their_turns_where_quickbooks_is_closed() -> None:
    pc, one, two = workstation(PATH)
    paths = deque([("a", PATH), ("b", "D:\\Two.qbw")])
    with scene(authenticate=paths, send_request_xml="one", receive_response_xml=100) as server:
        desk = Desk(workstation=pc)
        for name in ("One", "Two"):
            desk.applications.add(at(server.url, name), PASSWORD)
        pc.open_path = None
        results = desk.applications.update_selected(["One", "Two"])
    assert [result.outcome for result in results] == ["completed", "completed"]
    assert (one.worked, two.worked) == (["one"], ["one"])


def test_an_open_file_is_one_of_the_pcs() -> None:
    with pytest.raises(ValueError, match="among the company files"):
        Workstation({}, PATH)


def test_a_dialog_keeps_everything_shut() -> None:
    pc, one, _ = workstation(PATH)
    pc.dialog_open = True
    with scene() as server:
        assert server.connector(quickbooks=pc).run_session().outcome == "no_quickbooks"
    assert server.conversation.calls[3][2] == "0x80040414"
    assert one.events == []


def test_a_run_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    with scene(authenticate=("t", "none")) as server:
        desk = Desk()
        desk.applications.add(at(server.url), PASSWORD)
        desk.applications.set_auto_run("Corner Shop", True)
        monkeypatch.setattr("qbsim.web_connector.applications.MAX_RUNS", 3)
        with pytest.raises(RuntimeError, match="3 runs"):
            desk.applications.run_until(datetime.max.replace(tzinfo=NOW.tzinfo))
