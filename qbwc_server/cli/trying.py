"""The job without a QuickBooks: demo, simulation, and everything that can go wrong."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

from qbwc_server.cli.root import cli
from qbwc_server.cli.terminal import fail, json_option, make_console, password_from_stdin, print_json


@cli.command()
@click.option(
    "--refunds", "count", default=24, show_default=True, type=click.IntRange(1, 100_000), help="How many the shop has."
)
@click.option("--seed", default=1, show_default=True, type=int, help="Another seed, another shop.")
@click.option("--serve", "keep_serving", is_flag=True, help="Leave the web pages up at the end.")
@click.option("--save", type=click.Path(file_okay=False, path_type=Path), help="Keep the orders and the company here.")
@json_option
def demo(count: int, seed: int, keep_serving: bool, save: Path | None, as_json: bool) -> None:
    """Run the whole job on this machine with a simulated QuickBooks."""
    from qbwc_server.demo.run import DemoError, DemoOptions, DemoResult, run_demo

    options = DemoOptions(refunds=count, seed=seed, keep_serving=keep_serving, save=save)

    def told(result: DemoResult) -> None:
        if as_json:
            print_json(result.as_dict())

    try:
        result = run_demo(options, None if as_json else make_console(), told)
    except (DemoError, OSError) as error:  # such as a folder that can't be written
        fail(f"the demo can't be run: {error}")
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
    password = password_from_stdin()
    try:
        outcome = simulate(SimulationOptions(password=password, **options), None if as_json else click.echo)
    except SimulationError as error:
        fail(str(error))
    if as_json:
        print_json(outcome.as_dict())
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
    console = make_console()
    with console.status("Playing schedules") if not as_json else nullcontext() as shown:
        tally = torture(
            options, after=None if shown is None else lambda done: shown.update(f"{done:,} of {schedules:,} schedules")
        )
    if as_json:
        print_json(tally.as_dict())
    else:
        console.print(report(tally.as_dict()))
    if not tally.is_clean:
        sys.exit(1)
