"""How much of one process sends at the same time: as many threads as keep its core busy, with a few orders each."""

from __future__ import annotations

import threading
from collections import deque
from types import TracebackType

#: Threads that may always send, and how many more for each millisecond in which the provider answers. A call costs its
#: thread more than a millisecond; threads beyond those that wait for an answer only wait for each other.
_ALWAYS, _PER_MS = 4, 0.7
#: Messages that wait in a process for a thread, so that none is idle; what waits there is done by no other process.
_SPARE = 2
#: The newest calls, of which the quickest says how soon the provider answers: the others may have waited for a core.
_CALLS = 32
#: Orders that a thread claims together at most, and milliseconds in which the provider's answers to them should come:
#: what is claimed can't be stopped any more.
_ORDERS, _SOON_MS = 8, 200.0
#: Seconds after which a thread gives back what it has claimed and not begun.
ENOUGH_S = 0.4


class Gate:
    """Held by a thread while it sends; a provider that answers late lets more of them in, with less at a time.

    However it is, about as many orders are in flight as the process has ``threads``: what a machine that is lost for
    good had claimed is unknown.
    """

    def __init__(self, threads: int = 1) -> None:
        #: How many the process has.
        self.threads = threads
        self._changed = threading.Condition()
        self._took_ms: deque[float] = deque(maxlen=_CALLS)
        self._inside = 0
        #: How many may be inside, and how many orders each may claim together: one until a call has been answered.
        self.width, self.orders = _ALWAYS, 1

    def messages(self) -> int:
        """How many messages a process should have at hand."""
        return self.width + _SPARE

    def note(self, took_ms: float) -> None:
        """A call took so long, in milliseconds."""
        with self._changed:
            self._took_ms.append(took_ms)
            quickest = min(self._took_ms)
            former, self.width = self.width, _ALWAYS + int(_PER_MS * quickest)
            self.orders = max(1, min(_ORDERS, self.threads // self.width, int(_SOON_MS / (1.0 + quickest))))
            if self.width > former:
                self._changed.notify(self.width - former)

    def __enter__(self) -> None:
        with self._changed:
            while self._inside >= self.width:
                self._changed.wait()
            self._inside += 1

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        with self._changed:
            self._inside -= 1
            self._changed.notify()
