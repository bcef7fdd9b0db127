"""Hundreds who watch one count: ``scripts/bench watchers`` does the same with two thousand."""

from __future__ import annotations

import asyncio

from tests.support.wait import wait_until
from tests.support.watchers import watching
from tests.web.asking import Site
from tests.web.test_reading import TALLY
from workers.campaign.signature import Signature
from workers.store import Store

_WATCHERS = 300


def test_every_watcher_hears_of_a_signature(site: Site, ledger: Store):
    """On the evening that matters many look at one page of one process, and nobody is left out."""
    wait_until(lambda: site.get(TALLY).json()["signatories"] == 0)

    async def evening() -> None:
        async with watching(site.port, f"{TALLY}/stream", _WATCHERS) as crowd:
            await crowd.all_heard(0, _WATCHERS)
            for number, candidate in enumerate(("1", "2", "3"), start=1):
                signature = Signature(candidate, 1_700_000_000, "form")
                await asyncio.to_thread(ledger.signatures.record, "clean-rivers", signature)
                await crowd.all_heard(number, _WATCHERS)
            assert await asyncio.to_thread(lambda: site.get("/livez").status) == 200

    asyncio.run(evening())
    assert site.get(TALLY).json()["signatories"] == 3
