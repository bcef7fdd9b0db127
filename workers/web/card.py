"""The picture of one signature, made to be shared: an SVG with name, party, constituency and campaign."""

from __future__ import annotations

import textwrap
from functools import partial
from itertools import accumulate

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from workers.app import App
from workers.campaign.model import Campaign
from workers.web.campaigns import campaign_of
from workers.web.kept import Kept
from workers.web.pages import Pages
from workers.web.roll import Rolls, Signatory

#: Seconds for which a picture may be used without asking again: a signature may be taken back.
_MAX_AGE_S = 60
#: Characters of each line, and lines of each text, that the picture has room for.
_NAME, _STANDS, _TITLE = (24, 2), (44, 2), (34, 2)
_PAGE = 70
#: Units of the picture from one line to the next.
_NAME_STEP, _STANDS_STEP = 72, 52


class Card:
    """The endpoint."""

    def __init__(self, app: App, rolls: Rolls, pages: Pages) -> None:
        self._campaigns, self._rolls, self._pages = app.campaigns, rolls, pages

    async def get(self, request: Request) -> Response:
        """200 with the picture, or 304; 404 for who has not signed, or not any more."""
        campaign, candidate = campaign_of(request, self._campaigns), request.path_params["candidate"]
        roll = await self._rolls.read(campaign)
        one = next((one for one in roll.signatories if one.candidate_id == candidate), None)
        if one is None:
            raise HTTPException(404)
        kept = await self._rolls.rendered(roll, ("card", candidate), partial(self._render, campaign, one))
        headers = {
            "cache-control": f"public, max-age={_MAX_AGE_S}",
            "content-disposition": f'inline; filename="{campaign.slug}-signed.svg"',
        }
        return kept.answer(request, roll.changed, headers)

    def _render(self, campaign: Campaign, one: Signatory) -> Kept:
        name = _lines(one.name or "A candidate", *_NAME)
        stands = _lines(", ".join(part for part in (one.party, one.constituency) if part), *_STANDS)
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


def _lines(words: str, width: int, most: int) -> list[str]:
    return textwrap.wrap(words, width, max_lines=most, placeholder=" …")
