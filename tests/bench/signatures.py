"""``scripts/bench signatures``: callbacks a second, how soon a page shows one, what the page of signatories costs."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import click
from standardwebhooks.webhooks import Webhook

from tests.bench import crowd
from tests.bench.rig import Process, Rig
from tests.support.watchers import watching
from workers.app import App

_SECRET = "whsec_" + base64.b64encode(b"a secret that only the bench uses").decode()
_CALLBACK, _PAGE = "/callbacks/signatures/bench", "/campaigns/bench/signatories"
_API, _STREAM = "/api/campaigns/bench/signatories", "/api/campaigns/bench/tally/stream"
_SIGNED = 5000


def run(*, rounds: int, callbacks: int, changes: int) -> None:
    """One line of JSON last."""
    os.environ["SIGNATURE_WEBHOOK_SECRET"] = _SECRET
    with tempfile.TemporaryDirectory() as folder, Rig(Path(folder), sink="bare", processes=1, threads=8) as rig:
        found = {**_ingress(rig, rounds, callbacks), **_latency(rig, changes), **_page(rig)}
    click.echo(json.dumps({**found, "cores": os.cpu_count()}))


def _callback(number: int) -> bytes:
    now = datetime.now(UTC)
    said = {"candidate_id": str(number), "source": "form", "evidence_url": f"https://news.example/{number}"}
    body = json.dumps({"type": "charter.signed", "timestamp": now.isoformat(), "data": said})
    sealed = Webhook(_SECRET).sign(f"msg_{number}", now, body)
    return (
        f"POST {_CALLBACK} HTTP/1.1\r\nHost: bench.example\r\nContent-Type: application/json\r\n"
        f"webhook-id: msg_{number}\r\nwebhook-timestamp: {int(now.timestamp())}\r\nwebhook-signature: {sealed}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def _loaded(rig: Rig, number: int) -> App:
    rig.flush()
    app = rig.app()
    app.store.candidates.apply("bench", crowd.candidates(number))
    return app


def _ingress(rig: Rig, rounds: int, callbacks: int) -> dict[str, Any]:
    """Nobody works the callbacks meanwhile: what is measured is verifying, keeping on disk and answering."""
    taken, alive, spent, refused = [], [], [], 0
    for number in range(rounds):
        _loaded(rig, callbacks).store.close()
        with crowd.web(rig) as (port, web):
            per_s, _ = asyncio.run(crowd.ask(port, [crowd.get("/livez")] * callbacks))
            alive.append(per_s)
            requests, cpu = [_callback(one) for one in range(callbacks)], web.cpu_s()
            per_s, statuses = asyncio.run(crowd.ask(port, requests))
            spent.append((web.cpu_s() - cpu) / callbacks * 1e6)
        taken.append(per_s)
        refused += callbacks - statuses.get(204, 0)
        click.echo(f"round {number + 1}: {taken[-1]:,.0f} callbacks/s, {alive[-1]:,.0f} no-ops/s")
    return {
        "callbacks_per_s": round(median(taken)),
        "noop_per_s": round(median(alive)),
        "callbacks_per_noop": round(median(taken) / median(alive), 3),
        "callback_cpu_us": round(median(spent)),
        "refused": refused,
    }


def _latency(rig: Rig, changes: int) -> dict[str, Any]:
    """From the first byte of a callback to the new number on an open stream: ingress, queue, worker, ledger, stream."""
    _loaded(rig, changes + 1).store.close()
    with crowd.web(rig, ("worker", ["workers", "worker"])) as (port, _):
        time.sleep(2.5)  # the worker's own start is not what is measured
        waits = asyncio.run(_wait(port, changes))
    p50, p99 = (crowd.percentile(waits, share) * 1000 for share in (0.5, 0.99))
    click.echo(f"callback to open page: {p50:.0f} ms (p50), {p99:.0f} ms (p99)")
    return {"callback_to_page_ms_p50": round(p50), "callback_to_page_ms_p99": round(p99)}


async def _wait(port: int, changes: int) -> list[float]:
    waits = []
    async with watching(port, _STREAM, 1) as watched:
        await watched.all_heard(0, 1)
        for number in range(1, changes + 1):
            begun = time.monotonic()
            await crowd.ask(port, [_callback(number)], 1)
            waits.append((await watched.all_heard(number, 1))[0] - begun)
            await asyncio.sleep(0.05 + 0.013 * (number % 16))  # at any moment between two looks
    return waits


def _page(rig: Rig) -> dict[str, Any]:
    app = _loaded(rig, _SIGNED)
    crowd.sign(app, crowd.candidates(_SIGNED))
    app.store.close()
    with crowd.web(rig) as (port, web):
        requests = {
            "noop": crowd.get("/livez"),
            "page": crowd.get(_PAGE),
            "page_gzip": crowd.get(_PAGE, "Accept-Encoding: gzip\r\n"),
            "page_unchanged": crowd.get(_PAGE, "If-None-Match: *\r\n"),
            "json_gzip": crowd.get(_API, "Accept-Encoding: gzip\r\n"),
            "csv_gzip": crowd.get(f"{_API}.csv", "Accept-Encoding: gzip\r\n"),
            "atom_gzip": crowd.get(f"{_API}.atom", "Accept-Encoding: gzip\r\n"),
        }
        costs = {name: _cost(port, web, [request] * 2000) for name, request in requests.items()}
        searches = [crowd.get(f"{_PAGE}?q=millbrook+{number:04}") for number in range(800)]
        costs["search"] = _cost(port, web, searches)
        click.echo("CPU µs a request: " + "  ".join(f"{name} {us:,}" for name, us in costs.items()))
        plain, packed = (_bytes(port, requests[name]) for name in ("page", "page_gzip"))
    return {"rows": _SIGNED, "page_bytes": plain, "page_bytes_gzip": packed, "cpu_us_per_request": costs}


def _cost(port: int, web: Process, requests: list[bytes]) -> int:
    asyncio.run(crowd.ask(port, requests[:1], 1))
    cpu = web.cpu_s()
    asyncio.run(crowd.ask(port, requests, 4))
    return round((web.cpu_s() - cpu) / len(requests) * 1e6)


def _bytes(port: int, request: bytes) -> int:
    import socket

    with socket.create_connection(("127.0.0.1", port)) as one, one.makefile("rb") as answer:
        one.sendall(request)
        head = dict(line.lower().split(b": ", 1) for line in iter(answer.readline, b"\r\n") if b": " in line)
        return int(head[b"content-length"])
