"""`connex simulate`: trying an installation with switches and faults, through the command."""

from __future__ import annotations

import dataclasses
import json
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from qbsim import Behaviour, Company, CompanyBuilder
from qbsim.opening import OpeningFailure
from qbsim.web_connector import Faults
from qbwc_server.cli import cli
from qbwc_server.demo import simulate as simulation
from qbwc_server.demo.simulate import FAULTS_DRAWN, LONGEST_PAUSE_SECONDS, SimulationOptions, simulate
from qbwc_server.demo.switches import SwitchError, read_switches
from tests.qbsim.web_connector.scenes import PASSWORD, Scene, scene
from tests.qbsim.web_connector.test_applications import at
from tests.qbsim.web_connector.test_qwc import qwc

HOST = "<?xml version='1.0' encoding='utf-8'?><?qbxml version='13.0'?><QBXML><QBXMLMsgsRq onError='stopOnError'>"
REQUEST = HOST + "<HostQueryRq requestID='1'/></QBXMLMsgsRq></QBXML>"


@dataclass
class Trial:
    """A folder with a company, and the command."""

    folder: Path

    @property
    def company(self) -> Path:
        return self.folder / "company.json"

    def file(self, name: str, content: bytes) -> str:
        (self.folder / name).write_bytes(content)
        return str(self.folder / name)

    def run(self, *options: str, status: int = 0) -> Any:
        arguments = ("simulate", "--password-stdin", "--company", str(self.company), *options)
        result = CliRunner().invoke(cli, arguments, input=f"{PASSWORD}\n")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == status, (result.stdout, result.stderr)
        return result

    def refused(self, *options: str) -> str:
        """Must be refused in one sentence, with nothing begun."""
        result = self.run(*options, status=1)
        assert result.stdout == ""
        assert result.stderr.startswith("connex: ")
        assert result.stderr.count("\n") == 1
        return str(result.stderr)


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    made = Trial(tmp_path)
    CompanyBuilder("Corner Shop").company.save(made.company)
    return made


@pytest.fixture
def server() -> Iterator[Scene]:
    sign_ins = deque([("ticket-1", ""), ("ticket-2", "none"), ("ticket-3", "none")])
    with scene(authenticate=sign_ins, send_request_xml=REQUEST, receive_response_xml=100) as made:
        yield made


def by_url(server: Scene) -> tuple[str, ...]:
    return ("--url", server.url, "--username", "anna")


# --- switches


def test_a_switch_changes_what_the_simulated_quickbooks_answers(trial: Trial, server: Scene) -> None:
    trial.run(*by_url(server), "--switch", "product_name=QuickBooks Pro 2021", "--switch", "supported_versions=13.0")
    answer = next(call[2] for call in server.conversation.calls if call[0] == "receive_response_xml")
    assert "<ProductName>QuickBooks Pro 2021</ProductName>" in answer
    assert answer.count("<SupportedQBXMLVersion>") == 1


@pytest.mark.parametrize(
    ("switch", "words"),
    [
        ("has_sales_order=false", "there is no switch 'has_sales_order'; the switches are keeps_recovery_records, "),
        ("has_sales_orders", "write it as NAME=VALUE"),
        ("has_sales_orders=no", "one of true, false, not 'no'"),
        ("recovery_records_kept=-1", "whole number from 0 on, or none"),
        ("recovery_records_kept=", "whole number from 0 on, or none"),
        ("product_name=", "1 to 80 printable characters"),
        ("fails_to_open=sulking", "dialog_open"),
        ("supported_versions=13", "1.0"),
    ],
)
def test_a_switch_that_is_wrong_is_refused_with_what_is_allowed(trial: Trial, switch: str, words: str) -> None:
    assert words in trial.refused("--url", "http://localhost:9", "--username", "x", "--switch", switch)


def test_a_switch_is_given_once() -> None:
    with pytest.raises(SwitchError, match="twice"):
        read_switches(["has_sales_orders=false", "has_sales_orders=true"])


def test_every_switch_can_be_given_and_means_what_it_says() -> None:
    defaults = {each.name: getattr(Behaviour(), each.name) for each in dataclasses.fields(Behaviour)}
    for name, default in defaults.items():
        text = ",".join(f"{x}.{y}" for x, y in default) if isinstance(default, tuple) else str(default)
        assert read_switches([f"{name}={text}"]) == Behaviour(), name
        if isinstance(default, bool):
            assert getattr(read_switches([f"{name}={not default}"]), name) is not default
    assert read_switches(["recovery_records_kept=3"]).recovery_records_kept == 3
    assert read_switches(["fails_to_open=dialog_open"]).fails_to_open is OpeningFailure.DIALOG_OPEN


# --- the .qwc file


def test_a_qwc_file_names_the_server_and_the_user(trial: Trial, server: Scene) -> None:
    file = trial.file("shop.qwc", at(server.url, UserName="bertha", AppSupport="http://localhost/x"))
    sentence = trial.refused("--qwc", file)
    assert "QBWC1004" in sentence or "QBWC1003" in sentence  # nothing good answers at that address
    support = server.url.replace("127.0.0.1", "localhost") + "?wsdl"
    file = trial.file("shop.qwc", at(server.url, UserName="bertha", AppSupport=support))
    said = json.loads(trial.run("--qwc", file, "--json").stdout)
    assert said["outcomes"] == ["completed", "nothing_to_do"]
    assert [call[1] for call in server.conversation.calls if call[0] == "authenticate"] == ["bertha", "bertha"]
    kept = Company.load(trial.company).private_data
    assert "90A44FB5" in repr(kept)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"<html/>", "QBWC1039"),
        (qwc(AppURL="http://shop.example.com/qbwc", AppSupport="http://shop.example.com/x"), "QBWC1010"),
        (qwc(AppURL="https://203.0.113.5/qbwc", AppSupport="https://203.0.113.5/x"), "QBWC1001"),
    ],
)
def test_a_qwc_file_that_the_web_connector_refuses_is_refused_with_its_code(
    trial: Trial, content: bytes, words: str
) -> None:
    assert words in trial.refused("--qwc", trial.file("shop.qwc", content))


def test_the_server_is_named_once_and_wholly(trial: Trial) -> None:
    file = trial.file("shop.qwc", qwc())
    assert "leave out --url and --username" in trial.refused("--qwc", file, "--username", "x")
    assert "or --qwc" in trial.refused("--url", "http://localhost:9")
    assert "can't be read" in trial.refused("--qwc", str(trial.folder / "none.qwc"))


# --- the log


def test_the_log_is_appended_in_the_form_of_qwclog_with_documents_and_without_the_password(
    trial: Trial, server: Scene
) -> None:
    log = trial.folder / "QWCLog.txt"
    log.write_text("before\n")
    said = trial.run(*by_url(server), "--log", str(log)).stdout
    written = log.read_text()
    assert written.startswith("before\n2")
    assert " UTC\t: QBWebConnector.SOAPWebService.do_authenticate() : " in written
    assert REQUEST in written
    assert REQUEST not in said
    assert PASSWORD not in written + said


def test_a_log_that_can_not_be_written_is_said_before_anything_is_done(trial: Trial, server: Scene) -> None:
    assert "can't be written" in trial.refused(*by_url(server), "--log", str(trial.company / "x"))
    assert server.conversation.calls == []


# --- faults


@pytest.mark.parametrize("seed", ["soon", "-1", "1.5", "", "9999999999"])
def test_a_seed_is_a_whole_number(trial: Trial, seed: str) -> None:
    assert "whole number such as 7" in trial.refused("--url", "http://localhost:9", "--username", "x", "--faults", seed)


def options(trial: Trial, server: Scene, **more: Any) -> SimulationOptions:
    return SimulationOptions(trial.company, PASSWORD, server.url, "anna", **more)


def test_the_faults_of_a_seed_are_told_and_the_same_again(trial: Trial, server: Scene) -> None:
    said: list[str] = []
    first = simulate(options(trial, server, faults="3"), said.append, lambda _: None)
    assert len([line for line in said if line.startswith("Planned for session ")]) == FAULTS_DRAWN
    server.conversation.answers["authenticate"] = ("ticket", "none")
    again = simulate(options(trial, server, faults="3"), None, lambda _: None)
    assert Faults.from_data(again.as_dict()["faults"]) == first.faults


def test_with_faults_it_goes_on_after_a_bad_session_and_asks_a_busy_server_again(
    trial: Trial, server: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = [
        {"kind": "LOSE_ANSWER", "set_number": 1},
        {"kind": "SLOW_QUICKBOOKS", "set_number": 0, "session_number": 2, "seconds": 300},
        {"kind": "DELIVER_LATE", "set_number": 1, "session_number": 2},
        {"kind": "CRASH_DURING_WORK", "set_number": 1, "session_number": 3, "crash_after": 0},
    ]
    monkeypatch.setattr(simulation, "_faults", lambda _: Faults.from_data(plan))
    server.conversation.answers["authenticate"] = deque(
        [("1", ""), ("2", "busy"), ("3", ""), ("4", "busy"), ("5", ""), ("6", "none")]
    )
    slept: list[float] = []
    done = simulate(options(trial, server, faults="1"), None, slept.append)
    assert done.outcomes == ("error", "error", "completed", "nothing_to_do")
    assert slept == [LONGEST_PAUSE_SECONDS] * 3  # twice busy, once slow
    answers = [call[1:4] for call in server.conversation.calls if call[0] == "receive_response_xml"]
    assert [answer[0] for answer in answers] == ["3", "5"]  # the late answer under its old ticket, then the crash
    assert answers[1][2] == "0x80010105"


def test_without_faults_a_bad_session_is_the_last(trial: Trial, server: Scene) -> None:
    server.conversation.answers["authenticate"] = ("1", "busy")
    result = trial.run(*by_url(server), "--json", status=1)
    assert json.loads(result.stdout)["outcomes"] == ["busy"]
