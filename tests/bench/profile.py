"""``scripts/bench profile``: where the time of a letter goes, inside one sender."""

from __future__ import annotations

import cProfile
import pstats
import tempfile
import threading
import time
from pathlib import Path

import click

from tests.bench.letters import prepared
from tests.bench.loads import CAMPAIGN, SEAT
from tests.bench.rig import ROOT, Rig
from workers import log
from workers.actors.letters import send_letters
from workers.app import App
from workers.campaign.links import Links
from workers.mail.envelope import Composer
from workers.mail.templates import Templates
from workers.sending import Sending

_BATCH = 16


def send(app: App, composer: Composer, actions: list[str]) -> None:
    """As a worker's thread does, without dramatiq around it."""
    for start in range(0, len(actions), _BATCH):
        told = send_letters.fn(
            CAMPAIGN,
            actions[start : start + _BATCH],
            sending=Sending(app.store, app.mailer, app.journal, app.lookout, threading.Event(), 90.0),
            composer=composer,
            campaigns=app.campaigns,
        )
        for event in told:
            app.publisher.publish(event)


def run(*, functions: int) -> None:
    """Microseconds of CPU and of waiting for each letter, then the functions that take most."""
    with tempfile.TemporaryDirectory() as folder, Rig(Path(folder), sink="bare", processes=1, threads=1) as rig:
        log.configure("info", "json", (rig.folder / "profile.log").open("wb"))
        app = prepared(rig, 12_000)
        app.store.pauses.resume("all")
        app.journal.open()
        due = app.store.agenda.due_actions(CAMPAIGN, 2_000, 600_000)
        links = Links(app.ids, app.settings.web.public_url)
        composer = Composer(Templates(ROOT / app.settings.templates.folder), links)
        send(app, composer, due[:200])
        cpu, wall = time.process_time(), time.monotonic()
        send(app, composer, due[200:1000])
        letters = 800 * SEAT
        cpu_us, wall_us = (time.process_time() - cpu) / letters * 1e6, (time.monotonic() - wall) / letters * 1e6
        click.echo(f"a letter takes {cpu_us:.1f} µs of CPU in its sender, and {wall_us - cpu_us:.1f} µs of waiting")
        with cProfile.Profile() as profile:
            send(app, composer, due[1000:1800])
    pstats.Stats(profile).sort_stats("tottime").print_stats(functions)
