"""``scripts/bench console``: what the console's page, its stream and /metrics take, with many letters in the ledger."""

from __future__ import annotations

import http.client
import json
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import click

from tests.bench import crowd
from tests.bench.loads import CAMPAIGN, candidates, load
from tests.bench.rig import Process, Rig, cpu_s
from workers.campaign.model import Candidate

_TOKEN = "a-token-that-only-the-bench-uses"
#: Seconds for which a reading is kept, and a little more: each request of a round reads anew.
_ANEW_S = 1.2
#: Lines of the log whose end the page shows.
_LINES = 20_000
#: Seconds for which one operator watches.
_WATCHED_S = 15


def run(letters: int, rounds: int) -> None:
    """One line of JSON last."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        os.environ |= {"MOBILISE_CONSOLE_TOKENS": f"bench:{_TOKEN}", "MOBILISE_LOG__FOLDER": str(log)}
        _write_log(log)
        with Rig(Path(folder), sink="bare", processes=1, threads=8) as rig:
            app = rig.app()
            app.store.candidates.apply(CAMPAIGN, _some_without_address())
            load(app, letters)
            with crowd.web(rig) as (port, web):
                figures = _pages(rig, port, web, rounds) | _watched(rig, port, web)
    click.echo(json.dumps({"letters": letters, "log_lines": _LINES, **figures}))


def _some_without_address() -> Iterator[Candidate]:
    """As in life, one in ten: letters to them are held, and counted by why."""
    for number, one in enumerate(candidates()):
        yield replace(one, email="") if number % 10 == 0 else one


def _write_log(folder: Path) -> None:
    folder.mkdir()
    line = {"time": "", "level": "info", "event": "letters.accepted", "campaign": CAMPAIGN, "action": "a" * 17}
    with (folder / "mobilise.log").open("w") as file:
        for number in range(_LINES):
            moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()) + f".{number % 1000:03}Z"
            loud = {"level": "warning", "event": "letters.unknown"} if number % 100 == 0 else {}
            file.write(json.dumps({**line, "time": moment, **loud}, separators=(",", ":")) + "\n")


def _pages(rig: Rig, port: int, web: Process, rounds: int) -> dict[str, Any]:
    """Milliseconds by the clock, and of CPU in web and server together: the clock's depend on who else is busy."""
    figures, valkey = {}, int(rig.client().info("server")["process_id"])
    for name, path in {"console": "/console", "metrics": "/metrics", "log": "/console/log"}.items():
        times = [_ask(port, path)]  # this one compiles the templates
        before = web.cpu_s() + cpu_s(valkey)
        for _ in range(rounds):
            time.sleep(_ANEW_S)
            times.append(_ask(port, path))
        spent = web.cpu_s() + cpu_s(valkey) - before
        figures[f"{name}_ms_p50"] = round(median(times[1:]), 1)
        figures[f"{name}_ms_max"] = round(max(times[1:]), 1)
        figures[f"{name}_cpu_ms"] = round(spent / rounds * 1000, 1)
    return figures


def _ask(port: int, path: str) -> float:
    """Milliseconds until the last byte is here."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    begun = time.perf_counter()
    connection.request("GET", path, headers={"Authorization": f"Bearer {_TOKEN}"})
    answer = connection.getresponse()
    answer.read()
    took = (time.perf_counter() - begun) * 1000
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"{path} was answered with {answer.status}")
    return took


def _watched(rig: Rig, port: int, web: Process) -> dict[str, Any]:
    """What one operator who watches costs web and server, as a share of one core."""
    valkey = int(rig.client().info("server")["process_id"])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/console/live", headers={"Authorization": f"Bearer {_TOKEN}"})
    answer = connection.getresponse()
    answer.readline()
    before, begun, read = (web.cpu_s(), cpu_s(valkey)), time.monotonic(), 0
    while time.monotonic() - begun < _WATCHED_S:
        read += len(answer.readline())
    took = time.monotonic() - begun
    connection.close()
    shares = [(now - then) / took for now, then in zip((web.cpu_s(), cpu_s(valkey)), before, strict=True)]
    return {
        "watched_web_share": round(shares[0], 3),
        "watched_valkey_share": round(shares[1], 4),
        "watched_bytes_per_s": round(read / took),
    }
