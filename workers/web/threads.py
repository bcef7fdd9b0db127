"""Where the store's calls run: they block, so each request makes one hop into a thread for all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import anyio
import anyio.to_thread

P = ParamSpec("P")
T = TypeVar("T")


class Threads:
    """At most ``size`` blocking calls at a time; further ones wait."""

    def __init__(self, size: int) -> None:
        self._limiter = anyio.CapacityLimiter(size)

    async def run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What ``call`` returns."""
        return await anyio.to_thread.run_sync(lambda: call(*args, **kwargs), limiter=self._limiter)
