"""``/preferences/{token}``: which bulletins, how often, calls or not, or nothing at all. GET shows, POST does."""

from __future__ import annotations

import hmac
import time
from typing import NamedTuple

import structlog
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from workers.app import App
from workers.campaign.choices import EVERYTHING, SELDOM, WORDINGS, Change, Choices, chosen, leaves
from workers.campaign.mailings import PURPOSES, Kind
from workers.campaign.model import UPDATES, Person
from workers.campaign.reader_links import Chooser, ReaderLinks
from workers.store.preferences import Said
from workers.web.folders import Folders
from workers.web.forms import read_fields, require_own_page
from workers.web.limits import Limits
from workers.web.pages import Pages
from workers.web.problems import UNKNOWN_LINK, WRONG_FORM, FieldError, Problem, invalid
from workers.web.sheets import PRIVATE
from workers.web.threads import Threads

log = structlog.get_logger()

#: Fields of the form: a box for each bulletin, and a few more.
_FIELDS = 200
_VIA = "preferences page"
_SAVE, _NOTHING = "save", "nothing"
_CALLS, _BULLETINS = PURPOSES[Kind.CALL], PURPOSES[Kind.BULLETIN]


class _Box(NamedTuple):
    """One bulletin that can be ticked."""

    name: str
    title: str
    ticked: bool


class _Typed(NamedTuple):
    """What stands in the form."""

    answer: str
    form: str
    bulletins: frozenset[str]
    purposes: frozenset[str]
    seldom: bool

    @classmethod
    def of(cls, fields: list[tuple[str, str]]) -> _Typed:
        last = dict(fields)
        bulletins = frozenset(value for name, value in fields if name == "bulletin")
        purposes = frozenset(value for name, value in fields if name == "purpose") & {_CALLS, UPDATES}
        seldom = last.get("often", "") == SELDOM
        return cls(last.get("answer", ""), last.get("form", ""), bulletins, purposes, seldom)


class PreferencesPage:
    """The endpoints. Whoever holds the link reads the mail, so that there is nothing to log in to."""

    def __init__(self, app: App, threads: Threads, pages: Pages, limits: Limits, folders: Folders) -> None:
        self._app, self._threads, self._pages, self._limits = app, threads, pages, limits
        self._links, self._folders = ReaderLinks(app.ids, pages.public_url), folders

    async def get(self, request: Request) -> Response:
        """What they get now, as boxes."""
        saved = request.query_params.get("saved", "") == "yes"
        return await self._threads.run(self._shown, request.path_params["token"], saved=saved)

    async def post(self, request: Request) -> Response:
        """303 to the page once it is on disk."""
        require_own_page(request, self._pages.public_url, "open the link in your mail, and use the form there")
        await self._limits.require_form(request)
        token = request.path_params["token"]
        typed = _Typed.of(await read_fields(request, self._app.settings.web.max_body, _FIELDS))
        await self._threads.run(self._do, token, typed)
        return RedirectResponse(f"/preferences/{token}?saved=yes", 303, PRIVATE)

    def _opened(self, token: str) -> tuple[Chooser, Person | None]:
        chooser = self._links.chooser(token)
        if chooser is None:
            raise Problem(UNKNOWN_LINK, "it is not complete: open it from the mail again, or copy all of it")
        return chooser, self._app.store.people.find(chooser.person)

    def _shown(self, token: str, *, saved: bool) -> Response:
        chooser, person = self._opened(token)
        choices = self._app.store.preferences.of(chooser.person)
        values = {
            "campaign": self._app.campaigns.get(chooser.campaign),
            "known": person is not None,
            "saved": saved,
            "boxes": self._boxes(chooser.campaign, choices),
            "purposes": [(one, WORDINGS[one], choices.has(one)) for one in (_CALLS, UPDATES)],
            "seldom": choices.is_seldom,
            "gets_nothing": choices.gets_nothing,
            "action": f"/preferences/{token}",
            "form": self._links.form(token),
            "url": f"/campaigns/{chooser.campaign}",
        }
        return HTMLResponse(self._pages.html("preferences", values), 200, PRIVATE)

    def _boxes(self, campaign: str, choices: Choices) -> list[_Box]:
        """The bulletins of this campaign; one box for all where none is known by name."""
        own = self._offered(campaign)
        boxes = [_Box(name, title, choices.gets_bulletin(name)) for name, title in own.items()]
        return boxes or [_Box(_BULLETINS, WORDINGS[_BULLETINS], choices.gets(Kind.BULLETIN))]

    def _offered(self, campaign: str) -> dict[str, str]:
        found = self._folders.bulletins().values()
        return {one.name: one.title or one.name for one in found if one.campaign == campaign}

    def _do(self, token: str, typed: _Typed) -> None:
        chooser, person = self._opened(token)
        if not hmac.compare_digest(typed.form.encode(), self._links.form(token).encode()):
            raise Problem(WRONG_FORM, "open the link in your mail again, and use the form there")
        change = self._change(chooser, typed)
        if person and self._app.store.preferences.change(person, change, Said(int(time.time()), _VIA)):
            log.info("mailings.chosen", campaign=chooser.campaign, left=list(change.back), agreed=list(change.agreed))
            if change.back:
                self._app.meter.count("readers_left", _VIA)

    def _change(self, chooser: Chooser, typed: _Typed) -> Change:
        if typed.answer == _NOTHING:
            return leaves(EVERYTHING)
        if typed.answer != _SAVE:
            raise invalid([FieldError("answer", "is not one that this page offers")])
        offered = self._offered(chooser.campaign) or [_BULLETINS]
        bulletins = {name: name in typed.bulletins for name in offered}
        known = self._app.store.preferences.of(chooser.person)
        return chosen(known, typed.purposes, bulletins, seldom=typed.seldom)
