"""How often something was asked for lately: exact over all processes, and forgotten by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from workers.store import keys
from workers.store.scripts import Argument
from workers.store.together import Together


class Limit(NamedTuple):
    """``burst`` requests at once, and one more every ``every_us`` microseconds, of one ``what`` by one ``who``."""

    what: str
    who: str
    burst: int
    every_us: int


class Reached(NamedTuple):
    """Which limit lets nothing pass now, and for how many seconds."""

    what: str
    wait_s: float


class Limits:
    """The limits of everybody."""

    def __init__(self, together: Together) -> None:
        self._together = together

    async def spend(self, limits: Sequence[Limit]) -> Reached | None:
        """Counts one request against all of them; None if all let it pass, else nothing is counted."""
        if not limits:
            return None
        args: list[Argument] = [word for limit in limits for word in (limit.every_us, limit.burst)]
        which, wait_us = await self._together.script(
            "pass_limits", [keys.limit(one.what, one.who) for one in limits], args
        )
        return Reached(limits[which - 1].what, wait_us / 1e6) if which else None
