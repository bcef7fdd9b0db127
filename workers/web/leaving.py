"""``/unsubscribe/{token}``: one press leaves, a mail program's own too (RFC 8058). GET shows, POST does."""

from __future__ import annotations

import time
from typing import NamedTuple
from urllib.parse import parse_qs

import structlog
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from workers.app import App
from workers.campaign.choices import EVERYTHING, Change, leaves, returns
from workers.campaign.mailings import PURPOSES, Kind, book
from workers.campaign.model import Person
from workers.campaign.reader_links import Leaver, ReaderLinks
from workers.store.preferences import Said
from workers.web.bodies import read_body
from workers.web.limits import Limits
from workers.web.pages import Pages
from workers.web.problems import UNKNOWN_LINK, FieldError, Problem, invalid
from workers.web.sheets import PRIVATE
from workers.web.threads import Threads

log = structlog.get_logger()

#: What the page's own buttons say; a mail program's says none of them.
_STOP, _EVERYTHING, _AGAIN = "stop", "everything", "again"
_ONE_CLICK = "one click"


class _Opened(NamedTuple):
    """Whose link it is; ``person`` is None if they are not known any more."""

    leaver: Leaver
    person: Person | None
    token: str


class LeavingPage:
    """The endpoints. Whoever holds the link reads the mail, and links work for ever: in mail as old as it may be."""

    def __init__(self, app: App, threads: Threads, pages: Pages, limits: Limits) -> None:
        self._app, self._threads, self._pages, self._limits = app, threads, pages, limits
        self._links = ReaderLinks(app.ids, "")  # its pages link to each other by path

    async def get(self, request: Request) -> Response:
        """What they get now, and the button; nothing changes by looking at it."""
        return await self._threads.run(self._shown, await self._leaver(request), request.path_params["token"])

    async def post(self, request: Request) -> Response:
        """200 to a mail program once it is on disk, whatever it sent; 303 to the page for the page's buttons.

        Nobody who holds a link is told to wait: a mail service presses for many people from one connection.
        """
        leaver, token = await self._leaver(request), request.path_params["token"]
        answer = await _answer(request, self._app.settings.web.max_body)
        await self._threads.run(self._do, leaver, answer or _ONE_CLICK)
        if answer:
            return RedirectResponse(f"/unsubscribe/{token}", 303, PRIVATE)
        return await self._threads.run(self._shown, leaver, token)

    async def _leaver(self, request: Request) -> Leaver:
        leaver = self._links.leaver(request.path_params["token"])
        if leaver is None:
            if request.method == "POST":
                await self._limits.require_form(request)
            raise Problem(UNKNOWN_LINK, "it is not complete: open it from the mail again, or copy all of it")
        return leaver

    def _shown(self, leaver: Leaver, token: str) -> Response:
        known = self._app.store.people.find(leaver.person) is not None
        choices = self._app.store.preferences.of(leaver.person)
        values = {
            "campaign": self._app.campaigns.get(leaver.campaign),
            "kind": leaver.kind.value,
            "known": known,
            "gets": choices.gets(leaver.kind),
            "gets_nothing": choices.gets_nothing,
            "action": f"/unsubscribe/{token}",
            "choose": self._links.preferences_url(leaver.campaign, leaver.person),
            "url": f"/campaigns/{leaver.campaign}",
        }
        return HTMLResponse(self._pages.html("unsubscribe", values), 200, PRIVATE)

    def _do(self, leaver: Leaver, answer: str) -> None:
        person = self._app.store.people.find(leaver.person)
        change = _change(leaver.kind, answer)
        if person is None:
            return  # nothing is sent to who is not known, and the page says so
        own = "" if answer == _AGAIN else book(leaver.campaign, leaver.kind, leaver.name, leaver.edition)
        via = _ONE_CLICK if answer == _ONE_CLICK else "unsubscribe page"
        if self._app.store.preferences.change(person, change, Said(int(time.time()), via, own)):
            said = {"campaign": leaver.campaign, "kind": leaver.kind.value, "mailing": leaver.name}
            log.info("mailings.wanted" if answer == _AGAIN else "mailings.left", **said, how=answer)
            if answer != _AGAIN:
                self._app.meter.count("readers_left", via)


def _change(kind: Kind, answer: str) -> Change:
    match answer:
        case "stop" | "one click":
            return leaves([PURPOSES[kind]])
        case "everything":
            return leaves(EVERYTHING)
        case "again":
            return returns([PURPOSES[kind]])
        case _:
            raise invalid([FieldError("answer", "is not one that this page offers")])


async def _answer(request: Request, most: int) -> str:
    """What the page's form says; "" for every other body, as mail programs send many."""
    raw = await read_body(request, most)
    try:
        return parse_qs(raw.decode(), max_num_fields=20).get("answer", [""])[-1]
    except ValueError:
        return ""
