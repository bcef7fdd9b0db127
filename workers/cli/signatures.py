"""``mobilise signatures``: who signed, and the ways in for what was signed on paper, on stage or in a tweet."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workers.cli.context import Context, pass_context
from workers.cli.shown import json_option, show_json, show_record, show_rows, yes_option
from workers.cli.signature_log import check_log, export

if TYPE_CHECKING:
    from workers.campaign.model import Campaign, Candidate
    from workers.campaign.signature import Signature

#: Exit status of an import that left rows out.
ROWS_REFUSED = 3

_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
_campaign = click.option("--campaign", "-c", required=True, metavar="SLUG", help="The campaign whose charter it is.")
_by = click.option("--by", required=True, metavar="NAME", help="Who enters it; kept in the ledger, never published.")
_at = click.option(
    "--at", default="", metavar="TIME", help="When it was signed, as 2026-05-01 or 2026-05-01T18:30; now."
)
_source = click.option("--source", default="campaign", show_default=True, help="The way it came: paper, stage, tweet.")


@click.group("signatures", short_help="who signed: list, add, import, withdraw, correct, export, check-log")
def signatures() -> None:
    """Who signed the charter."""


signatures.add_command(export)
signatures.add_command(check_log)


@signatures.command(short_help="one signature that was made on paper, on stage or in a tweet")
@click.argument("candidate", metavar="CANDIDATE")
@_campaign
@click.option("--evidence", required=True, metavar="URL", help="Where everyone can see it; it is published.")
@_by
@_at
@_source
@json_option
@pass_context
def add(
    context: Context, candidate: str, campaign: str, *, evidence: str, by: str, at: str, source: str, as_json: bool
) -> None:
    """Add the signature of CANDIDATE (an id). Whoever has signed is counted once, whatever the way."""
    from workers.campaign.evidence import evidence_url
    from workers.campaign.signature import Signature, entered_by, source_word
    from workers.signatures import day_of, enter, moment

    which = context.campaign(campaign)
    known = context.store.candidates.get(which.slug, candidate)
    signed_at = moment(which, at, time.time())
    words = source_word(source), evidence_url(evidence), entered_by(by)
    signature = Signature(candidate, signed_at, *words, day_of(which, signed_at))
    new = enter(context.app, which.slug, signature, is_exact=bool(at))
    _say(context, which, known, "added" if new else "has signed already", as_json=as_json)


@signatures.command("import", short_help="many signatures from a CSV file")
@click.argument("file", type=_FILE)
@_campaign
@_by
@_source
@click.option("--dry-run", is_flag=True, help="Show the difference and change nothing.")
@yes_option
@json_option
@pass_context
def import_file(
    context: Context, file: Path, campaign: str, *, by: str, source: str, dry_run: bool, yes: bool, as_json: bool
) -> None:
    """Add the signatures in FILE: a CSV with a column candidate_id, and signed_at, evidence, source where known.

    The difference to the ledger is shown first. A row that cannot be used changes nothing and stops nothing; who has
    signed already stays as they are.

    Exit status: 0 all rows taken, 3 some rows refused, 1 nothing done.
    """
    from workers.cli.signatures_shown import ask, import_record, show_plan
    from workers.signatures import plan

    which = context.campaign(campaign)
    found = plan(context.store, which, file, by=by, source=source, now=time.time())
    if not as_json:
        show_plan(found, file.name, which.slug)
    added = None
    if not dry_run:
        ask(len(found.new), yes=yes)
        added = _enter_all(context, which, found.new)
    if as_json:
        show_json(import_record(found, which.slug, added))
    else:
        click.secho(f"{added:,} added." if added is not None else "Dry run: nothing was changed.", fg="green")
    if found.refused:
        click.get_current_context().exit(ROWS_REFUSED)


@signatures.command(short_help="take a signature back; the log says why")
@click.argument("candidate", metavar="CANDIDATE")
@_campaign
@click.option("--reason", required=True, metavar="TEXT", help="Why; everyone can read it in the log.")
@_by
@json_option
@pass_context
def withdraw(context: Context, candidate: str, campaign: str, *, reason: str, by: str, as_json: bool) -> None:
    """Take back the signature of CANDIDATE. The tally moves back and the log keeps both; nobody is mailed."""
    from workers.campaign.signature import entered_by, public_reason
    from workers.signatures import take_back

    which = context.campaign(campaign)
    known = context.store.candidates.get(which.slug, candidate)
    was = take_back(context.app, which.slug, candidate, public_reason(reason), entered_by(by))
    _say(context, which, known, "withdrawn" if was else "has not signed: nothing was changed", as_json=as_json)


@signatures.command(short_help="mend what was entered wrongly, without a withdrawal")
@click.argument("candidate", metavar="CANDIDATE")
@_campaign
@click.option("--evidence", metavar="URL", default="", help="The right evidence.")
@click.option("--source", default="", help="The right source.")
@_at
@click.option("--reason", required=True, metavar="TEXT", help="Why; everyone can read it in the log.")
@_by
@json_option
@pass_context
def correct(
    context: Context,
    candidate: str,
    campaign: str,
    *,
    evidence: str,
    source: str,
    at: str,
    reason: str,
    by: str,
    as_json: bool,
) -> None:
    """Change evidence, source or time of the signature of CANDIDATE; the candidate stays a signatory."""
    from workers.campaign.signature import entered_by, public_reason
    from workers.signatures import corrected, mend

    which = context.campaign(campaign)
    known = context.store.candidates.get(which.slug, candidate)
    after = corrected(context.store, which, candidate, evidence=evidence, source=source, at=at)
    mend(context.store, which.slug, after, public_reason(reason), entered_by(by))
    _say(context, which, known, "corrected", as_json=as_json)


@signatures.command("list", short_help="who signed")
@_campaign
@click.option("--party", metavar="TEXT", help="Only parties whose name holds this.")
@click.option("--region", metavar="TEXT", help="Only regions whose name holds this.")
@click.option("--constituency", metavar="GSS", help="Only this constituency.")
@click.option("--source", metavar="WORD", help="Only signatures that came this way.")
@json_option
@pass_context
def list_all(
    context: Context,
    campaign: str,
    *,
    party: str | None,
    region: str | None,
    constituency: str | None,
    source: str | None,
    as_json: bool,
) -> None:
    """List who signed, by constituency and name. Shows who entered it: for operators, not for publication."""
    from workers.cli.signatures_shown import Wanted, listed, record
    from workers.signatures import signatories

    which = context.campaign(campaign)
    wanted = Wanted(party or "", region or "", constituency or "", source or "")
    rows = [pair for pair in signatories(context.store, which.slug) if wanted.takes(*pair)]
    line = record if as_json else listed
    show_rows([line(*pair) for pair in rows], as_json=as_json, empty="no such signatures")


def _enter_all(context: Context, which: Campaign, new: list[Signature]) -> int:
    from workers import log
    from workers.cli.progress import bar
    from workers.signatures import enter_all

    # A line for each would bury the bar and what was refused; the public log and the events have them all.
    log.configure("warning", context.settings.log.format)
    with bar("signatures", len(new)) as advance:
        return enter_all(context.app, which.slug, new, advance=advance)


def _say(context: Context, which: Campaign, candidate: Candidate, what: str, *, as_json: bool) -> None:
    signatories = context.store.tallies.totals(which.slug).signatories
    if as_json:
        show_json({"campaign": which.slug, "candidate": candidate.id, "result": what, "signatories": signatories})
        return
    place = candidate.constituency_name or candidate.constituency
    named = {"candidate": f"{candidate.name} ({candidate.party}, {place})", "result": what}
    show_record(named | {"signatories": signatories})
