"""Numbers for those who watch: what all processes counted, what waits, and how the server is. Each a cheap read."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from workers.store import keys
from workers.store.callbacks import TTL_S
from workers.store.scripts import Client, reachable

#: Callbacks of which the oldest is looked for.
_LOOKED_AT = 100
_HOUR_MS = 3_600_000
#: The newest tick of any clock is forgotten after this many seconds.
_TICK_TTL_S = 30 * 86_400


class Wait(NamedTuple):
    """Actions by when their next letter is due, and seconds by which the longest overdue is late."""

    now: int
    hour: int
    day: int
    later: int
    late_s: float


class Meters:
    """Reads of a few fields each, whatever the number of letters."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def add(self, counts: Mapping[str, int], newest: Mapping[str, int]) -> None:
        """Adds what one process counted to what all did, and puts ``newest`` in place of what was noted before."""
        with reachable():
            pipeline = self._client.pipeline(transaction=True)
            for name, number in counts.items():
                pipeline.hincrby(keys.METERS, name, number)
            if newest:
                pipeline.hset(keys.METERS, mapping=dict(newest))
            pipeline.execute()

    def counts(self) -> dict[str, int]:
        """What all processes counted, by name and label with a blank between."""
        with reachable():
            return {name.decode(): int(n) for name, n in self._client.hgetall(keys.METERS).items()}

    def note(self, name: str, label: str, number: int) -> None:
        """Puts a number in place of the one noted before."""
        with reachable():
            self._client.hset(keys.METERS, f"{name} {label}", number)

    def callbacks(self) -> tuple[int, float]:
        """How many callbacks wait to be worked, and seconds since the oldest of those nudged first came."""
        with reachable():
            pipeline = self._client.pipeline(transaction=False)
            pipeline.zcard(keys.CALLBACKS)
            pipeline.zrange(keys.CALLBACKS, 0, _LOOKED_AT - 1)
            number, found = pipeline.execute()
            for raw in found:
                pipeline.ttl(keys.callback(raw.decode()))
            left = pipeline.execute() if found else []
        return number, float(max((TTL_S - seconds for seconds in left if seconds >= 0), default=0))

    def ticked(self) -> None:
        """A clock lives: it has looked at what is due."""
        with reachable():
            self._client.set(keys.TICKED, int(time.time()), ex=_TICK_TTL_S)

    def tick_age_s(self) -> float | None:
        """Seconds since any clock's newest tick; None if there was none."""
        with reachable():
            at = self._client.get(keys.TICKED)
        return None if at is None else max(0.0, time.time() - int(at))

    def waits(self, campaigns: Sequence[str]) -> dict[str, Wait]:
        """What waits to be sent, by campaign."""
        now = int(time.time() * 1000)
        ends = ("-inf", now, now + _HOUR_MS, now + 24 * _HOUR_MS, "+inf")
        with reachable():
            pipeline = self._client.pipeline(transaction=False)
            for campaign in campaigns:
                for start, end in pairwise(ends):
                    pipeline.zcount(keys.agenda(campaign), start if start == "-inf" else f"({start}", end)
                pipeline.zrange(keys.agenda(campaign), 0, 0, withscores=True)
            found = pipeline.execute() if campaigns else []
        return {slug: _wait(found[5 * i : 5 * i + 5], now / 1000) for i, slug in enumerate(campaigns)}

    def oldest_unknown_s(self, campaigns: Sequence[str]) -> dict[str, float]:
        """Seconds since when a letter of each campaign is unknown; 0 if none is."""
        with reachable():
            pipeline = self._client.pipeline(transaction=False)
            for campaign in campaigns:
                pipeline.zrange(keys.unknown(campaign), 0, 0, withscores=True)
            found = pipeline.execute() if campaigns else []
        return {slug: _late_s(first, time.time(), 1) for slug, first in zip(campaigns, found, strict=True)}

    def held(self, campaign: str) -> dict[str, int]:
        """Held letters by what their candidates lack today."""
        with reachable():
            reach = self._client.hgetall(keys.reach(campaign))
            numbers = (
                self._client.hmget(keys.tally_candidates(campaign), [b"%b:held" % who for who in reach])
                if reach
                else []
            )
            answers = self._client.hgetall(keys.answers(campaign))
        found = Counter[str]()
        for (who, addresses), number in zip(reach.items(), numbers, strict=True):
            if number and number != b"0":
                found[_lacks(addresses, answers.get(who, b""))] += int(number)
        return dict(found)

    def server(self) -> dict[str, Any]:
        """What the server says of its memory and of its disk."""
        with reachable():
            return {**self._client.info("memory"), **self._client.info("persistence")}


def _lacks(addresses: bytes, answers: bytes) -> str:
    if not addresses:
        return "no-address"
    return "address-wrong" if b"wrong-address" in answers else "address-bounced"


def _wait(row: Sequence[Any], now: float) -> Wait:
    due, hour, day, later, first = row
    return Wait(due, hour, day, later, _late_s(first, now, 1000))


def _late_s(first: list[tuple[bytes, float]], now: float, unit: int) -> float:
    return max(0.0, now - first[0][1] / unit) if first else 0.0
