"""What is to be done next: the clock asks here, and what it took and lost comes back by itself."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from workers.store import keys
from workers.store.scripts import Client, Scripts, reachable

#: What waits in each campaign: whatever is moved is one of these, so that the clock can ask at once whether any is due.
_LETTERS = (keys.unwritten, keys.agenda)
_ANSWERS = (
    keys.summaries,
    keys.undelivered,
    keys.intents,
    keys.signed,
    keys.late,
    lambda slug: keys.agenda(keys.receipts_book(slug)),
)


class Agenda:
    """Work that waits for its next nudge: taking it sets the one after; only doing it removes it."""

    def __init__(self, client: Client, scripts: Scripts) -> None:
        self._client = client
        self._scripts = scripts

    def due(self, campaigns: Iterable[str], *, letters_only: bool = False) -> set[str]:
        """The campaigns in which anything is to be done now; one round trip, however many there are."""
        kinds = _LETTERS if letters_only else (*_LETTERS, *_ANSWERS)
        slugs = list(campaigns)
        agendas = [kind(slug) for slug in slugs for kind in kinds]
        found = self._scripts.call("find_due", agendas, [int(time.time() * 1000)]) if agendas else []
        return {slugs[(place - 1) // len(kinds)] for place in found}

    def due_actions(self, campaign: str, limit: int, nudge_ms: int) -> list[str]:
        """Up to ``limit`` actions with letters to send now."""
        return self._due(keys.agenda(campaign), limit, nudge_ms)

    def due_summaries(self, campaign: str, limit: int, nudge_ms: int) -> list[str]:
        """Up to ``limit`` candidates for whom all that waits leaves in one mail now."""
        return self._due(keys.summaries(campaign), limit, nudge_ms)

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

    def due_mailings(self, limit: int, nudge_ms: int) -> list[str]:
        """Up to ``limit`` calls and bulletins (books) whose next step is due, by the server's clock.

        They stay on the list: a clock that is ahead would have them wait until the others have caught up.
        """
        with reachable():
            seconds, _ = self._client.time()
        return self._due(keys.RUNNING, limit, nudge_ms, int(seconds) * 1000)

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
        """Orders that were taken up and not come to are due at once, as soon as the clock may move them.

        By the server's clock: a machine whose own is an hour ahead would put them off by that hour.
        """
        if orders:
            with reachable():
                seconds, _ = self._client.time()
                now_ms = int(seconds) * 1000
                self._client.zadd(keys.agenda(book), dict.fromkeys(orders, now_ms), xx=True)

    def waiting(self, campaign: str) -> int:
        """Actions with letters that wait to be sent, or to be written."""
        with reachable():
            return int(self._client.zcard(keys.agenda(campaign))) + int(self._client.zcard(keys.unwritten(campaign)))

    def first(self, book: str, limit: int) -> list[str]:
        """Orders that wait to be sent, whichever is due soonest first; they stay as they are."""
        with reachable():
            return [raw.decode() for raw in self._client.zrange(keys.agenda(book), 0, limit - 1)]

    def _due(self, key: str, limit: int, nudge_ms: int, now_ms: int = 0) -> list[str]:
        now_ms = now_ms or int(time.time() * 1000)
        return [raw.decode() for raw in self._scripts.call("move_due", [key], [now_ms, now_ms + nudge_ms, limit])]
