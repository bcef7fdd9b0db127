"""What a server must promise before it holds the ledger, and what of it changes with time and copies."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import redis

from tests.support.wait import wait_until
from workers.campaign.ids import Ids
from workers.server import Valkey
from workers.store import Store


@pytest.mark.parametrize(("apart", "level"), [(0, "ok"), (5, "warning"), (-5, "warning"), (60, "error")])
def test_clocks_that_are_apart_are_told(store: Store, monkeypatch: pytest.MonkeyPatch, apart: float, level: str):
    """Claims end by the clock: one that is a minute off ends another's claim in the midst of a call."""
    now = time.time
    monkeypatch.setattr("workers.store.connection.time.time", lambda: now() - apart)
    told = store.clock()
    assert (told.level, bool(told.mend)) == (level, level != "ok")
    assert f"{apart:+.1f} s" in told.what or not apart


def test_a_server_with_copies_should_wait_for_one(tmp_path: Path, ids: Ids):
    """Else a failover lands on one that has not heard of the last letters."""
    first, copy = Valkey(tmp_path / "first"), Valkey(tmp_path / "copy")
    with first, copy, redis.Redis(port=first.port) as client, redis.Redis(port=copy.port) as follower:
        follower.replicaof("127.0.0.1", first.port)
        wait_until(lambda: client.info("replication")["connected_slaves"] == 1)
        store = Store.connect(first.url, ids)
        (told,) = [one for one in store.safety() if "replica" in one.what]
        assert (told.level, told.mend) == ("warning", "set min-replicas-to-write 1")
        client.config_set("min-replicas-to-write", 1)
        (told,) = [one for one in store.safety() if "replica" in one.what]
        assert told.level == "ok"
        store.close()
