"""What a spreadsheet opens must not compute."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path

import pytest

from workers.campaign.spreadsheet import csv_lines, safe_cell


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", " =1", "\N{NO-BREAK SPACE}=1", "\uff1d1"]
)
def test_what_begins_like_a_formula_becomes_text(text: str):
    """An apostrophe is what spreadsheets themselves use for it."""
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Ada", "O'Hara", "Ada = Eve", "1", "https://news.example/=1"])
def test_anything_else_stays_as_it_is(text: str):
    """Names are not to be spoilt."""
    assert safe_cell(text) == text


def test_published_formulas_are_text_in_every_column_and_with_every_separator(shared: Path):
    """Somewhere a semicolon separates: a cell that is not quoted would be cut in two."""
    lines = [line for line in (shared / "hostile" / "csv_formula.txt").read_text().split("\n") if line]
    written = "".join(csv_lines(["name"], [{"name": f"{line};{line}"} for line in lines]))
    read = [row[0] for row in csv.reader(StringIO(written), delimiter=";")][1:]
    assert len(read) == len(lines)
    assert not [cell for cell in read if cell.lstrip()[:1] in "=+-@\t"]
