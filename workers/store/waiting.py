"""Letters that wait for a candidate: moved to where they belong when a candidate or an address changes."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from workers.store import keys
from workers.store.scripts import Client, Scripts, reachable

#: Actions looked at by one call of the script.
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Moved:
    """Letters that followed: released to be sent, held for want of an address, withheld for good."""

    released: int = 0
    held: int = 0
    withheld: int = 0

    def __add__(self, other: Moved) -> Moved:
        return Moved(self.released + other.released, self.held + other.held, self.withheld + other.withheld)


class Waiting:
    """What waits in all campaigns."""

    def __init__(self, client: Client, scripts: Scripts) -> None:
        self._client = client
        self._scripts = scripts

    def follow(self, campaign: str, candidate: str) -> Moved:
        """Moves a candidate's waiting letters to where they belong now; it goes by state, so it may repeat."""
        moved = Moved()
        for found in self._each("follow_candidate", campaign, candidate):
            moved += Moved(*found)
        return moved

    def actions(self, campaign: str, candidate: str) -> Iterator[str]:
        """Actions that wait with a letter to this candidate, in no order."""
        with reachable():
            for raw in self._client.sscan_iter(keys.waiting(campaign, candidate), count=_CHUNK):
                yield raw.decode()

    def hasten(self, campaign: str, candidate: str) -> int:
        """Letters that were put off, as the candidate wanted them less often, are due at once; how many actions."""
        return sum(self._each("hasten_candidate", campaign, candidate))

    def _each(self, script: str, campaign: str, candidate: str) -> Iterator[Any]:
        """What a script answers to each few of the actions that wait with a letter to this candidate."""
        cursor = 0
        while True:
            with reachable():
                cursor, ids = self._client.sscan(keys.waiting(campaign, candidate), cursor, count=_CHUNK)
            if ids:
                now = time.time()
                args = [campaign, candidate, int(now), int(now * 1000), *ids]
                yield self._scripts.call(script, [keys.agenda(campaign)], args)
            if cursor == 0:
                return

    def follow_addresses(self, campaigns: Iterable[str], addresses: Collection[str]) -> Moved:
        """The same for everyone who is reached at one of these addresses (ids), by letters and receipts."""
        moved = Moved()
        for campaign in _books(campaigns):
            for candidate in self.reached_at(campaign, addresses):
                moved += self.follow(campaign, candidate)
        return moved

    def reached_at(self, campaign: str, addresses: Collection[str]) -> list[str]:
        """Ids of the candidates (of receipts: the people) who have one of these addresses (ids)."""
        wanted = set(addresses)
        with reachable():
            reach = self._client.hscan_iter(keys.reach(campaign), count=1000)
            return [key.decode() for key, ids in reach if not wanted.isdisjoint(ids.decode().split(" "))]

    def held_for(self, campaigns: Iterable[str], addresses: Collection[str]) -> tuple[int, int]:
        """(letters, people): letters and receipts held because these addresses (ids) do not work."""
        letters = candidates = 0
        for campaign in _books(campaigns):
            for candidate in self.reached_at(campaign, addresses):
                with reachable():
                    held = int(self._client.hget(keys.tally_candidates(campaign), f"{candidate}:held") or 0)
                letters, candidates = letters + held, candidates + bool(held)
        return letters, candidates


def _books(campaigns: Iterable[str]) -> Iterator[str]:
    for campaign in campaigns:
        yield campaign
        yield keys.receipts_book(campaign)
