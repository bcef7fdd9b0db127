"""How a forecast is shown: by ``mobilise campaigns show``, and what another pace would come to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from workers.cli.context import Context
from workers.cli.shown import show_rows

if TYPE_CHECKING:
    from workers.campaign.model import Campaign, Candidate
    from workers.forecasts import Forecast

#: Candidates named on the terminal; --json names all.
_NAMED = 10


def forecast_of(context: Context, campaign: Campaign, what_if: Sequence[str]) -> dict[str, Any]:
    """The forecast as a record; ``what_if`` are settings such as "cap=30" to go by in place of those that stand."""
    from workers.cli.pace import changed
    from workers.forecasts import forecast

    standing = context.store.paces.find(campaign.slug)
    pace = changed(standing.override or campaign.pace, _settings(what_if)) if what_if else None
    found = forecast(context.store, campaign, context.settings.clock.nudge_s, pace)
    candidates = context.store.candidates.all(campaign.slug)
    return _record(found, campaign, candidates) | ({"what_if": _settings(what_if)} if what_if else {})


def show_forecast(record: dict[str, Any]) -> None:
    """The latest candidates first, and those who cannot be reached; then what would mend it."""
    rows = record["candidates"]
    if rows:
        more = f" (the latest {_NAMED} of {len(rows)})" if len(rows) > _NAMED else ""
        show_rows(rows[:_NAMED], title=f"Waiting letters by candidate{more}")
    if record["without_address"]:
        count = len(record["without_address"])
        more = f" (the first {_NAMED} of {count})" if count > _NAMED else ""
        show_rows(record["without_address"][:_NAMED], title=f"Held: no address that works{more}")
    if record["without_time"]:
        mends = " and ".join(f"{name}={value}" for name, value in record["mend"].items())
        click.echo(
            f"{record['without_time']} letters find no time before the end: "
            + (f"{mends} would do" if mends else "no cap would do; more hours might (curve, quiet)")
        )


def _settings(what_if: Sequence[str]) -> dict[str, str]:
    from workers.errors import InputError
    from workers.shapes import nearest, printable

    known, found = ("cap", "domain_cap", "curve", "quiet"), {}
    for text in what_if:
        name, equals, value = text.partition("=")
        name = name.strip().replace("-", "_")
        if not equals or name not in known:
            raise InputError(f"{printable(text)!r} is not a setting ({nearest(name, known)})", field="what-if")
        found[name] = value.strip()
    return found


def _record(found: Forecast, campaign: Campaign, candidates: dict[str, Candidate]) -> dict[str, Any]:
    zone = ZoneInfo(campaign.time_zone)
    return {
        "waiting": found.waiting,
        "last_leaves": local(found.last, zone),
        "without_time": found.timeless,
        "mend": found.mends,
        "candidates": [
            {
                "candidate": finish.candidate,
                "name": _name(candidates, finish.candidate),
                "waiting": finish.letters,
                "last_leaves": local(finish.last, zone),
                "without_time": finish.timeless,
            }
            for finish in found.finishes
        ],
        "without_address": [
            {"candidate": candidate, "name": _name(candidates, candidate), "held": held, "reason": reason}
            for candidate, (held, reason) in sorted(found.unreachable.items(), key=lambda item: (-item[1][0], item[0]))
        ],
    }


def _name(candidates: dict[str, Candidate], candidate: str) -> str:
    return candidates[candidate].name if candidate in candidates else ""


def local(at: int | None, zone: ZoneInfo) -> str | None:
    """A time (epoch s) in the campaign's own zone."""
    return None if at is None else datetime.fromtimestamp(at, UTC).astimezone(zone).isoformat(" ", "seconds")
