"""What is stopped, by whom or what, and why: every claim looks here first."""

from __future__ import annotations

import time
from collections.abc import Sequence

import msgspec

from workers.store import keys
from workers.store.scripts import Client, reachable


class Pause(msgspec.Struct, frozen=True):
    """Why a scope is stopped and since when (epoch seconds)."""

    reason: str
    at: int


class Pauses:
    """Scopes: "all", or one campaign."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def pause(self, scope: str, reason: str) -> bool:
        """No claim in this scope begins any more; False if it was paused already (its first reason stays)."""
        with reachable():
            return bool(self._client.hsetnx(keys.PAUSED, scope, msgspec.json.encode(Pause(reason, int(time.time())))))

    def resume(self, scope: str) -> bool:
        """False if it was not paused."""
        with reachable():
            return bool(self._client.hdel(keys.PAUSED, scope))

    def all(self) -> dict[str, Pause]:
        """Every paused scope."""
        with reachable():
            found = self._client.hgetall(keys.PAUSED)
        return {scope.decode(): msgspec.json.decode(raw, type=Pause) for scope, raw in found.items()}

    def hold_ms(self) -> int:
        """Milliseconds until the provider may be called again; 0 when it may."""
        with reachable():
            return max(0, int(self._client.pttl(keys.HOLD)))

    def covering(self, campaign: str) -> Sequence[str]:
        """The paused scopes that stop this campaign."""
        return [scope for scope in self.all() if scope in ("all", keys.pause_scope(campaign))]
