"""``/console``: the page, the same as JSON for scripts, and the stream that keeps an open page as things are."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Mapping

import msgspec
from markupsafe import Markup
from sse_starlette import EventSourceResponse
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from workers.app import App
from workers.campaign.states import State
from workers.errors import UnavailableError
from workers.web.charts import columns, line
from workers.web.console.alarms import alarms
from workers.web.console.door import HEADERS, Door, Visitor
from workers.web.console.look import Lookout
from workers.web.console.shapes import Look
from workers.web.console.tail import Tail
from workers.web.console.words import at, size, span
from workers.web.pages import Pages
from workers.web.problems import unavailable
from workers.web.threads import Threads

#: Parts of the page, each of which is sent anew when it has changed.
PARTS = ("alarms", "stops", "campaigns", "rate", "books", "queues", "doubts", "provider", "log")
#: Seconds between looks while somebody watches.
_LOOK_S = 1.0
#: Looks after which a stream asks whether its operator is still logged in.
_STILL_IN = 5
#: Streams of one process.
_WATCHERS = 50
_HEARTBEAT_S, _SEND_S, _GRACE_S = 15, 30, 2

Parts = dict[str, str]


class Home:
    """The endpoints. However many operators watch, the ledger is asked once a second."""

    def __init__(self, app: App, threads: Threads, pages: Pages, door: Door, tail: Tail) -> None:
        self._app, self._threads, self._pages, self._door, self._tail = app, threads, pages, door, tail
        self._lookout = Lookout(app)
        self._lock = asyncio.Lock()
        self._seen: tuple[float, Look, Parts] | None = None
        self._watchers = 0
        self._over = asyncio.Event()

    def stop(self) -> None:
        """This process is about to end: nobody watches any more."""
        self._over.set()

    def look_anew(self) -> None:
        """Somebody did something: they are to see it at once."""
        self._seen = None
        self._lookout.forget()

    async def get(self, _request: Request, visitor: Visitor) -> Response:
        """The page, whole without a script."""
        _, parts = await self._look()
        ready = {name: Markup(html) for name, html in parts.items()}  # noqa: S704  # our templates made it
        values = {"visitor": visitor, "here": "/console", "parts": ready, "as_of": at(time.time())}
        return HTMLResponse(self._pages.html("console/home", values), headers=HEADERS)

    async def json(self, _request: Request, _visitor: Visitor) -> Response:
        """All numbers of the page, for scripts."""
        look, _ = await self._look()
        return Response(msgspec.json.encode(look), 200, HEADERS, "application/json")

    async def stream(self, request: Request, _visitor: Visitor) -> Response:
        """Server-sent events named ``parts``: the parts that changed, by name; ``over`` when nobody is logged in."""
        if self._watchers >= _WATCHERS:
            raise unavailable("too many watch just now: ask again in a moment")
        await self._look()
        return EventSourceResponse(
            self._events(request),
            headers=HEADERS,
            ping=_HEARTBEAT_S,
            send_timeout=_SEND_S,
            shutdown_grace_period=_GRACE_S,
        )

    async def _events(self, request: Request) -> AsyncIterator[bytes]:
        shown: Parts = {}
        self._watchers += 1
        try:
            for number in itertools.count(1):
                try:
                    if number % _STILL_IN == 0 and not await self._door.visitor(request, renew=False):
                        yield _event("over", {})
                        return
                    _, parts = await self._look()
                except UnavailableError:
                    yield _event("away", {})
                else:
                    changed = {name: html for name, html in parts.items() if shown.get(name) != html}
                    shown = parts
                    yield _event("parts", {"as_of": at(time.time()), **changed})
                if await self._rests():
                    return
        finally:
            self._watchers -= 1

    async def _rests(self) -> bool:
        """True if this process is about to end."""
        try:
            await asyncio.wait_for(self._over.wait(), _LOOK_S)
        except TimeoutError:
            return False
        return True

    async def _look(self) -> tuple[Look, Parts]:
        async with self._lock:
            if self._seen is None or time.monotonic() - self._seen[0] > _LOOK_S * 0.9:
                self._seen = (time.monotonic(), *await self._threads.run(self._read))
            return self._seen[1:]

    def _read(self) -> tuple[Look, Parts]:
        look = self._lookout.look()
        values = {
            "look": look,
            "alarms": alarms(look),
            "accepted": columns(look.accepted, look.failed),
            "path": line,
            "states": [state.value for state in State],
            "log": self._tail.loud(),
            "keeps_log": self._tail.is_kept,
            "span": span,
            "at": at,
            "size": size,
        }
        return look, {name: self._pages.html(f"console/parts/{name}", values) for name in PARTS}


def _event(name: str, values: Mapping[str, str]) -> bytes:
    return b"event: %b\r\nretry: 3000\r\ndata: %b\r\n\r\n" % (name.encode(), msgspec.json.encode(values))
