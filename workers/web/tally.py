"""``GET /api/campaigns/{campaign}/tally`` and its stream: the count, for anyone who wants to show it."""

from __future__ import annotations

from collections.abc import AsyncIterator

from sse_starlette import EventSourceResponse
from starlette.requests import Request
from starlette.responses import Response

from workers.app import App
from workers.campaign.model import Campaign
from workers.web.board import Board, Reading
from workers.web.campaigns import campaign_of
from workers.web.candidates import PUBLIC
from workers.web.kept import matches
from workers.web.problems import unavailable

#: Watchers of one process; beyond these the page asks again later.
_WATCHERS = 5000
#: Seconds between heartbeats, shorter than what proxies wait.
_HEARTBEAT_S = 15
#: Seconds a watcher may take to read one event.
_SEND_S = 30
#: Seconds that a stream gets to end by itself when the process is asked to.
_GRACE_S = 2


class Tally:
    """The endpoints, on one board."""

    def __init__(self, app: App, board: Board) -> None:
        self._campaigns, self._board = app.campaigns, board

    async def get(self, request: Request) -> Response:
        """200, or 304 while the numbers stand still."""
        reading = await self._board.read(campaign_of(request, self._campaigns))
        headers = {"etag": reading.etag, "cache-control": "max-age=1", **PUBLIC}
        if matches(request.headers.get("if-none-match", ""), reading.etag):
            return Response(status_code=304, headers=headers)
        return Response(reading.body, 200, headers, "application/json")

    async def stream(self, request: Request) -> Response:
        """Server-sent events named ``tally``: one now, one at every change."""
        campaign = campaign_of(request, self._campaigns)
        if self._board.watchers >= _WATCHERS:
            raise unavailable("too many watch just now: ask again in a moment")
        await self._board.read(campaign)
        events = self._events(campaign)
        return EventSourceResponse(
            events, headers=PUBLIC, ping=_HEARTBEAT_S, send_timeout=_SEND_S, shutdown_grace_period=_GRACE_S
        )

    async def _events(self, campaign: Campaign) -> AsyncIterator[bytes]:
        async for reading in self._board.follow(campaign):
            yield _event(reading)


def _event(reading: Reading) -> bytes:
    return b"event: tally\r\nretry: 3000\r\ndata: " + reading.body + b"\r\n\r\n"
