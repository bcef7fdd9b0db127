"""``/campaigns/{campaign}/letters``: write to your candidates, by postcode, in your words; whole without a script."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from workers.app import App
from workers.campaign.choices import WORDINGS
from workers.campaign.intents import UNCONFIRMED
from workers.campaign.model import UPDATES, Campaign
from workers.campaign.postcodes import normal_postcode
from workers.errors import InputError, NotFoundError
from workers.web import rules
from workers.web.actions import TAKEN, Actions
from workers.web.asides import Asides
from workers.web.ballot import Ballot
from workers.web.campaigns import campaign_of, require_open
from workers.web.folders import Folders
from workers.web.forms import read_fields, require_own_page
from workers.web.pages import Pages
from workers.web.problems import INVALID, UNKNOWN_LINK, Problem
from workers.web.shapes import ActionIn, ConsentIn, SupporterIn
from workers.web.sheets import PRIVATE, Sheet, Sheets, day_text
from workers.web.threads import Threads

#: Fields of the form: a box for each candidate, and a few more.
_FIELDS = 200
#: Where letters come from that are written here.
_SOURCE = "letters-page"
#: The form's names of what the API calls otherwise.
_NAMES = {"supporter.name": "name", "supporter.email": "email", "supporter.postcode": "postcode"}


@dataclass(frozen=True, slots=True)
class _Typed:
    """What stands in the form; no candidate chosen (None) means all of them."""

    name: str = ""
    email: str = ""
    postcode: str = ""
    subject: str = ""
    message: str = ""
    by: str = ""
    candidates: tuple[str, ...] | None = None
    consents: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def of(cls, fields: list[tuple[str, str]]) -> _Typed:
        last = {name: value for name, value in fields if name in _TEXTS}
        chosen = tuple(value for name, value in fields if name == "candidate")
        agreed = frozenset(value for name, value in fields if name == "consent") & WORDINGS.keys()
        return cls(**last, candidates=chosen, consents=agreed)


_TEXTS = frozenset({"name", "email", "postcode", "subject", "message", "by"})


class _Found(NamedTuple):
    """A postcode in its kept form, and whom it can write to; without, ``flaw`` says what is wrong with it."""

    postcode: str
    ballot: Ballot | None
    flaw: str = ""


class LettersPage:
    """The endpoints. A letter that is written here waits until its supporter confirms it."""

    def __init__(
        self, app: App, threads: Threads, pages: Pages, sheets: Sheets, actions: Actions, folders: Folders
    ) -> None:
        self._app, self._threads, self._pages, self._sheets, self._actions = app, threads, pages, sheets, actions
        self._folders = folders
        self._asides = Asides(app)

    async def get(self, request: Request) -> Response:
        """The field for a postcode, or with one the form; what is closed says so."""
        campaign = campaign_of(request, self._app.campaigns)
        if not campaign.is_open(datetime.now(UTC)):
            return self._closed(campaign)
        asked = request.query_params
        typed = _Typed(postcode=asked.get("postcode", ""), by=asked.get("by", ""))
        if typed.by:
            typed = await self._threads.run(self._known, campaign, typed)
        if not typed.postcode and "postcode" not in asked:
            return self._start(campaign, typed)
        found = await self._find(request, campaign, typed.postcode)
        if found.ballot is None:
            return self._start(campaign, typed, found.flaw)
        return await self._threads.run(self._form, campaign, typed, found)

    async def post(self, request: Request) -> Response:
        """303 once it is on disk; the form again, with what was typed, if something is not right."""
        campaign = campaign_of(request, self._app.campaigns)
        require_open(campaign)
        require_own_page(request, self._pages.public_url, f"use the form at /campaigns/{campaign.slug}/letters")
        typed = _Typed.of(await read_fields(request, self._app.settings.web.max_body, _FIELDS))
        found = await self._find(request, campaign, typed.postcode)
        if found.ballot is None:
            return self._start(campaign, typed, found.flaw)
        typed = await self._threads.run(self._to_who_gets_one, campaign, typed)
        if not typed.candidates:
            flaws = {"candidates": "need at least one tick"}
            return await self._threads.run(self._form, campaign, typed, found, flaws)
        wish = await self._threads.run(self._wish, campaign, typed, found)
        try:
            answer = await self._actions.take(request, campaign, rules.check(wish), by=typed.by)
        except Problem as problem:
            if problem.kind is not INVALID:
                raise
            flaws = {_NAMES.get(error.field, error.field): error.detail for error in problem.errors}
            return await self._threads.run(self._form, campaign, typed, found, flaws)
        return RedirectResponse(f"/campaigns/{campaign.slug}/letters/{answer.state}", 303, PRIVATE)

    async def sent(self, request: Request) -> Response:
        """What happens next: the same for everybody."""
        campaign, state = campaign_of(request, self._app.campaigns), request.path_params["state"]
        if state not in {TAKEN, UNCONFIRMED}:
            raise HTTPException(404)
        values = {"campaign": campaign, "taken": state == TAKEN, "url": f"/campaigns/{campaign.slug}"}
        days = round(self._app.settings.confirmation.gone_after_days)
        return HTMLResponse(self._pages.html("letters_sent", {**values, "days": days}), 200, PRIVATE)

    async def _find(self, request: Request, campaign: Campaign, typed: str) -> _Found:
        try:
            postcode = normal_postcode(typed)
            ballot = await self._actions.ballot(request, campaign, postcode)
        except InputError as error:
            return _Found(typed, None, error.what)
        except NotFoundError:
            return _Found(typed, None, "is not among the postcodes that are known here")
        if not ballot.candidates:
            return _Found(postcode, None, "is in a constituency where no candidate is known yet")
        return _Found(postcode, ballot)

    def _known(self, campaign: Campaign, typed: _Typed) -> _Typed:
        """Who opened a personal link need not type again what they typed before; one that is too old is none."""
        try:
            person_id = self._asides.writes_again(campaign, typed.by)
        except Problem:
            raise Problem(UNKNOWN_LINK, "it is not complete: copy all of it, or write without it") from None
        try:
            person = self._app.store.people.get(person_id)
        except NotFoundError:
            return replace(typed, by="")
        return replace(typed, name=person.name, email=person.email, postcode=typed.postcode or person.postcode)

    def _to_who_gets_one(self, campaign: Campaign, typed: _Typed) -> _Typed:
        """Without those who signed, or want no letters, since the form was opened."""
        return replace(typed, candidates=self._sheets.written(campaign, typed.candidates or ()))

    def _wish(self, campaign: Campaign, typed: _Typed, found: _Found) -> ActionIn:
        subject, message = self._sheets.own_words(campaign, _sheet(typed, found), typed.subject, typed.message)
        return ActionIn(
            SupporterIn(typed.name, typed.email, found.postcode),
            message=message,
            subject=subject,
            candidates=list(typed.candidates or ()),
            consents=[ConsentIn(purpose, WORDINGS[purpose]) for purpose in sorted(typed.consents)],
            source=_SOURCE,
        )

    def _form(
        self, campaign: Campaign, typed: _Typed, found: _Found, flaws: Mapping[str, str] | None = None
    ) -> Response:
        values = {
            **self._sheets.values(campaign, _sheet(typed, found, flaws or {})),
            "typed": typed,
            "constituency": found.ballot.name if found.ballot else "",
            "consents": {purpose: WORDINGS[purpose] for purpose in (UPDATES, *self._folders.purposes(campaign.slug))},
        }
        page = "letters" if values["rows"] else "letters_nobody"
        return HTMLResponse(self._pages.html(page, values), 422 if flaws else 200, PRIVATE)

    def _start(self, campaign: Campaign, typed: _Typed, flaw: str = "") -> Response:
        flaws = {"postcode": flaw} if flaw else {}
        values = {"campaign": campaign, "typed": typed, "flaws": flaws, "url": f"/campaigns/{campaign.slug}"}
        headers = PRIVATE if flaw or typed.by else {"cache-control": "no-cache"}
        return HTMLResponse(self._pages.html("letters_start", values), 422 if flaw else 200, headers)

    def _closed(self, campaign: Campaign) -> Response:
        opens = day_text(campaign, campaign.opens.timestamp()) if datetime.now(UTC) < campaign.opens else ""
        values = {"campaign": campaign, "opens": opens, "url": f"/campaigns/{campaign.slug}"}
        return HTMLResponse(self._pages.html("letters_closed", values), headers={"cache-control": "no-cache"})


def _sheet(typed: _Typed, found: _Found, flaws: Mapping[str, str] | None = None) -> Sheet:
    """The name is left out: what is usual must not hang on it while it can still be changed."""
    listed = [one.id for one in found.ballot.candidates] if found.ballot else []
    chosen = listed if typed.candidates is None else typed.candidates
    words = typed.subject, typed.message
    return Sheet("", found.postcode, listed, chosen, *words, *words, flaws or {})
