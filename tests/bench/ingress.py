"""``scripts/bench ingress``: actions accepted in a second, what each costs beside an empty answer, and none lost."""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import click

from tests.bench import crowd
from tests.bench.posting import Answers, post_all, post_at_rate
from tests.bench.rig import Process, Rig, cpu_s, wait_for
from tests.support.ports import free_port
from tests.support.processes import status
from workers.campaign.sectors import gather

_KEY = "a key that only the bench uses"
_PATH = "/api/campaigns/bench"
_SEATS, _SEAT = 650, 6
_SECTORS, _UNITS = 2600, 20
#: Requests a second at which an action and an empty answer are compared.
_RATE = 1000
_WORDS = (
    "I have walked along our river for thirty years, and last summer was the first in which nobody swam. The water "
    "company says that it may release what it likes when it rains; it rains here on two days in five. I would like to "
    "know what you will do about it in your first hundred days."
)


class _Round(NamedTuple):
    """One load at full speed: requests a second, and microseconds of CPU for each, web and ledger together."""

    per_s: float
    web_us: float
    ledger_us: float
    answers: Answers

    @property
    def cpu_us(self) -> float:
        return self.web_us + self.ledger_us


def run(rounds: int, actions: int, seconds: int) -> None:
    """One line of JSON last."""
    os.environ["MOBILISE_API_KEYS"] = f"bench:{_KEY}"
    with tempfile.TemporaryDirectory() as folder, Rig(Path(folder), sink="bare", processes=1, threads=8) as rig:
        _load(rig)
        found = _costs(rig, rounds, actions)
        paced = _paced(rig, seconds)
        lost = found.pop("lost") + paced.pop("lost") + _lost_in_a_crash(rig, actions)
    click.echo(json.dumps({**found, **paced, "lost": lost, "cores": os.cpu_count()}))


def _postcode(number: int) -> str:
    """One of 52,000, each in its own place of 2,600 sectors, four to a seat."""
    sector, unit = number % _SECTORS, number // _SECTORS % _UNITS
    return f"SW{sector // 90 % 90 + 10} {sector % 9 + 1}{'ABDEFGHJLN'[sector // 9 % 10]}{'ABDEFGHJLNPQRSTUWXYZ'[unit]}"


def _load(rig: Rig) -> None:
    """As many candidates as in 2015, and places enough that no two supporters in a row share one."""
    rig.flush()
    app = rig.app()
    app.store.candidates.apply("bench", crowd.candidates(_SEATS * _SEAT))
    postcodes = {_postcode(number): f"E14{number % _SECTORS % _SEATS:06}" for number in range(_SECTORS * _UNITS)}
    rows = [(postcode, "2024", gss, "") for postcode, gss in postcodes.items()]
    app.store.places.put(app.store.places.compare(gather(rows)))
    app.store.close()


def _action(number: int) -> bytes:
    """One supporter's, to all the candidates of a seat; every second one has own words."""
    supporter = {
        "name": f"Supporter Number {number}",
        "email": f"supporter{number}@supporters.example",
        "postcode": _postcode(number),
    }
    own = {"message": f"{_WORDS} ({number})", "subject": "Our river"} if number % 2 else {}
    consents = [{"purpose": "updates", "wording": "Tell me what becomes of my letters."}]
    body = json.dumps({"supporter": supporter, "consents": consents, "source": "bench", **own})
    return _request("actions", body)


def _request(path: str, body: str) -> bytes:
    return (
        f"POST {_PATH}/{path} HTTP/1.1\r\nHost: bench.example\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {_KEY}\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


@contextmanager
def _web(rig: Rig) -> Iterator[tuple[int, Process]]:
    """The port of the web process with the empty endpoint, and the process."""
    port = free_port()
    with rig.running(("web", ["tests.bench.empty", str(port)])) as (process,):
        wait_for(lambda: status(f"http://127.0.0.1:{port}/livez") == 200, 30)
        yield port, process


def _measure(rig: Rig, port: int, web: Process, requests: list[bytes], per_s: float = 0) -> _Round:
    """At full speed, or ``per_s``."""
    cpu = web.cpu_s(), cpu_s(rig.valkey.pid)
    begun = time.monotonic()
    answers = asyncio.run(post_at_rate(port, requests, per_s) if per_s else post_all(port, requests))
    took, count = time.monotonic() - begun, len(requests)
    web_s, ledger_s = web.cpu_s() - cpu[0], cpu_s(rig.valkey.pid) - cpu[1]
    return _Round(count / took, web_s / count * 1e6, ledger_s / count * 1e6, answers)


def _costs(rig: Rig, rounds: int, actions: int) -> dict[str, Any]:
    """The same requests to the empty endpoint and to the real one, turn by turn: at full speed, and at an equal rate.

    A server that is never idle spends least on each request, and an empty one is idle sooner: the ratio is taken where
    both do the same number in a second.
    """
    with _web(rig) as (port, web):
        _measure(rig, port, web, _actions(10**9, 3000))
        pairs = [_pair(rig, port, web, number, actions, per_s) for number in range(rounds) for per_s in (0, _RATE)]
        lost = sum(actions - taken.answers.accepted + _missing(rig, taken.answers) for _, taken in pairs)
    fast, even = pairs[::2], pairs[1::2]
    return {
        "accepted_per_s": round(median(taken.per_s for _, taken in fast)),
        "empty_202_per_s": round(median(empty.per_s for empty, _ in fast)),
        "cpu_ratio": _ratio(even),
        "cpu_ratio_full_speed": _ratio(fast),
        "accepted_cpu_us": round(median(taken.cpu_us for _, taken in even)),
        "accepted_web_cpu_us": round(median(taken.web_us for _, taken in even)),
        "accepted_ledger_cpu_us": round(median(taken.ledger_us for _, taken in even)),
        "empty_cpu_us": round(median(empty.cpu_us for empty, _ in even)),
        "lost": lost,
    }


def _ratio(pairs: list[tuple[_Round, _Round]]) -> float:
    return round(median(taken.cpu_us for _, taken in pairs) / median(empty.cpu_us for empty, _ in pairs), 2)


def _pair(rig: Rig, port: int, web: Process, number: int, actions: int, per_s: float) -> tuple[_Round, _Round]:
    requests = _actions((number * 2 + (per_s > 0)) * actions, actions)
    nothing = [one.replace(b"/actions ", b"/empty ", 1) for one in requests]
    empty = _measure(rig, port, web, nothing, per_s)
    taken = _measure(rig, port, web, requests, per_s)
    click.echo(
        f"round {number + 1}: {taken.per_s:,.0f} actions/s at {taken.web_us:,.0f} + {taken.ledger_us:,.0f} µs of CPU "
        f"(web + ledger), {empty.per_s:,.0f} empty answers/s at {empty.cpu_us:,.0f} µs"
    )
    return empty, taken


def _actions(first: int, count: int) -> list[bytes]:
    return [_action(number) for number in range(first, first + count)]


def _missing(rig: Rig, answers: Answers) -> int:
    """Actions that were answered with 202 and are not whole in the ledger."""
    client, slug = rig.client(), "bench"
    known = set(client.lrange(f"actions:{slug}", 0, -1))
    ids = [one.encode() for one in answers.action_ids]
    pipeline = client.pipeline(transaction=False)
    for one in ids:
        pipeline.exists(b"action:" + one)
        pipeline.zscore(f"unwritten:{slug}", one)
    found = pipeline.execute()
    whole = (
        one in known and bool(there) and due is not None for one, there, due in zip(ids, *_pairs(found), strict=True)
    )
    return sum(not one for one in whole)


def _pairs(found: list[Any]) -> tuple[list[Any], list[Any]]:
    return found[::2], found[1::2]


def _paced(rig: Rig, seconds: int) -> dict[str, Any]:
    """50 actions a second, with 500 readers of the tally a second beside them."""
    first = 2 * 10**8
    with _web(rig) as (port, _):
        reads = [crowd.get(f"{_PATH}/tally")] * (500 * seconds)
        writes = _actions(first, 50 * seconds)
        answers, read = asyncio.run(_both(port, writes, reads))
        p50, p99 = (crowd.percentile(answers.waits_s, share) * 1000 for share in (0.5, 0.99))
        click.echo(
            f"50 actions/s beside {len(read.waits_s) / seconds:,.0f} reads/s: {p50:.1f} ms (p50), {p99:.1f} ms (p99)"
        )
        lost = len(writes) - answers.accepted + _missing(rig, answers)
    return {"p50_ms": round(p50, 1), "p99_ms": round(p99, 1), "paced_s": seconds, "lost": lost}


async def _both(port: int, writes: list[bytes], reads: list[bytes]) -> tuple[Answers, Answers]:
    return await asyncio.gather(post_at_rate(port, writes, 50), post_at_rate(port, reads, 500))


def _lost_in_a_crash(rig: Rig, actions: int) -> int:
    """The ledger is killed under full load and started again: whatever had its 202 must be there."""
    first = 4 * 10**8
    with _web(rig) as (port, _):
        requests = _actions(first, actions)
        answers = asyncio.run(_crash(rig, port, requests))
        lost = _missing(rig, answers)
    click.echo(f"killed under load: {answers.accepted:,} of {len(requests):,} were accepted, {lost} of them lost")
    return lost


async def _crash(rig: Rig, port: int, requests: list[bytes]) -> Answers:
    """Kills the ledger when about a third of the answers are there."""
    third = asyncio.Event()
    load = asyncio.create_task(post_all(port, requests, then=(len(requests) // 3, third)))
    await third.wait()
    rig.valkey.kill()
    await asyncio.to_thread(rig.valkey.start)
    return await load
