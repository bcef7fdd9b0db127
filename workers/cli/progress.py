"""Progress bars on the terminal; where there is none they keep silent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from workers.cli.shown import console


@contextmanager
def bar(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """Gives a function that moves the bar by so many of ``total``."""
    with progress(MofNCompleteColumn()) as shown:
        task = shown.add_task(what, total=total)
        yield lambda number: shown.advance(task, number)


def progress(*columns: TaskProgressColumn | MofNCompleteColumn) -> Progress:
    """A bar on standard error, so that standard output holds results only."""
    terminal = console(to_stderr=True)
    shown = (TextColumn("{task.description}"), BarColumn(), *columns, TimeRemainingColumn())
    return Progress(*shown, console=terminal, disable=not terminal.is_terminal)
