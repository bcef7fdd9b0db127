"""kill -9, again and again, while letters leave: none vanishes, none leaves twice, and the books say so."""

from __future__ import annotations

import itertools
import json
import os
import signal
import threading
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.wait import wait_until
from workers.demo.client import Client
from workers.demo.crowd import Crowd
from workers.demo.machine import Machine
from workers.demo.options import CANDIDATES, POSTCODES, Options
from workers.demo.plan import plan, postcodes_of
from workers.outbox import ledger
from workers.store import Store

CONTACTS, KILLS = 300, 4
#: Few threads and a slow provider: letters leave for as long as workers are killed. What is left of a kill ends soon.
PACE = {
    "MOBILISE_WORKER__THREADS": "4",
    "MOBILISE_MAIL__CONNECT_TIMEOUT_S": "1",
    "MOBILISE_MAIL__READ_TIMEOUT_S": "2",
    "MOBILISE_CLOCK__CLAIM_S": "5",
    "MOBILISE_CLOCK__NUDGE_S": "1",
    "MOBILISE_WORKER__HEARTBEAT_S": "2",
}
SETTLED = {"held", "delivered", "unknown"}


@pytest.fixture
def machine():
    """``mobilise up`` with two workers, which the provider keeps waiting: more calls are open when one is killed."""
    with Machine(Options(contacts=CONTACTS)) as machine:
        machine.wiring.environment.update(PACE)
        machine.start()
        machine.take("candidates", "import", str(CANDIDATES), "--campaign", "warm-homes", "--yes")
        machine.take("places", "import", str(POSTCODES))
        with closing(Client(machine.places["outbox"])) as provider:
            provider.request("POST", "/outbox/rules", b'{"fault": "slow_after_accept", "ms": 500}')
        machine.failed = False
        yield machine


class Killer(threading.Thread):
    """Kills one worker after the other, as soon as it is at work again."""

    def __init__(self, log: Path) -> None:
        super().__init__(daemon=True)
        self._log, self.kills = log, 0

    def run(self) -> None:
        dead: set[int] = set()
        for name in itertools.cycle(["worker-1", "worker-2"]):
            if self.kills == KILLS:
                return
            time.sleep(0.8)  # so that the other one is at work
            pid = self._pids().get(name, 0)
            if pid and pid not in dead:
                os.kill(pid, signal.SIGKILL)
                dead.add(pid)
                self.kills += 1

    def _pids(self) -> dict[str, int]:
        lines = [json.loads(line) for line in self._log.read_text().splitlines() if '"process.' in line]
        return {line["process"]: line["pid"] for line in lines if line["event"].endswith("started")}


@pytest.mark.faults
def test_workers_that_are_killed_lose_no_letter_and_send_none_twice(machine: Machine):
    """The laws of the ledger hold whatever dies (DESIGN: nothing vanishes, nothing is attempted twice)."""
    wiring, store = machine.wiring, store_of(machine)
    killer = Killer(machine.log)
    with closing(Client(wiring.web_url)) as web:
        crowd = Crowd(web, "warm-homes", wiring.api_key)
        planned = plan(postcodes_of(POSTCODES), CONTACTS, crowd.ballot)
        killer.start()
        acknowledged = set(crowd.write(planned.wishes, lambda _: None))

    def states() -> dict[str, int]:
        return {state: n for state, n in store.tallies.totals("warm-homes").letters.items() if n}

    killer.join(60)
    wait_until(lambda: sum(states().values()) == len(acknowledged), 60, lambda: str(states()))
    wait_until(lambda: states().keys() <= SETTLED, 60, lambda: f"everything to finish: {states()}")
    assert killer.kills == KILLS

    letters = {letter.id: letter.state.value for letter in store.letters.newest_first("warm-homes")}
    mails = Counter(mail.delivery for mail in ledger.read(machine.outbox))
    assert max(mails.values()) == 1, "a letter was posted twice"
    assert letters.keys() == acknowledged, "what was acknowledged is not what is in the ledger"
    assert Counter(letters.values()) == states(), "the states do not add up"
    assert {letter for letter, state in letters.items() if state == "delivered"} == mails.keys()
    assert store.tallies.verify("warm-homes") == [], "a recount differs from the tally"


def store_of(machine: Machine) -> Store:
    """The ledger of the machine."""
    from workers.campaign.ids import Ids

    environment = machine.wiring.environment
    return Store.connect(machine.places["redis"], Ids(environment["MOBILISE_SECRET"]))
