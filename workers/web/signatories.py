"""``GET /api/campaigns/{campaign}/signatories``: who signed, as JSON, CSV or Atom, for anyone who wants to show it."""

from __future__ import annotations

from functools import partial

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from workers.app import App
from workers.campaign.model import Campaign
from workers.web.campaigns import campaign_of
from workers.web.candidates import PUBLIC
from workers.web.formats import MEDIA_TYPES, as_atom, as_csv, as_json
from workers.web.kept import Kept
from workers.web.problems import NOT_ACCEPTABLE, FieldError, Problem, invalid
from workers.web.roll import Roll, Rolls
from workers.web.sifting import Wanted, sift, wanted

#: Seconds that an answer may be used without asking again: as long as a reading is good.
_MAX_AGE_S = 1


class Signatories:
    """The endpoint, on one process's rolls."""

    def __init__(self, app: App, rolls: Rolls) -> None:
        self._campaigns, self._rolls = app.campaigns, rolls
        self._url = app.settings.web.public_url.rstrip("/")

    async def get(self, request: Request) -> Response:
        """200 with those asked for, or 304; the path says the format, else ``format``, else the Accept header."""
        campaign, want = campaign_of(request, self._campaigns), wanted(request.query_params)
        format_ = _format(request)
        roll = await self._rolls.read(campaign)
        kept = await self._rolls.rendered(roll, (format_, want), partial(self._render, campaign, roll, want, format_))
        headers = {"cache-control": f"public, max-age={_MAX_AGE_S}", "vary": "accept", **PUBLIC}
        if format_ == "csv":
            headers["content-disposition"] = f'attachment; filename="{campaign.slug}-signatories.csv"'
        return kept.answer(request, roll.changed, headers)

    def _render(self, campaign: Campaign, roll: Roll, want: Wanted, format_: str) -> Kept:
        found = sift(roll, want)
        if format_ == "csv":
            return Kept(as_csv(found), "text/csv; charset=utf-8; header=present")
        if format_ == "json":
            return Kept(as_json(campaign, len(roll.signatories), found), MEDIA_TYPES["json"])
        page = f"{self._url}/campaigns/{campaign.slug}/signatories"
        self_ = f"{self._url}/api/campaigns/{campaign.slug}/signatories.atom{want.query}"
        return Kept(as_atom(campaign, page, self_, found), MEDIA_TYPES["atom"])


def _format(request: Request) -> str:
    named: str = request.path_params.get("format", "")
    if named:
        if named not in MEDIA_TYPES:
            raise HTTPException(404)
        return named
    asked = request.query_params.get("format", "")
    if asked and asked not in MEDIA_TYPES:
        raise invalid([FieldError("format", f"must be one of {', '.join(MEDIA_TYPES)}")])
    return asked or _accepted(request.headers.get("accept", ""))


def _accepted(header: str) -> str:
    """The format that an Accept header likes best, JSON first where it does not mind (RFC 9110 §12.5.1)."""
    ranges = dict(_range(entry) for entry in header.split(",") if entry.strip()) or {"*/*": 1.0}
    liked = {name: _liking(ranges, media_type) for name, media_type in MEDIA_TYPES.items()}
    best = max(liked, key=lambda name: liked[name])
    if not liked[best]:
        raise Problem(NOT_ACCEPTABLE, f"ask for one of {', '.join(MEDIA_TYPES.values())}")
    return best


def _range(entry: str) -> tuple[str, float]:
    media_type, *parameters = (part.strip().lower() for part in entry.split(";"))
    weights = [part[2:] for part in parameters if part.startswith("q=")]
    try:
        return media_type, float(weights[0]) if weights else 1.0
    except ValueError:
        return media_type, 0.0


def _liking(ranges: dict[str, float], media_type: str) -> float:
    """The most exact range decides."""
    kind = media_type.partition("/")[0]
    return next((ranges[one] for one in (media_type, f"{kind}/*", "*/*") if one in ranges), 0.0)
