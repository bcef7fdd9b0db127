"""Calls that many requests make at the same time reach Redis together: one write, one wait for the disk for all."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple

import hiredis
from redis.asyncio import Connection, ConnectionPool
from redis.exceptions import NoScriptError, RedisError, ResponseError

from workers.errors import UnavailableError
from workers.redis_pools import pool_in_loop
from workers.store.scripts import Argument, Scripts, away

#: Calls in one write at most: the server does nothing else for about 2 ms.
_BATCH = 64
#: Seconds from one lot to the next: what comes meanwhile shares its price. Who comes after a pause does not wait.
_EVERY_S = 0.008
#: Seconds after which a silent server counts as away.
_TIMEOUT_S = 10.0


class _Waiting(NamedTuple):
    """One call, and who waits for its answer."""

    command: bytes
    answer: asyncio.Future[Any]


class Together:
    """The store's calls inside an event loop, on one connection; what comes while a lot is under way is the next."""

    def __init__(self, url: str, scripts: Scripts) -> None:
        self._scripts = scripts
        self._pool: ConnectionPool = pool_in_loop(url, protocol=2, socket_timeout=None)
        self._waiting: list[_Waiting] = []
        self._task: asyncio.Task[None] | None = None
        self._next = 0.0

    def script(self, name: str, keys: Sequence[str], args: Sequence[Argument]) -> asyncio.Future[Any]:
        """What the script returns; UnavailableError when Redis cannot."""
        return self.command("EVALSHA", self._scripts.hash(name), len(keys), *keys, *args)

    def command(self, *words: Argument) -> asyncio.Future[Any]:
        """What the server answers; UnavailableError when it cannot. Calls are made in the order they are asked for."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Any] = loop.create_future()
        self._waiting.append(_Waiting(_packed(*words), answer))
        if self._task is None:
            self._task = loop.create_task(self._run())
        return answer

    async def close(self) -> None:
        """Gives the connection back."""
        await self._pool.disconnect()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                early = self._next - loop.time()
                if early > 0 and len(self._waiting) < _BATCH:
                    await asyncio.sleep(early)
                self._next = loop.time() + _EVERY_S
                lot, self._waiting = self._waiting[:_BATCH], self._waiting[_BATCH:]
                await self._make(lot)
        finally:
            self._task = None

    async def _make(self, lot: Sequence[_Waiting]) -> None:
        """One lot; scripts that a server forgot are given to it again, and only those that did not run run again."""
        forgotten = await self._exchange(lot)
        if forgotten:
            loads = [_Waiting(_packed("SCRIPT", "LOAD", text), _nobody()) for text in self._scripts.sources()]
            await self._exchange([*loads, *forgotten])
            for one in forgotten:
                _fail(one.answer, NoScriptError("the server keeps no scripts"))

    async def _exchange(self, lot: Sequence[_Waiting]) -> list[_Waiting]:
        """Those whose script the server does not have; everybody else has their answer."""
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                connection = await self._pool.get_connection()  # type: ignore[no-untyped-call]
                try:
                    await connection.send_packed_command([b"".join([one.command for one in lot])])
                    return await _answered(connection, lot)
                except BaseException:
                    await connection.disconnect(nowait=True)  # its next answers would be taken for another's
                    raise
                finally:
                    await self._pool.release(connection)
        except (RedisError, OSError) as error:
            for one in lot:
                _fail(one.answer, error)
            return []


def _packed(*words: Argument) -> bytes:
    return bytes(hiredis.pack_command(words))  # type: ignore[arg-type]  # its types allow one word


async def _answered(connection: Connection, lot: Sequence[_Waiting]) -> list[_Waiting]:
    """Those whose script is not known there; any other refusal is an answer."""
    forgotten = []
    for one in lot:
        try:
            reply = await connection.read_response()
        except NoScriptError:
            forgotten.append(one)
        except ResponseError as error:
            _fail(one.answer, error)
        else:
            if not one.answer.done():  # who asked may have hung up
                one.answer.set_result(reply)
    return forgotten


def _fail(answer: asyncio.Future[Any], error: Exception) -> None:
    if not answer.done():
        answer.set_exception(UnavailableError(away(error)))


def _nobody() -> asyncio.Future[Any]:
    """A place for an answer that nobody waits for."""
    unread: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    unread.add_done_callback(lambda done: done.exception())
    return unread
