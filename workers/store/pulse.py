"""Signs of life: which processes are there, and what became of mail minute by minute, for people who watch."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from workers.store import keys
from workers.store.scripts import Client, Scripts, reachable

#: Seconds for which a process that fell silent is remembered.
_KEPT_S = 86_400


class Sign(NamedTuple):
    """A process, such as ("worker", "mars:4711"), and its newest sign of life (epoch seconds)."""

    kind: str
    name: str
    at: float


class Pulse:
    """Reads and writes of a few fields."""

    def __init__(self, client: Client, scripts: Scripts) -> None:
        self._client, self._scripts = client, scripts

    def beat(self, kind: str, name: str) -> None:
        """This process lives."""
        now = time.time()
        with reachable():
            pipeline = self._client.pipeline(transaction=True)
            pipeline.zadd(keys.ALIVE, {f"{kind} {name}": int(now)})
            pipeline.zremrangebyscore(keys.ALIVE, "-inf", int(now) - _KEPT_S)
            pipeline.expire(keys.ALIVE, _KEPT_S)
            pipeline.execute()

    def leave(self, kind: str, name: str) -> None:
        """This process ends as it should: nobody misses it."""
        with reachable():
            self._client.zrem(keys.ALIVE, f"{kind} {name}")

    def living(self) -> list[Sign]:
        """Every process that gave a sign within a day and did not take its leave, by kind and name."""
        with reachable():
            found = self._client.zrange(keys.ALIVE, 0, -1, withscores=True)
        words = [(member.decode().partition(" "), at) for member, at in found]
        return sorted(Sign(kind, name, at) for (kind, _, name), at in words)

    def minutes(self, books: Sequence[str], number: int) -> dict[str, list[Counter[str]]]:
        """Book → outcome → letters, of each of the last so many minutes, the one that runs last."""
        found = self._scripts.call("read_minutes", [], [number, *books]) if books else []
        return {book: [_counter(flat) for flat in minutes] for book, minutes in zip(books, found, strict=True)}


def _counter(flat: Sequence[bytes]) -> Counter[str]:
    found = Counter[str]()
    for outcome, number in zip(flat[::2], flat[1::2], strict=True):
        found[outcome.decode()] += int(number)
    return found
