"""Daily summaries: who gets one and when, which letters wait for it, and which of them each mail carried."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from workers.campaign.model import Action
from workers.store import keys
from workers.store.claims import (
    Claim,
    Gathering,
    Refusal,
    Sender,
    Settlement,
    claim_call,
    read_claims,
    settle_call,
    unclaim_call,
)
from workers.store.scripts import Argument, Client, Scripts, reachable

_decode = msgspec.json.Decoder(Action).decode
#: Actions read in one round trip.
_CHUNK = 500


class Waiting(NamedTuple):
    """An action with a letter that waits for a summary; ``size`` is the bytes of what its supporter did."""

    action: str
    size: int


class Summaries:
    """The summaries of all campaigns."""

    def __init__(self, client: Client, scripts: Scripts) -> None:
        self._client = client
        self._scripts = scripts

    def all(self, campaign: str) -> dict[str, int]:
        """Candidate → when their next summary leaves (epoch seconds), of all who get one."""
        with reachable():
            found = self._client.zrange(keys.summaries(campaign), 0, -1, withscores=True)
        return {candidate.decode(): int(ms) // 1000 for candidate, ms in found}

    def has(self, campaign: str, candidate: str) -> bool:
        """Whether this candidate's letters are gathered."""
        with reachable():
            return self._client.zscore(keys.summaries(campaign), candidate) is not None

    def begin(self, campaign: str, candidate: str, gathering: Gathering) -> None:
        """This candidate's letters are gathered from now on; if they are already, nothing changes."""
        with reachable():
            self._client.zadd(keys.summaries(campaign), {candidate: gathering.due_ms}, nx=True)

    def end(self, campaign: str, candidate: str, gathering: Gathering) -> bool:
        """After a summary: whether there will be a next one, or letters leave one by one again."""
        named = [keys.summaries(campaign), keys.waiting(campaign, candidate), keys.answers(campaign)]
        now_us = int(time.time() * 1_000_000)
        args: list[Argument] = [candidate, *gathering, now_us]
        return bool(self._scripts.call("end_summary", [*named, keys.slots(campaign)], args))

    def end_all(self, campaign: str) -> bool:
        """Nobody gets a summary any more; whether somebody did."""
        with reachable():
            return bool(self._client.delete(keys.summaries(campaign)))

    def due_again(self, campaign: str, candidate: str, at: float) -> None:
        """A summary that did not leave is due then (epoch seconds), if it still is to be."""
        with reachable():
            self._client.zadd(keys.summaries(campaign), {candidate: int(at * 1000)}, xx=True)

    def waiting(self, campaign: str, candidate: str) -> list[Waiting]:
        """What waits for this candidate, oldest first."""
        with reachable():
            ids = sorted(raw.decode() for raw in self._client.smembers(keys.waiting(campaign, candidate)))
        found = sorted((action.at, action.id, size) for action, size in self._actions(ids))
        return [Waiting(action, size) for _, action, size in found]

    def _actions(self, ids: Sequence[str]) -> Iterator[tuple[Action, int]]:
        for start in range(0, len(ids), _CHUNK):
            with reachable():
                found = self._client.mget([keys.action(one) for one in ids[start : start + _CHUNK]])
            yield from ((_decode(raw), len(raw)) for raw in found if raw is not None)

    def claim(
        self, campaign: str, candidate: str, actions: Sequence[str], deadline: float, sender: Sender
    ) -> list[Claim | Refusal]:
        """Takes the letters of these actions to this candidate, each by a claim of its own, in one round trip."""
        calls = [claim_call(campaign, [action], deadline, sender, only=candidate) for action in actions]
        found = [read_claims(reply, deadline) for reply in self._scripts.call_all(*calls)]
        return [claim for one in found for claim in ([one] if isinstance(one, Refusal) else one)]

    def unclaim(self, campaign: str, candidate: str, actions: Sequence[str], deadline: float) -> int:
        """Gives back what was claimed so and surely did not leave; how many letters. Again changes nothing."""
        calls = [unclaim_call(campaign, action, deadline, only=candidate) for action in actions]
        return sum(map(int, self._scripts.call_all(*calls)))

    def settle(self, settlements: Iterable[Settlement]) -> None:
        """Ends the claims of a mail, in one round trip. Again changes nothing."""
        self._scripts.call_all(*(settle_call([settlement]) for settlement in settlements))

    def note(self, summary: str, candidate: str, groups: Sequence[str]) -> None:
        """Remembers which letters a mail carries, before it leaves: reports are about all of them."""
        with reachable():
            pipeline = self._client.pipeline(transaction=True)
            pipeline.set(keys.summary(summary), ",".join(groups))
            for place, group in enumerate(groups, 1):
                pipeline.hset(keys.deliveries(group), f"in:{candidate}", f"{summary} {place}")
            pipeline.execute()

    def letters(self, summaries: Sequence[str]) -> dict[str, list[str]]:
        """Summary → the groups of the letters in it, of those that are known."""
        if not summaries:
            return {}
        with reachable():
            found = self._client.mget([keys.summary(one) for one in summaries])
        return {one: raw.decode().split(",") for one, raw in zip(summaries, found, strict=True) if raw is not None}
