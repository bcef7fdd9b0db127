"""The daily summary: one mail with every letter that waits, for a candidate who gets more of them than one can bear."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from workers.campaign.model import Campaign

TOLERANCE_USUAL, TOLERANCE_MOST = 20, 100_000
HOUR_USUAL = 8
#: Seconds before the end at which what still waits leaves: there is no other day.
_LAST_S = 1800
_HOUR = 3600
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Summary:
    """A candidate with more than ``tolerance`` letters waiting gets them in one mail, at ``hour`` by local clocks."""

    tolerance: int = TOLERANCE_USUAL
    hour: int = HOUR_USUAL


def next_summary(campaign: Campaign, summary: Summary, now: float) -> int:
    """When letters gathered now leave (epoch seconds): once on every local day, the last time before the end.

    An hour that clocks skip is the one after it, and of one that they show twice it is the first. Who is gathered when
    the last time is over does not wait.
    """
    after = max(now, campaign.opens.timestamp())
    zone = ZoneInfo(campaign.time_zone)
    today = datetime.fromtimestamp(after, zone).date()
    daily = next(at for at in (_at(today, summary, zone), _at(today + _DAY, summary, zone)) if at > after)
    return min(daily, max(_last(campaign, zone), int(now)))


def _at(day: date, summary: Summary, zone: ZoneInfo) -> int:
    return int(datetime.combine(day, time(summary.hour), zone).timestamp())


def _last(campaign: Campaign, zone: ZoneInfo) -> int:
    """Shortly before the end, and not in a quiet hour."""
    midnight = datetime.combine(campaign.polling_day + _DAY, time(), zone)
    last = int(min(campaign.closes, midnight).timestamp()) - _LAST_S
    shares = campaign.pace.shares if campaign.pace else ()
    for _ in shares:
        if shares[datetime.fromtimestamp(last, zone).hour]:
            break
        last -= _HOUR
    return last
