"""``/act/{token}``: the page of a call. Its letters stand written; one press sends them. GET shows, POST does."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from workers.app import App
from workers.campaign.model import Campaign, Person
from workers.campaign.postcodes import normal_postcode
from workers.campaign.reader_links import Called, ReaderLinks
from workers.campaign.supporter_links import SupporterLinks
from workers.errors import InputError, NotFoundError
from workers.web import rules
from workers.web.actions import Actions
from workers.web.ballot import Ballot, find_ballot
from workers.web.decided import Decided
from workers.web.folders import Folders
from workers.web.forms import read_fields, require_own_page
from workers.web.limits import Limits
from workers.web.pages import Pages
from workers.web.problems import INVALID, UNKNOWN_LINK, WRONG_FORM, Problem
from workers.web.shapes import ActionIn, SupporterIn
from workers.web.sheets import PRIVATE, Sheet, Sheets, day_text
from workers.web.threads import Threads

#: Fields of the form: a box for each candidate, and a few more.
_FIELDS = 200
_CUT_OFF = "it is not complete: open it from the mail again, or copy all of it"


@dataclass(frozen=True, slots=True)
class _Typed:
    """What stands in the form; no candidate chosen (None) means all of them."""

    postcode: str = ""
    subject: str = ""
    message: str = ""
    form: str = ""
    candidates: tuple[str, ...] | None = None

    @classmethod
    def of(cls, fields: list[tuple[str, str]]) -> _Typed:
        last = {name: value for name, value in fields if name in _TEXTS}
        return cls(**last, candidates=tuple(value for name, value in fields if name == "candidate"))


_TEXTS = frozenset({"postcode", "subject", "message", "form"})


class _Asked(NamedTuple):
    """Whose link was opened, to which page."""

    called: Called
    campaign: Campaign
    person: Person
    token: str
    written: frozenset[str]  # candidates (ids) who have a letter of theirs already


class ActPage:
    """The endpoints. The link proves the mailbox, so that nothing is left to confirm."""

    def __init__(
        self, app: App, threads: Threads, pages: Pages, actions: Actions, limits: Limits, folders: Folders
    ) -> None:
        self._app, self._threads, self._pages, self._actions = app, threads, pages, actions
        self._links, self._limits, self._folders, self._sheets = ReaderLinks(app.ids, ""), limits, folders, Sheets(app)
        self._decided = Decided(app, pages, SupporterLinks(app.ids, pages.public_url))

    async def get(self, request: Request) -> Response:
        """The letters, or why there are none to send; nothing changes by looking at them."""
        asked = await self._threads.run(self._opened, request.path_params["token"])
        if not isinstance(asked, _Asked):
            return asked
        typed = _Typed(request.query_params.get("postcode", asked.person.postcode))
        found = await self._find(request, asked, typed)
        if isinstance(found, str):
            return self._start(asked, typed, found)
        typed = _Typed(found.postcode, message=await self._threads.run(self._letter, asked.called))
        return await self._threads.run(self._form, asked, typed, found)

    async def post(self, request: Request) -> Response:
        """303 to the page once it is on disk; the form again, with what was typed, if something is not right."""
        require_own_page(request, self._pages.public_url, "open the link in your mail, and use the form there")
        await self._limits.require_form(request)
        asked = await self._threads.run(self._opened, request.path_params["token"])
        if not isinstance(asked, _Asked):
            return asked
        typed = _Typed.of(await read_fields(request, self._app.settings.web.max_body, _FIELDS))
        if not hmac.compare_digest(typed.form.encode(), self._links.form(asked.token).encode()):
            raise Problem(WRONG_FORM, "open the link in your mail again, and use the form there")
        found = await self._find(request, asked, typed)
        if isinstance(found, str):
            return self._start(asked, typed, found)
        return await self._act(asked, typed, found)

    async def seen(self, request: Request) -> Response:
        """204 once it is remembered that somebody looks at the page: its script says so."""
        called = self._links.called(request.path_params["token"])
        if called is None:
            await self._limits.require_form(request)
            raise Problem(UNKNOWN_LINK, _CUT_OFF)
        if await self._threads.run(self._app.store.people.find, called.person):
            await self._threads.run(self._app.store.calls.opened, *called)
        return Response(status_code=204, headers=PRIVATE)

    def _opened(self, token: str) -> _Asked | Response:
        """Who is asked, or the page for whom nothing can be asked any more."""
        called = self._links.called(token)
        if called is None:
            raise Problem(UNKNOWN_LINK, _CUT_OFF)
        store, campaign = self._app.store, self._app.campaigns.get(called.campaign)
        person = store.people.find(called.person)
        if campaign is None or person is None:
            return self._over(called, campaign, "gone" if campaign is None else "unknown")
        if action := store.calls.action_of(*called):
            return self._decided.confirmed(campaign, store.actions.get(action), was_asked=False)
        now = datetime.now(UTC)
        if not campaign.is_open(now):
            return self._over(called, campaign, "early" if now < campaign.opens else "closed")
        letters = store.letters.of_group(store.ids.group(campaign.slug, "letter", "", person.id))
        return _Asked(called, campaign, person, token, frozenset(letter.candidate for letter in letters))

    async def _find(self, request: Request, asked: _Asked, typed: _Typed) -> _Found | str:
        """Whom a postcode can write to, or what is wrong with it; one that is typed here counts as looked up."""
        try:
            postcode = normal_postcode(typed.postcode)
            if typed.postcode == asked.person.postcode:
                view = await self._app.store.ballots.view(asked.campaign.slug, fresh=True)
                ballot = await find_ballot(view, asked.campaign, postcode)
            else:
                ballot = await self._actions.ballot(request, asked.campaign, postcode)
        except InputError as error:
            return error.what if typed.postcode else ""
        except NotFoundError:
            return "is not among the postcodes that are known here"
        return _Found(postcode, ballot) if ballot.candidates else "is in a constituency where no candidate is known yet"

    async def _act(self, asked: _Asked, typed: _Typed, found: _Found) -> Response:
        offered = _offered(asked, found)
        chosen = [one for one in offered if one in (typed.candidates or ())]
        written = await self._threads.run(self._sheets.written, asked.campaign, chosen)
        if not written:
            flaws = {"candidates": "need at least one tick"}
            return await self._threads.run(self._form, asked, typed, found, flaws)
        wish = await self._threads.run(self._wish, asked, typed, found, written)
        try:
            said = rules.check(wish)
            await self._threads.run(self._app.store.calls.opened, *asked.called)
            await self._actions.take_called(asked.campaign, said, asked.called.call)
        except Problem as problem:
            if problem.kind is not INVALID:
                raise
            flaws = {error.field.removeprefix("supporter."): error.detail for error in problem.errors}
            return await self._threads.run(self._form, asked, typed, found, flaws)
        return RedirectResponse(f"/act/{asked.token}", 303, PRIVATE)

    def _wish(self, asked: _Asked, typed: _Typed, found: _Found, written: Sequence[str]) -> ActionIn:
        words = self._sheets.own_words(asked.campaign, _sheet(asked, typed, found), typed.subject, typed.message)
        person, call = asked.person, asked.called.call
        return ActionIn(
            SupporterIn(person.name, person.email, found.postcode),
            message=words[1],
            subject=words[0],
            candidates=list(written),
            source=f"call:{call}",
        )

    def _letter(self, called: Called) -> str:
        """What the call proposes to write; "" for what the campaign proposes."""
        call = self._folders.calls().get(called.call)
        return call.letter.strip() if call and call.campaign == called.campaign else ""

    def _form(self, asked: _Asked, typed: _Typed, found: _Found, flaws: Mapping[str, str] | None = None) -> Response:
        values = {
            **self._sheets.values(asked.campaign, _sheet(asked, typed, found, flaws or {})),
            "constituency": found.ballot.name,
            "written": [one for one in found.ballot.candidates if one.id in asked.written],
            "action": f"/act/{asked.token}",
            "form": self._links.form(asked.token),
            "choose": self._links.preferences_url(asked.called.campaign, asked.called.person),
        }
        return HTMLResponse(self._pages.html("act", values), 422 if flaws else 200, PRIVATE)

    def _start(self, asked: _Asked, typed: _Typed, flaw: str) -> Response:
        values = {
            "campaign": asked.campaign,
            "postcode": typed.postcode,
            "flaws": {"postcode": flaw} if flaw else {},
            "action": f"/act/{asked.token}",
            "url": f"/campaigns/{asked.campaign.slug}",
        }
        return HTMLResponse(self._pages.html("act_start", values), 422 if flaw else 200, PRIVATE)

    def _over(self, called: Called, campaign: Campaign | None, why: str) -> Response:
        opens = day_text(campaign, campaign.opens.timestamp()) if campaign else ""
        values = {"campaign": campaign, "why": why, "opens": opens, "url": f"/campaigns/{called.campaign}"}
        return HTMLResponse(self._pages.html("act_over", values), 200, PRIVATE)


class _Found(NamedTuple):
    """A postcode in its kept form, and whom it can write to."""

    postcode: str
    ballot: Ballot


def _offered(asked: _Asked, found: _Found) -> list[str]:
    return [one.id for one in found.ballot.candidates if one.id not in asked.written]


def _sheet(asked: _Asked, typed: _Typed, found: _Found, flaws: Mapping[str, str] | None = None) -> Sheet:
    offered = _offered(asked, found)
    chosen = offered if typed.candidates is None else typed.candidates
    words = typed.subject, typed.message
    return Sheet(asked.person.name, found.postcode, offered, chosen, *words, *words, flaws or {})
