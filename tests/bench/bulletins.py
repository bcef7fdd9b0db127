"""``scripts/bench bulletins``: recipients a second beside what the same machine can do at its best and at its usual."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import click

from tests.bench import people as people_bench
from tests.bench import readers
from tests.bench.letters import cpu_by_process, sdk_rate
from tests.bench.rig import Rig, rate, wait_for
from workers.app import App
from workers.campaign.mailings import Stage
from workers.campaign.states import CONTACT
from workers.store.keys import mailing_scope
from workers.store.mailings import ORDER

#: Seconds for one edition.
_LONGEST_S = 1800.0
#: Bytes by which the memory of a server with nothing to do may waver.
_STILL = 4096


class Bench:
    """A ledger with people in it, to whom one edition goes after the other."""

    def __init__(self, rig: Rig, people: int, few: int) -> None:
        rig.flush()
        rig.valkey.restart()
        self.rig, self.app, self.people, self.few = rig, rig.app(), people, few
        self._editions = 0
        readers.load(self.app, people, few)

    def send(self, *, few: bool = False) -> dict[str, Any]:
        """Gathers an edition for everybody, or for ``few``, then sends it; what both took."""
        with self.rig.running(*self.rig.senders()) as processes:
            self.rig.wait_until_started(processes)
            book, used = self._approve("tag = 'few'" if few else ""), cpu_by_process(self.rig, processes)
            begun = time.monotonic()
            wait_for(lambda: self.app.store.mailings.get(book).stage is Stage.SENDING, _LONGEST_S)
            gathered_s, total = time.monotonic() - begun, self.app.store.mailings.get(book).audience
            between = cpu_by_process(self.rig, processes)
            self.app.store.pauses.resume(mailing_scope(book))
            per_s = rate(lambda: accepted(self.app, book), total, _LONGEST_S)
            wait_for(lambda: accepted(self.app, book) == total, _LONGEST_S)
            after = cpu_by_process(self.rig, processes)
        return {
            "recipients": total,
            "per_s": per_s,
            "gathered_per_s": total / gathered_s,
            "gather_cpu_us": _each(used, between, total),
            "cpu_us": _each(between, after, total),
            "batch": total / max(1, self.app.store.mailings.groups(book)[0]),
        }

    def _approve(self, where: str) -> str:
        """The book of a new edition that begins now, but whose copies wait."""
        self._editions += 1
        mailing = readers.edition(self.app, f"n{self._editions}", where)
        self.app.store.pauses.pause(mailing_scope(mailing.book), "the bench gathers first")
        readers.newsroom(self.app).approve(mailing, "bench", due_at=int(time.time()))
        return mailing.book

    def bytes_each(self) -> float:
        """Bytes in Valkey of one recipient of an edition that has left, everything included."""
        before = self._used()
        total = self.send()["recipients"]
        return (self._used() - before) / float(total)

    def _used(self) -> int:
        """Without connections, without what is about to be written to disk, and once tables have grown in peace."""
        self.app.store.close()
        client = self.rig.client()
        wait_for(lambda: len(client.client_list()) <= 1, 30)
        wait_for(lambda: int(client.info("memory").get("mem_aof_buffer", 0)) < 4096, 30)
        used, before = _used(client), 0
        while abs(used - before) > _STILL:
            time.sleep(1)
            used, before = _used(client), used
        self.app = self.rig.app()
        return used


def accepted(app: App, book: str) -> int:
    """Copies that the sink took, by the tally."""
    states = app.store.tallies.totals(book).letters
    return sum(states[state] for state in CONTACT)


def measure_limit(rig: Rig, how: str, size: int, seconds: float) -> float:
    """Recipients a second of processes that only post: "ready" batches, or ones "written" each time."""
    argv = [sys.executable, "-m", "tests.bench.ready", how, str(size), str(seconds)]
    root = Path(__file__).resolve().parents[2]
    started = [
        subprocess.Popen(argv, env=rig.environment, cwd=root, stdout=subprocess.PIPE, text=True)
        for _ in range(rig.processes)
    ]
    return sum(float(process.communicate()[0]) for process in started)


def main(sink: str, *, rounds: int, quick: bool, full: bool) -> dict[str, Any]:
    """Every figure, alternating; prints as it goes and returns what the last line says."""
    many = 20_000 if quick else 1_000_000 if full else 100_000
    few = many // (100 if full else 10 if not quick else 4)
    found: dict[str, list[float]] = {"bulletins": [], "ready": [], "written": [], "sdk": [], "few": []}
    with tempfile.TemporaryDirectory() as folder, Rig(Path(folder), sink=sink, processes=2, threads=64) as rig:
        bench = Bench(rig, many, few)
        click.echo(f"{many:,} people, of whom {few:,} are the few")
        bytes_each = bench.bytes_each()
        click.echo(f"{bytes_each:.0f} bytes a recipient")
        for number in range(rounds):
            sent = bench.send()
            size = round(sent["batch"])
            found["bulletins"].append(sent["per_s"])
            found["ready"].append(measure_limit(rig, "ready", size, 3))
            found["written"].append(measure_limit(rig, "written", size, 3))
            found["sdk"].append(sdk_rate(rig, 200))
            found["few"].append(bench.send(few=True)["per_s"])
            said = "  ".join(f"{name} {values[-1]:,.0f}/s" for name, values in found.items())
            click.echo(f"round {number + 1}: {said}")
        bench.app.close()
    mid = {name: median(values) for name, values in found.items()}
    imported = people_bench.measured(10_000 if quick else 100_000)
    return {
        "recipients_per_s": round(mid["bulletins"]),
        "limit_recipients_per_s": round(mid["ready"]),
        "recipients_per_limit": round(mid["bulletins"] / mid["ready"], 3),
        "written_recipients_per_s": round(mid["written"]),
        "recipients_per_written": round(mid["bulletins"] / mid["written"], 3),
        "sdk_recipients_per_s": round(mid["sdk"], 1),
        "recipients_per_sdk_recipient": round(mid["bulletins"] / mid["sdk"], 1),
        "cpu_us_per_recipient": sent["cpu_us"],
        "gather_cpu_us_per_recipient": sent["gather_cpu_us"],
        "gathered_per_s": round(sent["gathered_per_s"]),
        "recipients_per_call": size,
        "bytes_per_recipient": round(bytes_each),
        "rate_1m_over_10k": round(mid["bulletins"] / mid["few"], 3),
        "rate_of": [many, few],
        "import_rows_per_s": imported["import_rows_per_s"],
        "import_rows_per_cpu_s": imported["import_rows_per_cpu_s"],
        "cores": os.cpu_count(),
        "order_size": ORDER,
    }


def run(sink: str, *, rounds: int, quick: bool, full: bool) -> None:
    """One line of JSON last."""
    click.echo(json.dumps(main(sink, rounds=rounds, quick=quick, full=full)))


def _used(client: Any) -> int:
    return int(client.info("memory")["used_memory"])


def _each(before: dict[str, float], after: dict[str, float], total: int) -> dict[str, float]:
    """Microseconds of CPU for each of ``total``, by process."""
    return {name: round((seconds - before[name]) / total * 1e6, 1) for name, seconds in after.items()}
