"""Requests whose answers are kept: as many as connections allow, or at a fixed rate whatever the server does."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

_CONNECTIONS = 64


@dataclass
class Answers:
    """What came back: how many by status, the ids of the actions taken, how long each took."""

    statuses: dict[int, int] = field(default_factory=dict)
    bodies: list[bytes] = field(default_factory=list)
    waits_s: list[float] = field(default_factory=list)
    then: tuple[int, asyncio.Event] | None = None

    @property
    def accepted(self) -> int:
        return self.statuses.get(202, 0)

    @property
    def action_ids(self) -> list[str]:
        return [json.loads(body)["action_id"] for body in self.bodies if body]

    def add(self, status: int, body: bytes, wait_s: float) -> None:
        self.statuses[status] = self.statuses.get(status, 0) + 1
        self.waits_s.append(wait_s)
        if status == 202:
            self.bodies.append(body)
        if self.then and len(self.waits_s) == self.then[0]:
            self.then[1].set()


class _Connection(asyncio.Protocol):
    """One kept-alive connection: a request at a time."""

    def __init__(self) -> None:
        self._buffer = b""
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self.transport = transport

    def ask(self, request: bytes) -> asyncio.Future[tuple[int, bytes]]:
        self._answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return self._answer

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, end, rest = self._buffer.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
        if end and len(rest) >= length and self._answer and not self._answer.done():
            self._buffer = b""
            self._answer.set_result((int(head[9:12]), rest))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_exception(exc or ConnectionError("the server hung up"))


async def _connections(port: int, number: int) -> list[_Connection]:
    loop = asyncio.get_running_loop()
    return [(await loop.create_connection(_Connection, "127.0.0.1", port))[1] for _ in range(number)]


async def post_all(port: int, requests: Sequence[bytes], *, then: tuple[int, asyncio.Event] | None = None) -> Answers:
    """Every request, at full speed over some connections; ``then`` is set after so many answers."""
    answers = Answers(then=then)
    left = iter(requests)
    connections = await _connections(port, _CONNECTIONS)
    await asyncio.gather(*(_drain(one, left, answers) for one in connections))
    for one in connections:
        one.transport.abort()
    return answers


async def _drain(connection: _Connection, left: Iterator[bytes], answers: Answers) -> None:
    for request in left:
        begun = time.monotonic()
        status, body = await connection.ask(request)
        answers.add(status, body, time.monotonic() - begun)


async def post_at_rate(port: int, requests: Sequence[bytes], per_s: float) -> Answers:
    """Each request at its time, late answers or not; a wait counts from when the request was due."""
    answers, begun = Answers(), time.monotonic()
    free: asyncio.Queue[_Connection] = asyncio.Queue()
    for one in await _connections(port, _CONNECTIONS):
        free.put_nowait(one)
    async with asyncio.TaskGroup() as group:
        for number, request in enumerate(requests):
            due = begun + number / per_s
            await asyncio.sleep(due - time.monotonic())
            group.create_task(_one(free, request, due, answers))
    while not free.empty():
        free.get_nowait().transport.abort()
    return answers


async def _one(free: asyncio.Queue[_Connection], request: bytes, due: float, answers: Answers) -> None:
    connection = await free.get()
    status, body = await connection.ask(request)
    answers.add(status, body, time.monotonic() - due)
    free.put_nowait(connection)
