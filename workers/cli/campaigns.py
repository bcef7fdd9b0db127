"""``mobilise campaigns``: what runs, how far it is, and the button that stops it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import click

from workers.campaign.model import Campaign
from workers.cli.context import Context, pass_context
from workers.cli.fairness import fairness
from workers.cli.letters_tried import tried
from workers.cli.openings import close, open_
from workers.cli.operators import operator
from workers.cli.pace import pace
from workers.cli.rehearsing import Trial, trial_options
from workers.cli.shown import json_option, show_json, show_record, show_rows


@click.group()
def campaigns() -> None:
    """List, show, open, pause, resume and close campaigns; set their pace; say whether all are asked alike."""


campaigns.add_command(fairness)
campaigns.add_command(open_)
campaigns.add_command(close)
campaigns.add_command(pace)


@campaigns.command("list")
@json_option
@pass_context
def list_(context: Context, as_json: bool) -> None:
    """Every campaign in config/campaigns with its state and its count."""
    paused = context.store.pauses.all()
    rows = [_row(context, campaign, paused) for campaign in context.openings.values()]
    show_rows(rows, as_json=as_json, empty="there is no campaign: add config/campaigns/<slug>.toml")


@campaigns.command()
@click.argument("slug")
@click.option("--what-if", multiple=True, metavar="SETTING=VALUE", help="Forecast another pace; may be repeated.")
@json_option
@pass_context
def show(context: Context, slug: str, what_if: tuple[str, ...], as_json: bool) -> None:
    """One campaign: its dates, what it sends, what is paused and why, the books, and when the last letter leaves.

    The forecast goes by the pace that stands, as if a paused campaign went on now. --what-if cap=30 (or domain_cap=,
    quiet=, curve=) says what would come of another pace, and changes nothing. Times are in the campaign's own zone.
    """
    from workers.cli.forecast import forecast_of, show_forecast
    from workers.store.pauses import covering

    file, store = context.campaign(slug), context.store
    campaign = context.openings[slug]
    paused = store.pauses.all()
    candidates = store.candidates.all(slug).values()
    standing = [candidate for candidate in candidates if candidate.is_standing]
    record = _row(context, campaign, paused) | {
        "opens": file.opens,
        "closes": file.closes,
        "decided": _decided(context, slug),
        "polling_day": campaign.polling_day.isoformat(),
        "sender": f"{campaign.sender.name} <{campaign.sender.address}>",
        "variants": [variant.name for variant in campaign.variants],
        "candidates": len(standing),
        "without_address": sum(1 for candidate in standing if not candidate.email),
        "actions": store.actions.count(slug),
        "throwaway": store.actions.throwaway(slug),
        "unconfirmed": store.intents.count(slug),
        "waiting_actions": store.agenda.waiting(slug),
        "letters": {state: n for state, n in store.tallies.totals(slug).letters.items() if n},
        "unknown": _unknown(context, slug),
        "summary": asdict(campaign.summary) if campaign.summary else {},
        "summaries": _summaries(context, campaign),
        "breaker": _breaker(context, campaign),
        "paused": {scope: pause.reason for scope, pause in paused.items() if scope in covering(slug)},
        "provider_wait_s": round(store.pauses.hold_ms() / 1000, 1),
    }
    outlook = forecast_of(context, campaign, what_if)
    if as_json:
        show_json(record | {"forecast": outlook})
        return
    brief = {key: value for key, value in outlook.items() if value and key not in ("candidates", "without_address")}
    show_record(record | {"forecast": brief})
    show_forecast(outlook)


@campaigns.command()
@click.argument("slug")
@click.option("--reason", default="paused by hand", help="Shown wherever the pause is.")
@click.option("--wait", default=120, show_default=True, help="Seconds to wait for calls that have begun.")
@json_option
@pass_context
def pause(context: Context, slug: str, reason: str, wait: int, as_json: bool) -> None:
    """Stop sending: SLUG is a campaign, or "all". When this answers, no call to the provider begins any more."""
    from workers.cli.stopping import stop

    scope = _scope(slug if slug == "all" else context.campaign(slug).slug)
    new = stop(context.store, scope, reason, wait, slug)
    _said(as_json, scope, "paused" if new else "was paused already")


@campaigns.command()
@click.argument("slug")
@trial_options
@json_option
@pass_context
def resume(context: Context, slug: str, *, trial: Trial, as_json: bool) -> int:
    """Let letters leave again: SLUG is a campaign, or "all"."""
    scope = _scope(slug if slug == "all" else context.campaign(slug).slug)
    if trial:
        slugs = list(context.openings) if slug == "all" else [slug]
        return tried(context, slugs, trial, lifted=scope, as_json=as_json)
    was = context.store.pauses.resume(scope, operator(""))
    _said(as_json, scope, "resumed" if was else "was not paused")
    if (left := context.store.pauses.covering(slug)) and not as_json:
        click.echo(f"still paused by: {', '.join(left)}", err=True)
    return 0


def _decided(context: Context, slug: str) -> str:
    """What an operator decided against the file, who and when; "" for nothing."""
    opening = context.store.openings.all().get(slug)
    if opening is None:
        return ""
    return f"{opening.state} since {datetime.fromtimestamp(opening.at, UTC):%Y-%m-%d %H:%M:%SZ}, by {opening.by}"


def _summaries(context: Context, campaign: Campaign) -> dict[str, str | None]:
    """Candidates whose letters are gathered, and when the next mail with them leaves, in the campaign's own zone."""
    from workers.cli.forecast import local

    zone = ZoneInfo(campaign.time_zone)
    found = sorted(context.store.summaries.all(campaign.slug).items(), key=lambda item: (item[1], item[0]))
    return {who: local(at, zone) for who, at in found}


def _unknown(context: Context, slug: str) -> dict[str, int]:
    """Letters that may have left, and those for so long that a person should decide."""
    doubt = context.store.unknowns.count([slug], context.settings.upkeep.unknown_s)[slug]
    return {"letters": doubt.letters, "old": doubt.old}


def _breaker(context: Context, campaign: Campaign) -> dict[str, str]:
    """How near the campaign is to stopping by itself."""
    from workers.campaign.breaker import rates

    window = context.store.windows.read({campaign.slug: campaign.breaker.window_minutes})[campaign.slug]
    return {rate.outcome: rate.shown for rate in rates(campaign.breaker, window.counts)}


def _said(as_json: bool, scope: str, what: str) -> None:
    if as_json:
        show_json({"scope": scope, "result": what})
    else:
        click.echo(f"{scope} {what}")


def _scope(slug: str) -> str:
    from workers.store.keys import pause_scope

    return slug if slug == "all" else pause_scope(slug)


def _row(context: Context, campaign: Campaign, paused: object) -> dict[str, object]:
    tally = context.store.tallies.totals(campaign.slug)
    return {
        "campaign": campaign.slug,
        "title": campaign.title,
        "state": _state(campaign, paused),
        "opens": campaign.opens,
        "contacts": tally.contacts,
        "supporters": tally.supporters,
        "signatories": tally.signatories,
    }


def _state(campaign: Campaign, paused: object) -> str:
    now = datetime.now(UTC)
    if now < campaign.opens:
        return "not open yet"
    if not campaign.is_open(now):
        return "closed"
    from workers.store.pauses import covering

    scopes = paused if isinstance(paused, dict) else {}
    return "paused" if scopes.keys() & {*covering(campaign.slug)} else "open"
