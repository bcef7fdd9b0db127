"""How a pause is made to hold: nothing begins any more, and what has begun has ended when it answers."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from workers.cli.operators import operator
from workers.errors import UnavailableError

if TYPE_CHECKING:
    from workers.store import Store

#: Seconds between looks at the calls that are still open.
_LOOK_S = 0.05


def stop(store: Store, scope: str, reason: str, wait: float, what: str, *, domain: str = "") -> bool:
    """Whether ``scope`` was not paused before; UnavailableError if calls are still open after ``wait`` seconds.

    A claim looks at the pauses in the same script that makes it: whatever is claimed after this is none of ``scope``.
    """
    new = store.pauses.pause(scope, reason, operator(""), domain)
    give_up = time.monotonic() + wait
    begun = store.letters.claims()
    while begun & store.letters.claims():
        if time.monotonic() > give_up:
            mend = "they end by themselves, or say --wait with more seconds"
            raise UnavailableError(
                f"{what} is paused, but calls that had begun are still open after {wait:g} s: {mend}"
            )
        time.sleep(_LOOK_S)
    return new
