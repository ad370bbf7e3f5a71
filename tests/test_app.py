"""The whole server as one application: what goes where, and whom it believes about the caller."""

from __future__ import annotations

import contextlib
import http.client
import re
import shutil
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select
from werkzeug.test import Client, TestResponse

from qbwc_server.access.passwords import Passwords
from qbwc_server.app import Server, make_application, make_server, version
from qbwc_server.config import Config
from qbwc_server.store.database import Database, open_database
from qbwc_server.store.tables import Session
from tests.web import builders

PASSWORD = "a password"
AUTHENTICATE = (
    '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
    '<authenticate xmlns="http://developer.intuit.com/"><strUserName>connex-1</strUserName>'
    f"<strPassword>{PASSWORD}</strPassword></authenticate></soap:Body></soap:Envelope>"
)
FORWARDED = {
    "X-Forwarded-For": "198.51.100.1, 192.0.2.77",  # the first is what the caller claims, the last what the proxy saw
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "refunds.example.com",
}


@pytest.fixture
def config(tmp_path: Path, migrated_sqlite_file: Path) -> Config:
    shutil.copyfile(migrated_sqlite_file, tmp_path / "connex.sqlite3")
    return Config.from_environment({"CONNEX_DATA_DIR": str(tmp_path), "TZ": "UTC"})


@pytest.fixture
def database(config: Config) -> Iterator[Database]:
    opened = open_database(config.database_url)
    hashed = Passwords(config.secret_key).hash(PASSWORD)
    with opened.transaction() as session:
        builders.add_connection(session, "shop", password_hash=hashed, accounts=None)
        builders.add_person(session, "Ada", password_hash=hashed)
    yield opened
    opened.close()


@contextmanager
def listening(config: Config, database: Database, *, behind_proxy: bool, host: str = "127.0.0.1") -> Iterator[Server]:
    application = make_application(config, database, behind_proxy=behind_proxy)
    server = make_server(application, host, 0, behind_proxy=behind_proxy)

    def run() -> None:
        with contextlib.suppress(OSError):  # its sockets are closed under it, which ends it
            server.run()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.close()
        thread.join(timeout=10)


def ask(
    server: Server, method: str, path: str, body: str = "", headers: Mapping[str, str] | None = None
) -> tuple[int, http.client.HTTPMessage, str]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    try:
        connection.request(method, path, body.encode(), dict(headers or {}))
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()
    finally:
        connection.close()


def client(config: Config, database: Database) -> Client:
    return Client(make_application(config, database))


def get(config: Config, database: Database, path: str) -> TestResponse:
    return client(config, database).get(path)


@pytest.mark.parametrize("path", ["/qbwc?wsdl", "/qbwc/?wsdl"])
def test_the_soap_service_is_at_qbwc(config: Config, database: Database, path: str) -> None:
    answer = get(config, database, path)
    assert answer.status_code == 200
    assert "http://developer.intuit.com/" in answer.text
    assert "sendRequestXML" in answer.text


def test_a_web_connector_signs_in_at_qbwc(config: Config, database: Database) -> None:
    answer = client(config, database).post("/qbwc", data=AUTHENTICATE, content_type="text/xml; charset=utf-8")
    assert answer.status_code == 200
    assert len(re.findall(r"<(?:\w+:)?string[ >]", answer.text)) >= 2


@pytest.mark.parametrize(
    ("path", "status"),
    [("/healthz", 200), ("/metrics", 200), ("/support", 200), ("/login", 200), ("/", 302), ("/qbwcx", 404)],
)
def test_everything_else_goes_to_the_pages(config: Config, database: Database, path: str, status: int) -> None:
    answer = get(config, database, path)
    assert answer.status_code == status
    assert "Content-Security-Policy" in answer.headers  # which only the pages send


def cookie_of_the_login(server: Server, headers: Mapping[str, str]) -> str:
    """The cookie that comes with the login page."""
    status, answered, page = ask(server, "GET", "/login", headers=headers)
    assert status == 200
    assert 'name="csrf_token"' in page
    return str(answered["Set-Cookie"])


@pytest.mark.parametrize(("behind_proxy", "address"), [(True, "192.0.2.77"), (False, "127.0.0.1")])
def test_who_calls_is_what_the_proxy_says_only_where_there_is_one(
    config: Config, database: Database, behind_proxy: bool, address: str
) -> None:
    headers = {**FORWARDED, "Content-Type": "text/xml; charset=utf-8"}
    with listening(config, database, behind_proxy=behind_proxy) as server:
        status, _, _ = ask(server, "POST", "/qbwc", AUTHENTICATE, headers)
    assert status == 200
    with database.reading() as session:
        assert [run.remote_address for run in session.scalars(select(Session))] == [address]


@pytest.mark.parametrize("behind_proxy", [True, False])
def test_the_address_of_the_server_is_what_the_proxy_says_only_where_there_is_one(
    config: Config, database: Database, behind_proxy: bool
) -> None:
    with listening(config, database, behind_proxy=behind_proxy) as server:
        cookie = cookie_of_the_login(server, FORWARDED)
        _, _, wsdl = ask(server, "GET", "/qbwc?wsdl", headers=FORWARDED)
        own = f"http://127.0.0.1:{server.port}/qbwc"
    assert ("; Secure" in cookie) is behind_proxy
    assert ("https://refunds.example.com/qbwc" in wsdl) is behind_proxy
    assert (own in wsdl) is not behind_proxy


@pytest.mark.parametrize("behind_proxy", [True, False])
def test_the_application_itself_ignores_the_headers_too_whatever_server_it_runs_in(
    config: Config, database: Database, behind_proxy: bool
) -> None:
    caller = Client(make_application(config, database, behind_proxy=behind_proxy))
    assert ("; Secure" in caller.get("/login", headers=FORWARDED).headers["Set-Cookie"]) is behind_proxy
    caller.post("/qbwc", data=AUTHENTICATE, content_type="text/xml; charset=utf-8", headers=FORWARDED)
    with database.reading() as session:
        (address,) = (run.remote_address for run in session.scalars(select(Session)))
    assert (address == "192.0.2.77") is behind_proxy


def test_a_caller_without_the_headers_is_served_behind_a_proxy_too(config: Config, database: Database) -> None:
    with listening(config, database, behind_proxy=True) as server:
        assert ask(server, "GET", "/healthz")[0] == 200
        assert "; Secure" not in cookie_of_the_login(server, {})


def test_port_0_takes_a_free_one_and_the_address_says_which(config: Config, database: Database) -> None:
    with listening(config, database, behind_proxy=False) as server:
        assert server.port > 0
        assert server.url == f"http://localhost:{server.port}"
        assert urlsplit(server.url).port == server.port
        assert ask(server, "GET", "/healthz")[0] == 200
        with pytest.raises(OSError, match="in use"):
            make_server(make_application(config, database), "127.0.0.1", server.port)


def test_hundreds_of_callers_who_never_finish_their_call_shut_nobody_out(config: Config, database: Database) -> None:
    begun = b"POST /qbwc HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\nContent-Length: 100000\r\n\r\n<"
    with listening(config, database, behind_proxy=False) as server, contextlib.ExitStack() as callers:
        for _ in range(300):
            caller = callers.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=20))
            caller.sendall(begun)
        assert ask(server, "GET", "/healthz")[0] == 200


def test_a_host_of_several_addresses_is_listened_on_at_each(
    config: Config, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = socket.getaddrinfo("127.0.0.1", 0, type=socket.SOCK_STREAM)

    def found_twice(*_: Any, **__: Any) -> Any:
        return found * 2  # as localhost often has ::1 beside 127.0.0.1

    monkeypatch.setattr(socket, "getaddrinfo", found_twice)
    application = make_application(config, database)
    server = make_server(application, "localhost", 0)
    try:
        assert server.url == f"http://localhost:{server.port}"
        with socket.socket() as caller:
            assert caller.connect_ex(("127.0.0.1", server.port)) == 0
    finally:
        server.close()


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://localhost:8080"),
        ("::1", "http://localhost:8080"),
        ("::", "http://[::]:8080"),
        ("192.0.2.1", "http://192.0.2.1:8080"),
        ("books.example.com", "http://books.example.com:8080"),
    ],
)
def test_the_address_of_a_server_is_one_that_a_browser_takes(host: str, url: str) -> None:
    def nothing() -> None:
        """Neither runs nor closes."""

    assert Server(host, 8080, nothing, nothing).url == url


def test_a_host_that_there_is_not_is_an_os_error(config: Config, database: Database) -> None:
    application: Any = make_application(config, database)
    with pytest.raises(socket.gaierror):
        make_server(application, "not a host", 0)


def test_the_version_is_that_of_the_installed_distribution() -> None:
    assert version() == metadata.version("connex-refunds")
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", version())
