"""How people, and what an import would change, look on a terminal and in JSON."""

from __future__ import annotations

from typing import Any

import click

from workers.cli.shown import plain
from workers.people import Count, Import

#: Refused rows that are shown; JSON has a thousand.
_SHOWN = 20

_WORDS = {
    "new": "new",
    "changed": "changed",
    "unchanged": "as before",
    "bulletins": "agree to bulletins",
    "calls": "agree to calls",
    "without_constituency": "without a constituency: no postcode, or one that is not among the places imported",
    "refused": "rows refused",
}


def _counts(count: Count) -> dict[str, int]:
    return {name: getattr(count, name) for name in _WORDS}


def import_record(found: Import, count: Count, name: str, *, applied: bool) -> dict[str, Any]:
    """What an import found, and whether it was done."""
    rows = [{"row": remark.row, "reason": remark.text} for remark in count.shown]
    said = {"file": name, "applied": applied, "rows": count.rows, **_counts(count)}
    return said | {"refused_rows": rows, "remark": found.remark}


def show_difference(found: Import, count: Count, name: str) -> None:
    """What would change, before anything is changed."""
    click.secho(f"{plain(name)}: {count.rows:,} rows", bold=True)
    if found.remark:
        click.secho(found.remark, fg="yellow")
    for key, number in _counts(count).items():
        if number or key in {"new", "changed"}:
            click.echo(f"{number:9,}  {_WORDS[key]}")
    if not (count.bulletins or count.calls) and count.new + count.changed:
        said = "Nobody here agrees to bulletins or calls, so nobody will be mailed: see --purpose."
        click.secho(said, fg="yellow")
    for remark in count.shown[:_SHOWN]:
        click.secho(f"  row {remark.row:,}: {remark.text}", fg="red")
    if count.refused > _SHOWN:
        click.secho(f"  … and {count.refused - _SHOWN:,} more", fg="red")


def show_end(count: Count, *, done: bool, dry_run: bool) -> None:
    """What was done."""
    if done:
        click.secho(f"Done: {count.new:,} people added, {count.changed:,} changed.", fg="green")
    elif count.rows == count.refused:
        click.secho("There is nobody in it who could be added: nothing was changed.", fg="yellow")
    elif not (count.new or count.changed):
        click.secho("Nothing to change: the ledger says what the file says.", fg="green")
    elif dry_run:
        click.secho("Dry run: nothing was changed.", fg="green")
