"""CSV that a spreadsheet only shows: no cell is taken for a formula, whoever wrote its text."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import StringIO

#: Signs that begin a formula in some spreadsheet, in wide letters too; a tab or line break hides the next one.
_BEGINS_FORMULA = frozenset("=+-@\t\r\n\N{EN DASH}\N{MINUS SIGN}\uff1d\uff0b\uff0d\uff20")


def safe_cell(text: str) -> str:
    """``text``, with an apostrophe before it where a spreadsheet would compute it."""
    bare = text.lstrip(" \N{NO-BREAK SPACE}\ufeff")
    return f"'{text}" if bare[:1] and bare[0] in _BEGINS_FORMULA else text


def csv_lines(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> Iterator[str]:
    """A header and a line for each row; every cell is quoted, so that no other separator cuts one in two."""
    line = StringIO(newline="")
    writer = csv.writer(line, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    for cells in (columns, *([str(row[column]) for column in columns] for row in rows)):
        writer.writerow([safe_cell(cell) for cell in cells])
        yield line.getvalue()
        line.seek(0)
        line.truncate()
