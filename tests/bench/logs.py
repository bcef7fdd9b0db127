"""``scripts/bench logs``: what a line of the log costs, and whether who follows it keeps up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import click
import structlog

from workers import log as configured
from workers.campaign.ids import Ids

_LINES, _ROUNDS = 20_000, 5
#: Lines written at once, so many times a second.
_BURSTS = 50
_IDS = [f"dabcdefghij234567-{number}" for number in range(6)]
_ENDS = "the-last-line"


def run(per_second: int, seconds: int) -> None:
    """Prints what it measures, and one line of JSON last."""
    figures: dict[str, Any] = {**_costs(), **_following(per_second, seconds)}
    for name, value in figures.items():
        click.echo(f"{name:<22} {value:,}")
    click.echo(json.dumps(figures))


def _costs() -> dict[str, float]:
    """µs of CPU: a line with a person's keyed hash in it, and one about six letters."""
    with Path(os.devnull).open("wb") as nowhere:
        configured.configure("info", "json", nowhere)
        ids, said = Ids("a secret of the bench alone"), structlog.get_logger()
        structlog.contextvars.bind_contextvars(actor="send_letters", attempt=1, queue_wait_ms=12)

        def person() -> None:
            hashed = ids.person("robin@supporter.example", "Robin Vale")
            said.info("action.taken", campaign="clean-rivers", person=hashed, trace="0123456789abcdef" * 2)

        def letters() -> None:
            said.info("letters.accepted", campaign="clean-rivers", action=_IDS[0], letters=_IDS, duration_ms=14)

        return {"line_us": _us(person), "letters_line_us": _us(letters)}


def _us(line: Callable[[], None]) -> float:
    rounds = []
    for _ in range(_ROUNDS):
        begun = time.process_time()
        for _ in range(_LINES):
            line()
        rounds.append((time.process_time() - begun) / _LINES * 1e6)
    return round(median(rounds), 1)


def _following(per_second: int, seconds: int) -> dict[str, float]:
    """How long after the last line was written ``mobilise logs -f --json`` has shown it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mobilise.log"
        path.touch()
        follower = subprocess.Popen(
            [sys.executable, "-P", "-m", "workers", "logs", "-f", "--json"],
            env={**os.environ, "MOBILISE_LOG__FOLDER": folder}, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        seen, shown = threading.Event(), [0]

        def read() -> None:
            assert follower.stdout
            for line in follower.stdout:
                shown[0] += 1
                if _ENDS in line:
                    seen.set()

        threading.Thread(target=read, daemon=True).start()
        time.sleep(2)
        written = _write(path, per_second, seconds)
        begun = time.monotonic()
        seen.wait(120)
        behind = time.monotonic() - begun
        follower.terminate()
        follower.wait()
    return {"lines_per_s": per_second, "written": written, "shown": shown[0], "behind_s": round(behind, 2)}


def _write(path: Path, per_second: int, seconds: int) -> int:
    line = json.dumps({
        "time": "2026-11-22T12:00:00.000Z", "level": "info", "event": "letters.accepted", "campaign": "clean-rivers",
        "action": "aabcdefghij234567", "letters": _IDS, "duration_ms": 14,
    })  # fmt: skip
    burst = per_second // _BURSTS
    with path.open("a") as log:
        begun = time.monotonic()
        for number in range(seconds * _BURSTS):
            log.write(f"{line}\n" * burst)
            log.flush()
            time.sleep(max(0.0, begun + (number + 1) / _BURSTS - time.monotonic()))
        log.write(line.replace("aabcdefghij234567", _ENDS) + "\n")
    return seconds * _BURSTS * burst + 1
