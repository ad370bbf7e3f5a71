"""Who can sign in to the web pages."""

from __future__ import annotations

import click
from rich.markup import escape
from sqlalchemy.orm import Session as DatabaseSession

from qbwc_server.access.passwords import Passwords, make_password
from qbwc_server.cli.root import cli
from qbwc_server.cli.terminal import (
    WHO,
    configuration,
    fail,
    json_option,
    make_console,
    make_table,
    now,
    opened_database,
    password_from_stdin,
    password_option,
    print_json,
)
from qbwc_server.store import people
from qbwc_server.store.tables import Person


@cli.group()
def person() -> None:
    """Make and change sign-ins to the web pages."""


@person.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(people.ROLES), default=people.OWNER, show_default=True)
@password_option
def add_person(name: str, role: str, password_stdin: bool) -> None:
    """Make a sign-in to the pages. Without a password it makes one and prints it, once."""
    config = configuration()
    password = password_from_stdin() if password_stdin else make_password()
    with opened_database(config) as database, database.transaction() as session:
        people.add_person(session, name, Passwords(config.secret_key).hash(password), role, now())
    click.echo(f"{name} can sign in to the pages now.")
    if not password_stdin:
        click.echo(f"The password, shown only now: {password}")


@person.command("list")
@json_option
def list_people(as_json: bool) -> None:
    """List who can sign in, with roles."""
    with opened_database(configuration()) as database, database.reading() as session:
        rows = [
            {"name": each.name, "role": each.role, "second_factor": bool(each.factor_salt)}
            for each in people.everybody(session)
        ]
    if as_json:
        print_json(rows)
        return
    if not rows:
        click.echo("Nobody can sign in yet; make a sign-in with: connex person add NAME")
        return
    table = make_table("Name", "Role", "Second factor")
    for row in rows:
        table.add_row(escape(str(row["name"])), str(row["role"]), "on" if row["second_factor"] else "off")
    make_console().print(table)


@person.command("password")
@click.argument("name")
@password_option
def change_password(name: str, password_stdin: bool) -> None:
    """Give a sign-in a new password; it ends where that person is signed in."""
    config = configuration()
    password = password_from_stdin() if password_stdin else make_password()
    with opened_database(config) as database, database.transaction() as session:
        found = _person_named(session, name)
        people.change_password(session, found, Passwords(config.secret_key).hash(password), now(), WHO)
    click.echo(f"{name} has a new password.")
    if not password_stdin:
        click.echo(f"It is shown only now: {password}")


@person.command("role")
@click.argument("name")
@click.argument("role", type=click.Choice(people.ROLES))
def change_role(name: str, role: str) -> None:
    """Give a person another role."""
    with opened_database(configuration()) as database, database.transaction() as session:
        people.change_role(session, _person_named(session, name), role, now(), WHO)
    click.echo(f"{name} is {role} now.")


@person.command("reset-second-factor")
@click.argument("name")
def reset_second_factor(name: str) -> None:
    """Switch off the second factor of a person who lost it."""
    with opened_database(configuration()) as database, database.transaction() as session:
        people.turn_factor_off(session, _person_named(session, name), now(), WHO)
    click.echo(f"{name} signs in with the password alone now.")


@person.command("sign-out")
@click.argument("name")
def sign_out(name: str) -> None:
    """End a person's sign-ins in every browser."""
    with opened_database(configuration()) as database, database.transaction() as session:
        found = _person_named(session, name)
        people.end_sign_ins(session, found)
        people.record(session, WHO, f"ended the sign-ins of {name}", now())
    click.echo(f"{name} is signed out everywhere.")


@person.command("remove")
@click.argument("name")
def remove_person(name: str) -> None:
    """Remove a person; what they did stays on record."""
    with opened_database(configuration()) as database, database.transaction() as session:
        people.remove_person(session, _person_named(session, name), now(), WHO)
    click.echo(f"{name} can't sign in any more.")


def _person_named(session: DatabaseSession, name: str) -> Person:
    found = people.person_named(session, name)
    if found is None:
        fail(f"nobody called {name!r} can sign in; make a sign-in with: connex person add {name}")
    return found
