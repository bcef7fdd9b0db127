"""Whose turn a job in the background is, and how far it has come: any number of clocks run, one acts."""

from __future__ import annotations

from workers.store import keys
from workers.store.scripts import Client, reachable

#: Seconds after which a job that nobody goes on with begins anew.
_CURSOR_TTL_S = 7 * 86_400


class Turns:
    """Turns pass by themselves: one that was taken by a process that died comes back when its time is over."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def take(self, job: str, for_s: float) -> bool:
        """True for one caller; then False for all until ``for_s`` seconds are over."""
        with reachable():
            return bool(self._client.set(keys.turn(job), 1, nx=True, px=max(1, int(for_s * 1000))))

    def at(self, job: str) -> int:
        """How far the job has come; 0 when it begins."""
        with reachable():
            return int(self._client.get(keys.cursor(job)) or 0)

    def come_to(self, job: str, cursor: int) -> None:
        """Remembers how far the job has come."""
        with reachable():
            self._client.set(keys.cursor(job), cursor, ex=_CURSOR_TTL_S)
