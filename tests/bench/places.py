"""The postcodes of the nation, imported by a real process: how fast, how small, and how long one look takes."""

from __future__ import annotations

import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import redis

from tests.bench.rig import ROOT
from tests.support.directory import directory, is_nowhere, postcode_of
from workers.campaign.ids import Ids
from workers.server import Valkey
from workers.store import Store

SECRET = "a secret that only the bench uses, long enough"
_LOOKS = 5000


def run(rows: int) -> None:
    """Prints what it does, and the figures as one line of JSON last."""
    with tempfile.TemporaryDirectory(prefix="places-") as temporary:
        folder = Path(temporary)
        file = folder / "ONSPD.csv"
        begun = time.monotonic()
        with file.open("wb") as out:
            out.writelines(directory(rows))
        print(f"made {rows:,} rows, {file.stat().st_size / 1e6:,.0f} MB, in {time.monotonic() - begun:.1f} s")
        with Valkey(folder / "valkey") as server, redis.Redis.from_url(server.url) as client:
            print(json.dumps(_measured(file, server.url, client, rows)))


def _measured(file: Path, url: str, client: Any, rows: int) -> dict[str, float]:
    Store.connect(url, Ids(SECRET)).close()  # the server has our scripts, and nothing else
    empty = _used(client)
    report, seconds, usage = _import(file, url)
    print(f"imported {report['rows']:,} of {rows:,} rows in {seconds:.1f} s: {report['generations']}")
    stored = sum(report["generations"].values())
    figures = {
        "rows": rows,
        "postcodes": stored,
        "rows_per_s": round(rows / seconds),
        "rows_per_cpu_s": round(rows / (usage.ru_utime + usage.ru_stime)),
        "bytes_per_postcode": round((_used(client) - empty) / stored, 2),
        "peak_mb": round(usage.ru_maxrss * 1024 / 1e6, 1),
        **_looked_up(url, client, rows),
    }
    _, again, _ = _import(file, url)
    print(f"the same again in {again:.1f} s changes nothing")
    return figures


def _import(file: Path, url: str) -> tuple[dict[str, Any], float, resource.struct_rusage]:
    """What the importer says, its wall-clock time from start to end, and what it used."""
    environment = {**os.environ, "REDIS_URL": url, "MOBILISE_SECRET": SECRET}
    argv = [sys.executable, "-m", "workers", "places", "import", str(file), "--json"]
    begun = time.monotonic()
    process = subprocess.Popen(argv, cwd=ROOT, env=environment, stdout=subprocess.PIPE)
    assert process.stdout
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"the import ended with {process.returncode}")
    return json.loads(said), seconds, usage


def _used(client: Any) -> int:
    time.sleep(1)  # connections that have closed are freed
    return int(client.info("memory")["used_memory"])


def _looked_up(url: str, client: Any, rows: int) -> dict[str, float]:
    """One look from the caller's side, network and all, and what of it the server worked."""
    store = Store.connect(url, Ids(SECRET))
    client.config_resetstat()
    times = sorted(_looks(store, rows))
    server = client.info("commandstats")["cmdstat_evalsha"]["usec_per_call"]
    store.close()
    return {"lookup_us": round(median(times), 1), "lookup_p99_us": round(times[-len(times) // 100], 1),
            "lookup_server_us": round(server, 1)}  # fmt: skip


def _looks(store: Store, rows: int) -> Iterator[float]:
    chance = random.Random(1)
    for number in (chance.randrange(rows) for _ in range(_LOOKS)):
        postcode = postcode_of(number + is_nowhere(number))
        begun = time.perf_counter()
        store.places.find(postcode)
        yield (time.perf_counter() - begun) * 1e6
