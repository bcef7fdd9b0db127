"""dramatiq, dressed for a ledger: the broker, and @actor."""

from __future__ import annotations

import contextlib
import inspect
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeAlias, overload
from uuid import uuid4

import dramatiq
import redis
import redis.asyncio
from dramatiq.brokers.redis import RedisBroker
from dramatiq.errors import ConnectionClosed, DecodeError
from redis.exceptions import RedisError

from workers.campaign.events import Event
from workers.consumer import Consumer, Line
from workers.errors import ConfigError, UnavailableError
from workers.redis_address import next_database
from workers.redis_pools import pool, pool_in_loop

if TYPE_CHECKING:
    from workers.rabbit import RabbitBroker

P = ParamSpec("P")
Fn = Callable[P, Iterator[Event]]

#: Queue → how many of its messages a worker may have at hand just now.
Limits = Mapping[str, Callable[[], int]]
_NO_LIMITS: Limits = {}

#: Stands for a service in an actor's signature: filled in at boot, by the parameter's name.
SERVICE: Any = object()

#: Signs of life of an idle worker, and looks for messages of those that died, within the time that makes one dead.
_BEATS = 5
#: Seconds between them at most: less than the client waits for an answer.
_LONGEST_BEAT_S = 5.0
#: Seconds after which a silent server counts as away.
_TIMEOUT_S = 10.0
#: Milliseconds a dead letter is kept: 90 days, longer than a campaign.
_DEAD_LETTER_TTL_MS = 90 * 86_400_000

#: What an enqueue raises where no server is, or no more: Redis' words, and RabbitMQ's.
AWAY = (RedisError, ConnectionClosed, OSError)

#: Whichever keeps the queue.
QueueBroker: TypeAlias = "LedgerBroker | RabbitBroker"


@dataclass(frozen=True)
class Actor(Generic[P]):
    """A function that takes an event's fields, and services by name, and yields events."""

    fn: Fn[P]
    queue: str
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return str(getattr(self.fn, "__name__", "actor"))

    @property
    def services(self) -> list[str]:
        """The parameters that are filled in at boot."""
        return [name for name, p in inspect.signature(self.fn).parameters.items() if p.default is SERVICE]


def actor(queue_name: str, **options: Any) -> Callable[[Fn[P]], Actor[P]]:
    """Declares an actor; it meets its broker and its services at boot."""
    return lambda fn: Actor(fn, queue_name, options)


@contextmanager
def reachable() -> Iterator[None]:
    """Turns every failure of Redis into UnavailableError."""
    try:
        yield
    except RedisError as error:
        raise UnavailableError("the queue cannot be reached") from error


class LedgerBroker(RedisBroker):
    """A Redis broker beside the ledger, in the next database number.

    ``limits`` say of a queue how many of its messages a worker may have at hand just now.
    """

    def __init__(self, url: str, limits: Limits, **options: Any) -> None:
        unrepeated = pool(url, socket_timeout=_TIMEOUT_S, retry=None, protocol=2)
        super().__init__(client=redis.Redis(connection_pool=unrepeated), **options)  # type: ignore[no-untyped-call]
        in_loop = pool_in_loop(url, socket_timeout=_TIMEOUT_S, protocol=2)
        self._in_loop = redis.asyncio.Redis.from_pool(in_loop)
        self._waiting: set[int] = set()
        self._kept = threading.local()
        self.limits = limits
        #: Whether consumers look by themselves instead of waiting: this process is about to end.
        self.hurries = False
        #: Whether consumers take nothing, and only say that they live.
        self.is_frozen = False

    async def close_in_loop(self) -> None:
        """Gives back what ``enqueue_together`` uses."""
        await self._in_loop.aclose()

    async def enqueue_together(self, messages: Sequence[dramatiq.Message[Any]]) -> None:
        """Queues all of them in one write, from inside an event loop, as ``enqueue`` does one by one."""
        pipeline = self._in_loop.pipeline(transaction=True)  # never an id before its body
        for message in messages:
            own = message.copy(options={"redis_message_id": str(uuid4())})
            self.emit_before("enqueue", own, None)
            name = f"{self.namespace}:{own.queue_name}"
            pipeline.hset(f"{name}.msgs", own.options["redis_message_id"], own.encode())
            pipeline.rpush(name, own.options["redis_message_id"])
        await pipeline.execute()
        for message in messages:
            self.emit_after("enqueue", message, None)

    @property
    def consumer_class(self) -> type:
        return Consumer

    @property
    def beat_s(self) -> float:
        """Seconds between two signs of life of an idle worker."""
        return min(float(self.heartbeat_timeout) / 1000 / _BEATS, _LONGEST_BEAT_S)

    def line(self) -> Line:
        """A connection to wait on; ``hurry`` ends the wait."""
        return Line(self.client.connection_pool, self._waiting)

    def hurry(self) -> None:
        """No consumer waits any more: so each notices at once that it is to end."""
        self.hurries = True
        with contextlib.suppress(RedisError):
            pipeline = self.client.pipeline(transaction=False)
            for waiting in list(self._waiting):
                pipeline.client_unblock(waiting)
            pipeline.execute()

    def _should_do_maintenance(self, command: str) -> int:
        """By time, not by chance as dramatiq does: each consumer, in its thread, takes over what the dead left."""
        now = time.monotonic()
        if command != "fetch" or now < getattr(self._kept, "until", 0.0):
            return 0
        self._kept.until = now + self.beat_s * 0.9
        return 1

    def sizes(self, queue: str) -> dict[str, int]:
        """Messages of a queue: waiting, being worked, delayed and dead; UnavailableError when Redis cannot say."""
        name = f"{self.namespace}:{queue}"
        with reachable():
            waiting, dead = int(self.client.llen(name)), int(self.client.zcard(f"{name}.XQ"))
            known, delayed = int(self.client.hlen(f"{name}.msgs")), int(self.client.hlen(f"{name}.DQ.msgs"))
        return {"waiting": waiting, "working": max(0, known - waiting), "delayed": delayed, "dead": dead}

    def oldest_s(self, queue: str) -> float:
        """Seconds since the message was made that waits first in line; 0 if none waits."""
        name = f"{self.namespace}:{queue}"
        with reachable():
            first = self.client.lindex(name, 0)
            body: Any = self.client.hget(f"{name}.msgs", first) if first else None
        try:
            made_ms = int(dramatiq.Message.decode(body).message_timestamp) if body else None
        except (DecodeError, TypeError, ValueError):
            made_ms = None  # one that nobody can read becomes a dead letter when it is taken
        return 0.0 if made_ms is None else max(0.0, time.time() - made_ms / 1000)

    def backlog(self, queue: str) -> int:
        """Messages of a queue that no worker has taken yet; UnavailableError when Redis cannot say."""
        with reachable():
            return int(self.client.llen(f"{self.namespace}:{queue}"))

    def give_back(self) -> None:
        """Closes every connection."""
        self.client.connection_pool.disconnect()


@overload
def connect(
    ledger_url: str, *, heartbeat_s: int, middleware: Iterable[dramatiq.Middleware], limits: Limits = ...
) -> LedgerBroker: ...
@overload
def connect(
    ledger_url: str,
    *,
    heartbeat_s: int,
    middleware: Iterable[dramatiq.Middleware],
    queue_url: str,
    limits: Limits = ...,
) -> QueueBroker: ...
def connect(
    ledger_url: str,
    *,
    heartbeat_s: int,
    middleware: Iterable[dramatiq.Middleware],
    queue_url: str = "",
    limits: Limits = _NO_LIMITS,
) -> QueueBroker:
    """A broker without a connection yet: at ``queue_url``, else in the database after the ledger's.

    dramatiq calls KEYS now and then, which must not see a million letters. A Redis client never repeats an enqueue,
    which is not idempotent.
    """
    if queue_url.startswith(("amqp://", "amqps://")):
        return _rabbit(queue_url, middleware)
    return LedgerBroker(
        queue_url or next_database(ledger_url),
        limits,
        middleware=list(middleware),
        heartbeat_timeout=heartbeat_s * 1000,
        dead_message_ttl=_DEAD_LETTER_TTL_MS,
    )


def _rabbit(url: str, middleware: Iterable[dramatiq.Middleware]) -> RabbitBroker:
    try:
        from workers.rabbit import RabbitBroker  # noqa: PLC0415 - an extra that few install
    except ImportError:
        mend = "install it: pip install '.[rabbitmq]'"
        raise ConfigError("speaks to RabbitMQ, and pika is not installed", where="queue.url", mend=mend) from None
    return RabbitBroker(url, middleware=middleware, dead_ttl_ms=_DEAD_LETTER_TTL_MS)
