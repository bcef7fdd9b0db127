"""The crowd: supporters hand in their actions through the API, and candidates' signatures come in by callback."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from urllib.parse import quote

from standardwebhooks.webhooks import Webhook

from workers.demo.client import Client
from workers.demo.plan import Ballot, Wish
from workers.demo.supporters import Supporter
from workers.errors import MobiliseError

#: Requests at the same time.
_PARALLEL = 6
#: One callback in so many comes again.
_REPEATED = 4

Advance = Callable[[int], None]


class Crowd:
    """Everybody outside, at one campaign."""

    def __init__(self, web: Client, campaign: str, api_key: str, webhook_secret: str) -> None:
        self._web, self._campaign = web, campaign
        self._bearer = {"Authorization": f"Bearer {api_key}"}
        self._webhook = Webhook(webhook_secret)
        self._ballots: dict[str, Ballot] = {}

    def ballot(self, postcode: str) -> Ballot:
        """Whom ``postcode`` can write to; nobody if the campaign does not know it."""
        if postcode not in self._ballots:
            path = f"/api/campaigns/{self._campaign}/candidates?postcode={quote(postcode)}"
            answer = self._web.request("GET", path)
            self._ballots[postcode] = _ballot(answer.body) if answer.status == 200 else Ballot("")
        return self._ballots[postcode]

    def write(self, wishes: Sequence[Wish], advance: Advance) -> list[str]:
        """Every wish is handed in, some twice; the ids of all letters that were acknowledged."""
        letters: list[str] = []
        with ThreadPoolExecutor(_PARALLEL) as pool:
            for ids in pool.map(self._act, wishes):
                letters += ids
                advance(1)
        return letters

    def sign(self, candidates: Sequence[str]) -> None:
        """A signed callback for each candidate, some of them again or by another way, in no order."""
        with ThreadPoolExecutor(_PARALLEL) as pool:
            for _ in pool.map(self._call_back, _callbacks(candidates)):
                pass

    def _act(self, wish: Wish) -> list[str]:
        letters = self._ask(wish.supporter, wish)
        if wish.supporter.asks_twice and self._ask(wish.supporter.again(), wish) != letters:
            raise MobiliseError("a supporter who asked twice got two different answers")
        return letters

    def _ask(self, supporter: Supporter, wish: Wish) -> list[str]:
        named = {"name": supporter.name, "email": supporter.email, "postcode": supporter.postcode}
        body: dict[str, object] = {"supporter": named, "source": "demo"}
        if supporter.message:
            body["message"] = supporter.message
        if wish.candidates is not None:
            body["candidates"] = wish.candidates
        path = f"/api/campaigns/{self._campaign}/actions"
        answer = self._web.request("POST", path, json.dumps(body).encode(), self._bearer)
        if answer.status != 202:
            raise MobiliseError(f"an action was not taken: {answer.complaint}")
        return [letter["letter_id"] for letter in answer.body["letters"]]

    def _call_back(self, callback: Callback) -> None:
        body = callback.body()
        now = datetime.now(UTC)
        headers = {
            "webhook-id": callback.id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._webhook.sign(callback.id, now, body),
        }
        answer = self._web.request("POST", f"/callbacks/signatures/{self._campaign}", body.encode(), headers)
        if not 200 <= answer.status < 300:
            raise MobiliseError(f"a signature was not taken: {answer.complaint}")


class Callback(NamedTuple):
    """One delivery of a signature webhook."""

    id: str
    candidate: str
    source: str
    signed_at: datetime

    def body(self) -> str:
        """The JSON that is signed."""
        at = self.signed_at.isoformat(timespec="seconds").replace("+00:00", "Z")
        kept = {"candidate_id": self.candidate, "source": self.source}
        return json.dumps({"type": "charter.signed", "timestamp": at, "data": kept})


def _callbacks(candidates: Sequence[str]) -> list[Callback]:
    """As forms send them: one in four comes again, one in four signed on paper too; the order is lost."""
    found = [callback for number, candidate in enumerate(candidates) for callback in _of(number, candidate)]
    random.Random(len(found)).shuffle(found)  # noqa: S311 - repeatable on purpose
    return found


def _of(number: int, candidate: str) -> Iterator[Callback]:
    signed_at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=number + 1)
    online = Callback(f"msg_{candidate}_form", candidate, "form", signed_at)
    yield online
    if number % _REPEATED == 1:
        yield online
    if number % _REPEATED == 2:
        yield Callback(f"msg_{candidate}_paper", candidate, "paper", signed_at + timedelta(seconds=30))


def _ballot(body: dict[str, list[dict[str, str]]]) -> Ballot:
    listed = body["candidates"]
    reachable = tuple(one["candidate_id"] for one in listed if one["reachable"])
    unreachable = tuple(one["candidate_id"] for one in listed if not one["reachable"])
    return Ballot(str(body["constituency"]), reachable, unreachable)
