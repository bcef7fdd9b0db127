"""A call in the demo: a mail to many supporters, of whom some open their page, read their letter and send it."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple
from urllib.parse import urlsplit

from workers.demo.bulletin import Sent, past
from workers.demo.client import Client
from workers.demo.forms import filled
from workers.demo.machine import Machine
from workers.demo.plan import Ballot
from workers.demo.readers import Reader
from workers.demo.settling import Counts
from workers.errors import MobiliseError, UnavailableError
from workers.outbox import ledger
from workers.outbox.ledger import Mail

#: Requests at the same time.
_PARALLEL = 6
#: Seconds until the letters of who acted must be written, and between looks.
_PATIENCE_S, _LOOK_S = 60.0, 0.3
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
#: A supporter's link, as it stands in their mail.
_LINK = re.compile(r"https?://\S+/act/[\w.-]+")


class Acted(NamedTuple):
    """What came of a call: the ids of all letters, and how many of them can leave."""

    letters: list[str]
    contacts: int
    people: int


class Call:
    """One call of one campaign."""

    def __init__(self, machine: Machine, web: Client, campaign: str, name: str, called: Sequence[Reader]) -> None:
        self._machine, self._web, self._campaign, self._called = machine, web, campaign, called
        self._sent = Sent(machine, "calls", name)

    def send(self, show: Callable[[Counts], None]) -> Counts:
        """Until everybody has it."""
        self._sent.do("send", "--yes")
        return self._sent.until(lambda status: status["stage"] == "finished", show)

    def act(self, ballot_of: Callable[[str], Ballot], most: int) -> Acted:
        """As many of the called write as lead to at most so many letters that can leave."""
        acting, contacts, held = list[Reader](), 0, 0
        for one in self._called:
            ballot = ballot_of(one.postcode)
            if ballot.reachable and contacts + len(ballot.reachable) <= most:
                acting.append(one)
                contacts, held = contacts + len(ballot.reachable), held + len(ballot.unreachable)
        links = {mail.to.email: link[0] for mail in self._copies() if (link := _LINK.search(mail.text))}
        with ThreadPoolExecutor(_PARALLEL) as pool:
            for _ in pool.map(self._write, [links[one.email] for one in acting]):
                pass
        return Acted(self._written(contacts + held), contacts, len(acting))

    def status(self) -> Counts:
        """Who opened their page, who acted, and how many letters that made."""
        return self._sent.do("status")

    def wrong(self, status: Counts, acted: Acted) -> Iterator[str]:
        """What the outbox and the books disagree about; there should be nothing."""
        copies = Counter(mail.to.email for mail in self._copies())
        if copies.total() != len(copies):
            yield f"{sum(n > 1 for n in copies.values())} supporters were called twice"
        if len(copies) != len(self._called) or not status["balanced"] or past(status) != status["audience"]:
            yield f"{len(copies)} of {len(self._called)} supporters were called, the books say {status['states']}"
        if status["acted"] != acted.people:
            yield f"{acted.people} supporters acted, the books say {status['acted']}"

    def _write(self, link: str) -> None:
        path = urlsplit(link).path
        answer = self._web.request("POST", path, filled(self._web.request("GET", path).text), _FORM)
        if answer.status != 303:
            raise MobiliseError(f"a supporter who was called could not write: {answer.complaint}")

    def _written(self, expected: int) -> list[str]:
        """The letters of everybody who acted, once they are in the ledger."""
        give_up = time.monotonic() + _PATIENCE_S
        while True:
            rows = self._machine.mobilise("letters", "list", "--campaign", self._campaign, "--limit", str(expected + 1))
            if len(rows) == expected:
                return [row["letter"] for row in rows]
            if time.monotonic() > give_up:
                raise UnavailableError(f"{expected} letters should have come of the call, there are {len(rows)}")
            time.sleep(_LOOK_S)

    def _copies(self) -> Iterator[Mail]:
        return (mail for mail in ledger.read(self._machine.outbox) if f"call.{self._sent.name}" in mail.categories)
