"""A managed Redis: behind TLS, with a login and perhaps an authority of its own; ledger and queue, threads and loop."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis

from tests.mail.providers import certificate
from tests.support.people import CAMPAIGN, candidate
from tests.support.tls_front import TlsFront
from workers.broker import connect
from workers.campaign.ids import Ids
from workers.errors import UnavailableError
from workers.store import Store


@pytest.fixture
def managed(valkey: str, tmp_path: Path):
    """Its URL but for the database, and the file to trust."""
    trusted, context = certificate(tmp_path)
    port = urlsplit(valkey).port or 0
    with redis.Redis.from_url(valkey) as client:
        client.acl_setuser("ops", enabled=True, passwords=["+p:w"], keys=["*"], channels=["*"], commands=["+@all"])
        with TlsFront(context, port) as front:
            yield f"rediss://ops:p%3Aw@127.0.0.1:{front.port}", trusted
        client.acl_deluser("ops")


def test_ledger_and_queue_are_reached_through_tls(valkey: str, managed: tuple[str, Path], ids: Ids):
    """The same calls as in the clear, from threads and from a loop."""
    url, trusted = managed
    number = int(urlsplit(valkey).path.strip("/") or 0)
    store = Store.connect(f"{url}/{number}?ssl_ca_certs={trusted}", ids)
    broker = connect(f"{url}/{number}?ssl_ca_certs={trusted}", heartbeat_s=15, middleware=[])
    try:
        store.ping()
        store.candidates.apply(CAMPAIGN, [candidate(1)])
        assert store.candidates.count(CAMPAIGN) == 1
        assert broker.backlog("letters") == 0

        async def ask() -> bytes:
            answer: bytes = await store.together.command("HGET", f"candidates:{CAMPAIGN}", "1")
            await store.together.close()
            await broker.close_in_loop()
            return answer

        assert b"Candidate 1" in asyncio.run(ask())
    finally:
        store.close()
        broker.give_back()


def test_a_server_that_nobody_vouches_for_is_not_trusted(managed: tuple[str, Path], ids: Ids):
    """Whoever stands in between would read every name."""
    store = Store.connect(f"{managed[0]}/0", ids)
    with pytest.raises(UnavailableError):
        store.ping()
    store.close()
