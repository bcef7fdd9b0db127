"""The whole ledger, read as it stands at one moment and written into an empty database: for backup and restore."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import msgspec
import redis

from workers.errors import UnavailableError, UnsafeError
from workers.store import keys
from workers.store.pauses import Pause
from workers.store.scripts import WENT_BACK, Client, reachable

#: Milliseconds for which the server holds writes if nobody asks again: what a killed backup costs.
_HELD_MS = 8_000
#: Seconds after which it is asked again, and after which it may have let go.
_AGAIN_S, _LAPSED_S = 1.0, 7.0
#: DUMP and PTTL of one key: the client's own pipeline takes three times as long, and everybody waits meanwhile.
_ASKED = b"*2\r\n$4\r\nDUMP\r\n$%d\r\n%b\r\n*2\r\n$4\r\nPTTL\r\n$%d\r\n%b\r\n"
#: Keys read in one round trip, and bytes written in one.
_KEYS, _BYTES = 500, 2 << 20


class Record(NamedTuple):
    """One key as the server serialises it, and when it ends (epoch ms; 0: never)."""

    key: bytes
    packed: bytes
    ends_ms: int


class Written(NamedTuple):
    """What a restore put there, and what had ended since the copy was made."""

    keys: int
    ended: int


class Copies:
    """Reads and writes every key of the ledger's database. The queue is no part of it: the ledger fills it again."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @contextmanager
    def still(self, *, stopped: bool = False) -> Iterator[Callable[[], None]]:
        """No key changes meanwhile; call what it gives after each read: UnavailableError if one may have changed.

        ``stopped``: an operator has stopped all processes, and the server need not be asked to hold writes.
        """
        if stopped:
            yield self._unchanged()
            return
        hold = _Hold(self._client)
        try:
            yield hold.on
        finally:
            with reachable():
                self._client.client_unpause()

    def records(self, check: Callable[[], None]) -> Iterator[Record]:
        """Every key once; UnavailableError if those that never end are not as many as the server counts."""
        with reachable():
            lasting, now_ms = self._lasting(), self._now_ms()
        seen, cursor = set[bytes](), -1
        while cursor:
            with reachable():
                cursor, found = self._client.scan(max(cursor, 0), count=_KEYS)
                new = [key for key in dict.fromkeys(found) if key not in seen]
                seen.update(new)
                records = self._read(new, now_ms)
            check()
            lasting -= sum(1 for record in records if not record.ends_ms)
            yield from records
        if lasting:
            raise UnavailableError("not as many keys were found as there are: something wrote meanwhile, ask again")

    def server(self) -> str:
        """Name and version of the server."""
        with reachable():
            info = self._client.info("server")
        name = info.get("server_name", "redis")
        return f"{name} {info.get(f'{name}_version', info.get('redis_version', ''))}"

    def size(self) -> int:
        """Keys in the ledger's database."""
        with reachable():
            return int(self._client.dbsize())

    def others(self) -> int:
        """Connections of other processes of ours to ledger and queue; 0 where the server does not tell."""
        with reachable():
            try:
                mine, found = self._client.client_id(), self._client.client_list()
            except redis.ResponseError:
                return 0
        return sum(1 for one in found if one["id"] != str(mine) and _is_ours(one, self._database))

    def write(self, records: Iterable[Record]) -> Written:
        """Fills an empty database and leaves all sending paused; if that fails, it is empty again."""
        if size := self.size():
            raise UnsafeError(f"the ledger is not empty: it holds {size} keys (restore into an empty one: see --help)")
        try:
            return self._write(records)
        except BaseException:
            with reachable():
                self._client.flushdb()
            raise

    def _write(self, records: Iterable[Record]) -> Written:
        pause = msgspec.json.encode(Pause(WENT_BACK, int(time.time())))
        kept, lasting, ended, former = 0, 0, 0, b""
        with reachable():
            self._client.hset(keys.PAUSED, "all", pause)  # before any letter is there
            now_ms = self._now_ms()
        for batch in _batches(records):
            alive = [one for one in batch if not one.ends_ms or one.ends_ms > now_ms]
            former = next((one.packed for one in alive if one.key == keys.PAUSED.encode()), former)
            self._restore([one for one in alive if one.key != keys.PAUSED.encode()])
            kept, ended = kept + len(alive), ended + len(batch) - len(alive)
            lasting += sum(1 for one in alive if not one.ends_ms)
        with reachable():
            pipeline = self._client.pipeline(transaction=True)
            if former:
                pipeline.restore(keys.PAUSED, 0, former, replace=True)
            pipeline.hset(keys.PAUSED, "all", pause)
            pipeline.execute()
        kept, lasting = kept + (not former), lasting + (not former)
        if not lasting <= self.size() <= kept:
            raise UnavailableError(
                f"{self.size()} keys are there where {kept} were written: does something else write?"
            )
        return Written(kept, ended)

    def _restore(self, records: list[Record]) -> None:
        with reachable():
            pipeline = self._client.pipeline(transaction=False)
            for record in records:
                pipeline.restore(record.key, record.ends_ms, record.packed, absttl=bool(record.ends_ms))
            replies = pipeline.execute(raise_on_error=False)
        for reply in replies:
            if isinstance(reply, Exception):
                raise UnavailableError(f"the server does not take a key: {_said(reply)}") from reply

    def _read(self, found: list[bytes], now_ms: int) -> list[Record]:
        pool = self._client.connection_pool
        connection = pool.get_connection()
        try:
            connection.send_packed_command([b"".join(_ASKED % (len(key), key, len(key), key) for key in found)])
            replies = [connection.read_response() for _ in range(2 * len(found))]
        except BaseException:
            connection.disconnect()  # answers are left on it
            raise
        finally:
            pool.release(connection)
        pairs = zip(found, replies[::2], replies[1::2], strict=True)
        return [Record(key, packed, now_ms + ttl if ttl >= 0 else 0) for key, packed, ttl in pairs if packed]

    def _lasting(self) -> int:
        """Keys that never end: of the others the server may count some that have."""
        counted = self._client.info("keyspace").get(f"db{self._database}", {"keys": 0, "expires": 0})
        return int(counted["keys"]) - int(counted["expires"])

    @property
    def _database(self) -> int:
        return int(self._client.connection_pool.connection_kwargs.get("db") or 0)

    def _now_ms(self) -> int:
        seconds, micros = self._client.time()
        return int(seconds) * 1000 + int(micros) // 1000

    def _unchanged(self) -> Callable[[], None]:
        """Compares what any work changes."""
        before = self._marks()

        def check() -> None:
            if self._marks() != before:
                raise UnavailableError("something wrote meanwhile: stop web, workers and clock, then ask again")

        return check

    def _marks(self) -> tuple[Any, ...]:
        with reachable():
            pipeline = self._client.pipeline(transaction=True)
            pipeline.xrevrange(keys.EVENTS, count=1)
            pipeline.hgetall(keys.SENDERS)
            pipeline.get(keys.TICKED)
            return tuple(pipeline.execute())


class _Hold:
    """The server holds every write of everybody, and says nothing about it: they wait."""

    def __init__(self, client: Client) -> None:
        self._client = client
        try:
            self._ask()
        except (redis.ResponseError, redis.exceptions.NoPermissionError) as error:
            mend = "stop web, workers and clock, then say --stopped"
            raise UnsafeError(f"this server does not hold writes (CLIENT PAUSE): {_said(error)} ({mend})") from error
        except redis.RedisError as error:
            raise UnavailableError("the ledger cannot be reached") from error

    def on(self) -> None:
        """Holds on; UnavailableError if the server may have let go in between."""
        passed = time.monotonic() - self._since
        if passed > _LAPSED_S:
            raise UnavailableError("reading took too long, and writes went on meanwhile: ask again at a quieter time")
        if passed > _AGAIN_S:
            with reachable():
                self._ask()

    def _ask(self) -> None:
        since = time.monotonic()
        self._client.client_pause(_HELD_MS, all=False)
        self._since = since


def _is_ours(one: dict[str, str], database: int) -> bool:
    """Whether a connection may be a process of this project, and not a replica's, a sentinel's or a watcher's."""
    library = one.get("lib-name", "")
    if (
        "S" in one.get("flags", "")
        or one.get("name", "").startswith("sentinel")
        or (library and "redis-py" not in library)
    ):
        return False
    return int(one.get("db", 0)) in (database, database + 1)


def _batches(records: Iterable[Record]) -> Iterator[list[Record]]:
    batch: list[Record] = []
    size = 0
    for record in records:
        batch.append(record)
        size += len(record.packed)
        if size > _BYTES or len(batch) >= _KEYS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _said(error: Exception) -> str:
    """The server's first words: they name a rule or a version, never a key."""
    return " ".join(str(error).split()[:8])
