"""A list of people, imported by a real process: how fast, in how much memory, and what one of them takes in Valkey."""

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
from typing import Any

import redis

from tests.bench.rig import ROOT
from workers.campaign.ids import Ids
from workers.campaign.postcodes import LETTERS
from workers.server import Valkey
from workers.store import Store

SECRET = "a secret that only the bench uses, long enough"
_HEADER = "name,email,postcode,tags,language,consent_purpose,consent_wording,consent_at,consent_source\n"


def run(rows: int) -> None:
    """Prints what it does, and the figures as one line of JSON last."""
    print(json.dumps(measured(rows)))


def measured(rows: int) -> dict[str, float]:
    """The figures of one import, and of a second one of the same list."""
    with tempfile.TemporaryDirectory(prefix="people-") as temporary:
        folder = Path(temporary)
        file = folder / "people.csv"
        with file.open("w", encoding="utf-8") as out:
            out.write(_HEADER)
            out.writelines(_people(rows))
        print(f"made {rows:,} rows, {file.stat().st_size / 1e6:,.0f} MB")
        with Valkey(folder / "valkey", fsync="always") as server, redis.Redis.from_url(server.url) as client:
            return _measured(file, server.url, client, rows)


def _people(rows: int) -> Iterator[str]:
    """Everybody agreed to bulletins; one in five has tags, one in nine reads Welsh."""
    chance = random.Random(1)
    for number in range(rows):
        postcode = f"ZE{chance.randint(1, 9)} {chance.randint(1, 9)}{chance.choice(LETTERS)}{chance.choice(LETTERS)}"
        tags, language = "volunteer;donor" if number % 5 == 0 else "", "cy" if number % 9 == 0 else ""
        consent = 'bulletins,"Yes, mail me the bulletin",2026-05-01,street stall'
        address = f"robin.{number}@supporter{number % 500}.example"
        yield f"Robin Vale {number},{address},{postcode},{tags},{language},{consent}\n"


def _measured(file: Path, url: str, client: Any, rows: int) -> dict[str, float]:
    store = Store.connect(url, Ids(SECRET))
    store.ping()  # the server has our scripts, and nothing else
    empty, before = _used(client), _server_s(client)
    report, seconds, usage = _import(file, url)
    print(f"imported {report['new']:,} people in {seconds:.1f} s")
    cpu = usage.ru_utime + usage.ru_stime
    figures = {
        "import_rows": rows,
        "import_rows_per_s": round(rows / seconds),
        "import_rows_per_cpu_s": round(rows / cpu),
        "import_us_per_row": round(cpu / rows * 1e6, 1),
        "import_valkey_us_per_row": round((_server_s(client) - before) / rows * 1e6, 1),
        "import_peak_mb": round(usage.ru_maxrss * 1024 / 1e6, 1),
        "bytes_per_person": round((_used(client) - empty) / rows),
    }
    _, again, _ = _import(file, url)
    begun = time.monotonic()
    walked = sum(1 for _ in store.people.profiles())
    figures["walk_profiles_per_s"] = round(walked / (time.monotonic() - begun))
    figures["import_again_rows_per_s"] = round(rows / again)
    store.close()
    return figures


def _import(file: Path, url: str) -> tuple[dict[str, Any], float, resource.struct_rusage]:
    """What the importer says, its wall-clock time from start to end, and what it used."""
    environment = {**os.environ, "REDIS_URL": url, "MOBILISE_SECRET": SECRET}
    argv = [sys.executable, "-m", "workers", "people", "import", str(file), "--yes", "--json"]
    begun = time.monotonic()
    process = subprocess.Popen(argv, cwd=ROOT, env=environment, stdout=subprocess.PIPE)
    assert process.stdout
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"the import ended with {process.returncode}")
    return json.loads(said.splitlines()[-1]), seconds, usage


def _used(client: Any) -> int:
    time.sleep(1)  # connections that have closed are freed
    return int(client.info("memory")["used_memory"])


def _server_s(client: Any) -> float:
    used = client.info("cpu")
    return float(used["used_cpu_user"] + used["used_cpu_sys"])
