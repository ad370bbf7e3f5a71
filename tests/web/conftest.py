"""The pages over a SQLite file, with the door that the product has, and a browser-like client that is signed in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from qbwc_server.access.attempts import Attempts
from qbwc_server.access.passwords import Passwords
from qbwc_server.access.sealing import Sealing
from qbwc_server.access.sign_in import SignIn
from qbwc_server.store.database import Database
from qbwc_server.web import create_web
from tests.web.builders import NOON, add_person

SECRET = b"a secret that only tests know"
SEALING = Sealing(SECRET)
PASSWORD = "correct horse battery staple"


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    """A SQLite file with its tables; what the pages ask of the store is tested on both databases in tests/store."""
    return sqlite_database


@pytest.fixture(scope="session")
def passwords() -> Passwords:
    """The product's passwords, at a price that tests can pay."""
    return Passwords(SECRET, hasher=PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def web(database: Database, passwords: Passwords) -> Flask:
    """The pages, with the owner Ada and Vera, who may only look."""
    with database.transaction() as session:
        add_person(session, "Ada", password_hash=passwords.hash(PASSWORD))
        add_person(session, "Vera", password_hash=passwords.hash(PASSWORD), role="viewer")
    return create_web(
        database, SignIn(database, passwords, Attempts()), secret_key=SECRET, passwords=passwords, clock=lambda: NOON
    )


@dataclass
class Visitor:
    """Somebody with a browser: follows forms with their CSRF token, as a person does."""

    client: FlaskClient
    base_url: str = "http://localhost"

    def get(self, path: str, query: dict[str, str] | None = None) -> TestResponse:
        """Opens a page."""
        return self.client.get(path, base_url=self.base_url, query_string=query)

    def post(self, path: str, data: dict[str, Any] | None = None, *, form_on: str = "") -> TestResponse:
        """Sends a form, with the token of the page that it is on."""
        return self.client.post(
            path,
            base_url=self.base_url,
            headers={"Referer": self.base_url + (form_on or path)},
            data={"csrf_token": self.token(form_on or path), **(data or {})},
        )

    def token(self, path: str) -> str:
        """The CSRF token of the form on a page."""
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.get(path).text)
        assert found, f"{path} has no form"
        return found[1]

    def sign_in(self, name: str = "Ada", password: str = PASSWORD, **more: str) -> TestResponse:
        """Signs in by the login form."""
        return self.post("/login", {"name": name, "password": password, **more})


@pytest.fixture
def stranger(web: Flask) -> Visitor:
    """Somebody who has not signed in."""
    return Visitor(web.test_client())


@pytest.fixture
def ada(web: Flask) -> Visitor:
    """An owner, signed in."""
    visitor = Visitor(web.test_client())
    assert visitor.sign_in().status_code == 302
    return visitor


def example_path(rule: str) -> str:
    """A path that a rule of the pages fits: of the connection main, and of number 1 of everything else."""
    named = rule.replace("<name>", "main").replace("<key>", "look")
    return re.sub(r"<int(\(max=\d+\))?:\w+>", "1", named)
