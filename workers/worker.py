"""A worker process: dramatiq's threads, tuned for many calls in flight and for idling cheaply."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterable
from contextlib import suppress
from queue import Empty, PriorityQueue
from typing import Any

import dramatiq
import structlog

from workers.app import App
from workers.broker import QueueBroker
from workers.errors import UnavailableError
from workers.pacing import publish_if_reachable
from workers.pulse import beating, own_name
from workers.settings.sections import Worker as Options
from workers.store import Store
from workers.unfinished import Recovery

log = structlog.get_logger()

#: Milliseconds of a consumer's longest nap, before it waits for the server to wake it.
_NAP_MS = 50
#: Seconds between looks at whether the process was asked to end.
_LOOK_S = 1.0


class _WorkQueue(PriorityQueue[Any]):
    """Where idle threads wait without ever looking around, until ``close`` sends them home."""

    def __init__(self) -> None:
        super().__init__()
        self._closed = self._frozen = False

    def close(self) -> None:
        """Nobody waits any more."""
        with self.mutex:
            self._closed = True
            self.not_empty.notify_all()

    def freeze(self, *, on: bool) -> None:
        """Whether nobody gets anything, whatever is there."""
        with self.mutex:
            self._frozen = on
            self.not_empty.notify_all()

    @property
    def at_hand(self) -> int:
        """Items that somebody has got and not come to an end with."""
        with self.mutex:
            return self.unfinished_tasks - self._qsize()

    def get(self, block: bool = True, timeout: float | None = None) -> Any:  # noqa: ARG002, FBT001, FBT002 - its signature
        """The next item; Empty if there is none and the queue is closed, or ``block`` is false."""
        with self.not_empty:
            while block and not self._closed and (self._frozen or not self._qsize()):
                self.not_empty.wait()
            if self._frozen or not self._qsize():
                raise Empty
            self.not_full.notify()
            return self._get()


class Worker(dramatiq.Worker):
    """dramatiq's worker, whose threads sleep until there is something to do, and end at once when asked."""

    def __init__(self, broker: QueueBroker, options: Options, threads: int, queues: set[str] | None = None) -> None:
        super().__init__(broker, queues=queues, worker_timeout=_NAP_MS, worker_threads=threads)
        self.queue_prefetch = options.prefetch
        self.work_queue = self._idle = _WorkQueue()
        self._broker = broker

    def freeze(self, *, on: bool) -> int:
        """Takes up nothing more, or goes on; how many messages are still at hand."""
        if on != self._broker.is_frozen:
            self._broker.is_frozen = on
            self._idle.freeze(on=on)
            log.info("worker.frozen" if on else "worker.thawed")
        return self._idle.at_hand

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
    app.gate.threads = threads
    app.journal.open()
    app.lookout.look()
    recovery = Recovery(app.store, app.campaigns, app.journal)
    recovery.attempt()
    publish_if_reachable(app.store, app.campaigns)
    worker = Worker(app.broker, options, threads, set(queues) or None)
    asked = asked_to_stop()
    _look_at_freeze(app.store, worker)
    worker.start()
    log.info("worker.started", threads=threads, queues=sorted(queues) or "all")
    with beating(app.store, "worker"):
        while not asked.wait(_LOOK_S):  # a signal that came while the process was stopped may wake another thread
            _look_at_freeze(app.store, worker)
            recovery.attempt()
        log.info("worker.stopping")
        worker.stop(timeout=int((app.settings.clock.claim_s + 5) * 1000))
    app.meter.flush()
    log.info("worker.stopped")


def _look_at_freeze(store: Store, worker: Worker) -> None:
    """A ledger that is away stops work by itself."""
    with suppress(UnavailableError):
        is_on = store.freezes.is_on()
        at_hand = worker.freeze(on=is_on)
        if is_on:
            store.freezes.rest(own_name(), at_hand)


def asked_to_stop() -> threading.Event:
    """An event that SIGTERM and SIGINT set."""
    asked = threading.Event()

    def stop(_signal: int, _frame: Any) -> None:
        asked.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    return asked
