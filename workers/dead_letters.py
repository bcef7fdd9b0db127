"""Dead letters: queue messages that gave up, to be looked at, put back or thrown away."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from dramatiq import Message
from dramatiq.errors import DecodeError

from workers.broker import LedgerBroker, QueueBroker, reachable
from workers.errors import NotFoundError

#: Dead letters read in one round trip.
_CHUNK = 500
#: What retries leave in a message; a replay begins afresh.
_ATTEMPTS = ("retries", "traceback", "requeue_timestamp", "eta")
_KIND = re.compile(r"([A-Za-z_][\w.]*)(:|$)")

#: Keys: dead letters, their bodies, queue, its bodies; arguments: id, body. The body goes before the id, and only if
#: nobody else took it meanwhile: 1, else 0.
_REPLAY = """
if redis.call('HDEL', KEYS[2], ARGV[1]) == 0 then return 0 end
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('HSET', KEYS[4], ARGV[1], ARGV[2])
redis.call('RPUSH', KEYS[3], ARGV[1])
return 1
"""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One message that gave up at ``at`` (epoch seconds); ``reason`` is the kind of its last error, never its text."""

    id: str
    queue: str
    at: float
    actor: str = ""
    fields: dict[str, Any] | None = None  # None: nobody can read it
    attempts: int = 0
    reason: str = ""
    raw: bytes = b""


class Grave(Protocol):
    """Where a broker keeps the dead letters of its queues."""

    def count(self, queue: str) -> int:
        """How many there are."""

    def find(self, queue: str) -> Iterable[tuple[str, float, bytes]]:
        """(id, when it gave up in epoch s, body), newest first."""

    def one(self, queue: str, letter: str) -> tuple[float, bytes] | None:
        """When it gave up, and its body; None if there is none."""

    def replay(self, queue: str, letter: str, again: Message[Any]) -> bool:
        """Back into its queue; False if it was gone."""

    def discard(self, queue: str, letter: str) -> bool:
        """Gone for good; False if it was gone already."""


class _RedisGrave:
    def __init__(self, broker: LedgerBroker) -> None:
        self._broker = broker

    def count(self, queue: str) -> int:
        with reachable():
            return int(self._broker.client.zcard(self._key(queue, ".XQ")))

    def find(self, queue: str) -> Iterator[tuple[str, float, bytes]]:
        dead = self._key(queue, ".XQ")
        with reachable():
            found: Any = self._broker.client.zrevrange(dead, 0, -1, withscores=True)
        for start in range(0, len(found), _CHUNK):
            chunk = found[start : start + _CHUNK]
            with reachable():
                bodies = self._broker.client.hmget(f"{dead}.msgs", [raw for raw, _ in chunk])
            for (raw, at), body in zip(chunk, bodies, strict=True):
                yield raw.decode(), at / 1000, body or b""

    def one(self, queue: str, letter: str) -> tuple[float, bytes] | None:
        dead = self._key(queue, ".XQ")
        with reachable():
            at: Any = self._broker.client.zscore(dead, letter)
            body: Any = self._broker.client.hget(f"{dead}.msgs", letter)
        return None if at is None else (at / 1000, body or b"")

    def replay(self, queue: str, letter: str, again: Message[Any]) -> bool:
        keys = [self._key(queue, end) for end in (".XQ", ".XQ.msgs", "", ".msgs")]
        body = again.copy(options={"redis_message_id": letter}).encode()
        with reachable():
            return bool(self._broker.client.eval(_REPLAY, len(keys), *keys, letter, body))

    def discard(self, queue: str, letter: str) -> bool:
        dead = self._key(queue, ".XQ")
        with reachable():
            pipeline = self._broker.client.pipeline(transaction=True)
            pipeline.zrem(dead, letter)
            pipeline.hdel(f"{dead}.msgs", letter)
            return bool(pipeline.execute()[0])

    def _key(self, queue: str, end: str) -> str:
        return f"{self._broker.namespace}:{queue}{end}"


class DeadLetters:
    """The dead letters of every queue of one broker."""

    def __init__(self, broker: QueueBroker) -> None:
        self._broker = broker
        self._grave: Grave = _RedisGrave(broker) if isinstance(broker, LedgerBroker) else broker.grave()

    def queues(self) -> list[str]:
        """The queues that there are."""
        return sorted(self._broker.get_declared_queues())

    def count(self) -> int:
        """How many there are, in all queues."""
        return sum(self._grave.count(queue) for queue in self.queues())

    def newest_first(self, queues: Sequence[str]) -> Iterator[DeadLetter]:
        """All that these queues hold, queue by queue."""
        for queue in queues:
            for letter_id, at, body in self._grave.find(queue):
                yield _read(letter_id, queue, at, body)

    def get(self, letter_id: str) -> DeadLetter:
        """NotFoundError if no queue holds it."""
        for queue in self.queues():
            found = self._grave.one(queue, letter_id)
            if found:
                return _read(letter_id, queue, *found)
        raise NotFoundError(f"there is no dead letter {_shown(letter_id)}")

    def can_replay(self, letter: DeadLetter) -> bool:
        """False if it cannot be read, or asks for an actor that this version does not have."""
        return letter.fields is not None and letter.actor in self._broker.get_declared_actors()

    def replay(self, letter: DeadLetter) -> bool:
        """Back into its queue, with all its attempts; False if it was gone meanwhile. No harm: actors may run twice."""
        message: Message[Any] = Message.decode(letter.raw)
        again: Message[Any] = Message(
            queue_name=letter.queue,
            actor_name=message.actor_name,
            args=message.args,
            kwargs=message.kwargs,
            options={name: value for name, value in message.options.items() if name not in _ATTEMPTS},
            message_id=message.message_id,
            message_timestamp=message.message_timestamp,
        )
        return self._grave.replay(letter.queue, letter.id, again)

    def discard(self, letter: DeadLetter) -> bool:
        """Gone for good; False if it was gone already. Its letters are in the ledger all the same."""
        return self._grave.discard(letter.queue, letter.id)


def _read(letter_id: str, queue: str, at: float, body: bytes) -> DeadLetter:
    try:
        message: Message[Any] = Message.decode(body)
        options, fields = message.options, dict(message.kwargs)
        trace = str(options.get("traceback") or "")
        attempts = max(1, int(options.get("retries") or 0))
        return DeadLetter(letter_id, queue, at, str(message.actor_name), fields, attempts, _kind(trace), body)
    except (DecodeError, TypeError, ValueError, AttributeError):
        return DeadLetter(letter_id, queue, at, reason="unreadable", raw=body)


def _kind(trace: str) -> str:
    """The name of the error that a traceback ends with; not its text, which may hold what a person typed."""
    lines = trace.rpartition("Traceback (most recent call last):\n")[2].splitlines()
    last = next((line for line in lines if not line.startswith(" ")), "")
    named = _KIND.match(last)
    return named[1].rpartition(".")[2] if named else "unknown"


def _shown(text: str) -> str:
    return json.dumps(text[:60])
