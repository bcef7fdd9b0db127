"""A worker whose only actor does nothing: what dramatiq itself can do on the same broker, settings and threads."""

from __future__ import annotations

import dramatiq

from tests.bench.rig import ROOT
from workers.app import App, boot
from workers.broker import LedgerBroker, QueueBroker
from workers.settings import Settings
from workers.worker import Worker, asked_to_stop


def declare(broker: QueueBroker) -> dramatiq.Actor[[int], None]:
    """The no-op actor on the bench's own queue."""

    def noop(number: int) -> None: ...

    return dramatiq.Actor(noop, broker=broker, actor_name="noop", queue_name="noop", priority=0, options={})


def enqueue(app: App, messages: int) -> None:
    """Messages put straight into dramatiq's hash and list, a thousand a round trip."""
    assert isinstance(app.broker, LedgerBroker)
    noop, client = declare(app.broker), app.broker.client
    for start in range(0, messages, 1000):
        pipeline = client.pipeline(transaction=True)
        for number in range(start, min(start + 1000, messages)):
            message = noop.message(number).copy(options={"redis_message_id": f"noop-{number}"})
            pipeline.hset("dramatiq:noop.msgs", f"noop-{number}", message.encode())
            pipeline.rpush("dramatiq:noop", f"noop-{number}")
        pipeline.execute()


if __name__ == "__main__":
    settings = Settings.load(ROOT)
    app = boot(settings, ROOT)
    declare(app.broker)
    stop = asked_to_stop()
    worker = Worker(app.broker, settings.worker, settings.worker.threads, {"noop"})
    worker.start()
    stop.wait()
    worker.stop()
