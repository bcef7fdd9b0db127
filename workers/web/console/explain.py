"""``/console/explain``: the story of one thing in sentences; whose it is only when asked, and then the log knows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar
from urllib.parse import quote, urlencode

import structlog
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from workers.app import App
from workers.campaign.ids import split_delivery_id
from workers.campaign.model import Candidate, Person
from workers.errors import InputError, NotFoundError
from workers.story.finding import Finder
from workers.story.telling import Moment, Story, clock
from workers.web.console.door import HEADERS, Visitor
from workers.web.pages import Pages
from workers.web.problems import INVALID, Problem
from workers.web.threads import Threads

T = TypeVar("T")

log = structlog.get_logger()

PATH = "/console/explain"
_WHAT = (
    "that is no id of a letter (d…-…), an action (a…), a person (p…) or a trace; for a candidate, choose the campaign"
)
#: Letters of an action or a person that are shown.
_SHOWN = 50


class ExplainPage:
    """The endpoints."""

    def __init__(self, app: App, threads: Threads, pages: Pages) -> None:
        self._app, self._threads, self._pages = app, threads, pages
        self._finder = Finder(app.settings, app.store, app.campaigns, app.ids)

    async def ask(self, request: Request, visitor: Visitor) -> Response:
        """The form; with an id, 303 to its page."""
        about, slug = (request.query_params.get(name, "").strip() for name in ("about", "campaign"))
        if about:
            more = f"?{urlencode({'campaign': slug})}" if slug else ""
            return RedirectResponse(f"{PATH}/{quote(about[:200], safe='')}{more}", 303, HEADERS)
        return self._page(visitor, {"story": None, "campaigns": sorted(self._app.campaigns)})

    async def get(self, request: Request, visitor: Visitor) -> Response:
        """What happened, where it stands, what can be done; 404 for what nobody knows, 422 for no id at all."""
        slug = request.query_params.get("campaign", "")
        story = await self._threads.run(self._story, request.path_params["id"], slug)
        return self._page(visitor, {**_told(story), "people": await self._threads.run(self._whose, story)})

    async def show_person(self, request: Request, visitor: Visitor, _form: dict[str, str]) -> Response:
        """The same page with who this is. The log says who asked, and about which id."""
        slug = request.query_params.get("campaign", "")
        story = await self._threads.run(self._story, request.path_params["id"], slug)
        person, candidate = await self._threads.run(self._whose, story)
        log.warning("console.person_shown", person=person, candidate=candidate, by=visitor.by)
        await self._threads.run(self._remember, story.campaign, person or candidate, visitor.by)
        shown = await self._threads.run(self._who, story.campaign, person, candidate)
        return self._page(visitor, {**_told(story), "people": (person, candidate), "shown": shown})

    def _page(self, visitor: Visitor, values: dict[str, object]) -> Response:
        whole = {"visitor": visitor, "here": PATH, "people": ("", ""), "shown": None, **values}
        return HTMLResponse(self._pages.html("console/explain", whole), headers=HEADERS)

    def _story(self, about: str, slug: str) -> Story:
        if slug and slug not in self._app.campaigns:
            raise NotFoundError("there is no such campaign")
        try:
            return self._finder.find(about, slug)
        except InputError:
            raise Problem(INVALID, _WHAT) from None

    def _whose(self, story: Story) -> tuple[str, str]:
        """Ids of the person who acted and of the candidate it is about; "" for nobody."""
        store = self._app.store
        if story.kind == "person":
            return story.id, ""
        if story.kind == "candidate":
            return "", story.id
        if story.kind == "action":
            return store.actions.get(story.id).person, ""
        if story.kind.startswith("copy "):
            return split_delivery_id(story.id)[1], ""
        if story.kind not in ("letter", "receipt"):
            return "", ""
        letter, recipient = store.letters.get(story.id), split_delivery_id(story.id)[1]
        return store.actions.get(letter.action).person, "" if recipient.startswith("p") else recipient

    def _who(self, slug: str, person: str, candidate: str) -> tuple[Person | None, Candidate | None]:
        """Those of them of whom anything is kept."""
        return (
            _kept(lambda: self._app.store.people.get(person)) if person else None,
            _kept(lambda: self._app.store.candidates.get(slug, candidate)) if candidate else None,
        )

    def _remember(self, slug: str, who: str, by: str) -> None:
        self._app.store.events.append("console.person_shown", slug, f"{who} {by}")


def _told(story: Story) -> dict[str, object]:
    """A story with its times in its own zone."""
    rows = [
        {**row, "at": clock(at, story.time_zone) if isinstance(at := row.get("due") or row.get("since"), int) else ""}
        for row in story.letters[:_SHOWN]
    ]
    moments = [(_time(moment, story.time_zone), moment) for moment in story.moments if moment.says]
    return {"story": replace(story, letters=rows), "moments": moments, "more": len(story.letters) - len(rows)}


def _time(moment: Moment, zone: str) -> str:
    return clock(moment.at, zone)


def _kept(read: Callable[[], T]) -> T | None:
    try:
        return read()
    except NotFoundError:
        return None
