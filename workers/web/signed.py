"""The page of those who signed: all of them in one light table, found and ordered by a plain form."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import partial
from typing import NamedTuple
from zoneinfo import ZoneInfo

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from workers.app import App
from workers.campaign.model import Campaign
from workers.web.campaigns import campaign_of
from workers.web.charts import Bar, bars, growth
from workers.web.formats import anchor
from workers.web.kept import Kept
from workers.web.pages import Pages
from workers.web.roll import Roll, Rolls, Signatory
from workers.web.sifting import ORDERS, Wanted, grouped, sift, wanted

#: Bars that are shown at once if there are many more; the others open.
_BARS, _MANY_BARS = 8, 12
#: Rows from which on headings are worth a list of links, and headings beyond which such a list is no help.
_LONG, _MANY_HEADINGS = 40, 60
#: What the ways to sign are called; another is called what its sender calls it.
_HOWS = {"link": "personal link", "callback": "form"}


class _Group(NamedTuple):
    heading: str
    number: int
    rows: Markup


class _Rows(NamedTuple):
    roll: Roll
    rows: dict[Signatory, str]


class _Bars(NamedTuple):
    field: str
    many: str
    first: list[Bar]
    more: list[Bar]


class SignedPage:
    """The endpoint; a row is rendered once for as long as nothing about it changes."""

    def __init__(self, app: App, rolls: Rolls, pages: Pages) -> None:
        self._campaigns, self._rolls, self._pages = app.campaigns, rolls, pages
        self._rows: dict[str, _Rows] = {}

    async def get(self, request: Request) -> Response:
        """200 with everyone or those asked for, or 304."""
        campaign = campaign_of(request, self._campaigns)
        want = wanted(request.query_params)._replace(limit=0)
        roll = await self._rolls.read(campaign)
        kept = await self._rolls.rendered(roll, ("page", want), partial(self._render, campaign, roll, want))
        return kept.answer(request, roll.changed, {"cache-control": "no-cache"})

    def _render(self, campaign: Campaign, roll: Roll, want: Wanted) -> Kept:
        found = sift(roll, want)
        zone, groups = ZoneInfo(campaign.time_zone), list(self._groups(campaign, roll, want, found))
        values = {
            "campaign": campaign,
            "url": f"{self._pages.public_url}/campaigns/{campaign.slug}/signatories",
            "want": want,
            "total": len(roll.signatories),
            "found": len(found),
            "orders": [(name, says) for name, (says, _) in ORDERS.items() if name != "region" or roll.regions],
            "order": ORDERS[want.order][0],
            "parties": sorted(roll.parties.items()),
            "regions": sorted(roll.regions.items()),
            "columns": 6 if roll.regions else 5,
            "groups": groups,
            "headed": len(groups) > 1 and (len(found) >= _LONG or want.order not in {"constituency", "name"}),
            "jump": len(found) >= _LONG and 1 < len(groups) <= _MANY_HEADINGS,
            "newest": day_text(day_of(roll.newest[0].at, zone)) if roll.newest else "",
        }
        charts = _charts(roll, zone) if want.is_all else {"charts": [], "growth": None}
        return Kept(self._pages.html("signatories", {**values, **charts}).encode(), "text/html; charset=utf-8")

    def _groups(self, campaign: Campaign, roll: Roll, want: Wanted, found: list[Signatory]) -> Iterator[_Group]:
        rows, zone = self._rows_of(campaign, roll), ZoneInfo(campaign.time_zone)
        for heading, some in grouped(found, want.order, lambda at: day_text(day_of(at, zone))):
            yield _Group(heading, len(some), Markup("".join([rows[one] for one in some])))  # noqa: S704  # rendered

    def _rows_of(self, campaign: Campaign, roll: Roll) -> dict[Signatory, str]:
        before = self._rows.get(campaign.slug)
        if before and before.roll is roll:
            return before.rows
        zone, regions = ZoneInfo(campaign.time_zone), bool(roll.regions)
        kept = before.rows if before and bool(before.roll.regions) is regions else {}
        rows = {one: kept.get(one) or self._row(one, zone, regions=regions) for one in roll.signatories}
        self._rows[campaign.slug] = _Rows(roll, rows)
        return rows

    def _row(self, one: Signatory, zone: ZoneInfo, *, regions: bool) -> str:
        day = day_of(one.at, zone)
        values = {
            "one": one,
            "anchor": anchor(one.candidate_id),
            "regions": regions,
            "date": day.isoformat(),
            "day": day_text(day),
            "how": how_of(one),
        }
        return self._pages.html("_signatory", values)


def _bars(field: str, many: str, all_: list[Bar]) -> _Bars:
    shown = len(all_) if len(all_) <= _MANY_BARS else _BARS
    return _Bars(field, many, all_[:shown], all_[shown:])


def day_text(day: date) -> str:
    """A day as people write it."""
    return f"{day.day} {day:%B %Y}"


def how_of(one: Signatory) -> str:
    """The way a signature came, as people call it."""
    return _HOWS.get(one.how, one.how)


def day_of(at: int, zone: ZoneInfo) -> date:
    """The day of an instant (epoch seconds)."""
    return datetime.fromtimestamp(at, UTC).astimezone(zone).date()


def _charts(roll: Roll, zone: ZoneInfo) -> dict[str, object]:
    shown = [_bars("party", "parties", bars(roll.parties, "no party"))]
    if roll.regions:
        shown.append(_bars("region", "regions", bars(roll.regions, "no region")))
    return {"charts": shown, "growth": growth(day_of(one.at, zone) for one in roll.signatories), "day_text": day_text}
