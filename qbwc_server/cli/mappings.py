"""What the shop's names are in QuickBooks: SKUs and items, payment gateways and accounts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click
from rich.markup import escape

from qbwc_server.cli.root import cli
from qbwc_server.cli.terminal import (
    WHO,
    configuration,
    counted,
    file_content,
    json_option,
    make_console,
    make_table,
    now,
    opened_database,
    print_json,
    write_file,
)
from qbwc_server.refunds.gateways import Gateway
from qbwc_server.store import known_lists, mappings
from qbwc_server.store.connections import (
    connection_named,
)


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
        print_json(found)
    elif not found:
        click.echo(f"No SKU is mapped yet; map one with: connex mapping {name} items set SKU ITEM")
    else:
        table = make_table("SKU", "Item")
        for sku, item in found.items():
            table.add_row(escape(sku), escape(item))
        make_console().print(table)


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
    with opened_database(configuration()) as database, database.transaction() as session:
        mappings.remove_item(session, connection_named(session, name), sku, now(), WHO)
    click.echo(f"{sku.strip()} is not mapped any more.")


@mapping_items.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def import_items(name: str, file: Path) -> None:
    """Read a table (CSV) with the columns sku and item: all of it, or nothing."""
    items = mappings.read_table(file_content(file))
    changed = _set_items(name, items)
    click.echo(f"Read {counted(len(items), 'SKU')}, of which {changed} new or changed.")


@mapping_items.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
def export_items(name: str, file: Path) -> None:
    """Write the SKUs and their items as a table (CSV)."""
    found = _item_mappings(name)
    write_file(file, mappings.written_table(found))
    click.echo(f"Wrote {counted(len(found), 'SKU')} to {file}.")


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
        print_json([dict(zip(mappings.GATEWAY_COLUMNS, row, strict=True)) for row in rows])
    elif not rows:
        click.echo(f"No gateway is mapped yet; map one with: connex mapping {name} gateways set GATEWAY ACCOUNT")
    else:
        table = make_table("Gateway", "Account", "Payment method", "Refund method")
        for row in rows:
            table.add_row(*(escape(text) for text in row))
        make_console().print(table)


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
    with opened_database(configuration()) as database, database.transaction() as session:
        mappings.remove_gateway(session, connection_named(session, name), gateway, now(), WHO)
    click.echo(f"{gateway.strip()} is not mapped any more.")


@mapping_gateways.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def import_gateways(name: str, file: Path) -> None:
    """Read a table (CSV) with the columns gateway, account, payment_method and refund_method: all of it, or nothing."""
    gateways = mappings.read_gateway_table(file_content(file))
    changed = _set_gateways(name, gateways)
    click.echo(f"Read {counted(len(gateways), 'gateway')}, of which {changed} new or changed.")


@mapping_gateways.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
def export_gateways(name: str, file: Path) -> None:
    """Write the gateways and how their refunds are paid out as a table (CSV)."""
    found = _gateway_mappings(name)
    write_file(file, mappings.written_gateway_table(found))
    click.echo(f"Wrote {counted(len(found), 'gateway')} to {file}.")


def _gateway_mappings(name: str) -> dict[str, Gateway]:
    with opened_database(configuration()) as database, database.reading() as session:
        return mappings.gateway_mappings(session, connection_named(session, name).id)


def _set_gateways(name: str, gateways: Mapping[str, Gateway]) -> int:
    with opened_database(configuration()) as database, database.transaction() as session:
        found = connection_named(session, name)
        changed = mappings.set_gateways(session, found, gateways, now(), WHO)
        lists = known_lists.lists_of(found.company)
    for gateway, mapped in gateways.items():
        problem = known_lists.gateway_problem(mapped, lists)
        if problem:
            click.echo(f"To know: {gateway} is mapped, but {problem}; its refunds wait for a person.", err=True)
    return changed


def _item_mappings(name: str) -> dict[str, str]:
    with opened_database(configuration()) as database, database.reading() as session:
        return mappings.item_mappings(session, connection_named(session, name).id)


def _set_items(name: str, items: Mapping[str, str]) -> int:
    with opened_database(configuration()) as database, database.transaction() as session:
        return mappings.set_items(session, connection_named(session, name), items, now(), WHO)
