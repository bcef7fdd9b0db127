"""``mobilise signatures export`` and ``check-log``: what leaves for the public, and the proof that it is true."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from workers.cli.context import Context, pass_context
from workers.cli.shown import json_option, plain, show_json

if TYPE_CHECKING:
    from workers.campaign.model import Campaign
    from workers.campaign.signature_check import Replay
    from workers.campaign.signature_log import Header

_COLUMNS = (
    *("candidate_id", "name", "party", "constituency", "constituency_name", "region"),
    *("signed_at", "source", "evidence"),
)


@click.command(short_help="who signed as CSV or JSON, or with --log the public log")
@click.option("--campaign", "-c", required=True, metavar="SLUG", help="The campaign whose charter it is.")
@click.option("--format", "form", type=click.Choice(["csv", "json"]), default="csv", show_default=True)
@click.option("--log", "as_log", is_flag=True, help="Every addition and withdrawal, sealed, as JSON lines.")
@pass_context
def export(context: Context, campaign: str, form: str, *, as_log: bool) -> None:
    """Write who signed to standard output, without anything private; a spreadsheet takes no cell for a formula.

    With --log: the public log. mobilise signatures check-log FILE proves it, or ten lines of anybody's own.
    """
    from workers.cli.signatures_shown import public
    from workers.signatures import signatories

    which = context.campaign(campaign)
    if as_log:
        _export_log(context, which)
        return
    rows = [public(*pair) for pair in signatories(context.store, which.slug)]
    if form == "json":
        show_json(rows)
    else:
        _write_csv(rows)


def _write_csv(rows: list[dict[str, Any]]) -> None:
    from workers.campaign.spreadsheet import csv_lines

    for line in csv_lines(_COLUMNS, rows):
        click.echo(line.encode(), nl=False)


def _export_log(context: Context, which: Campaign) -> None:
    from workers.campaign.signature_log import canonical, header

    lines = list(context.store.signatures.log(which.slug))
    standing = sum(candidate.is_standing for candidate in context.store.candidates.all(which.slug).values())
    head = header(which.slug, which.title, standing, lines, time.time())
    for line in (canonical(asdict(head)), *lines):
        click.echo(f"{line}\n".encode(), nl=False)


@click.command("check-log", short_help="prove an exported log: needs no server and no settings")
@click.argument("file", type=click.File("rb"))
@json_option
def check_log(file: BinaryIO, as_json: bool) -> None:
    """Compute the chain of FILE again (- is standard input) and say what it comes to.

    Exit status: 0 the log is whole, 1 it is not; the first line that is wrong is named.
    """
    from workers.campaign.signature_check import check_log as check
    from workers.campaign.signature_check import record

    head, replay = check(file)
    if as_json:
        show_json(record(head, replay))
    else:
        _show(head, replay)


def _show(head: Header, replay: Replay) -> None:
    kinds = replay.kinds
    click.secho(plain(f"{head.title} ({head.campaign}), as of {head.made_at}"), bold=True)
    click.echo(f"{len(replay.signatories):,} of {head.candidates:,} candidates have signed.")
    for name in ("signed", "withdrawn", "corrected"):
        click.echo(f"{kinds[name]:9,}  {name}")
    for source, number in replay.sources.most_common():
        click.echo(plain(f"{number:9,}  of the signed by: {source}"))
    for entry in replay.undone:
        who = f"{entry['name']} ({entry['party']}, {entry['constituency_name'] or entry['constituency']})"
        click.echo(plain(f"  {entry['at']}  {entry['kind']}: {who}: {entry['reason']}"))
    click.echo(f"The log is whole: {replay.entries:,} entries, the last one is {plain(head.head)}")
