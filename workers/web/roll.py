"""Who signed, as the web shows it: read at most once a second for each campaign, and rendered once for each change."""

from __future__ import annotations

import asyncio
import time
import unicodedata
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Hashable, Iterable
from functools import cached_property
from typing import NamedTuple

from workers.campaign.model import Campaign, Candidate
from workers.campaign.signature import Signature
from workers.store import Store
from workers.web.board import FRESH_S
from workers.web.kept import Kept
from workers.web.threads import Threads

#: Rendered answers that one roll keeps: those asked for last.
_KEPT = 24
_WEB = ("https://", "http://")


class Signatory(NamedTuple):
    """One candidate who signed; ``at`` epoch seconds, ``how`` the way it came; who entered it is not public."""

    candidate_id: str
    name: str
    party: str
    constituency: str
    gss: str
    region: str
    at: int
    how: str
    evidence_url: str


class Roll:
    """Everyone who signed, by constituency and name; ``changed`` is when this was first seen (epoch seconds)."""

    def __init__(self, signatories: list[Signatory], changed: int) -> None:
        self.signatories, self.changed = signatories, changed
        self.lock = asyncio.Lock()
        self._kept: OrderedDict[Hashable, Kept] = OrderedDict()

    @cached_property
    def parties(self) -> dict[str, int]:
        """How many signed of each party, most first."""
        return _counts(one.party for one in self.signatories)

    @cached_property
    def regions(self) -> dict[str, int]:
        """How many signed in each region, most first; empty if no region is known."""
        counts = _counts(one.region for one in self.signatories)
        return counts if any(counts) else {}

    @cached_property
    def haystacks(self) -> list[str]:
        """What is searched, in the order of ``signatories``."""
        return [fold(f"{one.name} {one.party} {one.constituency} {one.region}") for one in self.signatories]

    @cached_property
    def newest(self) -> list[Signatory]:
        """The last to sign first."""
        return sorted(self.signatories, key=lambda one: -one.at)

    def kept(self, key: Hashable) -> Kept | None:
        """What was made for ``key``, if it still is there."""
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    def keep(self, key: Hashable, made: Kept) -> Kept:
        """``made``, for the next one who asks for ``key``."""
        self._kept[key] = made
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return made


class Rolls:
    """The rolls of all campaigns, for one process."""

    def __init__(self, store: Store, threads: Threads) -> None:
        self._store, self._threads = store, threads
        self._rolls: dict[str, tuple[float, Roll]] = {}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def read(self, campaign: Campaign) -> Roll:
        """A roll not older than a second, the same one while nothing changes; UnavailableError without the ledger."""
        async with self._locks[campaign.slug]:
            at, roll = self._rolls.get(campaign.slug, (0.0, None))
            if roll is None or time.monotonic() - at >= FRESH_S:
                roll = await self._threads.run(self._read, campaign.slug, roll)
                self._rolls[campaign.slug] = time.monotonic(), roll
            return roll

    async def rendered(self, roll: Roll, key: Hashable, render: Callable[[], Kept]) -> Kept:
        """What ``render`` makes of ``roll``, by one thread for all who ask for the same ``key``."""
        if kept := roll.kept(key):
            return kept
        async with roll.lock:
            return roll.kept(key) or roll.keep(key, await self._threads.run(render))

    def _read(self, slug: str, before: Roll | None) -> Roll:
        candidates = self._store.candidates.all(slug)
        signed = self._store.signatures.all(slug)
        found = sorted((_signatory(one, candidates.get(id_)) for id_, one in signed.items()), key=_neutral)
        return before if before and before.signatories == found else Roll(found, int(time.time()))


def fold(text: str) -> str:
    """``text`` as it is compared and sorted: without capitals and accents."""
    if text.isascii():
        return text.casefold()
    return "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char)).casefold()


def _signatory(signature: Signature, candidate: Candidate | None) -> Signatory:
    evidence = signature.evidence if signature.evidence.startswith(_WEB) else ""
    if candidate is None:
        return Signatory(signature.candidate, "", "", "", "", "", signature.at, signature.source, evidence)
    seat = candidate.constituency_name or candidate.constituency
    own = candidate.id, candidate.name, candidate.party, seat, candidate.constituency, candidate.region
    return Signatory(*own, signature.at, signature.source, evidence)


def _neutral(one: Signatory) -> tuple[str, ...]:
    return fold(one.constituency), fold(one.name), one.candidate_id


def _counts(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items(), key=lambda one: (-one[1], fold(one[0]))))
