"""``mobilise places``: import a file of postcodes, find where one is."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workers.cli.context import Context, pass_context
from workers.cli.shown import json_option, show_json, yes_option

if TYPE_CHECKING:
    from workers.campaign.place_file import PlaceFile
    from workers.campaign.sectors import Change, Place
    from workers.store import Store
    from workers.store.places import Import, Known

#: Exit status of an import that left rows out.
ROWS_REFUSED = 3
#: Neighbours that are named for a postcode that is not known.
_NEIGHBOURS = 5
#: Known postcodes from which on a file that lacks a third of them is taken for half a file.
_MANY = 1000

_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


@click.group("places", short_help="which postcode is in which constituency: import FILE, find POSTCODE")
def places() -> None:
    """Which postcode is in which constituency."""


@places.command("import", short_help="take postcodes and their constituencies from a CSV or a zip")
@click.argument("file", type=_FILE)
@click.option("--generation", metavar="YEAR", default="", help="Boundaries meant, where FILE does not tell.")
@click.option("--member", metavar="NAME", default="", help="The CSV inside a zip, where it is not clear which.")
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@yes_option
@json_option
@pass_context
def import_file(
    context: Context, file: Path, generation: str, member: str, *, dry_run: bool, yes: bool, as_json: bool
) -> None:
    """Replace the known places by those in FILE, at one moment.

    FILE is the ONS Postcode Directory, as CSV or as the zip it comes in, or any CSV with a column of postcodes (pcds,
    pcd, postcode) and columns of GSS codes (pcon_gss_2010, pcon24cd, gss, constituency_code). Digits in a column's name
    tell the generation of boundaries, else the codes do; generations that FILE does not have stay as they are.

    All constituencies of a postcode with several rows are kept. A row with a month in doterm is a terminated postcode:
    it is found as long as no other row has it in use. A row that cannot be used is counted and stops nothing. A file
    without a third of the postcodes that are known, of a thousand or more, is taken for half a file: --yes says no.
    People who are known keep their constituency until `mobilise people place` looks it up anew.

    Exit status: 0 all rows taken, 3 some rows refused, 1 nothing done.
    """
    if generation and not (generation.isascii() and generation.isdigit() and len(generation) == 4):
        raise click.BadParameter("a year of four figures, such as 2024", param_hint="--generation")
    found, inside, new = _compared(context.store, file, generation, member)
    report = {
        "file": file.name,
        "member": inside,
        "dry_run": dry_run,
        "generations": {begun: change.postcodes for begun, change in new.changes.items()},
        "changes": {begun: _change(change, found.told_by(begun)) for begun, change in new.changes.items()},
        "rows": found.taken,
        "in_no_constituency": sum(found.skipped.values()),
        "skipped": dict(found.skipped),
        "refused": found.refused,
        "refused_rows": [{"row": remark.row, "reason": remark.text} for remark in found.shown],
    }
    if not dry_run:
        _refuse_half(new, yes=yes)
        context.store.places.put(new, file=inside or file.name)
    show_json(report) if as_json else _show_import(report)
    if found.refused:
        click.get_current_context().exit(ROWS_REFUSED)


def _compared(store: Store, path: Path, generation: str, member: str) -> tuple[PlaceFile, str, Import]:
    from rich.progress import TaskProgressColumn

    from workers.campaign.place_file import PlaceFile
    from workers.cli.progress import progress
    from workers.placefiles import open_places

    with progress(TaskProgressColumn()) as shown:
        task = shown.add_task("places", total=None)
        with open_places(path, member=member, moved=lambda size: shown.advance(task, size)) as opened:
            shown.update(task, total=opened.size)
            found = PlaceFile(opened.lines, generation)
            gathered = found.gathered()
        return found, opened.member, store.places.compare(gathered)


def _refuse_half(new: Import, *, yes: bool) -> None:
    from workers.errors import InputError

    for change in new.changes.values():
        known = change.postcodes - change.new + change.gone
        if not yes and known >= _MANY and change.gone * 3 > known:
            what = f"{change.gone:,} of {known:,} known postcodes are not in it: nothing was changed"
            raise InputError(f"{what}; if that is meant, add --yes", field="file")


def _change(change: Change, told_by: str) -> dict[str, Any]:
    counts = {"new": change.new, "gone": change.gone, "changed": change.changed}
    return {"terminated": change.terminated, **counts, "told_by": told_by}


def _show_import(report: dict[str, Any]) -> None:
    inside = f" ({report['member']})" if report["member"] else ""
    click.echo(f"{report['file']}{inside}: {report['rows']:,} rows")
    for generation, number in report["generations"].items():
        _show_generation(generation, number, report["changes"][generation], dry_run=report["dry_run"])
    for reason, number in report["skipped"].items():
        click.echo(f"  {number:,} rows left out: {reason}")
    if report["refused"]:
        click.secho(f"  {report['refused']:,} rows refused", fg="red")
    for row in report["refused_rows"]:
        click.echo(f"    row {row['row']:,}: {row['reason']}")
    if report["refused"] > len(report["refused_rows"]):
        click.echo(f"    … and {report['refused'] - len(report['refused_rows']):,} more")


def _show_generation(generation: str, number: int, change: dict[str, Any], *, dry_run: bool) -> None:
    told = f" (told by {change['told_by']})" if change["told_by"] else ""
    ended = f", {change['terminated']:,} of them terminated" if change["terminated"] else ""
    click.echo(f"  {number:,} postcodes for the boundaries {_boundaries(generation)}{told}{ended}")
    counts = ", ".join(f"{change[what]:,} {what}" for what in ("new", "gone", "changed") if change[what])
    would = "would be " if dry_run and counts else ""
    click.echo(f"    {would}{counts or 'nothing changes'}")


@places.command("find", short_help="the constituency of a postcode, and whose candidates stand there")
@click.argument("postcode")
@json_option
@pass_context
def find(context: Context, postcode: str, as_json: bool) -> None:
    """Say where POSTCODE is, for each generation of boundaries, from which file that is known, and who stands there.

    Capitals, blanks and dashes do not matter; the letters O and I are understood where 0 and 1 are meant. A postcode
    across a boundary is in several constituencies; a terminated one says since when.
    """
    from workers.campaign.postcodes import normal_postcode

    store, normal = context.store, normal_postcode(postcode)
    found = _find(store, normal)
    known = store.places.known()
    slugs = sorted(context.campaigns)
    report = {
        "postcode": normal,
        "places": [
            {
                "boundaries": generation,
                "constituency": gss,
                **_standing(store, slugs, gss),
                "terminated": place.ended,
                **_source(known.get(generation)),
            }
            for generation, place in found.items()
            for gss in place.seats
        ],
    }
    show_json(report) if as_json else _show_found(report)


def _find(store: Store, normal: str) -> dict[str, Place]:
    from workers.errors import NotFoundError

    try:
        return store.places.find(normal)
    except NotFoundError as error:
        beside = sorted(store.places.beside(normal), key=lambda one: _apart(one, normal))[:_NEIGHBOURS]
        if not beside:
            raise
        raise NotFoundError(f"{error}; in its sector are {', '.join(sorted(beside))}") from None


def _apart(one: str, other: str) -> tuple[int, int]:
    return abs(ord(one[-2]) - ord(other[-2])), abs(ord(one[-1]) - ord(other[-1]))


def _source(known: Known | None) -> dict[str, str]:
    at = datetime.fromtimestamp(known.at, UTC) if known and known.at else None
    return {"file": known.file if known else "", "imported_at": f"{at:%Y-%m-%dT%H:%M:%SZ}" if at else ""}


def _standing(store: Store, slugs: list[str], gss: str) -> dict[str, Any]:
    found = {slug: store.candidates.of(slug, gss) for slug in slugs}
    names = [candidate.constituency_name for candidates in found.values() for candidate in candidates]
    counts = {slug: len(candidates) for slug, candidates in found.items() if candidates}
    return {"name": next(filter(None, names), ""), "candidates": counts}


def _show_found(report: dict[str, Any]) -> None:
    click.secho(report["postcode"], bold=True)
    for place in report["places"]:
        seat = f"{place['constituency']} {place['name']}".rstrip()
        ended = f", terminated since {place['terminated']}" if place["terminated"] else ""
        click.echo(f"  boundaries {_boundaries(place['boundaries'])}: {seat}{ended}")
        for slug, number in place["candidates"].items():
            click.echo(f"    {slug}: {number:,} candidates")
        if not place["candidates"]:
            click.echo("    no campaign has candidates there")
        if place["imported_at"]:
            click.echo(f"    from {place['file'] or 'a file'}, imported {place['imported_at']}")


def _boundaries(generation: str) -> str:
    return f"of {generation}" if generation else "of no known year"
