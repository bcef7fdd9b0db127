"""A TCP relay on a port of its own: it can keep back a call, half of it or its answer, and lead elsewhere."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from typing import Self

Address = tuple[str, int]


class Relay:
    """``with Relay(lambda: ("127.0.0.1", 8025)) as relay``: clients connect to ``relay.port``."""

    def __init__(self, target: Callable[[], Address], *, port: int = 0) -> None:
        """``target`` is asked for each new connection; ConnectionError or OSError from it refuses the client."""
        self._target = target
        self._listener = _listener(port)
        self.port: int = self._listener.getsockname()[1]
        self._changed = threading.Condition()
        self._share: float | None = None
        self._keeps_answers = False
        self._held = 0
        #: How often something came from a client.
        self.pieces = 0
        self._pairs: set[_Pair] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def held(self) -> int:
        """How many calls, or answers, are kept back now."""
        with self._changed:
            return self._held

    def keep_calls(self, share: float = 0.0) -> None:
        """From now on of every HTTP call only this share of its body goes on (0: not even its head)."""
        self._become(share, answers=False)

    def keep_answers(self) -> None:
        """From now on every call goes on, and no answer comes back."""
        self._become(None, answers=True)

    def pass_on(self) -> None:
        """Everything goes on, also what was kept back."""
        self._become(None, answers=False)

    def drop(self) -> None:
        """Forgets what was kept back and resets every connection; then everything goes on."""
        with self._changed:
            for pair in self._pairs:
                pair.reset()
            self._share, self._keeps_answers = None, False
            self._changed.notify_all()

    def leave(self) -> None:
        """Nothing listens any more: whoever connects is refused."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # closing alone would leave the thread in accept()
        self._listener.close()
        self.drop()

    def come_back(self) -> None:
        """Listens again, on the same port."""
        if self._listener.fileno() < 0:
            self._listener = _listener(self.port)
            self.__enter__()

    def __enter__(self) -> Self:
        threading.Thread(target=self._serve, args=(self._listener,), name="relay", daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.leave()

    def _become(self, share: float | None, *, answers: bool) -> None:
        with self._changed:
            self._share, self._keeps_answers = share, answers
            self._changed.notify_all()

    def _serve(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):  # it left
            while True:
                client, _ = listener.accept()
                threading.Thread(target=self._connect, args=(client,), daemon=True).start()

    def _connect(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(self._target(), timeout=5)
        except OSError:
            _reset(client)
            return
        server.settimeout(None)
        pair = _Pair(client, server)
        with self._changed:
            self._pairs.add(pair)
        answers = threading.Thread(target=self._answers, args=(pair,), daemon=True)
        answers.start()
        self._calls(pair)
        answers.join()
        with self._changed:
            self._pairs.discard(pair)
        pair.close()

    def _calls(self, pair: _Pair) -> None:
        with pair.ending(pair.server), contextlib.suppress(OSError):
            while data := pair.client.recv(65536):
                self.pieces += 1
                share = self._share
                if share is None:
                    pair.server.sendall(data)
                    continue
                data = _whole(pair.client, data)
                cut = _cut(data, share)
                pair.server.sendall(data[:cut])
                self._hold(pair, lambda: self._share is not None)
                pair.server.sendall(data[cut:])

    def _answers(self, pair: _Pair) -> None:
        with pair.ending(pair.client), contextlib.suppress(OSError):
            while data := pair.server.recv(65536):
                if self._keeps_answers:
                    self._hold(pair, lambda: self._keeps_answers)
                pair.client.sendall(data)

    def _hold(self, pair: _Pair, keeps: Callable[[], bool]) -> None:
        """Returns when it may go on; ConnectionAbortedError if it was dropped."""
        with self._changed:
            self._held += 1
            self._changed.wait_for(lambda: pair.is_reset or not keeps())
            self._held -= 1
        if pair.is_reset:
            raise ConnectionAbortedError


class _Pair:
    """One client and its connection to the server."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.client, self.server, self.is_reset = client, server, False

    @contextlib.contextmanager
    def ending(self, other: socket.socket):
        """What one side ends is ended for the other."""
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                other.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        self.is_reset = True
        for end in (self.client, self.server):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        for end in (self.client, self.server):
            (_reset if self.is_reset else socket.socket.close)(end)


def _listener(port: int) -> socket.socket:
    return socket.create_server(("127.0.0.1", port), backlog=64)


def _reset(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    end.close()


def _whole(client: socket.socket, data: bytes) -> bytes:
    """The HTTP call that begins with ``data``."""
    while len(data) < _length(data):
        more = client.recv(65536)
        if not more:
            break
        data += more
    return data


def _length(data: bytes) -> int:
    """Bytes of the call as far as its head is there to tell; one more than there are if it is not."""
    head, end, _ = data.partition(b"\r\n\r\n")
    if not end:
        return len(data) + 1
    lengths = [line[15:] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return len(head) + 4 + int(lengths[0] if lengths else 0)


def _cut(data: bytes, share: float) -> int:
    head = len(data.partition(b"\r\n\r\n")[0]) + 4
    return head + int((len(data) - head) * share) if share else 0
