"""What this process does, counted in memory and added to all processes' counts now and then."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterable

from workers.campaign.outcomes import Answer, Envelope
from workers.errors import UnavailableError
from workers.mail.posting import Mailer
from workers.store.meters import Meters

#: Seconds from the first thing counted to its being added; what a crash loses.
_FLUSH_S = 3.0
#: Milliseconds: upper ends of the histogram's buckets; beyond the last is the rest.
BUCKETS_MS = (10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000)


#: Seconds, for what may take days.
BUCKETS_S = (1, 5, 15, 60, 300, 900, 3_600, 21_600, 86_400)


def _bucket(seconds: float) -> int | str:
    return next((end for end in BUCKETS_S if seconds <= end), "rest")


class Meter:
    """Counts; nothing happens while there is nothing to count."""

    def __init__(self, meters: Meters) -> None:
        self._meters = meters
        self._lock = threading.Lock()
        self._counts: dict[str, int] = {}
        self._newest: dict[str, int] = {}
        self._timer: threading.Timer | None = None
        self._closed = False

    def count(self, name: str, label: str = "", number: int = 1) -> None:
        """Adds to a count; ``name`` is one of ``web.meters.COUNTERS``, ``label`` one of a few words."""
        self._add({f"{name} {label}".rstrip(): number})

    def provider_called(self, answer: Answer) -> None:
        """One call to the provider came to this."""
        ms = round(answer.duration_ms)
        bucket = next((end for end in BUCKETS_MS if ms <= end), "rest")
        outcome = f"provider_calls {answer.outcome}"
        counts = {outcome: 1, f"provider_ms_bucket {bucket}": 1, "provider_ms_sum": ms}
        self._add(counts, {f"provider_newest {answer.outcome}": int(time.time())})

    def late(self, what: str, seconds: Iterable[float], times: int = 1) -> None:
        """So long did each take, or wait, and so many ``times``; ``what`` is one of ``web.readings.LAGS``."""
        counts, total = Counter[str](), 0
        for each in seconds:
            counts[f"{what}_s_bucket {_bucket(each)}"] += times
            total += max(0, round(each)) * times
        if total or any(counts.values()):
            self._add({**counts, f"{what}_s_sum": total})

    def flush(self) -> None:
        """Adds all that was counted; what cannot be added now stays for the next time."""
        with self._lock:
            counts, self._counts, self._timer = self._counts, {}, None
            newest, self._newest = self._newest, {}
        if not counts:
            return
        try:
            self._meters.add(counts, newest)
        except UnavailableError:
            self._add(counts, newest)

    def close(self) -> None:
        """Adds what is left; nothing is added by itself afterwards."""
        with self._lock:
            self._closed, timer = True, self._timer
        if timer:
            timer.cancel()
        self.flush()

    def _add(self, counts: dict[str, int], newest: dict[str, int] | None = None) -> None:
        with self._lock:
            for name, number in counts.items():
                self._counts[name] = self._counts.get(name, 0) + number
            self._newest.update(newest or {})
            if self._timer is None and not self._closed:
                self._timer = threading.Timer(_FLUSH_S, self.flush)
                self._timer.daemon = True
                self._timer.start()


class Measured:
    """A mailer whose calls are counted and timed."""

    def __init__(self, mailer: Mailer, meter: Meter) -> None:
        self._mailer, self._meter = mailer, meter

    @property
    def longest_s(self) -> float:
        """Seconds that one call may take."""
        return self._mailer.longest_s

    def post(self, envelope: Envelope) -> Answer:
        """One provider call."""
        answer = self._mailer.post(envelope)
        self._meter.provider_called(answer)
        return answer
