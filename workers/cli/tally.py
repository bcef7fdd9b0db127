"""``mobilise tally``: the counts that people read, and the recount that proves them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import click
import structlog

from workers.campaign.tally import contacts_by, contacts_of
from workers.cli.context import Context, pass_context
from workers.cli.shown import confirm, json_option, show_json, show_record, show_rows, yes_option

if TYPE_CHECKING:
    from workers.campaign.tally import Difference, Tally

#: Exit status of a recount that found a difference.
DIFFERENT = 3
_EPOCH = 719_163  # 1970-01-01 as an ordinal day
_BY = ["party", "region", "constituency", "candidate", "day", "source"]


@click.group()
def tally() -> None:
    """Show the counts; verify and repair them."""


@tally.command()
@click.argument("campaign")
@click.option("--by", type=click.Choice(_BY), help="Contacts, or signatories, by this.")
@click.option("--signatories", "signed", is_flag=True, help="Who signed, of those who were asked.")
@json_option
@pass_context
def show(context: Context, campaign: str, by: str | None, *, signed: bool, as_json: bool) -> None:
    """Contacts (letters handed over that did not come back), supporters, signatories and letters by state.

    With --signatories: candidates asked (a letter was handed over), how often, reached (one did not come back), and how
    many of them signed.
    """
    slug = context.campaign(campaign).slug
    if signed or by == "source":
        _show_signatories(context, slug, by, as_json=as_json)
        return
    if by:
        show_rows(_broken_down(context, slug, by), as_json=as_json, empty="no contact yet")
        return
    counts = context.store.tallies.totals(slug)
    record = {
        "campaign": slug,
        "contacts": counts.contacts,
        "supporters": counts.supporters,
        "signatories": counts.signatories,
        "letters": counts.letters,
        "came_back": counts.came_back,
    }
    if not as_json:
        record["letters"] = {state: n for state, n in counts.letters.items() if n} or "none yet"
        record["came_back"] = _came_back(counts)
    show_record(record, as_json=as_json)


@tally.command()
@click.argument("campaign")
@json_option
@pass_context
def verify(context: Context, campaign: str, as_json: bool) -> int:
    """Recount from the ledger and name every difference; exit status 3 if there is one.

    Receipts, calls and bulletins are recounted as well, and the chain of the signature log is computed again. Letters
    that move while it counts can show as differences: run it again, or pause first.
    """
    slug = context.campaign(campaign).slug
    differences, flaw = differences_of(context, slug), context.store.signatures.flaw(slug)
    balanced = not differences and not flaw
    if as_json:
        found = {
            "campaign": campaign,
            "balanced": balanced,
            "differences": differences,
            "signature_log": flaw or "whole",
        }
        show_json(found)
        return 0 if balanced else DIFFERENT
    if differences:
        show_rows([_row(difference) for difference in differences], title="The tally is not what the ledger says")
    if flaw:
        click.echo(f"The signature log is broken: {flaw}")
    if balanced:
        click.echo("The tally is what the ledger says.")
    return 0 if balanced else DIFFERENT


@tally.command()
@click.argument("campaign")
@yes_option
@json_option
@pass_context
def repair(context: Context, campaign: str, yes: bool, as_json: bool) -> None:
    """Set the tally to what the ledger says; every change is shown and logged. Pause the campaign first."""
    slug = context.campaign(campaign).slug
    differences = differences_of(context, slug)
    if differences:
        if not as_json:
            show_rows([_row(difference) for difference in differences])
        confirm(f"Change {len(differences)} counts?", yes=yes)
        differences = [found for book in _books(context, slug) for found in context.store.tallies.repair(book)]
    for difference in differences:
        structlog.get_logger().warning("tally.repaired", campaign=slug, **_row(difference))
    if as_json:
        show_json({"campaign": slug, "changed": differences})
    else:
        click.echo(f"{len(differences)} counts changed.")


def _books(context: Context, slug: str) -> list[str]:
    mailings = [one.book for one in context.store.mailings.of(slug) if one.started_at]
    return [slug, context.store.receipts.book(slug), *mailings]


def differences_of(context: Context, slug: str) -> list[Difference]:
    """Every count, of letters, receipts, calls or bulletins, that is not what the ledger says."""
    return [found for book in _books(context, slug) for found in context.store.tallies.verify(book)]


def _came_back(counts: Tally) -> str:
    """Why there are fewer contacts than letters that left: "12 bounced (9 hard, 3 blocked)"."""
    bounced = counts.letters["bounced"]
    why = ", ".join(f"{n:,} {reason}" for reason, n in counts.came_back.items())
    return f"{bounced:,} bounced ({why})" if bounced else "none"


def _show_signatories(context: Context, slug: str, by: str | None, *, as_json: bool) -> None:
    from workers.cli.asked_shown import signatories_by, signatories_in_all

    if by == "candidate":
        raise click.UsageError(f"Each signatory is shown by mobilise signatures list --campaign {slug}.")
    if by:
        show_rows(signatories_by(context.store, slug, by), as_json=as_json, empty="no signatory yet")
    else:
        show_record(signatories_in_all(context.store, slug), as_json=as_json)


def _row(difference: object) -> dict[str, object]:
    names = ("tally", "field", "counted", "recounted")
    values = (getattr(difference, name) for name in ("tally", "name", "counted", "recounted"))
    return dict(zip(names, values, strict=True))


def _broken_down(context: Context, slug: str, by: str) -> list[dict[str, object]]:
    counts = context.store.tallies.show(slug)
    if by == "day":
        return [{"day": date.fromordinal(day + _EPOCH).isoformat(), "contacts": n} for day, n in counts.days.items()]
    candidates = context.store.candidates.all(slug)
    if by == "candidate":
        named = ((candidates.get(candidate), states) for candidate, states in counts.candidates.items())
        rows = [_candidate_row(candidate, states) for candidate, states in named if candidate]
        return sorted(rows, key=lambda row: (-int(str(row["contacts"])), str(row["candidate"])))
    places = {candidate.constituency: candidate.constituency_name for candidate in candidates.values()}
    totals = contacts_by(by, counts.candidates, candidates)
    if by != "constituency":
        return [{by: name, "contacts": n} for name, n in totals.items()]
    return [{"constituency": gss, "name": places.get(gss, ""), "contacts": n} for gss, n in totals.items()]


def _candidate_row(candidate: object, states: dict[str, int]) -> dict[str, object]:
    row = {"id": "id", "candidate": "name", "party": "party", "constituency": "constituency_name"}
    named: dict[str, object] = {key: getattr(candidate, attribute) for key, attribute in row.items()}
    return named | {"contacts": contacts_of(states)} | {"letters": states}
