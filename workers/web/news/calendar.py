"""``/campaigns/{campaign}/events``: what is on, as a page, as a feed for calendar programs, and one by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from workers.app import App
from workers.campaign.model import Campaign
from workers.campaign.news import CalendarEvent, upcoming
from workers.ics.writing import MEDIA_TYPE, write_ics
from workers.web.campaigns import campaign_of
from workers.web.candidates import PUBLIC
from workers.web.kept import Kept
from workers.web.news.almanac import Almanac, Almanacs
from workers.web.pages import Pages
from workers.web.problems import NOT_FOUND, Problem
from workers.web.threads import Threads

#: Seconds that an answer may be used without asking again.
_MAX_AGE_S = 60
_HEADERS = {"cache-control": f"public, max-age={_MAX_AGE_S}"}


class CalendarPages:
    """The endpoints; what they answer is made once for each reading of the almanac."""

    def __init__(self, app: App, threads: Threads, pages: Pages, almanacs: Almanacs) -> None:
        self._campaigns, self._threads, self._pages, self._almanacs = app.campaigns, threads, pages, almanacs
        self._made: dict[tuple[str, str], tuple[Almanac, Kept]] = {}

    async def page(self, request: Request) -> Response:
        """What is still to come."""
        campaign, now = campaign_of(request, self._campaigns), datetime.now(UTC)
        almanac = await self._almanacs.read(campaign)
        kept = await self._once((campaign.slug, "page"), almanac, partial(self._listed, campaign, almanac, now))
        ended = [int(one.over.timestamp()) for one in almanac.events if one.over <= now]
        return kept.answer(request, max([almanac.changed, *ended]), {"cache-control": "no-cache"})

    async def feed(self, request: Request) -> Response:
        """All of it, with what was lately, for a program that looks again from time to time."""
        campaign = campaign_of(request, self._campaigns)
        almanac = await self._almanacs.read(campaign)
        written = partial(_written, almanac.events, almanac.changed, campaign.title)
        kept = await self._once((campaign.slug, "feed"), almanac, written)
        return kept.answer(request, almanac.changed, {**_HEADERS, **PUBLIC, **_as_file(f"{campaign.slug}-events")})

    async def one(self, request: Request) -> Response:
        """One event, to be put into somebody's calendar; 404 if it is not told any more."""
        campaign = campaign_of(request, self._campaigns)
        almanac = await self._almanacs.read(campaign)
        event = almanac.of(request.path_params["event"])
        if event is None:
            raise Problem(NOT_FOUND, "this event was taken off the calendar, or is long over")
        kept = await self._threads.run(_written, [event], almanac.changed, "")
        return kept.answer(request, almanac.changed, {**_HEADERS, **PUBLIC, **_as_file(f"event-{event.id}")})

    async def _once(self, key: tuple[str, str], almanac: Almanac, make: Callable[[], Kept]) -> Kept:
        before = self._made.get(key)
        if before is None or before[0] is not almanac:
            before = self._made[key] = almanac, await self._threads.run(make)
        return before[1]

    def _listed(self, campaign: Campaign, almanac: Almanac, now: datetime) -> Kept:
        values = {
            "campaign": campaign,
            "events": upcoming(almanac.events, now),
            "url": f"{self._pages.public_url}/campaigns/{campaign.slug}",
        }
        return Kept(self._pages.html("events", values).encode(), "text/html; charset=utf-8")


def _written(events: Sequence[CalendarEvent], changed: int, name: str) -> Kept:
    return Kept(write_ics(events, datetime.fromtimestamp(changed, UTC), name=name), MEDIA_TYPE)


def _as_file(name: str) -> dict[str, str]:
    return {"content-disposition": f'attachment; filename="{name}.ics"'}
