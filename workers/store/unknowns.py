"""The letters that may have left: counted, and settled by a person where no report does."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from workers.campaign.ids import split_delivery_id
from workers.campaign.states import State
from workers.store import keys
from workers.store.scripts import Argument, Client, Scripts, reachable

#: Letters moved by one call of the script: a few milliseconds of the server's time.
_CHUNK = 200


@dataclass(frozen=True, slots=True)
class Doubt:
    """How many letters of a campaign are unknown, and how many of them for longer than was asked about."""

    letters: int
    old: int


class Unknowns:
    """The unknown letters of all campaigns."""

    def __init__(self, client: Client, scripts: Scripts) -> None:
        self._client = client
        self._scripts = scripts

    def count(self, campaigns: Sequence[str], older_than_s: float) -> dict[str, Doubt]:
        """The numbers of each campaign: one cheap read, for logs, pages and metrics alike."""
        before = time.time() - older_than_s
        with reachable():
            pipeline = self._client.pipeline(transaction=False)
            for campaign in campaigns:
                pipeline.zcard(keys.unknown(campaign))
                pipeline.zcount(keys.unknown(campaign), "-inf", f"({before}")
            found = pipeline.execute() if campaigns else []
        numbers = zip(found[::2], found[1::2], strict=True)
        return {campaign: Doubt(*pair) for campaign, pair in zip(campaigns, numbers, strict=True)}

    def oldest(self, campaign: str, number: int) -> list[tuple[str, float]]:
        """The letters that are unknown for longest, with since when (epoch seconds)."""
        with reachable():
            found = self._client.zrange(keys.unknown(campaign), 0, number - 1, withscores=True)
        return [(raw.decode(), at) for raw, at in found]

    def settle(self, campaign: str, letters: Sequence[str], state: State, day: int, who: str) -> list[bool]:
        """Moves unknown letters to ACCEPTED, counted on ``day`` (since 1970), or to QUEUED, due now; which moved."""
        moved: list[bool] = []
        for start in range(0, len(letters), _CHUNK):
            now = time.time()
            args: list[Argument] = [campaign, state, int(now), int(now * 1000), day, who]
            for letter in letters[start : start + _CHUNK]:
                args += split_delivery_id(letter)
            moved += map(bool, self._scripts.call("settle_unknown", [keys.agenda(campaign)], args))
        return moved
