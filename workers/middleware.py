"""What surrounds every message, in order; none of it may lose one."""

# ruff: noqa: ARG002 - dramatiq calls these by its own signatures

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from typing import Any

import dramatiq
import structlog
from dramatiq.middleware import Middleware, Retries

from workers import tracing
from workers.errors import UnavailableError

log = structlog.get_logger()

#: Seconds a failed message waits in its thread for a queue that is away, before it is kept as a dead letter.
_PATIENCE_S = 30.0


class Context(Middleware):
    """Binds the actor, the attempt and the request's trace to every log line, and says what went wrong."""

    def before_process_message(self, broker: dramatiq.Broker, message: Any) -> None:
        """Queue wait is the time since the message was made, in ms."""
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(
            actor=message.actor_name,
            attempt=message.options.get("retries", 0) + 1,
            queue_wait_ms=int(time.time() * 1000) - message.message_timestamp,
        )
        tracing.take_up(message)

    def after_process_message(
        self, broker: dramatiq.Broker, message: Any, *, result: Any = None, exception: BaseException | None = None
    ) -> None:
        """A failure is logged once with its kind; its text may hold what a person typed and stays out."""
        if exception is not None:
            log.error("message.failed", error=type(exception).__name__, message_id=message.message_id)
        structlog.contextvars.clear_contextvars()


class SureRetries(Retries):
    """dramatiq's retries, but a message that cannot be queued again is never acknowledged as done.

    dramatiq logs and swallows what its middleware raises (its issue 545): a queue that is away just then would lose it.
    """

    def after_process_message(
        self, broker: dramatiq.Broker, message: Any, *, result: Any = None, exception: BaseException | None = None
    ) -> None:
        """Tries again for half a minute, then keeps the message as a dead letter."""
        give_up = time.monotonic() + _PATIENCE_S
        retries = message.options.get("retries", 0)
        while True:
            try:
                super().after_process_message(  # type: ignore[no-untyped-call]
                    broker, message, result=result, exception=exception
                )
            except Exception:  # noqa: BLE001 - whatever it is, the message must survive it
                if time.monotonic() > give_up:
                    message.fail()
                    return
                message.options["retries"] = retries
                time.sleep(0.5)
            else:
                return


class Stopping(Middleware):
    """Tells long-running actors that this worker is about to stop."""

    def __init__(self) -> None:
        self.event = threading.Event()

    def before_worker_shutdown(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """Actors end after the letters of the action they are at."""
        self.event.set()


class Looking(Middleware):
    """Looks, before each message, at what operators decided."""

    def __init__(self, look: Callable[[], None]) -> None:
        self._look = look

    def before_process_message(self, broker: dramatiq.Broker, message: Any) -> None:
        """A ledger that is away now is the actor's to tell."""
        with contextlib.suppress(UnavailableError):
            self._look()


def in_order(stopping: Stopping, look: Callable[[], None] = lambda: None) -> list[Middleware]:
    """The middleware of every broker; the first one's ``before`` runs first."""
    return [Context(), stopping, Looking(look), SureRetries(max_retries=5, min_backoff=1_000, max_backoff=60_000)]
