"""How things are shown: a table for people, one line of JSON for programs; and how a deed is confirmed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from rich.console import Console

F = TypeVar("F", bound=Callable[..., Any])

#: Columns of a table that goes into a file or a pipe: wide enough that nothing is cut off.
_WIDE = 100_000


class _NoTerminalError(click.ClickException):
    """Raised where a question would have to be asked and nobody is there: one line, without the usage."""

    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(f"error: {self.format_message()}", err=True, file=file)


def json_option(command: F) -> F:
    """Adds ``--json``, handed to the command as ``as_json``."""
    return click.option("--json", "as_json", is_flag=True, help="Show as one line of JSON.")(command)


def yes_option(command: F) -> F:
    """Adds ``--yes``, handed to the command as ``yes``: see ``confirm``."""
    return click.option("--yes", "-y", is_flag=True, help="Do it without asking.")(command)


def confirm(question: str, *, yes: bool) -> None:
    """Returns if the answer is yes; asks only on a terminal, elsewhere ``--yes`` is needed."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise _NoTerminalError(f"{question} Say --yes to do it: there is no terminal to ask on.")
    click.confirm(question, abort=True, err=True)


def show_json(value: object) -> None:
    """One line of JSON on stdout; datetimes as RFC 3339, records as objects."""
    import msgspec

    click.echo(msgspec.json.encode(value, enc_hook=str).decode())


def show_rows(
    rows: Iterable[Mapping[str, object]],
    *,
    as_json: bool = False,
    title: str = "",
    columns: Sequence[str] = (),
    empty: str = "nothing to show",
) -> None:
    """A table with a column for each key (or ``columns``), or a JSON list of the rows."""
    rows = list(rows)
    if as_json:
        show_json(rows)
    elif not rows:
        click.echo(empty)
    else:
        _show_table(rows, list(columns or rows[0]), title)


def show_record(record: Mapping[str, object], *, as_json: bool = False) -> None:
    """A line for each key, or one JSON object."""
    if as_json:
        show_json(record)
        return
    width = max(map(len, record), default=0)
    for key, value in record.items():
        text = plain(value, keep_lines=True).replace("\n", f"\n{' ' * (width + 2)}")
        click.echo(f"{click.style(_heading(key).ljust(width), bold=True)}  {text}")


def plain(value: object, *, keep_lines: bool = False) -> str:
    """``value`` as a cell: no control characters, so that a stranger's text cannot move the cursor."""
    keep = "\n" if keep_lines else ""
    return "".join(char if char.isprintable() or char in keep else " " for char in _words(value))


def _words(value: object) -> str:
    match value:
        case None | bool():
            return {None: "", True: "yes", False: "no"}[value]
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        case list() | tuple() | set() | frozenset():
            return ", ".join(_words(part) for part in value)
        case Mapping():
            return ", ".join(f"{key}: {_words(part)}" for key, part in value.items())
        case _:
            return str(value)


def console(*, to_stderr: bool = False) -> Console:
    """A rich console: for progress bars on stderr, for tables on stdout. Its markup and guesses are off."""
    from rich.console import Console

    stream = sys.stderr if to_stderr else sys.stdout
    width = None if stream.isatty() else _WIDE
    return Console(file=stream, width=width, markup=False, highlight=False, emoji=False)


def _show_table(rows: list[Mapping[str, object]], columns: list[str], title: str) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, title=Text(title) if title else None, title_justify="left", pad_edge=False)
    for column in columns:
        numbers = all(isinstance(row.get(column), int | float) for row in rows)
        table.add_column(Text(_heading(column)), justify="right" if numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(plain(row.get(column))) for column in columns))
    console().print(table)


def _heading(key: str) -> str:
    return plain(key).replace("_", " ")
