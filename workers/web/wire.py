"""A response's head and body leave in one write: the server hands them over one by one, each a packet of its own."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

#: Bytes that are gathered at most.
_MOST = 65_536


class Protocol(HttpToolsProtocol):
    """uvicorn's, on a transport that gathers."""

    def connection_made(self, transport: Any) -> None:
        """The beginning of every connection."""
        super().connection_made(_Gathering(transport, self.loop))  # type: ignore[arg-type]  # all that is asked of one


class _Gathering:
    """What is written within one turn of the event loop goes out at its end; all else is the transport's own."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self._written: list[bytes] = []
        self._size = 0
        for name in ("get_extra_info", "is_closing", "pause_reading", "resume_reading"):
            setattr(self, name, getattr(transport, name))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, part: bytes) -> None:
        """Keeps it until the turn ends, or enough has come together."""
        if not self._written:
            self._loop.call_soon(self._flush)
        self._written.append(part)
        self._size += len(part)
        if self._size > _MOST:
            self._flush()

    def close(self) -> None:
        """Nothing that was written is lost."""
        self._flush()
        self._transport.close()

    def set_protocol(self, protocol: Any) -> None:
        """Another protocol takes over, on the transport itself."""
        self._flush()
        self._transport.set_protocol(protocol)

    def _flush(self) -> None:
        if self._written:
            written, self._written, self._size = self._written, [], 0
            self._transport.write(b"".join(written))
