"""``mobilise campaigns open`` and ``close``: an operator's word goes before the dates in the campaign's file."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from workers.campaign.states import State
from workers.cli.context import Context, pass_context
from workers.cli.letters_tried import tried
from workers.cli.operators import operator
from workers.cli.rehearsing import Trial, trial_options
from workers.cli.shown import confirm, json_option, show_json, yes_option

if TYPE_CHECKING:
    from workers.campaign.model import Campaign

#: Actions whose letters are withheld by one call.
_CHUNK = 500

_by = click.option(
    "--by", default="", metavar="NAME", help="Who decides; stands in log and events.  [default: your login]"
)


@click.command("open", short_help="let a campaign begin now, or go on after it was closed")
@click.argument("slug")
@_by
@trial_options
@yes_option
@json_option
@pass_context
def open_(context: Context, slug: str, *, by: str, trial: Trial, yes: bool, as_json: bool) -> int:
    """Open SLUG before the time in its file, or again after `campaigns close`. All processes know within a second.

    Letters that were withheld stay so. The end in its file holds: to go on beyond it, change it there and restart.
    """
    from workers.campaign.opening import OPEN
    from workers.cli.pace import follow_dates
    from workers.errors import InputError

    file, store, now = context.campaign(slug), context.store, datetime.now(UTC)
    if now >= file.opens and not file.is_open(now):
        raise InputError(f"{slug} is over by its file: change closes and polling_day there, and restart", field="slug")
    if trial:
        return tried(context, [slug], trial, opened=True, as_json=as_json)
    result, who = "was open already", operator(by)
    if not context.openings[slug].is_open(now):
        confirm(f"Open {slug} now? {_letters(_waiting(context, slug))} may leave at once.", yes=yes)
        store.openings.decide(slug, "" if file.is_open(now) else OPEN, who)
        follow_dates(context, slug)
        _log("campaign.opened", slug, who)
        result = "opened"
    left = store.pauses.covering(slug)
    if as_json:
        show_json({"campaign": slug, "result": result, "by": who, "paused": left})
        return 0
    click.echo(f"{slug} {result}")
    if left:
        click.echo(f"still paused by: {', '.join(left)}", err=True)
    return 0


@click.command(short_help="end a campaign now; what waits is withheld for good")
@click.argument("slug")
@click.option("--wait", default=120, show_default=True, help="Seconds to wait for calls that have begun.")
@_by
@yes_option
@json_option
@pass_context
def close(context: Context, slug: str, *, wait: int, by: str, yes: bool, as_json: bool) -> None:
    """End SLUG now: no action is taken any more and no letter leaves. To stop for a while, use `campaigns pause`.

    Letters that wait are withheld (`closed`): that cannot be undone, though `campaigns open` lets new ones leave.
    Signatures are still taken, and receipts still sent. Cut off anywhere, the same command again completes it.
    """
    file, who = context.campaign(slug), operator(by)
    waiting = _waiting(context, slug)
    was_open = not _is_closed(context, file)
    if was_open or waiting:
        confirm(f"Close {slug} now? {_letters(waiting)} that wait will be withheld for good.", yes=yes)
    withheld = _close(context, slug, who, wait) if was_open or waiting else 0
    result = "closed" if was_open else "was closed already"
    if as_json:
        show_json({"campaign": slug, "result": result, "withheld": withheld, "by": who})
    else:
        click.echo(f"{slug} {result}: {_letters(withheld)} withheld")


def _close(context: Context, slug: str, who: str, wait: int) -> int:
    """How many letters were withheld. Paused meanwhile: what is being sent ends, and nothing new begins."""
    from workers.campaign.opening import CLOSED
    from workers.cli.pace import follow_dates
    from workers.cli.stopping import stop
    from workers.openings import KNOWN_S
    from workers.store.keys import pause_scope

    store, scope = context.store, pause_scope(slug)
    before = store.tallies.totals(slug).letters[State.WITHHELD]
    store.openings.decide(slug, CLOSED, who)
    known_at = time.monotonic() + KNOWN_S
    _log("campaign.closed", slug, who)
    new = stop(store, scope, f"being closed by {who}", wait, slug)
    time.sleep(max(0.0, known_at - time.monotonic()))
    _withhold(context, slug)
    follow_dates(context, slug)
    if new:
        store.pauses.resume(scope)
    return store.tallies.totals(slug).letters[State.WITHHELD] - before


def _withhold(context: Context, slug: str) -> None:
    """Withholds what waits. Upkeep does the same, now and for what comes back to the queue later."""
    from workers.cli.progress import bar

    losses, claim_s = context.store.losses, context.settings.clock.claim_s
    start = 0
    with bar("withholding", context.store.actions.count(slug)) as advance:
        while actions := losses.actions(slug, start, _CHUNK):
            losses.mend(slug, actions, claim_s, closed=True)
            start += len(actions)
            advance(len(actions))


def _is_closed(context: Context, file: Campaign) -> bool:
    now, stands = datetime.now(UTC), context.openings[file.slug]
    return now >= stands.opens and not stands.is_open(now)


def _waiting(context: Context, slug: str) -> int:
    letters = context.store.tallies.totals(slug).letters
    return letters.get(State.HELD, 0) + letters.get(State.QUEUED, 0)


def _log(event: str, slug: str, who: str) -> None:
    import structlog

    structlog.get_logger().warning(event, campaign=slug, by=who)


def _letters(number: int) -> str:
    return f"{number:,} letter{'' if number == 1 else 's'}"
