"""``mobilise contributions``: what partner organisations send in, and what becomes of it."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workers.cli.context import Context, pass_context
from workers.cli.operators import operator
from workers.cli.shown import confirm, json_option, show_json, show_record, show_rows, yes_option

if TYPE_CHECKING:
    from workers.campaign.contribution import Contribution, Decision
    from workers.contributions import ContributionFile

#: Exit status of an import that left rows out.
ROWS_REFUSED = 3
#: Bytes of chance in a key.
_KEY = 24
_SAID = ("new", "accepted", "carried", "declined")

_campaign = click.option("--campaign", "-c", required=True, metavar="SLUG", help="The campaign it is for.")
_by = click.option("--by", default="", metavar="NAME", help="Who decides; stands in the events.  [default: your login]")
_id = click.argument("contribution_id", metavar="ID")


@click.group("contributions", short_help="news and events that partner organisations send in")
def contributions() -> None:
    """News and events that partner organisations send in, for the next edition of a bulletin.

    An organisation gets a key for the form at /campaigns/SLUG/contribute, or sends a file that you import. An editor
    accepts or declines each; accepted ones are in the next edition once, and accepted events in the public calendar.
    """


@contributions.command("key", short_help="make a key for an organisation; it is shown once")
@click.argument("organisation")
@_campaign
@_by
@json_option
@pass_context
def make_key(context: Context, organisation: str, campaign: str, *, by: str, as_json: bool) -> None:
    """Make a key with which ORGANISATION may send in through the form. It is shown once, and kept as a hash."""
    import structlog

    from workers.campaign.contributed import NAME, one_line
    from workers.campaign.contribution import ContributionKey

    slug, name = context.campaign(campaign).slug, one_line(organisation, "ORGANISATION", NAME, needed=True)
    key, who = secrets.token_urlsafe(_KEY), operator(by)
    made = ContributionKey(context.ids.contribution_key(slug, key), name, int(time.time()), who)
    context.store.contributions.allow(slug, made)
    structlog.get_logger().info("contribution_key.made", campaign=slug, of=made.id, by=who)
    page = f"{context.settings.web.public_url.rstrip('/')}/campaigns/{slug}/contribute"
    shown = {"organisation": name, "key": key, "id": made.id, "page": page}
    show_record(shown, as_json=as_json)
    if not as_json:
        click.echo("Pass the key on now: it cannot be shown again.")


@contributions.command("keys", short_help="whose keys are good")
@_campaign
@json_option
@pass_context
def list_keys(context: Context, campaign: str, *, as_json: bool) -> None:
    """List the keys that are good, without the keys themselves."""
    found = context.store.contributions.allowed(context.campaign(campaign).slug)
    rows = [{"id": one.id, "organisation": one.organisation, "since": _moment(one.at), "by": one.by} for one in found]
    show_rows(rows, as_json=as_json, empty="no key was made yet (mobilise contributions key ORGANISATION)")


@contributions.command("revoke", short_help="make a key good no more")
@click.argument("key_id", metavar="ID")
@_campaign
@_by
@yes_option
@pass_context
def revoke(context: Context, key_id: str, campaign: str, *, by: str, yes: bool) -> None:
    """Make the key ID (see keys) good no more, at once. What was sent in with it stays."""
    import structlog

    from workers.errors import NotFoundError

    slug = context.campaign(campaign).slug
    key = context.store.contributions.whose(slug, key_id)
    if key is None:
        raise NotFoundError("there is no such key (mobilise contributions keys shows them)")
    confirm(f"Revoke the key of {key.organisation!r}?", yes=yes)
    context.store.contributions.revoke(slug, key_id)
    structlog.get_logger().info("contribution_key.revoked", campaign=slug, of=key_id, by=operator(by))
    click.echo(f"{key_id}: good no more")


@contributions.command("import", short_help="take news and events from a .csv, or events from an .ics")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@_campaign
@click.option("--organisation", default="", metavar="NAME", help="Who sent FILE, where its rows do not say so.")
@click.option("--dry-run", is_flag=True, help="Show what is in FILE and keep nothing.")
@json_option
@pass_context
def import_file(
    context: Context, file: Path, campaign: str, *, organisation: str, dry_run: bool, as_json: bool
) -> None:
    """Take what an organisation sent as FILE.

    A .csv has the columns kind (news or event), organisation, title, text, link, starts, ends, place; a row with
    starts is an event. Times are written as 2026-12-08 19:30, whole days as 2026-12-08. A row that cannot be used
    changes nothing and stops nothing; the same file twice adds nothing.

    Exit status: 0 all taken, 3 some left out, 1 nothing done.
    """
    from workers.contributions import Desk

    found = Desk(context.ids, context.campaign(campaign), datetime.now(UTC)).read(file, organisation)
    new = [] if dry_run else [one for one in found.found if context.store.contributions.put(one)]
    _conclude(found, new, dry_run=dry_run, as_json=as_json)
    if found.flaws:
        click.get_current_context().exit(ROWS_REFUSED)


def _conclude(found: ContributionFile, new: list[Contribution], *, dry_run: bool, as_json: bool) -> None:
    kept = len(found.found)
    if as_json:
        flaws = [str(flaw) for flaw in found.flaws]
        show_json({"found": kept, "new": len(new), "left_out": flaws, "remark": found.remark})
        return
    for line in filter(None, [found.remark, *map(str, found.flaws)]):
        click.echo(line, err=True)
    done = "nothing was kept" if dry_run else f"{len(new)} new, {kept - len(new)} known already"
    click.echo(f"{kept} can be used, {len(found.flaws)} left out; {done}")


@contributions.command("list", short_help="what was sent in, and what was decided")
@_campaign
@click.option("--said", type=click.Choice(_SAID), help="Only those that are so.")
@json_option
@pass_context
def list_all(context: Context, campaign: str, *, said: str | None, as_json: bool) -> None:
    """List what organisations sent in, the oldest first."""
    found = context.store.contributions.all(context.campaign(campaign).slug)
    rows = [_row(one, decision) for one, decision in found if said in {None, decision.said}]
    show_rows(rows, as_json=as_json, empty="nothing was sent in")


@contributions.command("show", short_help="one contribution, whole")
@_id
@_campaign
@json_option
@pass_context
def show_one(context: Context, contribution_id: str, campaign: str, *, as_json: bool) -> None:
    """Show the contribution ID with all its words, and what was decided on it."""
    one, decision = context.store.contributions.get(context.campaign(campaign).slug, contribution_id)
    words: dict[str, Any] = {}
    if one.event:
        event = one.event
        words = {"when": event.when, "place": event.place, "text": event.description, "link": event.link}
    elif one.news:
        words = {"text": one.news.text, "link": one.news.link}
    decided = {"by": decision.by, "reason": decision.reason, "edition": decision.book}
    show_record({**_row(one, decision), **words, **decided}, as_json=as_json)


@contributions.command("accept", short_help="into the next edition of a bulletin")
@_id
@_campaign
@click.option("--bulletin", default="", metavar="NAME", help="Which bulletin's.  [default: the campaign's only one]")
@_by
@pass_context
def accept(context: Context, contribution_id: str, campaign: str, *, bulletin: str, by: str) -> None:
    """Accept the contribution ID: the next edition of the bulletin has it, and no other; an event is public at once."""
    from workers.campaign.contribution import Decision, Said

    name = _bulletin(context, context.campaign(campaign).slug, bulletin)
    _decide(context, campaign, contribution_id, Decision(Said.ACCEPTED, int(time.time()), operator(by), name))
    click.echo(f"{contribution_id}: will be in the next edition of {name}")


@contributions.command("decline", short_help="leave it out, with a reason that is kept")
@_id
@_campaign
@click.option("--reason", required=True, metavar="TEXT", help="Why; for editors only.")
@_by
@pass_context
def decline(context: Context, contribution_id: str, campaign: str, *, reason: str, by: str) -> None:
    """Decline the contribution ID: no edition has it. It can be accepted later."""
    from workers.campaign.contributed import one_line
    from workers.campaign.contribution import Decision, Said

    why = one_line(reason, "--reason", 500, needed=True)
    _decide(context, campaign, contribution_id, Decision(Said.DECLINED, int(time.time()), operator(by), "", "", why))
    click.echo(f"{contribution_id}: declined")


def _decide(context: Context, campaign: str, contribution_id: str, decision: Decision) -> None:
    import structlog

    from workers.errors import InputError

    slug = context.campaign(campaign).slug
    if not context.store.contributions.decide(slug, contribution_id, decision):
        raise InputError("an edition has it already (mobilise contributions show ID says which)", field="ID")
    structlog.get_logger().info(
        f"contribution.{decision.said}", campaign=slug, contribution=contribution_id, by=decision.by
    )


def _bulletin(context: Context, slug: str, named: str) -> str:
    """The bulletin that is meant; InputError if it is not one of the campaign's."""
    from workers.bulletinfile import read_bulletins
    from workers.errors import InputError

    folder = context.settings.beside_campaigns(context.settings.mailings.bulletins)
    known = sorted(one.name for one in read_bulletins(folder, context.campaigns)[0].values() if one.campaign == slug)
    if named in known:
        return named
    if not named and len(known) == 1:
        return known[0]
    if not known:
        raise InputError("this campaign has no bulletin: make its folder first", field="--bulletin")
    raise InputError(f"must be one of {', '.join(known)}", field="--bulletin")


def _row(one: Contribution, decision: Decision) -> dict[str, Any]:
    return {
        "id": one.id,
        "kind": one.kind,
        "organisation": one.organisation,
        "title": one.title,
        "sent_in": _moment(one.at),
        "said": decision.said.value,
        "bulletin": decision.bulletin,
    }


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)
