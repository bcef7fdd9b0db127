"""``scripts/bench agenda``: what half a million waiting letters cost the clock, and how soon 10,000 are moved."""

from __future__ import annotations

import json
import tempfile
import time
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import click

from tests.bench.loads import CAMPAIGN, candidates, load
from tests.bench.rig import Process, Rig, cpu_s, wait_for
from workers import pacing
from workers.app import App
from workers.campaign.pace import CAP_MOST, DOMAIN_CAP_MOST, Pace
from workers.forecasts import forecast

#: Seconds of idling that are measured: upkeep has slower rounds than the clock.
_IDLE_S = 30


def run(letters: int, due: int, rounds: int) -> None:
    """One line of JSON last."""
    with tempfile.TemporaryDirectory() as folder, Rig(Path(folder), sink="bare", processes=1, threads=8) as rig:
        app = rig.app()
        _wait_for_ever(app)
        begun = time.monotonic()
        load(app, letters)
        click.echo(f"{letters:,} letters written in {time.monotonic() - begun:.0f} s, none of them due")
        with rig.running(("clock", ["workers", "clock"])) as (clock,):
            rig.wait_until_started([clock])
            time.sleep(3)
            idle = _idle(rig, clock)
            click.echo(f"idle: {idle['clock_share']:.2%} of a core, Valkey {idle['valkey_share']:.2%}")
            moves = [_move(rig, due) for _ in range(rounds)]
        retimed = _retime(app)
        click.echo(json.dumps({"waiting": letters, **idle, "due": due, "move_ms": round(median(moves)), **retimed}))


def _wait_for_ever(app: App) -> None:
    """A pace whose only hour is half a day away."""
    app.store.candidates.apply(CAMPAIGN, candidates())
    campaign = app.campaigns[CAMPAIGN]
    hour = (datetime.now(ZoneInfo(campaign.time_zone)).hour + 12) % 24
    curve = tuple(float(each == hour) for each in range(24))
    pacing.change(app.store, campaign, lambda _: Pace(CAP_MOST, DOMAIN_CAP_MOST, curve))
    app.store.paces.retime_all(CAMPAIGN)


def _idle(rig: Rig, clock: Process) -> dict[str, Any]:
    """Shares of one core, with nothing due."""
    valkey = int(rig.client().info("server")["process_id"])
    before, begun = (clock.cpu_s(), cpu_s(valkey)), time.monotonic()
    time.sleep(_IDLE_S)
    took = time.monotonic() - begun
    return {
        "clock_share": round((clock.cpu_s() - before[0]) / took, 4),
        "valkey_share": round((cpu_s(valkey) - before[1]) / took, 4),
    }


def _move(rig: Rig, due: int) -> float:
    """ms until so many actions that become due at once are in the queue."""
    client, queue, agenda = rig.client(), rig.broker_client(), f"agenda:{CAMPAIGN}"
    queue.flushdb()
    chosen = client.zrange(agenda, 0, due - 1)
    begun = time.monotonic()
    client.zadd(agenda, dict.fromkeys(chosen, int(time.time() * 1000)))
    begun = time.monotonic()
    wait_for(lambda: client.zcount(agenda, "-inf", int(time.time() * 1000)) == 0, 60)
    took, messages = (time.monotonic() - begun) * 1000, 0
    while not messages or messages != queue.llen("dramatiq:letters"):
        took, messages = (time.monotonic() - begun) * 1000, queue.llen("dramatiq:letters")
        time.sleep(0.03)
    click.echo(f"{len(chosen):,} actions moved in {took:.0f} ms, {messages} messages")
    client.zadd(agenda, dict.fromkeys(chosen, int((time.time() + 40_000) * 1000)))
    return took


def _retime(app: App) -> dict[str, Any]:
    """What a change of pace and a forecast take."""
    campaign, begun = app.campaigns[CAMPAIGN], time.monotonic()
    pacing.change(app.store, campaign, lambda _: Pace(60, 60_000))
    letters, _ = app.store.paces.retime_all(CAMPAIGN)
    took = time.monotonic() - begun
    begun = time.monotonic()
    forecast(app.store, campaign, 120)
    stands = time.monotonic() - begun
    begun = time.monotonic()
    forecast(app.store, campaign, 120, Pace(30, 600))
    what_if = time.monotonic() - begun
    click.echo(f"{letters:,} timed anew in {took:.1f} s; forecast {stands:.2f} s, of another pace {what_if:.2f} s")
    return {
        "retimed_per_s": round(letters / took),
        "forecast_s": round(stands, 2),
        "what_if_s": round(what_if, 2),
    }
