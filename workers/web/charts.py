"""Charts that are drawn on the server: bars of counts, how a number grew, and what happened each minute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import accumulate
from typing import NamedTuple


class Bar(NamedTuple):
    """One name and its number; ``share`` is per cent of the longest bar."""

    name: str
    number: int
    share: str


class Day(NamedTuple):
    """One day on which something was added, and all until its end."""

    date: date
    added: int
    total: int


class Growth(NamedTuple):
    """A number by day: the line in a box of 1000 by 100, and the table behind it; no days, no growth."""

    days: list[Day]
    line: str
    area: str

    @property
    def total(self) -> int:
        return self.days[-1].total if self.days else 0


class Column(NamedTuple):
    """One minute in a box of 100: what went well stands above the line at 70, what failed hangs below it."""

    x: int
    top: str
    height: str
    below: str
    number: int
    failed: int


class Columns(NamedTuple):
    """A number by minute; ``most`` is the highest, ``now`` the newest whole minute."""

    columns: list[Column]
    most: int
    now: int
    total: int
    failed: int


def columns(numbers: Sequence[int], failed: Sequence[int]) -> Columns:
    """Each is ten wide; the highest fills the box. What is not zero can be seen."""
    most, most_failed = max(numbers, default=0), max(failed, default=0)
    drawn = [
        Column(10 * x, f"{70 - up:.1f}", f"{up:.1f}", f"{_height(bad, most_failed, 28):.1f}", number, bad)
        for x, (number, bad) in enumerate(zip(numbers, failed, strict=True))
        for up in [_height(number, most, 70)]
    ]
    return Columns(drawn, most, numbers[-2] if len(numbers) > 1 else 0, sum(numbers), sum(failed))


def line(numbers: Sequence[int]) -> str:
    """How a number went, as a path in a box of 20 by as many as there are; "" where it was always nothing."""
    most = max(numbers, default=0)
    points = (f"{x} {20 - 20 * number / most:.0f}" for x, number in enumerate(numbers)) if most else ()
    return "M" + "L".join(points) if most else ""


def _height(number: int, most: int, whole: int) -> float:
    return max(1.5, whole * number / most) if number else 0.0


def bars(counts: Mapping[str, int], otherwise: str) -> list[Bar]:
    """Most first; ``otherwise`` is the name of what has none."""
    most = max(counts.values(), default=1)
    ordered = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return [Bar(name or otherwise, count, f"{100 * count / most:.1f}") for name, count in ordered]


def growth(dates: Iterable[date]) -> Growth:
    """How many there were at the end of each day."""
    added = sorted(Counter(dates).items())
    totals = accumulate(number for _, number in added)
    days = [Day(day, number, total) for (day, number), total in zip(added, totals, strict=True)]
    if not days:
        return Growth([], "", "")
    line = "M0 100" + "".join(_steps(days))
    return Growth(days, line, f"{line}V100Z")


def _steps(days: list[Day]) -> Iterator[str]:
    """A step up in the middle of its day; each day is as wide as another."""
    first, total = days[0].date, days[-1].total
    width = 1000 / ((days[-1].date - first) / timedelta(days=1) + 1)
    for day in days:
        x = ((day.date - first).days + 0.5) * width
        yield f"H{x:.1f}V{100 - 100 * day.total / total:.1f}"
    yield "H1000"
