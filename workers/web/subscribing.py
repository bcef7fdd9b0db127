"""``/campaigns/{campaign}/subscribe``: who would like to hear from the campaign asks here, and confirms by mail."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from workers import typed as rules
from workers.app import App
from workers.campaign.choices import WORDINGS
from workers.campaign.intents import Intent
from workers.campaign.model import Action, Campaign, Consent, Person
from workers.campaign.postcodes import normal_postcode
from workers.errors import InputError
from workers.throwaway import is_throwaway
from workers.web.asides import Asides
from workers.web.campaigns import campaign_of
from workers.web.folders import Folders
from workers.web.forms import read_fields, require_own_page
from workers.web.limits import Limits
from workers.web.pages import Pages
from workers.web.sheets import PRIVATE, day_text
from workers.web.threads import Threads

#: Where consents come from that are given here.
_SOURCE = "subscribe-page"
_FIELDS = 20
_TEXTS = frozenset({"name", "email", "postcode"})
_THROWAWAY = "is at a provider of throw-away addresses: give one that you keep"
_UNTICKED = "need at least one tick"


@dataclass(frozen=True, slots=True)
class _Typed:
    """What stands in the form."""

    name: str = ""
    email: str = ""
    postcode: str = ""
    consents: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def of(cls, fields: list[tuple[str, str]], offered: list[str]) -> _Typed:
        texts = {name: value for name, value in fields if name in _TEXTS}
        return cls(**texts, consents=frozenset(value for name, value in fields if name == "consent") & {*offered})


class _Wish(NamedTuple):
    """Who would like to hear what."""

    name: str
    email: str
    postcode: str
    consents: frozenset[str]


class SubscribePage:
    """The endpoints. Nobody is on a list before they confirmed, and nothing shows who is."""

    def __init__(self, app: App, threads: Threads, pages: Pages, limits: Limits, folders: Folders) -> None:
        self._app, self._threads, self._pages, self._limits, self._folders = app, threads, pages, limits, folders
        self._asides = Asides(app)

    async def get(self, request: Request) -> Response:
        """The form; 404 where the campaign has neither bulletins nor calls."""
        campaign, offered = await self._offered(request)
        return self._form(campaign, offered, _Typed())

    async def post(self, request: Request) -> Response:
        """303 once it is on disk; the form again, with what was typed, if something is not right."""
        campaign, offered = await self._offered(request)
        require_own_page(request, self._pages.public_url, f"use the form at /campaigns/{campaign.slug}/subscribe")
        fields = await read_fields(request, self._app.settings.web.max_body, _FIELDS)
        given = _Typed.of(fields, offered)
        wish, flaws = self._checked(given)
        if wish is None:
            return self._form(campaign, offered, given, flaws)
        await self._limits.require(request, campaign, wish.email)
        await self._threads.run(self._keep, campaign, wish)
        return RedirectResponse(f"/campaigns/{campaign.slug}/subscribe/sent", 303, PRIVATE)

    async def sent(self, request: Request) -> Response:
        """What happens next: the same for everybody."""
        campaign = campaign_of(request, self._app.campaigns)
        days = round(self._app.settings.confirmation.gone_after_days)
        values = {"campaign": campaign, "url": f"/campaigns/{campaign.slug}", "days": days}
        return HTMLResponse(self._pages.html("subscribe_sent", values), 200, PRIVATE)

    async def _offered(self, request: Request) -> tuple[Campaign, list[str]]:
        campaign = campaign_of(request, self._app.campaigns)
        offered = await self._threads.run(self._folders.purposes, campaign.slug)
        if not offered:
            raise HTTPException(404)
        return campaign, offered

    def _checked(self, given: _Typed) -> tuple[_Wish | None, dict[str, str]]:
        """What the form asks for, or what is wrong with it by field."""
        flaws: dict[str, str] = {}
        kept = {"postcode": ""}
        checks = [("name", rules.name, given.name), ("email", rules.email, given.email)]
        if given.postcode.strip():
            checks.append(("postcode", normal_postcode, given.postcode))
        for name, rule, text in checks:
            try:
                kept[name] = rule(text)
            except InputError as error:
                flaws[name] = error.what
        if "email" in kept and self._app.settings.limits.refuse_throwaway and is_throwaway(kept["email"]):
            flaws["email"] = _THROWAWAY
        if not given.consents:
            flaws["boxes"] = _UNTICKED
        return (None, flaws) if flaws else (_Wish(**kept, consents=given.consents), {})

    def _keep(self, campaign: Campaign, wish: _Wish) -> None:
        ids, now = self._app.ids, int(time.time())
        person = Person(ids.person(wish.email, wish.name), wish.name, wish.email, wish.postcode)
        action = Action(
            id=ids.action(campaign.slug, person.id, []),
            campaign=campaign.slug,
            person=person.id,
            group="",
            candidates=(),
            at=now,
            source=_SOURCE,
            throwaway=is_throwaway(wish.email),
        )
        consents = [Consent(purpose, WORDINGS[purpose], now, _SOURCE) for purpose in sorted(wish.consents)]
        self._asides.keep(action, person, consents)

    def _form(
        self, campaign: Campaign, offered: list[str], given: _Typed, flaws: dict[str, str] | None = None
    ) -> Response:
        values = {
            "campaign": campaign,
            "url": f"/campaigns/{campaign.slug}",
            "typed": given,
            "flaws": flaws or {},
            "consents": {purpose: WORDINGS[purpose] for purpose in offered},
        }
        headers = PRIVATE if flaws else {"cache-control": "no-cache"}
        return HTMLResponse(self._pages.html("subscribe", values), 422 if flaws else 200, headers)


class Subscriptions:
    """The pages of a confirm link behind which no letters wait, but somebody who would like to hear from us."""

    def __init__(self, app: App, pages: Pages) -> None:
        self._app, self._pages = app, pages

    def asked(self, campaign: Campaign, intent: Intent, token: str, form: str, *, changed: bool = False) -> Response:
        """What was asked for, and the presses; 409 if it ``changed`` since the page was opened."""
        values = {
            "campaign": campaign,
            "is_on": False,
            "changed": changed,
            "name": intent.person.name,
            "postcode": intent.person.postcode,
            "wordings": [consent.wording for consent in intent.person.consents],
            "action": f"/confirm/{token}",
            "form": form,
            "until": day_text(campaign, time.time() + self._app.store.intents.seconds_left(intent.id)),
        }
        return self._page(values, 409 if changed else 200)

    def done(self, campaign: Campaign) -> Response:
        """They are on the list."""
        return self._page({"campaign": campaign, "is_on": True}, 200)

    def _page(self, values: dict[str, object], status: int) -> Response:
        campaign = values["campaign"]
        url = f"/campaigns/{campaign.slug}" if isinstance(campaign, Campaign) else "/"
        return HTMLResponse(self._pages.html("subscribe_confirm", {**values, "url": url}), status, PRIVATE)
