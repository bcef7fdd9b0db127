"""What is to be done next: the clock asks here, and what it took and lost comes back by itself."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from workers.store import keys
from workers.store.scripts import Client, Scripts, reachable


class Agenda:
    """Work that waits for its next nudge: taking it sets the one after; only doing it removes it."""

    def __init__(self, client: Client, scripts: Scripts) -> None:
        self._client = client
        self._scripts = scripts

    def is_due(self, campaigns: Iterable[str]) -> bool:
        """Whether letters of any campaign are to be written or sent now."""
        found = [key(campaign) for campaign in campaigns for key in (keys.unwritten, keys.agenda)]
        return bool(found) and bool(self._scripts.call("is_due", found, [int(time.time() * 1000)]))

    def due_actions(self, campaign: str, limit: int, nudge_ms: int) -> list[str]:
        """Up to ``limit`` actions with letters to send now."""
        return self._due(keys.agenda(campaign), limit, nudge_ms)

    def due_unwritten(self, campaign: str, limit: int, nudge_ms: int) -> list[str]:
        """Up to ``limit`` actions whose letters were not written in time."""
        return self._due(keys.unwritten(campaign), limit, nudge_ms)

    def due_undelivered(self, campaign: str, limit: int, nudge_ms: int) -> list[str]:
        """Up to ``limit`` actions with letters that failed a while ago and whose supporter was not told."""
        return self._due(keys.undelivered(campaign), limit, nudge_ms)

    def due_intents(self, campaign: str, limit: int, nudge_ms: int) -> list[str]:
        """Up to ``limit`` unconfirmed actions whose supporter is to be asked or reminded, or that are gone."""
        return self._due(keys.intents(campaign), limit, nudge_ms)

    def due_signed(self, campaign: str, limit: int, nudge_ms: int) -> list[str]:
        """Candidates whose signature has not led to all that it should; up to ``limit`` steps of theirs."""
        steps = self._due(keys.signed(campaign), limit, nudge_ms)
        return list(dict.fromkeys(step.partition(":")[2] for step in steps))

    def due_late(self, campaign: str, limit: int, nudge_ms: int) -> dict[str, list[str]]:
        """Signatory → actions whose letter to them was on its way, or unknown, when they signed; up to ``limit``."""
        found: dict[str, list[str]] = {}
        for pair in self._due(keys.late(campaign), limit, nudge_ms):
            action, _, candidate = pair.partition(":")
            found.setdefault(candidate, []).append(action)
        return found

    def due_callbacks(self, limit: int, nudge_ms: int) -> list[str]:
        """Up to ``limit`` callbacks that were not worked in time."""
        return self._due(keys.CALLBACKS, limit, nudge_ms)

    def hasten_callbacks(self) -> int:
        """Every callback that waits is due now; how many."""
        with reachable():
            waiting = self._client.zrange(keys.CALLBACKS, 0, -1)
            now_ms = int(time.time() * 1000)
            if waiting:
                self._client.zadd(keys.CALLBACKS, dict.fromkeys(waiting, now_ms), xx=True)
        return len(waiting)

    def due_again(self, book: str, orders: Sequence[str]) -> None:
        """Orders that were taken up and not come to are due at once, as soon as the clock may move them."""
        now_ms = int(time.time() * 1000)
        if orders:
            with reachable():
                self._client.zadd(keys.agenda(book), dict.fromkeys(orders, now_ms), xx=True)

    def waiting(self, campaign: str) -> int:
        """Actions with letters that wait to be sent, or to be written."""
        with reachable():
            return int(self._client.zcard(keys.agenda(campaign))) + int(self._client.zcard(keys.unwritten(campaign)))

    def _due(self, key: str, limit: int, nudge_ms: int) -> list[str]:
        now_ms = int(time.time() * 1000)
        return [raw.decode() for raw in self._scripts.call("move_due", [key], [now_ms, now_ms + nudge_ms, limit])]
