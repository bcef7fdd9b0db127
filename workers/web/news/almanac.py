"""A campaign's events, as one process knows them: read at most once a second, files only if they changed."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import structlog

from workers.app import App
from workers.bulletinfile import read_bulletins
from workers.calendarfile import NAMES, frame, read_events
from workers.campaign.model import Campaign
from workers.campaign.news import CalendarEvent, in_order
from workers.errors import ConfigError
from workers.web.board import FRESH_S
from workers.web.threads import Threads

log = structlog.get_logger()


class Almanac(NamedTuple):
    """Events in order, those of the last weeks among them; ``changed`` (epoch seconds) is when the newest was told."""

    events: list[CalendarEvent]
    changed: int

    def of(self, event_id: str) -> CalendarEvent | None:
        """The event that an address names."""
        return next((one for one in self.events if one.id == event_id), None)


class _File(NamedTuple):
    """A file as it was read: on which day, and what it was like then."""

    state: tuple[int, int, int]
    events: list[CalendarEvent]


class Almanacs:
    """The events of all campaigns: of their bulletins' folders, and of contributions that were accepted."""

    def __init__(self, app: App, threads: Threads) -> None:
        self._app, self._threads = app, threads
        self._folder = app.settings.beside_campaigns(app.settings.mailings.bulletins)
        self._files: dict[Path, _File] = {}
        self._read: dict[str, tuple[float, Almanac]] = {}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def read(self, campaign: Campaign) -> Almanac:
        """A reading not older than a second; UnavailableError without the ledger."""
        async with self._locks[campaign.slug]:
            at, known = self._read.get(campaign.slug, (0.0, None))
            if known is None or time.monotonic() - at >= FRESH_S:
                known = await self._threads.run(self._look, campaign)
                self._read[campaign.slug] = time.monotonic(), known
            return known

    def _look(self, campaign: Campaign) -> Almanac:
        now = datetime.now(UTC)
        told = self._app.store.contributions.told(campaign.slug)
        events = [event for event, _ in told if event.over > frame(campaign, now).begins]
        changed = [int(campaign.opens.timestamp()), *(since for _, since in told)]
        for path in self._paths(campaign):
            file = self._file(path, campaign, now)
            events += file.events
            changed.append(file.state[0] // 1_000_000_000)
        return Almanac(in_order(events), max((one for one in changed if one <= now.timestamp()), default=0))

    def _paths(self, campaign: Campaign) -> list[Path]:
        bulletins, _ = read_bulletins(self._folder, self._app.campaigns)
        folders = [one.folder for one in bulletins.values() if one.campaign == campaign.slug]
        return [path for folder in folders for name in NAMES if (path := folder / name).is_file()]

    def _file(self, path: Path, campaign: Campaign, now: datetime) -> _File:
        """What can be told of a file; an operator hears of the rest from ``mobilise check``."""
        try:
            about = path.stat()
        except OSError:
            return _File((0, 0, 0), [])  # it is being replaced
        state = about.st_mtime_ns, about.st_size, now.toordinal()
        known = self._files.get(path)
        if known is None or known.state != state:
            try:
                found = read_events(path, frame(campaign, now))
                events, flaws = found.events, len(found.flaws)
            except ConfigError:
                events, flaws = [], 1
            if flaws:
                log.warning(
                    "calendar.flawed", campaign=campaign.slug, file=f"{path.parent.name}/{path.name}", flaws=flaws
                )
            known = self._files[path] = _File(state, events)
        return known
