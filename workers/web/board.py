"""The tallies as the web shows them: read at most once a second for each campaign, however many look."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec
import structlog

from workers.campaign.model import Campaign, Candidate
from workers.campaign.tally import Tally, contacts_by
from workers.errors import UnavailableError
from workers.store import Store
from workers.web.shapes import TallyOut
from workers.web.threads import Threads

log = structlog.get_logger()

#: Seconds for which a reading is good.
FRESH_S = 1.0
#: Seconds between looks at the totals while somebody follows: a signature shows at once, letters within a second.
_LOOK_S = 0.2
#: Seconds after which parties are counted again although the totals stand still: a candidate may have changed theirs.
_PARTIES_S = 15.0


class Reading(NamedTuple):
    """A tally as it was at ``at`` (monotonic s); ``etag`` changes with the numbers, not with the time."""

    tally: TallyOut
    body: bytes
    etag: str
    at: float


class _Parties(NamedTuple):
    """The costly part, kept while ``totals`` stand still."""

    totals: Tally
    contacts: dict[str, int]
    signatories: dict[str, int]
    at: float


@dataclass
class _Watch:
    """Those who watch one campaign: ``changed`` is set and replaced at every change."""

    watchers: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    poller: asyncio.Task[None] | None = None


class Board:
    """The tallies of all campaigns, for one process."""

    def __init__(self, store: Store, threads: Threads) -> None:
        self._store, self._threads = store, threads
        self._readings: dict[str, Reading] = {}
        self._parties: dict[str, _Parties] = {}
        self._candidates: dict[str, tuple[float, dict[str, Candidate]]] = {}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._watches: defaultdict[str, _Watch] = defaultdict(_Watch)
        self._stopped = False

    async def read(self, campaign: Campaign) -> Reading:
        """A reading not older than a second; UnavailableError when the ledger is away."""
        async with self._locks[campaign.slug]:
            kept = self._readings.get(campaign.slug)
            if kept and time.monotonic() - kept.at < FRESH_S:
                return kept
            reading = await self._threads.run(self._read, campaign.slug)
            self._readings[campaign.slug] = reading
            return reading

    @property
    def watchers(self) -> int:
        """How many follow any campaign."""
        return sum(watch.watchers for watch in self._watches.values())

    def stop(self) -> None:
        """Lets everybody go who follows: this process is about to end."""
        self._stopped = True
        for watch in self._watches.values():
            watch.changed.set()

    async def follow(self, campaign: Campaign) -> AsyncIterator[Reading]:
        """A reading now and at every change, from one poller for all who follow this campaign."""
        async with self._watching(campaign) as watch:
            shown = ""
            while not self._stopped:
                changed = watch.changed
                reading = self._readings[campaign.slug]
                if reading.etag != shown:
                    shown = reading.etag
                    yield reading
                else:
                    await changed.wait()

    @asynccontextmanager
    async def _watching(self, campaign: Campaign) -> AsyncIterator[_Watch]:
        await self.read(campaign)
        watch = self._watches[campaign.slug]
        watch.watchers += 1
        if watch.poller is None:
            watch.poller = asyncio.create_task(self._poll(campaign, watch))
        try:
            yield watch
        finally:
            watch.watchers -= 1
            if watch.watchers == 0:
                watch.poller.cancel()
                watch.poller = None

    async def _poll(self, campaign: Campaign, watch: _Watch) -> None:
        shown = self._readings[campaign.slug].etag
        while True:
            await asyncio.sleep(_LOOK_S)
            try:
                reading = await self._look(campaign)
            except UnavailableError:
                continue  # who watches sees the last numbers until the ledger is back
            if reading.etag != shown:
                shown, changed = reading.etag, watch.changed
                watch.changed = asyncio.Event()
                changed.set()

    async def _look(self, campaign: Campaign) -> Reading:
        kept = self._readings[campaign.slug]
        if time.monotonic() - kept.at < FRESH_S:
            totals = await self._threads.run(self._store.tallies.totals, campaign.slug)
            if totals.signatories == kept.tally.signatories:
                return kept
            self._readings[campaign.slug] = kept._replace(at=-FRESH_S)
        return await self.read(campaign)

    def _read(self, slug: str) -> Reading:
        totals, at = self._store.tallies.totals(slug), time.monotonic()
        parties = self._parties.get(slug)
        if parties is None or parties.totals != totals or at - parties.at > _PARTIES_S:
            parties = self._parties[slug] = self._count_parties(slug, at)
        return _reading(parties, at)

    def _count_parties(self, slug: str, at: float) -> _Parties:
        tally = self._store.tallies.show(slug)
        candidates = self._all_candidates(slug, at)
        contacts = contacts_by("party", tally.candidates, candidates)
        signed = [candidates.get(candidate) for candidate in self._store.signatures.all(slug)]
        signatories = Counter(candidate.party if candidate else "" for candidate in signed)
        totals = Tally(slug, tally.supporters, tally.signatories, tally.letters)
        return _Parties(totals, contacts, dict(signatories.most_common()), at)

    def _all_candidates(self, slug: str, at: float) -> dict[str, Candidate]:
        read_at, candidates = self._candidates.get(slug, (-_PARTIES_S, {}))
        if at - read_at < _PARTIES_S and candidates:
            return candidates
        candidates = self._store.candidates.all(slug)
        self._candidates[slug] = at, candidates
        return candidates


def _reading(parties: _Parties, at: float) -> Reading:
    totals = parties.totals
    tally = TallyOut(
        campaign=totals.campaign,
        contacts=totals.contacts,
        supporters=totals.supporters,
        signatories=totals.signatories,
        letters=totals.letters,
        contacts_by_party=parties.contacts,
        signatories_by_party=parties.signatories,
        as_of="",
    )
    etag = hashlib.blake2b(msgspec.json.encode(tally), digest_size=9).hexdigest()
    dated = msgspec.structs.replace(tally, as_of=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"))
    return Reading(dated, msgspec.json.encode(dated), f'W/"{etag}"', at)
