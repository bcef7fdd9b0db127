"""What the benches of signatures share: a campaign with many candidates, its web process, requests at full speed."""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.bench.rig import Process, Rig, wait_for
from tests.support.ports import free_port
from tests.support.processes import status
from workers.app import App
from workers.campaign.model import Candidate
from workers.campaign.signature import Signature

_PARTIES = [f"Party of the {name}" for name in ("River", "Hill", "Lake", "Shore", "Forest", "Moor", "Valley", "Island")]
_REGIONS = [f"Region {number}" for number in range(1, 13)]
_FIRST = 1_700_000_000
_DAY_S = 86_400


def candidates(number: int) -> list[Candidate]:
    """Candidates of eight parties in seats of six, with names as long as people's are."""
    return [
        Candidate(
            id=str(one),
            name=f"Candidate Number {one:05}",
            party=_PARTIES[one % len(_PARTIES)],
            constituency=f"E14{one // 6:06}",
            constituency_name=f"Testford and Millbrook {one // 6:04}",
            email=f"c{one}@candidates.example",
            region=_REGIONS[one // 6 % len(_REGIONS)],
        )
        for one in range(number)
    ]


def signature(candidate: str) -> Signature:
    """Some day of forty, on a form, with evidence for every third."""
    drawn = random.Random(candidate)
    evidence = f"https://news.example/charter/{candidate}" if drawn.random() < 1 / 3 else ""
    return Signature(candidate, _FIRST + drawn.randrange(40 * _DAY_S), "form", evidence)


def sign(app: App, some: Sequence[Candidate]) -> None:
    """They sign, one after the other."""
    for one in some:
        app.store.signatures.record("bench", signature(one.id))


@contextmanager
def web(rig: Rig, *others: tuple[str, list[str]]) -> Iterator[tuple[int, Process]]:
    """The port of a web process, and the process."""
    port = free_port()
    with rig.running(("web", ["workers", "web", "--port", str(port)]), *others) as (process, *_):
        wait_for(lambda: status(f"http://127.0.0.1:{port}/livez") == 200, 30)
        yield port, process


def memory_kb(process: Process) -> int:
    """Resident memory."""
    lines = Path(f"/proc/{process.popen.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


class _Asker(asyncio.Protocol):
    """One kept-alive connection that sends the next request when an answer is whole."""

    def __init__(self, requests: Iterator[bytes], statuses: dict[int, int], done: asyncio.Future[None]) -> None:
        self._requests, self._statuses, self._done = requests, statuses, done
        self._head, self._missing = b"", 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport
        self._next()

    def _next(self) -> None:
        request = next(self._requests, None)
        if request is not None:
            self._transport.write(request)
        elif not self._done.done():
            self._done.set_result(None)

    def data_received(self, data: bytes) -> None:
        if self._missing:
            self._missing -= len(data)
        else:
            self._head += data
            head, end, rest = self._head.partition(b"\r\n\r\n")
            if not end:
                return
            self._head = b""
            code = int(head[9:12])
            self._statuses[code] = self._statuses.get(code, 0) + 1
            length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            self._missing = (int(length or 0) if code not in {204, 304} else 0) - len(rest)
        if self._missing <= 0:
            self._missing = 0
            self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._done.done():
            self._done.set_exception(exc or ConnectionError("the server hung up"))


async def ask(port: int, requests: Sequence[bytes], connections: int = 32) -> tuple[float, dict[int, int]]:
    """Requests a second, and how many answers had which status."""
    loop, statuses, shared = asyncio.get_running_loop(), {}, iter(requests)  # type: ignore[var-annotated]
    begun, ends, transports = time.monotonic(), [], []
    for _ in range(connections):
        done: asyncio.Future[None] = loop.create_future()
        asker = _Asker(shared, statuses, done)
        transports.append((await loop.create_connection(lambda asker=asker: asker, "127.0.0.1", port))[0])  # type: ignore[misc]
        ends.append(done)
    await asyncio.gather(*ends)
    took = time.monotonic() - begun
    for transport in transports:
        transport.abort()
    return len(requests) / took, statuses


def get(path: str, more: str = "") -> bytes:
    """A request for ``path``."""
    return f"GET {path} HTTP/1.1\r\nHost: bench.example\r\n{more}\r\n".encode()


def percentile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` of them do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


if __name__ == "__main__":
    sys.exit("this is a part of scripts/bench")
