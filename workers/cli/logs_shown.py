"""How ``mobilise logs`` shows lines, and the summary of many."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

import click

from workers.cli.shown import show_rows
from workers.logbook.columns import Columns
from workers.logbook.rates import Rates

if TYPE_CHECKING:
    from workers.logbook.sifting import Head

#: Seconds between two pictures of a summary that is followed.
_REFRESH_S = 2.0


class Lines:
    """Each line, in columns or as it was written; in JSON what is no event goes to stderr."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._columns = Columns(colors=sys.stdout.isatty() and not os.environ.get("NO_COLOR"))
        self._out = sys.stdout.buffer

    def add(self, line: bytes, head: Head) -> None:
        if not self._as_json:
            self._out.write(self._columns.lines(line).encode("utf-8", "backslashreplace") + b"\n")
        elif head.event or line.startswith(b"{"):
            self._out.write(line + b"\n")
        else:
            sys.stderr.write(line.decode("utf-8", "replace") + "\n")

    def pause(self) -> None:
        """Shows what was added."""
        self._out.flush()

    def end(self) -> None:
        self._out.flush()


class Summary:
    """One row for each event; ``live`` draws it anew every two seconds."""

    def __init__(self, *, as_json: bool, live: bool) -> None:
        self._as_json, self._live = as_json, live
        self._rates, self._due = Rates(), time.monotonic() + _REFRESH_S / 4

    def add(self, _line: bytes, head: Head) -> None:
        self._rates.add(head)

    def pause(self) -> None:
        """Draws, if it is time to."""
        if self._live and time.monotonic() >= self._due:
            self._due = time.monotonic() + _REFRESH_S
            if sys.stdout.isatty() and not self._as_json:
                click.clear()
            self._show()

    def end(self) -> None:
        self._show()

    def _show(self) -> None:
        rows = self._rates.rows()
        if not self._as_json:
            for row in rows:
                row |= {name: str(row[name])[11:19] for name in ("first", "last")}
        show_rows(rows, as_json=self._as_json, empty="no such line")
        sys.stdout.flush()
