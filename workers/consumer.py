"""How messages come in: a consumer of one queue, which loses none and sleeps while there is none."""

from __future__ import annotations

import threading
import time
from typing import Any

import dramatiq
import redis
import structlog
from dramatiq.brokers.redis import _RedisConsumer
from dramatiq.errors import ConnectionClosed, DecodeError
from redis.exceptions import RedisError

#: Looks at an empty queue, each after a longer nap, before the server is asked to say when something comes.
_LOOKS = 3
#: Seconds between looks at whether a delayed message is due, while there is one.
_DELAYED_S = 1.0
#: Seconds between looks at whether work goes on, while it is frozen or there is enough of it at hand.
_LOOK_S = 0.5

log = structlog.get_logger()


class Consumer(_RedisConsumer):
    """Takes every failure of Redis for a lost connection, after which dramatiq repeats an acknowledgement.

    A message that nobody can read becomes a dead letter at once; dramatiq would fetch it for ever, and forget until the
    worker ends all that it fetched with it. A queue that stays empty is not polled: the server says when one comes.
    What is fetched and not begun keeps other workers from doing it: the broker's ``limits`` say how much that may be.
    """

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)  # type: ignore[no-untyped-call]
        self._waiting: Line | None = None
        self._most, self._limit = self.prefetch, self.broker.limits.get(self.queue_name)
        self._done = threading.Event()

    def ack(self, message: Any) -> None:
        with _as_connection_lost():
            super().ack(message)  # type: ignore[no-untyped-call]
        self._done.set()

    def nack(self, message: Any) -> None:
        with _as_connection_lost():
            super().nack(message)  # type: ignore[no-untyped-call]
        self._done.set()

    def __next__(self) -> Any:
        with _as_connection_lost():
            if self.broker.is_frozen and not self.broker.hurries:
                return self._rest()
            if self._limit:
                self.prefetch = min(self._most, self._limit())
                if self._is_full():
                    return self._wait_for_room()
            if self._is_quiet() and not self._wait():
                return None
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

    def close(self) -> None:
        if self._waiting:
            self._waiting.close()

    def _rest(self) -> None:
        """A sign of life, for else others would take over what is at hand here; what was fetched is kept."""
        self.broker.do_fetch(self.queue_name, 0)
        time.sleep(_LOOK_S)

    def _is_full(self) -> bool:
        return not self.message_cache and self.outstanding_message_count >= self.prefetch

    def _wait_for_room(self) -> None:
        """Until a message is done with; or a sign of life, as nothing is fetched meanwhile."""
        if not self._done.wait(_LOOK_S):
            self.broker.do_fetch(self.queue_name, 0)
        self._done.clear()

    def _is_quiet(self) -> bool:
        is_empty = not self.message_cache and self.misses >= _LOOKS
        return is_empty and self.outstanding_message_count < self.prefetch and not self.broker.hurries

    def _wait(self) -> bool:
        """Until the queue has something, or a sign of life is due; then fetches, which is one. False if in vain."""
        name = f"{self.broker.namespace}:{self.queue_name}"
        self._waiting = self._waiting or self.broker.line()
        is_delaying = self.queue_name.endswith(".DQ") and self.queued_message_ids
        self._waiting.wait(name, min(self.broker.beat_s, _DELAYED_S) if is_delaying else self.broker.beat_s)
        if not self.broker.hurries:
            wanted = self.prefetch - self.outstanding_message_count
            self.message_cache = self.broker.do_fetch(self.queue_name, wanted)
        return bool(self.message_cache)

    def _bury(self) -> None:
        """Makes dead letters of all that this worker fetched and cannot read."""
        broker: Any = self.broker
        name = f"{broker.namespace}:{self.queue_name}.msgs"
        for message_id in broker.client.smembers(f"{broker.namespace}:__acks__.{broker.broker_id}.{self.queue_name}"):
            body = broker.client.hget(name, message_id)
            if body is not None and not _is_readable(body):
                log.error("message.buried", queue=self.queue_name, reason="unreadable")
                broker.do_nack(self.queue_name, message_id)


class Line:
    """A connection of one consumer, on which it waits for messages."""

    def __init__(self, pool: redis.ConnectionPool, known: set[int]) -> None:
        self._client: Any = redis.Redis(connection_pool=pool, single_connection_client=True)
        self._id, self._known = int(self._client.client_id()), known
        known.add(self._id)

    def wait(self, name: str, seconds: float) -> None:
        """Until a list has something or the time is over. Moving its head to its head changes nothing, but blocks."""
        self._client.blmove(name, name, seconds, "LEFT", "LEFT")

    def close(self) -> None:
        """Gives the connection back."""
        self._known.discard(self._id)
        self._client.close()


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
