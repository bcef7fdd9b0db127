"""Candidates sign in the demo: by callback, by the link in their letter, by an operator; some by two ways at once."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

from standardwebhooks.webhooks import Webhook

from workers.demo.client import Client
from workers.demo.machine import Machine
from workers.errors import MobiliseError
from workers.outbox import ledger

#: Requests at the same time.
_PARALLEL = 6
#: Candidates whom an operator enters as well: each is a command of its own, which takes half a second.
_ENTERED = 3
#: A candidate's link, as it stands in a letter.
_LINK = re.compile(r"https?://\S+/sign/[\w.:-]+")
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}

Deed = Callable[[], object]


class Callback(NamedTuple):
    """One delivery of a signature webhook."""

    id: str
    candidate: str
    source: str
    at: datetime
    type: str = "charter.signed"

    def body(self) -> str:
        """The JSON that is signed."""
        at = self.at.isoformat(timespec="seconds").replace("+00:00", "Z")
        kept = {"candidate_id": self.candidate, "source": self.source}
        return json.dumps({"type": self.type, "timestamp": at, "data": kept})


class Signing:
    """Every candidate who signs, at one campaign."""

    def __init__(self, machine: Machine, web: Client, campaign: str) -> None:
        self._machine, self._web, self._campaign = machine, web, campaign
        self._webhook = Webhook(machine.wiring.webhook_secret)

    def sign(self, candidates: Sequence[str]) -> None:
        """All that these candidates and their forms do, in no order and several at the same time."""
        deeds = list(self._deeds(candidates))
        random.Random(len(deeds)).shuffle(deeds)  # noqa: S311 - repeatable on purpose
        with ThreadPoolExecutor(_PARALLEL) as pool:
            for _ in pool.map(lambda deed: deed(), deeds):
                pass

    def _deeds(self, candidates: Sequence[str]) -> Iterator[Deed]:
        links = links_of(mail for mail in ledger.read(self._machine.outbox) if mail.delivery)
        for number, candidate in enumerate(candidates):
            for callback in callbacks(number, candidate):
                yield partial(self._call_back, callback)
            if number % 5 == 0 and candidate in links:
                yield partial(self._press, links[candidate])
        for candidate in candidates[:_ENTERED]:
            yield partial(self._enter, candidate)

    def _call_back(self, callback: Callback) -> None:
        body, now = callback.body(), datetime.now(UTC)
        headers = {
            "webhook-id": callback.id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._webhook.sign(callback.id, now, body),
        }
        answer = self._web.request("POST", f"/callbacks/signatures/{self._campaign}", body.encode(), headers)
        if not 200 <= answer.status < 300:
            raise MobiliseError(f"a signature was not taken: {answer.complaint}")

    def _press(self, link: str) -> None:
        """As a candidate does who opens the letter and signs; the page may say that they have signed already."""
        path = urlsplit(link).path
        form = re.search(r'name="form" value="(\w+)"', self._web.request("GET", path).text)
        body = urlencode({"form": form[1] if form else "", "answer": "sign"})
        answer = self._web.request("POST", path, body.encode(), _FORM)
        if answer.status != 303:
            raise MobiliseError(f"a link did not sign: {answer.complaint}")

    def _enter(self, candidate: str) -> None:
        """As an operator does who has seen the signature on paper."""
        said = ("--evidence", "https://news.example/signed", "--by", "The demo")
        self._machine.mobilise("signatures", "add", candidate, "--campaign", self._campaign, *said)


def callbacks(number: int, candidate: str) -> Iterator[Callback]:
    """As forms send them: one in four comes again, one in four signed on paper too, one in four had second thoughts."""
    signed_at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=number + 1)
    online = Callback(f"msg_{candidate}_form", candidate, "form", signed_at)
    yield online
    if number % 4 == 1:
        yield online
    if number % 4 == 2:
        yield Callback(f"msg_{candidate}_paper", candidate, "paper", signed_at + timedelta(seconds=30))
    if number % 4 == 3:
        later, again = signed_at + timedelta(seconds=10), signed_at + timedelta(seconds=20)
        yield Callback(f"msg_{candidate}_back", candidate, "form", later, "charter.withdrawn")
        yield Callback(f"msg_{candidate}_again", candidate, "form", again)


def links_of(mails: Iterator[ledger.Mail]) -> Mapping[str, str]:
    """Candidate → the link in one of the letters to them."""
    found = ((mail.delivery.partition("-")[2], _LINK.search(mail.text)) for mail in mails)
    return {candidate: link[0] for candidate, link in found if link}
