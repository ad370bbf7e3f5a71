"""Refunds: read from files, listed, decided about."""

from __future__ import annotations

import sys
import zoneinfo
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import click

from qbwc_server.cli.root import NOTHING_READ, SOME_REFUSED, cli
from qbwc_server.cli.terminal import (
    WHO,
    configuration,
    counted,
    fail,
    file_content,
    json_option,
    make_console,
    now,
    opened_database,
    print_json,
    print_json_list,
)
from qbwc_server.refunds.chosen import ChosenSale, UnusableSaleName, by_txn_id, named
from qbwc_server.refunds.reasons import Status
from qbwc_server.store import webhooks
from qbwc_server.store.connections import (
    connection_named,
    settings_of,
)
from qbwc_server.store.database import Database
from qbwc_server.store.decisions import MAX_REFUNDS_AT_ONCE, Act, DecisionError, refund_of
from qbwc_server.store.decisions import decide as carry_out_decision
from qbwc_server.store.refunds import take_in
from qbwc_server.store.reports import every_refund, refund_as_dict, review_as_dict, waiting_for_people

ROWS_IN_A_TABLE = 500  # refunds; further ones are another table, so that memory stays small
MAX_REFUND_ID = 2**31 - 1  # what the database's key column holds


@cli.command("import")
@click.argument("name")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--format", "file_format", help="shopify, woocommerce, csv or json; told from the file where left out.")
@json_option
def import_(name: str, file: Path, file_format: str | None, as_json: bool) -> None:
    """Read orders and refunds from a file. The same file twice changes nothing."""
    from qbwc_server.sources import UnreadableFile, read_orders

    config = configuration()
    with opened_database(config) as database:
        with database.reading() as session:
            settings = settings_of(connection_named(session, name))
        zone = zoneinfo.ZoneInfo(settings.time_zone or config.time_zone)
        try:
            reading = read_orders(
                file_content(file),
                format=file_format,
                shop=settings.shop,
                time_zone=zone,
                refunds_of=_waiting_refunds(database, name),
            )
        except UnreadableFile as error:
            if as_json:
                print_json({"error": str(error)})
                sys.exit(NOTHING_READ)
            fail(f"{file}: {error}")
        with database.transaction() as session:
            connection = connection_named(session, name)
            result = take_in(
                session, connection, reading.refunds, now(), keep_known=reading.provisional, told=reading.told
            )
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
        print_json(counts | {"refused": refused})
    else:
        click.echo(
            f"Read {counted(counts['orders'], 'order')} with {counted(counts['refunds'], 'refund')}: "
            f"{counts['new']} new, {counts['unchanged']} known already, {counts['changed']} changed."
        )
        if counts["changed_too_late"]:
            click.echo(
                "Changed by the shop after they had left for QuickBooks, so a person has to decide: "
                f"{counted(counts['changed_too_late'], 'refund')}."
            )
        for item in refused:
            click.echo(f"Refused: {item['place']}: {item['reason']}", err=True)
    if refused:
        sys.exit(SOME_REFUSED if reading.refunds or reading.sound_orders else NOTHING_READ)


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
    from qbwc_server.demo.report import refund_table

    with opened_database(configuration()) as database, database.reading() as session:
        found = connection_named(session, name)
        rows = map(refund_as_dict, every_refund(session, found.id, status=status))
        if as_json:
            print_json_list(rows)
            return
        blocks = iter(lambda: list(islice(rows, ROWS_IN_A_TABLE)), [])
        block = next(blocks, None)
        if block is None:
            there_are_none = f"There are no refunds yet; read some with: connex import {name} FILE"
            click.echo(f"There are no refunds with the status {status}." if status else there_are_none)
        while block is not None:
            make_console().print(refund_table(block, limit=len(block), for_commands=True))
            block = next(blocks, None)


@cli.command()
@click.argument("name")
@json_option
def review(name: str, as_json: bool) -> None:
    """List the refunds that wait for a person, with what would be entered line by line."""
    with opened_database(configuration()) as database, database.reading() as session:
        found = connection_named(session, name)
        rows = map(review_as_dict, waiting_for_people(session, found.id))
        if as_json:
            print_json_list(rows)
            return
        is_empty = True
        for row in rows:
            is_empty = False
            _print_review(name, row)
        if is_empty:
            click.echo("Nothing waits for a person.")


def _print_review(name: str, row: Mapping[str, Any]) -> None:
    click.echo(f"Refund {row['id']} of order {row['order_number']}, {row['amount']} {row['currency']}")
    click.echo(f"  {row['status']}: {row['reason']['message'] if row['reason'] else '-'}")
    for notice in row["notices"]:
        when = "When it is entered" if notice["code"] in row["notices_when_entered"] else "To know"
        click.echo(f"  {when}: {notice['message']}")
    for line in row["plan"]:
        click.echo(f"  {_plan_line(line)}")
    for other in row["candidates"]:
        click.echo(f"  In QuickBooks: {_candidate_line(other)}")
    click.echo(f"  To decide: connex decide {name} {'|'.join(row['acts'])} {row['id']} --note TEXT")
    if Act.CHOOSE_SALE.value in row["acts"]:
        which = '--txn-id TXNID, or --sale "Invoice 1001"'
        click.echo(f"  To choose the sale: connex decide {name} choose-sale {row['id']} --note TEXT {which}")


@cli.command()
@click.argument("name")
@click.argument("act", type=click.Choice([act.value for act in Act]))
@click.argument("refund_ids", nargs=-1, required=True, type=click.IntRange(1, MAX_REFUND_ID), metavar="REFUND_ID...")
@click.option("--note", default="", help="Why; it is kept with the refund.")
@click.option("--by", "who", default=WHO, show_default=True, help="Who decides; it is kept with the refund.")
@click.option("--seen", type=int, help="The version that was looked at; refused where the refund has changed since.")
@click.option(
    "--txn-id",
    "txn_ids",
    multiple=True,
    help="For adopt and choose-sale: the transaction in QuickBooks, by its TxnID.",
)
@click.option("--sale", "sale_name", help='For choose-sale: the sale by kind and number, such as "Invoice 1001".')
@json_option
def decide(
    name: str,
    act: str,
    refund_ids: Sequence[int],
    note: str,
    who: str,
    seen: int | None,
    txn_ids: Sequence[str],
    sale_name: str | None,
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
    choose-sale   which sale it is of: --txn-id TXNID or --sale "Invoice 1001"
    forget-sale   look for the sale by the order's number again
    """
    if len(refund_ids) > MAX_REFUNDS_AT_ONCE:
        fail(f"{len(refund_ids)} refunds are given; at most {MAX_REFUNDS_AT_ONCE} can be decided at once")
    if len(refund_ids) > 1 and (seen is not None or txn_ids or sale_name is not None):
        raise click.UsageError("--seen, --txn-id and --sale belong to one refund; give one REFUND_ID with them.")
    sale = _chosen_sale(Act(act), txn_ids, sale_name)
    done: list[dict[str, Any]] = []
    refused: list[dict[str, Any]] = []
    with opened_database(configuration()) as database:
        for refund_id in dict.fromkeys(refund_ids):
            try:
                with database.transaction() as session:
                    row = refund_of(session, connection_named(session, name), refund_id)
                    carry_out_decision(
                        session, row, Act(act), who=who, note=note, now=now(), seen=seen, txn_ids=txn_ids, sale=sale
                    )
                    code = row.reason["code"] if row.reason else None
                    done.append({"id": row.id, "order_number": row.order_number, "status": row.status, "reason": code})
            except DecisionError as error:
                refused.append({"id": refund_id, "reason": str(error)})
    if as_json:
        print_json({"act": act, "done": done, "refused": refused})
    else:
        for item in done:
            since = "" if act == Act.NOTE.value else " now"
            click.echo(f"{act}: refund {item['id']} of order {item['order_number']} is {item['status']}{since}.")
        for item in refused:
            click.echo(f"connex: {item['reason']}", err=True)
    if refused:
        sys.exit(1)


def _chosen_sale(act: Act, txn_ids: Sequence[str], name: str | None) -> ChosenSale | None:
    """The sale that is chosen; None where another act was asked for."""
    if act is not Act.CHOOSE_SALE:
        if name is not None:
            raise click.UsageError("--sale goes with choose-sale only.")
        return None
    if len(txn_ids) + (name is not None) != 1:
        raise click.UsageError('choose-sale takes one sale: --txn-id TXNID or --sale "Invoice 1001".')
    try:
        return by_txn_id(txn_ids[0]) if name is None else named(name)
    except UnusableSaleName as error:
        fail(str(error))


def _plan_line(line: Mapping[str, Any]) -> str:
    figures = [line["quantity"] and f"{line['quantity']} x", line["item"], line["description"]]
    words = " ".join(str(word) for word in figures if word)
    parts = [f"{line['document']} {line['ref_number']}".strip(), line["day"], words, line["amount"], line["account"]]
    return " | ".join(str(part) for part in parts if part) + f" ({line['state']})"


def _candidate_line(other: Mapping[str, Any]) -> str:
    whose = f" for {other['customer']}" if other.get("customer") else ""
    what = f"{other['type']} {other['ref_number'] or '-'} of {other['date']} over {other['amount']}{whose}"
    return f"{what}, {other['txn_id']}"
