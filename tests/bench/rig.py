"""A set-up to measure: a real server that fsyncs every write, an HTTPS sink, and processes whose CPU is read."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import redis

from tests.support.campaigns import HEAD
from tests.support.ports import free_port
from workers.app import App, boot
from workers.outbox.certificate import CA, certificate
from workers.redis_address import next_database
from workers.server import Valkey
from workers.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
_TICK = os.sysconf("SC_CLK_TCK")
_numbers = itertools.count()

CAMPAIGN = (
    HEAD
    + """
[letter]
salutation = "Dear {{ candidate.name }},"
sign_off = "Yours sincerely,\\n\\n{{ supporter.name }}\\n{{ supporter.postcode }}"
[[letter.variants]]
name = "incumbent"
subject = "Our river, and what you can do"
body = "I live in {{ candidate.constituency_name }} and our river is not clean."
ask = "As our member, will you sign the charter again?"
when = { incumbent = true }
[[letter.variants]]
name = "all"
subject = "Our river, and what you can do"
body = "I live in {{ candidate.constituency_name }} and our river is not clean."
ask = "Will you sign the charter?"
"""
)


class Process:
    """One child and the CPU it used."""

    def __init__(self, name: str, argv: list[str], env: dict[str, str], log: Path) -> None:
        self.name, self.log = name, log
        with log.open("ab") as out:
            self.popen = subprocess.Popen(argv, env=env, cwd=ROOT, stdout=out, stderr=out, stdin=subprocess.DEVNULL)

    def cpu_s(self) -> float:
        """Seconds of CPU so far, user and system."""
        return cpu_s(self.popen.pid)

    def stop(self) -> None:
        """Asks, waits, and kills what does not listen."""
        self.popen.terminate()
        try:
            self.popen.wait(15)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()


def cpu_s(pid: int) -> float:
    """Seconds of CPU that a process has used, user and system (proc(5), fields 14 and 15)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


class Rig:
    """Server and sink for as long as the bench runs."""

    def __init__(self, folder: Path, *, sink: str, processes: int, threads: int) -> None:
        self.folder, self.processes, self.threads = folder, processes, threads
        self.valkey = Valkey(folder / "valkey", fsync="always")
        self.port = free_port()
        (folder / "campaigns").mkdir()
        (folder / "campaigns" / "bench.toml").write_text(CAMPAIGN)
        self._sink = sink
        self.sink: Process

    def __enter__(self) -> Self:
        self.valkey.start()
        chain, key = certificate(self.folder)
        argv = [sys.executable, "-m", "tests.bench.sink", str(self.port), str(chain), str(key)]
        if self._sink == "outbox":
            argv = [sys.executable, "-m", "workers", "outbox", "--port", str(self.port), "--https", "--folder"]
            argv.append(str(self.folder))
        self.sink = Process("sink", argv, dict(os.environ), self.folder / "sink.log")
        wait_for(lambda: _listens(self.port), 30)
        return self

    def __exit__(self, *_: object) -> None:
        self.sink.stop()
        self.valkey.stop()

    @property
    def environment(self) -> dict[str, str]:
        """The settings of every process of the bench."""
        return {
            **os.environ,
            "REDIS_URL": self.valkey.url,
            "MOBILISE_SECRET": "a secret that only the bench uses, long enough",
            "SENDGRID_API_KEY": "SG.bench",
            "SENDGRID_BASE_URL": f"https://localhost:{self.port}",
            "MOBILISE_MAIL__CA_FILE": str(self.folder / CA),
            "MOBILISE_CAMPAIGNS__FOLDER": str(self.folder / "campaigns"),
            "MOBILISE_WORKER__THREADS": str(self.threads),
            "MOBILISE_LOG__FORMAT": "json",
            "MOBILISE_WORKER__JOURNAL": str(self.folder / "journal"),
            "SSL_CERT_FILE": str(self._bundle()),
        }

    def _bundle(self) -> Path:
        """What a machine trusts, and the sink: the SDK reads all of it for each of its calls."""
        bundle = self.folder / "bundle.pem"
        trusted = ssl.get_default_verify_paths()
        system = Path(trusted.cafile or trusted.openssl_cafile)
        if not bundle.exists():
            bundle.write_bytes((system.read_bytes() if system.exists() else b"") + (self.folder / CA).read_bytes())
        return bundle

    def app(self) -> App:
        """The project's own services, to load the ledger and read the tally."""
        return boot(Settings.load(ROOT, self.environment), ROOT)

    def client(self) -> Any:
        """The ledger's server itself."""
        return redis.Redis.from_url(self.valkey.url)

    def broker_client(self) -> Any:
        """The broker's database."""
        return redis.Redis.from_url(next_database(self.valkey.url))

    def flush(self) -> None:
        """An empty server, and nobody who remembers the one before."""
        shutil.rmtree(self.folder / "journal", ignore_errors=True)
        self.client().execute_command("FLUSHALL", "SYNC")  # else memory is given back at some later time

    def slow(self, *, on: bool) -> None:
        """Answers after 30 ms, or at once (the bare sink only)."""
        if self._sink == "bare":
            self.sink.popen.send_signal(signal.SIGUSR1 if on else signal.SIGUSR2)

    @contextlib.contextmanager
    def running(self, *commands: tuple[str, list[str]]) -> Iterator[list[Process]]:
        """Python modules as processes: (name, [module, argument, ...])."""
        started = [
            Process(name, [sys.executable, "-m", *argv], self.environment, self.folder / f"{name}-{next(_numbers)}.log")
            for name, argv in commands
        ]
        try:
            yield started
        finally:
            for process in started:
                process.stop()

    def wait_until_started(self, processes: list[Process]) -> None:
        """Until each of them has said so in its log: what starting costs is not what a letter costs."""
        wait_for(lambda: all(b'.started"' in process.log.read_bytes() for process in processes), 60)

    def senders(self) -> list[tuple[str, list[str]]]:
        """The processes that send letters: as many workers as asked, and a clock."""
        return [("worker", ["workers", "worker"])] * self.processes + [("clock", ["workers", "clock"])]


def wait_for(condition: Callable[[], object], timeout_s: float) -> None:
    """Until a condition holds; TimeoutError after ``timeout_s``."""
    end = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("the bench waited too long: see its folder's logs")
        time.sleep(0.05)


def rate(count: Callable[[], int], total: int, timeout_s: float = 300) -> float:
    """Things a second between the first tenth and the last of ``total``: without starting up and running dry."""
    low, high = total * 0.1, total * 0.9
    wait_for(lambda: count() >= low, timeout_s)
    begun, first = time.monotonic(), count()
    wait_for(lambda: count() >= high, timeout_s)
    return (count() - first) / (time.monotonic() - begun)


def _listens(port: int) -> bool:
    import socket

    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
