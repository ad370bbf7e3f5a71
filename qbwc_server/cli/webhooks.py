"""The doors by which a shop brings refunds as they happen."""

from __future__ import annotations

from typing import Any

import click

from qbwc_server.access.sealing import Sealing
from qbwc_server.cli.root import cli
from qbwc_server.cli.terminal import (
    WHO,
    as_shown,
    configuration,
    json_option,
    now,
    opened_database,
    password_from_stdin,
    print_json,
)
from qbwc_server.store import webhooks
from qbwc_server.store.connections import (
    connection_named,
)


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
    secret = "" if off else password_from_stdin("secret") if secret_stdin else webhooks.make_secret()
    config = configuration()
    with opened_database(config) as database, database.transaction() as session:
        found = connection_named(session, name)
        if off:
            was_on = webhooks.switch_off(session, found, source, now(), WHO)
        else:
            webhooks.switch_on(session, found, source, secret, Sealing(config.secret_key).sealed, now(), WHO)
    path = f"/webhooks/{source}/{name}"
    if as_json:
        shown = {"source": source, "path": path, "on": not off}
        print_json(shown if off or secret_stdin else shown | {"secret": secret})
        return
    if off:
        click.echo(f"The {source} webhook of {name} is off now." if was_on else f"It was off already: {path}")
        return
    click.echo(f"The {source} webhook of {name} is on: {path}")
    if not secret_stdin:
        click.echo(f"Its secret, shown only now: {secret}")


def _show_webhooks(name: str, as_json: bool) -> None:
    with opened_database(configuration()) as database, database.reading() as session:
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
        print_json({"on": list(report.on), "waiting": waiting, "refused": refused})
        return
    click.echo(f"On: {', '.join(report.on) or 'none'}")
    for item in waiting:
        click.echo(f"Waits since {as_shown(item['since'])}: refund {item['refund']} for the order {item['order']}")
    for item in refused:
        what = " ".join(filter(None, (item["source"], item["topic"])))
        click.echo(f"Refused {as_shown(item['at'])}: {what}: {item['place']}: {item['reason']}")
