"""Tells the queue of actions that are on disk, some at a time, after they were answered."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextvars import Context
from itertools import chain

import structlog

from workers import tracing
from workers.app import App
from workers.campaign.events import ActionTaken
from workers.errors import UnavailableError

log = structlog.get_logger()

#: Seconds between two announcements: what comes meanwhile goes together.
_WAIT_S = 0.05


class Announcer:
    """What it loses, with its process or with Redis, the clock finds by its time: it is unwritten in the ledger."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._most = app.settings.clock.batch
        self._waiting: dict[str, dict[str, str]] = defaultdict(dict)  # action -> the trace of its request
        self._task: asyncio.Task[None] | None = None

    def add(self, campaign: str, action: str) -> None:
        """Returns at once."""
        self._waiting[campaign][action] = tracing.current()
        if self._task is None:  # it speaks for many requests: in a context of its own
            self._task = asyncio.get_running_loop().create_task(self._run(), context=Context())

    async def finish(self) -> None:
        """Returns when all that was added is announced; nothing is added afterwards."""
        if self._task is not None:
            await self._task
        await self._app.broker.close_in_loop()

    async def _run(self) -> None:
        try:
            while self._waiting:
                waiting, self._waiting = self._waiting, defaultdict(dict)
                await self._announce(waiting)
                await asyncio.sleep(_WAIT_S)
        finally:
            self._task = None

    async def _announce(self, waiting: dict[str, dict[str, str]]) -> None:
        try:
            with tracing.carrying(dict(chain.from_iterable(actions.items() for actions in waiting.values()))):
                await self._app.publisher.publish_together(self._events(waiting))
        except UnavailableError:
            log.warning("action.not_announced", actions=list(chain.from_iterable(waiting.values())))

    def _events(self, waiting: dict[str, dict[str, str]]) -> Iterator[ActionTaken]:
        for campaign, traced in waiting.items():
            actions = list(traced)
            for start in range(0, len(actions), self._most):
                yield ActionTaken(campaign, actions[start : start + self._most])
