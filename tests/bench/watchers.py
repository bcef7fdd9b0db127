"""``scripts/bench watchers``: how many may watch one count on one process, what it costs, how soon the last hears."""

from __future__ import annotations

import asyncio
import json
import resource
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import click

from tests.bench import crowd
from tests.bench.rig import Process, Rig
from tests.support.watchers import watching
from workers.app import App

_STREAM = "/api/campaigns/bench/tally/stream"


def run(watchers: int, changes: int) -> None:
    """One line of JSON last."""
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed < watchers + 200:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, watchers + 200), most))
    with tempfile.TemporaryDirectory() as folder, Rig(Path(folder), sink="bare", processes=1, threads=8) as rig:
        app = rig.app()
        app.store.candidates.apply("bench", crowd.candidates(4000))
        with crowd.web(rig) as (port, web):
            click.echo(json.dumps(asyncio.run(_measure(app, port, web, watchers, changes))))


async def _measure(app: App, port: int, web: Process, watchers: int, changes: int) -> dict[str, Any]:
    memory, cpu, begun = crowd.memory_kb(web), web.cpu_s(), time.monotonic()
    async with watching(port, _STREAM, watchers) as watched:
        await watched.all_heard(0, watchers, 60)
        opened, opening = time.monotonic() - begun, web.cpu_s() - cpu
        held = crowd.memory_kb(web) - memory
        click.echo(f"{watchers:,} watch: opened in {opened:.1f} s, {held / watchers:.1f} kB each")
        idle, idle_begun = web.cpu_s(), time.monotonic()
        await asyncio.sleep(20)  # longer than a heartbeat
        resting = (web.cpu_s() - idle) / (time.monotonic() - idle_begun)
        firsts, lasts, cpu = [], [], web.cpu_s()
        for number in range(1, changes + 1):
            changed = time.monotonic()
            await asyncio.to_thread(app.store.signatures.record, "bench", crowd.signature(str(number)))
            heard = await watched.all_heard(number, watchers)
            firsts.append(heard[0] - changed)
            lasts.append(heard[-1] - changed)
            await asyncio.sleep(0.33)
        spent, lost = web.cpu_s() - cpu, watched.lost
    return {
        "watchers": watchers,
        "lost": lost,
        "opened_per_s": round(watchers / opened),
        "cpu_us_per_opening": round(opening / watchers * 1e6),
        "memory_kb_per_watcher": round(held / watchers, 1),
        "idle_cpu_share": round(resting, 4),
        "change_to_first_watcher_ms_p50": round(median(firsts) * 1000),
        "change_to_last_watcher_ms_p50": round(median(lasts) * 1000),
        "change_to_last_watcher_ms_max": round(max(lasts) * 1000),
        "cpu_us_per_watcher_and_change": round(spent / changes / watchers * 1e6, 1),
    }
