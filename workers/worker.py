"""A worker process: dramatiq's threads, tuned for many calls in flight and for idling cheaply."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterable
from typing import Any

import dramatiq
import structlog
from dramatiq.worker import ConsumerThread

from workers.app import App
from workers.settings.sections import Worker as Options

log = structlog.get_logger()

#: Milliseconds between looks at a queue of delayed retries.
_DELAYED_POLL_MS = 1_000
#: Seconds between looks at whether the process was asked to end.
_LOOK_S = 1.0
#: Seconds between an idle thread's looks at whether it should end.
_IDLE_S = 2.0


class Worker(dramatiq.Worker):
    """dramatiq's worker, with a short poll of the queues and a long one of everything else."""

    def __init__(self, broker: dramatiq.Broker, options: Options, threads: int, queues: set[str] | None = None) -> None:
        super().__init__(broker, queues=queues, worker_timeout=options.poll_ms, worker_threads=threads)
        self.queue_prefetch = options.prefetch

    def _add_consumer(self, queue_name: str, *, delay: bool = False) -> None:
        super()._add_consumer(queue_name, delay=delay)
        consumer: ConsumerThread | None = self.consumers.get(queue_name)
        if delay and consumer is not None:
            consumer.worker_timeout = _DELAYED_POLL_MS
            if consumer.consumer is not None:
                consumer.consumer.timeout = _DELAYED_POLL_MS  # type: ignore[attr-defined]

    def _add_worker(self) -> None:
        super()._add_worker()
        self.workers[-1].timeout = _IDLE_S


def run(app: App, threads: int, queues: Iterable[str] = ()) -> None:
    """Works until SIGTERM or SIGINT, then ends what is at hand and gives back the rest."""
    options = app.settings.worker
    app.journal.open()
    app.lookout.look()
    worker = Worker(app.broker, options, threads, set(queues) or None)
    asked = asked_to_stop()
    worker.start()
    log.info("worker.started", threads=threads, queues=sorted(queues) or "all")
    while not asked.wait(_LOOK_S):
        pass  # a signal that came while the process was stopped may wake another thread than this one
    log.info("worker.stopping")
    worker.stop(timeout=int((app.settings.clock.claim_s + 5) * 1000))
    log.info("worker.stopped")


def asked_to_stop() -> threading.Event:
    """An event that SIGTERM and SIGINT set."""
    asked = threading.Event()

    def stop(_signal: int, _frame: Any) -> None:
        asked.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    return asked
