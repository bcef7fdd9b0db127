"""The campaigns of this machine as they stand: what their files say, and what operators decided since."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator, Mapping

from workers.campaign.model import Campaign
from workers.campaign.opening import Opening, decided
from workers.errors import UnavailableError
from workers.store import Store

#: Seconds after which what was decided is asked for again; and until every process surely knows of a decision.
FRESH_S, KNOWN_S = 1.0, 2.5


class Campaigns(Mapping[str, Campaign]):
    """Campaigns by slug. Looking one up asks nobody; ``look`` does, now and then."""

    def __init__(self, files: Mapping[str, Campaign], store: Store) -> None:
        self._files, self._store = files, store
        self._now = dict(files)
        self._known: dict[str, Opening] = {}
        self._looked = -FRESH_S

    def __getitem__(self, slug: str) -> Campaign:
        return self._now[slug]

    def __iter__(self) -> Iterator[str]:
        return iter(self._now)

    def __len__(self) -> int:
        return len(self._now)

    def look(self) -> None:
        """Takes up what was decided, if the last look is a moment ago; UnavailableError without the ledger."""
        if time.monotonic() - self._looked < FRESH_S:
            return
        begun = time.monotonic()
        found = self._store.openings.all()
        if found != self._known:
            self._now = {slug: decided(one, found.get(slug)) for slug, one in self._files.items()}
            self._known = found
        self._looked = begun

    def watch(self) -> None:
        """Looks from now on by itself, for a process that must not wait when it looks a campaign up."""
        threading.Thread(target=self._watch, name="openings", daemon=True).start()

    def _watch(self) -> None:
        while True:
            with contextlib.suppress(UnavailableError):  # nothing can be taken without the ledger either
                self.look()
            time.sleep(FRESH_S)
