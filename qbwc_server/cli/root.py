"""The command `connex` itself: what a user can mend is said in a sentence, whichever command it comes from."""

from __future__ import annotations

import io
import sys
from typing import Any

import click
from sqlalchemy.exc import OperationalError

from qbwc_server.access.passwords import PasswordError
from qbwc_server.cli.terminal import Refused, database_sentence
from qbwc_server.config import ConfigError
from qbwc_server.qwc import QwcURLError
from qbwc_server.refunds.settings import SettingsError
from qbwc_server.store import mappings, people
from qbwc_server.store.backup import BackupError
from qbwc_server.store.connections import (
    ConnectionProblem,
)
from qbwc_server.store.database import DatabaseURLError

DISTRIBUTION = "connex-refunds"
SOME_REFUSED, NOTHING_READ = 1, 2  # exit statuses of `connex import`
MAX_SENTENCE = 1000  # characters of a command's description in the list of commands
INTERRUPTED = 130  # the exit status of a command that Ctrl-C ended

_MENDABLE = (
    ConfigError,
    ConnectionProblem,
    SettingsError,
    mappings.MappingProblem,
    DatabaseURLError,
    QwcURLError,
    PasswordError,
    people.PersonError,
    BackupError,
)


class NothingRead(Refused):
    """The same from `connex import`, whose exit status tells apart what was refused and what was not read at all."""

    exit_code = NOTHING_READ


class _Group(click.Group):
    """Says of each command all of its first sentence, where Click alone would cut it to one line."""

    group_class: type[click.Group] | type[type] | None = type  # so are the groups within it

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the list of commands."""
        told = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.get_short_help_str(MAX_SENTENCE)) for name, command in told if command])


class _Commands(_Group):
    """Turns the errors that a user can mend into sentences, whichever command they come from."""

    group_class = _Group

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command that was asked for."""
        try:
            return super().invoke(ctx)
        except Refused as refused:
            sentence = refused.message
        except _MENDABLE as error:
            sentence = str(error)
        except OperationalError as error:
            sentence = database_sentence(error)
        raise (NothingRead if ctx.invoked_subcommand == "import" else Refused)(sentence)


def main() -> None:
    """Runs a command; what a user can mend is said in a sentence, without a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a name that the terminal can't show is no reason to fail
            stream.reconfigure(errors="backslashreplace")
    try:
        sys.exit(cli(prog_name="connex", standalone_mode=False))
    except click.exceptions.Abort:
        sys.exit(INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name=DISTRIBUTION, prog_name="connex")
def cli() -> None:
    """Brings refunds of web orders into QuickBooks Desktop, exactly once, through Intuit's Web Connector."""
