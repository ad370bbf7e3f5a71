"""Charts as plain figures for an inline SVG: where each bar stands and how tall it is. Drawn by the template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 700, 180
LEFT, BOTTOM = 40, 24  # for the figures and the days
GAP = 0.3  # of a day's width


@dataclass(frozen=True)
class Bar:
    """One part of a column."""

    kind: str
    x: float
    y: float
    width: float
    height: float
    value: int


@dataclass(frozen=True)
class Mark:
    """A figure on the left with its line."""

    value: int
    y: float


@dataclass(frozen=True)
class Columns:
    """Stacked columns with their scale."""

    bars: tuple[Bar, ...]
    centres: tuple[float, ...]  # of the columns
    marks: tuple[Mark, ...]


def columns(counts: Sequence[Mapping[str, int]], kinds: Sequence[str]) -> Columns:
    """Columns of these counts, the kinds stacked in their order from below.

    >>> [bar.height for bar in columns([{"posted": 4}, {"posted": 2}], ["posted"]).bars]
    [148.0, 74.0]
    """
    top = _round_top(max((sum(each.values()) for each in counts), default=0))
    height = HEIGHT - BOTTOM - 8
    step = (WIDTH - LEFT) / max(1, len(counts))
    bars, centres = [], []
    for number, each in enumerate(counts):
        x = LEFT + number * step
        centres.append(round(x + step / 2, 1))
        base = float(HEIGHT - BOTTOM)
        for kind in kinds:
            value = each.get(kind, 0)
            if not value:
                continue
            tall = value * height / top
            base -= tall
            width = round(step * (1 - GAP), 1)
            bars.append(Bar(kind, round(x + step * GAP / 2, 1), round(base, 1), width, round(tall, 1), value))
    values = sorted({0, top // 2 if top > 1 else 0, top})
    marks = tuple(Mark(value, round(HEIGHT - BOTTOM - value * height / top, 1)) for value in values)
    return Columns(tuple(bars), tuple(centres), marks)


def _round_top(highest: int) -> int:
    """The scale's end: the least of 2, 4, 6, 10, 20, 40, 60, 100, ... that holds the highest column."""
    unit = 1
    while True:
        for top in (2, 4, 6, 10):
            if highest <= top * unit:
                return top * unit
        unit *= 10
