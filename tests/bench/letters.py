"""``scripts/bench letters``: letters a second beside what the same machine can do at its best and at its usual."""

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

from tests.bench import noop, sdk
from tests.bench.loads import CAMPAIGN, SEAT, candidates, load
from tests.bench.rig import Process, Rig, cpu_s, rate
from workers.app import App
from workers.campaign.states import CONTACT


def accepted(app: App) -> int:
    """Letters that the sink took, by the tally."""
    letters = app.store.tallies.totals(CAMPAIGN).letters
    return sum(letters[state] for state in CONTACT)


def prepared(rig: Rig, letters: int) -> App:
    """An empty server with candidates and ``letters`` due, paused."""
    rig.flush()
    app = rig.app()
    app.store.candidates.apply(CAMPAIGN, candidates())
    app.store.pauses.pause("all", "the bench is loading")
    load(app, letters)
    return app


def measure_letters(rig: Rig, letters: int, *, until: int = 0) -> dict[str, Any]:
    """Letters a second, and what each cost, from due to settled; stops at ``until`` of them."""
    app = prepared(rig, letters)
    with rig.running(*rig.senders()) as processes:
        rig.wait_until_started(processes)
        commands, calls = rig.client().info("stats")["total_commands_processed"], rig.client().xlen("events")
        cpu = cpu_by_process(rig, processes)
        app.store.pauses.resume("all")
        per_s = rate(lambda: accepted(app), until or letters)
        wait = time.monotonic() + 30
        while accepted(app) < (until or letters) and time.monotonic() < wait:
            time.sleep(0.05)
        done = accepted(app)
        spent = {name: (after - cpu[name]) / done * 1e6 for name, after in cpu_by_process(rig, processes).items()}
        used = rig.client().info("stats")["total_commands_processed"] - commands
        calls = rig.client().xlen("events") - calls
    return {
        "per_s": per_s,
        "cpu_us_per_letter": {name: round(us, 1) for name, us in spent.items()},
        "redis_commands_per_letter": round(used / done, 2),
        "calls_per_letter": round(calls / done, 3),
    }


def cpu_by_process(rig: Rig, processes: list[Process]) -> dict[str, float]:
    """Seconds of CPU by kind of process."""
    spent = {"valkey": cpu_s(rig.valkey.pid), "sink": rig.sink.cpu_s()}
    for process in processes:
        spent[process.name] = spent.get(process.name, 0.0) + process.cpu_s()
    return spent


def measure_noop(rig: Rig, messages: int) -> float:
    """No-op messages a second on as many processes and threads."""
    rig.flush()
    app = rig.app()
    noop.enqueue(app, messages)
    left = rig.broker_client()
    with rig.running(*[("noop", ["tests.bench.noop"])] * rig.processes):
        return rate(lambda: messages - int(left.hlen("dramatiq:noop.msgs")), messages)


def measure_limit(rig: Rig, letters: int) -> float:
    """Letters a second of processes that only render and post so many: the first to each candidate costs most."""
    argv = [sys.executable, "-m", "tests.bench.limit", str(letters // rig.processes)]
    root = Path(__file__).resolve().parents[2]
    started = [
        subprocess.Popen(argv, env=rig.environment, cwd=root, stdout=subprocess.PIPE, text=True)
        for _ in range(rig.processes)
    ]
    return sum(float(process.communicate()[0]) for process in started)


def measure_sdk(rig: Rig, letters: int) -> float:
    """Letters a second with one actor and one SDK call each."""
    rig.flush()
    return sdk_rate(rig, letters)


def sdk_rate(rig: Rig, letters: int) -> float:
    """The same, and what else is in the ledger stays."""
    app = rig.app()
    actor, client = sdk.declare(app), rig.broker_client()
    client.delete("sdk-sent")
    for number in range(letters):
        actor.send(number)
    with rig.running(*[("sdk", ["tests.bench.sdk"])] * rig.processes):
        return rate(lambda: int(client.get("sdk-sent") or 0), letters)


def measure_bytes(rig: Rig, letters: int) -> float:
    """Bytes in Valkey for each letter once all are sent, everything included but an empty server."""
    letters -= letters % SEAT
    rig.flush()
    rig.valkey.restart()
    before = int(rig.client().info("memory")["used_memory"])
    app = prepared(rig, letters)
    with rig.running(*rig.senders()):
        app.store.pauses.resume("all")
        rate(lambda: accepted(app), letters)
        while accepted(app) < letters:
            time.sleep(0.1)
        time.sleep(1)
    app.store.close()
    return (int(rig.client().info("memory")["used_memory"]) - before) / letters


def measure_idle(rig: Rig, seconds: float) -> float:
    """The share of one core that workers, web and clock use while there is nothing to do."""
    prepared(rig, 0).store.pauses.resume("all")
    with rig.running(*rig.senders(), ("web", ["workers", "web", "--port", "0"])) as processes:
        time.sleep(5)
        before = sum(process.cpu_s() for process in processes)
        time.sleep(seconds)
        return (sum(process.cpu_s() for process in processes) - before) / seconds


def main(sink: str, *, rounds: int, quick: bool) -> dict[str, Any]:
    """Every figure, alternating; prints as it goes and returns what the last line says."""
    size = 24_000 if quick else 30_000
    found: dict[str, list[float]] = {"letters": [], "noop": [], "limit": [], "sdk": [], "slow": []}
    with tempfile.TemporaryDirectory() as folder, Rig(Path(folder), sink=sink, processes=2, threads=128) as rig:
        for number in range(rounds):
            letters = measure_letters(rig, size)
            found["letters"].append(letters["per_s"])
            found["noop"].append(measure_noop(rig, 40_000))
            found["limit"].append(measure_limit(rig, size))
            found["sdk"].append(measure_sdk(rig, 200))
            if sink == "bare":
                rig.slow(on=True)
                found["slow"].append(measure_letters(rig, size)["per_s"])
                rig.slow(on=False)
            said = "  ".join(f"{name} {values[-1]:,.0f}/s" for name, values in found.items() if values)
            click.echo(f"round {number + 1}: {said}")
        small = measure_letters(rig, 10_200)["per_s"]
        large = measure_letters(rig, 60_000 if quick else 500_000, until=30_000)["per_s"]
        click.echo(f"ledger of 10k letters {small:,.0f}/s, of 500k {large:,.0f}/s")
        bytes_each = measure_bytes(rig, 30_000 if quick else 100_000)
        click.echo(f"{bytes_each:.0f} bytes a letter")
        idle = measure_idle(rig, 10)
    mid = {name: median(values) for name, values in found.items() if values}
    return {
        "letters_per_s": round(mid["letters"]),
        "noop_per_s": round(mid["noop"]),
        "letters_per_noop": round(mid["letters"] / mid["noop"], 3),
        "limit_letters_per_s": round(mid["limit"]),
        "letters_per_limit": round(mid["letters"] / mid["limit"], 3),
        "sdk_letters_per_s": round(mid["sdk"], 1),
        "letters_per_sdk_letter": round(mid["letters"] / mid["sdk"], 1),
        "letters_per_s_30ms": round(mid["slow"]) if "slow" in mid else None,
        "calls_per_letter": letters["calls_per_letter"],
        "cpu_us_per_letter": letters["cpu_us_per_letter"],
        "redis_commands_per_letter": letters["redis_commands_per_letter"],
        "bytes_per_letter": round(bytes_each),
        "rate_500k_over_10k": round(large / small, 3),
        "idle_cpu_share": round(idle, 4),
        "cores": os.cpu_count(),
        "letters_per_action": SEAT,
    }


def run(sink: str, *, rounds: int, quick: bool) -> None:
    """One line of JSON last."""
    click.echo(json.dumps(main(sink, rounds=rounds, quick=quick)))
