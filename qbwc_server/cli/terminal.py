"""What every command reads and says in the same way: settings, database, tables, JSON, passwords and refusals."""

from __future__ import annotations

import codecs
import json
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import IO, Any, NoReturn

import click
from rich.console import Console
from rich.table import Table

from qbwc_server.config import Config
from qbwc_server.store.database import OPENING_ERRORS, Database, open_database

MAX_PASSWORD_LINE = 1024  # characters read from standard input
WHO = "command line"
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
password_option = click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")


class Refused(click.ClickException):
    """What a user can mend, said in a sentence on standard error."""

    def show(self, file: IO[Any] | None = None) -> None:
        """Says it."""
        click.echo(f"connex: {self.message}", file=file, err=file is None)


def configuration() -> Config:
    """The settings of this installation, from the environment. Raises ConfigError."""
    return Config.from_environment(os.environ)


@contextmanager
def opened_database(config: Config) -> Iterator[Database]:
    """The database, brought up to date, and closed at the end."""
    try:
        database = open_database(config.database_url)
    except OPENING_ERRORS as error:
        fail(database_sentence(error))
    try:
        yield database
    finally:
        database.close()


def database_sentence(error: Exception) -> str:
    """What is the matter with the database, and what to do."""
    from qbwc_server.doctor import database_trouble

    trouble = database_trouble(error)
    return f"{trouble.what[0].lower()}{trouble.what[1:].rstrip('.')}: {trouble.advice}"


def now() -> datetime:
    """The time, aware, in UTC."""
    return datetime.now(timezone.utc)


def make_console() -> Console:
    """The terminal, on which numbers keep the colour of their table."""
    return Console(highlight=False)


def make_table(*columns: str, title: str | None = None, show_header: bool = True) -> Table:
    """A table that breaks what is too long for the terminal, and leaves nothing out."""
    table = Table(title=title, title_justify="left", show_header=show_header)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def as_shown(value: str | datetime | None) -> str:
    """A text or a time as tables show it; a dash where there is none."""
    if isinstance(value, datetime):
        return f"{value.astimezone(timezone.utc):%Y-%m-%d %H:%M} UTC"
    return value or "-"


def counted(count: int, thing: str) -> str:
    """Such as 1 refund, 2 refunds."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def print_json(data: Any) -> None:
    """One document; in ASCII where standard output is not UTF-8, so that it is JSON in every encoding."""
    is_utf8 = codecs.lookup(sys.stdout.encoding or "ascii").name == "utf-8"
    click.echo(json.dumps(data, ensure_ascii=not is_utf8, indent=2, default=_as_text))


def print_json_list(rows: Iterable[Any]) -> None:
    """The same of a list that may be longer than memory holds: each entry is written when it is read."""
    is_utf8 = codecs.lookup(sys.stdout.encoding or "ascii").name == "utf-8"
    begun = False
    for row in rows:
        text = json.dumps(row, ensure_ascii=not is_utf8, indent=2, default=_as_text)
        click.echo((",\n  " if begun else "[\n  ") + text.replace("\n", "\n  "), nl=False)
        begun = True
    click.echo("\n]" if begun else "[]")


def _as_text(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    raise TypeError(f"{value!r} has no form in JSON")


def fail(sentence: str) -> NoReturn:
    """Ends the command with what a user can mend. Raises Refused."""
    raise Refused(sentence)


def write_file(file: Path, content: bytes) -> None:
    """Writes a file. Raises Refused where that can't be."""
    try:
        file.write_bytes(content)
    except OSError as error:
        fail(f"can't write {file}: {error.strerror}")


def file_content(file: Path) -> bytes:
    """What a file holds; of one that is too large only so much that its reader sees that."""
    from qbwc_server.sources import MAX_FILE_BYTES

    try:
        with file.open("rb") as opened:
            return opened.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        fail(f"{file} can't be read: {error.strerror}")


def password_from_stdin(what: str = "password") -> str:
    """One line of standard input, of at most MAX_PASSWORD_LINE characters. Raises Refused."""
    try:
        password = sys.stdin.readline(MAX_PASSWORD_LINE).rstrip("\r\n")
    except UnicodeDecodeError:
        fail(f"the {what} on standard input is not in this system's encoding, {sys.stdin.encoding}")
    if not password:
        fail(f"no {what} came on standard input")
    if not password.isprintable():  # nobody could type it into the Web Connector
        fail(f"the {what} on standard input holds a character that can't be typed")
    return password
