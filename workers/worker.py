"""A worker process: dramatiq's threads, tuned for many calls in flight and for idling cheaply."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterable
from queue import Empty, PriorityQueue
from typing import Any

import dramatiq
import structlog

from workers.app import App
from workers.broker import LedgerBroker
from workers.pacing import publish_if_reachable
from workers.pulse import beating
from workers.settings.sections import Worker as Options

log = structlog.get_logger()

#: Milliseconds of a consumer's longest nap, before it waits for the server to wake it.
_NAP_MS = 50
#: Seconds between looks at whether the process was asked to end.
_LOOK_S = 1.0


class _WorkQueue(PriorityQueue[Any]):
    """Where idle threads wait without ever looking around, until ``close`` sends them home."""

    def __init__(self) -> None:
        super().__init__()
        self._closed = False

    def close(self) -> None:
        """Nobody waits any more."""
        with self.mutex:
            self._closed = True
            self.not_empty.notify_all()

    def get(self, block: bool = True, timeout: float | None = None) -> Any:  # noqa: ARG002, FBT001, FBT002 - its signature
        """The next item; Empty if there is none and the queue is closed, or ``block`` is false."""
        with self.not_empty:
            while block and not self._closed and not self._qsize():
                self.not_empty.wait()
            if not self._qsize():
                raise Empty
            self.not_full.notify()
            return self._get()


class Worker(dramatiq.Worker):
    """dramatiq's worker, whose threads sleep until there is something to do, and end at once when asked."""

    def __init__(self, broker: LedgerBroker, options: Options, threads: int, queues: set[str] | None = None) -> None:
        super().__init__(broker, queues=queues, worker_timeout=_NAP_MS, worker_threads=threads)
        self.queue_prefetch = options.prefetch
        self.work_queue = self._idle = _WorkQueue()
        self._broker = broker

    def stop(self, timeout: int = 600_000) -> None:
        """Ends what is at hand and gives back the rest; waits ``timeout`` milliseconds at most."""
        for thread in self.workers:
            thread.stop()
        self._idle.close()
        self._broker.hurry()
        super().stop(timeout)


def run(app: App, threads: int, queues: Iterable[str] = ()) -> None:
    """Works until SIGTERM or SIGINT, then ends what is at hand and gives back the rest."""
    options = app.settings.worker
    app.journal.open()
    app.lookout.look()
    publish_if_reachable(app.store, app.campaigns)
    worker = Worker(app.broker, options, threads, set(queues) or None)
    asked = asked_to_stop()
    worker.start()
    log.info("worker.started", threads=threads, queues=sorted(queues) or "all")
    with beating(app.store, "worker"):
        while not asked.wait(_LOOK_S):
            pass  # a signal that came while the process was stopped may wake another thread than this one
        log.info("worker.stopping")
        worker.stop(timeout=int((app.settings.clock.claim_s + 5) * 1000))
    app.meter.flush()
    log.info("worker.stopped")


def asked_to_stop() -> threading.Event:
    """An event that SIGTERM and SIGINT set."""
    asked = threading.Event()

    def stop(_signal: int, _frame: Any) -> None:
        asked.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    return asked
