"""Connections: one for each QuickBooks company file."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from qbwc_server.access.passwords import Passwords, make_password
from qbwc_server.cli.root import cli
from qbwc_server.cli.terminal import (
    WHO,
    as_shown,
    configuration,
    counted,
    fail,
    json_option,
    make_console,
    make_table,
    now,
    opened_database,
    password_from_stdin,
    password_option,
    print_json,
    write_file,
)
from qbwc_server.qwc import qwc_for
from qbwc_server.refunds.missing import MAX_DAYS_BEFORE_REFUND
from qbwc_server.refunds.settings import SettingsError, as_texts
from qbwc_server.store import known_lists
from qbwc_server.store import restored as decisions
from qbwc_server.store.connections import (
    add_connection,
    all_connections,
    change_settings,
    connection_named,
    settings_of,
)
from qbwc_server.store.tables import Connection

DEFAULT_URL = "http://localhost:8080"
_FACTS = {  # what is told of a connection, with its label
    "name": "Name",
    "username": "User name",
    "company": "Company",
    "company_path": "Company file",
    "quickbooks": "QuickBooks",
    "last_seen": "Last seen",
    "state": "State",
}


@cli.group()
def connection() -> None:
    """Make, change and show connections: one for each QuickBooks company file."""


@connection.command("add")
@click.argument("name")
@click.option("--username", default="", help="What the Web Connector signs in as; the name where left out.")
@password_option
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="A setting; may be given several times.")
@json_option
def add(name: str, username: str, password_stdin: bool, settings: Sequence[str], as_json: bool) -> None:
    """Make a connection. Without a password it makes one and prints it, once."""
    config = configuration()
    changes = _pairs(settings)
    password = password_from_stdin() if password_stdin else make_password()
    with opened_database(config) as database, database.transaction() as session:
        hashed = Passwords(config.secret_key).hash(password)
        made = add_connection(session, name, username, hashed, changes, now(), WHO)
        shown = _connection_as_dict(made)
    _tell_which_orders_are_created(changes, shown["settings"])
    if as_json:
        print_json(shown if password_stdin else shown | {"password": password})
        return
    click.echo(f"Made the connection {name}. The Web Connector signs in as {shown['username']}.")
    if not password_stdin:
        click.echo(f"Its password, shown only now: {password}")
    click.echo(f"Next: connex qwc {name} -o {name}.qwc, and open that file on the PC with QuickBooks.")


@connection.command("set")
@click.argument("name")
@click.argument("settings", nargs=-1, required=True, metavar="KEY=VALUE...")
@json_option
def set_(name: str, settings: Sequence[str], as_json: bool) -> None:
    """Change settings of a connection: all of those given, or none."""
    changes = _pairs(settings)
    with opened_database(configuration()) as database, database.transaction() as session:
        found = connection_named(session, name)
        changed = as_texts(change_settings(session, found, changes, now(), WHO))
        unknown = known_lists.unknown_names(changes, known_lists.lists_of(found.company))
    for key, problem in unknown.items():
        click.echo(f"To know: {key} is set, but {problem}; refunds that need it wait for a person.", err=True)
    _tell_which_orders_are_created(changes, changed)
    if as_json:
        print_json(changed)
        return
    for key in changes:
        click.echo(f"{key} = {changed[key] or '(empty)'}")


@connection.command("show")
@click.argument("name")
@json_option
def show(name: str, as_json: bool) -> None:
    """Show a connection: its settings, and what is known of its company file."""
    with opened_database(configuration()) as database, database.reading() as session:
        shown = _connection_as_dict(connection_named(session, name))
    if as_json:
        print_json(shown)
        return
    for title, rows in (
        ("Connection", {label: as_shown(shown[key]) for key, label in _FACTS.items()}),
        ("Settings", shown["settings"]),
    ):
        table = make_table("", "", title=title, show_header=False)
        for label, value in rows.items():
            table.add_row(label, escape(value or "-"))
        make_console().print(table)


@connection.command("resume")
@click.argument("name")
@click.option(
    "--restored",
    type=click.Choice(decisions.DECISIONS),
    help="What becomes of postings that restored books lack: entered again, or left out.",
)
def resume(name: str, restored: str | None) -> None:
    """Let a company file that stopped the connection be looked at again, or decide about restored books."""
    with opened_database(configuration()) as database, database.transaction() as session:
        found = connection_named(session, name)
        if restored is None:
            decisions.look_again(session, found, now(), WHO)
            click.echo("The company file is looked at again when the Web Connector runs next.")
            return
        count = decisions.decide_restored(session, found, restored, now(), WHO)
    done = "to be looked for and entered again" if restored == decisions.PLAN_AGAIN else "left out"
    click.echo(f"{counted(count, 'refund')} {done}; work goes on when the Web Connector runs next.")


@connection.command("takeover")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do it; without it, only whose mark it is is said.")
def takeover(name: str, yes: bool) -> None:
    """Put this installation's mark on a company file that carries another's, or lost ours."""
    with opened_database(configuration()) as database, database.transaction() as session:
        found = connection_named(session, name)
        holder = decisions.holder_of(found)
        whose = f"The company file carries the mark of {holder}" if holder else "The company file carries no mark"
        click.echo(f"{whose}; it was last looked at {as_shown(found.company.lists_read_at)}.")
        if not yes:
            click.echo(
                "Before you take it over, see that no other installation's Web Connector runs with this file: a "
                "posting of it that is still on its way would be entered twice. "
                f"Then: connex connection takeover {name} --yes"
            )
            return
        decisions.take_over(session, found, now(), WHO)
    click.echo("This installation's mark is written when the Web Connector runs next; the other one stops then.")


@connection.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the connections."""
    with opened_database(configuration()) as database, database.reading() as session:
        shown = [_connection_as_dict(found) for found in all_connections(session)]
    if as_json:
        print_json(shown)
        return
    if not shown:
        click.echo("There are no connections yet; add one with: connex connection add NAME")
        return
    columns = ("name", "username", "company", "last_seen", "state")
    table = make_table(*(_FACTS[key] for key in columns))
    for row in shown:
        table.add_row(*(escape(as_shown(row[key])) for key in columns))
    make_console().print(table)


@cli.command()
@click.argument("name")
@click.option("--url", default=DEFAULT_URL, show_default=True, help="The address that the PC reaches this server by.")
@click.option("-o", "output", type=click.Path(dir_okay=False, path_type=Path), help="The file; else standard output.")
def qwc(name: str, url: str, output: Path | None) -> None:
    """Write the .qwc file to give to the Web Connector."""
    with opened_database(configuration()) as database, database.reading() as session:
        content = qwc_for(connection_named(session, name), url)
    if output is None:
        sys.stdout.buffer.write(content)
        sys.stdout.flush()
        return
    write_file(output, content)
    click.echo(f"Wrote {output}. Open it on the PC with QuickBooks, then enter the connection's password.")


def _tell_which_orders_are_created(changes: Mapping[str, str], settings: Mapping[str, str]) -> None:
    """Says which orders are created where that was switched on without a first day."""
    is_without_day = settings["sync_missing_orders"] == "true" and not settings["missing_orders_since"]
    if is_without_day and changes.keys() & {"sync_missing_orders", "missing_orders_since"}:
        click.echo(
            f"To know: orders placed up to {MAX_DAYS_BEFORE_REFUND} days before their refund are created. Where older "
            "ones stand in these books in another form, name the first day: missing_orders_since=2026-01-01.",
            err=True,
        )


def _pairs(settings: Sequence[str]) -> Mapping[str, str]:
    pairs: dict[str, str] = {}
    for item in settings:
        key, equals, value = item.partition("=")
        if not (key and equals):
            fail(f"{item!r} is not of the form KEY=VALUE")
        if key in pairs:
            raise SettingsError(key, "is given twice")
        pairs[key] = value
    return pairs


def _connection_as_dict(found: Connection) -> dict[str, Any]:
    company = found.company
    described = company.company or {}
    host = company.host or {}
    return {
        "name": found.name,
        "username": found.user_name,
        "company": described.get("company_name"),
        "company_path": company.path or None,
        "quickbooks": host.get("product_name"),
        "last_seen": found.last_seen_at,
        "state": _state(found),
        "settings": as_texts(settings_of(found)),
    }


def _state(found: Connection) -> str:
    company = found.company
    if company.stopped:
        return str(company.stopped["message"])
    if found.last_seen_at is None:
        return "never seen"
    return "chart of accounts not read yet" if company.accounts is None else "ready"
