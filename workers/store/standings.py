"""Bulletins that come again and again: which folders are approved as they are, and which edition was made last."""

from __future__ import annotations

import time

import msgspec

from workers.store import keys
from workers.store.scripts import Client, reachable


class Standing(msgspec.Struct, frozen=True):
    """Who approved every edition of a folder that looks like this, and when (epoch seconds)."""

    fingerprint: str
    by: str
    at: int


class Standings:
    """The standing approvals and schedules of all bulletins."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def stand(self, bulletin: str, fingerprint: str, by: str) -> None:
        """Every edition is approved as long as the folder has this fingerprint."""
        packed = msgspec.json.encode(Standing(fingerprint, by, int(time.time())))
        with reachable():
            self._client.hset(keys.STANDINGS, bulletin, packed)

    def find(self, bulletin: str) -> Standing | None:
        """The standing approval; None if there is none."""
        with reachable():
            raw = self._client.hget(keys.STANDINGS, bulletin)
        return msgspec.json.decode(raw, type=Standing) if raw else None

    def last(self, bulletin: str) -> int | None:
        """When the newest edition that was seen to was due (epoch seconds); None for a schedule not looked at yet."""
        with reachable():
            raw = self._client.hget(keys.SCHEDULED, bulletin)
        return int(raw) if raw else None

    def come_to(self, bulletin: str, due_at: int) -> None:
        """The edition that was due then is seen to."""
        with reachable():
            self._client.hset(keys.SCHEDULED, bulletin, due_at)
