"""What a process counts reaches the ledger while it works, and not once it has ended."""

from __future__ import annotations

import threading

from workers.meters import Meter
from workers.store import Store


def timers() -> list[threading.Timer]:
    return [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]


def test_a_closed_meter_adds_what_is_left_and_nothing_by_itself(store: Store):
    """Seconds later it would open a connection again, and compare its journal with a ledger that may be another's."""
    before = timers()
    meter = Meter(store.meters)
    meter.count("limits_refused", "form", 2)
    meter.close()
    assert store.meters.counts()["limits_refused form"] == 2
    meter.count("limits_refused", "form")
    for timer in set(timers()) - set(before):
        timer.join(1)
    assert not set(timers()) - set(before)
