"""The .qwc file is one that the Web Connector takes, and an address that it would refuse is refused here."""

from __future__ import annotations

import csv
from datetime import datetime, timezone

import pytest
from lxml import etree

from qbwc_server.qwc import (
    DESCRIPTION,
    MAX_DESCRIPTION_CHARACTERS,
    QwcURLError,
    qwc_for,
    sample_qwc,
    server_address,
    write_qwc,
)
from qbwc_server.store.connections import CONNEX_OWNER_ID
from qbwc_server.store.tables import Connection
from tests.shared import PROJECT, shared_path

FILE_ID = "{11111111-2222-3333-4444-555555555555}"


def connection(name: str = "shop", user_name: str = "web") -> Connection:
    return Connection(
        name=name,
        user_name=user_name,
        password_hash="hash",
        owner_id=CONNEX_OWNER_ID,
        file_id=FILE_ID,
        settings={},
        created_at=datetime(2026, 3, 1, tzinfo=timezone.utc),
    )


def fields(qwc: bytes) -> dict[str, str]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    root = etree.fromstring(qwc, parser)
    assert root.tag == "QBWCXML"
    assert len({element.tag for element in root}) == len(root)
    return {element.tag: "".join(element.itertext()).strip() for element in root}


def test_the_file_says_what_the_web_connector_needs() -> None:
    assert fields(qwc_for(connection(), "https://connex.example.com/")) == {
        "AppName": "Connex - shop",
        "AppID": "",
        "AppURL": "https://connex.example.com/qbwc",
        "AppDescription": DESCRIPTION,
        "AppSupport": "https://connex.example.com/support",
        "AppUniqueName": "Connex - shop",
        "UserName": "web",
        "OwnerID": CONNEX_OWNER_ID,
        "FileID": FILE_ID,
        "QBType": "QBFS",
        "Style": "Document",
        "AuthFlags": "0xF",
        "Notify": "false",
        "IsReadOnly": "false",
        "UnattendedModePref": "umpOptional",
        "PersonalDataPref": "pdpNotNeeded",
        "Scheduler": "5",
    }
    assert len(DESCRIPTION) <= MAX_DESCRIPTION_CHARACTERS == 80


def test_two_connections_on_one_pc_have_names_of_their_own() -> None:
    names = {fields(qwc_for(connection(name), "https://a.example"))["AppName"] for name in ("one", "two")}
    assert len(names) == 2


def test_the_password_is_not_in_the_file() -> None:
    assert b"hash" not in qwc_for(connection(), "https://connex.example.com")


def test_any_user_name_comes_through_unharmed() -> None:
    user_name = "Müller & <Söhne> 商店"
    qwc = qwc_for(connection(user_name=user_name), "https://connex.example.com")
    assert qwc.isascii()
    assert fields(qwc)["UserName"] == user_name


def test_the_sample_at_the_projects_root_is_what_is_written_here() -> None:
    assert (PROJECT / "connex.qwc").read_bytes() == sample_qwc()


@pytest.mark.parametrize("sample", ["Intuit_HTTPSWebService.qwc", "Intuit_HTTPWebService.qwc"])
def test_all_elements_of_intuits_samples_are_there(sample: str) -> None:
    assert set(fields(shared_path("qbxml", "qwc", sample).read_bytes())) <= set(fields(sample_qwc()))


def test_every_element_is_a_documented_one_and_none_that_is_required_is_missing() -> None:
    with shared_path("qbxml", "qwc", "qwc_fields.csv").open(newline="") as file:
        documented = {row["element"]: row["required"] for row in csv.DictReader(file)}
    written = set(fields(sample_qwc()))
    assert written <= set(documented)
    assert {element for element, required in documented.items() if required.startswith("yes")} <= written


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://connex.example.com", "https://connex.example.com"),
        ("https://Connex.Example.com:8443/", "https://connex.example.com:8443"),
        ("https://connex.example.com/books/", "https://connex.example.com/books"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://LOCALHOST", "http://localhost"),
        ("https://localhost", "https://localhost"),
        ("https://books", "https://books"),
        ("https://xn--mller-kva.example", "https://xn--mller-kva.example"),
        ("https://4you.example", "https://4you.example"),
    ],
)
def test_an_address_that_the_web_connector_takes_is_taken(url: str, address: str) -> None:
    assert server_address(url) == address


@pytest.mark.parametrize(
    ("url", "advice"),
    [
        ("http://connex.example.com", "use https"),
        ("http://localhost.example.com", "use https"),
        ("https://127.0.0.1", "use localhost"),
        ("http://127.0.0.1:8080", "use localhost"),
        ("https://127.1", "use localhost"),
        ("https://2130706433", "use localhost"),
        ("https://0x7f000001", "use localhost"),
        ("https://192.0.2.7:8080", "else a host name"),
        ("http://[::1]:8080", "use localhost"),
        ("https://connex.example.com?x=1", "leave out the"),
        ("https://connex.example.com/#top", "leave out the"),
        ("https://connex.example.com?", "leave out the"),
        ("https://anna@connex.example.com", "leave out what stands before"),
        ("https://connex.example.com/qbwc", "leave it out"),
        ("https://connex.example.com/support/", "leave it out"),
        ("https://connex.example.com:99999", "such as https://"),
        ("https://connex.example.com:0", "the port that the server listens on"),
        ("https://-connex.example.com", "such as https://"),
        ("https://connex..example.com", "such as https://"),
        ("https://connex.example.com/a<b", "letters, digits"),
        ("https://müller.example", "xn--"),
        ("https://connex.example.com\n", "xn--"),
        ("connex.example.com", "such as https://"),
        ("ftp://connex.example.com", "such as https://"),
        ("https://[connex", "such as https://"),
        ("", "such as https://"),
    ],
)
def test_an_address_that_it_would_refuse_is_refused_with_what_to_do(url: str, advice: str) -> None:
    with pytest.raises(QwcURLError, match=advice):
        write_qwc(name="shop", user_name="web", owner_id=CONNEX_OWNER_ID, file_id=FILE_ID, url=url)


def test_a_password_in_an_address_is_not_repeated_in_the_refusal() -> None:
    with pytest.raises(QwcURLError, match="before the @") as refusal:
        server_address("https://anna:geheim@connex.example.com")
    assert "geheim" not in str(refusal.value)
