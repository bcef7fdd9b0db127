"""``scripts/bench reports``: reports taken in a second, beside the letters sent in a second by the same processes."""

from __future__ import annotations

import http.client
import json
import os
import random
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, SimpleQueue
from statistics import median
from typing import Any

import click
import msgspec

from tests.bench.letters import accepted, cpu_by_process, measure_letters
from tests.bench.loads import CAMPAIGN
from tests.bench.rig import Rig, wait_for
from tests.support.ports import free_port
from workers import log
from workers.actors.reports import record_reports
from workers.app import App
from workers.campaign.events import ReportsRecorded
from workers.mail.reports import verify
from workers.outbox.signing import SIGNATURE, TIMESTAMP, Signer, signer
from workers.store import keys
from workers.store.reports import SoftBounces

#: Events in a callback, as many as SendGrid sends.
_BATCH = 1000
#: Shares of letters that come back and that are complained about.
_BOUNCES, _COMPLAINTS = 0.03, 0.002
#: Connections over which SendGrid's part posts.
_CONNECTIONS = 4


def events(app: App, seed: int) -> Iterator[dict[str, Any]]:
    """What SendGrid says of every letter: taken on and delivered, some bounced, a few complained about."""
    now = int(time.time())
    for number, letter in enumerate(app.store.letters.newest_first(CAMPAIGN)):
        draw = random.Random(letter.id).random()  # the same fate each time it is told
        words = ["processed", "bounce" if draw < _BOUNCES else "delivered"]
        for word in [*words, "spamreport"] if draw > 1 - _COMPLAINTS else words:
            yield {
                "delivery": letter.id,
                "email": f"c{letter.candidate}@candidates.example",
                "timestamp": now,
                "smtp-id": f"<{number}@outbox.example>",
                "category": ["bench"],
                "event": word,
                "response": "250 2.0.0 OK  1790000000 d9443c01a7336-20d1a5f6ad2si13 - gsmtp",
                "sg_event_id": f"{seed}-{number}-{word}",
                "sg_message_id": f"{letter.message_id}.filter0001.{number}.0",
            }


def batches(app: App, seed: int) -> list[bytes]:
    """Bodies of callbacks, shuffled among neighbours as they arrive."""
    found, chance = list(events(app, seed)), random.Random(seed)
    for start in range(0, len(found), 5 * _BATCH):
        part = found[start : start + 5 * _BATCH]
        chance.shuffle(part)
        found[start : start + 5 * _BATCH] = part
    return [msgspec.json.encode(found[start : start + _BATCH]) for start in range(0, len(found), _BATCH)]


def post(port: int, bodies: SimpleQueue[bytes], by: Signer) -> None:
    """Posts until nothing is left, on one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    while True:
        try:
            body = bodies.get_nowait()
        except Empty:
            return connection.close()
        headers = by.headers(body, int(time.time())) | {"content-type": "application/json"}
        connection.request("POST", "/callbacks/sendgrid/events", body, headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 204:
            raise RuntimeError(f"a callback was answered with {answer.status}")


def measure_http(rig: Rig, bodies: list[bytes], by: Signer) -> dict[str, Any]:
    """Events a second from the first byte of the first callback to the last one worked, and what each cost."""
    port, client = free_port(), rig.client()
    waiting: SimpleQueue[bytes] = SimpleQueue()
    for body in bodies:
        waiting.put(body)
    with rig.running(*rig.senders(), ("web", ["workers", "web", "--port", str(port)])) as processes:
        wait_for(lambda: _answers(port), 30)
        time.sleep(2)
        cpu, begun = cpu_by_process(rig, processes), time.monotonic()
        posters = [threading.Thread(target=post, args=(port, waiting, by)) for _ in range(_CONNECTIONS)]
        for poster in posters:
            poster.start()
        for poster in posters:
            poster.join()
        answered = time.monotonic() - begun
        wait_for(lambda: client.zcard(keys.CALLBACKS) == 0, 120)
        took = time.monotonic() - begun
        count = sum(len(msgspec.json.decode(body, type=list[msgspec.Raw])) for body in bodies)
        spent = {name: after - cpu[name] for name, after in cpu_by_process(rig, processes).items() if name != "sink"}
    return {
        "per_s": count / took,
        "answered_per_s": count / answered,
        "cpu_us": {name: round(seconds / count * 1e6, 1) for name, seconds in spent.items()},
    }


def measure_actor(app: App, bodies: list[bytes], by: Signer) -> dict[str, float]:
    """One thread that verifies and works callbacks without HTTP and queue: events a second, and its CPU for each."""
    signed = [by.headers(body, 1_790_000_000) for body in bodies]
    cpu, begun, count, moved = time.process_time(), time.monotonic(), 0, 0
    for number, (body, headers) in enumerate(zip(bodies, signed, strict=True)):
        if not verify(body, headers[SIGNATURE], headers[TIMESTAMP], [by.public_key]):
            raise RuntimeError("a callback was not believed")
        app.store.callbacks.keep(f"c{number}", body, 0)
        for event in record_reports.fn(
            campaign="",
            callback=f"c{number}",
            store=app.store,
            campaigns=app.campaigns,
            soft_bounces=SoftBounces(),
            meter=app.meter,
        ):
            if isinstance(event, ReportsRecorded):
                count, moved = count + event.reports, moved + event.moved
    took, cpu = time.monotonic() - begun, time.process_time() - cpu
    return {"per_s": count / took, "cpu_us": cpu / count * 1e6, "moved": moved}


def used(rig: Rig) -> int:
    """Bytes of Valkey's values."""
    return int(rig.client().info("memory")["used_memory_dataset"])


def measure_memory(rig: Rig, app: App, by: Signer) -> dict[str, float]:
    """Bytes that the ledger grows by for each event told first, and for each that is told again under another id."""
    before, first = used(rig), batches(app, 1)
    told = measure_actor(app, first, by)
    after, again = used(rig), batches(app, 2)
    repeated = measure_actor(app, again, by)
    if repeated["moved"]:
        raise RuntimeError(f"{repeated['moved']:.0f} letters moved when told again")
    count = sum(1 for _ in events(app, 1))
    return {
        "bytes_per_event": round((after - before) / count, 2),
        "bytes_per_repeat": max(0.0, round((used(rig) - after) / count, 2)),  # below 0 is what Valkey tidied up
        "actor_per_s": told["per_s"],
        "actor_cpu_us": told["cpu_us"],
        "repeat_per_s": repeated["per_s"],
    }


def _answers(port: int) -> bool:
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/livez")
        return connection.getresponse().status == 200
    except OSError:
        return False


def main(*, rounds: int, letters: int) -> dict[str, Any]:
    """Every figure, letters and reports in turn; prints as it goes and returns what the last line says."""
    sent, told, cpu = [], [], {}
    with tempfile.TemporaryDirectory() as folder, Rig(Path(folder), sink="bare", processes=2, threads=16) as rig:
        log.configure("error", "json")
        by = signer(rig.folder)
        os.environ["SENDGRID_WEBHOOK_PUBLIC_KEY"] = by.public_key
        for number in range(rounds):
            sent.append(measure_letters(rig, letters)["per_s"])
            app = rig.app()
            bodies = batches(app, number)
            found = measure_http(rig, bodies, by)
            told.append(found["per_s"])
            cpu = found["cpu_us"]
            wrong = app.store.tallies.verify(CAMPAIGN)
            click.echo(
                f"round {number + 1}: letters {sent[-1]:,.0f}/s  reports {told[-1]:,.0f}/s "
                f"(answered {found['answered_per_s']:,.0f}/s)  contacts {accepted(app):,}  differences {len(wrong)}"
            )
        measure_letters(rig, letters)
        memory = measure_memory(rig, rig.app(), by)
        click.echo(f"one thread {memory['actor_per_s']:,.0f}/s; again {memory['repeat_per_s']:,.0f}/s")
    reports_per_s, letters_per_s = median(told), median(sent)
    return {
        "reports_per_s": round(reports_per_s),
        "letters_per_s": round(letters_per_s),
        "reports_per_letter": round(reports_per_s / letters_per_s, 2),
        "reports_per_s_one_thread": round(memory["actor_per_s"]),
        "repeats_per_s_one_thread": round(memory["repeat_per_s"]),
        "cpu_us_per_report": {**cpu, "one_thread": round(memory["actor_cpu_us"], 1)},
        "bytes_per_report": memory["bytes_per_event"],
        "bytes_per_dedupe_entry": memory["bytes_per_repeat"],  # there is none: state by precedence
        "reports_per_callback": _BATCH,
        "cores": os.cpu_count(),
    }


def run(*, rounds: int, letters: int) -> None:
    """One line of JSON last."""
    click.echo(json.dumps(main(rounds=rounds, letters=letters)))
