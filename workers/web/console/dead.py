"""``/console/dead-letters``: queue messages that gave up are read, put back, or thrown away."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import NamedTuple

import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from workers.app import App
from workers.dead_letters import DeadLetter, DeadLetters
from workers.web.console.door import HEADERS, Visitor
from workers.web.console.words import at
from workers.web.pages import Pages
from workers.web.problems import CONFLICT, NOT_FOUND, Problem
from workers.web.threads import Threads

log = structlog.get_logger()

PATH = "/console/dead-letters"
#: Dead letters that are listed, and that one press moves at most.
_SHOWN, _MOVED = 100, 1000
_EVENTS = {"replay": "dead_letter.replayed", "discard": "dead_letter.discarded"}


class Row(NamedTuple):
    """One dead letter as it is shown."""

    id: str
    queue: str
    actor: str
    campaign: str
    since: str
    attempts: int
    reason: str
    fields: str
    can_replay: bool


class DeadLettersPage:
    """The endpoints."""

    def __init__(self, app: App, threads: Threads, pages: Pages, done: Callable[[], None]) -> None:
        """``done`` is told after each deed."""
        self._threads, self._pages, self._done = threads, pages, done
        self._dead = DeadLetters(app.broker)

    async def all(self, _request: Request, visitor: Visitor) -> Response:
        """The newest of each queue."""
        rows, total = await self._threads.run(self._newest)
        return self._page("dead", visitor, {"rows": rows, "total": total})

    async def one(self, request: Request, visitor: Visitor) -> Response:
        """What it asks for, and what can be done with it; 404 if it is gone."""
        letter = await self._threads.run(self._dead.get, request.path_params["id"])
        return self._page("dead_letter", visitor, {"row": self._row(letter)})

    async def ask(self, request: Request, visitor: Visitor) -> Response:
        """The question before something is done with all of them."""
        deed = request.path_params["deed"]
        rows, total = await self._threads.run(self._newest)
        values = {"deed": _deed(deed), "rows": rows, "total": min(total, _MOVED)}
        return self._page("dead_all", visitor, values)

    async def do(self, request: Request, visitor: Visitor, _form: dict[str, str]) -> Response:
        """303 to the list; 409 for one that nobody can work any more."""
        deed = _deed(request.path_params["deed"])
        letter = await self._threads.run(self._dead.get, request.path_params["id"])
        if deed == "replay" and not self._dead.can_replay(letter):
            raise Problem(CONFLICT, "no actor of this version can work it: it can only be discarded")
        await self._threads.run(self._move, deed, [letter], visitor)
        self._done()
        return RedirectResponse(PATH, 303, HEADERS)

    async def do_all(self, request: Request, visitor: Visitor, _form: dict[str, str]) -> Response:
        """303 to the list; what cannot be put back stays."""
        deed = _deed(request.path_params["deed"])
        await self._threads.run(self._move_all, deed, visitor)
        self._done()
        return RedirectResponse(PATH, 303, HEADERS)

    def _page(self, name: str, visitor: Visitor, values: dict[str, object]) -> Response:
        html = self._pages.html(f"console/{name}", {"visitor": visitor, "here": PATH, **values})
        return HTMLResponse(html, headers=HEADERS)

    def _newest(self) -> tuple[list[Row], int]:
        queues = self._dead.queues()
        rows = [self._row(letter) for queue in queues for letter in islice(self._dead.newest_first([queue]), _SHOWN)]
        return rows, self._dead.count()

    def _row(self, letter: DeadLetter) -> Row:
        fields = letter.fields or {}
        shown = msgspec.json.format(msgspec.json.encode(fields), indent=2).decode()
        campaign, can = str(fields.get("campaign", "")), self._dead.can_replay(letter)
        about = letter.id, letter.queue, letter.actor, campaign
        return Row(*about, at(letter.at), letter.attempts, letter.reason, shown, can)

    def _move(self, deed: str, letters: list[DeadLetter], visitor: Visitor) -> None:
        for letter in letters:
            if self._dead.replay(letter) if deed == "replay" else self._dead.discard(letter):
                log.warning(_EVENTS[deed], message_id=letter.id, queue=letter.queue, actor=letter.actor, by=visitor.by)

    def _move_all(self, deed: str, visitor: Visitor) -> None:
        found = islice(self._dead.newest_first(self._dead.queues()), _MOVED)
        letters = [letter for letter in found if deed == "discard" or self._dead.can_replay(letter)]
        self._move(deed, letters, visitor)


def _deed(word: str) -> str:
    if word not in _EVENTS:
        raise Problem(NOT_FOUND, "there is nothing like that to do")
    return word
