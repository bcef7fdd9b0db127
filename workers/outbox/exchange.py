"""One request and its answer, or the ways a connection can end without one."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from typing import Any, cast

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

#: Where a request's scope holds the transport it came in by.
TRANSPORT = "outbox.transport"


class TransportProtocol(HttpToolsProtocol):
    """uvicorn's HTTP, which also lets the application at the transport: faults need the real socket."""

    def on_message_begin(self) -> None:
        """As uvicorn does, and one entry more in the scope."""
        super().on_message_begin()
        cast(dict[str, Any], self.scope)["extensions"] = {TRANSPORT: self.transport}


class TooLargeError(Exception):
    """Raised when a body is longer than allowed."""


class Exchange:
    """What a fault or an answer acts upon."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope, self._receive, self._send = scope, receive, send

    def header(self, name: bytes) -> str:
        """The first header of that (lowercase) name, or ""."""
        return next((value.decode("latin-1") for key, value in self._scope["headers"] if key == name), "")

    async def body(self, most: int) -> bytes:
        """TooLargeError if it is longer than ``most`` bytes."""
        message = await self._receive()
        if not message.get("more_body"):
            return self._within(message.get("body", b""), most)
        parts, size = [], 0
        while True:
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > most:
                raise TooLargeError
            if not message.get("more_body"):
                return b"".join(parts)
            message = await self._receive()

    async def answer(self, status: int, body: bytes = b"", headers: tuple[tuple[bytes, bytes], ...] = ()) -> None:
        """Sends the whole answer."""
        length = (b"content-length", str(len(body)).encode())
        await self._send({"type": "http.response.start", "status": status, "headers": [length, *headers]})
        await self._send({"type": "http.response.body", "body": body})

    async def close(self) -> None:
        """Ends the connection in an orderly way, with no answer."""
        self._transport.close()
        await self._gone()

    async def reset(self) -> None:
        """Ends it with a TCP reset."""
        handle = self._transport.get_extra_info("socket")
        # The linger option belongs to the socket, not to this copy of its number: uvloop's own object cannot set it.
        with socket.socket(fileno=os.dup(handle.fileno())) as copy:
            copy.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()
        await self._gone()

    @property
    def _transport(self) -> asyncio.Transport:
        return cast(asyncio.Transport, self._scope["extensions"][TRANSPORT])

    async def _gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass

    @staticmethod
    def _within(body: bytes, most: int) -> bytes:
        if len(body) > most:
            raise TooLargeError
        return body
