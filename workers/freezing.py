"""Looks now and then whether all work stands still, for those who work."""

from __future__ import annotations

import time

from workers.openings import FRESH_S
from workers.store import Store


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
