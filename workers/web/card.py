"""One signature, made to be shared: its page, and a picture with name, party, constituency and campaign."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from functools import lru_cache, partial
from itertools import accumulate
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo

from resvg_py import svg_to_bytes
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from workers.app import App
from workers.campaign.model import Campaign
from workers.web.campaigns import campaign_of
from workers.web.kept import PNG, Kept
from workers.web.pages import Pages
from workers.web.roll import Rolls, Signatory
from workers.web.signed import day_of, day_text, how_of

#: Seconds for which a picture may be used without asking again: a signature may be taken back.
_MAX_AGE_S = 60
#: Characters of each line, and lines of each text, that the picture has room for.
_NAME, _STANDS, _TITLE = (24, 2), (44, 2), (34, 2)
_PAGE = 70
#: Units of the picture from one line to the next.
_NAME_STEP, _STANDS_STEP = 72, 52
#: The letters of the PNG come along: a server may have no font at all.
_FONT = "DejaVu Sans Condensed"
_FONTS = sorted(map(str, (Path(__file__).parent / "fonts").glob("*.ttf")))
#: PNGs that are kept: each takes 50 ms of CPU, in which nothing else of the process runs, and 40 kB.
_DRAWN = 256

Render = Callable[[Campaign, Signatory], Kept]


class Card:
    """The endpoints: 200, or 304; 404 for who has not signed, or not any more."""

    def __init__(self, app: App, rolls: Rolls, pages: Pages) -> None:
        self._campaigns, self._rolls, self._pages = app.campaigns, rolls, pages

    async def page(self, request: Request) -> Response:
        """Who signed what and when, with what other sites show of a link to it."""
        return await self._answer(request, "shared", self._shared, {"cache-control": "no-cache"})

    async def svg(self, request: Request) -> Response:
        """The picture as it is drawn."""
        return await self._answer(request, "svg", self._svg, _headers(request, "svg"))

    async def png(self, request: Request) -> Response:
        """The same for sites that take no SVG."""
        return await self._answer(request, "png", self._png, _headers(request, "png"))

    async def _answer(self, request: Request, what: str, render: Render, headers: dict[str, str]) -> Response:
        campaign, candidate = campaign_of(request, self._campaigns), request.path_params["candidate"]
        roll = await self._rolls.read(campaign)
        one = next((one for one in roll.signatories if one.candidate_id == candidate), None)
        if one is None:
            raise HTTPException(404)
        kept = await self._rolls.rendered(roll, (what, candidate), partial(render, campaign, one))
        return kept.answer(request, roll.changed, headers)

    def _shared(self, campaign: Campaign, one: Signatory) -> Kept:
        day = day_of(one.at, ZoneInfo(campaign.time_zone))
        page = f"/campaigns/{campaign.slug}/signatories"
        values = {
            "campaign": campaign,
            "who": one.name or "A candidate",
            "stands": _stands(one),
            "day": day_text(day),
            "date": day.isoformat(),
            "how": how_of(one),
            "evidence": one.evidence_url,
            "public_url": self._pages.public_url,
            "page": page,
            "own": f"{page}/{quote(one.candidate_id, safe='')}",
        }
        return Kept(self._pages.html("shared", values).encode(), "text/html; charset=utf-8")

    def _svg(self, campaign: Campaign, one: Signatory) -> Kept:
        name = _lines(one.name or "A candidate", *_NAME)
        stands = _lines(_stands(one), *_STANDS)
        rows = list(accumulate([_NAME_STEP] * len(name) + [_STANDS_STEP] * len(stands), initial=190))[1:]
        values = {
            "campaign": campaign,
            "who": one.name or "A candidate",
            "name": list(zip(name, rows, strict=False)),
            "stands": list(zip(stands, rows[len(name) :], strict=True)),
            "title": _lines(campaign.title, *_TITLE),
            "page": f"{self._pages.public_url}/campaigns/{campaign.slug}".partition("://")[2][:_PAGE],
        }
        return Kept(self._pages.html("_card", values).encode(), "image/svg+xml")

    def _png(self, campaign: Campaign, one: Signatory) -> Kept:
        return _drawn(self._svg(campaign, one).content.decode())


@lru_cache(_DRAWN)
def _drawn(svg: str) -> Kept:
    """The picture in pixels; it stays while others sign."""
    png = svg_to_bytes(
        svg_string=svg, skip_system_fonts=True, font_files=_FONTS, font_family=_FONT, sans_serif_family=_FONT
    )
    return Kept(png, PNG)


def _headers(request: Request, kind: str) -> dict[str, str]:
    name = f"{request.path_params['campaign']}-signed.{kind}"
    return {"cache-control": f"public, max-age={_MAX_AGE_S}", "content-disposition": f'inline; filename="{name}"'}


def _stands(one: Signatory) -> str:
    return ", ".join(part for part in (one.party, one.constituency) if part)


def _lines(words: str, width: int, most: int) -> list[str]:
    return textwrap.wrap(words, width, max_lines=most, placeholder=" …")
