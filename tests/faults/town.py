"""A town in which things go wrong: its parts can be killed, frozen and cut off, and the judge looks at what is left."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import redis

from tests.journeys import town as journeys
from tests.support.judge import Inputs, Judge
from tests.support.processes import Running
from tests.support.relay import Relay
from tests.support.wait import wait_until
from workers.store import keys

#: Shorter than the journeys' waits: most faults here end when a claim has run out. Seconds.
WAITS = {
    "MOBILISE_MAIL__CONNECT_TIMEOUT_S": "0.5",
    "MOBILISE_MAIL__READ_TIMEOUT_S": "1.5",
    "MOBILISE_CLOCK__CLAIM_S": "3",
    "MOBILISE_WORKER__HEARTBEAT_S": "1",
}
#: Calls that one worker can have in flight.
THREADS = 4
_SUPPORTERS = 3
#: As many as there are tests that share a town.
_CAMPAIGNS = 90


class Town(journeys.Town):
    """``town.relay`` is between the workers and the outbox; "worker-2" is a second ``mobilise worker``."""

    def __init__(self, folder: Path, campaigns: int = _CAMPAIGNS) -> None:
        super().__init__(folder, campaigns)
        self.relay = Relay(lambda: self._outbox_address)
        self._threads = str(THREADS)
        self._clocks = folder / "clocks"
        self._clocks.mkdir()

    def __enter__(self) -> Self:
        self.relay.__enter__()
        super().__enter__()
        self.judge = Judge(self.store, self.redis_url, self._untold)
        return self

    def __exit__(self, *exception: object) -> None:
        self.thaw()
        super().__exit__(*exception)
        self.relay.__exit__(*exception)

    @property
    def redis_url(self) -> str:
        """The ledger as the processes reach it."""
        return self.valkey.url

    def environment(self) -> dict[str, str]:
        """That of the journeys, with shorter waits, the relay for a provider and one journal for all."""
        own = {"SENDGRID_BASE_URL": self.relay.url, "MOBILISE_WORKER__JOURNAL": str(self.folder / "journal")}
        own |= {"MOBILISE_WORKER__THREADS": self._threads, "MOBILISE_REDIS__URL": self.redis_url}
        return {**super().environment(), **WAITS, **own}

    @contextlib.contextmanager
    def threads(self, number: int) -> Iterator[None]:
        """The worker has so many threads meanwhile."""
        self._threads = str(number)
        self.stop("worker")
        self.start("worker")
        yield
        self._threads = str(THREADS)
        self.heal()
        self.stop("worker")
        self.start("worker")

    def start(self, name: str) -> None:
        """``mobilise NAME`` without its number; its wall clock is what ``step`` makes of it."""
        if name in self._running:
            self._running[name].close()
        command = [sys.executable, "-P", "-c", _SHIFTED, str(self._clocks / name), name.partition("-")[0]]
        self._running[name] = Running(command, self.folder / f"{name}-{next(self._runs)}", self.environment())

    def end(self, name: str) -> None:
        """It is not there any more, and is not started again when the town heals."""
        if name in self._running:
            self.thaw()
            self._running.pop(name).close()

    def freeze(self, name: str) -> None:
        """SIGSTOP: as a laptop's lid, or a virtual machine that is moved."""
        self._frozen(name, signal.SIGSTOP)

    def thaw(self) -> None:
        """Whoever was frozen goes on."""
        for name, running in self._running.items():
            if running.alive():
                self._frozen(name, signal.SIGCONT)

    def step(self, seconds: float, *names: str) -> None:
        """The wall clocks of these processes (of all, if none is named) are off by so much from now on."""
        for name in names or self._running:
            path = self._clocks / f"{name}.new"
            path.write_text(str(seconds))
            path.rename(self._clocks / name)

    def heal(self) -> None:
        """All that was broken is whole again."""
        self.step(0)
        self.thaw()
        self.relay.pass_on()
        self.relay.come_back()
        self.revive()
        self.behave()

    def revive(self) -> None:
        """Starts again what has ended, as a supervisor would: a process that finds no ledger ends and says so."""
        for name, running in self._running.items():
            if not running.alive():
                self.start(name)

    def log(self, name: str) -> Running:
        """The process, with its log."""
        return self._running[name]

    def campaign(self, *, daily: bool = False) -> Campaign:
        """A campaign that no test had before; ``daily``: candidates may get a summary there."""
        return Campaign(self, self._slug(daily=daily))

    def _frozen(self, name: str, how: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._running[name].pid, how)

    def _untold(self) -> int:
        return int(self.provider.get("/outbox/summary")["events_waiting"])

    @property
    def _outbox_address(self) -> tuple[str, int]:
        parts = urlsplit(self.outbox.url)
        return parts.hostname or "", parts.port or 0


#: As ``python -m tests.support.shifted`` would, from a root that ``-P`` keeps off the path.
_SHIFTED = f"""
import runpy, sys
sys.path.insert(0, {str(Path(__file__).resolve().parents[2])!r})
runpy.run_module("tests.support.shifted", run_name="__main__", alter_sys=True)
"""


class Campaign(journeys.Campaign):
    """Remembers what was acknowledged, so that it can be asked for later."""

    town: Town

    def __init__(self, town: Town, slug: str) -> None:
        super().__init__(town, slug)
        self.inputs = Inputs()

    def write(self, name: str, email: str = "", **more: Any) -> list[str]:
        """A supporter writes; the ids of the letters that were acknowledged."""
        letters = super().write(name, email, **more)
        self.inputs.letters.update(letters)
        return letters

    @contextlib.contextmanager
    def writing(self, supporters: int) -> Iterator[None]:
        """While so many supporters write, a few at the same time; returns once all are acknowledged."""
        with ThreadPoolExecutor(_SUPPORTERS) as pool:
            acts = [pool.submit(self.write, f"Supporter{number}") for number in range(supporters)]
            yield
            for act in acts:
                act.result()

    def try_to_write(self, name: str) -> int:
        """The status of one request, which is not repeated; 0 if nothing answers."""
        body = {"supporter": {"name": name, "email": f"{name.lower()}@post.example", "postcode": journeys.POSTCODE}}
        url = f"{self.town.web_url}/api/campaigns/{self.slug}/actions"
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {journeys.API_KEY}"}
        request = urllib.request.Request(url, json.dumps(body).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=15) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code
        except OSError:
            return 0

    def meets(self, fault: str, *, times: int | None = 1, **more: Any) -> None:
        """From now on, for ``times`` calls, the provider does this."""
        self.town.provider_does({"fault": fault, **more, **({"times": times} if times else {})})

    def in_flight(self) -> int:
        """Calls that have been claimed and have not come to anything; also what may be unknown because of it."""
        self.inputs.in_flight = max(self.inputs.in_flight, self.town.store.letters.claims_in_flight())
        return self.inputs.in_flight

    def may_be_unknown(self, calls: int) -> None:
        """The fault meets so many provider calls."""
        self.inputs.in_flight += calls

    def a_minute_later(self) -> None:
        """The provider may be called again, and what waited for that is due."""
        with redis.Redis.from_url(self.town.redis_url) as ledger:
            ledger.delete(keys.HOLD)
            agenda = keys.agenda(self.slug)
            for action in ledger.zrange(agenda, 0, -1):
                ledger.zadd(agenda, {action: 0}, xx=True)

    def finishes(self, timeout_s: float = 40) -> None:
        """Returns once all that can finish has finished; then the six questions are asked."""
        judge, slug = self.town.judge, self.slug
        wait_until(
            lambda: not judge.unfinished(slug), timeout_s, lambda: f"the end; still {judge.unfinished(slug)}", 0.1
        )
        wrong = judge.wrong(slug, self.inputs, self.mails())
        assert not wrong, wrong
