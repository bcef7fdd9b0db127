"""``mobilise suppressions``: the addresses that are not mailed any more, by id; addresses themselves are not kept."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from workers.campaign.suppression import Why
from workers.cli.context import Context, pass_context
from workers.cli.shown import confirm, json_option, show_json, show_rows, yes_option

if TYPE_CHECKING:
    from workers.store.suppressions import Suppression
    from workers.store.waiting import Moved

#: Exit status of an import that left rows out.
ROWS_REFUSED = 3
#: Refused rows that are shown; JSON has them all.
_SHOWN = 20
#: Addresses suppressed by one call: a few milliseconds of the server's time.
_CHUNK = 500
_COLUMNS = ("id", "reason", "since", "source")

_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
_reasons = click.Choice([why.value for why in Why])
_reason = click.option("--reason", type=_reasons, default=Why.ASKED.value, show_default=True, help="Why.")


@click.group()
def suppressions() -> None:
    """Addresses that are not mailed any more, in any campaign.

    Bounces, complaints and unsubscriptions put them here by themselves. Only ids made from the addresses are kept.
    """


@suppressions.command("list")
@click.option("--reason", type=_reasons, help="Only for this reason.")
@click.option(
    "--limit", "-n", default=50, show_default=True, type=click.IntRange(1, 10_000_000), help="At most so many."
)
@json_option
@pass_context
def list_(context: Context, reason: str | None, limit: int, as_json: bool) -> None:
    """Suppressed addresses by id: why, since when and by whom; an address may have several reasons."""
    rows = islice(map(_row, _wanted(context, reason)), limit)
    show_rows(rows, as_json=as_json, empty="no such suppression" if reason else "nobody is suppressed")


@suppressions.command()
@click.argument("address", metavar="ADDRESS|ID")
@_reason
@json_option
@pass_context
def add(context: Context, address: str, reason: str, as_json: bool) -> None:
    """Stop mail to an address at once; its letters that wait go where they belong.

    After a person's no (asked, unsubscribed, complained) nothing goes to another address of theirs either; after a
    bounce it does.
    """
    known = _id(context, address)
    new = context.store.suppressions.put([(known, reason)], "operator")
    moved = context.store.waiting.follow_addresses(context.campaigns, [known])
    if as_json:
        show_json({"id": known, "new": bool(new), **_moved(moved)})
    else:
        click.echo(f"{known} is {'now' if new else 'already'} suppressed.{_followed(moved)}")


@suppressions.command()
@click.argument("address", metavar="ADDRESS|ID")
@yes_option
@json_option
@pass_context
def remove(context: Context, address: str, yes: bool, as_json: bool) -> None:
    """Mail an address again, whatever was reported of it until now; says first which letters that releases.

    The provider may keep a list of its own: take the address off there too, or it drops the next mail.
    """
    known = _id(context, address)
    why = ", ".join(reason.reason for reason in context.store.suppressions.of(known))
    letters, candidates = context.store.waiting.held_for(context.campaigns, [known])
    confirm(f"{known} ({why}): mail it again, and release {letters:,} letters to {candidates:,} people?", yes=yes)
    context.store.suppressions.remove([known])
    moved = context.store.waiting.follow_addresses(context.campaigns, [known])
    if as_json:
        show_json({"id": known, "reasons": why.split(", "), **_moved(moved)})
    else:
        click.echo(f"{known} is mailed again.{_followed(moved)}")


@suppressions.command("import")
@click.argument("file", type=_FILE)
@_reason
@json_option
@pass_context
def import_file(context: Context, file: Path, reason: str, as_json: bool) -> None:
    """Suppress the addresses in FILE: a CSV with a column email, an export of this command, or one address a line.

    A reason in the file counts if it is one of ours. A row that cannot be used stops nothing.

    Exit status: 0 all rows taken, 3 some rows refused, 1 nothing done.
    """
    from workers.campaign.suppression_file import read_suppressions
    from workers.campaign.table import decode
    from workers.cli.progress import bar

    text, remark = decode(file.read_bytes())
    found = read_suppressions(text.splitlines(keepends=True), lambda given: _id(context, given), Why(reason))
    new: list[str] = []
    with bar("suppressions", len(found.rows)) as advance:
        for start in range(0, len(found.rows), _CHUNK):
            chunk = found.rows[start : start + _CHUNK]
            new += context.store.suppressions.put(chunk, "import")
            advance(len(chunk))
    moved = context.store.waiting.follow_addresses(context.campaigns, new) if new else None
    refused = [{"row": row, "reason": why} for row, why in found.refused]
    if as_json:
        report = {"rows": len(found.rows), "new": len(new), "refused": len(refused), "refused_rows": refused}
        show_json(report | {"remark": remark, **_moved(moved)})
    else:
        click.echo(f"{file.name}: {len(found.rows):,} addresses, {len(new):,} of them new.{_followed(moved)}")
        _show_refused(refused)
    if refused:
        click.get_current_context().exit(ROWS_REFUSED)


@suppressions.command()
@click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path), required=False)
@click.option("--reason", type=_reasons, help="Only for this reason.")
@json_option
@pass_context
def export(context: Context, file: Path | None, reason: str | None, as_json: bool) -> None:
    """Write all suppressions as CSV to FILE, or to standard output: ids, for addresses are not kept.

    An id is made from the address and MOBILISE_SECRET: a set-up with the same secret can import them.
    """
    if as_json:
        show_json([_row(one) for one in _wanted(context, reason)])
        return
    if file is None:
        _write(sys.stdout, _wanted(context, reason))
    else:
        with file.open("w", encoding="utf-8", newline="") as out:
            count = _write(out, _wanted(context, reason))
        click.echo(f"{file.name}: {count:,} reasons written, as ids: addresses are not kept.", err=True)


def _wanted(context: Context, reason: str | None) -> Iterator[Suppression]:
    return (one for one in context.store.suppressions.all() if reason in (None, one.reason))


def _id(context: Context, given: str) -> str:
    """The id of an address, or the id itself; InputError if it is neither."""
    from workers.campaign.suppression_file import is_address_id
    from workers.candidates import usable_address
    from workers.errors import InputError

    if is_address_id(given):
        return given
    try:
        return context.ids.address(usable_address(given))
    except ValueError:
        raise InputError("is neither an address that mail can be sent to nor an id", field="address") from None


def _row(one: Suppression) -> dict[str, object]:
    values = (one.id, one.reason, datetime.fromtimestamp(one.at, UTC), one.source)
    return dict(zip(_COLUMNS, values, strict=True))


def _write(out: TextIO, found: Iterator[Suppression]) -> int:
    table = csv.writer(out)
    table.writerow(_COLUMNS)
    count = 0
    for one in found:
        table.writerow([one.id, one.reason, datetime.fromtimestamp(one.at, UTC).isoformat(), one.source])
        count += 1
    return count


def _moved(moved: Moved | None) -> dict[str, int]:
    return {name: getattr(moved, name, 0) for name in ("released", "held", "withheld")}


def _followed(moved: Moved | None) -> str:
    said = ", ".join(f"{number:,} {name}" for name, number in _moved(moved).items() if number)
    return f" Letters: {said}." if said else ""


def _show_refused(refused: list[dict[str, object]]) -> None:
    for row in refused[:_SHOWN]:
        click.secho(f"  row {row['row']}: {row['reason']}", fg="red")
    if len(refused) > _SHOWN:
        click.secho(f"  … and {len(refused) - _SHOWN:,} more", fg="red")
