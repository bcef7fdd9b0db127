"""Looks now and then whether all work stands still, for those who work."""

from __future__ import annotations

import time

import structlog

from workers.openings import FRESH_S
from workers.store import Store
from workers.store.keys import WORK_SCOPE

log = structlog.get_logger()


#: What a pause of everything says that a freeze brought along, and that thawing takes away again.
FROZEN = "frozen"


def thaw(store: Store, by: str) -> bool:
    """Lets work go on, and sending too unless it was paused before; False if work was not frozen."""
    was = store.pauses.resume(WORK_SCOPE, by)
    everything = store.pauses.all().get("all")
    if everything and everything.reason == FROZEN:
        store.pauses.resume("all", by)
    store.freezes.forget()
    if was:
        log.warning("work.thawed", by=by)
    return was


class Freeze:
    """One process's knowledge, a moment old at most."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._is_on, self._looked = False, -FRESH_S

    def look(self) -> bool:
        """Whether nothing is to be worked now; UnavailableError without the ledger."""
        if time.monotonic() - self._looked >= FRESH_S:
            begun = time.monotonic()
            self._is_on, self._looked = self._store.freezes.is_on(), begun
        return self._is_on
