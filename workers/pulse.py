"""A process says now and then that it lives, until it ends."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from workers.errors import UnavailableError
from workers.store import Store

#: Seconds between signs, and after which one that gives none counts as silent.
BEAT_S, SILENT_S = 10.0, 35.0
#: Seconds that a sign on its way gets when the process ends: a ledger that hangs must not hold it up.
_PATIENCE_S = 1.0


def own_name() -> str:
    """What this process is called in its signs of life."""
    return f"{socket.gethostname()}:{os.getpid()}"


@contextmanager
def beating(store: Store, kind: str) -> Iterator[None]:
    """Signs of life of a ``kind`` of process, for as long as this lasts; a ledger that is away is waited for."""
    name, over = own_name(), threading.Event()

    def beat() -> None:
        while True:
            with suppress(UnavailableError):
                store.pulse.beat(kind, name)
            if over.wait(BEAT_S):
                return

    heart = threading.Thread(target=beat, name="pulse", daemon=True)
    heart.start()
    try:
        yield
    finally:
        over.set()
        heart.join(_PATIENCE_S)
        with suppress(UnavailableError):
            store.pulse.leave(kind, name)
