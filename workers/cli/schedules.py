"""When editions start: at a time that is given, or at the next one of a bulletin's schedule."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from workers.cli.context import Context
from workers.cli.operators import operator
from workers.cli.shown import confirm, show_json
from workers.errors import InputError

if TYPE_CHECKING:
    from workers.campaign.mailings import Mailing


def due_at(context: Context, name: str, words: str) -> int:
    """Epoch seconds; 0 for a bulletin without a schedule if no time is given. InputError for a time that is past."""
    from workers.campaign.mailings import Kind
    from workers.cli.mailing_steps import made_of
    from workers.schedule import read_at, read_schedule

    bulletin = made_of(context, Kind.BULLETIN, name)
    zone, now = context.campaign(bulletin.campaign).time_zone, time.time()
    if words:
        try:
            return read_at(words, now=now, time_zone=zone)
        except InputError as error:
            raise InputError(str(error), field="at") from None
    schedule = getattr(bulletin, "schedule", "")
    return read_schedule(schedule, zone).next_after(now) if schedule else 0


def edition_due(context: Context, name: str, due: int) -> str:
    """The name of the edition that starts then; "" for one that starts when somebody says so."""
    from workers.campaign.mailings import Kind
    from workers.cli.mailing_steps import made_of
    from workers.newsroom import day_named

    return day_named(context.campaign(made_of(context, Kind.BULLETIN, name).campaign), due) if due else ""


def starts(context: Context, mailing: Mailing, due: int) -> str:
    """When an edition starts, by the clock of its campaign."""
    zone = ZoneInfo(context.campaign(mailing.campaign).time_zone)
    return f"starts {datetime.fromtimestamp(due, UTC).astimezone(zone):%A %d %B %Y %H:%M} ({zone.key})"


def stand(context: Context, name: str, by: str, *, yes: bool, as_json: bool) -> None:
    """Approves every edition of a schedule, for as long as nothing in the bulletin's folder changes."""
    import click
    import structlog

    from workers.campaign.mailings import Kind
    from workers.cli.mailing_steps import draft, made_of
    from workers.editions import fingerprint
    from workers.schedule import read_schedule

    bulletin = made_of(context, Kind.BULLETIN, name)
    words = getattr(bulletin, "schedule", "")
    if not words:
        raise InputError("the bulletin has no schedule: write one into bulletin.toml", field="name")
    draft(context, Kind.BULLETIN, name)  # whatever is wrong with it is told now
    says = read_schedule(words, context.campaign(bulletin.campaign).time_zone).says
    confirm(f"Approve every edition of {name} ({says}), as long as its folder stays as it is?", yes=yes)
    context.store.standings.stand(name, fingerprint(bulletin.folder), operator(by))
    structlog.get_logger().info("mailing.approved", campaign=bulletin.campaign, bulletin=name, by=operator(by))
    if as_json:
        show_json({"bulletin": name, "result": "approved", "schedule": says})
    else:
        click.echo(f"{name}: every edition is approved ({says}), until its folder changes")
