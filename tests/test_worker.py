"""A worker that has nothing to do sleeps, and is there at once when something comes or it is to end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import dramatiq
import pytest
import redis

from tests.support.valkey import broker_url
from tests.support.wait import wait_until
from workers.broker import LedgerBroker, connect
from workers.middleware import Stopping, in_order
from workers.settings.sections import Worker as Options
from workers.worker import Worker

Connect = Callable[..., LedgerBroker]

#: The queue and the queue of what is tried again later have a consumer each.
_CONSUMERS = 2


@pytest.fixture
def server_of_queues(valkey: str) -> Iterator[redis.Redis]:
    """The broker's database, looked at from outside."""
    with redis.Redis.from_url(broker_url(valkey)) as client:
        yield client


@pytest.fixture
def connected(valkey: str) -> Iterator[Connect]:
    """Makes brokers, whose connections end with the test."""
    made: list[LedgerBroker] = []

    def one(heartbeat_s: int = 15, **limits: int) -> LedgerBroker:
        most = {queue: lambda limit=limit: limit for queue, limit in limits.items()}
        made.append(connect(valkey, heartbeat_s=heartbeat_s, middleware=in_order(Stopping()), limits=most))
        return made[-1]

    yield one
    for broker in made:
        broker.client.connection_pool.disconnect()


@pytest.fixture
def broker(connected: Connect) -> LedgerBroker:
    return connected()


def declared(broker: LedgerBroker, fails: int = 0) -> tuple[dramatiq.Actor[[int], None], list[int]]:
    """An actor that fails so often first, and what it has worked."""
    worked: list[int] = []
    left = [fails]

    def work(number: int) -> None:
        if left[0]:
            left[0] -= 1
            raise ValueError(number)
        worked.append(number)

    made = dramatiq.Actor(
        work, broker=broker, actor_name="work", queue_name="work", priority=0, options={"min_backoff": 1}
    )
    return made, worked


@pytest.fixture
def idle(broker: LedgerBroker, server_of_queues: redis.Redis) -> Iterator[Worker]:
    """A worker whose consumers have nothing to fetch."""
    declared(broker)
    worker = Worker(broker, Options(), 2)
    worker.start()
    wait_until(lambda: sleeping(server_of_queues) == _CONSUMERS, message="both consumers wait")
    yield worker
    worker.stop()


def waiting(server: redis.Redis) -> list[dict[str, str]]:
    """Connections of this broker's database on which the server is to say when something comes."""
    clients = server.client_list()
    return [one for one in clients if one["db"] == str(server.get_connection_kwargs()["db"]) and "b" in one["flags"]]


def sleeping(server: redis.Redis) -> int:
    return len(waiting(server))


def seen_alive_ms(server: redis.Redis, broker: LedgerBroker) -> float:
    return server.zscore("dramatiq:__heartbeats__", broker.broker_id) or 0.0


def test_an_idle_worker_leaves_the_server_alone(idle: Worker, server_of_queues: redis.Redis):
    """It polled each queue ten times a second; a sign of life within a few seconds is enough."""
    wait_until(lambda: sum(int(one["idle"]) >= 1 for one in waiting(server_of_queues)) == _CONSUMERS)


def test_an_idle_worker_is_woken_by_a_message(connected: Connect, server_of_queues: redis.Redis):
    """However long the next sign of life is away: a supporter's letter leaves at once."""
    broker = connected(heartbeat_s=3600)
    actor, worked = declared(broker)
    worker = Worker(broker, Options(), 2)
    worker.start()
    try:
        wait_until(lambda: sleeping(server_of_queues) == _CONSUMERS, message="both consumers wait")
        before = time.monotonic()
        for number in range(3):
            actor.send(number)
        wait_until(lambda: sorted(worked) == [0, 1, 2], broker.beat_s)
        assert time.monotonic() - before < broker.beat_s / 2
        wait_until(lambda: sleeping(server_of_queues) == _CONSUMERS, message="both wait again")
    finally:
        worker.stop()
    assert server_of_queues.hlen("dramatiq:work.msgs") == 0


def test_an_idle_worker_ends_at_once(idle: Worker, broker: LedgerBroker, server_of_queues: redis.Redis):
    """Threads and consumers sleep for seconds or for ever, but not when they are to end."""
    before = time.monotonic()
    idle.stop()
    assert time.monotonic() - before < broker.beat_s / 2
    assert sleeping(server_of_queues) == 0


def test_an_idle_worker_takes_over_what_a_dead_one_had_fetched(connected: Connect, server_of_queues: redis.Redis):
    """It looks for that whenever it gives a sign of life: no other message has to come."""
    dead, living = connected(heartbeat_s=1), connected(heartbeat_s=1)
    actor, _ = declared(dead)
    _, worked = declared(living)
    actor.send(7)
    assert len(dead.do_fetch("work", 1)) == 1
    worker = Worker(living, Options(), 2)
    worker.start()
    try:
        wait_until(lambda: worked == [7], message="the message of the dead worker")
    finally:
        worker.stop()


def test_an_idle_worker_tries_again_what_failed(connected: Connect, server_of_queues: redis.Redis):
    """A message that waits for its next attempt is looked at although its queue is quiet."""
    broker = connected(heartbeat_s=3600)
    actor, worked = declared(broker, fails=1)
    worker = Worker(broker, Options(), 2)
    worker.start()
    try:
        actor.send(1)
        wait_until(lambda: worked == [1], message="the second attempt")
    finally:
        worker.stop()
    assert server_of_queues.hlen("dramatiq:work.DQ.msgs") == 0


def test_a_worker_outlives_a_server_that_drops_its_connections(
    idle: Worker, server_of_queues: redis.Redis, monkeypatch: pytest.MonkeyPatch
):
    """As a failover does: the consumers wait again on new ones."""
    monkeypatch.setattr("dramatiq.worker.CONSUMER_RESTART_DELAY_SECS", 0.2)
    former = {one["id"] for one in waiting(server_of_queues)}
    for client in former:
        server_of_queues.client_kill_filter(_id=client)
    wait_until(lambda: not former & {one["id"] for one in waiting(server_of_queues)}, message="nobody waits on these")
    wait_until(lambda: sleeping(server_of_queues) == _CONSUMERS, message="both wait again")


def test_a_worker_fetches_no_more_than_it_may_have_at_hand(connected: Connect, server_of_queues: redis.Redis):
    """The rest is there for other workers; while it is full it gives signs of life, or they would take over its own."""
    broker, end = connected(heartbeat_s=1, work=3), threading.Event()
    worked: list[int] = []

    def work(number: int) -> None:
        end.wait()
        worked.append(number)

    actor = dramatiq.Actor(work, broker=broker, actor_name="work", queue_name="work", priority=0, options={})
    for number in range(8):
        actor.send(number)
    worker = Worker(broker, Options(), 2)
    worker.start()
    try:
        wait_until(lambda: server_of_queues.llen("dramatiq:work") == 5)
        began = seen_alive_ms(server_of_queues, broker)
        wait_until(lambda: seen_alive_ms(server_of_queues, broker) > began + 2000, message="signs of life for 2 s")
        assert server_of_queues.llen("dramatiq:work") == 5
        end.set()
        wait_until(lambda: sorted(worked) == [*range(8)])
    finally:
        end.set()
        worker.stop()
