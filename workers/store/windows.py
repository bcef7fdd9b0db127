"""What became of a campaign's letters, or a mailing's copies, lately, minute by minute: what its breaker looks at."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from workers.campaign.mailings import of_book
from workers.store import keys
from workers.store.pauses import Pause
from workers.store.scripts import Scripts


@dataclass(frozen=True, slots=True)
class Window:
    """Outcome → letters of the last minutes; ``since`` marks which window this was read from."""

    counts: Counter[str]
    since: str


class Windows:
    """The windows of all campaigns and mailings. A new one begins when one is resumed (see Pauses)."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    def read(self, minutes: Mapping[str, int]) -> dict[str, Window]:
        """Campaign → its last so many minutes, the one that runs included; one round trip for all."""
        asked = [word for pair in minutes.items() for word in pair]
        found = self._scripts.call("read_windows", [], asked) if minutes else []
        return {
            campaign: Window(
                Counter({counts[i].decode(): counts[i + 1] for i in range(0, len(counts), 2)}), since.decode()
            )
            for campaign, since, counts in zip(minutes, found[::2], found[1::2], strict=True)
        }

    def open_breaker(self, book: str, window: Window, reason: str) -> bool:
        """Pauses the campaign or mailing; False if it was paused already, or resumed since ``window`` was read."""
        pause = msgspec.json.encode(Pause(reason, int(time.time())))
        scope = keys.mailing_scope(book) if of_book(book) else keys.pause_scope(book)
        named = [keys.PAUSED, keys.window(book)]
        return bool(self._scripts.call("open_breaker", named, [scope, book, pause, window.since, reason]))
