"""dramatiq's own RabbitMQ broker, where a team has one already: the same questions, answered as far as it can say."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

import dramatiq
import pika.exceptions
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.common import dq_name, q_name, xq_name
from dramatiq.errors import ConnectionClosed, DecodeError

from workers.errors import UnavailableError

T = TypeVar("T")

# It writes ten lines for each connection that breaks, and raises as well: that is told once, by who asked.
logging.getLogger("pika").setLevel(logging.CRITICAL)

#: What goes wrong where no server is, or no more.
AWAY = (pika.exceptions.AMQPError, ConnectionClosed, OSError)
#: Dead letters of one queue that are looked at.
_MOST = 10_000


@contextmanager
def reachable() -> Iterator[None]:
    """Turns every failure of the server into UnavailableError."""
    try:
        yield
    except AWAY as error:
        raise UnavailableError("the queue cannot be reached") from error


class RabbitBroker(RabbitmqBroker):
    """Every message is confirmed to be on disk; dead ones are kept for ``dead_ttl_ms``."""

    def __init__(self, url: str, *, middleware: Iterable[dramatiq.Middleware], dead_ttl_ms: int) -> None:
        super().__init__(url=url, confirm_delivery=True, middleware=list(middleware))
        self._dead_ttl_ms = dead_ttl_ms
        self._in_loop = ThreadPoolExecutor(1, "rabbit")
        #: Set when this process is about to end, and while it takes up nothing; RabbitMQ's consumers need neither.
        self.hurries = self.is_frozen = False

    def hurry(self) -> None:
        """Consumers look up many times a second as it is."""
        self.hurries = True

    async def enqueue_together(self, messages: Sequence[dramatiq.Message[Any]]) -> None:
        """Queues all of them, one after the other in a thread of its own, from inside an event loop."""
        await asyncio.get_running_loop().run_in_executor(self._in_loop, self._enqueue_all, list(messages))

    def _enqueue_all(self, messages: list[dramatiq.Message[Any]]) -> None:
        for message in messages:
            self.enqueue(message)

    async def close_in_loop(self) -> None:
        """Ends the thread that ``enqueue_together`` uses."""
        self._in_loop.shutdown(wait=False)

    def give_back(self) -> None:
        """Closes every connection."""
        self._in_loop.shutdown(wait=False)
        self.close()

    def sizes(self, queue: str) -> dict[str, int]:
        """Messages of a queue; RabbitMQ does not say over AMQP what is being worked: that is always 0 here."""
        waiting, delayed, dead = (self._count(name) for name in (queue, dq_name(queue), xq_name(queue)))
        return {"waiting": waiting, "working": 0, "delayed": delayed, "dead": dead}

    def oldest_s(self, queue: str) -> float:  # noqa: ARG002 - another broker knows
        """Nothing is known of it without taking the message out."""
        return 0.0

    def backlog(self, queue: str) -> int:
        """Messages of a queue that no worker has taken yet."""
        return self._count(queue)

    def grave(self) -> RabbitGrave:
        """Where dead letters are."""
        return RabbitGrave(self)

    def asked(self, ask: Callable[[Any], T]) -> T:
        """What ``ask`` says of a channel of its own; once more if this thread's connection was closed meanwhile."""
        with reachable():
            try:
                return self._ask(ask)
            except (pika.exceptions.AMQPConnectionError, pika.exceptions.ChannelWrongStateError):
                del self.connection
                return self._ask(ask)

    def _ask(self, ask: Callable[[Any], T]) -> T:
        channel = self.connection.channel()
        try:
            return ask(channel)
        finally:
            if channel.is_open:
                channel.close()

    def _count(self, name: str) -> int:
        with reachable():
            self.declare_queue(q_name(name), ensure=True)
        return self.asked(lambda channel: int(channel.queue_declare(name, passive=True).method.message_count))

    def _declare_xq_queue(self, queue_name: str) -> Any:
        # dramatiq forgets them after a week.
        arguments = {"x-message-ttl": self._dead_ttl_ms}
        return self.channel.queue_declare(queue=xq_name(queue_name), durable=True, arguments=arguments)


class RabbitGrave:
    """Dead letters of all queues: taken out to be looked at, and put back where they were."""

    def __init__(self, broker: RabbitBroker) -> None:
        self._broker = broker

    def count(self, queue: str) -> int:
        """How many there are."""
        return self._broker.sizes(queue)["dead"]

    def find(self, queue: str) -> list[tuple[str, float, bytes]]:
        """(id, when it gave up in epoch s, body), newest first."""

        def ask(channel: Any) -> list[tuple[str, float, bytes]]:
            return [(_id(body), _at(properties), body) for _, properties, body in _each(channel, queue)]

        return self._broker.asked(ask)[::-1] if self.count(queue) else []

    def one(self, queue: str, letter: str) -> tuple[float, bytes] | None:
        """When it gave up, and its body."""
        return next(((at, body) for found, at, body in self.find(queue) if found == letter), None)

    def replay(self, queue: str, letter: str, again: dramatiq.Message[Any]) -> bool:
        """Queued again, and only then taken out; False if it was gone."""
        return self._take(queue, letter, lambda: self._broker.enqueue(again))

    def discard(self, queue: str, letter: str) -> bool:
        """Taken out for good; False if it was gone."""
        return self._take(queue, letter, lambda: None)

    def _take(self, queue: str, letter: str, first: Callable[[], object]) -> bool:
        def ask(channel: Any) -> bool:
            for method, _, body in _each(channel, queue):
                if _id(body) == letter:
                    first()
                    channel.basic_ack(method.delivery_tag)
                    return True
            return False

        return bool(self.count(queue)) and self._broker.asked(ask)


def _each(channel: Any, queue: str) -> Iterator[tuple[Any, Any, bytes]]:
    """Each dead letter; those that are not acknowledged go back when the channel closes."""
    for _ in range(_MOST):
        method, properties, body = channel.basic_get(xq_name(queue))
        if method is None:
            return
        yield method, properties, body


def _id(body: bytes) -> str:
    try:
        return str(dramatiq.Message.decode(body).message_id)
    except (DecodeError, TypeError, ValueError):
        return f"unreadable-{hashlib.blake2b(body, digest_size=8).hexdigest()}"


def _at(properties: Any) -> float:
    try:
        return float(properties.headers["x-death"][0]["time"].timestamp())
    except (AttributeError, KeyError, IndexError, TypeError):
        return 0.0
