"""The crowd: supporters write and candidates sign all the time, whatever breaks; all that was acknowledged is noted."""

from __future__ import annotations

import random
import threading
from typing import Self

from tests.faults.town import Campaign

#: Candidates, the first of whom sign in the course of a run.
CANDIDATES = [f"c{number:02}" for number in range(12)]
_SIGNING = CANDIDATES[:3]
#: Threads that write, and seconds between two actions of one of them.
_WRITERS, _REST_S = 4, 0.25


class Crowd:
    """``with Crowd(campaign, seed) as crowd``: at the end every request has been answered."""

    def __init__(self, campaign: Campaign, seed: int) -> None:
        self._campaign, self._seed = campaign, seed
        self.actions, self.failures = 0, list[str]()
        self._over, self._lock = threading.Event(), threading.Lock()
        self._threads = [threading.Thread(target=self._write, args=(number,)) for number in range(_WRITERS)]
        self._threads.append(threading.Thread(target=self._sign))

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._over.set()

    def join(self) -> None:
        """Returns once the last of them has their answer."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _write(self, writer: int) -> None:
        chance, number = random.Random(f"{self._seed} {writer}"), 0
        while not self._over.wait(_REST_S):
            number += 1
            chosen = chance.sample(CANDIDATES, chance.randint(1, 5))
            try:
                self._campaign.write(f"Supporter{writer}x{number}", candidates=chosen)
            except Exception as error:  # noqa: BLE001 - whatever it is, the run must not pass
                self.failures.append(f"an action was not taken: {error}")
                return
            with self._lock:
                self.actions += 1

    def _sign(self) -> None:
        for number, candidate in enumerate(_SIGNING):
            if self._over.wait(10 * (number + 1)):
                return
            status = self._campaign.sign(candidate, f"msg_{candidate}")
            if status == 204:
                self._campaign.inputs.signatories.add(candidate)
            else:
                self.failures.append(f"a signature was answered with {status}")
