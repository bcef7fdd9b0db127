"""Tells the queue of actions that are on disk, some at a time, after they were answered."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from itertools import chain

import structlog

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
        self._waiting: dict[str, list[str]] = defaultdict(list)
        self._task: asyncio.Task[None] | None = None

    def add(self, campaign: str, action: str) -> None:
        """Returns at once."""
        self._waiting[campaign].append(action)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def finish(self) -> None:
        """Returns when all that was added is announced; nothing is added afterwards."""
        if self._task is not None:
            await self._task
        await self._app.broker.close_in_loop()

    async def _run(self) -> None:
        try:
            while self._waiting:
                waiting, self._waiting = self._waiting, defaultdict(list)
                await self._announce(waiting)
                await asyncio.sleep(_WAIT_S)
        finally:
            self._task = None

    async def _announce(self, waiting: dict[str, list[str]]) -> None:
        try:
            await self._app.publisher.publish_together(self._events(waiting))
        except UnavailableError:
            log.warning("action.not_announced", actions=list(chain.from_iterable(waiting.values())))

    def _events(self, waiting: dict[str, list[str]]) -> Iterator[ActionTaken]:
        for campaign, actions in waiting.items():
            for start in range(0, len(actions), self._most):
                yield ActionTaken(campaign, actions[start : start + self._most])
