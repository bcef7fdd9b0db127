"""A bare HTTPS server that answers 202 to everything: what is left of a provider when it does nothing."""

from __future__ import annotations

import asyncio
import signal
import ssl
import sys
from pathlib import Path
from typing import cast

import uvloop


class Sink(asyncio.Protocol):
    """Counts requests by their Content-Length and never looks at a body."""

    calls = 0
    delay_s = 0.0

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._missing = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)  # uvloop's are none by inheritance

    def data_received(self, data: bytes) -> None:
        """One answer for each whole request."""
        if self._missing > 0:
            self._missing -= len(data)
        else:
            self._buffer += data
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = bytes(self._buffer[:end]).lower()
            length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
            self._missing = length - (len(self._buffer) - end - 4)
            self._buffer.clear()
        if self._missing <= 0:
            self._missing = 0
            self._answer()

    def _answer(self) -> None:
        Sink.calls += 1
        answer = b"HTTP/1.1 202 Accepted\r\nX-Message-Id: %022d\r\nContent-Length: 0\r\n\r\n" % Sink.calls
        if Sink.delay_s:
            asyncio.get_running_loop().call_later(Sink.delay_s, self._transport.write, answer)
        else:
            self._transport.write(answer)


async def serve(port: int, certificate: Path, key: Path) -> None:
    """Until SIGTERM; SIGUSR1 slows answers to 30 ms, SIGUSR2 makes them prompt again."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Sink, "127.0.0.1", port, ssl=tls, backlog=1024)
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_signal_handler(signal.SIGUSR1, lambda: setattr(Sink, "delay_s", 0.03))
    loop.add_signal_handler(signal.SIGUSR2, lambda: setattr(Sink, "delay_s", 0.0))
    await stop.wait()
    server.close()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])))
