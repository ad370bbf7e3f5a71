"""The command `connex`: each command does one thing, says what it did, and with --json prints one JSON document.

What only one command needs (the server, the simulator, the readers) is imported by it, so that the others start fast.
"""

from __future__ import annotations

import codecs
import errno
import io
import json
import os
import signal
import sys
import zoneinfo
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path
from typing import IO, Any, NoReturn

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session as DatabaseSession
from sqlalchemy.orm import selectinload

from qbwc_server.access.passwords import PasswordError, Passwords, make_password
from qbwc_server.config import Config, ConfigError
from qbwc_server.qwc import QwcURLError, qwc_for
from qbwc_server.refunds.gateways import Gateway
from qbwc_server.refunds.reasons import Status
from qbwc_server.refunds.settings import SettingsError, as_texts
from qbwc_server.store import mappings, people, reconciliations, webhooks
from qbwc_server.store import restored as decisions
from qbwc_server.store.backup import BackupError, Summary, restore_backup, write_backup
from qbwc_server.store.connections import (
    ConnectionProblem,
    add_connection,
    all_connections,
    change_settings,
    connection_named,
    settings_of,
)
from qbwc_server.store.database import OPENING_ERRORS, Database, DatabaseURLError, open_database
from qbwc_server.store.decisions import MAX_REFUNDS_AT_ONCE, Act, DecisionError, refund_of
from qbwc_server.store.decisions import decide as carry_out_decision
from qbwc_server.store.refunds import take_in
from qbwc_server.store.reports import refund_as_dict, review_as_dict, waiting_for_people
from qbwc_server.store.tables import Connection, Person, Refund

DISTRIBUTION = "connex-refunds"
DEFAULT_URL = "http://localhost:8080"
SOME_REFUSED, NOTHING_READ = 1, 2  # exit statuses of `connex import`
INTERRUPTED = 130  # the exit status of a command that Ctrl-C ended
MAX_PASSWORD_LINE = 1024  # characters read from standard input
WHO = "command line"
MAX_REFUND_ID = 2**31 - 1  # what the database's key column holds

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
password_option = click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")

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
_LISTEN_ADVICE = {
    errno.EADDRINUSE: "Is another server running? Try another --port.",
    errno.EACCES: "This user may not take that port; try another --port.",
}


class Refused(click.ClickException):
    """What a user can mend, said in a sentence on standard error."""

    def show(self, file: IO[Any] | None = None) -> None:
        """Says it."""
        click.echo(f"connex: {self.message}", file=file, err=file is None)


class _NothingRead(Refused):
    """The same from `connex import`, whose exit status tells apart what was refused and what was not read at all."""

    exit_code = NOTHING_READ


class _Commands(click.Group):
    """Turns the errors that a user can mend into sentences, whichever command they come from."""

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command that was asked for."""
        try:
            return super().invoke(ctx)
        except Refused as refused:
            sentence = refused.message
        except _MENDABLE as error:
            sentence = str(error)
        except OperationalError as error:
            sentence = _database_sentence(error)
        raise (_NothingRead if ctx.invoked_subcommand == "import" else Refused)(sentence)


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


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="0: a free one.")
@click.option(
    "--behind-proxy", is_flag=True, help="One reverse proxy is in front and says who calls, and by what address."
)
def serve(host: str, port: int, behind_proxy: bool) -> None:
    """Run the server: SOAP endpoint and web pages."""
    from qbwc_server.app import make_application, make_server

    config = _config()
    with _database(config) as database:
        with database.reading() as session:
            code = "" if people.count(session) else make_password()
        application = make_application(config, database, behind_proxy=behind_proxy, first_owner_code=code)
        try:
            server = make_server(application, host, port, behind_proxy=behind_proxy)
        except OSError as error:
            advice = _LISTEN_ADVICE.get(error.errno or 0, "Give an address of this machine as --host.")
            _fail(f"can't listen on {host}, port {port}: {error.strerror}. {advice}")
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        click.echo(f"Connex {metadata.version(DISTRIBUTION)} listens on {server.url}")
        if code:
            click.echo(
                "Nobody can sign in to the pages yet. Open that address in a browser and give this code, which makes "
                f"the owner's account and is good until there is one: {code}"
            )
        sys.stdout.flush()
        server.run()


# --- connections


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
    config = _config()
    changes = _pairs(settings)
    password = _password_from_stdin() if password_stdin else make_password()
    with _database(config) as database, database.transaction() as session:
        hashed = Passwords(config.secret_key).hash(password)
        made = add_connection(session, name, username, hashed, changes, _now(), WHO)
        shown = _connection_as_dict(made)
    if as_json:
        _print_json(shown if password_stdin else shown | {"password": password})
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
    with _database(_config()) as database, database.transaction() as session:
        found = connection_named(session, name)
        changed = as_texts(change_settings(session, found, changes, _now(), WHO))
    if as_json:
        _print_json(changed)
        return
    for key in changes:
        click.echo(f"{key} = {changed[key] or '(empty)'}")


@connection.command("show")
@click.argument("name")
@json_option
def show(name: str, as_json: bool) -> None:
    """Show a connection: its settings, and what is known of its company file."""
    with _database(_config()) as database, database.reading() as session:
        shown = _connection_as_dict(connection_named(session, name))
    if as_json:
        _print_json(shown)
        return
    for title, rows in (
        ("Connection", {label: _shown(shown[key]) for key, label in _FACTS.items()}),
        ("Settings", shown["settings"]),
    ):
        table = _table("", "", title=title, show_header=False)
        for label, value in rows.items():
            table.add_row(label, escape(value or "-"))
        _console().print(table)


@connection.command("resume")
@click.argument("name")
@click.option(
    "--restored",
    type=click.Choice(decisions.DECISIONS),
    help="What becomes of postings that restored books lack: entered again, or left out.",
)
def resume(name: str, restored: str | None) -> None:
    """Let a company file that stopped the connection be looked at again, or decide about restored books."""
    with _database(_config()) as database, database.transaction() as session:
        found = connection_named(session, name)
        if restored is None:
            decisions.look_again(session, found, _now(), WHO)
            click.echo("The company file is looked at again when the Web Connector runs next.")
            return
        count = decisions.decide_restored(session, found, restored, _now(), WHO)
    done = "are looked for and entered again" if restored == decisions.PLAN_AGAIN else "are left out"
    click.echo(f"{_counted(count, 'refund')} {done}; work goes on when the Web Connector runs next.")


@connection.command("takeover")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do it; without it, only whose mark it is is said.")
def takeover(name: str, yes: bool) -> None:
    """Put this installation's mark on a company file that carries another's, or lost ours."""
    with _database(_config()) as database, database.transaction() as session:
        found = connection_named(session, name)
        holder = decisions.holder_of(found)
        whose = f"The company file carries the mark of {holder}" if holder else "The company file carries no mark"
        click.echo(f"{whose}; it was last looked at {_shown(found.company.lists_read_at)}.")
        if not yes:
            click.echo(
                "Before you take it over, see that no other installation's Web Connector runs with this file: a "
                "posting of it that is still on its way would be entered twice. "
                f"Then: connex connection takeover {name} --yes"
            )
            return
        decisions.take_over(session, found, _now(), WHO)
    click.echo("This installation's mark is written when the Web Connector runs next; the other one stops then.")


@connection.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the connections."""
    with _database(_config()) as database, database.reading() as session:
        shown = [_connection_as_dict(found) for found in all_connections(session)]
    if as_json:
        _print_json(shown)
        return
    if not shown:
        click.echo("There are no connections yet; add one with: connex connection add NAME")
        return
    columns = ("name", "username", "company", "last_seen", "state")
    table = _table(*(_FACTS[key] for key in columns))
    for row in shown:
        table.add_row(*(escape(_shown(row[key])) for key in columns))
    _console().print(table)


@cli.command()
@click.argument("name")
@click.option("--url", default=DEFAULT_URL, show_default=True, help="The address that the PC reaches this server by.")
@click.option("-o", "output", type=click.Path(dir_okay=False, path_type=Path), help="The file; else standard output.")
def qwc(name: str, url: str, output: Path | None) -> None:
    """Write the .qwc file to give to the Web Connector."""
    with _database(_config()) as database, database.reading() as session:
        content = qwc_for(connection_named(session, name), url)
    if output is None:
        sys.stdout.buffer.write(content)
        sys.stdout.flush()
        return
    _write(output, content)
    click.echo(f"Wrote {output}. Open it on the PC with QuickBooks, then enter the connection's password.")


# --- mappings


@cli.group("mapping")
@click.argument("name")
@click.pass_context
def mapping(context: click.Context, name: str) -> None:
    """What the shop's names are in QuickBooks, for the connection NAME."""
    context.obj = name


@mapping.group("items")
def mapping_items() -> None:
    """Which item of QuickBooks a SKU of the shop is, where the two are not called the same."""


@mapping_items.command("list")
@json_option
@click.pass_obj
def list_items(name: str, as_json: bool) -> None:
    """Show the SKUs and their items."""
    found = _item_mappings(name)
    if as_json:
        _print_json(found)
    elif not found:
        click.echo(f"No SKU is mapped yet; map one with: connex mapping {name} items set SKU ITEM")
    else:
        table = _table("SKU", "Item")
        for sku, item in found.items():
            table.add_row(escape(sku), escape(item))
        _console().print(table)


@mapping_items.command("set")
@click.argument("sku")
@click.argument("item")
@click.pass_obj
def set_item(name: str, sku: str, item: str) -> None:
    """Map a SKU to an item, by its full name such as Apparel:Hat."""
    _set_items(name, {sku: item})
    click.echo(f"{sku.strip()} is {item.strip()}.")


@mapping_items.command("remove")
@click.argument("sku")
@click.pass_obj
def remove_item(name: str, sku: str) -> None:
    """Remove the mapping of a SKU."""
    with _database(_config()) as database, database.transaction() as session:
        mappings.remove_item(session, connection_named(session, name), sku, _now(), WHO)
    click.echo(f"{sku.strip()} is not mapped any more.")


@mapping_items.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def import_items(name: str, file: Path) -> None:
    """Read a table (CSV) with the columns sku and item: all of it, or nothing."""
    items = mappings.read_table(_content(file))
    changed = _set_items(name, items)
    click.echo(f"Read {_counted(len(items), 'SKU')}, of which {changed} new or changed.")


@mapping_items.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
def export_items(name: str, file: Path) -> None:
    """Write the SKUs and their items as a table (CSV)."""
    found = _item_mappings(name)
    _write(file, mappings.written_table(found))
    click.echo(f"Wrote {_counted(len(found), 'SKU')} to {file}.")


@mapping.group("gateways")
def mapping_gateways() -> None:
    """From which account, and how, refunds through a gateway of the shop (paypal, manual, ...) are paid out."""


@mapping_gateways.command("list")
@json_option
@click.pass_obj
def list_gateways(name: str, as_json: bool) -> None:
    """Show the gateways and how their refunds are paid out."""
    found = _gateway_mappings(name)
    rows = [
        (gateway, mapped.account, mapped.payment_method, mapped.refund_method.value if mapped.refund_method else "")
        for gateway, mapped in found.items()
    ]
    if as_json:
        _print_json([dict(zip(mappings.GATEWAY_COLUMNS, row, strict=True)) for row in rows])
    elif not rows:
        click.echo(f"No gateway is mapped yet; map one with: connex mapping {name} gateways set GATEWAY ACCOUNT")
    else:
        table = _table("Gateway", "Account", "Payment method", "Refund method")
        for row in rows:
            table.add_row(*(escape(text) for text in row))
        _console().print(table)


@mapping_gateways.command("set")
@click.argument("gateway")
@click.argument("account", default="")
@click.option("--payment-method", default="", help="The payment method of its card refunds, as QuickBooks has it.")
@click.option("--refund-method", default="", help="credit_card, check or none; else that of the settings.")
@click.pass_obj
def set_gateway(name: str, gateway: str, account: str, payment_method: str, refund_method: str) -> None:
    """Pay refunds through GATEWAY out of ACCOUNT, by its full name such as Banks:PayPal."""
    _set_gateways(name, {gateway: mappings.gateway_from(account, payment_method, refund_method)})
    click.echo(f"{gateway.strip()} is mapped.")


@mapping_gateways.command("remove")
@click.argument("gateway")
@click.pass_obj
def remove_gateway(name: str, gateway: str) -> None:
    """Remove the mapping of a gateway."""
    with _database(_config()) as database, database.transaction() as session:
        mappings.remove_gateway(session, connection_named(session, name), gateway, _now(), WHO)
    click.echo(f"{gateway.strip()} is not mapped any more.")


@mapping_gateways.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def import_gateways(name: str, file: Path) -> None:
    """Read a table (CSV) with the columns gateway, account, payment_method and refund_method: all of it, or nothing."""
    gateways = mappings.read_gateway_table(_content(file))
    changed = _set_gateways(name, gateways)
    click.echo(f"Read {_counted(len(gateways), 'gateway')}, of which {changed} new or changed.")


@mapping_gateways.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
def export_gateways(name: str, file: Path) -> None:
    """Write the gateways and how their refunds are paid out as a table (CSV)."""
    found = _gateway_mappings(name)
    _write(file, mappings.written_gateway_table(found))
    click.echo(f"Wrote {_counted(len(found), 'gateway')} to {file}.")


def _gateway_mappings(name: str) -> dict[str, Gateway]:
    with _database(_config()) as database, database.reading() as session:
        return mappings.gateway_mappings(session, connection_named(session, name).id)


def _set_gateways(name: str, gateways: Mapping[str, Gateway]) -> int:
    with _database(_config()) as database, database.transaction() as session:
        return mappings.set_gateways(session, connection_named(session, name), gateways, _now(), WHO)


def _item_mappings(name: str) -> dict[str, str]:
    with _database(_config()) as database, database.reading() as session:
        return mappings.item_mappings(session, connection_named(session, name).id)


def _set_items(name: str, items: Mapping[str, str]) -> int:
    with _database(_config()) as database, database.transaction() as session:
        return mappings.set_items(session, connection_named(session, name), items, _now(), WHO)


# --- refunds


@cli.command("import")
@click.argument("name")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--format", "file_format", help="shopify, woocommerce, csv or json; told from the file where left out.")
@json_option
def import_(name: str, file: Path, file_format: str | None, as_json: bool) -> None:
    """Read orders and refunds from a file. The same file twice changes nothing."""
    from qbwc_server.sources import UnreadableFile, read_orders

    config = _config()
    with _database(config) as database:
        with database.reading() as session:
            settings = settings_of(connection_named(session, name))
        zone = zoneinfo.ZoneInfo(settings.time_zone or config.time_zone)
        try:
            reading = read_orders(
                _content(file),
                format=file_format,
                shop=settings.shop,
                time_zone=zone,
                refunds_of=_waiting_refunds(database, name),
            )
        except UnreadableFile as error:
            if as_json:
                _print_json({"error": str(error)})
                sys.exit(NOTHING_READ)
            _fail(f"{file}: {error}")
        with database.transaction() as session:
            connection = connection_named(session, name)
            result = take_in(session, connection, reading.refunds, _now(), keep_known=reading.provisional)
    counts = {
        "orders": reading.orders,
        "refunds": len(reading.refunds),
        "new": result.added,
        "unchanged": result.unchanged,
        "changed": result.changed,
        "changed_too_late": result.changed_too_late,
    }
    refused = [{"place": item.place, "reason": item.reason} for item in reading.refused]
    if as_json:
        _print_json(counts | {"refused": refused})
    else:
        click.echo(
            f"Read {_counted(counts['orders'], 'order')} with {_counted(counts['refunds'], 'refund')}: "
            f"{counts['new']} new, {counts['unchanged']} known already, {counts['changed']} changed."
        )
        if counts["changed_too_late"]:
            click.echo(
                "Changed by the shop after they had left for QuickBooks, so a person has to decide: "
                f"{_counted(counts['changed_too_late'], 'refund')}."
            )
        for item in refused:
            click.echo(f"Refused: {item['place']}: {item['reason']}", err=True)
    if refused:
        sys.exit(SOME_REFUSED if reading.refunds else NOTHING_READ)


@cli.command()
@click.argument("name")
@click.argument("source", type=click.Choice(webhooks.SOURCES), required=False)
@click.option("--secret-stdin", is_flag=True, help="Read the secret, which the shop gives, from standard input.")
@click.option("--off", is_flag=True, help="Switch it off: deliveries are refused from now on.")
@json_option
def webhook(name: str, source: str | None, secret_stdin: bool, off: bool, as_json: bool) -> None:
    """Switch on a webhook of a connection, so that refunds come in as they happen.

    Without --secret-stdin a secret is made and printed, once. Without a source it is shown which webhooks are on,
    which refunds wait for their orders, and what was refused.
    """
    if off and secret_stdin:
        raise click.UsageError("--off forgets the secret, and --secret-stdin sets one; give one of them.")
    if source is None:
        if off or secret_stdin:
            raise click.UsageError("say of which source; one of " + ", ".join(webhooks.SOURCES))
        _show_webhooks(name, as_json)
        return
    secret = "" if off else _password_from_stdin("secret") if secret_stdin else webhooks.make_secret()
    with _database(_config()) as database, database.transaction() as session:
        found = connection_named(session, name)
        if off:
            was_on = webhooks.switch_off(session, found, source, _now(), WHO)
        else:
            webhooks.switch_on(session, found, source, secret, _now(), WHO)
    path = f"/webhooks/{source}/{name}"
    if as_json:
        shown = {"source": source, "path": path, "on": not off}
        _print_json(shown if off or secret_stdin else shown | {"secret": secret})
        return
    if off:
        click.echo(f"The {source} webhook of {name} is off now." if was_on else f"It was off already: {path}")
        return
    click.echo(f"The {source} webhook of {name} is on: {path}")
    if not secret_stdin:
        click.echo(f"Its secret, shown only now: {secret}")


def _show_webhooks(name: str, as_json: bool) -> None:
    with _database(_config()) as database, database.reading() as session:
        report = webhooks.report(session, connection_named(session, name))
        waiting: list[dict[str, Any]] = [
            {"refund": row.external_id, "order": row.order_id, "source": row.source, "since": row.received_at}
            for row in report.waiting
        ]
        refused: list[dict[str, Any]] = [
            {"at": row.at, "source": row.source, "topic": row.topic, "place": row.place, "reason": row.reason}
            for row in report.refusals
        ]
    if as_json:
        _print_json({"on": list(report.on), "waiting": waiting, "refused": refused})
        return
    click.echo(f"On: {', '.join(report.on) or 'none'}")
    for item in waiting:
        click.echo(f"Waits since {_shown(item['since'])}: refund {item['refund']} for the order {item['order']}")
    for item in refused:
        click.echo(f"Refused {_shown(item['at'])}: {item['source']} {item['topic']}: {item['place']}: {item['reason']}")


def _waiting_refunds(database: Database, name: str) -> Callable[[str], Sequence[Any]]:
    """Refunds of Shopify that a webhook brought before their order, by the order's id."""

    def refunds_of(order_id: str) -> Sequence[Any]:
        from qbwc_server.sources import Document

        with database.reading() as session:
            bodies = webhooks.waiting_bodies(session, connection_named(session, name), "shopify", order_id)
        return [Document(body).json for body in bodies]

    return refunds_of


@cli.command()
@click.argument("name")
@click.option("--status", type=click.Choice([status.value for status in Status]), help="Only those of this status.")
@json_option
def refunds(name: str, status: str | None, as_json: bool) -> None:
    """List the refunds of a connection and what became of each."""
    with _database(_config()) as database, database.reading() as session:
        found = connection_named(session, name)
        query = select(Refund).where(Refund.connection_id == found.id).options(selectinload(Refund.documents))
        if status is not None:
            query = query.where(Refund.status == status)
        rows = [refund_as_dict(row) for row in session.scalars(query.order_by(Refund.id))]
    if as_json:
        _print_json(rows)
        return
    if not rows:
        there_are_none = f"There are no refunds yet; read some with: connex import {name} FILE"
        click.echo(f"There are no refunds with the status {status}." if status else there_are_none)
        return
    table = _table("Order", "Amount", "Status", "Sale", "Credit memo", "Payout", "Why, and what to know")
    for row in rows:
        said = [row["reason"]["message"]] if row["reason"] else []
        said += [notice["message"] for notice in row["notices"]]
        memo = row["credit_memo"]
        paid = [f"{payout['amount']} from {payout['account']}" for payout in row["payouts"]]
        table.add_row(
            *(
                escape(text)
                for text in (
                    row["order_number"],
                    f"{row['amount']} {row['currency']}",
                    row["status"],
                    f"{row['sale']['type']} {row['sale']['ref_number']}" if row["sale"] else "-",
                    f"{memo['ref_number']} {memo['amount']}" if memo else "-",
                    ", ".join(paid) or "-",
                    " ".join(said) or "-",
                )
            )
        )
    _console().print(table)


@cli.command()
@click.argument("name")
@json_option
def review(name: str, as_json: bool) -> None:
    """List the refunds that wait for a person, with what would be entered line by line."""
    with _database(_config()) as database, database.reading() as session:
        found = connection_named(session, name)
        rows = [review_as_dict(row) for row in waiting_for_people(session, found.id)]
    if as_json:
        _print_json(rows)
        return
    if not rows:
        click.echo("Nothing waits for a person.")
        return
    for row in rows:
        click.echo(f"Refund {row['id']} of order {row['order_number']}, {row['amount']} {row['currency']}")
        click.echo(f"  {row['status']}: {row['reason']['message'] if row['reason'] else '-'}")
        for line in row["plan"]:
            click.echo(f"  {_plan_line(line)}")
        for other in row["candidates"]:
            click.echo(f"  In QuickBooks: {_candidate_line(other)}")
        click.echo(f"  To decide: connex decide {name} {'|'.join(row['acts'])} {row['id']} --note TEXT")


@cli.command()
@click.argument("name")
@click.argument("act", type=click.Choice([act.value for act in Act]))
@click.argument("refund_ids", nargs=-1, required=True, type=click.IntRange(1, MAX_REFUND_ID), metavar="REFUND_ID...")
@click.option("--note", default="", help="Why; it is kept with the refund.")
@click.option("--by", "who", default=WHO, show_default=True, help="Who decides; it is kept with the refund.")
@click.option("--seen", type=int, help="The version that was looked at; refused where the refund has changed since.")
@click.option("--txn-id", "txn_ids", multiple=True, help="For adopt: the transaction in QuickBooks, by its TxnID.")
@json_option
def decide(
    name: str,
    act: str,
    refund_ids: Sequence[int],
    note: str,
    who: str,
    seen: int | None,
    txn_ids: Sequence[str],
    as_json: bool,
) -> None:
    """Decide what becomes of refunds that wait, or undo some that were entered.

    \b
    approve       enter what `connex review` shows
    decline       don't enter it
    skip          nothing is to be entered
    retry         try again from the beginning
    undo          void or delete in QuickBooks what was entered
    note          only remark something
    adopt         what somebody entered by hand is this refund
    post-anyway   what somebody entered by hand is another one
    done-by-hand  somebody has seen to it in QuickBooks
    """
    if len(refund_ids) > MAX_REFUNDS_AT_ONCE:
        _fail(f"{len(refund_ids)} refunds are given; at most {MAX_REFUNDS_AT_ONCE} can be decided at once")
    if len(refund_ids) > 1 and (seen is not None or txn_ids):
        raise click.UsageError("--seen and --txn-id belong to one refund; give one REFUND_ID with them.")
    done: list[dict[str, Any]] = []
    refused: list[dict[str, Any]] = []
    with _database(_config()) as database:
        for refund_id in dict.fromkeys(refund_ids):
            try:
                with database.transaction() as session:
                    row = refund_of(session, connection_named(session, name), refund_id)
                    carry_out_decision(
                        session, row, Act(act), who=who, note=note, now=_now(), seen=seen, txn_ids=txn_ids
                    )
                    code = row.reason["code"] if row.reason else None
                    done.append({"id": row.id, "order_number": row.order_number, "status": row.status, "reason": code})
            except DecisionError as error:
                refused.append({"id": refund_id, "reason": str(error)})
    if as_json:
        _print_json({"act": act, "done": done, "refused": refused})
    else:
        for item in done:
            click.echo(f"{act}: refund {item['id']} of order {item['order_number']} is {item['status']} now.")
        for item in refused:
            click.echo(f"connex: {item['reason']}", err=True)
    if refused:
        sys.exit(1)


@cli.command("reconcile")
@click.argument("name")
@click.option("--last", is_flag=True, help="Show the newest report instead of asking for another.")
@click.option(
    "--csv", "csv_file", type=click.Path(dir_okay=False, path_type=Path), help="Write the newest report's findings."
)
@json_option
def reconcile(name: str, last: bool, csv_file: Path | None, as_json: bool) -> None:
    """Compare all that was entered with what QuickBooks has, when the Web Connector runs next."""
    with _database(_config()) as database:
        if not (last or csv_file):
            with database.transaction() as session:
                asked = reconciliations.report_as_dict(
                    reconciliations.ask(session, connection_named(session, name), _now(), WHO)
                )
            if as_json:
                _print_json(asked)
            else:
                click.echo(f"It is done when the Web Connector runs next; then see: connex reconcile {name} --last")
            return
        with database.reading() as session:
            found = reconciliations.newest_report(session, connection_named(session, name))
            if found is None:
                _fail(f"there is no report of {name} yet; ask for one with: connex reconcile {name}")
            report, written = reconciliations.report_as_dict(found), reconciliations.findings_as_csv(found.findings)
    if csv_file is not None:
        _write(csv_file, written.encode("utf-8"))
    if as_json:
        _print_json(report)
        return
    _show_report(report)


# --- people


@cli.group()
def person() -> None:
    """Make and change sign-ins to the web pages."""


@person.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(people.ROLES), default=people.OWNER, show_default=True)
@password_option
def add_person(name: str, role: str, password_stdin: bool) -> None:
    """Make a sign-in to the pages. Without a password it makes one and prints it, once."""
    config = _config()
    password = _password_from_stdin() if password_stdin else make_password()
    with _database(config) as database, database.transaction() as session:
        people.add_person(session, name, Passwords(config.secret_key).hash(password), role, _now())
    click.echo(f"{name} can sign in to the pages now.")
    if not password_stdin:
        click.echo(f"The password, shown only now: {password}")


@person.command("list")
@json_option
def list_people(as_json: bool) -> None:
    """List who can sign in, with roles."""
    with _database(_config()) as database, database.reading() as session:
        rows = [
            {"name": each.name, "role": each.role, "second_factor": bool(each.factor_salt)}
            for each in people.everybody(session)
        ]
    if as_json:
        _print_json(rows)
        return
    if not rows:
        click.echo("Nobody can sign in yet; make a sign-in with: connex person add NAME")
        return
    table = _table("Name", "Role", "Second factor")
    for row in rows:
        table.add_row(escape(str(row["name"])), str(row["role"]), "on" if row["second_factor"] else "off")
    _console().print(table)


@person.command("password")
@click.argument("name")
@password_option
def change_password(name: str, password_stdin: bool) -> None:
    """Give a sign-in a new password; it ends where that person is signed in."""
    config = _config()
    password = _password_from_stdin() if password_stdin else make_password()
    with _database(config) as database, database.transaction() as session:
        found = _person_named(session, name)
        people.change_password(session, found, Passwords(config.secret_key).hash(password), _now(), WHO)
    click.echo(f"{name} has a new password.")
    if not password_stdin:
        click.echo(f"It is shown only now: {password}")


@person.command("role")
@click.argument("name")
@click.argument("role", type=click.Choice(people.ROLES))
def change_role(name: str, role: str) -> None:
    """Give a person another role."""
    with _database(_config()) as database, database.transaction() as session:
        people.change_role(session, _person_named(session, name), role, _now(), WHO)
    click.echo(f"{name} is {role} now.")


@person.command("reset-second-factor")
@click.argument("name")
def reset_second_factor(name: str) -> None:
    """Switch off the second factor of a person who lost it."""
    with _database(_config()) as database, database.transaction() as session:
        people.turn_factor_off(session, _person_named(session, name), _now(), WHO)
    click.echo(f"{name} signs in with the password alone now.")


@person.command("sign-out")
@click.argument("name")
def sign_out(name: str) -> None:
    """End a person's sign-ins in every browser."""
    with _database(_config()) as database, database.transaction() as session:
        found = _person_named(session, name)
        people.end_sign_ins(session, found)
        people.record(session, WHO, f"ended the sign-ins of {name}", _now())
    click.echo(f"{name} is signed out everywhere.")


@person.command("remove")
@click.argument("name")
def remove_person(name: str) -> None:
    """Remove a person; what they did stays on record."""
    with _database(_config()) as database, database.transaction() as session:
        people.remove_person(session, _person_named(session, name), _now(), WHO)
    click.echo(f"{name} can't sign in any more.")


def _person_named(session: DatabaseSession, name: str) -> Person:
    found = people.person_named(session, name)
    if found is None:
        _fail(f"nobody called {name!r} can sign in; make a sign-in with: connex person add {name}")
    return found


# --- keeping it


@cli.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--overwrite", is_flag=True, help="Replace a file of that name.")
@json_option
def backup(file: Path, overwrite: bool, as_json: bool) -> None:
    """Write all that Connex knows to FILE, also while the server runs."""
    with _database(_config()) as database:
        _say_backup(f"Written to {file}.", write_backup(database, file, _now(), overwrite=overwrite), as_json)


@cli.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Empty a database that is in use first. Make a backup of it before.")
@click.option(
    "--as-copy", is_flag=True, help="For a trial beside the first installation: it may not write to its books."
)
@json_option
def restore(file: Path, replace: bool, as_copy: bool, as_json: bool) -> None:
    """Read a backup into the database. Stop the server first."""
    database = Database(_config().database_url)  # not brought up to date: the backup brings its own tables
    try:
        summary = restore_backup(database, file, _now(), who=WHO, replace=replace, as_copy=as_copy)
    except OPENING_ERRORS as error:
        _fail(_database_sentence(error))
    finally:
        database.close()
    _say_backup(f"Restored from {file}.", summary, as_json)


def _say_backup(sentence: str, summary: Summary, as_json: bool) -> None:
    if as_json:
        _print_json({"made_at": summary.made_at, "revision": summary.revision, "rows": dict(summary.rows)})
        return
    click.echo(f"{sentence} It holds, as of {_shown(summary.made_at)}:")
    for name, rows in summary.rows.items():
        click.echo(f"  {name.replace('_', ' '):16} {rows:>9,}")


# --- trying it


@cli.command()
@click.option("--refunds", "count", default=24, show_default=True, type=click.IntRange(1, 100_000))
@click.option("--seed", default=1, show_default=True, type=int, help="Another seed, another shop.")
@click.option("--serve", "keep_serving", is_flag=True, help="Leave the web pages up at the end.")
@click.option("--save", type=click.Path(file_okay=False, path_type=Path), help="Keep the orders and the company here.")
@json_option
def demo(count: int, seed: int, keep_serving: bool, save: Path | None, as_json: bool) -> None:
    """Run the whole job on this machine with a simulated QuickBooks."""
    from qbwc_server.demo.run import DemoError, DemoOptions, run_demo

    if keep_serving and as_json:
        raise click.UsageError("--serve says where the pages are, and --json leaves no room for it; give one of them.")
    options = DemoOptions(refunds=count, seed=seed, keep_serving=keep_serving, save=save)
    try:
        result = run_demo(options, None if as_json else _console())
    except (DemoError, OSError) as error:  # such as a folder that can't be written
        _fail(f"the demo can't be run: {error}")
    if as_json:
        _print_json(result.as_dict())
    if not result.right:
        sys.exit(1)


@cli.command("simulate")
@click.option("--url", help="The server's SOAP address, such as http://localhost:8080/qbwc")
@click.option("--username", help="The connection's user name.")
@click.option(
    "--qwc", type=click.Path(dir_okay=False, path_type=Path), help="A .qwc file, in place of --url and --username."
)
@click.option("--password-stdin", is_flag=True, required=True, help="Read the password from standard input.")
@click.option("--company", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The company, as JSON.")
@click.option("--like", metavar="NAME", help="Where there is no such file: the ready company to make, as 'UK shop'.")
@click.option("--sessions", default=10, show_default=True, type=click.IntRange(1, 10_000), help="At most so many runs.")
@click.option("--switch", "switches", multiple=True, metavar="NAME=VALUE", help="A switch of the simulated QuickBooks.")
@click.option("--faults", metavar="SEED", help="Let things go wrong; another number, other faults.")
@click.option("--log", type=click.Path(dir_okay=False, path_type=Path), help="Write the Web Connector's log here.")
@json_option
def simulate_command(password_stdin: bool, as_json: bool, **options: Any) -> None:
    """Run a simulated QuickBooks and Web Connector against a server."""
    from qbwc_server.demo.simulate import SimulationError, SimulationOptions, simulate

    del password_stdin  # a password never stands on a command line
    password = _password_from_stdin()
    try:
        outcome = simulate(SimulationOptions(password=password, **options), None if as_json else click.echo)
    except SimulationError as error:
        _fail(str(error))
    if as_json:
        _print_json(outcome.as_dict())
    elif outcome.problem:
        click.echo(outcome.problem, err=True)
    if outcome.problem:
        sys.exit(1)


@cli.command("torture")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(min=0), help="The first schedule.")
@click.option("--schedules", default=200, show_default=True, type=click.IntRange(1, 1_000_000), help="How many.")
@click.option(
    "--depth", default=0, show_default=True, type=click.IntRange(0, 4), help="Go through every sequence of so many."
)
@click.option("--database", metavar="URL", help="A PostgreSQL database; a schema of its own is made in it and dropped.")
@click.option(
    "--process-every",
    default=25,
    show_default=True,
    type=click.IntRange(min=0),
    help="Of so many schedules one runs with a real server process; 0: none.",
)
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 16), help="Processes at a time.")
@json_option
def torture_command(
    seed: int, schedules: int, depth: int, database: str | None, process_every: int, workers: int, as_json: bool
) -> None:
    """Let everything go wrong with a simulated QuickBooks, and judge the books. Exit status 1: something is wrong."""
    from qbwc_server.torture.report import report
    from qbwc_server.torture.run import TortureOptions, torture

    options = TortureOptions(seed, schedules, depth, database, process_every, workers)
    console = _console()
    with console.status("Playing schedules") if not as_json else nullcontext() as shown:
        tally = torture(
            options, after=None if shown is None else lambda done: shown.update(f"{done:,} of {schedules:,} schedules")
        )
    if as_json:
        _print_json(tally.as_dict())
    else:
        console.print(report(tally.as_dict()))
    if not tally.is_clean:
        sys.exit(1)


@cli.command("doctor")
@json_option
def doctor_command(as_json: bool) -> None:
    """Check the installation and say what to do."""
    from qbwc_server import doctor as examination

    findings = examination.examine(os.environ)
    if as_json:
        _print_json([finding.as_dict() for finding in findings])
    else:
        for finding in findings:
            click.echo(f"{finding.level.value:8}{finding.what}")
            if finding.advice:
                click.echo(f"        {finding.advice}")
    if any(finding.level is examination.Level.PROBLEM for finding in findings):
        sys.exit(1)


# --- helpers


def _show_report(report: Mapping[str, Any]) -> None:
    findings = report["findings"]
    click.echo(
        f"{report['finished_at']}: {_counted(report['checked'], 'posting')} compared, "
        f"{_counted(report['looked_through'], 'transaction')} looked through, {_counted(len(findings), 'finding')}."
    )
    if report["message"]:
        click.echo(f"It was not completed: {report['message']}")
    if report["findings_left_out"]:
        click.echo(f"{report['findings_left_out']} more findings were not kept.")
    if findings:
        table = _table("Order", "Kind", "What")
        for finding in findings:
            table.add_row(
                *(escape(text) for text in (finding["order_number"] or "-", finding["kind"], finding["message"]))
            )
        _console().print(table)


_FACTS = {  # what is told of a connection, with its label
    "name": "Name",
    "username": "User name",
    "company": "Company",
    "company_path": "Company file",
    "quickbooks": "QuickBooks",
    "last_seen": "Last seen",
    "state": "State",
}


def _config() -> Config:
    return Config.from_environment(os.environ)


@contextmanager
def _database(config: Config) -> Iterator[Database]:
    """The database, brought up to date, and closed at the end."""
    try:
        database = open_database(config.database_url)
    except OPENING_ERRORS as error:
        _fail(_database_sentence(error))
    try:
        yield database
    finally:
        database.close()


def _database_sentence(error: Exception) -> str:
    from qbwc_server.doctor import database_trouble

    trouble = database_trouble(error)
    return f"{trouble.what[0].lower()}{trouble.what[1:].rstrip('.')}: {trouble.advice}"


def _now() -> datetime:
    return datetime.now(timezone.utc)


def _console() -> Console:
    return Console(highlight=False)


def _table(*columns: str, title: str | None = None, show_header: bool = True) -> Table:
    """A table that breaks what is too long for the terminal, and leaves nothing out."""
    table = Table(title=title, title_justify="left", show_header=show_header)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _shown(value: str | datetime | None) -> str:
    if isinstance(value, datetime):
        return f"{value.astimezone(timezone.utc):%Y-%m-%d %H:%M} UTC"
    return value or "-"


def _counted(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def _print_json(data: Any) -> None:
    """One document; in ASCII where standard output is not UTF-8, so that it is JSON in every encoding."""
    is_utf8 = codecs.lookup(sys.stdout.encoding or "ascii").name == "utf-8"
    click.echo(json.dumps(data, ensure_ascii=not is_utf8, indent=2, default=_as_text))


def _as_text(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    raise TypeError(f"{value!r} has no form in JSON")


def _fail(sentence: str) -> NoReturn:
    raise Refused(sentence)


def _plan_line(line: Mapping[str, Any]) -> str:
    figures = [line["quantity"] and f"{line['quantity']} x", line["item"], line["description"]]
    words = " ".join(str(word) for word in figures if word)
    parts = [f"{line['document']} {line['ref_number']}".strip(), line["day"], words, line["amount"], line["account"]]
    return " | ".join(str(part) for part in parts if part) + f" ({line['state']})"


def _candidate_line(other: Mapping[str, Any]) -> str:
    return f"{other['type']} {other['ref_number'] or '-'} of {other['date']} over {other['amount']}, {other['txn_id']}"


def _pairs(settings: Sequence[str]) -> Mapping[str, str]:
    pairs: dict[str, str] = {}
    for item in settings:
        key, equals, value = item.partition("=")
        if not (key and equals):
            _fail(f"{item!r} is not of the form KEY=VALUE")
        if key in pairs:
            raise SettingsError(key, "is given twice")
        pairs[key] = value
    return pairs


def _write(file: Path, content: bytes) -> None:
    try:
        file.write_bytes(content)
    except OSError as error:
        _fail(f"can't write {file}: {error.strerror}")


def _content(file: Path) -> bytes:
    """What a file holds; of one that is too large only so much that its reader sees that."""
    from qbwc_server.sources import MAX_FILE_BYTES

    try:
        with file.open("rb") as opened:
            return opened.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        _fail(f"{file} can't be read: {error.strerror}")


def _password_from_stdin(what: str = "password") -> str:
    try:
        password = sys.stdin.readline(MAX_PASSWORD_LINE).rstrip("\r\n")
    except UnicodeDecodeError:
        _fail(f"the {what} on standard input is not in this system's encoding, {sys.stdin.encoding}")
    if not password:
        _fail(f"no {what} came on standard input")
    if not password.isprintable():  # nobody could type it into the Web Connector
        _fail(f"the {what} on standard input holds a character that can't be typed")
    return password


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
