"""``python -m tests.support.shifted FILE ARGUMENTS``: mobilise, with the wall clock off by the seconds in FILE.

What reads ``datetime.now`` is not fooled; ledger, queue, agenda and claims read ``time.time``.
"""

from __future__ import annotations

import runpy
import sys
import time
from pathlib import Path

#: Seconds between two looks into the file.
_LOOK_S = 0.05


def _shift(file: Path) -> None:
    real, monotonic = time.time, time.monotonic
    seen = [0.0, -1.0]  # seconds off, and when the file was read

    def shifted() -> float:
        if monotonic() - seen[1] > _LOOK_S:
            seen[:] = [float(file.read_text() or 0) if file.exists() else 0.0, monotonic()]
        return real() + seen[0]

    time.time = shifted


if __name__ == "__main__":
    _shift(Path(sys.argv[1]))
    sys.argv = ["mobilise", *sys.argv[2:]]
    runpy.run_module("workers", run_name="__main__")
