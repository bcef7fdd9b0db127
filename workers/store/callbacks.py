"""Verified callbacks, kept as they came until an actor has worked them."""

from __future__ import annotations

from workers.store import keys
from workers.store.scripts import Client, reachable

#: Seconds an unworked callback is kept; longer than any outage a campaign survives.
TTL_S = 14 * 86_400


#: First letters of the ids: what sort of callback it is.
REPORTS, SIGNATURE = "c", "s"


class Callbacks:
    """Raw bodies by id; an id is derived from the body, so that the same callback twice is one."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def keep(self, callback_id: str, raw: bytes, nudge_at_ms: int) -> None:
        """On disk when it returns; what is kept under this id already stays as it came first."""
        with reachable():
            pipeline = self._client.pipeline(transaction=True)
            pipeline.set(keys.callback(callback_id), raw, ex=TTL_S, nx=True)
            pipeline.zadd(keys.CALLBACKS, {callback_id: nudge_at_ms})
            pipeline.execute()

    def get(self, callback_id: str) -> bytes | None:
        """The body; None when it was worked already, or while their queue is paused: then the clock brings it again."""
        with reachable():
            pipeline = self._client.pipeline(transaction=True)
            pipeline.hexists(keys.PAUSED, keys.queue_scope("callbacks"))
            pipeline.get(keys.callback(callback_id))
            paused, found = pipeline.execute()
        return None if paused else found

    def done(self, callback_id: str) -> None:
        """Worked: forget it."""
        with reachable():
            pipeline = self._client.pipeline(transaction=True)
            pipeline.delete(keys.callback(callback_id))
            pipeline.zrem(keys.CALLBACKS, callback_id)
            pipeline.execute()
