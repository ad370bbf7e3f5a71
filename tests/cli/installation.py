"""A data folder with the commands on it, run in this process."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from sqlalchemy import func, select

from qbwc_server.access.attempts import Attempts
from qbwc_server.access.passwords import Passwords
from qbwc_server.access.sealing import Sealing
from qbwc_server.access.sign_in import SignIn
from qbwc_server.cli import cli
from qbwc_server.store.database import Database, sqlite_url


@dataclass(frozen=True)
class Said:
    """What a command said, and its exit status."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, which must be one JSON document and nothing else."""
        return json.loads(self.out)


@dataclass
class Installation:
    """A data folder and the commands on it."""

    folder: Path

    def run(self, *arguments: str, stdin: str | bytes = "", status: int = 0, **env: str) -> Said:
        """Runs a command, which must end with this status and never with a traceback."""
        result = CliRunner(charset="utf-8").invoke(cli, arguments, input=stdin, env={"COLUMNS": "200", **env})
        said = Said(result.exit_code, result.stdout, result.stderr)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert said.status == status, (said.status, said.out, said.err)
        return said

    def refused(self, *arguments: str, stdin: str | bytes = "", status: int = 1, **env: str) -> str:
        """Runs a command that must be refused in one sentence on standard error; gives the sentence."""
        said = self.run(*arguments, stdin=stdin, status=status, **env)
        assert said.out == ""
        assert said.err.startswith("connex: ")
        assert said.err.count("\n") == 1
        return said.err

    @property
    def database(self) -> Database:
        """Its database."""
        return Database(sqlite_url(self.folder / "connex.sqlite3"))

    def count(self, table: Any) -> int:
        """How many rows a table has."""
        with self.database.reading() as session:
            return session.scalar(select(func.count()).select_from(table)) or 0

    @property
    def key(self) -> bytes:
        """Its server's secret key."""
        return (self.folder / "secret_key").read_text().strip().encode()

    @property
    def sealing(self) -> Sealing:
        """What its secrets are encrypted by."""
        return Sealing(self.key)

    def sign_in(self) -> SignIn:
        """The door of its server."""
        return SignIn(self.database, Passwords(self.key), Attempts())
