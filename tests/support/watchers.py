"""Many who watch one campaign's count at once: real connections on the loopback, and when each heard of a change."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_SIGNED = re.compile(rb'"signatories":(\d+),')
#: Connections that are opened at once: fewer than a listening socket lets wait.
_AT_ONCE = 200


class Crowd:
    """All watchers; ``heard``: for each number of signatories, when (monotonic) a watcher first heard it."""

    def __init__(self) -> None:
        self.heard: dict[int, list[float]] = {}
        self.lost = 0
        self._any = asyncio.Event()

    def tell(self, signatories: int) -> None:
        """One watcher heard a number."""
        self.heard.setdefault(signatories, []).append(time.monotonic())
        self._any.set()

    def lose(self) -> None:
        """One watcher's stream ended."""
        self.lost += 1
        self._any.set()

    async def all_heard(self, signatories: int, number: int, timeout_s: float = 30.0) -> list[float]:
        """When each of ``number`` watchers heard, in order; AssertionError if a stream ends or the time runs out."""
        async with asyncio.timeout(timeout_s):
            while len(self.heard.get(signatories, [])) < number:
                assert not self.lost, f"{self.lost} streams ended"
                self._any.clear()
                await self._any.wait()
        return sorted(self.heard[signatories])


class _Watcher(asyncio.Protocol):
    def __init__(self, crowd: Crowd, path: str) -> None:
        self._crowd, self._path = crowd, path
        self._rest, self._last = b"", -1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        transport.write(f"GET {self._path} HTTP/1.1\r\nHost: watched.example\r\n\r\n".encode())

    def data_received(self, data: bytes) -> None:
        *events, self._rest = (self._rest + data).split(b"\r\n\r\n")
        for event in events:
            if (found := _SIGNED.search(event)) and int(found[1]) != self._last:
                self._last = int(found[1])
                self._crowd.tell(self._last)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio names it
        self._crowd.lose()


@asynccontextmanager
async def watching(port: int, path: str, number: int) -> AsyncIterator[Crowd]:
    """``number`` open streams."""
    crowd, loop = Crowd(), asyncio.get_running_loop()
    transports: list[asyncio.BaseTransport] = []
    try:
        for begun in range(0, number, _AT_ONCE):
            some = range(begun, min(begun + _AT_ONCE, number))
            made = (loop.create_connection(lambda: _Watcher(crowd, path), "127.0.0.1", port) for _ in some)
            transports += [transport for transport, _ in await asyncio.gather(*made)]
        yield crowd
    finally:
        for transport in transports:
            transport.abort()  # type: ignore[attr-defined]  # every transport of a connection has it
