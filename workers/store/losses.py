"""What the queue and its indexes lost and the ledger still knows: found and given back, a few at a time."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence

from workers.store import keys
from workers.store.callbacks import TTL_S
from workers.store.scripts import Argument, Client, Scripts, reachable

#: Callbacks looked at in one go; that many never wait unless something is wrong.
_CALLBACKS = 1_000


class Losses:
    """Every method looks at a bounded part, and doing it again changes nothing more."""

    def __init__(self, client: Client, scripts: Scripts) -> None:
        self._client = client
        self._scripts = scripts

    def time(self) -> float:
        """Epoch seconds by the ledger's own clock."""
        with reachable():
            seconds, micros = self._client.time()
        return float(seconds + micros / 1e6)

    def actions(self, campaign: str, start: int, limit: int) -> list[str]:
        """Up to ``limit`` actions from the ``start``-th on, in the order they came."""
        with reachable():
            found = self._client.lrange(keys.actions(campaign), start, start + limit - 1)
        return [raw.decode() for raw in found]

    def mend(self, campaign: str, actions: Sequence[str], claim_s: float, *, closed: bool) -> dict[str, int]:
        """What these actions' letters had lost, or were moved to: see lua/mend_actions.lua for the words."""
        now = time.time()
        named = [keys.agenda(campaign), keys.CLAIMS, keys.unwritten(campaign)]
        args: list[Argument] = [campaign, int(now), int(now * 1000), int((now + claim_s) * 1000), int(closed), *actions]
        found = self._scripts.call("mend_actions", named, args)
        return {found[i].decode(): found[i + 1] for i in range(0, len(found), 2)}

    def mend_callbacks(self, found: Sequence[str] = ()) -> tuple[int, int]:
        """Holds the callbacks that wait, and the bodies ``found``, against each other: (restored, dropped)."""
        with reachable():
            waiting = self._client.zrange(keys.CALLBACKS, 0, _CALLBACKS - 1)
        args = [int(time.time() * 1000), *waiting, *found]
        restored, dropped = self._scripts.call("mend_callbacks", [keys.CALLBACKS], args)
        return restored, dropped

    def unworked_callbacks(self, older_than_s: float) -> int:
        """How many of the callbacks that wait came longer ago than that."""
        with reachable():
            waiting = self._client.zrange(keys.CALLBACKS, 0, _CALLBACKS - 1)
            pipeline = self._client.pipeline(transaction=False)
            for raw in waiting:
                pipeline.ttl(keys.callback(raw.decode()))
            left = pipeline.execute() if waiting else []
        return sum(1 for seconds in left if 0 <= seconds < TTL_S - older_than_s)

    def immortal(self, cursor: int, limit: int) -> tuple[int, Counter[str], list[str]]:
        """Looks at about ``limit`` keys from ``cursor`` on: the next cursor, what lives for ever by mistake, callbacks.

        The cursor is 0 after the last; mistakes are counted by noun; callbacks are the ids of bodies that came by.
        """
        with reachable():
            cursor, found = self._client.scan(cursor, count=limit)
            mortal = [key for key in found if keys.noun(key) not in keys.PERMANENT]
            pipeline = self._client.pipeline(transaction=False)
            for key in mortal:
                pipeline.ttl(key)
            ttls = pipeline.execute() if mortal else []
        immortal = Counter(keys.noun(key) for key, ttl in zip(mortal, ttls, strict=True) if ttl == -1)
        bodies = [key.decode().partition(":")[2] for key in found if keys.noun(key) == "callback"]
        return int(cursor), immortal, bodies
