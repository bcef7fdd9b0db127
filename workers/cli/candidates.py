"""``mobilise candidates``: import a file, list, show."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workers.cli.answers import answer, answers
from workers.cli.context import Context, pass_context
from workers.cli.shown import confirm, json_option, show_json, show_record, show_rows, yes_option

if TYPE_CHECKING:
    from workers.campaign.model import Candidate
    from workers.candidates import Plan
    from workers.store import Store
    from workers.store.waiting import Moved

#: Exit status of an import that left rows out.
ROWS_REFUSED = 3

_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
_campaign = click.option("--campaign", "-c", required=True, metavar="SLUG", help="the campaign they belong to")


@click.group("candidates", short_help="who is written to, and what they answered")
def candidates() -> None:
    """Who is written to, and what they answered."""


candidates.add_command(answers)
candidates.add_command(answer)


@candidates.command("import", short_help="take candidates from a CSV file of Democracy Club")
@click.argument("file", type=_FILE)
@_campaign
@click.option("--regions", type=_FILE, metavar="FILE", help="a CSV of GSS codes and regions; without it: the nation")
@click.option("--dry-run", is_flag=True, help="show the difference and change nothing")
@yes_option
@json_option
@pass_context
def import_file(
    context: Context, file: Path, campaign: str, *, regions: Path | None, dry_run: bool, yes: bool, as_json: bool
) -> None:
    """Make a campaign's candidates those in FILE.

    Both headers of Democracy Club are known, that of 2015 and today's. The difference to the ledger is shown first.
    Candidates who are not in FILE are withdrawn, after a question on a terminal; elsewhere a file that lacks more than
    a third of them is refused unless --yes is said. A row that cannot be used changes nothing and stops
    nothing; a column that FILE does not have keeps what is known. Who stands in two constituencies is two candidates,
    the second with the id ID.GSS.

    Exit status: 0 all rows taken, 3 some rows refused, 1 nothing done.
    """
    from workers.candidates import plan_import
    from workers.cli.candidates_shown import show_plan

    context.campaign(campaign)
    plan = plan_import(context.store, campaign, file, regions)
    if not as_json:
        show_plan(plan, file.name, campaign)
    moved = None
    if not dry_run:
        _ask(plan, yes=yes)
        moved = _apply(context.store, campaign, plan)
    _conclude(plan, campaign, moved, as_json=as_json)
    if plan.file.refused:
        click.get_current_context().exit(ROWS_REFUSED)


def _ask(plan: Plan, *, yes: bool) -> None:
    """Withdrawing needs a yes: asked for on a terminal; without one, a few may go, a third may not."""
    from workers.errors import InputError

    gone, standing = len(plan.difference.gone), plan.difference.standing
    if not gone or yes:
        return
    if sys.stdin.isatty():
        confirm(f"Withdraw {gone:,} of {standing:,} candidates?", yes=yes)
    elif gone * 3 > standing:
        what = f"would withdraw {gone:,} of {standing:,} candidates: nothing was changed; if that is meant, add --yes"
        raise InputError(what, field="file")


def _apply(store: Store, campaign: str, plan: Plan) -> Moved:
    from workers.candidates import import_candidates
    from workers.cli.progress import bar

    put = plan.difference.put
    with bar("candidates", len(put)) as advance:
        return import_candidates(store, campaign, put, advance=advance)


def _conclude(plan: Plan, campaign: str, moved: Moved | None, *, as_json: bool) -> None:
    from workers.cli.candidates_shown import plan_record, show_end

    if as_json:
        show_json(plan_record(plan, campaign, moved))
    else:
        show_end(plan, moved)


@candidates.command("list", short_help="a campaign's candidates")
@_campaign
@click.option("--constituency", metavar="GSS", help="only this constituency, in the order of the ballot")
@click.option("--party", metavar="TEXT", help="only parties whose name holds this")
@click.option("--no-address", is_flag=True, help="only those without an address")
@json_option
@pass_context
def list_all(
    context: Context, campaign: str, *, constituency: str | None, party: str | None, no_address: bool, as_json: bool
) -> None:
    """List a campaign's candidates; addresses are never shown here."""
    from workers.cli.candidates_shown import listed, record

    context.campaign(campaign)
    chosen = [
        candidate
        for candidate in _of(context.store, campaign, constituency)
        if (not party or party.casefold() in candidate.party.casefold()) and not (no_address and candidate.email)
    ]
    line = record if as_json else listed
    show_rows([line(candidate) for candidate in chosen], as_json=as_json, empty="no such candidates")


def _of(store: Store, campaign: str, constituency: str | None) -> list[Candidate]:
    if constituency:
        return store.candidates.of(campaign, constituency.strip().upper())
    everyone = store.candidates.all(campaign).values()
    return sorted(everyone, key=lambda found: (found.constituency_name, found.constituency, found.name, found.id))


@candidates.command("show", short_help="one candidate")
@click.argument("candidate_id", metavar="ID")
@_campaign
@click.option("--reveal", is_flag=True, help="show the address in full")
@json_option
@pass_context
def show_one(context: Context, candidate_id: str, campaign: str, *, reveal: bool, as_json: bool) -> None:
    """Show one candidate, with how many letters wait; the address is masked."""
    from workers.cli.candidates_shown import masked, record

    context.campaign(campaign)
    candidate = context.store.candidates.get(campaign, candidate_id)
    shown = {
        **record(candidate),
        "address": candidate.email if reveal else masked(candidate.email),
        "second_address": candidate.second_email if reveal else masked(candidate.second_email),
        "letters_waiting": context.store.letters.waiting_for(campaign, candidate.id),
    }
    show_record(shown, as_json=as_json)
