"""Waiting until all is settled: as long as something moves, and no longer."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from workers.demo.client import Client
from workers.demo.machine import Machine
from workers.errors import UnavailableError

#: Seconds in which nothing moved, after which it will not any more.
_STILL_S = 90.0
#: Seconds between two looks; the web counts anew once a second.
_LOOK_S = 0.2

Counts = dict[str, Any]


class Settling:
    """Looks at the tally and at what the outbox still has to tell; ``show`` sees every reading."""

    def __init__(self, machine: Machine, web: Client, outbox: Client, campaign: str) -> None:
        self._machine, self._web, self._outbox = machine, web, outbox
        self._path = f"/api/campaigns/{campaign}/tally"

    def tally(self) -> Counts:
        """The numbers as anyone sees them."""
        counts: Counts = self._web.get(self._path)
        return counts

    def letters(self, letters: int, show: Callable[[Counts], None]) -> Counts:
        """Returns once so many letters are written, none of them is on its way, and every report is in the books."""

        def settled(tally: Counts) -> bool:
            states = tally["letters"]
            moving = sum(states[state] for state in ("queued", "sending", "accepted"))
            return not moving and sum(states.values()) >= letters and not self.untold() and self._worked()

        return self._until(settled, show)

    def signatures(self, signatories: int, show: Callable[[Counts], None]) -> Counts:
        """Returns once so many candidates are signatories, and no callback waits."""
        return self._until(lambda tally: tally["signatories"] >= signatories and self._worked(), show)

    def _until(self, settled: Callable[[Counts], bool], show: Callable[[Counts], None]) -> Counts:
        last: object = None
        moved_at = time.monotonic()
        while True:
            tally = self.tally()
            show(tally)
            seen = {**tally, "as_of": "", "untold": self.untold()}
            if seen != last:
                last, moved_at = seen, time.monotonic()
            elif settled(tally):  # twice the same: the page may have been a second old
                return tally
            elif time.monotonic() - moved_at > _STILL_S:
                raise UnavailableError(f"nothing has moved for {_STILL_S:.0f} seconds: {self._reason(tally)}")
            if not self._machine.alive():
                raise UnavailableError("the supervisor of the processes is gone")
            time.sleep(_LOOK_S)

    def untold(self) -> int:
        """Mails of which the outbox still has something to tell."""
        return int(self._outbox.get("/outbox/summary")["events_waiting"])

    def _worked(self) -> bool:
        """Whether no message waits in a queue: this asks the operators' command."""
        queues = self._machine.mobilise("queues", "show")["queues"]
        return not any(count for queue in queues for what, count in queue.items() if what in {"waiting", "working"})

    def _reason(self, tally: Counts) -> str:
        states = ", ".join(f"{count} {state}" for state, count in tally["letters"].items() if count) or "no letter"
        paused = self._web.get("/readyz").get("paused") or {}
        stopped = "".join(f"; sending of {scope} is paused: {why}" for scope, why in paused.items())
        return f"{states}; {tally['signatories']} signatories; {self.untold()} mails untold{stopped}"
