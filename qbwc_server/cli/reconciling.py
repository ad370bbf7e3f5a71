"""What was entered beside what QuickBooks has."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.markup import escape

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
    print_json,
    write_file,
)
from qbwc_server.store import reconciliations
from qbwc_server.store.connections import (
    connection_named,
)


@cli.command("reconcile")
@click.argument("name")
@click.option("--last", is_flag=True, help="Show the newest report instead of asking for another.")
@click.option(
    "--csv", "csv_file", type=click.Path(dir_okay=False, path_type=Path), help="Write the newest report's findings."
)
@json_option
def reconcile(name: str, last: bool, csv_file: Path | None, as_json: bool) -> None:
    """Compare all that was entered with what QuickBooks has, when the Web Connector runs next."""
    with opened_database(configuration()) as database:
        if not (last or csv_file):
            with database.transaction() as session:
                asked = reconciliations.report_as_dict(
                    reconciliations.ask(session, connection_named(session, name), now(), WHO)
                )
            if as_json:
                print_json(asked)
            else:
                click.echo(f"It is done when the Web Connector runs next; then see: connex reconcile {name} --last")
            return
        with database.reading() as session:
            found = reconciliations.newest_report(session, connection_named(session, name))
            if found is None:
                fail(f"there is no report of {name} yet; ask for one with: connex reconcile {name}")
            report, written = reconciliations.report_as_dict(found), reconciliations.findings_as_csv(found.findings)
    if csv_file is not None:
        write_file(csv_file, written.encode("utf-8"))
    if as_json:
        print_json(report)
        return
    _show_report(report)


def _show_report(report: Mapping[str, Any]) -> None:
    findings = report["findings"]
    finished = datetime.fromisoformat(report["finished_at"]) if report["finished_at"] else None
    click.echo(
        f"{as_shown(finished)}: {counted(report['checked'], 'posting')} compared, "
        f"{counted(report['looked_through'], 'transaction')} looked through, {counted(len(findings), 'finding')}."
    )
    if report["message"]:
        click.echo(f"It was not completed: {report['message']}")
    if report["findings_left_out"]:
        click.echo(f"{report['findings_left_out']} more findings were not kept.")
    if findings:
        table = make_table("Order", "Kind", "What")
        for finding in findings:
            table.add_row(
                *(escape(text) for text in (finding["order_number"] or "-", finding["kind"], finding["message"]))
            )
        make_console().print(table)
