"""All that Connex knows, written to a file and read back."""

from __future__ import annotations

from pathlib import Path

import click

from qbwc_server.cli.root import cli
from qbwc_server.cli.terminal import (
    WHO,
    as_shown,
    configuration,
    database_sentence,
    fail,
    json_option,
    now,
    opened_database,
    print_json,
)
from qbwc_server.store.backup import Summary, restore_backup, write_backup
from qbwc_server.store.database import OPENING_ERRORS, Database


@cli.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--overwrite", is_flag=True, help="Replace a file of that name.")
@json_option
def backup(file: Path, overwrite: bool, as_json: bool) -> None:
    """Write all that Connex knows to FILE, also while the server runs."""
    with opened_database(configuration()) as database:
        _say_backup(f"Written to {file}.", write_backup(database, file, now(), overwrite=overwrite), as_json)


@cli.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Empty a database that is in use first. Make a backup of it before.")
@click.option(
    "--as-copy", is_flag=True, help="For a trial beside the first installation: it may not write to its books."
)
@json_option
def restore(file: Path, replace: bool, as_copy: bool, as_json: bool) -> None:
    """Read a backup into the database. Stop the server first."""
    database = Database(configuration().database_url)  # not brought up to date: the backup brings its own tables
    try:
        summary = restore_backup(database, file, now(), who=WHO, replace=replace, as_copy=as_copy)
    except OPENING_ERRORS as error:
        fail(database_sentence(error))
    finally:
        database.close()
    _say_backup(f"Restored from {file}.", summary, as_json)


def _say_backup(sentence: str, summary: Summary, as_json: bool) -> None:
    if as_json:
        print_json({"made_at": summary.made_at, "revision": summary.revision, "rows": dict(summary.rows)})
        return
    click.echo(f"{sentence} It holds, as of {as_shown(summary.made_at)}:")
    longest = max(map(len, summary.rows), default=0)
    for name, rows in summary.rows.items():
        click.echo(f"  {name.replace('_', ' '):{longest}} {rows:>9,}")
