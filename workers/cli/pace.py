"""``mobilise campaigns pace``: how many letters leave in an hour, shown and changed while a campaign runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from workers.campaign.pace import CAP_MOST, DOMAIN_CAP_MOST, Pace, read_curve, read_quiet, spelled, usual
from workers.cli.context import Context, pass_context
from workers.cli.shown import json_option, show_record

if TYPE_CHECKING:
    from workers.campaign.model import Campaign
    from workers.store.paces import Standing


@click.command()
@click.argument("slug")
@click.option("--cap", type=click.IntRange(1, CAP_MOST), help="Letters to one candidate in an hour, at most.")
@click.option("--domain-cap", type=click.IntRange(1, DOMAIN_CAP_MOST), help="To all candidates at one mail domain.")
@click.option("--curve", help='Share of both that an hour of the day has: "8-9 0.3, 9-17, 17-21 0.5".')
@click.option("--quiet", help='Hours in which nothing leaves: "21-8"; "" for none.')
@click.option("--reset", is_flag=True, help="Go by the campaign file again.")
@click.option("--retime", is_flag=True, help="Give what waits new times at the same pace, oldest action first.")
@json_option
@pass_context
def pace(context: Context, /, slug: str, *, reset: bool, retime: bool, as_json: bool, **wanted: Any) -> None:
    """Show how many letters leave in an hour, or change it at once, for all processes.

    What an option does not name stays as it is. Everything that waits gets its new time, oldest action first; a letter
    for which no time is left before polling day is held, and comes back when there is some. The change stands until
    --reset, whatever the file says. It may be broken off and repeated. `campaigns show SLUG --what-if cap=30` says
    beforehand what would come of it.
    """
    from workers import pacing

    campaign, store = context.openings[context.campaign(slug).slug], context.store
    options = {name: value for name, value in wanted.items() if value is not None}
    if reset and options:
        raise click.UsageError("--reset goes by the file: say it without other options.")
    standing = store.paces.find(slug)
    done = {}
    if reset or options or retime:
        pacing.change(
            store,
            campaign,
            lambda override: None if reset else (changed(override or campaign.pace, options) if options else override),
            anew=retime,
        )
        done = _retime(context, slug)
        standing = store.paces.find(slug)
    show_record(_record(context, campaign, standing) | _outlook(context, campaign) | done, as_json=as_json)


def follow_dates(context: Context, slug: str) -> None:
    """Gives what waits its times by the dates that hold now, if an operator has just changed them."""
    from workers import pacing
    from workers.openings import Campaigns

    stands = Campaigns(context.campaigns, context.store)
    stands.look()
    pacing.change(context.store, stands[slug], lambda override: override)
    _retime(context, slug)


def changed(pace: Pace | None, options: Mapping[str, Any]) -> Pace:
    """``pace`` (or the usual one) with some of it named anew; InputError for what makes no sense."""
    from workers.errors import InputError

    readers: dict[str, Callable[[str], object]] = {
        "curve": read_curve,
        "quiet": read_quiet,
        "cap": int,
        "domain_cap": int,
    }
    read: dict[str, Any] = {}
    for name, value in options.items():
        try:
            read[name] = readers[name](value)
        except ValueError as error:
            raise InputError(_said(name, value, error), field=name) from None
    try:
        return replace(pace or usual(), **read)
    except ValueError as error:
        raise InputError(str(error), field="pace") from None


def _said(name: str, value: object, error: ValueError) -> str:
    from workers.shapes import printable

    whole = name in ("cap", "domain_cap")
    return f"{printable(str(value))!r} is not a whole number" if whole else printable(str(error), most=200)


def _retime(context: Context, slug: str) -> dict[str, object]:
    """Times what waits, with a bar; what came of it."""
    from workers.cli.progress import bar
    from workers.store.paces import Timed

    store, at = context.store, 0
    with bar("new times", store.actions.count(slug)) as advance:

        def tell(step: Timed) -> None:
            nonlocal at
            advance(step.done - at)
            at = step.done

        letters, without = store.paces.retime_all(slug, tell)
    return {"letters_timed": letters, "without_time": without}


def _outlook(context: Context, campaign: Campaign) -> dict[str, object]:
    from workers.cli.forecast import forecast_of

    found = forecast_of(context, campaign, ())
    return {key: found[key] for key in ("last_leaves", "without_time")}


def _record(context: Context, campaign: Campaign, standing: Standing) -> dict[str, object]:
    from workers.pacing import table_of

    pace, table = standing.override or campaign.pace, standing.table or table_of(campaign, standing.override)
    shown: dict[str, object] = {"campaign": campaign.slug, "set_by": _set_by(campaign, standing)}
    if pace and table:
        room = table.room(table.hour(time.time())) if table.opens <= time.time() < table.ends else 0
        shown |= {
            "cap": pace.cap,
            "domain_cap": pace.domain_cap,
            "curve": spelled(pace.curve),
            "quiet": spelled(tuple(float(hour in pace.quiet) for hour in range(24))),
            "time_zone": campaign.time_zone,
            "cap_this_hour": room,
        }
    letters = context.store.tallies.totals(campaign.slug).letters
    return shown | {"queued": letters["queued"], "held": letters["held"], "timing": standing.is_timing}


def _set_by(campaign: Campaign, standing: Standing) -> str:
    if standing.override:
        return "an operator, until --reset"
    return "the campaign file" if campaign.pace else "nobody: letters leave as fast as they can"
