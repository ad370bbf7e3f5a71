"""What torture shows on the terminal. Nothing is told by colour alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from qbwc_server.torture.oracle import Verdict
from qbwc_server.torture.play import Circumstances
from qbwc_server.torture.schedule import Kind

MAX_FINDINGS = 5  # of one schedule


def report(told: Mapping[str, Any]) -> RenderableType:
    """The tables and sentences for what `Tally.as_dict` tells."""
    return Group(_incidents(told), _switches(told), *(Text(line) for line in (*_summary(told), *_troubles(told))))


def _incidents(told: Mapping[str, Any]) -> Table:
    table = Table(title="What happened", title_justify="left")
    table.add_column("Incident", ratio=1)
    table.add_column("Times", justify="right")
    for kind in Kind:
        table.add_row(Text(kind.value), f"{told['incidents'][kind.name]:,}")
    return table


def _switches(told: Mapping[str, Any]) -> Table:
    table = Table(title="With which QuickBooks, in schedules", title_justify="left")
    table.add_column("Switch")
    table.add_column("Values", ratio=1)
    values: dict[str, list[str]] = {}
    for key, count in told["switches"].items():
        name, _, value = key.partition("=")
        values.setdefault(name, []).append(f"{value}: {count:,}")
    for name, counted in values.items():
        table.add_row(Text(name), Text(", ".join(counted)))
    return table


def _summary(told: Mapping[str, Any]) -> Iterator[str]:
    rate = 1000 * told["seconds"] / told["schedules"] if told["schedules"] else 0
    yield (
        f"{told['schedules']:,} schedules in {told['seconds']:,.1f} seconds ({rate:,.0f} ms each), "
        f"{told['with_server_process']:,} of them with a server process; {told['message_sets']:,} message sets."
    )
    yield ", ".join(f"{told[verdict.value]:,} {verdict.value}" for verdict in Verdict) + " (schedules)."
    yield (
        f"{told['refunds']:,} refunds: " + ", ".join(f"{count:,} {name}" for name, count in told["statuses"].items())
    )
    yield "Waiting for a person because of what happened:"
    for circumstances in Circumstances:
        counted = told["to_review"][circumstances.name.lower()]
        reasons = ", ".join(f"{count:,} {code}" for code, count in counted["reasons"].items())
        yield f"    {circumstances.value}: {_of(counted)}{f': {reasons}' if reasons else ''}"
    kept = [told["to_review"][each.name.lower()] for each in (Circumstances.WITH_LATCH, Circumstances.WITHOUT_LATCH)]
    together = {name: sum(counted[name] for counted in kept) for name in ("refunds", "to_review")}
    yield f"    the first two, where QuickBooks keeps records and nobody meddled: {_of(together)}"
    if told["beyond_recall"]:
        yield (
            f"{told['beyond_recall']:,} schedules entered a refund twice because QuickBooks lost its record after the "
            "second copy was beyond recall (docs/reliability.md)."
        )
    yield f"After the last fault the queue was empty in {told['most_quiet_sessions']:,} sessions at most."


def _of(counts: Mapping[str, Any]) -> str:
    share = f" ({100 * counts['to_review'] / counts['refunds']:.2f} %)" if counts["refunds"] else ""
    return f"{counts['to_review']:,} of {counts['refunds']:,}{share}"


def _troubles(told: Mapping[str, Any]) -> Iterator[str]:
    for trouble in told["troubles"]:
        yield f"FOUND with {trouble['command']}"
        yield f"    {'; '.join(trouble['incidents'])}"
        for finding in trouble["findings"][:MAX_FINDINGS]:
            yield f"    {finding['verdict']}: {finding['text']}"
