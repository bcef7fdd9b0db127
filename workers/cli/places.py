"""``mobilise places``: import a file of postcodes, find where one is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from workers.cli.context import Context, pass_context
from workers.cli.shown import json_option, show_json

if TYPE_CHECKING:
    from workers.campaign.place_file import PlaceFile
    from workers.store import Store

#: Exit status of an import that left rows out.
ROWS_REFUSED = 3
#: Characters of a line that are read at once: no row of a directory comes near.
_LINE = 65_536

_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


@click.group("places", short_help="which postcode is in which constituency: import FILE, find POSTCODE")
def places() -> None:
    """Which postcode is in which constituency."""


@places.command("import", short_help="take postcodes and their constituencies from a CSV file")
@click.argument("file", type=_FILE)
@json_option
@pass_context
def import_file(context: Context, file: Path, as_json: bool) -> None:
    """Replace the known places by those in FILE, at one moment.

    FILE is any CSV with a column of postcodes (pcds, pcd, postcode) and columns of GSS codes (pcon_gss_2010, pcon24cd,
    gss, constituency_code). Digits in a column's name tell the generation of boundaries; generations that FILE does not
    have stay as they are. A row that cannot be used is counted and stops nothing.

    Exit status: 0 all rows taken, 3 some rows refused, 1 nothing done.
    """
    found, counts = _import(context.store, file)
    report = {
        "generations": counts,
        "rows": found.taken,
        "in_no_constituency": found.nowhere,
        "refused": found.refused,
        "refused_rows": [{"row": remark.row, "reason": remark.text} for remark in found.shown],
    }
    show_json(report) if as_json else _show_import(file.name, report)
    if found.refused:
        click.get_current_context().exit(ROWS_REFUSED)


def _import(store: Store, path: Path) -> tuple[PlaceFile, dict[str, int]]:
    from rich.progress import TaskProgressColumn

    from workers.campaign.place_file import PlaceFile
    from workers.campaign.sectors import gather
    from workers.campaign.table import refuse_other_kinds
    from workers.cli.progress import progress

    with path.open("rb") as head:
        refuse_other_kinds(head.read(4))
    with (
        progress(TaskProgressColumn()) as shown,
        shown.open(path, "r", encoding="utf-8-sig", errors="surrogateescape", description="places") as text,
    ):
        found = PlaceFile(_lines(text))
        changes = store.places.put(gather(found), file=path.name)
        return found, {generation: change.postcodes for generation, change in changes.items()}


def _lines(text: TextIO) -> Iterator[str]:
    """Lines of bounded length: what is longer comes in pieces, which are no rows."""
    while line := text.readline(_LINE):
        yield line


def _show_import(name: str, report: dict[str, Any]) -> None:
    click.echo(f"{name}: {report['rows']:,} rows")
    for generation, number in report["generations"].items():
        click.echo(f"  {number:,} postcodes for the boundaries {_boundaries(generation)}")
    if report["in_no_constituency"]:
        click.echo(f"  {report['in_no_constituency']:,} rows are in no constituency")
    if report["refused"]:
        click.secho(f"  {report['refused']:,} rows refused", fg="red")
    for row in report["refused_rows"]:
        click.echo(f"    row {row['row']}: {row['reason']}")
    if report["refused"] > len(report["refused_rows"]):
        click.echo(f"    … and {report['refused'] - len(report['refused_rows']):,} more")


@places.command("find", short_help="the constituency of a postcode, and whose candidates stand there")
@click.argument("postcode")
@json_option
@pass_context
def find(context: Context, postcode: str, as_json: bool) -> None:
    """Say which constituency POSTCODE is in, for each generation of boundaries, and whose candidates stand there.

    Capitals, blanks and dashes do not matter; the letters O and I are understood where 0 and 1 are meant.
    """
    from workers.campaign.postcodes import normal_postcode

    seats = context.store.places.find(postcode)
    slugs = sorted(context.campaigns)
    report = {
        "postcode": normal_postcode(postcode),
        "places": [
            {"boundaries": generation, "constituency": gss, **_standing(context.store, slugs, gss)}
            for generation, place in seats.items()
            for gss in place.seats
        ],
    }
    show_json(report) if as_json else _show_found(report)


def _standing(store: Store, slugs: list[str], gss: str) -> dict[str, Any]:
    found = {slug: store.candidates.of(slug, gss) for slug in slugs}
    names = [candidate.constituency_name for candidates in found.values() for candidate in candidates]
    counts = {slug: len(candidates) for slug, candidates in found.items() if candidates}
    return {"name": next(filter(None, names), ""), "candidates": counts}


def _show_found(report: dict[str, Any]) -> None:
    click.secho(report["postcode"], bold=True)
    for place in report["places"]:
        seat = f"{place['constituency']} {place['name']}".rstrip()
        click.echo(f"  boundaries {_boundaries(place['boundaries'])}: {seat}")
        for slug, number in place["candidates"].items():
            click.echo(f"    {slug}: {number:,} candidates")
        if not place["candidates"]:
            click.echo("    no campaign has candidates there")


def _boundaries(generation: str) -> str:
    return f"of {generation}" if generation else "of no known year"
