"""What became of a campaign's letters lately, minute by minute: what its breaker looks at."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass

import msgspec

from workers.store import keys
from workers.store.pauses import Pause
from workers.store.scripts import Client, Scripts, reachable


@dataclass(frozen=True, slots=True)
class Window:
    """Outcome → letters of the last minutes; ``since`` marks which window this was read from."""

    counts: Counter[str]
    since: str


class Windows:
    """The windows of all campaigns. A new one begins when a campaign is resumed (see Pauses)."""

    def __init__(self, client: Client, scripts: Scripts) -> None:
        self._client = client
        self._scripts = scripts

    def read(self, campaign: str, minutes: int) -> Window:
        """The minute that runs and those before it."""
        with reachable():
            now = self._client.time()[0] // 60
            pipeline = self._client.pipeline(transaction=True)
            pipeline.get(keys.window(campaign))
            for minute in range(now - minutes + 1, now + 2):  # the next one too: it may have begun meanwhile
                pipeline.hgetall(keys.window(campaign, minute))
            since, *found = pipeline.execute()
        counts: Counter[str] = Counter()
        for fields in found:
            counts.update({name.decode(): int(n) for name, n in fields.items()})
        return Window(counts, (since or b"").decode())

    def open_breaker(self, campaign: str, window: Window, reason: str) -> bool:
        """Pauses the campaign; False if it was paused already, or resumed since ``window`` was read."""
        pause = msgspec.json.encode(Pause(reason, int(time.time())))
        scope = keys.pause_scope(campaign)
        named = [keys.PAUSED, keys.window(campaign)]
        return bool(self._scripts.call("open_breaker", named, [scope, campaign, pause, window.since, reason]))
