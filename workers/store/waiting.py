"""Letters that wait for a candidate: moved to where they belong when a candidate or an address changes."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass

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
        moved, cursor = Moved(), 0
        while True:
            with reachable():
                cursor, ids = self._client.sscan(keys.waiting(campaign, candidate), cursor, count=_CHUNK)
            if ids:
                now = time.time()
                args = [campaign, candidate, int(now), int(now * 1000), *ids]
                moved += Moved(*self._scripts.call("follow_candidate", [keys.agenda(campaign)], args))
            if cursor == 0:
                return moved

    def follow_addresses(self, campaigns: Iterable[str], addresses: Collection[str]) -> Moved:
        """The same for every candidate, in each campaign, who is reached at one of these addresses (ids)."""
        moved = Moved()
        for campaign in campaigns:
            for candidate in self.reached_at(campaign, addresses):
                moved += self.follow(campaign, candidate)
        return moved

    def reached_at(self, campaign: str, addresses: Collection[str]) -> list[str]:
        """Ids of the candidates who have one of these addresses (ids)."""
        with reachable():
            reach = self._client.hgetall(keys.reach(campaign))
        wanted = set(addresses)
        return [key.decode() for key, ids in reach.items() if not wanted.isdisjoint(ids.decode().split(" "))]

    def held_for(self, campaigns: Iterable[str], addresses: Collection[str]) -> tuple[int, int]:
        """(letters, candidates): letters held because these addresses (ids) do not work."""
        letters = candidates = 0
        for campaign in campaigns:
            for candidate in self.reached_at(campaign, addresses):
                with reachable():
                    held = int(self._client.hget(keys.tally_candidates(campaign), f"{candidate}:held") or 0)
                letters, candidates = letters + held, candidates + bool(held)
        return letters, candidates
