"""The .qwc file: what the Web Connector takes, and what it refuses with which of its codes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from qbsim.web_connector import WebConnectorRefusal, read_qwc
from qbwc_server.qwc import sample_qwc
from tests.shared import shared_path

GOOD = {
    "AppName": "Corner Shop",
    "AppID": "",
    "AppURL": "https://shop.example.com/qbwc",
    "AppDescription": "",
    "AppSupport": "https://shop.example.com/support",
    "UserName": "anna",
    "OwnerID": "{57F3B9B1-86F1-4fcc-B1EE-566DE1813D20}",
    "FileID": "{90A44FB5-33D9-4815-AC85-BC87A7E7D1EB}",
    "QBType": "QBFS",
}


def qwc(inside: str = "", **changes: str | None) -> bytes:
    """A file with these elements instead of, or without, the good ones."""
    texts = {**GOOD, **changes}
    elements = "".join(f"<{name}>{text}</{name}>" for name, text in texts.items() if text is not None)
    return f'<?xml version="1.0"?>\n<QBWCXML>{elements}{inside}</QBWCXML>'.encode()


def test_a_file_is_read_whatever_the_order_of_its_elements() -> None:
    turned = qwc(**dict(reversed(GOOD.items())))
    application = read_qwc(turned)
    assert application == read_qwc(qwc())
    assert (application.name, application.user_name) == ("Corner Shop", "anna")
    assert (application.url, application.support_url) == (GOOD["AppURL"], GOOD["AppSupport"])
    assert (application.owner_id, application.file_id) == (GOOD["OwnerID"], GOOD["FileID"])
    assert (application.run_every, application.editions, application.is_read_only) == (None, 0xF, False)


def test_the_file_that_connex_writes_is_taken() -> None:
    application = read_qwc(sample_qwc())
    assert (application.url, application.run_every) == ("http://localhost:8080/qbwc", timedelta(minutes=5))
    assert application.unique_name == application.name == "Connex - connex"


@pytest.mark.parametrize(
    "name",
    [
        "Intuit_HTTPSWebService",
        "Intuit_HTTPWebService",
        "Intuit_TestService",
        "bill-ash_sample",
        "consolibyte_example",
        "flowlink_sample",
        "johnballantyne_app",
    ],
)
def test_published_files_are_taken(name: str) -> None:
    assert read_qwc(shared_path("qbxml", "qwc", f"{name}.qwc").read_bytes()).name


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        *(({name: None}, "QBWC1039", name) for name in GOOD),
        *(({name: " "}, "QBWC1039", "empty") for name in GOOD if name not in ("AppID", "AppDescription")),
        ({"AppURL": "https://203.0.113.5/qbwc"}, "QBWC1001", "IP address"),
        ({"AppURL": "http://127.0.0.1/qbwc"}, "QBWC1001", "IP address"),
        ({"AppURL": "http://[::1]/qbwc"}, "QBWC1001", "IP address"),
        ({"AppURL": "http://127.1/qbwc"}, "QBWC1001", "IP address"),
        ({"AppSupport": "https://203.0.113.5/support"}, "QBWC1002", "IP address"),
        ({"AppSupport": "https://www.example.com/support"}, "QBWC1000", "www.example.com"),
        (
            {"AppURL": "http://shop.example.com/qbwc", "AppSupport": "http://shop.example.com/support"},
            *("QBWC1010", "https is needed"),
        ),
        ({"AppURL": "shop.example.com"}, "QBWC1039", "no address"),
        ({"AppURL": "https://[shop/"}, "QBWC1039", "can't be read"),
        ({"OwnerID": "57F3B9B1-86F1-4fcc-B1EE-566DE1813D20"}, "QBWC1039", "no GUID in braces"),
        ({"QBType": "QuickBooks"}, "QBWC1039", "QBFS, QBPOS"),
        ({"QBType": "QBPOS"}, "", "simulated"),
        ({"Style": "RPC"}, "", "simulated"),
        ({"IsReadOnly": "no"}, "QBWC1039", "true, false"),
        ({"AuthFlags": "0x1F"}, "QBWC1034", "0x1F"),
        ({"AuthFlags": "all"}, "QBWC1034", "all"),
    ],
)
def test_a_file_that_breaks_a_rule_is_refused_with_its_code(
    changes: dict[str, str | None], code: str, words: str
) -> None:
    with pytest.raises(WebConnectorRefusal) as refused:
        read_qwc(qwc(**changes))
    assert refused.value.code == code
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("schedule", "every"),
    [
        ("<RunEveryNMinutes>90</RunEveryNMinutes>", timedelta(minutes=90)),
        ("<RunEveryNSeconds>30</RunEveryNSeconds>", timedelta(seconds=30)),
        (
            "<RunEveryNSeconds>30</RunEveryNSeconds><RunEveryNMinutes>9</RunEveryNMinutes>",
            timedelta(seconds=30),
        ),
        ("<RunEveryNMinutes>0</RunEveryNMinutes>", None),
        ("<RunEveryNMinutes>-1</RunEveryNMinutes>", None),
        ("<RunEveryNMinutes>999999999</RunEveryNMinutes>", None),
    ],
)
def test_the_first_of_two_schedules_counts_and_nonsense_is_refused(schedule: str, every: timedelta | None) -> None:
    content = qwc(f"<Scheduler>{schedule}</Scheduler>")
    if every is not None:
        assert read_qwc(content).run_every == every
        return
    with pytest.raises(WebConnectorRefusal, match="QBWC1039: RunEveryNMinutes"):
        read_qwc(content)


def test_localhost_needs_no_https() -> None:
    assert read_qwc(qwc(AppURL="http://localhost:8080/qbwc", AppSupport="http://localhost:8080/support"))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<QBWCXML>",
        b"<html/>",
        b'<!DOCTYPE a [<!ENTITY b "c">]>' + qwc().partition(b"\n")[2],
        b"<QBWCXML>" + b" " * 2_000_000 + b"</QBWCXML>",
    ],
)
def test_what_is_no_such_file_is_refused(content: bytes) -> None:
    with pytest.raises(WebConnectorRefusal, match="QBWC1039: the file"):
        read_qwc(content)
