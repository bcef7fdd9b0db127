"""``/campaigns/{campaign}/contribute``: partner organisations send in news and events, with a key, as a plain form."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import structlog
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from workers.app import App
from workers.campaign.contributed import PLACE, TEXT, TITLE
from workers.campaign.model import Campaign
from workers.contributions import EVENT, NEWS, Desk
from workers.web.campaigns import campaign_of
from workers.web.forms import read_form, require_own_page
from workers.web.limits import Limits
from workers.web.pages import Pages
from workers.web.sheets import PRIVATE
from workers.web.threads import Threads

log = structlog.get_logger()

#: Characters of a key that is worth looking up.
_KEY = 100
_SOURCE = "form"
_FIELDS = ("title", "text", "link", "place", "day", "time", "last_day", "last_time")
_SIZES = {"title": TITLE, "text": TEXT, "place": PLACE}
#: The form's fields, by what the rules call them.
_NAMES = {"starts": "day", "ends": "last_day"}


class ContributePage:
    """The endpoints. What is sent in is seen by an editor first."""

    def __init__(self, app: App, threads: Threads, pages: Pages, limits: Limits) -> None:
        self._app, self._threads, self._pages, self._limits = app, threads, pages, limits

    async def get(self, request: Request) -> Response:
        """The form, for a news item or for an event."""
        campaign = campaign_of(request, self._app.campaigns)
        return self._form(campaign, _kind(request.query_params), {}, {})

    async def post(self, request: Request) -> Response:
        """303 once it is on disk; the form again, with what was typed but the key, if something is not right."""
        campaign = campaign_of(request, self._app.campaigns)
        require_own_page(request, self._pages.public_url, f"use the form at /campaigns/{campaign.slug}/contribute")
        await self._limits.require_form(request)
        typed = await read_form(request, self._app.settings.web.max_body)
        flaws = await self._threads.run(self._take, campaign, _kind(typed), typed)
        if flaws:
            return self._form(campaign, _kind(typed), typed, flaws)
        return RedirectResponse(f"/campaigns/{campaign.slug}/contribute/sent", 303, PRIVATE)

    async def sent(self, request: Request) -> Response:
        """What happens next."""
        campaign = campaign_of(request, self._app.campaigns)
        values = {"campaign": campaign, "url": f"/campaigns/{campaign.slug}"}
        return HTMLResponse(self._pages.html("contribute_sent", values), 200, PRIVATE)

    def _take(self, campaign: Campaign, kind: str, typed: Mapping[str, str]) -> dict[str, str]:
        """Keeps it; what is wrong with it, by field, if it cannot be kept."""
        contributions, fields = self._app.store.contributions, _fields(typed)
        desk = Desk(self._app.ids, campaign, datetime.now(UTC))
        given = typed.get("key", "").strip()[:_KEY]
        key = (
            contributions.whose(campaign.slug, self._app.ids.contribution_key(campaign.slug, given)) if given else None
        )
        if key is None:
            return {"key": "is not known, or was revoked: ask the campaign for one"}
        if flaws := desk.flaws(kind, fields):
            return {_NAMES.get(name, name): flaw for name, flaw in flaws.items()}
        one = desk.take(kind, key.organisation, fields, _SOURCE)
        if contributions.put(one):
            log.info("contribution.received", campaign=campaign.slug, contribution=one.id, kind=kind)
        return {}

    def _form(self, campaign: Campaign, kind: str, typed: Mapping[str, str], flaws: Mapping[str, str]) -> Response:
        values = {
            "campaign": campaign,
            "kind": kind,
            "typed": {name: typed.get(name, "") for name in _FIELDS},
            "flaws": flaws,
            "sizes": _SIZES,
            "url": f"/campaigns/{campaign.slug}",
        }
        headers = PRIVATE if typed else {"cache-control": "no-cache"}
        status = 403 if "key" in flaws else 422 if flaws else 200
        return HTMLResponse(self._pages.html("contribute", values), status, headers)


def _kind(given: Mapping[str, str]) -> str:
    return EVENT if given.get("kind") == EVENT else NEWS


def _fields(typed: Mapping[str, str]) -> dict[str, str]:
    """The form's fields as a file would have them."""
    starts = f"{typed.get('day', '')} {typed.get('time', '')}".strip()
    last = typed.get("last_day", "").strip() or (typed.get("day", "") if typed.get("last_time") else "")
    ends = f"{last} {typed.get('last_time', '')}".strip()
    return {**typed, "starts": starts, "ends": ends}
