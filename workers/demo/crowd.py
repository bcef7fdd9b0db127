"""The crowd: supporters hand in their actions through the API."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

from workers.demo.client import Client
from workers.demo.confirming import Confirming
from workers.demo.plan import Ballot, Wish
from workers.demo.supporters import Supporter
from workers.errors import MobiliseError

#: Requests at the same time.
_PARALLEL = 6

Advance = Callable[[int], None]


class Crowd:
    """Every supporter, at one campaign."""

    def __init__(self, web: Client, campaign: str, api_key: str, confirming: Confirming | None = None) -> None:
        """With ``confirming`` one supporter has no key behind them."""
        self._web, self._campaign, self._confirming = web, campaign, confirming
        self._bearer = {"Authorization": f"Bearer {api_key}"}
        self._ballots: dict[str, Ballot] = {}

    def ballot(self, postcode: str) -> Ballot:
        """Whom ``postcode`` can write to; nobody if the campaign does not know it."""
        if postcode not in self._ballots:
            path = f"/api/campaigns/{self._campaign}/candidates?postcode={quote(postcode)}"
            answer = self._web.request("GET", path)
            self._ballots[postcode] = _ballot(answer.body) if answer.status == 200 else Ballot("")
        return self._ballots[postcode]

    def write(self, wishes: Sequence[Wish], advance: Advance) -> list[str]:
        """Every wish is handed in, some twice, the first without a key; the ids of all acknowledged letters."""
        letters: list[str] = []
        with ThreadPoolExecutor(_PARALLEL) as pool:
            for ids in pool.map(self._act, wishes, [True] + [False] * len(wishes)):
                letters += ids
                advance(1)
        return letters

    def _act(self, wish: Wish, alone: bool) -> list[str]:  # noqa: FBT001 - a column of map()
        letters = self._ask(wish.supporter, wish, {} if alone and self._confirming else self._bearer)
        if alone and self._confirming:
            self._confirming.confirm(wish.supporter.email)
        if wish.supporter.asks_twice and self._ask(wish.supporter.again(), wish, self._bearer) != letters:
            raise MobiliseError("a supporter who asked twice got two different answers")
        return letters

    def _ask(self, supporter: Supporter, wish: Wish, bearer: Mapping[str, str]) -> list[str]:
        named = {"name": supporter.name, "email": supporter.email, "postcode": supporter.postcode}
        body: dict[str, object] = {"supporter": named, "source": "demo"}
        if supporter.message:
            body["message"] = supporter.message
        if wish.candidates is not None:
            body["candidates"] = wish.candidates
        path = f"/api/campaigns/{self._campaign}/actions"
        answer = self._web.request("POST", path, json.dumps(body).encode(), bearer)
        if answer.status != 202:
            raise MobiliseError(f"an action was not taken: {answer.complaint}")
        return [letter["letter_id"] for letter in answer.body["letters"]]


def _ballot(body: dict[str, list[dict[str, str]]]) -> Ballot:
    listed = body["candidates"]
    reachable = tuple(one["candidate_id"] for one in listed if one["reachable"])
    unreachable = tuple(one["candidate_id"] for one in listed if not one["reachable"])
    return Ballot(str(body["constituency"]), reachable, unreachable)
