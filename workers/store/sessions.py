"""Who is logged in to the console: kept for as long as they do something, and gone at once when they leave."""

from __future__ import annotations

import time

import msgspec

from workers.store import keys
from workers.store.scripts import Client, reachable


class Session(msgspec.Struct, frozen=True):
    """Who logged in, and when (epoch seconds)."""

    by: str
    at: int


class Sessions:
    """Sessions by ids that are derived from what only the browser knows."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def begin(self, session: str, by: str, idle_s: float) -> None:
        """From now on, until nobody asks for it with ``renew`` for ``idle_s`` seconds."""
        with reachable():
            raw = msgspec.json.encode(Session(by, int(time.time())))
            self._client.set(keys.session(session), raw, px=int(idle_s * 1000))

    def find(self, session: str, longest_s: float) -> Session | None:
        """None if it was never begun, has ended, or began more than ``longest_s`` seconds ago."""
        with reachable():
            raw = self._client.get(keys.session(session))
        found = msgspec.json.decode(raw, type=Session) if raw else None
        return found if found and time.time() - found.at < longest_s else None

    def renew(self, session: str, idle_s: float) -> None:
        """Somebody did something: the idle time begins again."""
        with reachable():
            self._client.pexpire(keys.session(session), int(idle_s * 1000))

    def end(self, session: str) -> None:
        """Nobody is logged in with it any more."""
        with reachable():
            self._client.delete(keys.session(session))
