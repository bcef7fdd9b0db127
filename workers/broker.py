"""dramatiq, dressed for a ledger: the broker, @actor, and the one place that publishes events."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, ParamSpec
from urllib.parse import urlsplit, urlunsplit

import dramatiq
import redis
import structlog
from dramatiq.brokers.redis import RedisBroker, _RedisConsumer
from dramatiq.errors import ConnectionClosed, DecodeError
from redis.exceptions import RedisError

from workers.campaign.events import Event
from workers.errors import UnavailableError

P = ParamSpec("P")
Fn = Callable[P, Iterator[Event]]
Reactions = Mapping[type[Event], Sequence["Actor[Any]"]]

#: Stands for a service in an actor's signature: filled in at boot, by the parameter's name.
SERVICE: Any = object()

#: In a million commands, how many look for messages of workers that died; about one in five seconds when idle.
_UPKEEP_CHANCE = 20_000
#: Milliseconds a dead letter is kept: 90 days, longer than a campaign.
_DEAD_LETTER_TTL_MS = 90 * 86_400_000

log = structlog.get_logger()


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


class _Consumer(_RedisConsumer):
    """Takes every failure of Redis for a lost connection, after which dramatiq repeats an acknowledgement.

    A message that nobody can read becomes a dead letter at once; dramatiq would fetch it for ever, and forget until the
    worker ends all that it fetched with it.
    """

    def ack(self, message: Any) -> None:
        with _as_connection_lost():
            super().ack(message)  # type: ignore[no-untyped-call]

    def nack(self, message: Any) -> None:
        with _as_connection_lost():
            super().nack(message)  # type: ignore[no-untyped-call]

    def __next__(self) -> Any:
        with _as_connection_lost():
            try:
                message = super().__next__()  # type: ignore[no-untyped-call]
            except DecodeError:
                message = None
                self._bury()
            if message is not None and not _is_sound(message):
                self.queued_message_ids.discard(message.message_id)
                self._bury()
                return None
            return message

    def _bury(self) -> None:
        """Makes dead letters of all that this worker fetched and cannot read."""
        broker: Any = self.broker
        name = f"{broker.namespace}:{self.queue_name}.msgs"
        for message_id in broker.client.smembers(f"{broker.namespace}:__acks__.{broker.broker_id}.{self.queue_name}"):
            body = broker.client.hget(name, message_id)
            if body is not None and not _is_readable(body):
                log.error("message.buried", queue=self.queue_name, reason="unreadable")
                broker.do_nack(self.queue_name, message_id)


class _as_connection_lost:  # noqa: N801 - reads as a word
    def __enter__(self) -> None: ...

    def __exit__(self, _kind: object, error: object, _trace: object) -> None:
        if isinstance(error, RedisError):
            raise ConnectionClosed(error) from None  # type: ignore[no-untyped-call]


def _is_readable(body: bytes) -> bool:
    try:
        return _is_sound(dramatiq.Message.decode(body))
    except DecodeError:
        return False


def _is_sound(message: Any) -> bool:
    """Whether dramatiq can work with it: it checks no field of what it decodes, and acknowledges by an option."""
    return (
        isinstance(message.options, dict)
        and isinstance(message.options.get("redis_message_id"), str)
        and isinstance(message.message_id, str)
        and isinstance(message.actor_name, str)
        and isinstance(message.message_timestamp, int)
        and isinstance(message.kwargs, dict)
    )


@contextmanager
def reachable() -> Iterator[None]:
    """Turns every failure of Redis into UnavailableError."""
    try:
        yield
    except RedisError as error:
        raise UnavailableError("the queue cannot be reached") from error


class LedgerBroker(RedisBroker):
    """A Redis broker beside the ledger, in the next database number."""

    @property
    def consumer_class(self) -> type:
        return _Consumer

    def sizes(self, queue: str) -> dict[str, int]:
        """Messages of a queue: waiting, being worked, delayed and dead; UnavailableError when Redis cannot say."""
        name = f"{self.namespace}:{queue}"
        with reachable():
            waiting, dead = int(self.client.llen(name)), int(self.client.zcard(f"{name}.XQ"))
            known, delayed = int(self.client.hlen(f"{name}.msgs")), int(self.client.hlen(f"{name}.DQ.msgs"))
        return {"waiting": waiting, "working": max(0, known - waiting), "delayed": delayed, "dead": dead}

    def backlog(self, queue: str) -> int:
        """Messages of a queue that no worker has taken yet; UnavailableError when Redis cannot say."""
        with reachable():
            return int(self.client.llen(f"{self.namespace}:{queue}"))


def broker_url(ledger_url: str) -> str:
    """The database after the ledger's: dramatiq calls KEYS now and then, which must not see a million letters."""
    parts = urlsplit(ledger_url)
    number = int(parts.path.strip("/") or 0)
    return urlunsplit(parts._replace(path=f"/{number + 1}"))


def connect(ledger_url: str, *, heartbeat_s: int, middleware: Iterable[dramatiq.Middleware]) -> LedgerBroker:
    """A broker without a connection yet. Its client never repeats an enqueue, which is not idempotent."""
    pool = redis.ConnectionPool.from_url(broker_url(ledger_url), socket_timeout=10, retry=None, protocol=2)
    return LedgerBroker(  # type: ignore[no-untyped-call]
        client=redis.Redis(connection_pool=pool),
        middleware=list(middleware),
        heartbeat_timeout=heartbeat_s * 1000,
        dead_message_ttl=_DEAD_LETTER_TTL_MS,
        maintenance_chance=_UPKEEP_CHANCE,
    )


class Publisher:
    """Turns an event into one message for each actor that reacts to it."""

    def __init__(self, broker: dramatiq.Broker, reactions: Reactions) -> None:
        self._broker = broker
        self._reactions = reactions

    def bind(self, services: Mapping[str, object]) -> None:
        """Declares every actor of the reactions with the services it names; KeyError for an unknown one."""
        for one in {id(one): one for actors in self._reactions.values() for one in actors}.values():
            wanted = {name: services[name] for name in one.services}
            dramatiq.Actor(
                self._runner(one, wanted),
                broker=self._broker,
                actor_name=one.name,
                queue_name=one.queue,
                priority=one.options.get("priority", 0),
                options={key: value for key, value in one.options.items() if key != "priority"},
            )

    def publish(self, event: Event) -> None:
        """Logs the event and queues its reactions; UnavailableError if they could not be queued."""
        fields = {field.name: getattr(event, field.name) for field in dataclasses.fields(event)}
        getattr(log, event.level)(event_name(type(event)), **fields)
        for one in self._reactions.get(type(event), ()):
            message = self._broker.get_actor(one.name).message(**fields)
            try:
                self._broker.enqueue(message)
            except RedisError as error:
                raise UnavailableError("the queue cannot take a message now") from error

    def _runner(self, one: Actor[Any], services: Mapping[str, object]) -> Callable[..., None]:
        def run(**fields: Any) -> None:
            for event in one.fn(**fields, **services):
                self.publish(event)

        run.__name__ = run.__qualname__ = one.name
        return run


def event_name(kind: type[Event]) -> str:
    """``LettersAccepted`` is logged as ``letters.accepted``."""
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in kind.__name__).split()
    return ".".join(["_".join(words[:-1]), words[-1]])
